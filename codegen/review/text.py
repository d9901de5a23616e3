"""A review for the terminal: every change with the lines of the drawing, for who has to approve.

A drawing is foreign text: whatever a terminal would obey is shown as an escape.
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
    for text, style in _lines(review, verbose=verbose):
        yield Line(visible(text), style)


def _lines(review: Review, *, verbose: bool) -> Iterator[Line]:
    for drawing in review.drawings:
        yield Line(_headline(drawing), HEADLINE)
        details = list(_details(drawing, review.baseline, verbose=verbose))
        yield from [Line(""), *details] if details else []
        yield Line("")
    sides = f"between {review.old_label} and {review.new_label}"
    yield Line(review.summary if review.drawings else f"no change of meaning {sides}")
    for note in review.notes:
        yield Line(f"note: {note}")


def _headline(drawing: Drawing) -> str:
    files = dict.fromkeys(it for it in (drawing.old_file, drawing.new_file) if it)
    was = f" (was {drawing.old_name})" if drawing.old_name != drawing.name else ""
    return f"{' -> '.join(files)}   {drawing.name}{was}: {drawing.summary}"


def _details(drawing: Drawing, baseline: str, *, verbose: bool) -> Iterator[Line]:
    """What changed in a drawing, and what follows from the changes together."""
    rules = [it.change.rule for it in drawing.details]
    width = max(map(len, rules), default=0)
    total, shown = Counter(rules), Counter[str]()
    for it in drawing.details:
        rule = it.change.rule
        shown[rule] += 1
        if verbose or shown[rule] <= SHOWN_MAX:
            yield from _change(it, width, baseline, verbose=verbose)
        elif shown[rule] == SHOWN_MAX + 1:
            left = total[rule] - SHOWN_MAX
            yield Line(f"{INDENT}{rule:{width}}  and {left} more (--verbose shows all)")
    if drawing.aside:
        yield Line("  what follows from several changes:")
    for consequence in drawing.aside:
        yield _consequence(consequence, drawing.excused.get(consequence, ""))


def _change(judged: Judged, width: int, baseline: str, *, verbose: bool) -> Iterator[Line]:
    change = judged.change
    head = f"  {judged.impact.word:{IMPACT_WIDTH}}  {change.rule:{width}}"
    words = _words(change, 0 if verbose else TEXT_WIDTH)
    yield Line(f"{head}  {words}", STYLES[SEVERITIES[judged.impact]])
    yield from _excerpts(change)
    if judged.also:
        yield Line(f"{INDENT}  {judged.remark}")
    if judged.excuse:
        yield Line(f"{INDENT}excused: {judged.excuse}")
    if judged.unreleased:
        yield Line(f"{INDENT}unreleased: the baseline {baseline} does not have it")
    for it in judged.consequences:
        yield _consequence(it, judged.excused.get(it, ""))


def _words(change: Change, width: int) -> str:
    subject, before, after = wording(change, width)
    difference = f"{before} -> {after}" if before or after else ""
    return ": ".join(part for part in (subject, difference) if part)


def _excerpts(change: Change) -> Iterator[Line]:
    """The lines of the drawing: the old and the new one, or the one that both sides have."""
    old, new = (_excerpt(thing.place) if thing else None for thing in (change.old, change.new))
    if old and new and old.text == new.text:
        spots = dict.fromkeys((old.spot, new.spot))
        yield Line(f"{INDENT}  {' -> '.join(spots)}  {new.text}".rstrip())
        return
    width = max(len(it.spot) for it in (old, new) if it)
    for mark, excerpt, style in (("-", old, OLD), ("+", new, NEW)):
        if excerpt:
            text = f"{INDENT}{mark} {excerpt.spot:{width}}  {excerpt.text}"
            yield Line(text.rstrip(), style)


class _Excerpt(NamedTuple):
    spot: str
    text: str


def _excerpt(place: Place) -> _Excerpt:
    return _Excerpt(spot(place), source_line(place)[0].strip()[:EXCERPT_WIDTH])


def _consequence(consequence: Consequence, excuse: str) -> Line:
    words = f"{consequence.impact.word}  {consequence.line}: {consequence.sentence}"
    where = f" ({spot(consequence.place)})" if consequence.place else ""
    text = f"{INDENT}=> {words}{where}{f' (excused: {excuse})' if excuse else ''}"
    return Line(text, "" if excuse else STYLES[SEVERITIES[consequence.impact]])
