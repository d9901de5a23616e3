"""The own disk in every state: what the administrator, the peer and its faults make of it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from generated.layouts.commands import Command
from generated.layouts.state import (
    P_CONN_ST_CHG_REPLY,
    P_CONN_ST_CHG_REQ,
    P_STATE,
    P_STATE_CHG_REQ,
    ReturnCode,
)
from generated.layouts.write import P_DATA
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.node_states import NodeState
from generated.states.peer_disk_states import PeerDiskState
from runtime.config import DiskOptions, FencingPolicy, OnIoError
from runtime.effects import DiskWork, WriteBlocks
from runtime.engine.state_words import request
from runtime.events import (
    ConnectRequested,
    DetachRequested,
    DisconnectRequested,
    InvalidateRequested,
    NewCurrentUuidRequested,
    OutdateRequested,
    PrimaryRequested,
    SecondaryRequested,
    SocketLost,
)
from tests.runtime.engine.phases import (
    Stage,
    become_primary,
    behind,
    connected,
    own_generations,
    sync_target,
)
from tests.runtime.engine.scripted_peer import ALL_BITS, JUST_CREATED, SYNCED_UUID, uuids, word
from tests.simulation.node import VOLUME_SECTORS

Disk = DiskState

FENCING: Final = DiskOptions(fencing=FencingPolicy.RESOURCE_ONLY)
SLOW_S: Final = 5.0
METADATA_BEGINS: Final = VOLUME_SECTORS * 512
WRITE: Final = P_DATA(0, 1, 1, 0, b"", bytes(4096))


def _disk(stage: Stage) -> DiskState:
    return stage.node.state().disk


# Alone


def _alone_inconsistent(**options: Any) -> Stage:
    stage = Stage(**options)
    stage.node.add_disk(0)
    stage.node.attach()
    return stage


def _alone_up_to_date(**options: Any) -> Stage:
    stage = _alone_inconsistent(**options)
    stage.node.order(PrimaryRequested(0, force=True))
    stage.node.order(SecondaryRequested())
    return stage


def _alone_outdated(**options: Any) -> Stage:
    stage = _alone_up_to_date(**options)
    stage.node.order(OutdateRequested())
    return stage


def _alone_consistent(**_: Any) -> Stage:
    """With fencing, a disk that comes back may be older than the peer's."""
    stage = connected(disk=FENCING)
    stage.node.order(DisconnectRequested(force=True))
    stage.node.order(DetachRequested())
    stage.node.attach()
    return stage


ALONE: Final[Mapping[DiskState, Callable[..., Stage]]] = {
    Disk.Inconsistent: _alone_inconsistent,
    Disk.Outdated: _alone_outdated,
    Disk.Consistent: _alone_consistent,
    Disk.UpToDate: _alone_up_to_date,
}
every_disk = pytest.mark.parametrize("disk", ALONE, ids=lambda it: it.name)


@every_disk
@pytest.mark.parametrize("force", [False, True])
def test_disk_is_detached(disk: DiskState, *, force: bool) -> None:
    """Whatever it is worth, and it is worth the same when it is attached again."""
    stage = ALONE[disk]()
    assert _disk(stage) is disk
    stage.node.order(DetachRequested(force=force))
    stage.world.run_for(0.1)
    assert _disk(stage) is Disk.Diskless
    stage.node.attach()
    assert _disk(stage) is disk


@every_disk
def test_data_are_declared_bad(disk: DiskState) -> None:
    """Invalidate leaves no block in sync, however often it is said."""
    stage = ALONE[disk]()
    for _ in range(2):
        stage.node.order(InvalidateRequested())
        assert _disk(stage) is Disk.Inconsistent
        assert stage.node.resource.bits_out_of_sync(0) == ALL_BITS
    stage.connect_good_peer()
    stage.world.compare()


@every_disk
def test_data_are_declared_old(disk: DiskState) -> None:
    """Outdate is for data that are whole, and may be said twice."""
    stage = ALONE[disk]()
    if disk is Disk.Inconsistent:
        assert "lower than outdated" in stage.node.refusal(OutdateRequested())
        return
    for _ in range(2):
        stage.node.order(OutdateRequested())
        assert _disk(stage) is Disk.Outdated


@every_disk
def test_data_are_declared_good_by_force(disk: DiskState) -> None:
    """Primary --force takes what there is (D18)."""
    stage = ALONE[disk]()
    stage.node.order(PrimaryRequested(0, force=True))
    assert _disk(stage) is Disk.UpToDate


@every_disk
def test_meta_data_can_not_be_written(disk: DiskState) -> None:
    """A disk that takes no meta-data is given up, whatever on-io-error says (D24)."""
    stage = ALONE[disk]()
    stage.node.devices[0].bad_from_bytes = METADATA_BEGINS
    stage.node.happen(NewCurrentUuidRequested())
    stage.world.run_for(0.1)
    assert (_disk(stage), stage.node.said("meta-data:")) == (Disk.Diskless, True)


