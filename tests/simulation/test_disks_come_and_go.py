"""Nodes without disks, and disks that are attached and detached beside a connection."""

import random

import pytest

from generated.layouts.state import ReturnCode
from runtime.events import (
    ConnectRequested,
    DetachRequested,
    DisconnectRequested,
    PrimaryRequested,
    SecondaryRequested,
)
from runtime.requests import RequestKind
from tests.simulation.model import Model
from tests.simulation.node import VOLUME_SECTORS
from tests.simulation.scenes import SLOW_S, random_writes, request, resyncing, same_disks
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World


def _without_alices_disk(world: World) -> World:
    same_disks(world)
    world.alice.succeed(*random_writes(world.alice, random.Random(1), 10))
    world.alice.order(DetachRequested())
    world.run_for(0.1)
    return world


def test_detached_primary_reads_and_writes(make_world: MakeWorld) -> None:
    """A primary that gave its disk up uses the peer's."""
    world = _without_alices_disk(make_world())
    assert [node.state().disk.name for node in world.both] == ["Diskless", "UpToDate"]
    assert world.bob.state().pdsk.name == "Diskless"
    world.alice.succeed(*random_writes(world.alice, random.Random(2), 20))
    assert world.alice.read(0, 2048) == world.bob.content()[: 1 << 20]
    world.alice.flush()


def test_attached_disk_gets_what_it_missed(make_world: MakeWorld) -> None:
    """A disk that was detached and comes back gets the blocks written meanwhile."""
    world = _without_alices_disk(make_world())
    world.alice.succeed(*random_writes(world.alice, random.Random(2), 5))
    world.alice.attach()
    world.run_for(0.1)
    world.sync()
    world.compare()
    assert any(it.after.disk.name == "Negotiating" for it in world.alice.changes)


def test_attached_disk_that_missed_nothing(make_world: MakeWorld) -> None:
    """A disk that comes back and has missed nothing is good at once."""
    world = same_disks(make_world())
    world.bob.order(DetachRequested())
    world.run_for(0.1)
    world.bob.attach()
    world.run_for(0.1)
    world.sync()
    world.compare()


def test_secondary_detaches_and_attaches_amid_writes(make_world: MakeWorld) -> None:
    """A secondary's disk may leave and come back while the primary writes."""
    world = same_disks(make_world())
    world.alice.disk_latency_s = world.bob.disk_latency_s = SLOW_S
    chance, writes = random.Random(3), []
    for number in range(6):
        writes += random_writes(world.alice, chance, 10)
        if number % 2:
            world.bob.attach()
        else:
            world.bob.order(DetachRequested())
        world.run_for(0.002)
    world.alice.succeed(*writes)
    world.run_for(0.1)
    world.sync()
    world.compare()


def test_disk_that_leaves_before_the_source_knows_of_the_end(make_world: MakeWorld) -> None:
    """A source that never learned of its resync's end has writes that the returned disk lacks."""
    world = resyncing(make_world())
    world.run_until(lambda: world.bob.resource.bits_out_of_sync() < 50, "the resync's end")
    world.alice.disk_latency_s = 0.1
    world.run_until(lambda: world.bob.state().conn.name == "Connected", "bob to have all")
    world.bob.order(DetachRequested())
    assert world.alice.went_through("SyncSource", "Connected")
    world.alice.succeed(world.alice.write(0, b"m" * 4096))
    world.bob.attach()
    world.run_for(1)
    world.sync(timeout_s=30)
    world.compare()
    assert world.alice.said("by rule 34")
    assert world.bob.said("by rule 35")


def test_node_without_a_disk_is_primary(make_world: MakeWorld) -> None:
    """A node that never had a disk may be primary, with the peer's data."""
    world = make_world()
    world.bob.add_disk()
    world.bob.attach()
    world.bob.order(PrimaryRequested(force=True))
    world.bob.succeed(world.bob.write(0, b"d" * 4096))
    world.bob.order(SecondaryRequested())
    world.connect_both()
    world.run_for(0.1)
    assert world.alice.resource.size_sectors() == VOLUME_SECTORS
    world.alice.order(PrimaryRequested())
    assert world.alice.read(0, 8) == b"d" * 4096
    world.alice.succeed(*random_writes(world.alice, random.Random(4), 20))
    assert world.alice.read(0, 2048) == world.bob.content()[: 1 << 20]


