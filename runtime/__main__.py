"""`python -m runtime` is `dotmirror`."""

from runtime.cli import main

main(prog_name="dotmirror")
