"""The published tables, typed from the reference and not from the drawings, against the drawings.

A slip in a drawing and the same slip here would have to happen together to stay unseen.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import pytest

from codegen.layouts.model import Layout

Layouts = Mapping[str, Layout]


class Published(NamedTuple):
    """One line of the packet tables; `since` is a version, or the feature that gates the packet."""

    number: int
    name: str
    fixed: int
    since: int | str | None


DATA_SOCKET: Final = (  # wire 3.1
    Published(0x00, "P_DATA", 24, 86),
    Published(0x01, "P_DATA_REPLY", 24, 86),
    Published(0x02, "P_RS_DATA_REPLY", 24, 86),
    Published(0x03, "P_BARRIER", 8, 86),
    Published(0x04, "P_BITMAP", 0, 86),
    Published(0x07, "P_UNPLUG_REMOTE", 0, 86),
    Published(0x08, "P_DATA_REQUEST", 24, 86),
    Published(0x09, "P_RS_DATA_REQUEST", 24, 86),
    Published(0x0A, "P_SYNC_PARAM", 4, 86),
    Published(0x0B, "P_PROTOCOL", 24, 86),
    Published(0x0C, "P_UUIDS", 48, 86),
    Published(0x0D, "P_SIZES", 32, 86),
    Published(0x0E, "P_STATE", 4, 86),
    Published(0x0F, "P_SYNC_UUID", 8, 86),
    Published(0x10, "P_AUTH_CHALLENGE", 64, 86),
    Published(0x11, "P_AUTH_RESPONSE", 0, 86),
    Published(0x12, "P_STATE_CHG_REQ", 8, 86),
    Published(0x1E, "P_OV_REQUEST", 24, 88),
    Published(0x1F, "P_OV_REPLY", 24, 88),
    Published(0x21, "P_CSUM_RS_REQUEST", 24, 89),
    Published(0x23, "P_SYNC_PARAM89", 132, 89),
    Published(0x24, "P_COMPRESSED_BITMAP", 1, 90),
    Published(0x27, "P_DELAY_PROBE", 8, 93),
    Published(0x28, "P_OUT_OF_SYNC", 16, 96),
    Published(0x2A, "P_CONN_ST_CHG_REQ", 8, 100),
    Published(0x2D, "P_PROTOCOL_UPDATE", 24, 100),
    Published(0x31, "P_TRIM", 28, "TRIM"),
    Published(0x32, "P_RS_THIN_REQ", 24, "THIN_RESYNC"),
    Published(0x33, "P_RS_DEALLOCATED", 16, "THIN_RESYNC"),
    Published(0x34, "P_WSAME", 28, "WSAME"),
    Published(0x36, "P_ZEROES", 28, "WZEROES"),
    Published(0xFFF2, "P_INITIAL_DATA", 0, None),
    Published(0xFFFE, "P_CONNECTION_FEATURES", 72, None),
)
"""P_SYNC_PARAM, P_SYNC_PARAM89 and P_COMPRESSED_BITMAP have 0 in the table, which is what the
kernel's length check asks for; the sizes here are those of their forms (wire 5.3, 6.3)."""

META_SOCKET: Final = (  # wire 3.2
    Published(0x13, "P_PING", 0, 86),
    Published(0x14, "P_PING_ACK", 0, 86),
    Published(0x15, "P_RECV_ACK", 24, 86),
    Published(0x16, "P_WRITE_ACK", 24, 86),
    Published(0x17, "P_RS_WRITE_ACK", 24, 86),
    Published(0x18, "P_SUPERSEDED", 24, 86),
    Published(0x19, "P_NEG_ACK", 24, 86),
    Published(0x1A, "P_NEG_DREPLY", 24, 86),
    Published(0x1B, "P_NEG_RS_DREPLY", 24, 86),
    Published(0x1C, "P_BARRIER_ACK", 8, 86),
    Published(0x1D, "P_STATE_CHG_REPLY", 4, 86),
    Published(0x20, "P_OV_RESULT", 24, 88),
    Published(0x22, "P_RS_IS_IN_SYNC", 24, 89),
    Published(0x27, "P_DELAY_PROBE", 8, 93),
    Published(0x29, "P_RS_CANCEL", 24, 96),
    Published(0x2B, "P_CONN_ST_CHG_REPLY", 4, 100),
    Published(0x2C, "P_RETRY_WRITE", 24, 100),
    Published(0xFFF1, "P_INITIAL_META", 0, None),
)

