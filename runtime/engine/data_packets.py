"""What comes on the data socket: each packet to the room that it is for (wire 3.1)."""

from collections.abc import Callable, Mapping
from typing import Final

from generated.layouts.bitmap import P_BITMAP, P_COMPRESSED_BITMAP
from generated.layouts.codec import Packet
from generated.layouts.commands import Command
from generated.layouts.configuration import (
    P_PROTOCOL,
    P_PROTOCOL_UPDATE,
    P_SIZES,
    P_SYNC_PARAM,
    P_SYNC_PARAM89,
)
from generated.layouts.generations import P_SYNC_UUID, P_UUIDS
from generated.layouts.requests import (
    P_CSUM_RS_REQUEST,
    P_DATA_REPLY,
    P_DATA_REQUEST,
    P_OV_REPLY,
    P_OV_REQUEST,
    P_RS_DATA_REPLY,
    P_RS_DATA_REQUEST,
    P_RS_DEALLOCATED,
    P_RS_THIN_REQ,
)
from generated.layouts.state import P_CONN_ST_CHG_REQ, P_STATE, P_STATE_CHG_REQ
from generated.layouts.write import P_BARRIER, P_DATA, P_OUT_OF_SYNC, P_TRIM, P_WSAME, P_ZEROES
from generated.states.conn_states import ConnEvent, ConnState
from runtime.engine.answering import Answering
from runtime.engine.before_resync import begin_resync
from runtime.engine.checksum_resync import ChecksumAnswer
from runtime.engine.connection import Connection
from runtime.engine.integrity import check_digest
from runtime.engine.parameters import (
    receive_protocol,
    receive_protocol_update,
    receive_sync_param,
    receive_uuids,
)
from runtime.engine.peer_write import Confirming
from runtime.engine.resync_source import SourceRequest
from runtime.engine.volume_rooms import VolumeRooms
from runtime.errors import PeerError
from runtime.requests import RANGE_SIZE_BYTES_MAX, SECTOR_SIZE_BYTES
from runtime.wire.framing import Frame

IGNORED_WITHOUT_VOLUME: Final = frozenset(  # wire 4.1: a volume that only the peer has
    {
        Command.P_SYNC_PARAM,
        Command.P_SYNC_PARAM89,
        Command.P_SIZES,
        Command.P_UUIDS,
        Command.P_STATE,
    }
)
BITMAPS: Final = frozenset({Command.P_BITMAP, Command.P_COMPRESSED_BITMAP})
UUIDS_TAKEN: Final = "generations were taken"  # why the data socket is let be
AWAITING_OUT_OF_SYNC: Final = frozenset(
    {ConnState.WFBitMapT, ConnState.WFSyncUUID, ConnState.Behind}
)


