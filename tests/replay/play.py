"""A script played with our node in one side's place, and what there is to say against it."""

from collections import Counter
from dataclasses import dataclass

from runtime.events import DetachRequested, DisconnectRequested, SecondaryRequested
from tests.replay.comparison import Comparison
from tests.replay.deeds import (
    BLOCK_SIZE_BYTES,
    Altered,
    Asked,
    Attached,
    Began,
    CreatedMetaData,
    Deed,
    DiskCopied,
    DiskRestored,
    NetworkFailed,
    NetworkMended,
    Requested,
    TookDown,
    Truncated,
)
from tests.replay.exceptions import BITS_THAT_KERNELS_LOSE
from tests.replay.happenings import Ended, Happening, Opened, Said
from tests.replay.script import Place, Scene, Script, counted_of
from tests.replay.world import MakeNode, Stuck, World

REST_S = 1.0  # time for what a node has still to say when the recording ends


@dataclass(frozen=True)
class Outcome:
    """What came of a replay."""

    faults: tuple[str, ...]
    """In what our node is not as the kernel, as texts for people."""
    log: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.faults)


def replay(played: Script, make_node: MakeNode) -> Outcome:
    """Play one side of a scenario."""
    world = World(played, make_node)
    faults: list[str] = []
    try:
        _play_all(world, played)
    except Stuck as stuck:
        faults.append(f"{world.now:.6f} stuck: {stuck}")
    faults += world.complaints
    comparison = Comparison(
        played.scenario.start_s,
        _losing_volumes(played),
        played.scenario.former_meta_data(played.side),
    )
    faults += comparison.differences(
        played.said, world.names.in_our_words, world.without_cancelled()
    )
    faults += _left_open(world, played)
    if not faults:
        faults += _wrong_content(world)
    return Outcome(tuple(faults), tuple(world.log))


def _play_all(world: World, played: Script) -> None:
    lag_s = 0.0
    for scene in played.scenes:
        world.pass_time(scene.time_s + lag_s)
        _wait_for_words(world, scene.said_before, before=str(scene))
        _play(world, scene)
        lag_s = max(lag_s, world.now - scene.time_s)
    total: Counter[Place] = Counter()
    for said in played.said:
        total += counted_of(said)
    _wait_for_words(world, total, before="the end")
    world.pass_time(world.now + REST_S)


def _wait_for_words(world: World, wanted: Counter[Place], *, before: str) -> None:
    world.wait_for(
        lambda: not world.lacks(wanted),
        lambda: f"the node has not said {world.lacks(wanted)} before {before}",
    )


def _play(world: World, scene: Scene) -> None:
    if isinstance(scene.what, Happening):
        _happen(world, scene.what)
    else:
        _do(world, scene.what)


def _happen(world: World, what: Happening) -> None:
    match what:
        case Opened() if what.by is world.script.side:
            world.wait_for(lambda: world.is_attempting, lambda: "the node opens no connection")
            world.open(what)
        case Opened():
            world.wait_for(lambda: world.is_listening, lambda: "the node does not listen")
            world.open(what)
        case Ended() if what.by is not world.script.side:
            world.lose(what.connection)
        case Said() if what.by is world.script.side:
            world.finish(what)
        case Said():
            world.hear(what)


def _do(world: World, deed: Deed) -> None:
    match deed:
        case Began():
            world.begin()
        case Attached(volume):
            world.attach(volume)
        case Asked(command, is_refused):
            world.ask(command, is_refused=is_refused)
        case TookDown():
            _take_down(world)
        case Requested():
            world.make(deed)
        case NetworkFailed() | NetworkMended():
            world.network_is_up = isinstance(deed, NetworkMended)
        case _:
            _do_to_disk(world, deed)


def _do_to_disk(world: World, deed: Deed) -> None:
    match deed:
        case CreatedMetaData(volume):
            world.lower[volume].create_meta_data()
        case Altered(volume, region):
            world.lower[volume].alter(region)
        case Truncated(volume, size_bytes):
            world.lower[volume].truncate(size_bytes)
        case DiskCopied():
            world.lower[0].take_copy()
        case DiskRestored():
            world.lower[0].restore()


def _take_down(world: World) -> None:
    """What `drbdsetup down` does, step by step."""
    volumes = list(world.lower)
    world.ask_one_after_another(
        *map(SecondaryRequested, volumes), DisconnectRequested(), *map(DetachRequested, volumes)
    )


def _losing_volumes(played: Script) -> list[int]:
    """The volumes whose last bits a kernel loses when it attaches them."""
    losing_size_bytes = BITS_THAT_KERNELS_LOSE * BLOCK_SIZE_BYTES
    scenario, side = played.scenario, played.side
    return [
        volume
        for volume in scenario.disks(side)
        if scenario.size_bytes(side, volume) % losing_size_bytes == 0
    ]


def _left_open(world: World, played: Script) -> list[str]:
    """The connections that the kernel closed and our node has not."""
    return [
        f"c{scene.what.connection}: the kernel closed it, our node did not"
        for scene in played.scenes
        if isinstance(scene.what, Ended)
        and scene.what.by is played.side
        and scene.what.connection in world.connections
        and world.connections[scene.what.connection].is_open
    ]


def _wrong_content(world: World) -> list[str]:
    """The volumes whose content is not that of the kernel's, which has meta-data of its own."""
    scenario, side = world.script.scenario, world.script.side
    own = scenario.former_meta_data(side)
    return [
        f"volume {volume}: the content at the end is not the kernel's"
        for volume, lower in world.lower.items()
        if (digest := scenario.digest(side, volume)) is not None
        and not (lower.has_lost_writes or volume in own)
        and lower.digest(scenario.size_bytes(side, volume)) != digest
    ]
