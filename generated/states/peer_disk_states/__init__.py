# Generated from specs/states/peer_disk_states.dot; edit that drawing, then run `make generate`.
"""The machine peer_disk_states: 8 states."""

from .handlers import PeerDiskHandlers
from .states import PeerDiskAction, PeerDiskEvent, PeerDiskGuard, PeerDiskState
from .transitions import INITIAL, TRANSITIONS, PeerDiskMachine, Transition, step

__all__ = [
    "INITIAL",
    "TRANSITIONS",
    "PeerDiskAction",
    "PeerDiskEvent",
    "PeerDiskGuard",
    "PeerDiskHandlers",
    "PeerDiskMachine",
    "PeerDiskState",
    "Transition",
    "step",
]
