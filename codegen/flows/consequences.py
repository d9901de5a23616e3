"""What follows from the changes of a flow: its handlers, and traces that are no path any more."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from codegen.flows.model import Case, Column, Flow, Step
from codegen.problems import Place
from codegen.review.changes import ChangeRule, Consequence, Impact
from codegen.review.handlers import Asked, Method
from codegen.review.implementers import Implementers, listed

NO_PATH: Final = ChangeRule(
    "trace-no-longer-path",
    Impact.behaviour,
    """What a request did is no way through the flow any more: a step is not drawn, or comes before
    one that must precede it. A program that still works so is not the drawing's, and recorded
    traces of it fail the check. Change the program with the drawing, and record the traces anew.
    """,
)
UNFINISHED: Final = ChangeRule(
    "trace-no-longer-whole",
    Impact.behaviour,
    """A request that was done has something left to do now: its recorded traces are the beginning
    of a way through the flow. Let the program do the rest too, and record the traces anew.""",
)
CONSEQUENCES: Final = (NO_PATH, UNFINISHED)
"""All that can follow from changes of a flow alone."""

Node = str
"""A step as a trace has it: `Primary.al_begin_io`."""

Names = Iterable[set[str]]
"""Sets of names: a change that mentions all of one is the cause."""

Earlier = Mapping[Node, frozenset[Node]]
"""Each step of a case with all that come before it."""

Pair = tuple[Node, Node]
"""Two steps, the first of which comes first."""

ORDERS_MAX: Final = 256
"""Ways to leave several ways at once that are tried side by side; drawings have few cases."""


def consequences(
    old: Flow | None, new: Flow | None, implementers: Implementers
) -> Iterator[Consequence]:
    """Everything that follows from the changes of a flow; `old` has the new names already.

    Nothing follows from one that is new or gone.
    """
    if old is None or new is None:
        return
    before = {column.name for column in old.columns}
    for column in new.columns:
        if column.name in before:
            asked = Asked(new.name, f"{column.name}Handlers", implementers)
            yield from asked.consequences(_methods(old, column), _methods(new, column))
    yield from _traces(old, new)


def _methods(flow: Flow, column: Column) -> dict[str, Method]:
    """The methods of a column's handler class by name."""
    return {
        step.function: Method(
            f"a step of {step.column}",
            step.place,
            (frozenset({step.name}), frozenset({step.function})),
        )
        for step in flow.steps
        if step.column == column.name
    }


def _traces(old: Flow, new: Flow) -> Iterator[Consequence]:
    """The cases of the old flow whose traces are no path of the new one, or no whole one."""
    ways = [_earlier(new, case) for case in new.cases]
    for case in old.cases:
        known = _earlier(old, case)
        if any(step in before for step, before in known.items()):
            continue  # a circle, which is a fault: nothing ever came to its end
        witness = _witness(known, ways)
        if witness is not None:
            yield _no_path(new, case, witness, ways)
        elif not any(known.keys() == way.keys() for way in ways):
            yield _unfinished(new, case, known, ways)


def _earlier(flow: Flow, case: Case) -> Earlier:
    names = {step.name: _node(step) for step in flow.steps}
    return {
        names[step]: frozenset(names[it] for it in before) for step, before in case.earlier.items()
    }


def _node(step: Step) -> Node:
    return f"{step.column}.{step.function}"


def _witness(known: Earlier, ways: Iterable[Earlier]) -> list[Node] | None:
    """A trace of the old flow that no way of the new one takes, if there is one.

    It leaves each way in some pair of steps: the new flow has one before the other, the trace has
    the other before the one.
    """
    choices: list[list[Pair]] = []
    for way in ways:
        if known.keys() <= way.keys() and all(way[step] <= known.keys() for step in known):
            pairs = [(step, it) for step in known for it in sorted(way[step] - known[step])]
            if not pairs:
                return None
            choices.append(pairs)
    orders = [known]
    for pairs in sorted(choices, key=len):
        orders = [more for order in orders for pair in pairs if (more := _with(order, *pair))]
        orders = orders[:ORDERS_MAX]
    return _in_order(orders[0]) if orders else None


def _with(known: Earlier, first: Node, then: Node) -> Earlier:
    """The steps with one pair more in order; nothing where that cannot be."""
    if first == then or then in known[first]:
        return {}
    before = known[first] | {first}
    behind = {step for step, earlier in known.items() if then in earlier} | {then}
    return {step: it | before if step in behind else it for step, it in known.items()}


def _in_order(known: Earlier) -> list[Node]:
    """The steps in one order that is a path: those with more before them come later."""
    return sorted(known, key=lambda it: len(known[it]))


def _fault(trace: Sequence[Node], way: Earlier) -> int | None:
    """Where a trace leaves a way; None where it does not."""
    done: set[Node] = set()
    for at, step in enumerate(trace):
        if not way.get(step, {step}) <= done:
            return at
        done.add(step)
    return None


def _no_path(
    new: Flow, case: Case, witness: Sequence[Node], ways: Sequence[Earlier]
) -> Consequence:
    """That a trace is no path, with the step at which it leaves the way that it fits longest."""
    faults = [(_fault(witness, way) or 0, number) for number, way in enumerate(ways)]
    at, number = max(faults, default=(0, 0))
    step = witness[at]
    way = ways[number] if ways else {}
    places = {_node(it): it for it in new.steps}
    if step in way:
        missing = [it for it in _in_order(way) if it in way[step] and it not in witness[:at]]
        sentence = f"{step} could come before {listed(missing)} and may no longer"
        if not any(it in witness for it in missing):
            sentence = f"{step} came without {listed(missing)} and may no longer"
        names = [{_function(step), _function(it)} for it in missing]
        names += [{_function(it)} for it in missing]
    else:
        missing = []
        sentence = f"{step} was a step and is none" if step not in places else _elsewhere(step)
        names = [{_function(step)}]
    place = places[step].place if step in places else new.place
    return _consequence(
        NO_PATH, new, case, sentence, place=place, names=[*names, {_function(step)}]
    )


def _elsewhere(step: Node) -> str:
    return f"{step} does not come in this case any more"


def _unfinished(new: Flow, case: Case, known: Earlier, ways: Iterable[Earlier]) -> Consequence:
    """That a trace does not reach the end, with the steps that are left."""
    fitting = [way for way in ways if known.keys() <= way.keys()]
    left = [it for it in _in_order(min(fitting, key=len)) if it not in known]
    sentence = f"{listed(left)} {'is' if len(left) == 1 else 'are'} still to come"
    place = next(it.place for it in new.steps if _node(it) == left[0])
    names = [{_function(it)} for it in left]
    return _consequence(UNFINISHED, new, case, sentence, place=place, names=names)


def _function(node: Node) -> str:
    return node.partition(".")[2]


def _consequence(
    rule: ChangeRule, new: Flow, case: Case, sentence: str, *, place: Place, names: Names
) -> Consequence:
    about = f"{new.name} ({case.name})" if case.name else new.name
    return Consequence(
        rule.name, rule.impact, new.name, about, sentence, place, tuple(map(frozenset, names))
    )
