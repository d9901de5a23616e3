"""Capture files (pcap or pcapng, plain or gzip) to TCP segments: the dpkt fence."""

import gzip
import io
import struct
import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

import dpkt

from runtime.errors import CaptureError
from runtime.wire.reassembly import Endpoint, Segment

BLOCK_SIZE_BYTES_MAX: Final = 16 << 20  # far above any interface's frame; more is a damaged file
TIME_S_MAX: Final = 253402300800.0  # the year 10000, which no calendar here knows

PCAP_MAGICS: Final = frozenset(
    bytes.fromhex(magic)
    for magic in ("a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1", "a1b2cd34", "34cdb2a1")
)
PCAPNG_MAGIC: Final = bytes.fromhex("0a0d0d0a")
GZIP_MAGIC: Final = bytes.fromhex("1f8b")

ETHERNET: Final = 1
VLAN_TAGS: Final = (0x8100, 0x88A8)
IP_TYPES: Final = (0x0800, 0x86DD)

DAMAGED: Final = (  # what a damaged file can make the libraries raise
    dpkt.Error,
    struct.error,
    zlib.error,
    ValueError,
    IndexError,
    EOFError,
    OSError,
)


class _LinkLayer(NamedTuple):
    """Where a frame's type of content is said, if it is, and where that content begins."""

    type_offset: int | None
    content_offset: int


LINK_LAYERS: Final = {  # https://www.tcpdump.org/linktypes.html
    0: _LinkLayer(None, 4),  # BSD loopback
    ETHERNET: _LinkLayer(12, 14),
    12: _LinkLayer(None, 0),  # raw IP, as Linux numbers it
    14: _LinkLayer(None, 0),  # raw IP, as OpenBSD numbers it
    101: _LinkLayer(None, 0),  # raw IP
    108: _LinkLayer(None, 4),  # OpenBSD loopback
    113: _LinkLayer(14, 16),  # Linux "cooked"
    228: _LinkLayer(None, 0),  # raw IPv4
    229: _LinkLayer(None, 0),  # raw IPv6
    276: _LinkLayer(0, 20),  # Linux "cooked", second version
}


class _Frame(NamedTuple):
    """What was captured of one frame."""

    time_s: float
    link_type: int
    content: bytes


class _Interface(NamedTuple):
    """What a pcapng file says once for many frames."""

    link_type: int
    ticks_per_s: int
    offset_s: int


class _Source:
    """A file that is read forward only, and never by more than a sane number of bytes at once."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        """Read `size` bytes, or none at the end of the file."""
        if not 0 <= size <= BLOCK_SIZE_BYTES_MAX:
            raise CaptureError(f"a block of {size} bytes is impossible")
        block = self._file.read(size)
        if 0 < len(block) < size:
            raise EOFError("it ends in the middle of a packet")
        return block


class Capture:
    """A capture file: iterate over its TCP segments, then look at `notes` for what was odd."""

    def __init__(self, file: io.BufferedIOBase | io.RawIOBase) -> None:
        self.notes: list[str] = []
        # A second buffer around a first one would wait for more than a running capture has yet.
        self._file = file if isinstance(file, io.BufferedReader) else io.BufferedReader(file)

    def __iter__(self) -> Iterator[Segment]:
        """The TCP segments in the order of the file."""
        skipped: set[int] = set()
        for frame in self._frames():
            layer = LINK_LAYERS.get(frame.link_type)
            if layer is None:
                skipped.add(frame.link_type)
                continue
            try:
                segment = _segment(frame.time_s, _ip_packet(layer, frame.content))
            except (dpkt.Error, struct.error, ValueError, IndexError):
                continue  # cut off within its headers, or no TCP at all
            if segment is not None:
                yield segment
        for link_type in sorted(skipped):
            self.notes.append(f"frames of link type {link_type} are left out: we cannot read them")

    def _frames(self) -> Iterator[_Frame]:
        """The frames up to the file's end, or to where it is damaged."""
        started = False
        try:
            for frame in self._read_frames():
                started = True
                yield frame
        except (CaptureError, *DAMAGED) as error:
            if not started:
                raise CaptureError(f"cannot be read: {error}") from error
            self.notes.append(f"the rest of the file cannot be read: {error}")

    def _read_frames(self) -> Iterator[_Frame]:
        file = self._file
        if file.peek(2)[:2] == GZIP_MAGIC:
            file = io.BufferedReader(gzip.GzipFile(fileobj=file))
        magic = file.peek(4)[:4]
        if magic in PCAP_MAGICS:
            return _pcap_frames(_Source(file))
        if magic == PCAPNG_MAGIC:
            return _pcapng_frames(_Source(file))
        raise CaptureError("it is neither pcap nor pcapng")


