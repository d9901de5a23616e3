# Generated from specs/layouts/activity_log.dot; edit that drawing, then run `make generate`.
"""The log of the extents that may have writes in flight (metadata 3)."""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from .codec import Field, Layout, Octets, Values, exact, require

_ActivityLogBlock = Struct(">IIIHHHH16s")
_ActivityLogBlock_update_slots = Struct(">64H")
_ActivityLogBlock_update_extents = Struct(">64I")
_ActivityLogBlock_context = Struct(">919I")


class ActivityLogType(Values):
    """Whether the block holds a transaction (metadata 3.5)."""

    UPDATE = 0
    """a transaction."""
    INITIALISED = 65535
    """no transaction yet, everything but magic, type and checksum is 0."""


@dataclass(slots=True)
class ActivityLogBlock(Layout):
    """Which extents become hot, and a part of those that are hot already (metadata 3.3)."""

    FIXED_SIZE: ClassVar[int] = 4096
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("magic", "u32", 0),
        Field("transaction_number", "u32", 4),
        Field("checksum", "u32", 8),
        Field("block_type", "u16", 12, symbols=ActivityLogType.describe),
        Field("update_count", "u16", 14),
        Field("context_size", "u16", 16, unit="slots"),
        Field("context_start", "u16", 18),
        Field("reserved", "bytes[16]", 20),
        Field("update_slots", "u16[64]", 36),
        Field("update_extents", "u32[64]", 164),
        Field("context", "u32[919]", 420),
    )

    magic: ClassVar[int] = 0x69CB65A2
    """u32 at 0: a block without it does not count."""
    transaction_number: int
    """u32 at 4: one more than that of the transaction before, modulo 2^32."""
    checksum: int
    """u32 at 8: CRC-32C of the block with 0 here, begun with 0 and not inverted."""
    block_type: int
    """u16 at 12 of ActivityLogType: whether the block holds a transaction."""
    update_count: int
    """u16 at 14: how many of the update entries are used, at most 64."""
    context_size: int
    """u16 at 16, slots: how many slots the activity log has."""
    context_start: int
    """u16 at 18: the slot of the first context entry."""
    reserved: bytes = bytes(16)
    """bytes[16] at 20: 0."""
    update_slots: tuple[int, ...] = (65535,) * 64
    """u16[64] at 36: the slots that change, NO_SLOT in unused entries."""
    update_extents: tuple[int, ...] = (0xFFFFFFFF,) * 64
    """u32[64] at 164: what they hold from now on, NO_EXTENT in unused entries."""
    context: tuple[int, ...] = (0xFFFFFFFF,) * 919
    """u32[919] at 420: what a window of the slots held before, NO_EXTENT when empty or beyond the
    last.
    """

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        (
            magic,
            transaction_number,
            checksum,
            block_type,
            update_count,
            context_size,
            context_start,
            reserved,
        ) = _ActivityLogBlock.unpack_from(buffer, offset)
        require("magic", found=magic, wanted=cls.magic)
        update_slots = _ActivityLogBlock_update_slots.unpack_from(buffer, offset + 36)
        update_extents = _ActivityLogBlock_update_extents.unpack_from(buffer, offset + 164)
        context = _ActivityLogBlock_context.unpack_from(buffer, offset + 420)
        return cls(
            transaction_number,
            checksum,
            block_type,
            update_count,
            context_size,
            context_start,
            reserved,
            update_slots,
            update_extents,
            context,
        )

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 4096

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _ActivityLogBlock.pack_into(
            buffer,
            offset,
            self.magic,
            self.transaction_number,
            self.checksum,
            self.block_type,
            self.update_count,
            self.context_size,
            self.context_start,
            exact("reserved", self.reserved, 16),
        )
        _ActivityLogBlock_update_slots.pack_into(buffer, offset + 36, *self.update_slots)
        _ActivityLogBlock_update_extents.pack_into(buffer, offset + 164, *self.update_extents)
        _ActivityLogBlock_context.pack_into(buffer, offset + 420, *self.context)
        return offset + 4096


class ActivityLogMark(Values):
    """What stands where there is nothing (metadata 3.3)."""

    NO_SLOT = 0x0000FFFF
    """an unused entry of update_slots."""
    NO_EXTENT = 0xFFFFFFFF
    """an unused entry of update_extents, or an empty slot."""
