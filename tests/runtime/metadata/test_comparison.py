"""Two histories are compared by the published rules, and both nodes come to one decision."""

from dataclasses import replace
from typing import Final, NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from runtime.metadata.comparison import Agreement, Comparison, Side, Verdict, compare
from runtime.metadata.generations import Generations, same

STEP: Final = 0x0001_0000_0000_0000
A, B, C, D, E, F, G, H = range(0xA0, 0x120, 0x10)
Uuids = tuple[int, int, int, int]


class Row(NamedTuple):
    """A case of the published table, and what the kernel says to it."""

    rule: int
    verdict: int
    own: Uuids
    peer: Uuids
    version: int = 101
    own_after: Uuids | None = None
    peer_after: Uuids | None = None


TABLE: Final = (  # states 5.7, row by row
    Row(10, 0, (4, 0, 0, 0), (4, 0, 0, 0)),
    Row(10, 0, (5, 0, 0, 0), (4, 9, 0, 0)),
    Row(20, -2, (4, 0, 0, 0), (A, 4, 0, 0)),
    Row(20, -2, (0, 0, 0, 0), (A, B, C, D)),
    Row(20, -2, (4, 0, 0, 0), (0, 0, 0, 0)),
    Row(30, 2, (A, 4, 0, 0), (4, 0, 0, 0)),
    Row(30, 2, (A, B, C, D), (1, 0, 0, 0)),
    Row(30, 2, (0, 0, 0, 0), (4, 0, 0, 0)),
    Row(30, -1091, (A, B, C, D), (A, 0, E, F), version=90),
    Row(34, 1, (A, B, C, D), (A, 0, B, C), own_after=(A, 0, B, C)),
    Row(34, 1, (A | 1, B | 1, C, D), (A, 0, B, C), version=91, own_after=(A | 1, 0, B | 1, C)),
    Row(36, 1, (A, B, C, D), (A, 0, B, E)),
    Row(36, 1, (A, B, C, D), (A, 0, E, C)),
    Row(30, -1091, (A, 0, C, D), (A, B, E, F), version=90),
    Row(35, -1, (A, 0, B, C), (A, B, C, D), peer_after=(A, 0, B, C)),
    Row(37, -1, (A, 0, C, D), (A, B, E, F)),
    Row(40, 0, (A, 0, B, C), (A | 1, 0, D, E)),
    Row(40, 0, (A, B, C, D), (A, E, F, G)),
    Row(50, -1, (A, 0, B, C), (D, A | 1, E, F)),
    Row(51, -1, (A, 0, B, C), (D, A + STEP, A, F), peer_after=(D, A, F, F)),
    Row(51, -1, (A, 0, B, C), (D, A + STEP, A, F), version=96, peer_after=(D, A, F, F)),
    Row(60, -2, (A, 0, B, C), (D, E, A, B), version=96),
    Row(51, -1, (A, 0, B, C), (D, E, A, B), version=91, peer_after=(D, A, B, B)),
    Row(51, -1, (A, 0, B, C), (D, E, A, B), version=95, peer_after=(D, A, B, B)),
    Row(51, -1091, (A, 0, B, C), (D, E, A, B), version=90),
    Row(60, -2, (A, 0, B, C), (D, E, A, F)),
    Row(60, -2, (A, 0, B, C), (D, E, F, A)),
    Row(60, -2, (A, 0, B, C), (D, A + STEP, A, F), version=95),
    Row(70, 1, (D, A | 1, E, F), (A, 0, B, C)),
    Row(71, 1, (D, A + STEP, A, F), (A, 0, B, C), own_after=(D, A, F, F)),
    Row(71, 1, (D, A + STEP, A, F), (A, 0, B, C), version=96, own_after=(D, A, F, F)),
    Row(80, 2, (D, E, A, B), (A, 0, B, C), version=96),
    Row(71, 1, (D, E, A, B), (A, 0, B, C), version=95, own_after=(D, A, B, B)),
    Row(71, -1091, (D, E, A, B), (A, 0, B, C), version=90),
    Row(80, 2, (D, E, A, F), (A, 0, B, C)),
    Row(80, 2, (D, E, F, A), (A, 0, B, C)),
    Row(90, 100, (A, B, C, D), (E, B | 1, F, G)),
    Row(100, -100, (A, B, C, D), (E, F, D, G)),
    Row(100, -100, (A, B, C, 0), (E, F, G, 0)),
    Row(100, -1000, (A, B, C, D), (E, F, G, H)),
    Row(100, -1000, (A, B, C, D), (E, F, 0, 0)),
    Row(100, -100, (A, 0, C, 0), (E, 0, G, 0)),
)

