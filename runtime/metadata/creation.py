"""Creating meta-data, and what must not be destroyed by that (metadata 8.2).

The superblock is wiped first and written last: whatever a crash leaves in between is no meta-data,
which nobody attaches.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from generated.layouts.superblock import Superblock
from runtime.errors import MetadataError
from runtime.metadata.device import BLOCK_SIZE_BYTES, SECTOR_SIZE_BYTES, Device
from runtime.metadata.placement import (
    BLOCK_SECTORS,
    WINDOW_SECTORS,
    Areas,
    Placement,
    Striping,
    areas,
    bitmap_size_bytes,
)
from runtime.metadata.signatures import recognised
from runtime.metadata.superblock import fresh_superblock, read_superblock, write_superblock
from runtime.metadata.transactions import INITIALISED

HEAD_SIZE_BYTES: Final = 68 << 10  # metadata 8.1: drbdmeta looks for data in so much of the start
PIECE_SIZE_BYTES: Final = 1 << 20  # read or written at once
INDEXED_STRIPING: Final = Striping()  # metadata 1.5, 6: the kernel attaches no other


@dataclass(frozen=True, slots=True)
class Plan:
    """Meta-data to be written: its superblock, where it goes, and what stands in the way."""

    superblock: Superblock
    areas: Areas
    questions: tuple[str, ...]
    """What may be lost, one sentence each; whoever writes has asked."""


def plan_creation(
    device: Device,
    placement: Placement,
    striping: Striping,
    *,
    peer_max_io_size_bytes: int = 0,
    ignore_signatures: bool = False,
) -> Plan:
    """Decide what create-md will write, and refuse what it must not."""
    lies = room_for(device, placement, striping)
    superblock = fresh_superblock(lies, peer_max_io_size_bytes=peer_max_io_size_bytes)
    questions = tuple(what_is_lost(device, placement, lies, ignore_signatures=ignore_signatures))
    return Plan(superblock, lies, questions)


def room_for(device: Device, placement: Placement, striping: Striping) -> Areas:
    """Where new meta-data goes; refuse a device or striping that a node could not use."""
    striping.check()
    lies = areas(placement, striping, device_size_bytes=device.size_bytes)
    if placement.is_indexed:
        needed = WINDOW_SECTORS * (placement.index + 1)
        if device.size_bytes < needed * SECTOR_SIZE_BYTES:
            raise MetadataError(
                f"{placement} needs {needed * SECTOR_SIZE_BYTES} bytes, the device has"
                f" {device.size_bytes}"
            )
        if striping != INDEXED_STRIPING:
            raise MetadataError(
                "an index has room for an activity log of 1 stripe of 32 KiB, no other"
            )
    if lies.sector_count_max <= 0 or lies.bitmap_size_bytes_max < BLOCK_SIZE_BYTES:
        raise MetadataError(f"{device.size_bytes} bytes leave no room beside the meta-data")
    return lies


def what_is_lost(
    device: Device, placement: Placement, lies: Areas, *, ignore_signatures: bool
) -> Iterator[str]:
    """Say what writing there would overwrite; refuse to damage what is known to be in use."""
    usable_bytes = lies.sector_count_max * SECTOR_SIZE_BYTES if placement.is_internal else 0
    found = recognised(device)
    if found is not None:
        fits = found.size_bytes is not None and found.size_bytes <= usable_bytes
        if not fits and not ignore_signatures:
            raise MetadataError(f"{found.name} would be damaged: {found.reason(usable_bytes)}")
        yield f"there is {found.name}, which meta-data may damage"
    if _is_meta_data(device, placement):
        yield "there is meta-data already"
        return
    head_size_bytes = min(HEAD_SIZE_BYTES, device.size_bytes)
    if found is None and any(device.read(offset_bytes=0, size_bytes=head_size_bytes)):
        yield "there is some data at the start of the device"
    elif any(not _is_zero(device, *area) for area in _overwritten(lies, device)):
        yield "there is some data where the meta-data goes"


def _is_meta_data(device: Device, placement: Placement) -> bool:
    try:
        read_superblock(device, placement)
    except MetadataError:
        return False
    return True


def _overwritten(lies: Areas, device: Device) -> Iterator[tuple[int, int]]:
    """Offset and size of each part that create-md writes.

    Of the bitmap drbdmeta clears as much as a volume of the meta-data device's own size would
    need; that all of it is set before it is used makes the rest harmless (metadata 2).
    """
    size_bytes = bitmap_size_bytes(device.size_bytes // SECTOR_SIZE_BYTES)
    yield lies.superblock_offset_bytes, BLOCK_SECTORS * SECTOR_SIZE_BYTES
    yield lies.al_offset_bytes, lies.al_size_bytes
    yield lies.bitmap_offset_bytes, min(size_bytes, lies.bitmap_size_bytes_max)


def _pieces(offset_bytes: int, size_bytes: int) -> Iterator[tuple[int, int]]:
    for at in range(0, size_bytes, PIECE_SIZE_BYTES):
        yield offset_bytes + at, min(PIECE_SIZE_BYTES, size_bytes - at)


def _is_zero(device: Device, offset_bytes: int, size_bytes: int) -> bool:
    return not any(
        any(device.read(offset_bytes=at, size_bytes=size))
        for at, size in _pieces(offset_bytes, size_bytes)
    )


def create(device: Device, plan: Plan) -> None:
    """Write new meta-data: activity log, bitmap of zeros, and last the superblock."""
    lies = plan.areas
    wipe_superblock(device, lies)
    write_initial_ring(device, lies)
    *_, bitmap = _overwritten(lies, device)
    for at, size in _pieces(*bitmap):
        if any(device.read(offset_bytes=at, size_bytes=size)):  # holes stay holes
            device.write(at, bytes(size))
    device.flush()
    write_superblock(device, plan.superblock, lies)
    device.flush()


def wipe_superblock(device: Device, lies: Areas) -> None:
    """Let there be no meta-data from here on."""
    device.write(lies.superblock_offset_bytes, bytes(BLOCK_SIZE_BYTES))
    device.flush()


def write_initial_ring(device: Device, lies: Areas) -> None:
    """Write an activity log without transactions; the caller flushes."""
    device.write(lies.al_offset_bytes, INITIALISED * lies.striping.block_count)
