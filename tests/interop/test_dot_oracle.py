"""The reader beside Graphviz: it reads what `dot` reads, as `dot` does, and refuses the rest."""

import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings

from codegen.graph import Attributes, Graph, Subgraph
from codegen.parse import decode, parse, parse_document
from tests.codegen.dot_cases import ACCEPTED, Case
from tests.codegen.dot_faults import REFUSED, REFUSED_BY_US_ALONE
from tests.codegen.spellings import Drawing, Speller, damaged_texts, random_drawings, spellers

DRAWINGS = Path(__file__).parent / "drawings"
"""Drawings that nobody here wrote; its README.md says whose they are."""
NO_ATTRIBUTES = frozenset(
    "name directed strict _subgraph_cnt objects edges subgraphs nodes _gvid tail head key".split()
)
"""What else is in a JSON object. A key is what an edge is called, which JSON leaves out."""

Model = dict[str, Any]
"""What there is to compare of a graph or subgraph, in an order that does not depend on names."""


def graphviz(*command: str, text: str) -> subprocess.CompletedProcess[bytes]:
    """Run a program of Graphviz over a text."""
    return subprocess.run(command, input=text.encode(), capture_output=True, check=False)


def is_refused(text: str) -> bool:
    """Whether Graphviz finds fault with a text."""
    return graphviz("nop", text=text).returncode != 0


def theirs(text: str) -> list[Model]:
    """What libcgraph holds of a text; the "layout" by nop leaves it as it is."""
    decoder = json.JSONDecoder(strict=False)
    models = []
    output = graphviz("dot", "-Knop", "-Tdot_json", text=text).stdout.decode().lstrip()
    while output:
        graph, end = decoder.raw_decode(output)
        models.append(_their_graph(graph))
        output = output[end:].lstrip()
    return models


def _their_graph(graph: Model) -> Model:
    things: list[Model] = graph.get("objects", [])
    inner = {number for thing in things for number in thing.get("subgraphs", ())}
    subgraphs, nodes = things[: graph["_subgraph_cnt"]], things[graph["_subgraph_cnt"] :]
    return {
        "kind": (graph["strict"], graph["directed"], _name(graph["name"])),
        "attributes": _set(graph),
        "nodes": [(node["name"], _set(node)) for node in nodes],
        "edges": sorted(
            (things[edge["tail"]]["name"], things[edge["head"]]["name"], _set(edge))
            for edge in graph.get("edges", ())
        ),
        "subgraphs": _sorted(
            _their_subgraph(it, things) for it in subgraphs if it["_gvid"] not in inner
        ),
    }


def _their_subgraph(subgraph: Model, things: list[Model]) -> Model:
    return {
        "name": _name(subgraph["name"]),
        "attributes": _set(subgraph),
        "nodes": sorted(things[number]["name"] for number in subgraph.get("nodes", ())),
        "subgraphs": _sorted(
            _their_subgraph(things[number], things) for number in subgraph.get("subgraphs", ())
        ),
    }


def ours(graph: Graph) -> Model:
    """What we hold of a graph."""
    return {
        "kind": (graph.strict, graph.directed, graph.name),
        "attributes": _texts(graph.attributes),
        "nodes": [(node.name, _texts(node.attributes)) for node in graph.nodes.values()],
        "edges": sorted((edge.tail, edge.head, _texts(edge.attributes)) for edge in graph.edges),
        "subgraphs": _sorted(map(_our_subgraph, graph.root.subgraphs)),
    }


def _our_subgraph(subgraph: Subgraph) -> Model:
    return {
        "name": subgraph.name,
        "attributes": _texts(subgraph.attributes),
        "nodes": sorted(subgraph.nodes),
        "subgraphs": _sorted(map(_our_subgraph, subgraph.subgraphs)),
    }


def _texts(attributes: Attributes) -> list[tuple[str, str]]:
    return _set({name: value.text for name, value in attributes.items()})


