"""A graph in one line, so that a test can say which graph it wants: `digraph g | a b | a->b`.

Behind the kind and the name come the nodes, the edges and the subgraphs, each with its attributes
in parentheses. An empty attribute is left out: to libcgraph, it is the same as none.
"""

import json
import re

from codegen.graph import Attributes, Graph, Subgraph, Value


def describe(graph: Graph) -> str:
    """The whole graph in one line."""
    kind = f"{'strict ' if graph.strict else ''}{'digraph' if graph.directed else 'graph'}"
    arrow = "->" if graph.directed else "--"
    nodes = [_word(it.name) + _list(it.attributes) for it in graph.nodes.values()]
    edges = [f"{_word(it.tail)}{arrow}{_word(it.head)}{_list(it.attributes)}" for it in graph.edges]
    name = f" {_word(graph.name)}" if graph.name else ""
    subgraphs = [_subgraph(it) for it in graph.root.subgraphs]
    words = [kind + name + _list(graph.attributes), "|", *nodes, "|", *edges, "|", *subgraphs]
    return " ".join(words).rstrip(" |")


def _subgraph(subgraph: Subgraph) -> str:
    """A subgraph: the words of what is in it between braces. Not for bottomless nesting."""
    name = _word(subgraph.name) if subgraph.name else ""
    inside = [*map(_word, subgraph.nodes), *map(_subgraph, subgraph.subgraphs)]
    return f"{name}{_list(subgraph.attributes)}{{{' '.join(inside)}}}"


def _list(attributes: Attributes) -> str:
    drawn = [f"{_word(name)}={_value(it)}" for name, it in attributes.items() if it.text]
    return f"({','.join(drawn)})" if drawn else ""


def _value(value: Value) -> str:
    return f"<{value.text}>" if value.html else _word(value.text)


def _word(text: str) -> str:
    return text if re.fullmatch(r"[\w.-]+", text) else json.dumps(text, ensure_ascii=False)
