# Generated from specs/layouts/configuration.dot; edit that drawing, then run `make generate`.
"""What both nodes agree on, or adopt from each other (wire 5.1 to 5.4)."""

from dataclasses import dataclass, field
from struct import Struct
from typing import ClassVar, Self

from .codec import Field, Flags, Layout, Octets, Packet, Values, padded
from .commands import Command

_ProtocolSettings = Struct(">IIIIII")
_P_SYNC_PARAM = Struct(">I")
_ResyncController = Struct(">IIII")
_P_SYNC_PARAM89 = Struct(">I64s64s")
_QueueLimits = Struct(">IIIIIBBBB")
_P_SIZES = Struct(">QQQIHH")


class ReplicationProtocol(Values):
    """What must have happened before a write counts as done (wire 5.1)."""

    A = 1
    """it is on the local disk and handed to the socket."""
    B = 2
    """the peer has received it."""
    C = 3
    """it is on the peer's disk."""


class SplitBrainPolicy(Values):
    """How to mend a split brain; DISCARD_LOCAL here is DISCARD_REMOTE there (wire 5.1)."""

    DISCONNECT = 0
    """not at all, the administrator decides."""
    DISCARD_YOUNGER_PRIMARY = 1
    """the node that became primary later gives up its changes."""
    DISCARD_OLDER_PRIMARY = 2
    """the node that became primary earlier gives up its changes."""
    DISCARD_ZERO_CHANGES = 3
    """a node that has changed nothing gives way."""
    DISCARD_LEAST_CHANGES = 4
    """the node that has changed less gives up its changes."""
    DISCARD_LOCAL = 5
    """this node gives up its changes."""
    DISCARD_REMOTE = 6
    """the peer gives up its changes."""
    CONSENSUS = 7
    """as without a primary, if that sacrifices the secondary."""
    DISCARD_SECONDARY = 8
    """the secondary gives up its changes."""
    CALL_PRI_LOST_AFTER_SB = 9
    """as without a primary, a primary that loses is demoted first."""
    VIOLENTLY_AS0P = 10
    """as without a primary, even if a primary loses."""


class ConnFlags(Flags):
    """What the administrator asked for at this connect (wire 5.1)."""

    DISCARD_MY_DATA = 0x1
    """after a split brain the sender's changes may go."""
    DRY_RUN = 0x2
    """compare the generations, then disconnect."""


@dataclass(slots=True)
class ProtocolSettings(Packet):
    """The record that ProtocolSettings's packets share."""

    FIXED_SIZE: ClassVar[int] = 24
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("protocol", "u32", 0, symbols=ReplicationProtocol.describe),
        Field("after_sb_0p", "u32", 4, symbols=SplitBrainPolicy.describe),
        Field("after_sb_1p", "u32", 8, symbols=SplitBrainPolicy.describe),
        Field("after_sb_2p", "u32", 12, symbols=SplitBrainPolicy.describe),
        Field("conn_flags", "u32", 16, symbols=ConnFlags.describe),
        Field("two_primaries", "u32", 20),
        Field("integrity_alg", "bytes", 24),
    )

    protocol: int
    """u32 at 0 of ReplicationProtocol: what must have happened before a write counts as done."""
    after_sb_0p: int
    """u32 at 4 of SplitBrainPolicy: how to mend a split brain when no node is primary."""
    after_sb_1p: int
    """u32 at 8 of SplitBrainPolicy: how to mend a split brain when one node is primary."""
    after_sb_2p: int
    """u32 at 12 of SplitBrainPolicy: how to mend a split brain when both nodes are primary."""
    conn_flags: int
    """u32 at 16 of ConnFlags: what the administrator asked for at this connect."""
    two_primaries: int
    """u32 at 20: 1 when both nodes may be primary, else 0."""
    integrity_alg: Octets
    """bytes at 24 (name with its zero, since 87): name and zero of the hash that goes with data (at
    most 64 bytes, a lone zero for none), not there in version 86.
    """

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        end = cls.open_end(buffer, offset, size)
        protocol, after_sb_0p, after_sb_1p, after_sb_2p, conn_flags, two_primaries = (
            _ProtocolSettings.unpack_from(buffer, offset)
        )
        integrity_alg = memoryview(buffer)[offset + 24 : end]
        return cls(
            protocol,
            after_sb_0p,
            after_sb_1p,
            after_sb_2p,
            conn_flags,
            two_primaries,
            integrity_alg,
        )

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 24 + len(self.integrity_alg)

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _ProtocolSettings.pack_into(
            buffer,
            offset,
            self.protocol,
            self.after_sb_0p,
            self.after_sb_1p,
            self.after_sb_2p,
            self.conn_flags,
            self.two_primaries,
        )
        end = offset + 24
        buffer[end : end + len(self.integrity_alg)] = self.integrity_alg
        end += len(self.integrity_alg)
        return end


