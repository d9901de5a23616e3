"""An online verify from its start to its end, on either side (states 6.11)."""

from collections.abc import Callable
from typing import Final

from generated.layouts.acks import P_NEG_RS_DREPLY, P_OV_RESULT
from generated.layouts.requests import P_OV_REPLY, P_OV_REQUEST
from generated.states.conn_states import ConnEvent, ConnState
from runtime.engine.applications import Applications
from runtime.engine.change import change
from runtime.engine.pace import is_throttled
from runtime.engine.pings import Pings
from runtime.engine.progress import Progress
from runtime.engine.resync_source import check_block_request
from runtime.engine.verify_run import BLOCK_SECTORS, VerifyRun
from runtime.engine.verify_source import VerifySource, send_result
from runtime.engine.verify_target import VERSION_OF_START_SECTOR, VerifyTarget
from runtime.engine.volume import Volume
from runtime.engine.volume_state import VolumeState
from runtime.errors import PeerError

RUNNING: Final = frozenset({ConnState.VerifyS, ConnState.VerifyT})
VERSIONS_OF_STOP_SECTOR: Final = frozenset({97, 98, 99, 101})  # wire 12.6: 100 has forgotten it


class Verify:
    """The online verifies of one volume, one at a time."""

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
        self._applications = applications
        self._pings = pings
        self._traces = traces
        self._disk_failed = disk_failed
        self._target = VerifyTarget(
            volume,
            applications.resync_ranges,
            traces=traces,
            disk_failed=disk_failed,
            steps_aside=self._steps_aside,
        )
        self._source: VerifySource | None = None
        self._run: VerifyRun | None = None
        """What runs, or ran last on this link: until then nobody has agreed on a verify."""
        self._is_running = False
        self._is_ending = False
        self._position = 0
        """Where the next one begins, if nobody says otherwise: it was reached by the last one."""
        self._wanted_start: int | None = None
        self._wanted_stop: int | None = None
        volume.watchers.append(self._note_state)

    @property
    def open_count(self) -> int:
        """Blocks that were asked for and have no result yet; 0 while none runs."""
        return self._run.open_count if self._run is not None and self._is_running else 0

    @property
    def peer_knows_stop_sectors(self) -> bool:
        """Whether it may end before the end of the volume, and is told so (A25)."""
        return self.volume.connection.version in VERSIONS_OF_STOP_SECTOR

    def want(self, *, start: int | None, stop: int | None) -> None:
        """An administrator wants this range to be verified, by the run that begins or that runs."""
        self._wanted_start, self._wanted_stop = start, stop

    def start(self) -> None:
        """The state is that of a verify now: count from here, and ask as its source (I12)."""
        volume = self.volume
        self._is_running, self._is_ending = True, False
        volume.activity.reset()
        if volume.state.conn is ConnState.VerifyT:
            self._run = VerifyRun(volume, 0)
            return
        self._run = VerifyRun(volume, self._first_sector())
        volume.log(f"Starting Online Verify from sector {self._run.position}")
        self._source = VerifySource(
            volume,
            self._run,
            self._applications.resync_ranges,
            traces=self._traces,
            disk_failed=self._disk_failed,
            finished=self._end_after_ping,
            steps_aside=self._steps_aside,
        )
        self.set_range()

    def _first_sector(self) -> int:
        """Where a verify begins: beyond the end only the last block is left."""
        if self.volume.connection.version < VERSION_OF_START_SECTOR:
            return 0
        start = self._position if self._wanted_start is None else self._wanted_start
        start = max(0, min(start, self.volume.size_sectors - 1))
        return start - start % BLOCK_SECTORS

    def set_range(self) -> None:
        """End where it is wanted, a block later at least; a run that has begun has its start."""
        source = self._source
        assert source is not None, "only who asks knows where to stop"
        stop = self._wanted_stop if self.peer_knows_stop_sectors else None
        source.run.stop_sector = None if stop is None else max(stop, source.run.first_sector + 1)
        self.volume.agenda.later(source.turn)

    def progress(self) -> Progress | None:
        """How far it is; None while none runs."""
        if not self._is_running or self._run is None:
            return None
        is_source = self._source is not None
        return self._run.progress(self.volume.pace.wanted_rate_kib_s if is_source else None)

    def _steps_aside(self) -> bool:
        """Whether applications come first: they are at work, the verify is fast enough (6.8)."""
        volume, writes = self.volume, self._applications.writes
        if not self._is_running or self._run is None:
            return False
        return is_throttled(
            c_min_rate=volume.options.c_min_rate,
            is_application_active=volume.activity.is_active(is_request_waiting=writes.is_starving),
            rate_kib_s=self._run.rate_kib_s,
        )

    # What the peer says

    def receive_request(self, packet: P_OV_REQUEST) -> None:
        """A question, also behind the end of a verify that the peer does not know of yet."""
        run = self._agreed("P_OV_REQUEST")
        if self._source is not None:
            raise PeerError("P_OV_REQUEST came, and it is this node that asks")
        self._target.receive(packet, run)

    def receive_reply(self, packet: P_OV_REPLY) -> None:
        """An answer; it counts for nothing where the verify was called off (wire 10)."""
        self._agreed("P_OV_REPLY")
        check_block_request(self.volume, packet)
        if self._source is not None:
            self._source.replied(packet)
        elif self._is_running:
            raise PeerError("P_OV_REPLY came, and it is the peer that asks")
        else:
            send_result(self.volume, packet.sector, packet.blksize, is_same=True)

    def receive_result(self, packet: P_OV_RESULT) -> None:
        """What a comparison came to."""
        run = self._agreed("P_OV_RESULT")
        self._target.resulted(packet)
        if self.volume.state.conn is ConnState.VerifyT and run.is_complete:
            self._end_after_ping()

    def refused(self, packet: P_NEG_RS_DREPLY) -> None:
        """The peer has no good disk."""
        if self._source is not None:
            self._source.refused(packet.sector, packet.blksize)

    def _agreed(self, name: str) -> VerifyRun:
        if self._run is None:
            raise PeerError(f"{name} came, and no online verify was agreed on")
        return self._run

    # The end

    def peer_says_done(self) -> None:
        """As target: the peer asks no more, having stopped before the end (states 5.5 step 4)."""
        self._end_after_ping()

    def _end_after_ping(self) -> None:
        """The peer answers a ping when it has taken all that was sent before (states 6.6)."""
        if not self._is_ending:
            self._is_ending = True
            self._pings.ask(self._end)

    def _end(self) -> None:
        run, source = self._run, self._source
        was_ending, self._is_ending = self._is_ending, False
        if not was_ending or run is None or self.volume.state.conn not in RUNNING:
            return  # it was called off, and another one may have begun
        if source is not None and not run.is_complete:
            source.turn()  # another stop sector was given meanwhile
            return
        run.report_end()
        change(self.volume, ConnEvent.verify_finished)

    def stop(self) -> None:
        """It is over or called off: remember where the next one begins (I9; 6.6 step 8)."""
        if not self._is_running or self._run is None:
            return
        self._is_running = False
        if self._source is not None:
            self._source.stop()
            self._source = None
        self._run.report()
        reached = self._run.reached_sector
        self._position = 0 if reached >= self.volume.size_sectors else reached
        if self._position:
            self.volume.log(f"Online Verify reached sector {reached}")

    def _note_state(self, before: VolumeState) -> None:
        """A verify that lost its link, or that congestion has ended."""
        if before.conn in RUNNING and self.volume.state.conn not in RUNNING:
            self.stop()

    def link_lost(self) -> None:
        """What was agreed on is forgotten; the position is not."""
        self._run = None
        self._target.link_lost()
