"""Changes between two tables of facts, how far each reaches, and what follows from it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from codegen.problems import Place
from codegen.review.facts import DERIVED, Key, Thing

NAME: Final = "name"
"""The part of a change that replaces a name."""


class Impact(IntEnum):
    """Whom a change can hurt; a higher one is worse."""

    harmless = 0
    behaviour = 1
    API_breaking = 2
    disk_breaking = 3
    wire_breaking = 4

    @property
    def word(self) -> str:
        """As people write it: `wire-breaking`."""
        return self.name.replace("_", "-")


IMPACTS: Final = {impact.word.lower(): impact for impact in Impact}
"""Every impact by its word in lower case: `api-breaking`."""


@dataclass(frozen=True, slots=True)
class ChangeRule:
    """A named sort of change or consequence: the worst that it can mean, and its documentation."""

    name: str
    impact: Impact
    documentation: str


WORDING: Final = ChangeRule(
    "wording-changed",
    Impact.harmless,
    """A text for people is another one: a comment, a remark, what a number means. The generated
    docstrings change, and nothing that runs. See that the new text is true.""",
)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two tables.

    `old` is the thing as the old drawing has it, None where it was added; `new` as the new one has
    it, None where it was removed. `part` is what differs: an attribute, or the sort of the name in
    the key (`target`, `guard`, `event` of an arrow); `name` where a name was replaced everywhere
    (the things are those that define it, or the first that mention it); empty for a whole thing.
    `before` and `after` are the part's texts. A `silent` change only follows from others (the order
    of fields where one was added) and is not told.
    """

    rule: str
    key: Key
    old: Thing | None
    new: Thing | None
    part: str = ""
    before: str = ""
    after: str = ""
    silent: bool = False

    @property
    def is_rename(self) -> bool:
        """Whether a name was replaced everywhere."""
        return self.part == NAME

    @property
    def thing(self) -> Thing:
        """The thing as it is now, or as it was where it is gone."""
        found = self.new or self.old
        assert found is not None
        return found

    @property
    def place(self) -> Place:
        """Where to look: in the new drawing, or in the old one for what is gone."""
        return self.thing.place

    @property
    def is_derived(self) -> bool:
        """Whether the change follows from changes of other things."""
        return self.key.kind in DERIVED

    @property
    def subject(self) -> str:
        """What was changed, as people write it: `Connected --network_error--> WFConnection`."""
        return subject(self.key)

    @property
    def line(self) -> str:
        """The change in one line without its severity: `rule: subject: before -> after`."""
        if self.is_rename:
            return f"{self.rule}: {self.before} -> {self.after}"
        if not self.part:
            return f"{self.rule}: {self.subject}"
        return f"{self.rule}: {self.subject}: {self.before or 'none'} -> {self.after or 'none'}"


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows from changes: a rule, what it is about, one sentence, where to look.

    `scope` is the machine, layout or flow that it is about. `causes` are sets of names: a change in
    that scope that mentions all names of one of them, by their new names, is held to be the cause.
    """

    rule: str
    impact: Impact
    scope: str
    subject: str
    sentence: str
    place: Place | None = None
    causes: tuple[frozenset[str], ...] = ()

    @property
    def line(self) -> str:
        """The consequence in one line without its severity: `rule: subject`."""
        return f"{self.rule}: {self.subject}"


def subject(key: Key) -> str:
    """A thing as people write it."""
    names = key.names
    shape = SHAPES.get(key.kind)
    return shape(names) if shape else names[-1]


def _flow_arrow(names: Sequence[str]) -> str:
    when = f" [{names[3]}]" if names[3] else ""
    return f"{names[1]} -> {names[2]}{when}"


def _arrow(source: str, event: str, target: str, guard: str) -> str:
    condition = f" [{guard}]" if guard else ""
    return f"{source} --{event}{condition}--> {target}"


SHAPES: Final[Mapping[str, Callable[[Sequence[str]], str]]] = {
    "arrow": lambda names: _arrow(*names[1:]),
    "any-state-arrow": lambda names: _arrow("*", *names[1:]),
    "stay": lambda names: f"{names[1]} stays on {names[2]}",
    "row": lambda names: f"{names[2]} in {names[1]}",
    "summary": lambda names: f"{names[1]} ..{names[2]}..> {names[3]}",
    "flow-arrow": _flow_arrow,
    "field": ".".join,
    "piece": ".".join,
    "constant": ".".join,
    "span": ".".join,
}
"""How people write the things whose last name does not say it all."""
