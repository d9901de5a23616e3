# Generated from specs/layouts/requests.dot; edit that drawing, then run `make generate`.
"""Asking for blocks, to read, to resync or to verify them, and what comes back (wire 8 to 10)."""

from dataclasses import dataclass, field
from struct import Struct
from typing import ClassVar, Self

from .codec import Field, Octets, Packet, Values
from .commands import Command

_BlockRequest = Struct(">QQII")
_BlockDigest = Struct(">QQII")
_DataReply = Struct(">QQII")
_P_RS_DEALLOCATED = Struct(">QII")


@dataclass(slots=True)
class BlockRequest(Packet):
    """The record that BlockRequest's packets share."""

    FIXED_SIZE: ClassVar[int] = 24
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("sector", "u64", 0, unit="sectors"),
        Field("block_id", "cookie64", 8),
        Field("blksize", "u32", 16, unit="bytes"),
        Field("pad", "u32", 20),
    )

    sector: int
    """u64 at 0, sectors: the first sector."""
    block_id: int
    """cookie64 at 8: names the request in its answer, ID_SYNCER in resync and verify."""
    blksize: int
    """u32 at 16, bytes: whole sectors, at most 1 MiB."""
    pad: int = 0
    """u32 at 20: ignored, may hold anything."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls(*_BlockRequest.unpack_from(buffer, offset))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 24

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _BlockRequest.pack_into(buffer, offset, self.sector, self.block_id, self.blksize, self.pad)
        return offset + 24


@dataclass(slots=True)
class P_DATA_REQUEST(BlockRequest):
    """Read this for me (wire 8).

    Number 0x08 on the data socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_DATA_REQUEST


