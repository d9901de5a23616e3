# Generated from specs/states/susp_nod_states.dot; edit that drawing, then run `make generate`.
"""What susp_nod_states may do: every arrow of the drawing is one row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic

from ...handlers import Effect
from ..machine import Change, Refused
from .handlers import SuspNodHandlers
from .states import SuspNodAction, SuspNodEvent, SuspNodGuard, SuspNodState

INITIAL: Final = SuspNodState.Running


@dataclass(frozen=True, slots=True)
class Transition:
    """One arrow: where it leads, on which condition, what is done on it, who decides about it."""

    target: SuspNodState
    guard: SuspNodGuard | None = None
    actions: tuple[SuspNodAction, ...] = ()
    change: Change = Change.soft


TRANSITIONS: Final[Mapping[tuple[SuspNodState, SuspNodEvent], tuple[Transition, ...]]] = {
    (SuspNodState.Running, SuspNodEvent.data_lost): (
        Transition(
            SuspNodState.Suspended,
            guard=SuspNodGuard.waits_for_data,
            actions=(SuspNodAction.call_pri_on_incon_degr,),
            change=Change.auto,
        ),
        Transition(SuspNodState.Running, actions=(SuspNodAction.call_pri_on_incon_degr,)),
    ),
    (SuspNodState.Running, SuspNodEvent.resume_io_requested): (Transition(SuspNodState.Running),),
    (SuspNodState.Suspended, SuspNodEvent.all_connected): (
        Transition(
            SuspNodState.Running,
            actions=(SuspNodAction.settle_generations, SuspNodAction.thaw_requests),
            change=Change.auto,
        ),
    ),
    (SuspNodState.Suspended, SuspNodEvent.disks_attached): (
        Transition(
            SuspNodState.Running,
            actions=(SuspNodAction.settle_generations, SuspNodAction.thaw_requests),
            change=Change.auto,
        ),
    ),
    (SuspNodState.Suspended, SuspNodEvent.resume_io_requested): (
        Transition(
            SuspNodState.Running,
            actions=(SuspNodAction.settle_generations, SuspNodAction.thaw_requests),
        ),
    ),
    (SuspNodState.Suspended, SuspNodEvent.data_lost): (
        Transition(SuspNodState.Suspended, actions=(SuspNodAction.call_pri_on_incon_degr,)),
    ),
}
"""State and event -> the arrows that are drawn for them, in the drawing's order."""

_PLAIN: Final[Mapping[SuspNodState, dict[SuspNodEvent, Transition]]] = {
    state: {} for state in SuspNodState
}
"""The rows that need no decision."""

for (_state, _event), _arrows in TRANSITIONS.items():
    if len(_arrows) == 1 and _arrows[0].guard is None:
        _PLAIN[_state][_event] = _arrows[0]


def step(state: SuspNodState, event: SuspNodEvent, handlers: SuspNodHandlers[Any]) -> Transition:
    """Return the arrow that the event takes; raise Refused where the drawing has none."""
    arrow = _PLAIN[state].get(event)
    return _decide(state, event, handlers) if arrow is None else arrow


def _decide(state: SuspNodState, event: SuspNodEvent, handlers: SuspNodHandlers[Any]) -> Transition:
    for arrow in TRANSITIONS.get((state, event), ()):
        if arrow.guard is None or handlers.holds(arrow.guard):
            return arrow
    raise Refused(state=state.name, event=event.name, drawing=handlers.DRAWING)


class SuspNodMachine(Generic[Effect]):
    """One machine: a state, and the handlers that answer for it."""

    __slots__ = ("handlers", "state")

    def __init__(self, handlers: SuspNodHandlers[Effect], state: SuspNodState = INITIAL) -> None:
        self.handlers = handlers
        self.state = state

    def fire(self, event: SuspNodEvent) -> Sequence[Effect]:
        """Take an event: enter the arrow's target, then act; return the effects in order."""
        arrow = _PLAIN[self.state].get(event) or step(self.state, event, self.handlers)
        self.state = arrow.target
        if arrow.actions:
            return [effect for action in arrow.actions for effect in self.handlers.act(action)]
        return ()
