"""Nodes whose settings do not fit stand alone (states 5.2)."""

from typing import Any

import pytest

from generated.layouts.configuration import ReplicationProtocol, SplitBrainPolicy
from runtime.config import NetOptions
from runtime.events import ConnectRequested
from tests.simulation.scenes import same_disks
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World


def _meet(world: World) -> World:
    world.attach_all()
    for node in world.both:
        node.order(ConnectRequested())
    world.run_until(
        lambda: any(node.state().conn.name == "StandAllone" for node in world.both), "a refusal"
    )
    return world


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"protocol": ReplicationProtocol.A}, "protocol"),
        ({"after_sb_0pri": SplitBrainPolicy.DISCARD_LEAST_CHANGES}, "after-sb-0pri"),
        ({"after_sb_1pri": SplitBrainPolicy.CONSENSUS}, "after-sb-1pri"),
        ({"after_sb_2pri": SplitBrainPolicy.VIOLENTLY_AS0P}, "after-sb-2pri"),
        ({"data_integrity_alg": "crc32c"}, "data-integrity-alg"),
        ({"csums_alg": "crc32c"}, "csums-alg"),
        ({"verify_alg": "crc32c"}, "verify-alg"),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_settings_must_fit(make_world: MakeWorld, options: dict[str, Any], name: str) -> None:
    """A node that finds another setting at its peer stands alone, and says which one."""
    world = _meet(make_world(peer_net=NetOptions(**options)))
    assert any(node.said(f"incompatible {name} settings") for node in world.both)


def test_versions_must_meet(make_world: MakeWorld) -> None:
    """Two nodes that have no protocol version in common stand alone."""
    world = _meet(make_world(net=NetOptions(version_min=100), peer_net=NetOptions(version_max=99)))
    assert not any(node.went_through("Connected") for node in world.both)


def test_old_versions_know_one_volume(make_world: MakeWorld) -> None:
    """With a second volume no version is agreed on that could not name it."""
    world = _meet(make_world(net=NetOptions(version_max=99), volumes=2))
    assert any(node.said("volume 1 needs version 100, agreed is 99") for node in world.both)


def test_secret_is_the_same(make_world: MakeWorld) -> None:
    """Two nodes that know the same secret are connected, and write."""
    net = NetOptions(cram_hmac_alg="sha256", shared_secret="sesame")
    world = same_disks(make_world(net=net))
    world.alice.succeed(world.alice.write(0, b"s" * 4096))
    world.compare()


@pytest.mark.parametrize(
    "peer_net",
    [
        NetOptions(cram_hmac_alg="sha256", shared_secret="open"),
        NetOptions(),
    ],
    ids=["secret", "none"],
)
def test_secret_differs(make_world: MakeWorld, peer_net: NetOptions) -> None:
    """Who does not know the secret, or proves nothing, is not talked to."""
    net = NetOptions(cram_hmac_alg="sha256", shared_secret="sesame")
    world = _meet(make_world(net=net, peer_net=peer_net))
    world.run_for(5)
    assert not any(node.went_through("Connected") for node in world.both)


def test_digests_of_other_sizes_are_tried_again(make_world: MakeWorld) -> None:
    """A digest of the wrong size is no proof of anything: the attempt is repeated (wire 4.4)."""
    world = make_world(
        net=NetOptions(cram_hmac_alg="sha256", shared_secret="sesame"),
        peer_net=NetOptions(cram_hmac_alg="sha1", shared_secret="sesame"),
    )
    world.attach_all()
    for node in world.both:
        node.order(ConnectRequested())
    world.run_for(100)
    for node in world.both:
        assert node.went_through("NetworkFailure", "Unconnected", "WFConnection", "NetworkFailure")
        assert not node.went_through("WFReportParams")


def test_failing_attempts_become_rarer(make_world: MakeWorld) -> None:
    """Attempts that fail one after the other wait longer, up to connect-int."""
    world = make_world(
        net=NetOptions(cram_hmac_alg="sha256", shared_secret="sesame", connect_int=8),
        peer_net=NetOptions(cram_hmac_alg="sha1", shared_secret="sesame", connect_int=8),
    )
    world.attach_all()
    waits: list[int] = []
    for node in world.both:
        node.order(ConnectRequested())
    while len(waits) < 6:
        world.run_until(lambda: not world.alice.is_listening, "an attempt")
        world.run_until(lambda: world.alice.state().conn.name == "Unconnected", "its end")
        began = world.now
        world.run_until(lambda: world.alice.is_listening, "the next one")
        waits.append(round(world.now - began))
    assert waits == sorted(waits)
    assert waits[-1] == 8


def test_mended_settings_connect(make_world: MakeWorld) -> None:
    """The same node is talked to when its settings fit again."""
    world = _meet(make_world(peer_net=NetOptions(protocol=ReplicationProtocol.B)))
    world.kill(world.bob)
    world.bob.config = world.alice.config
    world.restart(world.bob)
    world.run_for(2)
    for node in world.both:
        node.do(ConnectRequested())
    world.run_until(lambda: all(world.is_up(node) for node in world.both), "both to connect")
