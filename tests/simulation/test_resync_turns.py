"""Volumes that wait for each other's resyncs: resync-after, and only so many at once (6.5)."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from runtime.config import DiskOptions, ResourceConfig
from runtime.engine.resource import Resource
from runtime.engine.resync_turns import ResyncTurns
from runtime.errors import ConfigError
from runtime.events import (
    ChangeDiskOptionsRequested,
    PauseSyncRequested,
    PrimaryRequested,
    ResumeSyncRequested,
)
from tests.simulation.node import SimulatedNode
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World, connected_pair

SYNCING = ("SyncSource", "SyncTarget")
SLOW = DiskOptions(resync_rate=2000, c_plan_ahead=0)


def _chained(number: int) -> DiskOptions:
    """Each volume waits for the one before it, by its minor or its place."""
    after = ["", "10", "r0/1"][number]
    return replace(SLOW, minor=10 + number, resync_after=after)


def _begin(world: World) -> World:
    """All volumes begin a full resync at once."""
    world.attach_all()
    for volume in world.alice.config.volumes:
        world.alice.fill(volume, volume)
        world.alice.order(PrimaryRequested(volume, force=True))
    world.connect_both()
    return world


def _syncing(node: SimulatedNode) -> list[int]:
    return [it for it in node.config.volumes if node.state(it).conn.name in SYNCING]


def _never_more_than_one(world: World, until: Callable[[], bool]) -> None:
    """Let time pass; only one volume resyncs at each moment."""
    for _ in range(10_000):
        if until():
            return
        assert all(len(_syncing(node)) <= 1 for node in world.both)
        world.run_for(0.01)
    raise AssertionError(world.story())


def _all_in_sync(world: World) -> bool:
    return all(map(world.is_in_sync, world.alice.config.volumes))


def test_volumes_resync_one_after_the_other(make_world: MakeWorld) -> None:
    """A volume waits, on both nodes, until the one before it is in sync."""
    world = _begin(make_world(options=_chained, volumes=3))
    world.run_for(0.1)
    assert _syncing(world.alice) == _syncing(world.bob) == [0]
    assert [world.alice.state(it).aftr_isp for it in range(3)] == [False, True, True]
    assert [world.bob.state(it).peer_isp for it in range(3)] == [False, True, True]
    _never_more_than_one(world, lambda: _all_in_sync(world))
    assert not any(world.alice.state(it).is_paused for it in range(3))
    world.compare()


def test_one_node_is_enough(make_world: MakeWorld) -> None:
    """When only one node has resync-after, the other one waits because it is told so."""
    world = _begin(make_world(options=_chained, peer_disk=SLOW, volumes=3))
    world.run_for(0.1)
    assert _syncing(world.bob) == [0]
    assert not any(world.bob.state(it).aftr_isp for it in range(3))
    _never_more_than_one(world, lambda: _all_in_sync(world))
    world.compare()


def test_paused_volume_holds_up_its_dependents(make_world: MakeWorld) -> None:
    """Who waits for a volume that an administrator has paused waits too, until it goes on."""
    world = make_world(options=_chained, volumes=3)
    connected_pair(world)
    world.alice.order(PauseSyncRequested(0))
    assert [world.alice.state(it).aftr_isp for it in range(3)] == [False, True, True]
    world.alice.order(ResumeSyncRequested(0))
    assert [world.alice.state(it).aftr_isp for it in range(3)] == [False, False, False]


def test_lost_link_frees_the_dependents(make_world: MakeWorld) -> None:
    """A resync that is broken off holds nobody up, and all begin again."""
    world = _begin(make_world(options=_chained, volumes=3))
    world.run_for(0.1)
    world.reset_link()
    assert not any(world.alice.state(it).aftr_isp for it in range(3))
    world.run_for(2)
    _never_more_than_one(world, lambda: _all_in_sync(world))
    world.compare()


@pytest.mark.parametrize("count_max", [1, 2])
def test_only_so_many_resync_at_once(make_world: MakeWorld, count_max: int) -> None:
    """A node's limit lets the first ones go, and each that ends makes room for another."""
    world = make_world(disk=SLOW, volumes=4, resync_count_max=count_max)
    _begin(world).run_for(0.1)
    assert _syncing(world.alice) == _syncing(world.bob) == list(range(count_max))
    while not _all_in_sync(world):
        assert len(_syncing(world.alice)) <= count_max
        world.run_for(0.01)
    world.compare()


