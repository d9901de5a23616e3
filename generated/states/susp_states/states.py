# Generated from specs/states/susp_states.dot; edit that drawing, then run `make generate`.
"""The names of susp_states: states, events, actions."""

from enum import Enum


class SuspState(Enum):
    """A state, with its number in packets and the name that people see."""

    Running = (0, "Running")
    """Requests go on."""
    Suspended = (1, "Suspended")
    """Requests wait."""

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is a Python call

    def __init__(self, wire: int, printed: str) -> None:
        self.wire = wire
        self.printed = printed

    @classmethod
    def from_wire(cls, wire: int) -> "SuspState":
        """Return the state with this number; raise ValueError when there is none."""
        if wire not in _BY_WIRE:
            raise ValueError(f"{wire} is no number of susp_states")
        return _BY_WIRE[wire]

    @classmethod
    def describe(cls, wire: int) -> str:
        """Return the printed name of the state with this number, or the number."""
        return _BY_WIRE[wire].printed if wire in _BY_WIRE else str(wire)


_BY_WIRE = {state.wire: state for state in SuspState}


class SuspEvent(Enum):
    """An event; its value is the drawing's text."""

    suspend_io_requested = "suspend_io requested"
    resume_io_requested = "resume_io requested"
    thaw_refused = "thaw refused"

    __hash__ = object.__hash__


class SuspAction(Enum):
    """What the handlers do on an arrow."""

    settle_generations = "settle_generations"
    thaw_requests = "thaw_requests"

    __hash__ = object.__hash__
