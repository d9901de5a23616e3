"""Everything that the nodes of a world did must be drawn (style: the drawing is the program)."""

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any

from generated.flows.mirrored_write import Primary
from generated.flows.path import Flow
from generated.states import (
    conn_states,
    disk_states,
    node_states,
    peer_disk_states,
    peer_states,
    susp_fen_states,
    susp_nod_states,
    susp_states,
)
from runtime.effects import Arrow, FlowTraced
from runtime.events import ChangeNetOptionsRequested
from tests.simulation.node import SimulatedNode
from tests.simulation.world import World

TABLES: Mapping[str, Mapping[tuple[Any, Any], tuple[Any, ...]]] = {
    "conn_states": conn_states.TRANSITIONS,
    "disk_states": disk_states.TRANSITIONS,
    "node_states": node_states.TRANSITIONS,
    "peer_disk_states": peer_disk_states.TRANSITIONS,
    "peer_states": peer_states.TRANSITIONS,
    "susp_states": susp_states.TRANSITIONS,
    "susp_nod_states": susp_nod_states.TRANSITIONS,
    "susp_fen_states": susp_fen_states.TRANSITIONS,
}


def _rows(graph: str) -> Iterator[Arrow]:
    for (source, event), rows in TABLES[graph].items():
        for row in rows:
            actions = tuple(action.name for action in row.actions)
            yield Arrow(graph, source.name, event.name, row.target.name, actions)


DRAWN = frozenset(row for graph in TABLES for row in _rows(graph))


def _is_drawn(traced: FlowTraced, *, is_acked: bool) -> bool:
    """Whether one node's steps are a path, to the very end unless there is no ack to wait for."""
    flow: Flow[Any] = traced.flow
    column: type[Enum] = type(traced.steps[0])
    if column is Primary and not is_acked:
        return flow.is_path(traced.steps, column)
    return flow.is_whole(traced.steps, column)


def check_traces(world: World) -> None:
    """Every arrow is a row of a drawing, and every request's steps are a path of its flow."""
    for node in world.nodes:
        for change in node.changes:
            undrawn = [arrow for arrow in change.arrows if arrow not in DRAWN]
            assert not undrawn, (node.name, undrawn)
        for traced in node.flows:
            is_acked = _is_acked(node)
            assert _is_drawn(traced, is_acked=is_acked), (
                node.name,
                traced.flow.drawing,
                traced.steps,
            )


def _is_acked(node: SimulatedNode) -> bool:
    may_change = any(
        isinstance(command, ChangeNetOptionsRequested) and "protocol" in command.changes
        for command in node.answers
    )
    return node.config.net.protocol.name != "A" and not may_change


MakeWorld = Callable[..., World]
"""Makes a world whose traces are looked at when the test is over."""
