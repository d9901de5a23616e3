# Generated from the drawings in specs/layouts/; edit those, then run `make generate`.
"""The numbers of all packets."""

from enum import IntEnum


class Command(IntEnum):
    """The packet number that a frame header carries."""

    P_DATA = 0x00
    P_DATA_REPLY = 0x01
    P_RS_DATA_REPLY = 0x02
    P_BARRIER = 0x03
    P_BITMAP = 0x04
    P_BECOME_SYNC_TARGET = 0x05
    P_BECOME_SYNC_SOURCE = 0x06
    P_UNPLUG_REMOTE = 0x07
    P_DATA_REQUEST = 0x08
    P_RS_DATA_REQUEST = 0x09
    P_SYNC_PARAM = 0x0A
    P_PROTOCOL = 0x0B
    P_UUIDS = 0x0C
    P_SIZES = 0x0D
    P_STATE = 0x0E
    P_SYNC_UUID = 0x0F
    P_AUTH_CHALLENGE = 0x10
    P_AUTH_RESPONSE = 0x11
    P_STATE_CHG_REQ = 0x12
    P_PING = 0x13
    P_PING_ACK = 0x14
    P_RECV_ACK = 0x15
    P_WRITE_ACK = 0x16
    P_RS_WRITE_ACK = 0x17
    P_SUPERSEDED = 0x18
    P_NEG_ACK = 0x19
    P_NEG_DREPLY = 0x1A
    P_NEG_RS_DREPLY = 0x1B
    P_BARRIER_ACK = 0x1C
    P_STATE_CHG_REPLY = 0x1D
    P_OV_REQUEST = 0x1E
    P_OV_REPLY = 0x1F
    P_OV_RESULT = 0x20
    P_CSUM_RS_REQUEST = 0x21
    P_RS_IS_IN_SYNC = 0x22
    P_SYNC_PARAM89 = 0x23
    P_COMPRESSED_BITMAP = 0x24
    P_DELAY_PROBE = 0x27
    P_OUT_OF_SYNC = 0x28
    P_RS_CANCEL = 0x29
    P_CONN_ST_CHG_REQ = 0x2A
    P_CONN_ST_CHG_REPLY = 0x2B
    P_RETRY_WRITE = 0x2C
    P_PROTOCOL_UPDATE = 0x2D
    P_TRIM = 0x31
    P_RS_THIN_REQ = 0x32
    P_RS_DEALLOCATED = 0x33
    P_WSAME = 0x34
    P_ZEROES = 0x36
    P_INITIAL_META = 0xFFF1
    P_INITIAL_DATA = 0xFFF2
    P_CONNECTION_FEATURES = 0xFFFE
