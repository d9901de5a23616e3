# Generated from specs/layouts/write.dot; edit that drawing, then run `make generate`.
"""The mirrored write: data, epochs, and what is written on one side only (wire 7)."""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from .codec import Field, Flags, Octets, Packet
from .commands import Command

_P_DATA = Struct(">QQII")
_P_WSAME = Struct(">QQIII")
_RangeWrite = Struct(">QQIII")
_P_BARRIER = Struct(">II")
_P_OUT_OF_SYNC = Struct(">QII")


class DpFlags(Flags):
    """How to write, and which acknowledgements are wanted (wire 7.2)."""

    HARDBARRIER = 0x001
    """obsolete, ignored."""
    RW_SYNC = 0x002
    """somebody waits for this write."""
    MAY_SET_IN_SYNC = 0x004
    """once written, the blocks are in sync."""
    UNPLUG = 0x008
    """do what is queued (95+)."""
    FUA = 0x010
    """force unit access (95+)."""
    FLUSH = 0x020
    """flush the disk's cache before (95+)."""
    DISCARD = 0x040
    """P_TRIM, or a P_ZEROES that may deallocate (95+)."""
    SEND_RECEIVE_ACK = 0x080
    """answer with P_RECV_ACK (100+)."""
    SEND_WRITE_ACK = 0x100
    """answer with P_WRITE_ACK or P_RS_WRITE_ACK (100+)."""
    WSAME = 0x200
    """P_WSAME."""
    ZEROES = 0x400
    """P_ZEROES."""


@dataclass(slots=True)
class P_DATA(Packet):
    """Write this (wire 7.1).

    Number 0x00 on the data socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_DATA
    FIXED_SIZE: ClassVar[int] = 24
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("sector", "u64", 0, unit="sectors"),
        Field("block_id", "cookie64", 8),
        Field("seq_num", "u32", 16),
        Field("dp_flags", "u32", 20, symbols=DpFlags.describe),
        Field("digest", "digest", 24),
        Field("data", "bytes", None),
    )

    sector: int
    """u64 at 0, sectors: the first sector."""
    block_id: int
    """cookie64 at 8: names the request in its acknowledgements, never all ones."""
    seq_num: int
    """u32 at 16: counts writes and acknowledgements of a volume, from 1."""
    dp_flags: int
    """u32 at 20 of DpFlags: how to write, and which acknowledgements are wanted."""
    digest: Octets
    """digest at 24: hash of the data, when data integrity is agreed."""
    data: Octets
    """bytes: whole sectors, at most 1 MiB."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        end = cls.open_end(buffer, offset, size, least=digest_size)
        sector, block_id, seq_num, dp_flags = _P_DATA.unpack_from(buffer, offset)
        digest_end = offset + 24 + digest_size
        digest = memoryview(buffer)[offset + 24 : digest_end]
        data = memoryview(buffer)[digest_end:end]
        return cls(sector, block_id, seq_num, dp_flags, digest, data)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 24 + len(self.digest) + len(self.data)

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _P_DATA.pack_into(buffer, offset, self.sector, self.block_id, self.seq_num, self.dp_flags)
        end = offset + 24
        buffer[end : end + len(self.digest)] = self.digest
        end += len(self.digest)
        buffer[end : end + len(self.data)] = self.data
        end += len(self.data)
        return end


