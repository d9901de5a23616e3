"""A disk fails at its 1st, 2nd, 3rd ... operation, or hangs: applications notice nothing."""

import itertools
import random

import pytest

from runtime.config import DiskOptions, OnIoError
from runtime.effects import DiskWork
from runtime.events import ChangeDiskOptionsRequested, DetachRequested
from runtime.requests import Request, RequestKind
from tests.simulation.model import Model
from tests.simulation.node import SimulatedNode
from tests.simulation.scenes import SLOW_S, request, same_disks
from tests.simulation.traces import MakeWorld, check_traces
from tests.simulation.world import World

OPERATIONS_MAX = 1000
DISK_SECTORS = 8 * 260  # what applications do here lies in the first 192; many worlds are tried


class FailingFrom:
    """A disk that does so many operations, and then fails so many, or all that come."""

    def __init__(
        self, node: SimulatedNode, at_operation: int, *, count: int = OPERATIONS_MAX
    ) -> None:
        self.failures = 0
        self._left = at_operation
        self._count = count
        node.disk_fails = self._fails

    def _fails(self, _work: DiskWork) -> str:
        if self._left:
            self._left -= 1
            return ""
        if self.failures >= self._count:
            return ""
        self.failures += 1
        return "EIO"


def _small_world(seed: int, policy: OnIoError) -> World:
    """Two nodes that are connected, on disks that are small and the same."""
    world = World(seed=seed, disk=DiskOptions(on_io_error=policy))
    for node in world.both:
        node.add_disk(sectors=DISK_SECTORS)
    return same_disks(world)


def _load(world: World, chance: random.Random, model: Model) -> list[Request]:
    """Reads, writes, discards and flushes of applications, many of them at once."""
    made = []
    for _ in range(12):
        first_sector, count = chance.randrange(128), chance.choice([1, 8, 8, 16, 64])
        kinds = (*2 * [RequestKind.READ], *3 * [RequestKind.WRITE], RequestKind.DISCARD)
        it = request(chance.choice(kinds), first_sector, count)
        if it.kind is RequestKind.WRITE:
            it.data = chance.randbytes(count * 512)
        made.append(it)
        if chance.random() < 0.2:
            made.append(request(RequestKind.FLUSH, 0, 0))
    for it in made:
        model.made(it)
        world.alice.make(it)
        world.run_for(chance.choice([0.0, 0.0, 0.001, 0.004]))
    return made


def _come_back(world: World) -> None:
    """The disk works again, and is used again."""
    world.alice.disk_fails = lambda _work: ""
    world.run_for(1)
    if world.alice.state().disk.name == "Diskless":
        world.alice.attach()
    else:
        world.reset_link()
    world.run_for(0.1)
    world.sync()


@pytest.mark.parametrize("count", [1, OPERATIONS_MAX], ids=["once", "for good"])
@pytest.mark.parametrize("policy", [OnIoError.DETACH, OnIoError.PASS_ON], ids=lambda it: it.value)
def test_applications_notice_nothing(policy: OnIoError, count: int) -> None:
    """No error, no wrong read, and both disks are equal when the broken one is back."""
    for at_operation in itertools.count():
        world = _small_world(at_operation, policy)
        model = Model(world.alice.content())
        model.watch(world.alice, 0)
        for node in world.both:
            node.disk_latency_s = SLOW_S
        disk = FailingFrom(world.alice, at_operation, count=count)
        made = _load(world, random.Random(at_operation), model)
        world.alice.succeed(*made)
        _come_back(world)
        world.compare()
        assert not model.wrong_reads
        assert not model.faults(world.bob.content())
        check_traces(world)  # at once: nobody keeps so many worlds
        if not disk.failures:
            assert at_operation > 10
            return


@pytest.mark.parametrize("policy", [OnIoError.DETACH, OnIoError.PASS_ON], ids=lambda it: it.value)
def test_the_peers_disk_may_fail_anywhere(policy: OnIoError) -> None:
    """The same when it is the secondary's disk that fails."""
    for at_operation in itertools.count():
        world = _small_world(at_operation, policy)
        model = Model(world.alice.content())
        model.watch(world.alice, 0)
        disk = FailingFrom(world.bob, at_operation, count=1)
        world.alice.succeed(*_load(world, random.Random(at_operation), model))
        world.run_for(1)
        if world.bob.state().disk.name == "Diskless":
            world.bob.attach()
        world.reset_link()
        world.run_for(0.1)
        world.sync()
        world.compare()
        assert not model.faults(world.bob.content())
        check_traces(world)  # at once: nobody keeps so many worlds
        if not disk.failures:
            assert at_operation > 10
            return


