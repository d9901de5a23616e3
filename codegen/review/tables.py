"""From all drawings of one side to one table of facts."""

from collections.abc import Iterator

from codegen.drawings import Drawings
from codegen.flows.facts import flow_things
from codegen.layouts.facts import schema_things
from codegen.review.facts import Facts, Thing, table
from codegen.states.facts import machine_things


def facts_of(drawings: Drawings) -> Facts:
    """Everything that the drawings say; of two things with one key, a fault, the first."""
    return table(things_of(drawings))


def things_of(drawings: Drawings) -> Iterator[Thing]:
    """Everything that the drawings say, drawing by drawing, what is drawn twice twice."""
    for machine in drawings.machines:
        yield from machine_things(machine)
    for schema in drawings.schemas:
        yield from schema_things(schema)
    for flow in drawings.flows:
        yield from flow_things(flow)
