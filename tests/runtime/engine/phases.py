"""Where a conversation with a scripted peer can stand, and how an engine is led there."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from generated.layouts.codec import Packet
from generated.layouts.commands import Command
from generated.layouts.configuration import ReplicationProtocol
from generated.layouts.generations import P_SYNC_UUID, P_UUIDS
from generated.layouts.requests import P_OV_REQUEST, SpecialBlockId
from generated.layouts.state import P_STATE, P_STATE_CHG_REPLY, P_STATE_CHG_REQ, ReturnCode
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.node_states import NodeState
from generated.states.peer_disk_states import PeerDiskState
from runtime.config import DiskOptions, NetOptions, OnCongestion
from runtime.engine.state_words import request
from runtime.events import (
    ConnectRequested,
    DisconnectRequested,
    NewCurrentUuidRequested,
    PauseSyncRequested,
    PrimaryRequested,
    ResumeSyncRequested,
    SecondaryRequested,
    VerifyRequested,
)
from runtime.metadata.bitmap import Bitmap
from runtime.requests import Request, RequestKind
from runtime.wire.bitmap_transfer import plain_packets
from tests.runtime.engine.scripted_peer import (
    ALL_BITS,
    JUST_CREATED,
    SYNC_PARAM,
    SYNCED_UUID,
    ScriptedPeer,
    uuids,
    word,
)
from tests.runtime.engine.watched import WatchedNode
from tests.simulation.node import SimulatedNode
from tests.simulation.world import World

SECRET: Final = NetOptions(cram_hmac_alg="sha256", shared_secret="as both nodes know")
PULLING_AHEAD: Final = NetOptions(
    protocol=ReplicationProtocol.A, on_congestion=OnCongestion.PULL_AHEAD, congestion_fill=16
)
VERIFY_PARAM: Final = replace(SYNC_PARAM, verify_alg=b"sha1")
INCONSISTENT: Final = word(disk=DiskState.Inconsistent)
UP_TO_DATE: Final = word()


class Stage:
    """One engine, a scripted peer, and a good peer that may take its place."""

    def __init__(
        self, *, net: NetOptions | None = None, disk: DiskOptions | None = None, **more: Any
    ) -> None:
        self.world = World(net=net, disk=disk, **more)
        self.node = WatchedNode(self.world, "alice", self.world.alice.config, seed=3)
        self.world.alice = self.node
        self.good_peer = self.world.bob
        self.peer = ScriptedPeer(self.world)

    @property
    def conn(self) -> ConnState:
        """The engine's connection state."""
        return self.node.state().conn

    def begin(self, *, has_data: bool = False, is_primary: bool = False) -> None:
        """A disk, with data or without, and the wish to be connected."""
        self.node.add_disk(0)
        self.node.attach()
        if has_data:
            self.node.order(PrimaryRequested(0, force=True))
            if not is_primary:
                self.node.order(SecondaryRequested())
        self.node.happen(ConnectRequested())

    def names_passed(self) -> list[str]:
        """The connection states that the engine has been in."""
        return [change.after.conn.name for change in self.node.changes]

    def connect_good_peer(self) -> None:
        """Let an engine with a fresh disk take the scripted peer's place, and sync all to it."""
        world, node, good = self.world, self.node, self.good_peer
        self.peer.is_listening = False
        node.happen(DisconnectRequested(force=True))
        world.run_until(lambda: self.conn is ConnState.StandAllone, "the scripted peer's end")
        world.bob = good
        good.add_disk(0)
        good.attach()
        node.order(SecondaryRequested())
        if node.state().user_isp:
            node.order(ResumeSyncRequested())
        if node.state().disk is DiskState.Diskless:
            if 0 not in node.devices:
                node.add_disk(0)
            node.attach()
        node.order(PrimaryRequested(0, force=True))
        for it in (node, good):
            it.order(ConnectRequested())
        world.run_until(lambda: is_synced(node) and is_synced(good), "both nodes to be the same")


def is_synced(node: SimulatedNode) -> bool:
    state = node.state()
    return (
        state.conn is ConnState.Connected
        and state.disk is DiskState.UpToDate
        and state.pdsk is PeerDiskState.UpToDate
    )


