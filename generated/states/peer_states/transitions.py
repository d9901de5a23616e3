# Generated from specs/states/peer_states.dot; edit that drawing, then run `make generate`.
"""What peer_states may do: every arrow of the drawing is one row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic

from ...handlers import Effect
from ..machine import Change, Refused
from .handlers import PeerHandlers
from .states import PeerAction, PeerEvent, PeerGuard, PeerState

INITIAL: Final = PeerState.Unknown


@dataclass(frozen=True, slots=True)
class Transition:
    """One arrow: where it leads, on which condition, what is done on it, who decides about it."""

    target: PeerState
    guard: PeerGuard | None = None
    actions: tuple[PeerAction, ...] = ()
    change: Change = Change.soft


TRANSITIONS: Final[Mapping[tuple[PeerState, PeerEvent], tuple[Transition, ...]]] = {
    (PeerState.Secondary, PeerEvent.recv_state_packet): (
        Transition(
            PeerState.Primary,
            guard=PeerGuard.peer_is_primary,
            actions=(PeerAction.create_current_uuid, PeerAction.consider_resync),
            change=Change.hard,
        ),
        Transition(PeerState.Secondary),
    ),
    (PeerState.Secondary, PeerEvent.connection_lost): (
        Transition(PeerState.Unknown, change=Change.auto),
    ),
    (PeerState.Secondary, PeerEvent.peer_asked_for_primary): (
        Transition(
            PeerState.Primary,
            actions=(PeerAction.create_current_uuid, PeerAction.consider_resync),
            change=Change.peer,
        ),
    ),
    (PeerState.Primary, PeerEvent.recv_state_packet): (
        Transition(
            PeerState.Secondary,
            guard=PeerGuard.peer_is_secondary,
            actions=(PeerAction.write_bitmap,),
            change=Change.hard,
        ),
        Transition(PeerState.Primary),
    ),
    (PeerState.Primary, PeerEvent.connection_lost): (
        Transition(PeerState.Unknown, change=Change.auto),
    ),
    (PeerState.Primary, PeerEvent.peer_asked_for_primary): (Transition(PeerState.Primary),),
    (PeerState.Unknown, PeerEvent.connected): (
        Transition(
            PeerState.Primary,
            guard=PeerGuard.peer_is_primary,
            actions=(PeerAction.create_current_uuid,),
        ),
        Transition(PeerState.Secondary),
    ),
}
"""State and event -> the arrows that are drawn for them, in the drawing's order."""

_PLAIN: Final[Mapping[PeerState, dict[PeerEvent, Transition]]] = {state: {} for state in PeerState}
"""The rows that need no decision."""

for (_state, _event), _arrows in TRANSITIONS.items():
    if len(_arrows) == 1 and _arrows[0].guard is None:
        _PLAIN[_state][_event] = _arrows[0]


def step(state: PeerState, event: PeerEvent, handlers: PeerHandlers[Any]) -> Transition:
    """Return the arrow that the event takes; raise Refused where the drawing has none."""
    arrow = _PLAIN[state].get(event)
    return _decide(state, event, handlers) if arrow is None else arrow


def _decide(state: PeerState, event: PeerEvent, handlers: PeerHandlers[Any]) -> Transition:
    for arrow in TRANSITIONS.get((state, event), ()):
        if arrow.guard is None or handlers.holds(arrow.guard):
            return arrow
    raise Refused(state=state.name, event=event.name, drawing=handlers.DRAWING)


class PeerMachine(Generic[Effect]):
    """One machine: a state, and the handlers that answer for it."""

    __slots__ = ("handlers", "state")

    def __init__(self, handlers: PeerHandlers[Effect], state: PeerState = INITIAL) -> None:
        self.handlers = handlers
        self.state = state

    def fire(self, event: PeerEvent) -> Sequence[Effect]:
        """Take an event: enter the arrow's target, then act; return the effects in order."""
        arrow = _PLAIN[self.state].get(event) or step(self.state, event, self.handlers)
        self.state = arrow.target
        if arrow.actions:
            return [effect for action in arrow.actions for effect in self.handlers.act(action)]
        return ()
