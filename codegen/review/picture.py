"""A drawing's changes as a picture: graphs for Graphviz in which what changed has its own colours.

Only what shapes a picture is taken from the drawings. Their colours would compete with those of the
changes, and their links, images and styles could make a reader's browser load or run something.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from codegen.graph import Attributes, Edge, Graph, Node, Subgraph, Value
from codegen.layouts.records import Cell, cells
from codegen.names import words
from codegen.painting import Html, Paint, painted
from codegen.review.labels import Colours, Row, noted, record, title_of
from codegen.review.marks import (
    ADDED,
    CHANGED,
    COLUMN,
    EDGE,
    MEMBER,
    NODE,
    REMOVED,
    Element,
    Mark,
    Marks,
    column_name,
    marks,
    new_names,
    removed_marks,
)
from codegen.review.report import Drawing
from codegen.vocabulary import text_of

EDGES_MAX: Final = 200
"""Graphviz draws as many within seconds; of more, only what changed is drawn."""

COLOURS: Final = {
    ADDED: Colours("#1a7f37", "#1a7f37", "#dafbe1"),
    REMOVED: Colours("#cf222e", "#cf222e", "#ffebe9"),
    CHANGED: Colours("#bf8700", "#9a6700", "#fff8c5"),
    "": Colours("#8c959f", "#57606a", "#f6f8fa"),
}
"""By what became of an element."""

SHAPING: Final = frozenset("""
    label taillabel headlabel xlabel fontname fontsize labelfontname labelfontsize
    layout rankdir rank ranksep nodesep newrank clusterrank ordering splines pad margin
    pack packmode sortv mode model overlap sep len normalize
    shape width height fixedsize regular sides skew distortion orientation peripheries
    labelloc labeljust labelangle labeldistance nojustify decorate
    weight minlen constraint group compound lhead ltail samehead sametail tailport headport
    arrowhead arrowtail arrowsize dir headclip tailclip
    """.split())
"""The attributes that are taken from a drawing, besides some styles."""

FONT: Final = re.compile(r"[\w ,.-]+")
"""Fonts' names: Graphviz writes them into the SVG as they are."""

STYLES: Final = frozenset("solid dashed dotted rounded diagonals filled invis".split())
RECORDS: Final = ("record", "Mrecord")
BARE_SHAPES: Final = ("plaintext", "plain", "none")
CLUSTER: Final = "cluster"


def united(drawing: Drawing) -> Graph:
    """Both sides in one picture: the new graph, and in it what only the old one has."""
    if drawing.new is None:
        assert drawing.old is not None
        return _Picture(drawing.old, marks(drawing, is_new=False)).graph()
    if drawing.old is None:
        return _Picture(drawing.new, marks(drawing, is_new=True)).graph()
    graph, found = _with_removed(drawing, drawing.old, drawing.new)
    names = new_names(drawing)
    before = {names.get(name, name): node for name, node in drawing.old.nodes.items()}
    return _Picture(graph, found, before).graph()


def old_side(drawing: Drawing) -> Graph | None:
    """The old graph with what was removed and changed; None where there is none."""
    return drawing.old and _Picture(drawing.old, marks(drawing, is_new=False)).graph()


def new_side(drawing: Drawing) -> Graph | None:
    """The new graph with what was added and changed; None where there is none."""
    return drawing.new and _Picture(drawing.new, marks(drawing, is_new=True)).graph()


def _with_removed(drawing: Drawing, old: Graph, new: Graph) -> tuple[Graph, Marks]:
    """The new graph with the removed nodes and edges of the old one, and the marks of both."""
    root = _copied(new.root, lambda it: replace(it, nodes=list(it.nodes)))
    graph = replace(new, nodes=dict(new.nodes), edges=list(new.edges), root=root)
    found = marks(drawing, is_new=True)
    names = new_names(drawing)
    for element, mark in removed_marks(drawing).elements.items():
        name = element.name
        if isinstance(name, str):
            if element.sort == NODE:
                _add_node(graph, old, name, names)
            now = name if element.sort == COLUMN else names.get(name, name)
            found.add(element._replace(name=now), mark)
        elif mark.role == REMOVED:
            _add_edge(graph, old, old.edges[name], names)
            found.add(Element(EDGE, len(graph.edges) - 1), mark)
    return graph, found


