"""What can change in states drawings: the rule of each change, and a machine under new names."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from codegen.review.changes import ChangeRule, Impact
from codegen.review.facts import Name, Renames
from codegen.states.model import AnyState, Arrow, Event, Machine, Shadowed, State, Summary

RULES: Final = (
    ChangeRule(
        "machine-added",
        Impact.harmless,
        """There is a new machine. Nobody can depend on it yet. See that something drives it.""",
    ),
    ChangeRule(
        "machine-removed",
        Impact.wire_breaking,
        """A machine and its package are gone. Whoever imports it breaks, and where its numbers are
        sent, peers still send them. Mark it as obsolete for one release, or find every user.""",
    ),
    ChangeRule(
        "machine-renamed",
        Impact.API_breaking,
        """The machine's package and all its classes have another name. Every import of them breaks.
        Change the imports with it.""",
    ),
    ChangeRule(
        "machine-initial-changed",
        Impact.behaviour,
        """A new machine begins in another state. Whoever makes one and sends it the events of
        before is refused, or ends elsewhere. See that the first events of a run still fit.""",
    ),
    ChangeRule(
        "state-added",
        Impact.behaviour,
        """There is a state more. Code that tells states apart (`match`, tables) does not know it.
        See that all such places take it, and that arrows lead in and out.""",
    ),
    ChangeRule(
        "state-removed",
        Impact.wire_breaking,
        """A state is gone. Code that names it breaks, and where its number is sent, a peer that is
        in it can no longer be understood. Keep the state while older peers may send it.""",
    ),
    ChangeRule(
        "state-renamed",
        Impact.API_breaking,
        """A state has another name. Code that names it breaks, and so do the methods of choices in
        it. Rename it there too; the number is the same, so peers and disks notice nothing.""",
    ),
    ChangeRule(
        "state-wire-changed",
        Impact.wire_breaking,
        """A state has another number. Peers, and metadata written before, mean another state by it.
        Keep published numbers for ever; a new state gets a free one.""",
    ),
    ChangeRule(
        "state-printed-changed",
        Impact.API_breaking,
        """A state is printed otherwise. Scripts that read the printed name no longer find it, and
        the alias of that name is gone. Tell the users, or keep the published spelling.""",
    ),
    ChangeRule(
        "event-added",
        Impact.harmless,
        """There is an event more. Nobody can send it yet. See who does.""",
    ),
    ChangeRule(
        "event-removed",
        Impact.API_breaking,
        """No arrow has this event any more. Code that sends it breaks. Find out what it is to send
        now.""",
    ),
    ChangeRule(
        "event-renamed",
        Impact.API_breaking,
        """An event has another name. Code that sends it breaks, and so do the methods of choices
        on it. Rename it there too; an `event` beside a new label keeps the name.""",
    ),
    ChangeRule(
        "guard-renamed",
        Impact.API_breaking,
        """A guard has another name. The class that answers it lacks a method and cannot be made.
        Rename the method with the guard.""",
    ),
    ChangeRule(
        "action-renamed",
        Impact.API_breaking,
        """An action has another name. The class that does it lacks a method and cannot be made.
        Rename the method with the action.""",
    ),
    ChangeRule(
        "arrow-added",
        Impact.behaviour,
        """A state takes an event where it was refused or led elsewhere. What runs changes without
        any code that does. Name the published row that asks for it.""",
    ),
    ChangeRule(
        "arrow-removed",
        Impact.behaviour,
        """An arrow is gone. Its event is refused in this state, or other arrows for it are left.
        See that nobody sends it there any more; what follows is told with the change.""",
    ),
    ChangeRule(
        "arrow-source-changed",
        Impact.behaviour,
        """An arrow leaves another state. The event is refused where it was taken, and taken where
        it was refused. Compare the published row.""",
    ),
    ChangeRule(
        "arrow-target-changed",
        Impact.behaviour,
        """An event leads to another state. All that comes after runs otherwise, and the peer may
        expect the old state. Compare the published row.""",
    ),
    ChangeRule(
        "arrow-event-changed",
        Impact.behaviour,
        """An arrow waits for another event. The old one no longer leads there. See that the new
        one is sent where the old one was.""",
    ),
    ChangeRule(
        "arrow-guard-changed",
        Impact.behaviour,
        """An arrow asks another question, asks one now, or no longer asks. It is taken in other
        cases than before. See what happens in those where it was taken and is not.""",
    ),
    ChangeRule(
        "arrow-actions-changed",
        Impact.behaviour,
        """Other work is done on the arrow, or the same in another order. Packets may be missing or
        come in another order to the peer. Compare what is sent and written on the way.""",
    ),
    ChangeRule(
        "arrow-decider-changed",
        Impact.behaviour,
        """Somebody else decides about the arrow. What could be refused may be a fact now, or needs
        the peer's agreement, which an older peer does not ask for. Compare the published row.""",
    ),
    ChangeRule(
        "any-state-arrow-added",
        Impact.behaviour,
        """Every state without its own arrow takes the event now. States that were not thought of
        take it too. Name those that are not to in `except`.""",
    ),
    ChangeRule(
        "any-state-arrow-removed",
        Impact.behaviour,
        """No state takes the event any more unless it has an arrow of its own. What was a loss or a
        failure everywhere is refused. Draw it for the states that still meet it.""",
    ),
    ChangeRule(
        "any-state-arrow-target-changed",
        Impact.behaviour,
        """In every state, the event leads elsewhere. The new target no longer takes it, the old one
        does now. See that both are meant.""",
    ),
    ChangeRule(
        "any-state-arrow-event-changed",
        Impact.behaviour,
        """Every state waits for another event. The old one is refused wherever no own arrow takes
        it. See that the new one is sent where the old one was.""",
    ),
    ChangeRule(
        "any-state-arrow-guard-changed",
        Impact.behaviour,
        """Every state asks another question before it takes the event, asks one now, or no longer
        asks. The arrow is taken in other cases. See what happens where it was taken and is not.""",
    ),
    ChangeRule(
        "any-state-arrow-actions-changed",
        Impact.behaviour,
        """Other work is done on the event in every state, or the same in another order. Work that
        fits one state may be wrong in another. See that it fits all.""",
    ),
    ChangeRule(
        "any-state-arrow-decider-changed",
        Impact.behaviour,
        """Somebody else decides about the event in every state. What could be refused may be a fact
        now, or the other way round. Compare the published row.""",
    ),
    ChangeRule(
        "any-state-arrow-except-changed",
        Impact.behaviour,
        """Other states are exempt from the event. Those that are exempt now refuse it, those that
        no longer are take it. See that each of them is meant.""",
    ),
    ChangeRule(
        "stay-added",
        Impact.behaviour,
        """A state takes an event without leaving. It was refused there, which showed a fault of the
        sender; now it passes. See that it may come.""",
    ),
    ChangeRule(
        "stay-removed",
        Impact.behaviour,
        """A state no longer takes an event that it stayed on. A sender that still sends it is
        refused. See that nobody does, or that an arrow takes it.""",
    ),
    ChangeRule(
        "stay-actions-changed",
        Impact.behaviour,
        """Other work is done on an event that the state stays on, or the same in another order. The
        peer may get other packets. Compare what is sent and written on it.""",
    ),
    ChangeRule(
        "row-guards-changed",
        Impact.behaviour,
        """The guards of one event are tried in another order. Where two of them hold, another arrow
        is taken. See that the first in the drawing is the one that is to win.""",
    ),
    ChangeRule(
        "summary-added",
        Impact.harmless,
        """An arrow of the figure sums up a path of the machine. It is no row, so nothing runs
        otherwise. See that the path is the one that is meant.""",
    ),
    ChangeRule(
        "summary-removed",
        Impact.harmless,
        """A summary of a path is gone. It was no row, so nothing runs otherwise. A published figure
        should keep it.""",
    ),
    ChangeRule(
        "summary-via-changed",
        Impact.harmless,
        """A summary goes through other states. It is no row, so nothing runs otherwise. See that
        the changes of the path itself are meant.""",
    ),
)
"""Every change of states drawings, in the order of their things."""

