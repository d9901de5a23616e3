"""Changes of a volume are refused by the published rules, in the published order."""

from typing import Final, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated.layouts.state import ReturnCode as Code
from generated.states.conn_states import ConnState as Conn
from generated.states.disk_states import DiskState as Disk
from generated.states.node_states import NodeState as Node
from generated.states.peer_disk_states import PeerDiskState as PeerDisk
from generated.states.peer_states import PeerState as Peer
from runtime.engine.rules import (
    REFUSAL_TEXTS,
    SUCCESS_LEAST,
    Circumstances,
    hard_refusal,
    is_cluster_wide,
    refusal,
    refusal_text,
    soft_refusal,
    static_refusal,
)
from runtime.engine.volume_state import VolumeState

LONE: Final = VolumeState(conn=Conn.WFConnection, disk=Disk.UpToDate)
UP: Final = VolumeState(
    peer=Peer.Secondary, conn=Conn.Connected, disk=Disk.UpToDate, pdsk=PeerDisk.UpToDate
)
PRIMARY: Final = UP._replace(role=Node.Primary)
USUAL: Final = Circumstances(has_verify_alg=True)
SENT: Final = Circumstances(state_sent=True)

states = st.builds(
    VolumeState,
    role=st.sampled_from(Node),
    peer=st.sampled_from(Peer),
    conn=st.sampled_from(Conn),
    disk=st.sampled_from(Disk),
    pdsk=st.sampled_from(PeerDisk),
    user_isp=st.booleans(),
)
circumstances = st.builds(
    Circumstances,
    has_net_options=st.booleans(),
    allow_two_primaries=st.booleans(),
    peer_is_primary_elsewhere=st.booleans(),
    is_device_open=st.booleans(),
    has_verify_alg=st.booleans(),
    version=st.sampled_from((86, 101)),
    state_sent=st.booleans(),
)


class Static(NamedTuple):
    """A state, and what is wrong with it."""

    rule: str
    code: Code
    state: VolumeState
    circumstances: Circumstances = USUAL


