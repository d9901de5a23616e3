"""Run lengths become bits and come back, as the code table of the protocol says (wire 6.3)."""

from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import PeerError
from runtime.wire.bitmap_code import LENGTH_MAX, code_bits, decode, encode

CODE_TABLE: Final = (
    ("0", 1, 1, 2),
    ("10", 1, 3, 4),
    ("110", 2, 5, 8),
    ("1110", 3, 9, 16),
    ("11110", 5, 17, 48),
    ("111110", 8, 49, 304),
    ("11111100", 13, 305, 8496),
    ("11111110", 21, 8497, 2105648),
    ("11111101", 34, 2105649, 17181974832),
    ("11111111", 56, 17181974833, 72057611219902768),
)
"""Prefix in stream order, data bits, lowest and highest length, as published."""

BITS_LEFT: Final = 1 << 57


def plain_code(lengths: list[int]) -> str:
    """The stream of bits, first bit first, put together one bit at a time."""
    stream = ""
    for length in lengths:
        prefix, bits, lowest, _ = next(row for row in CODE_TABLE if row[2] <= length <= row[3])
        data = length - lowest
        stream += prefix + "".join(str(data >> bit & 1) for bit in range(bits))
    return stream


def packed(stream: str) -> tuple[bytes, int]:
    """A stream as bytes, least significant bit first, and how many bits are not used."""
    groups = [stream[start : start + 8] for start in range(0, len(stream), 8)]
    return bytes(int(group[::-1], 2) for group in groups), -len(stream) % 8


def length() -> st.SearchStrategy[int]:
    """Lengths of every level."""
    return st.one_of(*(st.integers(lowest, highest) for _, _, lowest, highest in CODE_TABLE))


@pytest.mark.parametrize(("prefix", "data_bits", "lowest", "highest"), CODE_TABLE)
def test_every_level_has_its_prefix_and_range(
    prefix: str, data_bits: int, lowest: int, highest: int
) -> None:
    """The first and last length of a level are the prefix with all data bits clear, and set."""
    for number, data in ((lowest, "0"), (highest, "1")):
        stream = prefix + data * data_bits
        lengths = np.array([number])
        assert encode(lengths) == packed(stream)
        assert code_bits(lengths).tolist() == [len(stream)]
        code, pad_bits = packed(stream)
        assert decode(code, pad_bits=pad_bits, bits_left=number).tolist() == [number]


def test_the_longest_length_is_the_published_one() -> None:
    """No code stands for more than the last row's highest value."""
    assert CODE_TABLE[-1][3] == LENGTH_MAX


@given(st.lists(length(), min_size=1, max_size=40))
def test_lengths_are_coded_as_one_by_one(lengths: list[int]) -> None:
    """Many codes put together at once are the bits that they are one after the other."""
    assert encode(np.array(lengths)) == packed(plain_code(lengths))


@given(st.lists(length(), min_size=1, max_size=300))
def test_lengths_come_back(lengths: list[int]) -> None:
    """What was encoded is decoded, whatever the lengths."""
    code, pad_bits = encode(np.array(lengths))
    assert decode(code, pad_bits=pad_bits, bits_left=sum(lengths)).tolist() == lengths


@given(st.lists(length(), min_size=1, max_size=20), st.data())
def test_a_code_that_is_cut_off_is_refused(lengths: list[int], data: st.DataObject) -> None:
    """Bits that end within a code are the peer's fault, unless they end behind a shorter one."""
    stream = plain_code(lengths)
    size = data.draw(st.integers(1, len(stream)))
    ends = [len(plain_code(lengths[: count + 1])) for count in range(len(lengths))]
    code, pad_bits = packed(stream[:size])
    if size in ends:
        whole = lengths[: ends.index(size) + 1]
        assert decode(code, pad_bits=pad_bits, bits_left=sum(lengths)).tolist() == whole
    else:
        with pytest.raises(PeerError, match=r"cut off|no run length"):
            decode(code, pad_bits=pad_bits, bits_left=sum(lengths))


@given(st.lists(length(), min_size=1, max_size=20))
def test_runs_beyond_the_end_are_refused(lengths: list[int]) -> None:
    """Runs may be no longer together than the bits that are left."""
    code, pad_bits = encode(np.array(lengths))
    with pytest.raises(PeerError, match="longer than the"):
        decode(code, pad_bits=pad_bits, bits_left=sum(lengths) - 1)


@given(st.binary(max_size=200), st.integers(0, 7), st.integers(0, BITS_LEFT))
def test_any_bytes_are_lengths_or_refused(code: bytes, pad_bits: int, bits_left: int) -> None:
    """No bytes do more than raise an error, and what is decoded encodes to the same bits."""
    try:
        lengths = decode(code, pad_bits=pad_bits, bits_left=bits_left)
    except PeerError:
        return
    assert lengths.min() >= 1
    assert lengths.sum() <= bits_left
    again, pad_bits_again = encode(lengths)
    assert pad_bits_again == pad_bits
    assert again[:-1] == code[:-1]
    assert again[-1] == code[-1] & (0xFF >> pad_bits)


def test_many_longest_runs_do_not_wrap_around() -> None:
    """A packet full of the longest runs is refused, although their sum passes 2^64."""
    code, pad_bits = encode(np.full(509, LENGTH_MAX))
    with pytest.raises(PeerError, match="longer than the 1000 bits"):
        decode(code, pad_bits=pad_bits, bits_left=1000)
