"""One version of a drawing under the names that are wanted: what another version may copy from."""

from functools import cached_property

from codegen.review.draft import Draft
from codegen.review.facts import Facts, Key, Renames, Thing, renamed, renamed_key
from codegen.review.outline import DEFAULTS, Statement


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
