"""Coverage: what recorded traces took of the drawings, in numbers and in pictures."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.coverage import Coverage, Score, as_json, cover, picture, score, text, total
from codegen.drawings import Drawings, read_drawings
from codegen.graph import Attributes
from codegen.problems import Problem
from codegen.trace import FAULTS_MAX, Trace, read_trace
from tests.codegen.recorded_traces import everything, first_sync

FIXTURE: Final = Path(__file__).parent / "traces" / "first_sync.trace"

DOOR: Final = """digraph door {
    Open [stays="knock, ring"]
    Open -> Closed [label="push hard"]
    Closed -> Open [label="pull", guard=has_key]
    Closed -> Open [label="pull", guard=is_strong]
    Closed -> Locked [event=turn]
    Open -> Broken [label="* on kick"]
    Open -> Locked [label="push hard", via=Closed]
}
"""
FETCH: Final = """digraph fetch {
    subgraph cluster_a { label=Near ask; got; begin_a [label="begin()"] end_a [label="end()"] }
    subgraph cluster_b { label=Far answer; begin_b [label="begin()"] end_b [label="end()"] }
    begin_a -> ask; begin_a -> end_a; got -> end_a
    answer -> begin_b -> end_b
    ask -> got [style=invis]
    ask -> answer [packet=P_ASK, socket=data]
    answer -> got [packet=P_GOT, socket=data, label=Got]
}
"""
TWO: Final = read_drawings(
    {"specs/states/door.dot": DOOR.encode(), "specs/flows/fetch.dot": FETCH.encode()}
)
GOOD: Final = (
    "door Open --knock--> Open",
    "door Open --push_hard--> Closed",
    "door Closed --pull--> Open  [squeak]",
    "door Closed --turn--> Locked",
    "door Open --kick--> Broken",
    "door Locked --kick--> Broken",
    "fetch ask --P_ASK--> answer",
    "fetch Near.begin --> ask",
    "fetch Far.begin --> Far.end",
)
ONE_ROW: Final = (
    "specs/states/door.dot:4: Closed --pull--> Open: "
    "one row stands for 2 arrows, which differ in guard or case"
)

traces = st.lists(st.sampled_from(GOOD))


def traced(lines: Iterable[str]) -> Trace:
    """The trace of good lines without time and node."""
    trace, problems = read_trace("t", "\n".join(f"1.0 alice {line}" for line in lines).encode())
    assert problems == []
    return trace


def covered(*lines: str) -> dict[str, Coverage]:
    """What good lines take of the two drawings."""
    found, problems = cover(TWO, [traced(lines)])
    assert problems == []
    return {it.name: it for it in found}


def refused(*lines: str) -> list[Problem]:
    """What is wrong with the steps of some lines, of which none is counted."""
    found, problems = cover(TWO, [traced(lines)])
    assert total(found).steps == 0
    return problems


def test_every_row_of_a_machine_counts() -> None:
    """An arrow, an item of `stays`, and each state's share in an any-state arrow are one each."""
    assert score(covered()["door"].rows) == Score(taken=0, total=2 + 1 + 1 + 1 + 3, steps=0)


def test_every_arrow_of_a_flow_counts() -> None:
    """All but the invisible ones, which only shape the picture."""
    assert score(covered()["fetch"].rows) == Score(taken=0, total=7, steps=0)


def test_arrows_that_differ_in_their_guard_are_one_row() -> None:
    """The trace does not tell guards, so both arrows have one count, and the text says so."""
    found = covered("door Closed --pull--> Open")["door"]
    (row,) = (it for it in found.rows if it.count)
    assert [place.line for place in row.places] == [4, 5]
    assert f"  {ONE_ROW}" in text([found])


