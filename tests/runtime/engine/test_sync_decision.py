"""Two nodes that met decide who becomes source, as published and as two kernels logged it."""

from dataclasses import replace
from typing import Final, NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from generated.layouts.configuration import SplitBrainPolicy as Policy
from generated.states.conn_states import ConnState as Conn
from generated.states.disk_states import DiskState as Disk
from runtime.config import NetOptions, RrConflict
from runtime.engine.split_brain import ONE_PRIMARY, TWO_PRIMARIES, ZERO_PRIMARIES
from runtime.engine.sync_decision import Decision, decide
from runtime.metadata.comparison import Agreement
from runtime.metadata.generations import Generations, same
from tests.runtime.engine.met_nodes import (
    AHEAD,
    BARE,
    BEHIND,
    BITS,
    EMPTY,
    FAR_BEHIND,
    LOST_HERE,
    LOST_THERE,
    SAME,
    SPLIT_HERE,
    SPLIT_THERE,
    STRANGER,
    UNRESOLVED,
    A,
    B,
    C,
    D,
    E,
    Node,
    met,
    own_side,
    peer_side,
)


class Row(NamedTuple):
    """Two nodes, and what the first of them is to do."""

    name: str
    own: Node
    peer: Node
    verdict: int
    options: NetOptions = NetOptions()


ALWAYS: Final = NetOptions(always_asbp=True, after_sb_0pri=Policy.DISCARD_REMOTE)
ROWS: Final = (
    Row("equal", SAME, SAME, 0),
    Row("ahead", AHEAD, BEHIND, 1),
    Row("behind", BEHIND, AHEAD, -1),
    Row("far ahead", AHEAD, FAR_BEHIND, 2),
    Row("far behind", FAR_BEHIND, AHEAD, -2),
    Row("both new", BARE, BARE, 0),
    Row("new beside old", BARE, AHEAD, -2),
    Row("equal, peer inconsistent", SAME, SAME._replace(disk=Disk.Inconsistent), 1),
    Row("equal, inconsistent", SAME._replace(disk=Disk.Inconsistent), SAME, -1),
    Row("behind, peer inconsistent", BEHIND, AHEAD._replace(disk=Disk.Inconsistent), 1),
    Row("far behind, peer so", FAR_BEHIND, AHEAD._replace(disk=Disk.Inconsistent), 2),
    Row("lost, peer inconsistent", LOST_HERE, LOST_THERE._replace(disk=Disk.Inconsistent), 2),
    Row("split, peer inconsistent", SPLIT_HERE, SPLIT_THERE._replace(disk=Disk.Inconsistent), 1),
    Row("outdated is not inconsistent", SAME._replace(disk=Disk.Outdated), SAME, 0),
    Row(
        "split, by policy",
        SPLIT_HERE,
        SPLIT_THERE,
        1,
        NetOptions(after_sb_0pri=Policy.DISCARD_REMOTE),
    ),
    Row("split, discard here", SPLIT_HERE._replace(discards=True), SPLIT_THERE, -1),
    Row("split, discard there", SPLIT_HERE, SPLIT_THERE._replace(discards=True), 1),
    Row("lost, discard here", LOST_HERE._replace(discards=True), LOST_THERE, -1),
    Row("lost, always by policy", LOST_HERE, LOST_THERE, 2, ALWAYS),
    Row(
        "primary behind peer, still outdated",
        BEHIND._replace(is_primary=True, disk=Disk.Outdated),
        AHEAD,
        -1,
    ),
    Row(
        "primary behind, violently",
        BEHIND._replace(is_primary=True),
        AHEAD,
        -1,
        NetOptions(rr_conflict=RrConflict.VIOLENTLY),
    ),
    Row("primary ahead", AHEAD._replace(is_primary=True), BEHIND, 1),
)


@pytest.mark.parametrize(
    "row", ROWS, ids=[row.name.replace(",", "").replace(" ", "-") for row in ROWS]
)
def test_verdict(row: Row) -> None:
    """Who becomes source, and of how much, follows from generations, disks, roles and settings."""
    decision = met(row.own, row.peer, row.options)
    assert (decision.verdict, decision.failure) == (row.verdict, "")


LEADS_TO: Final = ((2, Conn.WFBitMapS), (-1, Conn.WFBitMapT), (0, Conn.Connected))


