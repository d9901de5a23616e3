"""The four published figures stay in the living drawings, verbatim and first."""

from pathlib import Path
from typing import Final

import pytest

from codegen.graph import Edge, Graph
from codegen.parse import parse, parse_document

PUBLISHED: Final = Path(__file__).with_name("figures.txt")
DRAWINGS: Final = Path(__file__).parents[3] / "specs" / "states"
NAMES: Final = ("conn_states", "disk_states", "node_states", "peer_states")


def published() -> dict[str, Graph]:
    """The figures of the published text by name."""
    graphs, problems = parse_document(PUBLISHED.read_text("utf-8"), PUBLISHED.name)
    assert not problems
    return {graph.name: graph for graph in graphs}


def living(name: str) -> Graph:
    """The drawing of that name that the machine is generated from."""
    path = DRAWINGS / f"{name}.dot"
    (graph,), problems = parse(path.read_text("utf-8"), path.name)
    assert not problems
    return graph


def statement(edge: Edge) -> tuple[str, str, str | None]:
    """What the figure says of an edge: tail, head and label, if it has one."""
    label = edge.attributes.get("label")
    return edge.tail, edge.head, label.text if label else None


def test_published_text_holds_four_figures() -> None:
    """The fixture is the published text, prose and all, with its four figures in order."""
    assert tuple(published()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_drawing_begins_with_the_edges_of_its_figure(name: str) -> None:
    """Every edge of the figure is in the drawing: same ends, same label or none, same order."""
    figure = published()[name]
    drawn = living(name).edges[: len(figure.edges)]
    assert [statement(edge) for edge in drawn] == [statement(edge) for edge in figure.edges]


@pytest.mark.parametrize("name", NAMES)
def test_drawing_begins_with_the_nodes_of_its_figure(name: str) -> None:
    """Every node of the figure is in the drawing, in the figure's order and spelling."""
    figure = published()[name]
    assert list(living(name).nodes)[: len(figure.nodes)] == list(figure.nodes)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_drawn_before_the_figure(name: str) -> None:
    """The figure's first edge is the first statement that mentions a node or opens a subgraph."""
    graph = living(name)
    first = graph.edges[0].place.offset
    nodes = [node.place.offset for node in graph.nodes.values()]
    subgraphs = [subgraph.place.offset for subgraph in graph.root.walk()]
    assert min(nodes + subgraphs) == first
