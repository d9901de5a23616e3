"""Overlapping requests take turns in the order in which they came."""

from typing import Final, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.intervals import PIECE_SIZE_BYTES, Intervals

PIECE_SECTORS: Final = PIECE_SIZE_BYTES // 512
DISCARD_SECTORS: Final = (128 << 20) // 512


class Wish(NamedTuple):
    """A range that somebody claims; two wishes may be equal."""

    first_sector: int
    sector_count: int
    is_exclusive: bool


class Owner:
    """Somebody who equals everybody, so that only identity tells owners apart."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Owner)

    def __hash__(self) -> int:
        return 0

    def claim(self, intervals: Intervals[object]) -> bool:
        """Claim what is wished."""
        return intervals.claim(
            self,
            first_sector=self.wish.first_sector,
            sector_count=self.wish.sector_count,
            is_exclusive=self.wish.is_exclusive,
        )

    def is_rival(self, other: "Owner") -> bool:
        """Whether the two can't hold their ranges together."""
        (first, count, exclusive), (other_first, other_count, other_exclusive) = (
            self.wish,
            other.wish,
        )
        apart = first + count <= other_first or other_first + other_count <= first
        return not apart and (exclusive or other_exclusive)


class Model:
    """The same in the slowest way: a claim holds when no earlier one is a rival."""

    def __init__(self) -> None:
        self.claims: list[Owner] = []

    def holders(self) -> list[Owner]:
        """Who holds a range, oldest first."""
        return [
            owner
            for place, owner in enumerate(self.claims)
            if not any(owner.is_rival(earlier) for earlier in self.claims[:place])
        ]

    def release(self, owner: Owner) -> list[Owner]:
        """Take a claim away; return who holds a range because of it."""
        before = {id(holder) for holder in self.holders()}
        self.claims = [other for other in self.claims if other is not owner]
        return [holder for holder in self.holders() if id(holder) not in before]


def owner(first_sector: int, sector_count: int = 8, *, is_exclusive: bool = True) -> Owner:
    """Make an owner of a range."""
    return Owner(Wish(first_sector, sector_count, is_exclusive))


def identities(owners: list[Owner] | list[object]) -> list[int]:
    """Tell owners apart, which `==` does not."""
    return [id(owner) for owner in owners]


WISHES = st.builds(
    Wish,
    first_sector=st.integers(0, 40) | st.integers(0, 4 * PIECE_SECTORS),
    sector_count=st.integers(1, 24) | st.sampled_from((PIECE_SECTORS, 3 * PIECE_SECTORS)),
    is_exclusive=st.booleans(),
)
STEPS = st.lists(WISHES | st.integers(0, 100), max_size=60)
"""A wish is claimed; a number chooses one of the claims to release."""


def test_disjoint_ranges_are_held_at_once() -> None:
    """Neighbours do not wait for each other."""
    intervals: Intervals[object] = Intervals()

    assert [owner(first).claim(intervals) for first in (0, 8, 16)] == [True, True, True]


def test_overlapping_write_waits_until_the_first_is_done() -> None:
    """A claim that shares one sector with an earlier one holds its range after that one's end."""
    intervals: Intervals[object] = Intervals()
    first, second = owner(0), owner(7)

    assert (first.claim(intervals), second.claim(intervals)) == (True, False)
    assert (intervals.holds(first), intervals.holds(second)) == (True, False)
    assert identities(intervals.release(first)) == [id(second)]
    assert intervals.holds(second)


def test_two_shared_claims_hold_the_same_sectors() -> None:
    """Readers do not disturb each other, a writer waits for all of them."""
    intervals: Intervals[object] = Intervals()
    writer = owner(0)
    readers = [owner(0, is_exclusive=False) for _ in range(2)]

    assert all(reader.claim(intervals) for reader in readers)
    assert not writer.claim(intervals)
    assert intervals.release(readers[0]) == []
    assert identities(intervals.release(readers[1])) == [id(writer)]


def test_nobody_overtakes_a_claim_that_waits() -> None:
    """A reader that comes after a waiting writer waits behind it, so the writer gets its turn."""
    intervals: Intervals[object] = Intervals()
    writer = owner(0)
    early, late = owner(0, is_exclusive=False), owner(0, is_exclusive=False)
    early.claim(intervals)
    writer.claim(intervals)

    assert not late.claim(intervals)
    assert identities(intervals.release(early)) == [id(writer)]
    assert identities(intervals.release(writer)) == [id(late)]


def test_claim_that_waits_can_be_given_back() -> None:
    """Who waited for a claim that is withdrawn holds its range as if that had never come."""
    intervals: Intervals[object] = Intervals()
    first, second, third = owner(0, 8), owner(4, 8), owner(8, 8)
    for claimant in (first, second, third):
        claimant.claim(intervals)

    assert identities(intervals.release(second)) == [id(third)]
    assert intervals.release(first) == []


def test_withdrawn_claim_can_be_made_again() -> None:
    """An owner that comes back stands behind those who came meanwhile, and is told once."""
    intervals: Intervals[object] = Intervals()
    first, second = owner(0), owner(0)
    first.claim(intervals)
    second.claim(intervals)
    intervals.release(second)
    second.claim(intervals)

    assert identities(intervals.release(first)) == [id(second)]


def test_largest_range_meets_everybody_in_it() -> None:
    """A discard of 128 MiB waits for a write in its last block, not for one behind it."""
    intervals: Intervals[object] = Intervals()
    write, behind = owner(DISCARD_SECTORS - 8), owner(DISCARD_SECTORS)
    discard = owner(0, DISCARD_SECTORS)

    assert (write.claim(intervals), behind.claim(intervals)) == (True, True)
    assert not discard.claim(intervals)
    assert identities(intervals.release(write)) == [id(discard)]


