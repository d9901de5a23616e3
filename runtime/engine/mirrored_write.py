"""The primary's side of a mirrored write (flow 1, wire 7).

A write of an application goes to the own disk and, where the peer is to have it, to the peer. It is
finished for the application when both are done, by the meaning of the protocol; it keeps its extent
of the activity log until the peer has confirmed that it is durable there.
"""

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

from generated.flows.mirrored_write import FLOW, Primary, PrimaryHandlers
from generated.layouts.acks import BlockAck
from generated.layouts.codec import Octets
from generated.states.disk_states import DiskState
from generated.states.peer_disk_states import PeerDiskState
from runtime.effects import DiskWork, Effect
from runtime.engine.agenda import Job
from runtime.engine.cookies import Cookies
from runtime.engine.intervals import hand_on, share
from runtime.engine.own_work import work_of
from runtime.engine.traced import Traced
from runtime.engine.volume import Volume
from runtime.engine.volume_state import VolumeState
from runtime.engine.write_mode import mode_of
from runtime.engine.write_packet import note_out_of_sync, send_write
from runtime.errors import DiskError
from runtime.metadata.store import Store
from runtime.requests import Request


class Write(PrimaryHandlers[Effect], Traced):
    """One write, discard or write-zeroes of an application: one packet at most."""

    __slots__ = (
        "block_id",
        "epoch_index",
        "error",
        "is_acked",
        "is_barrier_pending",
        "is_finished",
        "is_in_sync_there",
        "is_local_pending",
        "is_logged",
        "is_lost_there",
        "is_peer_pending",
        "is_postponed",
        "is_sent",
        "is_under_way",
        "log",
        "on_finished",
        "on_written",
        "request",
        "room",
        "sent_at",
        "steps",
    )

    def __init__(
        self, room: "Writes", request: Request, on_finished: Callable[[Request, str], None]
    ) -> None:
        self.room = room
        self.request = request
        self.on_finished = on_finished
        self.block_id = 0
        self.epoch_index = -1
        self.error = ""
        self.is_sent = self.is_acked = False
        self.is_local_pending = self.is_peer_pending = self.is_barrier_pending = False
        self.is_lost_there = True
        """Whether the peer lacks it, as far as this node knows."""
        self.is_in_sync_there = False
        """Whether the peer says that its blocks are in sync by it (P_RS_WRITE_ACK)."""
        self.is_finished = False
        self.is_logged = False
        """Whether the activity log has its extents, or will have them before it goes."""
        self.is_under_way = self.is_postponed = False
        """Whether the peer wants it again, behind a write of its own (wire 7.9)."""
        self.on_written: list[Job] = []
        self.log: Store | None = None
        """Where its extents are named; another disk may be attached before it ends."""
        self.sent_at = 0.0
        self.steps = [] if room.traces else None

    # The steps of the flow

    def al_begin_io(self) -> Iterable[Effect]:
        """Its extents are named in the activity log, or will be by the next transaction."""
        self._took(Primary.al_begin_io)
        self.is_logged = True
        return ()

    def drbd_make_request(self) -> Iterable[Effect]:
        """Decide who is to have it, and give it to the disk."""
        room, request, volume = self.room, self.request, self.room.volume
        self._took(Primary.drbd_make_request)
        self.is_under_way = True
        self.is_local_pending = volume.has_disk
        if room.mode.replicates:
            self.w_send_dblock()
        else:
            note_out_of_sync(volume, request, tells=room.mode.notes_out_of_sync)
        if self.is_local_pending:
            volume.activity.moved(request.sector_count)
            volume.ask_disk(work_of(request, self))
        else:
            self.drbd_endio_write_pri()
        return ()

    def w_send_dblock(self) -> Iterable[Effect]:
        """Send it; in protocol A that is all that is waited for."""
        if not self.is_sent:
            self._took(Primary.w_send_dblock)
        room = self.room
        connection = room.volume.connection
        self.is_sent = self.is_barrier_pending = True
        self.is_lost_there = False
        room.in_flight_sectors += self.request.sector_count
        self.block_id = room.cookies.next()
        self.sent_at = connection.agenda.now
        self.is_peer_pending = room.mode.waits_for_ack
        room.by_id[self.block_id] = self
        send_write(room.volume, self.request, block_id=self.block_id, dp_flags=room.mode.dp_flags)
        connection.sent_epochs.add(self)
        self.epoch_index = connection.epoch_index
        if connection.sent_epochs.size >= connection.options.max_epoch_size:
            connection.close_epoch()
        return ()

    def drbd_endio_write_pri(self) -> Iterable[Effect]:
        """The own disk is done with it, or there is none."""
        self._took(Primary.drbd_endio_write_pri)
        self.is_local_pending = False
        volume = self.room.volume
        if self.is_peer_pending and volume.connection.has_two_primaries:
            share(volume.ranges, self)  # what the peer asks for does not wait for its own answer
        while self.on_written:
            self.on_written.pop(0)()
        if self.error:  # what that leads to may be that nobody is told yet
            volume.agenda.later(self.settle)
        else:
            self.settle()
        return ()

    def got_BlockAck(self, packet: BlockAck) -> Iterable[Effect]:  # noqa: ARG002  # drawn
        """The peer has it, in the sense of the protocol, or more than that (wire 7.5)."""
        if not self.is_acked:
            self._took(Primary.got_BlockAck)
        self.is_acked = True
        self.is_peer_pending = False
        self.settle()
        return ()

    def al_complete_io(self) -> Iterable[Effect]:
        """Nobody has to remember that these blocks may differ."""
        self._took(Primary.al_complete_io)
        room = self.room
        volume = room.volume
        if self.log is not None and volume.has_disk and volume.store is self.log:
            try:
                self._note_end(volume.store)
            except DiskError as error:
                volume.metadata_failed(str(error))
        if self.is_sent and not self.is_lost_there:
            self._tell(volume, FLOW)
        room.ended(self)
        return ()

    def _note_end(self, store: Store) -> None:
        """The blocks are in sync, if the peer has what this disk has; its extents may cool."""
        first_sector, sector_count = self.request.first_sector, self.request.sector_count
        if self.is_in_sync_there and self.room.mode.notes_out_of_sync:
            self.room.volume.repeat_marks(first_sector=first_sector, sector_count=sector_count)
        elif self.is_in_sync_there and self.room.mode.replicates and not self.error:
            store.mark_in_sync(first_sector=first_sector, sector_count=sector_count)
            self.room.put_in_sync()
        store.end_write(
            first_sector=first_sector,
            sector_count=sector_count,
            is_in_sync=not self.error and not (self.is_sent and self.is_lost_there),
        )

    # What the steps are called from

    def range_granted(self) -> None:
        """What it overlapped with is done."""
        self.room.range_granted(self)

    def disk_finished(self, _work: DiskWork, error: str, _content: Octets) -> None:
        """The disk has written, or failed: from now on nobody may read these blocks there."""
        self.error = error
        if error:
            note_out_of_sync(self.room.volume, self.request, tells=False)
            self.room.disk_failed(error)
        self.drbd_endio_write_pri()

    def refused_there(self) -> None:
        """P_NEG_ACK: the peer could not write it (wire 7.5)."""
        self.is_lost_there = True
        self.is_peer_pending = False
        self.settle()

    def postpone(self) -> None:
        """A write of the peer comes first, and then this one again (wire 7.9)."""
        self.is_postponed = True
        self.refused_there()

    def when_written(self, job: Job) -> None:
        """Do something when it is on the own disk."""
        if self.is_local_pending:
            self.on_written.append(job)
        else:
            job()

    def link_lost(self) -> None:
        """Nobody will tell what the peer has of it: it counts as missing there (states 4.8)."""
        self.is_lost_there = True
        self.is_in_sync_there = False
        self.is_peer_pending = False
        self.barrier_acked()

    def send_again(self) -> None:
        """The peer is back as it was: give it what it has not confirmed as durable (RESEND).

        What it has only acknowledged goes too, since it may have lost power meanwhile.
        """
        room = self.room
        if room.mode.replicates:
            room.in_flight_sectors -= self.request.sector_count
            self.w_send_dblock()
        else:
            note_out_of_sync(room.volume, self.request, tells=room.mode.notes_out_of_sync)
            self.link_lost()

    def barrier_acked(self) -> None:
        """The peer has it, durably (wire 7.6)."""
        self.is_barrier_pending = False
        self.room.in_flight_sectors -= self.request.sector_count
        self.settle()

    def settle(self) -> None:
        """Finish what can be finished."""
        if self.is_local_pending:
            return
        if self.is_postponed:
            hand_on(self.room.volume.ranges, self)
            self.room.postponed()
            return
        if not self.is_finished and not self.is_peer_pending:
            self.is_finished = True
            self.room.finished(self)
        if self.is_finished and not self.is_barrier_pending:
            self.al_complete_io()


