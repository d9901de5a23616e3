"""What the peer says of the writes that it was sent (wire 7.5)."""

from generated.layouts.acks import P_RECV_ACK, P_RS_WRITE_ACK, BlockAck
from runtime.engine.mirrored_write import Write, Writes
from runtime.errors import PeerError
from runtime.requests import SECTOR_SIZE_BYTES


def write_of(writes: Writes, packet: BlockAck) -> Write:
    """What a positive answer is about; PeerError when it belongs to no write that is open."""
    write = writes.by_id.get(packet.block_id)
    if write is None or write.request.first_sector != packet.sector:
        raise PeerError(
            f"{packet.COMMAND.name} of sector {packet.sector} belongs to no write that is open"
        )
    return write


def acked(writes: Writes, packet: BlockAck) -> None:
    """A positive ack."""
    write = write_of(writes, packet)
    if isinstance(packet, P_RS_WRITE_ACK):
        write.is_in_sync_there = True
    if write.is_peer_pending or not isinstance(packet, P_RECV_ACK):
        write.got_BlockAck(packet)


def refused(writes: Writes, packet: BlockAck) -> None:
    """A negative ack: what it names is out of sync, whoever it belongs to (wire 13.3)."""
    write, volume = writes.by_id.get(packet.block_id), writes.volume
    if write is not None and write.request.first_sector == packet.sector:
        write.refused_there()
    else:
        end = min(packet.sector + packet.blksize // SECTOR_SIZE_BYTES, volume.size_sectors)
        if packet.sector < end:
            volume.mark_out_of_sync(first_sector=packet.sector, sector_count=end - packet.sector)
