# Generated from specs/states/susp_fen_states.dot; edit that drawing, then run `make generate`.
"""The machine susp_fen_states: 2 states."""

from .handlers import SuspFenHandlers
from .states import SuspFenAction, SuspFenEvent, SuspFenGuard, SuspFenState
from .transitions import INITIAL, TRANSITIONS, SuspFenMachine, Transition, step

__all__ = [
    "INITIAL",
    "TRANSITIONS",
    "SuspFenAction",
    "SuspFenEvent",
    "SuspFenGuard",
    "SuspFenHandlers",
    "SuspFenMachine",
    "SuspFenState",
    "Transition",
    "step",
]
