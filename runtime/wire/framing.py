"""Bytes to frames and back: partial reads, the three kinds of header, limits on lengths (wire 2).

A frame is one packet with its header taken off. Its payload is a view into the receive buffer and
stays good for as long as somebody holds it: a full block is left to its views and never used again.
"""

import re
import struct
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Final, NamedTuple

from generated.layouts.commands import Command
from generated.layouts.headers import Header80, Header95, Header100
from generated.layouts.packets import DATA_SOCKET, META_SOCKET
from runtime.errors import PeerError

VERSION_BEFORE_AGREEMENT: Final = 80  # wire 2.4: until both P_CONNECTION_FEATURES are known
HEADER_80_LENGTH_MAX: Final = 0x8000  # wire 2.4: the 95 header takes over here, not at 64 KiB

BLOCK_SIZE_BYTES: Final = 1 << 20  # one read of a socket seldom brings more
READ_SIZE_BYTES_MIN: Final = 1 << 12  # a block with less room than this is full

DIGEST_SIZE_BYTES_MAX: Final = 64  # wire 12.4
NAME_SIZE_BYTES_MAX: Final = 64  # wire 12.4: an algorithm's name with its zero
DATA_SIZE_BYTES_MAX: Final = 1 << 20  # wire 12.4: one write, read or resync block
LOGICAL_BLOCK_SIZE_BYTES_MAX: Final = 1 << 12  # wire 7.4: what P_WSAME repeats; no disk has larger
BITMAP_SIZE_BYTES_MAX: Final = 4096 - 8  # wire 12.4: a bitmap packet fits a page with its header
CHALLENGE_SIZE_BYTES_MAX: Final = 128  # wire 4.4

LENGTH_MAX: Final = {  # of packets that have more than their fixed part
    Command.P_DATA: 24 + DIGEST_SIZE_BYTES_MAX + DATA_SIZE_BYTES_MAX,
    Command.P_DATA_REPLY: 24 + DIGEST_SIZE_BYTES_MAX + DATA_SIZE_BYTES_MAX,
    Command.P_RS_DATA_REPLY: 24 + DIGEST_SIZE_BYTES_MAX + DATA_SIZE_BYTES_MAX,
    Command.P_WSAME: 28 + DIGEST_SIZE_BYTES_MAX + LOGICAL_BLOCK_SIZE_BYTES_MAX,
    Command.P_CSUM_RS_REQUEST: 24 + DIGEST_SIZE_BYTES_MAX,
    Command.P_OV_REPLY: 24 + DIGEST_SIZE_BYTES_MAX,
    Command.P_BITMAP: BITMAP_SIZE_BYTES_MAX,
    Command.P_COMPRESSED_BITMAP: BITMAP_SIZE_BYTES_MAX,
    Command.P_PROTOCOL: 24 + NAME_SIZE_BYTES_MAX,
    Command.P_PROTOCOL_UPDATE: 24 + NAME_SIZE_BYTES_MAX,
    Command.P_SYNC_PARAM: 4 + NAME_SIZE_BYTES_MAX,
    Command.P_SYNC_PARAM89: 148,  # wire 5.3
    Command.P_SIZES: 56,  # wire 5.4
    Command.P_AUTH_CHALLENGE: CHALLENGE_SIZE_BYTES_MAX,
    Command.P_AUTH_RESPONSE: DIGEST_SIZE_BYTES_MAX,
}

TLS_HANDSHAKE: Final = "1603"  # RFC 8446, 5.1: how a connection of TLS begins
MAGIC_80: Final = Header80.magic
MAGIC_95: Final = Header95.magic
MAGIC_100: Final = Header100.magic
FIRST_BYTE_100: Final = MAGIC_100 >> 24
ANY_MAGIC: Final = re.compile(
    b"|".join(
        re.escape(magic.to_bytes(size, "big"))
        for magic, size in ((MAGIC_80, 4), (MAGIC_95, 2), (MAGIC_100, 4))
    )
)

# The generated headers say the same (a test compares), but take 1.8 us for what takes 0.25 us here,
# and every packet has a header.
_HEADER_80: Final = struct.Struct(">IHH")
_HEADER_95: Final = struct.Struct(">HHI")
_HEADER_100: Final = struct.Struct(">IHHII")


class UnknownPacket(PeerError):  # noqa: N818  # what it is
    """A packet that may not come here at all, whatever it holds."""


class HeaderKind(IntEnum):
    """The three headers, by the protocol version that brought them."""

    HEADER_80 = 80
    HEADER_95 = 95
    HEADER_100 = 100


HEADER_80: Final = HeaderKind.HEADER_80
HEADER_95: Final = HeaderKind.HEADER_95
HEADER_100: Final = HeaderKind.HEADER_100


class Frame(NamedTuple):
    """One packet as it came: what its header says, and a view of the bytes behind it."""

    kind: HeaderKind
    volume: int
    command: int
    payload: memoryview


class Limits(NamedTuple):
    """The smallest and the largest length that a packet can have."""

    least: int
    most: int


DATA_LIMITS: Final[Mapping[int, Limits]] = {
    number: Limits(packet.FIXED_SIZE, LENGTH_MAX.get(packet.COMMAND, packet.FIXED_SIZE))
    for number, packet in DATA_SOCKET.items()
}
META_LIMITS: Final[Mapping[int, Limits]] = {
    number: Limits(packet.FIXED_SIZE, packet.FIXED_SIZE) for number, packet in META_SOCKET.items()
}
ANY_LIMITS: Final[Mapping[int, Limits]] = {**DATA_LIMITS, **META_LIMITS}
FIRST_LIMITS: Final[Mapping[int, Limits]] = {  # wire 1.2: what tells the sockets apart
    Command.P_INITIAL_DATA: Limits(0, 0),
    Command.P_INITIAL_META: Limits(0, 0),
}


