"""Whatever is lost, torn or reordered of what was not flushed, a crash leaves a safe state.

DOTMIRROR_CRASH_SEEDS says how many worlds are played; the number of crashes tried is shown.
"""

import os
import random
from collections.abc import Callable
from typing import Final

import pytest

from generated.layouts.superblock import Superblock, SuperblockFlags
from runtime.errors import MetadataError
from runtime.metadata.creation import create, plan_creation
from runtime.metadata.placement import FLEXIBLE_EXTERNAL, INTERNAL, Placement, Striping
from runtime.metadata.recovery import apply_activity_log
from runtime.metadata.restoration import plan_restoration, restore
from runtime.metadata.store import Store
from runtime.metadata.superblock import read_superblock, write_superblock
from runtime.metadata.transactions import INITIALISED, Transaction, read_ring
from tests.runtime.metadata.crash_world import World
from tests.runtime.metadata.devices import CrashingDevice, MemoryDevice

SEED_COUNT: Final = int(os.environ.get("DOTMIRROR_CRASH_SEEDS", "3"))
SIZE_BYTES: Final = 16 << 20
VOLUME_SECTORS: Final = 32688
BIT_COUNT: Final = VOLUME_SECTORS // 8
CASES_MAX: Final = 60
DUMP: Final = """version "v08"; uuid { 0x1122334455667788; 0x0000000000000000; 0x0000000000000000;
0x0000000000000004; flags 0x00000091; } la-size-sect 32688; bm-byte-per-bit 4096;
device-uuid 0x0000000000000000; la-peer-max-bio-size 0; al-stripes 1; al-stripe-size-4k 8;
bm { 16 times 0x00000000FFFFFFFF; }"""

Check = Callable[[MemoryDevice], None]


class Watch:
    """Looks at every crash of a device while something is written to it."""

    def __init__(self, device: CrashingDevice, check: Check) -> None:
        self.count = 0
        self._device, self._check = device, check
        self._rng = random.Random(4)
        device.after_write = self.look

    def look(self) -> None:
        """Check the crashes of this moment."""
        for image in self._device.crashes(self._rng, count_max=CASES_MAX):
            self.count += 1
            self._check(image)


def ready(size_bytes: int = SIZE_BYTES) -> CrashingDevice:
    """A device with fresh internal meta-data."""
    device = CrashingDevice(size_bytes)
    create(device, plan_creation(device, INTERNAL, Striping()))
    return device


def attached(device: MemoryDevice) -> Store:
    """Its store, as a node starts it."""
    return Store.attach(device, INTERNAL)


def in_use() -> CrashingDevice:
    """A device whose volume has some bits set, and which is clean and in sync otherwise."""
    device = ready()
    restore(device, plan_restoration(device, INTERNAL, DUMP))
    return device


@pytest.mark.parametrize("placement", [INTERNAL, FLEXIBLE_EXTERNAL], ids=str)
def test_no_block_differs_without_its_bit(
    placement: Placement, record_property: Callable[[str, object], None]
) -> None:
    """Writes, lost links, resyncs, changes of role, restarts: no difference is left unmarked."""
    crash_count = point_count = 0
    for seed in range(SEED_COUNT):
        world = World(seed, placement)
        world.play(50)
        crash_count += world.crash_count
        point_count += world.point_count
    assert crash_count > point_count > 100 * SEED_COUNT
    record_property(
        "summary",
        f"{crash_count:,} crashes at {point_count:,} points of {SEED_COUNT} random histories of a"
        f" primary with {world.placement} meta-data",
    )


def has_all_bits(image: MemoryDevice) -> None:
    """Check that everything is out of sync."""
    bitmap = attached(image).bitmap
    assert bitmap.count == bitmap.bit_count > 0


