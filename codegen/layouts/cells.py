"""What the cells of a record mean: fields, pieces of a word, or named numbers."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from codegen.graph import Node
from codegen.layouts.model import WIDTHS, Constant, Field, FieldType, Piece
from codegen.layouts.records import Cell
from codegen.names import did_you_mean, legal_name, name_fault
from codegen.problems import Place, Problem, Rule, Severity

BAD_CELL: Final = Rule(
    "bad-cell",
    Severity.error,
    """A cell of a record is not of the form `name`, `type unit`, remark (for bits `name`, `width`;
    for flags and values `NAME`, `number`), each on a line of its own. Mend the cell;
    specs/README.md has the forms.""",
)
UNKNOWN_FIELD_TYPE: Final = Rule(
    "unknown-field-type",
    Severity.error,
    """A field's type is neither built in (u8 u16 u32 u64 s32 cookie32 cookie64 char[n] bytes[n]
    bytes digest) nor a layout of any drawing, so nobody knows how many bytes it has. Mend the
    name, or draw the layout.""",
)
FIELD_COLLISION: Final = Rule(
    "field-collision",
    Severity.error,
    """Two cells of one record have one name, or a name that the generated class needs for itself.
    Rename one.""",
)
UNKNOWN_MEANING: Final = Rule(
    "unknown-meaning",
    Severity.warning,
    """`meaning` explains a field that the record does not have: most often it was renamed. Mend
    the name.""",
)
UNKNOWN_SYMBOLS: Final = Rule(
    "unknown-symbols",
    Severity.error,
    """A piece of a word takes its names from a states graph or a flags or values node that no
    drawing has. Mend the name, or draw it.""",
)
RULES: Final = (BAD_CELL, UNKNOWN_FIELD_TYPE, FIELD_COLLISION, UNKNOWN_MEANING, UNKNOWN_SYMBOLS)

CLASS_WORDS: Final = frozenset("""
    COMMAND FIXED_SIZE FIELDS SIZE packed_size pack pack_into unpack_from closed_end open_end
    from_word word describe buffer end start digest_end digest_size self cls
    """.split())
"""What a generated class calls its own members."""

_TYPE: Final = re.compile(
    r"(?P<name>[A-Za-z_]\w*)(?:\[(?P<count>\d+)\])?(?P<optional>\?)?"
    r"(?:\s+(?P<unit>[^=@]*?))?(?:\s*(?P<equals>==?)\s*(?P<value>[^\s@]+))?"
    r"(?:\s*@\s*(?P<at>\d+))?"
)


class CellReader:
    """Reads the cells of one record; what they mean depends on the record's kind."""

    def __init__(self, kind: str, meanings: Mapping[str, str], problems: list[Problem]) -> None:
        self.kind = kind
        self.meanings = meanings
        self.problems = problems
        self.fields: list[Field] = []
        self.pieces: list[Piece] = []
        self.constants: list[Constant] = []
        self.names: set[str] = set()
        self.title = ""

    def read(self, cell: Cell) -> None:
        """Read one cell."""
        if cell.is_title:
            self.title = cell.lines[0]
            return
        if len(cell.lines) < 2:
            sentence = f'the cell "{cell.lines[0]}" says nothing of its type or number'
            self.report(cell.place, BAD_CELL, sentence)
            return
        self.take_name(cell)
        if self.kind == "bits":
            self.read_piece(cell)
        elif self.kind in ("flags", "values"):
            self.read_constant(cell)
        else:
            self.read_field(cell)

    def finish(self, node: Node) -> None:
        """Look for meanings that belong to no cell."""
        for name in self.meanings:
            if name and name not in self.names:
                place = node.attributes["meaning"].place
                sentence = f"meaning explains {name}, which {node.name} does not have"
                self.report(place, UNKNOWN_MEANING, sentence, did_you_mean(name, self.names))

    def report(self, place: Place, rule: Rule, sentence: str, hint: str = "") -> None:
        """Remember one problem."""
        self.problems.append(Problem(place, rule.name, sentence, hint))

    def take_name(self, cell: Cell) -> None:
        """Check a cell's name."""
        name = cell.lines[0]
        if fault := name_fault(name) if self.kind in ("flags", "values") else _field_fault(name):
            self.report(
                cell.place, BAD_CELL, f'the cell\'s name "{name}" {fault}', legal_name(name)
            )
        elif name in self.names or name in CLASS_WORDS:
            self.report(cell.place, FIELD_COLLISION, f"the name {name} is taken")
        self.names.add(name)

    def read_piece(self, cell: Cell) -> None:
        """`role`, `2 node_states`."""
        match = re.fullmatch(r"(\d+)(?:\s+(\w+))?", cell.lines[1])
        if not match or not int(match[1]):
            sentence = f'"{cell.lines[1]}" is no number of bits'
            self.report(cell.place, BAD_CELL, sentence, "write `5` or `5 conn_states`")
            return
        shift = sum(piece.width for piece in self.pieces)
        name = cell.lines[0]
        meaning = self.meanings.get(name, "")
        self.pieces.append(Piece(name, cell.place, shift, int(match[1]), match[2] or "", meaning))

    def read_constant(self, cell: Cell) -> None:
        """`FUA`, `0x010`."""
        number = _number(cell.lines[1])
        if number is None:
            self.report(cell.place, BAD_CELL, f'"{cell.lines[1]}" is no number')
            return
        name = cell.lines[0]
        self.constants.append(Constant(name, cell.place, number, self.meanings.get(name, "")))

    def read_field(self, cell: Cell) -> None:
        """`sector`, `u64 sectors`, and perhaps a remark."""
        match = _TYPE.fullmatch(cell.lines[1])
        value = _number(match["value"]) if match and match["value"] else None
        if not match or (match["value"] and value is None):
            hint = "write `u32`, `u32 sectors` or `u32 = 0`"
            self.report(cell.place, BAD_CELL, f'"{cell.lines[1]}" is no type', hint)
            return
        type_ = FieldType(match["name"], int(match["count"] or 0), bool(match["optional"]))
        if type_.name == "char" and not type_.count:
            self.report(cell.place, BAD_CELL, "char needs a length", "write char[64]")
        name = cell.lines[0]
        self.fields.append(
            Field(
                name=name,
                place=cell.place,
                type=type_,
                unit=(match["unit"] or "").strip(),
                remark=" ".join(cell.lines[2:]),
                meaning=self.meanings.get(name, ""),
                default=value,
                required=match["equals"] == "==",
                at=int(match["at"]) if match["at"] else None,
            )
        )


def unknown_type(field: Field, layouts: Mapping[str, object]) -> Problem:
    """The problem of a field whose type nobody draws."""
    known = [*WIDTHS, "digest", *layouts]
    sentence = f"{field.name} has the type {field.type.name}, which no drawing has"
    hint = did_you_mean(field.type.name, known)
    return Problem(field.place, UNKNOWN_FIELD_TYPE.name, sentence, hint)


def unknown_symbols(piece: Piece, symbols: Iterable[str]) -> Problem:
    """The problem of a piece whose names nobody draws."""
    sentence = f"{piece.name} takes its names from {piece.symbols}, which no drawing has"
    hint = did_you_mean(piece.symbols, symbols)
    return Problem(piece.place, UNKNOWN_SYMBOLS.name, sentence, hint)


def _field_fault(name: str) -> str:
    """Fields may use the words that only enums keep for themselves."""
    return "" if name in ("name", "value", "mro") else name_fault(name)


def _number(text: str) -> int | None:
    try:
        return int(text, 0)
    except ValueError:
        return None