@pytest.mark.parametrize(
    "line", ["answer --> Far.begin", "answer --> begin", "Far.answer --> begin_b"]
)
def test_a_function_may_be_written_in_three_ways(line: str) -> None:
    """By its name, behind its column, or as the node of the drawing."""
    assert score(covered(f"fetch {line}")["fetch"].rows).taken == 1


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("dor Open --pull--> Open", 'there is no states or flows drawing dor (did you mean "door"'),
        (
            "door Closed --pul--> Open",
            'door has no arrow Closed --pul--> Open (did you mean "Closed --pull--> Open"?)',
        ),
        (
            "door Locked --kick--> Open",
            'door has no arrow Locked --kick--> Open (did you mean "Locked --kick--> Broken"?)',
        ),
        ("door Broken --kick--> Broken", "door has no arrow Broken --kick--> Broken"),
        ("door Open --push_hard--> Locked", "door has no arrow Open --push_hard--> Locked"),
        ("fetch ask --> got", "fetch has no arrow ask --> got"),
        ("fetch ask --P_GOT--> answer", "fetch has no arrow ask --P_GOT--> answer"),
        (
            "fetch begin --> end",
            "fetch has 2 arrows begin --> end (write Near.begin --> Near.end or Far.begin",
        ),
    ],
)
def test_what_is_not_drawn_is_a_problem(line: str, sentence: str) -> None:
    """A summary, an invisible arrow and a wrong packet are none of the drawing's arrows."""
    (problem,) = refused(line)
    assert str(problem).startswith(f"t:1:11: trace-without-arrow: {sentence}")


def test_a_wrong_step_is_told_once() -> None:
    """One problem at the first line says how many lines there are."""
    (problem,) = refused(*["door Open --pull--> Closed"] * 3)
    assert problem.sentence == "door has no arrow Open --pull--> Closed (3 lines say so)"


def test_a_trace_of_something_else_gives_a_screen_of_problems() -> None:
    """The first steps are told, and the number of all others."""
    problems = refused(*(f"door Open --pull--> S{number}" for number in range(FAULTS_MAX + 9)))
    assert len(problems) == FAULTS_MAX + 1
    assert problems[-1].sentence == "more such lines, 9 in all, begin here"


@given(traces, traces)
def test_the_counts_are_the_lines(first: list[str], second: list[str]) -> None:
    """The sum of all counts is the number of good lines, in however many traces they are."""
    found, problems = cover(TWO, [traced(first), traced(second)])
    assert problems == []
    assert total(found).steps == len(first) + len(second)
    assert cover(TWO, [traced(first + second)]) == (found, [])


@given(traces, traces)
def test_more_lines_never_lower_the_coverage(first: list[str], second: list[str]) -> None:
    """No count of a row falls when a trace goes on, nor does the percentage of any graph."""
    before, after = covered(*first), covered(*first, *second)
    for name, less in before.items():
        more = after[name]
        assert score(less.rows).percent <= score(more.rows).percent
        assert all(a.count <= b.count for a, b in zip(less.rows, more.rows, strict=True))


def test_generated_machines_and_flows_can_take_everything(drawings: Drawings) -> None:
    """A trace of each row of the generated code covers the drawings that it was made from."""
    trace, bad = read_trace("t", "\n".join(everything()).encode())
    found, problems = cover(drawings, [trace])
    assert (bad, problems) == ([], [])
    assert total(found).percent == 100
    assert total(found).shown == "100.0 %"


def test_a_recorded_trace_is_allowed_by_the_drawings(drawings: Drawings) -> None:
    """Each line of the recorded file that is no comment is counted."""
    data = FIXTURE.read_bytes()
    trace, bad = read_trace("t", data)
    found, problems = cover(drawings, [trace])
    assert (bad, problems) == ([], [])
    assert total(found).steps == sum(1 for line in data.splitlines() if line[:1] != b"#")
    full = {it.name for it in found if score(it.rows).percent == 100}
    assert full == {"mirrored_write"}


def test_the_recorded_trace_is_fresh() -> None:
    """The generated machines still do what the file says; its first line tells how to renew it."""
    assert FIXTURE.read_text(encoding="utf-8").splitlines() == list(first_sync())


@pytest.mark.parametrize(
    ("taken", "rows", "shown"),
    [(0, 3, "0.0 %"), (2, 3, "66.6 %"), (9999, 10000, "99.9 %"), (3, 3, "100.0 %")],
)
def test_the_percentage_is_rounded_down(taken: int, rows: int, shown: str) -> None:
    """Only what is whole is told as 100."""
    assert Score(taken, rows, steps=0).shown == shown


def test_where_there_is_nothing_nothing_is_missing() -> None:
    """A drawing without arrows is covered whole."""
    assert Score(taken=0, total=0, steps=0).percent == 100


