"""Online verifies: what differs is found and marked on both nodes, and nothing else is."""

from collections.abc import Callable

import pytest

from generated.layouts.acks import P_OV_RESULT
from generated.layouts.requests import P_OV_REPLY, P_OV_REQUEST
from generated.layouts.state import ReturnCode
from runtime.config import DiskOptions, NetOptions, OnIoError
from runtime.digests import DIGEST_SIZE_BYTES
from runtime.effects import DiskWork, ReadBlocks
from runtime.events import (
    ConnectRequested,
    DetachRequested,
    DisconnectRequested,
    InvalidateRemoteRequested,
    VerifyRequested,
)
from tests.simulation.node import VOLUME_SECTORS, SimulatedNode
from tests.simulation.scenes import resyncing, same_disks
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
    verify,
)
from tests.simulation.world import World


def _generations(node: SimulatedNode) -> tuple[int, ...]:
    backing = node.attach_command().backing
    assert backing is not None
    generations = backing.store.generations
    return generations.current_uuid, generations.bitmap_uuid


@pytest.mark.parametrize("algorithm", sorted(DIGEST_SIZE_BYTES))
@by_asker
def test_differences_are_found(make_world: MakeWorld, algorithm: str, asker: str) -> None:
    """What differs is marked and told on both nodes, neighbours together, and resynced later."""
    world = same_disks(make_world(net=NetOptions(verify_alg=algorithm), disk=FAST))
    for first_sector, sector_count in ((24, 8), (513, 1), (1600, 48), (VOLUME_SECTORS - 8, 8)):
        spoil(world.bob, first_sector, sector_count)
    verify(world, asker_of(world, asker))
    assert bits_of(world) == [9, 9]
    for node in world.both:
        assert reported(node) == [
            "Out of sync: start=24, size=8 (sectors)",
            "Out of sync: start=512, size=8 (sectors)",
            "Out of sync: start=1600, size=48 (sectors)",
            f"Out of sync: start={VOLUME_SECTORS - 8}, size=8 (sectors)",
        ]
        assert node.said("Online verify found 9 4k block out of sync!")
        assert node.said(f"compared {BLOCKS} blocks ({BLOCKS * 4} KB), 9 differ;")
    assert not world.bob.went_through("SyncTarget")
    for command in (DisconnectRequested(), ConnectRequested()):
        world.alice.order(command)
    world.sync()
    world.compare()


def test_generations_stay_as_they_are(make_world: MakeWorld) -> None:
    """A verify changes no UUID, whatever it finds."""
    world = same_disks(make_world(net=SHA1, disk=FAST))
    spoil(world.bob, 24)
    before = [_generations(node) for node in world.both]
    verify(world, world.alice)
    assert [_generations(node) for node in world.both] == before


@by_asker
def test_volume_that_is_the_same_has_nothing_to_tell(make_world: MakeWorld, asker: str) -> None:
    """Where nothing differs, nothing is marked and the next verify begins at 0."""
    world = same_disks(make_world(net=SHA1, disk=FAST))
    for _ in range(2):
        verify(world, asker_of(world, asker))
    assert world.alice.went_through("VerifyS" if asker == "primary" else "VerifyT")
    assert not any(reported(node) for node in world.both)
    assert not any(node.said("reached sector") for node in world.both)
    started = [text for _, _, text in asker_of(world, asker).log if "Starting Online" in text]
    assert started == ["Starting Online Verify from sector 0"] * 2
    world.compare()


# A part of it, and where it goes on


