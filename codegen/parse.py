"""DOT text to graphs: what `dot` reads is read, what `dot` refuses is a problem with its place.

No library does this for us: the one that everybody takes needs minutes for what takes a second
here, reads some drawings as others, and of a fault says neither what it is nor where.
"""

import sys
from typing import Final, NamedTuple, NoReturn

from codegen.graph import Attributes, Graph, Value
from codegen.lexer import ARROWS, ATOM, END, HEADER, HEADER_LINE, KEYWORDS, UNCLOSED, Lexer
from codegen.problems import Place, Problem, Rule, Severity, Source
from codegen.scopes import EDGE, ENTRIES_MAX, GRAPH, NODE, Builder, End, Group, Link, TooBigError
from codegen.syntax import SYNTAX, FaultError, Faults, LastFaultError

GROUPS: Final = ("{", "subgraph")
DEFAULTS: Final = (NODE, EDGE, GRAPH)
SEPARATORS: Final = (",", ";")
OUTSIDE_VALUES: Final = frozenset({"}", END})
OUTSIDE_LISTS: Final = frozenset({*OUTSIDE_VALUES, *ARROWS, "{", "[", *KEYWORDS})
"""What nobody writes into an attribute list: whoever finds it there has missed the `]`."""

ATTRIBUTE: Final = "an attribute or `]`"
EQUALS: Final = "`=` and a value after this name"
VALUE: Final = "a value"
"""What may come next in an attribute list, as messages say it."""
VALUE_HINT: Final = 'a value is a name, a number or quoted: "10pt", "1,2", "two words"'

NO_GRAPH: Final = Rule(
    "no-graph",
    Severity.error,
    """The file holds no graph, so nothing is generated from it, which would look like success.
    Draw one (`digraph name { ... }`), or remove the file.""",
)
ENCODING: Final = Rule(
    "encoding",
    Severity.error,
    """The file is not UTF-8 text, so its names and labels would be guesses. Save it as UTF-8, also
    where `charset=latin1` tells Graphviz otherwise.""",
)
RULES: Final = (SYNTAX, NO_GRAPH, ENCODING)


def decode(data: bytes, file: str) -> tuple[str, list[Problem]]:
    """The text of a file, which must be UTF-8; a byte order mark is no part of it."""
    text = data.decode("utf-8-sig", errors="replace")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        offset = len(data[: error.start].decode("utf-8-sig"))
        sentence = f"the byte 0x{data[error.start]:02X} is no UTF-8"
    else:
        offset = text.find("\0")
        sentence = "a NUL byte is no text"
    if offset == -1:
        return text, []
    place = Place(Source(file, text), offset)
    return text, [Problem(place, ENCODING.name, sentence, "save the file as UTF-8")]


def parse(text: str, file: str) -> tuple[list[Graph], list[Problem]]:
    """Read a text of nothing but graphs; of a faulty graph, what could be read."""
    return _Parser(Source(file, text), in_prose=False).read()


def parse_document(text: str, file: str) -> tuple[list[Graph], list[Problem]]:
    """Read the graphs in prose: each begins a line and ends at its closing brace."""
    return _Parser(Source(file, text), in_prose=True).read()


class _Frame(NamedTuple):
    """An open brace. Its subgraph will be the next link of a chain; a graph is in no chain."""

    brace: int
    start: int
    chain: list[Link] | None


