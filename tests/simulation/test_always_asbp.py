"""A split brain of which no common bitmap is left (states 5.8 step 6): only always-asbp decides."""

import pytest

from generated.layouts.configuration import SplitBrainPolicy
from runtime.config import NetOptions
from runtime.events import (
    ConnectRequested,
    DisconnectRequested,
    NewCurrentUuidRequested,
    PrimaryRequested,
    SecondaryRequested,
)
from tests.simulation.scenes import same_disks
from tests.simulation.traces import MakeWorld
from tests.simulation.world import World

LEAST = SplitBrainPolicy.DISCARD_LEAST_CHANGES


def _met_without_a_common_bitmap(world: World) -> World:
    """Both have written alone, and begun generations since until the common one is history."""
    same_disks(world)
    for node in world.both:
        node.do(DisconnectRequested(force=True))
    world.bob.order(PrimaryRequested(force=True))
    world.alice.succeed(world.alice.write(0, b"a" * 4096))
    world.bob.succeed(*(world.bob.write(8 * number, b"b" * 4096) for number in range(9)))
    for node in world.both:
        node.order(SecondaryRequested())
        node.order(NewCurrentUuidRequested(0))
        node.order(ConnectRequested())
    return world


def test_common_history_is_not_enough(make_world: MakeWorld) -> None:
    """A policy for split brains does not rule where nobody knows which blocks differ."""
    world = _met_without_a_common_bitmap(make_world(net=NetOptions(after_sb_0pri=LEAST)))
    before = [node.content() for node in world.both]
    world.run_for(10)
    assert any(node.said("by rule 100") for node in world.both)
    assert any(node.state().conn.name == "StandAllone" for node in world.both)
    assert [node.content() for node in world.both] == before


@pytest.mark.parametrize("policy", [LEAST, SplitBrainPolicy.DISCARD_ZERO_CHANGES])
def test_always_asbp_lets_policies_rule(make_world: MakeWorld, policy: SplitBrainPolicy) -> None:
    """With always-asbp they do, if they come to a decision, and all blocks are sent."""
    world = make_world(net=NetOptions(always_asbp=True, after_sb_0pri=policy))
    _met_without_a_common_bitmap(world)
    if policy is not LEAST:
        world.run_for(10)
        assert any(node.state().conn.name == "StandAllone" for node in world.both)
        return
    expected = world.bob.content()
    world.run_for(0.1)
    world.sync()
    world.compare()
    assert world.alice.content() == expected
    assert world.alice.said("All blocks are synced")
    assert world.alice.said(
        "Split-Brain rule: after-sb-0pri discard-least-changes: the own changes"
    )
