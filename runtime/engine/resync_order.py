"""Which blocks a resync asks for next (wire 9.3, states 6.4)."""

from typing import Final

from runtime.metadata.bitmap import Bitmap

EXTENT_BITS: Final = 4096  # wire 12.4: a request stays inside 16 MiB


def next_range(bitmap: Bitmap, position: int, *, blocks: int, most_blocks: int) -> range | None:
    """The bits of the next request from a position on; None at the end of the bitmap.

    Neighbours are asked for together as long as the request stays naturally aligned: one of more
    than 2^k blocks starts at a multiple of 2^(k+1). It goes at most one block beyond what is left.
    """
    first = bitmap.next_set(position) if position < bitmap.bit_count else None
    if first is None:
        return None
    limit = min(most_blocks, blocks + 1, EXTENT_BITS - first % EXTENT_BITS)
    aligned = first & -first if first else limit
    limit = min(limit, aligned, bitmap.bit_count - first)
    stop = bitmap.next_clear(first)
    end = first + limit if stop is None else min(first + limit, stop)
    return range(first, max(end, first + 1))
