# Generated from specs/flows/mirrored_write.dot; edit that drawing, then run `make generate`.
"""Regular mirrored write, 512-32K: the primary's write goes to both disks."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final, TypeAlias

from ..handlers import Effect, Handlers
from ..layouts.acks import P_WRITE_ACK
from ..layouts.write import P_DATA
from .path import Arrow, Bracket, Extent, Flow, Socket


class Primary(Enum):
    """The functions of Primary, in the drawing's order."""

    al_begin_io = "al_begin_io()"
    drbd_make_request = "drbd_make_request()"
    w_send_dblock = "w_send_dblock()"
    drbd_endio_write_pri = "drbd_endio_write_pri()"
    al_complete_io = "al_complete_io()"
    got_BlockAck = "got_BlockAck()"

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is a Python call


class Secondary(Enum):
    """The functions of Secondary, in the drawing's order."""

    receive_Data = "receive_Data()"
    drbd_endio_write_sec = "drbd_endio_write_sec()"
    e_end_block = "e_end_block()"

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is a Python call


Step: TypeAlias = Primary | Secondary

START: Final = Primary.al_begin_io

FOLLOWS: Final[Mapping[Step, tuple[Arrow[Step], ...]]] = {
    Primary.al_begin_io: (
        Arrow(Primary.drbd_make_request),
        Arrow(Primary.al_complete_io),
    ),
    Primary.drbd_make_request: (Arrow(Primary.w_send_dblock),),
    Primary.w_send_dblock: (
        Arrow(Primary.drbd_endio_write_pri),
        Arrow(Secondary.receive_Data, packet=P_DATA, socket=Socket.data),
    ),
    Primary.drbd_endio_write_pri: (Arrow(Primary.al_complete_io),),
    Primary.al_complete_io: (),
    Primary.got_BlockAck: (),
    Secondary.receive_Data: (Arrow(Secondary.drbd_endio_write_sec),),
    Secondary.drbd_endio_write_sec: (Arrow(Secondary.e_end_block),),
    Secondary.e_end_block: (Arrow(Primary.got_BlockAck, packet=P_WRITE_ACK, socket=Socket.meta),),
}
"""What follows a step: every arrow of the drawing is one row."""

BRACKETS: Final[tuple[Bracket[Step], ...]] = (
    Bracket(Extent.al, opens=Primary.al_begin_io, closes=Primary.al_complete_io),
)
"""What is held from which step to which."""

ORDERS: Final[tuple[Mapping[Step, tuple[Step, ...]], ...]] = (
    {
        Primary.al_begin_io: (),
        Primary.drbd_make_request: (Primary.al_begin_io,),
        Primary.w_send_dblock: (Primary.drbd_make_request,),
        Primary.drbd_endio_write_pri: (Primary.w_send_dblock,),
        Primary.al_complete_io: (Primary.al_begin_io, Primary.drbd_endio_write_pri),
        Primary.got_BlockAck: (Secondary.e_end_block,),
        Secondary.receive_Data: (Primary.w_send_dblock,),
        Secondary.drbd_endio_write_sec: (Secondary.receive_Data,),
        Secondary.e_end_block: (Secondary.drbd_endio_write_sec,),
    },
)
"""For each case its steps, each with those that come right before it."""

FLOW: Final[Flow[Step]] = Flow("specs/flows/mirrored_write.dot", START, FOLLOWS, BRACKETS, ORDERS)


class PrimaryHandlers(Handlers[Effect]):
    """What Primary does in mirrored_write."""

    DRAWING = "specs/flows/mirrored_write.dot"

    @abstractmethod
    def al_begin_io(self) -> Iterable[Effect]:
        """Begins the flow.

        - opens the bracket al
        - leads to drbd_make_request()
        - leads to al_complete_io()
        """

    @abstractmethod
    def drbd_make_request(self) -> Iterable[Effect]:
        """Comes after al_begin_io().

        - leads to w_send_dblock()
        """

    @abstractmethod
    def w_send_dblock(self) -> Iterable[Effect]:
        """Comes after drbd_make_request().

        - leads to drbd_endio_write_pri()
        - leads to receive_Data() of Secondary, by P_DATA on the data socket
        """

    @abstractmethod
    def drbd_endio_write_pri(self) -> Iterable[Effect]:
        """The local write completes.

        Comes after w_send_dblock().

        - leads to al_complete_io()
        """

    @abstractmethod
    def al_complete_io(self) -> Iterable[Effect]:
        """Comes after al_begin_io() and drbd_endio_write_pri().

        - closes the bracket al
        """

    @abstractmethod
    def got_BlockAck(self, packet: P_WRITE_ACK) -> Iterable[Effect]:
        """Comes after e_end_block() of Secondary has sent P_WRITE_ACK."""


class SecondaryHandlers(Handlers[Effect]):
    """What Secondary does in mirrored_write."""

    DRAWING = "specs/flows/mirrored_write.dot"

    @abstractmethod
    def receive_Data(self, packet: P_DATA) -> Iterable[Effect]:
        """Comes after w_send_dblock() of Primary has sent P_DATA.

        - leads to drbd_endio_write_sec()
        """

    @abstractmethod
    def drbd_endio_write_sec(self) -> Iterable[Effect]:
        """Comes after receive_Data().

        - leads to e_end_block()
        """

    @abstractmethod
    def e_end_block(self) -> Iterable[Effect]:
        """Comes after drbd_endio_write_sec().

        - leads to got_BlockAck() of Primary, by P_WRITE_ACK on the meta socket
        """
