"""From a graph to layouts: the attribute vocabulary of layouts drawings."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from codegen.graph import Attributes, Graph, Node, Subgraph
from codegen.layouts.cells import CellReader
from codegen.layouts.model import KINDS, SOCKETS, Layout, Schema
from codegen.layouts.records import cells
from codegen.names import words
from codegen.problems import Place, Problem, Rule, Severity
from codegen.vocabulary import BAD_VALUE, Reader, text_of

NODE_WORDS: Final = (
    "kind",
    "number",
    "socket",
    "since",
    "until",
    "feature",
    "fixed",
    "obsolete",
    "section",
    "meaning",
)
FLAGS: Final = ("true", "false")
CLUSTER: Final = "cluster_"

EDGE_IN_LAYOUT: Final = Rule(
    "edge-in-layout",
    Severity.error,
    """A layouts drawing has records and no arrows: an edge here means nothing. Delete it, or move
    the drawing to the folder of its kind.""",
)
RULES: Final = (EDGE_IN_LAYOUT,)


def read_schema(graph: Graph) -> tuple[Schema, list[Problem]]:
    """Read a layouts drawing. Offsets and widths are left to `sizes.measure`."""
    reader = _Reader(graph)
    return reader.schema(), reader.problems


class _Reader(Reader):
    """The work of reading one graph."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self.records = _shared_records(graph)

    def schema(self) -> Schema:
        """Read all nodes."""
        graph = self.graph
        self.check_graph((), directed=False)
        for edge in graph.edges:
            sentence = f"the arrow {edge.tail} -> {edge.head} means nothing between records"
            self.report(edge.place, EDGE_IN_LAYOUT, sentence)
        layouts = tuple(self.layout(node) for node in graph.nodes.values())
        return Schema(graph.name, graph.place, text_of(graph.attributes, "comment"), layouts)

    def layout(self, node: Node) -> Layout:
        """Read one record node."""
        attributes = node.attributes
        self.check_attributes(attributes, NODE_WORDS, f"layout {node.name}")
        self.check_name(node.name, node.place, "the layout's name")
        default = "packet" if "number" in attributes else "struct"
        kind = self.one_of(attributes, "kind", KINDS) or default
        content = CellReader(kind, _meanings(text_of(attributes, "meaning")), self.problems)
        if label := attributes.get("label"):
            for cell in cells(label):
                content.read(cell)
        content.finish(node)
        return Layout(
            name=node.name,
            place=node.place,
            kind=kind,
            number=self.number(attributes, "number"),
            sockets=self.sockets(attributes),
            since=self.number(attributes, "since"),
            until=self.number(attributes, "until"),
            feature=text_of(attributes, "feature"),
            fixed=self.number(attributes, "fixed"),
            obsolete=self.one_of(attributes, "obsolete", FLAGS) == FLAGS[0],
            title=content.title,
            section=text_of(attributes, "section"),
            comment=text_of(attributes, "comment"),
            record=self.records.get(node.name, ""),
            fields=tuple(content.fields),
            pieces=tuple(content.pieces),
            constants=tuple(content.constants),
        )

    def sockets(self, attributes: Attributes) -> tuple[str, ...]:
        """The sockets that a packet travels on."""
        named = tuple(words(text_of(attributes, "socket")))
        for socket in named:
            if socket not in SOCKETS:
                sentence = f"the socket {socket} is neither data nor meta"
                self.report(attributes["socket"].place, BAD_VALUE, sentence)
        return tuple(socket for socket in SOCKETS if socket in named)


def _meanings(text: str) -> dict[str, str]:
    """`sector: first sector; block_id: opaque` as a mapping of field to text."""
    items = (item.partition(":") for item in text.replace("\\n", " ").split(";"))
    return {name.strip(): re.sub(r"\s+", " ", meaning).strip() for name, _, meaning in items}


def _shared_records(graph: Graph) -> dict[str, str]:
    """Node -> the named subgraph whose node default gave it the label of several nodes."""
    shared: dict[str, str] = {}
    for subgraph in graph.root.walk():
        name = subgraph.name.removeprefix(CLUSTER)
        if not name:
            continue
        for nodes in _by_label(graph, subgraph):
            if len(nodes) > 1:
                shared |= dict.fromkeys(nodes, name)
    return shared


def _by_label(graph: Graph, subgraph: Subgraph) -> Iterator[Sequence[str]]:
    """The subgraph's nodes in groups that have their label from the same place of the text."""
    groups: dict[Place, list[str]] = {}
    for name in subgraph.nodes:
        if label := graph.nodes[name].attributes.get("label"):
            groups.setdefault(label.place, []).append(name)
    yield from groups.values()
