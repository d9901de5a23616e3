"""Nodes that lose power: what their disks had not flushed is lost, or torn."""

import random

import pytest

from generated.layouts.configuration import ReplicationProtocol
from runtime.config import DiskOptions, NetOptions
from runtime.events import (
    ConnectRequested,
    DisconnectRequested,
    InvalidateRequested,
    PrimaryRequested,
)
from runtime.requests import Request, RequestKind
from tests.simulation.model import Model
from tests.simulation.node import VOLUME_SECTORS, SimulatedNode
from tests.simulation.scenes import PROTOCOLS, SLOW_S, is_target, net_of, random_write, same_disks
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World

by_protocol = pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda it: it.name)
by_moment = pytest.mark.parametrize("moment", range(6))


def _unsafe_disks(world: World) -> World:
    for node in world.both:
        node.crashes = True
    same_disks(world)
    for node in world.both:
        node.disk_latency_s = SLOW_S
    return world


def _restart(world: World, node: SimulatedNode) -> None:
    world.run_for(0.5)
    world.restart(node).order(ConnectRequested())
    world.run_for(0.1)
    world.sync()
    world.compare()


def _model(world: World) -> Model:
    model = Model(world.alice.content())
    for node in world.both:
        model.watch(node, 0)
    return model


def _write(world: World, model: Model, count: int, seed: int) -> list[Request]:
    """Writes that the model knows of."""
    chance, made = random.Random(seed), []
    for _ in range(count):
        size_bytes = chance.choice([512, 4096, 32768])
        first_sector = chance.randrange(VOLUME_SECTORS - 64)
        data = chance.randbytes(size_bytes)
        request = Request(RequestKind.WRITE, 0, first_sector, size_bytes // 512, data)
        model.made(request)
        world.alice.make(request)
        made.append(request)
    return made


def _flush(world: World, model: Model) -> None:
    flush = Request(RequestKind.FLUSH)
    model.made(flush)
    world.alice.make(flush)
    world.alice.succeed(flush)


@by_protocol
@by_moment
def test_primary_amid_writes(
    make_world: MakeWorld, protocol: ReplicationProtocol, moment: int
) -> None:
    """A primary that loses power amid writes has all that was flushed, and so has its peer."""
    world = _unsafe_disks(make_world(seed=moment + 1, net=net_of(protocol)))
    model = _model(world)
    world.alice.succeed(*_write(world, model, 20, moment))
    _flush(world, model)
    _write(world, model, 20, moment + 100)
    world.run_for(moment / 2000)
    model.crashed(lost_power=True)
    world.lose_power(world.alice)
    _restart(world, world.alice)
    assert model.faults(world.alice.content()) == []


@by_protocol
@by_moment
def test_secondary_amid_writes(
    make_world: MakeWorld, protocol: ReplicationProtocol, moment: int
) -> None:
    """A secondary that loses power gets what it lost of finished writes once more."""
    world = _unsafe_disks(make_world(seed=moment + 1, net=net_of(protocol)))
    model = _model(world)
    first = _write(world, model, 20, moment)
    world.run_for(moment / 500)
    second = _write(world, model, 20, moment + 100)
    world.run_for(moment / 500)
    world.lose_power(world.bob)
    world.alice.succeed(*first, *second)
    _restart(world, world.bob)
    assert model.faults(world.bob.content()) == []


@by_moment
def test_surviving_secondary_has_what_was_flushed(make_world: MakeWorld, moment: int) -> None:
    """In protocol C the secondary that outlives its primary, and then loses power, has it all."""
    world = _unsafe_disks(make_world(seed=moment + 1))
    model = _model(world)
    world.alice.succeed(*_write(world, model, 20, moment))
    _flush(world, model)
    _write(world, model, 10, moment + 100)
    world.run_for(moment / 2000)
    model.crashed(lost_power=True)
    world.kill(world.alice)
    world.lose_power(world.bob)
    bob = world.restart(world.bob)
    bob.order(PrimaryRequested(force=True))
    assert model.faults(bob.content()) == []


@by_protocol
@by_moment
def test_both_at_once(make_world: MakeWorld, protocol: ReplicationProtocol, moment: int) -> None:
    """When both nodes lose power amid writes, they agree again, and have all that was flushed."""
    world = _unsafe_disks(make_world(seed=moment + 1, net=net_of(protocol)))
    model = _model(world)
    world.alice.succeed(*_write(world, model, 20, moment))
    _flush(world, model)
    _write(world, model, 20, moment + 100)
    world.run_for(moment / 2000)
    model.crashed(lost_power=True)
    for node in world.both:
        world.lose_power(node)
    world.restart(world.alice).order(ConnectRequested())
    _restart(world, world.bob)
    assert model.faults(world.alice.content()) == []


@by_moment
@pytest.mark.parametrize("name", ["alice", "bob"])
def test_amid_a_resync(make_world: MakeWorld, name: str, moment: int) -> None:
    """A resync that broke off when a node lost power ends with equal disks."""
    disk = DiskOptions(resync_rate=4096)
    world = _unsafe_disks(make_world(seed=moment + 1, disk=disk))
    chance, model = random.Random(moment), _model(world)
    world.alice.succeed(*_write(world, model, 30, moment))
    _flush(world, model)
    world.bob.order(InvalidateRequested())
    for _ in range(moment * 3):
        random_write(world.alice, chance)
        world.run_for(0.05)
    node = world.alice if name == "alice" else world.bob
    world.lose_power(node)
    _restart(world, node)


@by_moment
def test_again_and_again(make_world: MakeWorld, moment: int) -> None:
    """Nodes that lose power in turns, each amid what the one before has left, end up equal."""
    world = _unsafe_disks(make_world(seed=moment + 1))
    chance = random.Random(moment)
    for round_number in range(4):
        if world.is_in_sync() and world.alice.state().role.name != "Primary":
            world.alice.order(PrimaryRequested())
        for _ in range(10):
            random_write(world.alice, chance)
        world.run_for(chance.uniform(0, 0.02))
        node = world.bob if round_number % 2 else world.alice
        world.lose_power(node)
        world.run_for(chance.uniform(0, 1))
        world.restart(node).order(ConnectRequested())
        world.run_for(chance.uniform(0, 3))
    world.sync()
    world.compare()


def test_epochs_of_one_write(make_world: MakeWorld) -> None:
    """Where each write is an epoch of its own, a secondary that loses power loses none."""
    world = _unsafe_disks(make_world(net=NetOptions(max_epoch_size=1)))
    model = _model(world)
    writes = _write(world, model, 30, 1)
    world.run_for(0.004)
    world.lose_power(world.bob)
    world.alice.succeed(*writes)
    _restart(world, world.bob)
    assert model.faults(world.bob.content()) == []


@by_moment
def test_target_of_blocks_that_it_did_not_know(make_world: MakeWorld, moment: int) -> None:
    """What the source alone had marked is not lost with the caches of a target that took it."""
    world = _unsafe_disks(make_world(seed=moment + 1))
    world.bob.order(DisconnectRequested())
    writes = [world.alice.write(1024 + 8 * number, b"m" * 4096) for number in range(200)]
    world.alice.succeed(*writes)
    world.bob.order(ConnectRequested())
    world.run_until(lambda: is_target(world.bob), "a resync")
    world.run_until(lambda: world.alice.resource.bits_out_of_sync() < 180, "some blocks")
    world.run_for(moment / 1000)
    world.lose_power(world.bob)
    _restart(world, world.bob)
