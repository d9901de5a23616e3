# Generated from specs/layouts/acks.dot; edit that drawing, then run `make generate`.
"""Acknowledgements, and the answers without data, all on the meta socket (wire 7.5, 7.6)."""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from .codec import Field, Octets, Packet, Values
from .commands import Command

_BlockAck = Struct(">QQII")
_P_OV_RESULT = Struct(">QQII")
_P_BARRIER_ACK = Struct(">II")


@dataclass(slots=True)
class BlockAck(Packet):
    """The record that BlockAck's packets share."""

    FIXED_SIZE: ClassVar[int] = 24
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("sector", "u64", 0, unit="sectors"),
        Field("block_id", "cookie64", 8),
        Field("blksize", "u32", 16, unit="bytes"),
        Field("seq_num", "u32", 20),
    )

    sector: int
    """u64 at 0, sectors: as in the request."""
    block_id: int
    """cookie64 at 8: as in the request, but see P_RS_IS_IN_SYNC and P_NEG_RS_DREPLY."""
    blksize: int
    """u32 at 16, bytes: how much is concerned."""
    seq_num: int
    """u32 at 20: counts writes and acknowledgements of a volume, from 1."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls(*_BlockAck.unpack_from(buffer, offset))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 24

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _BlockAck.pack_into(buffer, offset, self.sector, self.block_id, self.blksize, self.seq_num)
        return offset + 24


@dataclass(slots=True)
class P_RECV_ACK(BlockAck):
    """The write has arrived, whole (protocol B) (wire 7.5).

    Number 0x15 on the meta socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_RECV_ACK


@dataclass(slots=True)
class P_WRITE_ACK(BlockAck):
    """The write is on disk (protocol C) (wire 7.5).

    Number 0x16 on the meta socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_WRITE_ACK


@dataclass(slots=True)
class P_RS_WRITE_ACK(BlockAck):
    """It is on disk, and in sync here: resync data, or a write with MAY_SET_IN_SYNC (wire 7.5,
    9.5).

    Number 0x17 on the meta socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_RS_WRITE_ACK


@dataclass(slots=True)
class P_SUPERSEDED(BlockAck):
    """Not written: a concurrent write of the other primary covers it (wire 7.9).

    Number 0x18 on the meta socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_SUPERSEDED


@dataclass(slots=True)
class P_NEG_ACK(BlockAck):
    """The write failed (wire 7.5, 9.5).

    Number 0x19 on the meta socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_NEG_ACK


@dataclass(slots=True)
class P_NEG_DREPLY(BlockAck):
    """The read of P_DATA_REQUEST failed (wire 8).

    Number 0x1A on the meta socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_NEG_DREPLY


@dataclass(slots=True)
class P_NEG_RS_DREPLY(BlockAck):
    """The read for a resync or verify failed; block_id may hold anything (wire 9.4).

    Number 0x1B on the meta socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_NEG_RS_DREPLY


@dataclass(slots=True)
class P_RS_IS_IN_SYNC(BlockAck):
    """The digest of P_CSUM_RS_REQUEST is the same here; block_id may hold anything (wire 9.4).

    Number 0x22 on the meta socket since version 89.
    """

    COMMAND: ClassVar[Command] = Command.P_RS_IS_IN_SYNC


@dataclass(slots=True)
class P_RS_CANCEL(BlockAck):
    """No resync at the moment, the source has gone Ahead: forget the request (wire 9.4).

    Number 0x29 on the meta socket since version 96.
    """

    COMMAND: ClassVar[Command] = Command.P_RS_CANCEL


@dataclass(slots=True)
class P_RETRY_WRITE(BlockAck):
    """Not written: it overlaps a concurrent write of the other primary, send it again later (wire
    7.9).

    Number 0x2C on the meta socket since version 100.
    """

    COMMAND: ClassVar[Command] = Command.P_RETRY_WRITE


class VerifyResult(Values):
    """What the comparison of two digests has given (wire 10)."""

    IN_SYNC = 4711
    """the digests are the same."""
    OUT_OF_SYNC = 4712
    """they differ, mark the block."""


@dataclass(slots=True)
class P_OV_RESULT(Packet):
    """What the comparison of a P_OV_REPLY has given (wire 10).

    Number 0x20 on the meta socket since version 88.
    """

    COMMAND: ClassVar[Command] = Command.P_OV_RESULT
    FIXED_SIZE: ClassVar[int] = 24
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("sector", "u64", 0, unit="sectors"),
        Field("block_id", "u64", 8, symbols=VerifyResult.describe),
        Field("blksize", "u32", 16, unit="bytes"),
        Field("seq_num", "u32", 20),
    )

    sector: int
    """u64 at 0, sectors: as in the request."""
    block_id: int
    """u64 at 8 of VerifyResult: a number here, everything but OUT_OF_SYNC means in sync."""
    blksize: int
    """u32 at 16, bytes: as in the request."""
    seq_num: int
    """u32 at 20: counts writes and acknowledgements of a volume, from 1."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls(*_P_OV_RESULT.unpack_from(buffer, offset))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 24

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _P_OV_RESULT.pack_into(
            buffer, offset, self.sector, self.block_id, self.blksize, self.seq_num
        )
        return offset + 24


@dataclass(slots=True)
class P_BARRIER_ACK(Packet):
    """All writes of the epoch are on stable storage, or have been refused (wire 7.6).

    Number 0x1C on the meta socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_BARRIER_ACK
    FIXED_SIZE: ClassVar[int] = 8
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("barrier", "cookie32", 0),
        Field("set_size", "u32", 4, unit="writes"),
    )

    barrier: int
    """cookie32 at 0: as in the P_BARRIER that ended the epoch."""
    set_size: int
    """u32 at 4, writes: how many writes of all volumes the epoch had."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls(*_P_BARRIER_ACK.unpack_from(buffer, offset))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 8

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _P_BARRIER_ACK.pack_into(buffer, offset, self.barrier, self.set_size)
        return offset + 8
