"""A machine as its templates see it: names, order and texts are decided here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codegen.docstrings import docstring
from codegen.names import name_fault
from codegen.states.model import Arrow, Machine, State, choice_name

METHOD_INDENT = 8
MEMBER_INDENT = 4


@dataclass(frozen=True, slots=True)
class RowView:
    """What an event does in a state."""

    event: str
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True, slots=True)
class StateView:
    """A member of the enum of states, with its rows."""

    name: str
    wire: int | None
    printed: str
    doc: list[str]
    rows: tuple[RowView, ...]


@dataclass(frozen=True, slots=True)
class MethodView:
    """A method of the handler class; a choice is drawn in the line that has `words`."""

    name: str
    doc: list[str]
    state: str = ""
    event: str = ""
    targets: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


class MachineView:
    """Everything that the templates of states drawings place."""

    def __init__(self, machine: Machine) -> None:
        self.name = machine.name
        self.prefix = machine.prefix
        self.initial = machine.initial
        self.title = f"The machine {machine.name}: {len(machine.states)} states."
        self.numbered = any(state.wire is not None for state in machine.states)
        self.events = machine.events
        self.states = [_state(state, machine) for state in machine.states]
        self.aliases = [state for state in machine.states if _has_alias(state)]
        self.guards = [_method("Guard", name, uses) for name, uses in machine.guards.items()]
        self.actions = [_method("Action", name, uses) for name, uses in machine.actions.items()]
        self.choices = [_choice(*choice) for choice in machine.choices()]
        self.methods = [*self.guards, *self.choices, *self.actions]
        self.decides = bool(self.guards or self.choices)

    @property
    def kinds(self) -> list[str]:
        """The enums that the drawing needs besides states."""
        optional = [("Guard", self.guards), ("Action", self.actions)]
        return ["Event", *(kind for kind, members in optional if members)]

    @property
    def enums(self) -> list[str]:
        """The names of all enums, sorted as imports are."""
        return sorted(f"{self.prefix}{kind}" for kind in [*self.kinds, "State"])

    @property
    def exports(self) -> list[str]:
        """What the package exports under the machine's own names, sorted."""
        return sorted([*self.enums, f"{self.prefix}Handlers", f"{self.prefix}Machine"])

    @property
    def other_names(self) -> str:
        """The enums besides states and events, in words."""
        words = [f"{kind.lower()}s" for kind in self.kinds[1:]]
        return f", {' and '.join(words)}" if words else ""

    @property
    def handler_imports(self) -> list[str]:
        """The enums that the handler class mentions, sorted as imports are."""
        used = [
            *(["Guard"] if self.guards else []),
            *(["Action"] if self.actions else []),
            *(["State", "Event"] if self.choices else []),
        ]
        return sorted(f"{self.prefix}{kind}" for kind in used)


def _has_alias(state: State) -> bool:
    return state.printed != state.name and not name_fault(state.printed)


def _state(state: State, machine: Machine) -> StateView:
    rows = machine.rows[state.name].items()
    return StateView(
        name=state.name,
        wire=state.wire,
        printed=state.printed,
        doc=docstring([state.comment], MEMBER_INDENT) if state.comment else [],
        rows=tuple(RowView(event, arrows) for event, arrows in rows),
    )


def _method(kind: str, name: str, arrows: Sequence[Arrow]) -> MethodView:
    return MethodView(name, _doc(kind, arrows))


def _choice(state: str, event: str, arrows: tuple[Arrow, ...]) -> MethodView:
    targets = tuple(dict.fromkeys(arrow.target for arrow in arrows))
    summary = f"Choose where {event} leads from {state}: {' or '.join(targets)}."
    comments = list(dict.fromkeys(f"- {it.target}: {it.comment}" for it in arrows if it.comment))
    return MethodView(
        name=choice_name(state, event),
        doc=docstring([summary, *comments], METHOD_INDENT),
        state=state,
        event=event,
        targets=targets,
        words=(state, targets[0]),
    )


def _doc(kind: str, arrows: Sequence[Arrow]) -> list[str]:
    uses = list(dict.fromkeys(_uses(arrows)))
    if len(uses) == 1:
        return docstring([f"{kind} of {uses[0]}"], METHOD_INDENT)
    return docstring([f"{kind} of {len(uses)} arrows.", *(f"- {it}" for it in uses)], METHOD_INDENT)


def _uses(arrows: Sequence[Arrow]) -> Iterator[str]:
    everywhere = {arrow.place for arrow in arrows if arrow.any_state}
    for arrow in arrows:
        source = "any state" if arrow.place in everywhere else arrow.source
        where = f"{source} -> {arrow.target} on {arrow.event}"
        yield f"{where}. {arrow.comment}" if arrow.comment else f"{where}."
