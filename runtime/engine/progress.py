"""How far a resync is and when it will be done, as people read it (states 6.4, 9.2).

Bits are blocks of 4 KiB; those left are the ones still to be done, without those that failed.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final, NamedTuple

MARKS_MAX: Final = 8  # states 6.4
MARK_STEP_S: Final = 3.0
STALLED_S: Final = 180  # states 9.2: no mark was passed for so long
_BLOCK_SIZE_KIB: Final = 4
_BITS_IN_MIB_MIN: Final = 1048576  # states 9.2: more than 4 GiB are told in MiB


class Mark(NamedTuple):
    """How much was left at some time."""

    time_s: float
    bits_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What is known of a resync or online verify that runs."""

    bits_total: int
    bits_left: int
    """At most bits_total, also when more became out of sync meanwhile."""
    bits_failed: int
    rate_kib_s: int
    """Over the last 20 seconds or so."""
    average_kib_s: int
    """Since the start, pauses not counted."""
    wanted_kib_s: int | None
    """What the controller wants; None on the node that is asked."""
    seconds_left: int | None
    """None while nobody can know: it is paused or stalled."""
    is_stalled: bool
    is_paused: bool
    bits_differing: int = 0
    """Of an online verify: what it has found so far."""

    @property
    def fraction(self) -> float:
        """The part that is done, 0 to 1."""
        if not self.bits_total:
            return 1.0
        return (self.bits_total - self.bits_left) / self.bits_total

    @property
    def permille(self) -> int:
        """Tenths of a percent, rounded as the kernel does (states 9.2)."""
        if not self.bits_total:
            return 1000
        if self.bits_left == self.bits_total:
            return 0  # nothing is done, though the rounding of a small total says otherwise
        shift = 16 if self.bits_total > 0xFFFFFFFF else 10
        return 1000 - (self.bits_left >> shift) * 1000 // (1 + (self.bits_total >> shift))

    @property
    def bar(self) -> str:
        """A picture of it, twenty characters wide (states 9.2)."""
        x = self.permille // 50
        return f"[{'=' * max(0, x - 1)}>{'.' * (20 - x)}]"

    def text(self, *, is_verify: bool = False) -> str:
        """All of it in one line, like those of /proc/drbd."""
        return f"{self.amount_text(is_verify=is_verify)} {self.speed_text}"

    def amount_text(self, *, is_verify: bool = False) -> str:
        """How much is done, as /proc/drbd tells it."""
        in_mib = self.bits_total > _BITS_IN_MIB_MIN
        left, total = (
            (bits >> 10 if in_mib else bits) * _BLOCK_SIZE_KIB
            for bits in (self.bits_left, self.bits_total)
        )
        done = f"{self.permille // 10:3}.{self.permille % 10}%"
        amount = f"({left}/{total}){'M' if in_mib else 'K'}"
        run = "verified" if is_verify else "sync'ed"
        return f"{run}:{done} {amount}"

    @property
    def speed_text(self) -> str:
        """When it will be done, and why then."""
        if self.is_paused:
            return "paused"
        finish = "" if self.seconds_left is None else f"finish: {_clock(self.seconds_left)} "
        wanted = "" if self.wanted_kib_s is None else f" want: {self.wanted_kib_s:,}"
        stalled = " (stalled)" if self.is_stalled else ""
        return f"{finish}speed: {self.rate_kib_s:,} ({self.average_kib_s:,}){wanted} K/sec{stalled}"