OBSOLETE: Final = {"P_BECOME_SYNC_TARGET": 0x05, "P_BECOME_SYNC_SOURCE": 0x06}

BLOCK_ACK: Final = "sector 0 8, block_id 8 8, blksize 16 4, seq_num 20 4"
BLOCK_REQUEST: Final = "sector 0 8, block_id 8 8, blksize 16 4, pad 20 4"
WRITE: Final = "sector 0 8, block_id 8 8, seq_num 16 4, dp_flags 20 4"
PROTOCOL: Final = (
    "protocol 0 4, after_sb_0p 4 4, after_sb_1p 8 4, after_sb_2p 12 4, conn_flags 16 4,"
    " two_primaries 20 4"
)

FIELDS: Final = {
    "Header80": "magic 0 4, command 4 2, length 6 2",
    "Header95": "magic 0 2, command 2 2, length 4 4",
    "Header100": "magic 0 4, volume 4 2, command 6 2, length 8 4, pad 12 4",
    "P_CONNECTION_FEATURES": (
        "protocol_min 0 4, feature_flags 4 4, protocol_max 8 4, pad 12 4, reserved 16 56"
    ),
    "P_PROTOCOL": PROTOCOL,
    "P_PROTOCOL_UPDATE": PROTOCOL,
    "P_SYNC_PARAM": "resync_rate 0 4",
    "P_SYNC_PARAM89": "resync_rate 0 4, verify_alg 4 64, csums_alg 68 64, controller 132 16",
    "ResyncController": (
        "c_plan_ahead 0 4, c_delay_target 4 4, c_fill_target 8 4, c_max_rate 12 4"
    ),
    "P_SIZES": (
        "d_size 0 8, u_size 8 8, c_size 16 8, max_bio_size 24 4, queue_order_type 28 2,"
        " dds_flags 30 2, queue_limits 32 24"
    ),
    "QueueLimits": (
        "physical_block_size 0 4, logical_block_size 4 4, alignment_offset 8 4, io_min 12 4,"
        " io_opt 16 4, discard_enabled 20 1, discard_zeroes_data 21 1, write_same_capable 22 1,"
        " pad 23 1"
    ),
    "P_UUIDS": (
        "current_uuid 0 8, bitmap_uuid 8 8, younger_history_uuid 16 8,"
        " older_history_uuid 24 8, bits_set 32 8, uuid_flags 40 8"
    ),
    "P_SYNC_UUID": "sync_uuid 0 8",
    "P_STATE": "state 0 4",
    "P_STATE_CHG_REQ": "mask 0 4, val 4 4",
    "P_CONN_ST_CHG_REQ": "mask 0 4, val 4 4",
    "P_STATE_CHG_REPLY": "retcode 0 4",
    "P_CONN_ST_CHG_REPLY": "retcode 0 4",
    "P_COMPRESSED_BITMAP": "encoding 0 1",
    "P_DATA": WRITE,
    "P_TRIM": f"{WRITE}, size 24 4",
    "P_ZEROES": f"{WRITE}, size 24 4",
    "P_WSAME": f"{WRITE}, size 24 4",
    "P_BARRIER": "barrier 0 4, pad 4 4",
    "P_BARRIER_ACK": "barrier 0 4, set_size 4 4",
    "P_OUT_OF_SYNC": "sector 0 8, size 8 4, pad 12 4",
    "P_DATA_REQUEST": BLOCK_REQUEST,
    "P_RS_DATA_REQUEST": BLOCK_REQUEST,
    "P_RS_THIN_REQ": BLOCK_REQUEST,
    "P_CSUM_RS_REQUEST": BLOCK_REQUEST,
    "P_OV_REQUEST": BLOCK_REQUEST,
    "P_OV_REPLY": BLOCK_REQUEST,
    "P_DATA_REPLY": WRITE,
    "P_RS_DATA_REPLY": WRITE,
    "P_RS_DEALLOCATED": "sector 0 8, size 8 4, pad 12 4",
    "P_RECV_ACK": BLOCK_ACK,
    "P_WRITE_ACK": BLOCK_ACK,
    "P_RS_WRITE_ACK": BLOCK_ACK,
    "P_SUPERSEDED": BLOCK_ACK,
    "P_RETRY_WRITE": BLOCK_ACK,
    "P_NEG_ACK": BLOCK_ACK,
    "P_NEG_DREPLY": BLOCK_ACK,
    "P_NEG_RS_DREPLY": BLOCK_ACK,
    "P_RS_IS_IN_SYNC": BLOCK_ACK,
    "P_RS_CANCEL": BLOCK_ACK,
    "P_OV_RESULT": BLOCK_ACK,
    "P_DELAY_PROBE": "seq_num 0 4, offset 4 4",
    "Superblock": (  # metadata 1.2
        "last_agreed_size 0 8, current_uuid 8 8, bitmap_uuid 16 8, younger_history_uuid 24 8,"
        " older_history_uuid 32 8, device_uuid 40 8, reserved 48 8, flags 56 4, magic 60 4,"
        " metadata_size 64 4, al_offset 68 4, al_extents 72 4, bitmap_offset 76 4,"
        " bytes_per_bit 80 4, last_peer_max_io_size 84 4, al_stripes 88 4, al_stripe_size 92 4,"
        " rest 96 4000"
    ),
    "ActivityLogBlock": (  # metadata 3.3
        "magic 0 4, transaction_number 4 4, checksum 8 4, block_type 12 2, update_count 14 2,"
        " context_size 16 2, context_start 18 2, reserved 20 16, update_slots 36 128,"
        " update_extents 164 256, context 420 3676"
    ),
}
"""Name, offset and width in bytes of each field that has a published place."""

