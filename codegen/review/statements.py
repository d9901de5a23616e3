"""What a drawing says, a line a thing, in an order that does not depend on how it is drawn.

Two drawings that mean the same give the same lines, so that any program that compares lines
compares meanings: `git log -p` shows these.
"""

import json
from collections.abc import Iterator
from typing import Final

from codegen.review.changes import subject
from codegen.review.facts import FORMS, GLOBAL_SORTS, Facts, Thing, without_derived

INDENT: Final = "  "


def statements(facts: Facts) -> Iterator[str]:
    """Every thing in one line: its scope first, then what belongs to it by kind and name."""
    kinds = {kind: number for number, kind in enumerate(FORMS)}
    by_scope: dict[tuple[str, str], list[Thing]] = {}
    for thing in without_derived(facts).values():
        sort = FORMS[thing.key.kind].names[0]
        by_scope.setdefault((sort, thing.key.scope), []).append(thing)
    for _, things in sorted(by_scope.items()):
        for thing in sorted(things, key=lambda it: (kinds[it.key.kind], it.key.names)):
            indent = "" if thing.key.kind in GLOBAL_SORTS else INDENT
            yield f"{indent}{statement(thing)}"


def statement(thing: Thing) -> str:
    """One thing in one line: `state VerifyS: wire="18", comment="..."`."""
    parts = (f"{name}={_quoted(text)}" for name, text in sorted(thing.attributes.items()))
    listed = ", ".join(parts)
    return f"{thing.key.kind} {subject(thing.key)}{': ' if listed else ''}{listed}"


def _quoted(text: str) -> str:
    """A text that keeps to its line and can be told from what is around it."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)
