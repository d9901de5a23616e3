"""What the peer is told of one write of an application (wire 7.1, 7.3, 7.11)."""

from typing import Final

from generated.layouts.write import P_DATA, P_OUT_OF_SYNC, P_TRIM, P_ZEROES, DpFlags
from runtime.engine.integrity import digest_for
from runtime.engine.volume import Volume
from runtime.requests import SECTOR_SIZE_BYTES, Request, RequestKind

VERSION_OF_FLAGS: Final = 95


def send_write(volume: Volume, request: Request, *, block_id: int, dp_flags: int) -> None:
    """Send a write with its data, or the range of a discard or of zeroes."""
    connection, sector = volume.connection, request.first_sector
    sequence = volume.next_sequence()
    if request.kind is RequestKind.WRITE:
        if request.fua and connection.version >= VERSION_OF_FLAGS:
            dp_flags |= DpFlags.FUA
        digest = digest_for(connection, request.data)
        head = P_DATA(sector, block_id, sequence, dp_flags, digest, b"")
        connection.send_data(head, volume=volume.number, payload=request.data)
        volume.traffic.sent_bytes += len(request.data)
        return
    size_bytes = request.sector_count * SECTOR_SIZE_BYTES
    if request.kind is RequestKind.DISCARD:
        kind: type[P_TRIM | P_ZEROES] = P_TRIM
        dp_flags |= DpFlags.DISCARD
    else:
        kind = P_ZEROES
        dp_flags |= DpFlags.ZEROES | (DpFlags.DISCARD if request.may_unmap else 0)
    packet = kind(sector, block_id, sequence, dp_flags, size_bytes)
    connection.send_data(packet, volume=volume.number)


def note_out_of_sync(volume: Volume, request: Request, *, tells: bool) -> None:
    """The peer will not have it: mark it, and say so where the peer keeps count too (7.11)."""
    changed = volume.mark_out_of_sync(
        first_sector=request.first_sector, sector_count=request.sector_count
    )
    if changed and tells:
        note = P_OUT_OF_SYNC(request.first_sector, request.sector_count * SECTOR_SIZE_BYTES)
        volume.connection.send_data(note, volume=volume.number)
