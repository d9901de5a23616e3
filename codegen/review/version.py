"""One version of a drawing under the names that are wanted: what another version may copy from."""

from collections.abc import Iterator
from functools import cached_property
from itertools import combinations
from typing import Final

from codegen.review.draft import Draft
from codegen.review.facts import (
    Facts,
    Key,
    Renames,
    Thing,
    mentions,
    renamed,
    renamed_key,
)
from codegen.review.outline import DEFAULTS, Statement

ALIKE_MAX: Final = 64
"""Things with the same two names among which the most alike one is sought; more say little."""


class Version:
    """A draft with all things under their new names."""

    def __init__(self, draft: Draft, renames: Renames) -> None:
        self.draft = draft
        self.renames = renames
        self.facts = renamed(draft.facts, self.renames)
        self.names = {key: renamed_key(key, self.renames) for key in draft.facts}
        self.things: Facts = {}
        for key, thing in draft.facts.items():
            self.things.setdefault(self.names[key], thing)

    def thing(self, key: Key) -> Thing | None:
        """The thing as it is drawn here, under its own names."""
        return self.things.get(key)

    def statement(self, key: Key) -> Statement | None:
        """The statement that draws a thing."""
        thing = self.thing(key)
        return self.draft.statement(thing) if thing else None

    def keys(self, statement: Statement) -> list[Key]:
        """What a statement and those in its groups draw."""
        return [self.names[key] for key in self.draft.inside(statement)]

    @cached_property
    def defaults(self) -> dict[str, Statement]:
        """The statements of defaults that stand in the text once, by their text."""
        found: dict[str, Statement] = {}
        twice: set[str] = set()
        for _, group in self.draft.graphs:
            for statement in group.walk():
                if statement.kind == DEFAULTS:
                    text = self.text_of(statement)
                    twice |= {text} & found.keys()
                    found[text] = statement
        return {text: statement for text, statement in found.items() if text not in twice}

    def text_of(self, statement: Statement) -> str:
        """A statement as it stands in the text."""
        return self.draft.text[statement.start : statement.end]

    def alike(self, key: Key) -> Thing | None:
        """The thing with the most of a key's names, those that come first above all.

        At least two names besides the scope have to be the same.
        """
        for pair in _pairs(key):
            known = self._by_pairs.get(pair)
            if known:
                return self.things[max(known, key=lambda it: _common(it, key))]
        return None

    @cached_property
    def _by_pairs(self) -> dict[tuple[object, ...], list[Key]]:
        """The keys by each two of their names."""
        found: dict[tuple[object, ...], list[Key]] = {}
        for key in self.things:
            for pair in _pairs(key):
                known = found.setdefault(pair, [])
                if len(known) < ALIKE_MAX:
                    known.append(key)
        return found

    @cached_property
    def users(self) -> dict[tuple[str, str], Thing]:
        """The first thing that mentions a name in the text, by the name's sort and the name."""
        found: dict[tuple[str, str], Thing] = {}
        for thing in self.draft.facts.values():
            for name, _ in mentions(thing):
                found.setdefault((name.sort, name.text), thing)
        return found


def _pairs(key: Key) -> Iterator[tuple[object, ...]]:
    """Each two names of a key besides the scope, with what they have to be the same in."""
    for some, other in combinations(range(1, len(key.names)), 2):
        yield key.kind, key.scope, some, key.names[some], other, key.names[other]


def _common(some: Key, other: Key) -> list[bool]:
    """Which names are the same."""
    return [a == b for a, b in zip(some.names, other.names, strict=True)]