STATE_MASKS: Final = {  # wire 5.10
    "role": 0x00000003,
    "peer": 0x0000000C,
    "conn": 0x000001F0,
    "disk": 0x00001E00,
    "pdsk": 0x0001E000,
    "susp": 0x00020000,
    "aftr_isp": 0x00040000,
    "peer_isp": 0x00080000,
    "user_isp": 0x00100000,
    "susp_nod": 0x00200000,
    "susp_fen": 0x00400000,
    "unused": 0xFF800000,
}

NUMBERS: Final = {
    "Features": "TRIM 1, THIN_RESYNC 2, WSAME 4, WZEROES 8",  # wire 3.4
    "ReplicationProtocol": "A 1, B 2, C 3",  # wire 5.1
    "SplitBrainPolicy": (
        "DISCONNECT 0, DISCARD_YOUNGER_PRIMARY 1, DISCARD_OLDER_PRIMARY 2, DISCARD_ZERO_CHANGES 3,"
        " DISCARD_LEAST_CHANGES 4, DISCARD_LOCAL 5, DISCARD_REMOTE 6, CONSENSUS 7,"
        " DISCARD_SECONDARY 8, CALL_PRI_LOST_AFTER_SB 9, VIOLENTLY_AS0P 10"
    ),
    "ConnFlags": "DISCARD_MY_DATA 1, DRY_RUN 2",
    "DdsFlags": "FORCED 1, NO_RESYNC 2",  # wire 5.4
    "UuidFlags": (  # wire 5.5
        "DISCARD_MY_DATA 1, CRASHED_PRIMARY 2, INCONSISTENT 4, SKIP_INITIAL_SYNC 8"
    ),
    "ReturnCode": (  # wire 5.12
        "SS_CW_NO_NEED 4, SS_CW_SUCCESS 3, SS_NOTHING_TO_DO 2, SS_SUCCESS 1, SS_UNKNOWN_ERROR 0,"
        " SS_TWO_PRIMARIES -1, SS_NO_UP_TO_DATE_DISK -2, SS_NO_LOCAL_DISK -4,"
        " SS_NO_REMOTE_DISK -5, SS_CONNECTED_OUTDATES -6, SS_PRIMARY_NOP -7,"
        " SS_RESYNC_RUNNING -8, SS_ALREADY_STANDALONE -9, SS_CW_FAILED_BY_PEER -10,"
        " SS_IS_DISKLESS -11, SS_DEVICE_IN_USE -12, SS_NO_NET_CONFIG -13, SS_NO_VERIFY_ALG -14,"
        " SS_NEED_CONNECTION -15, SS_LOWER_THAN_OUTDATED -16, SS_NOT_SUPPORTED -17,"
        " SS_IN_TRANSIENT_STATE -18, SS_CONCURRENT_ST_CHG -19, SS_O_VOL_PEER_PRI -20,"
        " SS_OUTDATE_WO_CONN -21"
    ),
    "BitmapCoding": "RLE_VLI 2",  # wire 6.3
    "DpFlags": (  # wire 7.2
        "HARDBARRIER 0x001, RW_SYNC 0x002, MAY_SET_IN_SYNC 0x004, UNPLUG 0x008, FUA 0x010,"
        " FLUSH 0x020, DISCARD 0x040, SEND_RECEIVE_ACK 0x080, SEND_WRITE_ACK 0x100, WSAME 0x200,"
        " ZEROES 0x400"
    ),
    "SpecialBlockId": "ID_SYNCER 0xFFFFFFFFFFFFFFFF",  # wire 9.3
    "VerifyResult": "IN_SYNC 4711, OUT_OF_SYNC 4712",  # wire 10
    "SuperblockMagic": "CLEAN 0x8374026B, UNCLEAN 0x8374026C",  # metadata 1.3
    "SuperblockFlags": (  # metadata 1.4
        "MDF_CONSISTENT 0x001, MDF_PRIMARY_IND 0x002, MDF_CONNECTED_IND 0x004,"
        " MDF_FULL_SYNC 0x008, MDF_WAS_UP_TO_DATE 0x010, MDF_PEER_OUT_DATED 0x020,"
        " MDF_CRASHED_PRIMARY 0x040, MDF_AL_CLEAN 0x080, MDF_AL_DISABLED 0x100"
    ),
    "ActivityLogType": "UPDATE 0x0000, INITIALISED 0xFFFF",  # metadata 3.5
}

