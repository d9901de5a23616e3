"""What drawings say as a flat table: things by their key, each with its attributes as texts.

A state, an arrow, a field, a step: all are things here, so that comparing, applying, merging and
telling a history are written once for drawings of all kinds. What Graphviz is told (colours,
shapes), comments of the text, quoting and the order of statements are not in the table.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from codegen.names import words
from codegen.problems import Place


class Key(NamedTuple):
    """What a thing is known by: its kind, and the names that FORMS lists for that kind."""

    kind: str
    names: tuple[str, ...]

    @property
    def scope(self) -> str:
        """The machine, layout, chapter or flow that the thing belongs to."""
        return self.names[0]


class Form(NamedTuple):
    """What the names in a key and in some attributes refer to: a sort of name for each."""

    names: tuple[str, ...]
    attributes: Mapping[str, str] = {}


FORMS: Final = {
    # states
    "machine": Form(("machine",), {"initial": "state"}),
    "state": Form(("machine", "state")),
    "event": Form(("machine", "event")),
    "arrow": Form(("machine", "state", "event", "state", "guard"), {"actions": "action"}),
    "any-state-arrow": Form(
        ("machine", "event", "state", "guard"), {"actions": "action", "except": "state"}
    ),
    "stay": Form(("machine", "state", "event"), {"actions": "action"}),
    "row": Form(("machine", "state", "event"), {"guards": "guard"}),
    "summary": Form(("machine", "state", "event", "state"), {"via": "state"}),
    # layouts
    "chapter": Form(("chapter",)),
    "layout": Form(("layout",), {"chapter": "chapter", "order": "member"}),
    "field": Form(("layout", "member"), {"type": "layout", "symbols": "numbers"}),
    "piece": Form(("layout", "member"), {"symbols": "numbers"}),
    "constant": Form(("layout", "member")),
    "span": Form(("layout", "member")),
    # flows
    "flow": Form(("flow",)),
    "column": Form(("flow", "column")),
    "step": Form(("flow", "step"), {"column": "column"}),
    "flow-arrow": Form(("flow", "step", "step", "case"), {"packet": "layout"}),
}
"""Every kind of thing, in the order in which a drawing's changes are told.

