# Generated from specs/layouts/handshake.dot; edit that drawing, then run `make generate`.
"""What the nodes say before they agree: sockets, versions, secrets (wire 1 and 4)."""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from .codec import Field, Flags, Octets, Packet, exact
from .commands import Command

_P_CONNECTION_FEATURES = Struct(">IIII56s")
_P_AUTH_CHALLENGE = Struct(">64s")


@dataclass(slots=True)
class P_INITIAL_DATA(Packet):
    """Makes the TCP connection that it is sent on the data socket (wire 1.2).

    Number 0xFFF2 on the data socket.
    """

    COMMAND: ClassVar[Command] = Command.P_INITIAL_DATA
    FIXED_SIZE: ClassVar[int] = 0
    FIELDS: ClassVar[tuple[Field, ...]] = ()

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls()

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 0

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        return offset


@dataclass(slots=True)
class P_INITIAL_META(Packet):
    """Makes the TCP connection that it is sent on the meta socket (wire 1.2).

    Number 0xFFF1 on the meta socket.
    """

    COMMAND: ClassVar[Command] = Command.P_INITIAL_META
    FIXED_SIZE: ClassVar[int] = 0
    FIELDS: ClassVar[tuple[Field, ...]] = ()

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls()

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 0

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        return offset


class Features(Flags):
    """Features that do not follow from the protocol version (wire 3.4)."""

    TRIM = 0x1
    """P_TRIM."""
    THIN_RESYNC = 0x2
    """P_RS_THIN_REQ and its answer P_RS_DEALLOCATED."""
    WSAME = 0x4
    """P_WSAME, trims of more than 4 MiB, and the queue limits in P_SIZES."""
    WZEROES = 0x8
    """P_ZEROES, without it the range of a P_TRIM must read as zeroes."""


@dataclass(slots=True)
class P_CONNECTION_FEATURES(Packet):
    """The versions and features that the sender knows (wire 4.2).

    Number 0xFFFE on the data socket.
    """

    COMMAND: ClassVar[Command] = Command.P_CONNECTION_FEATURES
    FIXED_SIZE: ClassVar[int] = 72
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("protocol_min", "u32", 0),
        Field("feature_flags", "u32", 4, symbols=Features.describe),
        Field("protocol_max", "u32", 8),
        Field("pad", "u32", 12),
        Field("reserved", "bytes[56]", 16),
    )

    protocol_min: int
    """u32 at 0: lowest protocol version that the sender speaks."""
    feature_flags: int
    """u32 at 4 of Features: features that the sender knows, agreed is what both know."""
    protocol_max: int
    """u32 at 8: highest protocol version, 0 stands for protocol_min."""
    pad: int = 0
    """u32 at 12: ignored."""
    reserved: bytes = bytes(56)
    """bytes[56] at 16: ignored."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls(*_P_CONNECTION_FEATURES.unpack_from(buffer, offset))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 72

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _P_CONNECTION_FEATURES.pack_into(
            buffer,
            offset,
            self.protocol_min,
            self.feature_flags,
            self.protocol_max,
            self.pad,
            exact("reserved", self.reserved, 56),
        )
        return offset + 72


@dataclass(slots=True)
class P_AUTH_CHALLENGE(Packet):
    """Random bytes that the peer shall sign with the shared secret (wire 4.4).

    Number 0x10 on the data socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_AUTH_CHALLENGE
    FIXED_SIZE: ClassVar[int] = 64
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("challenge", "bytes[64]", 0),
        Field("excess", "bytes", 64),
    )

    challenge: bytes
    """bytes[64] at 0: must differ from the own challenge, against reflection."""
    excess: Octets
    """bytes at 64 (at most 64): more random bytes, which the response signs as well, better none.
    """

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        end = cls.open_end(buffer, offset, size)
        (challenge,) = _P_AUTH_CHALLENGE.unpack_from(buffer, offset)
        excess = memoryview(buffer)[offset + 64 : end]
        return cls(challenge, excess)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 64 + len(self.excess)

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _P_AUTH_CHALLENGE.pack_into(buffer, offset, exact("challenge", self.challenge, 64))
        end = offset + 64
        buffer[end : end + len(self.excess)] = self.excess
        end += len(self.excess)
        return end


@dataclass(slots=True)
class P_AUTH_RESPONSE(Packet):
    """The peer's challenge, signed with the shared secret (wire 4.4).

    Number 0x11 on the data socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_AUTH_RESPONSE
    FIXED_SIZE: ClassVar[int] = 0
    FIELDS: ClassVar[tuple[Field, ...]] = (Field("response", "bytes", 0),)

    response: Octets
    """bytes at 0: HMAC over all bytes of the peer's challenge."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        end = cls.open_end(buffer, offset, size)
        response = memoryview(buffer)[offset + 0 : end]
        return cls(response)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 0 + len(self.response)

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        end = offset + 0
        buffer[end : end + len(self.response)] = self.response
        end += len(self.response)
        return end
