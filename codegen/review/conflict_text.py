"""The text that a merge leaves where it needs a person: both sides between git's markers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from codegen.review.diff3 import Hunk, diff3_lines

OURS: Final = "<<<<<<< ours\n"
BASE: Final = "||||||| base\n"
THEIRS: Final = "=======\n"
END: Final = ">>>>>>> theirs\n"


class Lines(NamedTuple):
    """The lines from `first` to `last`, counted from 1."""

    first: int
    last: int


class Spot(NamedTuple):
    """Where the sides say what contradicts: None on a side that says nothing of it."""

    ours: Lines | None
    theirs: Lines | None


class Marked(NamedTuple):
    """A text with markers, and the line in it of each spot."""

    text: str
    lines: list[int]


def marked(texts: Iterable[str], spots: Sequence[Spot]) -> Marked:
    """Put markers around the lines that both sides changed, and around changes at the spots.

    The texts are base, ours and theirs. Where this leaves no markers, all changes get them: it is
    known that they do not fit together, and not which.
    """
    hunks = diff3_lines(texts)
    changed = {at for at, hunk in enumerate(hunks) if not hunk.is_stable}
    conflicts = {at for at in changed if hunks[at].merged is None}
    conflicts |= {at for at in changed if any(_has(hunks[at], spot) for spot in spots)}
    parts: list[str] = []
    of_ours: dict[int, int] = {}
    of_theirs: dict[int, int] = {}
    for at, hunk in enumerate(hunks):
        _, ours, theirs = hunk.starts
        if at in (conflicts or changed):
            _note(of_ours, ours, hunk.ours, len(parts) + 1)
            _note(of_theirs, theirs, hunk.theirs, len(parts) + _length(hunk) + 3)
            parts += [OURS, *_closed(hunk.ours), BASE, *_closed(hunk.base)]
            parts += [THEIRS, *_closed(hunk.theirs), END]
        else:
            _note(of_ours, ours, hunk.ours, len(parts))
            _note(of_theirs, theirs, hunk.theirs, len(parts))
            parts += hunk.merged or ()
    lines = [_line(spot, of_ours, of_theirs) for spot in spots]
    return Marked("".join(parts), lines)


def _length(hunk: Hunk) -> int:
    """How many lines are before those of theirs, without the markers."""
    return len(hunk.ours) + len(hunk.base)


def _has(hunk: Hunk, spot: Spot) -> bool:
    """Whether a hunk has a line of a spot, on either side."""
    _, ours, theirs = hunk.starts
    sides = ((hunk.ours, spot.ours, ours), (hunk.theirs, spot.theirs, theirs))
    return any(
        lines is not None and lines.first <= start + len(side) and start < lines.last
        for side, lines, start in sides
        if side
    )


def _line(spot: Spot, of_ours: Mapping[int, int], of_theirs: Mapping[int, int]) -> int:
    """Where a spot has come to stand; line 1 where neither side says anything of it."""
    if spot.ours:
        return of_ours[spot.ours.first]
    return of_theirs[spot.theirs.first] if spot.theirs else 1


def _note(known: dict[int, int], start: int, lines: Sequence[str], at: int) -> None:
    """Note where the lines of one side have come to stand."""
    for number in range(len(lines)):
        known[start + number + 1] = at + number + 1


def _closed(lines: Sequence[str]) -> Iterator[str]:
    """Lines that all end, since a marker follows."""
    return (line if line.endswith("\n") else f"{line}\n" for line in lines)
