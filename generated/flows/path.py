# Generated from the drawings in specs/flows/; edit those, then run `make generate`.
"""What all flows share: the rows of a drawing, and whether a trace is a path through it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Generic, TypeVar

Step = TypeVar("Step", bound=Enum)


class Socket(Enum):
    """The socket that a packet travels on."""

    data = "data"
    meta = "meta"


class Extent(Enum):
    """What a bracket holds."""

    al = "an extent of the activity log"
    rs = "a resync extent"


@dataclass(frozen=True, slots=True)
class Arrow(Generic[Step]):
    """One arrow: the step that it leads to, and the packet when that is the other node's.

    `when` names the case in which the arrow is taken; without it the arrow is always taken.
    """

    step: Step
    packet: type[object] | None = None
    socket: Socket | None = None
    when: str = ""


@dataclass(frozen=True, slots=True)
class Bracket(Generic[Step]):
    """Between two steps of a node an extent is held."""

    extent: Extent
    opens: Step
    closes: Step


@dataclass(frozen=True)
class Flow(Generic[Step]):
    """A whole drawing.

    `orders` has for each case its steps, each with those that come right before it. A trace has
    the steps of one request as they happened, on both nodes or, given a `column`, on one.
    """

    drawing: str
    start: Step
    follows: Mapping[Step, tuple[Arrow[Step], ...]]
    brackets: tuple[Bracket[Step], ...]
    orders: tuple[Mapping[Step, tuple[Step, ...]], ...]

    def is_path(self, trace: Sequence[Step], column: type[Step] | None = None) -> bool:
        """Whether each step comes after all that must precede it; the end may be missing."""
        return any(_fits(trace, _seen_from(column, earlier)) for earlier in self._earlier)

    def is_whole(self, trace: Sequence[Step], column: type[Step] | None = None) -> bool:
        """Whether a trace is a path to the very end, so that nothing is held any more."""
        return any(
            len(trace) == len(seen) and _fits(trace, seen)
            for seen in (_seen_from(column, earlier) for earlier in self._earlier)
        )

    @cached_property
    def _earlier(self) -> tuple[Mapping[Step, frozenset[Step]], ...]:
        """The orders, with all that comes before a step instead of what comes right before it."""
        return tuple({step: _all_before(step, order) for step in order} for order in self.orders)


def _all_before(step: Step, order: Mapping[Step, tuple[Step, ...]]) -> frozenset[Step]:
    found: set[Step] = set()
    todo = [step]
    while todo:
        new = set(order[todo.pop()]) - found
        found |= new
        todo += new
    return frozenset(found)


def _seen_from(
    column: type[Step] | None, earlier: Mapping[Step, frozenset[Step]]
) -> Mapping[Step, frozenset[Step]]:
    """What one node sees of a conversation: its own steps."""
    if column is None:
        return earlier
    own = {step for step in earlier if isinstance(step, column)}
    return {step: earlier[step] & own for step in own}


def _fits(trace: Sequence[Step], earlier: Mapping[Step, frozenset[Step]]) -> bool:
    done: set[Step] = set()
    for step in trace:
        if step in done or step not in earlier or not earlier[step] <= done:
            return False
        done.add(step)
    return True
