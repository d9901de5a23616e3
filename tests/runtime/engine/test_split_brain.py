"""Each policy after a split brain rules as published, and both nodes come to one ruling."""

from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated.layouts.configuration import SplitBrainPolicy as Policy
from runtime.config import NetOptions
from runtime.engine.split_brain import (
    NO_DECISION_BY_AGE,
    ONE_PRIMARY,
    SOURCE,
    TARGET,
    TWO_PRIMARIES,
    UNDECIDED,
    ZERO_PRIMARIES,
    Rivals,
    Ruling,
    after_split_brain,
)

EQUAL: Final = Rivals(
    own_was_primary=True, peer_was_primary=True, own_changes_bits=3, peer_changes_bits=3
)
OWN_OLDER: Final = replace(EQUAL, peer_was_primary=False)
PEER_OLDER: Final = replace(EQUAL, own_was_primary=False)
LESS: Final = replace(EQUAL, own_changes_bits=2)
MORE: Final = replace(EQUAL, own_changes_bits=4)
UNCHANGED: Final = replace(EQUAL, own_changes_bits=0)
PEER_UNCHANGED: Final = replace(EQUAL, peer_changes_bits=0)
BOTH_UNCHANGED: Final = replace(UNCHANGED, peer_changes_bits=0)


def yielding(rivals: Rivals) -> Rivals:
    """The same on the node that resolves conflicts."""
    return replace(rivals, resolves_conflicts=True)


WITHOUT_PRIMARY: Final = (
    (Policy.DISCONNECT, LESS, UNDECIDED),
    (Policy.DISCARD_YOUNGER_PRIMARY, PEER_OLDER, TARGET),
    (Policy.DISCARD_YOUNGER_PRIMARY, OWN_OLDER, SOURCE),
    (Policy.DISCARD_YOUNGER_PRIMARY, BOTH_UNCHANGED, SOURCE),
    (Policy.DISCARD_YOUNGER_PRIMARY, UNCHANGED, TARGET),
    (Policy.DISCARD_YOUNGER_PRIMARY, MORE, SOURCE),
    (Policy.DISCARD_YOUNGER_PRIMARY, LESS, TARGET),
    (Policy.DISCARD_YOUNGER_PRIMARY, yielding(EQUAL), TARGET),
    (Policy.DISCARD_OLDER_PRIMARY, PEER_OLDER, SOURCE),
    (Policy.DISCARD_OLDER_PRIMARY, OWN_OLDER, TARGET),
    (Policy.DISCARD_OLDER_PRIMARY, PEER_UNCHANGED, SOURCE),
    (Policy.DISCARD_OLDER_PRIMARY, LESS, TARGET),
    (Policy.DISCARD_ZERO_CHANGES, BOTH_UNCHANGED, SOURCE),
    (Policy.DISCARD_ZERO_CHANGES, yielding(BOTH_UNCHANGED), TARGET),
    (Policy.DISCARD_ZERO_CHANGES, PEER_UNCHANGED, SOURCE),
    (Policy.DISCARD_ZERO_CHANGES, UNCHANGED, TARGET),
    (Policy.DISCARD_ZERO_CHANGES, LESS, UNDECIDED),
    (Policy.DISCARD_LEAST_CHANGES, LESS, TARGET),
    (Policy.DISCARD_LEAST_CHANGES, MORE, SOURCE),
    (Policy.DISCARD_LEAST_CHANGES, EQUAL, SOURCE),
    (Policy.DISCARD_LEAST_CHANGES, yielding(EQUAL), TARGET),
    (Policy.DISCARD_LOCAL, MORE, TARGET),
    (Policy.DISCARD_REMOTE, LESS, SOURCE),
    (Policy.CONSENSUS, LESS, UNDECIDED),
    (Policy.DISCARD_SECONDARY, LESS, UNDECIDED),
    (Policy.CALL_PRI_LOST_AFTER_SB, LESS, UNDECIDED),
    (Policy.VIOLENTLY_AS0P, LESS, UNDECIDED),
)


@pytest.mark.parametrize(("policy", "rivals", "verdict"), WITHOUT_PRIMARY)
def test_policy_without_primary(policy: Policy, rivals: Rivals, verdict: int) -> None:
    """Who loses its changes where nobody is primary is as published."""
    assert after_split_brain(rivals, NetOptions(after_sb_0pri=policy)).verdict == verdict


@pytest.mark.parametrize("policy", [Policy.DISCARD_YOUNGER_PRIMARY, Policy.DISCARD_OLDER_PRIMARY])
@pytest.mark.parametrize(("rivals", "log"), [(EQUAL, (NO_DECISION_BY_AGE,)), (OWN_OLDER, ())])
def test_age_may_not_decide(policy: Policy, rivals: Rivals, log: tuple[str, ...]) -> None:
    """Where both or none were primary, another policy is taken, and that is said."""
    assert after_split_brain(rivals, NetOptions(after_sb_0pri=policy)).log == log


LEAST: Final = Policy.DISCARD_LEAST_CHANGES
AS_PRIMARY: Final = (
    (Policy.DISCONNECT, MORE, UNDECIDED),
    (Policy.CONSENSUS, MORE, SOURCE),
    (Policy.CONSENSUS, LESS, UNDECIDED),
    (Policy.VIOLENTLY_AS0P, MORE, SOURCE),
    (Policy.VIOLENTLY_AS0P, LESS, TARGET),
    (Policy.DISCARD_SECONDARY, LESS, SOURCE),
    (Policy.CALL_PRI_LOST_AFTER_SB, MORE, SOURCE),
    (Policy.CALL_PRI_LOST_AFTER_SB, LESS, UNDECIDED),
    (Policy.DISCARD_LEAST_CHANGES, MORE, UNDECIDED),
)


