"""A peer that does not keep up, or says that this node does not, in every state (states 6.9)."""

from collections.abc import Callable

import pytest

from generated.layouts.state import P_STATE
from generated.states.conn_states import ConnState
from generated.states.node_states import NodeState
from runtime.config import OnCongestion
from tests.runtime.engine.phases import (
    Stage,
    congest,
    congested_net,
    connected,
    paused_sync_source,
    paused_sync_target,
    sync_source,
    sync_target,
    verify_source,
    verify_target,
)
from tests.runtime.engine.scripted_peer import word

primary = pytest.mark.parametrize(
    "make", [connected, verify_source, verify_target, sync_source, paused_sync_source]
)
"""Where a primary's writes go to the peer."""


@primary
def test_primary_pulls_ahead(make: Callable[..., Stage]) -> None:
    """Whatever it is about, it goes Ahead, and both are equal in the end."""
    stage = make(is_primary=True, net=congested_net(OnCongestion.PULL_AHEAD))
    congest(stage)
    assert stage.conn is ConnState.Ahead
    stage.connect_good_peer()
    stage.world.compare()


@primary
def test_primary_gives_the_peer_up(make: Callable[..., Stage]) -> None:
    """Or it stands alone, as its administrator wishes."""
    stage = make(is_primary=True, net=congested_net(OnCongestion.DISCONNECT))
    congest(stage)
    stage.world.run_for(0.1)
    assert stage.conn is ConnState.StandAllone
    stage.connect_good_peer()
    stage.world.compare()


@pytest.mark.parametrize(
    "make", [connected, verify_source, verify_target, sync_target, paused_sync_target]
)
def test_primary_at_the_peer_pulls_ahead(make: Callable[[], Stage]) -> None:
    """The own data are old from then on, and whatever went on is over."""
    stage = make()
    stage.peer.say(P_STATE(word(conn=ConnState.Ahead, role=NodeState.Primary)))
    stage.peer.settle()
    assert stage.conn is ConnState.Behind
    assert stage.node.state().disk.name in ("Outdated", "Inconsistent")
    stage.connect_good_peer()
    stage.world.compare()
