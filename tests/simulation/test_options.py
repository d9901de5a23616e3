"""Options that are changed while the nodes are connected."""

import random
from typing import Any

import pytest

from generated.layouts.configuration import ReplicationProtocol, SplitBrainPolicy
from runtime.config import DiskOptions, FencingPolicy, NetOptions, OnCongestion
from runtime.events import (
    ChangeDiskOptionsRequested,
    ChangeNetOptionsRequested,
    ConnectRequested,
    DetachRequested,
    DisconnectRequested,
    PauseSyncRequested,
    PrimaryRequested,
    ResumeSyncRequested,
)
from tests.simulation.scenes import SLOW_S, random_writes, resyncing, same_disks, synced
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World

A, B, C = ReplicationProtocol.A, ReplicationProtocol.B, ReplicationProtocol.C


def net(**changes: Any) -> ChangeNetOptionsRequested:
    """Change net options."""
    return ChangeNetOptionsRequested(changes)


def disk(**changes: Any) -> ChangeDiskOptionsRequested:
    """Change the options of a disk."""
    return ChangeDiskOptionsRequested(0, changes)


def write_slowly(world: World) -> float:
    """Let a peer with a slow disk get a write; return how long that took."""
    world.bob.disk_latency_s = 0.0
    world.run_for(1.0)
    world.bob.disk_latency_s = 2.0
    began = world.now
    world.alice.succeed(world.alice.write(0, b"o" * 4096))
    return world.now - began


def test_protocol_changes_at_once(make_world: MakeWorld) -> None:
    """Both nodes go on with another protocol; writes in flight end by the one they began with."""
    world = synced(make_world())
    world.alice.disk_latency_s = world.bob.disk_latency_s = SLOW_S
    chance = random.Random(1)
    for protocol in (A, B, C, A, C):
        writes = random_writes(world.alice, chance, 20)
        world.run_for(0.002)
        world.alice.order(net(protocol=protocol))
        writes += random_writes(world.alice, chance, 20)
        world.alice.succeed(*writes)
    world.alice.disk_latency_s = world.bob.disk_latency_s = 0.0
    world.run_for(0.1)
    world.compare()
    assert world.bob.said("the peer changed its net options: protocol A")


def test_protocol_a_does_not_wait(make_world: MakeWorld) -> None:
    """What is waited for is what the protocol says, from the change on."""
    world = same_disks(make_world())
    assert write_slowly(world) > 0.1
    world.alice.order(net(protocol=A))
    assert write_slowly(world) < 0.01


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_new_connection_has_the_changed_options(make_world: MakeWorld, who: str) -> None:
    """What one node changed and the other adopted fits when they meet again."""
    world = synced(make_world())
    node = world.alice if who == "alice" else world.bob
    node.order(
        net(
            protocol=B,
            data_integrity_alg="crc32c",
            after_sb_0pri=SplitBrainPolicy.DISCARD_LOCAL,
            after_sb_1pri=SplitBrainPolicy.CONSENSUS,
        )
    )
    world.run_for(0.1)  # orders that cross would leave each node with the other one's options
    world.peer_of(node).order(net(data_integrity_alg="crc32c"))
    world.run_for(0.1)
    world.alice.succeed(*random_writes(world.alice, random.Random(2), 20))
    world.reset_link()
    world.run_until(lambda: all(map(world.is_up, world.both)), "both to meet again")
    world.sync()
    world.compare()


def test_algorithms_are_adopted(make_world: MakeWorld) -> None:
    """The peer takes over the hashes of a resync and of a verify."""
    world = synced(make_world())
    world.alice.order(net(csums_alg="sha1", verify_alg="md5"))
    world.run_for(0.1)
    assert world.bob.said('using csums-alg: "sha1"')
    assert world.bob.said('using verify-alg: "md5"')
    world.reset_link()
    world.run_until(lambda: all(map(world.is_up, world.both)), "both to meet again")
    world.sync()
    world.compare()


def test_congestion_policy_may_come_later(make_world: MakeWorld) -> None:
    """A primary that was told so runs ahead, together with protocol A only."""
    world = same_disks(make_world())
    ahead = {"on_congestion": OnCongestion.PULL_AHEAD, "congestion_fill": 8}
    assert (
        world.alice.refusal(net(**ahead)) == "on-congestion is pull-ahead, which needs protocol A"
    )
    world.alice.order(net(protocol=A, **ahead))
    world.bob.disk_latency_s = 0.5
    for number in range(10):
        world.alice.write(8 * number, b"l" * 4096)
        world.run_for(0.01)
    world.run_until(lambda: world.alice.went_through("Ahead"), "alice to run ahead")
    world.bob.disk_latency_s = 0.0
    world.sync()
    world.compare()


