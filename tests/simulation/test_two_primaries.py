"""Both nodes are primary, and write to the same places at the same time (wire 7.8, 7.9)."""

import random
from dataclasses import replace

import pytest

from generated.layouts.configuration import SplitBrainPolicy
from runtime.config import DiskOptions, NetOptions
from runtime.events import (
    ConnectRequested,
    InvalidateRemoteRequested,
    InvalidateRequested,
    PrimaryRequested,
    SecondaryRequested,
)
from runtime.requests import SECTOR_SIZE_BYTES, Request, RequestKind
from tests.simulation.model import Model
from tests.simulation.node import SimulatedNode
from tests.simulation.scenes import is_target, resyncing, same_disks
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World

PLACE_SECTORS = 128  # so few that nearly all writes meet
ROUND_COUNT = 60


TWO = NetOptions(allow_two_primaries=True)


def both_primary(world: World) -> World:
    """Both nodes connected on fresh disks that count as the same, and both primary."""
    same_disks(world)
    world.bob.order(PrimaryRequested())
    return world


def test_both_write(make_world: MakeWorld) -> None:
    """What either node writes is on both disks."""
    world = both_primary(make_world(net=TWO))
    world.alice.succeed(world.alice.write(0, b"a" * 8192))
    world.bob.succeed(world.bob.write(32, b"b" * 8192))
    assert world.bob.read(0, 16) == b"a" * 8192
    assert world.alice.read(32, 16) == b"b" * 8192
    world.compare()


