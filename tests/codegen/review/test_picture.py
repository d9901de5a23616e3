"""Pictures of changes: what came is green, what went is red and dashed, what changed is amber."""

from random import Random
from time import perf_counter
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.drawing import to_dot, to_svg
from codegen.drawings import kind_of
from codegen.graph import Attributes, Edge, Graph
from codegen.parse import parse
from codegen.review.picture import EDGES_MAX, new_side, old_side, united
from codegen.review.svg import safe_svg
from tests.codegen.review.compared import compared
from tests.codegen.review.edited_drawings import DRAWINGS, edited

GREEN, RED, AMBER, GREY = "#1a7f37", "#cf222e", "#bf8700", "#8c959f"
SVG = "{http://www.w3.org/2000/svg}"

OLD = """digraph door_states {
    Open -> Closed [label="close", guard=is_free]
    Closed -> Open [label="open", action=creak]
    Closed -> Locked [label="lock"]
}"""
NEW = """digraph door_states {
    Open -> Closed [label="close", guard=is_free]
    Closed -> Open [label="open", guard=is_allowed, action=creak]
    Open -> Locked [label="slam"]
}"""

PACKETS = r"""digraph packets {
    node [shape=record]
    P_OLD [number="0x01", label="{ \N 0x01 | sector\nu64 sectors | size\nu32 bytes | flags\nu32 }"]
    P_SAME [number="0x02", label="{ \N | id\nu32 }"]
}"""

WRITE = r"""digraph mirrored_write {
    node [shape=plaintext, label="\N()"]
    subgraph cluster_primary { label="Primary"; begin -> send; send -> done }
    subgraph cluster_secondary { label="Secondary"; receive }
    edge [socket=data]
    send -> receive [packet=P_DATA, label="Data"]
}"""


def texts(attributes: Attributes) -> dict[str, str]:
    """Attributes without their places."""
    return {name: value.text for name, value in attributes.items()}


def edge(graph: Graph | None, tail: str, head: str, label: str = "") -> dict[str, str]:
    """The attributes of the edge between two nodes, the one with `label` in its label."""
    assert graph is not None

    def fits(it: Edge) -> bool:
        return (it.tail, it.head) == (tail, head) and label in texts(it.attributes).get("label", "")

    (found,) = filter(fits, graph.edges)
    return texts(found.attributes)


def node(graph: Graph | None, name: str) -> dict[str, str]:
    """The attributes of a node."""
    assert graph is not None
    return texts(graph.nodes[name].attributes)


def shapes(graph: Graph) -> list[dict[str, str]]:
    """The attributes of all nodes and edges."""
    nodes = [texts(it.attributes) for it in graph.nodes.values()]
    return nodes + [texts(it.attributes) for it in graph.edges]


def shown(graph: Graph) -> str:
    """All texts that a reader of the picture sees."""
    root = ET.fromstring(safe_svg(graph, to_svg))
    return "\n".join("".join(it.itertext()) for it in root.iter(f"{SVG}text"))


def test_an_added_arrow_is_green() -> None:
    """Its line, its head and its label are."""
    graph = united(compared("states", OLD, NEW))
    added = edge(graph, "Open", "Locked")
    assert (added["color"], added["fontcolor"], added["style"]) == (GREEN, GREEN, "")


def test_a_removed_arrow_is_red_and_dashed() -> None:
    """It is in the picture although the new drawing does not have it."""
    removed = edge(united(compared("states", OLD, NEW)), "Closed", "Locked")
    assert (removed["color"], removed["style"], removed["label"]) == (RED, "dashed", "lock")


def test_a_changed_arrow_is_amber_and_says_what_changed() -> None:
    """The note stands below what the drawing prints."""
    changed = edge(united(compared("states", OLD, NEW)), "Closed", "Open")
    assert changed["color"] == AMBER
    assert changed["label"] == r"open\nguard: none → is_allowed"


def test_what_did_not_change_is_grey() -> None:
    """So that the rest stands out."""
    graph = united(compared("states", OLD, NEW))
    assert edge(graph, "Open", "Closed")["color"] == GREY
    assert node(graph, "Open")["color"] == GREY


