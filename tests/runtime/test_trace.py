"""What a trace writes `dotgen coverage` reads, and every line of it is an arrow of a drawing."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final

import pytest

from codegen.coverage import cover
from codegen.drawings import Drawings
from codegen.trace import read_trace
from generated.flows import (
    checksum_resync,
    checksum_resync_in_sync,
    diskless_read,
    mirrored_write,
    online_verify,
    resync,
)
from generated.flows.path import Flow
from runtime.effects import Arrow, FlowTraced, StateChanged
from runtime.engine.volume_state import VolumeState
from runtime.trace import Row, Trace

FLOWS: Final[list[Flow[Any]]] = [
    module.FLOW
    for module in (
        checksum_resync,
        checksum_resync_in_sync,
        diskless_read,
        mirrored_write,
        online_verify,
        resync,
    )
]
CLOSED: Final = Arrow("conn_states", "Connected", "peer_closed", "BrokenPipe", ("a", "b"))
PINGED: Final = Arrow("conn_states", "Connected", "ping_arrived", "Connected", ())
CHANGE: Final = StateChanged(0, VolumeState(), VolumeState(), (CLOSED, PINGED))


def test_arrows_are_lines() -> None:
    """Each arrow is one line with its time, its node and what was done on it."""
    trace = Trace("alice")
    trace.tell(12.3504, CHANGE)
    assert list(trace.lines()) == [
        "12.350 alice conn_states Connected --peer_closed--> BrokenPipe  [a, b]",
        "12.350 alice conn_states Connected --ping_arrived--> Connected",
    ]


def test_a_volume_but_the_first_has_its_number() -> None:
    """Volumes are told from each other."""
    trace = Trace("bob")
    trace.tell(1, StateChanged(2, VolumeState(), VolumeState(), (PINGED,)))
    assert list(trace.lines()) == ["1.000 bob/2 conn_states Connected --ping_arrived--> Connected"]


def test_steps_of_a_conversation_are_arrows() -> None:
    """A step is told with each arrow by which it was reached, packets with their names."""
    trace = Trace("alice")
    steps = [
        mirrored_write.Primary.al_begin_io,
        mirrored_write.Primary.drbd_make_request,
        mirrored_write.Primary.got_BlockAck,
    ]
    flow: Flow[Any] = mirrored_write.FLOW
    trace.tell(0.5, FlowTraced(0, flow, steps))
    assert list(trace.lines()) == [
        "0.500 alice mirrored_write al_begin_io --> drbd_make_request",
        "0.500 alice mirrored_write e_end_block --P_WRITE_ACK--> got_BlockAck",
    ]


def test_only_the_last_steps_are_kept() -> None:
    """A trace has a bound; a sink gets every line as it comes."""
    seen: list[str] = []
    trace = Trace("alice", kept_max=1, sink=seen.append)
    trace.tell(1, StateChanged(0, VolumeState(), VolumeState(), (CLOSED,)))
    trace.tell(2, StateChanged(0, VolumeState(), VolumeState(), (PINGED,)))
    assert [line.split()[0] for line in seen] == ["1.000", "2.000"]
    assert list(trace.lines()) == seen[1:]


def test_the_last_lines_are_told_without_the_others() -> None:
    """As many as are wanted, in order, be it in the middle of a change."""
    trace = Trace("alice")
    for now in (1, 2, 3):
        trace.tell(now, CHANGE)
    lines = list(trace.lines())
    assert [trace.last_lines(it) for it in (0, 1, 3, 99)] == [[], lines[-1:], lines[-3:], lines]


def test_rows_are_counted_for_ever() -> None:
    """What is not kept any more counts all the same, of states and of flows."""
    trace = Trace("alice", kept_max=1)
    for now in (1, 2, 3):
        trace.tell(now, CHANGE)
    trace.tell(4, FlowTraced(1, mirrored_write.FLOW, [mirrored_write.Primary.got_BlockAck]))
    assert trace.counts == {
        Row(0, *CLOSED[:4]): 3,
        Row(0, *PINGED[:4]): 3,
        Row(1, "mirrored_write", "e_end_block", "P_WRITE_ACK", "got_BlockAck"): 1,
    }


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.drawing)
def test_each_conversation_takes_every_arrow_of_its_drawing(
    flow: Flow[Any], drawings: Drawings
) -> None:
    """A conversation to its end, told by both nodes, covers its whole drawing."""
    trace = Trace("both")
    columns = {type(step) for step in flow.follows}
    for order in flow.orders:
        for column in columns:
            own = _sorted(order)
            trace.tell(1, FlowTraced(0, flow, [step for step in own if isinstance(step, column)]))
    read, problems = read_trace("trace", "\n".join(trace.lines()).encode())
    covered, faults = cover(drawings, [read])
    assert problems + faults == []
    name = flow.drawing.split("/")[-1].removesuffix(".dot")
    (graph,) = [it for it in covered if it.name == name]
    assert [row.text for row in graph.rows if not row.count] == []


def _sorted(order: Mapping[Enum, Sequence[Enum]]) -> list[Enum]:
    """Steps in an order in which they can happen."""
    done: list[Enum] = []
    while len(done) < len(order):
        done += [
            step for step, before in order.items() if step not in done and set(before) <= set(done)
        ]
    return done
