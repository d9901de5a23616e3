"""The command line of dotmirror: the click fence."""

from runtime.cli.group import main

__all__ = ["main"]
