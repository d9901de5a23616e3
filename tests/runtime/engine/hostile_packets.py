"""Packets that are well formed and make no sense: every kind, with values that hurt most."""

from collections.abc import Container, Mapping
from dataclasses import Field, fields
from typing import Any, Final

from hypothesis import strategies as st

from generated.layouts.bitmap import BitmapCoding, BitmapEncoding
from generated.layouts.codec import Packet
from generated.layouts.configuration import P_PROTOCOL_UPDATE, ResyncController
from generated.layouts.packets import DATA_SOCKET, META_SOCKET
from generated.layouts.requests import SpecialBlockId
from generated.layouts.state import StateWord
from runtime.engine.handshake import DATA_LIMITS_AFTER_HANDSHAKE, META_LIMITS_AFTER_HANDSHAKE
from runtime.wire.framing import ANY_LIMITS
from tests.runtime.engine.scripted_peer import (
    ALL_BITS,
    JUST_CREATED,
    LIMITS,
    SYNCED_UUID,
)
from tests.simulation.node import VOLUME_SECTORS

Strategy = st.SearchStrategy[Any]


def _word(most: int, *likely: int) -> Strategy:
    """A number of a field, mostly one that means something."""
    return st.sampled_from(likely) | st.integers(0, most)


HALF: Final = (1 << 16) - 1
WORD: Final = (1 << 32) - 1
LONG: Final = (1 << 64) - 1

SECTORS: Final = _word(LONG, 0, 8, 8, 8, 7, 4096, VOLUME_SECTORS - 8, VOLUME_SECTORS, LONG)
SIZES_BYTES: Final = _word(WORD, 4096, 4096, 0, 512, 511, 1 << 20, 1 << 27, WORD - 511, WORD)
COUNTS: Final = _word(WORD, 0, 1, 2, 3, ALL_BITS, WORD)
UUIDS: Final = _word(LONG, 0, 1, JUST_CREATED, SYNCED_UUID, SYNCED_UUID + 1, LONG)
CAPACITIES: Final = _word(
    LONG, VOLUME_SECTORS, VOLUME_SECTORS, 0, 1, 8, VOLUME_SECTORS - 1, VOLUME_SECTORS + 8, LONG
)
STATE_WORDS: Final = st.builds(
    StateWord,
    role=st.integers(0, 3),
    peer=st.integers(0, 3),
    conn=st.integers(0, 31),
    disk=st.integers(0, 15),
    pdsk=st.integers(0, 15),
    aftr_isp=st.integers(0, 1),
    peer_isp=st.integers(0, 1),
    user_isp=st.integers(0, 1),
)
BLOCKS: Final = st.sampled_from((bytes(4096), b"", bytes(512), bytes(511), b"x" * 8192))
TARGETS: Final = st.sampled_from((1, 100, WORD))
FEW_BYTES: Final = st.binary(max_size=12)
NAMES: Final = st.sampled_from((b"", b"sha256", b"no hash", b"x" * 64, b"\xff\0x"))
BLOCK_IDS: Final = _word(LONG, 0, SpecialBlockId.ID_SYNCER, 1, 4711, 4712)

