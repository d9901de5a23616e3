"""What the drawing node_states asks for: whether applications may write here."""

from collections.abc import Iterable

from generated.states.conn_states import ConnState
from generated.states.node_states import NodeHandlers
from generated.states.peer_disk_states import PeerDiskState
from runtime.effects import Effect
from runtime.engine.connection import LINK_LEAST
from runtime.engine.parameters import send_state
from runtime.engine.rooms import Rooms


class Node(NodeHandlers[Effect]):
    """The handlers of one volume's role."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._volume = rooms.volume

    def device_is_closed(self) -> bool:
        """Whether no application is at work or may be; the command has waited for the former."""
        return not self._rooms.applications.is_device_open

    def clear_discard_my_data(self) -> Iterable[Effect]:
        """From now on these are the data that count."""
        self._volume.discards_my_data = False
        self._volume.connection.discards_my_data = False
        return ()

    def create_current_uuid(self) -> Iterable[Effect]:
        """The peer misses what is written from now on, if it is not there (states 7.7)."""
        volume = self._volume
        is_alone = not volume.is_up or volume.state.pdsk.wire <= PeerDiskState.Failed.wire
        if volume.has_disk and is_alone:
            volume.begin_generation()
        return ()

    def set_primary_bit(self) -> Iterable[Effect]:
        """Bit 0 of the current UUID says so."""
        self._set_bit(is_primary=True)
        return ()

    def clear_primary_bit(self) -> Iterable[Effect]:
        """The same, undone."""
        self._set_bit(is_primary=False)
        return ()

    def _set_bit(self, *, is_primary: bool) -> None:
        volume = self._volume
        if volume.has_disk:
            generations = volume.store.generations
            volume.store.write_generations(
                generations.with_current(generations.current_uuid, is_primary=is_primary)
            )

    def send_state(self) -> Iterable[Effect]:
        """P_STATE, once there are sockets (states 8.6)."""
        if self._volume.state.conn.wire >= LINK_LEAST:
            send_state(self._volume)
        return ()

    def write_bitmap(self) -> Iterable[Effect]:
        """What changed of it, unless a resync runs (A12)."""
        if self._volume.has_disk and self._volume.state.conn.wire <= ConnState.Connected.wire:
            self._volume.store.write_bitmap()
        return ()

    def make_device_writable(self) -> Iterable[Effect]:
        """Let applications in."""
        self._volume.agenda.later(self._rooms.applications.let_in)
        return ()

    def make_device_read_only(self) -> Iterable[Effect]:
        """Requests are refused from now on."""
        self._volume.agenda.later(self._rooms.applications.let_in)
        return ()
