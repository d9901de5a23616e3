"""Lengths of runs as numbers of variable length: what P_COMPRESSED_BITMAP holds (wire 6.3).

A code is a prefix, which tells its level, and so many data bits: what the length has beyond the
level's lowest one. The codes of a packet are one stream of bits, least significant first. Thousands
of them are put together and taken apart at once, in a few calls of numpy.
"""

from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from runtime.errors import PeerError

Lengths: TypeAlias = NDArray[np.int64]


class Level(NamedTuple):
    """One row of the code table (wire 6.3)."""

    prefix: int
    prefix_bits: int
    data_bits: int


LEVELS: Final = (
    Level(0x00, 1, 1),
    Level(0x01, 2, 1),
    Level(0x03, 3, 2),
    Level(0x07, 4, 3),
    Level(0x0F, 5, 5),
    Level(0x1F, 6, 8),
    Level(0x3F, 8, 13),
    Level(0x7F, 8, 21),
    Level(0xBF, 8, 34),
    Level(0xFF, 8, 56),
)
CODE_BITS_MIN: Final = 2  # of the shortest code
CODE_BITS_MAX: Final = 64  # of the longest

_PREFIX: Final = np.array([it.prefix for it in LEVELS], np.uint64)
_PREFIX_BITS: Final = np.array([it.prefix_bits for it in LEVELS], np.uint64)
_DATA_BITS: Final = np.array([it.data_bits for it in LEVELS], np.uint64)
_CODE_BITS: Final = (_PREFIX_BITS + _DATA_BITS).astype(np.int64)
_LOWEST: Final = 1 + np.cumsum([0] + [1 << it.data_bits for it in LEVELS[:-1]])
LENGTH_MAX: Final = int(_LOWEST[-1]) + (1 << LEVELS[-1].data_bits) - 1

_LONG_LEVEL: Final = 6  # counted from 0: longer runs are told by comparing, shorter by a table
_LEVEL_OF_SHORT: Final = (
    np.searchsorted(_LOWEST, np.arange(_LOWEST[_LONG_LEVEL] + 1), side="right") - 1
).astype(np.int8)


def _level_of_byte(byte: int) -> int:
    """The level of a code that begins with these eight bits."""
    return next(
        number
        for number, it in enumerate(LEVELS)
        if byte & ((1 << it.prefix_bits) - 1) == it.prefix
    )


_LEVEL_OF_BYTE: Final = np.array([_level_of_byte(byte) for byte in range(256)], np.int8)


def _code_bits_of_pairs() -> NDArray[np.uint64]:
    """For each 15 bits how long a code is that begins at their bit 0, 1 ... 7, one a byte."""
    bytes_at = np.arange(1 << 15)[:, None] >> np.arange(8) & 0xFF
    code_bits_at = _CODE_BITS[_LEVEL_OF_BYTE[bytes_at]].astype(np.uint8)
    pairs: NDArray[np.uint64] = code_bits_at.view(np.uint64).ravel()
    return pairs


_CODE_BITS_OF_PAIR: Final = _code_bits_of_pairs()
_PAIR_MASK: Final = np.uint16((1 << 15) - 1)


def levels(lengths: Lengths) -> NDArray[np.int8]:
    """The level that each length is coded in, counted from 0."""
    found: NDArray[np.int8] = _LEVEL_OF_SHORT[np.minimum(lengths, _LOWEST[_LONG_LEVEL])]
    for lowest in _LOWEST[_LONG_LEVEL + 1 :]:
        found += lengths >= lowest
    return found


def code_bits(lengths: Lengths) -> Lengths:
    """How many bits the code of each length has."""
    bits: Lengths = _CODE_BITS[levels(lengths)]
    return bits


def encode(lengths: Lengths) -> tuple[bytes, int]:
    """The codes of some lengths, and how many bits at the end of the last byte are not used."""
    level = levels(lengths)
    codes = (lengths - _LOWEST[level]).astype(np.uint64) << _PREFIX_BITS[level]
    codes |= _PREFIX[level]
    ends = np.cumsum(_CODE_BITS[level])
    starts = ends - _CODE_BITS[level]
    word_numbers = starts >> 6
    shifts = (starts & 63).astype(np.uint64)
    # A code has at most 64 bits: one begins in every word, and only a word's last one leaves it.
    firsts = np.flatnonzero(np.concatenate(([True], word_numbers[1:] != word_numbers[:-1])))
    words = np.zeros(len(firsts) + 1, np.uint64)
    words[:-1] = np.bitwise_or.reduceat(codes << shifts, firsts)
    lasts = np.append(firsts[1:], len(codes)) - 1
    words[1:] |= codes[lasts] >> np.uint64(1) >> (np.uint64(63) - shifts[lasts])
    size_bits = int(ends[-1])
    return words.tobytes()[: (size_bits + 7) // 8], -size_bits % 8


def decode(code: bytes | bytearray | memoryview, *, pad_bits: int, bits_left: int) -> Lengths:
    """The lengths that some codes stand for, which together are no more than what is left."""
    size_bits = len(code) * 8 - pad_bits
    if size_bits < CODE_BITS_MIN:
        raise PeerError(f"{len(code)} bytes less {pad_bits} bits hold no run length")
    octets = np.zeros(len(code) + 9, np.uint8)  # the last prefix byte is followed by eight more
    octets[: len(code)] = np.frombuffer(code, np.uint8)
    pairs = octets[:-1] | octets[1:].astype(np.uint16) << np.uint16(8)
    code_bits_at = _CODE_BITS_OF_PAIR.take(pairs[: len(code)] & _PAIR_MASK).view(np.uint8)
    starts = _starts(code_bits_at[:size_bits])
    level = _LEVEL_OF_BYTE[pairs[starts >> 3] >> (starts & 7) & 0xFF]
    data_starts = starts + _PREFIX_BITS[level].astype(np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(octets, 8)[data_starts >> 3]
    data = windows.view(np.uint64).ravel() >> (data_starts & 7).astype(np.uint64)
    data &= (np.uint64(1) << _DATA_BITS[level]) - np.uint64(1)
    lengths: Lengths = data.astype(np.int64) + _LOWEST[level]
    if int(lengths.max()) > bits_left or int(lengths.sum()) > bits_left:
        raise PeerError(f"the bitmap's runs are longer than the {bits_left} bits that are left")
    return lengths


def _starts(code_bits_at: NDArray[np.uint8]) -> Lengths:
    """Where codes begin, given how long a code would be that begins at each bit.

    The next code begins where one ends, so this is a walk; it is taken in steps of four codes.
    """
    size_bits = len(code_bits_at)
    end = size_bits + CODE_BITS_MAX  # a place to stand on, behind every code that is cut off
    one = np.full(end + 1, end)
    one[:size_bits] = np.arange(size_bits) + code_bits_at
    two = one.take(one, mode="clip")  # no index is out of range; this way none is checked
    four = two.take(two, mode="clip").data
    landings, at = [], 0
    while at < size_bits:
        landings.append(at)
        at = four[at]
    starts = np.array(landings)
    starts = np.stack((starts, two[starts]), axis=1).ravel()
    starts = np.stack((starts, one[starts]), axis=1).ravel()
    starts = starts[starts < size_bits]
    if one[starts[-1]] != size_bits:
        raise PeerError(f"the last run length of a bitmap is cut off after {size_bits} bits")
    return starts
