"""Where everything stands in a DOT text: its statements, their ends and attributes, as offsets.

The graph of `codegen.parse` says what a text means; who changes a text has to know what says it.
Only for texts that are free of faults.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from codegen.graph import Graph
from codegen.lexer import ARROWS, ATOM, KEYWORDS, Lexer

NODES: Final = "nodes"
EDGES: Final = "edges"
GROUP: Final = "group"
DEFAULTS: Final = "defaults"
ATTRIBUTE: Final = "attribute"


class Atom(NamedTuple):
    """A name in the text; `port_end` is where the port behind it ends, if it has one."""

    name: str
    start: int
    end: int
    port_end: int


class Pair(NamedTuple):
    """An attribute in the text: `start` is where its name begins, `value` where its value does."""

    name: str
    text: str
    start: int
    value: int
    end: int


@dataclass(slots=True, eq=False)
class Group:
    """A graph, or a subgraph alone or at the end of an arrow: what is between its braces.

    `owner` is the statement that it is a link of, None for a graph; `name` what it is called.
    """

    start: int
    owner: "Statement | None"
    name: Atom | None = None
    opened: int = 0
    closed: int = 0
    body: list["Statement"] = field(default_factory=list)

    def walk(self) -> Iterator["Statement"]:
        """Every statement in it, those in inner groups behind the one that these belong to."""
        todo = list(reversed(self.body))
        while todo:
            statement = todo.pop()
            yield statement
            inner = [it for group in statement.groups for it in group.body]
            todo.extend(reversed(inner))


Link = list[Atom] | Group
"""What a statement is about: nodes, or a subgraph; a statement of edges has several."""


@dataclass(slots=True, eq=False)
class Statement:
    """One statement: what it draws, in which group it stands, its attributes, and where it ends.

    `word` is the keyword of defaults; `lists` is where the attribute lists begin and end, the same
    offset twice without one.
    """

    start: int
    parent: Group
    kind: str = NODES
    word: str = ""
    links: list[Link] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    lists: tuple[int, int] = (0, 0)
    end: int = 0

    @property
    def groups(self) -> list[Group]:
        """The subgraphs among its links."""
        return [link for link in self.links if isinstance(link, Group)]

    @property
    def atoms(self) -> Iterator[Atom]:
        """The nodes that it names itself."""
        for link in self.links:
            if isinstance(link, list):
                yield from link

    def pair(self, name: str) -> Pair | None:
        """The attribute of this name that counts: the last one."""
        return next((pair for pair in reversed(self.pairs) if pair.name == name), None)


def outline(graph: Graph) -> Group:
    """What stands where in the text of a graph."""
    return _Scanner(graph).read()


class _Scanner:
    """The work on one graph: what is open is a list, so that no nesting is too deep."""

    def __init__(self, graph: Graph) -> None:
        source, start = graph.place
        self.lexer = Lexer(source.text)
        self.lexer.seek(start)
        self.graph = Group(start, None)
        self.open = [self.graph]

    def read(self) -> Group:
        """Read up to the graph's closing brace."""
        lexer = self.lexer
        while lexer.kind != "{":
            if lexer.kind == ATOM:
                self.graph.name = self.atom()
            else:
                lexer.advance()
        self.graph.opened = lexer.offset
        lexer.advance()
        while self.open:
            self.statement()
        return self.graph

    def statement(self) -> None:
        """Read what begins here, up to the next brace."""
        lexer = self.lexer
        kind = lexer.kind
        if kind == "}":
            self.close()
            return
        statement = Statement(lexer.offset, self.open[-1])
        self.open[-1].body.append(statement)
        if kind in ("{", "subgraph"):
            self.open_group(statement)
        elif kind in KEYWORDS:
            statement.kind, statement.word = DEFAULTS, kind
            while lexer.kind != "[":
                lexer.advance()
            self.attributes(statement)
        else:
            self.named(statement)

    def named(self, statement: Statement) -> None:
        """Read an attribute of the graph, or nodes, or edges."""
        lexer = self.lexer
        first = self.atom()
        if lexer.kind == "=":
            statement.kind = ATTRIBUTE
            self.value(statement, first)
            self.finish(statement)
            return
        statement.links.append(self.ends(first))
        self.chain(statement)

    def ends(self, first: Atom) -> list[Atom]:
        """Read on behind the first node of a list with commas."""
        atoms = [first]
        while self.lexer.kind == ",":
            self.lexer.advance()
            atoms.append(self.atom())
        return atoms

    def chain(self, statement: Statement) -> None:
        """Read on behind a link."""
        lexer = self.lexer
        while lexer.kind in ARROWS:
            statement.kind = EDGES
            lexer.advance()
            if lexer.kind in ("{", "subgraph"):
                self.open_group(statement)
                return
            statement.links.append(self.ends(self.atom()))
        self.attributes(statement)

    def open_group(self, statement: Statement) -> None:
        """Begin a subgraph, which is the statement's next link."""
        lexer = self.lexer
        if statement.kind == NODES:
            statement.kind = GROUP
        group = Group(lexer.offset, statement)
        statement.links.append(group)
        while lexer.kind != "{":
            if lexer.kind == ATOM:
                group.name = self.atom()
            else:
                lexer.advance()
        group.opened = lexer.offset
        lexer.advance()
        self.open.append(group)

    def close(self) -> None:
        """End the innermost group, and go on with the statement that it belongs to."""
        group = self.open.pop()
        group.closed = self.lexer.offset
        self.lexer.advance()
        if group.owner is not None:
            group.owner.end = group.closed + 1
            self.chain(group.owner)

    def attributes(self, statement: Statement) -> None:
        """Read the attribute lists that stand here."""
        lexer = self.lexer
        behind = self.behind(statement)
        begin = lexer.offset if lexer.kind == "[" else behind
        end = begin
        while lexer.kind == "[":
            lexer.advance()
            while lexer.kind != "]":
                self.value(statement, self.atom())
                if lexer.kind in (",", ";"):
                    lexer.advance()
            end = lexer.offset + 1
            lexer.advance()
        statement.lists = (begin, end)
        self.finish(statement)

    def behind(self, statement: Statement) -> int:
        """Where the last link ends."""
        if not statement.links:
            return self.lexer.offset
        last = statement.links[-1]
        return last.closed + 1 if isinstance(last, Group) else last[-1].port_end

    def value(self, statement: Statement, name: Atom) -> None:
        """Read `=` and the value of an attribute."""
        lexer = self.lexer
        lexer.advance()
        pair = Pair(name.name, lexer.value, name.start, lexer.offset, lexer.end)
        statement.pairs.append(pair)
        lexer.advance()

    def finish(self, statement: Statement) -> None:
        """Note where a statement ends, and take its semicolon."""
        is_attribute = statement.kind == ATTRIBUTE
        statement.end = statement.pairs[-1].end if is_attribute else statement.lists[1]
        if self.lexer.kind == ";":
            statement.end = self.lexer.offset + 1
            self.lexer.advance()

    def atom(self) -> Atom:
        """Read a name and the port behind it."""
        lexer = self.lexer
        name, start, end = lexer.value, lexer.offset, lexer.end
        port_end = end
        lexer.advance()
        while lexer.kind == ":":
            lexer.advance()
            port_end = lexer.end
            lexer.advance()
        return Atom(name, start, end, port_end)
