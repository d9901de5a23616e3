"""The activity log on a real file: transactions a second, beside the fdatasync that each needs.

Every write goes into an extent that is cold, into a log that is full, so that each transaction
evicts. The floor is a block of 4 KiB written to the same ring and flushed, by two system calls and
nothing else; what the rest costs is ours. With many writes at once a transaction is shared.
"""

import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from generated.layouts.superblock import SuperblockFlags
from runtime.io.device import FileDevice
from runtime.metadata.creation import create, plan_creation
from runtime.metadata.placement import INTERNAL, Striping
from runtime.metadata.store import Store
from runtime.metadata.superblock import read_superblock
from tests.runtime.metadata.devices import MemoryDevice

SIZE_BYTES = 16 << 30
EXTENT_SECTORS = 8192
SLOT_COUNT = 1237
TURN_S = 0.2
ROUNDS = 8
SHARED = (1, 8, 64)
"""Writes that are asked for before the log is written."""

Call = Callable[[int], None]


def primary(device: FileDevice | MemoryDevice) -> Store:
    """A store of a primary whose log is full."""
    create(device, plan_creation(device, INTERNAL, Striping(), ignore_signatures=True))
    store = Store.attach(device, INTERNAL, slot_count=SLOT_COUNT)
    store.resize(read_superblock(device, INTERNAL).areas.sector_count_max)
    store.set_all_in_sync()
    store.superblock.flags |= SuperblockFlags.MDF_PRIMARY_IND
    store.write_superblock()
    write(store, range(SLOT_COUNT))
    return store


def write(store: Store, extents: range) -> None:
    """Write a block to each of some extents, all at once; the peer has it."""
    for extent in extents:
        assert store.begin_write(first_sector=extent * EXTENT_SECTORS, sector_count=8)
    store.write_log()
    for extent in extents:
        store.end_write(first_sector=extent * EXTENT_SECTORS, sector_count=8, is_in_sync=True)


def rates(calls: list[Call]) -> list[float]:
    """How often each can be done a second; they take turns, since a disk has better times."""
    best = [0.0] * len(calls)
    numbers = [itertools.count() for _ in calls]
    for _ in range(ROUNDS):
        for place, call in enumerate(calls):
            start, count = time.perf_counter(), 0
            while time.perf_counter() - start < TURN_S:
                call(next(numbers[place]))
                count += 1
            best[place] = max(best[place], count / (time.perf_counter() - start))
    return best


def bare(descriptor: int, lies_at: int, flush_count: int) -> Call:
    """What the system calls alone cost: a block into the ring, with so many flushes."""
    block = os.urandom(4096)

    def call(number: int) -> None:
        for _ in range(flush_count - 1):
            os.fdatasync(descriptor)
        os.pwrite(descriptor, block, lies_at + number % 8 * 4096)
        os.fdatasync(descriptor)

    return call


def transaction(store: Store, shared: int) -> Call:
    """A transaction that makes so many cold extents hot, in place of others."""
    extent_count = store.superblock.last_agreed_size // EXTENT_SECTORS // shared

    def call(number: int) -> None:
        first = (SLOT_COUNT // shared + 1 + number) % extent_count * shared
        write(store, range(first, first + shared))

    return call


def table(folder: Path) -> Iterator[str]:
    """The results, line by line."""
    path = folder / "disk.img"
    with path.open("wb") as file:
        file.truncate(SIZE_BYTES)
    with FileDevice(path, writable=True) as device:
        store = primary(device)
        descriptor = os.open(path, os.O_RDWR)
        floors = [bare(descriptor, store.areas.al_offset_bytes, count) for count in (1, 2)]
        one, two, *ours = rates(floors + [transaction(store, shared) for shared in SHARED])
        os.close(descriptor)
        for count, floor in ((1, one), (2, two)):
            what = f"bare block and {count} fdatasync"
            yield f"{what:>34} {floor:>12,.0f} /s {1e6 / floor:>10,.0f} us"
        for shared, rate in zip(SHARED, ours, strict=True):
            what = f"transaction, evicting {shared}"
            cells = f"{what:>34} {rate:>12,.0f} /s {1e6 / rate:>10,.0f} us"
            yield f"{cells} {rate / two:>8.0%} of bare 2 {rate * shared:>10,.0f} extents/s"
    memory = primary(MemoryDevice(SIZE_BYTES))
    costs = [1e6 / rate for rate in rates([transaction(memory, shared) for shared in SHARED])]
    yield f"{'without a disk, for 1, 8, 64':>34} {' '.join(f'{it:,.0f}' for it in costs)} us"


def main() -> None:
    """Print the table; an argument names the folder whose disk is measured."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if sys.argv[1:] else ".") as folder:
        for line in table(Path(folder)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