def test_range_is_free_when_nobody_holds_or_waits() -> None:
    """A range that a claim only waits for is not free, the sector beside it is."""
    intervals: Intervals[object] = Intervals()
    owner(0).claim(intervals)
    owner(4).claim(intervals)

    assert not intervals.is_free(first_sector=11, sector_count=1)
    assert intervals.is_free(first_sector=12, sector_count=PIECE_SECTORS)


def test_clear_forgets_all_claims() -> None:
    """After a lost disk nothing is claimed and everything can be claimed."""
    intervals: Intervals[object] = Intervals()
    first, second = owner(0), owner(0)
    first.claim(intervals)
    second.claim(intervals)
    intervals.clear()

    assert len(intervals) == 0
    assert second.claim(intervals)


@given(STEPS)
def test_answers_are_those_of_the_slow_model(steps: list[Wish | int]) -> None:
    """A claim holds its range exactly when no earlier claim, held or waiting, conflicts."""
    intervals: Intervals[object] = Intervals()
    model = Model()
    for step in steps:
        if isinstance(step, Wish):
            claimant = Owner(step)
            model.claims.append(claimant)
            assert claimant.claim(intervals) == (id(claimant) in identities(model.holders()))
        elif model.claims:
            leaver = model.claims[step % len(model.claims)]
            assert identities(intervals.release(leaver)) == identities(model.release(leaver))
        assert len(intervals) == len(model.claims)
        held = [claimant for claimant in model.claims if intervals.holds(claimant)]
        assert identities(held) == identities(model.holders())


@given(st.lists(WISHES, max_size=30), WISHES)
def test_free_means_that_no_claim_overlaps(wishes: list[Wish], asked: Wish) -> None:
    """A range is free exactly when an exclusive claim of it would find no rival."""
    intervals: Intervals[object] = Intervals()
    owners = [Owner(wish) for wish in wishes]
    for claimant in owners:
        claimant.claim(intervals)
    asker = Owner(asked._replace(is_exclusive=True))

    is_free = intervals.is_free(first_sector=asked.first_sector, sector_count=asked.sector_count)

    assert is_free == (not any(asker.is_rival(other) for other in owners))


@given(st.lists(WISHES, max_size=30))
def test_everybody_gets_a_turn(wishes: list[Wish]) -> None:
    """When holders release, all who wait hold their range once, and at the end nothing is left."""
    intervals: Intervals[object] = Intervals()
    owners = [Owner(wish) for wish in wishes]
    holders: list[object] = [claimant for claimant in owners if claimant.claim(intervals)]
    served = 0
    while holders:
        holders += intervals.release(holders.pop())
        served += 1

    assert served == len(owners)
    assert len(intervals) == 0
    assert intervals.is_free(first_sector=0, sector_count=8 * PIECE_SECTORS)


def test_who_gives_way_waits_for_those_that_do_not() -> None:
    """A claim that gives way loses what it holds to a later one, until it stands."""
    intervals: Intervals[str] = Intervals()
    assert intervals.claim("own", first_sector=0, sector_count=8, is_exclusive=True, gives_way=True)
    assert intervals.claim("peer's", first_sector=4, sector_count=8, is_exclusive=True)
    assert not intervals.stand("own")
    assert intervals.release("peer's") == ["own"]
    assert intervals.stand("own")
    assert not intervals.claim("late", first_sector=4, sector_count=8, is_exclusive=True)
    assert intervals.release("own") == ["late"]


def test_those_that_give_way_keep_their_order() -> None:
    """Among claims that give way the earlier one goes first."""
    intervals: Intervals[str] = Intervals()
    for name in ("first", "second"):
        intervals.claim(name, first_sector=0, sector_count=8, is_exclusive=True, gives_way=True)
    intervals.claim("peer's", first_sector=0, sector_count=8, is_exclusive=True)
    assert intervals.release("peer's") == ["first"]
    assert intervals.release("first") == ["second"]


def test_passing_by_ends_the_waiting() -> None:
    """Who leaves alone what another one holds need not wait for it, only for the others."""
    intervals: Intervals[str] = Intervals()
    for name, first in (("one", 0), ("two", 8)):
        assert intervals.claim(name, first_sector=first, sector_count=8, is_exclusive=True)
    assert not intervals.claim("both", first_sector=0, sector_count=16, is_exclusive=True)
    intervals.pass_by("both", "one")
    assert not intervals.holds("both")
    assert intervals.release("one") == []
    assert intervals.release("two") == ["both"]


def test_shared_range_is_read_and_not_written() -> None:
    """Who shares its range lets readers in, those that wait and those that come, and no writer."""
    intervals: Intervals[str] = Intervals()
    intervals.claim("writer", first_sector=0, sector_count=8, is_exclusive=True)
    assert not intervals.claim("reader", first_sector=0, sector_count=8, is_exclusive=False)
    assert not intervals.claim("rival", first_sector=0, sector_count=8, is_exclusive=True)
    assert intervals.share("writer") == ["reader"]
    assert intervals.claim("late", first_sector=4, sector_count=1, is_exclusive=False) is False
    assert intervals.release("reader") == []
    assert intervals.release("writer") == ["rival"]
    assert intervals.release("rival") == ["late"]
    assert intervals.release("late") == []
    assert not len(intervals)
