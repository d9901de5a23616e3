"""From two tables of facts to the list of changes, and from a table and changes to the other."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from codegen.names import event_name, words
from codegen.review.changes import NAME, WORDING, Change
from codegen.review.facts import (
    FORMS,
    GLOBAL_SORTS,
    MEMBER_KINDS,
    Facts,
    Key,
    Name,
    Renames,
    Thing,
    mentions,
    own_name,
    renamed,
    without_derived,
)
from codegen.review.renames import find_renames

WORDS_FOR_PEOPLE: Final = frozenset({"comment", "text", "title", "section", "remark", "meaning"})
PRINTED_FOR_PEOPLE: Final = frozenset({"step", "flow-arrow"})
RULE_NAMES: Final = {("span", "offset"): "field-moved", ("span", "width"): "field-resized"}
SILENT_KINDS: Final = frozenset({"span", "row"})
"""Kinds of which only changes are told: that they appear and vanish follows from others."""


class Identity(NamedTuple):
    """A name in a key that may be another one while the thing stays the same thing."""

    part: str
    position: int
    only_pairs: bool


IDENTITIES: Final = {
    "arrow": (
        Identity("guard", 4, only_pairs=False),
        Identity("target", 3, only_pairs=False),
        Identity("event", 2, only_pairs=True),
        Identity("source", 1, only_pairs=True),
    ),
    "any-state-arrow": (
        Identity("guard", 3, only_pairs=False),
        Identity("target", 2, only_pairs=False),
        Identity("event", 1, only_pairs=True),
    ),
    "flow-arrow": (Identity("case", 3, only_pairs=True),),
}
"""In which order a removed and an added thing are tried as one that changed; `only_pairs`: where
one of each is left."""


def compare(old: Facts, new: Facts) -> list[Change]:
    """Every change from `old` to `new`: renames first, then by the order of FORMS and the drawings.

    Applied to `old` (see `applied`), the changes give `new`.
    """
    renames = find_renames(old, new)
    before = renamed(old, renames)
    origins = dict(zip(before, old.values(), strict=True))
    changes = [*_renamed_names(renames, origins, new), *differences(before, new, origins)]
    order = {kind: number for number, kind in enumerate(FORMS)}
    changes.sort(key=lambda it: (not it.is_rename, order.get(it.key.kind, 0)))
    return changes


def differences(before: Facts, new: Facts, origins: Facts) -> Iterator[Change]:
    """Every change between two tables with the same names.

    `origins` are the things of `before` as they were drawn, by the keys in `before`.
    """
    gone = [key for key in before if key not in new]
    came = [key for key in new if key not in before]
    moved = dict(_moves(gone, came))
    arrived = {target: source for source, target in moved.items()}
    for key in _in_drawing_order(before, new, moved):
        thing = new.get(key)
        source = key if key in before else arrived.get(key)
        if thing is None:
            is_silent = key.kind in SILENT_KINDS or not _has_scope(key, new)
            yield Change(f"{key.kind}-removed", key, origins[key], None, silent=is_silent)
        elif source is None:
            is_silent = key.kind in SILENT_KINDS or not _has_scope(key, before)
            yield Change(f"{key.kind}-added", key, None, thing, silent=is_silent)
        else:
            if source != key:
                yield _move(source, origins[source], thing)
            yield from _parts(before[source], origins[source], thing)


def _in_drawing_order(before: Facts, new: Facts, moved: Mapping[Key, Key]) -> Iterator[Key]:
    """Every key once: those of the new table, and what is gone behind what it stood behind."""
    behind: dict[Key | None, list[Key]] = {None: []}
    last: Key | None = None
    for key in before:
        current = moved.get(key, key)
        if current in new:
            last = current
        else:
            behind.setdefault(last, []).append(key)
    yield from behind[None]
    for key in new:
        yield key
        yield from behind.get(key, ())


def _has_scope(key: Key, facts: Facts) -> bool:
    """Whether what a thing belongs to is on the other side as well, or is the thing itself."""
    scope_kind = FORMS[key.kind].names[0]
    return len(key.names) == 1 or Key(scope_kind, (key.scope,)) in facts


def _move(key: Key, old: Thing, new: Thing) -> Change:
    part, position = next(
        (it.part, it.position)
        for it in IDENTITIES[key.kind]
        if key.names[it.position] != new.key.names[it.position]
    )
    rule = f"{key.kind}-{part}-changed"
    return Change(rule, key, old, new, part, key.names[position], new.key.names[position])


def _parts(before: Thing, old: Thing, new: Thing) -> Iterator[Change]:
    """The attributes that differ. `before` is `old` with the new names."""
    kind = new.key.kind
    for part in sorted({*before.attributes, *new.attributes}):
        was, now = before.get(part), new.get(part)
        if was != now:
            is_silent = part in ("order", "guards") and _same_order(was, now)
            is_silent |= kind == "event" and _spell_their_names(old, new)
            rule = _rule_of_part(kind, part)
            yield Change(rule, new.key, old, new, part, was, now, silent=is_silent)


def _spell_their_names(old: Thing, new: Thing) -> bool:
    """Whether an event has another name, and its label, from which the name comes, is that name."""
    is_renamed = old.key.names[-1] != new.key.names[-1]
    labels = ((it.get("text"), it.key.names[-1]) for it in (old, new))
    return is_renamed and all(not text or event_name(text) == name for text, name in labels)


def _rule_of_part(kind: str, part: str) -> str:
    if part in WORDS_FOR_PEOPLE or (part == "printed" and kind in PRINTED_FOR_PEOPLE):
        return WORDING.name
    return RULE_NAMES.get((kind, part), f"{kind}-{part}-changed")


def _same_order(was: str, now: str) -> bool:
    """Whether two lists differ only by what was added and removed."""
    some, others = words(was), words(now)
    common = set(some) & set(others)
    return [it for it in some if it in common] == [it for it in others if it in common]


def _moves(gone: Sequence[Key], came: Sequence[Key]) -> Iterator[tuple[Key, Key]]:
    """Which removed thing and which added one are one that changed."""
    for kind, identities in IDENTITIES.items():
        old = [key for key in gone if key.kind == kind]
        new = [key for key in came if key.kind == kind]
        for identity in identities:
            pairs = list(_pairs(old, new, identity))
            yield from pairs
            sources, targets = {source for source, _ in pairs}, {target for _, target in pairs}
            old = [key for key in old if key not in sources]
            new = [key for key in new if key not in targets]


def _pairs(old: Iterable[Key], new: Iterable[Key], identity: Identity) -> Iterator[tuple[Key, Key]]:
    groups: dict[tuple[str, ...], tuple[list[Key], list[Key]]] = {}
    for side, keys in enumerate((old, new)):
        for key in keys:
            rest = (*key.names[: identity.position], *key.names[identity.position + 1 :])
            groups.setdefault(rest, ([], []))[side].append(key)
    for sources, targets in groups.values():
        if not identity.only_pairs or len(sources) == len(targets) == 1:
            yield from zip(sorted(sources), sorted(targets), strict=False)


def _renamed_names(renames: Renames, origins: Facts, new: Facts) -> Iterator[Change]:
    keys = {_key_of(Name(name.sort, name.scope, text), new): name for name, text in renames.items()}
    users = _first_users(new.values(), {key for key in keys if key not in new})
    for key, name in keys.items():
        old_thing, new_thing = origins.get(key), new.get(key)
        if new_thing is None:
            new_thing = users.get(key)
        if old_thing is None and new_thing is not None:
            old_thing = origins.get(new_thing.key)
        after = key.names[-1]
        yield Change(f"{key.kind}-renamed", key, old_thing, new_thing, NAME, name.text, after)


def _first_users(things: Iterable[Thing], wanted: Container[Key]) -> dict[Key, Thing]:
    """The first thing that mentions each wanted name of a sort without things of its own."""
    found: dict[Key, Thing] = {}
    for thing in things if wanted else ():
        for name, _ in mentions(thing) if thing.key.kind != "row" else ():
            key = Key(name.sort, (name.scope, name.text))
            if key in wanted:
                found.setdefault(key, thing)
    return found


def _key_of(name: Name, facts: Facts) -> Key:
    """The key of what a name names; that of a sort without things has the sort as its kind."""
    if name.sort in GLOBAL_SORTS:
        return Key(name.sort, (name.text,))
    names = (name.scope, name.text)
    kinds = MEMBER_KINDS if name.sort == "member" else (name.sort,)
    return next(
        (Key(kind, names) for kind in kinds if Key(kind, names) in facts), Key(kinds[0], names)
    )


def name_of(change: Change) -> Name:
    """The old name that a change of rule `...-renamed` replaces."""
    return own_name(change.key, change.before)


def applied(facts: Facts, changes: Iterable[Change]) -> Facts:
    """The table after the changes, without derived things."""
    changes = [it for it in changes if it.is_rename or not it.is_derived]
    renames = {name_of(it): it.after for it in changes if it.is_rename}
    made = dict(without_derived(renamed(facts, renames)))
    steps: tuple[Callable[[Change], bool], ...] = (
        lambda it: it.new is None,
        lambda it: not it.is_rename and it.new is not None,
    )
    for wanted in steps:
        for change in changes:
            if wanted(change):
                _apply(made, change)
    return made


def _apply(made: Facts, change: Change) -> None:
    if change.new is None:
        made.pop(change.key, None)
    elif change.old is None:
        made[change.key] = change.new
    elif change.key != change.new.key:
        thing = made.pop(change.key)
        made[change.new.key] = replace(thing, key=change.new.key, place=change.new.place)
    elif change.part:
        thing = made[change.key]
        attributes = {**thing.attributes, change.part: change.after}
        kept = {name: text for name, text in attributes.items() if text}
        made[change.key] = replace(thing, attributes=kept)
