"""What a write of an application is to the own disk."""

from runtime.effects import DiskWork, Owner, WriteBlocks, ZeroBlocks
from runtime.requests import SECTOR_SIZE_BYTES, Request, RequestKind


def work_of(request: Request, owner: Owner) -> DiskWork:
    """What the disk is to do about a write, a discard or a write of zeroes."""
    offset_bytes = request.first_sector * SECTOR_SIZE_BYTES
    if request.kind is RequestKind.WRITE:
        return WriteBlocks(request.volume, owner, offset_bytes, request.data, request.fua)
    may_unmap = request.may_unmap or request.kind is RequestKind.DISCARD
    size_bytes = request.sector_count * SECTOR_SIZE_BYTES
    return ZeroBlocks(request.volume, owner, offset_bytes, size_bytes, may_unmap)
