"""The rules of states drawings, one function each."""

from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from codegen.problems import Problem, Severity, rule
from codegen.states.model import COMPLETED, Arrow, Machine, choice_name

WIRE_MAX: Final = 0xFFFF_FFFF
"""No published field that holds a state is wider than 32 bits."""

HANDLER_WORDS: Final = frozenset({"holds", "act", "choose"})
"""What the generated handler class calls its own methods."""


@rule(Severity.error)
def no_state(machine: Machine) -> Iterator[Problem]:
    """The drawing has no node, so there is no machine to generate. Draw the states."""
    if not machine.states:
        yield Problem(machine.place, "no-state", f"{machine.name} has no state")


@rule(Severity.warning)
def unreachable_state(machine: Machine) -> Iterator[Problem]:
    """Nothing leads here from the initial state, so the engine is never in it and its arrows are
    never tested. Draw an arrow to it, name another `initial`, or delete the state.
    """
    reached = first_arrows(machine)
    for state in machine.states:
        if state.name not in reached:
            sentence = f"nothing leads from {machine.initial} to {state.name}"
            yield Problem(state.place, "unreachable-state", sentence)


def first_arrows(machine: Machine) -> dict[str, Arrow | None]:
    """Each state that is reached from the initial one -> the last arrow of the shortest way.

    The initial state has none; every other one stands behind the source of its arrow.
    """
    found: dict[str, Arrow | None] = {machine.initial: None}
    todo = deque([machine.initial])
    while todo:
        row = machine.rows.get(todo.popleft(), {})
        for arrow in (arrow for arrows in row.values() for arrow in arrows):
            if arrow.target not in found:
                found[arrow.target] = arrow
                todo.append(arrow.target)
    return found


@rule(Severity.warning)
def dead_end(machine: Machine) -> Iterator[Problem]:
    """No arrow leaves this state, any-state arrows apart: a machine that gets there stays until
    something goes wrong, which a network or a disk rarely means. Draw the way on, or switch the
    rule off for a drawing with final states.
    """
    for state in machine.states:
        if not leaving(machine, state.name):
            yield Problem(state.place, "dead-end", f"no arrow of its own leaves {state.name}")


def leaving(machine: Machine, state: str) -> list[Arrow]:
    """A state's own arrows that lead elsewhere, any-state arrows apart."""
    return [
        arrow
        for arrows in machine.rows[state].values()
        for arrow in arrows
        if arrow.target != state and not arrow.any_state
    ]


@rule(Severity.error)
def differs_only_by_case(machine: Machine) -> Iterator[Problem]:
    """Two states or two events differ only by case, which a reader takes for one thing and Python
    for two. Use one spelling.
    """
    for what, things in (("state", machine.states), ("event", machine.events)):
        seen: dict[str, str] = {}
        for thing in things:
            first = seen.setdefault(thing.name.lower(), thing.name)
            if first != thing.name:
                sentence = f"the {what}s {first} and {thing.name} differ only by case"
                yield Problem(thing.place, "differs-only-by-case", sentence)


@rule(Severity.error)
def duplicate_edge(machine: Machine) -> Iterator[Problem]:
    """The same arrow is drawn twice: same states, same event, same guard. The second would never
    be taken. Delete one, or tell them apart by event or guard.
    """
    seen = set()
    for arrow in machine.arrows:
        key = (arrow.source, arrow.target, arrow.event, arrow.guard)
        if key in seen and not arrow.any_state:
            sentence = f"{arrow.source} -> {arrow.target} on {arrow.event} is drawn twice"
            yield Problem(arrow.place, "duplicate-edge", sentence)
        seen.add(key)


@rule(Severity.error)
def ambiguous_event(machine: Machine) -> Iterator[Problem]:
    """One state takes one event to several states, and the guards do not decide: two arrows carry
    the same guard, one without a guard is drawn before the last, or several have none beside
    others that do. Guard all but the last one, or none of them (a choice).
    """
    for arrows in (arrows for row in machine.rows.values() for arrows in row.values()):
        if not any(arrow.guard for arrow in arrows):
            continue
        seen = set()
        for arrow in arrows:
            too_early = not arrow.guard and arrow is not arrows[-1]
            if too_early or arrow.guard in seen:
                sentence = f"{arrow.event} in {arrow.source} does not decide about {arrow.target}"
                yield Problem(arrow.place, "ambiguous-event", sentence)
            seen.add(arrow.guard)


@rule(Severity.note)
def shadowed_any_state_edge(machine: Machine) -> Iterator[Problem]:
    """A state has an arrow of its own for an event of an any-state arrow, which therefore does not
    hold there. Right as an exception to the rule; name the state in `except` to say so.
    """
    for shadow in machine.shadowed:
        sentence = f"{shadow.state} takes {shadow.event} its own way, not the any-state arrow"
        yield Problem(shadow.place, "shadowed-any-state-edge", sentence)


