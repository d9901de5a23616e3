"""Superblock, activity log and bitmap of one volume, as a node that runs uses them.

Each change is ordered so that a crash at any point leaves what recovers to a safe state: no block
that differs from the peer's without its bit set (metadata 5.3). What makes it so:

- An extent is named in the log before it is written to, and the node marked as primary before that.
- The log stops naming an extent only when its bits, and its data, are durable.
- So it is when the node stops being primary, and before bits that were cleared go to disk.
- Before all bits change at once the superblock says that the bitmap cannot be trusted.
"""

from collections.abc import Iterable
from typing import Final, Self

from generated.layouts.superblock import Superblock, SuperblockFlags, SuperblockMagic
from runtime.errors import MetadataError
from runtime.metadata.activity_log import SLOT_COUNT_DEFAULT, ActivityLog, fitting_slot_count
from runtime.metadata.bitmap import BLOCK_SECTORS, Bitmap, blocks_covered, blocks_touched
from runtime.metadata.bitmap_pages import PAGE_BITS, PAGE_SIZE_BYTES
from runtime.metadata.creation import room_for, write_initial_ring
from runtime.metadata.device import BLOCK_SIZE_BYTES, SECTOR_SIZE_BYTES, Device
from runtime.metadata.generations import Generations
from runtime.metadata.placement import Areas, Placement, Striping, areas
from runtime.metadata.recovery import apply_activity_log
from runtime.metadata.superblock import (
    is_primary,
    read_superblock,
    refuse_attaching,
)
from runtime.metadata.transactions import Transaction, block_position

EXTENT_SECTORS: Final = 8192  # metadata 0: one extent of the activity log
PAGE_EXTENTS: Final = 32  # ... extents in one page of bitmap
PIECE_PAGES: Final = 256  # read at once

FULL_SYNC: Final = SuperblockFlags.MDF_FULL_SYNC
PRIMARY: Final = SuperblockFlags.MDF_PRIMARY_IND
CRASHED_PRIMARY: Final = SuperblockFlags.MDF_CRASHED_PRIMARY
AL_DISABLED: Final = SuperblockFlags.MDF_AL_DISABLED
OF_A_RUNNING_NODE: Final = (
    PRIMARY | SuperblockFlags.MDF_CONNECTED_IND | SuperblockFlags.MDF_AL_CLEAN | AL_DISABLED
)