Renaming = Callable[[str, str], str]
"""Sort and old name -> the name now."""


def renamed_machine(machine: Machine, renames: Renames) -> Machine:
    """The machine with every name replaced that is another one now; places stay."""
    scope = renames.get(Name("machine", "", machine.name), machine.name)
    if scope == machine.name and not any(name.scope == scope for name in renames):
        return machine

    def current(sort: str, text: str) -> str:
        return renames.get(Name(sort, scope, text), text)

    return replace(
        machine,
        name=scope,
        initial=current("state", machine.initial),
        states=tuple(_state(it, current) for it in machine.states),
        events=tuple(_event(it, current) for it in machine.events),
        arrows=tuple(_arrow(it, current) for it in machine.arrows),
        summaries=tuple(_summary(it, current) for it in machine.summaries),
        shadowed=tuple(_shadowed(it, current) for it in machine.shadowed),
        any_state=tuple(_any_state(it, current) for it in machine.any_state),
    )


def _state(state: State, current: Renaming) -> State:
    """A state; one that is printed as it is called still is."""
    name = current("state", state.name)
    return replace(state, name=name, printed=name if state.printed == state.name else state.printed)


def _event(event: Event, current: Renaming) -> Event:
    name = current("event", event.name)
    return replace(event, name=name, text=name if event.text == event.name else event.text)


def _arrow(arrow: Arrow, current: Renaming) -> Arrow:
    return replace(
        arrow,
        source=current("state", arrow.source),
        target=current("state", arrow.target),
        event=current("event", arrow.event),
        guard=current("guard", arrow.guard),
        actions=tuple(current("action", action) for action in arrow.actions),
    )


def _summary(summary: Summary, current: Renaming) -> Summary:
    return replace(
        summary,
        source=current("state", summary.source),
        target=current("state", summary.target),
        event=current("event", summary.event),
        via=tuple(current("state", state) for state in summary.via),
    )


def _shadowed(shadowed: Shadowed, current: Renaming) -> Shadowed:
    state, event = current("state", shadowed.state), current("event", shadowed.event)
    return replace(shadowed, state=state, event=event)


def _any_state(drawn: AnyState, current: Renaming) -> AnyState:
    excepted = tuple(current("state", state) for state in drawn.excepted)
    return AnyState(_arrow(drawn.arrow, current), excepted)
