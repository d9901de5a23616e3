"""Applying the activity log after a crash: what was hot is out of sync (metadata 3.8).

The effects are those of `drbdmeta apply-al`, but each step is durable before the next one begins,
and at any point a crash leaves a ring that drbdmeta and we can still read. drbdmeta 9.22 overwrites
the ring in one go: torn there, it finds one damaged block and no transaction, and gives up.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from generated.layouts.superblock import SuperblockFlags, SuperblockMagic
from runtime.errors import MetadataError
from runtime.metadata.device import BLOCK_SIZE_BYTES, Device
from runtime.metadata.placement import Areas, bitmap_size_bytes
from runtime.metadata.superblock import (
    FoundSuperblock,
    is_clean,
    is_primary,
    write_superblock,
)
from runtime.metadata.transactions import (
    INITIALISED,
    NUMBER_LIMIT,
    Ring,
    Transaction,
    block_position,
    read_ring,
)

EXTENT_BITMAP_BYTES: Final = 128  # metadata 0: 1024 bits for 4 MiB
AL_MAGIC: Final = bytes.fromhex("69cb65a2")  # metadata 1.3
OLD_AL_MAGIC: Final = bytes.fromhex("83740267")  # metadata 3.13


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying the activity log did."""

    marked_bit_count: int
    """Bits that were clear before."""
    hot_extents: tuple[int, ...]
    extents_beyond: tuple[int, ...]
    """Hot extents behind the end of the volume, which are passed over."""
    corrupt_count: int


def apply_activity_log(device: Device, found: FoundSuperblock) -> Applied:
    """Mark what may have been written when the node crashed, then start a new activity log."""
    superblock, lies = found.superblock, found.areas
    area = device.read(offset_bytes=lies.al_offset_bytes, size_bytes=lies.al_size_bytes)
    ring = read_ring(area, lies.striping)
    _refuse_old_log(area)
    hot: tuple[int, ...] = ()
    if is_primary(superblock):
        if ring.newest_number is None:
            _refuse_lost_log(ring, area, magic=superblock.magic)
        hot = ring.hot_extents
    end = bitmap_size_bytes(superblock.last_agreed_size)
    within = [extent for extent in hot if extent * EXTENT_BITMAP_BYTES < end]
    marked_bit_count = _mark(device, lies, within)
    device.flush()
    if not ring.is_initialised:
        reinitialise_ring(device, lies, ring)
    if not is_clean(superblock):
        superblock.magic = SuperblockMagic.CLEAN
        superblock.flags |= SuperblockFlags.MDF_AL_CLEAN
        write_superblock(device, superblock, lies)
        device.flush()
    beyond = tuple(extent for extent in hot if extent * EXTENT_BITMAP_BYTES >= end)
    return Applied(marked_bit_count, hot, beyond, ring.corrupt_count)


def _refuse_old_log(area: bytes) -> None:
    if area.startswith(OLD_AL_MAGIC):
        raise MetadataError(
            "the activity log is one of DRBD 8.3: let `drbdmeta apply-al` apply and renew it"
        )


def _refuse_lost_log(ring: Ring, area: bytes, *, magic: int) -> None:
    """Refuse a primary's log that has been damaged, for nobody knows what was hot (metadata 3.8).

    A log that was never written is none: under the clean magic, as restore-md leaves it, drbdmeta
    takes one without any block of the 8.4 form for an empty one of DRBD 8.3.
    """
    is_missing = AL_MAGIC not in (area[:4], area[BLOCK_SIZE_BYTES : BLOCK_SIZE_BYTES + 4])
    if magic == SuperblockMagic.CLEAN and is_missing:
        return
    if ring.corrupt_count and not ring.is_only_first_corrupt:
        raise MetadataError(
            f"{ring.corrupt_count} blocks of the activity log are damaged and no transaction is"
            " left, so nobody knows what this crashed primary was writing: see `drbdmeta"
            " invalidate`"
        )


def _mark(device: Device, lies: Areas, extents: Iterable[int]) -> int:
    """Set all bits of some extents; return how many were clear."""
    marked_bit_count = 0
    by_block: dict[int, list[int]] = {}
    for extent in extents:
        block, at = divmod(extent * EXTENT_BITMAP_BYTES, BLOCK_SIZE_BYTES)
        by_block.setdefault(block, []).append(at)
    for block, places in by_block.items():
        offset_bytes = lies.bitmap_offset_bytes + block * BLOCK_SIZE_BYTES
        room = min(BLOCK_SIZE_BYTES, lies.bitmap_size_bytes_max - block * BLOCK_SIZE_BYTES)
        before = device.read(offset_bytes=offset_bytes, size_bytes=room)
        after = bytearray(before)
        for at in places:
            after[at : at + EXTENT_BITMAP_BYTES] = b"\xff" * EXTENT_BITMAP_BYTES
        device.write(offset_bytes, bytes(after[:room]))
        marked_bit_count += _ones(after[:room]) - _ones(before)
    return marked_bit_count


def _ones(content: bytes | bytearray) -> int:
    return int.from_bytes(content, "big").bit_count()


def reinitialise_ring(device: Device, lies: Areas, ring: Ring) -> None:
    """Make every block as create-md leaves it, so that a crash never leaves a puzzle.

    A ring without transactions is accepted when its block 0 alone is damaged. So block 0 holds a
    transaction until all others are done; and of a log that was never written block 1 comes late,
    for the first two decide whether it counts as one.
    """
    if ring.newest_number is not None and not ring.is_first_a_transaction:
        number = (ring.newest_number + 1) % NUMBER_LIMIT
        nothing = Transaction(number=number, updates=(), slot_count=0)
        device.write(lies.al_offset_bytes, nothing.pack())
        device.flush()
    last = [block_position(1, lies.striping), block_position(0, lies.striping)]
    first = [it for it in range(lies.striping.block_count) if it not in last]
    for blocks in (first, last[:1], last[1:]):
        for block in blocks:
            device.write(lies.al_offset_bytes + block * BLOCK_SIZE_BYTES, INITIALISED)
        device.flush()