def own_generations(peer: ScriptedPeer) -> P_UUIDS:
    """What the engine has said of its generations."""
    packet = peer.last(Command.P_UUIDS)
    assert isinstance(packet, P_UUIDS)
    return packet


def before_first_packet() -> Stage:
    """The peer has opened both connections, and says nothing."""
    stage = Stage()
    stage.begin(has_data=True)
    stage.world.run_until(lambda: stage.node.is_listening, "alice to listen")
    stage.peer.open("data")
    stage.peer.open("meta")
    return stage


def features_awaited() -> Stage:
    """The engine has told its features."""
    stage = Stage()
    stage.begin(has_data=True)
    stage.peer.introduce()
    return stage


def challenge_awaited() -> Stage:
    """The engine has sent its challenge."""
    stage = Stage(net=SECRET)
    stage.begin(has_data=True)
    stage.peer.introduce()
    stage.peer.agree()
    stage.peer.await_packet(Command.P_AUTH_CHALLENGE)
    return stage


def parameters_awaited(*, version: int = 101, is_primary: bool = False) -> Stage:
    """The engine has told its parameters."""
    stage = Stage()
    stage.begin(has_data=True, is_primary=is_primary)
    stage.peer.shake_hands(version=version)
    return stage


def connected(
    *, version: int = 101, is_primary: bool = False, is_called: bool = False, **options: Any
) -> Stage:
    """Both have the same data, since an administrator has said so."""
    stage = Stage(**options)
    stage.begin()
    stage.peer.shake_hands(version=version, is_called=is_called)
    stage.peer.report(uuids(JUST_CREATED, bits_set=ALL_BITS), INCONSISTENT)
    stage.node.order(NewCurrentUuidRequested(0, clear_bitmap=True))
    stage.peer.say(P_STATE(word(conn=ConnState.Connected, pdsk=PeerDiskState.UpToDate)))
    stage.peer.settle()
    if is_primary:
        become_primary(stage)
    assert is_synced(stage.node), stage.world.story()
    return stage


def become_primary(stage: Stage) -> None:
    """Let the engine ask the peer, and the peer consent."""
    stage.node.happen(PrimaryRequested())
    stage.peer.await_packet(Command.P_STATE_CHG_REQ)
    stage.peer.acknowledge(P_STATE_CHG_REPLY(ReturnCode.SS_SUCCESS))
    stage.peer.settle()
    assert stage.node.state().role is NodeState.Primary, stage.world.story()


def primary() -> Stage:
    """The engine's applications write, and the peer has acknowledged nothing."""
    stage = connected(is_primary=True)
    for first_sector in (0, 8, 4096):
        stage.node.write(first_sector, bytes(4096))
    stage.node.make(Request(RequestKind.FLUSH), Request(RequestKind.READ, 0, 8, 8))
    stage.peer.settle()
    return stage


def bitmap_to_be_sent() -> Stage:
    """The engine is source and has sent its bitmap; the peer's is still to come."""
    stage = Stage()
    stage.begin(has_data=True)
    stage.peer.shake_hands()
    stage.peer.report(uuids(JUST_CREATED, bits_set=ALL_BITS), INCONSISTENT)
    assert stage.conn is ConnState.WFBitMapS, stage.world.story()
    return stage


def bitmap_to_be_received(**options: Any) -> Stage:
    """The engine is target, and the peer's bitmap is still to come."""
    stage = Stage(**options)
    stage.begin()
    stage.peer.shake_hands()
    stage.peer.report(uuids(SYNCED_UUID, JUST_CREATED, bits_set=ALL_BITS), UP_TO_DATE)
    assert stage.conn is ConnState.WFBitMapT, stage.world.story()
    return stage


def bitmap_half_received() -> Stage:
    """The first packet of the peer's bitmap has come."""
    stage = bitmap_to_be_received()
    stage.peer.say(whole_bitmap()[0])
    stage.peer.settle()
    return stage


def whole_bitmap() -> list[Packet]:
    """A bitmap of which all bits are set."""
    bitmap = Bitmap(ALL_BITS)
    bitmap.set_range(first_bit=0, bit_count=ALL_BITS)
    return list(plain_packets(bitmap, header_size_bytes=16))


