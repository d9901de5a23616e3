"""From two sets of drawings to a review: changes with their impact, and what follows from them."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from codegen.drawings import Drawings
from codegen.flows import changes as flows_changes
from codegen.flows import consequences as flows_consequences
from codegen.flows.changes import renamed_flow
from codegen.flows.model import Flow
from codegen.graph import Graph
from codegen.layouts import changes as layouts_changes
from codegen.layouts import consequences as layouts_consequences
from codegen.layouts.model import Layout
from codegen.review import handlers
from codegen.review.causes import attached, released
from codegen.review.changes import WORDING, ChangeRule, Consequence
from codegen.review.compare import compare, name_of
from codegen.review.facts import KIND_OF_DRAWING, Key, Name, Renames, renamed
from codegen.review.implementers import Implementers
from codegen.review.reach import Reach
from codegen.review.report import Drawing, Judged, Review
from codegen.review.tables import facts_of
from codegen.states import changes as states_changes
from codegen.states import consequences as states_consequences
from codegen.states.changes import renamed_machine
from codegen.states.model import Machine

RULES: Final[Mapping[str, ChangeRule]] = {
    rule.name: rule
    for rule in (
        *states_changes.RULES,
        *states_consequences.CONSEQUENCES,
        *layouts_changes.RULES,
        *layouts_consequences.CONSEQUENCES,
        *flows_changes.RULES,
        *flows_consequences.CONSEQUENCES,
        *handlers.RULES,
        WORDING,
    )
}
"""Every rule of changes and consequences, by name."""

Place = tuple[str, str]
"""A drawing: its kind and its new name."""

SORTS: Final = {"states": "machine", "layouts": "chapter", "flows": "flow"}
"""What a drawing of each kind is as a thing; the order in which they are told."""

SHARED: Final = frozenset({"layout", "field", "piece", "constant", "span"})
"""Kinds of things that several layouts may have by one record."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison, and what people call it."""

    label: str
    drawings: Drawings


def review(
    old: Side, new: Side, implementers: Implementers, *, baseline: Side | None = None
) -> Review:
    """Compare two sides. With a `baseline`, changes of what it does not have are unreleased."""
    judge = _Judge(old.drawings, new.drawings)
    judged = list(judge.judged())
    if baseline is not None:
        judged = released(judged, facts_of(baseline.drawings), judge.new_facts)
    judged, aside = attached(judged, judge.consequences(implementers))
    drawings = tuple(judge.drawings(judged, aside))
    return Review(old.label, new.label, drawings, baseline=baseline.label if baseline else "")


