"""Capture files of every common kind give the same segments; damaged ones a sentence."""

import gzip
import io
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import CaptureError
from runtime.io.capture import Capture
from runtime.wire.reassembly import Endpoint, Segment
from tests.runtime.recorded import FOLDER

V4: Final = Segment(
    time_s=1_700_000_000.25,
    source=Endpoint("192.0.2.1", 7788),
    target=Endpoint("192.0.2.2", 40000),
    sequence=0xFFFFFFF0,
    payload=b"payload",
    size=7,
    acknowledged=5,
)
V6: Final = replace(V4, source=Endpoint("2001:db8::1", 7788), target=Endpoint("2001:db8::2", 40000))

ETHERNET, NULL, RAW, LOOP, SLL, IPV4, IPV6, SLL2 = 1, 0, 101, 108, 113, 228, 229, 276


def tcp(segment: Segment, *, options: bytes = b"") -> bytes:
    """A TCP segment."""
    flags = segment.fin | segment.syn << 1 | segment.reset << 2
    flags |= (segment.acknowledged is not None) << 4
    words = 5 + len(options) // 4
    ports = segment.source.port, segment.target.port
    numbers = segment.sequence, segment.acknowledged or 0
    header = struct.pack(">HHIIBBHHH", *ports, *numbers, words << 4, flags, 1000, 0, 0)
    return header + options + segment.payload


def ip(segment: Segment, *, protocol: int = 6, extension: bytes = b"", size: int = -1) -> bytes:
    """The IP packet around a TCP segment, which says that it has `size` bytes."""
    content = extension + tcp(segment)
    source, target = (ip_address(it.address).packed for it in (segment.source, segment.target))
    size = len(content) if size < 0 else size
    if len(source) == 4:
        header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + size, 1, 0, 64, protocol, 0)
    else:
        header = struct.pack(">IHBB", 6 << 28, size, protocol, 64)
    return header + source + target + content


def kind(segment: Segment) -> bytes:
    """The number of the IP version in a frame."""
    return b"\x86\xdd" if ":" in segment.source.address else b"\x08\x00"


def ethernet(segment: Segment, *, tags: bytes = b"") -> bytes:
    """An Ethernet frame, padded to the least size."""
    return (bytes(12) + tags + kind(segment) + ip(segment)).ljust(60, b"\xee")


def pcap(frames: Iterable[bytes], link_type: int = ETHERNET, order: str = "<") -> bytes:
    """A pcap file with these frames, one each quarter of a second."""
    header = struct.pack(order + "IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link_type)
    return header + b"".join(
        struct.pack(order + "IIII", 1_700_000_000, 250_000, len(frame), len(frame)) + frame
        for frame in frames
    )


def block(number: int, content: bytes, order: str = "<") -> bytes:
    """A block of a pcapng file."""
    content += bytes(-len(content) % 4)
    size = struct.pack(order + "I", len(content) + 12)
    return struct.pack(order + "I", number) + size + content + size


def section(order: str = "<") -> bytes:
    """The beginning of a pcapng file."""
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link_type: int, order: str = "<", options: bytes = b"") -> bytes:
    """An interface in a pcapng file."""
    return block(1, struct.pack(order + "HHI", link_type, 0, 0) + options, order)


def frame_of(number: int, ticks: int, content: bytes, order: str = "<") -> bytes:
    """A frame of an interface in a pcapng file."""
    size = len(content)
    fields = number, ticks >> 32, ticks & 0xFFFFFFFF, size, size
    return block(6, struct.pack(order + "IIIII", *fields) + content, order)