def test_limit_is_not_wasted_on_a_paused_volume(make_world: MakeWorld) -> None:
    """A volume that an administrator has paused leaves its turn to the next one."""
    world = _begin(make_world(disk=SLOW, volumes=2, resync_count_max=1))
    world.run_for(0.1)
    world.alice.order(PauseSyncRequested(0))
    world.run_for(0.1)
    assert _syncing(world.alice) == [1]
    world.alice.order(ResumeSyncRequested(0))
    world.sync()
    world.compare()


def _after(number: int, word: str) -> ChangeDiskOptionsRequested:
    return ChangeDiskOptionsRequested(number, {"resync_after": word})


def test_dependency_that_comes_later_counts_at_once(make_world: MakeWorld) -> None:
    """A resync that runs waits when it gets a dependency, and goes on when that is taken away."""
    world = _begin(make_world(disk=SLOW, volumes=2))
    world.run_for(0.1)
    assert _syncing(world.bob) == [0, 1]
    world.alice.order(_after(1, "r0/0"))
    world.run_for(0.1)
    assert _syncing(world.alice) == _syncing(world.bob) == [0]
    assert world.bob.state(1).peer_isp
    world.alice.order(_after(1, "-1"))
    world.run_for(0.1)
    assert _syncing(world.alice) == _syncing(world.bob) == [0, 1]
    world.sync()
    world.compare()


def test_dependency_that_would_close_a_circle(make_world: MakeWorld) -> None:
    """Options that would let volumes wait for each other are refused, and nothing has changed."""
    world = make_world(options=_chained, volumes=3)
    connected_pair(world)
    text = world.alice.refusal(_after(0, "r0/2"))
    assert text.endswith("this would cause a resync-after dependency cycle")
    world.alice.order(PauseSyncRequested(0))
    assert [world.alice.state(it).aftr_isp for it in range(3)] == [False, True, True]


def _resource(name: str, turns: ResyncTurns, **after: str) -> Resource:
    volumes = {
        int(number.removeprefix("v")): DiskOptions(resync_after=it) for number, it in after.items()
    }
    config = ResourceConfig(name=name, volumes=volumes)
    return Resource(config, random=random.Random(1), turns=turns)


@pytest.mark.parametrize(
    "after",
    [{"v0": "a/0"}, {"v0": "a/1", "v1": "a/0"}, {"v0": "a/1", "v1": "a/2", "v2": "a/0"}],
    ids=["itself", "two", "three"],
)
def test_circle_is_refused(after: dict[str, str]) -> None:
    """Volumes that would wait for each other for ever are refused in a sentence."""
    with pytest.raises(ConfigError, match="resync-after dependency cycle"):
        _resource("a", ResyncTurns(), **after)


def test_circle_over_resources_is_refused() -> None:
    """The resource that closes a circle is refused; without it the others go on."""
    turns = ResyncTurns()
    _resource("a", turns, v0="b/0")
    with pytest.raises(ConfigError, match=r"volume 0 of b .* dependency cycle"):
        _resource("b", turns, v0="a/0")
    _resource("b", turns, v0="")


@pytest.mark.parametrize("word", ["r0", "-2", "1048576", "r0/", "/1", "r0/x"])
def test_what_is_no_volume_is_refused(word: str) -> None:
    """The option names a minor or a resource's volume, and nothing else (states 8.3, 132)."""
    with pytest.raises(ConfigError, match="resync-after minor number is invalid"):
        DiskOptions(resync_after=word)


@pytest.mark.parametrize("word", ["", "-1", "77", "other/3"])
def test_missing_volume_holds_nobody_up(word: str) -> None:
    """A dependency on what is not there is allowed."""
    turns = ResyncTurns()
    _resource("a", turns, v0=word)
    assert turns.may_resync("a", 0)


def test_minor_is_of_one_volume() -> None:
    """Two volumes of a node with one minor are refused."""
    volumes = dict.fromkeys((0, 1), DiskOptions(minor=3))
    with pytest.raises(ConfigError, match="two volumes of this node have the minor 3"):
        Resource(ResourceConfig(volumes=volumes), random=random.Random(1))
