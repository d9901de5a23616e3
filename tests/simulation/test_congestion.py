"""Congestion: a primary that runs ahead of a slow peer, waits for it, or gives it up."""

import random

import pytest

from generated.layouts.configuration import ReplicationProtocol
from runtime.config import DiskOptions, NetOptions, OnCongestion
from runtime.events import (
    ConnectRequested,
    DetachRequested,
    DisconnectRequested,
    PauseSyncRequested,
    PrimaryRequested,
    ResumeSyncRequested,
    SecondaryRequested,
)
from runtime.requests import Request, RequestKind
from tests.simulation.model import Model
from tests.simulation.scenes import random_writes, resyncing, same_disks
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World

FILL_SECTORS = 64
SLOW_S = 0.2


def congested_net(
    policy: OnCongestion = OnCongestion.PULL_AHEAD, *, fill: int = FILL_SECTORS, extents: int = 1237
) -> NetOptions:
    """Protocol A, with a policy and small bounds."""
    return NetOptions(
        protocol=ReplicationProtocol.A,
        on_congestion=policy,
        congestion_fill=fill,
        congestion_extents=extents,
    )


def write_much(world: World, seed: int = 1, *, count: int = 30) -> list[Request]:
    """Let an application write more than a slow peer takes."""
    chance = random.Random(seed)
    requests = []
    for _ in range(count):
        requests += random_writes(world.alice, chance, 1)
        world.run_for(0.002)
    return requests


def gone_ahead(world: World) -> World:
    """Alice is ahead of bob, whose disk is slow."""
    same_disks(world)
    world.bob.disk_latency_s = SLOW_S
    write_much(world)
    world.run_until(lambda: conns(world) == ["Ahead", "Behind"], "alice to be ahead")
    return world


def conns(world: World) -> list[str]:
    """The states of both ends."""
    return [node.state().conn.name for node in world.both]


def end_in_sync(world: World) -> None:
    """Wait for the end of all resyncs, and compare."""
    world.bob.disk_latency_s = 0.0
    world.sync()
    world.compare()


def test_primary_pulls_ahead_and_comes_back(make_world: MakeWorld) -> None:
    """What is written while the peer lags is marked on both nodes, and a resync brings it."""
    world = make_world(net=congested_net())
    gone_ahead(world)
    assert [node.state().disk.name for node in world.both] == ["UpToDate", "Outdated"]
    assert world.alice.said("Congestion-fill threshold reached")
    end_in_sync(world)
    assert world.alice.went_through("Ahead", "SyncSource", "Connected")
    assert world.bob.went_through("Behind", "SyncTarget", "Connected")


def test_writes_end_though_the_peer_takes_nothing(make_world: MakeWorld) -> None:
    """A primary that may pull ahead does not wait for a socket that is full."""
    world = make_world(net=congested_net())
    same_disks(world)
    world.alice.is_blocked = True
    world.alice.succeed(*write_much(world))
    assert world.alice.state().conn.name == "Ahead"
    world.alice.unblock()
    end_in_sync(world)


def test_blocking_waits_for_the_peer(make_world: MakeWorld) -> None:
    """Without a policy, writes wait for a socket that is full, and nobody runs ahead."""
    world = make_world(net=congested_net(OnCongestion.BLOCK))
    same_disks(world)
    world.alice.is_blocked = True
    requests = write_much(world)
    world.run_for(1.0)
    assert any(request not in world.alice.finished for request in requests)
    world.alice.unblock()
    world.alice.succeed(*requests)
    end_in_sync(world)
    assert not world.alice.went_through("Ahead")


def test_disconnecting_gives_the_peer_up(make_world: MakeWorld) -> None:
    """With `disconnect` a primary goes on alone, and a later connection brings what was missed."""
    world = make_world(net=congested_net(OnCongestion.DISCONNECT))
    same_disks(world)
    world.bob.disk_latency_s = SLOW_S
    world.alice.succeed(*write_much(world))
    world.run_until(lambda: conns(world)[0] == "StandAllone", "alice to give bob up")
    world.bob.disk_latency_s = 0.0
    world.alice.order(ConnectRequested())
    end_in_sync(world)


def test_many_active_extents_are_congestion(make_world: MakeWorld) -> None:
    """The number of active extents is a bound too; nothing need be on its way then."""
    sectors = 8192 * 80
    world = make_world(net=congested_net(fill=0, extents=67), disk=DiskOptions(al_extents=100))
    for node in world.both:
        node.add_disk(sectors=sectors)
    same_disks(world)
    chance = random.Random(2)
    requests = [world.alice.write(8192 * extent, chance.randbytes(4096)) for extent in range(67)]
    world.alice.disk_latency_s = 0.5
    requests += [world.alice.write(8192 * extent, chance.randbytes(512)) for extent in range(67)]
    world.alice.write(8, chance.randbytes(512))
    world.alice.disk_latency_s = 0.0
    world.alice.succeed(*requests)
    end_in_sync(world)
    assert world.alice.went_through("Ahead", "SyncSource")
    assert world.alice.said("Congestion-extents threshold reached")


