# Generated from specs/states/disk_states.dot; edit that drawing, then run `make generate`.
"""The machine disk_states: 8 states."""

from .handlers import DiskHandlers
from .states import DiskAction, DiskEvent, DiskGuard, DiskState
from .transitions import INITIAL, TRANSITIONS, DiskMachine, Transition, step

__all__ = [
    "INITIAL",
    "TRANSITIONS",
    "DiskAction",
    "DiskEvent",
    "DiskGuard",
    "DiskHandlers",
    "DiskMachine",
    "DiskState",
    "Transition",
    "step",
]
