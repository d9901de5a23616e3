# Generated from specs/states/peer_states.dot; edit that drawing, then run `make generate`.
"""The machine peer_states: 3 states."""

from .handlers import PeerHandlers
from .states import PeerAction, PeerEvent, PeerGuard, PeerState
from .transitions import INITIAL, TRANSITIONS, PeerMachine, Transition, step

__all__ = [
    "INITIAL",
    "TRANSITIONS",
    "PeerAction",
    "PeerEvent",
    "PeerGuard",
    "PeerHandlers",
    "PeerMachine",
    "PeerState",
    "Transition",
    "step",
]
