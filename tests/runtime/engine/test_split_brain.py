"""Each policy after a split brain rules as published, and both nodes come to one ruling."""

import itertools
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


CASES: Final = {
    "equal": EQUAL,
    "equal, gives way": yielding(EQUAL),
    "own older": OWN_OLDER,
    "peer older": PEER_OLDER,
    "less": LESS,
    "more": MORE,
    "unchanged": UNCHANGED,
    "peer unchanged": PEER_UNCHANGED,
    "both unchanged": BOTH_UNCHANGED,
    "both unchanged, gives way": yielding(BOTH_UNCHANGED),
    "own older, with less changes": replace(OWN_OLDER, own_changes_bits=2),
    "peer older, with less changes": replace(PEER_OLDER, peer_changes_bits=2),
}
VERDICTS: Final = {"s": SOURCE, "t": TARGET, "-": UNDECIDED}

WITHOUT_PRIMARY: Final = {
    #                                 equal  older  bits    unchanged    both
    Policy.DISCONNECT:              "-  -   -  -   -  -   -  -  -  -   -  -",
    Policy.DISCARD_YOUNGER_PRIMARY: "s  t   s  t   t  s   t  s  s  t   s  t",
    Policy.DISCARD_OLDER_PRIMARY:   "s  t   t  s   t  s   t  s  s  t   t  s",
    Policy.DISCARD_ZERO_CHANGES:    "-  -   -  -   -  -   t  s  s  t   -  -",
    Policy.DISCARD_LEAST_CHANGES:   "s  t   s  s   t  s   t  s  s  t   t  s",
    Policy.DISCARD_LOCAL:           "t  t   t  t   t  t   t  t  t  t   t  t",
    Policy.DISCARD_REMOTE:          "s  s   s  s   s  s   s  s  s  s   s  s",
    Policy.CONSENSUS:               "-  -   -  -   -  -   -  -  -  -   -  -",
    Policy.DISCARD_SECONDARY:       "-  -   -  -   -  -   -  -  -  -   -  -",
    Policy.CALL_PRI_LOST_AFTER_SB:  "-  -   -  -   -  -   -  -  -  -   -  -",
    Policy.VIOLENTLY_AS0P:          "-  -   -  -   -  -   -  -  -  -   -  -",
}  # fmt: skip
"""after-sb-0pri (states 5.9): the verdict in each of CASES; those of other policies are none."""


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("policy", Policy)
def test_policy_without_primary(policy: Policy, case: str) -> None:
    """Who loses its changes where nobody is primary is as published, by each policy."""
    expected = WITHOUT_PRIMARY[policy].split()[list(CASES).index(case)]
    ruling = after_split_brain(CASES[case], NetOptions(after_sb_0pri=policy))
    assert ruling.verdict == VERDICTS[expected]


@pytest.mark.parametrize("policy", [Policy.DISCARD_YOUNGER_PRIMARY, Policy.DISCARD_OLDER_PRIMARY])
@pytest.mark.parametrize(("rivals", "log"), [(EQUAL, (NO_DECISION_BY_AGE,)), (OWN_OLDER, ())])
def test_age_may_not_decide(policy: Policy, rivals: Rivals, log: tuple[str, ...]) -> None:
    """Where both or none were primary, another policy is taken, and that is said."""
    assert after_split_brain(rivals, NetOptions(after_sb_0pri=policy)).log == log


CALLING: Final = Policy.CALL_PRI_LOST_AFTER_SB
LEAST: Final = Policy.DISCARD_LEAST_CHANGES
WITHOUT: Final = {"s": MORE, "t": LESS, "-": MORE}
"""What leads to each verdict of the policy without primaries: least changes, or disconnect."""

WITH_PRIMARIES: Final = {
    #                               only this node  only the peer  both
    Policy.DISCONNECT:              "-  -  -        -  -  -        -  -  -",
    Policy.CONSENSUS:               "s  -  -        -  t  -        -  -  -",
    Policy.VIOLENTLY_AS0P:          "s  t  -        s  t  -        s  t  -",
    Policy.DISCARD_SECONDARY:       "s  s  s        t  t  t        -  -  -",
    Policy.CALL_PRI_LOST_AFTER_SB:  "s  -  -        s  t  -        s  -  -",
    Policy.DISCARD_YOUNGER_PRIMARY: "-  -  -        -  -  -        -  -  -",
    Policy.DISCARD_OLDER_PRIMARY:   "-  -  -        -  -  -        -  -  -",
    Policy.DISCARD_ZERO_CHANGES:    "-  -  -        -  -  -        -  -  -",
    Policy.DISCARD_LEAST_CHANGES:   "-  -  -        -  -  -        -  -  -",
    Policy.DISCARD_LOCAL:           "-  -  -        -  -  -        -  -  -",
    Policy.DISCARD_REMOTE:          "-  -  -        -  -  -        -  -  -",
}  # fmt: skip
"""after-sb-1pri and -2pri (states 5.9) where without primaries the verdict is s, t and none."""

PRIMARIES: Final = ((True, False), (False, True), (True, True))
COLUMNS: Final = list(itertools.product(PRIMARIES, WITHOUT))


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("policy", Policy)
def test_policy_with_primaries(policy: Policy, column: tuple[tuple[bool, bool], str]) -> None:
    """Who loses where one node or both are primary is as published, by each policy."""
    (own, peer), without = column
    rivals = replace(WITHOUT[without], is_primary=own, is_peer_primary=peer)
    options = NetOptions(
        after_sb_0pri=Policy.DISCONNECT if without == "-" else LEAST,
        after_sb_1pri=policy,
        after_sb_2pri=policy,
    )
    expected = WITH_PRIMARIES[policy].split()[COLUMNS.index(column)]
    assert after_split_brain(rivals, options).verdict == VERDICTS[expected]


def test_losing_primary_that_can_steps_down() -> None:
    """On a link that stands already a losing primary becomes secondary, with one or with two."""
    for is_peer_primary in (False, True):
        rivals = replace(LESS, is_primary=True, is_peer_primary=is_peer_primary, can_step_down=True)
        options = NetOptions(after_sb_0pri=LEAST, after_sb_1pri=CALLING, after_sb_2pri=CALLING)
        ruling = after_split_brain(rivals, options)
        assert (ruling.verdict, ruling.steps_down, ruling.helpers) == (TARGET, True, ())


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