def test_a_list_says_only_what_came_and_went() -> None:
    """Long lists of actions would differ where nobody looks."""
    new = OLD.replace("action=creak", 'action="creak, ring"')
    label = edge(united(compared("states", OLD, new)), "Closed", "Open")["label"]
    assert label == r"open\nactions: +ring"


def test_a_renamed_state_says_its_old_name_and_its_arrows_are_grey() -> None:
    """One rename is one change, however many arrows mention the state."""
    graph = united(compared("states", OLD, OLD.replace("Closed", "Shut")))
    assert node(graph, "Shut")["color"] == AMBER
    assert node(graph, "Shut")["label"] == r"\N\nClosed → Shut"
    assert {texts(it.attributes)["color"] for it in graph.edges} == {GREY}


def test_a_removed_arrow_ends_at_the_renamed_state() -> None:
    """It is drawn between the states that there are now."""
    new = OLD.replace("Closed -> Locked", "Open -> Locked").replace("Open", "Ajar")
    drawing = compared("states", OLD.replace("lock", "turn"), new)
    graph = united(drawing)
    assert set(graph.nodes) == {"Ajar", "Closed", "Locked"}
    assert edge(graph, "Closed", "Locked")["color"] == RED


def test_a_renamed_guard_is_marked_wherever_it_is_asked() -> None:
    """A guard has no shape of its own."""
    old = OLD.replace('"lock"', '"lock", guard=is_free')
    graph = united(compared("states", old, old.replace("is_free", "is_clear")))
    assert edge(graph, "Open", "Closed")["label"] == r"close\nguard: is_free → is_clear"
    assert edge(graph, "Closed", "Locked")["color"] == AMBER
    assert edge(graph, "Closed", "Open")["color"] == GREY


def test_of_arrows_that_share_a_statement_only_the_changed_one_is_marked() -> None:
    """Groups and chains are single arrows in the picture."""
    old = "digraph a_states { A; B; C; {A B} -> C [label=x] }"
    new = "digraph a_states { A; B; C; D; {A B D} -> C [label=x] }"
    graph = united(compared("states", old, new))
    colours = {it.tail: texts(it.attributes)["color"] for it in graph.edges}
    assert colours == {"A": GREY, "B": GREY, "D": GREEN}


def test_arrows_between_the_same_states_are_told_apart_by_their_event() -> None:
    """Also where the event is that of an empty label, or of an attribute."""
    old = "digraph a_states { A -> B; A -> B [event=y]; A -> B [label=z] }"
    new = "digraph a_states { A -> B; A -> B [event=y, action=act]; A -> B [label=z] }"
    graph = united(compared("states", old, new))
    assert [texts(it.attributes)["color"] for it in graph.edges] == [GREY, AMBER, GREY]


def test_a_changed_any_state_arrow_is_one_arrow() -> None:
    """Its expansion is not drawn, so it is not marked."""
    old = 'digraph a_states { A -> B [label=x]; A -> C [label="* on fire"] }'
    new = old.replace('fire"', 'fire", except=B')
    graph = united(compared("states", old, new))
    assert edge(graph, "A", "C")["color"] == AMBER
    assert edge(graph, "A", "B")["color"] == GREY


def test_what_a_state_stays_on_is_said_at_the_state() -> None:
    """An event without an arrow has no other place in the picture."""
    old = "digraph a_states { A [stays=ping]; A -> B [label=x] }"
    graph = united(compared("states", old, old.replace("ping", '"ping, pong"')))
    assert (node(graph, "A")["color"], node(graph, "A")["label"]) == (AMBER, r"\N\n+ stay pong")


def test_a_removed_state_stays_in_its_cluster() -> None:
    """It is shown where it was."""
    old = "digraph a_states { A -> B [label=x] subgraph cluster_c { B -> C [label=y]; D } }"
    new = "digraph a_states { A -> B [label=x] subgraph cluster_c { B; D } }"
    graph = united(compared("states", old, new))
    (cluster,) = graph.root.subgraphs
    assert cluster.nodes == ["B", "D", "C"]
    assert (node(graph, "C")["color"], node(graph, "C")["style"]) == (RED, "filled,dashed")


