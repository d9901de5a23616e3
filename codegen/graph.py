"""Our own graph: what a DOT text says, with the place of everything, and nothing of its meaning."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from codegen.problems import Place


class Value(NamedTuple):
    """An attribute's value as DOT's lexer gives it: without quotes, inner quotes unescaped."""

    text: str
    place: Place
    html: bool = False


Attributes = dict[str, Value]

TAIL_PORT: Final = "tailport"
HEAD_PORT: Final = "headport"
"""The attributes that the ports of `a:n -> b:s` are, to Graphviz and here."""


@dataclass(slots=True)
class Node:
    """A node, at the place of its first mention, with the defaults in force there."""

    name: str
    place: Place
    attributes: Attributes = field(default_factory=dict)


@dataclass(slots=True)
class Edge:
    """An edge, at the place of its tail (or of its subgraph) in the edge statement."""

    tail: str
    head: str
    place: Place
    attributes: Attributes = field(default_factory=dict)

    @property
    def tail_port(self) -> str:
        """Where the edge leaves its tail: a port, a compass point or both (`p:ne`)."""
        return self._port(TAIL_PORT)

    @property
    def head_port(self) -> str:
        """Where the edge enters its head."""
        return self._port(HEAD_PORT)

    def _port(self, name: str) -> str:
        value = self.attributes.get(name)
        return value.text if value else ""


@dataclass(slots=True)
class Subgraph:
    """A subgraph: its own attributes, the nodes mentioned in it, and the subgraphs inside it.

    `name` is empty for an anonymous one; a name that begins with `cluster` is drawn as a box.
    """

    name: str
    place: Place
    attributes: Attributes = field(default_factory=dict)
    nodes: list[str] = field(default_factory=list)
    subgraphs: list["Subgraph"] = field(default_factory=list)

    def walk(self) -> Iterator["Subgraph"]:
        """Every subgraph below this one, in the order of the text."""
        todo = list(reversed(self.subgraphs))
        while todo:
            subgraph = todo.pop()
            yield subgraph
            todo.extend(reversed(subgraph.subgraphs))


@dataclass(slots=True)
class Graph:
    """One graph of a text. `root` holds the graph's own attributes and its subgraphs.

    `name` is empty for an anonymous graph. Nodes and edges keep the order of their first mention.
    """

    name: str
    place: Place
    root: Subgraph
    directed: bool = True
    strict: bool = False
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)

    @property
    def file(self) -> str:
        """The drawing's name as messages print it."""
        return self.place.file

    @property
    def attributes(self) -> Attributes:
        """The graph's own attributes."""
        return self.root.attributes