def sync_uuid_awaited(**options: Any) -> Stage:
    """The engine is target, and has all that it needs but the source's word."""
    stage = bitmap_to_be_received(**options)
    stage.peer.say(*whole_bitmap())
    stage.peer.settle()
    assert stage.conn is ConnState.WFSyncUUID, stage.world.story()
    return stage


def sync_target(**options: Any) -> Stage:
    """The engine has asked for blocks."""
    stage = sync_uuid_awaited(**options)
    stage.peer.say(P_SYNC_UUID(SYNCED_UUID + 2))
    stage.world.run_for(0.3)
    assert stage.conn is ConnState.SyncTarget, stage.world.story()
    assert stage.peer.count(Command.P_RS_DATA_REQUEST)
    return stage


def paused_sync_target() -> Stage:
    """The engine has asked for blocks, and was told to wait."""
    stage = sync_target()
    stage.node.order(PauseSyncRequested())
    assert stage.conn is ConnState.PausedSyncT, stage.world.story()
    return stage


def sync_source() -> Stage:
    """The peer may ask for blocks."""
    stage = bitmap_to_be_sent()
    stage.peer.say(*whole_bitmap())
    stage.peer.settle()
    assert stage.conn is ConnState.SyncSource, stage.world.story()
    return stage


def paused_sync_source() -> Stage:
    """The peer may ask for blocks, but not at the moment."""
    stage = sync_source()
    stage.node.order(PauseSyncRequested())
    assert stage.conn is ConnState.PausedSyncS, stage.world.story()
    return stage


def verify_source() -> Stage:
    """The engine has asked for digests, of an algorithm that the peer has come to use."""
    stage = connected()
    stage.peer.say(VERIFY_PARAM)
    stage.peer.settle()
    stage.node.happen(VerifyRequested())
    stage.peer.await_packet(Command.P_STATE_CHG_REQ)
    stage.peer.acknowledge(P_STATE_CHG_REPLY(ReturnCode.SS_SUCCESS))
    stage.peer.settle()
    assert stage.conn is ConnState.VerifyS, stage.world.story()
    assert stage.peer.count(Command.P_OV_REQUEST)
    return stage


def verify_target() -> Stage:
    """The engine has told the digest of the first block."""
    stage = connected()
    stage.peer.say(VERIFY_PARAM, P_STATE_CHG_REQ(*request(conn=ConnState.VerifyS)))
    stage.peer.say(P_OV_REQUEST(0, SpecialBlockId.ID_SYNCER, 4096))
    stage.peer.settle()
    assert stage.conn is ConnState.VerifyT, stage.world.story()
    assert stage.peer.count(Command.P_OV_REPLY) == 1
    return stage


def ahead() -> Stage:
    """The peer has acknowledged nothing for so long that it gets nothing more."""
    stage = connected(is_primary=True, net=PULLING_AHEAD)
    for number in range(4):
        stage.node.write(8 * number, bytes(4096))
        stage.peer.settle()
    assert stage.conn is ConnState.Ahead, stage.world.story()
    return stage


def behind() -> Stage:
    """The peer says that the engine is too slow."""
    stage = connected()
    stage.peer.say(P_STATE(word(conn=ConnState.Ahead, role=NodeState.Primary)))
    stage.peer.settle()
    assert stage.conn is ConnState.Behind, stage.world.story()
    return stage


def diskless_primary() -> Stage:
    """The engine has no disk, and its applications read from the peer."""
    stage = Stage()
    stage.node.happen(ConnectRequested())
    stage.peer.shake_hands()
    stage.peer.report(uuids(SYNCED_UUID), UP_TO_DATE)
    assert stage.conn is ConnState.Connected, stage.world.story()
    become_primary(stage)
    stage.node.make(Request(RequestKind.READ, 0, 8, 8))
    return stage


PHASES: Final[Mapping[str, Callable[[], Stage]]] = {
    phase.__name__: phase
    for phase in (
        before_first_packet,
        features_awaited,
        challenge_awaited,
        parameters_awaited,
        connected,
        primary,
        bitmap_to_be_sent,
        bitmap_to_be_received,
        bitmap_half_received,
        sync_uuid_awaited,
        sync_target,
        paused_sync_target,
        sync_source,
        verify_source,
        verify_target,
        paused_sync_source,
        ahead,
        behind,
        diskless_primary,
    )
}
"""Every phase of a connection, by name."""
