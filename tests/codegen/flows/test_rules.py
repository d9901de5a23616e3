"""The rules where one bad drawing does not show all of it; tests/cases/flows/ has one for each."""

from collections.abc import Callable

from codegen.flows.model import Flow
from codegen.flows.rules import RULES
from codegen.problems import Problem

Read = Callable[[str], tuple[Flow, list[Problem]]]


def broken(flow: Flow) -> list[tuple[str, str]]:
    """Rule and sentence of each problem."""
    found = [problem for rule in RULES if rule.check for problem in rule.check(flow)]
    return [(problem.rule, problem.sentence) for problem in found]


def column(text: str) -> str:
    """A drawing with all of a text in its left column, and a right one that answers."""
    return (
        f"digraph g {{ subgraph cluster_x {{ label=X; {text} }}"
        " subgraph cluster_y { label=Y; answer } ask -> answer [packet=P, socket=data] }"
    )


def test_a_bracket_that_another_column_closes_is_not_closed(read: Read) -> None:
    """Each node holds its own extents."""
    flow, _ = read(column("ask [opens=rs]").replace("answer }", "answer [closes=rs] }"))
    assert {rule for rule, _ in broken(flow)} == {"bracket-not-closed", "bracket-not-opened"}


def test_a_bracket_that_closes_beside_its_opening_is_not_closed(read: Read) -> None:
    """Closing must come after opening, not merely stand in the same column."""
    flow, _ = read(column("first -> ask; first -> free; ask [opens=al]; free [closes=al]"))
    assert {rule for rule, _ in broken(flow)} == {"bracket-not-closed", "bracket-not-opened"}


def test_brackets_of_two_kinds_may_overlap(read: Read) -> None:
    """An activity-log extent and a resync extent have nothing to do with each other."""
    flow, _ = read(
        column(
            "ask -> hold -> free -> end;"
            " ask [opens=al]; hold [opens=rs]; free [closes=al]; end [closes=rs]"
        )
    )
    assert broken(flow) == []


def test_a_bracket_may_open_again_after_it_was_closed(read: Read) -> None:
    """One after the other is no overlap."""
    flow, _ = read(
        column(
            "ask -> free -> hold -> end;"
            " ask [opens=rs]; free [closes=rs]; hold [opens=rs]; end [closes=rs]"
        )
    )
    assert broken(flow) == []


def test_a_bracket_that_is_closed_twice_was_not_opened_for_the_second(read: Read) -> None:
    """One opening has one closing on each way."""
    flow, _ = read(column("ask -> free -> end; ask [opens=rs]; free [closes=rs]; end [closes=rs]"))
    assert [rule for rule, _ in broken(flow)] == ["bracket-not-opened"]


def test_two_steps_without_an_arrow_to_them_are_one_too_many(read: Read) -> None:
    """A flow begins at one place; nothing else without an arrow to it is reachable."""
    flow, _ = read(column("ask; other -> more"))
    assert broken(flow) == [
        ("unreachable-step", "no way leads from ask to other"),
        ("unreachable-step", "no way leads from ask to more"),
    ]


def test_a_loop_that_goes_through_the_peer_is_found(read: Read) -> None:
    """Packets order time as well as arrows do."""
    text = column("begin -> ask").replace(
        "socket=data] }", "socket=data] answer -> ask [packet=P, socket=meta] }"
    )
    flow, _ = read(text)
    assert [rule for rule, _ in broken(flow)] == ["time-loop"]


def test_a_function_that_leads_to_itself_is_a_loop(read: Read) -> None:
    """The smallest loop counts."""
    flow, _ = read(column("ask -> ask; begin -> ask"))
    assert [rule for rule, _ in broken(flow)] == ["time-loop"]


def test_ways_that_part_and_meet_are_no_loop(read: Read) -> None:
    """Two ways to one step are a join, not a loop."""
    flow, _ = read(column("ask -> left -> end; ask -> right -> end"))
    assert broken(flow) == []


def test_a_function_may_stand_in_both_columns(read: Read) -> None:
    """Both nodes may do the same, each in its own column."""
    text = column('ask; mine [label="read()"]; ask -> mine').replace(
        "answer }", 'answer; his [label="read()"]; answer -> his }'
    )
    flow, _ = read(text)
    assert broken(flow) == []


def test_columns_of_one_name_are_refused(read: Read) -> None:
    """Two columns with one label would become one class."""
    flow, _ = read(column("ask").replace("label=Y", "label=X"))
    assert "taken-name" in {rule for rule, _ in broken(flow)}


def test_a_flow_cannot_be_called_as_the_shared_module(read: Read) -> None:
    """The graph's name becomes a module beside the one that all flows share."""
    flow, _ = read(column("ask").replace("digraph g", "digraph path"))
    assert broken(flow) == [("taken-name", "path is the module that all flows share")]