FIELDS: Final[Mapping[str, Strategy]] = {
    "sector": SECTORS,
    "block_id": BLOCK_IDS,
    "seq_num": COUNTS,
    "blksize": SIZES_BYTES,
    "size": SIZES_BYTES,
    "dp_flags": _word(WORD, 0, 1, 2, 4, 32, 64, 128, 256, WORD),
    "digest": st.sampled_from((b"", b"", bytes(16), bytes(20), b"x" * 64)),
    "data": BLOCKS,
    "block": st.sampled_from((bytes(512), b"", bytes(4096), b"odd")),
    "barrier": COUNTS,
    "set_size": COUNTS,
    "bitmap": st.sampled_from((b"", bytes(-(-ALL_BITS // 64) * 8), bytes(8), b"\xff" * 4080)),
    "encoding": st.builds(
        BitmapEncoding,
        coding=_word(15, BitmapCoding.RLE_VLI),
        pad_bits=st.integers(0, 7),
        first_run=st.integers(0, 1),
    ),
    "code": FEW_BYTES | st.binary(max_size=300),
    "protocol": _word(WORD, 3, 3, 3, 1, 2),
    "after_sb_0p": _word(WORD, 0, 0, 0, 5),
    "after_sb_1p": _word(WORD, 0, 0, 0, 6),
    "after_sb_2p": _word(WORD, 0, 0, 0),
    "conn_flags": _word(WORD, 0, 0, 1, 2),
    "two_primaries": _word(WORD, 0, 0, 0, 1),
    "integrity_alg": st.sampled_from((b"\0", b"\0", b"", b"sha1\0", b"x" * 64)),
    "resync_rate": st.sampled_from((40, 250, WORD)),
    "verify_alg": NAMES,
    "csums_alg": NAMES,
    "controller": st.none() | st.builds(ResyncController, COUNTS, TARGETS, TARGETS, COUNTS),
    "d_size": CAPACITIES,
    "u_size": CAPACITIES | st.just(0),
    "c_size": CAPACITIES,
    "max_bio_size": COUNTS,
    "queue_order_type": COUNTS.map(lambda it: it & HALF),
    "dds_flags": _word(HALF, 0),
    "queue_limits": st.sampled_from((LIMITS, LIMITS, None)),
    "current_uuid": UUIDS,
    "bitmap_uuid": UUIDS,
    "younger_history_uuid": UUIDS,
    "older_history_uuid": UUIDS,
    "bits_set": _word(LONG, 0, ALL_BITS, LONG),
    "uuid_flags": _word(LONG, 0, 1, 2, 4, 8, 15),
    "sync_uuid": UUIDS,
    "protocol_min": _word(WORD, 86, 101),
    "protocol_max": _word(WORD, 101, 86, 0),
    "feature_flags": COUNTS,
    "challenge": st.just(bytes(64)),
    "excess": FEW_BYTES,
    "response": st.binary(max_size=64),
    "offset": COUNTS,
    "state": STATE_WORDS,
    "mask": STATE_WORDS,
    "val": STATE_WORDS,
    "retcode": st.sampled_from((1, 2, 0, -1, -10, -19)) | st.integers(-(1 << 31), (1 << 31) - 1),
}
"""What is tried in each field, by its name."""


MILD_FIELDS: Final[Mapping[str, Strategy]] = {
    **FIELDS,
    "sector": st.sampled_from((0, 8, 16, 64, 4096, VOLUME_SECTORS - 8)),
    "block_id": st.sampled_from((0, 1, 2, 3)),
    "seq_num": st.integers(0, 3),
    "digest": st.sampled_from((b"", b"", bytes(16))),
    "blksize": st.sampled_from((4096, 4096, 512, 8192, 32768)),
    "size": st.sampled_from((4096, 4096, 512, 0, 32768, 1 << 20)),
    "dp_flags": st.integers(0, 511),
    "data": st.sampled_from((bytes(4096), bytes(4096), b"y" * 512, bytes(8192))),
    "block": st.just(bytes(512)),
    "barrier": st.integers(0, 3),
    "set_size": st.integers(0, 3),
    "bitmap": st.sampled_from((b"", bytes(-(-ALL_BITS // 64) * 8))),
    "protocol": st.just(3),
    "after_sb_0p": st.just(0),
    "after_sb_1p": st.just(0),
    "after_sb_2p": st.just(0),
    "conn_flags": st.sampled_from((0, 0, 1, 2)),
    "two_primaries": st.just(0),
    "integrity_alg": st.just(b"\0"),
    "verify_alg": st.just(b""),
    "csums_alg": st.just(b""),
    "resync_rate": st.just(250),
    "controller": st.just(ResyncController(20, 10, 100, 102400)),
    "d_size": st.sampled_from((VOLUME_SECTORS, VOLUME_SECTORS, 0, VOLUME_SECTORS - 8)),
    "u_size": st.sampled_from((0, 0, VOLUME_SECTORS, VOLUME_SECTORS - 16)),
    "c_size": st.sampled_from((VOLUME_SECTORS, VOLUME_SECTORS, 0)),
    "queue_limits": st.just(LIMITS),
    "current_uuid": st.sampled_from((SYNCED_UUID, JUST_CREATED, 0, SYNCED_UUID + 2)),
    "bitmap_uuid": st.sampled_from((0, SYNCED_UUID, JUST_CREATED)),
    "state": st.builds(
        StateWord,
        role=st.sampled_from((1, 2, 2, 2)),
        peer=st.sampled_from((1, 2, 0)),
        conn=st.sampled_from([*range(8, 24)]),
        disk=st.sampled_from([0, *range(3, 9), 8, 8]),
        pdsk=st.sampled_from([0, *range(3, 9)]),
        peer_isp=st.integers(0, 1),
        user_isp=st.integers(0, 1),
    ),
    "retcode": st.sampled_from((1, 2, -1, -10)),
}
"""What passes the first checks, by its name."""
ONCE_AGREED: Final = set(DATA_LIMITS_AFTER_HANDSHAKE) | set(META_LIMITS_AFTER_HANDSHAKE)


def packets_of(kind: type[Packet], parts: Mapping[str, Strategy]) -> Strategy:
    """Packets of one kind that a header can announce."""
    used = {it.name: parts[it.name] for it in _fields_of(kind) if it.name in parts}
    if kind is P_PROTOCOL_UPDATE:  # what it tells stays, and that is no damage
        used |= {"protocol": st.sampled_from((3, 3, 0, 4)), "two_primaries": st.just(0)}
    most = ANY_LIMITS[kind.COMMAND].most
    return st.builds(kind, **used).filter(lambda packet: packet.packed_size <= most)


def _fields_of(kind: Any) -> tuple[Field[Any], ...]:
    return fields(kind)


VOLUMES: Final = st.sampled_from((0, 0, 0, 0, 0, 0, 1, 65535))
PAUSES_S: Final = st.sampled_from((0.0, 0.0, 0.002, 0.2))

Step = tuple[str, Packet, int, float]
"""Socket, packet, volume, and how long it is quiet behind it."""
Steps = st.SearchStrategy[list[Step]]


def _steps(parts: Mapping[str, Strategy], volumes: Strategy, commands: Container[int]) -> Steps:
    """Packets on both sockets, in any order."""
    sockets = [
        st.tuples(
            st.just(socket),
            st.one_of([packets_of(it, parts) for it in known.values() if it.COMMAND in commands]),
            volumes,
            PAUSES_S,
        )
        for socket, known in (("data", DATA_SOCKET), ("meta", META_SOCKET))
    ]
    return st.lists(st.one_of(sockets), max_size=12)


WILD_STEPS: Final = _steps(FIELDS, VOLUMES, ANY_LIMITS)
MILD_STEPS: Final = _steps(MILD_FIELDS, st.just(0), ONCE_AGREED)
