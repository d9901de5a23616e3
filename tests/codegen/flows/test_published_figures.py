"""The two published data-flow figures, in words, against our six drawings of them.

Whatever the figures say is drawn, and nothing else is.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from codegen.flows.model import Arrow, Flow
from codegen.flows.rules import RULES

Function = tuple[str, str]
"""Column and name."""

WIRE_NAMES: Final = {
    "Data": "P_DATA",
    "WriteAck": "P_WRITE_ACK",
    "DataRequest": "P_DATA_REQUEST",
    "DataReply": "P_DATA_REPLY",
    "RSDataRequest": "P_RS_DATA_REQUEST",
    "RSDataReply": "P_RS_DATA_REPLY",
    "CsumRSRequest": "P_CSUM_RS_REQUEST",
    "RSIsInSync": "P_RS_IS_IN_SYNC",
    "OVRequest": "P_OV_REQUEST",
    "OVReply": "P_OV_REPLY",
    "OVResult": "P_OV_RESULT",
}
RESYNC_ACK: Final = "P_RS_WRITE_ACK"
"""What WriteAck is for resync data since protocol 86 (wire 9.5)."""

BEGINS: Final = "_begin_io"
COMPLETES: Final = "_complete_io"


@dataclass(slots=True)
class Figure:
    """One of the six drawings; `mentioned` has every function each time that it is named."""

    name: str
    columns: dict[str, str]
    mentioned: list[Function] = field(default_factory=list)
    chained: list[tuple[Function, Function]] = field(default_factory=list)
    sent: list[tuple[Function, str, str, Function]] = field(default_factory=list)

    def function(self, side: str, text: str) -> Function:
        """A function as a line names it."""
        found = (self.columns[side], text.strip().removesuffix("()"))
        self.mentioned.append(found)
        return found

    def read(self, line: str) -> None:
        """Read one line of the description."""
        side, rest = line.split(":", 1)
        if packet := re.match(r"(.*) == (\w+) \((\w+)\) ==> (\w+):(.*)", rest):
            sender = self.function(side, packet[1])
            receiver = self.function(packet[4], packet[5])
            self.sent.append((sender, packet[2], packet[3], receiver))
        else:
            self.chained += pairwise(self.function(side, it) for it in rest.split("->"))


def _figures() -> Iterator[Figure]:
    text = (Path(__file__).parent / "published_figures.txt").read_text(encoding="utf-8")
    for paragraph in text.split("\n\n")[1:]:
        title, *lines = paragraph.strip().splitlines()
        name, columns = title.split(": ")
        figure = Figure(name, dict(zip(("left", "right"), columns.split(", "), strict=True)))
        for line in lines:
            figure.read(line.strip())
        yield figure


FIGURES: Final = tuple(_figures())
every_figure = pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
Published = Callable[[str], Flow]


def _function(flow: Flow, step: str) -> Function:
    return (flow.by_name[step].column, flow.by_name[step].function)


def _ends(flow: Flow, arrow: Arrow) -> tuple[Function, Function]:
    return (_function(flow, arrow.tail), _function(flow, arrow.head))


def _is_bracket(function: Function) -> bool:
    return function[1].endswith((BEGINS, COMPLETES))


def test_all_six_are_drawn() -> None:
    """No drawing of the figures is missing."""
    drawn = {path.stem for path in (Path(__file__).parents[3] / "specs" / "flows").glob("*.dot")}
    assert {figure.name for figure in FIGURES} <= drawn


@every_figure
def test_a_figure_breaks_no_rule(figure: Figure, published: Published) -> None:
    """The published drawings are clean."""
    flow = published(figure.name)
    assert [problem for rule in RULES if rule.check for problem in rule.check(flow)] == []


@every_figure
def test_every_function_stands_in_its_column(figure: Figure, published: Published) -> None:
    """Both columns have the figure's functions and no other, the asking node on the left."""
    flow = published(figure.name)
    assert [column.name for column in flow.columns] == list(figure.columns.values())
    drawn = [_function(flow, step.name) for step in flow.steps]
    assert sorted(drawn) == sorted(set(figure.mentioned))


@every_figure
def test_functions_lead_to_each_other_as_published(figure: Figure, published: Published) -> None:
    """The arrows of a column, without the bracket beside it, are the figure's."""
    flow = published(figure.name)
    inside = [_ends(flow, arrow) for arrow in flow.arrows if not flow.crosses(arrow)]
    assert sorted(it for it in inside if not any(map(_is_bracket, it))) == sorted(figure.chained)


@every_figure
def test_packets_cross_as_published(figure: Figure, published: Published) -> None:
    """Every packet goes from and to the figure's functions, on the figure's socket."""
    flow = published(figure.name)
    crossing = [arrow for arrow in flow.arrows if flow.crosses(arrow)]
    ends = [(_ends(flow, arrow), arrow) for arrow in crossing]
    drawn = [(tail, it.printed, it.socket, head) for (tail, head), it in ends]
    assert sorted(drawn) == sorted(figure.sent)
    for arrow in crossing:
        is_resync_ack = arrow.printed == "WriteAck" and figure.name != "mirrored_write"
        assert arrow.packet == (RESYNC_ACK if is_resync_ack else WIRE_NAMES[arrow.printed])


@every_figure
def test_brackets_span_what_the_figure_says(figure: Figure, published: Published) -> None:
    """A bracket begins at the first function that it spans and ends at the last one."""
    flow = published(figure.name)
    drawn = {
        frozenset(_ends(flow, arrow))
        for arrow in flow.arrows
        if any(map(_is_bracket, _ends(flow, arrow)))
    }
    spans = set()
    for column in figure.columns.values():
        mentioned = [it for it in figure.mentioned if it[0] == column]
        for before, after in pairwise(mentioned):
            if before[1].endswith(BEGINS) or after[1].endswith(COMPLETES):
                spans.add(frozenset({before, after}))
    assert spans <= drawn
    assert sorted((it.opens.function, it.closes.function) for it in flow.brackets) == sorted(
        (f"{kind}{BEGINS}", f"{kind}{COMPLETES}")
        for _, name in figure.mentioned
        if name.endswith(BEGINS)
        for kind in (name.removesuffix(BEGINS),)
    )


@every_figure
def test_the_order_of_the_description_is_possible(figure: Figure, published: Published) -> None:
    """Whoever reads the figure from top to bottom never meets a step that must come later."""
    flow = published(figure.name)
    (case,) = flow.cases
    done: set[Function] = set()
    nodes = {_function(flow, step.name): step.name for step in flow.steps}
    for function in dict.fromkeys(figure.mentioned):
        assert {_function(flow, it) for it in case.order[nodes[function]]} <= done
        done.add(function)
