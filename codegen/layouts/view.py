"""Layouts as their templates see them: order, struct formats and texts are decided here."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from codegen.docstrings import docstring
from codegen.layouts.model import Constant, Field, Layout, Piece, Schema
from codegen.names import machine_prefix

STRUCT_CODES: Final = {
    "u8": "B",
    "u16": "H",
    "u32": "I",
    "u64": "Q",
    "s32": "i",
    "cookie32": "I",
    "cookie64": "Q",
    "char": "s",
    "bytes": "s",
}
WORD_CODES: Final = {8: "B", 16: "H", 32: "I", 64: "Q"}
INDENT: Final = 4


class Names:
    """Where things are drawn: which module an import of a name goes to."""

    def __init__(self, schemas: Sequence[Schema], machines: Iterable[str]) -> None:
        self.layouts = {layout.name: layout for schema in schemas for layout in schema.layouts}
        self.modules = {layout.name: schema.name for schema in schemas for layout in schema.layouts}
        self.machines = frozenset(machines)

    def symbol_class(self, name: str) -> str:
        """The enum that a field's numbers come from; empty without one."""
        return f"{machine_prefix(name)}State" if name in self.machines else name

    def module(self, name: str) -> str:
        """The module, seen from generated/layouts, that has what a field refers to."""
        if name in self.machines:
            return f"..states.{name}.states"
        return f".{self.modules[name]}"


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field; `inner` is the class of a word or struct."""

    name: str
    type: str
    python: str
    default: str
    doc: list[str]
    offset: int | None
    unit: str
    symbols: str
    inner: str
    count: int
    required: int | None
    keyword: bool

    @property
    def local(self) -> str:
        """What unpacking calls the field: not what its parameters are called."""
        return f"{self.name}_" if self.name in ("offset", "size") else self.name

    @property
    def is_plain(self) -> bool:
        """Whether the struct module's value is the field's value."""
        return not (self.inner or self.type.startswith("char") or self.required is not None)


@dataclass(frozen=True, slots=True)
class Element:
    """Neighbouring fields that are read in one step.

    `kind` is run (one Struct of single values), array, struct, digest, optional or rest.
    """

    kind: str
    offset: int
    format: str
    constant: str
    fields: list[FieldView]


@dataclass(frozen=True, slots=True)
class PieceView:
    """A piece of a word."""

    name: str
    shift: int
    width: int
    mask: str
    symbols: str
    doc: list[str]


@dataclass(frozen=True, slots=True)
class ConstantView:
    """A member of an enum of numbers."""

    name: str
    number: str
    doc: list[str]


class LayoutView:
    """One layout, or the record that several share (`subclasses`)."""

    def __init__(self, layout: Layout, names: Names, *, name: str, base: str) -> None:
        self.name = name
        self.base = base
        self.kind = layout.kind
        self.command = layout.name if layout.number is not None else ""
        self.arrives = bool(layout.sockets) and not layout.obsolete
        self.fixed_size = layout.fixed_size
        self.is_open = layout.is_open
        self.doc = docstring([*_class_doc(layout, name)], INDENT)
        self.fields = [_field(field, layout, names) for field in layout.fields]
        self.elements = list(_elements(layout, self.fields, name))
        self.pieces = [_piece(piece, names) for piece in layout.pieces]
        self.constants = [_constant(constant, layout) for constant in layout.constants]
        self.has_digest = any(field.type == "digest" for field in self.fields)
        self.word_size = layout.bits // 8
        self.subclasses: list[LayoutView] = []

    @property
    def attributes(self) -> list[FieldView]:
        """The fields that objects carry: all but those with a required value."""
        return [field for field in self.fields if field.required is None]

    @property
    def positional(self) -> list[tuple[FieldView, str]]:
        """The constructor's arguments without a keyword, each with the kind of its element."""
        return [pair for pair in self._arguments() if not pair[0].keyword]

    @property
    def keywords(self) -> list[tuple[FieldView, str]]:
        """The constructor's keyword arguments, each with the kind of its element."""
        return [pair for pair in self._arguments() if pair[0].keyword]

    def _arguments(self) -> Iterator[tuple[FieldView, str]]:
        for element in self.elements:
            for field in element.fields:
                if field.required is None:
                    yield field, element.kind

    @property
    def is_one_struct(self) -> bool:
        """Whether one Struct gives the arguments of the constructor as they are."""
        return [element.kind for element in self.elements] == ["run"] and all(
            field.is_plain and not field.keyword for field in self.fields
        )


