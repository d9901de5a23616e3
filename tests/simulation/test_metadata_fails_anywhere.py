"""Meta-data fails at its 1st, 2nd, 3rd ... write: the disk is given up, and nothing is lost."""

import itertools
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import pytest

from runtime.config import NetOptions
from runtime.errors import DiskError
from runtime.events import (
    Command,
    ConnectRequested,
    DetachRequested,
    DisconnectRequested,
    InvalidateRemoteRequested,
    InvalidateRequested,
    NewCurrentUuidRequested,
    OutdateRequested,
    PrimaryRequested,
    SecondaryRequested,
    VerifyRequested,
)
from runtime.requests import RequestKind
from tests.simulation.model import Model
from tests.simulation.node import VOLUME_SECTORS, SimulatedNode
from tests.simulation.scenes import request, same_disks
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World

METADATA_BEGINS: Final = VOLUME_SECTORS * 512
NET: Final = NetOptions(verify_alg="crc32c", csums_alg="sha1", connect_int=1)


def _ask(node: SimulatedNode, *commands: Command) -> None:
    """Give commands that may be refused, and let follow what follows."""
    for command in commands:
        node.do(command)
        node.world.run_for(0.7)


def _write(world: World, model: Model, *, count: int = 4) -> None:
    """An application writes here and there, so that the activity log has to follow."""
    chance = random.Random(count)
    for _ in range(count):
        it = request(RequestKind.WRITE, 8 * chance.randrange(VOLUME_SECTORS // 8 - 1), 8)
        it.data = chance.randbytes(4096)
        model.made(it)
        world.alice.make(it)
        world.run_for(0.02)


def _life_of_a_primary(world: World, model: Model) -> None:
    alice, bob = world.both
    _write(world, model)
    _ask(alice, VerifyRequested())
    _ask(bob, DisconnectRequested(), ConnectRequested())
    _ask(alice, InvalidateRemoteRequested())
    _write(world, model)
    world.kill(bob)
    world.run_for(1)
    _ask(world.restart(bob), ConnectRequested())
    _write(world, model)
    _ask(alice, SecondaryRequested(), PrimaryRequested())


def _life_of_a_secondary(world: World, model: Model) -> None:
    bob = world.bob
    _write(world, model)
    _ask(bob, VerifyRequested(), InvalidateRequested(), DisconnectRequested())
    _write(world, model)
    _ask(bob, OutdateRequested(), ConnectRequested(), DisconnectRequested())
    _ask(bob, InvalidateRequested(), DetachRequested())
    with suppress(DiskError):
        bob.do(bob.attach_command())
    _ask(bob, ConnectRequested())
    _write(world, model)


def _life_alone(world: World, _model: Model) -> None:
    for node in world.both:
        _ask(node, DisconnectRequested(force=True))
    _ask(world.alice, NewCurrentUuidRequested(), NewCurrentUuidRequested(clear_bitmap=True))
    _ask(world.alice, SecondaryRequested(), OutdateRequested(), PrimaryRequested(force=True))
    _ask(world.bob, PrimaryRequested(force=True), SecondaryRequested(), InvalidateRequested())


def _recover(world: World) -> None:
    """The broken disk is replaced, or mended where nobody else has all data, and used again."""
    for node, peer in (world.both, world.both[::-1]):
        node.devices[0].bad_from_bytes = node.devices[0].size_bytes
        if node.state().disk.name == "Diskless" and peer.state().disk.name != "UpToDate":
            node.attach()
        node.do(ConnectRequested())
    world.reset_link()
    world.run_for(3)
    for node in world.both:
        if node.state().disk.name == "Diskless":
            node.add_disk()
            node.attach()
    world.sync()


LIVES: Final = {
    "primary": ("alice", _life_of_a_primary),
    "secondary": ("bob", _life_of_a_secondary),
}


@pytest.mark.parametrize(("name", "live"), LIVES.values(), ids=LIVES)
def test_nothing_is_lost(
    make_world: MakeWorld, name: str, live: Callable[[World, Model], None]
) -> None:
    """Applications notice nothing, and when the disk is mended both are equal."""
    for at_write in itertools.count():
        world = make_world(seed=at_write, net=NET)
        same_disks(world)
        model = Model(world.alice.content())
        model.watch(world.alice, 0)
        device = getattr(world, name).devices[0]
        device.bad_from_bytes, device.good_writes = METADATA_BEGINS, at_write
        live(world, model)
        failures = device.failures
        _recover(world)
        world.compare()
        assert not model.faults(world.bob.content())
        if not failures:
            assert at_write > 10
            return


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_node_alone_lives_on(make_world: MakeWorld, name: str) -> None:
    """Every command is answered, and the disk is given up."""
    for at_write in itertools.count():
        world = make_world(seed=at_write, net=NET)
        same_disks(world)
        node = getattr(world, name)
        device = node.devices[0]
        device.bad_from_bytes, device.good_writes = METADATA_BEGINS, at_write
        _life_alone(world, Model(world.alice.content()))
        if not device.failures:
            assert at_write > 2
            return
        assert node.state().disk.name == "Diskless"
        assert node.said("meta-data:")