def test_connected_data_are_not_old() -> None:
    """Outdate is undone at once by the connection (states 3.3, N5)."""
    stage = connected()
    assert stage.node.do(OutdateRequested()).code == ReturnCode.SS_NOTHING_TO_DO
    assert _disk(stage) is Disk.UpToDate


# A disk that is attached while connected


def _negotiating(*, would_be: DiskState = Disk.UpToDate) -> Stage:
    """The peer has not said yet what it thinks of the disk."""
    stage = connected(disk=FENCING) if would_be is Disk.Consistent else connected()
    if would_be is Disk.Outdated:
        stage.node.order(DisconnectRequested(force=True))
        stage.node.order(OutdateRequested())
        stage.node.order(DetachRequested())
        stage.node.order(ConnectRequested())
        stage.peer.heard.clear()
        stage.peer.sockets.closed.clear()
        stage.peer.shake_hands()
        stage.peer.report(uuids(SYNCED_UUID), word(conn=ConnState.WFReportParams))
        assert stage.conn is ConnState.Connected
    else:
        stage.node.happen(DetachRequested(force=True))
        stage.world.run_for(0.1)
    stage.node.attach()
    assert _disk(stage) is Disk.Negotiating
    return stage


def _lose_peer(stage: Stage) -> None:
    node, theirs = stage.peer.channels.pop(stage.peer.data)
    node.channels.pop(theirs)
    node.happen(SocketLost(theirs, "reset"))
    stage.world.run_for(0.1)


@pytest.mark.parametrize("would_be", [Disk.Outdated, Disk.Consistent, Disk.UpToDate])
def test_peer_is_lost_before_it_has_spoken(would_be: DiskState) -> None:
    """The disk is what it would be without a peer (D11)."""
    stage = _negotiating(would_be=would_be)
    _lose_peer(stage)
    assert _disk(stage) is would_be


def test_peer_has_other_data() -> None:
    """A disk with unrelated data is given up, and the connection stays (D10)."""
    stage = _negotiating()
    stage.peer.say(uuids(SYNCED_UUID, bits_set=ALL_BITS))
    stage.peer.say(P_STATE(word(conn=ConnState.Connected)))
    stage.world.run_for(0.1)
    assert (_disk(stage), stage.conn) == (Disk.Diskless, ConnState.Connected)


def test_disk_that_negotiates_is_made_source() -> None:
    """Who asks to be synced from it says that its data are good (D23a)."""
    stage = _negotiating()
    stage.peer.say(P_STATE_CHG_REQ(*request(conn=ConnState.StartingSyncT)))
    stage.peer.settle()
    assert (_disk(stage), stage.conn) == (Disk.UpToDate, ConnState.SyncSource)


def test_meta_data_can_not_be_written_in_a_handshake() -> None:
    """What was attached is given up again, if the full sync can't be written down."""
    stage = _negotiating()
    stage.node.devices[0].bad_from_bytes = METADATA_BEGINS
    own = own_generations(stage.peer)
    stage.peer.say(uuids(JUST_CREATED, bits_set=ALL_BITS))
    stage.peer.say(P_STATE(word(conn=ConnState.Connected, disk=Disk.Negotiating)))
    stage.world.run_for(0.1)
    assert _disk(stage) is Disk.Diskless, own


# What the peer asks


def _failed() -> Stage:
    """The disk is given up, and has still to write something of the peer's."""
    stage = connected()
    stage.node.disk_latency_s = SLOW_S
    stage.peer.say(WRITE)
    stage.peer.settle()
    stage.node.happen(DetachRequested(force=True))
    assert _disk(stage) is Disk.Failed
    return stage


def _diskless() -> Stage:
    stage = connected()
    stage.node.order(DetachRequested(force=True))
    stage.world.run_for(0.1)
    return stage


TOLD: Final[Mapping[DiskState, Callable[[], Stage]]] = {
    Disk.Diskless: _diskless,
    Disk.Failed: _failed,
    Disk.Negotiating: _negotiating,
    Disk.Inconsistent: sync_target,
    Disk.Outdated: behind,
    Disk.UpToDate: connected,
}


@pytest.mark.parametrize("disk", TOLD, ids=lambda it: it.name)
def test_peer_leaves_and_wants_this_node_outdated(disk: DiskState) -> None:
    """Good data are old from now on, and there is nothing to refuse about others (D15)."""
    stage = TOLD[disk]()
    assert _disk(stage) is disk
    words = request(conn=ConnState.Disconnecting, pdsk=PeerDiskState.Outdated)
    stage.peer.say(P_CONN_ST_CHG_REQ(*words))
    stage.peer.await_packet(Command.P_CONN_ST_CHG_REPLY)
    reply = stage.peer.last(Command.P_CONN_ST_CHG_REPLY)
    assert isinstance(reply, P_CONN_ST_CHG_REPLY)
    assert reply.retcode == ReturnCode.SS_SUCCESS
    is_good = disk in (Disk.Negotiating, Disk.UpToDate)
    assert _disk(stage) is (Disk.Outdated if is_good else disk)