class SchemaView:
    """Everything that the templates of one layouts drawing place."""

    def __init__(self, schema: Schema, names: Names) -> None:
        self.name = schema.name
        self.doc = docstring([schema.comment or f"The layouts of {schema.name}."], 0)
        self.layouts = list(_layouts(schema, names))
        whole = [it for it in self.layouts if it.kind not in ("bits", "flags", "values")]
        self.structs = [element for it in whole for element in it.elements if element.constant]
        self.imports = _imports(schema, names)
        self.codec = _codec_names(self.layouts)
        self.has_commands = any(it.command for it in self.layouts)

    @property
    def standard(self) -> list[tuple[str, list[str]]]:
        """What the module needs of the standard library: module and names."""
        if not any(it.kind not in ("flags", "values") for it in self.layouts):
            return []
        has_keywords = any(field.keyword for it in self.layouts for field in it.fields)
        wanted = [("dataclasses", ["dataclass", *(["field"] if has_keywords else [])])]
        wanted += [("struct", ["Struct"])] if self.structs else []
        return [*wanted, ("typing", ["ClassVar", "Self"])]


def schema_packets(layouts: Iterable[LayoutView]) -> Iterator[LayoutView]:
    """The layouts and their subclasses."""
    for layout in layouts:
        yield layout
        yield from layout.subclasses


def _layouts(schema: Schema, names: Names) -> Iterator[LayoutView]:
    """The layouts in the drawing's order, except that each comes after those that it mentions."""
    drawn = {layout.name: layout for layout in schema.layouts}
    done: dict[str, Layout] = {}

    def visit(layout: Layout) -> None:
        for name in layout.mentioned:
            if name in drawn and name not in done:
                visit(drawn[name])
        done.setdefault(layout.name, layout)

    for layout in schema.layouts:
        visit(layout)
    yield from _with_records(done.values(), names)


def _with_records(layouts: Iterable[Layout], names: Names) -> Iterator[LayoutView]:
    shared: dict[str, LayoutView] = {}
    for layout in layouts:
        base = "Packet" if layout.kind == "packet" else "Layout"
        if not layout.record:
            yield LayoutView(layout, names, name=layout.name, base=base)
            continue
        if layout.record not in shared:
            shared[layout.record] = LayoutView(layout, names, name=layout.record, base=base)
            yield shared[layout.record]
        view = LayoutView(layout, names, name=layout.name, base=layout.record)
        shared[layout.record].subclasses.append(view)


def _class_doc(layout: Layout, name: str) -> Iterator[str]:
    if name == layout.record:
        yield f"The record that {name}'s packets share."
        return
    title = layout.comment.rstrip(".") or layout.name
    section = f" ({layout.section})" if layout.section else ""
    yield f"{title}{section}."
    if layout.number is not None:
        sockets = " and ".join(layout.sockets)
        travels = f" on the {sockets} socket{'s' if len(layout.sockets) > 1 else ''}"
        since = f" since version {layout.since}" if layout.since else ""
        until = f" until version {layout.until}" if layout.until else ""
        feature = f" with feature {layout.feature}" if layout.feature else ""
        where = travels if layout.sockets else ""
        obsolete = ", obsolete" if layout.obsolete else ""
        yield f"Number 0x{layout.number:02X}{where}{since}{until}{feature}{obsolete}."


def _field(field: Field, layout: Layout, names: Names) -> FieldView:
    behind = layout.fields[layout.fields.index(field) + 1 :]
    keyword = field.default is not None and any(
        it.default is None and not it.type.optional for it in behind
    )
    inner = field.type.name if field.type.is_layout else ""
    return FieldView(
        name=field.name,
        type=str(field.type),
        python=_python_type(field),
        default=_default(field),
        doc=docstring([_field_doc(field)], INDENT),
        offset=field.offset,
        unit=field.unit,
        symbols=names.symbol_class(field.symbols),
        inner=inner,
        count=field.type.count,
        required=field.default if field.required else None,
        keyword=keyword and not field.required,
    )


def _python_type(field: Field) -> str:
    type_ = field.type
    if type_.is_layout:
        return f"{type_.name} | None" if type_.optional else type_.name
    if type_.name == "digest" or type_.is_rest:
        return "Octets"
    if type_.name in ("char", "bytes"):
        return "bytes"
    return "tuple[int, ...]" if type_.is_array else "int"


def _default(field: Field) -> str:
    if field.type.optional:
        return "None"
    if field.default is None:
        return ""
    if field.type.name in ("char", "bytes"):
        return 'b""' if field.type.name == "char" else f"bytes({field.type.count})"
    if field.type.is_array:
        return f"({_number(field.default)},) * {field.type.count}"
    return _number(field.default)


