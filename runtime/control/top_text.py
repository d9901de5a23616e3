"""All volumes of a node as one table that fits a terminal, what needs attention first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from runtime.control.proc_text import progress_lines
from runtime.control.status_text import Line, Span
from runtime.control.view import ResourceView, VolumeView

FRAME_LINES: Final = 5  # above and below the rows
UNITS: Final = "KMGTP"
STEP: Final = 1024
FINE: Final = frozenset({"Connected", "VerifyS", "VerifyT"})
KEYS: Final = "q ends, arrows scroll"


class Snapshot(NamedTuple):
    """What a node has told at some time."""

    time_s: float
    resources: tuple[ResourceView, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One volume, and how much it moves a second."""

    resource: ResourceView
    volume: VolumeView
    before: VolumeView | None
    elapsed_s: float

    @property
    def name(self) -> str:
        """As commands take it."""
        return f"{self.resource.name}/{self.volume.volume}"

    @property
    def is_fine(self) -> bool:
        """Whether both nodes have good data, and nothing waits."""
        it = self.volume
        disks = (it.disk, it.peer_disk)
        return it.conn in FINE and disks == ("UpToDate", "UpToDate") and not self.resource.suspended

    def rate(self, of: Callable[[VolumeView], int]) -> float:
        """How fast a figure grows, in KiB a second; a node that began anew counts from there."""
        if self.before is None or self.elapsed_s <= 0:
            return 0.0
        return max(0, of(self.volume) - of(self.before)) / self.elapsed_s


class _Column(NamedTuple):
    title: str
    width: int
    text: Callable[[Row], str]
    is_number: bool = False


Rows: TypeAlias = Sequence[Row]
_COLUMNS: Final = (
    _Column("VOLUME", 14, lambda it: it.name),
    _Column("CONNECTION", 13, lambda it: it.volume.conn),
    _Column("ROLE", 19, lambda it: f"{it.volume.role}/{it.volume.peer_role}"),
    _Column("DISK", 21, lambda it: f"{it.volume.disk}/{it.volume.peer_disk}"),
    _Column("LACKING", 8, lambda it: size(it.volume.out_of_sync_kib), is_number=True),
    _Column("WRITE/s", 8, lambda it: size(it.rate(_written)), is_number=True),
    _Column("READ/s", 8, lambda it: size(it.rate(_read)), is_number=True),
    _Column("SENT/s", 8, lambda it: size(it.rate(_sent)), is_number=True),
    _Column("RECV/s", 8, lambda it: size(it.rate(_received)), is_number=True),
    _Column("OPEN", 5, lambda it: str(it.volume.upper_pending), is_number=True),
    _Column("SIZE", 7, lambda it: size(it.volume.size_kib), is_number=True),
)
"""The most important first: those that do not fit any more are left out."""


def size(kib: float) -> str:
    """An amount in few letters: 0, 64K, 1.5M, 12G."""
    if not kib:
        return "0"
    for unit in UNITS:
        if kib < STEP or unit == UNITS[-1]:
            break
        kib /= STEP
    return f"{kib:.1f}{unit}" if kib < 10 and unit != UNITS[0] else f"{kib:.0f}{unit}"


def rows_of(now: Snapshot, before: Snapshot | None) -> list[Row]:
    """All volumes, those first that need attention."""
    known: Mapping[tuple[str, int], VolumeView] = {
        (resource.name, it.volume): it
        for resource in (before.resources if before else ())
        for it in resource.volumes
    }
    elapsed_s = now.time_s - before.time_s if before else 0.0
    rows = [
        Row(resource, it, known.get((resource.name, it.volume)), elapsed_s)
        for resource in now.resources
        for it in resource.volumes
    ]
    return sorted(rows, key=lambda row: (row.is_fine, row.resource.name, row.volume.volume))


def frame(rows: Rows, note: str, *, width: int, height: int, first_row: int = 0) -> list[Line]:
    """The whole screen; `note` says what else there is to know, `first_row` who is on top."""
    bad_count = sum(not row.is_fine for row in rows)
    attention = (
        [Span(f", {bad_count} need{'s' * (bad_count == 1)} attention", "bad")] if bad_count else []
    )
    lines: list[Line] = [
        [
            Span(f"dotmirror: {len(rows)} volume{'s' * (len(rows) != 1)}"),
            *attention,
            Span(f"  {note}"),
        ],
        [Span(_totals(rows))],
        [],
        [Span(_joined((it.title, it) for it in _fitting(width)), "header")],
    ]
    room = max(0, height - FRAME_LINES)
    shown = [line for row in rows[first_row:] for line in _lines(row, width)]
    lines += shown[:room]
    lines += [[] for _ in range(room - len(shown))]
    return [_cut(line, width) for line in [*lines, [Span(KEYS, "faint")]][:height]]


def _lines(row: Row, width: int) -> Iterator[Line]:
    text = _joined((it.text(row), it) for it in _fitting(width))
    yield [Span(text, "normal" if row.is_fine else "bad")]
    for line in progress_lines(row.volume):
        yield [Span("  " + line.strip(), "transitional")]


def _totals(rows: Rows) -> str:
    rates = {"written": _written, "read": _read, "sent": _sent, "received": _received}
    told = (f"{size(sum(row.rate(of) for row in rows))}/s {name}" for name, of in rates.items())
    return ", ".join(told)


def _fitting(width: int) -> list[_Column]:
    found: list[_Column] = []
    for column in _COLUMNS:
        width -= column.width + 1
        if width < 0 and found:
            break
        found.append(column)
    return found


def _joined(cells: Iterator[tuple[str, _Column]]) -> str:
    return " ".join(
        text.rjust(it.width) if it.is_number else text.ljust(it.width) for text, it in cells
    )


def _cut(line: Line, width: int) -> Line:
    """What fits, and nothing that a terminal would obey."""
    found: Line = []
    for span in line:
        text = "".join(it if it.isprintable() else "?" for it in span.text)[:width]
        found.append(span._replace(text=text))
        width -= len(text)
    return found


def _written(it: VolumeView) -> int:
    return it.written_kib


def _read(it: VolumeView) -> int:
    return it.read_kib


def _sent(it: VolumeView) -> int:
    return it.sent_kib


def _received(it: VolumeView) -> int:
    return it.received_kib
