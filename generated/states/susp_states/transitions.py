# Generated from specs/states/susp_states.dot; edit that drawing, then run `make generate`.
"""What susp_states may do: every arrow of the drawing is one row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic

from ...handlers import Effect
from ..machine import Change, Refused
from .handlers import SuspHandlers
from .states import SuspAction, SuspEvent, SuspState

INITIAL: Final = SuspState.Running


@dataclass(frozen=True, slots=True)
class Transition:
    """One arrow: where it leads, what is done on it, who decides about it."""

    target: SuspState
    actions: tuple[SuspAction, ...] = ()
    change: Change = Change.soft


TRANSITIONS: Final[Mapping[tuple[SuspState, SuspEvent], tuple[Transition, ...]]] = {
    (SuspState.Running, SuspEvent.suspend_io_requested): (Transition(SuspState.Suspended),),
    (SuspState.Running, SuspEvent.resume_io_requested): (Transition(SuspState.Running),),
    (SuspState.Suspended, SuspEvent.resume_io_requested): (
        Transition(
            SuspState.Running, actions=(SuspAction.settle_generations, SuspAction.thaw_requests)
        ),
    ),
    (SuspState.Suspended, SuspEvent.thaw_refused): (
        Transition(
            SuspState.Running,
            actions=(SuspAction.settle_generations, SuspAction.thaw_requests),
            change=Change.hard,
        ),
    ),
    (SuspState.Suspended, SuspEvent.suspend_io_requested): (Transition(SuspState.Suspended),),
}
"""State and event -> the arrows that are drawn for them, in the drawing's order."""

_PLAIN: Final[Mapping[SuspState, dict[SuspEvent, Transition]]] = {state: {} for state in SuspState}
"""The rows that need no decision."""

for (_state, _event), _arrows in TRANSITIONS.items():
    if len(_arrows) == 1:
        _PLAIN[_state][_event] = _arrows[0]


def step(state: SuspState, event: SuspEvent, handlers: SuspHandlers[Any]) -> Transition:
    """Return the arrow that the event takes; raise Refused where the drawing has none."""
    arrow = _PLAIN[state].get(event)
    if arrow is None:
        raise Refused(state=state.name, event=event.name, drawing=handlers.DRAWING)
    return arrow


class SuspMachine(Generic[Effect]):
    """One machine: a state, and the handlers that answer for it."""

    __slots__ = ("handlers", "state")

    def __init__(self, handlers: SuspHandlers[Effect], state: SuspState = INITIAL) -> None:
        self.handlers = handlers
        self.state = state

    def fire(self, event: SuspEvent) -> Sequence[Effect]:
        """Take an event: enter the arrow's target, then act; return the effects in order."""
        arrow = _PLAIN[self.state].get(event) or step(self.state, event, self.handlers)
        self.state = arrow.target
        if arrow.actions:
            return [effect for action in arrow.actions for effect in self.handlers.act(action)]
        return ()
