"""Where everything stands in a DOT text: statements, their names and attributes, as offsets."""

import pytest

from codegen.drawings import read_graphs
from codegen.review.outline import (
    ATTRIBUTE,
    DEFAULTS,
    EDGES,
    GROUP,
    NODES,
    Group,
    Statement,
    outline,
)
from tests.codegen.review.edited_drawings import DRAWINGS


def read(text: str) -> Group:
    """Outline a text with one graph."""
    graphs, problems = read_graphs("specs/states/drawn.dot", text.encode())
    assert problems == []
    return outline(graphs[0])


def statements(text: str) -> list[tuple[str, str]]:
    """Tell the kind and the text of each statement."""
    return [(it.kind, text[it.start : it.end]) for it in read(text).walk()]


def only(text: str) -> Statement:
    """Find the statement of a text that has but one."""
    (statement,) = read(text).walk()
    return statement


def test_every_sort_of_statement_has_its_place() -> None:
    """A statement goes from its first character to its semicolon."""
    text = """digraph d {
    rankdir = LR;
    node [shape=box] edge [color=red]
    A [label="a"]; B, C
    A -> B -> C [label="go", // why
                 guard=g] ;
    subgraph x { D } }"""
    assert statements(text) == [
        (ATTRIBUTE, "rankdir = LR;"),
        (DEFAULTS, "node [shape=box]"),
        (DEFAULTS, "edge [color=red]"),
        (NODES, 'A [label="a"];'),
        (NODES, "B, C"),
        (EDGES, 'A -> B -> C [label="go", // why\n                 guard=g] ;'),
        (GROUP, "subgraph x { D }"),
        (NODES, "D"),
    ]


def test_names_end_before_and_behind_their_ports() -> None:
    """Who renames a node leaves the port alone."""
    text = 'digraph d { "a b":p:n -> C : w }'
    spans = [(it.name, text[it.start : it.end], it.port_end) for it in only(text).atoms]
    assert spans == [
        ("a b", '"a b"', text.index(" ->")),
        ("C", "C", text.index(" }")),
    ]


def test_values_have_places_with_their_quotes() -> None:
    """A value of parts joined by `+` ends behind the last part."""
    text = 'digraph d { A [label="one" + "two" comment = x][guard=<b>] }'
    statement = only(text)
    assert [(it.name, it.text, text[it.value : it.end]) for it in statement.pairs] == [
        ("label", "onetwo", '"one" + "two"'),
        ("comment", "x", "x"),
        ("guard", "b", "<b>"),
    ]
    assert text[slice(*statement.lists)] == text[text.index("[") : text.rindex("]") + 1]


def test_the_last_of_two_values_counts() -> None:
    """As Graphviz has it."""
    pair = only("digraph d { A [comment=one, comment=two] }").pair("comment")
    assert pair is not None
    assert pair.text == "two"
    assert only("digraph d { A }").pair("comment") is None


def test_without_a_list_its_place_is_behind_the_names() -> None:
    """A list that is added comes there."""
    text = "digraph d { A:n }"
    assert only(text).lists == (text.index(" }"), text.index(" }"))


def test_groups_know_their_braces_and_their_arrows() -> None:
    """A group is a link of the statement that it stands in, also at the end of an arrow."""
    text = "digraph d { A -> subgraph s { B; C } -> {D} [label=go]; E }"
    edges, *inner = read(text).walk()
    assert text[edges.start : edges.end] == text[text.index("A") : text.index(" E")]
    assert [text[it.start : it.closed + 1] for it in edges.groups] == [
        "subgraph s { B; C }",
        "{D}",
    ]
    assert [it.name.name if it.name else "" for it in edges.groups] == ["s", ""]
    assert all(it.owner is edges for it in edges.groups)
    assert [text[it.start : it.end] for it in inner] == ["B;", "C", "D", "E"]


def test_the_graph_has_a_name_and_braces() -> None:
    """Comments before and within its head are no names."""
    text = "// digraph x {\nstrict digraph /* y */ d // z\n{ A } // }"
    group = read(text)
    assert group.name is not None
    assert group.name.name == "d"
    assert (text[group.opened], text[group.closed]) == ("{", "}")
    assert group.owner is None
    assert read("graph { A }").name is None


def test_nothing_is_too_deep() -> None:
    """A thousand groups in each other are read like one."""
    text = f"digraph d {{ {'{' * 1000} A {'}' * 1000} }}"
    assert len(list(read(text).walk())) == 1001


@pytest.mark.parametrize("path", DRAWINGS)
def test_statements_of_a_living_drawing_lie_behind_each_other(path: str) -> None:
    """Those in a group lie in the statement of the group, and nothing but comments is between."""
    graphs, _ = read_graphs(path, DRAWINGS[path].encode())
    for graph in graphs:
        text = graph.place.source.text
        for group in (outline(graph), *(it for s in outline(graph).walk() for it in s.groups)):
            at = group.opened + 1
            for statement in group.body:
                assert at <= statement.start < statement.end <= group.closed
                assert text[statement.start : statement.end].strip()
                at = statement.end