An `arrow` is known by machine, source, event, target and guard. A `row` is the order in which the
guards of one state and event are tried. A `span` is where a field or piece lies. Sorts that are no
kind of their own: `guard`, `action`, `member` (of a layout), `case`, and `numbers`, the machine or
layout that a number has its names from.
"""

MEMBER_KINDS: Final = ("field", "piece", "constant")
"""Kinds whose names are the members of a layout."""

NAME_LISTS: Final = frozenset({"actions", "except", "via"})
"""Attributes that list names."""

SETS: Final = frozenset({"except"})
"""Lists of names without an order; they are sorted."""

DERIVED: Final = frozenset({"event", "span"})
"""Kinds that follow from the other things: told when they change, never applied or merged."""

ANY_STATE: Final = "*"
ELSE: Final = "else"
"""What a row calls the state of an any-state arrow and the arrow without a guard; no names."""

GLOBAL_SORTS: Final = frozenset({"machine", "chapter", "layout", "flow"})
"""Sorts of names that are one in the whole project; all others are one in their scope."""

KIND_OF_DRAWING: Final = {
    "machine": "states",
    "state": "states",
    "event": "states",
    "arrow": "states",
    "any-state-arrow": "states",
    "stay": "states",
    "row": "states",
    "summary": "states",
    "chapter": "layouts",
    "layout": "layouts",
    "field": "layouts",
    "piece": "layouts",
    "constant": "layouts",
    "span": "layouts",
    "guard": "states",
    "action": "states",
    "flow": "flows",
    "case": "flows",
    "column": "flows",
    "step": "flows",
    "flow-arrow": "flows",
}
"""Which kind of drawing has things of a kind, and names of the sorts without things."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing: its key, where it is drawn, and its attributes; an empty one is left out.

    A list (`actions`, `order`) is its words with one blank between; a number is in decimal, but a
    packet's `number` in the form 0x16.
    """

    key: Key
    place: Place
    attributes: Mapping[str, str] = field(default_factory=dict)

    def get(self, attribute: str) -> str:
        """The text of an attribute, empty where there is none."""
        return self.attributes.get(attribute, "")


Facts = dict[Key, Thing]
"""All things of some drawings, in the order of FORMS and then of the drawings."""


class Name(NamedTuple):
    """A name of one sort; `scope` is empty for the sorts in GLOBAL_SORTS."""

    sort: str
    scope: str
    text: str


Renames = dict[Name, str]
"""What is called otherwise now. Scopes are new names: a state of a renamed machine has the new
machine's name as its scope.
"""


def table(things: Iterable[Thing]) -> Facts:
    """Put things into a table; of two with one key, which is a fault of the drawing, the first."""
    facts: Facts = {}
    for thing in things:
        facts.setdefault(thing.key, thing)
    return facts


def made_of(**attributes: str | int | Iterable[str] | None) -> dict[str, str]:
    """Attributes as texts, without the empty ones; a name may end in `_` (`except_`)."""
    texts = ((name.removesuffix("_"), _text(value)) for name, value in attributes.items())
    return {name: text for name, text in texts if text}


def _text(value: str | int | Iterable[str] | None) -> str:
    match value:
        case None | False:
            return ""
        case True:
            return "yes"
        case int():
            return str(value)
        case str():
            return value
        case _:
            return " ".join(value)


def without_derived(facts: Facts) -> Facts:
    """The things that do not follow from others."""
    return {key: thing for key, thing in facts.items() if key.kind not in DERIVED}


def renamed(facts: Facts, renames: Renames) -> Facts:
    """The table with every mention of a name replaced; places stay."""
    if not renames:
        return facts
    return table(_renamed_thing(thing, renames) for thing in facts.values())


def renamed_key(key: Key, renames: Renames) -> Key:
    """A key with the new names in it."""
    form = FORMS[key.kind].names
    scope = renames.get(Name(form[0], "", key.scope), key.scope)
    rest = (
        renames.get(_name(sort, scope, text), text)
        for sort, text in zip(form[1:], key.names[1:], strict=True)
    )
    return Key(key.kind, (scope, *rest))


def _renamed_thing(thing: Thing, renames: Renames) -> Thing:
    key = renamed_key(thing.key, renames)
    sorts = FORMS[key.kind].attributes
    attributes = {
        name: _renamed_words(text, sorts[name], key.scope, renames) if name in sorts else text
        for name, text in thing.attributes.items()
    }
    for name in SETS & attributes.keys():
        attributes[name] = " ".join(sorted(words(attributes[name])))
    return replace(thing, key=key, attributes=attributes)


def _renamed_words(text: str, sort: str, scope: str, renames: Renames) -> str:
    return " ".join(_renamed_word(word, sort, scope, renames) for word in words(text))


def _renamed_word(word: str, sort: str, scope: str, renames: Renames) -> str:
    if sort == "numbers":
        machine = renames.get(Name("machine", "", word))
        return machine or renames.get(Name("layout", "", word), word)
    bare = _bare(word, sort)
    return renames.get(_name(sort, scope, bare), bare) + word[len(bare) :]


def _bare(word: str, sort: str) -> str:
    """The name in a word: a type may be an array or optional (`Limits?`, `u16[4]`)."""
    return word.rstrip("?]0123456789[") if sort == "layout" and word[-1:] in "?]" else word


def _name(sort: str, scope: str, text: str) -> Name:
    return Name(sort, "" if sort in GLOBAL_SORTS else scope, text)


def own_name(key: Key, text: str) -> Name:
    """A name of the sort that things of this kind define, in the scope of one of them."""
    return _name("member" if key.kind in MEMBER_KINDS else key.kind, key.scope, text)


def mentions(thing: Thing) -> Iterator[tuple[Name, str]]:
    """Every name that a thing mentions, and its part: a position in the key or an attribute."""
    kind, names = thing.key
    for (sort, part, is_global), text in zip(_POSITIONS[kind], names, strict=True):
        if text and text != ANY_STATE:
            yield Name(sort, "" if is_global else names[0], text), part
    for attribute, sort in FORMS[kind].attributes.items():
        listed = thing.attributes.get(attribute)
        for word in words(listed) if listed else ():
            if word != ELSE:
                yield _name(sort, names[0], _bare(word, sort)), attribute


_POSITIONS: Final = {
    kind: tuple((sort, str(at), sort in GLOBAL_SORTS) for at, sort in enumerate(form.names))
    for kind, form in FORMS.items()
}
"""The sorts of the names in a key, each with its part and whether it is one in the project."""