@dataclass(slots=True)
class P_PROTOCOL(ProtocolSettings):
    """The settings of the connection; both nodes must have the same (wire 5.1).

    Number 0x0B on the data socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_PROTOCOL


@dataclass(slots=True)
class P_PROTOCOL_UPDATE(ProtocolSettings):
    """New settings of an established connection, which the receiver adopts (wire 5.2).

    Number 0x2D on the data socket since version 100.
    """

    COMMAND: ClassVar[Command] = Command.P_PROTOCOL_UPDATE


@dataclass(slots=True)
class P_SYNC_PARAM(Packet):
    """The resync settings of a volume, in the oldest form (wire 5.3).

    Number 0x0A on the data socket since version 86 until version 88.
    """

    COMMAND: ClassVar[Command] = Command.P_SYNC_PARAM
    FIXED_SIZE: ClassVar[int] = 4
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("resync_rate", "u32", 0, unit="KiB/s"),
        Field("verify_alg", "bytes", 4),
    )

    resync_rate: int
    """u32 at 0, KiB/s: the speed that a resync begins with."""
    verify_alg: Octets
    """bytes at 4 (name with its zero, since 88): name and zero of the hash of online verify (1 to
    64 bytes), not there before 88.
    """

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        end = cls.open_end(buffer, offset, size)
        (resync_rate,) = _P_SYNC_PARAM.unpack_from(buffer, offset)
        verify_alg = memoryview(buffer)[offset + 4 : end]
        return cls(resync_rate, verify_alg)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 4 + len(self.verify_alg)

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _P_SYNC_PARAM.pack_into(buffer, offset, self.resync_rate)
        end = offset + 4
        buffer[end : end + len(self.verify_alg)] = self.verify_alg
        end += len(self.verify_alg)
        return end


@dataclass(slots=True)
class ResyncController(Layout):
    """Settings of the controller of the resync speed, the tail of P_SYNC_PARAM89 (wire 5.3)."""

    FIXED_SIZE: ClassVar[int] = 16
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("c_plan_ahead", "u32", 0, unit="0.1 s"),
        Field("c_delay_target", "u32", 4, unit="0.1 s"),
        Field("c_fill_target", "u32", 8, unit="sectors"),
        Field("c_max_rate", "u32", 12, unit="KiB/s"),
    )

    c_plan_ahead: int
    """u32 at 0, 0.1 s: how far the controller looks ahead, 0 for a fixed resync_rate."""
    c_delay_target: int
    """u32 at 4, 0.1 s: how old data in flight should be, when c_fill_target is 0."""
    c_fill_target: int
    """u32 at 8, sectors: how much data should be in flight."""
    c_max_rate: int
    """u32 at 12, KiB/s: the highest speed."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls(*_ResyncController.unpack_from(buffer, offset))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 16

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _ResyncController.pack_into(
            buffer,
            offset,
            self.c_plan_ahead,
            self.c_delay_target,
            self.c_fill_target,
            self.c_max_rate,
        )
        return offset + 16