def test_a_changed_record_is_a_table_with_a_colour_for_each_field() -> None:
    """Added, removed, changed and all others."""
    new = PACKETS.replace(r"size\nu32", r"size\nu64").replace(
        r"flags\nu32", r"id\nbytes[16] | extra\nu8"
    )
    graph = united(compared("layouts", PACKETS, new))
    rows = {row.partition("</FONT>")[0]: row for row in node(graph, "P_OLD")["label"].split("<TR>")}
    colours = {
        text.rpartition(">")[2]: [it for it in (GREEN, RED, "#9a6700", "#57606a") if it in row]
        for text, row in rows.items()
    }
    assert colours["sector"] == ["#57606a"]
    assert colours["size"] == ["#9a6700"]
    assert colours["extra"] == [GREEN]
    assert "<S>flags</S>" in node(graph, "P_OLD")["label"]
    assert "type: u32 → u64" in shown(graph)


def test_a_removed_field_stands_behind_the_one_that_it_followed() -> None:
    """As the old drawing has it."""
    new = PACKETS.replace(r"| size\nu32 bytes ", "")
    graph = united(compared("layouts", PACKETS, new))
    lines = [it for it in shown(graph).splitlines() if it in ("sector", "size", "flags")]
    assert lines == ["sector", "size", "flags"]


def test_a_record_that_did_not_change_stays_as_it_is() -> None:
    """Tables are for what changed."""
    graph = united(compared("layouts", PACKETS, PACKETS.replace(r"size\nu32", r"size\nu64")))
    assert node(graph, "P_SAME")["shape"] == "record"
    assert node(graph, "P_SAME")["label"] == r"{ \N | id\nu32 }"


def test_a_flow_keeps_its_columns() -> None:
    """A new function stands in its column, and a column that was renamed says so."""
    new = WRITE.replace("send -> done", "send -> check -> done").replace('"Secondary"', '"Peer"')
    graph = united(compared("flows", WRITE, new))
    primary, secondary = graph.root.subgraphs
    assert "check" in primary.nodes
    assert node(graph, "check")["color"] == GREEN
    assert texts(primary.attributes)["color"] == GREY
    assert texts(secondary.attributes)["label"] == r"Peer\nSecondary → Peer"


def test_a_flow_says_which_packet_crosses_now() -> None:
    """The figure's short name alone may be the same."""
    graph = united(compared("flows", WRITE, WRITE.replace("P_DATA", "P_TRIM")))
    assert edge(graph, "send", "receive")["label"] == r"Data\npacket: P_DATA → P_TRIM"


def test_the_sides_have_their_own_colours_and_no_notes() -> None:
    """Beside each other they say by themselves what changed."""
    drawing = compared("states", OLD, NEW)
    old, new = old_side(drawing), new_side(drawing)
    assert edge(old, "Closed", "Locked")["color"] == RED
    assert edge(new, "Open", "Locked")["color"] == GREEN
    for side in (old, new):
        assert edge(side, "Closed", "Open")["color"] == AMBER
        assert edge(side, "Closed", "Open")["label"] == "open"


@pytest.mark.parametrize(("old", "new", "colour"), [("", NEW, GREEN), (OLD, "", RED)])
def test_a_drawing_of_one_side_has_one_colour(old: str, new: str, colour: str) -> None:
    """All of it came, or all of it went."""
    drawing = compared("states", old, new)
    graph = united(drawing)
    assert {it["color"] for it in shapes(graph)} == {colour}
    assert (old_side(drawing) is None, new_side(drawing) is None) == (not old, not new)


def test_of_very_many_arrows_only_what_changed_is_drawn() -> None:
    """The label says so, and Graphviz answers in seconds."""
    arrows = [f's{n % 97} -> s{n % 89} [label="e{n}"];' for n in range(EDGES_MAX * 10)]
    old = f"digraph big_states {{ {' '.join(arrows[:-2])} }}"
    new = f"digraph big_states {{ {' '.join(arrows[2:])} }}"
    start = perf_counter()
    graph = united(compared("states", old, new))
    assert f"4 of {EDGES_MAX * 10} edges: only what changed" in shown(graph)
    assert len(graph.edges) == 4
    assert len(graph.nodes) <= 8
    assert perf_counter() - start < 20


