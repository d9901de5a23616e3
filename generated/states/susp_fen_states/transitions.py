# Generated from specs/states/susp_fen_states.dot; edit that drawing, then run `make generate`.
"""What susp_fen_states may do: every arrow of the drawing is one row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic

from ...handlers import Effect
from ..machine import Change, Refused
from .handlers import SuspFenHandlers
from .states import SuspFenAction, SuspFenEvent, SuspFenGuard, SuspFenState

INITIAL: Final = SuspFenState.Running


@dataclass(frozen=True, slots=True)
class Transition:
    """One arrow: where it leads, on which condition, what is done on it, who decides about it."""

    target: SuspFenState
    guard: SuspFenGuard | None = None
    actions: tuple[SuspFenAction, ...] = ()
    change: Change = Change.soft


TRANSITIONS: Final[Mapping[tuple[SuspFenState, SuspFenEvent], tuple[Transition, ...]]] = {
    (SuspFenState.Running, SuspFenEvent.peer_lost): (
        Transition(
            SuspFenState.Suspended, guard=SuspFenGuard.waits_for_fencing, change=Change.auto
        ),
        Transition(SuspFenState.Running),
    ),
    (SuspFenState.Running, SuspFenEvent.resume_io_requested): (Transition(SuspFenState.Running),),
    (SuspFenState.Suspended, SuspFenEvent.all_connected): (
        Transition(
            SuspFenState.Running,
            actions=(SuspFenAction.settle_generations, SuspFenAction.thaw_requests),
            change=Change.auto,
        ),
    ),
    (SuspFenState.Suspended, SuspFenEvent.peer_fenced): (
        Transition(
            SuspFenState.Running,
            actions=(SuspFenAction.settle_generations, SuspFenAction.thaw_requests),
            change=Change.auto,
        ),
    ),
    (SuspFenState.Suspended, SuspFenEvent.nothing_to_fence_for): (
        Transition(
            SuspFenState.Running,
            actions=(SuspFenAction.settle_generations, SuspFenAction.thaw_requests),
            change=Change.hard,
        ),
    ),
    (SuspFenState.Suspended, SuspFenEvent.resume_io_requested): (
        Transition(
            SuspFenState.Running,
            actions=(SuspFenAction.settle_generations, SuspFenAction.thaw_requests),
        ),
    ),
    (SuspFenState.Suspended, SuspFenEvent.peer_lost): (Transition(SuspFenState.Suspended),),
}
"""State and event -> the arrows that are drawn for them, in the drawing's order."""

_PLAIN: Final[Mapping[SuspFenState, dict[SuspFenEvent, Transition]]] = {
    state: {} for state in SuspFenState
}
"""The rows that need no decision."""

for (_state, _event), _arrows in TRANSITIONS.items():
    if len(_arrows) == 1 and _arrows[0].guard is None:
        _PLAIN[_state][_event] = _arrows[0]


def step(state: SuspFenState, event: SuspFenEvent, handlers: SuspFenHandlers[Any]) -> Transition:
    """Return the arrow that the event takes; raise Refused where the drawing has none."""
    arrow = _PLAIN[state].get(event)
    return _decide(state, event, handlers) if arrow is None else arrow


def _decide(state: SuspFenState, event: SuspFenEvent, handlers: SuspFenHandlers[Any]) -> Transition:
    for arrow in TRANSITIONS.get((state, event), ()):
        if arrow.guard is None or handlers.holds(arrow.guard):
            return arrow
    raise Refused(state=state.name, event=event.name, drawing=handlers.DRAWING)


class SuspFenMachine(Generic[Effect]):
    """One machine: a state, and the handlers that answer for it."""

    __slots__ = ("handlers", "state")

    def __init__(self, handlers: SuspFenHandlers[Effect], state: SuspFenState = INITIAL) -> None:
        self.handlers = handlers
        self.state = state

    def fire(self, event: SuspFenEvent) -> Sequence[Effect]:
        """Take an event: enter the arrow's target, then act; return the effects in order."""
        arrow = _PLAIN[self.state].get(event) or step(self.state, event, self.handlers)
        self.state = arrow.target
        if arrow.actions:
            return [effect for action in arrow.actions for effect in self.handlers.act(action)]
        return ()
