"""A node in pictures: where each of its machines stands, and how often it went which way."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from codegen.coverage import Coverage, Row, cover, picture
from codegen.drawings import Drawings
from codegen.graph import Graph
from codegen.painting import Paint, painted
from codegen.problems import Problem
from codegen.trace import Trace, stands, steps_of

LIT: Final[Paint] = {
    "color": "#b71c1c",
    "fontcolor": "#b71c1c",
    "fillcolor": "#ffe082",
    "penwidth": "4",
    "style": "rounded,filled",
}
"""The paint of the state in which a machine stands."""


@dataclass(frozen=True, slots=True)
class LiveGraph:
    """One drawing as one volume of a node has used it.

    `state` is where the machine stands, empty in a flow. `rows` are those that were taken, the most
    frequent first.
    """

    kind: str
    name: str
    state: str
    rows: tuple[Row, ...]
    graph: Graph


@dataclass(frozen=True, slots=True)
class LiveVolume:
    """One volume of a node, by the name that its trace gives it: `alice`, or `alice/1`."""

    name: str
    graphs: tuple[LiveGraph, ...]


def live_volumes(
    drawings: Drawings, trace: Trace, *, names: Iterable[str] = ()
) -> tuple[list[LiveVolume], list[Problem]]:
    """What a trace says of its volumes, or of those with these names; and what is wrong with it.

    A machine that never moved stands where it begins.
    """
    found, problems = [], list[Problem]()
    initial = {machine.name: machine.initial for machine in drawings.machines}
    for name, states in sorted(stands(trace).items()):
        if names and name not in set(names):
            continue
        covered, wrong = cover(drawings, [steps_of(trace, name)])
        problems += wrong
        graphs = _graphs(drawings, covered, {**initial, **states})
        found.append(LiveVolume(name, tuple(graphs)))
    return found, problems


def _graphs(
    drawings: Drawings, covered: Iterable[Coverage], states: Mapping[str, str]
) -> Iterator[LiveGraph]:
    drawn = {graph.place: graph for _, graph in drawings.graphs}
    for it in covered:
        state = states.get(it.name, "") if it.kind == "states" else ""
        graph = picture(drawn[it.place], it)
        if state:
            graph = painted(graph, {state: LIT}, {})
        taken = sorted((row for row in it.rows if row.count), key=lambda row: -row.count)
        yield LiveGraph(it.kind, it.name, state, tuple(taken), graph)
