"""`python -m codegen` is `dotgen`."""

from codegen.cli import main

if __name__ == "__main__":
    main(prog_name="dotgen")
