"""Who may touch which sectors now, and who waits for whom.

Requests that overlap are carried out in the order in which they came (states 4.6, wire 7.9). Each
of them claims its range; a claim waits for the earlier ones that it conflicts with, whether those
hold their range or wait themselves, so nobody is overtaken for ever.

A claim that gives way lets others go first until it stands. So a node that takes the peer's writes
never lets them wait for a write that the peer has not heard of, and two primaries that wait for
each other's writes do not wait in a circle.

Every write comes through here, so a claim is a plain tuple and the road of a claim that is alone in
its piece of the disk is written out: a claim and its release cost about a microsecond.
"""

from collections.abc import Iterable
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar

from runtime.requests import SECTOR_SIZE_BYTES

PIECE_SIZE_BYTES: Final = 1 << 17
# 32 blocks, so that small writes side by side meet few strangers; the largest range, a discard of
# 128 MiB (wire 12.4), lies in 1025 pieces
PIECE_SHIFT: Final = (PIECE_SIZE_BYTES // SECTOR_SIZE_BYTES).bit_length() - 1

Claim: TypeAlias = tuple[int, int, int, bool, Any]
"""The owner's identity, first sector, the sector behind the last, is_exclusive, the owner.

The identity comes first: two claims are told apart by it before an owner's `==` is asked.
"""


Owner = TypeVar("Owner")


class Claimant(Protocol):
    """Who wants to hear that its turn has come."""

    def range_granted(self) -> None:
        """The range is held from now on."""


class Intervals(Generic[Owner]):
    """The ranges that are claimed on one volume."""

    __slots__ = ("_claims", "_followers", "_pieces", "_rivals_left", "_yielding")

    def __init__(self) -> None:
        self._claims: dict[int, Claim] = {}  # of everybody, by the owner's identity
        self._pieces: dict[int, list[Claim]] = {}  # the claims in each piece, oldest first
        self._rivals_left: dict[int, int] = {}  # of a claim that waits: for how many others
        self._followers: dict[int, list[Claim]] = {}  # who waits for a claim, oldest first
        self._yielding: set[int] = set()  # who gives way

    def __len__(self) -> int:
        """How many claims there are, those that wait included."""
        return len(self._claims)

    def claim(
        self,
        owner: Owner,
        *,
        first_sector: int,
        sector_count: int,
        is_exclusive: bool,
        gives_way: bool = False,
    ) -> bool:
        """Ask for a range, which has a sector at least; False when the owner has to wait for it.

        Two claims that are not exclusive may hold the same sectors. One that gives way waits for
        each later claim that does not, even if it has held its range before.
        """
        key = id(owner)
        if gives_way:
            self._yielding.add(key)
        end_sector = first_sector + sector_count
        claim = (key, first_sector, end_sector, is_exclusive, owner)
        assert key not in self._claims, "an owner has one claim"
        self._claims[key] = claim
        piece = first_sector >> PIECE_SHIFT
        if piece in self._pieces or piece != (end_sector - 1) >> PIECE_SHIFT:
            return self._join(claim)
        self._pieces[piece] = [claim]
        return True

    def stand(self, owner: Owner) -> bool:
        """Give way no longer; False, and nothing changes, when somebody was let go first."""
        key = id(owner)
        if key in self._rivals_left:
            return False
        self._yielding.discard(key)
        return True

    def share(self, owner: Owner) -> list[Owner]:
        """Hold a range no longer against claims that are not exclusive; return who gets theirs."""
        key = id(owner)
        claim = self._claims[key]
        shared = (*claim[:3], False, owner)
        self._claims[key] = shared
        for piece in _pieces(claim):
            claims = self._pieces[piece]
            claims[claims.index(claim)] = shared
        followers = self._followers.pop(key, [])
        if left := [it for it in followers if it[3]]:
            self._followers[key] = left
        return self._let_go(it for it in followers if not it[3])

    def pass_by(self, owner: Owner, other: Owner) -> None:
        """Wait no longer for another one: the owner will leave alone what that one holds."""
        key, followers = id(owner), self._followers[id(other)]
        followers.remove(self._claims[key])
        self._rivals_left[key] -= 1
        if not self._rivals_left[key]:
            del self._rivals_left[key]

    def release(self, owner: Owner) -> list[Owner]:
        """Give a range back, also while it waits; return who holds theirs now because of it."""
        claim = self._claims.pop(id(owner))
        if self._yielding:
            self._yielding.discard(claim[0])
        _, first_sector, end_sector, _, _ = claim
        piece = first_sector >> PIECE_SHIFT
        if len(self._pieces[piece]) == 1 and piece == (end_sector - 1) >> PIECE_SHIFT:
            del self._pieces[piece]
        else:
            self._leave(claim)
        return self._let_follow(claim) if self._followers else []

    def holds(self, owner: Owner) -> bool:
        """Whether the owner has a claim that waits for nobody."""
        key = id(owner)
        return key in self._claims and key not in self._rivals_left

    def is_free(self, *, first_sector: int, sector_count: int) -> bool:
        """Whether nobody holds or waits for any part of a range."""
        end_sector = first_sector + sector_count
        return not any(
            there[1] < end_sector and first_sector < there[2]
            for piece in _pieces((0, first_sector, end_sector, True, None))
            for there in self._pieces.get(piece, ())
        )

    def clear(self) -> None:
        """Forget all claims; nobody is told."""
        self._claims.clear()
        self._pieces.clear()
        self._rivals_left.clear()
        self._followers.clear()
        self._yielding.clear()

    def _join(self, claim: Claim) -> bool:
        """Enter the pieces of a claim behind those that are there."""
        key, first_sector, end_sector, is_exclusive, _ = claim
        rivals: dict[int, Claim] = {}  # two claims may share many pieces
        for piece in _pieces(claim):
            claims = self._pieces.setdefault(piece, [])
            for there in claims:
                overlaps = there[1] < end_sector and first_sector < there[2]
                if overlaps and (is_exclusive or there[3]):
                    rivals[there[0]] = there
            claims.append(claim)
        yielding = self._yielding
        if yielding and key not in yielding:
            for there in [it for it in rivals.values() if it[0] in yielding]:
                self._wait_for(claim, there)
                del rivals[there[0]]
        for there in rivals.values():
            self._wait_for(there, claim)
        return not rivals

    def _wait_for(self, earlier: Claim, later: Claim) -> None:
        self._rivals_left[later[0]] = self._rivals_left.get(later[0], 0) + 1
        self._followers.setdefault(earlier[0], []).append(later)

    def _leave(self, claim: Claim) -> None:
        """Take a claim out of its pieces."""
        for piece in _pieces(claim):
            claims = self._pieces[piece]
            claims.remove(claim)
            if not claims:
                del self._pieces[piece]

    def _let_follow(self, claim: Claim) -> list[Owner]:
        """Tell those who waited for a claim that it is gone; return who waits for nobody now."""
        self._rivals_left.pop(claim[0], None)
        return self._let_go(self._followers.pop(claim[0], ()))

    def _let_go(self, followers: Iterable[Claim]) -> list[Owner]:
        """Some have one less to wait for; return who waits for nobody now."""
        owners: list[Owner] = []
        for follower in followers:
            key = follower[0]
            if self._claims.get(key) is not follower:
                continue  # it was given back while it waited
            self._rivals_left[key] -= 1
            if not self._rivals_left[key]:
                del self._rivals_left[key]
                owners.append(follower[4])
        return owners


def _pieces(claim: Claim) -> range:
    """Number the pieces that a range lies in."""
    return range(claim[1] >> PIECE_SHIFT, ((claim[2] - 1) >> PIECE_SHIFT) + 1)


def hand_on(ranges: Intervals[Claimant], owner: Claimant) -> None:
    """Give a range back, and tell those whose turn has come."""
    for other in ranges.release(owner):
        other.range_granted()


def share(ranges: Intervals[Claimant], owner: Claimant) -> None:
    """Hold a range together with others that only read it, and tell those whose turn has come."""
    for other in ranges.share(owner):
        other.range_granted()