def test_diskless_primary_loses_its_peer(make_world: MakeWorld) -> None:
    """Without a disk and without a peer there are no data, until the peer is back."""
    world = _without_alices_disk(make_world())
    world.reset_link()
    assert "UpToDate" in world.alice.result(world.alice.write(0, b"n" * 512)).error
    world.run_until(lambda: world.is_up(world.alice), "alice to connect")
    world.run_for(0.1)
    assert world.alice.read(0, 8) == world.bob.content()[:4096]


def test_lost_link_ends_reads_of_the_peer(make_world: MakeWorld) -> None:
    """Reads that the peer did not answer fail when it is lost."""
    world = _without_alices_disk(make_world())
    world.bob.disk_latency_s = 5.0
    writes = random_writes(world.alice, random.Random(5), 5)
    world.run_for(0.01)
    world.reset_link()
    for write in writes:
        world.alice.result(write)


def test_last_good_disk_is_not_detached(make_world: MakeWorld) -> None:
    """A primary keeps the only good data."""
    world = resyncing(make_world())
    answer = world.alice.do(DetachRequested())
    assert answer.code == ReturnCode.SS_NO_UP_TO_DATE_DISK
    assert world.alice.state().disk.name == "UpToDate"


def test_disk_is_detached_by_force(make_world: MakeWorld) -> None:
    """By force any disk is given up."""
    world = same_disks(make_world())
    world.alice.order(DetachRequested(force=True))
    world.run_for(0.1)
    assert world.alice.state().disk.name == "Diskless"
    assert world.alice.detached == [0]


@pytest.mark.parametrize("is_amid", [False, True], ids=["alone", "amid a forced one"])
def test_orderly_detach_is_done_when_the_disk_is_given_back(
    make_world: MakeWorld, *, is_amid: bool
) -> None:
    """Whoever is told that a disk is detached may take it away at once."""
    world = same_disks(make_world())
    world.alice.disk_latency_s = 0.5
    if is_amid:
        world.alice.order(DetachRequested(force=True))
        assert world.alice.state().disk.name == "Failed"
    code = world.alice.do(DetachRequested()).code
    assert code == (ReturnCode.SS_NOTHING_TO_DO if is_amid else ReturnCode.SS_SUCCESS)
    assert world.alice.state().disk.name == "Diskless"
    assert world.alice.detached == [0]


def test_detaching_nothing(make_world: MakeWorld) -> None:
    """Without a disk there is nothing to detach."""
    world = make_world()
    assert world.alice.do(DetachRequested()).code == ReturnCode.SS_NOTHING_TO_DO


def test_second_disk_is_refused(make_world: MakeWorld) -> None:
    """A volume has one disk."""
    world = same_disks(make_world())
    text = world.alice.refusal(world.alice.attach_command())
    assert text == "Device is attached to a disk (use detach first)"


def test_target_is_detached(make_world: MakeWorld) -> None:
    """A target may give up its disk amid the resync, and goes on when that is back."""
    world = resyncing(make_world())
    world.run_for(0.3)
    world.bob.order(DetachRequested())
    world.run_for(0.1)
    assert world.alice.state().conn.name == "Connected"
    world.bob.attach()
    world.run_for(0.1)
    world.sync()
    world.compare()


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_attached_before_and_after_connecting(make_world: MakeWorld, name: str) -> None:
    """Whether a disk comes before the connection or after it, both end up in sync."""
    world = same_disks(make_world())
    world.alice.order(SecondaryRequested())
    world.bob.order(DisconnectRequested())
    world.alice.order(PrimaryRequested())
    world.alice.succeed(*random_writes(world.alice, random.Random(6), 5))
    world.alice.order(SecondaryRequested())
    node = world.alice if name == "alice" else world.bob
    node.order(DetachRequested())
    world.bob.order(ConnectRequested())
    world.run_until(lambda: world.is_up(world.alice) and world.is_up(world.bob), "a connection")
    node.attach()
    world.run_for(0.1)
    world.sync()
    world.compare()


