# Generated from specs/layouts/state.dot; edit that drawing, then run `make generate`.
"""What a node says about its state, and how it asks for a change (wire 5.10 to 5.12)."""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from ..states.conn_states.states import ConnState
from ..states.disk_states.states import DiskState
from ..states.node_states.states import NodeState
from ..states.peer_disk_states.states import PeerDiskState
from ..states.peer_states.states import PeerState
from .codec import Field, Octets, Packet, Values, Word, fitted
from .commands import Command

_P_STATE = Struct(">I")
_StateChangeRequest = Struct(">II")
_StateChangeReply = Struct(">i")


@dataclass(slots=True)
class StateWord(Word):
    """The state of one volume in 32 bits, as the sender sees it; least significant bit first (wire
    5.10).
    """

    SIZE: ClassVar[int] = 4
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("role", "2 bits", 0, symbols=NodeState.describe),
        Field("peer", "2 bits", 2, symbols=PeerState.describe),
        Field("conn", "5 bits", 4, symbols=ConnState.describe),
        Field("disk", "4 bits", 9, symbols=DiskState.describe),
        Field("pdsk", "4 bits", 13, symbols=PeerDiskState.describe),
        Field("susp", "1 bits", 17),
        Field("aftr_isp", "1 bits", 18),
        Field("peer_isp", "1 bits", 19),
        Field("user_isp", "1 bits", 20),
        Field("susp_nod", "1 bits", 21),
        Field("susp_fen", "1 bits", 22),
        Field("unused", "9 bits", 23),
    )

    role: int = 0
    """Bits 0 to 1 of node_states: the sender's role."""
    peer: int = 0
    """Bits 2 to 3 of peer_states: the receiver's role."""
    conn: int = 0
    """Bits 4 to 8 of conn_states: the connection's state."""
    disk: int = 0
    """Bits 9 to 12 of disk_states: the sender's disk."""
    pdsk: int = 0
    """Bits 13 to 16 of peer_disk_states: the receiver's disk."""
    susp: int = 0
    """Bit 17: I/O is suspended by the administrator."""
    aftr_isp: int = 0
    """Bit 18: resync paused by the sender, another device's resync goes first."""
    peer_isp: int = 0
    """Bit 19: resync paused by the receiver."""
    user_isp: int = 0
    """Bit 20: resync paused by the sender's administrator."""
    susp_nod: int = 0
    """Bit 21: I/O is suspended, no data can be reached."""
    susp_fen: int = 0
    """Bit 22: I/O is suspended, fencing is under way."""
    unused: int = 0
    """Bits 23 to 31: 0."""

    @classmethod
    def from_word(cls, word: int) -> Self:
        """Cut a number in pieces."""
        return cls(
            word & 0x3,
            word >> 2 & 0x3,
            word >> 4 & 0x1F,
            word >> 9 & 0xF,
            word >> 13 & 0xF,
            word >> 17 & 0x1,
            word >> 18 & 0x1,
            word >> 19 & 0x1,
            word >> 20 & 0x1,
            word >> 21 & 0x1,
            word >> 22 & 0x1,
            word >> 23 & 0x1FF,
        )

    @property
    def word(self) -> int:
        """The number; raises LayoutError when a piece is too large for its bits."""
        return (
            fitted("role", self.role, 2)
            | fitted("peer", self.peer, 2) << 2
            | fitted("conn", self.conn, 5) << 4
            | fitted("disk", self.disk, 4) << 9
            | fitted("pdsk", self.pdsk, 4) << 13
            | fitted("susp", self.susp, 1) << 17
            | fitted("aftr_isp", self.aftr_isp, 1) << 18
            | fitted("peer_isp", self.peer_isp, 1) << 19
            | fitted("user_isp", self.user_isp, 1) << 20
            | fitted("susp_nod", self.susp_nod, 1) << 21
            | fitted("susp_fen", self.susp_fen, 1) << 22
            | fitted("unused", self.unused, 9) << 23
        )


@dataclass(slots=True)
class P_STATE(Packet):
    """What has become of the sender and, as far as it knows, of the receiver (wire 5.10).

    Number 0x0E on the data socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_STATE
    FIXED_SIZE: ClassVar[int] = 4
    FIELDS: ClassVar[tuple[Field, ...]] = (Field("state", "StateWord", 0),)

    state: StateWord
    """StateWord at 0: as the sender sees it."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        (state,) = _P_STATE.unpack_from(buffer, offset)
        return cls(StateWord.from_word(state))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 4

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _P_STATE.pack_into(buffer, offset, self.state.word)
        return offset + 4


