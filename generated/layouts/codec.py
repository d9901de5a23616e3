# Generated from the drawings in specs/layouts/; edit those, then run `make generate`.
"""What all layouts share: every number is big-endian, nothing is padded between fields."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Self, TypeAlias

from .commands import Command

Octets: TypeAlias = bytes | bytearray | memoryview
"""What layouts are read from; the open end of a packet is a view into it, not a copy."""


class LayoutError(ValueError):
    """The bytes are not of the layout, or a value does not fit into it."""


@dataclass(frozen=True, slots=True)
class Field:
    """What a field is called, how wide it is, where it lies, and what its number means.

    `offset` counts bytes from the layout's start (bits in a word); it is None where an earlier
    field decides.
    """

    name: str
    type: str
    offset: int | None
    unit: str = ""
    symbols: Callable[[int], str] | None = None


class Layout(ABC):
    """Ordered, sized fields."""

    __slots__ = ()

    FIXED_SIZE: ClassVar[int]
    """Bytes of the fields that are always there."""

    FIELDS: ClassVar[tuple[Field, ...]]

    @classmethod
    @abstractmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit.

        `size` is the number of bytes that belong to it: all of them must be used. Without it a
        closed layout takes what it needs, an open one takes the buffer to its end. `digest_size`
        is the agreed size of a digest in bytes, where the layout has one.
        """

    @property
    @abstractmethod
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""

    @abstractmethod
    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it.

        Raises struct.error when a number or the buffer is too small, LayoutError for bytes of the
        wrong length.
        """

    def pack(self) -> bytes:
        """Return the layout's bytes."""
        buffer = bytearray(self.packed_size)
        self.pack_into(buffer)
        return bytes(buffer)

    @classmethod
    def closed_end(cls, buffer: Octets, offset: int, size: int | None) -> int:
        """Return where a layout without open end ends; raise LayoutError when it does not fit."""
        end = offset + cls.FIXED_SIZE
        if end > len(buffer) or size not in (None, cls.FIXED_SIZE):
            there = len(buffer) - offset if size is None else size
            raise LayoutError(f"{cls.__name__} has {cls.FIXED_SIZE} bytes, not {there}")
        return end

    @classmethod
    def open_end(cls, buffer: Octets, offset: int, size: int | None, *, least: int = 0) -> int:
        """Return where a layout with an open end ends; `least` bytes follow the fixed part."""
        end = len(buffer) if size is None else offset + size
        if end > len(buffer) or end < offset + cls.FIXED_SIZE + least:
            needed = cls.FIXED_SIZE + least
            there = min(end, len(buffer)) - offset
            raise LayoutError(f"{cls.__name__} needs at least {needed} bytes, not {there}")
        return end


class Packet(Layout):
    """A layout that travels behind a frame header."""

    __slots__ = ()

    COMMAND: ClassVar[Command]


class Word(ABC):
    """One number cut in pieces."""

    __slots__ = ()

    SIZE: ClassVar[int]
    """Bytes of the number."""

    FIELDS: ClassVar[tuple[Field, ...]]

    @classmethod
    @abstractmethod
    def from_word(cls, word: int) -> Self:
        """Cut a number in pieces."""

    @property
    @abstractmethod
    def word(self) -> int:
        """The number; raises LayoutError when a piece is too large for its bits."""


class Values(IntEnum):
    """Named numbers, one at a time."""

    @classmethod
    def describe(cls, number: int) -> str:
        """Return the name of a number, or the number when it has none."""
        return next((value.name for value in cls if value == number), str(number))


class Flags(IntEnum):
    """Named bits; plain numbers, so that `flags & FUA` costs no more than it does on int."""

    @classmethod
    def describe(cls, number: int) -> str:
        """Return the names of the bits set, joined by "|"; bits without a name as a number."""
        names = [flag.name for flag in cls if flag & number]
        rest = number & ~sum(cls)
        return "|".join([*names, *([f"{rest:#x}"] if rest else [])]) or "0"


def require(name: str, *, found: int, wanted: int) -> None:
    """Raise LayoutError unless a field has its only value."""
    if found != wanted:
        raise LayoutError(f"{name} is {found:#x}, not {wanted:#x}")


def padded(name: str, value: bytes, size: int) -> bytes:
    """Return a text that will be padded with zeros; raise LayoutError when it is too long."""
    if len(value) > size:
        raise LayoutError(f"{name} holds {size} bytes, not {len(value)}")
    return value


def exact(name: str, value: bytes, size: int) -> bytes:
    """Return bytes of one size; raise LayoutError for another size."""
    if len(value) != size:
        raise LayoutError(f"{name} has {size} bytes, not {len(value)}")
    return value


def fitted(name: str, value: int, width: int) -> int:
    """Return a piece of a word; raise LayoutError when it needs more than `width` bits."""
    if value >> width:
        raise LayoutError(f"{name} has {width} bits, {value} needs more")
    return value