class Framing:
    """Cuts what one socket brings into frames.

    Read the socket into `space()`, say with `received()` how much came, and take the `frames()`.
    Between two frames `agreed_version` and `limits` may be changed: they hold from the next one on.
    Without an agreed version each header itself says of which kind it is.
    """

    def __init__(
        self,
        limits: Mapping[int, Limits],
        agreed_version: int | None = VERSION_BEFORE_AGREEMENT,
        *,
        block_size_bytes: int = BLOCK_SIZE_BYTES,
    ) -> None:
        self.limits = limits
        self.agreed_version = agreed_version
        self._block_size_bytes = block_size_bytes
        self._block = memoryview(b"")
        self._start = 0  # of the frame that is next
        self._end = 0  # of what was received

    @property
    def pending(self) -> memoryview:
        """What was received of the frame that is not complete yet."""
        return self._block[self._start : self._end]

    @property
    def lacking(self) -> int:
        """How many bytes of the next frame are still to come; 0 when its header does not say."""
        try:
            header = self._header()
        except PeerError:
            return 0  # whoever takes the frames hears of it
        return max(0, header[-1] - self._end) if header is not None else 0

    def space(self) -> memoryview:
        """Where the next bytes of the socket go; take all complete frames before."""
        needed = self.lacking or READ_SIZE_BYTES_MIN
        if len(self._block) - self._end < needed:
            pending = self.pending
            block = memoryview(bytearray(max(self._block_size_bytes, len(pending) + needed)))
            block[: len(pending)] = pending
            self._block, self._start, self._end = block, 0, len(pending)
        return self._block[self._end :]

    def drop(self) -> None:
        """Forget what was received of the frame that is not complete yet."""
        self._block = memoryview(b"")
        self._start = self._end = 0

    def received(self, size: int) -> None:
        """So many bytes were put at the beginning of the space."""
        self._end += size

    def put(self, received: memoryview) -> int:
        """Copy bytes into the space that were received elsewhere; return how many it took."""
        space = self.space()
        size = min(len(space), len(received))
        space[:size] = received[:size]
        self.received(size)
        return size

    def frames(self) -> Iterator[Frame]:
        """Take the frames that are complete; PeerError when the bytes can be none."""
        while (header := self._header()) is not None:
            kind, volume, command, start, end = header
            if end > self._end:
                return
            self._start = end
            yield Frame(kind, volume, command, self._block[start:end])

    def seek_header(self) -> bool:
        """After a loss of bytes, drop what is no header; return whether one was found."""
        for match in ANY_MAGIC.finditer(self._block, self._start, self._end):
            self._start = match.start()
            try:
                return self._header() is not None
            except PeerError:
                continue
        self._start = max(self._start, self._end - 3)  # a magic's first bytes may have come
        return False

    def _header(self) -> tuple[HeaderKind, int, int, int, int] | None:
        """The next frame's kind, volume and command, and where its payload begins and ends.

        None while its header is not complete. A plain tuple: this runs once or twice a packet.
        """
        block, start, version = self._block, self._start, self.agreed_version
        size = self._end - start
        if size < 8:
            return None
        is_long = block[start] == FIRST_BYTE_100 if version is None else version >= 100
        volume = 0
        if is_long:
            if size < 16:
                return None
            kind = HEADER_100
            magic, volume, command, length, pad = _HEADER_100.unpack_from(block, start)
            if magic != MAGIC_100 or pad:
                raise self._no_header()
            start += 16
        else:
            kind = HEADER_80
            magic, command, length = _HEADER_80.unpack_from(block, start)
            if magic != MAGIC_80:
                kind = HEADER_95
                magic, command, length = _HEADER_95.unpack_from(block, start)
                if magic != MAGIC_95:
                    raise self._no_header()
            start += 8
        limits = self.limits.get(command)
        if limits is None or not limits[0] <= length <= limits[1]:
            raise _refusal(limits, command, length)
        return kind, volume, command, start, start + length

    def _no_header(self) -> PeerError:
        version = self.agreed_version
        found = self._block[self._start : min(self._end, self._start + 16)].hex(" ", 4)
        known = f"of version {version}" if version is not None else "of any version"
        hint = " but of TLS, which this node has not" if found.startswith(TLS_HANDSHAKE) else ""
        return PeerError(f"a packet begins with {found}, which is no header {known}{hint}")


def _refusal(limits: Limits | None, command: int, length: int) -> PeerError:
    if limits is None:
        return UnknownPacket(f"no packet that may come here has the number {command:#06x}")
    least, most = limits
    wanted = f"{least}" if least == most else f"{least} to {most}"
    return PeerError(f"{Command(command).name} has {length} bytes, which must be {wanted}")


def header_kind(*, agreed_version: int, length: int) -> HeaderKind:
    """The kind of header that a packet of this length is sent with (wire 2.4)."""
    if agreed_version >= HeaderKind.HEADER_100:
        return HeaderKind.HEADER_100
    if agreed_version >= HeaderKind.HEADER_95 and length > HEADER_80_LENGTH_MAX:
        return HeaderKind.HEADER_95
    return HeaderKind.HEADER_80


def pack_header(kind: HeaderKind, *, volume: int, command: int, length: int) -> bytes:
    """The header in front of a packet; only the 100 header tells the volume."""
    if kind is HeaderKind.HEADER_100:
        return _HEADER_100.pack(MAGIC_100, volume, command, length, 0)
    if kind is HeaderKind.HEADER_95:
        return _HEADER_95.pack(MAGIC_95, command, length)
    return _HEADER_80.pack(MAGIC_80, command, length)
