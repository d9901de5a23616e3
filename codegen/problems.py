"""Places in drawings, and problems at places: a fault in a drawing is a value, not an exception."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, NamedTuple


class Source:
    """The text of one drawing and the name that messages call it by."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset of each line's first character."""
        starts = [0]
        position = self.text.find("\n")
        while position != -1:
            starts.append(position + 1)
            position = self.text.find("\n", position + 1)
        return starts

    def line(self, number: int) -> str:
        """The text of line `number` (counted from 1) without its line end."""
        start = self.line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : end if end != -1 else None].rstrip("\r")


class Place(NamedTuple):
    """A position in a drawing; line and column are computed when somebody looks."""

    source: Source
    offset: int

    @property
    def file(self) -> str:
        """The drawing's name as messages print it."""
        return self.source.name

    @property
    def line(self) -> int:
        """Line, counted from 1."""
        return bisect_right(self.source.line_starts, self.offset)

    @property
    def column(self) -> int:
        """Column, counted from 1 in characters (code points)."""
        return self.offset - self.source.line_starts[self.line - 1] + 1

    @property
    def text(self) -> str:
        """The whole line that the place is in."""
        return self.source.line(self.line)


def place_of_file(name: str) -> Place:
    """The place of a problem with a file as a whole: line 1, column 1."""
    return Place(Source(name, ""), 0)


class Severity(Enum):
    """How much a rule's problem matters; `[tool.dotgen.severity]` can change it."""

    error = "error"
    warning = "warning"
    note = "note"
    off = "off"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: where, which rule, one sentence, and what to try instead."""

    place: Place
    rule: str
    sentence: str
    hint: str = ""

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """Sorting key: by place, then by rule."""
        place = self.place
        return (place.file, place.line, place.column, self.rule, self.sentence)

    def __str__(self) -> str:
        """The one-line form `file:line:column: rule: sentence`."""
        place = self.place
        tail = f" ({self.hint})" if self.hint else ""
        return f"{place.file}:{place.line}:{place.column}: {self.rule}: {self.sentence}{tail}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A named fault: its severity, its documentation, and the function that finds it.

    Faults that a reader meets on its way have no `check` of their own.
    """

    name: str
    severity: Severity
    documentation: str
    check: Callable[..., Any] | None = field(default=None, compare=False)


def rule(severity: Severity) -> Callable[[Callable[..., Any]], Rule]:
    """Make a rule of a function that yields problems; its docstring is the documentation."""

    def wrap(check: Callable[..., Any]) -> Rule:
        name = check.__name__.replace("_", "-")
        return Rule(name, severity, check.__doc__ or "", check)

    return wrap
