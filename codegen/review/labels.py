"""Labels of the pictures: what a drawing prints, and below it what changed."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final, NamedTuple

from codegen.graph import Value
from codegen.layouts.records import TITLE_MARK, Cell
from codegen.painting import Html

LINE_END: Final = "\\n"
LINE_ENDS: Final = (LINE_END, "\\l", "\\r")


class Colours(NamedTuple):
    """The colours of lines, of texts, and of the ground below them."""

    line: str
    text: str
    fill: str


class Row(NamedTuple):
    """A member of a record with its colours; `notes` say what changed."""

    cell: Cell
    colours: Colours
    notes: Sequence[str] = ()
    is_gone: bool = False


def noted(label: Value | None, notes: Sequence[str]) -> str:
    """A label with notes below it."""
    if label is not None and label.html:
        below = "<BR/>".join(_markup(note) for note in notes)
        cells = f"<TR><TD>{label.text}</TD></TR><TR><TD>{below}</TD></TR>"
        return Html(f'<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="0">{cells}</TABLE>')
    text = label.text if label else ""
    between = LINE_END if text and not text.endswith(LINE_ENDS) else ""
    return text + between + LINE_END.join(_text(note) for note in notes)


def record(title: str, colours: Colours, rows: Iterable[Row], notes: Sequence[str]) -> Html:
    """A record as a table with one row for each member, each in its own colours."""
    heads = [f"<B>{_markup(title)}</B>", *(_markup(note) for note in notes)]
    head = _cell("<BR/>".join(heads), colours, 'COLSPAN="2"')
    body = "".join(f"<TR>{''.join(_row(row))}</TR>" for row in rows)
    frame = f'BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4" COLOR="{colours.line}"'
    return Html(f"<TABLE {frame}><TR>{head}</TR>{body}</TABLE>")


def title_of(cells: Iterable[Cell], name: str) -> str:
    """What a record prints above its members."""
    title = next((" ".join(cell.lines) for cell in cells if cell.is_title), name)
    return title.replace(TITLE_MARK, name)


def _row(row: Row) -> Iterator[str]:
    first, *rest = (_markup(line) for line in row.cell.lines)
    lines = [first, " ".join(rest)]
    if row.is_gone:
        lines = [f"<S>{line}</S>" if line else "" for line in lines]
    below = "".join(f"<BR/><B>{_markup(note)}</B>" for note in row.notes)
    yield _cell(lines[0], row.colours, 'ALIGN="LEFT"')
    yield _cell(lines[1] + below, row.colours, 'ALIGN="LEFT" BALIGN="LEFT"')


def _cell(markup: str, colours: Colours, attributes: str) -> str:
    text = f'<FONT COLOR="{colours.text}">{markup}</FONT>' if markup else ""
    return f'<TD {attributes} BGCOLOR="{colours.fill}">{text}</TD>'


def _markup(text: str) -> str:
    """A text in Graphviz's HTML; characters that XML does not have are left out."""
    return escape(_plain("".join(it for it in text if it.isprintable())))


def _text(text: str) -> str:
    """A text in an ordinary label, where `&lt;` would become `<`."""
    return _plain(text).replace("&", "&amp;")


def _plain(text: str) -> str:
    r"""A text in any label, where `\N` would become the node's name."""
    return text.replace("\\", "\\\\")
