"""Pictures: every drawing becomes SVG, and pydot's model says what ours says."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner

from codegen.cli import main
from codegen.drawing import to_dot, to_pydot
from codegen.drawings import read_graphs
from codegen.graph import Attributes, Graph
from codegen.parse import parse

ROOT = Path(__file__).parents[2]
SPECS = sorted((ROOT / "specs").rglob("*.dot"))
SVG = "{http://www.w3.org/2000/svg}"


def read(path: Path) -> Graph:
    """The graph of a drawing."""
    (graph,), problems = read_graphs(str(path), path.read_bytes())
    assert problems == []
    return graph


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_drawing_becomes_a_picture(path: Path, tmp_path: Path) -> None:
    """The SVG is well-formed and has every node and every edge that is not invisible."""
    picture = tmp_path / "picture.svg"
    result = CliRunner().invoke(main, ["draw", str(path), "-o", str(picture)])
    assert result.exit_code == 0, result.output
    root = ET.parse(picture).getroot()
    kinds = [group.get("class") for group in root.iter(f"{SVG}g")]
    graph = read(path)
    visible = [it for it in graph.edges if "invis" not in _style(it.attributes)]
    assert kinds.count("node") == len(graph.nodes)
    assert kinds.count("edge") == len(visible)


def _style(attributes: Attributes) -> str:
    return attributes["style"].text if "style" in attributes else ""


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_what_pydot_writes_reads_back(path: Path) -> None:
    """Writing a graph through pydot and reading it again gives the same nodes and edges."""
    graph = read(path)
    (again,), problems = parse(to_dot(graph), "again.dot")
    assert problems == []
    assert _content(again) == _content(graph)


def _content(graph: Graph) -> object:
    nodes = {
        name: sorted((key, it.text, it.html) for key, it in node.attributes.items())
        for name, node in graph.nodes.items()
    }
    edges = sorted(
        (edge.tail, edge.head, sorted((key, it.text) for key, it in edge.attributes.items()))
        for edge in graph.edges
    )
    return graph.name, graph.directed, nodes, edges


def test_odd_texts_survive_pydot() -> None:
    """Quotes, backslashes, keywords, blanks, HTML and ports are written so that they read back."""
    text = r"""digraph "a b" { "node" [label="say \"hi\" \\N"] node2 [label=<<b>x</b>>]
        "node":p:n -> "a\\b" [label="x\ny"] -1 -> "" subgraph "cluster x" { "node" } }"""
    (graph,), problems = parse(text, "odd.dot")
    assert problems == []
    (again,), problems = parse(to_dot(graph), "again.dot")
    assert problems == []
    assert _content(again) == _content(graph)
    assert len(to_pydot(graph).get_edges()) == 2


def test_several_graphs_go_into_a_folder(tmp_path: Path) -> None:
    """One picture per graph, named after it; a single file cannot hold them."""
    figures = Path(__file__).parent / "states" / "figures.txt"
    to_file = CliRunner().invoke(main, ["draw", str(figures), "-o", str(tmp_path / "all.svg")])
    assert to_file.exit_code == 2
    assert "name a folder" in to_file.output
    result = CliRunner().invoke(main, ["draw", str(figures), "-o", f"{tmp_path}/"])
    assert result.exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "conn_states.svg",
        "disk_states.svg",
        "node_states.svg",
        "peer_states.svg",
    ]


def test_a_drawing_can_be_written_as_dot(tmp_path: Path) -> None:
    """With -o x.dot the canonical text comes instead of a picture."""
    path = SPECS[0]
    result = CliRunner().invoke(main, ["draw", str(path), "-o", str(tmp_path / "x.dot")])
    assert result.exit_code == 0
    (again,), _ = parse((tmp_path / "x.dot").read_text(), "x.dot")
    assert _content(again) == _content(read(path))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["draw", "/nowhere/x.dot"], "cannot be read: No such file or directory"),
        (["draw", str(SPECS[0]), "-o", "/proc/x.svg"], "/proc/x.svg cannot be written"),
    ],
)
def test_what_cannot_be_drawn_gets_a_sentence(arguments: list[str], sentence: str) -> None:
    """Exit code 1, no traceback."""
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert sentence in result.output
