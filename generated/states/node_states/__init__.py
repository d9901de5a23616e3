# Generated from specs/states/node_states.dot; edit that drawing, then run `make generate`.
"""The machine node_states: 2 states."""

from .handlers import NodeHandlers
from .states import NodeAction, NodeEvent, NodeGuard, NodeState
from .transitions import INITIAL, TRANSITIONS, NodeMachine, Transition, step

__all__ = [
    "INITIAL",
    "TRANSITIONS",
    "NodeAction",
    "NodeEvent",
    "NodeGuard",
    "NodeHandlers",
    "NodeMachine",
    "NodeState",
    "Transition",
    "step",
]