def test_neither_colours_nor_links_of_a_drawing_are_taken() -> None:
    """They would compete with the changes, or bring a reader's browser somewhere."""
    foreign = 'color=pink, fillcolor=red, URL="javascript:alert(1)", image="a.png", tooltip=x'
    text = f"""digraph a_states {{ graph [bgcolor=black, stylesheet="x.css", {foreign}]
        A [{foreign}, id=q, class=added]
        A -> B [label=x, {foreign}, edgeURL="x", style="bold"] }}"""
    graph = united(compared("states", text, text.replace("label=x", "label=y")))
    allowed = {"label", "color", "fontcolor", "fillcolor", "penwidth", "class", "style"}
    assert set(node(graph, "A")) | set(edge(graph, "A", "B", "y")) <= allowed
    assert set(texts(graph.attributes)) <= allowed
    assert "pink" not in to_dot(graph)


PRINTABLE = st.text(
    st.characters(categories=("L", "N", "P", "S"), include_characters=' "\\<>&'), max_size=20
).map(lambda text: " ".join(text.split()))


def quoted(text: str) -> str:
    """A text as a value in DOT; an odd backslash at its end would take the quote with it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(PRINTABLE.filter(bool))
@settings(max_examples=40)
def test_every_text_is_shown_as_it_is(text: str) -> None:
    """Whatever an attribute holds, the note below an arrow says it letter by letter."""
    old = "digraph a_states { A -> B [label=x] }"
    new = f"digraph a_states {{ A -> B [label=x, guard={quoted(text)}] }}"
    graph = united(compared("states", old, new))
    held = texts(parse(new, "a.dot")[0][0].edges[0].attributes)["guard"]
    expected = f"guard: none → {' '.join(held.split())}"
    assert expected in shown(graph).replace("\xa0", " ").splitlines()


@given(PRINTABLE.filter(bool))
@settings(max_examples=40)
def test_every_text_is_shown_as_it_is_in_a_table(text: str) -> None:
    """Graphviz's HTML has other rules for what must be escaped."""
    new = PACKETS.replace('P_OLD [number="0x01"', f'P_OLD [number="0x01", feature={quoted(text)}')
    graph = united(compared("layouts", PACKETS, new))
    held = texts(parse(new, "a.dot")[0][0].nodes["P_OLD"].attributes)["feature"]
    expected = f"feature: none → {' '.join(held.split())}"
    assert expected in shown(graph).replace("\xa0", " ").splitlines()


def test_a_note_fits_below_a_label_of_markup() -> None:
    """A table of the draughtsman's stays one."""
    old = "digraph a_states { A [wire=1, label=<<table><tr><td>big</td></tr></table>>] }"
    graph = united(compared("states", old, old.replace("wire=1", "wire=2")))
    assert "wire: 1 → 2" in shown(graph)
    assert "big" in shown(graph)


@given(st.sampled_from(sorted(DRAWINGS)), st.randoms(use_true_random=False), st.integers(1, 8))
@settings(max_examples=60)
def test_every_change_is_at_a_shape(path: str, random: Random, count: int) -> None:
    """However a drawing is edited, all but the changes of the whole and of events are shown."""
    old = DRAWINGS[path]
    drawing = compared(kind_of(path), old, edited(path, old, random, "w", count))
    graph = united(drawing)
    classes = {word for it in shapes(graph) for word in it["class"].split()}
    for index, judged in enumerate(drawing.changes):
        key = judged.change.key
        if key.kind not in ("event", "chapter", "flow", "machine", "column"):
            assert f"change-{index}" in classes, judged.change.line


@pytest.mark.parametrize("path", DRAWINGS)
def test_an_edited_drawing_can_be_drawn(path: str) -> None:
    """Graphviz takes the picture of changes of every living drawing, and of its sides."""
    old = DRAWINGS[path]
    drawing = compared(kind_of(path), old, edited(path, old, Random(path), "w", 6))
    for graph in (united(drawing), old_side(drawing), new_side(drawing)):
        assert graph is not None
        assert "<svg" in safe_svg(graph, to_svg)


def test_the_same_drawings_give_the_same_bytes() -> None:
    """The order of nodes, edges and attributes is that of the drawings."""
    first, second = (to_dot(united(compared("states", OLD, NEW))) for _ in range(2))
    assert first == second
