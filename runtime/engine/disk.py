"""What the drawing disk_states asks for: attaching, what the data is worth, and failing."""

from collections.abc import Iterable

from generated.layouts.generations import UuidFlags
from generated.layouts.superblock import SuperblockFlags
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskEvent, DiskHandlers, DiskState
from generated.states.peer_disk_states import PeerDiskState
from runtime.config import FencingPolicy, OnIoError
from runtime.effects import DetachDisk, Effect, Level
from runtime.engine.change import change, is_drawn
from runtime.engine.consequences import GOOD_HERE
from runtime.engine.disk_timeout import watch_disk
from runtime.engine.flushing import Flushing
from runtime.engine.parameters import send_sizes, send_state, send_uuids
from runtime.engine.rooms import Rooms
from runtime.metadata.generations import same

TARGETS = frozenset(
    {ConnState.WFBitMapT, ConnState.WFSyncUUID, ConnState.StartingSyncT, ConnState.Behind}
)


class Disk(DiskHandlers[Effect]):
    """The handlers of one volume's disk state."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._volume = rooms.volume
        self._volume.metadata_failed = self._metadata_failed

    def _metadata_failed(self, error: str) -> None:
        self._volume.log(f"meta-data: {error}", Level.ERROR)
        self._volume.agenda.later(lambda: self._fire(DiskEvent.meta_data_io_failed))

    def io_failed(self, error: str) -> None:
        """The disk could not read or write; what that means is configured (states 7.1)."""
        self._volume.log(error, Level.ERROR)
        self._volume.agenda.later(lambda: self._fire(DiskEvent.io_completion_error))

    def _fire(self, event: DiskEvent) -> None:
        if is_drawn(self._volume, event):
            change(self._volume, event)

    # Guards

    def becomes_target(self) -> bool:
        """Whether the peer's data is to replace these."""
        return self._volume.state.conn in TARGETS

    def peer_has_nothing_newer(self) -> bool:
        """Whether the handshake came to no resync, or to one from here."""
        return self._volume.state.conn in (ConnState.Connected, ConnState.WFBitMapS)

    def is_standalone(self) -> bool:
        """Whether there is no peer to be asked."""
        return self._volume.state.conn is ConnState.StandAllone

    def is_unconnected(self) -> bool:
        """Whether Connected would not undo it at once (N5)."""
        return self._volume.state.conn.wire < ConnState.Connected.wire

    def is_connected(self) -> bool:
        """Whether the disk comes to a connection that is up."""
        return self._volume.state.conn is ConnState.Connected

    def no_block_failed(self) -> bool:
        """Whether the resync has brought all blocks."""
        return not self._rooms.resync.has_failed_blocks

    def nobody_relies_on_it(self) -> bool:
        """Whether no source and no verify needs the disk to be UpToDate (N7)."""
        return self._volume.state.conn not in GOOD_HERE

    def detaches_on_io_error(self) -> bool:
        """Whether a failing disk is given up."""
        return self._volume.options.on_io_error is not OnIoError.PASS_ON

    def marked_inconsistent(self) -> bool:
        """What the meta-data says: parts are not usable."""
        return self._marked is DiskState.Inconsistent

    def marked_outdated(self) -> bool:
        """What the meta-data says: consistent, but old."""
        return self._marked is DiskState.Outdated

    @property
    def _marked(self) -> DiskState:
        volume = self._volume
        if volume.state.disk is DiskState.Negotiating:
            return volume.would_be_disk
        return marked_state(volume.store.superblock.flags)

    def peer_may_be_newer(self) -> bool:
        """Whether a fencing policy makes it wait for the peer (states 8.5)."""
        volume = self._volume
        if volume.state.disk is DiskState.Negotiating:
            return volume.would_be_disk is DiskState.Consistent
        return self._fences and volume.state.pdsk is not PeerDiskState.Outdated

    @property
    def _fences(self) -> bool:
        return self._volume.options.fencing is not FencingPolicy.DONT_CARE

    def exposed_data_differ(self) -> bool:
        """Whether applications have seen other data than these (N4a)."""
        volume = self._volume
        return volume.is_primary and not same(
            volume.exposed_uuid, volume.store.generations.current_uuid
        )

    # Attaching

    def read_meta_data(self) -> Iterable[Effect]:
        """It was read when the disk was opened."""
        return ()

    def store_would_be_states(self) -> Iterable[Effect]:
        """Put aside what the meta-data says, until the peer has spoken."""
        flags = self._volume.store.superblock.flags
        self._volume.would_be_disk = marked_state(flags)
        may_be_old = self._fences and not flags & SuperblockFlags.MDF_PEER_OUT_DATED
        if self._volume.would_be_disk is DiskState.Consistent and not may_be_old:
            self._volume.would_be_disk = DiskState.UpToDate
        return ()

    def forget_peer_uuids(self) -> Iterable[Effect]:
        """They come again."""
        self._volume.peer_generations = None
        return ()

    def note_attach_time(self) -> Iterable[Effect]:
        """From now on the disk has to answer within disk-timeout (I20)."""
        watch_disk(self._volume)
        return ()

    def send_sizes(self) -> Iterable[Effect]:
        """P_SIZES."""
        send_sizes(self._volume)
        return ()

    def send_uuids(self) -> Iterable[Effect]:
        """P_UUIDS."""
        send_uuids(self._volume)
        return ()

    def send_state(self) -> Iterable[Effect]:
        """P_STATE, while the peer is known."""
        if self._volume.is_up:
            send_state(self._volume)
        return ()

    # What the data is worth

    def expose_current_uuid(self) -> Iterable[Effect]:
        """Applications see this generation (I14)."""
        self._volume.exposed_uuid = self._volume.store.generations.current_uuid
        return ()

    def clear_crashed_primary(self) -> Iterable[Effect]:
        """Both nodes have the same: what the last crash left behind is mended (A2)."""
        volume = self._volume
        if volume.state.pdsk is PeerDiskState.UpToDate and volume.state.disk is DiskState.UpToDate:
            forget_crash(self._rooms)
        return ()

    def create_current_uuid(self) -> Iterable[Effect]:
        """These data count from now on, by force."""
        self._volume.begin_generation(is_forced=True)
        return ()

    def clear_bitmap(self) -> Iterable[Effect]:
        """Both disks are declared to be the same."""
        self._volume.store.set_all_in_sync()
        return ()

    def set_whole_bitmap(self) -> Iterable[Effect]:
        """All data is to be replaced."""
        self._volume.store.set_all_out_of_sync()
        return ()

    def write_bitmap(self) -> Iterable[Effect]:
        """What changed of it, if the disk still takes it."""
        if self._volume.backing is not None:
            self._volume.store.write_bitmap()
        return ()

    def report_upgrade(self) -> Iterable[Effect]:
        """The connection needs better data than these were thought to be (N7)."""
        self._volume.log("Implicitly upgraded disk", Level.WARNING)
        return ()

    def report_no_data(self) -> Iterable[Effect]:
        """What was attached is not what applications have seen (N4a)."""
        self._volume.log("Connection lost while negotiating, no data!", Level.WARNING)
        return ()

    # Failing

    def call_local_io_error(self) -> Iterable[Effect]:
        """Tell the administrator, if that is configured (A19)."""
        if self._volume.options.on_io_error is OnIoError.CALL_LOCAL_IO_ERROR:
            self._rooms.calling.call("local-io-error", self._volume.number)
        return ()

    def abort_disk_io(self) -> Iterable[Effect]:
        """What the disk has not answered is not waited for: the peer has it, or it has failed."""
        self._volume.own_works.abort()
        return ()

    def release_disk(self) -> Iterable[Effect]:
        """When nothing refers to it any more, it is closed."""
        self._rooms.writes.when_idle(self._when_peer_idle)
        return ()

    def _when_peer_idle(self) -> None:
        """What is under way for the peer must not end on the disk that is attached next."""
        flushing = Flushing(self._volume, self._released)
        # The peer may learn of these writes' durability when the disk is gone (wire 7.6).
        self._volume.when_peer_idle(flushing.begin)

    def _released(self) -> None:
        """Also what nobody waits for has to end, or it would come over what is written later."""
        notify = DiskEvent.sending_notify_to_peer
        self._volume.own_works.when_given_back(lambda: self._fire(notify))

    def close_disk(self) -> Iterable[Effect]:
        """Give it back."""
        self._volume.backing = None
        yield DetachDisk(self._volume.number)


def marked_state(flags: int) -> DiskState:
    """What a disk is worth by its meta-data (states 8.5)."""
    if not flags & SuperblockFlags.MDF_CONSISTENT:
        return DiskState.Inconsistent
    if not flags & SuperblockFlags.MDF_WAS_UP_TO_DATE:
        return DiskState.Outdated
    return DiskState.Consistent


def forget_crash(rooms: Rooms) -> None:
    """The marks of a crashed primary, here and of the peer (A2)."""
    volume = rooms.volume
    volume.peer_uuid_flags &= ~UuidFlags.CRASHED_PRIMARY
    if volume.is_crashed_primary:
        volume.is_crashed_primary = False
        if volume.has_disk:
            volume.store.superblock.flags &= ~SuperblockFlags.MDF_CRASHED_PRIMARY
            volume.store.write_superblock()
