"""What a states drawing means: a machine of states, events and arrows."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from codegen.names import machine_prefix
from codegen.problems import Place

CHANGES: Final = ("soft", "hard", "cluster", "peer", "auto")
"""Who decides about a change, in the words of states 2; the first is the default."""

COMPLETED: Final = "completed"
"""The event of an arrow without a label: what the state was doing has ended."""


@dataclass(frozen=True, slots=True)
class State:
    """A state: the node's name, the name that people see, its number if it has one."""

    name: str
    place: Place
    printed: str
    wire: int | None
    comment: str


@dataclass(frozen=True, slots=True)
class Event:
    """An event: its name and the text that the drawing prints for it."""

    name: str
    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """One row of the table: in `source`, `event` leads to `target`.

    `any_state` marks a row that an any-state arrow drawn elsewhere gave, `stays` one that a node's
    `stays` gave.
    """

    source: str
    target: str
    event: str
    place: Place
    guard: str = ""
    actions: tuple[str, ...] = ()
    change: str = CHANGES[0]
    comment: str = ""
    any_state: bool = False
    stays: bool = False


@dataclass(frozen=True, slots=True)
class AnyState:
    """An any-state arrow as it is drawn: every state but `target` and `excepted` takes it."""

    arrow: Arrow
    excepted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """An arrow of the figure that sums up a path through the states `via`."""

    source: str
    target: str
    event: str
    place: Place
    via: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shadowed:
    """A state's own arrow that an any-state arrow for the same event gives way to."""

    state: str
    event: str
    place: Place


@dataclass(frozen=True)
class Machine:
    """A whole drawing: `arrows` in the drawing's order, any-state arrows expanded behind them.

    `any_state` has these once more, as they are drawn.
    """

    name: str
    place: Place
    initial: str
    states: tuple[State, ...]
    events: tuple[Event, ...]
    arrows: tuple[Arrow, ...]
    summaries: tuple[Summary, ...] = ()
    shadowed: tuple[Shadowed, ...] = ()
    any_state: tuple[AnyState, ...] = ()
    comment: str = ""

    @property
    def prefix(self) -> str:
        """What the names of the generated classes begin with."""
        return machine_prefix(self.name)

    @cached_property
    def rows(self) -> dict[str, dict[str, tuple[Arrow, ...]]]:
        """State -> event -> the arrows for both; states and events in the drawing's order."""
        rows: dict[str, dict[str, list[Arrow]]] = {state.name: {} for state in self.states}
        for arrow in self.arrows:
            rows[arrow.source].setdefault(arrow.event, []).append(arrow)
        return {
            state: {event: tuple(arrows) for event, arrows in by_event.items()}
            for state, by_event in rows.items()
        }

    @cached_property
    def guards(self) -> dict[str, list[Arrow]]:
        """Guard -> the arrows that ask it, in the drawing's order."""
        asked: dict[str, list[Arrow]] = {}
        for arrow in self.arrows:
            if arrow.guard:
                asked.setdefault(arrow.guard, []).append(arrow)
        return asked

    @cached_property
    def actions(self) -> dict[str, list[Arrow]]:
        """Action -> the arrows that do it, in the drawing's order."""
        done: dict[str, list[Arrow]] = {}
        for arrow in self.arrows:
            for name in dict.fromkeys(arrow.actions):
                done.setdefault(name, []).append(arrow)
        return done

    def choices(self) -> Iterator[tuple[str, str, tuple[Arrow, ...]]]:
        """State, event and arrows wherever several arrows and no guard leave it to the handlers."""
        for state, by_event in self.rows.items():
            for event, arrows in by_event.items():
                if len(arrows) > 1 and not any(arrow.guard for arrow in arrows):
                    yield state, event, arrows


def choice_name(state: str, event: str) -> str:
    """The handler method that decides a choice."""
    return f"{event}_in_{state}"
