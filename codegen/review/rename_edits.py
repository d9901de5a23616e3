"""Calls a thing otherwise wherever a DOT text mentions it."""

from collections.abc import Iterator, Sequence
from typing import Final

from codegen.names import event_name, is_any_state
from codegen.review.draft import EDGE_KINDS, GRAPH_KINDS
from codegen.review.facts import GLOBAL_SORTS, Key, Name
from codegen.review.outline import ATTRIBUTE, EDGES, Group, Pair
from codegen.review.patches import Patch, quoted, with_word
from codegen.review.version import Version

VALUES: Final = {
    "state": ("initial",),
    "guard": ("guard",),
    "event": ("event",),
    "case": ("when",),
}
"""The attributes whose value is a name of a sort."""

LISTS: Final = {"state": ("via", "except"), "action": ("action",)}
"""The attributes whose value is a list of names of a sort."""

STAYS: Final = {"event": r"(?<![\w/])", "action": r"(?<=/)"}
"""What is before a name of a sort in `stays`."""

EVENT_AT: Final = {"arrow": 2, "any-state-arrow": 1, "summary": 2}
"""Where the key of an edge has the event."""


def rename_patches(target: Version, sources: Sequence[Version]) -> Iterator[Patch]:
    """Patches for everything that is called otherwise where the target's names come from."""
    old = {
        (name.sort, text): name.text
        for name, text in target.renames.items()
        if name.sort in GLOBAL_SORTS
    }
    for name, text in target.renames.items():
        if name.sort in (*GRAPH_KINDS, "layout"):
            yield from _global(target, name, text)
            continue
        keys = (Key(kind, (old.get((kind, name.scope), name.scope),)) for kind in GRAPH_KINDS)
        for graph in filter(None, map(target.draft.facts.get, keys)):
            _, group = target.draft.graph_at(graph.place.offset)
            yield from _inner(target, group, name, text)
            if name.sort == "event":
                yield from _labels(group, name, text, sources)


def _global(target: Version, name: Name, text: str) -> Iterator[Patch]:
    """A graph or a layout."""
    for graph, group in target.draft.graphs:
        if name.sort == "layout":
            yield from _nodes(group, name.text, text)
        elif graph.name == name.text and group.name:
            yield Patch(group.name.start, group.name.end, quoted(text))


def _inner(target: Version, group: Group, name: Name, text: str) -> Iterator[Patch]:
    """What belongs to one graph."""
    if name.sort in ("state", "step"):
        yield from _nodes(group, name.text, text)
    for statement in group.walk():
        for pair in statement.pairs:
            is_column = pair.name == "label" and (
                statement.kind == ATTRIBUTE or statement.word == "graph"
            )
            if name.sort == "column" and is_column and pair.text.strip() == name.text:
                yield Patch(pair.value, pair.end, quoted(text))
            yield from _value(target.draft.text, pair, name, text)


def _nodes(group: Group, old: str, new: str) -> Iterator[Patch]:
    """Every place that names a node."""
    for statement in group.walk():
        for atom in statement.atoms:
            if atom.name == old:
                yield Patch(atom.start, atom.end, quoted(new))


def _value(text: str, pair: Pair, name: Name, new: str) -> Iterator[Patch]:
    """A value that is the name, or a list with the name in it."""
    raw = text[pair.value : pair.end]
    made = raw
    if pair.name in VALUES.get(name.sort, ()) and pair.text == name.text:
        made = quoted(new)
    elif pair.name in LISTS.get(name.sort, ()):
        made = with_word(raw, name.text, new)
    elif pair.name == "stays" and name.sort in STAYS:
        made = with_word(raw, name.text, new, behind=STAYS[name.sort])
    if made != raw:
        yield Patch(pair.value, pair.end, made)


def _labels(group: Group, name: Name, text: str, sources: Sequence[Version]) -> Iterator[Patch]:
    """The labels of edges that name an event, unless the event is named beside them."""
    for statement in group.walk():
        label, event = statement.pair("label"), statement.pair("event")
        is_of_edge = statement.kind == EDGES or statement.word == "edge"
        if label and not event and is_of_edge and event_name(label.text) == name.text:
            new = _label(name.scope, text, sources, everywhere=is_any_state(label.text))
            yield Patch(label.value, label.end, quoted(new))


def _label(scope: str, event: str, sources: Sequence[Version], *, everywhere: bool) -> str:
    """A label that gives an event, as a side spells it."""
    for source in sources:
        for key, thing in source.things.items():
            at = EVENT_AT.get(key.kind)
            if at is None or key.scope != scope or key.names[at] != event:
                continue
            label = source.draft.edge(thing).attributes.get("label")
            same = label and is_any_state(label.text) == everywhere
            if label and same and event_name(label.text) == event:
                return label.text
    words = event.replace("_", " ")
    return f"* on {words}" if everywhere else words


def spelling(key: Key, sources: Sequence[Version]) -> tuple[str, str]:
    """The `label` and the `event` of an edge, as a side spells them; either may be empty."""
    for source in sources:
        thing = source.thing(key)
        if thing is not None and key.kind in EDGE_KINDS:
            attributes = source.draft.edge(thing).attributes
            label, event = attributes.get("label"), attributes.get("event")
            return (label.text if label else ""), (event.text if event else "")
    named = key.names[EVENT_AT[key.kind]]
    everywhere = key.kind == "any-state-arrow"
    return _label(key.scope, named, sources, everywhere=everywhere), ""
