"""One version of a drawing while it is edited: its text, what it says, and which words say it."""

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from codegen.drawings import Drawings, read_drawings
from codegen.graph import Edge, Graph, Node, Value
from codegen.lexer import Lexer
from codegen.parse import RULES as PARSE_RULES
from codegen.review.facts import DERIVED, Facts, Key, Thing, table
from codegen.review.outline import EDGES, NODES, Group, Statement, outline
from codegen.review.tables import things_of

MARK: Final = "\ufeff"
NODE_KINDS: Final = frozenset({"state", "layout", "step"})
EDGE_KINDS: Final = frozenset({"arrow", "any-state-arrow", "summary", "flow-arrow"})
NO_DOT: Final = frozenset(rule.name for rule in PARSE_RULES)
GRAPH_KINDS: Final = frozenset({"machine", "chapter", "flow"})


class Draft:
    """A text, read. Where `faults` is not empty the text is no DOT, and nothing else is known."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        is_there = bool(text.strip())
        again = MARK if text.startswith(MARK) else ""  # reading takes one away, and offsets stay
        data = (again + text).encode(errors="surrogateescape")
        self.drawings = read_drawings({path: data}) if is_there else Drawings()
        self.faults = [it for it in self.drawings.problems if it.rule in NO_DOT]
        self.things = [it for it in things_of(self.drawings) if it.key.kind not in DERIVED]
        self.facts: Facts = table(self.things)

    @property
    def twice(self) -> list[Thing]:
        """What is drawn a second time."""
        return [thing for thing in self.things if self.facts[thing.key] is not thing]

    @cached_property
    def graphs(self) -> list[tuple[Graph, Group]]:
        """The graphs and where everything stands in them, in the order of the text."""
        return [(graph, outline(graph)) for _, graph in self.drawings.graphs]

    def graph_at(self, offset: int) -> tuple[Graph, Group]:
        """The graph in whose text an offset is."""
        starts = [graph.place.offset for graph, _ in self.graphs]
        return self.graphs[max(0, bisect_right(starts, offset) - 1)]

    @cached_property
    def _links(self) -> dict[int, Statement]:
        """The statements of edges by where an arrow may begin in them."""
        found: dict[int, Statement] = {}
        for statement in self._statements(EDGES):
            for link in statement.links[:-1]:
                starts = [link.start] if isinstance(link, Group) else [it.start for it in link]
                found |= dict.fromkeys(starts, statement)
        return found

    @cached_property
    def _named(self) -> dict[tuple[int, str], list[Statement]]:
        """The statements of nodes by their graph and the node's name."""
        found: dict[tuple[int, str], list[Statement]] = {}
        for graph, group in self.graphs:
            for statement in group.walk():
                for atom in statement.atoms if statement.kind == NODES else ():
                    found.setdefault((graph.place.offset, atom.name), []).append(statement)
        return found

    def _statements(self, kind: str) -> Iterator[Statement]:
        for _, group in self.graphs:
            yield from (it for it in group.walk() if it.kind == kind)

    @cached_property
    def _edges(self) -> dict[tuple[int, str], list[Edge]]:
        """The edges by where they begin and by their head."""
        found: dict[tuple[int, str], list[Edge]] = {}
        for graph, _ in self.graphs:
            for edge in graph.edges:
                found.setdefault((edge.place.offset, edge.head), []).append(edge)
        return found

    def edge(self, thing: Thing) -> Edge:
        """The edge that is a thing."""
        kind, names = thing.key
        head = names[2] if kind in ("any-state-arrow", "flow-arrow") else names[3]
        tail = "" if kind == "any-state-arrow" else names[1]
        edges = self._edges[thing.place.offset, head]
        return next((edge for edge in edges if edge.tail == tail), edges[0])

    def node(self, thing: Thing) -> Node:
        """The node that is a thing."""
        graph, _ = self.graph_at(thing.place.offset)
        return graph.nodes[thing.key.names[-1]]

    def value(self, thing: Thing, attribute: str) -> Value | None:
        """The value that an attribute has for a thing, wherever it comes from."""
        if thing.key.kind in NODE_KINDS:
            return self.node(thing).attributes.get(attribute)
        return self.edge(thing).attributes.get(attribute)

    def span(self, value: Value) -> tuple[int, int]:
        """Where a value stands in the text, with its quotes."""
        lexer = Lexer(self.text)
        lexer.seek(value.place.offset)
        return lexer.offset, lexer.end

    def naming(self, thing: Thing) -> list[Statement]:
        """The statements of nodes that name the node that is a thing."""
        graph, _ = self.graph_at(thing.place.offset)
        return self._named.get((graph.place.offset, thing.key.names[-1]), [])

    def silent(self, thing: Thing) -> Iterator[Statement]:
        """The statements of edges at a node that say nothing, as those that shape the picture."""
        _, group = self.graph_at(thing.place.offset)
        for statement in group.walk():
            names = {atom.name for atom in statement.atoms} if statement.kind == EDGES else ()
            if thing.key.names[-1] in names and statement not in self.drawn:
                yield statement

    def statement(self, thing: Thing, attribute: str = "") -> Statement | None:
        """The statement that draws a thing and gives it its attributes, or one of these."""
        if thing.key.kind in EDGE_KINDS:
            return self._links.get(thing.place.offset)
        if thing.key.kind in NODE_KINDS:
            naming = self.naming(thing)
            giving = (it for it in reversed(naming) if attribute and it.pair(attribute))
            return next(giving, max(naming, key=lambda it: len(it.pairs), default=None))
        return None

    @cached_property
    def drawn(self) -> dict[Statement, list[Key]]:
        """What each statement draws itself."""
        found: dict[Statement, list[Key]] = {}
        for thing in self.things:
            if statement := self.statement(thing):
                found.setdefault(statement, []).append(thing.key)
        return found

    def inside(self, statement: Statement) -> Iterator[Key]:
        """What a statement draws, and what the statements in its groups draw."""
        yield from self.drawn.get(statement, ())
        for group in statement.groups:
            for inner in group.walk():
                yield from self.drawn.get(inner, ())
