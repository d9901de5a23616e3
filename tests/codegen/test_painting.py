"""Painting: a copy with attributes over those drawn, and an original that stays as it was."""

from codegen.drawing import to_dot
from codegen.graph import Graph
from codegen.painting import Html, painted
from codegen.parse import parse
from tests.codegen.described import describe

TEXT = (
    'digraph g { node [shape=box] subgraph cluster_a { a } a -> b [color=red, label="x"] a -> b }'
)


def drawn(text: str = TEXT) -> Graph:
    """The one graph of a text."""
    (graph,), problems = parse(text, "test.dot")
    assert problems == []
    return graph


def test_the_original_stays_as_it_was() -> None:
    """Painting is done on a copy."""
    graph = drawn()
    before = describe(graph)
    assert describe(painted(graph, {"a": {"color": "blue"}}, {0: {"style": "bold"}})) != before
    assert describe(graph) == before


def test_without_paint_the_copy_is_equal() -> None:
    """Nothing but what is asked for changes."""
    graph = drawn()
    copy = painted(graph, {}, {})
    assert copy == graph
    assert copy.nodes["a"].attributes is not graph.nodes["a"].attributes


def test_paint_covers_what_is_drawn() -> None:
    """An attribute replaces the one of its name and leaves the others."""
    graph = painted(drawn(), {}, {0: {"color": "green"}})
    assert {name: it.text for name, it in graph.edges[0].attributes.items()} == {
        "color": "green",
        "label": "x",
    }


def test_of_two_equal_edges_one_is_painted() -> None:
    """An edge is known by its index, because another one may have the same ends."""
    graph = painted(drawn(), {}, {1: {"color": "green"}})
    assert [it.attributes["color"].text for it in graph.edges] == ["red", "green"]


def test_paint_lies_at_the_place_of_what_it_is_on() -> None:
    """Whoever asks where an attribute comes from is led to its node or edge."""
    graph = painted(drawn(), {"a": {"color": "blue"}}, {0: {"style": "bold"}})
    assert graph.nodes["a"].attributes["color"].place == graph.nodes["a"].place
    assert graph.edges[0].attributes["style"].place == graph.edges[0].place


def test_markup_is_written_as_markup() -> None:
    """An Html value stands between angle brackets, other texts are quoted."""
    graph = painted(drawn(), {"a": {"label": Html("<b>a</b>")}, "b": {"label": "<b>b</b>"}}, {})
    text = to_dot(graph)
    assert "label=<<b>a</b>>" in text
    assert 'label="<b>b</b>"' in text
