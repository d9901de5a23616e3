"""Which change a consequence follows from, and which changes nobody outside can have noticed."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

from codegen.names import words
from codegen.review.changes import Change, Consequence
from codegen.review.compare import name_of
from codegen.review.facts import FORMS, Facts, Name, Thing, mentions, renamed
from codegen.review.renames import find_renames
from codegen.review.report import Judged


def attached(
    judged: Sequence[Judged], consequences: Iterable[Consequence]
) -> tuple[list[Judged], list[Consequence]]:
    """Give each consequence to the change that it follows from; the rest is left over."""
    suspects = _Suspects(it.change for it in judged)
    follow: dict[int, list[Consequence]] = {}
    aside: list[Consequence] = []
    for consequence in consequences:
        causes = (suspects.first(consequence.scope, names) for names in consequence.causes)
        cause = next((it for it in causes if it is not None), None)
        (aside if cause is None else follow.setdefault(cause, [])).append(consequence)
    told = [
        replace(it, consequences=(*it.consequences, *follow[at])) if at in follow else it
        for at, it in enumerate(judged)
    ]
    return told, aside


class _Suspects:
    """Which changes mention which names."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self.mentioned: list[frozenset[str]] = []
        self.found: dict[tuple[str, str], list[int]] = {}
        for at, change in enumerate(changes):
            self.mentioned.append(_mentioned(change))
            for name in self.mentioned[at]:
                self.found.setdefault((change.key.scope, name), []).append(at)

    def first(self, scope: str, names: frozenset[str]) -> int | None:
        """The first change in a scope that mentions all of some names."""
        having = [self.found.get((scope, name), []) for name in names]
        fewest = min(having, key=len, default=[])
        return next((at for at in fewest if names <= self.mentioned[at]), None)


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
    names = {name for thing in baseline.values() for name, _ in mentions(thing)}
    return [replace(it, unreleased=not _is_noticed(it.change, published, names)) for it in judged]


def _is_noticed(change: Change, published: Facts, names: Container[Name]) -> bool:
    """Whether somebody who has the baseline can notice a change."""
    if change.is_rename:
        return name_of(change) in names
    known = published.get(change.key)
    if change.old is None:
        return known is None
    if change.part and known is not None and change.new and change.key == change.new.key:
        return known.get(change.part) != change.after
    return known is not None
