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


@dataclass(frozen=True, slots=True)
class VolumeTrace:
    """What one volume did: its steps with their counts, and in which state each machine stands."""

    name: str
    states: Mapping[str, str]
    trace: Trace


def volumes_of(drawings: Drawings, trace: Trace) -> list[VolumeTrace]:
    """What a trace says of each volume; a machine that never moved stands where it begins."""
    initial = {machine.name: machine.initial for machine in drawings.machines}
    return [
        VolumeTrace(name, {**initial, **states}, steps_of(trace, name))
        for name, states in sorted(stands(trace).items())
    ]


def live_volumes(
    drawings: Drawings, traces: Iterable[VolumeTrace]
) -> tuple[list[LiveVolume], list[Problem]]:
    """The volumes in pictures; and what is wrong with their steps."""
    found, problems = [], list[Problem]()
    for it in traces:
        covered, wrong = cover(drawings, [it.trace])
        problems += wrong
        found.append(LiveVolume(it.name, tuple(_graphs(drawings, covered, it.states))))
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
