# Generated from specs/flows/diskless_read.dot; edit that drawing, then run `make generate`.
"""Diskless read, 512-32K: a node without a usable disk reads its peer's."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final, TypeAlias

from ..handlers import Effect, Handlers
from ..layouts.requests import P_DATA_REPLY, P_DATA_REQUEST
from .path import Arrow, Bracket, Flow, Socket


class Diskless(Enum):
    """The functions of Diskless, in the drawing's order."""

    drbd_make_request = "drbd_make_request()"
    w_send_read_req = "w_send_read_req()"
    receive_DataReply = "receive_DataReply()"

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is a Python call


class UpToDate(Enum):
    """The functions of UpToDate, in the drawing's order."""

    receive_DataRequest = "receive_DataRequest()"
    drbd_endio_read_sec = "drbd_endio_read_sec()"
    w_e_end_data_req = "w_e_end_data_req()"

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is a Python call


Step: TypeAlias = Diskless | UpToDate

START: Final = Diskless.drbd_make_request

FOLLOWS: Final[Mapping[Step, tuple[Arrow[Step], ...]]] = {
    Diskless.drbd_make_request: (Arrow(Diskless.w_send_read_req),),
    Diskless.w_send_read_req: (
        Arrow(UpToDate.receive_DataRequest, packet=P_DATA_REQUEST, socket=Socket.data),
    ),
    Diskless.receive_DataReply: (),
    UpToDate.receive_DataRequest: (Arrow(UpToDate.drbd_endio_read_sec),),
    UpToDate.drbd_endio_read_sec: (Arrow(UpToDate.w_e_end_data_req),),
    UpToDate.w_e_end_data_req: (
        Arrow(Diskless.receive_DataReply, packet=P_DATA_REPLY, socket=Socket.data),
    ),
}
"""What follows a step: every arrow of the drawing is one row."""

BRACKETS: Final[tuple[Bracket[Step], ...]] = ()
"""What is held from which step to which."""

ORDERS: Final[tuple[Mapping[Step, tuple[Step, ...]], ...]] = (
    {
        Diskless.drbd_make_request: (),
        Diskless.w_send_read_req: (Diskless.drbd_make_request,),
        Diskless.receive_DataReply: (UpToDate.w_e_end_data_req,),
        UpToDate.receive_DataRequest: (Diskless.w_send_read_req,),
        UpToDate.drbd_endio_read_sec: (UpToDate.receive_DataRequest,),
        UpToDate.w_e_end_data_req: (UpToDate.drbd_endio_read_sec,),
    },
)
"""For each case its steps, each with those that come right before it."""

FLOW: Final[Flow[Step]] = Flow("specs/flows/diskless_read.dot", START, FOLLOWS, BRACKETS, ORDERS)


class DisklessHandlers(Handlers[Effect]):
    """What Diskless does in diskless_read."""

    DRAWING = "specs/flows/diskless_read.dot"

    @abstractmethod
    def drbd_make_request(self) -> Iterable[Effect]:
        """Begins the flow.

        - leads to w_send_read_req()
        """

    @abstractmethod
    def w_send_read_req(self) -> Iterable[Effect]:
        """Comes after drbd_make_request().

        - leads to receive_DataRequest() of UpToDate, by P_DATA_REQUEST on the data socket
        """

    @abstractmethod
    def receive_DataReply(self, packet: P_DATA_REPLY) -> Iterable[Effect]:
        """Comes after w_e_end_data_req() of UpToDate has sent P_DATA_REPLY."""


class UpToDateHandlers(Handlers[Effect]):
    """What UpToDate does in diskless_read."""

    DRAWING = "specs/flows/diskless_read.dot"

    @abstractmethod
    def receive_DataRequest(self, packet: P_DATA_REQUEST) -> Iterable[Effect]:
        """Comes after w_send_read_req() of Diskless has sent P_DATA_REQUEST.

        - leads to drbd_endio_read_sec()
        """

    @abstractmethod
    def drbd_endio_read_sec(self) -> Iterable[Effect]:
        """Comes after receive_DataRequest().

        - leads to w_e_end_data_req()
        """

    @abstractmethod
    def w_e_end_data_req(self) -> Iterable[Effect]:
        """Comes after drbd_endio_read_sec().

        - leads to receive_DataReply() of Diskless, by P_DATA_REPLY on the data socket
        """
