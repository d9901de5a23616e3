"""The hot extents of a primary: which may have writes in flight (metadata 3.6).

A slot holds an extent. An extent with writes keeps its slot; one without is idle, still hot, and
goes when a slot is needed, the least recently used one first. What changes is on disk before it
counts: `next_transaction` says what to write, `commit` that it has been written.
"""

from collections.abc import Sequence
from typing import Final

from runtime.metadata.placement import Striping
from runtime.metadata.transactions import (
    CONTEXT_SLOTS,
    NO_EXTENT,
    NUMBER_LIMIT,
    UPDATES_MAX,
    Transaction,
)

SLOT_COUNT_DEFAULT: Final = 1237  # metadata 3.1
SLOT_COUNT_MAX: Final = 65534
WHOLE_CONTEXT_BLOCKS: Final = 72  # metadata 3.9: a larger ring has room for any number of slots


def fitting_slot_count(wanted: int, striping: Striping) -> int:
    """How many slots a ring keeps track of, even when its newest block is torn (metadata 3.9)."""
    limit = SLOT_COUNT_MAX
    if striping.block_count <= WHOLE_CONTEXT_BLOCKS:
        limit = (striping.block_count - 1) * CONTEXT_SLOTS
    return min(wanted, limit)


class ActivityLog:
    """The active set of one volume, beginning empty with transaction 0 of an empty ring."""

    def __init__(self, slot_count: int, *, first_number: int = 0) -> None:
        self._number = first_number
        self._window = 0
        self._on_disk = [NO_EXTENT] * slot_count
        self._free = list(range(slot_count))  # handed out from the highest down (metadata 3.6)
        self._slots: dict[int, int] = {}
        """Hot extent -> slot, as on disk."""
        self._pending: dict[int, int] = {}
        """Extent -> slot that it gets by a transaction to come."""
        self._references: dict[int, int] = {}
        self._idle: dict[int, None] = {}
        """Hot extents without writes, least recently used first."""
        self._is_starving = False

    @property
    def slot_count(self) -> int:
        """How many extents can be hot."""
        return len(self._on_disk)

    @property
    def active_count(self) -> int:
        """How many extents have writes."""
        return len(self._references)

    @property
    def is_starving(self) -> bool:
        """Whether all wait until some extent has no writes any more."""
        return self._is_starving

    def is_hot(self, extent: int) -> bool:
        """Whether the log on disk names an extent, and will until it is evicted."""
        return extent in self._slots

    def acquire(self, extents: Sequence[int]) -> bool:
        """Let a write use some extents: all, or none when slots are missing.

        They are hot once no transaction is left to be written.
        """
        assert len(extents) <= self.slot_count
        if self._is_starving:
            return False
        idle_count = sum(extent in self._idle for extent in extents)
        new = [it for it in extents if it not in self._references and it not in self._idle]
        if len(new) > len(self._free) + len(self._idle) - idle_count:
            self._is_starving = True
            return False
        for extent in extents:
            self._references[extent] = self._references.get(extent, 0) + 1
            self._idle.pop(extent, None)
        for extent in new:
            self._pending[extent] = self._free.pop() if self._free else self._evicted_slot()
        return True

    def _evicted_slot(self) -> int:
        extent = next(iter(self._idle))
        del self._idle[extent]
        return self._slots.pop(extent)

    def release(self, extents: Sequence[int]) -> None:
        """End a write; an extent without any becomes the most recently used idle one."""
        for extent in extents:
            self._references[extent] -= 1
            if not self._references[extent]:
                assert extent in self._slots, "a write cannot end before its extent is hot"
                del self._references[extent]
                self._idle[extent] = None
                self._is_starving = False

    def next_transaction(self) -> Transaction | None:
        """The changes to be written next, at most 64; none when all is on disk."""
        if not self._pending:
            return None
        updates = [(slot, extent) for extent, slot in self._pending.items()][:UPDATES_MAX]
        return Transaction(
            number=self._number,
            updates=tuple(updates),
            slot_count=self.slot_count,
            context_start=self._window,
            context=tuple(self._on_disk[self._window : self._window + CONTEXT_SLOTS]),
        )

    def evicted_by(self, transaction: Transaction) -> list[int]:
        """The extents that the log will not name any more."""
        before = [self._on_disk[slot] for slot, _ in transaction.updates]
        return [extent for extent in before if extent != NO_EXTENT]

    def commit(self, transaction: Transaction) -> None:
        """The transaction is on disk."""
        assert transaction.number == self._number
        self._number = (self._number + 1) % NUMBER_LIMIT
        self._window += CONTEXT_SLOTS
        if self._window >= self.slot_count:
            self._window = 0
        for slot, extent in transaction.updates:
            self._on_disk[slot] = extent
            self._slots[extent] = slot
            del self._pending[extent]
