"""Every layout as bytes: round trips, refusals, and the worked examples of the reference."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from typing import Any, cast, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated.layouts.activity_log import ActivityLogBlock
from generated.layouts.bitmap import P_COMPRESSED_BITMAP, BitmapEncoding
from generated.layouts.codec import Layout, LayoutError, Packet, Word
from generated.layouts.commands import Command
from generated.layouts.configuration import P_PROTOCOL, P_SIZES, P_SYNC_PARAM89
from generated.layouts.handshake import P_CONNECTION_FEATURES
from generated.layouts.headers import Header80, Header95, Header100
from generated.layouts.packets import DATA_SOCKET, META_SOCKET
from generated.layouts.state import P_CONN_ST_CHG_REQ, P_STATE, StateWord
from generated.layouts.superblock import Superblock
from generated.layouts.write import P_DATA, DpFlags

PACKETS = sorted({*DATA_SOCKET.values(), *META_SOCKET.values()}, key=lambda it: it.__name__)
LAYOUTS: list[type[Layout]] = [
    *PACKETS,
    Header80,
    Header95,
    Header100,
    Superblock,
    ActivityLogBlock,
]

UNSIGNED = {"u8": 8, "u16": 16, "u32": 32, "u64": 64, "cookie32": 32, "cookie64": 64}


def element(name: str) -> st.SearchStrategy[int]:
    """Numbers that fit into a type."""
    if name == "s32":
        return st.integers(-(1 << 31), (1 << 31) - 1)
    return st.integers(0, (1 << UNSIGNED[name]) - 1)


def value_of(type_name: str, hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field, by the type that the drawing gives it."""
    base, _, count = type_name.removesuffix("?").removesuffix("]").partition("[")
    if base in ("digest", "bytes") and not count:
        return st.binary(max_size=24)
    if base == "bytes":
        return st.binary(min_size=int(count), max_size=int(count))
    if base == "char":
        return st.binary(max_size=int(count)).map(lambda text: text.rstrip(b"\0"))
    if count:
        return st.tuples(*[element(base)] * int(count))
    if base in UNSIGNED or base == "s32":
        return element(base)
    inner = next(it for it in getattr(hint, "__args__", (hint,)) if it is not type(None))
    made = word_of(inner) if issubclass(inner, Word) else layout_of(inner)
    return st.none() | made if type_name.endswith("?") else made


def layout_of(kind: type[Layout]) -> st.SearchStrategy[Any]:
    """Objects of a layout."""
    hints = get_type_hints(kind)
    types = {field.name: field.type for field in kind.FIELDS}
    values = {it.name: value_of(types[it.name], hints[it.name]) for it in fields(cast("Any", kind))}
    return st.builds(kind, **values)


def word_of(kind: type[Word]) -> st.SearchStrategy[Any]:
    """Objects of a word."""
    return st.integers(0, (1 << 8 * kind.SIZE) - 1).map(kind.from_word)