class Store:
    """The meta-data of an attached volume.

    Change fields of `superblock` and call `write_superblock`; change bits by the methods here.
    """

    def __init__(
        self,
        device: Device,
        lies: Areas,
        superblock: Superblock,
        *,
        placement: Placement,
        data: Device | None = None,
        slot_count: int = SLOT_COUNT_DEFAULT,
    ) -> None:
        self.superblock = superblock
        self.bitmap = Bitmap(-(-superblock.last_agreed_size // BLOCK_SECTORS))
        self._device = device
        self._placement = placement
        self._data = data or device
        self._areas = lies
        self._log = ActivityLog(fitting_slot_count(slot_count, lies.striping))
        self.transaction_count = 0
        self._durable = b""
        """The superblock's bytes as they are on disk for certain."""
        self._durable_flags = superblock.flags
        self._unflushed: set[int] = set()
        """Pages with bits that were cleared for data that may not be durable yet."""
        self._flushing: list[set[int]] = []
        """Those whose data flushes that are under way make durable, oldest first."""

    @classmethod
    def attach(
        cls,
        device: Device,
        placement: Placement,
        *,
        data: Device | None = None,
        slot_count: int = SLOT_COUNT_DEFAULT,
        al_updates: bool = True,
    ) -> Self:
        """Take over what the last run left, crashed or not; `data` is where external data lies.

        The flag of a crashed primary is set where the last run was primary (metadata 1.4).
        """
        found = read_superblock(device, placement)
        apply_activity_log(device, found)
        refuse_attaching(found, placement, device)
        superblock = found.superblock
        if data is not None and data.size_bytes // SECTOR_SIZE_BYTES < superblock.last_agreed_size:
            raise MetadataError(
                f"the volume has {superblock.last_agreed_size} sectors, the data device only"
                f" {data.size_bytes // SECTOR_SIZE_BYTES}"
            )
        store = cls(
            device,
            found.areas,
            superblock,
            placement=placement,
            data=data,
            slot_count=slot_count,
        )
        was_primary = is_primary(superblock)
        crashed = was_primary or superblock.flags & CRASHED_PRIMARY
        superblock.magic = SuperblockMagic.UNCLEAN
        superblock.al_extents = store._log.slot_count
        if superblock.flags & FULL_SYNC or (crashed and superblock.flags & AL_DISABLED):
            store.set_all_out_of_sync()
        else:
            store._load_bitmap()
        superblock.flags &= ~OF_A_RUNNING_NODE
        superblock.flags |= CRASHED_PRIMARY if was_primary else 0
        superblock.flags |= 0 if al_updates else AL_DISABLED
        store.write_superblock()
        return store

    def _load_bitmap(self) -> None:
        there_bytes = self._areas.bitmap_size_bytes_max
        for first in range(0, self.bitmap.page_count, PIECE_PAGES):
            page_count = min(PIECE_PAGES, self.bitmap.page_count - first)
            wanted = page_count * PAGE_SIZE_BYTES
            size_bytes = min(wanted, there_bytes - first * PAGE_SIZE_BYTES)
            piece = self._device.read(offset_bytes=self._page_at(first), size_bytes=size_bytes)
            if not any(piece):
                continue
            piece = piece.ljust(wanted, b"\0")
            for number in range(page_count):
                at = number * PAGE_SIZE_BYTES
                self.bitmap.load_page(first + number, piece[at : at + PAGE_SIZE_BYTES])

    def _page_at(self, index: int) -> int:
        return self._areas.bitmap_offset_bytes + index * PAGE_SIZE_BYTES

    @property
    def areas(self) -> Areas:
        """Where everything lies."""
        return self._areas

    @property
    def _has_log(self) -> bool:
        return not self._durable_flags & AL_DISABLED

    # The superblock

    @property
    def generations(self) -> Generations:
        """The generation UUIDs."""
        return Generations.of(self.superblock)

    def write_generations(self, generations: Generations) -> None:
        """Make other generation UUIDs durable, as a new one is before a write is confirmed."""
        self.superblock.current_uuid = generations.current_uuid
        self.superblock.bitmap_uuid = generations.bitmap_uuid
        self.superblock.younger_history_uuid = generations.younger_history_uuid
        self.superblock.older_history_uuid = generations.older_history_uuid
        self.write_superblock()

    def write_superblock(self) -> None:
        """Make the superblock durable, if it changed; what it stops to vouch for comes before."""
        content = self.superblock.pack()
        if content == self._durable:
            return
        lost = self._durable_flags & ~self.superblock.flags
        if lost & (PRIMARY | FULL_SYNC | AL_DISABLED):
            self._flush_data()
            self.write_bitmap()
        self._device.write(self._areas.superblock_offset_bytes, content)
        self._device.flush()
        self._durable, self._durable_flags = content, self.superblock.flags

    def _flush_data(self) -> None:
        self._data.flush()
        self._unflushed.clear()
        self._flushing.clear()

    def begin_flush(self) -> set[int]:
        """The caller is about to flush the data, beside other work; `flushed` is to follow."""
        pages, self._unflushed = self._unflushed, set()
        self._flushing.append(pages)
        return pages

    def flushed(self, pages: set[int]) -> None:
        """The data of a `begin_flush` is durable: write what may be written of the bitmap now."""
        self._flushing = [others for others in self._flushing if others is not pages]
        waiting = self._unflushed.union(*self._flushing)
        self._write_pages(page for page in self.bitmap.dirty_pages() if page not in waiting)

    # Writes of the application

    def begin_write(self, *, first_sector: int, sector_count: int) -> bool:
        """Ask for a write; when it may not begin now, ask again after another one has ended.

        It may go to the disks once `write_log` has returned: several writes share a transaction.
        """
        assert self._durable_flags & PRIMARY, "a node is primary before it writes"
        if not self._has_log:
            return True
        return self._log.acquire(_extents(first_sector, sector_count))

    @property
    def active_extent_count(self) -> int:
        """How many extents of the activity log have writes in flight."""
        return self._log.active_count

    def write_log(self) -> None:
        """Make hot on disk what was asked for (metadata 3.7)."""
        while (transaction := self._log.next_transaction()) is not None:
            if evicted := self._log.evicted_by(transaction):
                self._let_go(evicted)
            self._write_transaction(transaction)
            self._log.commit(transaction)

    def _let_go(self, extents: Iterable[int]) -> None:
        """Make durable what the log has vouched for; one flush does where all is on one device."""
        pages = {extent // PAGE_EXTENTS for extent in extents}
        pages.intersection_update(self.bitmap.dirty_pages())
        self._write_pages(pages)
        if not pages or self._data is not self._device:
            self._flush_data()

    def _write_transaction(self, transaction: Transaction) -> None:
        self.transaction_count += 1
        block = block_position(transaction.number, self._areas.striping)
        self._device.write(
            self._areas.al_offset_bytes + block * BLOCK_SIZE_BYTES, transaction.pack()
        )
        self._device.flush()

    def end_write(self, *, first_sector: int, sector_count: int, is_in_sync: bool) -> None:
        """A write is done here, and by the peer if it is in sync; else its blocks are marked."""
        if not is_in_sync:
            self.mark_out_of_sync(first_sector=first_sector, sector_count=sector_count)
        if self._has_log:
            self._log.release(_extents(first_sector, sector_count))

    # The bitmap

    def mark_out_of_sync(self, *, first_sector: int, sector_count: int) -> int:
        """Set the bits of all blocks that are touched; return how many were clear.

        They are durable on return, unless recovery would set them anyway.
        """
        blocks = blocks_touched(first_sector=first_sector, sector_count=sector_count)
        changed = self.bitmap.set_range(first_bit=blocks.start, bit_count=len(blocks))
        extents = _extents(first_sector, sector_count)
        if not self._is_protected(extents):
            pages = range(extents[0] // PAGE_EXTENTS, extents[-1] // PAGE_EXTENTS + 1)
            self._write_pages(page for page in self.bitmap.dirty_pages() if page in pages)
        return changed

    def _is_protected(self, extents: Iterable[int]) -> bool:
        """Whether recovery marks these extents out of sync, whatever the bitmap says."""
        if self._durable_flags & FULL_SYNC:
            return True
        if not self._durable_flags & PRIMARY:
            return False
        return not self._has_log or all(map(self._log.is_hot, extents))

    def mark_in_sync(self, *, first_sector: int, sector_count: int) -> int:
        """Clear the bits of blocks that are covered completely; return how many were set.

        A partial block at the volume's end counts as complete. It goes to disk with the next pages.
        """
        blocks = blocks_covered(
            first_sector=first_sector,
            sector_count=sector_count,
            volume_sectors=self.superblock.last_agreed_size,
        )
        if not blocks:
            return 0
        changed = self.bitmap.clear_range(first_bit=blocks.start, bit_count=len(blocks))
        if changed:
            self._unflushed.update(range(blocks.start // PAGE_BITS, blocks[-1] // PAGE_BITS + 1))
        return changed

    def write_bitmap(self) -> None:
        """Make the bitmap durable: what changed of it."""
        self._write_pages(self.bitmap.dirty_pages())

    def _write_pages(self, pages: Iterable[int]) -> None:
        indices = list(pages)
        if not indices:
            return
        if not self._unflushed.union(*self._flushing).isdisjoint(indices):
            self._flush_data()
        for index in indices:
            room = self._areas.bitmap_size_bytes_max - index * PAGE_SIZE_BYTES
            page = bytes(self.bitmap.page(index)[: min(PAGE_SIZE_BYTES, room)])
            self._device.write(self._page_at(index), page)
        self._device.flush()
        for index in indices:
            self.bitmap.clean(index)

    def set_all_out_of_sync(self) -> None:
        """Mark the whole volume; a crash meanwhile leaves the flag that means the same."""
        self.superblock.flags |= FULL_SYNC
        self.write_superblock()
        self.bitmap.set_all()
        self.superblock.flags &= ~FULL_SYNC
        self.write_superblock()

    def set_all_in_sync(self) -> None:
        """Mark nothing of the volume."""
        self._unflushed.update(range(self.bitmap.page_count))
        self.bitmap.clear_all()
        self.write_bitmap()

    # Size and place

    @property
    def sector_count_max(self) -> int:
        """The largest volume that the devices could hold as they are now."""
        lies = self._areas_now()
        return min(lies.sector_count_max, self._data.size_bytes // SECTOR_SIZE_BYTES)

    @property
    def is_misplaced(self) -> bool:
        """Whether the meta-data lies where the device ended before it was enlarged."""
        return self._areas_now() != self._areas

    def _areas_now(self) -> Areas:
        if not self._placement.is_internal:
            return self._areas
        size_bytes = self._device.size_bytes
        return areas(self._placement, self._areas.striping, device_size_bytes=size_bytes)

    def move_to_end(self) -> None:
        """Follow the end of a device that was enlarged (metadata 3.11); no write is in flight."""
        self.move(self._device, self._placement, self._areas.striping)

    def resize(self, sector_count: int, *, is_in_sync: bool = False) -> None:
        """The nodes agreed on another size; what is new is out of sync, or not (metadata 3.11)."""
        assert sector_count > 0
        self._refuse_too_large(sector_count, self._areas)
        flags = self.superblock.flags
        self.superblock.flags |= FULL_SYNC
        self.superblock.last_agreed_size = sector_count
        self.write_superblock()
        self.bitmap.resize(-(-sector_count // BLOCK_SECTORS), value=not is_in_sync)
        self.superblock.flags = flags
        self.write_superblock()

    def move(self, device: Device, placement: Placement, striping: Striping) -> None:
        """Write all meta-data anew where it belongs on a device that grew, or with other stripes.

        Meanwhile the superblock asks for a full sync and not for its activity log, which is not
        there yet. No write may be in flight.
        """
        slot_count = self._log.slot_count
        lies = room_for(device, placement, striping)
        self._refuse_too_large(self.superblock.last_agreed_size, lies)
        self._flush_data()
        if self._data is self._device:
            self._data = device
        self._device, self._placement, self._areas = device, placement, lies
        self._durable_flags = 0
        flags = self.superblock.flags
        self.superblock.flags = flags & ~PRIMARY | FULL_SYNC
        self.superblock.flags |= CRASHED_PRIMARY if flags & PRIMARY else 0
        self._describe_areas()
        self.write_superblock()
        write_initial_ring(device, self._areas)
        device.flush()
        self._log = ActivityLog(fitting_slot_count(slot_count, striping))
        self._write_pages(range(self.bitmap.page_count))
        self.superblock.flags = flags
        self.write_superblock()

    @staticmethod
    def _refuse_too_large(sector_count: int, lies: Areas) -> None:
        if sector_count > lies.sector_count_max:
            raise MetadataError(
                f"a volume of {sector_count} sectors does not fit, there is room for"
                f" {lies.sector_count_max}"
            )

    def _describe_areas(self) -> None:
        superblock, lies = self.superblock, self._areas
        superblock.metadata_size = lies.metadata_size_sectors
        superblock.al_offset = lies.al_offset_sectors
        superblock.bitmap_offset = lies.bitmap_offset_sectors
        superblock.al_stripes = lies.striping.stripe_count
        superblock.al_stripe_size = lies.striping.stripe_size_blocks

    def detach(self) -> None:
        """Make everything durable."""
        self._flush_data()
        self.write_bitmap()
        self.write_superblock()


def _extents(first_sector: int, sector_count: int) -> range:
    """The extents that a request touches."""
    first = first_sector // EXTENT_SECTORS
    return range(first, (first_sector + sector_count - 1) // EXTENT_SECTORS + 1)
