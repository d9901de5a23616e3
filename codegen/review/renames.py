"""Finds what is called otherwise now, by structure: as git finds renamed files by their content.

A name that is gone and one that came are one thing when at least SIMILARITY_MIN of what mentions
them is the same: the arrows with their other ends, the fields with their types and offsets.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from typing import Final

from codegen.review.facts import (
    GLOBAL_SORTS,
    Facts,
    Key,
    Name,
    Renames,
    Thing,
    mentions,
    renamed,
)

SIMILARITY_MIN: Final = 0.5
"""The share that git asks for, too."""

ROUNDS_MAX: Final = 4
"""Each round knows the names that the one before has found; chains are rarely longer."""

HOLDERS_MAX: Final = 64
"""A feature that more names have says little, and comparing them all would cost their square."""

LOOSE_SORTS: Final = frozenset({"guard", "action", "case"})
"""Names that are only used: one use alone may as well be a change of the thing that uses it.

An event is only used, too. But where the old one is gone everywhere and the new one does just what
the old one did, it is easier to be told of a new name than of two events and a changed arrow.
"""

LIKENESS_MIN: Final = 0.6
"""How much two names of a loose sort with one use have to be alike as words."""

WILD: Final = "?"
"""Stands in a feature for a name of one side only, of which nothing is known yet."""

SCOPE: Final = "0"
ORDER: Final = "order"
"""Parts that say nothing of a name: what it belongs to, and that it is somewhere in a layout."""

Feature = tuple[str, ...]
Features = dict[Name, Counter[Feature]]
Mentions = dict[Name, list[tuple[Thing, str]]]


def find_renames(old: Facts, new: Facts) -> Renames:
    """Map every old name to what it is called in the new table, if it is another name."""
    found: Renames = _matched(old, new, is_global=True)
    inner = _matched(renamed(old, found), new, is_global=False)
    return found | inner


def _matched(old: Facts, new: Facts, *, is_global: bool) -> Renames:
    """The renames among the global sorts, or among the others."""
    before, after = _mentions(old, is_global=is_global), _mentions(new, is_global=is_global)
    scopes = {name.scope for name in before} & {name.scope for name in after}
    gone = {it: uses for it, uses in before.items() if it not in after and it.scope in scopes}
    came = {it: uses for it, uses in after.items() if it not in before and it.scope in scopes}
    if is_global:  # `u32` is no layout, and what another file draws is not renamed here
        gone = {it: uses for it, uses in gone.items() if Key(it.sort, (it.text,)) in old}
        came = {it: uses for it, uses in came.items() if Key(it.sort, (it.text,)) in new}
    renames: Renames = {}
    for _ in range(ROUNDS_MAX if gone and came else 0):
        taken = {Name(name.sort, name.scope, text) for name, text in renames.items()}
        left = {name: it for name, it in gone.items() if name not in renames}
        free = {name: it for name, it in came.items() if name not in taken}
        found = _round(_features(left, gone, renames), _features(free, came, {}))
        if not found:
            break
        renames |= found
    return renames


def _mentions(facts: Facts, *, is_global: bool) -> Mentions:
    """Name -> the things that mention it, and in which part."""
    found: Mentions = {}
    for thing in facts.values():
        for name, part in mentions(thing):
            if (name.sort in GLOBAL_SORTS) == is_global and name.sort != "numbers":
                found.setdefault(name, []).append((thing, part))
    return found


def _features(names: Mentions, only_here: Iterable[Name], renames: Renames) -> Features:
    """What is known of each name; other names of this side only are wild, or what they became."""
    unknown = {name: renames.get(name, WILD) for name in only_here}
    return {
        name: Counter(it for thing, part in uses for it in _of_use(name, thing, part, unknown))
        for name, uses in names.items()
    }


def _of_use(name: Name, thing: Thing, part: str, unknown: Renames) -> Iterator[Feature]:
    """What one use of a name says of it: its company there, and what it is if that defines it."""
    kind, names = thing.key
    company = [
        unknown.get(other, other.text)
        for other, position in mentions(thing)
        if position.isdigit() and position not in (part, SCOPE)
    ]
    is_global = name.sort in GLOBAL_SORTS
    if is_global:
        company = list(names[1:])
    if any(text != WILD for text in company) and part != ORDER:
        yield (kind, part, *company)
    elif company:
        yield (kind, part, *names)  # only strangers: counts, but is like nothing else
    is_defined = part == str(len(names) - 1) and name.sort not in LOOSE_SORTS
    if is_defined or (is_global and part == SCOPE):
        for attribute, text in thing.attributes.items():
            if attribute != ORDER and text.removesuffix("()") != name.text:
                yield (kind, *names[1:-1], attribute, text)


def _round(gone: Features, came: Features) -> Renames:
    """Pair the most similar names first."""
    holders: dict[tuple[str, str, Feature], list[Name]] = {}
    for name, features in came.items():
        for feature in features:
            holders.setdefault((name.sort, name.scope, feature), []).append(name)
    scored = sorted(_scored(gone, came, holders), key=lambda it: it[0])
    renames: Renames = {}
    taken: set[Name] = set()
    for _, name, candidate in scored:
        if name not in renames and candidate not in taken:
            renames[name] = candidate.text
            taken.add(candidate)
    return renames


def _scored(
    gone: Features, came: Features, holders: Mapping[tuple[str, str, Feature], list[Name]]
) -> Iterator[tuple[tuple[float, float], Name, Name]]:
    """Every pair that is similar enough, with a key that sorts the best first."""
    for name, features in gone.items():
        candidates: dict[Name, None] = {}
        for feature in features:
            found = holders.get((name.sort, name.scope, feature), ())
            if len(found) <= HOLDERS_MAX:
                candidates |= dict.fromkeys(found)
        for candidate in candidates:
            similarity = _similarity(features, came[candidate])
            likeness = SequenceMatcher(None, name.text, candidate.text).ratio()
            lone = name.sort in LOOSE_SORTS and features.total() == 1
            if similarity >= SIMILARITY_MIN and (likeness >= LIKENESS_MIN or not lone):
                yield (-similarity, -likeness), name, candidate


def _similarity(some: Counter[Feature], others: Counter[Feature]) -> float:
    """What both have, as a share of what either has."""
    return (some & others).total() / ((some | others).total() or 1)
