# Generated from specs/states/susp_states.dot; edit that drawing, then run `make generate`.
"""The machine susp_states: 2 states."""

from .handlers import SuspHandlers
from .states import SuspAction, SuspEvent, SuspState
from .transitions import INITIAL, TRANSITIONS, SuspMachine, Transition, step

__all__ = [
    "INITIAL",
    "TRANSITIONS",
    "SuspAction",
    "SuspEvent",
    "SuspHandlers",
    "SuspMachine",
    "SuspState",
    "Transition",
    "step",
]