@rule(Severity.note)
def unlabelled_edge(machine: Machine) -> Iterator[Problem]:
    """An arrow has neither label nor event: it is a completion event, named `completed`. Give it
    an `event` when something more telling happens than that the state's work has ended.
    """
    for arrow in machine.arrows:
        if arrow.event == COMPLETED and not arrow.any_state:
            sentence = f"{arrow.source} -> {arrow.target} has no label: a completion event"
            yield Problem(arrow.place, "unlabelled-edge", sentence)


@rule(Severity.error)
def duplicate_wire_value(machine: Machine) -> Iterator[Problem]:
    """Two states have the same number, so that nobody can tell which one the peer is in. Give each
    the number that is published for it.
    """
    seen: dict[int, str] = {}
    for state in machine.states:
        if state.wire is None:
            continue
        first = seen.setdefault(state.wire, state.name)
        if first != state.name:
            sentence = f"{state.name} has the number {state.wire} of {first}"
            yield Problem(state.place, "duplicate-wire-value", sentence)


@rule(Severity.error)
def wire_out_of_range(machine: Machine) -> Iterator[Problem]:
    """A state's number does not fit into any field that could hold it (0 to 2^32 - 1)."""
    for state in machine.states:
        if state.wire is not None and not 0 <= state.wire <= WIRE_MAX:
            sentence = f"{state.name} has the number {state.wire}, outside 0..{WIRE_MAX}"
            yield Problem(state.place, "wire-out-of-range", sentence)


@rule(Severity.error)
def missing_wire_value(machine: Machine) -> Iterator[Problem]:
    """Some states of the drawing have a number and this one has none, so it could be entered but
    never be sent. Number all states or none.
    """
    if any(state.wire is not None for state in machine.states):
        for state in machine.states:
            if state.wire is None:
                sentence = f"{state.name} has no number, others have"
                yield Problem(state.place, "missing-wire-value", sentence)


@rule(Severity.error)
def alias_collision(machine: Machine) -> Iterator[Problem]:
    """A state's printed name is the name of another state, or two states print the same, so that
    logs lie. Label them apart.
    """
    owner = {state.name: state.name for state in machine.states}
    for state in machine.states:
        first = owner.setdefault(state.printed, state.name)
        if first != state.name:
            sentence = f'{state.name} prints as "{state.printed}", and so does {first}'
            yield Problem(state.place, "alias-collision", sentence)


@rule(Severity.error)
def broken_path(machine: Machine) -> Iterator[Problem]:
    """An arrow of the figure says that it sums up a path (`via`), but the path is not drawn: an
    arrow of it is missing, or its first one is not on the same event. Figure and full machine
    have drifted apart; draw the path or mend `via`.
    """
    drawn = {(arrow.source, arrow.target) for arrow in machine.arrows}
    starts = {(arrow.source, arrow.target, arrow.event) for arrow in machine.arrows}
    for summary in machine.summaries:
        path = (summary.source, *summary.via, summary.target)
        missing = [
            f"{tail} -> {head}" for tail, head in pairwise(path) if (tail, head) not in drawn
        ]
        if not missing and (path[0], path[1], summary.event) not in starts:
            missing = [f"{path[0]} -> {path[1]} on {summary.event}"]
        if missing:
            sentence = f"{' -> '.join(path)} is not drawn: {', '.join(missing)} is missing"
            yield Problem(summary.place, "broken-path", sentence)


@rule(Severity.error)
def method_collision(machine: Machine) -> Iterator[Problem]:
    """Guards, actions and choices become methods of one class, and two of them have one name.
    Rename one.
    """
    owner = dict.fromkeys(HANDLER_WORDS, "the handler class itself")
    owner |= {choice_name(state, event): "a choice" for state, event, _ in machine.choices()}
    reported = set()
    for arrow in machine.arrows:
        named = [("a guard", arrow.guard)] if arrow.guard else []
        for what, name in named + [("an action", name) for name in arrow.actions]:
            other = owner.setdefault(name, what)
            if other != what and name not in reported:
                reported.add(name)
                sentence = f"{name} is {what} and also {other}"
                yield Problem(arrow.place, "method-collision", sentence)


RULES: Final = (
    no_state,
    unreachable_state,
    dead_end,
    differs_only_by_case,
    duplicate_edge,
    ambiguous_event,
    shadowed_any_state_edge,
    unlabelled_edge,
    duplicate_wire_value,
    wire_out_of_range,
    missing_wire_value,
    alias_collision,
    broken_path,
    method_collision,
)
