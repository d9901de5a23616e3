"""A store keeps what it is told, orders what it writes, and recovers what was hot."""

from typing import Final

import pytest

from generated.layouts.superblock import SuperblockFlags
from runtime.errors import DiskError, MetadataError
from runtime.metadata.creation import create, plan_creation
from runtime.metadata.generations import Generations
from runtime.metadata.placement import FLEXIBLE_EXTERNAL, INTERNAL, Placement, Striping
from runtime.metadata.store import Store
from runtime.metadata.superblock import read_superblock
from tests.runtime.metadata.devices import MemoryDevice

SIZE_BYTES: Final = 1 << 30
VOLUME_SECTORS: Final = 2000000
EXTENT_SECTORS: Final = 8192
PRIMARY: Final = SuperblockFlags.MDF_PRIMARY_IND
CRASHED: Final = SuperblockFlags.MDF_CRASHED_PRIMARY
FULL_SYNC: Final = SuperblockFlags.MDF_FULL_SYNC


def new_device(placement: Placement = INTERNAL) -> MemoryDevice:
    """A device with fresh meta-data."""
    device = MemoryDevice(SIZE_BYTES)
    create(device, plan_creation(device, placement, Striping()))
    return device


def in_sync(device: MemoryDevice, *, slot_count: int = 1237) -> Store:
    """A store of a volume that is in sync."""
    store = Store.attach(device, INTERNAL, slot_count=slot_count)
    store.resize(VOLUME_SECTORS)
    store.set_all_in_sync()
    return store


def primary(device: MemoryDevice, *, slot_count: int = 1237) -> Store:
    """The same on a primary."""
    store = in_sync(device, slot_count=slot_count)
    store.superblock.flags |= PRIMARY
    store.write_superblock()
    return store


def write(store: Store, *extents: int, is_in_sync: bool = True) -> None:
    """Write a block into each of some extents, all at once."""
    for extent in extents:
        assert store.begin_write(first_sector=extent * EXTENT_SECTORS, sector_count=8)
    store.write_log()
    for extent in extents:
        store.end_write(first_sector=extent * EXTENT_SECTORS, sector_count=8, is_in_sync=is_in_sync)