@pytest.mark.parametrize("kind", LAYOUTS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_what_is_packed_is_unpacked(kind: type[Layout], data: st.DataObject) -> None:
    """Packing and unpacking at any offset give the same object, and the size that was announced."""
    value = data.draw(layout_of(kind))
    digest_size = len(getattr(value, "digest", b"")) if "digest" in _types(kind) else 0
    offset = data.draw(st.integers(0, 8))
    buffer = bytearray(offset + value.packed_size)
    assert value.pack_into(buffer, offset) == len(buffer)
    read = kind.unpack_from(buffer, offset, value.packed_size, digest_size=digest_size)
    assert read == value
    assert read.pack() == bytes(buffer[offset:])


def _types(kind: type[Layout]) -> list[str]:
    return [field.type for field in kind.FIELDS]


@pytest.mark.parametrize("kind", LAYOUTS, ids=lambda kind: kind.__name__)
@given(data=st.binary(max_size=200), offset=st.integers(0, 8), digest_size=st.integers(0, 64))
def test_hostile_bytes_give_an_object_or_a_sentence(
    kind: type[Layout], data: bytes, offset: int, digest_size: int
) -> None:
    """Whatever the bytes, the outcome is a layout that packs to them again, or LayoutError."""
    value = None
    with suppress(LayoutError):
        value = kind.unpack_from(data, offset, digest_size=digest_size)
    if value is not None:
        assert value.pack() == data[offset : offset + value.packed_size]


@pytest.mark.parametrize("kind", LAYOUTS, ids=lambda kind: kind.__name__)
def test_a_byte_too_few_or_too_many_is_refused(kind: type[Layout]) -> None:
    """A packet's length decides; fixed sizes must be met exactly, open ends only reached."""
    with pytest.raises(LayoutError):
        kind.unpack_from(bytes(kind.FIXED_SIZE), 1, kind.FIXED_SIZE)
    closed = kind.FIXED_SIZE == 0 or not any(it.offset is None for it in kind.FIELDS)
    closed = closed and not {"bytes", "digest"} & set(_types(kind))
    if closed and not any(it.endswith("?") for it in _types(kind)):
        with pytest.raises(LayoutError, match=f"^{kind.__name__} has {kind.FIXED_SIZE} bytes"):
            kind.unpack_from(bytes(kind.FIXED_SIZE + 1), 0, kind.FIXED_SIZE + 1)


def test_the_data_of_a_write_is_a_view_and_no_copy() -> None:
    """Unpacking P_DATA leaves the payload where it arrived."""
    buffer = bytearray(24 + 4 + 512)
    packet = P_DATA.unpack_from(buffer, digest_size=4)
    buffer[28] = 0xFF
    assert isinstance(packet.data, memoryview)
    assert packet.data[0] == 0xFF
    assert len(packet.digest) == 4
    assert len(packet.data) == 512


def test_the_worked_write_of_the_reference() -> None:
    """Header and packet of wire 14.2, byte for byte."""
    header = Header100(volume=0, command=Command.P_DATA, length=4120)
    assert header.pack().hex(" ") == "86 20 ec 20 00 00 00 00 00 00 10 18 00 00 00 00"
    flags = DpFlags.SEND_WRITE_ACK | DpFlags.RW_SYNC
    packet = P_DATA(2048, 0x0807060504030201, 1, flags, b"", bytes(4096))
    expected = "00 00 00 00 00 00 08 00 08 07 06 05 04 03 02 01 00 00 00 01 00 00 01 02"
    assert packet.pack()[:24].hex(" ") == expected
    assert packet.packed_size == 4120


@pytest.mark.parametrize(
    ("packet", "payload"),
    [
        (
            P_CONNECTION_FEATURES(protocol_min=86, feature_flags=15, protocol_max=101),
            "00000056 0000000f 00000065 00000000" + "00" * 56,
        ),
        (P_PROTOCOL(3, 0, 0, 0, 0, 0, b"\0"), "00000003" + "00" * 20 + "00"),
        (P_STATE(StateWord.from_word(0x0000D081)), "0000d081"),
        (
            P_CONN_ST_CHG_REQ(StateWord(conn=31), StateWord(conn=1)),
            "000001f0 00000010",
        ),
        (
            P_COMPRESSED_BITMAP(BitmapEncoding.from_word(0x62), bytes.fromhex("e38df05900")),
            "62 e3 8d f0 59 00",
        ),
    ],
    ids=lambda it: type(it).__name__ if isinstance(it, Packet) else "",
)
def test_worked_examples_of_the_reference(packet: Packet, payload: str) -> None:
    """The packets of wire 14.1, 14.3 and 6.4, byte for byte, in both directions."""
    data = bytes.fromhex(payload)
    assert packet.pack() == data
    assert type(packet).unpack_from(data, 0, len(data)) == packet


def test_the_primarys_first_state() -> None:
    """0x0000D081 is Primary, Unknown, WFConnection, UpToDate, DUnknown (wire 14.1)."""
    word = StateWord.from_word(0x0000D081)
    assert (word.role, word.peer, word.conn, word.disk, word.pdsk) == (1, 0, 8, 8, 6)
    shown = [it.symbols(getattr(word, it.name)) for it in StateWord.FIELDS if it.symbols]
    assert shown == ["Primary", "Unknown", "WFConnection", "UpToDate", "DUnknown"]


def test_a_piece_that_is_too_large_does_not_spill() -> None:
    """A role of 4 would become the peer's role; it is refused."""
    with pytest.raises(LayoutError, match="role has 2 bits, 4 needs more"):
        _ = StateWord(role=4).word


def test_optional_parts_are_there_when_bytes_are_left() -> None:
    """P_SIZES has 32 or 56 bytes, P_SYNC_PARAM89 132 or 148, nothing between."""
    assert P_SIZES.unpack_from(bytes(32)).pack() == bytes(32)
    assert P_SIZES.unpack_from(bytes(56)).packed_size == 56
    assert P_SYNC_PARAM89.unpack_from(bytes(132)).packed_size == 132
    assert P_SYNC_PARAM89.unpack_from(bytes(148)).packed_size == 148
    for kind, size in ((P_SIZES, 40), (P_SYNC_PARAM89, 140)):
        with pytest.raises(LayoutError):
            kind.unpack_from(bytes(size))


@pytest.mark.parametrize(
    "make",
    [
        lambda: P_SYNC_PARAM89(0, bytes(65), b"").pack(),
        lambda: P_CONNECTION_FEATURES(86, 15, 101, reserved=b"").pack(),
    ],
)
def test_bytes_that_do_not_fit_are_refused(make: Callable[[], bytes]) -> None:
    """A name longer than its field, or reserved bytes of another size, never go on the wire."""
    with pytest.raises(LayoutError):
        make()


def test_a_wrong_magic_is_refused() -> None:
    """The sentence names the field, what was found and what was wanted."""
    with pytest.raises(LayoutError, match="magic is 0x0, not 0x83740267"):
        Header80.unpack_from(bytes(8))


def test_flags_are_plain_numbers_with_names() -> None:
    """Masking costs no more than on int, and every bit has its name; unknown bits show."""
    assert type(0x30 & DpFlags.FUA) is int
    assert DpFlags.describe(0x30) == "FUA|FLUSH"
    assert DpFlags.describe(0) == "0"
    assert DpFlags.describe(0x8001) == "HARDBARRIER|0x8000"


def test_sockets_know_their_packets() -> None:
    """A number means one packet on each socket; both know the obsolete probe."""
    assert DATA_SOCKET[0x00] is P_DATA
    assert DATA_SOCKET[0x27] is META_SOCKET[0x27]
    assert 0x05 not in DATA_SOCKET
    for socket in (DATA_SOCKET, META_SOCKET):
        for number, kind in socket.items():
            assert number == kind.COMMAND
