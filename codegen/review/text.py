"""A review for the terminal: every change with the lines of the drawing, for who has to approve.

A drawing is foreign text: whatever a terminal would obey is shown as an escape. A drawing's file is
named above its changes; below stands the number of the line.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from codegen.problems import Place, Severity
from codegen.report import EXCERPT_WIDTH, source_line, visible
from codegen.review.changes import Change, Consequence, Impact
from codegen.review.report import SEVERITIES, Drawing, Judged, Review, spot, wording

SHOWN_MAX: Final = 40
"""Changes of one rule in one drawing that are shown where nobody asks for all."""

TEXT_WIDTH: Final = EXCERPT_WIDTH // 2
"""Characters of what was before and after that are shown where nobody asks for all."""

IMPACT_WIDTH: Final = max(len(impact.word) for impact in Impact)
INDENT: Final = " " * (IMPACT_WIDTH + 4)
"""What is before a rule's name, in which the lines below it begin as well."""

HEADLINE: Final = "cyan"
OLD: Final = "red"
NEW: Final = "green"
STYLES: Final = {Severity.error: "red", Severity.warning: "yellow", Severity.note: ""}


class Line(NamedTuple):
    """A line to print, and the name of its colour, empty for none."""

    text: str
    style: str = ""


def lines(review: Review, *, verbose: bool = False) -> Iterator[Line]:
    """The review line by line; `verbose` leaves nothing out."""
    yield from drawing_lines(review, verbose=verbose)
    sides = f"between {review.old_label} and {review.new_label}"
    yield _shown(review.summary if review.drawings else f"no change of meaning {sides}")
    for note in review.notes:
        yield _shown(f"note: {note}")


def drawing_lines(review: Review, *, verbose: bool = False) -> Iterator[Line]:
    """The drawings of a review line by line, without the total."""
    for drawing in review.drawings:
        yield _shown(_headline(drawing), HEADLINE)
        teller = _Teller(drawing, review.baseline, verbose=verbose)
        details = [_shown(text, style) for text, style in teller.details()]
        yield from [Line(""), *details] if details else []
        yield Line("")


def _shown(text: str, style: str = "") -> Line:
    return Line(visible(text), style)


def _headline(drawing: Drawing) -> str:
    files = dict.fromkeys(it for it in (drawing.old_file, drawing.new_file) if it)
    was = f" (was {drawing.old_name})" if drawing.old_name != drawing.name else ""
    name = f"{drawing.name}{was}".strip() or "without a name"
    return f"{' -> '.join(files)}   {name}: {drawing.summary}"


class _Excerpt(NamedTuple):
    spot: str
    text: str


class _Teller:
    """The work of telling one drawing."""

    def __init__(self, drawing: Drawing, baseline: str, *, verbose: bool) -> None:
        self.drawing = drawing
        self.baseline = baseline
        self.verbose = verbose
        self.width = max((len(it.change.rule) for it in drawing.details), default=0)

    def details(self) -> Iterator[Line]:
        """What changed, and what follows from the changes together."""
        total = Counter(it.change.rule for it in self.drawing.details)
        shown = Counter[str]()
        for it in self.drawing.details:
            rule = it.change.rule
            shown[rule] += 1
            if self.verbose or shown[rule] <= SHOWN_MAX:
                yield from self.change(it)
            elif shown[rule] == SHOWN_MAX + 1:
                left = total[rule] - SHOWN_MAX
                yield Line(f"{INDENT}{rule:{self.width}}  and {left} more (--verbose shows all)")
        if self.drawing.aside:
            yield Line("  what follows from several changes:")
        for consequence in self.drawing.aside:
            yield self.consequence(consequence, self.drawing.excused.get(consequence, ""))

    def change(self, judged: Judged) -> Iterator[Line]:
        """One change, its lines in the drawing, and what follows from it."""
        change = judged.change
        head = f"  {judged.impact.word:{IMPACT_WIDTH}}  {change.rule:{self.width}}"
        words = _words(change, 0 if self.verbose else TEXT_WIDTH)
        yield Line(f"{head}  {words}", STYLES[SEVERITIES[judged.impact]])
        yield from self.excerpts(change)
        if judged.also:
            yield Line(f"{INDENT}  {judged.remark}")
        if judged.excuse:
            yield Line(f"{INDENT}excused: {judged.excuse}")
        if judged.unreleased:
            yield Line(f"{INDENT}unreleased: the baseline {self.baseline} does not have it")
        for it in judged.consequences:
            yield self.consequence(it, judged.excused.get(it, ""))

    def excerpts(self, change: Change) -> Iterator[Line]:
        """The lines of the drawing: the old and the new one, or the one that both sides have."""
        sides = ((change.old, self.drawing.old_file), (change.new, self.drawing.new_file))
        old, new = (_excerpt(thing.place, file) if thing else None for thing, file in sides)
        if old and new and old.text == new.text:
            spots = dict.fromkeys((old.spot, new.spot))
            yield Line(f"{INDENT}  {' -> '.join(spots)}: {new.text}".rstrip())
            return
        width = max(len(it.spot) for it in (old, new) if it)
        for mark, excerpt, style in (("-", old, OLD), ("+", new, NEW)):
            if excerpt:
                text = f"{INDENT}{mark} {excerpt.spot:>{width}}: {excerpt.text}"
                yield Line(text.rstrip(), style)

    def consequence(self, consequence: Consequence, excuse: str) -> Line:
        """What follows, with its impact and the place where there is one."""
        words = f"{consequence.impact.word}  {consequence.line}: {consequence.sentence}"
        where = f" ({self.where(consequence.place)})" if consequence.place else ""
        text = f"{INDENT}=> {words}{where}{f' (excused: {excuse})' if excuse else ''}"
        return Line(text, "" if excuse else STYLES[SEVERITIES[consequence.impact]])

    def where(self, place: Place) -> str:
        """A place, which is a line of the drawing or is elsewhere."""
        return f"line {place.line}" if place.file == self.drawing.file else spot(place)


def _words(change: Change, width: int) -> str:
    subject, before, after = wording(change, width)
    difference = f"{before} -> {after}" if before or after else ""
    return ": ".join(part for part in (subject, difference) if part)


def _excerpt(place: Place, file: str) -> _Excerpt:
    """The line at a place, by its number where the file is the one that is named above."""
    where = str(place.line) if place.file == file else spot(place)
    return _Excerpt(where, source_line(place)[0].strip()[:EXCERPT_WIDTH])