def extents_of(store: Store) -> dict[int, int]:
    """How many bits are set in which extents."""
    found: dict[int, int] = {}
    for first, count in store.bitmap.runs():
        for bit in range(first, first + count):
            found[bit // 1024] = found.get(bit // 1024, 0) + 1
    return found


def test_a_new_volume_is_out_of_sync_as_a_whole() -> None:
    """The first size that the nodes agree on marks everything."""
    store = Store.attach(new_device(), INTERNAL)
    store.resize(VOLUME_SECTORS)
    assert store.bitmap.count == store.bitmap.bit_count == VOLUME_SECTORS // 8


def test_a_crashed_primary_marks_exactly_the_hot_extents() -> None:
    """After a crash the extents that may have been written are out of sync, and no others."""
    device = new_device()
    store = primary(device, slot_count=3)
    write(store, 4, 9)
    write(store, 200)
    write(store, 9)
    write(store, 7)  # evicts 4, the least recently used
    again = Store.attach(device, INTERNAL)
    assert extents_of(again) == {7: 1024, 9: 1024, 200: 1024}
    assert again.superblock.flags & (PRIMARY | CRASHED) == CRASHED


def test_what_is_marked_survives_eviction() -> None:
    """Bits of an extent are on disk before the log forgets it."""
    device = new_device()
    store = primary(device, slot_count=1)
    write(store, 4, is_in_sync=False)
    write(store, 9)
    assert extents_of(Store.attach(device, INTERNAL)) == {4: 1, 9: 1024}


def test_a_secondary_marks_nothing_when_it_crashes() -> None:
    """Whoever stopped being primary has its bits on disk, and needs no log."""
    device = new_device()
    store = primary(device)
    write(store, 4, is_in_sync=False)
    store.superblock.flags &= ~PRIMARY
    store.write_superblock()
    assert extents_of(Store.attach(device, INTERNAL)) == {4: 1}


def test_bits_of_a_cold_extent_are_durable_at_once() -> None:
    """Where no log vouches for a block, its bit is on disk before the call returns."""
    device = new_device()
    store = in_sync(device)
    store.mark_out_of_sync(first_sector=100 * EXTENT_SECTORS, sector_count=16)
    assert extents_of(Store.attach(device, INTERNAL)) == {100: 2}


def test_many_writes_share_a_flush() -> None:
    """One transaction makes 64 extents hot, with a single write and a single flush."""
    device = new_device()
    store = primary(device)
    before = device.write_count, device.flush_count
    for extent in range(64):
        assert store.begin_write(first_sector=extent * EXTENT_SECTORS, sector_count=8)
    store.write_log()
    assert (device.write_count, device.flush_count) == (before[0] + 1, before[1] + 1)
    store.write_log()
    assert device.write_count == before[0] + 1


def test_a_write_waits_when_slots_are_missing() -> None:
    """A write that finds no slot may begin once another one has ended."""
    store = primary(new_device(), slot_count=1)
    assert store.begin_write(first_sector=0, sector_count=8)
    store.write_log()
    assert not store.begin_write(first_sector=EXTENT_SECTORS, sector_count=8)
    store.end_write(first_sector=0, sector_count=8, is_in_sync=True)
    assert store.begin_write(first_sector=EXTENT_SECTORS, sector_count=8)


def test_a_request_over_a_border_makes_both_extents_hot() -> None:
    """All extents that a request touches are hot before it is written."""
    device = new_device()
    store = primary(device)
    assert store.begin_write(first_sector=EXTENT_SECTORS - 4, sector_count=8)
    store.write_log()
    assert extents_of(Store.attach(device, INTERNAL)) == {0: 1024, 1: 1024}


@pytest.mark.parametrize(
    ("first_sector", "sector_count", "bits"),
    [(0, 8, 1), (4, 8, 0), (4, 12, 1), (VOLUME_SECTORS - 4, 4, 0), (VOLUME_SECTORS - 12, 12, 1)],
)
def test_only_whole_blocks_come_into_sync(first_sector: int, sector_count: int, bits: int) -> None:
    """Marking rounds outwards, clearing inwards."""
    store = in_sync(new_device())
    store.mark_out_of_sync(first_sector=first_sector, sector_count=sector_count)
    assert store.mark_in_sync(first_sector=first_sector, sector_count=sector_count) == bits


def test_a_partial_block_at_the_end_comes_into_sync() -> None:
    """The last block of a volume may be smaller than 4 KiB."""
    store = Store.attach(new_device(), INTERNAL)
    store.resize(VOLUME_SECTORS + 4)
    store.set_all_in_sync()
    store.mark_out_of_sync(first_sector=VOLUME_SECTORS, sector_count=4)
    assert store.mark_in_sync(first_sector=VOLUME_SECTORS, sector_count=4) == 1


def test_meta_data_follows_the_end_of_its_device() -> None:
    """On a device that was enlarged it is moved, and then the volume has more room."""
    device = new_device()
    store = in_sync(device)
    assert not store.is_misplaced
    before = store.sector_count_max
    device.grow(1 << 20)  # one more page of bitmap describes it
    assert store.is_misplaced
    assert store.sector_count_max == before + 2048 - 8
    store.mark_out_of_sync(first_sector=80, sector_count=8)
    store.move_to_end()
    store.resize(store.sector_count_max)
    again = Store.attach(device, INTERNAL)
    assert not again.is_misplaced
    assert again.superblock.last_agreed_size == before + 2040
    assert again.bitmap.count == 1 + (before + 2040 - VOLUME_SECTORS + 7) // 8


def test_new_space_may_be_in_sync() -> None:
    """Whoever knows that both disks have the same there says so."""
    store = in_sync(new_device())
    store.resize(VOLUME_SECTORS // 2)
    store.resize(VOLUME_SECTORS, is_in_sync=True)
    assert store.bitmap.count == 0


def test_external_meta_data_stays_where_it_is() -> None:
    """Only the data device is enlarged, and the meta-data says how much of it can be used."""
    data, device = MemoryDevice(SIZE_BYTES), new_device(FLEXIBLE_EXTERNAL)
    store = Store.attach(device, FLEXIBLE_EXTERNAL, data=data)
    assert store.sector_count_max == SIZE_BYTES // 512
    data.grow(1 << 20)
    assert store.sector_count_max == SIZE_BYTES // 512 + 2048
    assert not store.is_misplaced


def test_a_full_sync_that_was_asked_for_is_done() -> None:
    """Where the superblock says that the bitmap cannot be trusted, everything is marked."""
    device = new_device()
    store = in_sync(device)
    store.superblock.flags |= FULL_SYNC
    store.write_superblock()
    again = Store.attach(device, INTERNAL)
    assert again.bitmap.count == again.bitmap.bit_count
    assert not read_superblock(device, INTERNAL).superblock.flags & FULL_SYNC


def test_without_a_log_a_crash_marks_everything() -> None:
    """A primary that wrote no log has to be resynced as a whole."""
    device = new_device()
    in_sync(device)
    store = Store.attach(device, INTERNAL, al_updates=False)
    store.superblock.flags |= PRIMARY
    store.write_superblock()
    before = device.write_count
    write(store, 5)
    assert device.write_count == before
    again = Store.attach(device, INTERNAL)
    assert again.bitmap.count == again.bitmap.bit_count


def test_what_did_not_change_is_not_written() -> None:
    """A superblock and a bitmap as they are on disk cost no write."""
    device = new_device()
    store = in_sync(device)
    before = device.write_count
    store.write_superblock()
    store.write_bitmap()
    assert device.write_count == before


def test_only_pages_that_changed_are_written() -> None:
    """One bit costs one page of 4 KiB."""
    device = new_device()
    store = in_sync(device)
    before = device.write_count
    store.bitmap.set_range(first_bit=100_000, bit_count=1)
    store.write_bitmap()
    assert device.write_count == before + 1


def test_a_page_is_written_behind_a_flush_of_somebody_else() -> None:
    """Bits that a flush covers go to disk without another one; those cleared since need theirs."""
    data, device = MemoryDevice(SIZE_BYTES), MemoryDevice(SIZE_BYTES)
    create(device, plan_creation(device, FLEXIBLE_EXTERNAL, Striping()))
    store = Store.attach(device, FLEXIBLE_EXTERNAL, data=data)
    store.resize(VOLUME_SECTORS)
    store.write_bitmap()
    far_sector = 32768 * 8 * 3
    before = data.flush_count
    store.mark_in_sync(first_sector=0, sector_count=8)
    covered = store.begin_flush()
    store.mark_in_sync(first_sector=far_sector, sector_count=8)
    store.flushed(covered)
    assert data.flush_count == before
    assert [*store.bitmap.dirty_pages()] == [3]
    store.write_bitmap()
    assert data.flush_count == before + 1
    assert [*store.bitmap.dirty_pages()] == []


def test_identifiers_survive_a_restart() -> None:
    """What a node knows of its data's generation is there when it starts again."""
    device = new_device()
    store = in_sync(device)
    store.write_generations(Generations(0x1234, 0x5678, 0x9ABC, 0xDEF0))
    store.superblock.last_peer_max_io_size = 1 << 20
    assert Store.attach(device, INTERNAL).generations == store.generations
    store.detach()
    again = Store.attach(device, INTERNAL).superblock
    assert (again.current_uuid, again.bitmap_uuid) == (0x1234, 0x5678)
    assert (again.last_agreed_size, again.last_peer_max_io_size) == (VOLUME_SECTORS, 1 << 20)


def test_external_data_is_flushed_before_its_extent_is_let_go() -> None:
    """The log names an extent until the data that was written to it is durable."""
    meta, data = new_device(FLEXIBLE_EXTERNAL), MemoryDevice(SIZE_BYTES)
    store = Store.attach(meta, FLEXIBLE_EXTERNAL, data=data, slot_count=1)
    store.resize(VOLUME_SECTORS)
    store.superblock.flags |= PRIMARY
    store.write_superblock()
    write(store, 1)
    before = data.flush_count
    write(store, 2)
    assert data.flush_count == before + 1


def test_a_volume_has_the_size_that_there_is_room_for() -> None:
    """A size that does not fit is refused, and nothing changes."""
    device = new_device()
    store = in_sync(device)
    with pytest.raises(MetadataError, match="there is room for 2097016"):
        store.resize(2097017)
    assert read_superblock(device, INTERNAL).superblock.last_agreed_size == VOLUME_SECTORS


def test_meta_data_does_not_move_into_the_data() -> None:
    """An activity log that needs more room than the volume leaves is refused before it is made."""
    device = new_device()
    store = Store.attach(device, INTERNAL)
    store.resize(2097016)
    before = dict(device.sectors)
    with pytest.raises(MetadataError, match="does not fit, there is room for 2096632"):
        store.move(device, INTERNAL, Striping(1, 56))
    assert device.sectors == before
    assert store.areas.striping == Striping()


class FailingDevice(MemoryDevice):
    """A device of which one operation, counted from now on, fails."""

    left = -1

    def write(self, offset_bytes: int, content: bytes) -> None:
        """Write, or fail."""
        self._count()
        super().write(offset_bytes, content)

    def flush(self) -> None:
        """Flush, or fail."""
        self._count()
        super().flush()

    def _count(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise DiskError("it failed")


@pytest.mark.parametrize("at_operation", range(1, 16))
def test_a_write_that_fails_is_repeated(at_operation: int) -> None:
    """Whichever operation fails: nothing is hot before it is on disk, and trying again helps."""
    device = FailingDevice(SIZE_BYTES)
    create(device, plan_creation(device, INTERNAL, Striping()))
    store = primary(device, slot_count=2)
    write(store, 1, 2, is_in_sync=False)
    device.left = at_operation
    for extent in (40, 80, 120, 160):
        assert store.begin_write(first_sector=extent * EXTENT_SECTORS, sector_count=8)
        while True:
            try:
                store.write_log()
                break
            except DiskError:
                assert device.left == 0
        assert extent in extents_of(Store.attach(copy_of(device), INTERNAL))
        store.end_write(first_sector=extent * EXTENT_SECTORS, sector_count=8, is_in_sync=False)
    assert device.left <= 0
    assert extents_of(Store.attach(device, INTERNAL)) == {
        1: 1,
        2: 1,
        40: 1,
        80: 1,
        120: 1024,
        160: 1024,
    }


def copy_of(device: MemoryDevice) -> MemoryDevice:
    """The same bytes, to be recovered without disturbing the store."""
    return MemoryDevice(device.size_bytes, device.sectors)


def test_data_that_lost_its_end_is_refused() -> None:
    """External data may not be smaller than the volume was."""
    meta = new_device(FLEXIBLE_EXTERNAL)
    store = Store.attach(meta, FLEXIBLE_EXTERNAL, data=MemoryDevice(SIZE_BYTES))
    store.resize(VOLUME_SECTORS)
    with pytest.raises(MetadataError, match="has 2000000 sectors, the data device only 1999999"):
        Store.attach(meta, FLEXIBLE_EXTERNAL, data=MemoryDevice((VOLUME_SECTORS - 1) * 512))
