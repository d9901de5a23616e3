# Generated from specs/states/conn_states.dot; edit that drawing, then run `make generate`.
"""The machine conn_states: 24 states."""

from .handlers import ConnHandlers
from .states import ConnAction, ConnEvent, ConnGuard, ConnState
from .transitions import INITIAL, TRANSITIONS, ConnMachine, Transition, step

__all__ = [
    "INITIAL",
    "TRANSITIONS",
    "ConnAction",
    "ConnEvent",
    "ConnGuard",
    "ConnHandlers",
    "ConnMachine",
    "ConnState",
    "Transition",
    "step",
]
