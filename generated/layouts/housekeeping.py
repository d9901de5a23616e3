# Generated from specs/layouts/housekeeping.dot; edit that drawing, then run `make generate`.
"""Packets that keep the connection alive, and numbers that nobody uses any more (wire 11)."""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from .codec import Field, Octets, Packet
from .commands import Command

_P_DELAY_PROBE = Struct(">II")


@dataclass(slots=True)
class P_PING(Packet):
    """Are you there? Answer at once (wire 11.1).

    Number 0x13 on the meta socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_PING
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
class P_PING_ACK(Packet):
    """The answer to P_PING: all that came before it on the meta socket is done (wire 11.1).

    Number 0x14 on the meta socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_PING_ACK
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
class P_DELAY_PROBE(Packet):
    """Never sent any more; accepted and ignored (wire 11.6).

    Number 0x27 on the data and meta sockets since version 93.
    """

    COMMAND: ClassVar[Command] = Command.P_DELAY_PROBE
    FIXED_SIZE: ClassVar[int] = 8
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("seq_num", "u32", 0),
        Field("offset", "u32", 4, unit="us"),
    )

    seq_num: int
    """u32 at 0: ignored."""
    offset: int
    """u32 at 4, us: ignored."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls(*_P_DELAY_PROBE.unpack_from(buffer, offset))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 8

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _P_DELAY_PROBE.pack_into(buffer, offset, self.seq_num, self.offset)
        return offset + 8


@dataclass(slots=True)
class P_BECOME_SYNC_TARGET(Packet):
    """Obsolete; an error when received (wire 3.1).

    Number 0x05 on the data socket, obsolete.
    """

    COMMAND: ClassVar[Command] = Command.P_BECOME_SYNC_TARGET
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
class P_BECOME_SYNC_SOURCE(Packet):
    """Obsolete; an error when received (wire 3.1).

    Number 0x06 on the data socket, obsolete.
    """

    COMMAND: ClassVar[Command] = Command.P_BECOME_SYNC_SOURCE
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
