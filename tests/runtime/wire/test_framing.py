"""Bytes become frames however they arrive, and what can be no frame is refused in a sentence."""

import tracemalloc
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated.layouts.commands import Command
from generated.layouts.headers import Header80, Header95, Header100
from runtime.errors import PeerError
from runtime.wire.framing import (
    BLOCK_SIZE_BYTES,
    DATA_LIMITS,
    FIRST_LIMITS,
    HEADER_80,
    HEADER_95,
    HEADER_100,
    META_LIMITS,
    Frame,
    Framing,
    HeaderKind,
    header_kind,
    pack_header,
)

LENGTH_MAX = max(limits.most for limits in DATA_LIMITS.values())

Wanted = tuple[HeaderKind, int, int, bytes]


def packed(frame: Wanted) -> bytes:
    """A frame as it is sent."""
    kind, volume, command, payload = frame
    return pack_header(kind, volume=volume, command=command, length=len(payload)) + payload


def plain(frames: Sequence[Frame]) -> list[Wanted]:
    """Frames with their payloads copied, to compare."""
    return [(kind, volume, command, bytes(payload)) for kind, volume, command, payload in frames]


@st.composite
def frames_of(draw: st.DrawFn, kinds: Sequence[HeaderKind]) -> Wanted:
    """A frame that the data socket may bring."""
    kind = draw(st.sampled_from(kinds))
    command = draw(st.sampled_from(sorted(DATA_LIMITS)))
    least, most = DATA_LIMITS[command]
    size = draw(st.integers(least, min(most, least + 100)))
    payload = draw(st.binary(min_size=size, max_size=size))
    volume = draw(st.integers(0, 0xFFFF)) if kind is HEADER_100 else 0
    return kind, volume, command, payload


def fed(framing: Framing, data: bytes) -> Iterator[Frame]:
    """The frames that are complete with these bytes."""
    rest = memoryview(data)
    while rest:
        rest = rest[framing.put(rest) :]
        yield from framing.frames()


def received(framing: Framing, data: bytes, sizes: Sequence[int]) -> list[Wanted]:
    """What a framing gives for bytes that arrive in pieces of these sizes, again and again."""
    taken: list[Wanted] = []
    while data:
        for size in sizes:
            space = framing.space()
            count = min(size, len(space), len(data))
            space[:count], data = data[:count], data[count:]
            framing.received(count)
            taken += plain([*framing.frames()])
    return taken


@pytest.mark.parametrize(("version", "kinds"), [(101, [HEADER_100]), (99, [HEADER_80, HEADER_95])])
@given(data=st.data(), sizes=st.lists(st.integers(1, 200), min_size=1, max_size=5))
def test_frames_come_out_however_the_bytes_arrive(
    version: int, kinds: list[HeaderKind], data: st.DataObject, sizes: list[int]
) -> None:
    """A packet's boundaries have nothing to do with those of what a socket brings (wire 1.6)."""
    wanted = data.draw(st.lists(frames_of(kinds), max_size=8))
    stream = b"".join(map(packed, wanted))
    assert received(Framing(DATA_LIMITS, version), stream, sizes) == wanted


def test_large_frames_cross_blocks_whole() -> None:
    """Frames that no block has room for any more are moved to the next one."""
    payload = bytes(range(256)) * 4096
    wanted = [(HEADER_100, 7, Command.P_DATA.value, payload[number:]) for number in range(4)]
    stream = b"".join(map(packed, wanted))
    assert received(Framing(DATA_LIMITS, 101), stream, [65536, 16, 70001]) == wanted


def test_payloads_stay_while_later_bytes_arrive() -> None:
    """A payload that somebody holds is not overwritten."""
    framing = Framing(DATA_LIMITS, 101)
    first = (HEADER_100, 0, Command.P_DATA.value, b"1" * 1000)
    (held,) = fed(framing, packed(first))
    for _ in range(3):
        list(fed(framing, packed((HEADER_100, 0, Command.P_DATA.value, bytes(LENGTH_MAX)))))
    assert held.payload == first[3]


