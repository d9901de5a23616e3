"""A review as one web page that needs nothing else: pictures, changes, and what the rules say."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from codegen.drawing import CannotDrawError
from codegen.render import hash_of, render_html
from codegen.review.changes import ChangeRule, Impact
from codegen.review.picture import new_side, old_side, united
from codegen.review.report import Drawing, Judged, Review, amount
from codegen.review.svg import Draw, safe_svg

WORST_FIRST: Final = tuple(reversed(Impact))


@dataclass(frozen=True, slots=True)
class Pictures:
    """A drawing's changes as SVG; `old` and `new` are empty where a side stands alone.

    `problem` says why there is no picture.
    """

    together: str = ""
    old: str = ""
    new: str = ""
    problem: str = ""


def make_page(review: Review, rules: Mapping[str, ChangeRule], draw: Draw, template: str) -> str:
    """The page as HTML; a drawing that `draw` refuses has the reason in place of its picture."""
    counts = Counter(_impacts(review))
    names = {rule for drawing in review.drawings for rule in _rules(drawing)}
    return render_html(
        template,
        {
            "review": review,
            "shown": [(drawing, _pictures(drawing, draw)) for drawing in review.drawings],
            "counts": [(impact, counts[impact]) for impact in WORST_FIRST if counts[impact]],
            "summary": _summary(review),
            "rules": {name: rules[name] for name in sorted(names) if name in rules},
            "impacts_of": impacts_of,
            "style_hash": hash_of(template, "style"),
            "script_hash": hash_of(template, "script"),
        },
    )


def _summary(review: Review) -> str:
    changes, drawings = list(review.judged()), len(review.drawings)
    if not drawings:
        return "No drawing says anything else."
    excused = sum(1 for it in changes if it.excuse)
    parts = [
        f"is the worst of {amount(len(changes), 'change')} in {amount(drawings, 'drawing')}",
        f"{excused} excused" if excused else "",
        f"held against {review.baseline}" if review.baseline else "",
    ]
    return f"{', '.join(part for part in parts if part)}."


def impacts_of(judged: Judged) -> list[Impact]:
    """The impacts of a change and of what follows from it, worst first."""
    found = {judged.impact, *(it.impact for it in judged.consequences)}
    return sorted(found, reverse=True)


def _impacts(review: Review) -> Iterator[Impact]:
    """The impact of every change and of every consequence."""
    for judged in review.judged():
        yield judged.impact
        yield from (it.impact for it in judged.consequences)
    for drawing in review.drawings:
        yield from (it.impact for it in drawing.aside)


def _rules(drawing: Drawing) -> Iterator[str]:
    for judged in drawing.changes:
        yield judged.change.rule
        yield from (it.rule for it in judged.consequences)
    yield from (it.rule for it in drawing.aside)


def _pictures(drawing: Drawing, draw: Draw) -> Pictures:
    old, new = old_side(drawing), new_side(drawing)
    if old is None and new is None:
        return Pictures(problem="neither side draws it.")
    has_sides = old is not None and new is not None
    try:
        drawn = [
            safe_svg(graph, draw) if graph else ""
            for graph in (united(drawing), *((old, new) if has_sides else ()))
        ]
    except CannotDrawError as error:
        return Pictures(problem=str(error))
    return Pictures(*drawn)
