# Generated from specs/states/node_states.dot; edit that drawing, then run `make generate`.
"""What node_states may do: every arrow of the drawing is one row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic

from ...handlers import Effect
from ..machine import Change, Refused
from .handlers import NodeHandlers
from .states import NodeAction, NodeEvent, NodeGuard, NodeState

INITIAL: Final = NodeState.Secondary


@dataclass(frozen=True, slots=True)
class Transition:
    """One arrow: where it leads, on which condition, what is done on it, who decides about it."""

    target: NodeState
    guard: NodeGuard | None = None
    actions: tuple[NodeAction, ...] = ()
    change: Change = Change.soft


TRANSITIONS: Final[Mapping[tuple[NodeState, NodeEvent], tuple[Transition, ...]]] = {
    (NodeState.Secondary, NodeEvent.primary_requested): (
        Transition(
            NodeState.Primary,
            actions=(
                NodeAction.clear_discard_my_data,
                NodeAction.create_current_uuid,
                NodeAction.set_primary_bit,
                NodeAction.send_state,
                NodeAction.make_device_writable,
            ),
            change=Change.cluster,
        ),
    ),
    (NodeState.Secondary, NodeEvent.secondary_requested): (Transition(NodeState.Secondary),),
    (NodeState.Primary, NodeEvent.secondary_requested): (
        Transition(
            NodeState.Secondary,
            guard=NodeGuard.device_is_closed,
            actions=(
                NodeAction.clear_primary_bit,
                NodeAction.send_state,
                NodeAction.write_bitmap,
                NodeAction.make_device_read_only,
            ),
        ),
    ),
    (NodeState.Primary, NodeEvent.split_brain_lost): (
        Transition(
            NodeState.Secondary,
            guard=NodeGuard.device_is_closed,
            actions=(NodeAction.write_bitmap, NodeAction.make_device_read_only),
        ),
    ),
    (NodeState.Primary, NodeEvent.primary_requested): (Transition(NodeState.Primary),),
}
"""State and event -> the arrows that are drawn for them, in the drawing's order."""

_PLAIN: Final[Mapping[NodeState, dict[NodeEvent, Transition]]] = {state: {} for state in NodeState}
"""The rows that need no decision."""

for (_state, _event), _arrows in TRANSITIONS.items():
    if len(_arrows) == 1 and _arrows[0].guard is None:
        _PLAIN[_state][_event] = _arrows[0]


def step(state: NodeState, event: NodeEvent, handlers: NodeHandlers[Any]) -> Transition:
    """Return the arrow that the event takes; raise Refused where the drawing has none."""
    arrow = _PLAIN[state].get(event)
    return _decide(state, event, handlers) if arrow is None else arrow


def _decide(state: NodeState, event: NodeEvent, handlers: NodeHandlers[Any]) -> Transition:
    for arrow in TRANSITIONS.get((state, event), ()):
        if arrow.guard is None or handlers.holds(arrow.guard):
            return arrow
    raise Refused(state=state.name, event=event.name, drawing=handlers.DRAWING)


class NodeMachine(Generic[Effect]):
    """One machine: a state, and the handlers that answer for it."""

    __slots__ = ("handlers", "state")

    def __init__(self, handlers: NodeHandlers[Effect], state: NodeState = INITIAL) -> None:
        self.handlers = handlers
        self.state = state

    def fire(self, event: NodeEvent) -> Sequence[Effect]:
        """Take an event: enter the arrow's target, then act; return the effects in order."""
        arrow = _PLAIN[self.state].get(event) or step(self.state, event, self.handlers)
        self.state = arrow.target
        if arrow.actions:
            return [effect for action in arrow.actions for effect in self.handlers.act(action)]
        return ()
