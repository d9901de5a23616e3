"""In what our node may differ from the kernel, each with its reason; in nothing else.

Packets are compared in their order, socket by socket and volume by volume, field by field. Beside
what is listed below:

- Cookies, barriers' numbers and random UUIDs are names: they are the same when they name the same
  (names.py). Bit 0 of a resync's UUID is random too, where that is not counted on from another one.
- Challenges are the kernel's, since the recorded peer has signed them (world.py).
- A disk finishes when the packet was sent that tells so: the order in which a disk finishes, and
  so that of acknowledgements and the ends of epochs, is the disk's affair (slowness.py).
- Answers in a resync are cut as our node has asked, and so are its acknowledgements: a source
  answers each request with its range (resync_answers.py). Where the pieces are the kernel's, each
  of them is compared; where not, the sectors are. Of a resync that is broken off our node may have
  asked for more: how far ahead of the answers a node asks depends on time (comparison.py). So it
  does when the source goes ahead: what it cancels then is not compared (resync_answers.py).
- Where a device has grown over its own meta-data, that is the content of the new space: each node
  has written its own there (comparison.py, play.py).
- Applications ask when the kernel told its peer of that, in the pieces that its block layer made,
  and commands take effect when their first consequence was seen (script.py). Of a write that was
  not sent, since the node was ahead, the scenario tells the content; without an own disk a write
  was let in before the peer had confirmed any of its epoch (told_requests.py).
- TCP connections that came to nothing are left out: who finds which socket first, and how often
  both try the same one, is timing (happenings.py). So is what TCP brings late of a connection that
  the network has broken (script.py).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from generated.layouts.acks import P_RS_IS_IN_SYNC, BlockAck
from generated.layouts.bitmap import P_BITMAP, P_COMPRESSED_BITMAP
from generated.layouts.codec import Packet
from generated.layouts.generations import P_UUIDS
from generated.layouts.housekeeping import P_PING, P_PING_ACK
from generated.layouts.requests import (
    P_OV_REQUEST,
    P_RS_DATA_REQUEST,
    P_RS_THIN_REQ,
    BlockRequest,
)
from generated.layouts.state import P_STATE
from generated.layouts.write import P_DATA, P_OUT_OF_SYNC, P_UNPLUG_REMOTE, DpFlags, RangeWrite
from generated.states.conn_states import ConnState
from runtime.requests import SECTOR_SIZE_BYTES

LEFT_OUT: Final[Mapping[type[Packet], str]] = {
    P_PING: "when a socket is idle, and when a round trip is wanted, is a matter of timing",
    P_UNPLUG_REMOTE: "tells when the block layer of the kernel had a pause, and asks for nothing",
}
"""Packets that are not compared, and why."""

CUT_DIFFERENTLY: Final[Mapping[type[Packet], str]] = {
    P_RS_DATA_REQUEST: "how much of a resync is asked for at once depends on time and on memory",
    P_RS_THIN_REQ: "the same",
}
"""Packets of which only the sectors are compared that all of them together ask for, and why."""

PLACED_DIFFERENTLY: Final[Mapping[type[Packet], str]] = {
    P_OV_REQUEST: "when the next turn of 100 ms begins, before a write or behind it, is timing",
}
"""Packets that are compared in their own order, but not with their place among others, and why."""

COUNTED: Final[Mapping[type[Packet], str]] = {
    P_PING_ACK: "a thread of its own answers pings, and passes what other threads have to say",
}
"""Packets of which only the number is compared, and why."""

PARDONED_AT_END: Final[Mapping[type[Packet], str]] = {
    P_PING_ACK: "a ping that comes while a node gives its peer up is answered, or not",
    P_UUIDS: "a node that loses its peer tells its new generation if the socket is there",
}
"""What need not be said as the last of a connection that the node itself has closed, and why."""

PADS: Final = "the kernel does not always set the pad of a request, and nobody looks at it"
"""Why the pads of requests are not compared."""

WITHOUT_BLOCK_ID: Final = "wire 9.4: what it holds is undefined, and answers are told by sector"
"""Why the block_id of P_RS_IS_IN_SYNC is not compared."""

STATE_AND_BITMAP: Final = (
    "who tells the state is another thread than who sends the bitmap (wire 6.1)"
)
"""Why a target's P_STATE may be behind its bitmap as well as before it."""

BITS_THAT_KERNELS_LOSE: Final = 64
"""When the number of blocks is a multiple of it, a kernel forgets the bits of the last 64 blocks at
attaching: a flaw that our node has not. Of such a device the number of set bits is not compared."""

WITHOUT_MEANING: Final[Mapping[DpFlags, str]] = {
    DpFlags.RW_SYNC: "tells how urgent the writing program was; the block layer's own affair",
}
"""Flags of writes that are not compared, and why."""

IGNORED_FLAGS: Final = sum(WITHOUT_MEANING)


def is_left_out(packet: Packet) -> bool:
    """Whether a packet is not compared."""
    return type(packet) in LEFT_OUT


def asked_for(packet: Packet) -> tuple[int, int] | None:
    """The first sector and the number of sectors of a request whose cutting does not count."""
    if isinstance(packet, P_RS_DATA_REQUEST | P_RS_THIN_REQ):
        return packet.sector, packet.blksize // SECTOR_SIZE_BYTES
    return None


def is_pardoned_at_end(number: int) -> bool:
    """Whether a packet may be missing at the end of a connection."""
    return any(number == packet.COMMAND for packet in PARDONED_AT_END)


def is_placed_differently(packet: Packet) -> bool:
    """Whether it is no matter where among others a packet is."""
    return type(packet) in PLACED_DIFFERENTLY


def is_counted(packet: Packet) -> bool:
    """Whether only the number of such packets is compared."""
    return type(packet) in COUNTED


def may_be_before_bitmap(packet: Packet) -> bool:
    """Whether it is no matter if a packet is before or behind a bitmap."""
    return isinstance(packet, P_STATE) and packet.state.conn == ConnState.WFBitMapT.wire


def is_of_bitmap(packet: Packet) -> bool:
    """Whether a packet is a part of a bitmap."""
    return isinstance(packet, P_BITMAP | P_COMPRESSED_BITMAP)


def without_number(packet: Packet) -> Packet:
    """A packet without its place among writes and acknowledgements, which counts the pieces."""
    if isinstance(packet, P_DATA | RangeWrite | BlockAck):
        return replace(packet, seq_num=0)
    return packet


def without_exceptions(packet: Packet, *, loses_bits: bool) -> Packet:
    """A packet without what may differ in it."""
    if isinstance(packet, P_UUIDS) and loses_bits:
        return replace(packet, bits_set=0)
    if isinstance(packet, BlockRequest | P_OUT_OF_SYNC):
        return replace(packet, pad=0)
    if isinstance(packet, P_RS_IS_IN_SYNC):
        return replace(packet, block_id=0)
    if isinstance(packet, P_DATA | RangeWrite):
        return replace(packet, dp_flags=packet.dp_flags & ~IGNORED_FLAGS)
    return packet
