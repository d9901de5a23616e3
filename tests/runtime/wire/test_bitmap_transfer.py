"""A bitmap goes over the wire in the very packets that the kernel sends (wire 6)."""

import random
from collections import defaultdict
from itertools import groupby
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generated.layouts.bitmap import P_BITMAP, P_COMPRESSED_BITMAP, BitmapEncoding
from generated.layouts.configuration import P_SIZES
from runtime.errors import PeerError
from runtime.metadata.bitmap import Bitmap
from runtime.metadata.bitmap_pages import PAGE_BITS
from runtime.wire.bitmap_transfer import (
    BitmapPacket,
    BitmapReceiver,
    packets,
    plain_packets,
    plain_size_bytes,
)
from tests.runtime.recorded import Recording, decoded, recordings
from tests.runtime.wire.test_bitmap_code import packed, plain_code

HEADER_SIZE_BYTES: Final = 16
EXAMPLES: Final = {  # wire 6.4: bits, ranges of set bits, payloads of P_COMPRESSED_BITMAP
    "1": (100, [(5, 20), (28, 1)], "62 E3 8D F0 59 00"),
    "2": (262144, [(0, 262144)], "B2 7F CF DE 03"),
    "3": (256001, [(0, 1), (4, 255997)], "E2 E4 8F D9 78 00"),
    "4": (64, [], "22 DF 03"),
}


def bitmap_of(bit_count: int, ranges: list[tuple[int, int]]) -> Bitmap:
    """A bitmap with these ranges set."""
    bitmap = Bitmap(bit_count)
    for first_bit, count in ranges:
        bitmap.set_range(first_bit=first_bit, bit_count=count)
    return bitmap


def content(bitmap: Bitmap) -> bytes:
    """All words."""
    return bytes(bitmap.words(first_word=0, word_count=bitmap.word_count))


def received(bit_count: int, sent: list[BitmapPacket]) -> Bitmap:
    """What a peer makes of packets, the last of which completes the transfer."""
    bitmap = Bitmap(bit_count)
    receiver = BitmapReceiver(bitmap, header_size_bytes=HEADER_SIZE_BYTES)
    for packet in sent:
        assert not receiver.is_complete
        receiver.take(packet)
    assert receiver.is_complete
    return bitmap


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_worked_examples(name: str) -> None:
    """The reference's bitmaps are the reference's bytes, in both directions."""
    bit_count, ranges, payload = EXAMPLES[name]
    bitmap = bitmap_of(bit_count, ranges)
    sent = list(packets(bitmap, header_size_bytes=HEADER_SIZE_BYTES))
    assert [packet.pack() for packet in sent] == [bytes.fromhex(payload)]
    unpacked = P_COMPRESSED_BITMAP.unpack_from(bytes.fromhex(payload))
    assert content(received(bit_count, [unpacked])) == content(bitmap)


def test_the_worked_example_that_is_shorter_in_plain_form() -> None:
    """Two bits are sent as a word, and an empty packet behind it ends the transfer."""
    bitmap = bitmap_of(2, [(0, 1)])
    sent = list(packets(bitmap, header_size_bytes=HEADER_SIZE_BYTES))
    assert [(type(it), it.pack()) for it in sent] == [
        (P_BITMAP, b"\1" + bytes(7)),
        (P_BITMAP, b""),
    ]


def test_plain_form_of_the_first_example() -> None:
    """A peer that knows no runs gets all words and an empty packet."""
    sent = plain_packets(bitmap_of(100, [(5, 20), (28, 1)]), header_size_bytes=8)
    assert [it.pack() for it in sent] == [bytes.fromhex("E0 FF FF 11") + bytes(12), b""]


@pytest.mark.parametrize(("header_size_bytes", "size_bytes"), [(16, 4080), (8, 4088)])
def test_plain_packets_have_the_size_that_fits_the_header(
    header_size_bytes: int, size_bytes: int
) -> None:
    """A plain packet fills a page together with its header, in whole words (wire 6.2)."""
    assert plain_size_bytes(header_size_bytes) == size_bytes
    sent = plain_packets(Bitmap(80000), header_size_bytes=header_size_bytes)
    sizes = [len(it.bitmap) for it in sent]
    assert sizes == [size_bytes, size_bytes, 10000 - 2 * size_bytes, 0]


