"""The reader beside Graphviz: it reads what `dot` reads, as `dot` does, and refuses the rest."""

import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from codegen.graph import Graph, Subgraph
from codegen.parse import parse
from tests.codegen.dot_cases import ACCEPTED, Case

ANONYMOUS = re.compile(r"%\d+")
"""How libcgraph calls what has no name."""
NO_ATTRIBUTES = frozenset(
    "name directed strict _subgraph_cnt objects edges subgraphs nodes _gvid tail head key".split()
)
"""What else is in a JSON object. A key is what an edge is called, and never printed."""

Model = dict[str, Any]


def refuses(text: str) -> bool:
    """Whether Graphviz finds fault with a text."""
    run = subprocess.run(["nop"], input=text.encode(), capture_output=True, check=False)
    return run.returncode != 0


def graphviz(text: str) -> list[Model]:
    """What libcgraph holds of a text. The layout, which it has not got, is not our matter."""
    command = ["dot", "-Knop", "-Tdot_json"]
    run = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    decoder = json.JSONDecoder(strict=False)
    models, output = [], run.stdout.decode().lstrip()
    while output:
        graph, end = decoder.raw_decode(output)
        models.append(_theirs(graph))
        output = output[end:].lstrip()
    return models


def _theirs(graph: Model) -> Model:
    things: list[Model] = graph.get("objects", [])
    inner = {number for thing in things for number in thing.get("subgraphs", ())}
    subgraphs, nodes = things[: graph["_subgraph_cnt"]], things[graph["_subgraph_cnt"] :]

    def subgraph(thing: Model) -> Model:
        return {
            "name": ANONYMOUS.sub("", thing["name"]),
            "attributes": _set(thing),
            "nodes": sorted(things[number]["name"] for number in thing.get("nodes", ())),
            "subgraphs": _sorted(subgraph(things[it]) for it in thing.get("subgraphs", ())),
        }

    return {
        "kind": (graph["strict"], graph["directed"], ANONYMOUS.sub("", graph["name"])),
        "attributes": _set(graph),
        "nodes": [(node["name"], _set(node)) for node in nodes],
        "edges": sorted(
            (things[edge["tail"]]["name"], things[edge["head"]]["name"], _set(edge))
            for edge in graph.get("edges", ())
        ),
        "subgraphs": _sorted(subgraph(it) for it in subgraphs if it["_gvid"] not in inner),
    }


def _ours(graph: Graph) -> Model:
    def attributes(owner: Any) -> list[tuple[str, str]]:
        return _set({name: value.text for name, value in owner.attributes.items()})

    def subgraph(drawn: Subgraph) -> Model:
        return {
            "name": drawn.name,
            "attributes": attributes(drawn),
            "nodes": sorted(drawn.nodes),
            "subgraphs": _sorted(map(subgraph, drawn.subgraphs)),
        }

    return {
        "kind": (graph.strict, graph.directed, graph.name),
        "attributes": attributes(graph),
        "nodes": [(node.name, attributes(node)) for node in graph.nodes.values()],
        "edges": sorted((edge.tail, edge.head, attributes(edge)) for edge in graph.edges),
        "subgraphs": _sorted(map(subgraph, graph.root.subgraphs)),
    }


def _set(thing: Mapping[str, str]) -> list[tuple[str, str]]:
    r"""The attributes that are set: empty is not, and `\N` is what `dot` gives a node itself."""
    return sorted(
        (name, value)
        for name, value in thing.items()
        if name not in NO_ATTRIBUTES and value not in ("", r"\N")
    )


def _sorted(models: Iterable[Model]) -> list[Model]:
    """Subgraphs, which libcgraph keeps in an order of its own."""
    return sorted(models, key=repr)


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.about)
def test_graphviz_reads_the_same(case: Case) -> None:
    """Graphviz accepts what we accept, and holds the same nodes, edges, subgraphs and attributes."""
    graphs, _ = parse(case.text, "case.dot")
    assert not refuses(case.text)
    assert [_ours(graph) for graph in graphs] == graphviz(case.text)
