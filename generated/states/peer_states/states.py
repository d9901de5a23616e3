# Generated from specs/states/peer_states.dot; edit that drawing, then run `make generate`.
"""The names of peer_states: states, events, guards and actions."""

from enum import Enum


class PeerState(Enum):
    """A state, with its number in packets and the name that people see."""

    Secondary = (2, "Secondary")
    """The peer takes this node's writes."""
    Primary = (1, "Primary")
    """The peer's applications may write."""
    Unknown = (0, "Unknown")
    """There is no connection."""

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is a Python call

    def __init__(self, wire: int, printed: str) -> None:
        self.wire = wire
        self.printed = printed

    @classmethod
    def from_wire(cls, wire: int) -> "PeerState":
        """Return the state with this number; raise ValueError when there is none."""
        if wire not in _BY_WIRE:
            raise ValueError(f"{wire} is no number of peer_states")
        return _BY_WIRE[wire]

    @classmethod
    def describe(cls, wire: int) -> str:
        """Return the printed name of the state with this number, or the number."""
        return _BY_WIRE[wire].printed if wire in _BY_WIRE else str(wire)


_BY_WIRE = {state.wire: state for state in PeerState}


class PeerEvent(Enum):
    """An event; its value is the drawing's text."""

    recv_state_packet = "recv state packet"
    connection_lost = "connection lost"
    connected = "connected"
    peer_asked_for_primary = "peer asked for primary"

    __hash__ = object.__hash__


class PeerGuard(Enum):
    """A question that an arrow asks the handlers."""

    peer_is_primary = "peer_is_primary"
    peer_is_secondary = "peer_is_secondary"

    __hash__ = object.__hash__


class PeerAction(Enum):
    """What the handlers do on an arrow."""

    create_current_uuid = "create_current_uuid"
    consider_resync = "consider_resync"
    write_bitmap = "write_bitmap"

    __hash__ = object.__hash__