def test_payloads_are_views_of_the_receive_buffer() -> None:
    """A packet that arrived in one piece is not copied."""
    framing = Framing(DATA_LIMITS, 101)
    space = framing.space()
    sent = packed((HEADER_100, 0, Command.P_DATA.value, b"a" * 600))
    space[: len(sent)] = sent
    framing.received(len(sent))
    (frame,) = framing.frames()
    space[16] = ord("b")
    assert frame.payload[0] == ord("b")


def test_the_version_changes_between_two_frames() -> None:
    """Behind P_CONNECTION_FEATURES the long header may follow in the same read (wire 2.4)."""
    framing = Framing(DATA_LIMITS)
    features = (HEADER_80, 0, Command.P_CONNECTION_FEATURES.value, bytes(72))
    state = (HEADER_100, 3, Command.P_STATE.value, bytes(4))
    taken = []
    for frame in fed(framing, packed(features) + packed(state)):
        taken.append(frame)
        framing.agreed_version = 101
    assert plain(taken) == [features, state]


def test_without_an_agreed_version_headers_speak_for_themselves() -> None:
    """Who came late takes each kind of header."""
    wanted = [(kind, 0, Command.P_STATE.value, bytes(4)) for kind in (HEADER_80, HEADER_100)] * 2
    wanted.append((HEADER_95, 0, Command.P_DATA.value, bytes(40000)))
    framing = Framing(DATA_LIMITS, None)
    assert received(framing, b"".join(map(packed, wanted)), [11]) == wanted


def test_after_a_loss_the_next_header_is_found() -> None:
    """What looks like a header but has an impossible command, length or pad is passed over."""
    wrong = [
        pack_header(HEADER_100, volume=0, command=0x35, length=0),
        pack_header(HEADER_100, volume=0, command=Command.P_STATE, length=5),
        pack_header(HEADER_100, volume=0, command=Command.P_STATE, length=4)[:-1] + b"\x01",
        b"\x86\x20\xec",
    ]
    state = (HEADER_100, 0, Command.P_STATE.value, b"abcd")
    framing = Framing(DATA_LIMITS, None)
    for byte in b"-".join([*wrong, packed(state)[:-4]]):
        framing.space()[0] = byte
        framing.received(1)
        found = framing.seek_header()
    assert found
    assert plain([*fed(framing, b"abcd")]) == [state]


@pytest.mark.parametrize(
    ("version", "sent", "sentence"),
    [
        (101, b"GET / HTTP/1.1\r\n", "a packet begins with 474554.*no header of version 101"),
        (80, b"GET / HTTP/1.1\r\n", "a packet begins with 474554.*no header of version 80"),
        (None, b"GET / HTTP/1.1\r\n", "no header of any version"),
        (101, "8620ec20 0000 000e 00000004 00000001", "no header of version 101"),
        (101, "83740267 000e 0004 0000000000000000", "no header of version 101"),
        (100, "8620ec20 0000 0035 00000000 00000000", "has the number 0x0035"),
        (100, "8620ec20 0000 0013 00000000 00000000", "has the number 0x0013"),
        (100, "8620ec20 0000 000e 00000005 00000000", "P_STATE has 5 bytes, which must be 4"),
        (100, "8620ec20 0000 0000 00200000 00000000", "P_DATA has 2097152 bytes.* 24 to 1048664"),
        (99, "835a 0000 00000010", "P_DATA has 16 bytes"),
    ],
)
def test_impossible_headers_are_refused_in_a_sentence(
    version: int | None, sent: bytes | str, sentence: str
) -> None:
    """The message names what came and what could have come (wire 13.1)."""
    data = sent if isinstance(sent, bytes) else bytes.fromhex(sent)
    with pytest.raises(PeerError, match=sentence):
        list(fed(Framing(DATA_LIMITS, version), data))


