"""Runs of equal bits in arrays of 64-bit words, many at a time (metadata 2).

An edge is the number of a bit that differs from the bit before it; edges in ascending order are the
ends of runs. Bit n is bit n mod 64 of word n div 64, counted from the least significant.
"""

import sys
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

WORD_BITS: Final = 64
ALL_ONES: Final = (1 << WORD_BITS) - 1

Words: TypeAlias = NDArray[np.uint64]
Bits: TypeAlias = NDArray[np.int64]
"""Numbers of bits; a volume has fewer than 2^63."""

_ONE: Final = np.uint64(1)
_LAST: Final = np.uint64(WORD_BITS - 1)

assert sys.byteorder == "little", "the bitmap is used in place, in the byte order of the disk"


def edges(pages: Words, values_before: Words, first_bits: Bits) -> Bits:
    """Where bits differ from the bit before, in rows of words.

    For each row it is said what the bit before its first one is, and which number the first has.
    """
    changes = pages << _ONE
    flat, flat_changes = pages.ravel(), changes.ravel()
    flat_changes[1:] |= flat[:-1] >> _LAST
    changes[:, 0] = pages[:, 0] << _ONE | values_before
    changes ^= pages
    places = (flat_changes != 0).nonzero()[0]  # nonzero() itself is ten times slower on words
    octets = flat_changes[places].view(np.uint8)
    bits = np.unpackbits(octets, bitorder="little").view(np.bool_).nonzero()[0]
    row_words = pages.shape[1]
    numbers = first_bits[places // row_words] + places % row_words * WORD_BITS
    found: Bits = numbers[bits // WORD_BITS] + bits % WORD_BITS
    return found


def masks(first_bits: Bits, end_bits: Bits) -> tuple[Bits, Words]:
    """The words that runs touch, each once, and which of their bits are in a run.

    The runs are in ascending order and apart from each other.
    """
    first_words, last_words = first_bits >> 6, (end_bits - 1) >> 6
    word_counts = last_words - first_words + 1
    stops = np.cumsum(word_counts)
    starts = stops - word_counts
    numbers = np.repeat(first_words - starts, word_counts) + np.arange(stops[-1])
    pieces = np.full(len(numbers), ALL_ONES, np.uint64)
    pieces[starts] <<= (first_bits & 63).astype(np.uint64)
    pieces[stops - 1] &= np.uint64(ALL_ONES) >> (-end_bits & 63).astype(np.uint64)
    firsts = group_starts(numbers)
    return numbers[firsts], np.bitwise_or.reduceat(pieces, firsts)


def group_starts(numbers: Bits) -> Bits:
    """Where another number begins, in numbers that are in ascending order."""
    is_start = np.ones(len(numbers), np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=is_start[1:])
    starts: Bits = is_start.nonzero()[0]
    return starts


def one_bits(words: Words) -> int:
    """How many bits are set."""
    return int(np.bitwise_count(words).sum(dtype=np.int64))