def _hang(world: World) -> list[Request]:
    """The disk of a primary takes everything and answers nothing any more."""
    world.alice.disk_latency_s = 1000.0
    writes = [world.alice.write(8 * number, bytes([number]) * 4096) for number in range(1, 9)]
    reads = [request(RequestKind.READ, 256, 8), request(RequestKind.FLUSH, 0, 0)]
    world.alice.make(*reads)
    world.run_for(0.5)
    return writes + reads


def _is_used_again(world: World) -> None:
    """When the disk has answered it is given back, and can be attached."""
    world.run_until(lambda: world.alice.state().disk.name == "Diskless", "the disk", timeout_s=3000)
    world.alice.disk_latency_s = 0.0
    world.alice.attach()
    world.run_for(0.1)
    world.sync()
    world.compare()


def test_disk_that_does_not_answer_is_given_up(make_world: MakeWorld) -> None:
    """After disk-timeout applications go on with the peer's disk."""
    world = same_disks(make_world(disk=DiskOptions(disk_timeout=30)))
    made = _hang(world)
    assert not set(made) & set(world.alice.finished)
    world.run_for(3)
    world.alice.succeed(*made)
    assert world.alice.state().disk.name == "Failed"
    assert world.bob.state().pdsk.name == "Failed"
    assert world.alice.read(8, 8) == b"\1" * 4096
    _is_used_again(world)


def test_disk_that_answers_slowly_is_kept(make_world: MakeWorld) -> None:
    """A disk that is busy all the time, but answers in time, is not given up."""
    world = same_disks(make_world(disk=DiskOptions(disk_timeout=10)))
    world.alice.disk_latency_s = 0.5
    for number in range(40):
        world.alice.write(8 * number, b"s" * 4096)
        world.run_for(0.2)
    assert world.alice.state().disk.name == "UpToDate"
    world.compare()


def test_time_limit_that_is_taken_back(make_world: MakeWorld) -> None:
    """A disk whose disk-timeout is set to 0 is waited for as long as it takes."""
    world = same_disks(make_world(disk=DiskOptions(disk_timeout=30)))
    _hang(world)
    world.alice.order(ChangeDiskOptionsRequested(0, {"disk_timeout": 0}))
    world.run_for(100)
    assert world.alice.state().disk.name == "UpToDate"


def test_time_limit_that_is_given_later(make_world: MakeWorld) -> None:
    """A disk that hangs already is given up when it gets a disk-timeout."""
    world = same_disks(make_world())
    made = _hang(world)
    world.run_for(10)
    world.alice.order(ChangeDiskOptionsRequested(0, {"disk_timeout": 30}))
    world.run_for(0.1)
    world.alice.succeed(*made)
    assert world.alice.state().disk.name == "Failed"
    _is_used_again(world)


@pytest.mark.parametrize("is_held", [False, True], ids=["at once", "amid an orderly detach"])
def test_forced_detach_waits_for_nothing(make_world: MakeWorld, *, is_held: bool) -> None:
    """By force a disk that hangs is given up at once; what it still does harms nobody."""
    world = same_disks(make_world())
    made = _hang(world)
    if is_held:
        world.alice.happen(DetachRequested())
    world.alice.order(DetachRequested(force=True))
    world.alice.succeed(*made)
    world.alice.succeed(world.alice.write(8, b"n" * 4096))
    assert world.alice.read(8, 8) == b"n" * 4096
    _is_used_again(world)


def test_alone_a_disk_that_hangs_is_an_error(make_world: MakeWorld) -> None:
    """Without a peer, applications hear that the disk does not answer."""
    world = same_disks(make_world(disk=DiskOptions(disk_timeout=30)))
    world.kill(world.bob)
    world.run_for(1)
    made = _hang(world)
    world.run_for(4)
    assert all(world.alice.finished[it].error for it in made)