CRASHES: Final = {  # own and peer's flag, own and peer primary, conflict flag: rule and verdict
    (0, 0, 0, 0, 0): (40, 0),
    (0, 0, 1, 0, 0): (40, 0),
    (1, 0, 0, 0, 0): (40, 1),
    (0, 1, 0, 0, 0): (40, -1),
    (1, 1, 0, 0, 0): (40, 1),
    (1, 1, 0, 0, 1): (40, -1),
    (1, 0, 1, 0, 0): (41, 1),
    (0, 1, 1, 0, 0): (41, 1),
    (1, 0, 0, 1, 0): (41, -1),
    (1, 1, 0, 1, 1): (41, -1),
    (1, 0, 1, 1, 0): (41, -100),
}

MIRRORED_RULES: Final = {20: 30, 34: 35, 36: 37, 50: 70, 51: 71, 60: 80}


def side(uuids: Uuids) -> Side:
    """A node with these UUIDs and nothing else to it."""
    return Side(Generations(*uuids))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.rule}: {row.verdict}")
def test_each_rule_decides_as_published(row: Row) -> None:
    """Rule, verdict, and what is corrected, for every row of the table."""
    found = compare(side(row.own), side(row.peer), Agreement(version=row.version))
    own, peer = row.own_after or row.own, row.peer_after or row.peer
    expected = Comparison(row.rule, Verdict(row.verdict), Generations(*own), Generations(*peer))
    assert found == expected


@pytest.mark.parametrize("case", CRASHES)
def test_a_crashed_primary_decides_between_equal_generations(
    case: tuple[int, int, int, int, int],
) -> None:
    """Whoever may have written what the other misses becomes the source."""
    own_flag, peer_flag, own_primary, peer_primary, resolves = map(bool, case)
    generations = Generations(A, 0, B, C)
    own = Side(generations, own_flag, own_primary)
    peer = Side(generations, peer_flag, peer_primary)
    found = compare(own, peer, Agreement(resolves_conflicts=resolves))
    assert (found.rule, found.verdict) == CRASHES[case]


def test_a_crashed_primary_beside_a_primary_needs_a_feature() -> None:
    """Without P_WSAME agreed on, the kernel asks for version 101 and that feature."""
    own, peer = Side(Generations(A), was_crashed_primary=True), Side(
        Generations(A), is_primary=True
    )
    found = compare(own, peer, Agreement(has_write_same=False))
    assert (found.rule, found.verdict) == (41, Verdict.NEEDS_WRITE_SAME)
    assert found.verdict == -(65536 + 101 + 1024)


def uuids() -> st.SearchStrategy[int]:
    """Few UUIDs, so that many are equal; some are a sync UUID of another."""
    few = st.sampled_from([0, 4, A, B, C, D, A + STEP, B + STEP])
    return st.builds(int.__or__, few, st.integers(0, 1))


def sides() -> st.SearchStrategy[Side]:
    """A node with any UUIDs."""
    generations = st.builds(Generations, uuids(), uuids(), uuids(), uuids())
    return st.builds(Side, generations, st.booleans(), st.booleans())


def agreements() -> st.SearchStrategy[Agreement]:
    """Any agreement of versions and features."""
    versions = st.sampled_from([86, 90, 91, 95, 96, 101])
    return st.builds(Agreement, versions, st.booleans(), st.booleans())


def is_past(uuid: int, generations: Generations) -> bool:
    """Whether a node went on from this generation."""
    past = (
        generations.bitmap_uuid,
        generations.younger_history_uuid,
        generations.older_history_uuid,
    )
    return any(same(uuid, it) for it in past)


@given(sides(), sides(), agreements())
def test_the_peer_comes_to_the_mirrored_verdict(own: Side, peer: Side, agreed: Agreement) -> None:
    """Both nodes find the same rule from their sides, and remember the same of each other."""
    # Left out is what cannot be: two nodes that each went on from the other's generation, of which
    # the published rules make both the target, and two without any generation.
    mine, theirs = own.generations, peer.generations
    is_equal = same(mine.current_uuid, theirs.current_uuid)
    crossed = is_past(mine.current_uuid, theirs) and is_past(theirs.current_uuid, mine)
    assume(is_equal or not crossed)
    assume(mine.current_uuid | theirs.current_uuid > 1)
    here = compare(own, peer, agreed)
    there = compare(peer, own, replace(agreed, resolves_conflicts=not agreed.resolves_conflicts))
    assert there.verdict == here.verdict.mirrored
    assert (there.own, there.peer) == (here.peer, here.own)
    pairs = {**MIRRORED_RULES, **{it: rule for rule, it in MIRRORED_RULES.items()}}
    if here.verdict.is_resync:
        assert there.rule == pairs.get(here.rule, here.rule)


def test_nodes_that_went_on_from_each_other_both_become_the_target() -> None:
    """The published rules do not mirror where UUIDs are no random numbers."""
    verdicts = [
        compare(side(own), side(peer), Agreement()).verdict
        for own, peer in (((A, B, 0, 0), (B, A, 0, 0)), ((B, A, 0, 0), (A, B, 0, 0)))
    ]
    assert verdicts == [Verdict.TARGET_BY_BITMAP, Verdict.TARGET_BY_BITMAP]
