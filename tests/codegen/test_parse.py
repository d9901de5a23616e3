"""The DOT reader: what it reads, what it refuses and where, and that nothing makes it fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.graph import Attributes, Graph
from codegen.parse import RULES, decode, parse, parse_document
from codegen.problems import Problem
from codegen.scopes import ENTRIES_MAX
from codegen.syntax import PROBLEMS_MAX
from tests.codegen.described import describe
from tests.codegen.dot_cases import ACCEPTED, Case
from tests.codegen.dot_faults import REFUSED, REFUSED_BY_US_ALONE
from tests.codegen.spellings import Drawing, Speller, drawings, spellers

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


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.about)
def test_a_document_of_a_graph_is_that_graph(case: Case) -> None:
    """Where the graphs of a text begin lines, it makes no difference that it might be prose."""
    text = case.text.replace("digraph {", "\ndigraph {")
    ...


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
        ("digraph { a [x=\"] }", "its last quote is missing"),
        ("digraph { a [w=1pt] }", 'a value is a name, a number or quoted: "10pt", "1,2", "two words"'),
        ("digraphX { a }", "a blank is missing behind `digraph`"),
        ("digraph { a } }", "the last `}` has closed the graph"),
    ],
)
def test_a_fault_comes_with_advice(text: str, hint: str) -> None:
    """Where it can be guessed what somebody meant, the problem says how that is written."""
    _, problems = parse(text, "test.dot")
    assert [problem.hint for problem in problems] == [hint]
