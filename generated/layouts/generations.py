# Generated from specs/layouts/generations.dot; edit that drawing, then run `make generate`.
"""Which generation of the data a node has (wire 5.5 to 5.8)."""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from .codec import Field, Flags, Octets, Packet, Values
from .commands import Command

_P_UUIDS = Struct(">QQQQQQ")
_P_SYNC_UUID = Struct(">Q")


class UuidFlags(Flags):
    """What the comparison of generations needs to know beside the UUIDs (wire 5.5)."""

    DISCARD_MY_DATA = 0x1
    """the sender was told to give up its changes."""
    CRASHED_PRIMARY = 0x2
    """the sender was primary when it went down, and not in good order."""
    INCONSISTENT = 0x4
    """the sender's disk is Inconsistent, in case its state is Negotiating."""
    SKIP_INITIAL_SYNC = 0x8
    """both disks are declared to be the same (90+)."""


@dataclass(slots=True)
class P_UUIDS(Packet):
    """The generations of the sender's data; only from a disk that is at least Negotiating (wire
    5.5).

    Number 0x0C on the data socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_UUIDS
    FIXED_SIZE: ClassVar[int] = 48
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("current_uuid", "u64", 0),
        Field("bitmap_uuid", "u64", 8),
        Field("younger_history_uuid", "u64", 16),
        Field("older_history_uuid", "u64", 24),
        Field("bits_set", "u64", 32, unit="bits"),
        Field("uuid_flags", "u64", 40, symbols=UuidFlags.describe),
    )

    current_uuid: int
    """u64 at 0: the generation that the sender has now."""
    bitmap_uuid: int
    """u64 at 8: the generation that its bitmap counts from, 0 for none."""
    younger_history_uuid: int
    """u64 at 16: the bitmap UUID before this one."""
    older_history_uuid: int
    """u64 at 24: the bitmap UUID before that."""
    bits_set: int
    """u64 at 32, bits: how many blocks are out of sync, for the split-brain policies."""
    uuid_flags: int
    """u64 at 40 of UuidFlags: what else the comparison needs."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls(*_P_UUIDS.unpack_from(buffer, offset))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 48

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _P_UUIDS.pack_into(
            buffer,
            offset,
            self.current_uuid,
            self.bitmap_uuid,
            self.younger_history_uuid,
            self.older_history_uuid,
            self.bits_set,
            self.uuid_flags,
        )
        return offset + 48


@dataclass(slots=True)
class P_SYNC_UUID(Packet):
    """A resync begins: the source's new bitmap UUID is the target's current one from now on (wire
    5.7).

    Number 0x0F on the data socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_SYNC_UUID
    FIXED_SIZE: ClassVar[int] = 8
    FIELDS: ClassVar[tuple[Field, ...]] = (Field("sync_uuid", "u64", 0),)

    sync_uuid: int
    """u64 at 0: the generation that the target has while the resync runs."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls(*_P_SYNC_UUID.unpack_from(buffer, offset))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 8

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _P_SYNC_UUID.pack_into(buffer, offset, self.sync_uuid)
        return offset + 8


class SpecialUuid(Values):
    """UUIDs with a meaning; all others are random, with bit 0 set while the owner is primary (wire
    5.5).
    """

    EMPTY = 0
    """no such generation."""
    JUST_CREATED = 4
    """the current UUID of fresh meta-data."""
