# Generated from the drawings in specs/states/; edit those, then run `make generate`.
"""What all state machines share."""

from enum import Enum


class Change(Enum):
    """Who decides about a change of state."""

    soft = "asked for here; the rules may refuse it"
    hard = "a fact: a disk or a link broke"
    cluster = "agreed with the peer before it is made"
    peer = "asked for by the peer"
    auto = "follows from another change"


class Refused(LookupError):
    """An event came to a state from which the drawing has no arrow for it."""

    def __init__(self, *, state: str, event: str, drawing: str) -> None:
        super().__init__(f"{event} cannot happen in {state}: {drawing} has no arrow for it")
        self.state = state
        self.event = event
        self.drawing = drawing
