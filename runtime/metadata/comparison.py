"""Whose data is newer, told from two histories of generations (states 5.7, metadata 4.6).

Rules are tried in order, and the first that fits decides. They have the numbers under which the
kernel logs them: `uuid_compare()=1 by rule 70`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

from runtime.metadata.generations import EMPTY, JUST_CREATED, Generations, next_sync_uuid, same

VERSION_OF_CORRECTIONS: Final = 91  # states 5.7: what rules 34 to 37, 51 and 71 need
VERSION_OF_SYNC_STEP: Final = 96  # states 5.7: from here on sync UUIDs are told by their distance


class Verdict(IntEnum):
    """What is to follow, seen from this node; the numbers are those that the kernel logs."""

    NO_RESYNC = 0
    SOURCE_BY_BITMAP = 1
    SOURCE_OF_ALL = 2
    TARGET_BY_BITMAP = -1
    TARGET_OF_ALL = -2
    SPLIT_BRAIN = 100  # both count from one generation: a policy may choose whose changes survive
    DIVERGED = -100  # split brain without a common bitmap
    UNRELATED = -1000
    NEEDS_VERSION_91 = -1091
    NEEDS_WRITE_SAME = -(65536 + 101 + (4 << 8))  # version 101, and the feature of that bit

    @property
    def is_resync(self) -> bool:
        """Whether one node has what the other lacks."""
        return self != 0 and -2 <= self <= 2

    @property
    def mirrored(self) -> "Verdict":
        """What is to follow, seen from the peer."""
        return Verdict(-self) if self.is_resync else self


@dataclass(frozen=True, slots=True)
class Side:
    """What the comparison needs to know of one node."""

    generations: Generations
    was_crashed_primary: bool = False
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the nodes agreed on for their connection."""

    version: int = 101
    has_write_same: bool = True
    resolves_conflicts: bool = False  # exactly one of the nodes has this flag


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict, by which rule, and both histories as they are from now on.

    Where a history differs from before, an event that its node missed was made up for: ours is to
    be written to the meta-data, the peer's is what is remembered of it.
    """

    rule: int
    verdict: Verdict
    own: Generations
    peer: Generations


Rule: TypeAlias = Callable[[Side, Side, Agreement], Iterator[Comparison]]
"""Some rules in order; what the first of them yields decides."""


def compare(own: Side, peer: Side, agreement: Agreement) -> Comparison:
    """Tell whose data is newer."""
    if same(own.generations.current_uuid, peer.generations.current_uuid):
        rules: tuple[Rule, ...] = (_by_creation, _by_bitmap_alone, _by_crash)
    else:
        rules = (_by_creation, _by_peer_history, _by_own_history, _by_split)
    return next(found for rule in rules for found in rule(own, peer, agreement))


def _found(own: Side, peer: Side, rule: int, verdict: Verdict) -> Comparison:
    """A rule that fits and corrects nothing."""
    return Comparison(rule, verdict, own.generations, peer.generations)


def _by_creation(own: Side, peer: Side, _agreement: Agreement) -> Iterator[Comparison]:
    """Rules 10 to 30: a disk that was never in use has nothing to give."""
    mine, theirs = (side.generations.current_uuid & ~1 for side in (own, peer))
    if mine == theirs == JUST_CREATED:
        yield _found(own, peer, 10, Verdict.NO_RESYNC)
    elif mine in (JUST_CREATED, EMPTY) and theirs != JUST_CREATED:
        yield _found(own, peer, 20, Verdict.TARGET_OF_ALL)
    elif mine != JUST_CREATED and theirs in (JUST_CREATED, EMPTY):
        yield _found(own, peer, 30, Verdict.SOURCE_OF_ALL)


def _by_bitmap_alone(own: Side, peer: Side, agreement: Agreement) -> Iterator[Comparison]:
    """Rules 34 to 37: of equal generations, the one that still counts has to go on."""
    mine, theirs = own.generations, peer.generations
    if (mine.bitmap_uuid == EMPTY) == (theirs.bitmap_uuid == EMPTY):
        return
    if agreement.version < VERSION_OF_CORRECTIONS:
        yield _found(own, peer, 30, Verdict.NEEDS_VERSION_91)
    elif theirs.bitmap_uuid == EMPTY:
        if _missed_finish(mine, theirs):
            corrected = mine.with_finish_caught_up()
            yield Comparison(34, Verdict.SOURCE_BY_BITMAP, corrected, theirs)
        yield _found(own, peer, 36, Verdict.SOURCE_BY_BITMAP)
    else:
        if _missed_finish(theirs, mine):
            corrected = theirs.with_finish_caught_up()
            yield Comparison(35, Verdict.TARGET_BY_BITMAP, mine, corrected)
        yield _found(own, peer, 37, Verdict.TARGET_BY_BITMAP)


def _missed_finish(source: Generations, target: Generations) -> bool:
    """Whether the target has in its history what the source believes to be going on."""
    return same(source.bitmap_uuid, target.younger_history_uuid) and same(
        source.younger_history_uuid, target.older_history_uuid
    )


def _by_crash(own: Side, peer: Side, agreement: Agreement) -> Iterator[Comparison]:
    """Rules 40 and 41: a primary that crashed may have written what the other node misses."""
    if not own.was_crashed_primary and not peer.was_crashed_primary:
        yield _found(own, peer, 40, Verdict.NO_RESYNC)
    elif own.is_primary or peer.is_primary:
        yield _found(own, peer, 41, _by_role(own, peer, agreement))
    elif own.was_crashed_primary and peer.was_crashed_primary:
        is_target = agreement.resolves_conflicts
        verdict = Verdict.TARGET_BY_BITMAP if is_target else Verdict.SOURCE_BY_BITMAP
        yield _found(own, peer, 40, verdict)
    elif own.was_crashed_primary:
        yield _found(own, peer, 40, Verdict.SOURCE_BY_BITMAP)
    else:
        yield _found(own, peer, 40, Verdict.TARGET_BY_BITMAP)


def _by_role(own: Side, peer: Side, agreement: Agreement) -> Verdict:
    if not agreement.has_write_same:
        return Verdict.NEEDS_WRITE_SAME
    if own.is_primary and peer.is_primary:
        return Verdict.DIVERGED
    return Verdict.SOURCE_BY_BITMAP if own.is_primary else Verdict.TARGET_BY_BITMAP


def _by_peer_history(own: Side, peer: Side, agreement: Agreement) -> Iterator[Comparison]:
    """Rules 50 to 60: the peer went on from our generation, so it has all that we have."""
    mine, theirs = own.generations, peer.generations
    if same(mine.current_uuid, theirs.bitmap_uuid):
        yield _found(own, peer, 50, Verdict.TARGET_BY_BITMAP)
    if _missed_sync_uuid(theirs, mine, agreement):
        if agreement.version < VERSION_OF_CORRECTIONS:
            yield _found(own, peer, 51, Verdict.NEEDS_VERSION_91)
        corrected = theirs.with_sync_uuid_taken_back()
        yield Comparison(51, Verdict.TARGET_BY_BITMAP, mine, corrected)
    if _is_history(mine.current_uuid, theirs):
        yield _found(own, peer, 60, Verdict.TARGET_OF_ALL)


def _by_own_history(own: Side, peer: Side, agreement: Agreement) -> Iterator[Comparison]:
    """Rules 70 to 80: the same from the other side."""
    mine, theirs = own.generations, peer.generations
    if same(mine.bitmap_uuid, theirs.current_uuid):
        yield _found(own, peer, 70, Verdict.SOURCE_BY_BITMAP)
    if _missed_sync_uuid(mine, theirs, agreement):
        if agreement.version < VERSION_OF_CORRECTIONS:
            yield _found(own, peer, 71, Verdict.NEEDS_VERSION_91)
        corrected = mine.with_sync_uuid_taken_back()
        yield Comparison(71, Verdict.SOURCE_BY_BITMAP, corrected, theirs)
    if _is_history(theirs.current_uuid, mine):
        yield _found(own, peer, 80, Verdict.SOURCE_OF_ALL)


def _missed_sync_uuid(source: Generations, target: Generations, agreement: Agreement) -> bool:
    """Whether the target is still of the generation that the source began a resync from."""
    if not same(target.current_uuid, source.younger_history_uuid):
        return False
    if agreement.version < VERSION_OF_SYNC_STEP:
        return same(target.younger_history_uuid, source.older_history_uuid)
    return same(next_sync_uuid(source.younger_history_uuid), source.bitmap_uuid)


def _is_history(uuid: int, generations: Generations) -> bool:
    return same(uuid, generations.younger_history_uuid) or same(
        uuid, generations.older_history_uuid
    )


def _by_split(own: Side, peer: Side, _agreement: Agreement) -> Iterator[Comparison]:
    """Rules 90 and 100: both went on from somewhere, or have nothing in common at all."""
    mine, theirs = own.generations, peer.generations
    if mine.bitmap_uuid & ~1 != EMPTY and same(mine.bitmap_uuid, theirs.bitmap_uuid):
        yield _found(own, peer, 90, Verdict.SPLIT_BRAIN)
    # Two empty slots are equal here, as in the kernel (states 5.7).
    if any(
        _is_history(uuid, theirs) for uuid in (mine.younger_history_uuid, mine.older_history_uuid)
    ):
        yield _found(own, peer, 100, Verdict.DIVERGED)
    yield _found(own, peer, 100, Verdict.UNRELATED)
