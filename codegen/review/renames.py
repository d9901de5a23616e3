"""Finds what is called otherwise now, by structure: as git finds renamed files by their content.

A name that is gone and one that came are one thing when at least SIMILARITY_MIN of what mentions
them is the same: the arrows with their other ends, the fields with their types and offsets.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from heapq import nsmallest
from typing import Final

from codegen.review.facts import (
    ANY_STATE,
    FORMS,
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

HOLDERS_MAX: Final = 32
"""A feature that more names have says little, and comparing them all would cost their square."""

NEAREST_MAX: Final = 8
"""Of names that are equally similar, how many are compared letter by letter in one round."""

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
    gone, came = _one_sided(old, new, is_global=is_global)
    if is_global:  # `u32` is no layout, and what another file draws is not renamed here
        gone = {it: uses for it, uses in gone.items() if Key(it.sort, (it.text,)) in old}
        came = {it: uses for it, uses in came.items() if Key(it.sort, (it.text,)) in new}
    renames: Renames = {}
    for _ in range(ROUNDS_MAX if gone and came else 0):
        taken = {Name(name.sort, name.scope, text) for name, text in renames.items()}
        left = {name: it for name, it in gone.items() if name not in renames}
        free = {name: it for name, it in came.items() if name not in taken}
        found = _round(_features(left, gone, renames), _features(free, free, {}))
        if not found:
            break
        renames |= found
    return renames


def _one_sided(old: Facts, new: Facts, *, is_global: bool) -> tuple[Mentions, Mentions]:
    """The names that only one table mentions, each with its uses, in scopes that both have.

    All uses of such a name are in things that the other table has not or has otherwise; these are
    few where little has changed.
    """
    before = _mentions(_only_in(old, new), is_global=is_global)
    after = _mentions(_only_in(new, old), is_global=is_global)
    candidates = before.keys() ^ after.keys()
    if before.keys() <= after.keys() or after.keys() <= before.keys():
        return {}, {}
    texts = {name.text for name in candidates}
    common = _mentions(_in_both(old, new, texts), is_global=is_global)
    candidates -= common.keys()
    gone = {name: uses for name, uses in before.items() if name in candidates}
    came = {name: uses for name, uses in after.items() if name in candidates}
    scopes = {name.scope for name in gone} & {name.scope for name in came}
    return (
        {name: uses for name, uses in gone.items() if name.scope in scopes},
        {name: uses for name, uses in came.items() if name.scope in scopes},
    )


def _only_in(facts: Facts, others: Facts) -> Iterator[Thing]:
    for key, thing in facts.items():
        other = others.get(key)
        if other is None or other.attributes != thing.attributes:
            yield thing


def _in_both(facts: Facts, others: Facts, texts: set[str]) -> Iterator[Thing]:
    """The things that are the same in both tables and may mention one of some texts."""
    for key, thing in facts.items():
        other = others.get(key)
        if other is not None and other.attributes == thing.attributes:
            listed = FORMS[key.kind].attributes
            if not texts.isdisjoint(key.names) or any(it in thing.attributes for it in listed):
                yield thing


def _mentions(things: Iterable[Thing], *, is_global: bool) -> Mentions:
    """Name -> the things that mention it, and in which part."""
    found: Mentions = {}
    for thing in things:
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
    is_global = name.sort in GLOBAL_SORTS
    company = list(names[1:]) if is_global else _company(thing.key, part, unknown)
    if not company and not part.isdigit():
        company = list(names)
    if any(text != WILD for text in company) and part != ORDER:
        yield (kind, part, *company)
    elif company:
        yield (kind, part, *names)  # only strangers: counts, but is like nothing else
    is_defined = part == str(len(names) - 1) and name.sort not in LOOSE_SORTS
    if is_defined or (is_global and part == SCOPE):
        for attribute, text in thing.attributes.items():
            sort = FORMS[kind].attributes.get(attribute)
            known = unknown.get(Name(sort, thing.key.scope, text), text) if sort else text
            if attribute != ORDER and known != WILD and text.removesuffix("()") != name.text:
                yield (kind, *names[1:-1], attribute, known)


def _company(key: Key, part: str, unknown: Renames) -> list[str]:
    """The other names in a key, the scope apart."""
    sorts = FORMS[key.kind].names
    return [
        unknown.get(Name(sort, key.scope, text), text)
        for at, (sort, text) in enumerate(zip(sorts, key.names, strict=True))
        if at and str(at) != part and text and text != ANY_STATE
    ]


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
    totals = {name: features.total() for name, features in came.items()}
    for name, features in gone.items():
        total = features.total()
        similar: list[tuple[float, float, Name]] = []
        for candidate, common_max in _candidates(name, features, came, holders).items():
            if common_max < SIMILARITY_MIN * (total + totals[candidate] - common_max):
                continue
            similarity = _similarity(features, came[candidate])
            if similarity >= SIMILARITY_MIN:
                similar.append((-similarity, -_same_ends(name.text, candidate.text), candidate))
        lone = name.sort in LOOSE_SORTS and total == 1
        for ranked, _, candidate in nsmallest(NEAREST_MAX, similar, key=lambda it: it[:2]):
            likeness = SequenceMatcher(None, name.text, candidate.text).ratio()
            if likeness >= LIKENESS_MIN or not lone:
                yield (ranked, -likeness), name, candidate


def _same_ends(some: str, other: str) -> float:
    """How much two names have in common at both ends: quick to find, and near to the likeness."""
    start = _same_start(some, other)
    end = _same_start(some[start:][::-1], other[start:][::-1])
    return 2 * (start + end) / ((len(some) + len(other)) or 1)


def _same_start(some: str, other: str) -> int:
    pairs = enumerate(zip(some, other, strict=False))
    return next((at for at, (one, two) in pairs if one != two), min(len(some), len(other)))


def _candidates(
    name: Name,
    features: Counter[Feature],
    came: Features,
    holders: Mapping[tuple[str, str, Feature], list[Name]],
) -> dict[Name, int]:
    """The names that have a rare feature of a name, each with how much both can have at most."""
    found: dict[Name, int] = {}
    frequent = 0
    for feature, count in features.items():
        having = holders.get((name.sort, name.scope, feature), ())
        if len(having) > HOLDERS_MAX:
            frequent += count
            continue
        for candidate in having:
            found[candidate] = found.get(candidate, 0) + min(count, came[candidate][feature])
    return {candidate: common + frequent for candidate, common in found.items()}


def _similarity(some: Counter[Feature], others: Counter[Feature]) -> float:
    """What both have, as a share of what either has."""
    common = sum(min(count, others[it]) for it, count in some.items() if it in others)
    return common / ((some.total() + others.total() - common) or 1)