@pytest.mark.parametrize(("verdict", "conn"), LEADS_TO)
def test_verdict_leads_to_a_state(verdict: int, conn: Conn) -> None:
    """A source sends its bitmap, a target waits for it, and without a resync all is done."""
    assert replace(met(SAME, SAME), verdict=verdict).conn is conn


@pytest.mark.parametrize(
    ("verdict", "is_full"), [(2, True), (-2, True), (1, False), (-1, False), (0, False)]
)
def test_double_verdict_is_about_all_blocks(verdict: int, *, is_full: bool) -> None:
    """Verdicts 2 and -2 set the whole bitmap."""
    assert replace(met(SAME, SAME), verdict=verdict).full_sync is is_full


class Refusal(NamedTuple):
    """Two nodes that can not stay connected, and whom the first of them tells."""

    name: str
    own: Node
    peer: Node
    failure: str
    helpers: tuple[str, ...] = ()
    options: NetOptions = NetOptions()
    agreement: Agreement = Agreement()


BOTH_HELPERS: Final = ("initial-split-brain", "split-brain")
TARGET_PRIMARY: Final = "This node should become sync target, but it is Primary!"
CRASHED: Final = SAME._replace(was_crashed=True, is_primary=True)
REFUSALS: Final = (
    Refusal(
        "unrelated",
        Node((A, 0x11, 0x22, 0x33)),
        STRANGER,
        "Unrelated data, dropping connection!",
    ),
    Refusal("split", SPLIT_HERE, SPLIT_THERE, UNRESOLVED, BOTH_HELPERS),
    Refusal("lost", LOST_HERE, LOST_THERE, UNRESOLVED, BOTH_HELPERS),
    Refusal(
        "lost, policy for less",
        LOST_HERE,
        LOST_THERE,
        UNRESOLVED,
        BOTH_HELPERS,
        NetOptions(after_sb_0pri=Policy.DISCARD_REMOTE),
    ),
    Refusal(
        "both discard",
        SPLIT_HERE._replace(discards=True),
        SPLIT_THERE._replace(discards=True),
        UNRESOLVED,
        BOTH_HELPERS,
    ),
    Refusal(
        "losing primary",
        SPLIT_HERE._replace(is_primary=True),
        SPLIT_THERE,
        UNRESOLVED,
        ("initial-split-brain", "pri-lost-after-sb", "split-brain"),
        NetOptions(after_sb_0pri=Policy.DISCARD_LOCAL, after_sb_1pri=Policy.CALL_PRI_LOST_AFTER_SB),
    ),
    Refusal(
        "inconsistent source",
        AHEAD._replace(disk=Disk.Inconsistent),
        BEHIND._replace(disk=Disk.Inconsistent),
        "This node should become sync source, but its disk is Inconsistent!",
    ),
    Refusal("primary target", BEHIND._replace(is_primary=True), AHEAD, TARGET_PRIMARY),
    Refusal(
        "primary target, with a helper",
        BEHIND._replace(is_primary=True),
        AHEAD,
        TARGET_PRIMARY,
        ("pri-lost",),
        NetOptions(rr_conflict=RrConflict.CALL_PRI_LOST),
    ),
    Refusal(
        "old protocol",
        AHEAD._replace(uuids=(A, B, 0, 0)),
        SAME,
        "Both nodes need protocol 91 to decide this",
        agreement=Agreement(version=90),
    ),
    Refusal(
        "missing feature",
        CRASHED,
        SAME,
        "Both nodes need protocol 101 and feature bits 0x4 to decide this",
        agreement=Agreement(has_write_same=False),
    ),
)


@pytest.mark.parametrize(
    "row", REFUSALS, ids=[row.name.replace(",", "").replace(" ", "-") for row in REFUSALS]
)
def test_refusal(row: Refusal) -> None:
    """What can not go on ends with its reason, as the last sentence of the log, and no resync."""
    decision = met(row.own, row.peer, row.options, row.agreement)
    assert (decision.failure, decision.log[-1]) == (row.failure, row.failure)
    assert (decision.verdict, decision.helpers) == (0, row.helpers)


