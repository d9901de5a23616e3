# Generated from specs/flows/online_verify.dot; edit that drawing, then run `make generate`.
"""Online verify: one node asks its peer for a digest and compares it with its own."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final, TypeAlias

from ..handlers import Effect, Handlers
from ..layouts.acks import P_OV_RESULT
from ..layouts.requests import P_OV_REPLY, P_OV_REQUEST
from .path import Arrow, Bracket, Extent, Flow, Socket


class VerifyS(Enum):
    """The functions of VerifyS, in the drawing's order."""

    rs_begin_io = "rs_begin_io()"
    w_make_ov_request = "w_make_ov_request()"
    receive_OVReply = "receive_OVReply()"
    drbd_endio_read_sec = "drbd_endio_read_sec()"
    w_e_end_ov_reply = "w_e_end_ov_reply()"
    rs_complete_io = "rs_complete_io()"

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is a Python call


class VerifyT(Enum):
    """The functions of VerifyT, in the drawing's order."""

    rs_begin_io = "rs_begin_io()"
    receive_OVRequest = "receive_OVRequest()"
    drbd_endio_read_sec = "drbd_endio_read_sec()"
    w_e_end_ov_req = "w_e_end_ov_req()"
    rs_complete_io = "rs_complete_io()"
    got_OVResult = "got_OVResult()"

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is a Python call


Step: TypeAlias = VerifyS | VerifyT

START: Final = VerifyS.rs_begin_io

FOLLOWS: Final[Mapping[Step, tuple[Arrow[Step], ...]]] = {
    VerifyS.rs_begin_io: (
        Arrow(VerifyS.w_make_ov_request),
        Arrow(VerifyS.rs_complete_io),
    ),
    VerifyS.w_make_ov_request: (
        Arrow(VerifyT.receive_OVRequest, packet=P_OV_REQUEST, socket=Socket.data),
    ),
    VerifyS.receive_OVReply: (Arrow(VerifyS.drbd_endio_read_sec),),
    VerifyS.drbd_endio_read_sec: (Arrow(VerifyS.w_e_end_ov_reply),),
    VerifyS.w_e_end_ov_reply: (
        Arrow(VerifyS.rs_complete_io),
        Arrow(VerifyT.got_OVResult, packet=P_OV_RESULT, socket=Socket.meta),
    ),
    VerifyS.rs_complete_io: (),
    VerifyT.rs_begin_io: (
        Arrow(VerifyT.drbd_endio_read_sec),
        Arrow(VerifyT.rs_complete_io),
    ),
    VerifyT.receive_OVRequest: (
        Arrow(VerifyT.drbd_endio_read_sec),
        Arrow(VerifyT.rs_begin_io),
    ),
    VerifyT.drbd_endio_read_sec: (Arrow(VerifyT.w_e_end_ov_req),),
    VerifyT.w_e_end_ov_req: (
        Arrow(VerifyT.rs_complete_io),
        Arrow(VerifyS.receive_OVReply, packet=P_OV_REPLY, socket=Socket.data),
    ),
    VerifyT.rs_complete_io: (),
    VerifyT.got_OVResult: (),
}
"""What follows a step: every arrow of the drawing is one row."""

BRACKETS: Final[tuple[Bracket[Step], ...]] = (
    Bracket(Extent.rs, opens=VerifyS.rs_begin_io, closes=VerifyS.rs_complete_io),
    Bracket(Extent.rs, opens=VerifyT.rs_begin_io, closes=VerifyT.rs_complete_io),
)
"""What is held from which step to which."""

ORDERS: Final[tuple[Mapping[Step, tuple[Step, ...]], ...]] = (
    {
        VerifyS.rs_begin_io: (),
        VerifyS.w_make_ov_request: (VerifyS.rs_begin_io,),
        VerifyS.receive_OVReply: (VerifyT.w_e_end_ov_req,),
        VerifyS.drbd_endio_read_sec: (VerifyS.receive_OVReply,),
        VerifyS.w_e_end_ov_reply: (VerifyS.drbd_endio_read_sec,),
        VerifyS.rs_complete_io: (VerifyS.rs_begin_io, VerifyS.w_e_end_ov_reply),
        VerifyT.rs_begin_io: (VerifyT.receive_OVRequest,),
        VerifyT.receive_OVRequest: (VerifyS.w_make_ov_request,),
        VerifyT.drbd_endio_read_sec: (VerifyT.receive_OVRequest, VerifyT.rs_begin_io),
        VerifyT.w_e_end_ov_req: (VerifyT.drbd_endio_read_sec,),
        VerifyT.rs_complete_io: (VerifyT.rs_begin_io, VerifyT.w_e_end_ov_req),
        VerifyT.got_OVResult: (VerifyS.w_e_end_ov_reply,),
    },
)
"""For each case its steps, each with those that come right before it."""

