"""How links are found, lost, and found again."""

import random

import pytest

from generated.layouts.configuration import ReplicationProtocol
from generated.layouts.state import ReturnCode
from runtime.config import NetOptions
from runtime.events import ConnectRequested, DisconnectRequested
from tests.simulation.scenes import PROTOCOLS, SLOW_S, net_of, random_writes, same_disks
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World

by_protocol = pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda it: it.name)


@by_protocol
def test_lost_link_is_found_again(make_world: MakeWorld, protocol: ReplicationProtocol) -> None:
    """A link that breaks amid writes is made again, and the writes arrive."""
    world = same_disks(make_world(net=net_of(protocol)))
    world.alice.disk_latency_s = world.bob.disk_latency_s = SLOW_S
    writes = random_writes(world.alice, random.Random(2), 50)
    world.run_for(0.004)
    world.reset_link()
    world.alice.succeed(*writes)
    world.run_for(0.1)
    world.sync()
    world.compare()


@pytest.mark.parametrize("after_ms", range(8))
def test_lost_link_loses_no_write(make_world: MakeWorld, after_ms: int) -> None:
    """Whenever the link breaks, what was not confirmed is sent again by a resync."""
    world = same_disks(make_world(seed=after_ms + 1))
    world.alice.disk_latency_s = world.bob.disk_latency_s = SLOW_S
    writes = random_writes(world.alice, random.Random(after_ms), 30)
    world.run_for(after_ms / 1000)
    world.reset_link()
    world.alice.succeed(*writes)
    world.sync()
    world.compare()


def test_quiet_link_stays_up(make_world: MakeWorld) -> None:
    """Pings keep a link alive on which nothing else happens."""
    world = same_disks(make_world())
    world.run_for(120)
    assert all(node.state().conn.name == "Connected" for node in world.both)


def test_silent_link_is_given_up(make_world: MakeWorld) -> None:
    """Who gets no answer to a ping in time gives the link up, and looks for the peer again."""
    world = same_disks(make_world())
    world.silence()
    world.run_for(12)
    for node in world.both:
        assert node.said("PingAck did not arrive in time")
        assert node.went_through("NetworkFailure", "Unconnected", "WFConnection")
    world.reset_link()
    world.heal()
    world.run_for(0.1)
    world.sync()


@pytest.mark.parametrize("ping_int", [1, 10, 30])
def test_silence_is_noticed_in_time(make_world: MakeWorld, ping_int: int) -> None:
    """A silent link is given up after ping-int and ping-timeout."""
    net = NetOptions(ping_int=ping_int, ping_timeout=7)
    world = same_disks(make_world(net=net))
    world.run_for(60)
    world.silence()
    began = world.now
    world.run_until(lambda: world.alice.state().conn.wire < 10, "the link to be given up")
    assert world.now - began <= ping_int + 0.7 + 0.1


def test_short_silence_is_forgiven(make_world: MakeWorld) -> None:
    """A link that is silent for less than that goes on, and nothing is lost."""
    world = same_disks(make_world())
    writes = random_writes(world.alice, random.Random(3), 20)
    world.silence()
    world.run_for(0.3)
    world.heal()
    world.alice.succeed(*writes)
    world.compare()
    assert not world.alice.went_through("NetworkFailure")


def test_silence_amid_writes_loses_none(make_world: MakeWorld) -> None:
    """Writes that are made while the peer is silent are finished alone, and sent later."""
    world = same_disks(make_world())
    world.silence()
    writes = random_writes(world.alice, random.Random(4), 30)
    world.alice.succeed(*writes)
    world.reset_link()
    world.heal()
    world.sync()
    world.compare()


def test_peer_that_takes_no_requests_is_given_up(make_world: MakeWorld) -> None:
    """A peer that answers pings but no write for ko-count times timeout is given up."""
    net = NetOptions(ko_count=2, timeout=30, ping_int=1)
    world = same_disks(make_world(net=net))
    world.bob.disk_latency_s = 10_000.0
    write = world.alice.write(0, b"k" * 4096)
    began = world.now
    world.alice.succeed(write)
    assert 6 <= world.now - began <= 8.1
    assert world.alice.went_through("Timeout")