def test_resync_rate_is_told_to_the_peer(make_world: MakeWorld) -> None:
    """The numbers of a resync that were told last count on both nodes."""
    world = resyncing(make_world(disk=DiskOptions(c_plan_ahead=0, resync_rate=40)))
    began = world.now
    world.alice.order(disk(resync_rate=40000))
    world.sync()
    assert world.now - began < 10
    world.compare()


def test_part_of_the_numbers_leaves_the_others(make_world: MakeWorld) -> None:
    """What the peer had told stays where only one number is changed."""
    world = synced(make_world(disk=DiskOptions(c_plan_ahead=0)))
    world.alice.order(disk(resync_rate=20000))
    world.run_for(0.1)
    world.bob.order(disk(c_min_rate=0))
    world.bob.order(DisconnectRequested())
    world.alice.succeed(*random_writes(world.alice, random.Random(4), 40))
    world.bob.order(ConnectRequested())
    world.run_until(lambda: all(map(world.is_up, world.both)), "both to meet again")
    began = world.now
    world.sync()
    assert world.now - began < 5


def test_refusals(make_world: MakeWorld) -> None:
    """Each reason has its sentence, and nothing changes."""
    world = synced(make_world())
    alice = world.alice
    assert "counts when the node begins" in alice.refusal(net(sndbuf_size=4096))
    assert alice.refusal(net(wonder=1)) == "there is no option wonder"
    assert "must be 1 to 120" in alice.refusal(net(ping_int=0))
    assert "must be one of" in alice.refusal(net(verify_alg="rot13"))
    assert alice.refusal(net(protocol=A, allow_two_primaries=True)) == (
        "allow-two-primaries needs protocol C"
    )
    assert alice.refusal(disk(size=8)) == "size is changed by a resize"
    assert "counts when the disk is attached" in alice.refusal(disk(al_extents=67))
    alice.order(net(protocol=A))
    stonith = disk(fencing=FencingPolicy.RESOURCE_AND_STONITH)
    assert alice.refusal(stonith) == "fencing resource-and-stonith needs protocol B or C"
    world.bob.order(DetachRequested())
    assert world.bob.refusal(disk(resync_rate=1)) == "Device does not have a disk-config"


@pytest.mark.parametrize(
    "changes", [{"protocol": A}, {"data_integrity_alg": "md5"}, {"allow_two_primaries": True}]
)
def test_old_peer_can_not_be_told(make_world: MakeWorld, changes: dict[str, Any]) -> None:
    """What both must change together is refused below version 100, unless they are apart."""
    world = synced(make_world(peer_net=NetOptions(version_max=99)))
    assert world.alice.refusal(net(**changes)).startswith("Prot version 100 required")
    world.alice.order(net(ping_int=3))
    world.alice.order(DisconnectRequested())
    world.alice.order(net(**changes))


def test_two_primaries_can_not_be_forbidden_while_there_are_two(make_world: MakeWorld) -> None:
    """Whoever is primary stays it."""
    world = synced(make_world(net=NetOptions(allow_two_primaries=True)))
    world.bob.order(PrimaryRequested())
    assert world.alice.refusal(net(allow_two_primaries=False)).startswith("Can not clear")


def test_checksums_do_not_change_during_a_resync(make_world: MakeWorld) -> None:
    """A resync goes on as it began."""
    world = resyncing(make_world(disk=DiskOptions(c_plan_ahead=0, resync_rate=4000)))
    text = "Can not change csums-alg while resync is in progress"
    world.bob.order(PauseSyncRequested())
    for node in world.both:
        assert node.refusal(net(csums_alg="md5")) == text
    world.bob.order(ResumeSyncRequested())
    world.sync()
    world.alice.order(net(csums_alg="md5"))


def test_link_lost_just_after_a_change(make_world: MakeWorld) -> None:
    """A change that the peer has not heard of makes the nodes unfit for each other."""
    world = synced(make_world())
    world.alice.happen(net(protocol=A))
    world.reset_link()
    world.run_until(
        lambda: "StandAllone" in {node.state().conn.name for node in world.both}, "the refusal"
    )
    assert any(node.said("incompatible protocol settings") for node in world.both)
