"""How far a change reaches: to peers, to what is on disks, or to code that uses the modules only.

A packet, a header and all that they hold are on the wire; a block and all that it holds on the
disk. What no drawing sends or writes is an affair of the generated modules.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from codegen.layouts.model import Layout
from codegen.names import name_fault
from codegen.review.changes import Change, Impact
from codegen.review.facts import KIND_OF_DRAWING

TOPS: Final = {
    "packet": Impact.wire_breaking,
    "header": Impact.wire_breaking,
    "block": Impact.disk_breaking,
}
"""Kinds of layouts that are sent or written themselves."""

COOKIES: Final = ({"u32", "cookie32"}, {"u64", "cookie64"})
"""Types of the same bytes: whether a number is echoed only is an affair of who made it."""

INSIDE: Final = {
    "state-wire-changed": Impact.behaviour,
    "constant-number-changed": Impact.behaviour,
}
"""What a change is where its number is neither sent nor written, if code does not break by it."""


class Reach:
    """Which layouts and numbers get to peers and to disks.

    `numbered` are the machines whose states have numbers. Where no layout is drawn at all, nothing
    tells who holds these, and they are taken to be sent.
    """

    def __init__(self, layouts: Iterable[Layout], numbered: Iterable[str]) -> None:
        inside: dict[str, set[str]] = {}
        tops: dict[str, Impact] = {}
        for layout in layouts:
            inside.setdefault(layout.name, set()).update(layout.mentioned)
            top = TOPS.get("packet" if layout.number is not None else layout.kind)
            if top is not None:
                tops[layout.name] = max(top, tops.get(layout.name, top))
        self.found = _reached(inside, tops)
        if not inside:
            self.found = dict.fromkeys(numbered, Impact.wire_breaking)

    def of(self, name: str) -> Impact | None:
        """How far a layout or a machine's numbers get; None where they are not sent or written."""
        return self.found.get(name)

    def impact(self, change: Change, worst: Impact) -> Impact:
        """What a change means, of which its rule says the worst."""
        judge = _JUDGES.get(change.rule)
        if judge is not None:
            worst = min(worst, judge(change))
        if worst is not Impact.wire_breaking or KIND_OF_DRAWING[change.key.kind] == "flows":
            return worst
        reached = self.of(change.key.scope)
        return INSIDE.get(change.rule, Impact.API_breaking) if reached is None else reached


def _reached(inside: Mapping[str, set[str]], tops: Mapping[str, Impact]) -> dict[str, Impact]:
    """How far everything gets that is inside something else: as far as the farthest of these."""
    found: dict[str, Impact] = {}
    for impact in sorted(set(tops.values()), reverse=True):
        todo = [name for name, top in tops.items() if top is impact and name not in found]
        found |= dict.fromkeys(todo, impact)
        while todo:
            new = [it for it in sorted(inside.get(todo.pop(), ())) if it not in found]
            found |= dict.fromkeys(new, impact)
            todo += new
    return found


def _printed(change: Change) -> Impact:
    """A printed name that is no Python name was nobody's alias."""
    is_alias = not change.before or not name_fault(change.before)
    return Impact.API_breaking if is_alias else Impact.harmless


def _type(change: Change) -> Impact:
    return Impact.behaviour if {change.before, change.after} in COOKIES else Impact.wire_breaking


def _unit(change: Change) -> Impact:
    """A unit that came or went only documents what was so before."""
    is_changed = change.before and change.after
    return Impact.wire_breaking if is_changed else Impact.harmless


def _default(change: Change) -> Impact:
    is_required = any(it and it.get("required") for it in (change.old, change.new))
    return Impact.wire_breaking if is_required else Impact.behaviour


def _obsolete(change: Change) -> Impact:
    """An obsolete packet is one that nobody sends."""
    is_obsolete = change.old and change.old.get("obsolete")
    return Impact.API_breaking if is_obsolete else Impact.wire_breaking


def _sent(change: Change) -> Impact:
    """An arrow of a flow reaches the peer by its packet."""
    return Impact.wire_breaking if change.thing.get("packet") else Impact.behaviour


def _step(change: Change) -> Impact:
    """A step is its function; what its node is called is the draughtsman's affair."""
    sides = [it for it in (change.old, change.new) if it]
    functions = {it.get("function") or it.key.names[-1] for it in sides}
    return Impact.harmless if len(functions) == 1 else Impact.API_breaking


_JUDGES: Final = {
    "state-printed-changed": _printed,
    "field-type-changed": _type,
    "field-unit-changed": _unit,
    "field-default-changed": _default,
    "layout-removed": _obsolete,
    "flow-arrow-added": _sent,
    "flow-arrow-removed": _sent,
    "step-renamed": _step,
    "step-function-changed": _step,
}
"""Rules whose changes may mean less than the worst, whatever they reach."""
