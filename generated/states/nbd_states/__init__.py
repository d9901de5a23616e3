# Generated from specs/states/nbd_states.dot; edit that drawing, then run `make generate`.
"""The machine nbd_states: 6 states."""

from .handlers import NbdHandlers
from .states import NbdAction, NbdEvent, NbdState
from .transitions import INITIAL, TRANSITIONS, NbdMachine, Transition, step

__all__ = [
    "INITIAL",
    "TRANSITIONS",
    "NbdAction",
    "NbdEvent",
    "NbdHandlers",
    "NbdMachine",
    "NbdState",
    "Transition",
    "step",
]
