"""What the three drawings of suspended IO ask for: why requests wait, and that they go on."""

from collections.abc import Iterable

from generated.states.susp_fen_states import SuspFenHandlers
from generated.states.susp_nod_states import SuspNodHandlers
from generated.states.susp_states import SuspHandlers
from runtime.config import FencingPolicy
from runtime.effects import Effect
from runtime.engine.rooms import Rooms


class Thawing:
    """What all three machines do when a reason is gone: nothing, as long as another one is left."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._volume = rooms.volume

    def settle_generations(self) -> Iterable[Effect]:
        """Marks become UUIDs where the peer is not there (states 7.7)."""
        if not self._volume.state.is_suspended:
            self._rooms.suspension.settle_generations()
        return ()

    def thaw_requests(self) -> Iterable[Effect]:
        """Let requests go on."""
        if not self._volume.state.is_suspended:
            self._rooms.suspension.thaw()
        return ()


class Susp(Thawing, SuspHandlers[Effect]):
    """An administrator holds requests back."""


class SuspNod(Thawing, SuspNodHandlers[Effect]):
    """Requests wait for data."""

    def waits_for_data(self) -> bool:
        """Whether on-no-data-accessible says so."""
        return self._rooms.suspension.waits_for_data

    def call_pri_on_incon_degr(self) -> Iterable[Effect]:
        """Tell the administrator (A4)."""
        self._rooms.calling.call("pri-on-incon-degr", self._volume.number)
        return ()


class SuspFen(Thawing, SuspFenHandlers[Effect]):
    """Requests wait until the peer is fenced."""

    def waits_for_fencing(self) -> bool:
        """Whether the policy is resource-and-stonith; only a disk has one (N1)."""
        volume = self._volume
        return volume.has_disk and volume.options.fencing is FencingPolicy.RESOURCE_AND_STONITH
