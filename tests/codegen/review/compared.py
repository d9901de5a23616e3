"""Drawings compared as a review has them, made of two texts; every impact is the one asked for."""

from collections.abc import Sequence

from codegen.drawings import read_drawings
from codegen.graph import Graph
from codegen.review.changes import Impact
from codegen.review.compare import compare
from codegen.review.facts import Facts
from codegen.review.report import Drawing, Judged, Review
from codegen.review.tables import facts_of


def read(kind: str, text: str) -> tuple[Graph | None, Facts]:
    """The graph of a text and what it says; nothing of an empty one."""
    drawings = read_drawings({f"specs/{kind}/drawn.dot": text.encode()} if text else {})
    graph = drawings.graphs[0][1] if drawings.graphs else None
    return graph, facts_of(drawings)


def compared(
    kind: str, old_text: str, new_text: str, impacts: Sequence[Impact] = (Impact.behaviour,)
) -> Drawing:
    """What changed from one text to the other, with the impacts in turn."""
    old, old_facts = read(kind, old_text)
    new, new_facts = read(kind, new_text)
    told = [it for it in compare(old_facts, new_facts) if not it.silent]
    shown = new or old
    assert shown is not None
    return Drawing(
        kind=kind,
        name=shown.name,
        old_name=old.name if old else shown.name,
        old_file=old.file if old else "",
        new_file=new.file if new else "",
        old=old,
        new=new,
        changes=tuple(
            Judged(change, impacts[number % len(impacts)]) for number, change in enumerate(told)
        ),
    )


def review_of(*drawings: Drawing) -> Review:
    """A review of drawings that were compared."""
    return Review("main", "the working tree", drawings)