@dataclass(slots=True)
class StateChangeRequest(Packet):
    """The record that StateChangeRequest's packets share."""

    FIXED_SIZE: ClassVar[int] = 8
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("mask", "StateWord", 0),
        Field("val", "StateWord", 4),
    )

    mask: StateWord
    """StateWord at 0: all ones in the pieces of the sender's state that are to change."""
    val: StateWord
    """StateWord at 4: what these pieces are to become, 0 elsewhere."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        mask, val = _StateChangeRequest.unpack_from(buffer, offset)
        return cls(StateWord.from_word(mask), StateWord.from_word(val))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 8

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _StateChangeRequest.pack_into(buffer, offset, self.mask.word, self.val.word)
        return offset + 8


@dataclass(slots=True)
class P_STATE_CHG_REQ(StateChangeRequest):
    """May I change one volume like this? Below 100 also: may I disconnect? (wire 5.12).

    Number 0x12 on the data socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_STATE_CHG_REQ


@dataclass(slots=True)
class P_CONN_ST_CHG_REQ(StateChangeRequest):
    """May I change the whole connection like this? (wire 5.12).

    Number 0x2A on the data socket since version 100.
    """

    COMMAND: ClassVar[Command] = Command.P_CONN_ST_CHG_REQ


class ReturnCode(Values):
    """What became of a request to change the state: 1 and more mean yes (wire 5.12)."""

    SS_CW_NO_NEED = 4
    SS_CW_SUCCESS = 3
    SS_NOTHING_TO_DO = 2
    SS_SUCCESS = 1
    SS_UNKNOWN_ERROR = 0
    SS_TWO_PRIMARIES = -1
    """the receiver is primary, and two may not be."""
    SS_NO_UP_TO_DATE_DISK = -2
    """a primary would lose all UpToDate data."""
    SS_NO_LOCAL_DISK = -4
    SS_NO_REMOTE_DISK = -5
    SS_CONNECTED_OUTDATES = -6
    SS_PRIMARY_NOP = -7
    """a primary would lose a peer that is not outdated."""
    SS_RESYNC_RUNNING = -8
    """the connection is busy with a resync or verify."""
    SS_ALREADY_STANDALONE = -9
    SS_CW_FAILED_BY_PEER = -10
    SS_IS_DISKLESS = -11
    SS_DEVICE_IN_USE = -12
    SS_NO_NET_CONFIG = -13
    SS_NO_VERIFY_ALG = -14
    """the receiver has no hash for online verify."""
    SS_NEED_CONNECTION = -15
    SS_LOWER_THAN_OUTDATED = -16
    SS_NOT_SUPPORTED = -17
    SS_IN_TRANSIENT_STATE = -18
    """the handshake of some volume is still running."""
    SS_CONCURRENT_ST_CHG = -19
    """the receiver is in the middle of such a change."""
    SS_O_VOL_PEER_PRI = -20
    """the receiver is primary of another volume."""
    SS_OUTDATE_WO_CONN = -21


@dataclass(slots=True)
class StateChangeReply(Packet):
    """The record that StateChangeReply's packets share."""

    FIXED_SIZE: ClassVar[int] = 4
    FIELDS: ClassVar[tuple[Field, ...]] = (Field("retcode", "s32", 0, symbols=ReturnCode.describe),)

    retcode: int
    """s32 at 0 of ReturnCode: 1 and more mean yes."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls(*_StateChangeReply.unpack_from(buffer, offset))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 4

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _StateChangeReply.pack_into(buffer, offset, self.retcode)
        return offset + 4


@dataclass(slots=True)
class P_STATE_CHG_REPLY(StateChangeReply):
    """The answer to P_STATE_CHG_REQ (wire 5.12).

    Number 0x1D on the meta socket since version 86.
    """

    COMMAND: ClassVar[Command] = Command.P_STATE_CHG_REPLY


@dataclass(slots=True)
class P_CONN_ST_CHG_REPLY(StateChangeReply):
    """The answer to P_CONN_ST_CHG_REQ (wire 5.12).

    Number 0x2B on the meta socket since version 100.
    """

    COMMAND: ClassVar[Command] = Command.P_CONN_ST_CHG_REPLY