@pytest.mark.parametrize(("policy", "rivals", "verdict"), AS_PRIMARY)
def test_policy_on_the_only_primary(policy: Policy, rivals: Rivals, verdict: int) -> None:
    """Who loses where this node is the only primary is as published."""
    options = NetOptions(after_sb_0pri=LEAST, after_sb_1pri=policy)
    ruling = after_split_brain(replace(rivals, is_primary=True), options)
    assert ruling.verdict == verdict


BESIDE_PRIMARY: Final = (
    (Policy.DISCONNECT, MORE, UNDECIDED),
    (Policy.CONSENSUS, MORE, UNDECIDED),
    (Policy.CONSENSUS, LESS, TARGET),
    (Policy.VIOLENTLY_AS0P, MORE, SOURCE),
    (Policy.VIOLENTLY_AS0P, LESS, TARGET),
    (Policy.DISCARD_SECONDARY, MORE, TARGET),
    (Policy.CALL_PRI_LOST_AFTER_SB, MORE, SOURCE),
    (Policy.CALL_PRI_LOST_AFTER_SB, LESS, TARGET),
    (Policy.DISCARD_LOCAL, LESS, UNDECIDED),
)


@pytest.mark.parametrize(("policy", "rivals", "verdict"), BESIDE_PRIMARY)
def test_policy_beside_a_primary(policy: Policy, rivals: Rivals, verdict: int) -> None:
    """Who loses where only the peer is primary is as published."""
    options = NetOptions(after_sb_0pri=LEAST, after_sb_1pri=policy)
    ruling = after_split_brain(replace(rivals, is_peer_primary=True), options)
    assert ruling.verdict == verdict


OF_TWO_PRIMARIES: Final = (
    (Policy.DISCONNECT, MORE, UNDECIDED),
    (Policy.VIOLENTLY_AS0P, MORE, SOURCE),
    (Policy.VIOLENTLY_AS0P, LESS, TARGET),
    (Policy.CALL_PRI_LOST_AFTER_SB, MORE, SOURCE),
    (Policy.CALL_PRI_LOST_AFTER_SB, LESS, UNDECIDED),
    (Policy.CONSENSUS, LESS, UNDECIDED),
    (Policy.DISCARD_SECONDARY, LESS, UNDECIDED),
)


@pytest.mark.parametrize(("policy", "rivals", "verdict"), OF_TWO_PRIMARIES)
def test_policy_of_two_primaries(policy: Policy, rivals: Rivals, verdict: int) -> None:
    """Who loses where both nodes are primary is as published."""
    options = NetOptions(after_sb_0pri=LEAST, after_sb_2pri=policy)
    ruling = after_split_brain(replace(rivals, is_primary=True, is_peer_primary=True), options)
    assert ruling.verdict == verdict


def test_losing_primary_calls_for_help() -> None:
    """A primary that loses is not demoted during a handshake, but somebody is told."""
    options = NetOptions(after_sb_0pri=LEAST, after_sb_1pri=Policy.CALL_PRI_LOST_AFTER_SB)
    ruling = after_split_brain(replace(LESS, is_primary=True), options)
    assert ruling == Ruling(UNDECIDED, (), ("pri-lost-after-sb",))


def test_unfit_policy_is_told() -> None:
    """A policy that needs a primary rules nothing without one, and that is said."""
    ruling = after_split_brain(EQUAL, NetOptions(after_sb_0pri=Policy.CONSENSUS))
    assert ruling.log == ("after-sb-0pri can not be consensus",)


MIRRORED: Final = {
    Policy.DISCARD_LOCAL: Policy.DISCARD_REMOTE,
    Policy.DISCARD_REMOTE: Policy.DISCARD_LOCAL,
}
CALLING: Final = Policy.CALL_PRI_LOST_AFTER_SB

all_rivals = st.builds(
    Rivals,
    own_was_primary=st.booleans(),
    peer_was_primary=st.booleans(),
    own_changes_bits=st.integers(0, 2),
    peer_changes_bits=st.integers(0, 2),
    is_primary=st.booleans(),
    is_peer_primary=st.booleans(),
    resolves_conflicts=st.booleans(),
)


def from_the_peer(rivals: Rivals) -> Rivals:
    """The same rivals, as the other node sees them."""
    return Rivals(
        own_was_primary=rivals.peer_was_primary,
        peer_was_primary=rivals.own_was_primary,
        own_changes_bits=rivals.peer_changes_bits,
        peer_changes_bits=rivals.own_changes_bits,
        is_primary=rivals.is_peer_primary,
        is_peer_primary=rivals.is_primary,
        resolves_conflicts=not rivals.resolves_conflicts,
    )


@given(
    rivals=all_rivals,
    zero=st.sampled_from(list(ZERO_PRIMARIES)),
    one=st.sampled_from([policy for policy in ONE_PRIMARY if policy is not CALLING]),
    two=st.sampled_from([policy for policy in TWO_PRIMARIES if policy is not CALLING]),
)
def test_both_nodes_come_to_one_ruling(
    *, rivals: Rivals, zero: Policy, one: Policy, two: Policy
) -> None:
    """With equal settings, one node is source where the other is target, or both are nothing."""
    here = NetOptions(after_sb_0pri=zero, after_sb_1pri=one, after_sb_2pri=two)
    there = replace(here, after_sb_0pri=MIRRORED.get(zero, zero))
    own = after_split_brain(rivals, here).verdict
    peer = after_split_brain(from_the_peer(rivals), there).verdict
    assert peer == (UNDECIDED if own == UNDECIDED else -own)