@dataclass(slots=True)
class P_WSAME(Packet):
    """Write this block again and again, until the range is full (wire 7.4).

    Number 0x34 on the data socket with feature WSAME.
    """

    COMMAND: ClassVar[Command] = Command.P_WSAME
    FIXED_SIZE: ClassVar[int] = 28
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("sector", "u64", 0, unit="sectors"),
        Field("block_id", "cookie64", 8),
        Field("seq_num", "u32", 16),
        Field("dp_flags", "u32", 20, symbols=DpFlags.describe),
        Field("size", "u32", 24, unit="bytes"),
        Field("digest", "digest", 28),
        Field("block", "bytes", None),
    )

    sector: int
    """u64 at 0, sectors: the first sector."""
    block_id: int
    """cookie64 at 8: names the request in its acknowledgements, never all ones."""
    seq_num: int
    """u32 at 16: counts writes and acknowledgements of a volume, from 1."""
    dp_flags: int
    """u32 at 20 of DpFlags: how to write, and which acknowledgements are wanted."""
    size: int
    """u32 at 24, bytes: whole sectors, at most 128 MiB."""
    digest: Octets
    """digest at 28: hash of the block, when data integrity is agreed."""
    block: Octets
    """bytes: one logical block of the receiver."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        end = cls.open_end(buffer, offset, size, least=digest_size)
        sector, block_id, seq_num, dp_flags, size_ = _P_WSAME.unpack_from(buffer, offset)
        digest_end = offset + 28 + digest_size
        digest = memoryview(buffer)[offset + 28 : digest_end]
        block = memoryview(buffer)[digest_end:end]
        return cls(sector, block_id, seq_num, dp_flags, size_, digest, block)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 28 + len(self.digest) + len(self.block)

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _P_WSAME.pack_into(
            buffer, offset, self.sector, self.block_id, self.seq_num, self.dp_flags, self.size
        )
        end = offset + 28
        buffer[end : end + len(self.digest)] = self.digest
        end += len(self.digest)
        buffer[end : end + len(self.block)] = self.block
        end += len(self.block)
        return end


@dataclass(slots=True)
class RangeWrite(Packet):
    """The record that RangeWrite's packets share."""

    FIXED_SIZE: ClassVar[int] = 28
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("sector", "u64", 0, unit="sectors"),
        Field("block_id", "cookie64", 8),
        Field("seq_num", "u32", 16),
        Field("dp_flags", "u32", 20, symbols=DpFlags.describe),
        Field("size", "u32", 24, unit="bytes"),
    )

    sector: int
    """u64 at 0, sectors: the first sector."""
    block_id: int
    """cookie64 at 8: names the request in its acknowledgements, never all ones."""
    seq_num: int
    """u32 at 16: counts writes and acknowledgements of a volume, from 1."""
    dp_flags: int
    """u32 at 20 of DpFlags: how to write, and which acknowledgements are wanted."""
    size: int
    """u32 at 24, bytes: whole sectors, at most 128 MiB."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls(*_RangeWrite.unpack_from(buffer, offset))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 28

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _RangeWrite.pack_into(
            buffer, offset, self.sector, self.block_id, self.seq_num, self.dp_flags, self.size
        )
        return offset + 28


@dataclass(slots=True)
class P_TRIM(RangeWrite):
    """Discard this range; unless WZEROES is agreed it must read as zeroes afterwards (wire 7.3).

    Number 0x31 on the data socket with feature TRIM.
    """

    COMMAND: ClassVar[Command] = Command.P_TRIM


@dataclass(slots=True)
class P_ZEROES(RangeWrite):
    """Let this range read as zeroes; with DISCARD it may be deallocated (wire 7.3).

    Number 0x36 on the data socket with feature WZEROES.
    """

    COMMAND: ClassVar[Command] = Command.P_ZEROES


@dataclass(slots=True)
class P_BARRIER(Packet):
    """The epoch ends: nothing that follows may reach the disk before what came (wire 7.6).

    Number 0x03 on the data socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_BARRIER
    FIXED_SIZE: ClassVar[int] = 8
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("barrier", "cookie32", 0),
        Field("pad", "u32", 4),
    )

    barrier: int
    """cookie32 at 0: names the epoch in its acknowledgement."""
    pad: int = 0
    """u32 at 4: ignored."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls(*_P_BARRIER.unpack_from(buffer, offset))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 8

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _P_BARRIER.pack_into(buffer, offset, self.barrier, self.pad)
        return offset + 8


@dataclass(slots=True)
class P_UNPLUG_REMOTE(Packet):
    """Nothing more at the moment: do what is queued (wire 7.7).

    Number 0x07 on the data socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_UNPLUG_REMOTE
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
class P_OUT_OF_SYNC(Packet):
    """Written on the sender's side only: mark this range (wire 7.11).

    Number 0x28 on the data socket since version 96.
    """

    COMMAND: ClassVar[Command] = Command.P_OUT_OF_SYNC
    FIXED_SIZE: ClassVar[int] = 16
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("sector", "u64", 0, unit="sectors"),
        Field("size", "u32", 8, unit="bytes"),
        Field("pad", "u32", 12),
    )

    sector: int
    """u64 at 0, sectors: the first sector."""
    size: int
    """u32 at 8, bytes: whole sectors, at most 128 MiB."""
    pad: int = 0
    """u32 at 12: ignored, may hold anything."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls(*_P_OUT_OF_SYNC.unpack_from(buffer, offset))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 16

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _P_OUT_OF_SYNC.pack_into(buffer, offset, self.sector, self.size, self.pad)
        return offset + 16