def test_range_is_verified(make_world: MakeWorld) -> None:
    """A start and a stop say what is compared; the next one goes on where it has stopped."""
    world = same_disks(make_world(net=SHA1, disk=FAST))
    for first_sector in (0, 1024, 2040, 2048, 4096):
        spoil(world.bob, first_sector)
    verify(world, world.alice, start=1029, stop=2048)
    assert bits_of(world) == [2, 2]
    for node in world.both:
        assert node.said("Online Verify reached sector 2048")
        assert node.said("compared 128 blocks (512 KB), 2 differ;")
    verify(world, world.bob)
    assert bits_of(world) == [4, 4]
    assert world.alice.said("Online Verify start sector: 2048")
    verify(world, world.alice, start=VOLUME_SECTORS * 2)
    assert world.bob.said(f"Online Verify start sector: {VOLUME_SECTORS - 8}")
    verify(world, world.alice, stop=1)
    assert bits_of(world) == [5, 5]


def test_stop_is_given_later(make_world: MakeWorld) -> None:
    """While a verify runs, another one only says where it stops, though it be behind that."""
    world = same_disks(make_world(net=SHA1, disk=SLOW))
    for stop in (2048, 8, 4096):
        answer = world.alice.do(VerifyRequested(start=64))
        assert answer.code >= ReturnCode.SS_SUCCESS
        world.run_for(0.55)
        answer = world.alice.do(VerifyRequested(stop=stop))
        assert answer.code == ReturnCode.SS_NOTHING_TO_DO
        await_end(world)
    reached = [text.split()[-1] for _, _, text in world.bob.log if "reached sector" in text]
    assert reached[0] == "2048"
    assert 64 < int(reached[1]) < 2048
    assert reached[2] == "4096"


def test_stop_is_taken_back(make_world: MakeWorld) -> None:
    """A verify that is given no stop any more goes on to the end."""
    world = same_disks(make_world(net=SHA1, disk=SLOW))
    world.alice.order(VerifyRequested(stop=2048))
    world.run_for(0.5)
    world.alice.order(VerifyRequested())
    await_end(world)
    assert world.alice.said(f"compared {BLOCKS} blocks")


@by_asker
def test_lost_link_is_no_end(make_world: MakeWorld, asker: str) -> None:
    """After a lost link a verify goes on where it was, and nothing on its way was missed."""
    world = same_disks(make_world(net=SHA1, disk=SLOW))
    node = asker_of(world, asker)
    spoilt = range(0, VOLUME_SECTORS, 32)
    for first_sector in spoilt:
        spoil(world.bob, first_sector)
    for it in world.both:
        it.disk_latency_s = 0.05
    node.order(VerifyRequested())
    world.run_for(2)
    world.reset_link()
    world.run_until(lambda: not any(map(world.is_up, world.both)), "the loss")
    assert 0 < _sector_reached(node) < VOLUME_SECTORS
    world.sync()
    verify(world, node)
    assert node.said(f"Starting Online Verify from sector {_sector_reached(node)}")
    expected = {f"Out of sync: start={it}, size=8 (sectors)" for it in spoilt}
    assert set(reported(node)) == expected
    for command in (DisconnectRequested(), ConnectRequested()):
        world.alice.order(command)
    world.sync()
    world.compare()


def _sector_reached(node: SimulatedNode) -> int:
    return max(int(text.split()[-1]) for _, _, text in node.log if "reached sector" in text)


def test_peer_that_falls_silent_is_waited_for_like_any_other(make_world: MakeWorld) -> None:
    """When the link only stood still, the verify goes on by itself."""
    world = same_disks(make_world(net=SHA1, disk=SLOW))
    world.alice.order(VerifyRequested())
    world.run_for(1)
    world.silence()
    world.run_for(0.4)
    world.heal()
    await_end(world)
    assert world.alice.said(f"compared {BLOCKS} blocks")
    world.compare()


# Disks


def _failing_read(first_sector: int) -> Callable[[DiskWork], str]:
    def fails(work: DiskWork) -> str:
        is_it = isinstance(work, ReadBlocks) and work.offset_bytes == first_sector * 512
        return "EIO" if is_it else ""

    return fails


