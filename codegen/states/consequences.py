"""What follows from the changes of a machine, found by comparing the whole machines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from codegen.problems import Place
from codegen.review.changes import ChangeRule, Consequence, Impact, subject
from codegen.review.facts import Key
from codegen.review.handlers import Asked, Method
from codegen.review.implementers import Implementers, listed
from codegen.states.model import Arrow, Machine, choice_name
from codegen.states.rules import first_arrows, leaving

UNREACHABLE: Final = ChangeRule(
    "state-now-unreachable",
    Impact.behaviour,
    """No way leads to the state any more, or to a new one yet. A machine is never in it, and what
    was done there is never done. Draw the way, or remove the state.""",
)
DEAD_END: Final = ChangeRule(
    "state-now-dead-end",
    Impact.behaviour,
    """No arrow of its own leaves the state any more, or a new one yet. A machine that gets there
    stays until something goes wrong. Draw the way on, unless it is a final state.""",
)
REFUSED: Final = ChangeRule(
    "event-now-refused",
    Impact.behaviour,
    """A state took the event and refuses it now, always or where no guard holds. Who sends it there
    gets an exception where all went well. See that nobody sends it any more, or draw the arrow.""",
)
CHOICE_GREW: Final = ChangeRule(
    "choice-grew",
    Impact.behaviour,
    """The handlers may choose a state more. Code that was written before never does. See when it
    is to choose the new one.""",
)
UNKNOWN_NUMBER: Final = ChangeRule(
    "number-unknown-to-older-peer",
    Impact.wire_breaking,
    """A state has a number that no state had. A peer that was built before cannot tell what is
    meant. Send it only to peers that agreed to it, by version or feature.""",
)
CONSEQUENCES: Final = (
    UNREACHABLE,
    DEAD_END,
    REFUSED,
    CHOICE_GREW,
    UNKNOWN_NUMBER,
)
"""All that can follow from changes of a machine, its handlers apart."""

Names = tuple[str, ...]


def consequences(
    old: Machine | None, new: Machine | None, implementers: Implementers, *, is_sent: bool
) -> list[Consequence]:
    """Everything that follows from the changes of a machine; `old` has the new names already.

    Nothing follows from one that is new or gone. `is_sent` says that a layout holds its numbers.
    """
    if old is None or new is None:
        return []
    comparison = _Comparison(old, new, implementers)
    return [
        *comparison.unreachable(),
        *comparison.dead_ends(),
        *comparison.refused(),
        *comparison.grown(),
        *comparison.methods(),
        *comparison.unknown_numbers(is_sent=is_sent),
    ]


class _Refused(NamedTuple):
    """An event that is refused now, and where it led: from a state, or from any state (`""`).

    `is_partly` says that it is taken still where a guard holds.
    """

    event: str
    targets: Names
    source: str
    is_partly: bool


class _Used(NamedTuple):
    """A method of the handler class: what it is, and the arrows that it is for."""

    kind: str
    arrows: Sequence[Arrow]


class _Comparison:
    """The work of comparing two machines."""

    def __init__(self, old: Machine, new: Machine, implementers: Implementers) -> None:
        self.old, self.new = old, new
        self.implementers = implementers
        self.known = {state.name for state in old.states}
        self.places = {state.name: state.place for state in new.states}
        self.handlers = f"{new.prefix}Handlers"
        self.everywhere = {drawn.arrow.place for drawn in (*old.any_state, *new.any_state)}

    def follows(
        self,
        rule: ChangeRule,
        about: str,
        sentence: str,
        *,
        place: Place | None,
        causes: Iterable[Names],
    ) -> Consequence:
        """A consequence in this machine."""
        return Consequence(
            rule=rule.name,
            impact=rule.impact,
            scope=self.new.name,
            subject=about,
            sentence=sentence,
            place=place,
            causes=tuple(frozenset(names) for names in causes),
        )

    def unreachable(self) -> Iterator[Consequence]:
        """States that nothing leads to, and did or are new."""
        before, now = first_arrows(self.old), first_arrows(self.new)
        lost = _lost(before, now)
        for state, place in self.places.items():
            if state in now or (state in self.known and state not in lost):
                continue
            sentence = f"nothing leads from {self.new.initial} to {state}"
            causes: list[Names] = [(state,)]
            if arrow := lost.get(state):
                how = "by" if arrow.target == state else "over"
                sentence = f"{state} was reached {how} {_line(arrow)}, which is gone"
                causes = [*_causes(arrow), *causes]
            elif state in lost:
                sentence = f"the machine no longer begins in {self.old.initial}, and {sentence}"
                causes = [(self.old.initial, self.new.initial), *causes]
            yield self.follows(UNREACHABLE, state, sentence, place=place, causes=causes)

    def dead_ends(self) -> Iterator[Consequence]:
        """States that no own arrow leaves, and one did or they are new."""
        for state, place in self.places.items():
            before = leaving(self.old, state) if state in self.known else []
            if leaving(self.new, state) or (state in self.known and not before):
                continue
            sentence = f"no arrow of its own leaves {state}"
            causes: list[Names] = [(state,)]
            if before:
                sentence += f" now, as {_line(before[0])} did"
                causes = [*_causes(before[0]), *causes]
            yield self.follows(DEAD_END, state, sentence, place=place, causes=causes)

    def refused(self) -> Iterator[Consequence]:
        """Events that states took and no longer take; those of an any-state arrow together.

        An event that is gone is not refused: nobody can name it any more.
        """
        known = {event.name for event in self.new.events}
        groups: dict[_Refused, list[str]] = {}
        for state, row in self.old.rows.items():
            taken = self.new.rows.get(state, row)
            for event, arrows in row.items():
                lost = [it for it in arrows if not it.guard] if event in taken else arrows
                is_refused = all(it.guard for it in taken.get(event, ()))
                if event in known and lost and is_refused:
                    source = "" if lost[0].place in self.everywhere else state
                    refused = _Refused(event, _targets(lost), source, event in taken)
                    groups.setdefault(refused, []).append(state)
        for refused, states in groups.items():
            yield self.refusal(refused, states)

    def refusal(self, refused: _Refused, states: Sequence[str]) -> Consequence:
        """An event that was taken in some states and is refused there now."""
        event, targets, _, is_partly = refused
        where = states[0] if len(states) == 1 else f"{len(states)} states"
        was = f"{event} led to {' or '.join(targets)} from {listed(states)}"
        if list(targets) == states:
            was = f"{where} took {event} and stayed"
        when = ", whatever the guards said; it is refused now where none holds"
        return self.follows(
            REFUSED,
            f"{event} in {where}",
            f"{was}{when if is_partly else '; it is refused now'}",
            place=self.places[states[0]],
            causes=[(event, *states), (event, *targets), (event,)],
        )

    def grown(self) -> Iterator[Consequence]:
        """Choices that have targets which they did not have."""
        before = {
            (state, event): set(_targets(arrows)) for state, event, arrows in self.old.choices()
        }
        for state, event, arrows in self.new.choices():
            known = before.get((state, event))
            new = [it for it in arrows if it.target not in known] if known else []
            if new:
                name, targets = choice_name(state, event), _targets(new)
                chosen = self.implementers.where(self.handlers, name, self.new.name)
                sentence = f"{event} in {state} may lead to {' or '.join(targets)} too"
                yield self.follows(
                    CHOICE_GREW,
                    name,
                    f"{sentence}: {chosen} may choose it" if chosen else sentence,
                    place=new[0].place,
                    causes=_causes(new[0]),
                )

    def methods(self) -> Iterator[Consequence]:
        """Methods that the handler class asks for, or no longer asks for."""
        asked = Asked(self.new.name, self.handlers, self.implementers)
        yield from asked.consequences(self.methods_of(self.old), self.methods_of(self.new))

    def methods_of(self, machine: Machine) -> dict[str, Method]:
        """The methods of a machine's handler class."""
        return {
            name: Method(
                f"the {used.kind} of {self.uses(used)}",
                used.arrows[0].place,
                tuple(frozenset(names) for names in _method_causes(name, used)),
            )
            for name, used in _methods(machine).items()
        }

    def unknown_numbers(self, *, is_sent: bool) -> Iterator[Consequence]:
        """States whose number no state had."""
        rule = UNKNOWN_NUMBER if is_sent else replace(UNKNOWN_NUMBER, impact=Impact.behaviour)
        known = {state.wire for state in self.old.states}
        for state in self.new.states:
            if state.wire is not None and state.wire not in known:
                sentence = f"peers built from the old drawing do not know number {state.wire}"
                yield self.follows(
                    rule, state.name, sentence, place=state.place, causes=[(state.name,)]
                )

    def uses(self, method: _Used) -> str:
        """The arrows that a method is for: the first one, and how many there are besides."""
        if method.kind == "choice":
            ways = " or ".join(_targets(method.arrows))
            return _line(replace(method.arrows[0], target=ways))
        first, *others = dict.fromkeys(self.drawn(arrow) for arrow in method.arrows)
        return f"{first} and {len(others)} more" if others else first

    def drawn(self, arrow: Arrow) -> str:
        """An arrow as it is drawn."""
        if arrow.stays:
            return subject(Key("stay", (self.new.name, arrow.source, arrow.event)))
        if arrow.place in self.everywhere:
            names = (self.new.name, arrow.event, arrow.target, arrow.guard)
            return subject(Key("any-state-arrow", names))
        return _line(arrow)


