"""Blocks of the activity log have the published bytes, and a ring tells exactly what was hot."""

from typing import Final

import pytest

from generated.layouts.activity_log import ActivityLogBlock
from runtime.metadata.placement import Striping
from runtime.metadata.transactions import (
    INITIALISED,
    NO_EXTENT,
    Transaction,
    block_position,
    checksum,
    read_ring,
    unpacked,
)

EMPTY: Final = (NO_EXTENT,) * 919


def transaction(number: int, *updates: tuple[int, int], context: tuple[int, ...] = ()) -> bytes:
    """A block of a log of no more slots than it names."""
    return Transaction(number, updates, slot_count=0, context=context).pack()


def ring(*blocks: bytes) -> bytes:
    """The bytes of a ring of 8 blocks that begins with these."""
    return b"".join(blocks) + INITIALISED * (8 - len(blocks))


def test_the_checksum_is_begun_with_0_and_not_inverted() -> None:
    """The published check value of CRC-32C in this form comes out."""
    assert checksum(bytes(12) + b"123456789") == 0x58E3FA20


def test_an_initialised_block_has_the_published_bytes() -> None:
    """Magic, checksum and type, and zeros."""
    start = bytes.fromhex("69cb65a200000000709cc651ffff0000")
    assert start.ljust(4096, b"\0") == INITIALISED


def test_transactions_have_the_published_bytes() -> None:
    """Both published blocks come out, with their checksums."""
    first = Transaction(0, ((1236, 3),), slot_count=1237, context=EMPTY).pack()
    start = "69cb65a200000000dae48a140000000104d5000000000000000000000000000000000000"
    assert first[:40] == bytes.fromhex(start + "04d4ffff")
    assert first[164:168] == bytes.fromhex("00000003")
    context = (*EMPTY[:317], 3)
    second = Transaction(1, ((1235, 260), (1234, 7)), 1237, 919, context).pack()
    start = "69cb65a200000001c654f3e70000000204d5039700000000000000000000000000000000"
    assert second[:40] == bytes.fromhex(start + "04d304d2")
    assert read_ring(ring(first, second), Striping()).hot_extents == (3, 7, 260)


def test_a_block_with_any_bit_flipped_does_not_count() -> None:
    """The checksum covers every byte, and the magic is looked at as well."""
    good = transaction(5, (1, 2))
    assert unpacked(good) == ActivityLogBlock.unpack_from(good)
    for bit in range(0, 4096 * 8, 37):
        damaged = bytearray(good)
        damaged[bit // 8] ^= 1 << bit % 8
        assert unpacked(bytes(damaged)) is None


def test_stripes_are_filled_in_turns() -> None:
    """Transactions go to the places of the published example."""
    places = [block_position(number, Striping(4, 8)) for number in (0, 1, 2, 3, 4, 5, 40)]
    assert places == [0, 8, 16, 24, 1, 9, 2]
    assert sorted(block_position(it, Striping(3, 5)) for it in range(15)) == list(range(15))


@pytest.mark.parametrize(
    ("blocks", "hot"),
    [
        ([], ()),
        ([transaction(0, (0, 3)), transaction(1, (0, 9), context=(3,))], (9,)),
        ([transaction(0, context=(5, 6, NO_EXTENT, 7))], (5, 6, 7)),
        ([transaction(0, (0, 10)), transaction(1, (0, NO_EXTENT), context=(10,))], ()),
        ([transaction(0, (0, 1), (1, 1))], (1,)),
        ([transaction(8, (0, 1)), transaction(9, (1, 2)), transaction(2, (2, 4))], (1, 2, 4)),
        ([transaction(0, (65533, 1), (65534, 2))], (1,)),
        ([transaction(0, (0, 1)), b"torn" * 1024, transaction(2, (1, 5))], (1, 5)),
    ],
)
def test_the_hot_extents_are_those_of_the_newest_state(
    blocks: list[bytes], hot: tuple[int, ...]
) -> None:
    """Contexts tell what was, updates what becomes, and later blocks win."""
    assert read_ring(ring(*blocks), Striping()).hot_extents == hot


@pytest.mark.parametrize("first", [0, (1 << 31) - 4, (1 << 32) - 4])
def test_numbers_wrap(first: int) -> None:
    """The newest transaction is found wherever its number stands."""
    blocks = [b""] * 8
    for number in range(first, first + 8):
        blocks[number % 8] = transaction(number % (1 << 32), (0, number - first))
    found = read_ring(b"".join(blocks), Striping())
    assert (found.hot_extents, found.newest_number) == ((7,), (first + 7) % (1 << 32))


def test_damage_is_counted() -> None:
    """Of a ring it is known how many blocks are damaged, and whether that is the first alone."""
    torn = b"torn" * 1024
    first = read_ring(ring(torn), Striping())
    assert (first.corrupt_count, first.is_only_first_corrupt, first.newest_number) == (
        1,
        True,
        None,
    )
    second = read_ring(ring(INITIALISED, torn), Striping())
    assert (second.corrupt_count, second.is_only_first_corrupt) == (1, False)
    assert read_ring(ring(), Striping()).is_initialised
    assert read_ring(ring(transaction(0)), Striping()).is_first_a_transaction
