"""A resync by checksums: what both nodes have already is not sent (flows 4 and 5, states 6.10).

The target reads each range before it asks for it, and tells the digest of what it has (wire 9.3).
The source reads it too, and answers with its data, or that both have the same (wire 9.4).
"""

from collections.abc import Iterable
from dataclasses import replace

from generated.flows import checksum_resync as differing
from generated.flows import checksum_resync_in_sync as in_sync
from generated.layouts.acks import P_RS_IS_IN_SYNC
from generated.layouts.codec import Octets
from generated.layouts.requests import P_CSUM_RS_REQUEST
from generated.states.conn_states import ConnState
from runtime.digests import DIGEST_SIZE_BYTES, digest
from runtime.effects import DiskWork, Effect, ReadBlocks
from runtime.engine.resync_source import ResyncRequest, ResyncSource, SourceRequest
from runtime.engine.resync_target import ID_SYNCER, ResyncTarget, TargetRequest
from runtime.requests import SECTOR_SIZE_BYTES


class ChecksumRequest(
    TargetRequest, differing.SyncTargetHandlers[Effect], in_sync.SyncTargetHandlers[Effect]
):
    """One range that the target asks for, unless the source has the same."""

    def __init__(self, job: ResyncTarget, first_sector: int, sector_count: int) -> None:
        super().__init__(job, first_sector, sector_count)
        self.content: Octets = b""
        self.is_equal = False

    def w_make_resync_request(self) -> Iterable[Effect]:
        """Read it, while nobody writes to it."""
        self._took(differing.SyncTarget.w_make_resync_request)
        volume = self.job.volume
        offset_bytes = self.first_sector * SECTOR_SIZE_BYTES
        size_bytes = self.sector_count * SECTOR_SIZE_BYTES
        volume.ask_disk_for_peer(ReadBlocks(volume.number, self, offset_bytes, size_bytes))
        return ()

    def disk_finished(self, _work: DiskWork, error: str, content: Octets) -> None:
        """The own disk has read, or failed: then the range counts as failed."""
        self.quiet.end()
        if not self.job.is_running:
            return
        if error:
            self.error = error
            self.job.disk_failed(error)
            self.job.volume.pace.received(self.sector_count)
            self.job.completed(self)
        else:
            self.content = content
            self.drbd_endio_read_sec()

    def drbd_endio_read_sec(self) -> Iterable[Effect]:
        """The content is there."""
        self._took(differing.SyncTarget.drbd_endio_read_sec)
        self.w_e_send_csum()
        return ()

    def w_e_send_csum(self) -> Iterable[Effect]:
        """Ask the source, with a digest instead of the content."""
        self._took(differing.SyncTarget.w_e_send_csum)
        self.is_sent = True
        volume = self.job.volume
        name = volume.connection.options.csums_alg
        if not name:  # the peer has changed its options since this resync began
            self.content = b""
            return super().w_make_resync_request()
        made = digest(name, self.content)
        self.content = b""
        size_bytes = self.sector_count * SECTOR_SIZE_BYTES
        packet = P_CSUM_RS_REQUEST(self.first_sector, ID_SYNCER, size_bytes, digest=made)
        volume.connection.send_data(packet, volume=volume.number)
        return ()

    def got_IsInSync(self, packet: P_RS_IS_IN_SYNC) -> Iterable[Effect]:  # noqa: ARG002  # drawn
        """The source has the same there, and has cleared its bits; nothing is acknowledged."""
        self._took(in_sync.SyncTarget.got_IsInSync)
        self.is_equal = True
        volume = self.job.volume
        volume.pace.received(self.sector_count)
        self.job.note_in_sync(self)
        volume.count_equal(self.sector_count)
        self.rs_complete_io()
        return ()

    def _tell_end(self) -> None:
        drawing = in_sync if self.is_equal else differing
        self._drawn_as(drawing.SyncTarget)
        self._tell(self.job.volume, drawing.FLOW)


class ChecksumAnswer(
    SourceRequest, differing.SyncSourceHandlers[Effect], in_sync.SyncSourceHandlers[Effect]
):
    """One range that the target has told the digest of, from the request to its end."""

    packet: P_CSUM_RS_REQUEST

    def __init__(self, job: ResyncSource, packet: P_CSUM_RS_REQUEST) -> None:
        # A copy, since a view would keep all that was received with it.
        super().__init__(job, replace(packet, digest=bytes(packet.digest)))
        self.content: Octets = b""
        self.is_equal = False

    def receive_DataRequest(self, packet: ResyncRequest) -> Iterable[Effect]:
        """Say what can't be compared: it is answered with the data (wire 13.2)."""
        volume, told = self.job.volume, self.packet.digest
        name = volume.connection.options.csums_alg
        size_bytes = DIGEST_SIZE_BYTES[name] if name else 0
        if len(told) != size_bytes:
            volume.log(
                f"P_CSUM_RS_REQUEST has a digest of {len(told)} bytes,"
                f" those of csums-alg {name or '(none)'} have {size_bytes}"
            )
        volume.count_equal(0)
        return super().receive_DataRequest(packet)

    def _answer(self, content: Octets) -> None:
        self.content = content
        self.w_e_end_csum_rs_req()
        self.rs_complete_io()

    def w_e_end_csum_rs_req(self) -> Iterable[Effect]:
        """Compare, and send what the target does not have."""
        self._took(differing.SyncSource.w_e_end_csum_rs_req)
        volume = self.job.volume
        name = volume.connection.options.csums_alg
        # Ahead, what is not acknowledged can't be told from what was written since.
        may_be_equal = bool(name) and volume.state.conn is not ConnState.Ahead
        self.is_equal = may_be_equal and digest(name, self.content) == self.packet.digest
        if self.is_equal:
            self.job.confirm_equal(self)
        else:
            self.job.send(self, self.content)
        self.content = b""
        return ()

    def rs_complete_io(self) -> Iterable[Effect]:
        """Writes may go on; where nothing was sent, there is no ack to wait for."""
        super().rs_complete_io()
        if self.is_equal:
            self._tell_end()
        return ()

    def _tell_end(self) -> None:
        drawing = in_sync if self.is_equal else differing
        self._drawn_as(drawing.SyncSource)
        self._tell(self.job.volume, drawing.FLOW)