class DataPackets:
    """The packets of the data socket."""

    def __init__(
        self,
        connection: Connection,
        volumes: Mapping[int, VolumeRooms],
        answering: Answering,
        confirming: Confirming,
    ) -> None:
        self._connection = connection
        self._volumes = volumes
        self._answering = answering
        self._confirming = confirming
        self._held: tuple[VolumeRooms, P_SYNC_UUID] | None = None
        for rooms in volumes.values():
            rooms.volume.watchers.append(lambda _before: self._release_sync_uuid())
        self._of_connection: Mapping[int, tuple[type[Packet], Callable[..., None]]] = {
            Command.P_PROTOCOL: (P_PROTOCOL, self._protocol),
            Command.P_PROTOCOL_UPDATE: (P_PROTOCOL_UPDATE, self._protocol_update),
            Command.P_BARRIER: (P_BARRIER, self._barrier),
            Command.P_CONN_ST_CHG_REQ: (P_CONN_ST_CHG_REQ, self._answering.receive_for_all),
        }
        self._of_volume: Mapping[int, tuple[type[Packet], Callable[..., None]]] = {
            Command.P_DATA: (P_DATA, _data),
            Command.P_TRIM: (P_TRIM, _data),
            Command.P_ZEROES: (P_ZEROES, _data),
            Command.P_WSAME: (P_WSAME, _data),
            Command.P_RS_DATA_REQUEST: (P_RS_DATA_REQUEST, _rs_data_request),
            Command.P_RS_THIN_REQ: (P_RS_THIN_REQ, _rs_data_request),
            Command.P_CSUM_RS_REQUEST: (P_CSUM_RS_REQUEST, _csum_rs_request),
            Command.P_RS_DATA_REPLY: (P_RS_DATA_REPLY, _rs_data_reply),
            Command.P_RS_DEALLOCATED: (P_RS_DEALLOCATED, _rs_deallocated),
            Command.P_DATA_REQUEST: (P_DATA_REQUEST, _data_request),
            Command.P_DATA_REPLY: (P_DATA_REPLY, _data_reply),
            Command.P_BITMAP: (P_BITMAP, _bitmap),
            Command.P_COMPRESSED_BITMAP: (P_COMPRESSED_BITMAP, _bitmap),
            Command.P_OUT_OF_SYNC: (P_OUT_OF_SYNC, _out_of_sync),
            Command.P_SYNC_PARAM: (P_SYNC_PARAM, _sync_param),
            Command.P_SYNC_PARAM89: (P_SYNC_PARAM89, _sync_param),
            Command.P_SIZES: (P_SIZES, _sizes),
            Command.P_UUIDS: (P_UUIDS, self._uuids),
            Command.P_STATE: (P_STATE, _state),
            Command.P_SYNC_UUID: (P_SYNC_UUID, self._sync_uuid),
            Command.P_STATE_CHG_REQ: (P_STATE_CHG_REQ, self._state_change),
            Command.P_OV_REQUEST: (P_OV_REQUEST, _ov_request),
            Command.P_OV_REPLY: (P_OV_REPLY, _ov_reply),
        }

    def take(self, frame: Frame) -> None:
        """One packet; PeerError for what the peer must not send."""
        channel = self._connection.data
        assert channel is not None
        command = frame.command
        found = self._of_volume.get(command)
        if found is not None:
            kind, method = found
            rooms = self._volumes.get(frame.volume)
            if rooms is None:
                self._refuse_unknown(frame)
            elif rooms.exchange.is_under_way and command not in BITMAPS:
                raise PeerError(f"{Command(command).name} came between packets of a bitmap")
            else:
                packet = channel.read(frame, kind)
                if channel.digest_size:
                    check_digest(self._connection, packet, volume=frame.volume)
                method(rooms, packet)
        elif command in self._of_connection:
            kind, method = self._of_connection[command]
            method(channel.read(frame, kind))

    @staticmethod
    def _refuse_unknown(frame: Frame) -> None:
        if frame.command not in IGNORED_WITHOUT_VOLUME:
            name = Command(frame.command).name
            raise PeerError(f"{name} is for volume {frame.volume}, which is not known here")

    # Of the connection

    def _protocol(self, packet: P_PROTOCOL) -> None:
        receive_protocol(self._connection, packet)

    def _protocol_update(self, packet: P_PROTOCOL_UPDATE) -> None:
        receive_protocol_update(self._connection, packet)
        for rooms in self._volumes.values():
            rooms.writes.note_state(rooms.volume.state)

    def _barrier(self, packet: P_BARRIER) -> None:
        self._confirming.receive_barrier(packet.barrier)

    def _state_change(self, rooms: VolumeRooms, packet: P_STATE_CHG_REQ) -> None:
        self._answering.receive(packet, volume=rooms.volume.number)

    def _uuids(self, rooms: VolumeRooms, packet: P_UUIDS) -> None:
        """What follows is not taken while a change of ours is agreed on (states 5.4).

        The state that comes next may begin a resync, and the peer may have agreed to another one.
        Two nodes that wait like this for each other go on after a while.
        """
        receive_uuids(rooms.volume, packet)
        connection = self._connection
        if rooms.volume.is_up and self._answering.is_asking(rooms.volume.number):
            connection.pause(UUIDS_TAKEN)
            self._answering.when_answered(lambda: connection.resume(UUIDS_TAKEN))
            connection.agenda.after(
                UUIDS_TAKEN,
                connection.options.ping_timeout_s,
                lambda: connection.resume(UUIDS_TAKEN),
            )

    # The sync UUID, which may come before this node is ready for it (wire 5.7)

    def _sync_uuid(self, rooms: VolumeRooms, packet: P_SYNC_UUID) -> None:
        if not rooms.volume.has_disk:
            rooms.volume.log("P_SYNC_UUID came, and there is no disk to be synced")
            return
        self._held = (rooms, packet)
        self._connection.pause("sync uuid")
        self._release_sync_uuid()

    def _release_sync_uuid(self) -> None:
        if self._held is None:
            return
        rooms, packet = self._held
        volume = rooms.volume
        if volume.state.conn in (ConnState.WFSyncUUID, ConnState.Behind):
            self._held = None
            volume.sync_uuid = packet.sync_uuid
            volume.agenda.later(lambda: self._begin(rooms))
        elif not volume.is_up or not volume.has_disk:
            self._held = None
            self._connection.resume("sync uuid")

    def _begin(self, rooms: VolumeRooms) -> None:
        if rooms.volume.state.conn in (ConnState.WFSyncUUID, ConnState.Behind):
            begin_resync(rooms, ConnEvent.sync_uuid_received)
        self._connection.resume("sync uuid")