BOTH: Final = PRIMARY._replace(peer=Peer.Primary)
BARE: Final = PRIMARY._replace(disk=Disk.Inconsistent, pdsk=PeerDisk.Inconsistent)
FENCING: Final = Circumstances(is_fencing=True)
STATIC: Final = (
    Static("V1", Code.SS_TWO_PRIMARIES, BOTH),
    Static("V1 allowed", Code.SS_SUCCESS, BOTH, Circumstances(allow_two_primaries=True)),
    Static("V1 no net", Code.SS_SUCCESS, BOTH, Circumstances(has_net_options=False)),
    Static("V2", Code.SS_O_VOL_PEER_PRI, PRIMARY, Circumstances(peer_is_primary_elsewhere=True)),
    Static("V2 here", Code.SS_TWO_PRIMARIES, BOTH, Circumstances(peer_is_primary_elsewhere=True)),
    Static("V2 secondary", Code.SS_SUCCESS, UP, Circumstances(peer_is_primary_elsewhere=True)),
    Static("V3", Code.SS_DEVICE_IN_USE, UP, Circumstances(is_device_open=True)),
    Static("V3 primary", Code.SS_SUCCESS, PRIMARY, Circumstances(is_device_open=True)),
    Static(
        "V4",
        Code.SS_NO_UP_TO_DATE_DISK,
        LONE._replace(role=Node.Primary, disk=Disk.Consistent),
    ),
    Static("V4 good", Code.SS_SUCCESS, LONE._replace(role=Node.Primary)),
    Static("V5", Code.SS_PRIMARY_NOP, LONE._replace(role=Node.Primary), FENCING),
    Static(
        "V5 outdated",
        Code.SS_SUCCESS,
        LONE._replace(role=Node.Primary, pdsk=PeerDisk.Outdated),
        FENCING,
    ),
    Static("V5 connected", Code.SS_SUCCESS, PRIMARY, FENCING),
    Static("V6", Code.SS_NO_UP_TO_DATE_DISK, BARE),
    Static("V6 secondary", Code.SS_SUCCESS, BARE._replace(role=Node.Secondary)),
    Static("V7", Code.SS_NO_LOCAL_DISK, UP._replace(conn=Conn.SyncTarget, disk=Disk.Failed)),
    Static("V8", Code.SS_NO_REMOTE_DISK, UP._replace(conn=Conn.SyncSource, pdsk=PeerDisk.Failed)),
    Static(
        "V9",
        Code.SS_NO_UP_TO_DATE_DISK,
        UP._replace(conn=Conn.SyncTarget, disk=Disk.Inconsistent, pdsk=PeerDisk.Consistent),
    ),
    Static("V10 Connected", Code.SS_CONNECTED_OUTDATES, UP._replace(disk=Disk.Outdated)),
    *(
        Static(
            f"V10 {conn.printed}",
            Code.SS_CONNECTED_OUTDATES,
            UP._replace(conn=conn, disk=Disk.Outdated),
        )
        for conn in (Conn.WFBitMapS, Conn.SyncSource, Conn.PausedSyncS)
    ),
    Static("V10 target", Code.SS_SUCCESS, UP._replace(conn=Conn.WFBitMapT, disk=Disk.Outdated)),
    Static("V11", Code.SS_NO_VERIFY_ALG, UP._replace(conn=Conn.VerifyT), Circumstances()),
    Static("V11 chosen", Code.SS_SUCCESS, UP._replace(conn=Conn.VerifyT)),
    Static(
        "V12",
        Code.SS_NOT_SUPPORTED,
        UP._replace(conn=Conn.VerifyS),
        Circumstances(has_verify_alg=True, version=87),
    ),
    Static(
        "V12 new",
        Code.SS_SUCCESS,
        UP._replace(conn=Conn.VerifyS),
        Circumstances(has_verify_alg=True, version=88),
    ),
    Static(
        "V13",
        Code.SS_NO_UP_TO_DATE_DISK,
        PRIMARY._replace(disk=Disk.Diskless, pdsk=PeerDisk.Outdated),
    ),
    Static(
        "V14",
        Code.SS_NEED_CONNECTION,
        UP._replace(conn=Conn.StartingSyncS, pdsk=PeerDisk.DUnknown),
    ),
    Static("V15", Code.SS_CONNECTED_OUTDATES, UP._replace(pdsk=PeerDisk.DUnknown)),
    Static("fine", Code.SS_SUCCESS, PRIMARY),
)


@pytest.mark.parametrize("row", STATIC, ids=[row.rule.replace(" ", "-") for row in STATIC])
def test_static_rule_refuses(row: Static) -> None:
    """A state that must not be has the code of the first rule that it breaks."""
    assert static_refusal(row.state, row.circumstances) == row.code


class Soft(NamedTuple):
    """A way from one state to another, and what is wrong with it."""

    rule: str
    code: Code
    before: VolumeState
    after: VolumeState
    circumstances: Circumstances = USUAL


