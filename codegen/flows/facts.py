"""From a flow to the things that its drawing says."""

from collections.abc import Iterator
from typing import Final

from codegen.flows.model import Flow
from codegen.review.facts import Key, Thing, made_of

OWN_NAME: Final = r"\N"
"""How DOT writes the name of a node in its label."""


def flow_things(flow: Flow) -> Iterator[Thing]:
    """Everything that a flows drawing says.

    A step has a `function` where that is not what its node is called, and is `printed` in a way of
    its own where no parentheses follow.
    """
    yield Thing(Key("flow", (flow.name,)), flow.place, made_of(comment=flow.comment))
    for column in flow.columns:
        key = Key("column", (flow.name, column.name))
        yield Thing(key, column.place, made_of(comment=column.comment))
    for step in flow.steps:
        function = step.function if step.function != step.name else ""
        attributes = made_of(
            function=function,
            printed="" if step.printed == f"{step.function}()" else function or OWN_NAME,
            column=step.column,
            opens=step.opens,
            closes=step.closes,
            comment=step.comment,
        )
        yield Thing(Key("step", (flow.name, step.name)), step.place, attributes)
    for arrow in flow.arrows:
        key = Key("flow-arrow", (flow.name, arrow.tail, arrow.head, arrow.when))
        printed = arrow.printed if arrow.printed != arrow.packet else ""
        attributes = made_of(packet=arrow.packet, socket=arrow.socket, printed=printed)
        yield Thing(key, arrow.place, attributes)
