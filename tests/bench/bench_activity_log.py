"""The activity log on a real file: transactions a second, beside the fdatasync that each needs.

Every write goes into an extent that is cold, into a log that is full, so that each transaction
evicts. The floor is a block of 4 KiB written to the same ring and flushed, by two system calls and
nothing else; what the rest costs is ours. With many writes at once a transaction is shared.
"""

import os
import statistics
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
SECONDS = 3.0
ROUNDS = 3
SHARED = (1, 8, 64)
"""Writes that are asked for before the log is written."""


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


def calls_a_second(call: Callable[[int], None]) -> float:
    """How often something can be done, in the best of some rounds."""
    best = 0.0
    number = 0
    for _ in range(ROUNDS):
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < SECONDS / ROUNDS:
            call(number)
            number += 1
            count += 1
        best = max(best, count / (time.perf_counter() - start))
    return best


def bare_flushes(path: Path, lies_at: int, flush_count: int) -> float:
    """Blocks that the system calls alone write to the ring, each with so many flushes."""
    descriptor = os.open(path, os.O_RDWR)
    block = os.urandom(4096)

    def call(number: int) -> None:
        for _ in range(flush_count - 1):
            os.fdatasync(descriptor)
        os.pwrite(descriptor, block, lies_at + number % 8 * 4096)
        os.fdatasync(descriptor)

    try:
        return calls_a_second(call)
    finally:
        os.close(descriptor)


def transactions(store: Store, shared: int) -> float:
    """Transactions a second, each for so many cold extents."""
    extent_count = store.superblock.last_agreed_size // EXTENT_SECTORS // shared

    def call(number: int) -> None:
        first = (SLOT_COUNT // shared + 1 + number) % extent_count * shared
        write(store, range(first, first + shared))

    return calls_a_second(call)


def table(folder: Path) -> Iterator[str]:
    """The results, line by line."""
    path = folder / "disk.img"
    with path.open("wb") as file:
        file.truncate(SIZE_BYTES)
    with FileDevice(path, writable=True) as device:
        store = primary(device)
        lies_at = store.areas.al_offset_bytes
        floors = {count: bare_flushes(path, lies_at, count) for count in (1, 2)}
        for count, floor in floors.items():
            what = f"bare block and {count} fdatasync"
            yield f"{what:>34} {floor:>12,.0f} /s {1e6 / floor:>10,.0f} us"
        for shared in SHARED:
            rate = transactions(store, shared)
            share = rate / floors[2]
            what = f"transaction, evicting {shared}"
            cells = f"{what:>34} {rate:>12,.0f} /s {1e6 / rate:>10,.0f} us {share:>8.0%} of bare 2"
            yield f"{cells} {rate * shared:>10,.0f} extents/s"
    memory = primary(MemoryDevice(SIZE_BYTES))
    costs = [1e6 / transactions(memory, shared) for shared in SHARED]
    yield f"{'without a disk, for 1, 8, 64':>34} {' '.join(f'{it:,.0f}' for it in costs)} us"
    assert statistics.fmean(costs) > 0


def main() -> None:
    """Print the table; an argument names the folder whose disk is measured."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if sys.argv[1:] else ".") as folder:
        for line in table(Path(folder)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
