"""Data with digests (data-integrity-alg): nothing that was altered on its way reaches a disk."""

import random
import struct
from collections.abc import Callable
from typing import Final

import pytest

from generated.layouts.commands import Command
from runtime.config import NetOptions
from runtime.digests import DIGEST_SIZE_BYTES
from runtime.effects import WriteBlocks, ZeroBlocks
from runtime.events import (
    DetachRequested,
    InvalidateRequested,
    PrimaryRequested,
    SecondaryRequested,
)
from runtime.requests import RequestKind
from runtime.wire.framing import FIRST_BYTE_100
from tests.simulation.scenes import SLOW_S, random_writes, request, resyncing, same_disks, synced
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World

BLOCK: Final = b"block " * 682 + b"last"
LONG_BLOCK: Final = BLOCK * 3  # too long to be copied into the packet
by_algorithm = pytest.mark.parametrize("name", sorted(DIGEST_SIZE_BYTES))


def _net(name: str = "crc32c") -> NetOptions:
    return NetOptions(data_integrity_alg=name)


def _damage_one(command: Command) -> Callable[[bytes], bytes]:
    """Flip the last bit of the first such packet."""
    left = [command]

    def damage(content: bytes) -> bytes:
        at = 0
        while left and content[at : at + 1] == bytes([FIRST_BYTE_100]):
            number, length = struct.unpack_from(">HI", content, at + 6)  # wire 2.3
            at += 16 + length
            if number == command:
                left.clear()
                return content[: at - 1] + bytes([content[at - 1] ^ 1]) + content[at:]
        return content

    return damage


def _goes_on_after(world: World, command: Command, name: str = "crc32c") -> None:
    """The damage was noticed, and the nodes are connected again."""
    assert any(
        node.said(f"{command.name} of sector") and node.said(f"its {name} is not that of its data")
        for node in world.both
    )
    world.run_for(0.5)
    world.sync()
    assert any(node.went_through("ProtocolError", "Connected") for node in world.both)
    world.compare()


@by_algorithm
def test_all_that_moves_data_has_digests(make_world: MakeWorld, name: str) -> None:
    """Resyncs, writes of either node and reads of the peer's disk work with each algorithm."""
    world = synced(make_world(net=_net(name)))
    chance = random.Random(1)
    world.alice.succeed(*random_writes(world.alice, chance, 20))
    world.alice.order(SecondaryRequested())
    world.bob.order(PrimaryRequested())
    world.bob.order(DetachRequested())
    world.bob.succeed(*random_writes(world.bob, chance, 20))
    assert world.bob.read(0, 2048) == world.alice.content()[: 2048 * 512]
    world.bob.attach()
    world.sync()
    world.compare()


@by_algorithm
def test_damaged_write_is_not_written(make_world: MakeWorld, name: str) -> None:
    """A write that was altered on its way ends the connection; the resync brings it."""
    world = same_disks(make_world(net=_net(name)))
    before = len(world.bob.works)
    world.on_the_way = _damage_one(Command.P_DATA)
    world.alice.succeed(world.alice.write(8, BLOCK))
    assert not any(
        isinstance(it, WriteBlocks) and bytes(it.data) != BLOCK for it in world.bob.works[before:]
    )
    _goes_on_after(world, Command.P_DATA, name)


def test_damaged_resync_block_is_not_written(make_world: MakeWorld) -> None:
    """A block of a resync that was altered on its way is sent once more."""
    world = make_world(net=_net())
    world.on_the_way = _damage_one(Command.P_RS_DATA_REPLY)
    resyncing(world)
    world.run_until(lambda: world.bob.said("P_RS_DATA_REPLY of sector"), "the damage")
    _goes_on_after(world, Command.P_RS_DATA_REPLY)


def test_damaged_answer_is_not_read(make_world: MakeWorld) -> None:
    """What the peer's disk says is not told to an application when it was altered on its way."""
    world = synced(make_world(net=_net()))
    world.alice.order(SecondaryRequested())
    world.bob.order(PrimaryRequested())
    world.bob.order(InvalidateRequested())
    world.on_the_way = _damage_one(Command.P_DATA_REPLY)
    wanted = request(RequestKind.READ, 4096, 8)
    world.bob.make(wanted)
    assert world.bob.result(wanted).error == "the peer is gone"
    _goes_on_after(world, Command.P_DATA_REPLY)


def test_buffer_that_its_application_alters_costs_the_connection(make_world: MakeWorld) -> None:
    """Who changes what is being written gets a new connection, and equal disks."""
    world = same_disks(make_world(net=_net()))
    world.alice.disk_latency_s = SLOW_S
    buffer = bytearray(LONG_BLOCK)
    world.alice.is_blocked = True
    written = world.alice.write(0, buffer)
    buffer[-1] ^= 1
    world.alice.unblock()
    world.alice.succeed(written)
    _goes_on_after(world, Command.P_DATA)


def test_without_digests_nobody_notices(make_world: MakeWorld) -> None:
    """That a bit was altered on its way is what the option is for."""
    world = same_disks(make_world())
    world.on_the_way = _damage_one(Command.P_DATA)
    world.alice.succeed(world.alice.write(8, BLOCK))
    world.run_for(0.5)
    assert world.bob.content() != world.alice.content()


def test_zeroes_are_sent_as_data(make_world: MakeWorld) -> None:
    """A kernel reads a digest behind P_ZEROES, so it gets plain writes; a discard stays one."""
    world = synced(make_world(net=_net()))
    for kind, what in ((RequestKind.WRITE_ZEROES, WriteBlocks), (RequestKind.DISCARD, ZeroBlocks)):
        before = len(world.bob.works)
        zeroed = request(kind, 16, 4000)
        world.alice.make(zeroed)
        world.alice.succeed(zeroed)
        works = [it for it in world.bob.works[before:] if isinstance(it, WriteBlocks | ZeroBlocks)]
        assert works
        assert all(isinstance(it, what) for it in works)
    world.compare()
    assert not any(world.bob.content()[16 * 512 : 4016 * 512])


@pytest.mark.parametrize(("version", "is_noticed"), [(86, False), (87, True)])
def test_oldest_version_has_no_digests(
    make_world: MakeWorld, version: int, *, is_noticed: bool
) -> None:
    """Below version 87 the option is not told, and nobody sends digests (wire 12.6)."""
    peer_net = NetOptions(data_integrity_alg="sha1", version_max=version)
    world = synced(make_world(net=_net("sha1"), peer_net=peer_net))
    world.alice.succeed(*random_writes(world.alice, random.Random(2), 20))
    world.compare()
    assert world.alice.said("data-integrity-alg needs version 87") is not is_noticed
