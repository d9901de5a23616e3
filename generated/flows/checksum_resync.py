# Generated from specs/flows/checksum_resync.dot; edit that drawing, then run `make generate`.
"""Checksum based resync, case not in sync: the digests differ, so the data follow."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final, TypeAlias

from ..handlers import Effect, Handlers
from ..layouts.acks import P_RS_WRITE_ACK
from ..layouts.requests import P_CSUM_RS_REQUEST, P_RS_DATA_REPLY
from .path import Arrow, Bracket, Extent, Flow, Socket


class SyncTarget(Enum):
    """The functions of SyncTarget, in the drawing's order."""

    rs_begin_io = "rs_begin_io()"
    w_make_resync_request = "w_make_resync_request()"
    drbd_endio_read_sec = "drbd_endio_read_sec()"
    w_e_send_csum = "w_e_send_csum()"
    receive_RSDataReply = "receive_RSDataReply()"
    drbd_endio_write_sec = "drbd_endio_write_sec()"
    e_end_resync_block = "e_end_resync_block()"
    rs_complete_io = "rs_complete_io()"

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is a Python call


class SyncSource(Enum):
    """The functions of SyncSource, in the drawing's order."""

    rs_begin_io = "rs_begin_io()"
    receive_DataRequest = "receive_DataRequest()"
    drbd_endio_read_sec = "drbd_endio_read_sec()"
    w_e_end_csum_rs_req = "w_e_end_csum_rs_req()"
    rs_complete_io = "rs_complete_io()"
    got_BlockAck = "got_BlockAck()"

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is a Python call


Step: TypeAlias = SyncTarget | SyncSource

START: Final = SyncTarget.rs_begin_io

FOLLOWS: Final[Mapping[Step, tuple[Arrow[Step], ...]]] = {
    SyncTarget.rs_begin_io: (
        Arrow(SyncTarget.w_make_resync_request),
        Arrow(SyncTarget.rs_complete_io),
    ),
    SyncTarget.w_make_resync_request: (Arrow(SyncTarget.drbd_endio_read_sec),),
    SyncTarget.drbd_endio_read_sec: (Arrow(SyncTarget.w_e_send_csum),),
    SyncTarget.w_e_send_csum: (
        Arrow(SyncSource.receive_DataRequest, packet=P_CSUM_RS_REQUEST, socket=Socket.data),
    ),
    SyncTarget.receive_RSDataReply: (Arrow(SyncTarget.drbd_endio_write_sec),),
    SyncTarget.drbd_endio_write_sec: (Arrow(SyncTarget.e_end_resync_block),),
    SyncTarget.e_end_resync_block: (
        Arrow(SyncTarget.rs_complete_io),
        Arrow(SyncSource.got_BlockAck, packet=P_RS_WRITE_ACK, socket=Socket.meta),
    ),
    SyncTarget.rs_complete_io: (),
    SyncSource.rs_begin_io: (
        Arrow(SyncSource.drbd_endio_read_sec),
        Arrow(SyncSource.rs_complete_io),
    ),
    SyncSource.receive_DataRequest: (
        Arrow(SyncSource.drbd_endio_read_sec),
        Arrow(SyncSource.rs_begin_io),
    ),
    SyncSource.drbd_endio_read_sec: (Arrow(SyncSource.w_e_end_csum_rs_req),),
    SyncSource.w_e_end_csum_rs_req: (
        Arrow(SyncSource.rs_complete_io),
        Arrow(SyncTarget.receive_RSDataReply, packet=P_RS_DATA_REPLY, socket=Socket.data),
    ),
    SyncSource.rs_complete_io: (),
    SyncSource.got_BlockAck: (),
}
"""What follows a step: every arrow of the drawing is one row."""

BRACKETS: Final[tuple[Bracket[Step], ...]] = (
    Bracket(Extent.rs, opens=SyncTarget.rs_begin_io, closes=SyncTarget.rs_complete_io),
    Bracket(Extent.rs, opens=SyncSource.rs_begin_io, closes=SyncSource.rs_complete_io),
)
"""What is held from which step to which."""

ORDERS: Final[tuple[Mapping[Step, tuple[Step, ...]], ...]] = (
    {
        SyncTarget.rs_begin_io: (),
        SyncTarget.w_make_resync_request: (SyncTarget.rs_begin_io,),
        SyncTarget.drbd_endio_read_sec: (SyncTarget.w_make_resync_request,),
        SyncTarget.w_e_send_csum: (SyncTarget.drbd_endio_read_sec,),
        SyncTarget.receive_RSDataReply: (SyncSource.w_e_end_csum_rs_req,),
        SyncTarget.drbd_endio_write_sec: (SyncTarget.receive_RSDataReply,),
        SyncTarget.e_end_resync_block: (SyncTarget.drbd_endio_write_sec,),
        SyncTarget.rs_complete_io: (SyncTarget.rs_begin_io, SyncTarget.e_end_resync_block),
        SyncSource.rs_begin_io: (SyncSource.receive_DataRequest,),
        SyncSource.receive_DataRequest: (SyncTarget.w_e_send_csum,),
        SyncSource.drbd_endio_read_sec: (SyncSource.receive_DataRequest, SyncSource.rs_begin_io),
        SyncSource.w_e_end_csum_rs_req: (SyncSource.drbd_endio_read_sec,),
        SyncSource.rs_complete_io: (SyncSource.rs_begin_io, SyncSource.w_e_end_csum_rs_req),
        SyncSource.got_BlockAck: (SyncTarget.e_end_resync_block,),
    },
)
"""For each case its steps, each with those that come right before it."""

