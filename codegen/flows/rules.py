"""The rules of flows drawings, one function each."""

from collections.abc import Iterator
from math import prod
from typing import Final

from codegen.flows.model import CASES_MAX, Arrow, Case, Flow, Step
from codegen.problems import Problem, Severity, rule

MODULE_NAMES: Final = frozenset({"path"})
"""Modules that stand beside the flows' own."""

CLASS_NAMES: Final = frozenset("""
    Arrow BRACKETS Bracket Effect Enum Extent FLOW FOLLOWS Final Flow Handlers Iterable Mapping
    ORDERS START Socket Step TypeAlias abstractmethod object tuple
    """.split())
"""What a flow's module calls something else than a column."""

METHOD_NAMES: Final = frozenset({"DRAWING", "DRAWN", "where"})
"""What every handler class has besides the functions of its column."""


@rule(Severity.error)
def unreachable_step(flow: Flow) -> Iterator[Problem]:
    """No way leads to this step from the first one, so no request ever comes here. Draw what leads
    to it (an arrow from an earlier function, or the packet that it receives), or delete it.
    """
    for step in flow.steps:
        if step.name not in flow.reached:
            sentence = f"no way leads from {flow.by_name[flow.start].function} to {step.function}"
            yield Problem(step.place, "unreachable-step", sentence)


@rule(Severity.error)
def time_loop(flow: Flow) -> Iterator[Problem]:
    """An arrow leads back to an earlier step, but time runs downward only: of two steps in a loop
    each would have to wait for the other. Draw the second round as a flow of its own, or turn the
    arrow.
    """
    for arrow in _backward(flow):
        tail, head = flow.by_name[arrow.tail], flow.by_name[arrow.head]
        sentence = f"{head.function} comes before {tail.function}, and this arrow says after"
        yield Problem(arrow.place, "time-loop", sentence)


@rule(Severity.error)
def packet_in_one_column(flow: Flow) -> Iterator[Problem]:
    """A packet is drawn between two functions of one node, but packets are what the nodes send
    each other. Delete `packet` and `socket`, or lead the arrow to the other column.
    """
    for arrow in flow.arrows:
        inside = flow.by_name[arrow.tail].column == flow.by_name[arrow.head].column
        if inside and (arrow.packet or arrow.socket):
            what = arrow.packet or "the packet"
            sentence = f"{what} stays in the column {flow.by_name[arrow.tail].column}"
            yield Problem(arrow.place, "packet-in-one-column", sentence)


@rule(Severity.error)
def crossing_without_packet(flow: Flow) -> Iterator[Problem]:
    """An arrow leads to the other column without a packet, but the nodes share nothing but what
    they send. Name the packet and its socket, or make the arrow `style=invis` where it only shapes
    the picture.
    """
    for arrow in flow.arrows:
        if flow.crosses(arrow) and not arrow.packet:
            tail, head = flow.by_name[arrow.tail], flow.by_name[arrow.head]
            sentence = f"nothing is sent from {tail.function} to {head.function}"
            yield Problem(arrow.place, "crossing-without-packet", sentence)


@rule(Severity.error)
def bracket_not_closed(flow: Flow) -> Iterator[Problem]:
    """A bracket opens and no later function of the column closes it, in some case at least: the
    extent would be held for ever, and sooner or later every request waits for it. Draw the closing
    function, in every case.
    """
    for step, case in _in_cases(flow):
        if step.opens and not flow.closings(step, case):
            sentence = f"nothing closes {step.opens} that {step.function} opens{_when(case)}"
            yield Problem(step.place, "bracket-not-closed", sentence)


@rule(Severity.error)
def bracket_not_opened(flow: Flow) -> Iterator[Problem]:
    """A bracket is closed that no earlier function of the column has opened, in some case at
    least: an extent would be given back that somebody else may hold. Draw the opening function.
    """
    for step, case in _in_cases(flow):
        earlier = (flow.by_name[name] for name in case.earlier[step.name])
        if step.closes and not any(step in flow.closings(opening, case) for opening in earlier):
            sentence = f"nothing opened {step.closes} that {step.function} closes{_when(case)}"
            yield Problem(step.place, "bracket-not-opened", sentence)


@rule(Severity.error)
def bracket_opened_twice(flow: Flow) -> Iterator[Problem]:
    """A bracket opens while the same bracket of the column is open, so one closing would leave one
    extent held. Close the first one before, or delete the second opening.
    """
    for step in flow.steps:
        first = next((it for it in flow.steps if _still_open(flow, it, step)), None)
        if first:
            sentence = f"{step.function} opens {step.opens}, which {first.function} has opened"
            yield Problem(step.place, "bracket-opened-twice", sentence)


