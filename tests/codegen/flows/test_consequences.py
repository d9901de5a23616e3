"""What follows from the changes of a flow: traces that are no path any more, and handlers."""

from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.flows.changes import RULES, renamed_flow
from codegen.flows.consequences import CONSEQUENCES, consequences
from codegen.flows.facts import flow_things
from codegen.flows.model import Flow
from codegen.flows.reader import read_flow
from codegen.parse import parse
from codegen.review.changes import Consequence, Impact
from codegen.review.facts import Name
from codegen.review.implementers import Implementers, find_implementers
from generated.flows.path import Flow as Path

HELLO = "ask -> hear [packet=P]; hear -> wait [packet=Q];"

PORTER = find_implementers({"runtime/porter.py": b"""
from generated.flows.talk import LeftHandlers

class Porter(LeftHandlers):
    def wait(self):
        return None
"""})
"""One class that does the left column, with one of its functions."""
ADD = "add it to Porter in runtime/porter.py:4"
DROP = "it may be dropped from Porter (runtime/porter.py:5)"


def flow(arrows: str, left: str = "ask wait", right: str = "hear") -> Flow:
    """A flow of two columns."""
    columns = (
        f"subgraph cluster_l {{ label=Left; {left} }} subgraph cluster_r {{ label=Right; {right} }}"
    )
    (graph,), problems = parse(f"digraph talk {{ {columns} {arrows} }}", "specs/flows/talk.dot")
    assert not problems
    return read_flow(graph)[0]


def follow(old: Flow | None, new: Flow | None, by: Implementers = PORTER) -> list[Consequence]:
    """What follows when one flow becomes the other."""
    return list(consequences(old, new, by))


def told(found: list[Consequence]) -> list[str]:
    """Rules, subjects and sentences."""
    return [f"{it.rule}: {it.subject}: {it.sentence}" for it in found]


def test_nothing_follows_from_no_change() -> None:
    """Nor from a flow that is new or gone: that says it all."""
    drawn = flow(HELLO)
    assert follow(drawn, drawn) == []
    assert follow(None, drawn) == []
    assert follow(drawn, None) == []


def test_a_new_order_names_the_step_that_came_too_early() -> None:
    """With the step that must precede it."""
    found = follow(flow("ask -> wait; ask -> hear [packet=P]"), flow(HELLO + "ask -> wait"))
    assert told(found) == [
        "trace-no-longer-path: talk: Left.wait could come before Right.hear and may no longer"
    ]
    assert frozenset({"wait", "hear"}) in found[0].causes


def test_an_order_less_leaves_every_trace_a_path() -> None:
    """What was done in order may still be done so."""
    assert follow(flow(HELLO + "ask -> wait"), flow("ask -> wait; ask -> hear [packet=P]")) == []


def test_a_step_that_is_gone_leaves_no_trace_a_path() -> None:
    """It is named, and its method may go."""
    found = follow(flow(HELLO), flow("ask -> hear [packet=P]", left="ask"))
    assert told(found) == [
        f"handler-unused: LeftHandlers.wait: it was a step of Left: {DROP}",
        "trace-no-longer-path: talk: Left.wait was a step and is none",
    ]
    assert found[0].place is None


def test_a_step_at_the_end_leaves_traces_unfinished() -> None:
    """They are paths still, but not to the end."""
    found = follow(flow(HELLO), flow(f"{HELLO} wait -> rest", left="ask wait rest"))
    assert told(found) == [
        f"handler-needed: LeftHandlers.rest: it is a step of Left: {ADD}",
        "trace-no-longer-whole: talk: Left.rest is still to come",
    ]
    assert [it.impact for it in found] == [Impact.API_breaking, Impact.behaviour]


def test_a_step_in_between_is_missing_in_every_trace() -> None:
    """No old trace has it, so none is a path."""
    new = flow("ask -> think -> hear [packet=P]; hear -> wait [packet=Q]", left="ask wait think")
    *_, last = follow(flow(HELLO), new)
    assert told([last]) == [
        "trace-no-longer-path: talk: Right.hear came without Left.think and may no longer"
    ]


def test_a_case_that_is_gone_is_named() -> None:
    """The other case is as it was."""
    both = "ask -> hear [packet=P, when=loud]; ask -> wait [when=mute];"
    found = follow(flow(both), flow("ask -> hear [packet=P, when=loud]; hear -> wait [packet=Q]"))
    assert [it.subject for it in found] == ["talk (loud)", "talk (mute)"]
    assert [it.rule for it in found] == ["trace-no-longer-whole", "trace-no-longer-path"]


