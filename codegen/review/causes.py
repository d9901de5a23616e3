"""Which change a consequence follows from, and which changes nobody outside can have noticed."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from codegen.names import words
from codegen.review.changes import Change, Consequence
from codegen.review.compare import NAME, name_of
from codegen.review.facts import FORMS, Facts, Thing, mentions, renamed
from codegen.review.renames import find_renames
from codegen.review.report import Judged


def attached(
    judged: Sequence[Judged], consequences: Iterable[Consequence]
) -> tuple[list[Judged], list[Consequence]]:
    """Give each consequence to the change that it follows from; the rest is left over."""
    told = list(judged)
    mentioned = [_mentioned(it.change) for it in told]
    by_scope: dict[str, list[int]] = {}
    for index, it in enumerate(told):
        by_scope.setdefault(it.change.key.scope, []).append(index)
    aside: list[Consequence] = []
    for consequence in consequences:
        suspects = by_scope.get(consequence.scope, [])
        cause = next(
            (i for names in consequence.causes for i in suspects if names <= mentioned[i]), None
        )
        if cause is None:
            aside.append(consequence)
        else:
            follow = (*told[cause].consequences, consequence)
            told[cause] = replace(told[cause], consequences=follow)
    return told, aside


def _mentioned(change: Change) -> frozenset[str]:
    """Every name that a change is about, by the names of both sides."""
    texts = {*change.key.names, *words(change.before), *words(change.after)}
    if not change.part or change.old is None or change.new is None:
        for thing in (change.old, change.new):
            texts |= _names(thing) if thing else set()
    elif change.key != change.new.key:
        texts |= set(change.new.key.names)
    return frozenset(texts)


def _names(thing: Thing) -> set[str]:
    listed = FORMS[thing.key.kind].attributes
    return {name.text for name, part in mentions(thing) if part.isdigit() or part in listed}


def released(judged: Iterable[Judged], baseline: Facts, new: Facts) -> list[Judged]:
    """Mark the changes of what the baseline does not have, and those that lead back to it."""
    renames = find_renames(baseline, new)
    published = renamed(baseline, renames)
    return [
        replace(it, unreleased=not _is_noticed(it.change, published, baseline)) for it in judged
    ]


def _is_noticed(change: Change, published: Facts, baseline: Facts) -> bool:
    """Whether somebody who has the baseline can notice a change."""
    if change.part == NAME:
        old = name_of(change)
        return any(name == old for thing in baseline.values() for name, _ in mentions(thing))
    known = published.get(change.key)
    if change.old is None:
        return known is None
    if change.part and known is not None and change.new and change.key == change.new.key:
        return known.get(change.part) != change.after
    return known is not None
