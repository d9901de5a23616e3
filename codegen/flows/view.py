"""A flow as its template sees it: names, order and texts are decided here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from codegen.docstrings import docstring
from codegen.flows.model import Arrow, Case, Flow, Step

CLASS_INDENT = 4
METHOD_INDENT = 8


@dataclass(frozen=True, slots=True)
class ArrowView:
    """One row: the step that it leads to, and what crosses. `packet` is empty for no layout."""

    step: str
    packet: str
    socket: str
    when: str


@dataclass(frozen=True, slots=True)
class StepView:
    """One function: a member of its column's enum, and a method of its column's handlers."""

    name: str
    member: str
    printed: str
    words: tuple[str, ...]
    packet: str
    doc: list[str]
    arrows: tuple[ArrowView, ...]


@dataclass(frozen=True, slots=True)
class ColumnView:
    """One node's part: its enum and its handlers."""

    name: str
    doc: list[str]
    handlers_doc: list[str]
    steps: tuple[StepView, ...]

    @property
    def named_apart(self) -> list[StepView]:
        """The functions whose node has another name, so that more than theirs tells the line."""
        return [step for step in self.steps if len(step.words) > 1]


@dataclass(frozen=True, slots=True)
class CaseView:
    """One way through the drawing: for each step those that come right before it."""

    name: str
    order: Mapping[str, tuple[str, ...]]


class FlowView:
    """Everything that the template of a flow places.

    `modules` maps a layout's name to its module in generated/layouts. A packet that has none, as
    in a drawing alone, is an `object`.
    """

    def __init__(self, flow: Flow, modules: Mapping[str, str]) -> None:
        self.flow = flow
        self.modules = modules
        self.name = flow.name
        self.doc = docstring([flow.comment or f"The flow {flow.name}."], 0)
        self.start = self._member(flow.start)
        self.columns = [self._column(column.name, column.comment) for column in flow.columns]
        self.steps = [step for column in self.columns for step in column.steps]
        self.brackets = [
            (bracket.kind, self._member(bracket.opens.name), self._member(bracket.closes.name))
            for bracket in flow.brackets
        ]
        self.cases = [self._case(case) for case in flow.cases]

    @property
    def imports(self) -> dict[str, list[str]]:
        """Module of generated/layouts -> the packets to import from it, sorted as imports are."""
        packets: dict[str, set[str]] = {}
        for arrow in self.flow.arrows:
            if arrow.packet in self.modules:
                packets.setdefault(self.modules[arrow.packet], set()).add(arrow.packet)
        return {module: sorted(packets[module]) for module in sorted(packets)}

    @property
    def shared(self) -> list[str]:
        """What the module needs of the module that all flows share, sorted as imports are."""
        extent = ["Extent"] if self.brackets else []
        socket = ["Socket"] if any(arrow.socket for arrow in self.flow.arrows) else []
        return ["Arrow", "Bracket", *extent, "Flow", *socket]

    def _member(self, name: str) -> str:
        step = self.flow.by_name[name]
        return f"{step.column}.{step.function}"

    def _column(self, name: str, comment: str) -> ColumnView:
        summary = comment or f"The functions of {name}, in the drawing's order."
        return ColumnView(
            name=name,
            doc=docstring([summary], CLASS_INDENT),
            handlers_doc=docstring([f"What {name} does in {self.name}."], CLASS_INDENT),
            steps=tuple(self._step(step) for step in self.flow.steps if step.column == name),
        )

    def _step(self, step: Step) -> StepView:
        return StepView(
            name=step.function,
            member=self._member(step.name),
            printed=step.printed,
            words=tuple(dict.fromkeys((step.name, step.function))),
            packet=self._parameter(step),
            doc=docstring([*self._before(step), *self._after(step)], METHOD_INDENT),
            arrows=tuple(self._arrow(arrow) for arrow in self.flow.leaving(step.name)),
        )

    def _arrow(self, arrow: Arrow) -> ArrowView:
        packet = arrow.packet if arrow.packet in self.modules else ""
        return ArrowView(self._member(arrow.head), packet, arrow.socket, arrow.when)

    def _case(self, case: Case) -> CaseView:
        order = {
            self._member(step): tuple(self._member(name) for name in before)
            for step, before in case.order.items()
        }
        return CaseView(case.name, order)

    def _parameter(self, step: Step) -> str:
        """The type of the packet that a function receives; empty when it receives none."""
        arrows = [arrow for arrow in self.flow.arriving(step.name) if arrow.packet]
        types = dict.fromkeys(it.packet if it.packet in self.modules else "object" for it in arrows)
        senders = {arrow.tail for arrow in arrows}
        orders = [case.order[step.name] for case in self.flow.cases if step.name in case.order]
        if types and not all(senders.intersection(before) for before in orders):
            types["None"] = None
        return " | ".join(types)

    def _before(self, step: Step) -> Iterator[str]:
        """The first paragraphs of a docstring: what the function is, what has come before it."""
        if step.comment:
            yield step.comment
        if step.name == self.flow.start:
            yield "Begins the flow."
        ways = dict.fromkeys(
            case.order[step.name] for case in self.flow.cases if case.order.get(step.name)
        )
        if ways:
            texts = (" and ".join(self._came(name, step) for name in way) for way in ways)
            yield f"Comes after {', or after '.join(texts)}."

    def _came(self, name: str, step: Step) -> str:
        """One function that comes before, with the packet that it sends."""
        tail = self.flow.by_name[name]
        packets = [it for it in self.flow.arriving(step.name) if it.tail == name and it.packet]
        sent = "".join(f" of {tail.column} has sent {arrow.packet}" for arrow in packets[:1])
        return f"{tail.printed}{sent}"

    def _after(self, step: Step) -> Iterator[str]:
        """The list items of a docstring: what follows, what is held from here on."""
        if step.opens:
            yield f"- opens the bracket {step.opens}"
        if step.closes:
            yield f"- closes the bracket {step.closes}"
        for arrow in self.flow.leaving(step.name):
            head = self.flow.by_name[arrow.head]
            when = f"when {arrow.when}, " if arrow.when else ""
            sent = f" of {head.column}, by {arrow.packet} on the {arrow.socket} socket"
            yield f"- {when}leads to {head.printed}{sent if arrow.packet else ''}"
