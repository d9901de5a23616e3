# Generated from specs/layouts/superblock.dot; edit that drawing, then run `make generate`.
"""The block that the meta-data begins or ends with (metadata 1)."""

from dataclasses import dataclass, field
from struct import Struct
from typing import ClassVar, Self

from .codec import Field, Flags, Layout, Octets, Values, exact, require

_Superblock = Struct(">QQQQQQQIIIiIiIIII4000s")


class SuperblockFlags(Flags):
    """What state the node was in; bits without a name are kept as they are (metadata 1.4)."""

    MDF_CONSISTENT = 0x001
    """the disk was better than Inconsistent."""
    MDF_PRIMARY_IND = 0x002
    """the node was primary, or had the only disk of a diskless primary."""
    MDF_CONNECTED_IND = 0x004
    """the node was connected."""
    MDF_FULL_SYNC = 0x008
    """the bitmap cannot be trusted, take every bit as set."""
    MDF_WAS_UP_TO_DATE = 0x010
    """the disk was better than Outdated."""
    MDF_PEER_OUT_DATED = 0x020
    """the peer's disk was known to be Inconsistent or Outdated."""
    MDF_CRASHED_PRIMARY = 0x040
    """the node crashed as primary and was not in sync since."""
    MDF_AL_CLEAN = 0x080
    """the activity log has been applied (counts with magic CLEAN only)."""
    MDF_AL_DISABLED = 0x100
    """the activity log was not written."""


class SuperblockMagic(Values):
    """Tells the format, and whether the activity log may need to be applied (metadata 1.3)."""

    CLEAN = 0x8374026B
    """written by tools, with MDF_AL_CLEAN the activity log needs nothing."""
    UNCLEAN = 0x8374026C
    """written by a running node, apply the activity log before attaching."""


@dataclass(slots=True)
class Superblock(Layout):
    """What a node knows about its disk when it starts (metadata 1.2)."""

    FIXED_SIZE: ClassVar[int] = 4096
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("last_agreed_size", "u64", 0, unit="sectors"),
        Field("current_uuid", "u64", 8),
        Field("bitmap_uuid", "u64", 16),
        Field("younger_history_uuid", "u64", 24),
        Field("older_history_uuid", "u64", 32),
        Field("device_uuid", "u64", 40),
        Field("reserved", "u64", 48),
        Field("flags", "u32", 56, symbols=SuperblockFlags.describe),
        Field("magic", "u32", 60, symbols=SuperblockMagic.describe),
        Field("metadata_size", "u32", 64, unit="sectors"),
        Field("al_offset", "s32", 68, unit="sectors"),
        Field("al_extents", "u32", 72, unit="slots"),
        Field("bitmap_offset", "s32", 76, unit="sectors"),
        Field("bytes_per_bit", "u32", 80, unit="bytes"),
        Field("last_peer_max_io_size", "u32", 84, unit="bytes"),
        Field("al_stripes", "u32", 88, unit="stripes"),
        Field("al_stripe_size", "u32", 92, unit="blocks"),
        Field("rest", "bytes[4000]", 96),
    )

    bytes_per_bit: ClassVar[int] = 0x1000
    """u32 at 80, bytes: how much data a bit of the bitmap stands for."""
    last_agreed_size: int
    """u64 at 0, sectors: the volume's size that both nodes agreed on last, 0 for never attached."""
    current_uuid: int
    """u64 at 8: the generation of the data."""
    bitmap_uuid: int
    """u64 at 16: the generation that the bitmap counts from, 0 for none."""
    younger_history_uuid: int
    """u64 at 24: the bitmap UUID before this one."""
    older_history_uuid: int
    """u64 at 32: the bitmap UUID before that."""
    device_uuid: int
    """u64 at 40: names this meta-data, kept as it is."""
    reserved: int = field(default=0, kw_only=True)
    """u64 at 48: 0."""
    flags: int
    """u32 at 56 of SuperblockFlags: what state the node was in."""
    magic: int
    """u32 at 60 of SuperblockMagic: tells the format, and whether the activity log may need to be
    applied.
    """
    metadata_size: int
    """u32 at 64, sectors: all of the meta-data, this block included."""
    al_offset: int
    """s32 at 68, sectors: where the activity log begins, from this block on."""
    al_extents: int
    """u32 at 72, slots: how many extents the activity log keeps hot."""
    bitmap_offset: int
    """s32 at 76, sectors: where the bitmap begins, from this block on."""
    last_peer_max_io_size: int
    """u32 at 84, bytes: the largest request that the peer took, 0 for unknown."""
    al_stripes: int
    """u32 at 88, stripes: stripes of the activity log, 0 with a stripe size of 0 means 1."""
    al_stripe_size: int
    """u32 at 92, blocks: blocks of 4096 bytes, 0 with 0 stripes means 8."""
    rest: bytes = bytes(4000)
    """bytes[4000] at 96: zeros."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        (
            last_agreed_size,
            current_uuid,
            bitmap_uuid,
            younger_history_uuid,
            older_history_uuid,
            device_uuid,
            reserved,
            flags,
            magic,
            metadata_size,
            al_offset,
            al_extents,
            bitmap_offset,
            bytes_per_bit,
            last_peer_max_io_size,
            al_stripes,
            al_stripe_size,
            rest,
        ) = _Superblock.unpack_from(buffer, offset)
        require("bytes_per_bit", found=bytes_per_bit, wanted=cls.bytes_per_bit)
        return cls(
            last_agreed_size,
            current_uuid,
            bitmap_uuid,
            younger_history_uuid,
            older_history_uuid,
            device_uuid,
            flags,
            magic,
            metadata_size,
            al_offset,
            al_extents,
            bitmap_offset,
            last_peer_max_io_size,
            al_stripes,
            al_stripe_size,
            rest,
            reserved=reserved,
        )

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 4096

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _Superblock.pack_into(
            buffer,
            offset,
            self.last_agreed_size,
            self.current_uuid,
            self.bitmap_uuid,
            self.younger_history_uuid,
            self.older_history_uuid,
            self.device_uuid,
            self.reserved,
            self.flags,
            self.magic,
            self.metadata_size,
            self.al_offset,
            self.al_extents,
            self.bitmap_offset,
            self.bytes_per_bit,
            self.last_peer_max_io_size,
            self.al_stripes,
            self.al_stripe_size,
            exact("rest", self.rest, 4000),
        )
        return offset + 4096
