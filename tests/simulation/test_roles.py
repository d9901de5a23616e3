"""Who may write, and what the others are told."""

import pytest

from generated.layouts.configuration import ReplicationProtocol
from generated.layouts.state import ReturnCode
from runtime.events import (
    DisconnectRequested,
    OutdateRequested,
    PrimaryRequested,
    SecondaryRequested,
)
from runtime.requests import RequestKind
from tests.simulation.scenes import PROTOCOLS, is_target, net_of, request, resyncing, same_disks
from tests.simulation.traces import MakeWorld
from tests.simulation.world import connected_pair


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda it: it.name)
def test_roles_are_swapped(make_world: MakeWorld, protocol: ReplicationProtocol) -> None:
    """After the roles were swapped, the other node writes, and the first one has it."""
    world = same_disks(make_world(net=net_of(protocol)))
    world.alice.succeed(world.alice.write(0, b"a" * 8192))
    world.alice.order(SecondaryRequested())
    world.bob.order(PrimaryRequested())
    world.bob.succeed(world.bob.write(8, b"b" * 8192))
    world.compare()
    assert world.alice.content()[:12288] == b"a" * 4096 + b"b" * 8192


def test_second_primary_is_refused(make_world: MakeWorld) -> None:
    """Only one of the nodes may be primary."""
    world = same_disks(make_world())
    answer = world.bob.do(PrimaryRequested())
    assert answer.code == ReturnCode.SS_TWO_PRIMARIES
    assert answer.text == "Multiple primaries not allowed by config"


def test_second_primary_is_tried_once_more(make_world: MakeWorld) -> None:
    """Who finds a primary peer waits a little, for a peer that was just about to let go."""
    world = same_disks(make_world())
    command = PrimaryRequested()
    world.bob.happen(command)
    world.run_for(0.1)
    assert command not in world.bob.answers
    world.alice.order(SecondaryRequested())
    world.run_until(lambda: command in world.bob.answers, "an answer")
    assert world.bob.answers[command].code == ReturnCode.SS_SUCCESS


def test_primary_needs_good_data(make_world: MakeWorld) -> None:
    """Nobody is primary where neither node has good data."""
    world = make_world()
    connected_pair(world)
    answer = world.alice.do(PrimaryRequested())
    assert answer.code == ReturnCode.SS_NO_UP_TO_DATE_DISK
    assert answer.text == "Need access to UpToDate data"


def test_primary_by_force(make_world: MakeWorld) -> None:
    """By force the data of a node count as good, and the peer gets them."""
    world = resyncing(make_world())
    state = world.alice.state()
    assert (state.role.name, state.disk.name) == ("Primary", "UpToDate")
    world.sync()
    world.compare()


def test_target_may_be_primary_while_it_resyncs(make_world: MakeWorld) -> None:
    """A target has access to good data, its source's, so that it may be primary."""
    world = resyncing(make_world())
    world.alice.order(SecondaryRequested())
    assert is_target(world.bob)
    world.bob.order(PrimaryRequested())
    assert world.bob.read(0, 64) == world.alice.content()[:32768]
    world.sync()
    world.compare()


def test_secondary_takes_no_requests(make_world: MakeWorld) -> None:
    """A secondary's applications read and write nothing."""
    world = same_disks(make_world())
    write, read = world.bob.write(0, b"s" * 512), request(RequestKind.READ, 0, 1)
    world.bob.make(read)
    text = "the volume is Secondary here, only a Primary reads and writes"
    assert [world.bob.result(it).error for it in (write, read)] == [text, text]


def test_demotion_waits_for_writes(make_world: MakeWorld) -> None:
    """A primary that steps down ends its writes before."""
    world = same_disks(make_world())
    world.bob.disk_latency_s = 0.5
    writes = [world.alice.write(8 * number, b"w" * 4096) for number in range(20)]
    world.alice.order(SecondaryRequested())
    assert all(not world.alice.finished[it].error for it in writes)
    world.compare()


def test_same_role_again_changes_nothing(make_world: MakeWorld) -> None:
    """Who asks for the role that a node has is told that there is nothing to do."""
    world = same_disks(make_world())
    assert world.alice.do(PrimaryRequested()).code >= ReturnCode.SS_SUCCESS
    assert world.bob.do(SecondaryRequested()).code >= ReturnCode.SS_SUCCESS


def test_outdated_node_is_not_primary(make_world: MakeWorld) -> None:
    """A node that is told that its data are old is no primary with them."""
    world = same_disks(make_world())
    world.bob.order(DisconnectRequested())
    world.bob.order(OutdateRequested())
    assert world.bob.state().disk.name == "Outdated"
    assert world.bob.do(PrimaryRequested()).text == "Need access to UpToDate data"


def test_outdating_a_connected_node_changes_nothing(make_world: MakeWorld) -> None:
    """A node that is connected and in sync can't be outdated."""
    world = same_disks(make_world())
    world.bob.do(OutdateRequested())
    assert world.bob.state().disk.name == "UpToDate"


def test_forced_primary_of_outdated_data(make_world: MakeWorld) -> None:
    """By force a node that was left alone goes on with what it has."""
    world = same_disks(make_world())
    world.bob.order(DisconnectRequested())
    world.bob.order(OutdateRequested())
    world.bob.order(PrimaryRequested(force=True))
    world.bob.succeed(world.bob.write(0, b"f" * 512))