def test_the_meta_socket_takes_exact_lengths_only() -> None:
    """On the meta socket a length must equal the fixed size (wire 2.5)."""
    ping = pack_header(HEADER_100, volume=0, command=Command.P_PING, length=1)
    with pytest.raises(PeerError, match="P_PING has 1 bytes, which must be 0"):
        list(fed(Framing(META_LIMITS, 101), ping))


def test_only_initial_packets_come_first() -> None:
    """An accepted socket must say at once which one it is (wire 1.2)."""
    with pytest.raises(PeerError, match="0x000e"):
        list(fed(Framing(FIRST_LIMITS), packed((HEADER_80, 0, Command.P_STATE.value, bytes(4)))))


@given(st.binary(max_size=200), st.sampled_from([80, 99, 101, None]), st.integers(1, 50))
def test_random_bytes_give_frames_or_a_peer_error(
    data: bytes, version: int | None, size: int
) -> None:
    """Whatever a hostile node sends, nothing but PeerError comes of it."""
    framing = Framing(DATA_LIMITS, version)
    try:
        frames = received(framing, data, [size])
    except PeerError:
        return
    assert sum(len(packed(frame)) for frame in frames) + len(framing.pending) == len(data)


@given(
    wanted=st.lists(frames_of([HEADER_100]), min_size=1, max_size=4),
    place=st.integers(0, 200),
    value=st.integers(0, 255),
)
def test_mutated_streams_give_frames_or_a_peer_error(
    wanted: list[Wanted], place: int, value: int
) -> None:
    """A good stream with one wrong byte gives nothing worse than PeerError."""
    stream = bytearray(b"".join(map(packed, wanted)))
    stream[place % len(stream)] = value
    framing = Framing(DATA_LIMITS, 101)
    try:
        frames = received(framing, bytes(stream), [64])
    except PeerError:
        return
    assert sum(len(packed(frame)) for frame in frames) + len(framing.pending) == len(stream)


def test_memory_has_a_bound() -> None:
    """An endless packet, announced but never sent, takes no more than two blocks."""
    header = pack_header(HEADER_100, volume=0, command=Command.P_DATA, length=LENGTH_MAX)
    data = header + bytes(LENGTH_MAX)
    framing = Framing(DATA_LIMITS, 101)
    tracemalloc.start()
    for sent in (data, data, data, header):
        list(fed(framing, sent))
        framing.space()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * max(BLOCK_SIZE_BYTES, len(data)) + 10_000


@pytest.mark.parametrize(
    ("agreed_version", "length", "kind"),
    [
        (80, 72, HEADER_80),
        (94, 0xFFFF, HEADER_80),
        (95, 0x8000, HEADER_80),
        (95, 0x8001, HEADER_95),
        (99, 24 + 0x8000, HEADER_95),
        (100, 0, HEADER_100),
        (101, 0x8001, HEADER_100),
    ],
)
def test_the_sender_uses_the_header_of_the_agreed_version(
    agreed_version: int, length: int, kind: HeaderKind
) -> None:
    """From 95 on the large header takes over above 32 KiB; from 100 on there is one (2.4)."""
    assert header_kind(agreed_version=agreed_version, length=length) is kind


@pytest.mark.parametrize(
    ("kind", "drawn"),
    [
        (HEADER_80, Header80(command=14, length=4)),
        (HEADER_95, Header95(command=14, length=70000)),
        (HEADER_100, Header100(volume=3, command=14, length=70000)),
    ],
)
def test_headers_are_as_drawn(kind: HeaderKind, drawn: Header80 | Header95 | Header100) -> None:
    """The short way to a header gives the bytes of the layout that is drawn (wire 2.1 to 2.3)."""
    volume = 3 if isinstance(drawn, Header100) else 0
    assert pack_header(kind, volume=volume, command=14, length=drawn.length) == drawn.pack()
