"""Two branches changed one drawing: what both say together, and where they contradict.

Disjoint changes merge, also those of one arrow: one branch may give it a guard and the other an
action.
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from codegen.names import words
from codegen.review.changes import NAME, subject
from codegen.review.compare import IDENTITIES, differences
from codegen.review.diff3 import diff3
from codegen.review.facts import (
    ANY_STATE,
    ELSE,
    FORMS,
    GLOBAL_SORTS,
    MEMBER_KINDS,
    SETS,
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

DECIDING: Final = {"arrow": (1, 2), "stay": (1, 2), "any-state-arrow": (1,)}
"""Where the keys of these kinds say what an event does in a state: positions of both."""

LISTS: Final = frozenset({"order", "guards"})
ROW: Final = "row"

GONE: Final = "(gone)"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Where both branches say something else: about what, which part, and what each says.

    `part` is empty where the thing itself is in question; a side that removed it says GONE.
    """

    key: Key
    part: str
    base: str
    ours: str
    theirs: str

    @property
    def sentence(self) -> str:
        """The conflict as people read it."""
        what = f"{subject(self.key)} ({self.key.kind})"
        if self.part:
            was = f" (was {self.base})" if self.base else ""
            ours, theirs = self.ours or "none", self.theirs or "none"
            return f"{what}: {self.part}{was} is {ours} in ours and {theirs} in theirs"
        return f"{what}: {self.ours} in ours, {self.theirs} in theirs"


@dataclass(slots=True)
class _Edits:
    """What one branch did to the things of the base."""

    removed: set[Key] = field(default_factory=set)
    moved: dict[Key, Key] = field(default_factory=dict)
    parts: dict[Key, dict[str, str]] = field(default_factory=dict)
    added: dict[Key, Thing] = field(default_factory=dict)

    def has_touched(self, key: Key) -> bool:
        """Whether a thing of the base is otherwise now."""
        return key in self.moved or key in self.parts


class Together(NamedTuple):
    """What both branches say, without derived things: ours where they conflict.

    `renames` leads from the names of base, ours and theirs to those that both want.
    """

    facts: Facts
    renames: Renames
    conflicts: list[Conflict]


def merged(base: Facts, ours: Facts, theirs: Facts) -> Together:
    """Put both branches' changes on the base together."""
    some, others = find_renames(base, ours), find_renames(base, theirs)
    renames, conflicts = _both_renames(some, others)
    for name, text in _taken(some, others, theirs):
        says = f"renamed to {text}", f"{text} is another one"
        conflicts.append(Conflict(_name_key(name), "", "", *says))
    for name, text in _taken(others, some, ours):
        says = f"{text} is another one", f"renamed to {text}"
        conflicts.append(Conflict(_name_key(name), "", "", *says))
    before, mine, other = (renamed(without_derived(it), renames) for it in (base, ours, theirs))
    merge = _Merge(before, _edits(before, mine), _edits(before, other), conflicts)
    return Together(merge.facts(), renames, merge.conflicts)


def _both_renames(some: Renames, others: Renames) -> tuple[Renames, list[Conflict]]:
    """The renames of both branches with the final names as scopes, and where they collide."""
    final = {
        name: text
        for it in (others, some)
        for name, text in it.items()
        if name.sort in GLOBAL_SORTS
    }
    conflicts: list[Conflict] = []
    sides = [_rescoped(it, final) for it in (some, others)]
    both = sides[1] | sides[0]
    for name, text in sides[0].items():
        key = _name_key(name)
        if sides[1].get(name, text) != text:
            conflicts.append(Conflict(key, NAME, name.text, text, sides[1][name]))
            both[name._replace(text=sides[1][name])] = text  # so that the rest is compared
        for other, new in sides[1].items():
            if other != name and _clash(name, text, other, new):
                said = f"{other.text} renamed to {new}"
                conflicts.append(Conflict(key, "", "", f"renamed to {text}", said))
    return both, conflicts


def _taken(renames: Renames, others: Renames, facts: Facts) -> Iterator[tuple[Name, str]]:
    """The renames to what the other side calls something else: it has the old name beside it.

    What it calls so by a rename of its own is told already.
    """
    names = {name for it in facts.values() for name, _ in mentions(it)} if renames else set()
    names -= {name._replace(text=text) for name, text in others.items()}
    for name, text in renames.items():
        if name in names and name._replace(text=text) in names:
            yield name, text


def _clash(name: Name, text: str, other: Name, new: str) -> bool:
    """Whether two renames of one sort lead to one name, or one leads to the other's old name."""
    is_same_sort = (name.sort, name.scope) == (other.sort, other.scope)
    return is_same_sort and (text in (new, other.text) or new == name.text)


def _rescoped(renames: Renames, final: Renames) -> Renames:
    """Renames by their final scopes."""
    old_scope = {text: name.text for name, text in renames.items() if name.sort in GLOBAL_SORTS}
    finals = {name.text: text for name, text in final.items()}

    def scope(text: str) -> str:
        base = old_scope.get(text, text)
        return finals.get(base, base)

    return {name._replace(scope=scope(name.scope)): text for name, text in renames.items()}