SYNCING: Final = UP._replace(conn=Conn.SyncSource, pdsk=PeerDisk.Inconsistent)
REPORTING: Final = LONE._replace(conn=Conn.WFReportParams)
STALE: Final = UP._replace(conn=Conn.WFBitMapT, disk=Disk.Outdated)
SOFT: Final = (
    Soft("T1", Code.SS_RESYNC_RUNNING, SYNCING, UP._replace(conn=Conn.StartingSyncT)),
    Soft(
        "T2",
        Code.SS_ALREADY_STANDALONE,
        LONE._replace(conn=Conn.StandAlone),
        LONE._replace(conn=Conn.Disconnecting),
    ),
    Soft("T3", Code.SS_IS_DISKLESS, LONE._replace(disk=Disk.Diskless), LONE),
    Soft(
        "T3 attach",
        Code.SS_SUCCESS,
        LONE._replace(disk=Disk.Diskless),
        LONE._replace(disk=Disk.Attaching),
    ),
    Soft("T4", Code.SS_NO_NET_CONFIG, LONE._replace(conn=Conn.StandAlone), LONE),
    Soft("T4 configured", Code.SS_SUCCESS, LONE._replace(conn=Conn.Unconnected), LONE),
    Soft(
        "T5",
        Code.SS_LOWER_THAN_OUTDATED,
        LONE._replace(disk=Disk.Inconsistent),
        LONE._replace(disk=Disk.Outdated),
    ),
    Soft(
        "T5 attaching",
        Code.SS_SUCCESS,
        LONE._replace(disk=Disk.Attaching),
        LONE._replace(disk=Disk.Outdated),
    ),
    Soft(
        "T5 over T3",
        Code.SS_LOWER_THAN_OUTDATED,
        LONE._replace(disk=Disk.Diskless),
        LONE._replace(disk=Disk.Outdated),
    ),
    Soft(
        "T6",
        Code.SS_IN_TRANSIENT_STATE,
        LONE._replace(conn=Conn.Unconnected),
        LONE._replace(conn=Conn.Disconnecting),
    ),
    Soft("T7", Code.SS_IN_TRANSIENT_STATE, LONE, LONE._replace(role=Node.Primary), SENT),
    Soft("T7 begins", Code.SS_SUCCESS, LONE, REPORTING, SENT),
    Soft("T7 ends", Code.SS_SUCCESS, REPORTING, UP, SENT),
    Soft("T7 leaps", Code.SS_IN_TRANSIENT_STATE, REPORTING, LONE, SENT),
    Soft("T8", Code.SS_IN_TRANSIENT_STATE, STALE, STALE._replace(role=Node.Primary)),
    Soft(
        "T8 changing",
        Code.SS_IN_TRANSIENT_STATE,
        STALE,
        STALE._replace(role=Node.Primary, conn=Conn.SyncTarget),
    ),
    Soft(
        "T8 running",
        Code.SS_SUCCESS,
        STALE._replace(conn=Conn.SyncTarget),
        STALE._replace(conn=Conn.SyncTarget, role=Node.Primary),
    ),
    Soft(
        "T8 diskless",
        Code.SS_SUCCESS,
        UP._replace(disk=Disk.Diskless),
        PRIMARY._replace(disk=Disk.Diskless),
    ),
    Soft("T9", Code.SS_NEED_CONNECTION, LONE, UP._replace(conn=Conn.VerifyS)),
    Soft("T10", Code.SS_RESYNC_RUNNING, SYNCING, UP._replace(conn=Conn.VerifyS)),
    Soft(
        "T10 goes on",
        Code.SS_SUCCESS,
        UP._replace(conn=Conn.VerifyS),
        UP._replace(conn=Conn.VerifyS, user_isp=True),
    ),
    Soft("T11", Code.SS_NEED_CONNECTION, LONE, UP._replace(conn=Conn.StartingSyncS)),
    Soft("T12", Code.SS_NEED_CONNECTION, LONE, SYNCING),
    Soft("T12 handshake", Code.SS_SUCCESS, REPORTING, SYNCING),
    Soft(
        "T13",
        Code.SS_OUTDATE_WO_CONN,
        LONE,
        LONE._replace(conn=Conn.Disconnecting, pdsk=PeerDisk.Outdated),
    ),
    Soft(
        "T13 connected",
        Code.SS_SUCCESS,
        UP,
        LONE._replace(conn=Conn.Disconnecting, pdsk=PeerDisk.Outdated),
    ),
)


@pytest.mark.parametrize("row", SOFT, ids=[row.rule.replace(" ", "-") for row in SOFT])
def test_soft_rule_refuses(row: Soft) -> None:
    """A way that must not be taken has the code of the last rule that it breaks."""
    assert soft_refusal(row.before, row.after, row.circumstances) == row.code