@pytest.mark.parametrize("version", [95, 96, 99])
def test_old_versions(make_world: MakeWorld, version: int) -> None:
    """A peer that knows nothing of being behind is waited for."""
    world = make_world(
        net=congested_net(),
        peer_net=NetOptions(protocol=ReplicationProtocol.A, version_max=version),
    )
    same_disks(world)
    world.bob.disk_latency_s = SLOW_S
    write_much(world)
    world.run_for(0.5)
    assert world.alice.went_through("Ahead") is (version >= 96)
    end_in_sync(world)


@pytest.mark.parametrize("seed", range(6))
def test_congestion_in_the_middle_of_a_resync(make_world: MakeWorld, seed: int) -> None:
    """A resync is called off, and a later one brings what is marked; nothing old is left."""
    world = make_world(
        net=congested_net(fill=200), disk=DiskOptions(c_plan_ahead=0, resync_rate=4000), seed=seed
    )
    resyncing(world)
    world.bob.disk_latency_s = 0.02
    model = Model(world.alice.content())
    model.watch(world.alice, 0)
    chance = random.Random(seed)
    for _ in range(60):
        first_sector = chance.randrange(0, 8000)
        data = chance.randbytes(chance.choice([512, 4096, 65536]))
        request = Request(RequestKind.WRITE, 0, first_sector, len(data) // 512, data)
        model.made(request)
        world.alice.make(request)
        world.run_for(chance.choice([0.0, 0.001, 0.01]))
    world.run_until(lambda: world.alice.went_through("SyncSource", "Ahead"), "congestion")
    world.run_until(
        lambda: world.alice.went_through("Ahead", "SyncSource", "Connected"), "the resync"
    )
    end_in_sync(world)
    assert not model.faults(world.bob.content())


def test_link_lost_while_ahead(make_world: MakeWorld) -> None:
    """What the peer lacks is known when the link comes back."""
    world = make_world(net=congested_net())
    gone_ahead(world)
    world.reset_link()
    end_in_sync(world)


def test_disconnect_while_ahead(make_world: MakeWorld) -> None:
    """A primary may be told to go on alone while it is ahead."""
    world = make_world(net=congested_net())
    gone_ahead(world)
    world.alice.order(DisconnectRequested())
    world.bob.disk_latency_s = 0.0
    world.alice.order(ConnectRequested())
    end_in_sync(world)


def test_secondary_dies_behind(make_world: MakeWorld) -> None:
    """A peer that loses its power behind gets all that it lacks when it is back."""
    world = make_world(net=congested_net())
    for node in world.both:
        node.crashes = True
    gone_ahead(world)
    world.lose_power(world.bob)
    world.restart(world.bob).order(ConnectRequested())
    end_in_sync(world)


def test_primary_dies_ahead(make_world: MakeWorld) -> None:
    """A primary that dies ahead gives its peer, when it is back, all that it had acknowledged."""
    world = make_world(net=congested_net())
    same_disks(world)
    world.bob.disk_latency_s = SLOW_S
    model = Model(world.alice.content())
    model.watch(world.alice, 0)
    chance = random.Random(3)
    for number in range(40):
        data = chance.randbytes(4096)
        request = Request(RequestKind.WRITE, 0, 8 * (number % 30), 8, data)
        model.made(request)
        world.alice.make(request)
        world.run_for(0.001)
    assert conns(world)[0] == "Ahead"
    model.crashed(lost_power=False)
    world.kill(world.alice)
    again = world.restart(world.alice)
    again.order(ConnectRequested())
    end_in_sync(world)
    assert not model.faults(world.bob.content())


def test_secondary_that_was_behind_is_not_promoted(make_world: MakeWorld) -> None:
    """Old data are not served: a peer that is behind stays Outdated when the primary dies."""
    world = make_world(net=congested_net())
    gone_ahead(world)
    world.kill(world.alice)
    world.run_until(lambda: conns(world)[1] == "WFConnection", "bob to lose alice")
    assert world.bob.state().disk.name == "Outdated"
    assert world.bob.refusal(PrimaryRequested()) == "Need access to UpToDate data"


def test_demotion_waits_for_the_resync(make_world: MakeWorld) -> None:
    """A node is not made secondary while only it knows what the peer lacks."""
    world = make_world(net=congested_net())
    gone_ahead(world)
    world.bob.disk_latency_s = 0.0
    world.alice.order(SecondaryRequested())
    assert conns(world)[0] != "Ahead"
    end_in_sync(world)


def test_disk_lost_behind(make_world: MakeWorld) -> None:
    """A peer that gives its disk up behind gets what it lacks when it takes the disk back."""
    world = make_world(net=congested_net())
    gone_ahead(world)
    world.bob.order(DetachRequested(force=True))
    world.run_until(lambda: world.alice.state().conn.name == "Connected", "alice to see that")
    write_much(world, 5)
    world.run_until(lambda: world.bob.state().disk.name == "Diskless", "the disk to be idle")
    world.bob.disk_latency_s = 0.0
    world.bob.attach()
    end_in_sync(world)


def test_pause_while_ahead(make_world: MakeWorld) -> None:
    """A resync that is paused before it begins waits."""
    world = make_world(net=congested_net())
    gone_ahead(world)
    world.bob.order(PauseSyncRequested())
    world.bob.disk_latency_s = 0.0
    world.run_until(lambda: conns(world) == ["PausedSyncS", "PausedSyncT"], "the pause")
    world.bob.order(ResumeSyncRequested())
    end_in_sync(world)