class _Parser:
    """The work on one text. Nesting is a list of frames, so that no depth is too deep."""

    def __init__(self, source: Source, *, in_prose: bool) -> None:
        self.source = source
        self.in_prose = in_prose
        self.lexer = Lexer(source.text)
        self.builder = Builder(source)
        self.faults = Faults(source, self.lexer)
        self.frames: list[_Frame] = []
        self.statement = 0

    def read(self) -> tuple[list[Graph], list[Problem]]:
        """Read graph after graph."""
        graphs, problems = self.builder.graphs, self.faults.problems
        try:
            self._graphs()
        except LastFaultError as fault:
            problems.append(fault.problem)
        except TooBigError:
            sentence = f"the drawing has more than {ENTRIES_MAX:,} nodes, edges and attributes"
            problems.append(self.faults.problem(self.statement, sentence))
        if not graphs and not problems:
            place = Place(self.source, 0)
            problems.append(Problem(place, NO_GRAPH.name, "there is no graph in this file"))
        return graphs, sorted(problems, key=lambda problem: problem.place.offset)

    def _graphs(self) -> None:
        lexer = self.lexer
        if self.in_prose:
            self._seek_graph(0)
        else:
            lexer.seek(0)
        while lexer.kind != END:
            try:
                self._graph()
            except FaultError as fault:
                self._seek_graph(fault.resume)
                continue
            if self.in_prose and lexer.kind == "}":
                self._seek_graph(lexer.offset)
            else:
                self._take("}")

    def _seek_graph(self, offset: int) -> None:
        """Go to the next graph that begins a line."""
        header = HEADER_LINE.search(self.source.text, offset)
        self.lexer.seek(header.end() if header else len(self.source.text))

    def _graph(self) -> None:
        """Read a graph up to its closing brace; an unclosed one, up to the next graph."""
        lexer = self.lexer
        start = self.statement = lexer.offset
        self.faults.begin()
        strict = self._take("strict")
        directed = lexer.kind == "digraph"
        if not directed and lexer.kind != GRAPH:
            self._no_graph()
        lexer.advance()
        name = lexer.value if lexer.kind == ATOM else ""
        self._take(ATOM)
        self._open_graph(start)
        self.builder.begin(name, start, directed=directed, strict=strict)
        while self.frames:
            self.statement = lexer.offset
            try:
                self._statement()
            except FaultError as fault:
                lexer.seek(fault.resume)
                self._take(";")

    def _no_graph(self) -> NoReturn:
        if self.builder.graphs:
            hint = "the last `}` has closed the graph"
            self._unexpected("another graph or the end of the text", hint)
        keyword = next((it for it in KEYWORDS if self.lexer.value.lower().startswith(it)), "")
        hint = f"a blank is missing behind `{keyword}`" if keyword else ""
        self._unexpected("`digraph` or `graph`", hint)

    def _open_graph(self, start: int) -> None:
        """Read a graph's opening brace, if need be behind what should not be there."""
        lexer = self.lexer
        try:
            if lexer.kind != "{":
                self._unexpected("`{`")
        except FaultError as fault:
            lexer.seek(fault.resume)
            if lexer.kind != "{":
                raise
        self.frames.append(_Frame(lexer.offset, start, None))
        lexer.advance()

    def _statement(self) -> None:
        lexer = self.lexer
        kind = lexer.kind
        if kind == ATOM:
            self._named()
        elif kind in GROUPS:
            self._open([])
        elif kind == "}":
            self._close()
        elif kind == END or (kind in KEYWORDS and HEADER.match(lexer.text, lexer.offset)):
            self._leave_unclosed()
        elif kind in DEFAULTS:
            self._defaults(kind)
        else:
            hint = "DOT has no empty statement" if kind == ";" else ""
            self._unexpected("a statement or `}`", hint)

    def _leave_unclosed(self) -> None:
        """Leave the graph at the end of the text, or where the next graph begins."""
        self.faults.unclosed_brace(self.frames[-1].brace, in_prose=self.in_prose)
        self.frames.clear()
        if self.in_prose:
            self.builder.graphs.pop()

    def _named(self) -> None:
        """Read what begins with a name: an attribute of the graph, nodes, or edges."""
        lexer = self.lexer
        name, offset = self._name("a name")
        if lexer.kind == "=":
            lexer.advance()
            self.builder.defaults(GRAPH, {name: self._value()})
            self._take(";")
            return
        ends = self._nodes(name, offset)
        if lexer.kind in ARROWS:
            self._chain([ends])
            return
        self.builder.nodes(ends, self._attributes())
        self._take(";")

    def _nodes(self, name: str, offset: int) -> list[End]:
        """Read on behind the name of a node: its port, and more nodes behind commas."""
        ends = [self._end(name, offset)]
        while self._take(","):
            ends.append(self._end(*self._name("a node")))
        return ends

    def _end(self, name: str, offset: int) -> End:
        name = self.builder.mention(name, offset)
        return End(name, offset, self._port() if self.lexer.kind == ":" else None)

    def _port(self) -> Value:
        """Read `:port` or `:port:compass`, which libcgraph holds as one text."""
        self.lexer.advance()
        port = self._value("a port")
        if self._take(":"):
            compass = self._value("a compass point")
            port = Value(f"{port.text}:{compass.text}", port.place)
        return port

    def _chain(self, chain: list[Link]) -> None:
        """Read on behind a link of a chain: more links, then the edges' attributes."""
        lexer = self.lexer
        while lexer.kind in ARROWS:
            self._check_arrow()
            lexer.advance()
            if lexer.kind in GROUPS:
                self._open(chain)
                return
            chain.append(self._nodes(*self._name("a node or `{`")))
        self.builder.edges(chain, self._attributes())
        self._take(";")

    def _check_arrow(self) -> None:
        lexer = self.lexer
        kind, arrow = ("digraph", "->") if self.builder.graph.directed else ("graph", "--")
        if lexer.text.startswith(">", lexer.end):
            self._unexpected(f"`{arrow}`", f"an arrow is written `{arrow}`")
        if lexer.kind != arrow:
            sentence = f"an edge of a {kind} is written `{arrow}`, found `{lexer.kind}`"
            self.faults.report(lexer.offset, sentence)

    def _open(self, chain: list[Link]) -> None:
        """Begin a subgraph; what follows its closing brace goes on with the chain."""
        lexer = self.lexer
        start, name = lexer.offset, None
        if self._take("subgraph") and lexer.kind == ATOM:
            name = lexer.value
            lexer.advance()
        if lexer.kind != "{":
            self._unexpected("`{`")
        self.frames.append(_Frame(lexer.offset, start, chain))
        self.builder.open(name, start)
        lexer.advance()

    def _close(self) -> None:
        """End the innermost subgraph or, staying at its brace, the graph."""
        frame = self.frames.pop()
        if frame.chain is None:
            return
        self.lexer.advance()
        frame.chain.append(Group(self.builder.close(), frame.start))
        self._chain(frame.chain)

    def _defaults(self, kind: str) -> None:
        """Read `node [...]` and the like."""
        lexer = self.lexer
        lexer.advance()
        is_macro = self._take(ATOM)  # its name, by which `dot` passes too
        if (is_macro and not self._take("=")) or lexer.kind != "[":
            self._unexpected(f"`[` behind `{kind}`", f'a node of that name is quoted: "{kind}"')
        self.builder.defaults(kind, self._attributes())
        self._take(";")

    def _attributes(self) -> Attributes:
        """Read the attribute lists that stand here, as one."""
        attributes: Attributes = {}
        while self.lexer.kind == "[":
            self._attribute_list(attributes)
        return attributes

    def _attribute_list(self, attributes: Attributes) -> None:
        opened = self.lexer.offset
        self.lexer.advance()
        while self.lexer.kind != "]":
            start = self.lexer.offset
            expected = self._attribute(attributes)
            if expected and not self._mend_list(opened, start, expected, attributes):
                return
        self.lexer.advance()

    def _attribute(self, attributes: Attributes) -> str:
        """Read `name=value`; at a token that is out of place, returns what was expected there."""
        lexer = self.lexer
        if lexer.kind != ATOM:
            return ATTRIBUTE
        name = sys.intern(lexer.value)
        lexer.advance()
        if lexer.kind != "=":
            return EQUALS
        lexer.advance()
        if lexer.kind != ATOM:
            return VALUE
        attributes[name] = Value(lexer.value, Place(self.source, lexer.offset), lexer.html)
        lexer.advance()
        if lexer.kind in SEPARATORS:
            lexer.advance()
        return ""

    def _mend_list(self, opened: int, start: int, expected: str, before: Attributes) -> bool:
        """Report what is out of place in an attribute list; returns whether the list goes on."""
        lexer, faults = self.lexer, self.faults
        last = next(reversed(before.values()), None)
        if last is not None and last.place.offset > opened and faults.has_swallowed(last):
            lexer.seek(faults.unclosed_string(last.place.offset))
            return False
        if lexer.kind == UNCLOSED:
            lexer.seek(faults.unclosed())
            return False
        if self._is_outside(expected):
            faults.report(opened, f"the `[` that stands here is not closed before {lexer.shown()}")
            lexer.seek(lexer.offset if expected == VALUE else start)
            return False
        offset = start if expected == EQUALS else lexer.offset
        hint = "" if expected == ATTRIBUTE else VALUE_HINT
        faults.report(offset, f"expected {expected}, found {lexer.shown()}", hint)
        lexer.seek(lexer.attribute_end(start))
        if lexer.kind in SEPARATORS:
            lexer.advance()
        return True

    def _is_outside(self, expected: str) -> bool:
        """Whether the token tells that the attribute list has ended without a `]`."""
        lexer = self.lexer
        if expected == VALUE:
            return lexer.kind in OUTSIDE_VALUES
        is_attribute = lexer.text.startswith(("=", " ="), lexer.end)  # `[node=1]`
        return lexer.kind in OUTSIDE_LISTS and not is_attribute

    def _value(self, expected: str = VALUE) -> Value:
        value = Value(self.lexer.value, Place(self.source, self.lexer.offset), self.lexer.html)
        if not self._take(ATOM):
            self._unexpected(expected)
        return value

    def _name(self, expected: str) -> tuple[str, int]:
        name, offset = self.lexer.value, self.lexer.offset
        if not self._take(ATOM):
            self._unexpected(expected)
        return name, offset

    def _take(self, kind: str) -> bool:
        """Go past a token of this kind, if there is one here."""
        if self.lexer.kind != kind:
            return False
        self.lexer.advance()
        return True

    def _unexpected(self, expected: str, hint: str = "") -> NoReturn:
        if self.lexer.kind == END and self.frames:
            raise FaultError(self.lexer.offset)  # an open brace is what is wrong, and reported
        self.faults.unexpected(expected, self.statement, hint)
