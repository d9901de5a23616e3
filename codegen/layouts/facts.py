"""From layouts to the things that their drawings say."""

from collections.abc import Iterator

from codegen.layouts.model import Layout, Schema
from codegen.review.facts import Key, Thing, made_of


def schema_things(schema: Schema) -> Iterator[Thing]:
    """Everything that a layouts drawing says."""
    yield Thing(Key("chapter", (schema.name,)), schema.place, made_of(comment=schema.comment))
    for layout in schema.layouts:
        yield _layout(layout, schema.name)
        yield from _fields(layout)
        yield from _pieces(layout)
        for constant in layout.constants:
            attributes = made_of(number=constant.number, meaning=constant.meaning)
            yield Thing(Key("constant", (layout.name, constant.name)), constant.place, attributes)


def _layout(layout: Layout, chapter: str) -> Thing:
    members = [*(it.name for it in layout.fields), *(it.name for it in layout.pieces)]
    attributes = made_of(
        chapter=chapter,
        kind=layout.kind,
        number=None if layout.number is None else f"0x{layout.number:02x}",
        sockets=layout.sockets,
        since=layout.since,
        until=layout.until,
        feature=layout.feature,
        fixed=layout.fixed,
        obsolete=layout.obsolete,
        title=layout.title,
        section=layout.section,
        comment=layout.comment,
        record=layout.record,
        order=members,
    )
    return Thing(Key("layout", (layout.name,)), layout.place, attributes)


def _fields(layout: Layout) -> Iterator[Thing]:
    for field in layout.fields:
        names = (layout.name, field.name)
        attributes = made_of(
            type=str(field.type),
            unit=field.unit,
            symbols=field.symbols,
            remark=field.remark,
            meaning=field.meaning,
            default=field.default,
            required=field.required,
            at=field.at,
        )
        yield Thing(Key("field", names), field.place, attributes)
        span = made_of(offset=field.offset, width=field.width)
        yield Thing(Key("span", names), field.place, span)


def _pieces(layout: Layout) -> Iterator[Thing]:
    for piece in layout.pieces:
        names = (layout.name, piece.name)
        attributes = made_of(width=piece.width, symbols=piece.symbols, meaning=piece.meaning)
        yield Thing(Key("piece", names), piece.place, attributes)
        span = made_of(offset=piece.shift, width=piece.width)
        yield Thing(Key("span", names), piece.place, span)
