"""The peer's requests of a resync or verify wait a little where applications are at work.

States 6.8, the side that answers.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import Final, Protocol

from generated.states.peer_states import PeerState
from runtime.effects import Effect
from runtime.engine.volume import Volume

STEP_ASIDE_S: Final = 0.1  # states 6.8


class Served(Hashable, Protocol):
    """A request of the peer."""

    def rs_begin_io(self) -> Iterable[Effect]:
        """Its turn has come."""


class ServedInTurn:
    """The requests to one volume, in the order in which they came."""

    def __init__(self, volume: Volume, steps_aside: Callable[[], bool]) -> None:
        self._volume = volume
        self._steps_aside = steps_aside
        self._serves_at = 0.0
        """When the next one may be served."""

    def serve(self, request: Served) -> None:
        """Begin with a request, now or when its turn has come."""
        agenda = self._volume.agenda
        if self._volume.state.peer is not PeerState.Primary and self._steps_aside():
            self._serves_at = max(self._serves_at, agenda.now) + STEP_ASIDE_S
        if agenda.now < self._serves_at:
            agenda.at(request, self._serves_at, lambda: _begin(request))
        else:
            _begin(request)


def _begin(request: Served) -> None:
    request.rs_begin_io()