@pytest.mark.parametrize(
    ("own", "peer", "failure"),
    [
        (SAME, SAME, "Dry run: no resync would follow"),
        (AHEAD, BEHIND, "Dry run: this node would become sync source, bitmap based"),
        (FAR_BEHIND, AHEAD, "Dry run: this node would become sync target, full"),
    ],
    ids=["equal", "ahead", "far-behind"],
)
def test_dry_run(own: Node, peer: Node, failure: str) -> None:
    """Who asks for a dry run is told what would happen, and nothing happens."""
    side = replace(own_side(own), is_dry_run=True)
    decision = decide(side, peer_side(peer), Agreement(), NetOptions())
    assert (decision.failure, decision.verdict) == (failure, 0)


@pytest.mark.parametrize(
    ("would_be", "verdict"), [(Disk.Inconsistent, -1), (Disk.Consistent, 0), (Disk.UpToDate, 0)]
)
def test_negotiating_disk_counts_as_what_its_meta_data_say(would_be: Disk, verdict: int) -> None:
    """A disk that came while connected is judged by what attaching found."""
    side = replace(own_side(SAME), disk=Disk.Negotiating, would_be_disk=would_be)
    assert decide(side, peer_side(SAME), Agreement(), NetOptions()).verdict == verdict


def test_negotiating_disk_of_a_primary_may_become_target() -> None:
    """Applications have not seen data of a disk that was attached just now."""
    node = BEHIND._replace(disk=Disk.Negotiating, is_primary=True)
    side = replace(own_side(node), would_be_disk=Disk.UpToDate)
    assert decide(side, peer_side(AHEAD), Agreement(), NetOptions()).is_target


def test_correction_of_history_is_handed_on() -> None:
    """What the comparison made up for is part of the decision, so that it can be written."""
    decision = met(Node((A, B, C, D)), Node((A, 0, B, C)))
    assert decision.comparison.own == Generations(A, 0, B, C)


# What kernels logged (recordings of the same names).


def test_log_of_an_initial_sync() -> None:
    """The target of a first resync says what the kernel says."""
    own = Node((4, 0, 0, 0), Disk.Inconsistent, bits=1029)
    peer = Node((0xFD905D09579300D5, 4, 0, 0), is_primary=True, bits=1029)
    assert met(own, peer).log == (
        "drbd_sync_handshake:",
        f"self 0000000000000004:{EMPTY}:{EMPTY}:{EMPTY} bits:1029 flags:0",
        f"peer FD905D09579300D5:0000000000000004:{EMPTY}:{EMPTY} bits:1029 flags:0",
        "uuid_compare()=-2 by rule 20",
        "Becoming sync target due to disk states.",
        "Writing the whole bitmap, full sync required after drbd_sync_handshake.",
    )


HERE: Final = Node((0xC686B43C49EE0A2C, 0xBBB0C025DCF60BEE, 0, 0), bits=4)
THERE: Final = Node((0x3726C5F5F35F1B7C, 0xBBB0C025DCF60BEE, 0, 0), discards=True, bits=8)


def test_log_of_discarded_data() -> None:
    """The source of a resync after a manual decision says what the kernel says."""
    assert met(HERE, THERE).log == (
        "drbd_sync_handshake:",
        "self C686B43C49EE0A2C:BBB0C025DCF60BEE:0000000000000000:0000000000000000 bits:4 flags:0",
        "peer 3726C5F5F35F1B7C:BBB0C025DCF60BEE:0000000000000000:0000000000000000 bits:8 flags:1",
        "uuid_compare()=100 by rule 90",
        "Split-Brain rule: after-sb-0pri disconnect: no decision",
        "Split-Brain rule: discard-my-data of the peer node",
        "Split-Brain detected, manually solved. Sync from this node",
        "Changes of the peer node are lost: 8 blocks, 32 KB, changed since BBB0C025DCF60BEE",
    )


def test_own_request_to_discard_is_not_among_the_own_flags() -> None:
    """The target says of itself that it has no flags, as the kernel does."""
    log = met(THERE, HERE).log
    assert log[1].endswith("bits:8 flags:0")
    assert log[-2:] == (
        "Split-Brain detected, manually solved. Sync from peer node",
        "Changes of this node are lost: 8 blocks, 32 KB, changed since BBB0C025DCF60BEE",
    )


