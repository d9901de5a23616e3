"""From a graph to layouts: the attribute vocabulary of layouts drawings."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from codegen.graph import Attributes, Graph, Node
from codegen.layouts.cells import CellReader
from codegen.layouts.model import KINDS, SOCKETS, Layout, Schema
from codegen.layouts.records import cells
from codegen.names import words
from codegen.problems import Place, Problem, Rule, Severity
from codegen.vocabulary import BAD_VALUE, ILLEGAL_NAME, Reader, text_of

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

MODULE_WORDS: Final = frozenset("""
    ClassVar Command Field Flags Layout LayoutError Octets Packet Self Struct Values Word
    dataclass exact field fitted padded require
    """.split())
"""What a generated module imports: no layout can have such a name."""

EDGE_IN_LAYOUT: Final = Rule(
    "edge-in-layout",
    Severity.error,
    """A layouts drawing has records and no arrows: an edge here means nothing. Delete it, or move
    the drawing to the folder of its kind.""",
)
RECORD_COLLISION: Final = Rule(
    "record-collision",
    Severity.error,
    """A named subgraph gives its name to the class of the record that its nodes share, and the
    name is taken: by a layout, or by another record. Rename the subgraph, or split it.""",
)
RULES: Final = (EDGE_IN_LAYOUT, RECORD_COLLISION)


def read_schema(graph: Graph) -> tuple[Schema, list[Problem]]:
    """Read a layouts drawing. Offsets and widths are left to `sizes.measure`."""
    reader = _Reader(graph)
    return reader.schema(), reader.problems


class _Reader(Reader):
    """The work of reading one graph."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self.records: dict[str, str] = {}

    def schema(self) -> Schema:
        """Read all nodes."""
        graph = self.graph
        self.check_graph((), directed=False)
        self.read_records()
        for edge in graph.edges:
            sentence = f"the arrow {edge.tail} -> {edge.head} means nothing between records"
            self.report(edge.place, EDGE_IN_LAYOUT, sentence)
        layouts = tuple(self.layout(node) for node in graph.nodes.values())
        return Schema(graph.name, graph.place, text_of(graph.attributes, "comment"), layouts)

    def read_records(self) -> None:
        """Find the named subgraphs whose node default gave several nodes their label.

        Inner subgraphs come first: what they name is not for the outer ones to name.
        """
        for subgraph in reversed(list(self.graph.root.walk())):
            name = subgraph.name.removeprefix(CLUSTER)
            nodes = [node for node in subgraph.nodes if node not in self.records]
            groups = [it for it in _by_label(self.graph, nodes) if len(it) > 1]
            if not name or not groups:
                continue
            self.check_class(name, subgraph.place, "the shared record's name")
            if len(groups) > 1 or name in self.graph.nodes:
                taken = "a layout" if name in self.graph.nodes else "another record"
                sentence = f"the shared record {name} has the name of {taken}"
                self.report(subgraph.place, RECORD_COLLISION, sentence)
            self.records |= dict.fromkeys(groups[0], name)

    def check_class(self, name: str, place: Place, what: str) -> None:
        """Report a name that no class of a generated module can have."""
        self.check_name(name, place, what)
        if name in MODULE_WORDS:
            sentence = f'{what} "{name}" is one that the generated module needs for itself'
            self.report(place, ILLEGAL_NAME, sentence)

    def layout(self, node: Node) -> Layout:
        """Read one record node."""
        attributes = node.attributes
        self.check_attributes(attributes, NODE_WORDS, f"layout {node.name}")
        self.check_class(node.name, node.place, "the layout's name")
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


def _by_label(graph: Graph, nodes: Iterable[str]) -> Iterator[Sequence[str]]:
    """The nodes in groups that have their label from the same place of the text."""
    groups: dict[Place, list[str]] = {}
    for name in nodes:
        if label := graph.nodes[name].attributes.get("label"):
            groups.setdefault(label.place, []).append(name)
    yield from groups.values()
