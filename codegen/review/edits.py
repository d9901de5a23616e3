"""Edits a DOT text until it says what is wanted, and leaves all else as its author wrote it.

Each round compares what the text says with what is wanted and makes a small change of the text for
every difference; the next round sees what is still missing. A text that cannot be brought there is
given up.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import Final

from codegen.names import words
from codegen.review.changes import Change
from codegen.review.compare import differences
from codegen.review.draft import EDGE_KINDS, GRAPH_KINDS, NODE_KINDS, Draft
from codegen.review.facts import (
    ANY_STATE,
    ELSE,
    MEMBER_KINDS,
    NAME_LISTS,
    Facts,
    Key,
    Renames,
    Thing,
)
from codegen.review.outline import ATTRIBUTE, Group, Statement
from codegen.review.patches import (
    Patch,
    before,
    is_single,
    last_in,
    patched,
    quoted,
    removed,
    singles,
    with_value,
    with_words,
    without_atom,
)
from codegen.review.record_edits import record_patches
from codegen.review.rename_edits import rename_patches, spelling
from codegen.review.transplant import transplanted
from codegen.review.version import Version

ROUNDS_MAX: Final = 8

ATTRIBUTES: Final = {
    "actions": "action",
    "decider": "change",
    "printed": "label",
    "function": "label",
    "sockets": "socket",
    "case": "when",
}
"""What a part is called in a drawing, where it is called otherwise."""

LISTS: Final = NAME_LISTS | {"sockets"}
RECORD_PARTS: Final = frozenset({"title", "order"})
SHAPE_PARTS: Final = frozenset({"record", "chapter", "column"})
"""Parts that say where in the text a thing stands; nothing is moved about here."""

ENDS: Final = {"source": 0, "target": 1}


def edited(
    draft: Draft, wanted: Facts, renames: Renames, sources: Sequence[Version]
) -> Draft | None:
    """The draft after as many rounds as it takes, or None where that leads nowhere."""
    twice = {thing.key for source in sources for thing in source.draft.twice}
    for _ in range(ROUNDS_MAX):
        if draft.faults or is_as_wanted(draft, wanted, twice):
            break
        patches = _Round(Version(draft, renames), wanted, sources).patches(twice)
        text = patched(draft.text, patches)
        if text == draft.text:
            break
        draft = Draft(draft.path, text)
    return draft if is_as_wanted(draft, wanted, twice) else None


def is_as_wanted(draft: Draft, wanted: Facts, twice: Collection[Key]) -> bool:
    """Whether a draft says exactly what is wanted, and nothing twice that was not so before."""
    if draft.faults or any(thing.key not in twice for thing in draft.twice):
        return False
    return draft.facts.keys() == wanted.keys() and all(
        thing.attributes == wanted[key].attributes for key, thing in draft.facts.items()
    )


class _Round:
    """One round: every difference, and what to do about it."""

    def __init__(self, target: Version, wanted: Facts, sources: Sequence[Version]) -> None:
        self.draft = target.draft
        self.text = target.draft.text
        self.wanted = wanted
        self.sources = sources
        self.target = target
        self.begun: set[Statement] = set()
        self.changes = list(differences(self.target.facts, wanted, self.target.things))
        self.gone = {it.old.key for it in self.changes if it.new is None and it.old}
        self.alike = Counter(self._way(it) for it in self.changes if it.old and it.new)

    def patches(self, twice: Collection[Key]) -> Iterator[Patch]:
        """What brings the text nearer to what is wanted."""
        if names := list(rename_patches(self.target, self.sources)):
            yield from names  # alone: what a text says without a label, it says by its names
            return
        added = [it.key for it in self.changes if it.old is None]
        yield from self.graphs(added)
        for change in self.changes:
            yield from self.change(change)
        yield from transplanted(self.target, self.sources, [it for it in added if self.fits(it)])
        for layout in self.layouts():
            yield from record_patches(layout, self.target, self.wanted, self.sources)
        for thing in self.draft.twice:
            statement = self.draft.statement(thing)
            if thing.key not in twice and statement:
                yield removed(self.text, statement)

    def change(self, change: Change) -> Iterator[Patch]:
        """Do something about one difference; what is added comes all at once."""
        kind = change.key.kind
        if kind == "stay":
            yield from self.stays(change.key)
        elif kind == "row":
            yield from self.row(change)
        elif kind in MEMBER_KINDS or change.part in RECORD_PARTS | SHAPE_PARTS:
            return
        elif change.old and change.new is None:
            yield from self.removal(change.old)
        elif change.old and change.new:
            yield from self.alteration(change, change.old, change.new)

    def layouts(self) -> dict[str, None]:
        """The layouts whose records have to change."""
        names = [
            it.key.scope
            for it in self.changes
            if it.key.kind in MEMBER_KINDS or it.part in RECORD_PARTS
        ]
        names += [name.scope for name in self.target.renames if name.sort == "member"]
        if any(name.sort in ("layout", "machine") for name in self.target.renames):
            names += [key.scope for key in self.wanted if key.kind == "layout"]
        return dict.fromkeys(names)

    def fits(self, key: Key) -> bool:
        """Whether an added thing is a node or an edge of a graph that is there."""
        if key.kind == "layout":
            return self.target.thing(Key("chapter", (self.wanted[key].get("chapter"),))) is not None
        if key.kind not in NODE_KINDS | EDGE_KINDS:
            return False
        return any(self.target.thing(Key(kind, (key.scope,))) for kind in GRAPH_KINDS)

    def graphs(self, added: Sequence[Key]) -> Iterator[Patch]:
        """Whole graphs that are to be added."""
        for key in added if GRAPH_KINDS & {key.kind for key in added} else ():
            found = (source for source in self.sources if source.thing(key))
            if key.kind in GRAPH_KINDS and (source := next(found, None)):
                draft = source.draft
                _, group = draft.graph_at(source.things[key].place.offset)
                text = draft.text[group.start : group.closed + 1]
                yield Patch(len(self.text), len(self.text), f"\n{text}\n")

    def removal(self, thing: Thing) -> Iterator[Patch]:
        """Take a thing out of the text."""
        if thing.key.kind in GRAPH_KINDS:
            _, group = self.draft.graph_at(thing.place.offset)
            yield Patch(group.start, group.closed + 1, "")
        elif thing.key.kind in NODE_KINDS:
            for statement in self.draft.naming(thing):
                yield self.without_node(statement)
            for statement in self.draft.silent(thing):
                yield removed(self.text, statement)
            yield from self.elsewhere(thing)
        elif drawing := self.draft.statement(thing):
            is_whole = self.gone.issuperset(self.draft.drawn[drawing])
            yield removed(self.text, drawing) if is_whole else self.split(drawing)

    def elsewhere(self, state: Thing) -> Iterator[Patch]:
        """Draw what leads from everywhere, and was drawn at a state that goes, at its target."""
        scope, name = state.key.scope, state.key.names[-1]
        for thing in self.draft.things if state.key.kind == "state" else ():
            if thing.key.kind != "any-state-arrow" or thing.key in self.gone:
                continue
            statement = self.draft.statement(thing)
            is_here = thing.key.scope == scope and self.draft.edge(thing).tail == name
            if statement and is_here and is_single(statement):
                tail = next(statement.atoms)
                yield Patch(tail.start, tail.end, quoted(thing.key.names[2]))

    def without_node(self, statement: Statement) -> Patch:
        """A statement without the nodes that are gone."""
        kept = [it for it in self.draft.drawn.get(statement, ()) if it not in self.gone]
        if is_single(statement) or not kept:
            return removed(self.text, statement)
        names = {key.names[-1] for key in kept}
        return without_atom(statement, next(it for it in statement.atoms if it.name not in names))

    def split(self, statement: Statement) -> Patch:
        """A statement as several, of which the next round may change one."""
        graph, _ = self.draft.graph_at(statement.start)
        return singles(self.text, statement, graph)

    def alteration(self, change: Change, old: Thing, new: Thing) -> Iterator[Patch]:
        """Change one part of a thing."""
        part, after = change.part, _drawn(change.part, change.after)
        name = ATTRIBUTES.get(part, part)
        group = self.group(old)
        if group is not None:
            yield from self.in_group(group, name, after)
            return
        statement = self.draft.statement(old, name)
        value = self.draft.value(old, name)
        if value and after and self.uses[value.place.offset] == self.alike[self._way(change)] > 1:
            yield Patch(*self.draft.span(value), quoted(after))
        elif statement is None:
            _, graph = self.draft.graph_at(old.place.offset)
            yield last_in(self.text, graph, f"{old.key.names[-1]} [{name}={quoted(after)}]")
        elif not is_single(statement):
            yield self.split(statement)
        elif part in ENDS:
            atom = list(statement.atoms)[ENDS[part]]
            yield Patch(atom.start, atom.end, quoted(after))
        elif part == "event":
            yield from self.event(statement, new.key)
        else:
            own = statement.pair(name)
            listed = with_words(own, words(change.after)) if part in LISTS else after
            yield from self.given(statement, name, listed)

    def _way(self, change: Change) -> tuple[int, str, str]:
        """What is alike in the changes of all that inherit one value."""
        old = change.old
        name = ATTRIBUTES.get(change.part, change.part)
        is_drawn = old is not None and old.key.kind in NODE_KINDS | EDGE_KINDS
        value = self.draft.value(old, name) if old and is_drawn else None
        return (value.place.offset if value else -1), change.part, change.after

    @cached_property
    def uses(self) -> Counter[int]:
        """How many nodes and edges have the value that stands somewhere."""
        found: Counter[int] = Counter()
        for graph, _ in self.draft.graphs:
            drawn = [it.attributes for it in graph.nodes.values()]
            drawn += [it.attributes for it in graph.edges]
            for attributes in drawn:
                found.update(value.place.offset for value in attributes.values())
        return found

    def group(self, thing: Thing) -> Group | None:
        """The braces that a graph or a column is."""
        if thing.key.kind not in (*GRAPH_KINDS, "column"):
            return None
        _, group = self.draft.graph_at(thing.place.offset)
        inner = (it for statement in group.walk() for it in statement.groups)
        return next((it for it in inner if it.start == thing.place.offset), group)

    def in_group(self, group: Group, name: str, value: str) -> Iterator[Patch]:
        """Give a graph or a column an attribute."""
        for statement in reversed(group.body):
            pair = statement.pair(name) if statement.word in ("", "graph") else None
            if pair is None or statement.links:
                continue
            if statement.kind == ATTRIBUTE and not value:
                yield removed(self.text, statement)
            else:
                yield from self.given(statement, name, value)
            return
        text = f"{name}={quoted(value)}"
        if group.body:
            yield before(self.text, group.body[0], text)
        else:
            yield last_in(self.text, group, text)

    def given(self, statement: Statement, name: str, value: str) -> Iterator[Patch]:
        """Give a statement an attribute; the first one comes alone, the next round adds more."""
        if statement not in self.begun:
            yield from with_value(self.text, statement, name, value)
        if not statement.pairs:
            self.begun.add(statement)

    def event(self, statement: Statement, key: Key) -> Iterator[Patch]:
        """Let an edge have another event, spelled as a side spells it."""
        label, event = spelling(key, self.sources)
        pair = statement.pair("event")
        if label:
            yield from self.given(statement, "label", label)
        if event or pair:
            yield from self.given(statement, "event", event)

    def stays(self, key: Key) -> Iterator[Patch]:
        """List anew what a state stays on; what is listed already keeps its place."""
        thing = self.target.thing(Key("state", key.names[:2]))
        if thing is None:
            return
        wanted = [
            "/".join(filter(None, (it.key.names[2], it.get("actions"))))
            for it in self.wanted.values()
            if it.key.kind == "stay" and it.key.names[:2] == key.names[:2]
        ]
        value, statement = self.draft.value(thing, "stays"), self.draft.statement(thing, "stays")
        known = [item for item in words(value.text) if item in wanted] if value else []
        items = [*known, *(item for item in wanted if item not in known)]
        if statement is None:
            _, group = self.draft.graph_at(thing.place.offset)
            text = f"{thing.key.names[-1]} [stays={quoted(', '.join(items))}]"
            yield last_in(self.text, group, text)
        elif not is_single(statement):
            yield self.split(statement)
        else:
            listed = with_words(statement.pair("stays"), items)
            yield from self.given(statement, "stays", listed)

    def row(self, change: Change) -> Iterator[Patch]:
        """Put the arrows of one state and event into the order in which they are tried."""
        if change.new is None or change.old is None:
            return
        _, state, event = change.key.names
        things = [
            self.target.things[key]
            for key in self.wanted
            if key.scope == change.key.scope
            and self.is_in_row(key, state, event)
            and key in self.target.things
        ]
        drawn = {it.key: found for it in things if (found := self.draft.statement(it))}
        for statement in drawn.values():
            if not is_single(statement):
                yield self.split(statement)
        things.sort(key=lambda it: drawn[it.key].start)
        guards = words(change.after)
        if ELSE in guards and Key("stay", change.key.names) in self.wanted:
            guards.remove(ELSE)
        if sorted(guards) != sorted(self.guard(it) for it in things):
            return
        alike: dict[str, list[Thing]] = {}
        for thing in reversed(things):
            alike.setdefault(self.guard(thing), []).append(thing)
        for here, guard in zip(things, guards, strict=True):
            thing = alike[guard].pop()
            place, moved = drawn[here.key], drawn[thing.key]
            if place is not moved:
                yield Patch(place.start, place.end, self.text[moved.start : moved.end])

    def is_in_row(self, key: Key, state: str, event: str) -> bool:
        """Whether an arrow belongs to a row of guards."""
        if state == ANY_STATE:
            return key.kind == "any-state-arrow" and key.names[1] == event
        return key.kind == "arrow" and key.names[1:3] == (state, event)

    def guard(self, thing: Thing) -> str:
        """The guard of an arrow, as the wanted row calls it."""
        return self.target.names[thing.key].names[-1] or ELSE


def _drawn(part: str, text: str) -> str:
    """A part's text as a drawing has it."""
    if part == "obsolete":
        return "true" if text else ""
    return ", ".join(words(text)) if part in LISTS else text
