"""A peer that means harm, or does not know what it does: bytes and packets that nobody foresaw.

Whatever comes, in whatever phase: no exception leaves the engine, each step stays within bounds
(watched.py), the jobs of a step end, and afterwards a good peer finds everything in order.
"""

from functools import cache
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generated.layouts.configuration import P_SYNC_PARAM89, ResyncController
from generated.layouts.packets import DATA_SOCKET, META_SOCKET
from generated.layouts.requests import P_RS_DATA_REQUEST
from generated.layouts.state import P_STATE
from generated.states.conn_states import ConnState
from runtime.wire.channel import Channel
from runtime.wire.framing import ANY_LIMITS, HeaderKind, pack_header
from tests.runtime.engine.hostile_packets import MILD_STEPS, WILD_STEPS, Step
from tests.runtime.engine.phases import (
    PHASES,
    Stage,
    connected,
    sync_source,
)
from tests.runtime.engine.scripted_peer import word
from tests.runtime.recorded import FOLDER, Recording, sent

EXAMPLES: Final = settings(
    max_examples=5
)  # of each phase and kind of harm: all together take half a minute
PHASE_NAMES: Final = pytest.mark.parametrize("phase", PHASES)
QUIET_S: Final = 0.3
STREAM_SIZE_BYTES_MAX: Final = 1 << 16
FIRST_SIZE_BYTES: Final = 8  # the packet that introduces a connection

BYTES: Final = st.lists(
    st.tuples(st.sampled_from(("data", "meta")), st.binary(max_size=200)), max_size=6
)


def socket_of(stage: Stage, name: str) -> Channel | None:
    """One of the peer's two connections, if it has it."""
    sockets = stage.peer.sockets
    return sockets.data if name == "data" else sockets.meta


def finish(stage: Stage) -> None:
    """Let all that was said take effect; then a good peer comes."""
    stage.world.run_for(QUIET_S)
    stage.connect_good_peer()


def play(stage: Stage, steps: list[Step]) -> None:
    """Say packets one after the other, as long as somebody listens."""
    for name, packet, volume, pause_s in steps:
        channel = socket_of(stage, name)
        if channel is None or stage.peer.is_cut_off:
            break
        stage.peer.send(channel, packet, volume=volume)
        stage.world.run_for(pause_s)
    finish(stage)


@PHASE_NAMES
@EXAMPLES
@given(pieces=BYTES)
def test_random_bytes_do_no_harm(phase: str, pieces: list[tuple[str, bytes]]) -> None:
    """Bytes that mean nothing cost the connection at most."""
    stage = PHASES[phase]()
    for name, content in pieces:
        channel = socket_of(stage, name)
        if channel is not None:
            stage.peer.say_bytes(channel, content)
    finish(stage)


@PHASE_NAMES
@EXAMPLES
@given(
    number=st.sampled_from([*DATA_SOCKET, *META_SOCKET]),
    socket=st.sampled_from(("data", "meta")),
    content=st.binary(max_size=200),
    volume=st.sampled_from((0, 0, 1)),
)
def test_known_numbers_with_random_content_do_no_harm(
    phase: str, number: int, socket: str, content: bytes, volume: int
) -> None:
    """A right header before bytes that mean nothing costs the connection at most."""
    limits = ANY_LIMITS[number]
    content = content.ljust(limits.least, b"\0")[: max(limits.most, 1)]
    stage = PHASES[phase]()
    channel = socket_of(stage, socket)
    kind = HeaderKind.HEADER_100 if channel and channel.version >= 100 else HeaderKind.HEADER_80
    if channel is not None:
        header = pack_header(kind, volume=volume, command=number, length=len(content))
        stage.peer.say_bytes(channel, header + content)
    finish(stage)


@PHASE_NAMES
@EXAMPLES
@given(steps=WILD_STEPS)
def test_packets_in_random_order_do_no_harm(phase: str, steps: list[Step]) -> None:
    """Well-formed packets with extreme values are refused wherever they make no sense."""
    play(PHASES[phase](), steps)


@PHASE_NAMES
@EXAMPLES
@given(steps=MILD_STEPS)
def test_plausible_packets_in_random_order_do_no_harm(phase: str, steps: list[Step]) -> None:
    """Packets that pass every check of their own may still come at the wrong time."""
    play(PHASES[phase](), steps)


CONVERSATIONS: Final = (
    "cram-one-sided",
    "cram-sha256",
    "csums-md5-integrity",
    "reconnect-large-mixed",
    "reconnect-plain",
    "reconnect-rle",
    "skip-initial-sync",
    "trim",
    "zero-out-integrity",
)


@cache
def spoken(name: str) -> list[bytes]:
    """What came from one end, for each connection; no more of it than says enough."""
    recording = Recording(FOLDER / f"{name}.pcap.gz")
    streams = sent(recording.segments()).values()
    return [it[:STREAM_SIZE_BYTES_MAX] for it in streams if len(it) > FIRST_SIZE_BYTES]


@pytest.mark.parametrize("name", CONVERSATIONS)
@settings(max_examples=3)
@given(data=st.data())
def test_recorded_conversations_that_are_spoilt_do_no_harm(name: str, data: st.DataObject) -> None:
    """What a kernel once said to another is said to this node, with some bytes changed."""
    stage = Stage()
    stage.begin(has_data=True)
    stage.world.run_until(lambda: stage.node.is_listening, "alice to listen")
    streams = spoken(name)
    for socket in ("data", "meta"):
        stream = bytearray(data.draw(st.sampled_from(streams)))
        for position in data.draw(
            st.lists(st.integers(FIRST_SIZE_BYTES, len(stream) - 1), max_size=4)
        ):
            stream[position] = data.draw(st.integers(0, 255))
        stage.peer.open(socket)
        channel = socket_of(stage, socket)
        assert channel is not None
        stage.peer.say_bytes(channel, stream[:FIRST_SIZE_BYTES])
        stage.world.run_for(0.6 if socket == "meta" else 0.0)
        stage.peer.say_bytes(channel, stream[FIRST_SIZE_BYTES:])
    finish(stage)


def test_peer_that_tells_a_rate_of_nothing_does_not_stop_later_resyncs() -> None:
    """What is adopted from one peer and told to the next one is never less than the limits."""
    stage = connected()
    stage.peer.say(P_SYNC_PARAM89(250, b"", b"", ResyncController(20, 10, 100, 0)))
    finish(stage)


def test_peer_that_goes_ahead_of_its_source_breaks_the_protocol() -> None:
    """A target can't lead: the connection is given up, and no exception leaves the engine."""
    stage = sync_source()
    stage.peer.say(P_STATE(word(conn=ConnState.Ahead)))
    stage.peer.settle()
    assert "ProtocolError" in stage.names_passed()
    finish(stage)


def test_sync_source_answers_the_same_question_as_often_as_it_is_asked() -> None:
    """A block that is asked for again and again is read each time, and the link stays."""
    stage = sync_source()
    for _ in range(20):
        stage.peer.say(P_RS_DATA_REQUEST(0, (1 << 64) - 1, 4096))
    stage.peer.settle()
    assert stage.conn is ConnState.SyncSource
    finish(stage)