def _pcap_frames(source: _Source) -> Iterator[_Frame]:
    reader = dpkt.pcap.Reader(source)
    link_type = reader.datalink() & 0xFFFF  # the upper half tells of a frame check sequence
    for time_s, content in reader:
        yield _Frame(float(time_s), link_type, content)


def _pcapng_frames(source: _Source) -> Iterator[_Frame]:
    """As dpkt's own reader, but with an interface's own link type and clock for each frame."""
    interfaces: list[_Interface] = []
    order = ">"
    while start := source.read(8):
        if start[:4] == PCAPNG_MAGIC:
            start += source.read(4)
            order = ">" if start[8:] == bytes.fromhex("1a2b3c4d") else "<"
            interfaces = []
        kind, size = struct.unpack_from(order + "II", start)
        block = start + source.read(size - len(start))
        if kind == dpkt.pcapng.PCAPNG_BT_IDB:
            interfaces.append(_interface(block, order))
        elif kind == dpkt.pcapng.PCAPNG_BT_EPB:
            yield _pcapng_frame(block, order, interfaces)


def _interface(block: bytes, order: str) -> _Interface:
    reader = dpkt.pcapng
    is_big = order == ">"
    parse = reader.InterfaceDescriptionBlock if is_big else reader.InterfaceDescriptionBlockLE
    description = parse(block)
    ticks_per_s, offset_s = 1_000_000, 0
    for option in description.opts:
        if option.code == reader.PCAPNG_OPT_IF_TSRESOL:
            exponent = option.data[0] & 0x7F
            ticks_per_s = (2 if option.data[0] & 0x80 else 10) ** exponent
        elif option.code == reader.PCAPNG_OPT_IF_TSOFFSET:
            (offset_s,) = struct.unpack(order + "q", option.data)
    return _Interface(description.linktype, ticks_per_s, offset_s)


def _pcapng_frame(block: bytes, order: str, interfaces: list[_Interface]) -> _Frame:
    is_big = order == ">"
    parse = dpkt.pcapng.EnhancedPacketBlock if is_big else dpkt.pcapng.EnhancedPacketBlockLE
    packet = parse(block)
    if packet.iface_id >= len(interfaces):
        raise CaptureError(
            f"it has a packet of interface {packet.iface_id}, which it does not name"
        )
    interface = interfaces[packet.iface_id]
    ticks = packet.ts_high << 32 | packet.ts_low
    time_s = interface.offset_s + ticks / interface.ticks_per_s
    if not 0 <= time_s < TIME_S_MAX:
        raise CaptureError(f"a time of {time_s} seconds since 1970 is impossible")
    return _Frame(time_s, interface.link_type, packet.pkt_data)


def _ip_packet(layer: _LinkLayer, content: bytes) -> bytes:
    """The IP packet that a frame carries, or nothing if it carries something else."""
    type_offset, offset = layer
    if type_offset is None:
        return content[offset:]
    (kind,) = struct.unpack_from(">H", content, type_offset)
    while kind in VLAN_TAGS:
        (kind,) = struct.unpack_from(">H", content, offset + 2)
        offset += 4
    return content[offset:] if kind in IP_TYPES else b""


def _segment(time_s: float, content: bytes) -> Segment | None:
    """The TCP segment in an IP packet, if it carries one."""
    version = content[0] >> 4
    if version == 4 and content[9] == dpkt.ip.IP_PROTO_TCP:
        packet = dpkt.ip.IP(content)
        size = packet.len - 4 * packet.hl if packet.len else len(packet.data)
    elif version == 6:
        packet = dpkt.ip6.IP6(content)
        extensions = sum(header.length for header in packet.all_extension_headers)
        size = packet.plen - extensions if packet.plen else len(packet.data)
    else:
        return None
    tcp = packet.data
    if not isinstance(tcp, dpkt.tcp.TCP):
        return None
    return Segment(
        time_s=time_s,
        source=Endpoint(_address(packet.src), tcp.sport),
        target=Endpoint(_address(packet.dst), tcp.dport),
        sequence=tcp.seq,
        payload=tcp.data,
        size=max(size - 4 * tcp.off, len(tcp.data)),
        acknowledged=tcp.ack if tcp.flags & dpkt.tcp.TH_ACK else None,
        syn=bool(tcp.flags & dpkt.tcp.TH_SYN),
        fin=bool(tcp.flags & dpkt.tcp.TH_FIN),
        reset=bool(tcp.flags & dpkt.tcp.TH_RST),
    )


@lru_cache(maxsize=256)  # a capture of one connection has two
def _address(packed: bytes) -> str:
    address: str = dpkt.utils.inet_to_str(packed)
    return address
