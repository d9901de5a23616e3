"""How commands print: through a function that the command line gives them."""

from typing import Protocol


class Say(Protocol):
    """Prints a line."""

    def __call__(self, text: str = "", *, error: bool = False, style: str = "") -> None:
        """Print `text`, on the error output and in a colour, or bold, where asked."""