@dataclass(slots=True)
class P_SYNC_PARAM89(Packet):
    """The resync settings of a volume; a receiver with a disk adopts the numbers (wire 5.3).

    Number 0x23 on the data socket since version 89.
    """

    COMMAND: ClassVar[Command] = Command.P_SYNC_PARAM89
    FIXED_SIZE: ClassVar[int] = 132
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("resync_rate", "u32", 0, unit="KiB/s"),
        Field("verify_alg", "char[64]", 4),
        Field("csums_alg", "char[64]", 68),
        Field("controller", "ResyncController?", 132),
    )

    resync_rate: int
    """u32 at 0, KiB/s: the speed that a resync begins with."""
    verify_alg: bytes
    """char[64] at 4: hash of online verify, empty for none."""
    csums_alg: bytes
    """char[64] at 68: hash of checksum based resync, empty for none."""
    controller: ResyncController | None = None
    """ResyncController? at 132 (since 95): settings of the controller of the resync speed."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        end = cls.open_end(buffer, offset, size)
        resync_rate, verify_alg, csums_alg = _P_SYNC_PARAM89.unpack_from(buffer, offset)
        start = offset + 132
        controller = (
            ResyncController.unpack_from(buffer, start, end - start) if end > start else None
        )
        return cls(resync_rate, verify_alg.rstrip(b"\0"), csums_alg.rstrip(b"\0"), controller)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 132 + (self.controller.packed_size if self.controller is not None else 0)

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _P_SYNC_PARAM89.pack_into(
            buffer,
            offset,
            self.resync_rate,
            padded("verify_alg", self.verify_alg, 64),
            padded("csums_alg", self.csums_alg, 64),
        )
        end = offset + 132
        if self.controller is not None:
            end = self.controller.pack_into(buffer, end)
        return end


@dataclass(slots=True)
class QueueLimits(Layout):
    """What the sender's device likes, the tail of P_SIZES (wire 5.4)."""

    FIXED_SIZE: ClassVar[int] = 24
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("physical_block_size", "u32", 0, unit="bytes"),
        Field("logical_block_size", "u32", 4, unit="bytes"),
        Field("alignment_offset", "u32", 8, unit="bytes"),
        Field("io_min", "u32", 12, unit="bytes"),
        Field("io_opt", "u32", 16, unit="bytes"),
        Field("discard_enabled", "u8", 20),
        Field("discard_zeroes_data", "u8", 21),
        Field("write_same_capable", "u8", 22),
        Field("pad", "u8", 23),
    )

    physical_block_size: int
    """u32 at 0, bytes: what the device writes at once."""
    logical_block_size: int
    """u32 at 4, bytes: what the device can address."""
    alignment_offset: int
    """u32 at 8, bytes: where the first physical block begins."""
    io_min: int
    """u32 at 12, bytes: the smallest request that the device likes."""
    io_opt: int
    """u32 at 16, bytes: the best size of a request, 0 for unknown."""
    discard_enabled: int
    """u8 at 20: 1 when the device can discard, else 0."""
    discard_zeroes_data: int
    """u8 at 21: 1 when discarded blocks read as zeroes, else 0."""
    write_same_capable: int
    """u8 at 22: 1 when the device takes P_WSAME, else 0."""
    pad: int = 0
    """u8 at 23: ignored."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls(*_QueueLimits.unpack_from(buffer, offset))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 24

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _QueueLimits.pack_into(
            buffer,
            offset,
            self.physical_block_size,
            self.logical_block_size,
            self.alignment_offset,
            self.io_min,
            self.io_opt,
            self.discard_enabled,
            self.discard_zeroes_data,
            self.write_same_capable,
            self.pad,
        )
        return offset + 24


class DdsFlags(Flags):
    """How to resize (wire 5.4)."""

    FORCED = 0x1
    """the administrator insists."""
    NO_RESYNC = 0x2
    """what has grown is the same on both disks (93+)."""


@dataclass(slots=True)
class P_SIZES(Packet):
    """The sizes of a volume's disk, of the volume, and of the requests that it takes (wire 5.4).

    Number 0x0D on the data socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_SIZES
    FIXED_SIZE: ClassVar[int] = 32
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("d_size", "u64", 0, unit="sectors"),
        Field("u_size", "u64", 8, unit="sectors"),
        Field("c_size", "u64", 16, unit="sectors"),
        Field("max_bio_size", "u32", 24, unit="bytes"),
        Field("queue_order_type", "u16", 28),
        Field("dds_flags", "u16", 30, symbols=DdsFlags.describe),
        Field("queue_limits", "QueueLimits?", 32),
    )

    d_size: int
    """u64 at 0, sectors: the most that the sender's disk could offer, 0 for no disk."""
    u_size: int
    """u64 at 8, sectors: the limit that the administrator has set, 0 for none."""
    c_size: int
    """u64 at 16, sectors: what the sender exports now, 0 for unknown or please answer."""
    max_bio_size: int
    """u32 at 24, bytes: the largest request that the sender takes."""
    queue_order_type: int = field(default=0, kw_only=True)
    """u16 at 28: ignored."""
    dds_flags: int
    """u16 at 30 of DdsFlags: how to resize."""
    queue_limits: QueueLimits | None = None
    """QueueLimits? at 32 (feature WSAME): there if and only if WSAME is agreed."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        end = cls.open_end(buffer, offset, size)
        d_size, u_size, c_size, max_bio_size, queue_order_type, dds_flags = _P_SIZES.unpack_from(
            buffer, offset
        )
        start = offset + 32
        queue_limits = QueueLimits.unpack_from(buffer, start, end - start) if end > start else None
        return cls(
            d_size,
            u_size,
            c_size,
            max_bio_size,
            dds_flags,
            queue_limits,
            queue_order_type=queue_order_type,
        )

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 32 + (self.queue_limits.packed_size if self.queue_limits is not None else 0)

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _P_SIZES.pack_into(
            buffer,
            offset,
            self.d_size,
            self.u_size,
            self.c_size,
            self.max_bio_size,
            self.queue_order_type,
            self.dds_flags,
        )
        end = offset + 32
        if self.queue_limits is not None:
            end = self.queue_limits.pack_into(buffer, end)
        return end
