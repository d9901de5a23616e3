"""From a graph to layouts: the attribute vocabulary of layouts drawings."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from codegen.graph import Attributes, Graph, Node, Subgraph
from codegen.layouts.cells import CellReader
from codegen.layouts.model import KINDS, SOCKETS, Layout, Schema
from codegen.layouts.records import cells
from codegen.names import did_you_mean, legal_name, name_fault, words
from codegen.problems import Place, Problem, Rule, Severity
from codegen.vocabulary import unknown_attributes

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
CLUSTER: Final = "cluster_"

BAD_LAYOUT_NAME: Final = Rule(
    "illegal-name",
    Severity.error,
    """A node's name becomes the name of a class, and this one cannot. Give the node a legal name
    and put the text in its label.""",
)
BAD_LAYOUT_VALUE: Final = Rule(
    "bad-value",
    Severity.error,
    """An attribute's value is not of the form that specs/README.md gives for it.""",
)
EDGE_IN_LAYOUT: Final = Rule(
    "edge-in-layout",
    Severity.error,
    """A layouts drawing has records and no arrows: an edge here means nothing. Delete it, or move
    the drawing to the folder of its kind.""",
)
RULES: Final = (BAD_LAYOUT_NAME, BAD_LAYOUT_VALUE, EDGE_IN_LAYOUT)


def read_schema(graph: Graph) -> tuple[Schema, list[Problem]]:
    """Read a layouts drawing. Offsets and widths are left to `sizes.measure`."""
    reader = _Reader(graph)
    return reader.schema(), reader.problems


class _Reader:
    """The work of reading one graph: problems gather here."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.problems: list[Problem] = []
        self.records = _shared_records(graph)

    def schema(self) -> Schema:
        """Read all nodes."""
        graph = self.graph
        self.problems += unknown_attributes(graph.attributes, (), "the graph")
        self.check_name(graph.name, graph.place, "the graph's name")
        for edge in graph.edges:
            sentence = f"the arrow {edge.tail} -> {edge.head} means nothing between records"
            self.problems.append(Problem(edge.place, EDGE_IN_LAYOUT.name, sentence))
        layouts = tuple(self.layout(node) for node in graph.nodes.values())
        return Schema(graph.name, graph.place, _text(graph.attributes, "comment"), layouts)

    def check_name(self, name: str, place: Place, what: str) -> None:
        """Report a name that cannot be used in Python."""
        if fault := name_fault(name):
            sentence = f'{what} "{name}" {fault}'
            hint = f"call it {legal_name(name)}"
            self.problems.append(Problem(place, BAD_LAYOUT_NAME.name, sentence, hint))

    def bad_value(self, attributes: Attributes, name: str, *, wanted: str, hint: str = "") -> None:
        """Report an attribute whose value is not of its form."""
        value = attributes[name]
        sentence = f'{name}="{value.text}" is {wanted}'
        self.problems.append(Problem(value.place, BAD_LAYOUT_VALUE.name, sentence, hint))

    def layout(self, node: Node) -> Layout:
        """Read one record node."""
        attributes = node.attributes
        self.problems += unknown_attributes(attributes, NODE_WORDS, f"layout {node.name}")
        self.check_name(node.name, node.place, "the layout's name")
        kind = self.kind(attributes)
        content = CellReader(kind, _meanings(_text(attributes, "meaning")), self.problems)
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
            feature=_text(attributes, "feature"),
            fixed=self.number(attributes, "fixed"),
            obsolete=self.flag(attributes, "obsolete"),
            title=content.title,
            section=_text(attributes, "section"),
            comment=_text(attributes, "comment"),
            record=self.records.get(node.name, ""),
            fields=tuple(content.fields),
            pieces=tuple(content.pieces),
            constants=tuple(content.constants),
        )

    def kind(self, attributes: Attributes) -> str:
        """What kind of layout the node is."""
        kind = _text(attributes, "kind")
        if not kind:
            return "packet" if "number" in attributes else "struct"
        if kind not in KINDS:
            wanted = f"none of {', '.join(KINDS)}"
            self.bad_value(attributes, "kind", wanted=wanted, hint=did_you_mean(kind, KINDS))
            return "struct"
        return kind

    def number(self, attributes: Attributes, name: str) -> int | None:
        """A number in decimal or 0x form, or nothing."""
        text = _text(attributes, name)
        if not text:
            return None
        try:
            return int(text, 0)
        except ValueError:
            self.bad_value(attributes, name, wanted="no number", hint="write 8 or 0x08")
            return None

    def flag(self, attributes: Attributes, name: str) -> bool:
        """Yes or no."""
        text = _text(attributes, name)
        if text not in ("", "true", "false"):
            self.bad_value(attributes, name, wanted="neither true nor false")
        return text == "true"

    def sockets(self, attributes: Attributes) -> tuple[str, ...]:
        """The sockets that a packet travels on."""
        named = tuple(words(_text(attributes, "socket")))
        for socket in named:
            if socket not in SOCKETS:
                hint = did_you_mean(socket, SOCKETS)
                self.bad_value(attributes, "socket", wanted="neither data nor meta", hint=hint)
        return tuple(socket for socket in SOCKETS if socket in named)


def _text(attributes: Attributes, name: str) -> str:
    value = attributes.get(name)
    return value.text if value else ""


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
