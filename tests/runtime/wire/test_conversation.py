"""Watched TCP connections are paired and decoded, whole recordings and damaged ones."""

from dataclasses import replace
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from generated.layouts.codec import Packet
from generated.layouts.commands import Command
from generated.layouts.handshake import P_CONNECTION_FEATURES, Features
from generated.layouts.requests import P_RS_DATA_REPLY
from runtime.wire.conversation import PacketSeen
from runtime.wire.framing import HEADER_80, HEADER_95, HEADER_100, HeaderKind, pack_header
from runtime.wire.reassembly import SEQUENCE_COUNT, Endpoint, Segment
from tests.runtime.recorded import decoded, packed, recordings

RECORDED: Final = {recording.name: recording.segments() for recording in recordings()}


def names(packets: list[PacketSeen]) -> list[str]:
    """The packets' names."""
    return [Command(it.frame.command).name for it in packets]


def moved(segment: Segment, *, ports: int) -> Segment:
    """The same segment with other port numbers at both ends."""
    source, target = (
        Endpoint(it.address, it.port + ports) for it in (segment.source, segment.target)
    )
    return replace(segment, source=source, target=target)


def web(payload: bytes, *, sequence: int, port: int = 0, is_answer: bool = False) -> Segment:
    """A segment of a connection that has nothing to do with DRBD."""
    ends = [Endpoint("198.51.100.7", 50000 + port), Endpoint("198.51.100.8", 80)]
    source, target = ends[::-1] if is_answer else ends
    return Segment(0, source, target, sequence, payload, len(payload), syn=not payload)


def test_the_two_sockets_of_each_attempt_find_each_other() -> None:
    """Crossed attempts are left alone, and each data socket gets its own meta socket."""
    result = decoded(RECORDED["zero-out-integrity"])
    told = [f"c{it.connection} {it.sentence}" for it in result.remarks]
    assert told == [
        "c1 is a data socket, opened from 192.0.2.2:35861 to 192.0.2.1:7788",
        "c2 is a meta socket, opened from 192.0.2.1:47449 to 192.0.2.2:7788",
        "c1 and c2 belong together: version 101, TRIM|THIN_RESYNC|WSAME|WZEROES",
        "c4 is a data socket, opened from 192.0.2.1:35907 to 192.0.2.2:7788",
        "c5 is a meta socket, opened from 192.0.2.2:42609 to 192.0.2.1:7788",
        "c4 and c5 belong together: version 101, TRIM|THIN_RESYNC|WSAME|WZEROES",
    ]


def test_two_resources_of_the_same_nodes_are_told_apart_by_their_ports() -> None:
    """Where two DRBD connections begin at once, sockets to the same port belong together."""
    segments = RECORDED["skip-initial-sync"]
    both = [one for it in segments for one in (it, moved(it, ports=1))]
    result = decoded(both)
    assert len(result.packets) == 2 * len(decoded(segments).packets)
    pairs = [
        (it.connection, int(it.sentence.split()[1][1:]))
        for it in result.remarks
        if "belong together" in it.sentence
    ]
    assert [(one - other) % 2 for one, other in pairs] == [0, 0]
    assert result.oddities == []


def test_an_agreement_on_an_older_version_has_its_headers() -> None:
    """Below 100 there are short headers, and from 95 on a large one for long packets (2.4)."""

    def header(kind: HeaderKind, command: Command, length: int) -> bytes:
        return pack_header(kind, volume=0, command=command, length=length)

    features = header(HEADER_80, Command.P_CONNECTION_FEATURES, 72)
    new = features + P_CONNECTION_FEATURES(86, Features.TRIM | Features.WSAME, 101).pack()
    old = features + P_CONNECTION_FEATURES(86, Features.TRIM | Features.WZEROES, 96).pack()
    first = header(HEADER_80, Command.P_INITIAL_DATA, 0)
    state = header(HEADER_80, Command.P_STATE, 4) + bytes(4)
    write = header(HEADER_95, Command.P_DATA, 24 + 65536) + bytes(24 + 65536)
    long = header(HEADER_100, Command.P_STATE, 4) + bytes(4)
    meta = header(HEADER_80, Command.P_INITIAL_META, 0)
    result = decoded(
        [
            web(b"", sequence=0, port=1),
            web(meta, sequence=1, port=1),
            web(b"", sequence=0),
            web(first + old, sequence=1),
            web(new + state, sequence=1, is_answer=True),
            web(write + long, sequence=89),
        ]
    )
    assert names(result.packets) == [
        "P_INITIAL_META",
        "P_INITIAL_DATA",
        "P_CONNECTION_FEATURES",
        "P_CONNECTION_FEATURES",
        "P_STATE",
        "P_DATA",
    ]
    together, wrong, skipped = (it.sentence for it in result.remarks[2:])
    assert together == "and c0 belong together: version 96, TRIM"
    assert wrong.endswith("8620ec20 0000000e 00000004 00000000, which is no header of version 96")
    assert skipped.endswith("20 bytes skipped at the end")


def test_a_digest_in_front_of_data_has_the_agreed_size() -> None:
    """The hash that a node names in P_PROTOCOL is in front of the data that it sends (7.1)."""
    packets = decoded(RECORDED["csums-md5-integrity"]).packets
    writes = [it.packet for it in packets if isinstance(it.packet, P_RS_DATA_REPLY)]
    assert writes
    assert {(len(it.digest), len(it.data) % 512) for it in writes} == {(4, 0)}