def test_log_of_a_policy() -> None:
    """A policy that falls back on another one says so before its ruling."""
    options = NetOptions(after_sb_0pri=Policy.DISCARD_YOUNGER_PRIMARY)
    own = Node((0x61843B1F9A7936EA, 0xEE62187D6B02ED68, 0, 0), bits=8)
    peer = Node((0x9967E45D79F89460, 0xEE62187D6B02ED68, 0, 0), bits=4)
    assert met(own, peer, options).log[3:] == (
        "uuid_compare()=100 by rule 90",
        "Discard younger/older primary did not find a decision",
        "Split-Brain rule: after-sb-0pri discard-younger-primary: the peer's changes are given up",
        "Split-Brain detected, 0 primaries, automatically solved. Sync from this node",
        "Changes of the peer node are lost: 4 blocks, 16 KB, changed since EE62187D6B02ED68",
    )


def test_bits_without_a_resync_are_told() -> None:
    """Bits that nobody resyncs stay set, and are told of."""
    assert met(SAME, SAME).log[-1] == f"No resync, but {BITS} bits in bitmap!"


# Both nodes decide for themselves.

UUIDS: Final = st.sampled_from((0, 4, A, A + 1, B, B + 1, C, D, E))
nodes = st.builds(
    Node,
    uuids=st.tuples(UUIDS, UUIDS, UUIDS, UUIDS),
    disk=st.sampled_from((Disk.Inconsistent, Disk.Outdated, Disk.Consistent, Disk.UpToDate)),
    is_primary=st.booleans(),
    was_crashed=st.booleans(),
    discards=st.booleans(),
    bits=st.integers(0, 2),
)
CALLING: Final = Policy.CALL_PRI_LOST_AFTER_SB  # only the node that loses fails
settings = st.builds(
    NetOptions,
    always_asbp=st.booleans(),
    after_sb_0pri=st.sampled_from(list(ZERO_PRIMARIES)),
    after_sb_1pri=st.sampled_from([policy for policy in ONE_PRIMARY if policy is not CALLING]),
    after_sb_2pri=st.sampled_from([policy for policy in TWO_PRIMARIES if policy is not CALLING]),
    rr_conflict=st.just(RrConflict.VIOLENTLY),  # any other one lets the target alone fail
)
agreements = st.builds(
    Agreement,
    version=st.sampled_from((90, 95, 101)),
    has_write_same=st.booleans(),
    resolves_conflicts=st.booleans(),
)
MIRRORED: Final = {
    Policy.DISCARD_LOCAL: Policy.DISCARD_REMOTE,
    Policy.DISCARD_REMOTE: Policy.DISCARD_LOCAL,
}


def is_past(uuid: int, node: Node) -> bool:
    """Whether a node once had this generation."""
    return any(same(uuid, it) for it in node.uuids[1:])


@given(own=nodes, peer=nodes, options=settings, agreement=agreements)
def test_decisions_mirror_each_other(
    *, own: Node, peer: Node, options: NetOptions, agreement: Agreement
) -> None:
    """One node becomes source where the other becomes target, or both go on or fail alike."""
    mine, theirs = own.uuids[0], peer.uuids[0]
    # Left out is what the comparison of generations does not mirror, and what no two nodes are.
    assume(same(mine, theirs) or not (is_past(mine, peer) and is_past(theirs, own)))
    assume(mine | theirs > 1)
    assume(Disk.Inconsistent not in (own.disk, peer.disk) or own.disk is not peer.disk)
    zero = options.after_sb_0pri
    there = replace(options, after_sb_0pri=MIRRORED.get(zero, zero))
    other = replace(agreement, resolves_conflicts=not agreement.resolves_conflicts)
    here = met(own, peer, options, agreement)
    away = met(peer, own, there, other)
    assert (away.verdict, away.failure) == (-here.verdict, here.failure)
    assert _losses(away, "peer node", "this node") == _losses(here, "this node", "peer node")


def _losses(decision: Decision, *names: str) -> list[str]:
    """What is lost, with the nodes called by numbers."""
    lost = [it.replace("of the", "of") for it in decision.log if it.startswith("Changes of")]
    for number, name in enumerate(names):
        lost = [it.replace(name, str(number)) for it in lost]
    return lost
