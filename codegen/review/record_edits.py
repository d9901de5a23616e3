"""From what a layout shall say to small changes of its record's label and `meaning`."""

from collections.abc import Iterator, Sequence
from typing import Final

from codegen.names import words
from codegen.review.cell_edits import (
    Cell,
    Lines,
    before_cell,
    behind_cell,
    cells,
    in_order,
    with_lines,
    with_meanings,
    without_cell,
)
from codegen.review.facts import MEMBER_KINDS, Facts, Key, Thing
from codegen.review.patches import Patch, with_value
from codegen.review.version import Version

TYPE_PARTS: Final = ("type", "unit", "symbols", "default", "required", "at", "width", "number")


def record_patches(
    layout: str, target: Version, wanted: Facts, sources: Sequence[Version]
) -> Iterator[Patch]:
    """Patches that let a layout's record say what is wanted; the next round does the rest."""
    work = _Record(layout, target, wanted, sources)
    yield from work.order() or (*work.title(), *work.members(), *work.meaning())


class _Record:
    """The work on one layout in one round."""

    def __init__(
        self, layout: str, target: Version, wanted: Facts, sources: Sequence[Version]
    ) -> None:
        self.key = Key("layout", (layout,))
        self.target = target
        self.sources = sources
        self.thing = target.thing(self.key)
        self.wanted = wanted.get(self.key)
        self.cells = _cells(target, self.key)
        self.things = {
            thing.key.names[1]: thing
            for thing in wanted.values()
            if thing.key.kind in MEMBER_KINDS and thing.key.scope == layout
        }
        listed = words(self.wanted.get("order")) if self.wanted else []
        self.sequence = listed or list(self.things)
        self.current = {
            key.names[1]: self.cells[thing.key.names[1]]
            for key, thing in target.things.items()
            if key.kind in MEMBER_KINDS and key.scope == layout and thing.key.names[1] in self.cells
        }

    def order(self) -> list[Patch]:
        """Put the cells that stay into the wanted order."""
        stay = [name for name in self.sequence if name in self.current]
        return list(in_order([self.current[name] for name in stay]))

    def title(self) -> Iterator[Patch]:
        """Mend the title cell."""
        wanted = self.wanted.get("title") if self.wanted else ""
        title = self.cells.get("")
        first = next(iter(self.cells.values()), None)
        if title and wanted:
            yield from with_lines(title, (wanted, *title.lines[1:]))
        elif title:
            yield without_cell(self.target.draft.text, title)
        elif first and wanted:
            yield before_cell(self.target.draft.text, first, (wanted,))

    def members(self) -> Iterator[Patch]:
        """Take away, mend and add cells."""
        text = self.target.draft.text
        for name, cell in self.current.items():
            if name not in self.things:
                yield without_cell(text, cell)
        last = self.cells.get("")
        for name in self.sequence:
            thing = self.things.get(name)
            if thing is None:
                continue
            if known := self.current.get(name):
                yield from with_lines(known, self.lines(thing, known))
                last = known
            elif last is not None:
                yield behind_cell(text, last, self.new_lines(thing))
            elif self.cells:
                first = next(iter(self.cells.values()))
                yield before_cell(text, first, self.new_lines(thing))

    def lines(self, wanted: Thing, cell: Cell) -> Lines:
        """What a cell shall say; what it says already it says in its own spelling."""
        thing = self.target.thing(wanted.key)
        made = _lines(wanted)
        if thing is None:
            return made
        same_type = all(thing.get(part) == wanted.get(part) for part in TYPE_PARTS)
        if same_type:
            made = (made[0], cell.lines[1], *made[2:])
        elif wanted.key.kind == "constant" and cell.lines[1].startswith("0x"):
            made = (made[0], f"{int(made[1]):#0{len(cell.lines[1])}x}", *made[2:])
        same_remark = thing.get("remark") == wanted.get("remark")
        return (*made[:2], *cell.lines[2:]) if same_remark else made

    def new_lines(self, wanted: Thing) -> Lines:
        """What a new cell says, as a source spells it."""
        for source in self.sources:
            thing = source.thing(wanted.key)
            cell = _cells(source, self.key).get(thing.key.names[1]) if thing else None
            if thing and cell and thing.attributes == wanted.attributes:
                return (wanted.key.names[1], *cell.lines[1:])
        return _lines(wanted)

    def meaning(self) -> Iterator[Patch]:
        """Mend the explanations of members."""
        draft = self.target.draft
        statement = draft.statement(self.thing) if self.thing else None
        if self.thing is None or statement is None:
            return
        wanted = {name: thing.get("meaning") for name, thing in self.things.items()}
        names = {
            key.names[-1]: it.key.names[-1]
            for key, it in self.target.things.items()
            if key.kind in MEMBER_KINDS and key.scope == self.key.scope
        }
        gone = {old: "" for new, old in names.items() if new not in wanted or old not in wanted}
        value = draft.value(self.thing, "meaning")
        if value is not None:
            yield from with_meanings(draft.text, *draft.span(value), {**gone, **wanted})
        elif text := "; ".join(f"{name}: {it}" for name, it in wanted.items() if it):
            yield from with_value(draft.text, statement, "meaning", text)


def _cells(source: Version, key: Key) -> dict[str, Cell]:
    """The cells of a layout by their name, the title by none."""
    thing = source.thing(key)
    label = source.draft.value(thing, "label") if thing else None
    if label is None:
        return {}
    found: dict[str, Cell] = {}
    for cell in cells(source.draft.text, *source.draft.span(label)):
        found.setdefault("" if cell.is_title else cell.lines[0], cell)
    return found


def _lines(thing: Thing) -> Lines:
    """What a cell says of a member."""
    name = thing.key.names[1]
    if thing.key.kind == "constant":
        return name, thing.get("number")
    if thing.key.kind == "piece":
        return name, " ".join(filter(None, (thing.get("width"), thing.get("symbols"))))
    parts = [thing.get("type"), thing.get("unit") or thing.get("symbols")]
    if default := thing.get("default"):
        parts.append(f"{'==' if thing.get('required') else '='} {default}")
    if at := thing.get("at"):
        parts.append(f"@ {at}")
    remark = thing.get("remark")
    return (name, " ".join(filter(None, parts)), *([remark] if remark else []))