class _Judge:
    """The work of comparing two sides."""

    def __init__(self, old: Drawings, new: Drawings) -> None:
        self.old, self.new = old, new
        self.new_facts = facts_of(new)
        old_facts = facts_of(old)
        self.changes = compare(old_facts, self.new_facts)
        self.renames: Renames = {name_of(it): it.after for it in self.changes if it.is_rename}
        self.old_facts = renamed(old_facts, self.renames)
        self.old_layouts = {self.name_now("layout", it.name): it for it in _layouts(old)}
        self.new_layouts = {it.name: it for it in _layouts(new)}
        numbered = {*self.numbered(old), *self.numbered(new)}
        self.reach = Reach([*_layouts(old), *_layouts(new)], numbered)

    def name_now(self, sort: str, name: str) -> str:
        """What something of a global sort is called in the new drawings."""
        return self.renames.get(Name(sort, "", name), name)

    def numbered(self, drawings: Drawings) -> Iterator[str]:
        """The machines whose states have numbers, by their new names."""
        for machine in drawings.machines:
            if any(state.wire is not None for state in machine.states):
                yield self.name_now("machine", machine.name)

    def judged(self) -> Iterator[Judged]:
        """Every change that is told, with its impact."""
        for change in self.changes:
            if not change.silent:
                yield Judged(change, self.reach.impact(change, RULES[change.rule].impact))

    def consequences(self, implementers: Implementers) -> Iterator[Consequence]:
        """What follows from the changes, for each machine, flow and layout that they touch."""
        touched = {it.key.scope for it in self.changes}
        old_machines = (renamed_machine(it, self.renames) for it in self.old.machines)
        for before, after in _pairs(old_machines, self.new.machines, touched):
            is_sent = after is not None and self.reach.of(after.name) is not None
            yield from states_consequences.consequences(
                before, after, implementers, is_sent=is_sent
            )
        old_flows = (renamed_flow(it, self.renames) for it in self.old.flows)
        for old_flow, new_flow in _pairs(old_flows, self.new.flows, touched):
            yield from flows_consequences.consequences(old_flow, new_flow, implementers)
        if touched & {*self.old_layouts, *self.new_layouts}:
            yield from layouts_consequences.consequences(self.old_layouts, self.new_layouts)

    def drawings(self, judged: Iterable[Judged], aside: Iterable[Consequence]) -> Iterator[Drawing]:
        """The changes by drawing, in the order of kinds and names."""
        changes: dict[Place, list[Judged]] = {}
        left: dict[Place, list[Consequence]] = {}
        for it in judged:
            place = self.place(KIND_OF_DRAWING[it.change.key.kind], it.change.key.scope)
            changes.setdefault(place, []).append(it)
        for consequence in aside:
            left.setdefault(self.place_of_scope(consequence.scope), []).append(consequence)
        kinds = list(SORTS)
        for place in sorted({*changes, *left}, key=lambda it: (kinds.index(it[0]), it[1])):
            yield self.drawing(place, changes.get(place, ()), left.get(place, ()))

    def place(self, kind: str, scope: str) -> Place:
        """The drawing of a scope: itself, or the chapter that a layout is in."""
        layout = Key("layout", (scope,))
        thing = self.new_facts.get(layout) or self.old_facts.get(layout)
        return (kind, thing.get("chapter") if kind == "layouts" and thing else scope)

    def place_of_scope(self, scope: str) -> Place:
        """The drawing of a machine, flow or layout, whichever has the name."""
        for facts in (self.new_facts, self.old_facts):
            for kind in ("states", "flows"):
                if Key(SORTS[kind], (scope,)) in facts:
                    return kind, scope
        return self.place("layouts", scope)

    def drawing(
        self, place: Place, judged: Sequence[Judged], aside: Sequence[Consequence]
    ) -> Drawing:
        """One drawing of the review."""
        kind, name = place
        old = next((it for it in _graphs(self.old, kind) if self.is_now(kind, it, name)), None)
        new = next((it for it in _graphs(self.new, kind) if it.name == name), None)
        return Drawing(
            kind=kind,
            name=name,
            old_name=old.name if old else name,
            old_file=old.file if old else "",
            new_file=new.file if new else "",
            old=old,
            new=new,
            changes=tuple(_together(judged)),
            aside=tuple(aside),
        )

    def is_now(self, kind: str, graph: Graph, name: str) -> bool:
        """Whether an old graph is the one that has this name in the new drawings."""
        return self.name_now(SORTS[kind], graph.name) == name


def _together(judged: Iterable[Judged]) -> Iterator[Judged]:
    """The changes, those as one that are the same of things drawn by the same words."""
    groups: dict[object, list[Judged]] = {}
    for number, it in enumerate(judged):
        change = it.change
        places = tuple(thing.place if thing else None for thing in (change.old, change.new))
        member = (change.rule, change.part, change.before, change.after, change.key.names[1:])
        is_shared = change.key.kind in SHARED and not change.is_rename
        key = (*member, *places, it.impact, it.unreleased) if is_shared else number
        groups.setdefault(key, []).append(it)
    for first, *others in groups.values():
        follow = (it for one in (first, *others) for it in one.consequences)
        also = tuple(it.change for it in others)
        yield replace(first, also=also, consequences=tuple(follow)) if others else first


def _graphs(drawings: Drawings, kind: str) -> Iterator[Graph]:
    return (graph for its_kind, graph in drawings.graphs if its_kind == kind)


def _layouts(drawings: Drawings) -> list[Layout]:
    return [layout for schema in drawings.schemas for layout in schema.layouts]


Model = TypeVar("Model", Machine, Flow)


def _pairs(
    old: Iterable[Model], new: Iterable[Model], touched: Container[str]
) -> Iterator[tuple[Model | None, Model | None]]:
    """The two sides of each drawing that changed."""
    before = {it.name: it for it in old}
    after = {it.name: it for it in new}
    for name in {**before, **after}:
        if name in touched:
            yield before.get(name), after.get(name)