def test_a_step_of_another_column_is_another_function() -> None:
    """Its method moves from one handler class to the other."""
    new = flow("ask -> hear [packet=P]; hear -> wait", left="ask", right="hear wait")
    assert [f"{it.rule}: {it.subject}" for it in follow(flow(HELLO), new)] == [
        "handler-unused: LeftHandlers.wait",
        "handler-needed: RightHandlers.wait",
        "trace-no-longer-path: talk",
    ]


def test_a_method_is_the_function_and_not_its_node() -> None:
    """A node that is called otherwise asks for nothing new."""
    old = renamed_flow(
        flow(HELLO.replace("wait", "w1"), left='ask w1 [label="wait()"]'),
        {Name("step", "talk", "w1"): "w2"},
    )
    assert follow(old, flow(HELLO.replace("wait", "w2"), left='ask w2 [label="wait()"]')) == []


def test_a_renamed_flow_is_the_one_that_is_drawn_so() -> None:
    """Whatever mentions a name has the new one."""
    text = f"{HELLO} ask -> wait [when=late]"
    renames = {
        Name("flow", "", "talk"): "talk",
        Name("step", "talk", "wait"): "rest",
        Name("column", "talk", "Left"): "Left",
        Name("case", "talk", "late"): "tardy",
        Name("layout", "", "P"): "P_HI",
        Name("step", "other", "ask"): "beg",
    }
    found = renamed_flow(flow(text), renames)
    for before, after in (("wait", "rest"), ("late", "tardy"), ("packet=P]", "packet=P_HI]")):
        text = text.replace(before, after)
    wanted = flow(text, left="ask rest")
    assert [(it.key, it.attributes) for it in flow_things(found)] == [
        (it.key, it.attributes) for it in flow_things(wanted)
    ]


@pytest.mark.parametrize(
    "arrows", ["ask -> wait -> hear -> ask", "ask -> hear; hear -> wait -> hear"]
)
def test_a_circle_has_no_traces(arrows: str) -> None:
    """It is a fault of the drawing, of which lint tells; nothing ever came to its end."""
    drawn, circle = flow(HELLO), flow(arrows)
    assert [it.rule for it in follow(drawn, circle)] == ["trace-no-longer-path"]
    assert not [it for it in follow(circle, drawn) if it.rule.startswith("trace")]


STEPS = ("a", "b", "c", "d")
ARROWS = st.tuples(
    st.integers(0, 3), st.integers(0, 3), st.sampled_from(["", "", "x", "y"])
).filter(lambda it: it[0] < it[1])


@st.composite
def small_flows(draw: st.DrawFn) -> Flow:
    """A flow of up to four steps without circles."""
    count = draw(st.integers(2, 4))
    names = draw(st.permutations(STEPS))[:count]
    arrows = draw(st.lists(ARROWS, max_size=6))
    lines = [
        f'{names[tail]} -> {names[head]} [when="{when}"];'.replace(' [when=""]', "")
        for tail, head, when in arrows
        if head < count
    ]
    lines += [f"{names[0]} -> {name};" for name in names[1:] if draw(st.booleans())]
    return flow(" ".join(lines), left=" ".join(names), right="z")


def path_of(drawn: Flow) -> Path[Any]:
    """The flow as the generated modules have it."""
    orders = tuple(case.order for case in drawn.cases)
    return Path(drawn.name, drawn.start, {}, (), orders)


def whole_traces(order: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Every order in which all steps of a case may happen."""
    for trace in permutations(order):
        at = {step: number for number, step in enumerate(trace)}
        if all(at[it] < at[step] for step, before in order.items() for it in before):
            yield trace


@settings(max_examples=150)
@given(small_flows(), small_flows())
def test_traces_are_told_as_the_generated_modules_judge_them(old: Flow, new: Flow) -> None:
    """A case is told when one of its traces is no path of the new flow, or none is a whole one."""
    rules = {it.subject: it.rule for it in follow(old, new) if it.rule.startswith("trace")}
    path = path_of(new)
    for case in old.cases:
        traces = list(whole_traces(case.order))
        subject = f"talk ({case.name})" if case.name else "talk"
        if not all(path.is_path(trace) for trace in traces):
            assert rules.get(subject) == "trace-no-longer-path"
        elif not any(path.is_whole(trace) for trace in traces):
            assert rules.get(subject) == "trace-no-longer-whole"
        else:
            assert subject not in rules


def test_every_rule_is_documented_once() -> None:
    """A name is one rule, and each says more than a sentence."""
    texts = {it.name: " ".join(it.documentation.split()) for it in (*RULES, *CONSEQUENCES)}
    assert len(texts) == len([*RULES, *CONSEQUENCES])
    assert not [name for name, text in texts.items() if ". " not in text]
