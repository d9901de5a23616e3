"""From a machine to the things that its drawing says."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from codegen.review.facts import ANY_STATE, ELSE, Key, Thing, made_of
from codegen.states.model import AnyState, Arrow, Machine

ANY_STATE_MARK: Final = re.compile(r"^\s*\*\s*(?:on\b\s*)?")
"""What an any-state arrow's label has in front of the event."""


def machine_things(machine: Machine) -> Iterator[Thing]:
    """Everything that a states drawing says."""
    name = machine.name
    about = made_of(initial=machine.initial, comment=machine.comment)
    yield Thing(Key("machine", (name,)), machine.place, about)
    for state in machine.states:
        printed = state.printed if state.printed != state.name else ""
        attributes = made_of(printed=printed, wire=state.wire, comment=state.comment)
        yield Thing(Key("state", (name, state.name)), state.place, attributes)
    for event in machine.events:
        text = ANY_STATE_MARK.sub("", event.text)
        attributes = made_of(text=text if text != event.name else "")
        yield Thing(Key("event", (name, event.name)), event.place, attributes)
    yield from _arrows(machine)
    yield from _any_state(name, machine.any_state)
    for summary in machine.summaries:
        key = Key("summary", (name, summary.source, summary.event, summary.target))
        yield Thing(key, summary.place, made_of(via=summary.via))


def _arrows(machine: Machine) -> Iterator[Thing]:
    """The arrows of single states, what they stay on, and the order of their guards."""
    everywhere = {drawn.arrow.place for drawn in machine.any_state}
    own = [arrow for arrow in machine.arrows if arrow.place not in everywhere]
    for arrow in own:
        if arrow.stays:
            key = Key("stay", (machine.name, arrow.source, arrow.event))
            yield Thing(key, arrow.place, made_of(actions=arrow.actions))
        else:
            ends = (arrow.source, arrow.event, arrow.target, arrow.guard)
            yield Thing(Key("arrow", (machine.name, *ends)), arrow.place, _done(arrow))
    yield from _rows(machine.name, ((arrow.source, arrow) for arrow in own))


def _any_state(machine: str, drawn: Iterable[AnyState]) -> Iterator[Thing]:
    drawn = list(drawn)
    for it in drawn:
        arrow = it.arrow
        key = Key("any-state-arrow", (machine, arrow.event, arrow.target, arrow.guard))
        excepted = made_of(except_=sorted(it.excepted))
        yield Thing(key, arrow.place, _done(arrow) | excepted)
    yield from _rows(machine, ((ANY_STATE, it.arrow) for it in drawn))


def _rows(machine: str, arrows: Iterable[tuple[str, Arrow]]) -> Iterator[Thing]:
    """The order in which guards are tried, wherever one is."""
    rows: dict[tuple[str, str], list[Arrow]] = {}
    for state, arrow in arrows:
        rows.setdefault((state, arrow.event), []).append(arrow)
    for (state, event), tried in rows.items():
        if len(tried) > 1 and any(arrow.guard for arrow in tried):
            guards = made_of(guards=[arrow.guard or ELSE for arrow in tried])
            yield Thing(Key("row", (machine, state, event)), tried[0].place, guards)


def _done(arrow: Arrow) -> dict[str, str]:
    return made_of(actions=arrow.actions, decider=arrow.change, comment=arrow.comment)
