"""What a house rule is: a small function, named after the fault that it finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tests.house.source import Source

CODE: Final = ("codegen/", "runtime/")
WRITTEN: Final = (*CODE, "tests/")
PYTHON: Final = (*WRITTEN, "generated/")
TEXTS: Final = ("",)

Fault = tuple[int, str]
Check = Callable[[Source], Iterator[Fault]]


@dataclass(frozen=True)
class Rule:
    """A fault's name, the folders in which it is one, and the function that finds it."""

    name: str
    folders: tuple[str, ...]
    check: Check

    def faults(self, source: Source) -> list[str]:
        """Find the faults of one file, each as `path:line: rule: sentence`."""
        if not source.path.startswith(self.folders):
            return []
        if self.folders != TEXTS and not source.is_python:
            return []
        found = sorted(set(self.check(source)))
        return [f"{source.path}:{line}: {self.name}: {sentence}" for line, sentence in found]


def rule(*folders: str) -> Callable[[Check], Rule]:
    """Make a rule of a function that yields faults, for the files below `folders`."""
    return lambda check: Rule(check.__name__.replace("_", "-"), folders, check)
