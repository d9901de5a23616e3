"""What a flows drawing means: two columns of functions, and what comes before what."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, product
from typing import Final

from codegen.problems import Place

SOCKETS: Final = ("data", "meta")
"""The two sockets of a connection (wire 1.1)."""

BRACKETS: Final = ("al", "rs")
"""What a bracket can hold: an extent of the activity log, or a resync extent."""

CASES_MAX: Final = 64
"""Each decision multiplies the cases; a drawing with more than these is no picture any more."""


@dataclass(frozen=True, slots=True)
class Column:
    """One node's part in the conversation."""

    name: str
    place: Place
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A function in a column: `name` is its node, `function` what it is called in Python.

    `opens` and `closes` are the bracket that begins or ends here. A step outside the columns, which
    only a faulty drawing has, has an empty `column`.
    """

    name: str
    place: Place
    function: str
    printed: str
    column: str
    opens: str = ""
    closes: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """`tail` comes before `head`; with a `packet`, that is what leads from one to the other.

    `when` names the case in which the arrow is taken; without it the arrow is always taken.
    """

    tail: str
    head: str
    place: Place
    packet: str = ""
    socket: str = ""
    printed: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True)
class Bracket:
    """From the step `opens` to the step `closes` an extent of a `kind` is held."""

    kind: str
    opens: Step
    closes: Step


@dataclass(frozen=True)
class Case:
    """One way through the drawing: a name (empty where nothing is decided) and its steps.

    `order` gives for each step those that come right before it.
    """

    name: str
    order: Mapping[str, tuple[str, ...]]

    @cached_property
    def earlier(self) -> dict[str, set[str]]:
        """For each step all that come before it, right before it or long before."""
        return {step: _beyond(step, self.order) for step in self.order}


@dataclass(frozen=True)
class Flow:
    """A whole drawing; columns, steps and arrows in the drawing's order."""

    name: str
    place: Place
    columns: tuple[Column, ...]
    steps: tuple[Step, ...]
    arrows: tuple[Arrow, ...]
    comment: str = ""

    @cached_property
    def by_name(self) -> dict[str, Step]:
        """Node name -> step."""
        return {step.name: step for step in self.steps}

    @cached_property
    def start(self) -> str:
        """The first step to which no arrow leads; in a mere loop the first of all."""
        heads = {arrow.head for arrow in self.arrows}
        names = [step.name for step in self.steps]
        return next((name for name in names if name not in heads), names[0] if names else "")

    @cached_property
    def reached(self) -> set[str]:
        """The steps to which there is a way from the start."""
        return {self.start} | _beyond(self.start, _heads(self.arrows))

    @cached_property
    def decisions(self) -> dict[str, tuple[str, ...]]:
        """Step -> the cases that it decides between."""
        cases: dict[str, dict[str, None]] = {}
        for arrow in self.arrows:
            if arrow.when:
                cases.setdefault(arrow.tail, {})[arrow.when] = None
        return {step: tuple(names) for step, names in cases.items()}

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """Every way through the drawing, up to CASES_MAX."""
        cases: dict[tuple[Arrow, ...], Case] = {}
        for chosen in islice(product(*self.decisions.values()), CASES_MAX):
            decided = dict(zip(self.decisions, chosen, strict=True))
            arrows, reached = self._taken(decided)
            name = ", ".join(case for step, case in decided.items() if step in reached)
            cases.setdefault(arrows, Case(name, self._order(arrows, reached)))
        return tuple(cases.values())

    @cached_property
    def brackets(self) -> tuple[Bracket, ...]:
        """Every pair of an opening and a closing step, in the drawing's order."""
        pairs = (
            Bracket(step.opens, step, closing)
            for step in self.steps
            for case in self.cases
            for closing in self.closings(step, case)
        )
        return tuple(dict.fromkeys(pairs))

    def leaving(self, step: str) -> Iterator[Arrow]:
        """The arrows that begin at a step."""
        return (arrow for arrow in self.arrows if arrow.tail == step)

    def arriving(self, step: str) -> Iterator[Arrow]:
        """The arrows that end at a step."""
        return (arrow for arrow in self.arrows if arrow.head == step)

    def crosses(self, arrow: Arrow) -> bool:
        """Whether an arrow leads to the other column."""
        columns = {self.by_name[arrow.tail].column, self.by_name[arrow.head].column}
        return len(columns) == 2 and "" not in columns

    def closings(self, opening: Step, case: Case) -> list[Step]:
        """The steps that close, in this case, what `opening` opens; normally one."""
        if not opening.opens:
            return []
        after = {
            step.name: step
            for step in self.steps
            if step.closes
            and (step.closes, step.column) == (opening.opens, opening.column)
            and opening.name in case.earlier.get(step.name, ())
        }
        return [step for name, step in after.items() if not after.keys() & case.earlier[name]]

    def _taken(self, decided: Mapping[str, str]) -> tuple[tuple[Arrow, ...], set[str]]:
        """The arrows that are taken when the decisions fall like this, and the steps they reach."""
        possible = [it for it in self.arrows if it.when in ("", decided.get(it.tail))]
        reached = {self.start} | _beyond(self.start, _heads(possible))
        return tuple(arrow for arrow in possible if arrow.tail in reached), reached

    def _order(self, arrows: Iterable[Arrow], reached: Iterable[str]) -> dict[str, tuple[str, ...]]:
        before: dict[str, dict[str, None]] = {
            step.name: {} for step in self.steps if step.name in reached
        }
        for arrow in arrows:
            before[arrow.head][arrow.tail] = None
        return {step: tuple(tails) for step, tails in before.items()}


def _heads(arrows: Iterable[Arrow]) -> dict[str, list[str]]:
    """Step -> where its arrows lead."""
    heads: dict[str, list[str]] = {}
    for arrow in arrows:
        heads.setdefault(arrow.tail, []).append(arrow.head)
    return heads


def _beyond(step: str, neighbours: Mapping[str, Iterable[str]]) -> set[str]:
    """All steps to which one or more arrows lead from a step."""
    found: set[str] = set()
    todo = [step]
    while todo:
        new = set(neighbours.get(todo.pop(), ())) - found
        found |= new
        todo += new
    return found