def segments(data: bytes) -> list[Segment]:
    """The segments in a file with these bytes."""
    return list(Capture(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("link_type", "frame"),
    [
        (ETHERNET, ethernet),
        (ETHERNET, lambda it: ethernet(it, tags=b"\x81\x00\x00\x05")),
        (ETHERNET, lambda it: ethernet(it, tags=b"\x88\xa8\x00\x05\x81\x00\x00\x06")),
        (NULL, lambda it: b"\x02\x00\x00\x00" + ip(it)),
        (LOOP, lambda it: b"\x00\x00\x00\x02" + ip(it)),
        (RAW, ip),
        (12, ip),
        (SLL, lambda it: bytes(14) + kind(it) + ip(it)),
        (SLL2, lambda it: kind(it) + bytes(18) + ip(it)),
    ],
)
@pytest.mark.parametrize("segment", [V4, V6], ids=["IPv4", "IPv6"])
def test_each_link_layer_gives_the_segment(
    link_type: int, frame: Callable[[Segment], bytes], segment: Segment
) -> None:
    """Ethernet with its padding and tags, cooked, loopback and raw captures are understood."""
    assert segments(pcap([frame(segment)], link_type)) == [segment]


@pytest.mark.parametrize(("link_type", "segment"), [(IPV4, V4), (IPV6, V6)])
def test_raw_captures_of_one_ip_version(link_type: int, segment: Segment) -> None:
    """There are link types for raw packets of one version, too."""
    assert segments(pcap([ip(segment)], link_type)) == [segment]


def test_flags_come_with_the_segment() -> None:
    """SYN, FIN and RST are what the reassembly needs to know."""
    sent = [
        replace(V4, syn=True, acknowledged=None),
        replace(V4, fin=True),
        replace(V4, reset=True),
    ]
    assert segments(pcap(map(ethernet, sent))) == sent


def test_extension_headers_and_options_are_no_payload() -> None:
    """IPv6 extension headers and TCP options are passed over."""
    extended = ip(V6, protocol=60, extension=bytes([6, 0]) + bytes(6))
    header = ip(replace(V4, payload=b""))[:20].replace(b"\0\x28\0\x01", b"\0\x33\0\x01")
    assert segments(pcap([extended, header + tcp(V4, options=b"\x01" * 4)], RAW)) == [V6, V4]


def test_a_cut_off_frame_keeps_the_size_of_its_payload() -> None:
    """What the snap length left out is known by the length in the IP header."""
    cut = [ip(segment)[:-3] for segment in (V4, V6)]
    wanted = [replace(segment, payload=b"payl") for segment in (V4, V6)]
    assert segments(pcap(cut, RAW)) == wanted


def test_a_length_of_zero_means_the_rest_of_the_frame() -> None:
    """Segments that the network card cuts are captured with a length of 0 in the IP header."""
    offloaded = bytearray(ip(V4))
    offloaded[2:4] = bytes(2)
    assert segments(pcap([bytes(offloaded), ip(V6, size=0)], RAW)) == [V4, V6]


@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
def test_both_formats_in_both_byte_orders_plain_and_gzip(order: str) -> None:
    """Which kind of file it is shows in its first bytes."""
    ticks = 1_700_000_000_250_000
    new = section(order) + interface(ETHERNET, order) + frame_of(0, ticks, ethernet(V4), order)
    for data in (pcap([ethernet(V4)], order=order), new):
        assert segments(data) == segments(gzip.compress(data)) == [V4]


def test_each_interface_has_its_own_link_type_and_clock() -> None:
    """A pcapng file may hold several sections, and interfaces that have little in common."""
    nanoseconds = struct.pack("<HHBxxxI", 9, 1, 9, 0)
    halves_from_1000 = struct.pack("<HHBxxxHHqI", 9, 1, 0x81, 14, 8, 1000, 0)
    data = [
        section(),
        interface(ETHERNET),
        interface(RAW, options=nanoseconds),
        block(5, b"statistics"),
        frame_of(1, 1_700_000_000_250_000_000, ip(V6)),
        frame_of(0, 1_700_000_000_250_000, ethernet(V4)),
        section(">"),
        interface(SLL2, ">"),
        frame_of(0, 2_000_000, kind(V4) + bytes(18) + ip(V4), ">"),
        section(),
        interface(RAW, options=halves_from_1000),
        frame_of(0, 3, ip(V4)),
    ]
    last = replace(V4, time_s=2.0), replace(V4, time_s=1001.5)
    assert segments(b"".join(data)) == [V6, V4, *last]


def test_nanoseconds_in_pcap() -> None:
    """A pcap file may count nanoseconds."""
    data = bytearray(pcap([ethernet(V4)]))
    struct.pack_into("<I", data, 0, 0xA1B23C4D)
    struct.pack_into("<I", data, 28, 250_000_000)
    assert segments(bytes(data)) == [V4]


def test_other_frames_are_passed_over() -> None:
    """ARP, UDP, later fragments and cut off headers are no segments."""
    fragment = bytearray(ip(V4))
    fragment[7] = 1
    others = [ip(V4, protocol=17), ip(V6, protocol=17), bytes(fragment), ip(V4)[:30], b"", b"\x45"]
    assert segments(pcap([*others, ip(V4)], RAW)) == [V4]
    assert segments(pcap([bytes(12) + b"\x08\x06" + bytes(46), ethernet(V4)])) == [V4]


def test_frames_of_an_unknown_link_layer_are_noted() -> None:
    """What cannot be read is left out, and said so."""
    capture = Capture(io.BytesIO(pcap([ip(V4)], 147)))
    assert list(capture) == []
    assert capture.notes == ["frames of link type 147 are left out: we cannot read them"]


def test_what_stands_before_the_damage_is_read() -> None:
    """A file that ends in the middle gives what it has, and a note."""
    data = pcap([ethernet(V4)] * 2)[:-70]
    for cut in (data, gzip.compress(data * 2000)[:-20]):
        capture = Capture(io.BytesIO(cut))
        assert next(iter(capture)) == V4
    capture = Capture(io.BytesIO(data))
    assert list(capture) == [V4]
    assert capture.notes == [
        "the rest of the file cannot be read: it ends in the middle of a packet"
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "neither pcap nor pcapng"),
        (b"hello, world", "neither pcap nor pcapng"),
        (gzip.compress(b"hello, world", mtime=0), "neither pcap nor pcapng"),
        (b"\x1f\x8bhello, world", "cannot be read: Unknown compression"),
        (pcap([])[:10], "it ends in the middle of a packet"),
        (section()[:20], "it ends in the middle of a packet"),
        (section() + block(1, b"")[:8], "cannot be read"),
        (section() + struct.pack("<II", 1, 1 << 31), "a block of 2147483640 bytes is impossible"),
        (section() + struct.pack("<II", 1, 4), "a block of -4 bytes is impossible"),
        (pcap([]) + struct.pack("<IIII", 0, 0, 1 << 30, 0), "a block of 1073741824 bytes"),
        (section() + frame_of(0, 0, b""), "a packet of interface 0, which it does not name"),
        (section() + interface(RAW) + frame_of(0, (1 << 64) - 1, b""), "is impossible"),
    ],
)
def test_what_is_no_capture_is_said_in_a_sentence(data: bytes, sentence: str) -> None:
    """The message says what is wrong with the file."""
    with pytest.raises(CaptureError, match=sentence):
        segments(data)


RECORDED: Final = gzip.decompress((FOLDER / "skip-initial-sync.pcap.gz").read_bytes())


@given(
    st.lists(
        st.tuples(st.integers(0, len(RECORDED) - 1), st.integers(0, 255)), min_size=1, max_size=30
    )
)
def test_a_damaged_capture_gives_segments_or_a_capture_error(wrong: list[tuple[int, int]]) -> None:
    """Whatever is wrong in a file, nothing but CaptureError comes of it."""
    data = bytearray(RECORDED)
    for place, value in wrong:
        data[place] = value
    with suppress(CaptureError):
        assert all(it.size >= len(it.payload) for it in segments(bytes(data)))
