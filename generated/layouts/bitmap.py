# Generated from specs/layouts/bitmap.dot; edit that drawing, then run `make generate`.
"""Which blocks are out of sync, said before a resync (wire 6)."""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from .codec import Field, Octets, Packet, Values, Word, fitted
from .commands import Command

_P_COMPRESSED_BITMAP = Struct(">B")


@dataclass(slots=True)
class P_BITMAP(Packet):
    """The next bytes of the bitmap; none at all end the transfer (wire 6.2).

    Number 0x04 on the data socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_BITMAP
    FIXED_SIZE: ClassVar[int] = 0
    FIELDS: ClassVar[tuple[Field, ...]] = (Field("bitmap", "bytes", 0),)

    bitmap: Octets
    """bytes at 0: little-endian words, bit 0 of byte 0 is the first block."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        end = cls.open_end(buffer, offset, size)
        bitmap = memoryview(buffer)[offset + 0 : end]
        return cls(bitmap)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 0 + len(self.bitmap)

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        end = offset + 0
        buffer[end : end + len(self.bitmap)] = self.bitmap
        end += len(self.bitmap)
        return end


class BitmapCoding(Values):
    """How runs of equal bits become bytes (wire 6.3)."""

    RLE_VLI = 2
    """the run's length as a number of variable length."""


@dataclass(slots=True)
class BitmapEncoding(Word):
    """How to read the runs of a P_COMPRESSED_BITMAP; least significant bit first (wire 6.3)."""

    SIZE: ClassVar[int] = 1
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("coding", "4 bits", 0, symbols=BitmapCoding.describe),
        Field("pad_bits", "3 bits", 4),
        Field("first_run", "1 bits", 7),
    )

    coding: int = 0
    """Bits 0 to 3 of BitmapCoding: RLE_VLI, nothing else is known."""
    pad_bits: int = 0
    """Bits 4 to 6: how many bits at the end of the last byte are not used."""
    first_run: int = 0
    """Bit 7: the value of all bits in the first run."""

    @classmethod
    def from_word(cls, word: int) -> Self:
        """Cut a number in pieces."""
        return cls(
            word & 0xF,
            word >> 4 & 0x7,
            word >> 7 & 0x1,
        )

    @property
    def word(self) -> int:
        """The number; raises LayoutError when a piece is too large for its bits."""
        return (
            fitted("coding", self.coding, 4)
            | fitted("pad_bits", self.pad_bits, 3) << 4
            | fitted("first_run", self.first_run, 1) << 7
        )


@dataclass(slots=True)
class P_COMPRESSED_BITMAP(Packet):
    """The lengths of the next runs of equal bits (wire 6.3).

    Number 0x24 on the data socket since version 90.
    """

    COMMAND: ClassVar[Command] = Command.P_COMPRESSED_BITMAP
    FIXED_SIZE: ClassVar[int] = 1
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("encoding", "BitmapEncoding", 0),
        Field("code", "bytes", 1),
    )

    encoding: BitmapEncoding
    """BitmapEncoding at 0: how to read the code."""
    code: Octets
    """bytes at 1: one variable-length number for each run, first bit least significant."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        end = cls.open_end(buffer, offset, size)
        (encoding,) = _P_COMPRESSED_BITMAP.unpack_from(buffer, offset)
        code = memoryview(buffer)[offset + 1 : end]
        return cls(BitmapEncoding.from_word(encoding), code)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 1 + len(self.code)

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _P_COMPRESSED_BITMAP.pack_into(buffer, offset, self.encoding.word)
        end = offset + 1
        buffer[end : end + len(self.code)] = self.code
        end += len(self.code)
        return end
