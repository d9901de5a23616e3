"""Small changes of a record's label and of its `meaning`, as they stand in the text.

A cell keeps its ports, line breaks and continued lines; only what a cell says is exchanged.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from codegen.review.patches import Patch

TITLE: Final = "\\N"
CONTINUED: Final = "\\\n"

_PART: Final = re.compile(
    r"(?P<end>\\\r?\n)|(?P<line>\\[nlr]|\n)|(?P<mark>[|{}])|(?P<port><[^<>]*>)|\\.|[^\\|{}<>\n]+|.",
    re.DOTALL,
)
_UP_TO_CELL: Final = re.compile(r"(?:\s|\\\r?\n|<[^<>]*>)*")
_ITEM: Final = re.compile(r"[^;]*;?")

Lines = tuple[str, ...]
"""What a cell says, line by line, as its text spells it."""


class Span(NamedTuple):
    """A stretch of the text."""

    start: int
    end: int


class Cell(NamedTuple):
    """A cell that says something: its lines and where they are."""

    lines: Lines
    spans: tuple[Span, ...]

    @property
    def start(self) -> int:
        """Where its first line begins."""
        return self.spans[0].start

    @property
    def end(self) -> int:
        """Where its last line ends."""
        return self.spans[-1].end

    @property
    def is_title(self) -> bool:
        """Whether it is the record's title and no member."""
        return self.lines[0].startswith(TITLE)


def cells(text: str, start: int, end: int) -> list[Cell]:
    """The cells of the label that is quoted there; none of one in another spelling."""
    found: list[Cell] = []
    spans: list[Span] = []
    if text[start] != '"' or '"' in text[start + 1 : end - 1].replace('\\"', ""):
        return found
    begin = here = start + 1
    for match in _PART.finditer(text, start + 1, end - 1):
        kind = match.lastgroup
        if kind:
            spans += _span(text, begin, here)
            begin = match.end()
        if kind == "mark" and spans:
            found.append(_cell(text, spans))
            spans = []
        here = match.end()
    spans += _span(text, begin, end - 1)
    return [*found, _cell(text, spans)] if spans else found


def _span(text: str, start: int, end: int) -> Iterator[Span]:
    content = text[start:end]
    if content.strip():
        yield Span(start + len(content) - len(content.lstrip()), start + len(content.rstrip()))


def _cell(text: str, spans: Sequence[Span]) -> Cell:
    return Cell(tuple(text[slice(*span)] for span in spans), tuple(spans))


def with_lines(cell: Cell, lines: Lines) -> Iterator[Patch]:
    """Let a cell say something else; the lines that stay are not touched."""
    for span, old, new in zip(cell.spans, cell.lines, lines, strict=False):
        if old != new:
            yield Patch(*span, new)
    if len(lines) > len(cell.lines):
        more = "".join(f"\\n{line}" for line in lines[len(cell.lines) :])
        yield Patch(cell.end, cell.end, more)
    elif len(lines) < len(cell.lines):
        yield Patch(cell.spans[len(lines) - 1].end, cell.end, "")


def without_cell(text: str, cell: Cell) -> Patch:
    """Take a cell away, and the bar before it or behind it."""
    bar = text.rfind("|", 0, cell.start)
    if _UP_TO_CELL.fullmatch(text, bar + 1, cell.start):
        start = len(text[:bar].rstrip(" \t"))
        start -= len(CONTINUED) * text.endswith(CONTINUED, 0, start)
        return Patch(start, cell.end, "")
    behind = re.compile(r"(?:\s|\\\r?\n)*\|").match(text, cell.end)
    return Patch(cell.start, behind.end() if behind else cell.end, "")


def behind_cell(text: str, cell: Cell, lines: Lines) -> Patch:
    """Put a cell behind another one, in a line of its own where that one has."""
    bar = _bar(text, cell)
    return Patch(cell.end, cell.end, f"{bar}{_joined(lines)}")


def before_cell(text: str, cell: Cell, lines: Lines) -> Patch:
    """Put a cell in front of another one."""
    return Patch(cell.start, cell.start, f"{_joined(lines)}{_bar(text, cell)}")


def _joined(lines: Lines) -> str:
    return "\\n".join(lines)


def _bar(text: str, cell: Cell) -> str:
    """What separates cells here: a bar, in a new line where the cell begins its line."""
    line = text.rfind("\n", 0, cell.start) + 1
    before = text[line : cell.start]
    if before.strip(" \t|{}"):
        return " | "
    blanks = before[: len(before) - len(before.lstrip())]
    return f"\\\n{blanks}| "


def in_order(wanted: Sequence[Cell]) -> Iterator[Patch]:
    """Put the cells that stand in some order into this one: each place gets what belongs there."""
    places = sorted(wanted, key=lambda cell: cell.start)
    for place, cell in zip(places, wanted, strict=True):
        if place is not cell:
            yield Patch(place.start, place.end, _joined(cell.lines))


def meanings(text: str, start: int, end: int) -> dict[str, tuple[Span, Span]]:
    """Each name that a `meaning` explains: where its item and where the explanation are."""
    found: dict[str, tuple[Span, Span]] = {}
    inner = 1 if text[start] == '"' else 0
    for match in _ITEM.finditer(text, start + inner, end - inner):
        name, colon, _ = match[0].partition(":")
        behind = match.start() + len(name) + 1
        content_end = match.end() - match[0].endswith(";")
        content = next(_span(text, behind, content_end), Span(content_end, content_end))
        if colon:
            found.setdefault(name.strip(), (Span(*match.span()), content))
    return found


def with_meanings(text: str, start: int, end: int, wanted: Mapping[str, str]) -> Iterator[Patch]:
    """Let a `meaning` explain names as wanted, without those that are to have none."""
    found = meanings(text, start, end)
    for name, (item, content) in found.items():
        meaning = wanted.get(name)
        if meaning == "":
            yield Patch(*item, "")
        elif meaning is not None and " ".join(text[slice(*content)].split()) != meaning:
            yield Patch(*content, escaped(meaning))
    last = max((content.end for _, content in found.values()), default=end - 1)
    gap = _gap(text, found.values())
    for name, meaning in wanted.items():
        if meaning and name not in found:
            yield Patch(last, last, f"{';' if found else ''}{gap}{name}: {escaped(meaning)}")


def _gap(text: str, items: Iterable[tuple[Span, Span]]) -> str:
    """The blanks between two items: those before the last one."""
    before = [text[item.start : content.start] for item, content in items]
    return before[-1][: len(before[-1]) - len(before[-1].lstrip())] if before else ""


def escaped(text: str) -> str:
    """A text inside quotes."""
    return text.replace('"', '\\"')
