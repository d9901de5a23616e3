"""Paints on a copy of a graph: Graphviz attributes over those drawn, by node and by edge."""

from collections.abc import Mapping
from dataclasses import replace

from codegen.graph import Attributes, Graph, Value
from codegen.problems import Place

Paint = Mapping[str, str]
"""Graphviz attributes by name; a value that is an `Html` is markup, any other is text."""


class Html(str):
    """A value that Graphviz reads as HTML: `<b>bold</b>`."""

    __slots__ = ()


def painted(graph: Graph, nodes: Mapping[str, Paint], edges: Mapping[int, Paint]) -> Graph:
    """A copy of the graph with attributes set: by a node's name, by an edge's index.

    Subgraphs are shared with the original, because nothing is painted on them.
    """
    new_nodes = {
        name: replace(node, attributes=_over(node.attributes, nodes.get(name, {}), node.place))
        for name, node in graph.nodes.items()
    }
    new_edges = [
        replace(edge, attributes=_over(edge.attributes, edges.get(index, {}), edge.place))
        for index, edge in enumerate(graph.edges)
    ]
    return replace(graph, nodes=new_nodes, edges=new_edges)


def _over(drawn: Attributes, paint: Paint, place: Place) -> Attributes:
    """New attributes: those drawn, then the paint, which lies at the place of its node or edge."""
    values = {name: Value(str(it), place, isinstance(it, Html)) for name, it in paint.items()}
    return {**drawn, **values}
