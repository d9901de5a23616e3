"""People read how far a resync is, in the kernel's own numbers."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.progress import Marks, Progress

PROGRESS = Progress(
    bits_total=1000000,
    bits_left=665000,
    bits_failed=0,
    rate_kib_s=6344,
    average_kib_s=6456,
    wanted_kib_s=10240,
    seconds_left=418,
    is_stalled=False,
    is_paused=False,
)


def steady_run(*, bits_total: int, bits_per_s: int, seconds: int) -> Marks:
    """Let a run do the same number of bits each second, from time 0 on."""
    marks = Marks(bits_total=bits_total, now=0.0)
    for now in range(1, seconds + 1):
        marks.advance(bits_left=bits_total - bits_per_s * now, now=float(now))
    return marks


def test_rate_is_that_since_the_second_oldest_mark() -> None:
    """After 30 s the ring holds the marks of 9, 12, ... 30 s; that of 12 s counts."""
    # 18 s, 18000 bits done; rate 1000 x 4; left 70000: 18 x (70000 // 181) // 100 = 69 s.
    marks = steady_run(bits_total=100000, bits_per_s=1000, seconds=30)
    progress = marks.progress(bits_set=70000, now=30.0)

    assert (progress.rate_kib_s, progress.average_kib_s) == (4000, 4000)
    assert progress.seconds_left == 69
    assert (progress.bits_left, progress.fraction) == (70000, 0.3)


def test_rates_differ_when_the_speed_changed() -> None:
    """The recent rate tells of the last seconds, the average of the whole run."""
    # The mark of 42 s counts: at 70 s, ten of them idle, 18000 bits were done in 28 s.
    marks = Marks(bits_total=100000, now=0.0)
    for now in range(3, 61, 3):
        marks.advance(bits_left=100000 - 1000 * now, now=float(now))
    progress = marks.progress(bits_set=40000, now=70.0)

    assert progress.rate_kib_s == 18000 // 28 * 4
    assert progress.average_kib_s == 60000 // 70 * 4


def test_current_rate_is_that_since_the_second_newest_mark() -> None:
    """Throttling looks at the last three to six seconds: here 5 s since the mark of 27 s."""
    marks = steady_run(bits_total=100000, bits_per_s=1000, seconds=30)

    assert marks.current_rate_kib_s(bits_left=63000, now=32.0) == 10000 // 5 * 4


def test_first_second_counts_as_a_whole_one() -> None:
    """No division by nothing right after the start."""
    marks = Marks(bits_total=1000, now=5.0)

    assert marks.progress(bits_set=900, now=5.1).rate_kib_s == 400


def test_failed_bits_are_not_left() -> None:
    """A bit that failed stays set, but nobody will try it again in this run."""
    progress = Marks(bits_total=100, now=0.0).progress(bits_set=30, bits_failed=10, now=1.0)

    assert (progress.bits_left, progress.bits_failed) == (20, 10)


def test_more_than_the_total_is_never_left() -> None:
    """Blocks that became out of sync meanwhile do not make less than nothing done."""
    progress = Marks(bits_total=100, now=0.0).progress(bits_set=150, now=1.0)

    assert (progress.bits_left, progress.fraction, progress.permille) == (100, 0.0, 0)


def test_run_without_a_mark_for_three_minutes_is_stalled() -> None:
    """More than 180 s since the mark are too long to guess an end."""
    marks = Marks(bits_total=100, now=0.0)

    assert not marks.progress(bits_set=100, now=180.9).is_stalled
    progress = marks.progress(bits_set=100, now=181.0)
    assert (progress.is_stalled, progress.seconds_left) == (True, None)


def test_marks_are_not_set_without_progress() -> None:
    """Time alone sets no mark: what was done later is still compared with the start."""
    marks = Marks(bits_total=1000, now=0.0)
    for now in range(3, 90, 3):
        marks.advance(bits_left=1000, now=float(now))

    assert marks.progress(bits_set=100, now=90.0).rate_kib_s == 40


def test_paused_run_sets_no_marks_and_tells_no_end() -> None:
    """While it is paused nothing moves, and nobody knows for how long."""
    marks = Marks(bits_total=1000, now=0.0)
    marks.pause(1.0)
    for now in range(3, 90, 3):
        marks.advance(bits_left=1000 - now, now=float(now))
    progress = marks.progress(bits_set=100, now=90.0)

    assert (progress.is_paused, progress.seconds_left, progress.rate_kib_s) == (True, None, 40)


def test_pauses_do_not_count_in_the_average() -> None:
    """1000 bits in 10 active seconds are 400 KiB/s, however long the pauses were."""
    marks = Marks(bits_total=2000, now=0.0)
    marks.pause(5.0)
    marks.pause(50.0)
    marks.resume(100.0)
    progress = marks.progress(bits_set=1000, now=105.0)

    assert (progress.average_kib_s, progress.is_paused) == (400, False)
    assert (marks.paused_s(105.0), marks.elapsed_s(105.0)) == (95.0, 105.0)


def test_line_is_that_of_the_kernel() -> None:
    """One line has all numbers of the two lines of /proc/drbd."""
    assert PROGRESS.text() == (
        "sync'ed: 33.6% (2660000/4000000)K"
        " finish: 0:06:58 speed: 6,344 (6,456) want: 10,240 K/sec"
    )


def test_large_run_is_told_in_mib() -> None:
    """More than 4 GiB are told in MiB; the node that is asked wants nothing."""
    progress = replace(PROGRESS, bits_total=1 << 21, bits_left=1 << 20, wanted_kib_s=None)

    assert progress.text(is_verify=True) == (
        "verified: 50.1% (4096/8192)M finish: 0:06:58 speed: 6,344 (6,456) K/sec"
    )


def test_line_tells_of_stalls_and_pauses() -> None:
    """A stalled run says so instead of its end, a paused one says nothing else."""
    stalled = replace(PROGRESS, is_stalled=True, seconds_left=None, wanted_kib_s=None)

    assert stalled.text().endswith("K speed: 6,344 (6,456) K/sec (stalled)")
    assert replace(PROGRESS, is_paused=True).text() == "sync'ed: 33.6% (2660000/4000000)K paused"


@pytest.mark.parametrize(
    ("bits_total", "bits_left", "permille"),
    [(0, 0, 1000), (5000, 5000, 0), (5000, 0, 1000), (10240, 5120, 546), (1 << 33, 1 << 32, 501)],
)
def test_permille_are_rounded_as_published(
    *, bits_total: int, bits_left: int, permille: int
) -> None:
    """Of 10 KiBit half is left: 1000 - 5 x 1000 // 11 = 546; nothing to do is all done."""
    assert replace(PROGRESS, bits_total=bits_total, bits_left=bits_left).permille == permille