def _name_key(name: Name) -> Key:
    names = (name.text,) if name.sort in GLOBAL_SORTS else (name.scope, name.text)
    return Key(name.sort, names)


def _edits(before: Facts, after: Facts) -> _Edits:
    edits = _Edits()
    for change in differences(before, after, before):
        if change.new is None:
            edits.removed.add(change.key)
        elif change.old is None:
            edits.added[change.key] = change.new
        elif change.key != change.new.key:
            edits.moved[change.key] = change.new.key
        else:
            edits.parts.setdefault(change.old.key, {})[change.part] = change.after
    return edits


class _Merge:
    """The work of putting two branches together."""

    def __init__(
        self, before: Facts, ours: _Edits, theirs: _Edits, conflicts: Iterable[Conflict]
    ) -> None:
        self.before = before
        self.ours, self.theirs = ours, theirs
        self.found = dict.fromkeys(conflicts)

    @property
    def conflicts(self) -> list[Conflict]:
        """The conflicts that were found, each once."""
        return list(self.found)

    def facts(self) -> Facts:
        """The merged table; conflicts gather on the way."""
        made: Facts = {}
        for key, thing in self.before.items():
            if (kept := self.thing(key, thing)) is not None:
                made[kept.key] = kept
        self.add(made)
        for key in [key for edits in (self.ours, self.theirs) for key in edits.added]:
            if key.kind == "layout" and made[key].get("record"):
                self.share(key, made)
        _settle_rows(made, self.ours.removed | self.theirs.removed)
        self.check_decisions()
        self.check_dangling(made)
        return made

    def thing(self, key: Key, thing: Thing) -> Thing | None:
        """What becomes of a thing of the base."""
        ours, theirs = self.ours, self.theirs
        is_gone = key in ours.removed or key in theirs.removed
        if is_gone and key.kind != ROW:
            is_touched = ours.has_touched(key) or theirs.has_touched(key)
            if is_touched and not self.is_of_shared_record(key):
                says = ("changed" if it.has_touched(key) else GONE for it in (ours, theirs))
                self.conflict(key, "", "", *says)
            return None
        names = list(key.names)
        for position, base in enumerate(key.names):
            mine, other = (it.moved.get(key, key).names[position] for it in (ours, theirs))
            names[position] = self.decided(key, _part(key.kind, position), (base, mine, other))
        attributes = dict(thing.attributes)
        mine_parts, other_parts = (it.parts.get(key, {}) for it in (ours, theirs))
        known: dict[tuple[str, str, str], str] = {}  # `printed` is mostly the same as another part
        for part in sorted({*mine_parts, *other_parts}):
            base = thing.get(part)
            texts = base, mine_parts.get(part, base), other_parts.get(part, base)
            if texts not in known:
                known[texts] = self.decided(key, part, texts)
            attributes[part] = known[texts]
        kept = {name: text for name, text in attributes.items() if text}
        return replace(thing, key=Key(key.kind, tuple(names)), attributes=kept)

    def is_of_shared_record(self, key: Key) -> bool:
        """Whether a change comes by a record that other layouts have too: it is meant for all."""
        layout = self.before.get(Key("layout", (key.scope,)))
        if layout is None or not layout.get("record"):
            return False
        parts = {*self.ours.parts.get(key, ()), *self.theirs.parts.get(key, ())}
        return key.kind in MEMBER_KINDS or (key == layout.key and parts == {"order"})

    def decided(self, key: Key, part: str, texts: tuple[str, str, str]) -> str:
        """What both branches make of one text, of which the base comes first."""
        base, mine, other = texts
        if other in (mine, base):
            return mine
        if mine == base:
            return other
        if part in SETS or part in LISTS:
            lists = words(base), words(mine), words(other)
            together = _set(*lists) if part in SETS else _list(*lists)
            if together:
                return " ".join(together)
        self.conflict(key, part, base, mine, other)
        return mine

    def add(self, made: Facts) -> None:
        """Add what either branch added."""
        for edits in (self.ours, self.theirs):
            for key, thing in edits.added.items():
                if self.is_of_shared_record(key) and Key("layout", (key.scope,)) not in made:
                    continue
                known = made.setdefault(key, thing)
                if known.attributes != thing.attributes:
                    ours, theirs = (_said(it) for it in (known, thing))
                    self.conflict(key, "", "", ours, theirs)

    def share(self, added: Key, made: Facts) -> None:
        """Let an added layout have what its record has become for those that had it before."""
        record = made[added].get("record")
        of_record = (key for key, it in self.before.items() if it.get("record") == record)
        other = next((key for key in of_record if key in made), None)
        if other is None or added in self.before:
            return
        for key in [key for key in made if key.kind in MEMBER_KINDS and key.scope == added.scope]:
            del made[key]
        for key in [key for key in made if key.kind in MEMBER_KINDS and key.scope == other.scope]:
            own = Key(key.kind, (added.scope, *key.names[1:]))
            made[own] = replace(made[key], key=own)
        attributes = {**made[added].attributes, "order": made[other].get("order")}
        made[added] = replace(made[added], attributes=attributes)

    def check_decisions(self) -> None:
        """Both branches may not say what one event does in one state."""
        both = self.ours.moved.keys() & self.theirs.moved.keys()  # compared part by part
        mine, other = _decisions(self.ours, both), _decisions(self.theirs, both)
        for place in mine.keys() & other.keys():
            if mine[place] != other[place]:
                first, second = min(mine[place]), min(other[place])
                self.conflict(first, "", "", "added", f"{subject(second)} added")

    def check_dangling(self, made: Facts) -> None:
        """What one branch removed may not be mentioned by what the other added or changed."""
        sides = ((self.ours, self.theirs), (self.theirs, self.ours))
        for edits, others in sides:
            removed = edits.removed - others.removed
            gone = _defined(removed) - _defined(made)
            changed = (others.moved.get(key, key) for key in others.parts)
            for key in dict.fromkeys((*others.added, *others.moved.values(), *changed)):
                thing = made.get(key)
                used = {name for name, _ in mentions(thing)} if thing else set()
                for name in sorted(used & gone):
                    says = [f"{name.text} is gone", "mentions it"]
                    self.conflict(key, "", "", *(says if edits is self.ours else says[::-1]))

    def conflict(self, key: Key, part: str, base: str, *sides: str) -> None:
        """Note a conflict once."""
        self.found[Conflict(key, part, base, *sides)] = None


