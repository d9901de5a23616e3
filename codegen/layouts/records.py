"""The label of a record node, as cells with their lines and places (Graphviz's record grammar)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from codegen.graph import Value
from codegen.problems import Place

TITLE_MARK: Final = "\\N"

_PART: Final = re.compile(r"\\(.)|([|{}])|<[^<>]*>|([^\\|{}<>]+)|(.)", re.DOTALL)
_LINE_ENDS: Final = "nlr"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a record: its lines, without blanks around them."""

    lines: tuple[str, ...]
    place: Place

    @property
    def is_title(self) -> bool:
        """Whether the cell is the record's title and no field."""
        return bool(self.lines) and self.lines[0].startswith(TITLE_MARK)


def cells(label: Value) -> Iterator[Cell]:
    """The cells of a record label in order; braces and ports only arrange the picture.

    A cell's place is where its first line stands in the drawing.
    """
    source, offset = label.place
    for text in _cell_texts(label.text):
        lines = tuple(line for line in (part.strip() for part in text.split("\n")) if line)
        if not lines:
            continue
        found = source.text.find(lines[0], offset)
        offset = found if found != -1 else offset
        yield Cell(lines, Place(source, offset))
        offset += len(lines[0])


def _cell_texts(label: str) -> Iterator[str]:
    parts: list[str] = []
    for escaped, mark, plain, other in _PART.findall(label):
        if mark:
            yield "".join(parts)
            parts.clear()
        elif escaped:
            parts.append(_unescape(escaped))
        else:
            parts.append(plain or other)
    yield "".join(parts)


def _unescape(character: str) -> str:
    if character in _LINE_ENDS:
        return "\n"
    return TITLE_MARK if character == "N" else character
