"""What comes on the meta socket: pings, and everything that acknowledges (wire 3.2)."""

from collections.abc import Callable, Mapping
from typing import Final

from generated.layouts.acks import (
    P_BARRIER_ACK,
    P_NEG_ACK,
    P_NEG_DREPLY,
    P_NEG_RS_DREPLY,
    P_OV_RESULT,
    P_RECV_ACK,
    P_RETRY_WRITE,
    P_RS_CANCEL,
    P_RS_IS_IN_SYNC,
    P_RS_WRITE_ACK,
    P_SUPERSEDED,
    P_WRITE_ACK,
    BlockAck,
)
from generated.layouts.codec import Packet
from generated.layouts.commands import Command
from generated.layouts.requests import SpecialBlockId
from generated.layouts.state import P_CONN_ST_CHG_REPLY, P_STATE_CHG_REPLY
from runtime.engine.asking import Asking
from runtime.engine.checksum_resync import ChecksumRequest
from runtime.engine.connection import Connection
from runtime.engine.mirrored_write import Write
from runtime.engine.pings import Pings
from runtime.engine.volume_rooms import VolumeRooms
from runtime.engine.write_answers import acked, refused
from runtime.errors import PeerError
from runtime.wire.channel import AnyPacket
from runtime.wire.framing import Frame

ID_SYNCER: Final = SpecialBlockId.ID_SYNCER


class MetaPackets:
    """The packets of the meta socket."""

    def __init__(
        self,
        connection: Connection,
        volumes: Mapping[int, VolumeRooms],
        asking: Asking,
        pings: Pings,
    ) -> None:
        self._connection = connection
        self._volumes = volumes
        self._asking = asking
        self._pings = pings
        self._of_volume: Mapping[int, tuple[type[Packet], Callable[..., None]]] = {
            Command.P_RECV_ACK: (P_RECV_ACK, _acked),
            Command.P_WRITE_ACK: (P_WRITE_ACK, _acked),
            Command.P_RS_WRITE_ACK: (P_RS_WRITE_ACK, _acked),
            Command.P_NEG_ACK: (P_NEG_ACK, _refused),
            Command.P_NEG_DREPLY: (P_NEG_DREPLY, _read_refused),
            Command.P_NEG_RS_DREPLY: (P_NEG_RS_DREPLY, _resync_refused),
            Command.P_RS_CANCEL: (P_RS_CANCEL, _resync_cancelled),
            Command.P_RS_IS_IN_SYNC: (P_RS_IS_IN_SYNC, _in_sync),
            Command.P_SUPERSEDED: (P_SUPERSEDED, _postponed),
            Command.P_RETRY_WRITE: (P_RETRY_WRITE, _postponed),
            Command.P_OV_RESULT: (P_OV_RESULT, _ov_result),
            Command.P_STATE_CHG_REPLY: (P_STATE_CHG_REPLY, self._state_changed),
        }

    def take(self, frame: Frame) -> None:
        """One packet; PeerError for what the peer must not send."""
        command = frame.command
        if command == Command.P_PING:
            self._pings.receive_ping()
        elif command == Command.P_PING_ACK:
            self._pings.receive_ack()
        elif command == Command.P_BARRIER_ACK:
            self._barrier_acked(self._read(frame, P_BARRIER_ACK))
        elif command == Command.P_CONN_ST_CHG_REPLY:
            self._asking.answered(self._read(frame, P_CONN_ST_CHG_REPLY).retcode)
        elif command in self._of_volume:
            kind, method = self._of_volume[command]
            rooms = self._volumes.get(frame.volume)
            if rooms is None:
                name = Command(command).name
                raise PeerError(f"{name} is for volume {frame.volume}, which is not known here")
            packet = self._read(frame, kind)
            method(rooms, packet)
            if isinstance(packet, BlockAck | P_OV_RESULT):
                rooms.conflicts.took_ack(packet)

    def _read(self, frame: Frame, kind: type[AnyPacket]) -> AnyPacket:
        channel = self._connection.meta
        assert channel is not None
        return channel.read(frame, kind)

    def _barrier_acked(self, packet: P_BARRIER_ACK) -> None:
        """What the epoch had is durable at the peer, whatever volume it was of (wire 7.6)."""
        writes = self._connection.acknowledge_epoch(
            barrier=packet.barrier, set_size=packet.set_size
        )
        for write in writes:
            assert isinstance(write, Write)
            write.barrier_acked()
        for rooms in self._volumes.values():
            rooms.congestion.note_confirmed()

    def _state_changed(self, rooms: VolumeRooms, packet: P_STATE_CHG_REPLY) -> None:
        self._asking.answered(packet.retcode, volume=rooms.volume.number)


def _acked(rooms: VolumeRooms, packet: BlockAck) -> None:
    if packet.block_id == ID_SYNCER:
        rooms.resync.source.acked(packet, is_positive=True)
    else:
        acked(rooms.writes, packet)


def _refused(rooms: VolumeRooms, packet: P_NEG_ACK) -> None:
    if packet.block_id == ID_SYNCER:
        rooms.resync.source.acked(packet, is_positive=False)
    else:
        refused(rooms.writes, packet)


def _postponed(rooms: VolumeRooms, packet: P_SUPERSEDED | P_RETRY_WRITE) -> None:
    rooms.conflicts.answered(packet)


def _read_refused(rooms: VolumeRooms, packet: P_NEG_DREPLY) -> None:
    rooms.applications.reads.remote.refused(packet)


def _resync_refused(rooms: VolumeRooms, packet: P_NEG_RS_DREPLY) -> None:
    if rooms.resync.target is not None:
        rooms.resync.target.failed_there(packet.sector, packet.blksize, is_cancelled=False)
    else:
        rooms.verify.refused(packet)


def _resync_cancelled(rooms: VolumeRooms, packet: P_RS_CANCEL) -> None:
    if rooms.resync.target is not None:
        rooms.resync.target.failed_there(packet.sector, packet.blksize, is_cancelled=True)


def _ov_result(rooms: VolumeRooms, packet: P_OV_RESULT) -> None:
    rooms.verify.receive_result(packet)


def _in_sync(rooms: VolumeRooms, packet: P_RS_IS_IN_SYNC) -> None:
    if rooms.resync.target is None:
        rooms.volume.log("P_RS_IS_IN_SYNC came, and no resync is running")
        return
    request = rooms.resync.target.answered(packet.sector, packet.blksize, "P_RS_IS_IN_SYNC")
    if not isinstance(request, ChecksumRequest):
        raise PeerError(f"P_RS_IS_IN_SYNC of sector {packet.sector}, of which no digest was told")
    request.got_IsInSync(packet)


def _unasked(_rooms: VolumeRooms, packet: Packet) -> None:
    raise PeerError(f"{packet.COMMAND.name} answers what this node never sends")