@by_asker
@pytest.mark.parametrize("failing", ["primary", "secondary"])
def test_block_that_cannot_be_read_differs(make_world: MakeWorld, asker: str, failing: str) -> None:
    """A read error is passed on: the block is out of sync, and the verify goes on."""
    disk = DiskOptions(resync_rate=400_000, c_plan_ahead=0, on_io_error=OnIoError.PASS_ON)
    world = same_disks(make_world(net=SHA1, disk=disk))
    asker_of(world, failing).disk_fails = _failing_read(2000)
    verify(world, asker_of(world, asker))
    for node in world.both:
        assert reported(node) == ["Out of sync: start=2000, size=8 (sectors)"]
        assert node.said(f"compared {BLOCKS} blocks")
    assert bits_of(world) == [1, 1]


@by_asker
@pytest.mark.parametrize("failing", ["primary", "secondary"])
def test_disk_that_is_lost_ends_the_verify(make_world: MakeWorld, asker: str, failing: str) -> None:
    """A disk that is given up aborts it on both nodes; it goes on when the disk is back."""
    world = same_disks(make_world(net=SHA1, disk=SLOW))
    node = asker_of(world, failing)
    for it in world.both:
        it.disk_latency_s = 0.01
    node.disk_fails = _failing_read(2000)
    asker_of(world, asker).order(VerifyRequested())
    world.run_until(lambda: node.state().disk.name == "Diskless", "the disk to be given up")
    world.run_for(1)
    for it in world.both:
        assert it.state().conn.name == "Connected"
        assert it.said("Online-verify aborted.")
        assert it.said("Online Verify reached sector")
        assert not it.said("Online verify done")
    node.disk_fails = lambda _work: ""
    node.attach()
    world.sync()
    verify(world, asker_of(world, asker))
    assert asker_of(world, asker).said("Online verify done")
    reached = _sector_reached(asker_of(world, asker))
    assert 2000 <= reached < 2400
    assert asker_of(world, asker).said(f"Starting Online Verify from sector {reached}")


@by_asker
def test_detach_meanwhile(make_world: MakeWorld, asker: str) -> None:
    """An administrator may take a disk away in the middle."""
    world = same_disks(make_world(net=SHA1, disk=SLOW))
    asker_of(world, asker).order(VerifyRequested())
    world.run_for(0.5)
    world.bob.order(DetachRequested())
    world.alice.succeed(world.alice.write(0, b"d" * 4096))
    world.bob.attach()
    world.sync()
    world.compare()


# Versions


@pytest.mark.parametrize("version", [88, 89, 90, 94, 95, 96, 97, 99, 100, 101])
@by_asker
def test_versions(make_world: MakeWorld, version: int, asker: str) -> None:
    """From 88 on volumes are verified; below 90 from 0, and the stop counts in some versions."""
    old = NetOptions(verify_alg="sha1", version_max=version)
    begin = same_disks if version >= 90 else _synced
    world = begin(make_world(net=SHA1, peer_net=old, disk=FAST))
    for first_sector in (0, 1024, 4096):
        spoil(world.bob, first_sector)
    verify(world, asker_of(world, asker), start=512, stop=2048)
    has_start, has_stop = version >= 90, version in (97, 98, 99, 101)
    found = [True, not has_start, not has_stop]
    assert bits_of(world) == [sum(found)] * 2


def _synced(world: World) -> World:
    """Alice is primary, and Bob has all of her data."""
    resyncing(world)
    world.sync()
    world.run_for(1)
    return world


def test_version_without_verify(make_world: MakeWorld) -> None:
    """Below 88 nobody verifies."""
    world = _synced(make_world(net=SHA1, peer_net=NetOptions(version_max=87)))
    assert world.alice.do(VerifyRequested()).code == ReturnCode.SS_NOT_SUPPORTED
    assert world.alice.refusal(VerifyRequested()) == "Peer does not support protocol"


# Refusals


