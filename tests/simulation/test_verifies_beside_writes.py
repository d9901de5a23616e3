"""Online verifies beside writes: what is written meanwhile is never taken for a difference."""

import random

import pytest

from generated.layouts.configuration import ReplicationProtocol
from runtime.config import DiskOptions, NetOptions
from runtime.events import PrimaryRequested, SecondaryRequested, VerifyRequested
from tests.simulation.scenes import PROTOCOLS, SLOW_S, random_write, same_disks
from tests.simulation.test_two_primaries import Rivals
from tests.simulation.traces import MakeWorld
from tests.simulation.verifies import (
    BLOCKS,
    FAST,
    SHA1,
    SLOW,
    asker_of,
    await_end,
    bits_of,
    by_asker,
    reported,
    spoil,
)

by_protocol = pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda it: it.name)


@by_protocol
@by_asker
@pytest.mark.parametrize("seed", range(4))
def test_writes_are_no_differences(
    make_world: MakeWorld, protocol: ReplicationProtocol, asker: str, seed: int
) -> None:
    """What applications write meanwhile is no difference, and what differs beside it is found."""
    net = NetOptions(protocol=protocol, verify_alg="crc32c")
    world = same_disks(make_world(net=net, disk=FAST, seed=seed + 1))
    world.jitter_s = 0.002 * (seed % 2)
    for node in world.both:
        node.disk_latency_s = SLOW_S * (1 + seed)
    first, end = 16 * 8, (BLOCKS - 16) * 8
    spoilt = [first, end - 8]
    for first_sector in spoilt:
        spoil(world.bob, first_sector)
    chance, made = random.Random(seed), []
    asker_of(world, asker).order(VerifyRequested())
    while not world.is_in_sync():
        for _ in range(4):
            at = chance.randrange(first + 8, end - 8 - 64)
            data = chance.randbytes(512 * chance.choice([1, 3, 8, 64]))
            made.append(world.alice.write(at, data))
        world.run_for(chance.choice([0.0002, 0.001, 0.004]))
    world.alice.succeed(*made)
    world.run_for(1)
    assert len(made) > 40
    for node in world.both:
        expected = {f"Out of sync: start={it}, size=8 (sectors)" for it in spoilt}
        assert set(reported(node)) == expected, world.story()
    assert bits_of(world) == [2, 2]


@by_protocol
@by_asker
def test_writes_that_wait_are_no_differences(
    make_world: MakeWorld, protocol: ReplicationProtocol, asker: str
) -> None:
    """What waits for earlier writes to its block when a verify begins is waited for itself."""
    net = NetOptions(protocol=protocol, verify_alg="md5")
    world = same_disks(make_world(net=net, disk=FAST))
    for node in world.both:
        node.disk_latency_s = SLOW_S
    chance = random.Random(7)
    made = [world.alice.write(0, chance.randbytes(4096)) for _ in range(20)]
    asker_of(world, asker).order(VerifyRequested())
    assert not all(it in world.alice.finished for it in made)
    world.alice.succeed(*made)
    await_end(world)
    assert not any(reported(node) for node in world.both)
    world.compare()


@pytest.mark.parametrize("seed", range(12))
def test_two_primaries_are_no_differences(make_world: MakeWorld, seed: int) -> None:
    """What two primaries write at once to the same places is no difference either."""
    net = NetOptions(verify_alg="crc32c", allow_two_primaries=True)
    world = same_disks(make_world(net=net, disk=FAST, seed=seed + 1))
    world.bob.order(PrimaryRequested())
    for node in world.both:
        node.disk_latency_s = SLOW_S * (seed % 3)
    rivals, chance = Rivals(world, seed), random.Random(seed)
    for _ in range(20):
        rivals.go_on(2)
        chance.choice(world.both).do(VerifyRequested(start=0, stop=chance.choice([64, 256])))
    for node, request in rivals.made:
        node.succeed(request)
    await_end(world)
    assert any(node.went_through("VerifyS") for node in world.both)
    assert not any(reported(node) for node in world.both), world.story()
    world.compare()


@by_asker
def test_roles_change_meanwhile(make_world: MakeWorld, asker: str) -> None:
    """Nodes that swap their roles meanwhile find no differences in what they write."""
    world = same_disks(make_world(net=SHA1, disk=SLOW))
    for node in world.both:
        node.disk_latency_s = SLOW_S
    asker_of(world, asker).order(VerifyRequested())
    chance, made = random.Random(5), []
    for writer, reader in ((world.alice, world.bob), (world.bob, world.alice)):
        for _ in range(40):
            made.append((writer, random_write(writer, chance)))
            world.run_for(0.02)
        writer.order(SecondaryRequested())
        reader.order(PrimaryRequested())
    for writer, write in made:
        writer.succeed(write)
    await_end(world)
    assert not any(reported(node) for node in world.both)
    world.compare()


def test_verify_steps_aside_for_applications(make_world: MakeWorld) -> None:
    """Above c-min-rate it is slower while applications are at work, and comes to its end."""
    took = {}
    for c_min_rate in (0, 250):
        disk = DiskOptions(resync_rate=8000, c_plan_ahead=0, c_min_rate=c_min_rate)
        world = same_disks(make_world(net=SHA1, disk=disk))
        world.bob.order(VerifyRequested())
        chance, began = random.Random(2), world.now
        while not world.is_in_sync():
            random_write(world.alice, chance)
            world.run_for(0.02)
        took[c_min_rate] = world.now - began
    assert took[250] > took[0] * 2
