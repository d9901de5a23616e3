"""Whose changes a decided split brain gives up, and how a primary gives up its own (states 5.9)."""

from dataclasses import replace

import pytest

from generated.layouts.configuration import SplitBrainPolicy as Policy
from runtime.config import NetOptions, RrConflict
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


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (Policy.DISCONNECT, "after-sb-1pri disconnect: no decision"),
        (Policy.DISCARD_SECONDARY, "after-sb-1pri discard-secondary: the peer's changes"),
        (
            Policy.CONSENSUS,
            "after-sb-1pri consensus, after-sb-0pri discard-local: no decision",
        ),
        (
            Policy.VIOLENTLY_AS0P,
            "after-sb-1pri violently-as0p, after-sb-0pri discard-local: the own changes",
        ),
    ],
)
def test_rule_of_a_decision_is_told(policy: Policy, told: str) -> None:
    """Which setting has decided is in the log, and what it goes by itself."""
    options = NetOptions(after_sb_0pri=Policy.DISCARD_LOCAL, after_sb_1pri=policy)
    log = met(SPLIT_HERE._replace(is_primary=True), SPLIT_THERE, options).log
    assert any(line.startswith(f"Split-Brain rule: {told}") for line in log)


@pytest.mark.parametrize("rr_conflict", RrConflict)
def test_rule_against_the_role_is_told(rr_conflict: RrConflict) -> None:
    """What a primary does that would be target is in the log as its setting."""
    options = NetOptions(
        after_sb_0pri=Policy.DISCARD_LOCAL,
        after_sb_1pri=Policy.VIOLENTLY_AS0P,
        rr_conflict=rr_conflict,
    )
    log = met(SPLIT_HERE._replace(is_primary=True), SPLIT_THERE, options).log
    assert f"A primary would be sync target: rr-conflict {rr_conflict.value}" in log


def test_primary_that_can_steps_down() -> None:
    """A primary that loses, and may be secondary, becomes target as one."""
    options = NetOptions(
        after_sb_0pri=Policy.DISCARD_LOCAL, after_sb_1pri=Policy.CALL_PRI_LOST_AFTER_SB
    )
    own = replace(own_side(SPLIT_HERE._replace(is_primary=True)), can_step_down=True)
    decision = decide(own, peer_side(SPLIT_THERE), Agreement(), options)
    assert (decision.verdict, decision.steps_down, decision.failure) == (-1, True, "")
    assert decision.helpers == ("initial-split-brain",)