def test_a_full_sync_is_asked_for_or_not_but_never_in_part(
    record_property: Callable[[str, object], None],
) -> None:
    """A crash while all bits are set leaves those from before, or all."""
    device = in_use()
    store = attached(device)
    before = store.bitmap.count

    def check(image: MemoryDevice) -> None:
        assert attached(image).bitmap.count in (before, BIT_COUNT)

    watch = Watch(device, check)
    store.set_all_out_of_sync()
    has_all_bits(MemoryDevice(SIZE_BYTES, device.sectors))
    record_property("crashes", watch.count)


def test_a_new_size_leaves_all_that_is_new_marked(
    record_property: Callable[[str, object], None],
) -> None:
    """A crash while a volume grows leaves the old size, or the new one with no bit missing."""
    device = in_use()
    store = attached(device)
    store.resize(VOLUME_SECTORS // 2)
    kept = store.bitmap.count

    def check(image: MemoryDevice) -> None:
        bitmap = attached(image).bitmap
        new_count = bitmap.bit_count - VOLUME_SECTORS // 16
        assert bitmap.count in (kept + new_count, bitmap.bit_count)

    watch = Watch(device, check)
    store.resize(VOLUME_SECTORS)
    assert store.bitmap.count == kept + BIT_COUNT - VOLUME_SECTORS // 16
    record_property("crashes", watch.count)


@pytest.mark.parametrize("striping", [Striping(), Striping(2, 16)])
@pytest.mark.parametrize("more_bytes", [0, 8192, 4 << 20])
def test_moved_metadata_is_there_or_asks_for_a_full_sync(
    striping: Striping, more_bytes: int, record_property: Callable[[str, object], None]
) -> None:
    """A crash while meta-data moves leaves none at its new place, or what loses no bit."""
    small = in_use()
    device = CrashingDevice(SIZE_BYTES + more_bytes, small.sectors)
    old = CrashingDevice(SIZE_BYTES, small.sectors)
    store = attached(old)
    store.resize(VOLUME_SECTORS - 512)
    bits = store.bitmap.count
    device.sectors = dict(old.sectors)
    store.superblock.flags |= SuperblockFlags.MDF_PRIMARY_IND

    def check(image: MemoryDevice) -> None:
        try:
            bitmap = attached(image).bitmap
        except MetadataError:
            if more_bytes:
                return
            raise
        assert bitmap.count in (bits, bitmap.bit_count)

    watch = Watch(device, check)
    store.move(device, INTERNAL, striping)
    moved = attached(MemoryDevice(device.size_bytes, device.sectors))
    assert moved.bitmap.count == bits
    assert moved.superblock.flags & SuperblockFlags.MDF_CRASHED_PRIMARY
    record_property("crashes", watch.count)


def test_created_metadata_is_whole_or_not_there(
    record_property: Callable[[str, object], None],
) -> None:
    """A crash while meta-data is written over older one leaves the older, none, or the new."""
    device = in_use()

    def check(image: MemoryDevice) -> None:
        try:
            found = read_superblock(image, INTERNAL)
        except MetadataError:
            return
        if found.superblock.current_uuid != 4:
            assert attached(image).bitmap.count == 16 * 32
            return
        at = found.areas.bitmap_offset_bytes
        assert not any(image.read(offset_bytes=at, size_bytes=4096))

    watch = Watch(device, check)
    create(device, plan_creation(device, INTERNAL, Striping()))
    record_property("crashes", watch.count)


def test_restored_metadata_is_whole_or_not_there(
    record_property: Callable[[str, object], None],
) -> None:
    """A crash while a dump is restored leaves what was there, none, or all of the dump."""
    device = in_use()
    other = DUMP.replace("0x1122", "0x3344").replace("16 times 0x0", "3 times 0x1")

    def check(image: MemoryDevice) -> None:
        try:
            found = read_superblock(image, INTERNAL)
        except MetadataError:
            return
        is_restored = found.superblock.current_uuid == 0x3344334455667788
        assert attached(image).bitmap.count == (3 * 33 if is_restored else 16 * 32)

    watch = Watch(device, check)
    restore(device, plan_restoration(device, INTERNAL, other))
    assert attached(device).superblock.current_uuid == 0x3344334455667788
    record_property("crashes", watch.count)


def crashed(rings: dict[int, bytes], *, flags: int, placement: Placement) -> CrashingDevice:
    """A device whose activity log holds these blocks and is otherwise initialised."""
    device = CrashingDevice(SIZE_BYTES)
    create(device, plan_creation(device, placement, Striping()))
    found = read_superblock(device, placement)
    found.superblock.magic = 0x8374026C
    found.superblock.flags = flags
    found.superblock.last_agreed_size = VOLUME_SECTORS
    write_superblock(device, found.superblock, found.areas)
    for block, block_content in rings.items():
        device.write(found.areas.al_offset_bytes + block * 4096, block_content)
    device.flush()
    return device


def transaction(number: int, *updates: tuple[int, int]) -> bytes:
    """A block that says nothing of slots that it does not change."""
    return Transaction(number=number, updates=updates, slot_count=0).pack()


@pytest.mark.parametrize("placement", [INTERNAL, FLEXIBLE_EXTERNAL], ids=str)
@pytest.mark.parametrize(
    ("ring", "extents"),
    [
        ({}, ()),
        ({0: bytes(4096)}, ()),
        ({0: transaction(0, (0, 2))}, (2,)),
        ({3: transaction(3, (0, 2))}, (2,)),
        ({0: transaction(0, (0, 1)), 1: transaction(1, (0, 3), (1, 0))}, (0, 3)),
        ({7: transaction(7, (0, 1)), 0: transaction(8, (1, 2)), 1: b"torn" * 1024}, (1, 2)),
        ({it: transaction(8 + it, (it % 2, it % 4)) for it in range(8)}, (2, 3)),
        ({it: transaction(8 + it, (it % 2, it % 4)) for it in range(1, 8)}, (2, 3)),
    ],
)
def test_recovery_can_crash_as_well(
    ring: dict[int, bytes],
    extents: tuple[int, ...],
    placement: Placement,
    record_property: Callable[[str, object], None],
) -> None:
    """A crash while the activity log is applied loses no hot extent, and leaves no puzzle."""
    flags = SuperblockFlags.MDF_CONSISTENT | SuperblockFlags.MDF_PRIMARY_IND
    device = crashed(ring, flags=flags, placement=placement)

    def check(image: MemoryDevice) -> None:
        found = read_superblock(image, placement)
        apply_activity_log(image, found)
        lies = found.areas
        bits = image.read(offset_bytes=lies.bitmap_offset_bytes, size_bytes=512)
        for extent in extents:
            assert bits[extent * 128 : extent * 128 + 128] == b"\xff" * 128
        area = image.read(offset_bytes=lies.al_offset_bytes, size_bytes=lies.al_size_bytes)
        assert read_ring(area, lies.striping).is_initialised

    watch = Watch(device, check)
    applied = apply_activity_log(device, read_superblock(device, placement))
    assert applied.hot_extents == extents
    record_property("crashes", watch.count)


def test_a_log_that_never_was_can_crash_while_it_is_made() -> None:
    """Under the clean magic a blank activity log, as drbdmeta restores, becomes a good one."""
    device = in_use()
    found = read_superblock(device, INTERNAL)
    superblock: Superblock = found.superblock
    superblock.flags |= SuperblockFlags.MDF_PRIMARY_IND
    write_superblock(device, superblock, found.areas)
    device.write(found.areas.al_offset_bytes, bytes(found.areas.al_size_bytes))
    device.flush()

    def check(image: MemoryDevice) -> None:
        assert attached(image).bitmap.count == 16 * 32

    watch = Watch(device, check)
    apply_activity_log(device, read_superblock(device, INTERNAL))
    assert watch.count > 8
    area = device.read(
        offset_bytes=found.areas.al_offset_bytes, size_bytes=found.areas.al_size_bytes
    )
    assert area == INITIALISED * 8