@pytest.mark.parametrize(
    "command", [DetachRequested(), DetachRequested(force=True)], ids=["orderly", "forced"]
)
def test_slow_target_is_detached(make_world: MakeWorld, command: DetachRequested) -> None:
    """A target whose disk is still writing for the peer gives it up when that has ended."""
    world = make_world()
    world.bob.disk_latency_s = 2.0
    resyncing(world)
    world.run_for(1)
    world.bob.order(command)
    world.run_until(lambda: world.bob.state().disk.name == "Diskless", "the disk to be idle")
    assert world.bob.detached == [0]
    world.bob.disk_latency_s = 0.0
    world.bob.attach()
    world.run_for(0.1)
    world.sync()
    world.compare()


def test_slow_secondary_is_detached_amid_writes(make_world: MakeWorld) -> None:
    """Writes that the peer's disk has not ended when it is given up are not lost."""
    world = same_disks(make_world())
    world.bob.disk_latency_s = 1.0
    writes = random_writes(world.alice, random.Random(8), 20)
    world.run_for(0.2)
    world.bob.order(DetachRequested(force=True))
    world.alice.succeed(*writes)
    world.run_until(lambda: world.bob.state().disk.name == "Diskless", "the disk to be idle")
    world.bob.attach()
    world.run_for(0.1)
    world.sync()
    world.compare()


def test_primary_detaches_and_attaches_amid_its_own_load(make_world: MakeWorld) -> None:
    """A primary's disk may leave and come back while applications write and read."""
    world = same_disks(make_world())
    world.alice.disk_latency_s = world.bob.disk_latency_s = SLOW_S
    chance = random.Random(11)
    model = Model(world.alice.content())
    model.watch(world.alice, 0)
    made = []
    for number in range(8):
        for _ in range(12):
            kind = chance.choice([RequestKind.READ, RequestKind.WRITE])
            it = request(kind, chance.randrange(256), 8)
            it.data = chance.randbytes(4096) if it.is_write else b""
            model.made(it)
            made.append(it)
        world.alice.make(*made[-12:])
        world.run_for(chance.choice([0.0, 0.002]))
        if number % 2:
            world.alice.attach()
        else:
            world.alice.order(DetachRequested(force=number == 4))
            world.run_until(lambda: world.alice.state().disk.name == "Diskless", "no disk")
    world.alice.succeed(*made)
    world.sync()
    world.compare()
    assert not model.wrong_reads
    assert not model.faults(world.bob.content())


def test_only_data_that_applications_know_is_attached(make_world: MakeWorld) -> None:
    """Below a primary that has lost all good data no other data are attached."""
    world = _without_alices_disk(make_world())
    world.alice.succeed(*random_writes(world.alice, random.Random(2), 5))
    world.kill(world.bob)
    world.run_for(1)
    refused = "Can only attach to the data we lost last (see kernel log)."
    assert world.alice.refusal(world.alice.attach_command()) == refused
    assert world.alice.state().disk.name == "Diskless"
    world.restart(world.bob).order(ConnectRequested())
    world.run_until(lambda: world.is_up(world.alice), "alice to connect")
    world.alice.attach()
    world.run_for(0.1)
    world.sync()
    world.compare()


def test_primary_takes_back_the_data_that_it_lost(make_world: MakeWorld) -> None:
    """What applications saw last may be attached, also when nobody else is there."""
    world = same_disks(make_world())
    world.alice.succeed(world.alice.write(0, b"k" * 4096))
    world.kill(world.bob)
    world.run_for(1)
    world.alice.order(DetachRequested(force=True))
    world.run_for(0.1)
    world.alice.attach()
    assert world.alice.read(0, 8) == b"k" * 4096


@pytest.mark.parametrize("silence_s", [0.0, 20.0], ids=["reset", "silence"])
@pytest.mark.parametrize("delay_s", [0.0, 0.0004, 0.0006, 0.0011, 0.0016])
def test_lost_link_amid_attaching(make_world: MakeWorld, delay_s: float, silence_s: float) -> None:
    """An attach that the link is lost in comes to nothing, and is repeated (states 3.3, N4a)."""
    world = _without_alices_disk(make_world())
    world.alice.succeed(*random_writes(world.alice, random.Random(2), 5))
    world.alice.happen(world.alice.attach_command())
    world.run_for(delay_s)
    if silence_s:
        world.silence()
        world.run_for(silence_s)
    world.reset_link()
    world.heal()
    world.run_until(lambda: world.is_up(world.alice) and world.is_up(world.bob), "a connection")
    if world.alice.state().disk.name == "Diskless":
        world.alice.attach()
    world.run_for(0.1)
    world.sync()
    world.compare()
