"""What the drawings peer_states and peer_disk_states ask for: the peer, as this node knows it."""

from collections.abc import Iterable

from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.peer_disk_states import PeerDiskHandlers, PeerDiskState
from generated.states.peer_states import PeerHandlers, PeerState
from runtime.effects import Effect, Level
from runtime.engine.disk import forget_crash
from runtime.engine.parameters import send_state, send_uuids
from runtime.engine.rooms import Rooms
from runtime.engine.volume import Volume


def note_missed_writes(volume: Volume) -> None:
    """The peer misses what is written from now on: a generation begins (states 4.2, A10, A11).

    Of a Primary whose requests are held back a peer that was lost misses nothing yet, so that is
    only remembered. One that is there without a disk may refuse what is under way.
    """
    state = volume.state
    is_written = volume.is_primary or state.peer is PeerState.Primary
    is_good = volume.has_disk and state.disk is DiskState.UpToDate
    if is_good and volume.is_primary and state.is_suspended and not volume.is_up:
        volume.wants_generation = not volume.store.generations.bitmap_uuid
    elif is_good and is_written and volume.begin_generation() and volume.is_up:
        send_uuids(volume)


class Peer(PeerHandlers[Effect]):
    """The handlers of the peer's role."""

    def __init__(self, rooms: Rooms) -> None:
        self._volume = rooms.volume

    def peer_is_primary(self) -> bool:
        """What the peer says."""
        return self._volume.reported_role is PeerState.Primary

    def peer_is_secondary(self) -> bool:
        """What the peer says."""
        return self._volume.reported_role is PeerState.Secondary

    def _has_no_disk(self) -> bool:
        return self._volume.state.pdsk.wire < PeerDiskState.Inconsistent.wire

    def create_current_uuid(self) -> Iterable[Effect]:
        """A peer without a disk begins to write to this one (A11)."""
        if self._has_no_disk():
            note_missed_writes(self._volume)
        return ()

    def consider_resync(self) -> Iterable[Effect]:
        """One of two Inconsistent disks was declared good (I15)."""
        before = self._volume.state_before
        both = (before.disk, before.pdsk)
        if both == (DiskState.Inconsistent, PeerDiskState.Inconsistent):
            self._volume.considers_resync = True
        return ()

    def write_bitmap(self) -> Iterable[Effect]:
        """The only disk is here (A11)."""
        if self._has_no_disk() and self._volume.has_disk:
            self._volume.store.write_bitmap()
        return ()


class PeerDisk(PeerDiskHandlers[Effect]):
    """The handlers of the peer's disk state."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._volume = rooms.volume

    def no_block_failed(self) -> bool:
        """Whether the resync has brought all blocks."""
        return not self._rooms.resync.has_failed_blocks

    def is_standalone(self) -> bool:
        """Whether there is no peer to be asked."""
        return self._volume.state.conn is ConnState.StandAllone

    def create_current_uuid(self) -> Iterable[Effect]:
        """The peer's data is out of reach (A10)."""
        note_missed_writes(self._volume)
        return ()

    def reset_resync(self) -> Iterable[Effect]:
        """Nothing is known of a disk that has just come (A8)."""
        self._volume.bits_failed = 0
        return ()

    def send_uuids(self) -> Iterable[Effect]:
        """P_UUIDS (A8)."""
        send_uuids(self._volume)
        return ()

    def send_state(self) -> Iterable[Effect]:
        """P_STATE (A8)."""
        send_state(self._volume)
        return ()

    def clear_crashed_primary(self) -> Iterable[Effect]:
        """Both nodes have the same (A2)."""
        if self._volume.state.disk is DiskState.UpToDate:
            forget_crash(self._rooms)
        return ()

    def thaw_fenced_requests(self) -> Iterable[Effect]:
        """The peer can't go on alone (K4)."""
        self._rooms.suspension.peer_fenced()
        return ()

    def set_whole_bitmap(self) -> Iterable[Effect]:
        """All of the peer's data is to be replaced."""
        self._volume.store.set_all_out_of_sync()
        return ()

    def report_upgrade(self) -> Iterable[Effect]:
        """The connection needs better data than the peer's were thought to be (N8)."""
        self._volume.log("Implicitly upgraded pdsk", Level.WARNING)
        return ()
