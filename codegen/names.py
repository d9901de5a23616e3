"""Names: which are legal in Python, how a label becomes an event, what somebody may have meant."""

import keyword
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final
from unicodedata import normalize

ENUM_WORDS: Final = frozenset({"mro", "name", "value"})
"""What the enum module keeps for itself: a member of that name would hide it or be refused."""

ANY_STATE_MARK: Final = "*"


def name_fault(name: str) -> str:
    """Why `name` can be no member of a Python enum; empty when it can."""
    if not name.isidentifier():
        return "is no Python name"
    if normalize("NFKC", name) != name:
        return "is a name that Python would spell differently (it normalises to NFKC)"
    if keyword.iskeyword(name):
        return "is a keyword of Python"
    if name in ENUM_WORDS or name.startswith("_"):
        return "is a name that Python's enums keep for themselves"
    return ""


def legal_name(text: str) -> str:
    """The nearest legal name: `my state` gives `my_state`, `class` gives `class_`."""
    name = _joined(normalize("NFKC", text)) or "unnamed"
    if not name.isidentifier():
        name = normalize("NFKC", f"n{name}")
    return name if not name_fault(name) else f"{name}_"


def is_any_state(label: str) -> bool:
    """Whether a label marks an any-state arrow: `* on network error`."""
    return label.lstrip().startswith(ANY_STATE_MARK)


def event_name(label: str) -> str:
    """The event that a label names: `in connect() after accept` -> `in_connect_after_accept`.

    The mark of an any-state arrow (`*`, and the "on" after it) is no part of the name. May be
    empty or illegal; `name_fault` tells.
    """
    text = label.strip()
    if is_any_state(text):
        text = re.sub(r"^\*\s*(on\b)?", "", text)
    return _joined(text.replace("()", ""))


def _joined(text: str) -> str:
    """The runs of characters that names may have, joined by `_`."""
    kept = (character if f"_{character}".isidentifier() else " " for character in text)
    return "_".join("".join(kept).split()).strip("_")


def camel_case(name: str) -> str:
    """`conn_states` -> `ConnStates`; letters that are upper case already stay so."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def machine_prefix(graph: str) -> str:
    """What the classes of a states graph begin with: `conn_states` -> `Conn`."""
    stem = graph.removesuffix("_states").removesuffix("_state")
    return camel_case(stem or graph)


def words(text: str) -> list[str]:
    """The items of a list attribute: separated by commas or blanks."""
    return [word for word in re.split(r"[,\s]+", text) if word]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean "..."?` for the nearest known word, or nothing."""
    near = get_close_matches(word, list(known), n=1)
    return f'did you mean "{near[0]}"?' if near else ""