def _set(thing: Mapping[str, str]) -> list[tuple[str, str]]:
    r"""The attributes that are set: empty is not, and `\N` is what `dot` gives a node itself."""
    return sorted(
        (name, value)
        for name, value in thing.items()
        if name not in NO_ATTRIBUTES and value not in ("", r"\N")
    )


def _name(name: str) -> str:
    """A name; libcgraph calls what has none by a number."""
    return "" if re.fullmatch(r"%\d+", name) else name


def _sorted(models: Iterable[Model]) -> list[Model]:
    """Subgraphs, which libcgraph keeps in an order of its own."""
    return sorted(models, key=repr)


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.about)
def test_graphviz_reads_what_we_read(case: Case) -> None:
    """Graphviz accepts what we accept, and holds the same graphs."""
    graphs, _ = parse(case.text, "case.dot")
    assert not is_refused(case.text)
    assert list(map(ours, graphs)) == theirs(case.text)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.about)
def test_graphviz_refuses_what_we_refuse(case: Case) -> None:
    """What is a fault to us is one to Graphviz."""
    assert is_refused(case.text)


@pytest.mark.parametrize("case", REFUSED_BY_US_ALONE, ids=lambda case: case.about)
def test_graphviz_keeps_silent_about_some_faults(case: Case) -> None:
    """Where we are stricter than Graphviz, we mean to be."""
    assert not is_refused(case.text)


@pytest.mark.parametrize("file", sorted(DRAWINGS.glob("*.dot")), ids=lambda file: file.stem)
def test_drawings_of_others_are_read_as_graphviz_reads_them(file: Path) -> None:
    """Drawings that nobody here wrote hold what Graphviz holds of them."""
    text, unreadable = decode(file.read_bytes(), file.name)
    graphs, problems = parse(text, file.name)
    assert (unreadable, problems) == ([], [])
    assert list(map(ours, graphs)) == theirs(text)


@pytest.mark.parametrize("file", sorted(DRAWINGS.glob("*.rst")), ids=lambda file: file.stem)
def test_graphs_in_the_prose_of_others_are_found(file: Path) -> None:
    """Each graph in a document is the one that Graphviz reads from that place on."""
    text, _ = decode(file.read_bytes(), file.name)
    graphs, problems = parse_document(text, file.name)
    assert graphs
    assert problems == []
    assert list(map(ours, graphs)) == [theirs(text[it.place.offset :])[0] for it in graphs]


@given(random_drawings(), spellers)
@settings(max_examples=50)
def test_graphviz_reads_any_drawing_as_we_do(drawing: Drawing, speller: Speller) -> None:
    """However a drawing is written, Graphviz holds what we hold of it."""
    text = speller.graph(drawing)
    graphs, _ = parse(text, "drawing.dot")
    assert list(map(ours, graphs)) == theirs(text)


@given(random_drawings(), spellers)
@settings(max_examples=50)
def test_what_graphviz_writes_is_the_same_drawing(drawing: Drawing, speller: Speller) -> None:
    """What Graphviz makes of a text, in its own order and with broken lines, reads back."""
    text = speller.graph(drawing)
    before, _ = parse(text, "drawing.dot")
    after, problems = parse(graphviz("nop", text=text).stdout.decode(), "nop.dot")
    assert problems == []
    assert [_by_name(it) for it in after] == [_by_name(it) for it in before]


@given(damaged_texts)
@settings(max_examples=100)
def test_graphviz_agrees_about_damaged_texts(text: str) -> None:
    """Of a text that was damaged, Graphviz says as we do whether it is still a drawing."""
    assume(not re.search("[@\0\udc80]|strict.*key", text, re.DOTALL))
    graphs, problems = parse(text, "damaged.dot")
    assume(not any(it.rule == "no-graph" or "begins here" in it.sentence for it in problems))
    assert bool(problems) == is_refused(text)
    if not problems:
        assert list(map(ours, graphs)) == theirs(text)


def _by_name(graph: Graph) -> Model:
    """A graph without its order, and without subgraphs, of which anonymous ones are not written."""
    model = ours(graph)
    return {**model, "nodes": sorted(model["nodes"]), "subgraphs": []}
