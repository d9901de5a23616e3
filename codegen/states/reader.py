"""From a graph to a machine: the attribute vocabulary of states drawings."""

from collections.abc import Iterator
from typing import Final

from codegen.graph import Edge, Graph, Node
from codegen.names import did_you_mean, event_name, is_any_state, words
from codegen.problems import Place, Problem, Rule, Severity
from codegen.states.model import (
    CHANGES,
    COMPLETED,
    AnyState,
    Arrow,
    Event,
    Machine,
    Shadowed,
    State,
    Summary,
)
from codegen.vocabulary import Reader, text_of

GRAPH_WORDS: Final = ("initial",)
NODE_WORDS: Final = ("wire", "stays")
EDGE_WORDS: Final = ("event", "guard", "action", "change", "via", "except")

NAME_COLLISION: Final = Rule(
    "name-collision",
    Severity.error,
    """Two different texts become one name in Python (`receive_param()` and `receive param`), so
    that two things would silently be one. Use one spelling, or tell them apart with `event`.""",
)
UNKNOWN_STATE: Final = Rule(
    "unknown-state",
    Severity.error,
    """An attribute names a state that the drawing does not have. Mend the name, or draw it.""",
)
RULES: Final = (NAME_COLLISION, UNKNOWN_STATE)


def read_machine(graph: Graph) -> tuple[Machine, list[Problem]]:
    """Read a states drawing; the machine is the best that can be made of a faulty one."""
    reader = _Reader(graph)
    return reader.machine(), reader.problems