FLOW: Final[Flow[Step]] = Flow("specs/flows/online_verify.dot", START, FOLLOWS, BRACKETS, ORDERS)


class VerifySHandlers(Handlers[Effect]):
    """What VerifyS does in online_verify."""

    DRAWING = "specs/flows/online_verify.dot"
    DRAWN = {
        "rs_begin_io": ("source_begins", "rs_begin_io"),
        "rs_complete_io": ("source_completes", "rs_complete_io"),
    }

    @abstractmethod
    def rs_begin_io(self) -> Iterable[Effect]:
        """Begins the flow.

        - opens the bracket rs
        - leads to w_make_ov_request()
        - leads to rs_complete_io()
        """

    @abstractmethod
    def w_make_ov_request(self) -> Iterable[Effect]:
        """Comes after rs_begin_io().

        - leads to receive_OVRequest() of VerifyT, by P_OV_REQUEST on the data socket
        """

    @abstractmethod
    def receive_OVReply(self, packet: P_OV_REPLY) -> Iterable[Effect]:
        """Comes after w_e_end_ov_req() of VerifyT has sent P_OV_REPLY.

        - leads to drbd_endio_read_sec()
        """

    @abstractmethod
    def drbd_endio_read_sec(self) -> Iterable[Effect]:
        """Comes after receive_OVReply().

        - leads to w_e_end_ov_reply()
        """

    @abstractmethod
    def w_e_end_ov_reply(self) -> Iterable[Effect]:
        """Comes after drbd_endio_read_sec().

        - leads to rs_complete_io()
        - leads to got_OVResult() of VerifyT, by P_OV_RESULT on the meta socket
        """

    @abstractmethod
    def rs_complete_io(self) -> Iterable[Effect]:
        """Comes after rs_begin_io() and w_e_end_ov_reply().

        - closes the bracket rs
        """


class VerifyTHandlers(Handlers[Effect]):
    """What VerifyT does in online_verify."""

    DRAWING = "specs/flows/online_verify.dot"
    DRAWN = {
        "rs_begin_io": ("target_begins", "rs_begin_io"),
        "drbd_endio_read_sec": ("target_reads", "drbd_endio_read_sec"),
        "rs_complete_io": ("target_completes", "rs_complete_io"),
    }

    @abstractmethod
    def rs_begin_io(self) -> Iterable[Effect]:
        """Comes after receive_OVRequest().

        - opens the bracket rs
        - leads to drbd_endio_read_sec()
        - leads to rs_complete_io()
        """

    @abstractmethod
    def receive_OVRequest(self, packet: P_OV_REQUEST) -> Iterable[Effect]:
        """Comes after w_make_ov_request() of VerifyS has sent P_OV_REQUEST.

        - leads to drbd_endio_read_sec()
        - leads to rs_begin_io()
        """

    @abstractmethod
    def drbd_endio_read_sec(self) -> Iterable[Effect]:
        """Comes after receive_OVRequest() and rs_begin_io().

        - leads to w_e_end_ov_req()
        """

    @abstractmethod
    def w_e_end_ov_req(self) -> Iterable[Effect]:
        """Comes after drbd_endio_read_sec().

        - leads to rs_complete_io()
        - leads to receive_OVReply() of VerifyS, by P_OV_REPLY on the data socket
        """

    @abstractmethod
    def rs_complete_io(self) -> Iterable[Effect]:
        """Comes after rs_begin_io() and w_e_end_ov_req().

        - closes the bracket rs
        """

    @abstractmethod
    def got_OVResult(self, packet: P_OV_RESULT) -> Iterable[Effect]:
        """Comes after w_e_end_ov_reply() of VerifyS has sent P_OV_RESULT."""