@dataclass(slots=True)
class P_RS_DATA_REQUEST(BlockRequest):
    """Send me this range, it is out of sync here (wire 9.3).

    Number 0x09 on the data socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_RS_DATA_REQUEST


@dataclass(slots=True)
class P_RS_THIN_REQ(BlockRequest):
    """Send me this range, or tell me that it is all zero (wire 9.3).

    Number 0x32 on the data socket with feature THIN_RESYNC.
    """

    COMMAND: ClassVar[Command] = Command.P_RS_THIN_REQ


@dataclass(slots=True)
class P_OV_REQUEST(BlockRequest):
    """Send me your digest of this block (wire 10).

    Number 0x1E on the data socket since version 88.
    """

    COMMAND: ClassVar[Command] = Command.P_OV_REQUEST


@dataclass(slots=True)
class BlockDigest(Packet):
    """The record that BlockDigest's packets share."""

    FIXED_SIZE: ClassVar[int] = 24
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("sector", "u64", 0, unit="sectors"),
        Field("block_id", "cookie64", 8),
        Field("blksize", "u32", 16, unit="bytes"),
        Field("pad", "u32", 20),
        Field("digest", "bytes", 24),
    )

    sector: int
    """u64 at 0, sectors: the first sector."""
    block_id: int
    """cookie64 at 8: ID_SYNCER."""
    blksize: int
    """u32 at 16, bytes: whole sectors, at most 1 MiB."""
    pad: int = field(default=0, kw_only=True)
    """u32 at 20: ignored, may hold anything."""
    digest: Octets
    """bytes at 24: hash of the range on the sender's disk."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        end = cls.open_end(buffer, offset, size)
        sector, block_id, blksize, pad = _BlockDigest.unpack_from(buffer, offset)
        digest = memoryview(buffer)[offset + 24 : end]
        return cls(sector, block_id, blksize, digest, pad=pad)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 24 + len(self.digest)

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _BlockDigest.pack_into(buffer, offset, self.sector, self.block_id, self.blksize, self.pad)
        end = offset + 24
        buffer[end : end + len(self.digest)] = self.digest
        end += len(self.digest)
        return end


@dataclass(slots=True)
class P_CSUM_RS_REQUEST(BlockDigest):
    """Send me this range, unless yours has this digest (of csums_alg) too (wire 9.3).

    Number 0x21 on the data socket since version 89.
    """

    COMMAND: ClassVar[Command] = Command.P_CSUM_RS_REQUEST


@dataclass(slots=True)
class P_OV_REPLY(BlockDigest):
    """My digest (of verify_alg) of the block that you asked for, zeros if it cannot be read (wire
    10).

    Number 0x1F on the data socket since version 88.
    """

    COMMAND: ClassVar[Command] = Command.P_OV_REPLY


@dataclass(slots=True)
class DataReply(Packet):
    """The record that DataReply's packets share."""

    FIXED_SIZE: ClassVar[int] = 24
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("sector", "u64", 0, unit="sectors"),
        Field("block_id", "cookie64", 8),
        Field("seq_num", "u32", 16),
        Field("dp_flags", "u32", 20),
        Field("digest", "digest", 24),
        Field("data", "bytes", None),
    )

    sector: int
    """u64 at 0, sectors: as in the request."""
    block_id: int
    """cookie64 at 8: as in the request."""
    seq_num: int = field(default=0, kw_only=True)
    """u32 at 16: always 0."""
    dp_flags: int = field(default=0, kw_only=True)
    """u32 at 20: always 0."""
    digest: Octets
    """digest at 24: hash of the data, when data integrity is agreed."""
    data: Octets
    """bytes: what was asked for, to the byte."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        end = cls.open_end(buffer, offset, size, least=digest_size)
        sector, block_id, seq_num, dp_flags = _DataReply.unpack_from(buffer, offset)
        digest_end = offset + 24 + digest_size
        digest = memoryview(buffer)[offset + 24 : digest_end]
        data = memoryview(buffer)[digest_end:end]
        return cls(sector, block_id, digest, data, seq_num=seq_num, dp_flags=dp_flags)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 24 + len(self.digest) + len(self.data)

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _DataReply.pack_into(
            buffer, offset, self.sector, self.block_id, self.seq_num, self.dp_flags
        )
        end = offset + 24
        buffer[end : end + len(self.digest)] = self.digest
        end += len(self.digest)
        buffer[end : end + len(self.data)] = self.data
        end += len(self.data)
        return end


@dataclass(slots=True)
class P_DATA_REPLY(DataReply):
    """The answer to P_DATA_REQUEST (wire 8).

    Number 0x01 on the data socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_DATA_REPLY


@dataclass(slots=True)
class P_RS_DATA_REPLY(DataReply):
    """The answer to a resync request: write this, then acknowledge (wire 9.4).

    Number 0x02 on the data socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_RS_DATA_REPLY


@dataclass(slots=True)
class P_RS_DEALLOCATED(Packet):
    """The answer to P_RS_THIN_REQ when the whole range is zero: zero it too, then acknowledge (wire
    9.4).

    Number 0x33 on the data socket with feature THIN_RESYNC.
    """

    COMMAND: ClassVar[Command] = Command.P_RS_DEALLOCATED
    FIXED_SIZE: ClassVar[int] = 16
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("sector", "u64", 0, unit="sectors"),
        Field("size", "u32", 8, unit="bytes"),
        Field("pad", "u32", 12),
    )

    sector: int
    """u64 at 0, sectors: as in the request."""
    size: int
    """u32 at 8, bytes: as blksize in the request."""
    pad: int = 0
    """u32 at 12: ignored."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls(*_P_RS_DEALLOCATED.unpack_from(buffer, offset))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 16

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _P_RS_DEALLOCATED.pack_into(buffer, offset, self.sector, self.size, self.pad)
        return offset + 16


class SpecialBlockId(Values):
    """Values of block_id with a meaning; all others belong to the node that made them (wire 9.3)."""

    ID_SYNCER = 0xFFFFFFFFFFFFFFFF
    """a block of a resync or verify, not a request of an application."""
