"""The living drawings are the full machine: every published edge, row and number, and no other."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from codegen.parse import parse
from codegen.states.model import Machine
from codegen.states.reader import read_machine
from codegen.states.rules import RULES

DRAWINGS: Final = Path(__file__).parents[3] / "specs" / "states"

LOST: Final = "Timeout C39, BrokenPipe C40, NetworkFailure C41, ProtocolError C42, TearDown C43"
DOWN: Final = f"Disconnecting C45 C46, {LOST}"
REASON: Final = "Disconnecting C47, Unconnected C44"

CONN_EDGES: Final = {
    "StandAllone": "Unconnected C1",
    "Disconnecting": "StandAllone C48",
    "Unconnected": "Disconnecting C47a, WFConnection C2",
    "Timeout": REASON,
    "BrokenPipe": REASON,
    "NetworkFailure": REASON,
    "ProtocolError": REASON,
    "TearDown": REASON,
    "WFConnection": "Disconnecting C3 C7 C8, Timeout C5, BrokenPipe C5, NetworkFailure C4,"
    "WFReportParams C6 C49",
    "WFReportParams": f"Disconnecting C12 C45, {LOST}, Connected C9, WFBitMapS C10, WFBitMapT C11",
    "Connected": f"{DOWN}, WFReportParams C38, StartingSyncS C18, StartingSyncT C19, WFBitMapS C23,"
    "WFBitMapT C23, WFSyncUUID C25, SyncSource C24, VerifyS C32, VerifyT C32, PausedSyncS C24,"
    "Ahead C34, Behind C35",
    "StartingSyncS": f"{DOWN}, Connected C22 C31, SyncSource C20, PausedSyncS C20",
    "StartingSyncT": f"{DOWN}, Connected C22 C31, WFSyncUUID C21",
    "WFBitMapS": f"{DOWN}, Connected C31, SyncSource C13, PausedSyncS C14",
    "WFBitMapT": f"{DOWN}, Connected C31, WFSyncUUID C15",
    "WFSyncUUID": f"{DOWN}, Connected C31, SyncTarget C16, PausedSyncT C17",
    "SyncSource": f"{DOWN}, Connected C30 C31, PausedSyncS C26, Ahead C34",
    "SyncTarget": f"{DOWN}, Connected C30 C31, PausedSyncT C28, Behind C35",
    "VerifyS": f"{DOWN}, Connected C31 C33, Ahead C34, Behind C35",
    "VerifyT": f"{DOWN}, Connected C31 C33, Ahead C34, Behind C35",
    "PausedSyncS": f"{DOWN}, Connected C30 C31, SyncSource C27, Ahead C34",
    "PausedSyncT": f"{DOWN}, Connected C30 C31, SyncTarget C29, Behind C35",
    "Ahead": f"{DOWN}, Connected C31, SyncSource C36, PausedSyncS C36",
    "Behind": f"{DOWN}, Connected C31, SyncTarget C37, PausedSyncT C37",
}
DISK_EDGES: Final = {
    "Diskless": "Attaching D1",
    "Attaching": "Diskless D2, Negotiating D3, Inconsistent D4, Outdated D5, Consistent D6,"
    "UpToDate D7",
    "Failed": "Diskless D25",
    "Negotiating": "Diskless D12, Failed D10 D24, Inconsistent D9 D11, Outdated D11,"
    "Consistent D11, UpToDate D8 D11 D23a",
    "Inconsistent": "Failed D24, UpToDate D18 D22 D23 D23a",
    "Outdated": "Failed D24, Inconsistent D19 D20 D21, UpToDate D17 D18 D23a",
    "Consistent": "Failed D24, Inconsistent D20 D21, Outdated D15 D16, UpToDate D13 D14 D18 D23a",
    "UpToDate": "Failed D24, Inconsistent D20 D21, Outdated D15 D16",
}
PEER_DISK_EDGES: Final = {
    "DUnknown": "Diskless, Attaching, Failed, Inconsistent, Consistent, UpToDate, Outdated",
    # Row P6 leads to Outdated from these "others" too, though the published list of edges does not.
    "Diskless": "DUnknown, Attaching, Inconsistent, Consistent, UpToDate, Outdated P6",
    "Attaching": "DUnknown, Diskless, Failed, Inconsistent, Consistent, UpToDate, Outdated P6",
    "Failed": "DUnknown, Diskless, Outdated P6",
    # Attaching is named by row P1, though not by the published list of edges.
    "Inconsistent": "Outdated, Consistent, UpToDate, Failed, Diskless, Attaching P1",
    "Outdated": "Inconsistent, Consistent, UpToDate, Diskless, Failed, Attaching",
    "Consistent": "DUnknown, Inconsistent, UpToDate, Failed, Diskless, Outdated",
    "UpToDate": "DUnknown, Consistent, Inconsistent, Outdated, Failed, Diskless",
}
NODE_EDGES: Final = {"Secondary": "Primary R1", "Primary": "Secondary R2 R3"}
PEER_EDGES: Final = {
    "Unknown": "Primary Q1, Secondary Q1",
    "Secondary": "Primary Q2, Unknown Q4",
    "Primary": "Secondary Q3, Unknown Q4",
}
EDGES: Final = {
    "conn_states": CONN_EDGES,
    "disk_states": DISK_EDGES,
    "peer_disk_states": PEER_DISK_EDGES,
    "node_states": NODE_EDGES,
    "peer_states": PEER_EDGES,
}
"""Drawing -> state -> the states that it leads to, each with its rows (states 2.4, 2.5, 2.8)."""

ROWS: Final = {
    "conn_states": {*(f"C{row}" for row in range(1, 50)), "C47a"},
    "disk_states": {*(f"D{row}" for row in range(1, 26)), "D23a"},
    "peer_disk_states": {f"P{row}" for row in range(1, 16)},
    "node_states": {f"R{row}" for row in range(1, 4)},
    "peer_states": {f"Q{row}" for row in range(1, 5)},
}
"""Every row of the published tables (states 2.1 to 2.5)."""

WIRE: Final = {
    "conn_states": "StandAlone Disconnecting Unconnected Timeout BrokenPipe NetworkFailure"
    " ProtocolError TearDown WFConnection WFReportParams Connected StartingSyncS StartingSyncT"
    " WFBitMapS WFBitMapT WFSyncUUID SyncSource SyncTarget VerifyS VerifyT PausedSyncS PausedSyncT"
    " Ahead Behind",
    "disk_states": "Diskless Attaching Failed Negotiating Inconsistent Outdated - Consistent"
    " UpToDate",
    "peer_disk_states": "Diskless Attaching Failed - Inconsistent Outdated DUnknown Consistent"
    " UpToDate",
    "node_states": "- Primary Secondary",
    "peer_states": "Unknown Primary Secondary",
}
"""The printed names in the order of their numbers; "-" where that machine never is (states 1)."""

INITIAL: Final = {
    "conn_states": "StandAllone",
    "disk_states": "Diskless",
    "peer_disk_states": "DUnknown",
    "node_states": "Secondary",
    "peer_states": "Unknown",
}
"""What a freshly created volume has (states 0)."""

EVERY_DRAWING: Final = pytest.mark.parametrize("name", EDGES)


@cache
def machine(name: str) -> Machine:
    """The machine that is generated from a drawing."""
    path = DRAWINGS / f"{name}.dot"
    (graph,), problems = parse(path.read_text("utf-8"), path.name)
    drawn, faults = read_machine(graph)
    assert not problems + faults
    return drawn


def published(name: str) -> dict[tuple[str, str], set[str]]:
    """The published edges of a machine, each with its rows."""
    edges = {}
    for source, targets in EDGES[name].items():
        for item in targets.split(","):
            target, *rows = item.split()
            edges[source, target] = set(rows)
    return edges


def drawn(name: str) -> dict[tuple[str, str], set[str]]:
    """The edges of a machine, each with the rows that its arrows name."""
    edges: dict[tuple[str, str], set[str]] = {}
    for arrow in machine(name).arrows:
        if not arrow.stays:
            edges.setdefault((arrow.source, arrow.target), set()).update(rows(arrow.comment))
    return edges


def rows(comment: str) -> list[str]:
    """The rows that a comment begins with: `C16, C17 (F9): ...`."""
    return re.findall(r"\b[CDPQR]\d+a?\b", comment.partition(":")[0])


def comments(name: str) -> Iterator[str]:
    """What is said of the arrows and the states of a machine."""
    yield from (arrow.comment for arrow in machine(name).arrows)
    for state in machine(name).states:
        yield from state.comment.split(". ")


@EVERY_DRAWING
def test_drawing_has_the_published_edges_and_no_other(name: str) -> None:
    """The full machine can go exactly where the published lists of edges say."""
    assert set(drawn(name)) == set(published(name))


@EVERY_DRAWING
def test_edge_names_its_published_rows(name: str) -> None:
    """Wherever the lists give the rows of an edge, an arrow there names each of them."""
    named = drawn(name)
    missing = {edge: rows - named[edge] for edge, rows in published(name).items()}
    assert not {edge: rows for edge, rows in missing.items() if rows}


@EVERY_DRAWING
def test_every_published_row_is_drawn(name: str) -> None:
    """Each row of the published tables is named by an arrow or a state, and no row is invented."""
    assert {row for comment in comments(name) for row in rows(comment)} == ROWS[name]


@EVERY_DRAWING
def test_every_arrow_names_its_row(name: str) -> None:
    """A reviewer finds the published row of each arrow in its comment."""
    arrows = [arrow for arrow in machine(name).arrows if not arrow.stays]
    assert not [arrow for arrow in arrows if not rows(arrow.comment)]


@EVERY_DRAWING
def test_states_have_their_published_numbers(name: str) -> None:
    """The peer and the disk read the same number for the same name."""
    numbers = {state.printed: state.wire for state in machine(name).states}
    assert numbers == {it: wire for wire, it in enumerate(WIRE[name].split()) if it != "-"}


@EVERY_DRAWING
def test_new_volume_is_in_the_initial_states(name: str) -> None:
    """A freshly created volume has no connection, no disk and no role to speak of."""
    assert machine(name).initial == INITIAL[name]


@EVERY_DRAWING
def test_no_rule_finds_anything(name: str) -> None:
    """The drawings obey every rule of their kind, down to the notes."""
    checks = [rule.check for rule in RULES if rule.check is not None]
    assert not [str(problem) for check in checks for problem in check(machine(name))]


def test_any_state_arrows_are_drawn_once() -> None:
    """Losing the link is one arrow per reason, however many states lose it."""
    places = {it.place.offset for it in machine("conn_states").arrows if it.any_state}
    assert len(places) == 9