class Marks:
    """What is remembered of a run: its start, its pauses, and a ring of eight marks."""

    def __init__(self, *, bits_total: int, now: float) -> None:
        self._bits_total = bits_total
        self._started_s = now
        self._paused_s = 0.0
        self._paused_since_s: float | None = None
        self._ring = deque([Mark(now, bits_total)] * MARKS_MAX, maxlen=MARKS_MAX)

    def pause(self, now: float) -> None:
        """The run has to wait; a pause within a pause is none."""
        if self._paused_since_s is None:
            self._paused_since_s = now

    def resume(self, now: float) -> None:
        """The run goes on (states 4.1, I10)."""
        self._paused_s = self.paused_s(now)
        self._paused_since_s = None

    def paused_s(self, now: float) -> float:
        """How long the run has waited, a pause that lasts included."""
        since = self._paused_since_s
        return self._paused_s + (0.0 if since is None else now - since)

    def elapsed_s(self, now: float) -> float:
        """How long the run has taken, its pauses included."""
        return now - self._started_s

    def advance(self, *, bits_left: int, now: float) -> None:
        """Set a mark, when three seconds went by, bits were done, and the run is not paused."""
        newest = self._ring[-1]
        is_due = now - newest.time_s >= MARK_STEP_S and bits_left != newest.bits_left
        if is_due and self._paused_since_s is None:
            self._ring.append(Mark(now, bits_left))

    def current_rate_kib_s(self, *, bits_left: int, now: float) -> int:
        """The rate since the second newest mark, which throttling looks at (states 6.8)."""
        return _rate_since(self._ring[-2], bits_left=bits_left, now=now)

    def progress(
        self, *, bits_set: int, now: float, bits_failed: int = 0, wanted_kib_s: int | None = None
    ) -> Progress:
        """Sum up a run in which so many bits are set, or left to be verified."""
        left = min(max(0, bits_set - bits_failed), self._bits_total)
        mark = self._ring[1]  # of a full ring it is 18 to 21 s old (states 9.2)
        seconds = _whole_seconds(now - mark.time_s)
        done = max(0, mark.bits_left - left)
        is_stalled, is_paused = seconds > STALLED_S, self._paused_since_s is not None
        start = Mark(self._started_s + self.paused_s(now), self._bits_total)
        return Progress(
            bits_total=self._bits_total,
            bits_left=left,
            bits_failed=bits_failed,
            rate_kib_s=_rate_since(mark, bits_left=left, now=now),
            average_kib_s=_rate_since(start, bits_left=left, now=now),
            wanted_kib_s=wanted_kib_s,
            seconds_left=(
                None if is_stalled or is_paused else seconds * (left // (done // 100 + 1)) // 100
            ),
            is_stalled=is_stalled,
            is_paused=is_paused,
        )

    def done_text(self, *, now: float, bits_left: int = 0, is_verify: bool = False) -> str:
        """What is logged at the end (states 6.6); a verify may end before all bits are done."""
        paused_s = int(self.paused_s(now))
        active_s = _whole_seconds(self.elapsed_s(now) - paused_s)
        total_s = active_s + paused_s  # a kernel never tells less than 1, as recorded
        rate = (self._bits_total - bits_left) // active_s * _BLOCK_SIZE_KIB
        run = "Online verify" if is_verify else "Resync"
        return f"{run} done (total {total_s} sec; paused {paused_s} sec; {rate} K/sec)"

    def equal_text(self, *, bits_equal: int) -> str:
        """What a kernel logs at the end of a resync by checksums, as recorded."""
        total = self._bits_total
        equal = min(bits_equal, total)
        percent = equal * 100 // total if total else 0
        equal, sent, total = (it * _BLOCK_SIZE_KIB for it in (equal, total - equal, total))
        return (
            f"{percent} % had equal checksums, eliminated: {equal}K;"
            f" transferred {sent}K total {total}K"
        )


def _rate_since(mark: Mark, *, bits_left: int, now: float) -> int:
    """What was done since a mark, in KiB/s."""
    done = max(0, mark.bits_left - bits_left)
    return done // _whole_seconds(now - mark.time_s) * _BLOCK_SIZE_KIB


def _whole_seconds(duration_s: float) -> int:
    """Round down, to divide by it."""
    return max(1, int(duration_s))


def _clock(seconds: int) -> str:
    """Write a duration as h:mm:ss."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