def _copied(root: Subgraph, copy: Callable[[Subgraph], Subgraph]) -> Subgraph:
    """A tree of subgraphs, each as `copy` makes it; however deep it is."""
    made = replace(copy(root), subgraphs=[])
    todo = [(root, made)]
    while todo:
        drawn, above = todo.pop()
        for inner in drawn.subgraphs:
            above.subgraphs.append(replace(copy(inner), subgraphs=[]))
            todo.append((inner, above.subgraphs[-1]))
    return made


def _add_edge(graph: Graph, old: Graph, edge: Edge, names: dict[str, str]) -> None:
    for end in (edge.tail, edge.head):
        _add_node(graph, old, end, names)
    tail, head = (names.get(end, end) for end in (edge.tail, edge.head))
    graph.edges.append(replace(edge, tail=tail, head=head))


def _add_node(graph: Graph, old: Graph, name: str, names: dict[str, str]) -> None:
    """Put an old node where it was: into the subgraphs of the same names."""
    now = names.get(name, name)
    if now in graph.nodes:
        return
    graph.nodes[now] = replace(old.nodes[name], name=now)
    inside = graph.root
    for home in _homes(old.root, name):
        known = next((it for it in inside.subgraphs if it.name == home.name), None)
        if known is None:
            known = replace(home, nodes=[], subgraphs=[])
            inside.subgraphs.append(known)
        inside = known
    inside.nodes.append(now)


def _homes(root: Subgraph, node: str) -> Iterator[Subgraph]:
    """The named subgraphs that a node is in, from the outside to the inside."""
    inside: Subgraph | None = root
    while inside:
        around = (it for it in inside.subgraphs if any(node in at.nodes for at in (it, *it.walk())))
        inside = next(around, None)
        if inside and inside.name:
            yield inside