def encoded_one_by_one(bits: list[bool]) -> list[tuple[type[BitmapPacket], bytes]]:
    """The packets of a bitmap by the encoding rules, one run at a time (wire 6.3)."""
    position, word, sent = 0, 0, list[tuple[type[BitmapPacket], bytes]]()
    words = sum(bit << number for number, bit in enumerate(bits)).to_bytes(len(bits) // 8 + 9)[::-1]
    size_bytes = (len(bits) + 63) // 64 * 8
    while position < len(bits):
        stream, covered = "", 0
        for _, group in groupby(bits[position:]):
            length = len(list(group))
            longer = stream + plain_code([length])
            if len(longer) > (4096 - HEADER_SIZE_BYTES - 1) * 8:
                break
            stream, covered = longer, covered + length
        code, pad_bits = packed(stream)
        if covered >= 8 * len(code):
            first = bits[position] << 7 | pad_bits << 4 | 2
            sent.append((P_COMPRESSED_BITMAP, bytes([first]) + code))
            position += covered
            word = position // 64
        else:
            plain = words[:size_bytes][word * 8 : word * 8 + 4080]
            sent.append((P_BITMAP, plain))
            word += len(plain) // 8
            position = min(word * 64, len(bits))
    if not sent or sent[-1][0] is P_BITMAP:
        sent.append((P_BITMAP, b""))
    return sent


@st.composite
def textures(draw: st.DrawFn) -> list[bool]:
    """Bits in stretches that are worth compressing, or not, of several packets together."""
    bits = list[bool]()
    for _ in range(draw(st.integers(0, 3))):
        count = draw(st.sampled_from([1, 63, 64, 3000, 33000]))
        random = draw(st.randoms(use_true_random=False))
        mean = draw(st.sampled_from([1, 2, 5, 60, 2000]))
        start, value = len(bits), draw(st.booleans())
        while len(bits) < start + count:
            bits += [value] * min(1 + random.randrange(2 * mean), start + count - len(bits))
            value = not value
    return bits


def bitmap_with(bits: list[bool]) -> Bitmap:
    """A bitmap of these bits."""
    bitmap = Bitmap(len(bits))
    word_count = bitmap.word_count
    number = int("".join("01"[bit] for bit in reversed(bits)) or "0", 2)
    bitmap.merge_words(first_word=0, words=number.to_bytes(word_count * 8, "little"))
    return bitmap


@given(textures())
def test_packets_are_those_of_the_rules(bits: list[bool]) -> None:
    """Where packets end, and which are plain, is as the encoding rules have it run by run."""
    sent = packets(bitmap_with(bits), header_size_bytes=HEADER_SIZE_BYTES)
    assert [(type(it), it.pack()) for it in sent] == encoded_one_by_one(bits)


@given(bits=textures(), is_plain=st.booleans())
def test_a_bitmap_arrives(bits: list[bool], *, is_plain: bool) -> None:
    """What was sent in either form is what the peer has afterwards."""
    bitmap = bitmap_with(bits)
    send = plain_packets if is_plain else packets
    sent: list[BitmapPacket] = list(send(bitmap, header_size_bytes=HEADER_SIZE_BYTES))
    assert content(received(len(bits), sent)) == content(bitmap)


@settings(max_examples=8)
@given(st.integers(0, 1 << 32), st.sampled_from([0.5, 0.7, 0.9]))
def test_many_pages_of_noise_arrive(seed: int, density: float) -> None:
    """Plain packets that end far behind all runs known so far leave the count of runs right."""
    chance = random.Random(seed)
    noise = [chance.random() < density for _ in range(3 * PAGE_BITS)]
    bits = noise + [False] * 5000 + [True] * 5000 + noise[:100]
    sent = list(packets(bitmap_with(bits), header_size_bytes=HEADER_SIZE_BYTES))
    assert content(received(len(bits), sent)) == content(bitmap_with(bits))


@given(textures(), st.integers(0, 100))
def test_what_arrives_is_added(bits: list[bool], count: int) -> None:
    """Bits that were set before stay set, and only new ones are counted."""
    mine = Bitmap(len(bits))
    mine.set_range(first_bit=0, bit_count=min(count, len(bits)))
    receiver = BitmapReceiver(mine, header_size_bytes=HEADER_SIZE_BYTES)
    sent = packets(bitmap_with(bits), header_size_bytes=HEADER_SIZE_BYTES)
    assert sum(receiver.take(packet) for packet in sent) == sum(bits[count:])
    assert mine.count == sum(bits[count:]) + min(count, len(bits))


@given(
    payload=st.binary(min_size=1, max_size=40),
    bit_count=st.integers(1, 5000),
    is_plain=st.booleans(),
)
def test_a_bad_packet_changes_nothing(payload: bytes, bit_count: int, *, is_plain: bool) -> None:
    """Whatever the peer sends is merged whole or not at all."""
    bitmap = bitmap_of(bit_count, [(0, 1)])
    before = content(bitmap)
    receiver = BitmapReceiver(bitmap, header_size_bytes=HEADER_SIZE_BYTES)
    layout = P_BITMAP if is_plain else P_COMPRESSED_BITMAP
    try:
        changed = receiver.take(layout.unpack_from(payload))
    except PeerError:
        changed = 0
        assert content(bitmap) == before
    assert bitmap.count == 1 + changed


@pytest.mark.parametrize(
    ("packet", "sentence"),
    [
        (P_BITMAP(b""), "P_BITMAP has 0 bytes where 16 come next"),
        (P_BITMAP(bytes(8)), "P_BITMAP has 8 bytes where 16 come next"),
        (P_BITMAP(bytes(24)), "P_BITMAP has 24 bytes where 16 come next"),
        (
            P_COMPRESSED_BITMAP(BitmapEncoding(1, 0, 0), b"\0"),
            "P_COMPRESSED_BITMAP has the coding 1, not 2",
        ),
        (
            P_COMPRESSED_BITMAP(BitmapEncoding(2, 0, 0), b""),
            "0 bytes less 0 bits hold no run length",
        ),
        (P_COMPRESSED_BITMAP(BitmapEncoding(2, 7, 0), b"\0"), "1 bytes less 7 bits hold no run"),
        (
            P_COMPRESSED_BITMAP(BitmapEncoding(2, 0, 1), b"\xff"),
            "the last run length of a bitmap is cut off after 8 bits",
        ),
        (
            P_COMPRESSED_BITMAP(BitmapEncoding(2, 2, 0), bytes.fromhex("DF 0D")),
            "the bitmap's runs are longer than the 100 bits that are left",
        ),
    ],
)
def test_a_packet_that_cannot_come_next_is_refused(packet: BitmapPacket, sentence: str) -> None:
    """The sentence says what was wrong, and nothing is merged."""
    bitmap = Bitmap(100)
    receiver = BitmapReceiver(bitmap, header_size_bytes=HEADER_SIZE_BYTES)
    with pytest.raises(PeerError, match=sentence):
        receiver.take(packet)
    assert bitmap.count == 0
    assert not receiver.is_complete


def test_nothing_follows_a_complete_transfer() -> None:
    """A packet behind the last one is the peer's fault."""
    receiver = BitmapReceiver(Bitmap(64), header_size_bytes=HEADER_SIZE_BYTES)
    receiver.take(P_COMPRESSED_BITMAP.unpack_from(bytes.fromhex("22 DF 03")))
    with pytest.raises(PeerError, match="followed by more"):
        receiver.take(P_BITMAP(b""))


def transfers(recording: Recording) -> list[tuple[int, list[BitmapPacket]]]:
    """The bitmaps that were sent: how many bits they have, and their packets."""
    found = list[tuple[int, list[BitmapPacket]]]()
    size_sectors = dict[object, int]()
    begun: defaultdict[object, list[BitmapPacket]] = defaultdict(list)
    for seen in decoded(recording.segments()).packets:
        volume = (seen.connection, seen.frame.volume)
        packet = seen.packet
        if isinstance(packet, P_SIZES):
            size_sectors[volume] = packet.c_size or packet.d_size
        if isinstance(packet, P_BITMAP | P_COMPRESSED_BITMAP):
            mine = begun[volume, seen.source]
            mine.append(packet)
            receiver = BitmapReceiver(Bitmap(-(-size_sectors[volume] // 8)), header_size_bytes=16)
            for it in mine:
                receiver.take(it)
            if receiver.is_complete:
                found.append((-(-size_sectors[volume] // 8), begun.pop((volume, seen.source))))
    assert not begun
    return found


RECORDED: Final = {
    recording.name: sent for recording in recordings() if (sent := transfers(recording))
}


@pytest.mark.parametrize("name", RECORDED)
def test_the_kernel_s_bitmaps_are_sent_again_as_the_kernel_sent_them(name: str) -> None:
    """Decoded and encoded again, recorded bitmaps are the same packets byte by byte."""
    for bit_count, sent in RECORDED[name]:
        bitmap = received(bit_count, sent)
        send = plain_packets if name.endswith("-plain") else packets
        again = send(bitmap, header_size_bytes=HEADER_SIZE_BYTES)
        assert [(type(it), it.pack()) for it in again] == [(type(it), it.pack()) for it in sent]


def test_both_forms_were_recorded() -> None:
    """The recordings have runs, words, and both in one transfer."""
    forms = {frozenset(type(it) for it in sent) for them in RECORDED.values() for _, sent in them}
    assert forms == {
        frozenset({P_COMPRESSED_BITMAP}),
        frozenset({P_BITMAP}),
        frozenset({P_BITMAP, P_COMPRESSED_BITMAP}),
    }
