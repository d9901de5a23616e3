"""Which nodes, edges, columns and members of a drawing's graphs a change is at, and what it did."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from codegen.graph import Edge, Graph, Node, Subgraph
from codegen.layouts.records import cells
from codegen.names import event_name, is_any_state, words
from codegen.review.changes import Change
from codegen.review.facts import ANY_STATE, NAME_LISTS, Key
from codegen.review.report import Drawing
from codegen.states.model import COMPLETED
from codegen.vocabulary import text_of

ADDED: Final = "added"
REMOVED: Final = "removed"
CHANGED: Final = "changed"

NODE: Final = "node"
EDGE: Final = "edge"
COLUMN: Final = "column"
MEMBER: Final = "member"

TEXTS: Final = frozenset({"comment", "text", "title", "section", "remark", "meaning"})
NOTE_MAX: Final = 40
"""Characters of a text in a note; the list of changes has all of it."""

DRAWN: Final = frozenset(
    "state arrow any-state-arrow summary layout field piece constant column step flow-arrow".split()
)
"""Kinds with a shape of their own in a picture; others are only said at a shape."""

UNDRAWN: Final = frozenset({"event", "guard", "action", "case"})
"""Kinds and sorts that are only named at shapes of other things."""

MEMBERS: Final = ("field", "piece", "constant", "span")
NODES: Final = frozenset({"state", "step", "layout"})


class Element(NamedTuple):
    """Something in a picture: a node by name, an edge by index, a column, a member of a node."""

    sort: str
    name: str | int
    member: str = ""


@dataclass(slots=True)
class Mark:
    """What became of an element, notes on it for people, and the changes by their index."""

    role: str
    notes: list[str] = field(default_factory=list)
    changes: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Marks:
    """The marked elements of one graph; `rest` is what became of all others, empty for nothing."""

    rest: str = ""
    elements: dict[Element, Mark] = field(default_factory=dict)

    def get(self, element: Element) -> Mark:
        """The mark of an element, or that of the rest."""
        return self.elements.get(element) or Mark(self.rest)

    def add(self, element: Element, mark: Mark) -> None:
        """Mark an element; that it came or went outweighs that it changed."""
        known = self.elements.setdefault(element, mark)
        if known is mark:
            return
        known.role = mark.role if known.role == CHANGED else known.role
        known.notes += [note for note in mark.notes if note not in known.notes]
        known.changes += [it for it in mark.changes if it not in known.changes]


def marks(drawing: Drawing, *, is_new: bool) -> Marks:
    """What the changes of a drawing are at in its new or in its old graph."""
    graph, other = (drawing.new, drawing.old) if is_new else (drawing.old, drawing.new)
    role = ADDED if is_new else REMOVED
    found = Marks("" if other else role)
    places = _places(drawing.kind, graph) if graph else {}
    told = ((index, it) for index, judged in enumerate(drawing.changes) for it in judged.changes)
    for index, change in told:
        key = _key(change, is_new=is_new)
        is_whole = change.key.kind in DRAWN and not change.part
        for element in places.get(key, ()) if key else ():
            notes = [] if is_whole else [_note(change)]
            found.add(element, Mark(role if is_whole else CHANGED, notes, [index]))
            if element.sort == MEMBER:
                found.add(Element(NODE, element.name), Mark(CHANGED, [], [index]))
    return found


def removed_marks(drawing: Drawing) -> Marks:
    """What is at the old graph only, for what the new one lacks."""
    found = marks(drawing, is_new=False)
    gone = {index for index, it in enumerate(drawing.changes) if it.change.new is None}
    elements = {element: it for element, it in found.elements.items() if gone & {*it.changes}}
    return Marks(elements=elements)


def new_names(drawing: Drawing) -> dict[str, str]:
    """The nodes that are called otherwise now."""
    changes = (it.change for it in drawing.changes)
    return {it.before: it.after for it in changes if it.is_rename and it.key.kind in NODES}


def _key(change: Change, *, is_new: bool) -> Key | None:
    """What a change is at on one side; None where that side has nothing of it."""
    thing = change.new if is_new else change.old
    if change.key.kind == "event" and not change.part:
        return None  # its arrows say that it came or went
    text = change.after if is_new else change.before
    if change.is_rename:
        scope = (thing or change.thing).key.scope
        is_inner = len(change.key.names) > 1
        return Key(change.key.kind, (scope, text) if is_inner else (text,))
    if thing and thing.key.kind == "machine" and change.part == "initial":
        return Key("state", (thing.key.scope, text))
    return thing.key if thing else None


def _note(change: Change) -> str:
    """What a change did, in few words."""
    kind, part, names = change.key.kind, change.part, change.key.names
    if not part:
        return f"{'+' if change.old is None else '-'} {kind} {names[-1]}"
    before, after = (_short(text) or "none" for text in (change.before, change.after))
    if change.is_rename:
        return f"{f'{kind}: ' if kind in UNDRAWN else ''}{before} → {after}"
    if part in TEXTS:
        return f"{part} reworded"
    what = f"{names[-1]} {part}" if kind in ("stay", "row") else part
    if part in NAME_LISTS and (told := _difference(change)):
        return f"{what}: {told}"
    return f"{what}: {before} → {after}"


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= NOTE_MAX else f"{plain[: NOTE_MAX - 1]}…"


def _difference(change: Change) -> str:
    """What came into a list and what left it; empty where only the order is another one."""
    before, after = words(change.before), words(change.after)
    left = [f"-{_short(it)}" for it in before if it not in after]
    return " ".join([*left, *(f"+{_short(it)}" for it in after if it not in before)])


def _places(kind: str, graph: Graph) -> dict[Key, list[Element]]:
    """Where each thing, and each name that is no thing, is in the picture."""
    places: dict[Key, list[Element]] = {}
    for key, element in _PLACES_IN[kind](graph):
        places.setdefault(key, []).append(element)
    return places


Places = Iterator[tuple[Key, Element]]


def _in_states(graph: Graph) -> Places:
    for node in graph.nodes.values():
        element = Element(NODE, node.name)
        yield Key("state", (graph.name, node.name)), element
        for stay in words(text_of(node.attributes, "stays")):
            event, _, action = stay.partition("/")
            yield Key("stay", (graph.name, node.name, event)), element
            yield Key("event", (graph.name, event)), element
            yield Key("action", (graph.name, action)), element
    for index, edge in enumerate(graph.edges):
        for kind, names in _of_arrow(edge):
            yield Key(kind, (graph.name, *names)), Element(EDGE, index)


def _of_arrow(edge: Edge) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What an edge of a states drawing says: kinds, and names without that of the machine."""
    label, own, guard = (text_of(edge.attributes, it) for it in ("label", "event", "guard"))
    event = own or (event_name(label) if label else COMPLETED)
    yield "event", (event,)
    yield "guard", (guard,)
    for action in words(text_of(edge.attributes, "action")):
        yield "action", (action,)
    if text_of(edge.attributes, "via"):
        yield "summary", (edge.tail, event, edge.head)
    elif is_any_state(label):
        yield "any-state-arrow", (event, edge.head, guard)
        yield "row", (ANY_STATE, event)
    else:
        yield "arrow", (edge.tail, event, edge.head, guard)
        yield "row", (edge.tail, event)


