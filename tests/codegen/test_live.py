"""A node in pictures: where it stands is lit, what it did is counted."""

import re
from pathlib import Path
from typing import Final

import pytest

from codegen.live import LIT, live_volumes, volumes_of
from codegen.live_command import Running, Wanted, draw_running, draw_trace, own_drawings
from codegen.trace import read_trace

TRACE: Final = """# alice begins
1.000 alice conn_states StandAllone --ioctl_set_net--> Unconnected  [start_receiver]
1.001 alice conn_states Unconnected --receiver_started--> WFConnection
1.002 alice/1 conn_states StandAllone --ioctl_set_net--> Unconnected
2.000 alice conn_states WFConnection --peer_closed--> BrokenPipe
2.001 alice conn_states BrokenPipe --link_cleaned_up--> Unconnected
2.002 alice conn_states Unconnected --receiver_started--> WFConnection
2.003 alice mirrored_write w_send_dblock --P_DATA--> receive_Data
"""


def drawn(
    tmp_path: Path, *volumes: str, trace: str = TRACE, html: bool = True
) -> tuple[int, list[str]]:
    """What the command ends with and says."""
    said: list[str] = []

    def say(text: str = "", *, error: bool = False, style: str = "") -> None:
        said.append(text)

    page = str(tmp_path / "page.html") if html else ""
    code = draw_trace(
        say=say,
        name="alice.trace",
        trace=trace.encode(),
        volumes=volumes,
        wanted=Wanted(str(tmp_path / "pictures"), page),
    )
    return code, said


def test_each_volume_stands_where_its_last_step_led() -> None:
    """A machine that never moved stands where it begins; only that state is lit."""
    trace, _ = read_trace("t", TRACE.encode())
    drawings = own_drawings()
    (alice, second), problems = live_volumes(drawings, volumes_of(drawings, trace))
    assert problems == []
    assert (alice.name, second.name) == ("alice", "alice/1")
    states = {graph.name: graph.state for graph in alice.graphs if graph.kind == "states"}
    assert states["conn_states"] == "WFConnection"
    assert states["disk_states"] == "Diskless"
    assert {it.name: it.state for it in second.graphs}["conn_states"] == "Unconnected"
    (conn,) = [graph for graph in alice.graphs if graph.name == "conn_states"]
    lit = [
        name
        for name, node in conn.graph.nodes.items()
        if (fill := node.attributes.get("fillcolor")) and fill.text == LIT["fillcolor"]
    ]
    assert lit == ["WFConnection"]


def test_rows_are_counted_the_most_frequent_first() -> None:
    """Each volume has its own counts, of states and of flows."""
    trace, _ = read_trace("t", TRACE.encode())
    drawings = own_drawings()
    (alice, second), _ = live_volumes(drawings, volumes_of(drawings, trace))
    rows = {graph.name: [(it.text, it.count) for it in graph.rows] for graph in alice.graphs}
    assert rows["conn_states"][0] == ("Unconnected --receiver_started--> WFConnection", 2)
    assert rows["mirrored_write"] == [("w_send_dblock --P_DATA--> receive_Data", 1)]
    assert sum(len(graph.rows) for graph in second.graphs) == 1


def test_pictures_and_a_page_are_drawn(tmp_path: Path) -> None:
    """A picture for each machine and each flow that ran, and one page that loads nothing."""
    code, said = drawn(tmp_path)
    assert code == 0
    assert f"drawn: {tmp_path / 'page.html'}" in said
    names = {path.relative_to(tmp_path / "pictures") for path in tmp_path.rglob("*.svg")}
    assert {Path("alice/conn_states.svg"), Path("alice/mirrored_write.svg")} <= names
    assert Path("alice/resync.svg") not in names
    page = (tmp_path / "page.html").read_text()
    assert page.count("<svg") == len(names)
    assert "2.002 alice conn_states Unconnected --receiver_started--&gt; WFConnection" in page
    assert not re.search(r"(src|href)=\"(?!#)", page)


def test_one_volume_may_be_drawn(tmp_path: Path) -> None:
    """By the name that the trace gives it."""
    assert drawn(tmp_path, "alice/1")[0] == 0
    assert {path.parent.name for path in tmp_path.rglob("*.svg")} == {"1"}


@pytest.mark.parametrize(
    ("trace", "volumes", "sentence"),
    [
        ("", (), "alice.trace has no steps of a node yet"),
        (TRACE, ("bob",), "alice.trace says nothing of bob"),
        ("1.0 alice conn_states A --b--> C\n", (), "conn_states has no arrow A --b--> C"),
        ("hello\n", (), "this is no step of a node"),
    ],
)
def test_what_can_not_be_drawn(
    tmp_path: Path, trace: str, volumes: tuple[str, ...], sentence: str
) -> None:
    """One sentence says why, and nothing is written."""
    code, said = drawn(tmp_path, *volumes, trace=trace)
    assert (code, len(said)) == (1, 1)
    assert sentence in said[0]
    assert not list(tmp_path.rglob("*.*"))


def running(tmp_path: Path, row: tuple[str, str, str, str]) -> tuple[int, list[str]]:
    """What the command says of a node that runs, and has taken a row very often."""
    said: list[str] = []

    def say(text: str = "", *, error: bool = False, style: str = "") -> None:
        said.append(text)

    code = draw_running(
        say=say,
        name="alice",
        volumes={"r0/0": Running({"conn_states": "Connected"}, {row: 1_234_567})},
        last_lines=["9.000 alice conn_states Connected --ping_arrived--> Connected"],
        wanted=Wanted("", str(tmp_path / "page.html")),
    )
    return code, said


def test_a_node_that_runs_tells_its_counts(tmp_path: Path) -> None:
    """Counts come as they are, and only machines that have a state or took a step are drawn."""
    code, _ = running(tmp_path, ("conn_states", "Connected", "peer_closed", "BrokenPipe"))
    page = (tmp_path / "page.html").read_text()
    assert code == 0
    assert "1,234,567 steps since the node began." in page
    assert "(1234567" in page
    assert page.count("<svg") == 1
    assert "9.000 alice conn_states" in page


def test_a_node_of_another_version_is_not_drawn(tmp_path: Path) -> None:
    """A row that these drawings do not have is told."""
    code, said = running(tmp_path, ("conn_states", "Connected", "sang", "BrokenPipe"))
    assert code == 1
    assert said[0].endswith("is this of another version of dotmirror?")
    assert not list(tmp_path.iterdir())