def test_a_capture_that_began_late_is_understood_all_the_same() -> None:
    """Without a handshake headers, sockets and digests are known by what they look like."""
    segments = RECORDED["csums-md5-integrity"]
    packets = decoded(segments).packets
    middle_s = packets[len(packets) // 2].time_s
    late = decoded([it for it in segments if it.time_s > middle_s and not it.syn])
    wanted = [it for it in packets if it.time_s > middle_s and it.connection in (1, 2)]
    assert names(late.packets)[: len(wanted)] == names(wanted)
    assert [it.socket for it in late.packets[: len(wanted)]] == [it.socket for it in wanted]
    assert all(it.packet is not None for it in late.packets)
    writes = [it.packet for it in late.packets if isinstance(it.packet, P_RS_DATA_REPLY)]
    assert {len(it.digest) for it in writes} <= {4}


def test_a_snap_length_costs_the_data_only() -> None:
    """Of segments that are cut off behind their first bytes the packets are still told."""
    segments = RECORDED["zero-out-integrity"]
    cut = [replace(it, payload=it.payload[:170]) for it in segments]
    (reply,) = (it for it in decoded(cut).packets if it.missing_size)
    assert isinstance(reply.packet, P_RS_DATA_REPLY)
    assert (reply.packet.sector, len(reply.packet.digest)) == (2048, 4)
    assert reply.missing_size > 200_000


def test_fields_that_were_not_captured_are_not_made_up() -> None:
    """A packet whose fixed part has a hole is told without its fields."""
    segments = RECORDED["skip-initial-sync"]
    sizes = next(it for it in segments if b"\0\0\x0d\0\0\0\x38" in it.payload[:16])
    cut = replace(sizes, payload=sizes.payload[:20])
    packets = decoded([cut if it is sizes else it for it in segments]).packets
    (seen,) = (it for it in packets if it.missing_size)
    assert (Command(seen.frame.command), seen.packet) == (Command.P_SIZES, None)


def test_other_connections_are_passed_over_in_silence() -> None:
    """A capture may have all sorts of traffic; only DRBD's is told."""
    traffic = [
        web(b"", sequence=0),
        web(b"GET / HTTP/1.1\r\n\r\n", sequence=1),
        web(b"HTTP/1.1 200 OK\r\n\r\n", sequence=1, is_answer=True),
        web(b"GET /next HTTP/1.1\r\n\r\n", sequence=19),
    ]
    segments = RECORDED["skip-initial-sync"]
    result = decoded([*traffic[:2], *segments, *traffic[2:]])
    assert names(result.packets) == names(decoded(segments).packets)
    assert result.oddities == []


def test_a_segment_with_one_end_is_no_connection() -> None:
    """Forged segments that come from where they go to are passed over."""
    segments = RECORDED["skip-initial-sync"]
    forged = replace(segments[0], target=segments[0].source)
    assert names(decoded([forged, *segments]).packets) == names(decoded(segments).packets)


def test_ports_that_are_used_again_are_a_new_connection() -> None:
    """A SYN with another sequence number begins another connection of the same endpoints."""
    segments = RECORDED["skip-initial-sync"]
    again = [replace(it, sequence=(it.sequence + (1 << 30)) % SEQUENCE_COUNT) for it in segments]
    result = decoded([*segments, *again])
    count = len({frozenset((it.source, it.target)) for it in segments})
    first, second = (
        result.packets[: len(result.packets) // 2],
        result.packets[len(result.packets) // 2 :],
    )
    assert [it.connection + count for it in first] == [it.connection for it in second]
    assert names(first) == names(second)


def test_a_packet_whose_bytes_do_not_fit_is_told_without_fields() -> None:
    """A fault inside a packet costs that packet only."""
    segments = RECORDED["skip-initial-sync"]
    param = next(it for it in segments if b"\0\0\x23\0\0\0\x94" in it.payload[:16])
    shorter = param.payload.replace(b"\x23\0\0\0\x94", b"\x23\0\0\0\x93")
    cut = replace(param, payload=shorter[:-1] + bytes(1), size=param.size)
    result = decoded([cut if it is param else it for it in segments])
    broken = [it for it in result.packets if it.packet is None]
    assert [Command(it.frame.command) for it in broken] == [Command.P_SYNC_PARAM89]
    assert any("ResyncController" in it for it in result.oddities)


@settings(max_examples=30)
@given(data=st.data())
def test_order_and_repetition_of_segments_do_not_matter(data: st.DataObject) -> None:
    """Segments that overtake each other or come twice give the same packets."""
    segments = list(RECORDED["trim"])
    for at in data.draw(st.lists(st.integers(0, len(segments) - 2), max_size=20)):
        one, other = segments[at], segments[at + 1]
        if one.source == other.source and not one.syn:
            segments[at : at + 2] = [other, one]
    for at in data.draw(st.lists(st.integers(0, len(segments) - 1), max_size=20)):
        segments.insert(min(at + 3, len(segments)), segments[at])
    assert packed(decoded(segments).packets) == packed(decoded(RECORDED["trim"]).packets)


@settings(max_examples=100)
@given(data=st.data())
def test_damaged_recordings_never_raise(data: st.DataObject) -> None:
    """Wrong bytes, lost and cut segments give packets and remarks, and nothing else."""
    segments = list(RECORDED[data.draw(st.sampled_from(sorted(RECORDED)))])
    places = st.integers(0, len(segments) - 1)
    for at in data.draw(st.lists(places, max_size=10)):
        payload = bytearray(segments[at].payload)
        if payload:
            payload[data.draw(st.integers(0, min(len(payload) - 1, 40)))] = data.draw(
                st.integers(0, 255)
            )
            segments[at] = replace(segments[at], payload=bytes(payload))
    for at in data.draw(st.lists(places, max_size=3)):
        segments[at] = replace(segments[at], payload=segments[at].payload[:20])
    for at in sorted(data.draw(st.sets(places, max_size=5)), reverse=True):
        del segments[at]
    for seen in decoded(segments).packets:
        assert seen.packet is None or isinstance(seen.packet, Packet)