def test_peer_that_comes_later_is_found(make_world: MakeWorld) -> None:
    """A node that was alone for long finds its peer when that comes."""
    world = make_world()
    world.attach_all()
    world.alice.order(ConnectRequested())
    world.run_for(300)
    world.bob.order(ConnectRequested())
    began = world.now
    world.run_until(lambda: world.is_up(world.alice), "alice to connect")
    assert world.now - began < 15


@pytest.mark.parametrize("seed", range(1, 9))
def test_both_at_once_find_each_other(make_world: MakeWorld, seed: int) -> None:
    """Two nodes that look for each other at the same time agree on two sockets."""
    world = make_world(seed=seed)
    world.attach_all()
    world.connect_both()
    assert [len(node.channels) for node in world.both] == [2, 2]


# Orderly leaving


def _leave(world: World, name: str) -> None:
    node = world.alice if name == "alice" else world.bob
    node.order(DisconnectRequested())
    world.run_for(1)


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_who_leaves_stands_alone(make_world: MakeWorld, name: str) -> None:
    """Who leaves stands alone, and its peer waits for it."""
    world = same_disks(make_world())
    _leave(world, name)
    left, stayed = world.both if name == "alice" else (world.bob, world.alice)
    assert left.went_through("Disconnecting", "StandAllone")
    assert stayed.went_through("TearDown", "Unconnected", "WFConnection")
    assert stayed.state().conn.name == "WFConnection"


@by_protocol
@pytest.mark.parametrize("name", ["alice", "bob"])
def test_what_was_written_alone_comes_later(
    make_world: MakeWorld, protocol: ReplicationProtocol, name: str
) -> None:
    """What the primary writes alone is sent when the peer is back, whoever had left."""
    world = same_disks(make_world(net=net_of(protocol)))
    _leave(world, name)
    world.alice.succeed(*random_writes(world.alice, random.Random(5), 20))
    node = world.alice if name == "alice" else world.bob
    node.order(ConnectRequested())
    world.run_for(0.1)
    world.sync()
    world.compare()


def test_leaving_outdates_nobody(make_world: MakeWorld) -> None:
    """Without a fencing policy, whoever leaves or is left keeps what its data were worth."""
    for name in ("alice", "bob"):
        world = same_disks(make_world())
        _leave(world, name)
        assert [node.state().disk.name for node in world.both] == ["UpToDate", "UpToDate"]


def test_leaving_by_force_asks_nobody(make_world: MakeWorld) -> None:
    """Who leaves by force is gone at once, even from a peer that does not answer."""
    world = same_disks(make_world())
    world.silence()
    command = DisconnectRequested(force=True)
    world.alice.happen(command)
    world.run_for(0.01)
    assert world.alice.state().conn.name == "StandAllone"


def test_leaving_twice_has_nothing_to_do(make_world: MakeWorld) -> None:
    """Who stands alone already has nobody to leave."""
    world = same_disks(make_world())
    _leave(world, "alice")
    assert world.alice.do(DisconnectRequested()).code == ReturnCode.SS_NOTHING_TO_DO


def test_leaving_while_waiting(make_world: MakeWorld) -> None:
    """Who waits for the peer in vain may stop waiting."""
    world = make_world()
    world.attach_all()
    world.alice.order(ConnectRequested())
    world.run_for(30)
    world.alice.order(DisconnectRequested())
    assert world.alice.state().conn.name == "StandAllone"
    assert not world.alice.is_listening


def test_connecting_twice_is_refused(make_world: MakeWorld) -> None:
    """Who looks for the peer already is not told to do so again."""
    world = same_disks(make_world())
    text = world.alice.refusal(ConnectRequested())
    assert text == "Device has a net-config (use disconnect first)"


def test_lost_handshake_is_tried_again_a_second_later(make_world: MakeWorld) -> None:
    """An attempt that fails costs a second before the next one."""
    world = make_world()
    world.attach_all()
    world.alice.order(ConnectRequested())
    world.bob.order(ConnectRequested())
    world.run_until(lambda: bool(world.alice.channels), "sockets")
    world.run_until(lambda: not world.alice.is_listening, "the handshake")
    world.reset_link()
    began = world.now
    world.run_until(lambda: world.alice.is_listening, "the next attempt")
    assert 0.9 <= world.now - began <= 1.1
    world.run_until(lambda: world.is_up(world.alice), "alice to connect")
