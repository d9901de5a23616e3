"""One TCP connection as packets: what came of the peer, and what is to go to it.

The driver moves bytes: it reads the socket into `space()`, says so with `received()`, sends what
`take()` gives. The engine moves packets: it asks for `frames()`, and calls `send()`. No payload is
copied on the way.
"""

from collections.abc import Iterator, Mapping
from typing import Final, TypeVar

from generated.layouts.codec import LayoutError, Octets, Packet
from runtime.errors import PeerError
from runtime.wire.framing import (
    FIRST_LIMITS,
    VERSION_BEFORE_AGREEMENT,
    Frame,
    Framing,
    Limits,
    header_kind,
    pack_header,
)

JOINED_SIZE_BYTES_MAX: Final = 1 << 12  # a shorter payload is copied faster than sent on its own

AnyPacket = TypeVar("AnyPacket", bound=Packet)


class Channel:
    """The packets of one TCP connection, in both directions; told from others by its identity."""

    def __init__(self, *, is_outgoing: bool) -> None:
        self.is_outgoing = is_outgoing
        """Whether this node opened it."""
        self.is_paused = False
        """Whether the engine takes no more for the moment: the driver lets the socket be."""
        self.is_congested = False
        """Whether the driver holds more than the socket takes; the driver says so."""
        self.digest_size = 0
        """Bytes of the digest in front of data that come, when data integrity is agreed."""
        self.out_size_bytes = 0
        """How much `take` would give."""
        self.taken_size_bytes = 0
        """How much it has given."""
        self.held_size_bytes = 0
        """How much of that the driver holds; the driver says so."""
        self._framing = Framing(FIRST_LIMITS)
        self._out: list[Octets] = []

    @property
    def version(self) -> int:
        """The agreed protocol version, which says what headers look like (wire 2.4)."""
        return self._framing.agreed_version or VERSION_BEFORE_AGREEMENT

    def agree(self, version: int) -> None:
        """From the next frame on, headers are those of this version."""
        self._framing.agreed_version = version

    def expect(self, limits: Mapping[int, Limits]) -> None:
        """From the next frame on, these packets may come and no others."""
        self._framing.limits = limits

    @property
    def gone_size_bytes(self) -> int:
        """How much the system has taken: while it is congested, that grows as the peer takes it."""
        return self.taken_size_bytes - self.held_size_bytes

    # What comes

    def space(self) -> memoryview:
        """Where the next bytes of the socket go."""
        return self._framing.space()

    def received(self, size_bytes: int) -> None:
        """So many bytes were put at the beginning of the space."""
        self._framing.received(size_bytes)

    def frames(self) -> Iterator[Frame]:
        """Take what is complete; PeerError when the bytes can be no packet. Stop at any time."""
        return self._framing.frames()

    def read(self, frame: Frame, kind: type[AnyPacket]) -> AnyPacket:
        """The packet in a frame; PeerError when its fields make no sense."""
        try:
            return kind.unpack_from(frame.payload, digest_size=self.digest_size)
        except LayoutError as error:
            raise PeerError(str(error)) from error

    # What goes

    def send(self, packet: Packet, *, volume: int = 0, payload: Octets = b"") -> None:
        """Queue a packet, and bytes that belong to its open end without being copied.

        A payload must stay as it is until it is sent.
        """
        fixed = packet.pack()
        length = len(fixed) + len(payload)
        kind = header_kind(agreed_version=self.version, length=length)
        head = pack_header(kind, volume=volume, command=packet.COMMAND, length=length) + fixed
        self.out_size_bytes += len(head) + len(payload)
        if len(payload) <= JOINED_SIZE_BYTES_MAX:
            self._out.append(head + payload if payload else head)
        else:
            self._out += (head, payload)

    def take(self) -> list[Octets]:
        """What is to be sent, in order; the driver sends all of it."""
        self.taken_size_bytes += self.out_size_bytes
        out, self._out, self.out_size_bytes = self._out, [], 0
        return out