def test_end_is_told_with_the_rate_of_the_active_time() -> None:
    """10000 bits in 20 s, 4 of them paused: 10000 // 16 x 4 KiB/s."""
    marks = Marks(bits_total=10000, now=0.0)
    marks.pause(3.0)
    marks.resume(7.0)

    assert marks.done_text(now=20.0) == "Resync done (total 20 sec; paused 4 sec; 2500 K/sec)"
    assert marks.done_text(now=20.0, is_verify=True).startswith("Online verify done (total 20")


def test_shortest_run_took_a_second() -> None:
    """A resync of an instant is told as one of a second, as two kernels did when recorded."""
    marks = Marks(bits_total=259, now=0.0)

    assert marks.done_text(now=0.2) == "Resync done (total 1 sec; paused 0 sec; 1036 K/sec)"


@given(st.integers(0, 1 << 40), st.integers(0, 1 << 40), st.integers(0, 1 << 20), st.floats(0, 1e6))
def test_progress_always_makes_sense(total: int, bits: int, failed: int, now: float) -> None:
    """Whatever is set, parts are parts, and no number is negative."""
    progress = Marks(bits_total=total, now=0.0).progress(bits_set=bits, bits_failed=failed, now=now)

    assert 0 <= progress.fraction <= 1
    assert 0 <= progress.permille <= 1000
    assert min(progress.rate_kib_s, progress.average_kib_s, progress.seconds_left or 0) >= 0
