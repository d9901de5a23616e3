"""Offsets and widths: layouts refer to each other across drawings, so this comes after reading."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import Final

from codegen.layouts.cells import unknown_symbols, unknown_type
from codegen.layouts.model import WIDTHS, Field, Layout, Schema
from codegen.problems import Problem, Rule, Severity

ENDLESS_LAYOUT: Final = Rule(
    "endless-layout",
    Severity.error,
    """A layout contains itself, directly or through others, so it would have no end. Break the
    circle.""",
)
RULES: Final = (ENDLESS_LAYOUT,)

SYMBOL_KINDS: Final = ("flags", "values")


def measure(
    schemas: Sequence[Schema], machines: Sequence[str]
) -> tuple[list[Schema], list[Problem]]:
    """Give every field its offset and width, and tell units from names of numbers.

    `machines` are the names of the states graphs that a field's numbers may come from.
    """
    problems: list[Problem] = []
    drawn = {layout.name: layout for schema in schemas for layout in schema.layouts}
    named = {layout.name for layout in drawn.values() if layout.kind in SYMBOL_KINDS}
    symbols = named | set(machines)
    done: dict[str, Layout] = {}
    for name in _inner_first(drawn, problems):
        layout = drawn[name]
        fields = tuple(_place(layout.fields, done, symbols))
        problems += [
            unknown_type(field, done)
            for field in fields
            if field.type.is_layout and field.type.name not in drawn
        ]
        problems += [
            unknown_symbols(piece, symbols)
            for piece in layout.pieces
            if piece.symbols and piece.symbols not in symbols
        ]
        done[name] = replace(layout, fields=fields)
    measured = [
        replace(schema, layouts=tuple(_measured(it, drawn, done) for it in schema.layouts))
        for schema in schemas
    ]
    return measured, problems


def _measured(layout: Layout, drawn: Mapping[str, Layout], done: Mapping[str, Layout]) -> Layout:
    """The layout with its measures; one that another has taken the name from stays as it is."""
    return done.get(layout.name, layout) if drawn[layout.name] is layout else layout


def _inner_first(drawn: Mapping[str, Layout], problems: list[Problem]) -> list[str]:
    """The layouts' names, each after those that it contains."""
    contains = {
        name: [field.type.name for field in layout.fields if field.type.name in drawn]
        for name, layout in drawn.items()
    }
    try:
        return list(TopologicalSorter(contains).static_order())
    except CycleError as error:
        circle: list[str] = error.args[1]
        sentence = f"{' contains '.join(reversed(circle))}: a layout without an end"
        problems.append(Problem(drawn[circle[0]].place, ENDLESS_LAYOUT.name, sentence))
        return []


def _place(
    fields: Sequence[Field], done: Mapping[str, Layout], symbols: set[str]
) -> Iterator[Field]:
    offset: int | None = 0
    for field in fields:
        width = _width(field, done)
        named = field.unit in symbols
        yield replace(
            field,
            offset=offset,
            width=width,
            unit="" if named else field.unit,
            symbols=field.unit if named else "",
        )
        fits = offset is not None and width is not None and not field.type.optional
        offset = offset + width if fits and offset is not None and width is not None else None


def _width(field: Field, done: Mapping[str, Layout]) -> int | None:
    type_ = field.type
    if type_.name == "digest" or type_.is_rest:
        return None
    if not type_.is_layout:
        return WIDTHS[type_.name] * (type_.count or 1)
    inner = done.get(type_.name)
    return None if inner is None or inner.is_open else inner.fixed_size * (type_.count or 1)
