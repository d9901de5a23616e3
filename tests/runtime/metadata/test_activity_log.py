"""The activity log on disk names what is hot, whatever was written and however it wrapped."""

import random
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.metadata.activity_log import ActivityLog, fitting_slot_count
from runtime.metadata.placement import Striping
from runtime.metadata.transactions import INITIALISED, Transaction, block_position, read_ring

STRIPINGS: Final = [Striping(), Striping(1, 9), Striping(4, 8), Striping(3, 5), Striping(2, 36)]


class Disk:
    """An activity log with the ring that it is written to."""

    def __init__(self, slot_count: int, striping: Striping, first_number: int = 0) -> None:
        self.log = ActivityLog(slot_count, first_number=first_number)
        self.striping = striping
        self.blocks = [INITIALISED] * striping.block_count
        self.transaction_count = 0
        self.last_place = 0

    def commit(self) -> None:
        """Write what is pending."""
        while (transaction := self.log.next_transaction()) is not None:
            self.last_place = block_position(transaction.number, self.striping)
            self.blocks[self.last_place] = transaction.pack()
            self.log.commit(transaction)
            self.transaction_count += 1

    def hot(self, torn_place: int | None = None) -> set[int]:
        """What recovery finds, with one block torn."""
        blocks = list(self.blocks)
        if torn_place is not None:
            blocks[torn_place] = blocks[torn_place][:512] + bytes(3583) + b"!"
        return set(read_ring(b"".join(blocks), self.striping).hot_extents)


@settings(max_examples=50)
@given(
    st.integers(0, 1 << 32),
    st.sampled_from(STRIPINGS),
    st.integers(2, 40),
    st.sampled_from([0, 7, (1 << 31) - 20, (1 << 32) - 50]),
)
def test_recovery_finds_the_active_set(
    seed: int, striping: Striping, slot_count: int, first_number: int
) -> None:
    """After every transaction the ring names what is hot; with it torn, what was hot before."""
    rng = random.Random(seed)
    is_power_of_two = striping.block_count & (striping.block_count - 1) == 0
    disk = Disk(slot_count, striping, first_number if is_power_of_two else 0)
    in_use: list[list[int]] = []
    for _ in range(50):
        wanted = rng.sample(range(60), rng.randint(1, min(3, slot_count)))
        if rng.random() < 0.3 and in_use:
            disk.log.release(in_use.pop(rng.randrange(len(in_use))))
        if not disk.log.acquire(wanted):
            while in_use:
                disk.log.release(in_use.pop())
            assert disk.log.acquire(wanted)
        in_use.append(wanted)
        is_looked_at = rng.random() < 0.2
        before = disk.hot() if is_looked_at else set()
        count = disk.transaction_count
        disk.commit()
        if not is_looked_at:
            continue
        names = disk.hot()
        assert names == {extent for extent in range(60) if disk.log.is_hot(extent)}
        assert {extent for extents in in_use for extent in extents} <= names
        assert len(names) <= slot_count
        if count == disk.transaction_count - 1 > 0:
            assert disk.hot(disk.last_place) == before


@pytest.mark.parametrize("striping", STRIPINGS, ids=str)
def test_a_ring_holds_as_many_slots_as_it_promises(striping: Striping) -> None:
    """With the largest number of slots the whole set is found, the newest block torn or not."""
    slot_count = fitting_slot_count(1 << 20, striping)
    disk = Disk(slot_count, striping)
    for start in range(0, slot_count, 60):
        wanted = range(start, min(start + 60, slot_count))
        assert disk.log.acquire(wanted)
        disk.commit()
        disk.log.release(wanted)
    end = slot_count + striping.block_count * 2
    for extent in range(slot_count, end):
        assert disk.log.acquire([extent])
        disk.commit()
        disk.log.release([extent])
    assert disk.hot() == set(range(end - slot_count, end))
    assert disk.hot(disk.last_place) == set(range(end - slot_count - 1, end - 1))


@pytest.mark.parametrize(
    ("striping", "limit"), [(Striping(), 6433), (Striping(1, 72), 65249), (Striping(1, 73), 65534)]
)
def test_slots_are_limited_by_the_ring(striping: Striping, limit: int) -> None:
    """One block less than the ring has must hold the whole context, as published."""
    assert fitting_slot_count(100_000, striping) == limit
    assert fitting_slot_count(1237, striping) == 1237


def test_a_hot_extent_costs_nothing() -> None:
    """A write to an extent that is hot needs no transaction, be it idle or in use."""
    disk = Disk(3, Striping())
    assert disk.log.acquire([5])
    disk.commit()
    assert disk.log.acquire([5])
    disk.log.release([5])
    disk.log.release([5])
    assert disk.log.acquire([5])
    assert disk.log.next_transaction() is None
    assert disk.transaction_count == 1


def test_the_least_recently_used_extent_goes_first() -> None:
    """Free slots are taken from the highest down, then those of extents that are idle longest."""
    disk = Disk(2, Striping())
    for extent in (1, 2, 1, 3):
        assert disk.log.acquire([extent])
        disk.commit()
        disk.log.release([extent])
    assert disk.hot() == {1, 3}
    assert not disk.log.is_hot(2)


def test_many_changes_share_a_transaction() -> None:
    """Up to 64 extents become hot with one block."""
    disk = Disk(200, Striping())
    for extent in range(65):
        assert disk.log.acquire([extent])
    transaction = disk.log.next_transaction()
    assert transaction is not None
    assert len(transaction.updates) == 64
    disk.commit()
    assert disk.transaction_count == 2


def test_nobody_overtakes_a_write_that_starves() -> None:
    """When slots are missing all wait until an extent is out of use, even those that are hot."""
    disk = Disk(2, Striping())
    assert disk.log.acquire([1, 2])
    disk.commit()
    assert not disk.log.acquire([3])
    assert disk.log.is_starving
    assert not disk.log.acquire([1])
    disk.log.release([2])
    assert not disk.log.is_starving
    assert disk.log.acquire([3])
    assert disk.log.evicted_by(pending(disk.log)) == [2]


def pending(log: ActivityLog) -> Transaction:
    """The next transaction, of which there is one."""
    transaction = log.next_transaction()
    assert transaction is not None
    return transaction


def test_a_transaction_that_failed_is_written_again() -> None:
    """Until it is said to be on disk the same transaction is asked for, with the same number."""
    log = ActivityLog(4)
    assert log.acquire([1])
    assert log.next_transaction() == log.next_transaction()
    assert not log.is_hot(1)