def _data(rooms: VolumeRooms, packet: P_DATA | P_TRIM | P_ZEROES | P_WSAME) -> None:
    if isinstance(packet, P_DATA):
        rooms.volume.traffic.received_bytes += len(packet.data)
    rooms.conflicts.receive(packet)


def _rs_data_request(rooms: VolumeRooms, packet: P_RS_DATA_REQUEST | P_RS_THIN_REQ) -> None:
    source = rooms.resync.source
    source.receive(SourceRequest(source, packet))


def _csum_rs_request(rooms: VolumeRooms, packet: P_CSUM_RS_REQUEST) -> None:
    source = rooms.resync.source
    source.receive(ChecksumAnswer(source, packet))


def _rs_data_reply(rooms: VolumeRooms, packet: P_RS_DATA_REPLY) -> None:
    target = rooms.resync.target
    if target is None:
        rooms.volume.log("P_RS_DATA_REPLY came, and no resync is running")
        return
    rooms.volume.traffic.received_bytes += len(packet.data)
    request = target.answered(packet.sector, len(packet.data), "P_RS_DATA_REPLY")
    request.receive_RSDataReply(packet)


def _rs_deallocated(rooms: VolumeRooms, packet: P_RS_DEALLOCATED) -> None:
    if rooms.resync.target is not None:
        rooms.resync.target.receive_deallocated(packet)


def _data_request(rooms: VolumeRooms, packet: P_DATA_REQUEST) -> None:
    rooms.served_reads.receive(packet)


def _data_reply(rooms: VolumeRooms, packet: P_DATA_REPLY) -> None:
    rooms.volume.traffic.received_bytes += len(packet.data)
    rooms.applications.reads.remote.receive(packet)


def _bitmap(rooms: VolumeRooms, packet: P_BITMAP | P_COMPRESSED_BITMAP) -> None:
    if rooms.exchange.receive(packet):
        begin_resync(rooms, ConnEvent.receive_bitmap)


def _out_of_sync(rooms: VolumeRooms, packet: P_OUT_OF_SYNC) -> None:
    """Written at the peer alone: mark it; what makes no sense is only told (wire 7.11, 13.2)."""
    volume = rooms.volume
    sector_count = packet.size // SECTOR_SIZE_BYTES
    end = packet.sector + sector_count
    is_plausible = not packet.size % SECTOR_SIZE_BYTES and packet.size <= RANGE_SIZE_BYTES_MAX
    if not (is_plausible and sector_count and volume.has_disk and end <= volume.size_sectors):
        volume.log(f"P_OUT_OF_SYNC of {packet.size} bytes at sector {packet.sector} is ignored")
        return
    if volume.state.conn not in AWAITING_OUT_OF_SYNC:
        volume.log(f"unexpected P_OUT_OF_SYNC in {volume.state.conn.printed}")
    volume.store.mark_out_of_sync(first_sector=packet.sector, sector_count=sector_count)


def _sync_param(rooms: VolumeRooms, packet: P_SYNC_PARAM | P_SYNC_PARAM89) -> None:
    receive_sync_param(rooms.volume, packet)


def _sizes(rooms: VolumeRooms, packet: P_SIZES) -> None:
    rooms.sizing.receive(packet)


def _state(rooms: VolumeRooms, packet: P_STATE) -> None:
    rooms.reports.receive(packet)


def _ov_request(rooms: VolumeRooms, packet: P_OV_REQUEST) -> None:
    rooms.verify.receive_request(packet)


def _ov_reply(rooms: VolumeRooms, packet: P_OV_REPLY) -> None:
    rooms.verify.receive_reply(packet)
