"""A resync from its start to its end, on either side (states 6.2 to 6.6)."""

from collections.abc import Callable
from functools import partial
from typing import Final

from generated.states.conn_states import ConnEvent, ConnState
from runtime.engine.applications import Applications
from runtime.engine.change import change
from runtime.engine.checksum_resync import ChecksumRequest
from runtime.engine.consequences import FAILED
from runtime.engine.flushing import Flushing
from runtime.engine.pace import is_throttled
from runtime.engine.parameters import send_state
from runtime.engine.pings import Pings
from runtime.engine.progress import Marks, Progress
from runtime.engine.resync_source import ResyncSource
from runtime.engine.resync_target import ResyncTarget, TargetRequest
from runtime.engine.volume import Volume
from runtime.engine.volume_state import VolumeState

SOURCE: Final = frozenset({ConnState.SyncSource, ConnState.PausedSyncS})
TARGET: Final = frozenset({ConnState.SyncTarget, ConnState.PausedSyncT})
RUNNING: Final = SOURCE | TARGET
VERSION_OF_CHECKSUMS: Final = 89  # wire 12.6
ANSWERED: Final = TARGET | {ConnState.Behind}  # what a target has asked for is answered there too
VERSION_OF_TOLD_END: Final = 96  # wire 9.6: from here on the source waits for the target's word
BLOCK_SIZE_KIB: Final = 4
PAGES_WRITTEN_EVERY_S: Final = 2.0  # states 6.4