# Requests that the disk does not answer, or answers with errors


def _awaiting_bitmap(policy: OnIoError = OnIoError.DETACH, *, timeout: int = 0) -> Stage:
    """The own data are old, and the peer, which has newer ones, writes (states 6.2)."""
    stage = Stage(disk=DiskOptions(on_io_error=policy, disk_timeout=timeout))
    stage.begin(has_data=True)
    stage.peer.shake_hands()
    own = own_generations(stage.peer)
    newer = uuids(SYNCED_UUID | 1, own.current_uuid, bits_set=1)
    stage.peer.report(newer, word(conn=ConnState.WFReportParams, role=NodeState.Primary))
    assert (stage.conn, _disk(stage)) == (ConnState.WFBitMapT, Disk.Outdated)
    return stage


def _syncing(policy: OnIoError = OnIoError.DETACH, *, timeout: int = 0) -> Stage:
    """A target with a disk that has answered everything so far."""
    return sync_target(disk=DiskOptions(on_io_error=policy, disk_timeout=timeout))


def _connected(policy: OnIoError = OnIoError.DETACH, *, timeout: int = 0) -> Stage:
    return connected(disk=DiskOptions(on_io_error=policy, disk_timeout=timeout))


WRITTEN: Final[Mapping[DiskState, Callable[..., Stage]]] = {
    Disk.Inconsistent: _syncing,
    Disk.Outdated: _awaiting_bitmap,
    Disk.UpToDate: _connected,
}
"""A disk on which the peer's writes come in."""
every_written_disk = pytest.mark.parametrize("disk", WRITTEN, ids=lambda it: it.name)


def _fail(work: DiskWork) -> str:
    return "EIO" if isinstance(work, WriteBlocks) else ""


@every_written_disk
@pytest.mark.parametrize("policy", OnIoError, ids=lambda it: it.value)
def test_write_of_the_peer_fails(disk: DiskState, policy: OnIoError) -> None:
    """The disk is given up, or kept as Inconsistent (D21, D24)."""
    stage = WRITTEN[disk](policy)
    assert _disk(stage) is disk
    stage.node.disk_fails = _fail
    stage.peer.say(WRITE)
    stage.world.run_for(0.3)
    kept = Disk.Inconsistent if policy is OnIoError.PASS_ON else Disk.Diskless
    assert _disk(stage) is kept


@pytest.mark.parametrize("make", [_syncing, _connected])
def test_write_is_not_answered(make: Callable[..., Stage]) -> None:
    """After disk-timeout a disk that is in use is given up (states 7.5)."""
    stage = make(timeout=10)
    become_primary(stage)
    stage.node.disk_latency_s = 100.0
    stage.node.write(0, bytes(4096))
    stage.world.run_for(3)
    assert _disk(stage) is Disk.Failed


def test_disk_that_is_given_up_is_given_up_once_more() -> None:
    """Errors, time limits and orders that come later change nothing."""
    stage = _connected(timeout=10)
    become_primary(stage)
    stage.node.disk_latency_s = 100.0
    hanging = stage.node.write(0, bytes(4096))
    stage.node.disk_latency_s = 0.0
    stage.node.disk_fails = _fail
    stage.node.write(8, bytes(4096))
    stage.peer.settle()
    assert _disk(stage) is Disk.Failed
    stage.world.run_for(3)
    assert stage.node.said("the disk does not answer in time")
    stage.node.order(DetachRequested(force=True))
    assert (_disk(stage), hanging in stage.node.finished) == (Disk.Failed, False)
    stage.world.run_for(200)
    assert _disk(stage) is Disk.Diskless


def test_peer_without_disk_leaves_old_data_behind() -> None:
    """Nobody has anything newer any more, so what there is counts (D17, N5)."""
    stage = _awaiting_bitmap()
    stage.peer.say(P_STATE(word(conn=ConnState.Connected, disk=Disk.Diskless)))
    stage.peer.settle()
    assert (stage.conn, _disk(stage)) == (ConnState.Connected, Disk.UpToDate)


def test_old_data_that_are_the_peers_are_good() -> None:
    """A disk that was declared old comes back to a peer that has the same (D17, N5)."""
    stage = _alone_outdated()
    stage.node.happen(ConnectRequested())
    stage.peer.shake_hands()
    stage.peer.report(own_generations(stage.peer), word(conn=ConnState.WFReportParams))
    assert (stage.conn, _disk(stage)) == (ConnState.Connected, Disk.UpToDate)


# A promotion that finds out that the peer is Primary


def test_node_that_finds_a_primary_is_outdated() -> None:
    """With fencing, good data are old when the peer goes on with newer ones (D15)."""
    stage = connected(disk=FENCING, handlers={"fence-peer": "fence"})
    stage.node.helper_exits = lambda _name, _volume: 6
    _lose_peer(stage)
    assert "peer is not outdated" in stage.node.refusal(PrimaryRequested())
    assert _disk(stage) is Disk.Outdated
