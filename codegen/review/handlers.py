"""Handler methods that a changed drawing asks for, or no longer asks for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from codegen.problems import Place
from codegen.review.changes import ChangeRule, Consequence, Impact
from codegen.review.implementers import Implementers

NEEDED: Final = ChangeRule(
    "handler-needed",
    Impact.API_breaking,
    """The handler class asks for a method that it did not ask for. A class that lacks it is refused
    as soon as an object is made of it. Write the method with the drawing.""",
)
UNUSED: Final = ChangeRule(
    "handler-unused",
    Impact.harmless,
    """The handler class no longer asks for a method. A class that has it works as before, but
    nobody calls it. Delete it.""",
)
RULES: Final = (NEEDED, UNUSED)

Causes = tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a handler class: what it is, where it is drawn, and what brings it or takes it.

    `what` is worded to follow "it is ": `the guard of A --go--> B`. `causes` are those of its
    consequence.
    """

    what: str
    place: Place
    causes: Causes


Methods = Mapping[str, Method]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the handler class `handlers` of the graph `scope` asks of who derives from it."""

    scope: str
    handlers: str
    implementers: Implementers

    def consequences(self, before: Methods, after: Methods) -> Iterator[Consequence]:
        """The methods that came, and those that went."""
        for name, method in after.items():
            if name not in before:
                to_do = self.implementers.to_add(self.handlers, name, self.scope)
                yield self.consequence(NEEDED, name, method, f"it is {method.what}: {to_do}")
        for name, method in before.items():
            if name not in after:
                written = self.implementers.where(self.handlers, name, self.scope)
                to_do = f": it may be dropped from {written}" if written else ""
                yield self.consequence(UNUSED, name, method, f"it was {method.what}{to_do}")

    def consequence(
        self, rule: ChangeRule, name: str, method: Method, sentence: str
    ) -> Consequence:
        """That a method came, or that one went, which is at no place of the new drawing."""
        return Consequence(
            rule=rule.name,
            impact=rule.impact,
            scope=self.scope,
            subject=f"{self.handlers}.{name}",
            sentence=sentence,
            place=method.place if rule is NEEDED else None,
            causes=method.causes,
        )