HARD: Final = (
    ("H1", Conn.Connected, Conn.Connected, Code.SS_NOTHING_TO_DO),
    ("H2", Conn.StandAlone, Conn.Disconnecting, Code.SS_ALREADY_STANDALONE),
    ("H3", Conn.StandAlone, Conn.WFConnection, Code.SS_NEED_CONNECTION),
    ("H3-net", Conn.StandAlone, Conn.Unconnected, Code.SS_SUCCESS),
    ("H4", Conn.WFConnection, Conn.Connected, Code.SS_NEED_CONNECTION),
    ("H4-handshake", Conn.WFReportParams, Conn.Connected, Code.SS_SUCCESS),
    ("H5-timeout", Conn.Timeout, Conn.WFConnection, Code.SS_IN_TRANSIENT_STATE),
    ("H5-teardown", Conn.TearDown, Conn.StandAlone, Code.SS_IN_TRANSIENT_STATE),
    ("H5-unconnected", Conn.BrokenPipe, Conn.Unconnected, Code.SS_SUCCESS),
    ("H5-disconnecting", Conn.NetworkFailure, Conn.Disconnecting, Code.SS_SUCCESS),
    ("H6", Conn.Disconnecting, Conn.Unconnected, Code.SS_IN_TRANSIENT_STATE),
    ("H6-standalone", Conn.Disconnecting, Conn.StandAlone, Code.SS_SUCCESS),
    ("H7", Conn.Connected, Conn.SyncSource, Code.SS_SUCCESS),
)


@pytest.mark.parametrize(
    ("old", "new", "code"), [row[1:] for row in HARD], ids=[row[0] for row in HARD]
)
def test_hard_rule_refuses(old: Conn, new: Conn, code: Code) -> None:
    """Not even a hard change takes a way of the connection that does not exist."""
    assert hard_refusal(VolumeState(conn=old), VolumeState(conn=new)) == code


@pytest.mark.parametrize("conn", Conn, ids=lambda conn: conn.printed)
def test_missing_disk_cannot_fail(conn: Conn) -> None:
    """H8: whatever the connection does, a disk that is not there does not fail."""
    after = VolumeState(conn=conn, disk=Disk.Failed)
    assert hard_refusal(VolumeState(), after) == Code.SS_IS_DISKLESS


def test_what_was_bad_before_is_forgiven() -> None:
    """A primary that has no good data already may still change something else."""
    after = BARE._replace(user_isp=True)
    assert refusal(BARE, after, USUAL) == Code.SS_SUCCESS


def test_another_fault_is_not_forgiven() -> None:
    """A fault excuses itself, and no other one."""
    before = UP._replace(disk=Disk.Outdated)
    after = PRIMARY._replace(disk=Disk.Inconsistent, pdsk=PeerDisk.Inconsistent)
    assert refusal(before, after, USUAL) == Code.SS_NO_UP_TO_DATE_DISK


def test_forgiven_change_still_has_to_take_a_good_way() -> None:
    """What the static rules forgive is still held against the soft rules."""
    before = BARE._replace(conn=Conn.WFReportParams)
    assert refusal(before, before._replace(user_isp=True), SENT) == Code.SS_IN_TRANSIENT_STATE


def test_peer_is_not_asked_for_what_is_bad() -> None:
    """A change that the peer has to agree to is not forgiven."""
    before = BARE._replace(peer=Peer.Primary)
    after = before._replace(disk=Disk.Failed)
    allowing = Circumstances(allow_two_primaries=True)
    code = refusal(before, after, allowing, is_cluster_wide=True)
    assert code == Code.SS_NO_UP_TO_DATE_DISK


