"""The superblock: create, read, write, and refuse what makes no sense (metadata 1).

Two readers have two measures. drbdmeta takes what it can find its way in, so that it can be dumped
and mended; a node attaches only what leaves no doubt. `read_superblock` has the first measure,
`refuse_attaching` the second.
"""

from dataclasses import dataclass
from typing import Final

from generated.layouts.codec import LayoutError
from generated.layouts.generations import SpecialUuid
from generated.layouts.superblock import Superblock, SuperblockFlags, SuperblockMagic
from runtime.errors import MetadataError
from runtime.metadata.device import BLOCK_SIZE_BYTES, SECTOR_SIZE_BYTES, Device
from runtime.metadata.placement import (
    AL_BLOCKS_MIN,
    BLOCK_SECTORS,
    WINDOW_SECTORS,
    Areas,
    Placement,
    Striping,
    areas,
    bitmap_size_bytes,
    superblock_offset_bytes,
)

AL_EXTENTS_CREATED: Final = 257  # metadata 1.8: what tools write, whatever a node will use
PEER_MAX_IO_SIZE_BYTES_MAX: Final = 1 << 20  # metadata 8.2
DEVICE_SECTORS_MIN: Final = 2048  # metadata 1.5, 11: what the kernel attaches
AL_BLOCKS_KERNEL_MAX: Final = 1 << 22  # metadata 1.5, 4

FOREIGN_MAGICS: Final = {  # metadata 1.3
    0x8374026A: "it is meta-data of DRBD 0.7",
    0x8374026D: "it is meta-data of DRBD 9",
}


@dataclass(frozen=True, slots=True)
class FoundSuperblock:
    """A superblock, and where the parts of its meta-data lie on the device."""

    superblock: Superblock
    areas: Areas
    agreed_size_read: int
    """The last agreed size as it stands there; the superblock's is cut to the room there is."""


def is_clean(superblock: Superblock) -> bool:
    """Whether the activity log needs no treatment (metadata 1.3, the clean test)."""
    is_applied = superblock.flags & SuperblockFlags.MDF_AL_CLEAN != 0
    return superblock.magic == SuperblockMagic.CLEAN and is_applied


def is_primary(superblock: Superblock) -> bool:
    """Whether writes may have been in flight (metadata 3.8)."""
    return superblock.flags & SuperblockFlags.MDF_PRIMARY_IND != 0


def fresh_superblock(lies: Areas, *, peer_max_io_size_bytes: int = 0) -> Superblock:
    """What create-md writes (metadata 1.8)."""
    if not 0 <= peer_max_io_size_bytes <= PEER_MAX_IO_SIZE_BYTES_MAX:
        raise MetadataError(
            f"the peer's largest request is {peer_max_io_size_bytes} bytes, it may be up to"
            f" {PEER_MAX_IO_SIZE_BYTES_MAX}"
        )
    return Superblock(
        last_agreed_size=0,
        current_uuid=SpecialUuid.JUST_CREATED,
        bitmap_uuid=0,
        younger_history_uuid=0,
        older_history_uuid=0,
        device_uuid=0,
        flags=SuperblockFlags.MDF_AL_CLEAN,
        magic=SuperblockMagic.CLEAN,
        metadata_size=lies.metadata_size_sectors,
        al_offset=lies.al_offset_sectors,
        al_extents=AL_EXTENTS_CREATED,
        bitmap_offset=lies.bitmap_offset_sectors,
        last_peer_max_io_size=peer_max_io_size_bytes,
        al_stripes=lies.striping.stripe_count,
        al_stripe_size=lies.striping.stripe_size_blocks,
    )