FLOW: Final[Flow[Step]] = Flow("specs/flows/checksum_resync.dot", START, FOLLOWS, BRACKETS, ORDERS)


class SyncTargetHandlers(Handlers[Effect]):
    """What SyncTarget does in checksum_resync."""

    DRAWING = "specs/flows/checksum_resync.dot"
    DRAWN = {
        "rs_begin_io": ("target_begins", "rs_begin_io"),
        "rs_complete_io": ("target_completes", "rs_complete_io"),
    }

    @abstractmethod
    def rs_begin_io(self) -> Iterable[Effect]:
        """Begins the flow.

        - opens the bracket rs
        - leads to w_make_resync_request()
        - leads to rs_complete_io()
        """

    @abstractmethod
    def w_make_resync_request(self) -> Iterable[Effect]:
        """Comes after rs_begin_io().

        - leads to drbd_endio_read_sec()
        """

    @abstractmethod
    def drbd_endio_read_sec(self) -> Iterable[Effect]:
        """Comes after w_make_resync_request().

        - leads to w_e_send_csum()
        """

    @abstractmethod
    def w_e_send_csum(self) -> Iterable[Effect]:
        """Comes after drbd_endio_read_sec().

        - leads to receive_DataRequest() of SyncSource, by P_CSUM_RS_REQUEST on the data socket
        """

    @abstractmethod
    def receive_RSDataReply(self, packet: P_RS_DATA_REPLY) -> Iterable[Effect]:
        """Comes after w_e_end_csum_rs_req() of SyncSource has sent P_RS_DATA_REPLY.

        - leads to drbd_endio_write_sec()
        """

    @abstractmethod
    def drbd_endio_write_sec(self) -> Iterable[Effect]:
        """Comes after receive_RSDataReply().

        - leads to e_end_resync_block()
        """

    @abstractmethod
    def e_end_resync_block(self) -> Iterable[Effect]:
        """Comes after drbd_endio_write_sec().

        - leads to rs_complete_io()
        - leads to got_BlockAck() of SyncSource, by P_RS_WRITE_ACK on the meta socket
        """

    @abstractmethod
    def rs_complete_io(self) -> Iterable[Effect]:
        """Comes after rs_begin_io() and e_end_resync_block().

        - closes the bracket rs
        """


class SyncSourceHandlers(Handlers[Effect]):
    """What SyncSource does in checksum_resync."""

    DRAWING = "specs/flows/checksum_resync.dot"
    DRAWN = {
        "rs_begin_io": ("source_begins", "rs_begin_io"),
        "drbd_endio_read_sec": ("source_reads", "drbd_endio_read_sec"),
        "rs_complete_io": ("source_completes", "rs_complete_io"),
    }

    @abstractmethod
    def rs_begin_io(self) -> Iterable[Effect]:
        """Comes after receive_DataRequest().

        - opens the bracket rs
        - leads to drbd_endio_read_sec()
        - leads to rs_complete_io()
        """

    @abstractmethod
    def receive_DataRequest(self, packet: P_CSUM_RS_REQUEST) -> Iterable[Effect]:
        """Comes after w_e_send_csum() of SyncTarget has sent P_CSUM_RS_REQUEST.

        - leads to drbd_endio_read_sec()
        - leads to rs_begin_io()
        """

    @abstractmethod
    def drbd_endio_read_sec(self) -> Iterable[Effect]:
        """Comes after receive_DataRequest() and rs_begin_io().

        - leads to w_e_end_csum_rs_req()
        """

    @abstractmethod
    def w_e_end_csum_rs_req(self) -> Iterable[Effect]:
        """Comes after drbd_endio_read_sec().

        - leads to rs_complete_io()
        - leads to receive_RSDataReply() of SyncTarget, by P_RS_DATA_REPLY on the data socket
        """

    @abstractmethod
    def rs_complete_io(self) -> Iterable[Effect]:
        """Comes after rs_begin_io() and w_e_end_csum_rs_req().

        - closes the bracket rs
        """

    @abstractmethod
    def got_BlockAck(self, packet: P_RS_WRITE_ACK) -> Iterable[Effect]:
        """Comes after e_end_resync_block() of SyncTarget has sent P_RS_WRITE_ACK."""