def _in_layouts(graph: Graph) -> Places:
    for node in graph.nodes.values():
        yield Key("layout", (node.name,)), Element(NODE, node.name)
        for member in members(node):
            for kind in MEMBERS:
                yield Key(kind, (node.name, member)), Element(MEMBER, node.name, member)


def members(node: Node) -> Iterator[str]:
    """The names of what a record holds."""
    label = node.attributes.get("label")
    for cell in cells(label) if label else ():
        if not cell.is_title:
            yield cell.lines[0]


def _in_flows(graph: Graph) -> Places:
    for subgraph in graph.root.walk():
        name = column_name(subgraph)
        yield Key("column", (graph.name, name)), Element(COLUMN, name)
    for node in graph.nodes.values():
        yield Key("step", (graph.name, node.name)), Element(NODE, node.name)
    for index, edge in enumerate(graph.edges):
        when = text_of(edge.attributes, "when")
        key = Key("flow-arrow", (graph.name, edge.tail, edge.head, when))
        if "invis" not in words(text_of(edge.attributes, "style")):
            yield key, Element(EDGE, index)
            yield Key("case", (graph.name, when)), Element(EDGE, index)


def column_name(subgraph: Subgraph) -> str:
    """What a flow calls the node that a cluster stands for."""
    return text_of(subgraph.attributes, "label").strip()


_PLACES_IN: Final = {"states": _in_states, "layouts": _in_layouts, "flows": _in_flows}
