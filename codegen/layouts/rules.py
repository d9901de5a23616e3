"""The rules of layouts drawings, one function each; they see layouts that `sizes` has measured."""

import re
from collections.abc import Iterator
from typing import Final

from codegen.layouts.model import WIDTHS, Field, Layout, Schema
from codegen.problems import Problem, Severity, rule

NUMBER_MAX: Final = 0xFFFF
"""The command field of all three headers has 16 bits (wire 2)."""

WORD_BITS: Final = (8, 16, 32, 64)


@rule(Severity.error)
def wrong_size(schema: Schema) -> Iterator[Problem]:
    """The fields add up to another size than the published one (`fixed`), so that every field
    behind the mistake would be read from the wrong bytes. Compare with the published table.
    """
    for layout in schema.layouts:
        if layout.fixed is not None and layout.fixed != layout.fixed_size and not layout.obsolete:
            sentence = f"{layout.name} adds up to {layout.fixed_size} bytes, not {layout.fixed}"
            yield Problem(layout.place, "wrong-size", sentence)


@rule(Severity.error)
def field_overlap(schema: Schema) -> Iterator[Problem]:
    """A field claims an offset (`@ 16`) that lies inside the field before it. Mend the offset or
    the widths.
    """
    yield from _claims(schema, "field-overlap", overlap=True)


@rule(Severity.error)
def field_gap(schema: Schema) -> Iterator[Problem]:
    """A field claims an offset (`@ 16`) behind the end of the field before it, and nothing says
    what lies between. Draw the pad, or mend the offset.
    """
    yield from _claims(schema, "field-gap", overlap=False)


def _claims(schema: Schema, rule_name: str, *, overlap: bool) -> Iterator[Problem]:
    for layout, field in _fields(schema):
        if field.at is None or field.offset is None or field.at == field.offset:
            continue
        if (field.at < field.offset) == overlap:
            sentence = (
                f"{layout.name}.{field.name} claims offset {field.at}, it is at {field.offset}"
            )
            yield Problem(field.place, rule_name, sentence)


@rule(Severity.warning)
def misaligned_field(schema: Schema) -> Iterator[Problem]:
    """A number does not lie at a multiple of its width. Published layouts are aligned, so most
    often a field before it is missing or has the wrong width.
    """
    for layout, field in _fields(schema):
        width = WIDTHS.get(field.type.name, 1)
        if field.offset is not None and field.offset % width:
            sentence = f"{layout.name}.{field.name} has {width} bytes and lies at {field.offset}"
            yield Problem(field.place, "misaligned-field", sentence)


@rule(Severity.error)
def field_behind_open_end(schema: Schema) -> Iterator[Problem]:
    """A field stands behind one that takes the rest of the packet (`bytes`) or may be absent
    (`Name?`), so that nobody could say where it begins. Move the open field to the end.
    """
    for layout in schema.layouts:
        ended = ""
        for field in layout.fields:
            if ended:
                sentence = f"{layout.name}.{field.name} stands behind {ended}, which is open"
                yield Problem(field.place, "field-behind-open-end", sentence)
            elif field.type.is_rest or field.type.optional:
                ended = field.name


@rule(Severity.error)
def packet_without_socket(schema: Schema) -> Iterator[Problem]:
    """A packet does not say which socket it travels on, so no receiver would ever expect it. Add
    `socket=data` or `socket=meta`.
    """
    for layout in schema.layouts:
        if layout.kind == "packet" and not layout.sockets and not layout.obsolete:
            sentence = f"{layout.name} travels on no socket"
            yield Problem(layout.place, "packet-without-socket", sentence)


@rule(Severity.error)
def packet_without_number(schema: Schema) -> Iterator[Problem]:
    """A packet has no number, or one that no header can carry (0 to 0xFFFF). Add the published
    one.
    """
    for layout in schema.layouts:
        number = -1 if layout.number is None else layout.number
        if layout.kind == "packet" and not 0 <= number <= NUMBER_MAX:
            shown = "no number" if layout.number is None else f"the number {number:#x}"
            sentence = f"{layout.name} has {shown}"
            yield Problem(layout.place, "packet-without-number", sentence)


@rule(Severity.error)
def title_number(schema: Schema) -> Iterator[Problem]:
    """The title that people see in the picture gives another number than `number`, which is what
    is generated. Make them agree.
    """
    for layout in schema.layouts:
        shown = re.search(r"\b0x[0-9A-Fa-f]+", layout.title)
        if shown and int(shown[0], 16) != layout.number:
            sentence = f"{layout.name} is drawn with the number {shown[0]}, which is not its own"
            yield Problem(layout.place, "title-number", sentence)


@rule(Severity.error)
def flag_overlap(schema: Schema) -> Iterator[Problem]:
    """Two flags share a bit, or two values a number: setting one would set the other. Give each
    its published number.
    """
    for layout in schema.layouts:
        taken: dict[int, str] = {}
        for constant in layout.constants:
            number = constant.number
            share = [taken[it] for it in taken if it == number]
            if layout.kind == "flags":
                share = [taken[it] for it in taken if it & number]
            if share:
                sentence = f"{layout.name}.{constant.name} shares {number:#x} with {share[0]}"
                yield Problem(constant.place, "flag-overlap", sentence)
            taken.setdefault(number, constant.name)


@rule(Severity.error)
def odd_word(schema: Schema) -> Iterator[Problem]:
    """The pieces of a bits layout do not fill 8, 16, 32 or 64 bits, so no number holds them. Draw
    the unused bits as a piece.
    """
    for layout in schema.layouts:
        if layout.kind == "bits" and layout.bits not in WORD_BITS:
            sentence = f"{layout.name} adds up to {layout.bits} bits"
            yield Problem(layout.place, "odd-word", sentence)


@rule(Severity.error)
def unfitting_default(schema: Schema) -> Iterator[Problem]:
    """A field's default or required value does not fit into its width. Mend the value or the
    width.
    """
    for layout, field in _fields(schema):
        if field.default is None or field.type.is_layout:
            continue
        bits = 8 * WIDTHS.get(field.type.name, 1)
        least = -(1 << bits - 1) if field.type.name.startswith("s") else 0
        if not least <= field.default < least + (1 << bits):
            sentence = f"{layout.name}.{field.name}: {field.default:#x} needs more than {bits} bits"
            yield Problem(field.place, "unfitting-default", sentence)


def _fields(schema: Schema) -> Iterator[tuple[Layout, Field]]:
    for layout in schema.layouts:
        for field in layout.fields:
            yield layout, field


RULES: Final = (
    wrong_size,
    field_overlap,
    field_gap,
    misaligned_field,
    field_behind_open_end,
    packet_without_socket,
    packet_without_number,
    title_number,
    flag_overlap,
    odd_word,
    unfitting_default,
)