@rule(Severity.error)
def function_drawn_twice(flow: Flow) -> Iterator[Problem]:
    """A function stands twice in one column, but a trace names a step by node and function, so
    that nobody could tell which one it was. Lead both ways to one node.
    """
    seen: dict[tuple[str, str], Step] = {}
    for step in flow.steps:
        first = seen.setdefault((step.column, step.function), step)
        if first is not step and step.column:
            sentence = f"{step.function} is drawn at line {first.place.line} of {step.column} too"
            yield Problem(step.place, "function-drawn-twice", sentence)


@rule(Severity.error)
def arrow_drawn_twice(flow: Flow) -> Iterator[Problem]:
    """The same arrow is drawn twice: same functions, same packet, same case. Delete one."""
    seen = set()
    for arrow in flow.arrows:
        key = (arrow.tail, arrow.head, arrow.packet, arrow.when)
        if key in seen:
            sentence = f"{arrow.tail} -> {arrow.head} is drawn twice"
            yield Problem(arrow.place, "arrow-drawn-twice", sentence)
        seen.add(key)


@rule(Severity.error)
def lone_case(flow: Flow) -> Iterator[Problem]:
    """A function decides between cases, but only one is drawn, so that nothing is decided. Draw
    the other one, or delete `when`.
    """
    for step, cases in flow.decisions.items():
        if len(cases) == 1:
            arrow = next(arrow for arrow in flow.leaving(step) if arrow.when)
            sentence = f'"{cases[0]}" is the only case of {flow.by_name[step].function}'
            yield Problem(arrow.place, "lone-case", sentence)


@rule(Severity.error)
def too_many_cases(flow: Flow) -> Iterator[Problem]:
    """The decisions of the drawing multiply to more than 64 cases, which nobody can follow, nor
    test. Draw a flow for each of the cases that matter.
    """
    count = prod(len(cases) for cases in flow.decisions.values())
    if count > CASES_MAX:
        sentence = f"{flow.name} has {count} cases, more than {CASES_MAX}"
        yield Problem(flow.place, "too-many-cases", sentence)


@rule(Severity.error)
def taken_name(flow: Flow) -> Iterator[Problem]:
    """A graph, a column or a function has a name that its generated module needs for something
    else, or that another column has. Rename it.
    """
    if flow.name in MODULE_NAMES:
        sentence = f"{flow.name} is the module that all flows share"
        yield Problem(flow.place, "taken-name", sentence)
    taken = CLASS_NAMES | {arrow.packet for arrow in flow.arrows}
    for column in flow.columns:
        names = {column.name, f"{column.name}Handlers"}
        if names & taken:
            sentence = f"{column.name} is the name of something else in the flow's module"
            yield Problem(column.place, "taken-name", sentence)
        taken |= names
    for step in flow.steps:
        if step.function in METHOD_NAMES:
            sentence = f"{step.function} is what every handler class has"
            yield Problem(step.place, "taken-name", sentence)


RULES: Final = (
    unreachable_step,
    time_loop,
    packet_in_one_column,
    crossing_without_packet,
    bracket_not_closed,
    bracket_not_opened,
    bracket_opened_twice,
    function_drawn_twice,
    arrow_drawn_twice,
    lone_case,
    too_many_cases,
    taken_name,
)


def _in_cases(flow: Flow) -> Iterator[tuple[Step, Case]]:
    """Every step with every case that it is in."""
    for step in flow.steps:
        for case in flow.cases:
            if step.name in case.order:
                yield step, case


def _still_open(flow: Flow, first: Step, second: Step) -> bool:
    """Whether the second step opens what the first one has opened, and nobody has closed yet."""
    if not first.opens or (first.opens, first.column) != (second.opens, second.column):
        return False
    return any(
        first.name in case.earlier[second.name]
        and not any(it.name in case.earlier[second.name] for it in flow.closings(first, case))
        for case in flow.cases
        if second.name in case.order
    )


def _backward(flow: Flow) -> Iterator[Arrow]:
    """The arrows that lead back to a step on the way to their own tail."""
    finished: set[str] = set()
    for root in (flow.start, *flow.by_name):
        way = {root: flow.leaving(root)} if root not in finished else {}
        while way:
            step = next(reversed(way))
            arrow = next(way[step], None)
            if arrow is None:
                finished.add(step)
                del way[step]
            elif arrow.head in way:
                yield arrow
            elif arrow.head not in finished:
                way[arrow.head] = flow.leaving(arrow.head)


def _when(case: Case) -> str:
    return f' in the case "{case.name}"' if case.name else ""