def test_verify_is_refused(make_world: MakeWorld) -> None:
    """Without an algorithm, a connection or peace there is no verify, and each has its reason."""
    world = same_disks(make_world())
    assert world.alice.do(VerifyRequested()).code == ReturnCode.SS_NO_VERIFY_ALG
    world.bob.order(DisconnectRequested())
    assert world.bob.do(VerifyRequested()).code == ReturnCode.SS_NEED_CONNECTION
    assert world.alice.do(VerifyRequested()).code == ReturnCode.SS_NEED_CONNECTION
    world = resyncing(make_world(net=SHA1))
    for node in world.both:
        assert node.do(VerifyRequested()).code == ReturnCode.SS_RESYNC_RUNNING
    assert world.alice.do(VerifyRequested(7)).text == "no volume 7"


def test_others_wait_for_a_verify(make_world: MakeWorld) -> None:
    """While a verify runs, the other node begins none, and no full resync begins."""
    world = same_disks(make_world(net=SHA1, disk=SLOW))
    world.alice.order(VerifyRequested())
    assert world.bob.do(VerifyRequested()).code == ReturnCode.SS_RESYNC_RUNNING
    answer = world.alice.do(InvalidateRemoteRequested())
    assert answer.code == ReturnCode.SS_RESYNC_RUNNING


def test_both_ask_at_once(make_world: MakeWorld) -> None:
    """Of two nodes that want to verify at the same time one does, and the other is told no."""
    world = same_disks(make_world(net=SHA1, disk=FAST))
    commands = {node: VerifyRequested() for node in world.both}
    for node, command in commands.items():
        node.happen(command)
    world.run_until(
        lambda: all(it in node.answers for node, it in commands.items()), "both answers"
    )
    codes = [node.answers[it].code for node, it in commands.items()]
    assert sum(code >= ReturnCode.SS_SUCCESS for code in codes) == 1
    await_end(world)
    world.compare()


# What is told of it, and what it costs


def test_progress_is_told(make_world: MakeWorld) -> None:
    """Both nodes know how far it is, and only who asks at what rate it is to go."""
    world = same_disks(make_world(net=SHA1, disk=SLOW))
    spoil(world.bob, 0)
    world.alice.order(VerifyRequested())
    world.run_for(1.05)
    for node in world.both:
        progress = node.resource.progress()
        assert progress is not None
        assert progress.bits_total == BLOCKS
        assert 250 <= BLOCKS - progress.bits_left <= 300
        assert progress.bits_differing == 1
        assert progress.wanted_kib_s == (1000 if node is world.alice else None)
        assert progress.text(is_verify=True).startswith("verified:")
    await_end(world)
    assert world.alice.resource.progress() is None


@pytest.mark.parametrize("algorithm", ["crc32c", "sha512"])
def test_digests_travel_instead_of_data(make_world: MakeWorld, algorithm: str) -> None:
    """A block costs three headers with their records and one digest, whatever it has."""
    world = same_disks(make_world(net=NetOptions(verify_alg=algorithm), disk=FAST))
    before = world.transferred_bytes
    verify(world, world.alice)
    moved = world.transferred_bytes - before
    header = 16
    record: int = P_OV_REQUEST.FIXED_SIZE + P_OV_REPLY.FIXED_SIZE + P_OV_RESULT.FIXED_SIZE
    expected = BLOCKS * (3 * header + record + DIGEST_SIZE_BYTES[algorithm])
    assert expected <= moved < expected + 1000
    size = BLOCKS * DIGEST_SIZE_BYTES[algorithm]
    assert world.alice.said(f"{size} bytes of digests were sent for them")


def test_two_volumes_are_verified_at_once(make_world: MakeWorld) -> None:
    """Each volume has its own verify, with either node as the one that asks."""
    world = same_disks(make_world(net=SHA1, disk=SLOW, volumes=2))
    spoil(world.bob, 64)
    world.alice.order(VerifyRequested(0))
    world.bob.order(VerifyRequested(1))
    for volume in (0, 1):
        world.run_until(lambda: world.is_in_sync(volume), "the end")  # noqa: B023
    world.run_for(1)
    assert bits_of(world) == [1, 1]
    assert [node.resource.bits_out_of_sync(1) for node in world.both] == [0, 0]