class _Picture:
    """The work of painting one graph.

    With `before`, the old nodes by their new names, the labels say what changed.
    """

    def __init__(
        self, graph: Graph, found: Marks, before: Mapping[str, Node] | None = None
    ) -> None:
        self.drawn = graph
        self.marks = found
        self.before = before

    def graph(self) -> Graph:
        """The graph in nothing but its shapes and the colours of its changes."""
        drawn = self.drawn
        edges = self.shown_edges()
        nodes = self.shown_nodes(edges)
        root = _copied(drawn.root, lambda it: self.subgraph(it, nodes))
        if len(edges) < len(drawn.edges):
            note = f"{len(edges)} of {len(drawn.edges)} edges: only what changed"
            root.attributes["label"] = _value(noted(root.attributes.get("label"), [note]), root)
        bare = replace(
            drawn,
            root=root,
            strict=False,
            nodes={
                name: replace(node, attributes=_shaping(node.attributes))
                for name, node in nodes.items()
            },
            edges=[replace(edge, attributes=_shaping(edge.attributes)) for edge in edges.values()],
        )
        node_paint = {name: self.node_paint(node) for name, node in nodes.items()}
        edge_paint = dict(enumerate(self.edge_paint(*it) for it in edges.items()))
        return painted(bare, node_paint, edge_paint)

    def shown_edges(self) -> dict[int, Edge]:
        """All edges by their index; of too many, those that changed."""
        edges = list(enumerate(self.drawn.edges))
        if len(edges) > EDGES_MAX:
            edges = [it for it in edges if self.marks.get(Element(EDGE, it[0])).role][:EDGES_MAX]
        return dict(edges)

    def shown_nodes(self, edges: Mapping[int, Edge]) -> dict[str, Node]:
        """All nodes; where edges are left out, those that changed and the ends of the others."""
        nodes = self.drawn.nodes
        if len(edges) == len(self.drawn.edges):
            return nodes
        ends = {end for edge in edges.values() for end in (edge.tail, edge.head)}
        changed = {element.name for element in self.marks.elements if element.sort == NODE}
        return {name: node for name, node in nodes.items() if name in ends | changed}

    def subgraph(self, drawn: Subgraph, nodes: Mapping[str, Node]) -> Subgraph:
        """A subgraph with the nodes that are shown; of a column it says what became of it."""
        attributes = _shaping(drawn.attributes)
        mark = self.marks.get(Element(COLUMN, column_name(drawn)))
        role = mark.role if drawn.name.startswith(CLUSTER) else ""
        paint = {"color": COLOURS[role].line, "fontcolor": COLOURS[role].text}
        if drawn.name.startswith(CLUSTER):
            paint |= {"style": _style(drawn.attributes, role, filled=False)}
        if notes := self.notes(mark):
            paint["label"] = noted(attributes.get("label"), notes)
        return replace(
            drawn,
            attributes=attributes | {name: _value(it, drawn) for name, it in paint.items()},
            nodes=[name for name in drawn.nodes if name in nodes],
        )

    def node_paint(self, node: Node) -> Paint:
        """The look of a node."""
        mark = self.marks.get(Element(NODE, node.name))
        colours = COLOURS[mark.role]
        shape = text_of(node.attributes, "shape")
        if mark.role == CHANGED and shape in RECORDS:
            return self.record_paint(node, mark)
        paint = _paint(mark) | {"fillcolor": colours.fill}
        paint["style"] = _style(node.attributes, mark.role, filled=bool(mark.role))
        if mark.role and shape in BARE_SHAPES:
            paint["peripheries"] = "1"
        if notes := self.notes(mark):
            label = node.attributes.get("label") or _value("\\N", node)
            paint["label"] = noted(label, notes)
        return paint

    def edge_paint(self, index: int, edge: Edge) -> Paint:
        """The look of an edge."""
        mark = self.marks.get(Element(EDGE, index))
        paint = _paint(mark) | {"style": _style(edge.attributes, mark.role, filled=False)}
        if notes := self.notes(mark):
            paint["label"] = noted(edge.attributes.get("label"), notes)
        return paint

    def record_paint(self, node: Node, mark: Mark) -> Paint:
        """The look of a record that changed: a table with a row for each member."""
        title = title_of(_cells(node), node.name)
        table = record(title, COLOURS[CHANGED], self.rows(node), self.notes(mark))
        return _paint(mark) | {"shape": "plain", "style": "", "label": table}

    def rows(self, node: Node) -> list[Row]:
        """The members as they are, and those that are gone behind the ones that they followed."""
        members = [cell for cell in _cells(node) if not cell.is_title]
        rows = [self.row(node.name, cell) for cell in members]
        before = self.before.get(node.name) if self.before else None
        behind = 0
        for cell in _cells(before) if before else ():
            row = self.row(node.name, cell)
            if row.is_gone:
                rows.insert(behind, row)
            names = [it.cell.lines[0] for it in rows]
            behind = names.index(cell.lines[0]) + 1 if cell.lines[0] in names else behind
        return rows

    def row(self, layout: str, cell: Cell) -> Row:
        """One member with what became of it."""
        mark = self.marks.get(Element(MEMBER, layout, cell.lines[0]))
        return Row(cell, COLOURS[mark.role], self.notes(mark), is_gone=mark.role == REMOVED)

    def notes(self, mark: Mark) -> list[str]:
        """What a label says of changes: nothing where one side stands alone or beside the other."""
        return mark.notes if self.before is not None and mark.role == CHANGED else []


def _cells(node: Node) -> list[Cell]:
    label = node.attributes.get("label")
    return list(cells(label)) if label else []


def _paint(mark: Mark) -> dict[str, str]:
    """What nodes and edges have in common; by its classes a page finds what a change is at."""
    colours = COLOURS[mark.role]
    return {
        "color": colours.line,
        "fontcolor": colours.text,
        "penwidth": "2.2" if mark.role else "1",
        "class": " ".join([mark.role or "same", *(f"change-{it}" for it in mark.changes)]),
    }


def _style(attributes: Attributes, role: str, *, filled: bool) -> str:
    """The drawing's styles that are shapes and no colours; what is gone is dashed."""
    styles = [it for it in words(text_of(attributes, "style")) if it in STYLES]
    if filled:
        styles.append("filled")
    if role == REMOVED:
        styles.append("dashed")
    return ",".join(dict.fromkeys(styles))


def _shaping(attributes: Attributes) -> Attributes:
    return {
        name: value
        for name, value in attributes.items()
        if name in SHAPING and (not name.endswith("fontname") or FONT.fullmatch(value.text))
    }


def _value(text: str, at: Node | Subgraph) -> Value:
    return Value(str(text), at.place, isinstance(text, Html))
