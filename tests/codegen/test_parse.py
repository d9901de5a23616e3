"""The DOT reader: what it reads, what it refuses and where, and that nothing makes it fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.graph import Attributes, Graph
from codegen.parse import decode, parse, parse_document
from codegen.problems import Place, Problem
from codegen.scopes import ENTRIES_MAX
from codegen.syntax import PROBLEMS_MAX
from tests.codegen.described import describe
from tests.codegen.dot_cases import ACCEPTED, Case
from tests.codegen.dot_faults import REFUSED, REFUSED_BY_US_ALONE
from tests.codegen.spellings import (
    Arrow,
    Drawing,
    Speller,
    damaged_texts,
    random_drawings,
    spellers,
)

DOCUMENT = """Figures, in words

A graph is {drawn} like this: digraph x { a -> b }, but not here.
digraph of the network {}

digraph first {
\tStandAllone  -> WFConnection   [ label = "set_net()" ]
\tWFConnection -> StandAllone
}
digraph second {
    Diskless -> Failed  // it's "one" line
}

The next one's braces: } { < /* and "more".
  strict graph third { a -- b }  digraph none { c }
digraph
{
    a -> b
}"""


def read(text: str) -> Graph:
    """The one graph of a text without a fault."""
    graphs, problems = parse(text, "test.dot")
    assert not problems
    return graphs[0]


def faults(problems: list[Problem]) -> tuple[str, ...]:
    """Place and sentence of each problem."""
    return tuple(f"{it.place.line}:{it.place.column}: {it.sentence}" for it in problems)


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.about)
def test_a_drawing_is_read(case: Case) -> None:
    """A text holds the graphs that stand beside it, and no fault is found with it."""
    graphs, problems = parse(case.text, "test.dot")
    assert faults(problems) == ()
    assert tuple(map(describe, graphs)) == case.expected


@pytest.mark.parametrize("case", REFUSED + REFUSED_BY_US_ALONE, ids=lambda case: case.about)
def test_a_fault_is_told_with_its_place(case: Case) -> None:
    """Every fault of a text is told where it is, and nothing is told that only follows from it."""
    _, problems = parse(case.text, "test.dot")
    assert faults(problems) == case.expected


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("digraph { a - b }", "an arrow is written `->`, and a name with `-` in it is quoted"),
        ("digraph { a --> b }", "an arrow is written `->`"),
        ("digraph { a <- b }", "an arrow is written `->`"),
        ("digraph { -> b }", "an arrow stands between two nodes, before its attributes"),
        ("digraph { a.b }", "a name with `.` in it is quoted"),
        ("digraph { a;; }", "DOT has no empty statement"),
        ("digraph { a -> Node }", 'a name that is a keyword is quoted: "Node"'),
        ("digraph { node -> a }", 'a node of that name is quoted: "node"'),
        ('digraph { a [x="] }', "its last quote is missing"),
        (
            "digraph { a [w=1pt] }",
            'a value is a name, a number or quoted: "10pt", "1,2", "two words"',
        ),
        ("digraphX { a }", "a blank is missing behind `digraph`"),
        ("digraph { a } }", "the last `}` has closed the graph"),
    ],
)
def test_a_fault_comes_with_advice(text: str, hint: str) -> None:
    """Where it can be guessed what somebody meant, the problem says how that is written."""
    _, problems = parse(text, "test.dot")
    assert [problem.hint for problem in problems] == [hint]


def test_everything_has_its_place() -> None:
    """Graphs, nodes, edges, subgraphs and values are where they begin, at their first mention."""
    graph = read('strict digraph g {\n  a -> b [x="1"]\n  {c d} -> subgraph s {a} [y=2] }')
    label, group = graph.edges[0].attributes["x"], graph.edges[1]
    assert _at(graph.place) == (1, 1)
    assert [_at(node.place) for node in graph.nodes.values()] == [(2, 3), (2, 8), (3, 4), (3, 6)]
    assert [_at(edge.place) for edge in graph.edges] == [(2, 3), (3, 3), (3, 3)]
    assert [_at(it.place) for it in graph.root.subgraphs] == [(3, 3), (3, 12)]
    assert (_at(label.place), _at(group.attributes["y"].place)) == ((2, 13), (3, 30))


def test_an_inherited_value_is_where_it_was_written() -> None:
    """A default keeps its place in whatever it is handed down to."""
    graph = read("digraph {\n node [x=1]\n a b }")
    assert [_at(node.attributes["x"].place) for node in graph.nodes.values()] == [(2, 10), (2, 10)]


def test_columns_are_counted_in_characters() -> None:
    """A tab, an umlaut and an emoji are one column each."""
    _, problems = parse("digraph {\n\té🙂 ! }", "test.dot")
    assert faults(problems) == ("2:5: expected a statement or `}`, found `!`",)


def test_ports_are_told_from_names() -> None:
    """An edge knows its ports, and its ends are the nodes."""
    (edge,) = read("digraph { a:p:ne -> b }").edges
    assert (edge.tail, edge.tail_port, edge.head, edge.head_port) == ("a", "p:ne", "b", "")


def test_html_is_told_from_text() -> None:
    """`<b>` as HTML and "<b>" in quotes are two values."""
    values = read('digraph { a [x=<<b>>, y="<b>"] }').nodes["a"].attributes
    assert [(it.text, it.html) for it in values.values()] == [("<b>", True), ("<b>", False)]


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        (["subgraph cluster {"] + ["x -> y"] * 100 + ["  a -> ! "] + ["x -> y"] * 20, (103, 8)),
        (["x -> y"] * 100 + ["  a -> b [x=1"] + ["x -> y"] * 20, (102, 10)),
        (["x -> y"] * 100 + ["}", "  a -> b"] + ["x -> y"] * 20, (103, 3)),
        (["x -> y"] * 100 + ['  a [x="1]'] + ['x [x="1"]'] * 20, (102, 8)),
    ],
    ids=["bad token", "missing bracket", "brace too many", "missing quote"],
)
def test_a_fault_in_a_long_drawing_is_one_fault(lines: list[str], place: tuple[int, int]) -> None:
    """A fault is told once and where it is, however much there is around it."""
    closing = "}\n}" if "{" in lines[0] else "}"
    _, problems = parse("\n".join(["digraph {", *lines, closing]), "test.dot")
    assert [_at(problem.place) for problem in problems] == [place]


def test_a_faulty_drawing_is_read_as_far_as_possible() -> None:
    """A fault spoils its statement, and the statements around it are read."""
    graphs, _ = parse("digraph g {\n a -> b\n b -> ! -> c\n c -> d [x]\n}", "test.dot")
    assert [describe(graph) for graph in graphs] == ["digraph g | a b c d | a->b c->d"]


def test_a_document_gives_its_graphs() -> None:
    """In prose, a graph begins a line and ends at its brace, and all else is passed by."""
    graphs, problems = parse_document(DOCUMENT, "figures.txt")
    assert faults(problems) == ()
    assert [(graph.name, graph.place.line, graph.place.column) for graph in graphs] == [
        ("first", 6, 1),
        ("second", 10, 1),
        ("third", 15, 3),
        ("", 16, 1),
    ]
    assert graphs[0].edges[0].attributes["label"].text == "set_net()"


def test_prose_behind_an_unclosed_graph_is_no_fault() -> None:
    """Only the open brace is told, for what follows was never meant to be DOT."""
    text = "Look:\n\ndigraph a {\n b -> c\n\nIt's that simple; so, <well>!\n\ndigraph d { e }"
    graphs, problems = parse_document(text, "figures.txt")
    assert faults(problems) == ("3:11: the `{` that stands here is never closed",)
    assert [graph.name for graph in graphs] == ["d"]


def test_an_unclosed_string_in_prose_is_told() -> None:
    """It is the string that has swallowed the brace, and the prose."""
    text = 'Look:\n\ndigraph a {\n b [x="c]\n}\nSo, it is!\n\ndigraph d { e }'
    graphs, problems = parse_document(text, "figures.txt")
    assert faults(problems) == ("4:7: the string that begins here is not closed",)
    assert [graph.name for graph in graphs] == ["a", "d"]


def test_prose_without_a_graph_is_told() -> None:
    """A document that should hold graphs and holds none is a mistake."""
    graphs, problems = parse_document("A digraph { a -> b } is a graph.", "figures.txt")
    assert (graphs, [problem.rule for problem in problems]) == ([], ["no-graph"])


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"digraph { a }", "digraph { a }"),
        (b"\xef\xbb\xbfdigraph { a }", "digraph { a }"),
        (b"digraph {\r\n a }\r\n", "digraph {\r\n a }\r\n"),
        ("digraph { Zustände }".encode(), "digraph { Zustände }"),
        (b"digraph { charset=latin1 a }", "digraph { charset=latin1 a }"),
        (b"", ""),
    ],
    ids=["ASCII", "byte order mark", "carriage returns", "UTF-8", "Latin-1 in ASCII", "nothing"],
)
def test_utf_8_is_text(data: bytes, text: str) -> None:
    """UTF-8 is decoded, without the byte order mark that some editors put before it."""
    assert decode(data, "test.dot") == (text, [])


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ("digraph {\n Zustände }".encode("latin-1"), "2:6: the byte 0xE4 is no UTF-8"),
        ('digraph { charset="latin1" é }'.encode("latin-1"), "1:28: the byte 0xE9 is no UTF-8"),
        ("digraph { a }".encode("utf-16"), "1:1: the byte 0xFF is no UTF-8"),
        ("digraph { é\n ü }".encode() + b"\x80", "2:5: the byte 0x80 is no UTF-8"),
        (b"\xef\xbb\xbfdigraph \xff", "1:9: the byte 0xFF is no UTF-8"),
        (b"digraph { \xc3", "1:11: the byte 0xC3 is no UTF-8"),
        (b"digraph {\n\n a\0b }", "3:3: a NUL byte is no text"),
    ],
    ids=[
        "Latin-1",
        "said to be Latin-1",
        "UTF-16",
        "stray byte",
        "behind a mark",
        "cut off",
        "NUL",
    ],
)
def test_other_bytes_are_a_fault_with_a_place(data: bytes, fault: str) -> None:
    """The first byte that is no UTF-8 is named, with the line and column that it stands in."""
    _, problems = decode(data, "test.dot")
    assert faults(problems) == (fault,)
    assert [(problem.rule, problem.hint) for problem in problems] == [
        ("encoding", "save the file as UTF-8")
    ]


def test_nesting_has_no_depth_that_is_too_deep() -> None:
    """Ten thousand groups inside each other are read like one."""
    graph = read("digraph " + "{" * 10_001 + "a -> b" + "}" * 10_001)
    assert len(list(graph.root.walk())) == 10_000
    assert (len(graph.nodes), len(graph.edges)) == (2, 1)


def test_a_long_line_is_read() -> None:
    """Ten megabytes in one line are a drawing like another."""
    label = "x" * 10_000_000
    graph = read(f'digraph {{ a -> b [label="{label}"]; b -> c }}')
    assert graph.edges[0].attributes["label"].text == label
    assert graph.edges[1].place.column == 10_000_000 + 30


def test_a_drawing_has_a_size_that_is_too_big() -> None:
    """A short text that asks for millions of edges is refused before they are made."""
    group = "{" + " ".join(f"n{number}" for number in range(2_100)) + "}"
    _, problems = parse(f"digraph {{ {group} -> {group} }}", "test.dot")
    sentence = f"the drawing has more than {ENTRIES_MAX:,} nodes, edges and attributes"
    assert [problem.sentence for problem in problems] == [sentence]


def test_faults_have_a_number_that_is_too_many() -> None:
    """A text that is no drawing at all is given up."""
    _, problems = parse("digraph {" + "; " * 10_000, "test.dot")
    assert len(problems) == PROBLEMS_MAX + 1
    assert problems[-1].sentence.startswith("this is one fault more than 1,000")


@pytest.mark.parametrize(
    "piece",
    [
        "{", "a [", '"', '"\\"', '" \\" ; "\n', "<", "<\n", "/*", "digraph {", "digraph /*\n",
        'digraph "\\"\n', "digraph {} /*\n", "digraph {} <\n", "a [x=[", '! [ " [\\"', '"a"+',
        "a->{}",        'a [x="\n= ', "subgraph s {} ", "node [a=1] ", "! // [ {\n", "a [b\n", "\\",
    ],
)  # fmt: skip
def test_no_text_takes_more_than_linear_time(piece: str) -> None:
    """What would make a careless reader begin anew at each character is done with at once."""
    text = "digraph {" + piece * (30_000 // len(piece))
    assert any(parse(text, "test.dot"))
    assert any(parse_document(text, "test.txt"))


@given(random_drawings(), spellers)
def test_a_drawing_is_read_however_it_is_written(drawing: Drawing, speller: Speller) -> None:
    """Blanks, comments, quotes, capitals, lists and subgraphs do not change what is drawn."""
    graph = read(speller.graph(drawing))
    nodes = list(drawing.nodes)
    assert (graph.name, graph.directed) == (drawing.name, drawing.directed)
    assert {it.name: _texts(it.attributes) for it in graph.nodes.values()} == drawing.nodes
    assert [(it.tail, it.head, it.tail_port) for it in graph.edges] == [
        (nodes[it.tail], nodes[it.head], it.tail_port) for it in drawing.arrows
    ]
    for edge, arrow in zip(graph.edges, drawing.arrows, strict=True):
        assert _texts(edge.attributes) == {**_port(arrow), **arrow.attributes}


@given(damaged_texts)
def test_no_text_makes_the_reader_fail(text: str) -> None:
    """Whatever a drawing was turned into, there are graphs or problems, with places in the text."""
    for graphs, problems in (parse(text, "test.dot"), parse_document(text, "test.txt")):
        assert graphs or problems
        for problem in problems:
            assert 0 <= problem.place.offset <= len(text)
            assert str(problem).count("\n") == 0


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_make_the_reader_fail(data: bytes) -> None:
    """Bytes are a text without NUL, or a problem."""
    text, problems = decode(data, "test.dot")
    assert problems or any(parse(text, "test.dot"))


def _at(place: Place) -> tuple[int, int]:
    return place.line, place.column


def _texts(attributes: Attributes) -> dict[str, str]:
    return {name: value.text for name, value in attributes.items()}


def _port(arrow: Arrow) -> dict[str, str]:
    return {"tailport": arrow.tail_port} if arrow.tail_port else {}