def _line(arrow: Arrow) -> str:
    """An arrow of one state as people write it; which machine it is in does not show."""
    return subject(Key("arrow", ("", arrow.source, arrow.event, arrow.target, arrow.guard)))


def _targets(arrows: Iterable[Arrow]) -> Names:
    return tuple(dict.fromkeys(arrow.target for arrow in arrows))


def _lost(
    before: Mapping[str, Arrow | None], now: Mapping[str, Arrow | None]
) -> dict[str, Arrow | None]:
    """Each state that is no longer reached -> the first arrow that is gone on the way to it.

    None where the machine began in it, or in a state before it.
    """
    lost: dict[str, Arrow | None] = {}
    for state, arrow in before.items():
        if state not in now:
            lost[state] = lost[arrow.source] if arrow and arrow.source not in now else arrow
    return lost


def _methods(machine: Machine) -> dict[str, _Used]:
    """The methods of the handler class by name."""
    methods = {name: _Used("guard", arrows) for name, arrows in machine.guards.items()}
    for state, event, arrows in machine.choices():
        methods[choice_name(state, event)] = _Used("choice", arrows)
    methods |= {name: _Used("action", arrows) for name, arrows in machine.actions.items()}
    return methods


def _causes(arrow: Arrow) -> list[Names]:
    """What a change mentions that takes or gives an arrow: its own, or one of any state."""
    source, event, target = arrow.source, arrow.event, arrow.target
    return [(source, event, target), (source, event), (event, target)]


def _method_causes(name: str, method: _Used) -> list[Names]:
    """A choice comes and goes with any of its arrows; a guard or action is named."""
    if method.kind == "choice":
        arrow = method.arrows[0]
        return [(arrow.source, arrow.event), (arrow.event,)]
    return [(name,)]
