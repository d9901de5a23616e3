# Generated from the drawings in specs/layouts/; edit those, then run `make generate`.
"""Which packets may arrive on which socket."""

from collections.abc import Mapping
from typing import Final

from .acks import (
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
)
from .bitmap import P_BITMAP, P_COMPRESSED_BITMAP
from .codec import Packet
from .configuration import P_PROTOCOL, P_PROTOCOL_UPDATE, P_SIZES, P_SYNC_PARAM, P_SYNC_PARAM89
from .generations import P_SYNC_UUID, P_UUIDS
from .handshake import (
    P_AUTH_CHALLENGE,
    P_AUTH_RESPONSE,
    P_CONNECTION_FEATURES,
    P_INITIAL_DATA,
    P_INITIAL_META,
)
from .housekeeping import P_DELAY_PROBE, P_PING, P_PING_ACK
from .requests import (
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
from .state import (
    P_CONN_ST_CHG_REPLY,
    P_CONN_ST_CHG_REQ,
    P_STATE,
    P_STATE_CHG_REPLY,
    P_STATE_CHG_REQ,
)
from .write import P_BARRIER, P_DATA, P_OUT_OF_SYNC, P_TRIM, P_UNPLUG_REMOTE, P_WSAME, P_ZEROES

DATA_SOCKET: Final[Mapping[int, type[Packet]]] = {
    0x00: P_DATA,
    0x01: P_DATA_REPLY,
    0x02: P_RS_DATA_REPLY,
    0x03: P_BARRIER,
    0x04: P_BITMAP,
    0x07: P_UNPLUG_REMOTE,
    0x08: P_DATA_REQUEST,
    0x09: P_RS_DATA_REQUEST,
    0x0A: P_SYNC_PARAM,
    0x0B: P_PROTOCOL,
    0x0C: P_UUIDS,
    0x0D: P_SIZES,
    0x0E: P_STATE,
    0x0F: P_SYNC_UUID,
    0x10: P_AUTH_CHALLENGE,
    0x11: P_AUTH_RESPONSE,
    0x12: P_STATE_CHG_REQ,
    0x1E: P_OV_REQUEST,
    0x1F: P_OV_REPLY,
    0x21: P_CSUM_RS_REQUEST,
    0x23: P_SYNC_PARAM89,
    0x24: P_COMPRESSED_BITMAP,
    0x27: P_DELAY_PROBE,
    0x28: P_OUT_OF_SYNC,
    0x2A: P_CONN_ST_CHG_REQ,
    0x2D: P_PROTOCOL_UPDATE,
    0x31: P_TRIM,
    0x32: P_RS_THIN_REQ,
    0x33: P_RS_DEALLOCATED,
    0x34: P_WSAME,
    0x36: P_ZEROES,
    0xFFF2: P_INITIAL_DATA,
    0xFFFE: P_CONNECTION_FEATURES,
}
"""Number -> packet, for the data socket."""

META_SOCKET: Final[Mapping[int, type[Packet]]] = {
    0x13: P_PING,
    0x14: P_PING_ACK,
    0x15: P_RECV_ACK,
    0x16: P_WRITE_ACK,
    0x17: P_RS_WRITE_ACK,
    0x18: P_SUPERSEDED,
    0x19: P_NEG_ACK,
    0x1A: P_NEG_DREPLY,
    0x1B: P_NEG_RS_DREPLY,
    0x1C: P_BARRIER_ACK,
    0x1D: P_STATE_CHG_REPLY,
    0x20: P_OV_RESULT,
    0x22: P_RS_IS_IN_SYNC,
    0x27: P_DELAY_PROBE,
    0x29: P_RS_CANCEL,
    0x2B: P_CONN_ST_CHG_REPLY,
    0x2C: P_RETRY_WRITE,
    0xFFF1: P_INITIAL_META,
}
"""Number -> packet, for the meta socket."""