class Resync:
    """The resyncs of one volume, one at a time."""

    def __init__(
        self,
        volume: Volume,
        applications: Applications,
        pings: Pings,
        *,
        traces: bool,
        disk_failed: Callable[[str], None],
    ) -> None:
        self.volume = volume
        self.source = ResyncSource(
            volume,
            traces=traces,
            disk_failed=disk_failed,
            bits_cleared=self._bits_cleared,
            steps_aside=self._steps_aside,
        )
        self._applications = applications
        self._pings = pings
        self._traces = traces
        self._disk_failed = disk_failed
        self._target: ResyncTarget | None = None
        self._marks: Marks | None = None
        self._is_done_there = False
        """Whether the target has said that it has all, while bits were still set here."""
        self._is_ending = False
        volume.watchers.append(self._note_state)
        applications.writes.put_in_sync = lambda: volume.agenda.later(self._bits_cleared)

    @property
    def target(self) -> ResyncTarget | None:
        """The job of the target that runs, if one does."""
        return self._target

    @property
    def has_failed_blocks(self) -> bool:
        """Whether some blocks could not be read or written (states 6.6)."""
        return self.volume.bits_failed > 0

    def progress(self) -> Progress | None:
        """How far it is; None while none runs."""
        if self._marks is None:
            return None
        is_asking = self.volume.state.conn is not ConnState.SyncSource
        return self._marks.progress(
            bits_set=self.volume.bits_out_of_sync,
            now=self.volume.agenda.now,
            bits_failed=self.volume.bits_failed,
            wanted_kib_s=self.volume.pace.wanted_rate_kib_s if is_asking else None,
        )

    def start(self) -> None:
        """The state is that of a resync now: count from here, and let a target ask (6.2)."""
        volume = self.volume
        bits = volume.bits_out_of_sync
        volume.bits_failed, volume.bits_equal = 0, None
        self._is_done_there = self._is_ending = False
        volume.activity.reset()
        self._marks = Marks(bits_total=bits, now=volume.agenda.now)
        if volume.state.is_paused:
            self.stop_clock()
        name = volume.state.conn.printed
        kib = bits * BLOCK_SIZE_KIB
        volume.log(f"Began resync as {name} (will sync {kib} KB [{bits} bits set]).")
        if volume.state.conn in TARGET:
            self._start_target()
        else:
            volume.agenda.later(self._bits_cleared)
        self._write_pages()
        volume.connection.resync_turns_changed()

    def _start_target(self) -> None:
        volume = self.volume
        if self._compares_checksums():
            volume.count_equal(0)
        request_kind = TargetRequest if volume.bits_equal is None else ChecksumRequest
        if self._target is not None:
            self._target.begin_again(request_kind)
        else:
            self._target = ResyncTarget(
                volume,
                self._applications.resync_ranges,
                request_kind=request_kind,
                traces=self._traces,
                disk_failed=self._disk_failed,
                finished=self._end_after_ping,
                steps_aside=self._steps_aside,
            )
        self.fire()

    def _compares_checksums(self) -> bool:
        """Whether the target tells what it has, for the whole of this resync (states 6.10)."""
        volume = self.volume
        options = volume.connection.options
        is_due = volume.is_crashed_primary or not options.csums_after_crash_only
        is_known = volume.connection.version >= VERSION_OF_CHECKSUMS
        return bool(options.csums_alg) and is_due and is_known

    def fire(self) -> None:
        """The target asks now."""
        if self._target is not None:
            self.volume.agenda.later(self._target.go_on)

    def set_pause(self, *, is_paused: bool) -> None:
        """The administrator wants resyncs to wait, or to go on; the peer is told (states 6.5)."""
        volume = self.volume
        change(volume, flags={"user_isp": is_paused})
        if volume.is_up:
            send_state(volume)

    def stop_clock(self) -> None:
        """It is paused: that time does not count."""
        if self._marks is not None:
            self._marks.pause(self.volume.agenda.now)

    def start_clock(self) -> None:
        """It goes on."""
        if self._marks is not None:
            self._marks.resume(self.volume.agenda.now)

    def _write_pages(self) -> None:
        """Now and then what was cleared goes to disk, so that a restart has less to do."""
        volume = self.volume
        if self._marks is None or not volume.has_disk:
            return
        name = ("marks", volume.number)
        left = volume.bits_out_of_sync - volume.bits_failed
        self._marks.advance(bits_left=left, now=volume.agenda.now)
        again = partial(volume.agenda.after, name, PAGES_WRITTEN_EVERY_S, self._write_pages)
        Flushing(volume, again).begin()

    def _note_state(self, before: VolumeState) -> None:
        """A resync that is over, or that lost its link or a disk, is nobody's business any more."""
        state = self.volume.state
        after = state.conn
        if self._target is not None and after not in ANSWERED:
            self._target.stop()
            self._target = None
        if before.conn not in RUNNING or after in RUNNING:
            return
        is_done = after is ConnState.Connected and min(state.disk.wire, state.pdsk.wire) > FAILED
        if self._marks is not None and is_done:
            self.volume.log(self._marks.done_text(now=self.volume.agenda.now))
            if self.volume.bits_equal is not None:
                self.volume.log(self._marks.equal_text(bits_equal=self.volume.bits_equal))
        self._marks = None
        self.volume.agenda.cancel(("marks", self.volume.number))

    def _steps_aside(self) -> bool:
        """Whether applications come first: they are at work, the resync is fast enough (6.8)."""
        volume, marks = self.volume, self._marks
        if marks is None:
            return False
        left = volume.bits_out_of_sync - volume.bits_failed
        return is_throttled(
            c_min_rate=volume.options.c_min_rate,
            is_application_active=volume.activity.is_active(
                is_request_waiting=self._applications.writes.is_starving
            ),
            rate_kib_s=marks.current_rate_kib_s(bits_left=left, now=volume.agenda.now),
        )

    # The end

    def target_says_done(self) -> None:
        """As source: the target has all; end, if all its acks say so too (wire 9.6)."""
        self._is_done_there = True
        self._bits_cleared()

    def _bits_cleared(self) -> None:
        is_over = self._is_done_there or self.volume.connection.version < VERSION_OF_TOLD_END
        if is_over and self.volume.state.conn in SOURCE and self._nothing_is_left():
            self._end_after_ping()

    def _nothing_is_left(self) -> bool:
        return self.volume.bits_out_of_sync <= self.volume.bits_failed

    def _end_after_ping(self) -> None:
        """The peer answers a ping when it has taken all that was sent before (wire 9.6)."""
        if not self._is_ending:
            self._is_ending = True
            Flushing(self.volume, lambda: self._pings.ask(self._end)).begin()

    def _end(self) -> None:
        volume = self.volume
        self._is_ending = False
        if volume.state.conn not in RUNNING:
            return
        if self._nothing_is_left():
            change(volume, ConnEvent.resync_finished)
        elif self._target is not None:
            self._target.go_on()