class _Reader(Reader):
    """The work of reading one graph: problems and events gather here."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self.events: dict[str, Event] = {}
        self.own: dict[tuple[str, str], Arrow] = {}

    def machine(self) -> Machine:
        """Put the machine together."""
        graph = self.graph
        self.check_graph(GRAPH_WORDS)
        states = tuple(self.state(node) for node in graph.nodes.values())
        arrows, summaries, any_state = self.edges()
        for node in graph.nodes.values():
            arrows += self.stays(node)
        self.own = {(arrow.source, arrow.event): arrow for arrow in arrows}
        shadowed: list[Shadowed] = []
        for drawn in any_state:
            arrows += self.everywhere(drawn, shadowed)
        return Machine(
            name=graph.name,
            place=graph.place,
            initial=self.initial(),
            states=states,
            events=tuple(self.events.values()),
            arrows=tuple(arrows),
            summaries=tuple(summaries),
            shadowed=tuple(shadowed),
            any_state=tuple(any_state),
            comment=text_of(graph.attributes, "comment"),
        )

    def check_state(self, name: str, place: Place, what: str) -> None:
        """Report a state that is not drawn."""
        if name not in self.graph.nodes:
            hint = did_you_mean(name, self.graph.nodes)
            self.report(place, UNKNOWN_STATE, f"{what} names {name}, which is no state here", hint)

    def initial(self) -> str:
        """The state of a new machine: the graph's `initial`, or the first node."""
        first = next(iter(self.graph.nodes), "")
        value = self.graph.attributes.get("initial")
        if value is None:
            return first
        self.check_state(value.text, value.place, "initial")
        return value.text if value.text in self.graph.nodes else first

    def state(self, node: Node) -> State:
        """Read one node."""
        attributes = node.attributes
        self.check_attributes(attributes, NODE_WORDS, f"state {node.name}")
        self.check_name(node.name, node.place, "the state's name")
        printed = text_of(attributes, "label").replace("\\N", node.name) or node.name
        wire = self.number(attributes, "wire")
        return State(node.name, node.place, printed, wire, text_of(attributes, "comment"))

    def edges(self) -> tuple[list[Arrow], list[Summary], list[AnyState]]:
        """All edges: plain arrows, summaries, and any-state arrows."""
        arrows: list[Arrow] = []
        summaries: list[Summary] = []
        any_state: list[AnyState] = []
        for edge in self.graph.edges:
            arrow = self.arrow(edge)
            via = self.state_list(edge, "via")
            excepted = self.state_list(edge, "except")
            if via:
                summary = Summary(arrow.source, arrow.target, arrow.event, edge.place, via)
                summaries.append(summary)
            elif is_any_state(text_of(edge.attributes, "label")):
                any_state.append(AnyState(arrow, excepted))
            else:
                arrows.append(arrow)
        return arrows, summaries, any_state

    def arrow(self, edge: Edge) -> Arrow:
        """Read one edge."""
        attributes = edge.attributes
        what = f"the arrow {edge.tail} -> {edge.head}"
        self.check_attributes(attributes, EDGE_WORDS, what)
        guard = text_of(attributes, "guard")
        actions = tuple(words(text_of(attributes, "action")))
        for name, attribute in ((guard, "guard"), *((name, "action") for name in actions)):
            if name:
                self.check_name(name, attributes[attribute].place, f"the {attribute}")
        return Arrow(
            source=edge.tail,
            target=edge.head,
            event=self.event(edge),
            place=edge.place,
            guard=guard,
            actions=actions,
            change=self.one_of(attributes, "change", CHANGES) or CHANGES[0],
            comment=text_of(attributes, "comment"),
        )

    def event(self, edge: Edge) -> str:
        """The event of an edge: its `event`, or from its label, or the completion event."""
        label = edge.attributes.get("label")
        text = label.text if label else ""
        own = edge.attributes.get("event")
        name = own.text if own else (event_name(text) if text else COMPLETED)
        place = own.place if own else label.place if label else edge.place
        shown = text.replace("\\n", " ") if text and not own else name
        self.meet(Event(name, place, shown), "the event")
        return name

    def meet(self, event: Event, what: str) -> None:
        """Take note of an event; a text that gives the name of another text is a fault."""
        known = self.events.setdefault(event.name, event)
        if known is event:
            self.check_name(event.name, event.place, what)
        elif event.text != known.text:
            self.collide(known, event)

    def collide(self, known: Event, event: Event) -> None:
        """Two texts, one name: fine when one of them is just that name."""
        plain = {known.text, event.text} - {event.name}
        if len(plain) > 1:
            sentence = f'"{event.text}" and "{known.text}" both become the event {event.name}'
            self.report(event.place, NAME_COLLISION, sentence)
        elif known.text == event.name:
            self.events[event.name] = Event(event.name, known.place, event.text)

    def state_list(self, edge: Edge, name: str) -> tuple[str, ...]:
        """The states that an attribute of an edge lists."""
        value = edge.attributes.get(name)
        if value is None:
            return ()
        for state in (listed := tuple(words(value.text))):
            self.check_state(state, value.place, name)
        return listed

    def stays(self, node: Node) -> Iterator[Arrow]:
        """The events that a state takes without leaving."""
        value = node.attributes.get("stays")
        for item in words(value.text) if value else ():
            assert value is not None
            event, _, action = item.partition("/")
            self.meet(Event(event, value.place, event), "the event in stays")
            if action:
                self.check_name(action, value.place, "the action in stays")
            actions = (action,) if action else ()
            yield Arrow(node.name, node.name, event, value.place, actions=actions, stays=True)

    def everywhere(self, drawn: AnyState, shadowed: list[Shadowed]) -> Iterator[Arrow]:
        """An any-state arrow as one arrow from each state that takes it."""
        arrow, excepted = drawn.arrow, frozenset(drawn.excepted)
        for state in self.graph.nodes:
            if state == arrow.target or state in excepted:
                continue
            if own := self.own.get((state, arrow.event)):
                shadowed.append(Shadowed(state, arrow.event, own.place))
                continue
            yield Arrow(
                source=state,
                target=arrow.target,
                event=arrow.event,
                place=arrow.place,
                guard=arrow.guard,
                actions=arrow.actions,
                change=arrow.change,
                comment=arrow.comment,
                any_state=state != arrow.source,
            )