def _make_requests(writes: Iterable[Write]) -> None:
    """Let all go but those that a write of the peer was let in front of meanwhile."""
    for write in writes:
        if not write.is_under_way and write.room.volume.ranges.stand(write):
            write.drbd_make_request()


class Writes:
    """All writes of one volume's applications."""

    def __init__(self, volume: Volume, *, traces: bool, disk_failed: Callable[[str], None]) -> None:
        self.volume = volume
        self.traces = traces
        self.disk_failed = disk_failed
        self.by_id: dict[int, Write] = {}
        """What the peer has not confirmed as durable, by the cookie that its acks echo."""
        self.count = 0
        """Writes that have begun and hold something."""
        self.in_flight_sectors = 0
        """What was sent and is not durable at the peer."""
        self.look_for_congestion: Callable[[], None] = lambda: None
        """Looks whether the peer lags behind, and acts; congestion's room puts itself here."""
        self.on_idle: list[Callable[[], None]] = []
        """Who waits for all of them to end."""
        self.put_in_sync: Job = lambda: None
        """Hears when a confirmed write has put blocks in sync; the resync's room (wire 9.6)."""
        self.postponed: Job = lambda: None
        """Repeats writes behind those of the peer; the room of conflicts (wire 7.9)."""
        self.cookies = Cookies(volume.connection.random.getrandbits(48) << 8)
        self._ready: list[Write] = []
        self._starving: deque[Write] = deque()
        self.mode = mode_of(volume)
        volume.watchers.append(self.note_state)

    def note_state(self, _before: VolumeState) -> None:
        """Decide anew how writes go to the peer, and end the epoch when that changes (I5)."""
        replicates = self.mode.replicates
        self.mode = mode_of(self.volume)
        if replicates is not self.mode.replicates:
            self.volume.connection.close_epoch()

    @property
    def is_starving(self) -> bool:
        """Whether a write waits for the activity log."""
        return bool(self._starving)

    # The road of a write: range, activity log, go

    def begin(self, request: Request, on_finished: Callable[[Request, str], None]) -> None:
        """Take a write; it goes with the others at `go`, or when what it waits for has ended."""
        write = Write(self, request, on_finished)
        self.count += 1
        self._claim(write)

    def begin_again(self, write: Write) -> None:
        """Repeat a write behind the one of the peer that came first (wire 7.9)."""
        write.is_postponed = write.is_under_way = write.is_sent = write.is_acked = False
        if write.steps is not None:
            del write.steps[1:]
        self._claim(write)
        self.volume.agenda.later(self.go)

    def _claim(self, write: Write) -> None:
        request = write.request
        if self.volume.ranges.claim(
            write,
            first_sector=request.first_sector,
            sector_count=request.sector_count,
            is_exclusive=True,
            gives_way=True,
        ):
            self._enter_log(write)

    def range_granted(self, write: Write) -> None:
        """What it overlapped with is done."""
        if write not in self._starving:  # the peer's writes were let in front of it meanwhile
            self._enter_log(write)
        self.volume.agenda.later(self.go)

    def _enter_log(self, write: Write) -> None:
        request, volume = write.request, self.volume
        if write.is_logged:
            self._ready.append(write)
            return
        if volume.has_disk:
            if not volume.store.begin_write(
                first_sector=request.first_sector, sector_count=request.sector_count
            ):
                self._starving.append(write)
                return
            write.log = volume.store
        write.al_begin_io()
        self._ready.append(write)

    def go(self) -> None:
        """Make the activity log durable for all that are ready, and let them go."""
        ready, self._ready = self._ready, []
        if not ready:
            return
        try:
            if self.volume.has_disk:
                self.volume.store.write_log()
        except DiskError as error:  # behind the change that this leads to, they go to the peer
            self.volume.metadata_failed(str(error))
            self.volume.agenda.later(partial(_make_requests, ready))
        else:
            if self.mode.looks_for_congestion:
                self.look_for_congestion()
            _make_requests(ready)

    def finished(self, write: Write) -> None:
        """Tell the application; from now on it may rely on the write, so its epoch ends."""
        if write.epoch_index == self.volume.connection.epoch_index:
            self.volume.connection.close_epoch()
        # Only now: of two writes at once that overlap, a peer may do either one first.
        hand_on(self.volume.ranges, write)
        # It counts on a good disk: a resync would put older data on one that lacks other blocks.
        state = self.volume.state
        is_here = state.disk is DiskState.UpToDate and not write.error
        is_there = state.pdsk is PeerDiskState.UpToDate and not write.is_lost_there
        error = "" if is_here or is_there else write.error or "no disk, and no peer"
        write.on_finished(write.request, error)

    def ended(self, write: Write) -> None:
        """Nothing is left of it."""
        self.by_id.pop(write.block_id, None)
        self.count -= 1
        if self._starving:
            self.volume.agenda.later(self._feed)
        if not self.count:
            self.volume.agenda.all_later(self.on_idle)

    def _feed(self) -> None:
        """Slots of the activity log are free again."""
        starving, self._starving = self._starving, deque()
        for write in starving:
            self._enter_log(write)
        self.go()

    def when_idle(self, job: Callable[[], None]) -> None:
        """Do something when all writes have ended, at once if none is open."""
        if self.count:
            self.on_idle.append(job)
        else:
            self.volume.agenda.later(job)
