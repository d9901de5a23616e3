# Generated from specs/states/nbd_states.dot; edit that drawing, then run `make generate`.
"""What nbd_states may do: every arrow of the drawing is one row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic

from ...handlers import Effect
from ..machine import Change, Refused
from .handlers import NbdHandlers
from .states import NbdAction, NbdEvent, NbdState

INITIAL: Final = NbdState.Closed


@dataclass(frozen=True, slots=True)
class Transition:
    """One arrow: where it leads, what is done on it, who decides about it."""

    target: NbdState
    actions: tuple[NbdAction, ...] = ()
    change: Change = Change.soft


TRANSITIONS: Final[Mapping[tuple[NbdState, NbdEvent], tuple[Transition, ...]]] = {
    (NbdState.Closed, NbdEvent.client_connected): (
        Transition(NbdState.Greeted, actions=(NbdAction.greet,)),
    ),
    (NbdState.Closed, NbdEvent.client_lost): (Transition(NbdState.Closed),),
    (NbdState.Closed, NbdEvent.server_ended): (Transition(NbdState.Closed),),
    (NbdState.Greeted, NbdEvent.client_flags_arrived): (Transition(NbdState.Options),),
    (NbdState.Greeted, NbdEvent.server_ended): (
        Transition(NbdState.Closed, actions=(NbdAction.hang_up,), change=Change.hard),
    ),
    (NbdState.Greeted, NbdEvent.client_lost): (Transition(NbdState.Closed, change=Change.hard),),
    (NbdState.Greeted, NbdEvent.client_erred): (
        Transition(NbdState.Closed, actions=(NbdAction.hang_up,), change=Change.hard),
    ),
    (NbdState.Options, NbdEvent.tls_asked): (
        Transition(NbdState.StartingTls, actions=(NbdAction.begin_tls,)),
    ),
    (NbdState.Options, NbdEvent.export_chosen): (
        Transition(NbdState.Transmission, actions=(NbdAction.hold_device,)),
    ),
    (NbdState.Options, NbdEvent.abort_asked): (
        Transition(NbdState.Closed, actions=(NbdAction.hang_up,)),
    ),
    (NbdState.Options, NbdEvent.server_ended): (
        Transition(NbdState.Closed, actions=(NbdAction.hang_up,), change=Change.hard),
    ),
    (NbdState.Options, NbdEvent.client_lost): (Transition(NbdState.Closed, change=Change.hard),),
    (NbdState.Options, NbdEvent.client_erred): (
        Transition(NbdState.Closed, actions=(NbdAction.hang_up,), change=Change.hard),
    ),
    (NbdState.StartingTls, NbdEvent.tls_began): (
        Transition(NbdState.Options, actions=(NbdAction.forget_options,)),
    ),
    (NbdState.StartingTls, NbdEvent.server_ended): (
        Transition(NbdState.Closed, actions=(NbdAction.hang_up,), change=Change.hard),
    ),
    (NbdState.StartingTls, NbdEvent.client_lost): (
        Transition(NbdState.Closed, change=Change.hard),
    ),
    (NbdState.Transmission, NbdEvent.disconnect_asked): (Transition(NbdState.Leaving),),
    (NbdState.Transmission, NbdEvent.server_ended): (
        Transition(NbdState.Leaving, change=Change.hard),
    ),
    (NbdState.Transmission, NbdEvent.client_lost): (
        Transition(NbdState.Closed, actions=(NbdAction.release_device,), change=Change.hard),
    ),
    (NbdState.Transmission, NbdEvent.client_erred): (
        Transition(
            NbdState.Closed,
            actions=(NbdAction.release_device, NbdAction.hang_up),
            change=Change.hard,
        ),
    ),
    (NbdState.Leaving, NbdEvent.all_answered): (
        Transition(
            NbdState.Closed,
            actions=(NbdAction.release_device, NbdAction.hang_up),
            change=Change.auto,
        ),
    ),
    (NbdState.Leaving, NbdEvent.client_lost): (
        Transition(NbdState.Closed, actions=(NbdAction.release_device,), change=Change.hard),
    ),
    (NbdState.Leaving, NbdEvent.client_erred): (
        Transition(
            NbdState.Closed,
            actions=(NbdAction.release_device, NbdAction.hang_up),
            change=Change.hard,
        ),
    ),
    (NbdState.Leaving, NbdEvent.server_ended): (Transition(NbdState.Leaving),),
}
"""State and event -> the arrows that are drawn for them, in the drawing's order."""

_PLAIN: Final[Mapping[NbdState, dict[NbdEvent, Transition]]] = {state: {} for state in NbdState}
"""The rows that need no decision."""

for (_state, _event), _arrows in TRANSITIONS.items():
    if len(_arrows) == 1:
        _PLAIN[_state][_event] = _arrows[0]


def step(state: NbdState, event: NbdEvent, handlers: NbdHandlers[Any]) -> Transition:
    """Return the arrow that the event takes; raise Refused where the drawing has none."""
    arrow = _PLAIN[state].get(event)
    if arrow is None:
        raise Refused(state=state.name, event=event.name, drawing=handlers.DRAWING)
    return arrow


class NbdMachine(Generic[Effect]):
    """One machine: a state, and the handlers that answer for it."""

    __slots__ = ("handlers", "state")

    def __init__(self, handlers: NbdHandlers[Effect], state: NbdState = INITIAL) -> None:
        self.handlers = handlers
        self.state = state

    def fire(self, event: NbdEvent) -> Sequence[Effect]:
        """Take an event: enter the arrow's target, then act; return the effects in order."""
        arrow = _PLAIN[self.state].get(event) or step(self.state, event, self.handlers)
        self.state = arrow.target
        if arrow.actions:
            return [effect for action in arrow.actions for effect in self.handlers.act(action)]
        return ()