class Rivals:
    """Applications on both nodes that keep to one place, drawn from one seed."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.chance = random.Random(seed)
        self.model = Model(world.alice.content())
        self.model.watch(world.alice, 0)
        self.model.watch(world.bob, 0)
        self.made: list[tuple[SimulatedNode, Request]] = []

    def go_on(self, round_count: int) -> None:
        """Let both nodes ask for things, and some time pass, again and again."""
        for _ in range(round_count):
            for _ in range(self.chance.choice([1, 1, 2, 5])):
                self._ask(self.chance.choice(self.world.both))
            self.world.run_for(self.chance.choice([0, 0.0002, 0.0005, 0.001, 0.003, 0.02]))

    def _ask(self, node: SimulatedNode) -> None:
        kind = self.chance.choices(list(RequestKind), weights=[_WEIGHTS[it] for it in RequestKind])
        count = 0 if kind[0] is RequestKind.FLUSH else self.chance.choice([1, 2, 8, 8, 16, 64])
        first = self.chance.randrange(PLACE_SECTORS - count)
        is_write = kind[0] is RequestKind.WRITE
        data = self.chance.randbytes(count * SECTOR_SIZE_BYTES) if is_write else b""
        request = Request(kind[0], 0, first, count, data)
        self.model.made(request)
        self.made.append((node, request))
        node.make(request)

    def end(self) -> None:
        """Wait until everything is told."""
        self.world.run_until(
            lambda: all(it in node.finished for node, it in self.made if node.is_alive),
            "all requests to finish",
        )

    def judge(self) -> None:
        """Both disks are the same, and what applications were told is so."""
        self.world.compare()
        assert not self.model.wrong_reads, self.model.wrong_reads[:5]
        for node in self.world.both:
            assert not (faults := self.model.faults(node.content())), (node.name, faults[:5])


_WEIGHTS = {
    RequestKind.WRITE: 12,
    RequestKind.READ: 4,
    RequestKind.FLUSH: 1,
    RequestKind.DISCARD: 1,
    RequestKind.WRITE_ZEROES: 1,
}


def _shaken(world: World, seed: int) -> World:
    """Disks and a network that are slow in their own ways."""
    chance = random.Random(seed)
    world.jitter_s = chance.choice([0.0, 0.001, 0.005])
    for node in world.both:
        node.disk_latency_s = chance.choice([0.0, 0.0005, 0.002, 0.01, 0.03])
    return world


@pytest.mark.parametrize("seed", range(24))
def test_rivals_leave_the_same_on_both_disks(make_world: MakeWorld, seed: int) -> None:
    """However writes of both nodes overlap, both disks have the same in the end."""
    version = random.Random(seed).choice([101, 101, 100, 99, 96, 91])
    net = replace(TWO, version_max=version, max_epoch_size=7)
    rivals = Rivals(_shaken(both_primary(make_world(net=net, seed=seed)), seed), seed)
    rivals.go_on(ROUND_COUNT)
    rivals.end()
    rivals.judge()
    assert not any(node.went_through("Connected", "NetworkFailure") for node in rivals.world.both)


def test_promoted_before_connecting(make_world: MakeWorld) -> None:
    """A node that is primary already gets its data over, and then the other one joins it."""
    world = resyncing(make_world(net=TWO, disk=DiskOptions(resync_rate=1000, c_plan_ahead=0)))
    world.bob.order(PrimaryRequested())
    assert is_target(world.bob)
    assert [node.state().role.name for node in world.both] == ["Primary", "Primary"]
    world.sync()
    world.compare()


def test_second_primary_steps_down(make_world: MakeWorld) -> None:
    """When one of two primaries steps down, its writes are on both disks, and the other goes on."""
    world = both_primary(make_world(net=TWO))
    writes = [world.bob.write(8 * it, b"b" * 4096) for it in range(20)]
    world.bob.order(SecondaryRequested())
    assert all(it in world.bob.finished for it in writes)
    world.alice.succeed(world.alice.write(0, b"a" * 4096))
    world.compare()


def test_settings_must_be_the_same(make_world: MakeWorld) -> None:
    """Where only one node allows two primaries they do not come together (wire 4.5)."""
    world = make_world(net=TWO, peer_net=NetOptions())
    world.attach_all()
    for node in world.both:
        node.order(ConnectRequested())
    world.run_until(lambda: any(node.said("incompatible") for node in world.both), "a refusal")
    assert any(node.said("incompatible allow-two-primaries settings") for node in world.both)


# In the last two, a read of the peer once waited for a write that waited for the peer.
@pytest.mark.parametrize("seed", [*range(12), 109, 356])
def test_both_write_while_one_is_a_target(make_world: MakeWorld, seed: int) -> None:
    """Applications of a target write and read while its blocks come in."""
    disk = DiskOptions(resync_rate=4000, c_plan_ahead=0)
    world = _shaken(both_primary(make_world(net=TWO, disk=disk, seed=seed)), seed)
    rivals = Rivals(world, seed)
    node = world.both[seed % 2]
    node.order(InvalidateRequested() if seed % 3 else InvalidateRemoteRequested())
    rivals.go_on(ROUND_COUNT)
    rivals.end()
    world.sync()
    rivals.judge()


@pytest.mark.parametrize("seed", range(12))
def test_rivals_lose_their_link(make_world: MakeWorld, seed: int) -> None:
    """Where the link is lost in the middle, both disks are the same when the split is mended."""
    net = replace(TWO, after_sb_1pri=SplitBrainPolicy.DISCARD_SECONDARY)
    world = _shaken(both_primary(make_world(net=net, seed=seed)), seed)
    rivals = Rivals(world, seed)
    rivals.go_on(20)
    if seed % 2:
        world.silence()
        rivals.go_on(20)
    world.reset_link()
    world.heal()
    rivals.end()
    world.bob.order(SecondaryRequested())
    for node in world.both:
        node.do(ConnectRequested())
    world.sync()
    world.compare()


def test_lost_link_splits_the_brain(make_world: MakeWorld) -> None:
    """Two primaries that lose each other begin a generation each, and do not mix them."""
    world = both_primary(make_world(net=TWO))
    world.reset_link()
    world.run_for(30)
    assert any(node.said("Split-Brain detected but unresolved") for node in world.both)
    assert not all(world.is_up(node) for node in world.both)
