"""Options that belong together, given to a command as one."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

Function: TypeAlias = Callable[..., Any]


class OptionGroup:
    """Some options of click, in the order in which its help has them."""

    def __init__(self, *options: Callable[[Function], Function]) -> None:
        self._options: Final = options

    def __call__(self, command: Function) -> Function:
        """Give a command these options."""
        for option in reversed(self._options):
            command = option(command)
        return command