@given(state=states, circumstances=circumstances, is_cluster_wide=st.booleans())
def test_unchanged_is_nothing_to_do(
    *, state: VolumeState, circumstances: Circumstances, is_cluster_wide: bool
) -> None:
    """Where nothing differs, nothing is asked for."""
    code = refusal(state, state, circumstances, is_cluster_wide=is_cluster_wide)
    assert code == Code.SS_NOTHING_TO_DO


@given(before=states, after=states, circumstances=circumstances)
def test_refusal_is_a_code_with_a_text(
    before: VolumeState, after: VolumeState, circumstances: Circumstances
) -> None:
    """Whatever is refused has a sentence for people."""
    code = refusal(before, after, circumstances)
    assert code >= SUCCESS_LEAST or refusal_text(code) == REFUSAL_TEXTS[code]


@given(before=states, after=states, circumstances=circumstances)
def test_asking_the_peer_allows_no_more(
    before: VolumeState, after: VolumeState, circumstances: Circumstances
) -> None:
    """What is allowed where the peer is asked is allowed where it is not."""
    wide = refusal(before, after, circumstances, is_cluster_wide=True)
    assert wide < SUCCESS_LEAST or refusal(before, after, circumstances) == wide


@given(before=states, after=states, circumstances=circumstances)
def test_soft_change_obeys_the_hard_rules(
    before: VolumeState, after: VolumeState, circumstances: Circumstances
) -> None:
    """What no change may do, a soft one may not do either."""
    hard = hard_refusal(before, after)
    if before != after and hard < SUCCESS_LEAST:
        assert refusal(before, after, circumstances) == hard


@pytest.mark.parametrize(
    ("before", "after", "is_wide"),
    [
        pytest.param(UP, PRIMARY, True, id="promotion"),
        pytest.param(LONE, LONE._replace(role=Node.Primary), False, id="lone-promotion"),
        pytest.param(PRIMARY, UP, False, id="demotion"),
        pytest.param(UP, UP._replace(conn=Conn.StartingSyncT), True, id="invalidate"),
        pytest.param(UP, UP._replace(conn=Conn.StartingSyncS), True, id="invalidate-remote"),
        pytest.param(UP, UP._replace(disk=Disk.Failed), True, id="detach"),
        pytest.param(LONE, LONE._replace(disk=Disk.Failed), False, id="lone-detach"),
        pytest.param(SYNCING, LONE._replace(conn=Conn.Disconnecting), True, id="disconnect"),
        pytest.param(LONE, LONE._replace(conn=Conn.Disconnecting), False, id="lone-disconnect"),
        pytest.param(UP, UP._replace(conn=Conn.VerifyS), True, id="verify"),
        pytest.param(SYNCING, UP._replace(conn=Conn.VerifyS), False, id="busy-verify"),
        pytest.param(UP, UP._replace(conn=Conn.VerifyT), False, id="verify-of-the-peer"),
        pytest.param(UP, REPORTING, True, id="remove-volume"),
        pytest.param(SYNCING, REPORTING, False, id="remove-busy-volume"),
        pytest.param(UP, LONE._replace(conn=Conn.Timeout), False, id="loss"),
        pytest.param(UP, LONE._replace(conn=Conn.Timeout, role=Node.Primary), False, id="late"),
    ],
)
def test_change_needs_the_peer(before: VolumeState, after: VolumeState, *, is_wide: bool) -> None:
    """The peer is asked for what it takes part in, and for nothing else."""
    assert is_cluster_wide(before, after) is is_wide


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (-1, "Multiple primaries not allowed by config"),
        (-18, "In transient state, retry after next state change"),
        (-22, "TOO_SMALL"),
        (2, "TOO_LARGE"),
        (-3, "-3"),
    ],
)
def test_code_has_its_text(code: int, text: str) -> None:
    """Known codes have the published text, others are told by what is odd about them."""
    assert refusal_text(code) == text


def test_every_refusal_has_a_text() -> None:
    """No code that means no is without a sentence for people."""
    assert set(REFUSAL_TEXTS) == {code for code in Code if code < SUCCESS_LEAST}
