"""The rows of the transition tables that no test takes, and why none can: a reason for each.

They are in the drawings because the reference has them, where any state or any disk is meant, and a
table that lacked some would be another machine.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Final

REASONS: Final[Mapping[str, str]] = {
    "conn_states StartingSyncT --[np]*": (
        "the target writes its bitmap within the event that asks for it; only the source waits,"
        " for a program"
    ),
    "conn_states StartingSyncT --disconnect_*": (
        "the target writes its bitmap within the event that asks for it; only the source waits,"
        " for a program"
    ),
    "conn_states StartingSyncS --peer_asked_for_teardown*": (
        "while the program is asked nothing is read from the data socket"
    ),
    "conn_states StartingSyncS --protocol_violated*": (
        "while the program is asked nothing is read from the data socket, and the meta socket ends"
        " by another event"
    ),
    "conn_states WFReportParams --peer_asked_for_teardown*": (
        "T7: in a handshake a disconnect has to wait"
    ),
    "conn_states WFReportParams --disconnect_requested*": (
        "T7: in a handshake a disconnect has to wait"
    ),
    "conn_states WFReportParams --peer_refused*": (
        "what refuses a peer in the handshake is C12's event"
    ),
    "conn_states WFConnection --peer_timed_out*": (
        "the handshake has a time limit of its own, which comes first and is C4"
    ),
    "conn_states * --del_minor_requested*": (
        "the volumes of a resource are fixed while it runs; the peer's removal is taken"
    ),
    "disk_states Consistent --io_completion_error*": (
        "Consistent is a disk only while nobody uses it: unconnected, and Secondary"
    ),
    "disk_states Consistent --disk_timed_out*": (
        "Consistent is a disk only while nobody uses it: unconnected, and Secondary"
    ),
    "disk_states Consistent --peer_asked_to_outdate*": (
        "with a peer that could ask it is UpToDate (N5)"
    ),
    "disk_states Consistent --up_to_date_demanded*": (
        "what makes it a source's disk has made it UpToDate before (N5)"
    ),
    "disk_states Outdated --up_to_date_demanded*": (
        "what makes it a source's disk has made it UpToDate before (N5)"
    ),
    "disk_states Outdated --disk_timed_out*": (
        "the time limit is for requests of applications, and a Primary's disk is not Outdated"
    ),
    "disk_states Negotiating --io_completion_error*": (
        "a disk that negotiates is neither read nor written"
    ),
    "disk_states Negotiating --disk_timed_out*": (
        "a disk that negotiates is neither read nor written"
    ),
    "peer_disk_states Consistent --up_to_date_reported*": (
        "it is Consistent only before a resync, where the same report counts as Inconsistent (5.5)"
    ),
    "peer_disk_states Outdated --up_to_date_demanded*": "the peer's report comes first",
    "peer_disk_states DUnknown --up_to_date_demanded*": "the peer's report comes first",
    "peer_disk_states Consistent --up_to_date_demanded*": (
        "it is Consistent only while this node is source, or Ahead"
    ),
}
"""Pattern of a graph and a row -> why no test takes it."""


def reason_of(row: str) -> str:
    """Why no test takes a row; empty if one should."""
    return next((why for it, why in REASONS.items() if fnmatchcase(row, it)), "")


def judged(*, taken: Iterable[str], left: Iterable[str]) -> tuple[list[str], dict[str, list[str]]]:
    """What is wrong with a whole run, and the rows that are left by reason."""
    wrong = [f"never taken: {row}" for row in left if not reason_of(row)]
    wrong += [f"taken, and there is a reason why not: {row}" for row in taken if reason_of(row)]
    excused: dict[str, list[str]] = {}
    for row in left:
        if reason := reason_of(row):
            excused.setdefault(reason, []).append(row)
    matched = [pattern for pattern in REASONS if any(fnmatchcase(row, pattern) for row in left)]
    wrong += [f"a reason for no row: {pattern}" for pattern in REASONS if pattern not in matched]
    return wrong, excused