def _number(number: int) -> str:
    return f"0x{number:08X}" if number > 0xFFFF else str(number)


def _field_doc(field: Field) -> str:
    at = f" at {field.offset}" if field.offset is not None else ""
    unit = f", {field.unit}" if field.unit else ""
    symbols = f" of {field.symbols}" if field.symbols else ""
    remark = f" ({field.remark})" if field.remark else ""
    meaning = f": {field.meaning}" if field.meaning else ""
    return f"{field.type}{at}{unit}{symbols}{remark}{meaning}."


def _elements(layout: Layout, views: Sequence[FieldView], name: str) -> Iterator[Element]:
    pairs = list(zip(layout.fields, views, strict=True))
    runs = 0
    for kind, group in groupby(pairs, key=lambda pair: _element_kind(pair[0])):
        chunk = list(group)
        single = kind != "run"
        for members in ([[pair] for pair in chunk] if single else [chunk]):
            fields = [view for _, view in members]
            constant = ""
            if kind in ("run", "array"):
                runs += 1
                constant = f"_{name}" if runs == 1 else f"_{name}_{fields[0].name}"
            format_ = "".join(_code(field) for field, _ in members) if constant else ""
            yield Element(kind, members[0][0].offset or 0, format_, constant, fields)


def _element_kind(field: Field) -> str:
    type_ = field.type
    if type_.name == "digest":
        return "digest"
    if type_.is_rest:
        return "rest"
    if type_.optional:
        return "optional"
    if type_.is_array:
        return "array"
    is_struct = type_.is_layout and field.width not in (1, 2, 4, 8)
    return "struct" if is_struct else "run"


def _code(field: Field) -> str:
    type_ = field.type
    if type_.is_layout:
        return WORD_CODES[8 * (field.width or 0)]
    code = STRUCT_CODES[type_.name]
    return f"{type_.count}{code}" if type_.count else code


def _piece(piece: Piece, names: Names) -> PieceView:
    end = piece.shift + piece.width - 1
    where = f"Bit {piece.shift}" if piece.width == 1 else f"Bits {piece.shift} to {end}"
    symbols = f" of {piece.symbols}" if piece.symbols else ""
    meaning = f": {piece.meaning}" if piece.meaning else ""
    return PieceView(
        name=piece.name,
        shift=piece.shift,
        width=piece.width,
        mask=f"{(1 << piece.width) - 1:#x}",
        symbols=names.symbol_class(piece.symbols),
        doc=docstring([f"{where}{symbols}{meaning}."], INDENT),
    )


def _constant(constant: Constant, layout: Layout) -> ConstantView:
    widest = max(abs(it.number) for it in layout.constants)
    digits = len(f"{widest:x}")
    is_hex = layout.kind == "flags" or widest > 0xFFFF
    number = f"0x{constant.number:0{digits}X}" if is_hex else str(constant.number)
    doc = docstring([f"{constant.meaning}."], INDENT) if constant.meaning else []
    return ConstantView(constant.name, number, doc)


def _imports(schema: Schema, names: Names) -> Mapping[str, list[str]]:
    """Module -> what is imported from it."""
    wanted: dict[str, set[str]] = {}
    for layout in schema.layouts:
        for name in layout.mentioned:
            if names.modules.get(name) != schema.name:
                wanted.setdefault(names.module(name), set()).add(names.symbol_class(name))
    return {module: sorted(found) for module, found in sorted(wanted.items())}


def _codec_names(layouts: Sequence[LayoutView]) -> list[str]:
    """What the module needs of the codec, sorted as imports are."""
    kinds = {layout.kind for layout in layouts}
    whole = [it for it in layouts if it.kind not in ("bits", "flags", "values")]
    types = {field.type for it in whole for field in it.fields}
    used = {layout.base for layout in whole}
    used |= {"Octets"} if whole else set()
    used |= {"Field"} if whole or "bits" in kinds else set()
    used |= {"Word", "fitted"} if "bits" in kinds else set()
    used |= {"Flags"} if "flags" in kinds else set()
    used |= {"Values"} if "values" in kinds else set()
    used |= {"padded"} if any(type_.startswith("char") for type_ in types) else set()
    used |= {"exact"} if any(type_.startswith("bytes[") for type_ in types) else set()
    used |= {"require"} if any(it.required is not None for x in whole for it in x.fields) else set()
    return sorted(used, key=lambda name: (name[0].islower(), name))