def test_the_text_tells_what_was_never_taken() -> None:
    """A line for each graph, below it by place what is missing, and the total at the end."""
    found = covered(*GOOD[1:], *GOOD[2:6])
    assert list(text([found["door"]])) == [
        "door    62.5 %  5 of 8 rows, 9 steps",
        "  specs/states/door.dot:2: never taken: Open stays on knock",
        "  specs/states/door.dot:2: never taken: Open stays on ring",
        f"  {ONE_ROW}",
        "  specs/states/door.dot:7: never taken: * --kick--> Broken by 1 of 3 states: Closed",
        "total   62.5 %  5 of 8 rows, 9 steps",
    ]


def test_json_tells_every_row() -> None:
    """The whole, each graph and each row come as plain values."""
    known = json.loads(json.dumps(as_json(list(covered(*GOOD).values()))))
    assert (known["percent"], known["taken"], known["total"], known["steps"]) == (60, 9, 15, 9)
    door, fetch = known["graphs"]
    assert (door["kind"], door["file"], door["line"]) == ("states", "specs/states/door.dot", 1)
    assert fetch["percent"] == pytest.approx(300 / 7)
    assert door["rows"][1] == {
        "source": "Closed",
        "event": "pull",
        "target": "Open",
        "kind": "arrow",
        "line": 4,
        "arrows": 2,
        "count": 1,
    }


def paint(name: str, *lines: str) -> tuple[dict[str, Attributes], list[Attributes]]:
    """The attributes of the nodes and of the edges in a painted drawing."""
    (graph,) = (graph for _, graph in TWO.graphs if graph.name == name)
    copy = picture(graph, covered(*lines)[name])
    nodes = {node.name: node.attributes for node in copy.nodes.values()}
    return nodes, [edge.attributes for edge in copy.edges]


def test_a_taken_arrow_is_green_and_tells_its_count() -> None:
    """The drawn label comes with the number, on each arrow that may have been taken."""
    _, edges = paint("door", *["door Closed --pull--> Open"] * 12)
    labels = [edge["label"].text for edge in edges]
    assert labels[:4] == ["push hard", "pull (12)", "pull (12)", "turn"]
    assert edges[1]["color"].text == edges[2]["color"].text != edges[0]["color"].text


def test_an_arrow_is_the_thicker_the_more_often_it_was_taken() -> None:
    """The pen grows with the logarithm of the count, up to a limit."""
    widths = []
    for count in (1, 100, 10**4, 10**5):
        _, edges = paint("door", *["door Open --push_hard--> Closed"] * count)
        widths.append(float(edges[0]["penwidth"].text))
    assert widths == [2, 4, 6, 6]


def test_an_any_state_arrow_tells_how_many_states_took_it() -> None:
    """The count of all states and their number stand behind the label."""
    _, edges = paint("door", *["door Open --kick--> Broken"] * 4, "door Locked --kick--> Broken")
    assert edges[4]["label"].text == "* on kick (5, 2 of 3 states)"


def test_a_summary_is_dotted() -> None:
    """It is no row, so it has no count, whatever happened on the path that it sums up."""
    _, edges = paint("door", *GOOD)
    assert (edges[5]["style"].text, edges[5]["label"].text) == ("dotted", "push hard")


def test_a_state_that_was_never_seen_is_grey() -> None:
    """The states of taken arrows keep the colours of the drawing."""
    nodes, edges = paint("door", "door Closed --turn--> Locked")
    assert {name for name, drawn in nodes.items() if "color" in drawn} == {"Open", "Broken"}
    assert nodes["Open"]["fontcolor"].text == edges[0]["color"].text


def test_a_state_tells_how_often_it_stayed() -> None:
    """What a state takes without leaving has no arrow in the picture, so its label counts it."""
    nodes, _ = paint("door", *["door Open --knock--> Open"] * 3)
    assert nodes["Open"]["label"].text == r"\N\nstayed 3, on 1 of 2 events"


def test_a_flow_is_painted() -> None:
    """Packets keep their short names, an arrow without one has its count, others stay invisible."""
    _, edges = paint("fetch", "fetch Near.begin --> ask", "fetch answer --P_GOT--> got")
    by_label = {edge["label"].text for edge in edges if "label" in edge}
    assert by_label == {"(1)", "", "P_ASK", "Got (1)"}
    assert [list(edge) for edge in edges].count(["style"]) == 1
