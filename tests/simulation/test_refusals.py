"""What the log says of a change of state that is refused, word by word (states 3.11)."""

from collections.abc import Callable

from runtime.config import DiskOptions, FencingPolicy, NetOptions
from runtime.events import (
    ConnectRequested,
    DetachRequested,
    DisconnectRequested,
    PauseSyncRequested,
    PrimaryRequested,
    SuspendIoRequested,
)
from tests.simulation.node import SimulatedNode
from tests.simulation.scenes import same_disks
from tests.simulation.traces import MakeWorld

FENCING = DiskOptions(fencing=FencingPolicy.RESOURCE_ONLY)
NO_PEER = "State change failed: Refusing to be Primary while peer is not outdated"
NO_DATA = "State change failed: Need access to UpToDate data"


BEGINNINGS = ("State change failed: ", "  state = ", " wanted = ", " mask = ", " old_conn:")


def errors(node: SimulatedNode) -> list[str]:
    """What the log says of refusals."""
    return [text for _, _, text in node.log if text.startswith(BEGINNINGS)]


def fence_exit(code: int) -> Callable[[str, int | None], int]:
    """How fence-peer ends."""
    return lambda _name, _volume: code


def test_refused_promotion(make_world: MakeWorld) -> None:
    """A refused command tells what the volume is in, and what it was to be in."""
    world = same_disks(make_world(handlers={}))
    world.bob.order(DetachRequested())
    world.bob.order(DisconnectRequested())
    assert world.bob.refusal(PrimaryRequested())
    assert errors(world.bob) == [
        NO_DATA,
        "  state = { cs:StandAlone ro:Secondary/Unknown ds:Diskless/DUnknown r----- }",
        " wanted = { cs:StandAlone ro:Primary/Unknown ds:Diskless/DUnknown r----- }",
    ]


def test_flags_of_a_refused_change(make_world: MakeWorld) -> None:
    """Held-back requests and pauses have their letters."""
    world = same_disks(make_world())
    world.bob.order(SuspendIoRequested())
    world.bob.order(PauseSyncRequested())
    world.alice.order(DisconnectRequested())
    world.bob.order(DetachRequested())
    assert world.bob.refusal(PrimaryRequested())
    assert errors(world.bob)[1].endswith("ds:Diskless/DUnknown s--u-- }")


def test_refused_to_the_peer(make_world: MakeWorld) -> None:
    """What the peer asked for in vain stands in the log of the node that refused."""
    world = same_disks(make_world(net=NetOptions(allow_two_primaries=False)))
    assert world.bob.refusal(PrimaryRequested())
    assert errors(world.bob)[:3] == [
        "State change failed: Multiple primaries not allowed by config",
        "  state = { cs:Connected ro:Secondary/Primary ds:UpToDate/UpToDate r----- }",
        " wanted = { cs:Connected ro:Primary/Primary ds:UpToDate/UpToDate r----- }",
    ]


def test_refused_disconnect_of_the_peer(make_world: MakeWorld) -> None:
    """A fencing primary that does not let its peer go tells what it was asked, as numbers too."""
    world = same_disks(make_world(disk=FENCING))
    world.bob.order(DisconnectRequested())
    assert errors(world.alice) == [
        NO_PEER,
        "  state = { cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate r----- }",
        " wanted = { cs:TearDown ro:Primary/Unknown ds:UpToDate/DUnknown r----- }",
        NO_PEER,
        " mask = 0x1f0 val = 0x70",
        " old_conn:Connected wanted_conn:TearDown",
    ]


def test_what_fencing_finds_is_refused(make_world: MakeWorld) -> None:
    """A primary does not outdate the only good data for a peer that is primary too."""
    world = same_disks(make_world(disk=FENCING, handlers={"fence-peer": "program"}))
    world.alice.helper_exits = fence_exit(6)
    world.reset_link()
    world.run_until(lambda: world.alice.said("State change failed"), "a refusal")
    assert world.alice.state().disk.name == "UpToDate"
    assert errors(world.alice)[0] == NO_DATA
    assert errors(world.alice)[-2].startswith(" mask = 0x1e00 val = 0xa00")


def test_a_change_that_waits_is_no_refusal(make_world: MakeWorld) -> None:
    """What is tried again after the handshake is not logged as refused."""
    world = same_disks(make_world(net=NetOptions(connect_int=1)))
    world.bob.order(DisconnectRequested())
    world.bob.order(ConnectRequested())
    world.run_until(lambda: world.bob.state().conn.name == "WFReportParams", "the handshake")
    world.bob.order(SuspendIoRequested())
    assert errors(world.alice) == errors(world.bob) == []
