"""What a flow means: its start, its cases, what comes before what."""

from collections.abc import Callable

from codegen.flows.model import CASES_MAX, Flow
from codegen.problems import Problem

Read = Callable[[str], tuple[Flow, list[Problem]]]

CHECKSUM = """
digraph checksum {
    subgraph cluster_target {
        label="Target"
        hold [opens=rs]
        hold -> ask
        receive_data -> write -> free
        got_in_sync -> free
        free [closes=rs]
    }
    subgraph cluster_source { label="Source"; compare; got_ack }
    ask -> compare [packet=P_CSUM_RS_REQUEST, socket=data]
    compare -> receive_data [packet=P_RS_DATA_REPLY, socket=data, when="the digests differ"]
    compare -> got_in_sync [packet=P_RS_IS_IN_SYNC, socket=meta, when="the digests agree"]
    write -> got_ack [packet=P_RS_WRITE_ACK, socket=meta]
}
"""


def test_each_case_has_its_own_steps(read: Read) -> None:
    """What only the other case leads to does not happen."""
    flow, _ = read(CHECKSUM)
    differ, agree = flow.cases
    assert (differ.name, agree.name) == ("the digests differ", "the digests agree")
    assert {"receive_data", "write", "got_ack"} & agree.order.keys() == set()
    assert "got_in_sync" not in differ.order


def test_cases_that_meet_again_wait_for_their_own_branch_only(read: Read) -> None:
    """A function that both cases lead to comes after that case's functions."""
    flow, _ = read(CHECKSUM)
    differ, agree = flow.cases
    assert (differ.order["free"], agree.order["free"]) == (("write",), ("got_in_sync",))


def test_what_comes_before_includes_the_other_node(read: Read) -> None:
    """Order goes through packets too."""
    flow, _ = read(CHECKSUM)
    assert flow.cases[0].earlier["write"] == {"hold", "ask", "compare", "receive_data"}


def test_without_decisions_there_is_one_nameless_case(read: Read) -> None:
    """A drawing without `when` is one case."""
    flow, _ = read(
        CHECKSUM.replace(', when="the digests differ"', "").replace(", when=", ", label=")
    )
    assert [case.name for case in flow.cases] == [""]
    assert flow.cases[0].order["free"] == ("write", "got_in_sync")


def test_decisions_behind_each_other_multiply_only_where_they_are_reached(read: Read) -> None:
    """A decision in a branch that is not taken makes no further case."""
    flow, _ = read(
        "digraph g { subgraph cluster_x { label=X;"
        " a -> b [when=left]; a -> c [when=right];"
        " c -> d [when=up]; c -> e [when=down] } }"
    )
    assert [case.name for case in flow.cases] == ["left", "right, up", "right, down"]


def test_many_decisions_are_cut_off(read: Read) -> None:
    """A drawing that multiplies to a million cases is still read in no time."""
    forks = " ".join(
        f"a{n} -> b{n} [when=left]; a{n} -> c{n} [when=right]; {{b{n} c{n}}} -> a{n + 1};"
        for n in range(20)
    )
    flow, _ = read(f"digraph g {{ subgraph cluster_x {{ label=X; {forks} }} }}")
    assert len(flow.cases) == CASES_MAX


def test_the_flow_starts_where_nothing_leads_to(read: Read) -> None:
    """The order of the text does not matter for the start."""
    flow, _ = read("digraph g { b; a -> b }")
    assert flow.start == "a"


def test_a_loop_without_entrance_starts_at_its_first_step(read: Read) -> None:
    """Even a drawing that is one loop has a start, so that rules can talk about it."""
    flow, _ = read("digraph g { a -> b -> a }")
    assert (flow.start, flow.reached) == ("a", {"a", "b"})


def test_a_bracket_ends_at_the_first_closing(read: Read) -> None:
    """Opened and closed twice in a row makes two brackets, not three."""
    flow, _ = read(
        "digraph g { subgraph cluster_x { label=X; a -> b -> c -> d;"
        " a [opens=rs]; b [closes=rs]; c [opens=rs]; d [closes=rs] } }"
    )
    assert [(it.opens.name, it.closes.name) for it in flow.brackets] == [("a", "b"), ("c", "d")]