MAGICS: Final = {
    "Header80": 0x83740267,
    "Header95": 0x835A,
    "Header100": 0x8620EC20,
    "ActivityLogBlock": 0x69CB65A2,
}

SOCKETS: Final = {"data": DATA_SOCKET, "meta": META_SOCKET}
ALL: Final = tuple({line.name: line for line in (*DATA_SOCKET, *META_SOCKET)}.values())
by_name = pytest.mark.parametrize("line", ALL, ids=lambda line: line.name)


def _rows(table: str) -> list[tuple[str, ...]]:
    return [tuple(row.split()) for row in table.split(", ")]


@by_name
def test_packet_has_its_published_number(line: Published, layouts: Layouts) -> None:
    """A packet's number is the published one."""
    assert layouts[line.name].number == line.number


@by_name
def test_packet_has_its_published_fixed_part(line: Published, layouts: Layouts) -> None:
    """A packet's fields add up to the published fixed part, and the drawing says so."""
    layout = layouts[line.name]
    assert (layout.fixed, layout.fixed_size) == (line.fixed, line.fixed)


@by_name
def test_packet_is_sent_since_the_published_version(line: Published, layouts: Layouts) -> None:
    """A packet is gated by the published version or by the published feature, never by both."""
    layout = layouts[line.name]
    gate = (None, line.since) if isinstance(line.since, str) else (line.since, "")
    assert (layout.since, layout.feature) == gate


