"""Traces of requests against the six generated flows."""

from enum import Enum
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated.flows import (
    checksum_resync,
    checksum_resync_in_sync,
    diskless_read,
    mirrored_write,
    online_verify,
    resync,
)
from generated.flows.mirrored_write import Primary, Secondary
from generated.flows.path import Flow

Trace = list[Enum]

FLOWS: Final[tuple[Flow[Any], ...]] = (
    mirrored_write.FLOW,
    diskless_read.FLOW,
    resync.FLOW,
    checksum_resync.FLOW,
    checksum_resync_in_sync.FLOW,
    online_verify.FLOW,
)
every_flow = pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.drawing)


def whole_trace(flow: Flow[Any], data: st.DataObject) -> Trace:
    """Some order in which everything of one case happens: each time any step that is ready."""
    order = data.draw(st.sampled_from(flow.orders))
    trace: Trace = []
    while len(trace) < len(order):
        ready = [it for it in order if it not in trace and set(order[it]) <= set(trace)]
        trace.append(data.draw(st.sampled_from(ready)))
    return trace


@every_flow
@given(data=st.data())
def test_whatever_is_ready_may_happen_next(flow: Flow[Any], data: st.DataObject) -> None:
    """Every order that respects the arrows is a path to the end."""
    trace = whole_trace(flow, data)
    assert flow.is_path(trace)
    assert flow.is_whole(trace)


@every_flow
@given(data=st.data())
def test_a_request_may_be_cut_short(flow: Flow[Any], data: st.DataObject) -> None:
    """When the connection is lost the beginning of a path is a path, but not a whole one."""
    trace = whole_trace(flow, data)
    beginning = trace[: data.draw(st.integers(0, len(trace) - 1))]
    assert flow.is_path(beginning)
    assert not flow.is_whole(beginning)


@every_flow
@given(data=st.data())
def test_nothing_happens_before_what_leads_to_it(flow: Flow[Any], data: st.DataObject) -> None:
    """A step that is moved before one that an arrow comes from makes it no path."""
    trace = whole_trace(flow, data)
    step = data.draw(st.sampled_from([it for it in trace if flow.follows[it]]))
    late = data.draw(st.sampled_from(flow.follows[step])).step
    trace.remove(late)
    trace.insert(trace.index(step), late)
    assert not flow.is_path(trace)


@every_flow
@given(data=st.data())
def test_nothing_happens_twice(flow: Flow[Any], data: st.DataObject) -> None:
    """A trace is about one request, which takes each step once."""
    trace = whole_trace(flow, data)
    assert not flow.is_path([*trace, data.draw(st.sampled_from(trace))])


@every_flow
@given(data=st.data())
def test_each_node_sees_a_path_of_its_column(flow: Flow[Any], data: st.DataObject) -> None:
    """Half a trace is a path for the node that has it, and no path of the whole drawing."""
    trace = whole_trace(flow, data)
    for column in {type(step) for step in trace}:
        half = [step for step in trace if isinstance(step, column)]
        assert flow.is_whole(half, column)
        assert not flow.is_whole(half)


@every_flow
@given(data=st.data())
def test_a_node_that_takes_its_steps_in_another_order_is_caught(
    flow: Flow[Any], data: st.DataObject
) -> None:
    """One column is checked through the other: what waits for the peer's answer waits."""
    trace = whole_trace(flow, data)
    half = [step for step in trace if isinstance(step, type(flow.start))]
    assert not flow.is_path(half[::-1], type(flow.start))


@every_flow
@given(data=st.data())
def test_a_finished_request_holds_nothing(flow: Flow[Any], data: st.DataObject) -> None:
    """What a whole trace opens it closes later."""
    trace = whole_trace(flow, data)
    for bracket in flow.brackets:
        assert trace.index(bracket.opens) < trace.index(bracket.closes)


@every_flow
def test_every_step_has_a_row(flow: Flow[Any]) -> None:
    """The table says of every step what follows it, and nothing of any other."""
    steps = {step for order in flow.orders for step in order}
    assert set(flow.follows) == steps
    assert {arrow.step for arrows in flow.follows.values() for arrow in arrows} <= steps


def test_the_peer_may_be_faster_than_the_own_disk() -> None:
    """The acknowledgement of a mirrored write waits for the peer's disk, not for ours."""
    sent = [Primary.al_begin_io, Primary.drbd_make_request, Primary.w_send_dblock]
    peer = [Secondary.receive_Data, Secondary.drbd_endio_write_sec, Secondary.e_end_block]
    local = [Primary.drbd_endio_write_pri, Primary.al_complete_io]
    assert mirrored_write.FLOW.is_whole([*sent, *peer, Primary.got_BlockAck, *local])
    assert mirrored_write.FLOW.is_whole([*sent, *local, *peer, Primary.got_BlockAck])


def test_an_acknowledgement_out_of_nothing_is_no_path() -> None:
    """Nobody acknowledges what has not been written."""
    sent = [Primary.al_begin_io, Primary.drbd_make_request, Primary.w_send_dblock]
    assert not mirrored_write.FLOW.is_path([*sent, Secondary.receive_Data, Primary.got_BlockAck])
    assert not mirrored_write.FLOW.is_path([*sent[:2], Primary.got_BlockAck], Primary)


def test_the_extent_is_not_given_back_before_the_write() -> None:
    """The activity log covers a write until our own disk has it."""
    sent = [Primary.al_begin_io, Primary.drbd_make_request, Primary.w_send_dblock]
    assert not mirrored_write.FLOW.is_path([*sent, Primary.al_complete_io])