def read_superblock(device: Device, placement: Placement) -> FoundSuperblock:
    """Find and check the superblock of a device as drbdmeta does (metadata 1.5)."""
    offset_bytes = superblock_offset_bytes(placement, device_size_bytes=device.size_bytes)
    block = device.read(offset_bytes=offset_bytes, size_bytes=BLOCK_SIZE_BYTES)
    superblock = _decoded(block)
    if superblock.al_stripes == superblock.al_stripe_size == 0:
        superblock.al_stripes, superblock.al_stripe_size = 1, 8
    striping = Striping(superblock.al_stripes, superblock.al_stripe_size)
    if not AL_BLOCKS_MIN <= striping.block_count <= AL_BLOCKS_KERNEL_MAX:
        raise MetadataError(
            f"an activity log of {striping.stripe_count} stripes of {striping.stripe_size_blocks}"
            " blocks makes no sense"
        )
    expected = areas(placement, striping, device_size_bytes=device.size_bytes)
    lies = _areas_of(superblock, placement, expected)
    agreed_size = superblock.last_agreed_size
    superblock.last_agreed_size = min(agreed_size, lies.sector_count_max)
    used_bytes = min(bitmap_size_bytes(superblock.last_agreed_size), lies.bitmap_size_bytes_max)
    end_bytes = max(
        lies.bitmap_offset_bytes + used_bytes, lies.al_offset_bytes + lies.al_size_bytes
    )
    if end_bytes > device.size_bytes:
        raise MetadataError(
            f"the meta-data in use ends at byte {end_bytes}, the device at {device.size_bytes}"
        )
    return FoundSuperblock(superblock, lies, agreed_size)


def _decoded(block: bytes) -> Superblock:
    magic = int.from_bytes(block[60:64], "big")
    if magic in FOREIGN_MAGICS:
        raise MetadataError(f"no meta-data of DRBD 8.4 there, {FOREIGN_MAGICS[magic]}")
    if magic not in (SuperblockMagic.CLEAN, SuperblockMagic.UNCLEAN):
        raise MetadataError("no meta-data there")
    try:
        return Superblock.unpack_from(block)
    except LayoutError as error:
        raise MetadataError(f"the meta-data makes no sense: {error}") from error


def _areas_of(superblock: Superblock, placement: Placement, expected: Areas) -> Areas:
    """Where the superblock says that the parts lie; the size of external ones is as it says."""
    _require("al_offset", superblock.al_offset, expected.al_offset_sectors)
    _require("bitmap_offset", superblock.bitmap_offset, expected.bitmap_offset_sectors)
    if placement.is_internal:
        _require("metadata_size", superblock.metadata_size, expected.metadata_size_sectors)
        return expected
    if superblock.metadata_size <= superblock.bitmap_offset:
        raise MetadataError(
            f"the meta-data makes no sense: metadata_size is {superblock.metadata_size}, which"
            f" leaves no bitmap behind sector {superblock.bitmap_offset}"
        )
    bitmap_sectors = superblock.metadata_size - superblock.bitmap_offset
    return Areas(
        expected.superblock_offset_bytes,
        superblock.al_offset,
        superblock.bitmap_offset,
        superblock.metadata_size,
        bitmap_sectors * 32768,
        expected.striping,
    )


def _require(name: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise MetadataError(
            f"the meta-data makes no sense: {name} is {found} sectors, not {wanted}"
        )


def write_superblock(device: Device, superblock: Superblock, lies: Areas) -> None:
    """Write the block; the caller flushes."""
    device.write(lies.superblock_offset_bytes, superblock.pack())


def refuse_attaching(found: FoundSuperblock, placement: Placement, device: Device) -> None:
    """Refuse what the kernel refuses to attach, beyond what reading refuses (metadata 1.5)."""
    superblock, lies = found.superblock, found.areas
    device_sectors = device.size_bytes // SECTOR_SIZE_BYTES
    needed = WINDOW_SECTORS * (placement.index + 1) if placement.is_indexed else DEVICE_SECTORS_MIN
    if device_sectors < needed:
        raise MetadataError(f"{placement} needs {needed} sectors, the device has {device_sectors}")
    if not is_clean(superblock):
        raise MetadataError("the activity log has not been applied")
    if placement.is_indexed:
        _require("metadata_size", superblock.metadata_size, WINDOW_SECTORS)
        _require("bitmap_offset", superblock.bitmap_offset, BLOCK_SECTORS + 8 * BLOCK_SECTORS)
    if superblock.metadata_size > device_sectors:
        raise MetadataError(
            f"the meta-data has {superblock.metadata_size} sectors, the device {device_sectors}"
        )
    if found.agreed_size_read > lies.sector_count_max:
        raise MetadataError(
            f"the volume has {found.agreed_size_read} sectors, there is room for"
            f" {lies.sector_count_max}"
        )
