"""What a layouts drawing means: ordered, sized fields of packets, blocks and words."""

from dataclasses import dataclass
from typing import Final

from codegen.problems import Place

KINDS: Final = ("packet", "header", "struct", "block", "bits", "flags", "values")
SOCKETS: Final = ("data", "meta")

WIDTHS: Final = {
    "u8": 1,
    "u16": 2,
    "u32": 4,
    "u64": 8,
    "s32": 4,
    "cookie32": 4,
    "cookie64": 8,
    "char": 1,
    "bytes": 1,
}
"""Bytes of one element of each built-in type."""


@dataclass(frozen=True, slots=True)
class FieldType:
    """A field's type: a built-in one or the name of a layout.

    `count` is the length of an array (for `char` and `bytes` a number of bytes), 0 without one;
    `bytes` without a count is the rest of the packet.
    """

    name: str
    count: int = 0
    optional: bool = False

    @property
    def is_layout(self) -> bool:
        """Whether another layout is meant."""
        return self.name not in WIDTHS and self.name != "digest"

    @property
    def is_rest(self) -> bool:
        """Whether the field takes what is left of the packet."""
        return self.name == "bytes" and not self.count

    @property
    def is_array(self) -> bool:
        """Whether the value is a tuple of numbers."""
        return bool(self.count) and self.name not in ("char", "bytes")

    def __str__(self) -> str:
        """The type as the drawing spells it."""
        count = f"[{self.count}]" if self.count else ""
        return f"{self.name}{count}{'?' if self.optional else ''}"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `offset` and `width` are bytes, None where an earlier field decides.

    `symbols` names the flags, values or states drawing that the number comes from. `default` is
    what a new object has; `required` says that nothing else is accepted; `at` is the offset that
    the drawing claims.
    """

    name: str
    place: Place
    type: FieldType
    unit: str = ""
    symbols: str = ""
    remark: str = ""
    meaning: str = ""
    default: int | None = None
    required: bool = False
    at: int | None = None
    offset: int | None = None
    width: int | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a bits layout: `width` bits from bit `shift` on, 0 being the least significant."""

    name: str
    place: Place
    shift: int
    width: int
    symbols: str = ""
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Constant:
    """A named number of a flags or values layout."""

    name: str
    place: Place
    number: int
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """One record node. Which of `fields`, `pieces`, `constants` is filled depends on `kind`.

    `record` names the shared record (a named subgraph's node default) that the fields come from.
    """

    name: str
    place: Place
    kind: str
    number: int | None = None
    sockets: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    feature: str = ""
    fixed: int | None = None
    obsolete: bool = False
    title: str = ""
    section: str = ""
    comment: str = ""
    record: str = ""
    fields: tuple[Field, ...] = ()
    pieces: tuple[Piece, ...] = ()
    constants: tuple[Constant, ...] = ()

    @property
    def mentioned(self) -> list[str]:
        """The drawings that it refers to: inner layouts, and where numbers have their names."""
        mentioned = [field.type.name for field in self.fields if field.type.is_layout]
        mentioned += [field.symbols for field in self.fields if field.symbols]
        return mentioned + [piece.symbols for piece in self.pieces if piece.symbols]

    @property
    def bits(self) -> int:
        """Width of a bits layout in bits."""
        return sum(piece.width for piece in self.pieces)

    @property
    def fixed_size(self) -> int:
        """Bytes of the fields that are always there (digest, rest and optional ones are not)."""
        if self.kind == "bits":
            return self.bits // 8
        always = (field for field in self.fields if not field.type.optional)
        return sum(field.width or 0 for field in always)

    @property
    def is_open(self) -> bool:
        """Whether the size depends on more than the drawing."""
        return any(field.width is None or field.type.optional for field in self.fields)


@dataclass(frozen=True, slots=True)
class Schema:
    """One layouts drawing: a chapter of layouts."""

    name: str
    place: Place
    comment: str
    layouts: tuple[Layout, ...]
