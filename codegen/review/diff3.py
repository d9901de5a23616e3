"""Three versions of a list put together: the classic three-way merge, over lines or over words."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple

PAIRS_MAX: Final = 250_000
"""Items of one side times items of the other that are compared one by one, where none is unique."""

_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_WORD: Final = re.compile(r"\w+|\s|[^\w\s]")


class Hunk(NamedTuple):
    """A stretch of the three lists and where it begins in each (base, ours, theirs).

    In most, at least two of the three are the same.
    """

    base: tuple[str, ...]
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    starts: tuple[int, int, int]

    @property
    def is_stable(self) -> bool:
        """Whether nobody changed anything."""
        return self.base == self.ours == self.theirs

    @property
    def merged(self) -> tuple[str, ...] | None:
        """What both sides make of it; None where each makes something else."""
        if self.ours in (self.theirs, self.base):
            return self.theirs
        return self.ours if self.theirs == self.base else None


Resolve = Callable[[Hunk], tuple[str, ...] | None]
"""What to make of a hunk, or None where it does not know."""


def diff3(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> list[Hunk]:
    """Cut three lists into hunks, by turns the same in all three and not."""
    lists = (base, ours, theirs)
    mine, other = dict(matches(base, ours)), dict(matches(base, theirs))
    common = [(at, mine[at], other[at]) for at in mine if at in other]
    hunks: list[Hunk] = []
    first = here = (0, 0, 0)
    for found in [*common, (len(base), len(ours), len(theirs))]:
        if found != here:
            hunks += _cut(lists, first, here)
            hunks += _cut(lists, here, found)
            first = found
        here = (found[0] + 1, found[1] + 1, found[2] + 1)
    hunks += _cut(lists, first, (len(base), len(ours), len(theirs)))
    return hunks


def diff3_lines(texts: Iterable[str]) -> list[Hunk]:
    """Cut three texts (base, ours, theirs) into hunks of lines, each with its line end."""
    base, ours, theirs = (_LINE.findall(text) for text in texts)
    return diff3(base, ours, theirs)


def _cut(
    lists: Sequence[Sequence[str]], start: tuple[int, int, int], end: tuple[int, int, int]
) -> Iterator[Hunk]:
    base, ours, theirs = (
        tuple(items[begin:stop]) for items, begin, stop in zip(lists, start, end, strict=True)
    )
    if base or ours or theirs:
        yield Hunk(base, ours, theirs, start)


def matches(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Which item is which: pairs of positions that rise on both sides.

    Items that are unique on both sides decide, as in the patience diff, so that braces and blank
    lines do not tie together what has nothing in common.
    """
    found: list[tuple[int, int]] = []
    todo = [(0, len(old), 0, len(new))]
    while todo:
        start, end, begin, stop = todo.pop()
        while start < end and begin < stop and old[start] == new[begin]:
            found.append((start, begin))
            start, begin = start + 1, begin + 1
        while start < end and begin < stop and old[end - 1] == new[stop - 1]:
            end, stop = end - 1, stop - 1
            found.append((end, stop))
        if start == end or begin == stop:
            continue
        anchors = list(_unique(old, new, (start, end), (begin, stop)))
        if not anchors:
            found += _compared(old[start:end], new[begin:stop], start, begin)
            continue
        for at, there in [*anchors, (end, stop)]:
            todo.append((start, at, begin, there))
            found += [(at, there)] if at < end else []
            start, begin = at + 1, there + 1
    yield from sorted(found)


def _unique(
    old: Sequence[str], new: Sequence[str], span: tuple[int, int], other: tuple[int, int]
) -> Iterator[tuple[int, int]]:
    """The items that both sides have once, as far as they are in the same order."""
    there = _positions(new, other)
    pairs = [(at, there[it]) for it, at in _positions(old, span).items() if it in there]
    ends: list[int] = []  # the longest rising row, by its last position of each length
    links: list[tuple[tuple[int, int], int]] = []
    last: list[int] = []
    for number, (_, position) in enumerate(pairs):
        length = bisect_left(ends, position)
        ends[length : length + 1] = [position]
        last[length : length + 1] = [number]
        links.append((pairs[number], last[length - 1] if length else -1))
    row: list[tuple[int, int]] = []
    number = last[-1] if last else -1
    while number != -1:
        pair, number = links[number]
        row.append(pair)
    yield from reversed(row)


def _positions(items: Sequence[str], span: tuple[int, int]) -> dict[str, int]:
    """Where the items are that occur once."""
    counts = Counter(items[slice(*span)])
    return {items[at]: at for at in range(*span) if counts[items[at]] == 1}


def _compared(
    old: Sequence[str], new: Sequence[str], start: int, begin: int
) -> Iterator[tuple[int, int]]:
    """Compare stretches without a unique item; large ones are held to have nothing in common."""
    if len(old) * len(new) > PAIRS_MAX:
        return
    for at, there, size in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        yield from ((start + at + step, begin + there + step) for step in range(size))


def joined(hunks: Iterable[Hunk], ways: Sequence[Resolve] = ()) -> str | None:
    """The text of the hunks, a conflict as the first way that knows; None where none does."""
    parts: list[str] = []
    for hunk in hunks:
        made = hunk.merged
        for way in ways:
            made = way(hunk) if made is None else made
        if made is None:
            return None
        parts += made
    return "".join(parts)


def ours_only(hunk: Hunk) -> tuple[str, ...]:
    """Resolve a conflict as ours has it."""
    return hunk.ours


def theirs_only(hunk: Hunk) -> tuple[str, ...]:
    """Resolve a conflict as theirs has it."""
    return hunk.theirs


def ours_first(hunk: Hunk) -> tuple[str, ...] | None:
    """Where both only inserted: what ours inserted, then what theirs inserted."""
    return None if hunk.base else (*hunk.ours, *hunk.theirs)


def theirs_first(hunk: Hunk) -> tuple[str, ...] | None:
    """Where both only inserted: what theirs inserted, then what ours inserted."""
    return None if hunk.base else (*hunk.theirs, *hunk.ours)


def around(hunk: Hunk) -> tuple[str, ...] | None:
    """Where one side only inserted before or behind what the other side changed: both."""
    base, ours, theirs, _ = hunk
    for inserted, changed in ((ours, theirs), (theirs, ours)):
        count = len(inserted) - len(base)
        if base and inserted[count:] == base:
            return (*inserted[:count], *changed)
        if base and inserted[: len(base)] == base:
            return (*changed, *inserted[len(base) :])
    return None


def by_words(hunk: Hunk) -> tuple[str, ...] | None:
    """Merge the words of a conflict: one side changed one word of a line, the other another."""
    sides = (_WORD.findall("".join(side)) for side in (hunk.base, hunk.ours, hunk.theirs))
    text = joined(diff3(*sides), (around, ours_first))
    return None if text is None else (text,)
