# Generated from specs/states/susp_nod_states.dot; edit that drawing, then run `make generate`.
"""The machine susp_nod_states: 2 states."""

from .handlers import SuspNodHandlers
from .states import SuspNodAction, SuspNodEvent, SuspNodGuard, SuspNodState
from .transitions import INITIAL, TRANSITIONS, SuspNodMachine, Transition, step

__all__ = [
    "INITIAL",
    "TRANSITIONS",
    "SuspNodAction",
    "SuspNodEvent",
    "SuspNodGuard",
    "SuspNodHandlers",
    "SuspNodMachine",
    "SuspNodState",
    "Transition",
    "step",
]
