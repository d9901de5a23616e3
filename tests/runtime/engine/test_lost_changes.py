"""Whose changes a decided split brain gives up, and how a primary gives up its own (states 5.9)."""

from dataclasses import replace

from generated.layouts.configuration import SplitBrainPolicy as Policy
from runtime.config import NetOptions
from runtime.engine.sync_decision import decide
from runtime.metadata.comparison import Agreement
from tests.runtime.engine.met_nodes import (
    LOST_HERE,
    LOST_THERE,
    SPLIT_HERE,
    SPLIT_THERE,
    B,
    F,
    met,
    own_side,
    peer_side,
)


def test_loss_of_an_unknown_amount_is_told() -> None:
    """Without a generation that bits count from, nobody knows what a node has changed."""
    own, peer = LOST_HERE, LOST_THERE._replace(uuids=(B, 0, F, 0), discards=True)
    assert "Changes of the peer node are lost: nobody knows which" in met(own, peer).log


def test_loss_is_told_before_a_dry_run_ends() -> None:
    """Who asks what would happen is told what would be lost, too."""
    own = replace(own_side(SPLIT_HERE), is_dry_run=True)
    options = NetOptions(after_sb_0pri=Policy.DISCARD_LOCAL)
    log = decide(own, peer_side(SPLIT_THERE), Agreement(), options).log
    assert log[-2:] == (
        "Changes of this node are lost: 7 blocks, 28 KB, changed since 00000000000000C0",
        "Dry run: this node would become sync target, bitmap based",
    )


def test_primary_that_can_steps_down() -> None:
    """A primary that loses, and may be secondary, becomes target as one."""
    options = NetOptions(
        after_sb_0pri=Policy.DISCARD_LOCAL, after_sb_1pri=Policy.CALL_PRI_LOST_AFTER_SB
    )
    own = replace(own_side(SPLIT_HERE._replace(is_primary=True)), can_step_down=True)
    decision = decide(own, peer_side(SPLIT_THERE), Agreement(), options)
    assert (decision.verdict, decision.steps_down, decision.failure) == (-1, True, "")
    assert decision.helpers == ("initial-split-brain",)
