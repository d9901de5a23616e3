"""What is said of the blocks of a range, from the runs of which something else is to be said."""

from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from runtime.nbd.replies import Extent

EXTENTS_MAX: Final = 1024  # 8 KiB of reply; the client asks again for what is behind them

Run: TypeAlias = tuple[int, int]
"""First byte and end."""


def extents(
    runs: Iterable[Run], whole: Run, *, inside: int, outside: int, count_max: int
) -> list[Extent]:
    """The status of a range, from its beginning on; the runs are in order and apart."""
    found: list[Extent] = []
    for extent in _all(runs, whole, inside=inside, outside=outside):
        found.append(extent)
        if len(found) == count_max:
            break
    return found


def _all(runs: Iterable[Run], whole: Run, *, inside: int, outside: int) -> Iterator[Extent]:
    at, end = whole
    for first, behind in runs:
        first, behind = max(first, at), min(behind, end)  # noqa: PLW2901  # clipped
        if first >= end:
            break
        if behind <= first:
            continue
        if first > at:
            yield first - at, outside
        yield behind - first, inside
        at = behind
    if at < end:
        yield end - at, outside
