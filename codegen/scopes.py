"""What statements make of a graph: libcgraph's rules for nodes, edges, subgraphs and defaults."""

from collections.abc import Sequence
from itertools import pairwise, product
from typing import Final, NamedTuple

from codegen.graph import HEAD_PORT, TAIL_PORT, Attributes, Edge, Graph, Node, Subgraph, Value
from codegen.problems import Place, Source

ENTRIES_MAX: Final = 4_000_000
"""Nodes, edges and attributes of one text, about 1 GB: two groups and an arrow can ask for more."""

GRAPH: Final = "graph"
NODE: Final = "node"
EDGE: Final = "edge"
KEY: Final = "key"
"""The attribute that is an edge's name: with the same key, two arrows are one edge."""


class TooBigError(Exception):
    """The text asks for more than ENTRIES_MAX nodes, edges and attributes."""


class End(NamedTuple):
    """One node at one end of an arrow, and the port through which the arrow goes."""

    name: str
    offset: int
    port: Value | None = None


class Group(NamedTuple):
    """The nodes at one end of an arrow: all that a subgraph has when the statement ends."""

    subgraph: Subgraph
    offset: int


Link = list[End] | Group
"""What an arrow of a chain leads from or to."""


Defaults = dict[str, Attributes]
"""Attributes for what is made, by its kind."""


class Scope:
    """A subgraph as the statements in it see it, with the defaults for what they make."""

    __slots__ = ("defaults", "known_count", "members", "named", "own", "parent", "subgraph")

    def __init__(self, subgraph: Subgraph, parent: "Scope | None") -> None:
        self.subgraph = subgraph
        self.parent = parent
        self.named: dict[str, Scope] = {}
        self.members: set[str] = set()
        self.known_count = 0
        self.own: Defaults = {}
        self.defaults: Defaults = parent.defaults if parent else {GRAPH: {}, NODE: {}, EDGE: {}}


class Builder:
    """Makes graphs of their statements, one after another."""

    graph: Graph
    scope: Scope

    def __init__(self, source: Source) -> None:
        self.source = source
        self.graphs: list[Graph] = []
        self.entry_count = 0
        self._drawn: dict[tuple[str, str, str | None], Edge] = {}

    def begin(self, name: str, offset: int, *, directed: bool, strict: bool) -> None:
        """Begin the next graph."""
        place = Place(self.source, offset)
        self.graph = Graph(name, place, Subgraph(name, place), directed, strict)
        self.graphs.append(self.graph)
        self.scope = Scope(self.graph.root, None)
        self._drawn = {}

    def spend(self, count: int) -> None:
        """Count entries before they are made."""
        self.entry_count += count
        if self.entry_count > ENTRIES_MAX:
            raise TooBigError

    def open(self, name: str | None, offset: int) -> None:
        """Begin a subgraph, or go on with the one that has this name in this scope."""
        parent = self.scope
        scope = parent.named.get(name) if name is not None else None
        if scope is None:
            inherited = dict(parent.defaults[GRAPH])
            self.spend(1 + len(inherited))
            scope = Scope(Subgraph(name or "", Place(self.source, offset), inherited), parent)
            parent.subgraph.subgraphs.append(scope.subgraph)
            if name is not None:
                parent.named[name] = scope
        scope.known_count = len(scope.subgraph.nodes)
        scope.defaults = parent.defaults
        self.scope = scope
        for kind, own in scope.own.items():
            self._own_defaults()[kind].update(own)

    def _own_defaults(self) -> Defaults:
        """The scope's defaults, which from now on differ from those of the scope around it."""
        scope = self.scope
        if scope.parent and scope.defaults is scope.parent.defaults:
            self.spend(sum(map(len, scope.defaults.values())))
            scope.defaults = {kind: dict(inherited) for kind, inherited in scope.defaults.items()}
        return scope.defaults

    def close(self) -> Subgraph:
        """End a subgraph, or this piece of it."""
        scope = self.scope
        assert scope.parent is not None
        self.scope = scope.parent
        new = scope.subgraph.nodes[scope.known_count :]
        self.spend(len(new))
        for name in new:
            self._join(name)
        return scope.subgraph

    def defaults(self, kind: str, attributes: Attributes) -> None:
        """Set the scope's own attributes, or those of the nodes or edges made in it from now on."""
        scope = self.scope
        if kind == GRAPH:
            scope.subgraph.attributes.update(attributes)
        elif kind == EDGE:
            attributes.pop(KEY, None)
        scope.own.setdefault(kind, {}).update(attributes)
        self._own_defaults()[kind].update(attributes)

    def mention(self, name: str, offset: int) -> str:
        """Make a node unless it is there, put it in the scope, and give its one name object."""
        node = self.graph.nodes.get(name)
        if node is None:
            attributes = dict(self.scope.defaults[NODE])
            self.spend(1 + len(attributes))
            node = Node(name, Place(self.source, offset), attributes)
            self.graph.nodes[name] = node
        self._join(node.name)
        return node.name

    def _join(self, name: str) -> None:
        scope = self.scope
        if name not in scope.members:
            scope.members.add(name)
            scope.subgraph.nodes.append(name)

    def nodes(self, ends: Sequence[End], attributes: Attributes) -> None:
        """Give nodes the attributes of their statement."""
        self.spend(len(ends) * len(attributes))
        for end in ends:
            self.graph.nodes[end.name].attributes.update(attributes)

    def edges(self, chain: Sequence[Link], attributes: Attributes) -> None:
        """Draw an arrow from each node to each node of the next link of a chain."""
        size = 1 + len(attributes) + len(self.scope.defaults[EDGE])
        links = map(self._ends, chain) if len(chain) > 1 else ()
        for tails, heads in pairwise(links):
            self.spend(len(tails) * len(heads) * size)
            for tail, head in product(tails, heads):
                self._edge(tail, head, attributes)

    def _ends(self, link: Link) -> list[End]:
        if not isinstance(link, Group):
            return link
        names = link.subgraph.nodes
        self.spend(len(names))
        by_age = sorted(names, key=lambda name: self.graph.nodes[name].place.offset)
        return [End(name, link.offset) for name in by_age]

    def _edge(self, tail: End, head: End, attributes: Attributes) -> None:
        key = attributes[KEY].text if KEY in attributes else None
        if key is not None or self.graph.strict:
            known = self._known(tail.name, head.name, key)
            if known is not None:
                swapped = known.tail != tail.name
                ports = _ports(head, tail) if swapped else _ports(tail, head)
                known.attributes.update({**ports, **attributes})
                return
            if self.graph.strict and (tail.name, head.name, None) in self._drawn:
                return  # libcgraph draws no second arrow in a strict graph, whatever its key
        own = {**_ports(tail, head), **attributes} if tail.port or head.port else attributes
        defaults = self.scope.defaults[EDGE]
        edge = Edge(tail.name, head.name, Place(self.source, tail.offset), {**defaults, **own})
        self.graph.edges.append(edge)
        if key is not None:
            self._drawn[tail.name, head.name, key] = edge
        if self.graph.strict:
            self._drawn[tail.name, head.name, None] = edge

    def _known(self, tail: str, head: str, key: str | None) -> Edge | None:
        """The edge that an arrow with this key draws again."""
        known = self._drawn.get((tail, head, key))
        if known is None and not self.graph.directed:
            known = self._drawn.get((head, tail, key))
        return known


def _ports(tail: End, head: End) -> Attributes:
    """Ports as libcgraph holds them: as attributes, which the statement's own come after."""
    ports = {TAIL_PORT: tail.port, HEAD_PORT: head.port}
    return {name: port for name, port in ports.items() if port is not None}