def _set(base: list[str], ours: list[str], theirs: list[str]) -> list[str]:
    """What is in a set after both changes."""
    removed = {*base} - ({*ours} & {*theirs})
    return sorted(({*ours} | {*theirs}) - removed)


def _list(base: list[str], ours: list[str], theirs: list[str]) -> list[str]:
    """A list after both changes; empty where their order together is not known."""
    added = [[it for it in side if it not in base] for side in (ours, theirs)]
    common = [it for it in base if it in ours and it in theirs]
    in_order = all([it for it in side if it in common] == common for side in (ours, theirs))
    if all(added) or not in_order:
        parts = [hunk.merged for hunk in diff3(base, ours, theirs)]
        return [] if None in parts else [it for part in parts for it in part or ()]
    richer, other = (theirs, ours) if added[1] else (ours, theirs)
    return [it for it in richer if it in other or it not in base]


def _part(kind: str, position: int) -> str:
    """What a name in a key is to people: the target of an arrow and not just a state."""
    parts = {it.position: it.part for it in IDENTITIES.get(kind, ())}
    return parts.get(position, FORMS[kind].names[position])


def _settle_rows(made: Facts, removed: Container[Key]) -> None:
    """Let the rows list the arrows that there are; one alone has no order, unless drawn twice."""
    tried: dict[Key, list[str]] = {}
    for scope, state, event, guard in _tried(made):
        tried.setdefault(Key(ROW, (scope, state, event)), []).append(guard)
    for key in [key for key in made if key.kind == ROW]:
        guards = tried.get(key, [])
        listed = [it for it in words(made[key].get("guards")) if it in guards]
        is_row = len(guards) > 1 or (len(listed) > 1 and key not in removed)
        if is_row and set(guards) != {ELSE}:
            attributes = {"guards": " ".join(listed)}
            made[key] = replace(made[key], attributes=attributes)
        else:
            del made[key]


def _tried(facts: Facts) -> Iterator[tuple[str, str, str, str]]:
    """Every arrow as machine, state, event and guard; a state may stay instead."""
    for kind, names in facts:
        if kind == "arrow":
            yield names[0], names[1], names[2], names[4] or ELSE
        elif kind == "stay":
            yield names[0], names[1], names[2], ELSE
        elif kind == "any-state-arrow":
            yield names[0], ANY_STATE, names[1], names[3] or ELSE


def _said(thing: Thing) -> str:
    """What one branch says of a thing that both added."""
    parts = ", ".join(f"{name}={text}" for name, text in sorted(thing.attributes.items()))
    return f"added with {parts or 'nothing more'}"


def _decisions(edits: _Edits, known: Container[Key]) -> dict[tuple[str, ...], set[Key]]:
    """Where a branch newly says what an event does in a state, but for some things of the base."""
    found: dict[tuple[str, ...], set[Key]] = {}
    moved = (new for old, new in edits.moved.items() if old not in known)
    for key in (*edits.added, *moved):
        if key.kind in DECIDING:
            place = (key.scope, *(key.names[at] for at in DECIDING[key.kind]))
            found.setdefault(place, set()).add(key)
    return found


def _defined(keys: Iterable[Key]) -> set[Name]:
    """The names that some things define."""
    return {own_name(key, key.names[-1]) for key in keys}
