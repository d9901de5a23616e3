"""All volumes of a node on one screen."""

from dataclasses import replace

import pytest

from runtime.control.top_text import FRAME_LINES, Row, Snapshot, frame, rows_of, size
from tests.runtime.control.views import IDLE, TARGET, resource

BEFORE = Snapshot(10.0, (resource(), resource(TARGET, name="web")))
NOW = Snapshot(
    12.0,
    (
        resource(replace(IDLE, written_kib=20480, sent_kib=4096)),
        resource(replace(TARGET, received_kib=100), name="web"),
    ),
)
ROWS = rows_of(NOW, BEFORE)


def shown(rows: list[Row], width: int, height: int, first_row: int = 0) -> list[str]:
    """The screen as text."""
    lines = frame(rows, "12:00:00", width=width, height=height, first_row=first_row)
    return ["".join(span.text for span in line).rstrip() for line in lines]


def test_what_needs_attention_is_on_top() -> None:
    """A resync comes before what is fine, with how far it is below it."""
    lines = shown(ROWS, 150, 12)
    assert lines[0] == "dotmirror: 2 volumes, 1 needs attention  12:00:00"
    assert lines[1] == "10M/s written, 0/s read, 2.0M/s sent, 50K/s received"
    assert lines[4].split()[:5] == [
        "web/0",
        "SyncTarget",
        "Secondary/Primary",
        "Inconsistent/UpToDate",
        "2.1G",
    ]
    assert "sync'ed: 33.6%" in lines[5]
    assert lines[7].split() == [
        *("r0/0", "Connected", "Primary/Secondary", "UpToDate/UpToDate", "0"),
        *("10M", "0", "2.0M", "0", "0", "3.8G"),
    ]
    assert lines[-1].startswith("q ends")


@pytest.mark.parametrize("width", [1, 14, 40, 80, 81, 200])
@pytest.mark.parametrize("height", [1, FRAME_LINES, 7, 50])
def test_it_fits_every_terminal(width: int, height: int) -> None:
    """Never a line or a column too many: columns that do not fit are left out."""
    lines = shown(ROWS, width, height)
    assert len(lines) == max(height, min(height, FRAME_LINES))
    assert all(len(line) <= width for line in lines)


def test_whoever_scrolls_sees_the_rest() -> None:
    """The first row that is shown may be any."""
    assert shown(ROWS, 80, 7, first_row=1)[4].startswith("r0/0")


def test_a_node_that_began_anew_has_no_negative_rates() -> None:
    """Its figures count from nothing again; without a look before there are no rates."""
    row, *_ = rows_of(BEFORE, NOW._replace(time_s=8.0))
    assert row.rate(lambda it: it.written_kib) == 0
    assert rows_of(NOW, None)[1].rate(lambda it: it.written_kib) == 0


def test_a_terminal_obeys_no_name() -> None:
    """What can't be printed is a question mark."""
    rows = rows_of(Snapshot(0, (resource(name="a\x1b[2Jb"),)), None)
    assert any(line.startswith("a?[2Jb/0") for line in shown(rows, 80, 9))


@pytest.mark.parametrize(
    ("kib", "text"),
    [(0, "0"), (0.4, "0K"), (64, "64K"), (1536, "1.5M"), (20480, "20M"), (1 << 60, "1048576P")],
)
def test_sizes_are_short(kib: float, text: str) -> None:
    """Two or three digits and a unit."""
    assert size(kib) == text