@pytest.mark.parametrize("socket", SOCKETS)
def test_packets_travel_on_their_published_sockets(socket: str, layouts: Layouts) -> None:
    """Each socket carries the packets of its published table and no others."""
    drawn = {it.name for it in layouts.values() if socket in it.sockets and not it.obsolete}
    assert drawn == {line.name for line in SOCKETS[socket]}


def test_no_other_number_is_a_packet(layouts: Layouts) -> None:
    """Every drawn packet is in the published tables."""
    drawn = {it.name: it.number for it in layouts.values() if it.kind == "packet"}
    assert drawn == {line.name: line.number for line in ALL} | OBSOLETE


def test_obsolete_packets_are_numbers_only(layouts: Layouts) -> None:
    """The two obsolete packets are marked as such and have no fields."""
    assert {it.name for it in layouts.values() if it.obsolete} == set(OBSOLETE)
    assert not any(layouts[name].fields for name in OBSOLETE)


def test_sync_param_ends_where_sync_param89_begins(layouts: Layouts) -> None:
    """P_SYNC_PARAM is sent up to version 88, and it is the only packet with such an end."""
    packets = [it for it in layouts.values() if it.kind == "packet"]
    assert {it.name: it.until for it in packets if it.until} == {"P_SYNC_PARAM": 88}


@pytest.mark.parametrize("name", FIELDS)
def test_fields_lie_at_their_published_offsets(name: str, layouts: Layouts) -> None:
    """Name, offset and width of each field that has a place are the published ones."""
    fields = [field for field in layouts[name].fields if field.width is not None]
    drawn = [(it.name, it.offset, it.width) for it in fields]
    assert drawn == [(field, int(at), int(width)) for field, at, width in _rows(FIELDS[name])]


def test_every_place_is_published(layouts: Layouts) -> None:
    """Nothing with a place is drawn that the tables above leave out."""
    drawn = {it.name for it in layouts.values() if any(field.width for field in it.fields)}
    drawn = {name for name in drawn if not name.startswith("Nbd")}  # test_published_nbd.py
    assert drawn - set(FIELDS) == {"P_AUTH_CHALLENGE"}  # 64 bytes, and those that may follow


def test_state_word_is_cut_as_published(layouts: Layouts) -> None:
    """Each piece of the state word covers its published mask."""
    pieces = layouts["StateWord"].pieces
    assert {it.name: (1 << it.width) - 1 << it.shift for it in pieces} == STATE_MASKS


def test_bitmap_encoding_is_cut_as_published(layouts: Layouts) -> None:
    """Each piece of the encoding byte covers its published mask (wire 6.3)."""
    masks = [(1 << it.width) - 1 << it.shift for it in layouts["BitmapEncoding"].pieces]
    assert masks == [0x0F, 0x70, 0x80]


@pytest.mark.parametrize("name", NUMBERS)
def test_named_numbers_are_the_published_ones(name: str, layouts: Layouts) -> None:
    """Each flag and each value has its published number."""
    drawn = {it.name: it.number for it in layouts[name].constants}
    assert drawn == {constant: int(number, 0) for constant, number in _rows(NUMBERS[name])}


@pytest.mark.parametrize("name", MAGICS)
def test_magic_is_the_only_one_accepted(name: str, layouts: Layouts) -> None:
    """A header and a block of the activity log insist on their published magic."""
    magic = layouts[name].fields[0]
    assert (magic.name, magic.default, magic.required) == ("magic", MAGICS[name], True)
