# Generated from specs/layouts/headers.dot; edit that drawing, then run `make generate`.
"""The headers that every packet begins with (wire 2)."""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from .codec import Field, Layout, Octets, require

_Header80 = Struct(">IHH")
_Header95 = Struct(">HHI")
_Header100 = Struct(">IHHII")


@dataclass(slots=True)
class Header80(Layout):
    """The oldest header, and the only one before the features are agreed (wire 2.1)."""

    FIXED_SIZE: ClassVar[int] = 8
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("magic", "u32", 0),
        Field("command", "u16", 4),
        Field("length", "u16", 6, unit="bytes"),
    )

    magic: ClassVar[int] = 0x83740267
    """u32 at 0: tells this header from the others."""
    command: int
    """u16 at 4: the packet's number."""
    length: int
    """u16 at 6, bytes: bytes that follow the header."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        magic, command, length = _Header80.unpack_from(buffer, offset)
        require("magic", found=magic, wanted=cls.magic)
        return cls(command, length)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 8

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _Header80.pack_into(buffer, offset, self.magic, self.command, self.length)
        return offset + 8


@dataclass(slots=True)
class Header95(Layout):
    """The header of packets with more than 32768 bytes behind it (wire 2.2)."""

    FIXED_SIZE: ClassVar[int] = 8
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("magic", "u16", 0),
        Field("command", "u16", 2),
        Field("length", "u32", 4, unit="bytes"),
    )

    magic: ClassVar[int] = 0x835A
    """u16 at 0: tells this header from the others."""
    command: int
    """u16 at 2: the packet's number."""
    length: int
    """u32 at 4, bytes: bytes that follow the header."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        magic, command, length = _Header95.unpack_from(buffer, offset)
        require("magic", found=magic, wanted=cls.magic)
        return cls(command, length)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 8

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _Header95.pack_into(buffer, offset, self.magic, self.command, self.length)
        return offset + 8


@dataclass(slots=True)
class Header100(Layout):
    """The header that also names the volume, and the only one from version 100 on (wire 2.3)."""

    FIXED_SIZE: ClassVar[int] = 16
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("magic", "u32", 0),
        Field("volume", "u16", 4),
        Field("command", "u16", 6),
        Field("length", "u32", 8, unit="bytes"),
        Field("pad", "u32", 12),
    )

    magic: ClassVar[int] = 0x8620EC20
    """u32 at 0: tells this header from the others."""
    pad: ClassVar[int] = 0x0
    """u32 at 12: anything but 0 ends the connection (wire 13.1)."""
    volume: int
    """u16 at 4: the volume that the packet is about, 0 when it is about the connection."""
    command: int
    """u16 at 6: the packet's number."""
    length: int
    """u32 at 8, bytes: bytes that follow the header."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        magic, volume, command, length, pad = _Header100.unpack_from(buffer, offset)
        require("magic", found=magic, wanted=cls.magic)
        require("pad", found=pad, wanted=cls.pad)
        return cls(volume, command, length)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 16

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _Header100.pack_into(
            buffer, offset, self.magic, self.volume, self.command, self.length, self.pad
        )
        return offset + 16
