"""From a graph to a flow."""

from collections.abc import Callable

from codegen.flows.model import Flow
from codegen.problems import Problem

Read = Callable[[str], tuple[Flow, list[Problem]]]

READ = """
digraph read {
    comment="A read."
    node [label="\\N()"]
    subgraph cluster_asker {
        label="Asker"
        hold [opens=al]
        ask [comment="It asks."]
        hold -> ask
        got -> free
        free [closes=al]
    }
    subgraph cluster_holder {
        label="Holder"
        { rank=same; answer }
        his_free [label="free()"]
        answer -> his_free
    }
    ask -> answer [packet=P_DATA_REQUEST, socket=data, label="DataRequest"]
    answer -> got [packet=P_DATA_REPLY, socket=data]
    ask -> got [style="invis"]
}
"""


def test_clusters_are_columns_by_their_labels(read: Read) -> None:
    """The label of a cluster names the node's part."""
    flow, problems = read(READ)
    assert not problems
    assert [column.name for column in flow.columns] == ["Asker", "Holder"]


def test_functions_stand_where_they_are_mentioned(read: Read) -> None:
    """A function in a group inside a cluster is in the cluster's column."""
    flow, _ = read(READ)
    assert flow.by_name["answer"].column == "Holder"


def test_labels_name_functions(read: Read) -> None:
    """A node's own name only has to be unique; what it prints is the function."""
    flow, _ = read(READ)
    assert (flow.by_name["his_free"].function, flow.by_name["his_free"].printed) == (
        "free",
        "free()",
    )
    assert flow.by_name["ask"].printed == "ask()"


def test_brackets_are_read(read: Read) -> None:
    """`opens` and `closes` say what is held from where to where."""
    flow, _ = read(READ)
    (bracket,) = flow.brackets
    assert (bracket.kind, bracket.opens.name, bracket.closes.name) == ("al", "hold", "free")


def test_packets_carry_their_socket_and_their_short_name(read: Read) -> None:
    """A packet without a label prints as its wire name."""
    flow, _ = read(READ)
    crossing = [arrow for arrow in flow.arrows if flow.crosses(arrow)]
    assert [(it.packet, it.socket, it.printed) for it in crossing] == [
        ("P_DATA_REQUEST", "data", "DataRequest"),
        ("P_DATA_REPLY", "data", "P_DATA_REPLY"),
    ]


def test_invisible_edges_mean_nothing(read: Read) -> None:
    """An edge that only shapes the picture is no arrow."""
    flow, _ = read(READ)
    assert ("ask", "got") not in {(arrow.tail, arrow.head) for arrow in flow.arrows}


def test_comments_are_kept(read: Read) -> None:
    """Comments become docstrings."""
    flow, _ = read(READ)
    assert flow.comment == "A read."
    assert flow.by_name["ask"].comment == "It asks."


def test_columns_do_not_inherit_what_the_graph_says(read: Read) -> None:
    """DOT hands a graph's attributes down to its clusters, but a comment is about one thing."""
    flow, _ = read(READ)
    assert [column.comment for column in flow.columns] == ["", ""]
    _, problems = read(
        READ.replace("comment=", "label=Read; comment=").replace('label="Asker"', "")
    )
    assert [(it.rule, it.hint) for it in problems] == [("illegal-name", "give it a name")]


def test_several_faults_are_all_reported(read: Read) -> None:
    """One slip does not hide the others; each is reported at its own place."""
    text = READ.replace("opens=al", "opens=all").replace("socket=data, ", "socket=date, ")
    _, problems = read(text.replace("comment=", "coment="))
    assert [
        (it.rule, it.place.line, it.hint) for it in sorted(problems, key=lambda it: it.order)
    ] == [
        ("unknown-attribute", 3, 'did you mean "comment"?'),
        ("unknown-bracket", 7, 'did you mean "al"?'),
        ("unknown-attribute", 8, 'did you mean "comment"?'),
        ("unknown-socket", 19, 'did you mean "data"?'),
    ]


def test_a_faulty_drawing_still_gives_a_flow(read: Read) -> None:
    """Rules can run over what a faulty drawing means as far as it means something."""
    flow, problems = read("digraph g { a -> b; subgraph cluster_x { label=X; b } }")
    assert {problem.rule for problem in problems} == {"column-count", "outside-the-columns"}
    assert [(step.name, step.column) for step in flow.steps] == [("a", ""), ("b", "X")]


def test_a_column_without_functions_is_no_column(read: Read) -> None:
    """Two clusters are not enough: each node does something."""
    _, problems = read(
        "digraph g { subgraph cluster_x { label=X; a } subgraph cluster_y { label=Y } }"
    )
    assert [problem.sentence for problem in problems] == ["Y has no function"]


def test_a_column_without_a_label_is_asked_for_one(read: Read) -> None:
    """The cluster's own name is the draughtsman's and names no column."""
    _, problems = read("digraph g { subgraph cluster_x { a } subgraph cluster_y { label=Y; b } }")
    assert [(it.rule, it.hint) for it in problems] == [("illegal-name", "give it a name")]
