# Generated from specs/states/node_states.dot; edit that drawing, then run `make generate`.
"""The names of node_states: states, events, guards and actions."""

from enum import Enum


class NodeState(Enum):
    """A state, with its number in packets and the name that people see."""

    Secondary = (2, "Secondary")
    """Only the peer's writes come in."""
    Primary = (1, "Primary")
    """Applications may write."""

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is a Python call

    def __init__(self, wire: int, printed: str) -> None:
        self.wire = wire
        self.printed = printed

    @classmethod
    def from_wire(cls, wire: int) -> "NodeState":
        """Return the state with this number; raise ValueError when there is none."""
        if wire not in _BY_WIRE:
            raise ValueError(f"{wire} is no number of node_states")
        return _BY_WIRE[wire]

    @classmethod
    def describe(cls, wire: int) -> str:
        """Return the printed name of the state with this number, or the number."""
        return _BY_WIRE[wire].printed if wire in _BY_WIRE else str(wire)


_BY_WIRE = {state.wire: state for state in NodeState}


class NodeEvent(Enum):
    """An event; its value is the drawing's text."""

    primary_requested = "primary_requested"
    secondary_requested = "secondary_requested"
    split_brain_lost = "split brain lost"

    __hash__ = object.__hash__


class NodeGuard(Enum):
    """A question that an arrow asks the handlers."""

    device_is_closed = "device_is_closed"

    __hash__ = object.__hash__


class NodeAction(Enum):
    """What the handlers do on an arrow."""

    clear_discard_my_data = "clear_discard_my_data"
    create_current_uuid = "create_current_uuid"
    set_primary_bit = "set_primary_bit"
    send_state = "send_state"
    make_device_writable = "make_device_writable"
    clear_primary_bit = "clear_primary_bit"
    write_bitmap = "write_bitmap"
    make_device_read_only = "make_device_read_only"

    __hash__ = object.__hash__
