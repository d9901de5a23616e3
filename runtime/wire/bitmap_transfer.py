"""A whole bitmap in packets, and packets merged into a bitmap (wire 6).

Position and end of a transfer are nowhere in the packets: both sides count. A packet is compressed
or plain, whichever is smaller, and each goes on where the one before ended.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

import numpy as np

from generated.layouts.bitmap import P_BITMAP, P_COMPRESSED_BITMAP, BitmapCoding, BitmapEncoding
from runtime.errors import PeerError
from runtime.metadata.bit_runs import Bits
from runtime.metadata.bitmap import Bitmap
from runtime.wire.bitmap_code import code_bits, decode, encode

PACKET_SIZE_BYTES_MAX: Final = 4096  # wire 6.2: header and payload, once a page of the kernel
HEADER_SIZE_BYTES_MAX: Final = 16

EDGES_BATCH: Final = 2048  # about what fills a packet; fewer cost more calls of numpy for each

BitmapPacket: TypeAlias = P_BITMAP | P_COMPRESSED_BITMAP


def plain_size_bytes(header_size_bytes: int) -> int:
    """How many bytes of the bitmap a plain packet holds (wire 6.2)."""
    assert 0 < header_size_bytes <= HEADER_SIZE_BYTES_MAX
    return (PACKET_SIZE_BYTES_MAX - header_size_bytes) // 8 * 8


def plain_packets(bitmap: Bitmap, *, header_size_bytes: int) -> Iterator[P_BITMAP]:
    """The bitmap as it is, for a peer that does not know runs (wire 6.2)."""
    sender = _Sender(bitmap, header_size_bytes)
    while not sender.is_complete:
        yield sender.plain()
    yield P_BITMAP(b"")


def packets(bitmap: Bitmap, *, header_size_bytes: int) -> Iterator[BitmapPacket]:
    """The bitmap's runs, or its words wherever these are shorter (wire 6.3)."""
    sender = _Sender(bitmap, header_size_bytes)
    packet: BitmapPacket | None = None
    edges = bitmap.edges()
    while not sender.is_complete:
        while not sender.has_enough:
            sender.extend(edges)
        packet = sender.compressed() or sender.plain()
        yield packet
    if not isinstance(packet, P_COMPRESSED_BITMAP):
        yield P_BITMAP(b"")


class _Sender:
    """How far a transfer is, and the ends of the runs that come next."""

    def __init__(self, bitmap: Bitmap, header_size_bytes: int) -> None:
        self._bitmap = bitmap
        self._plain_words = plain_size_bytes(header_size_bytes) // 8
        self._code_bits_max = (PACKET_SIZE_BYTES_MAX - header_size_bytes - 1) * 8
        self._bit = 0  # where the next packet begins
        self._value = bool(bitmap.bit_count) and bitmap.test(0)  # of that bit
        self._word = 0  # where it begins if it is plain
        self._ends: Bits = np.empty(0, np.int64)
        self._sizes: Bits = np.empty(0, np.int64)  # bits of the codes of all runs up to this one
        self._next = 0
        self._has_all = False

    @property
    def is_complete(self) -> bool:
        """Whether the bitmap's end is reached."""
        return self._bit == self._bitmap.bit_count

    @property
    def has_enough(self) -> bool:
        """Whether the runs that are known fill a packet, however long the code of the first is."""
        if self._has_all or self._next == len(self._ends):
            return self._has_all
        known_bits = int(self._sizes[-1] - self._sizes[self._next])
        return known_bits > self._code_bits_max

    def extend(self, edges: Iterator[Bits]) -> None:
        """Get to know the ends of more runs."""
        batch, count = list[Bits](), 0
        while count < EDGES_BATCH and not self._has_all:
            found = next(edges, None)
            if found is None:
                self._has_all = True
                found = np.array([self._bitmap.bit_count])
            batch.append(found)
            count += len(found)
        found = np.concatenate(batch)
        passed = int(np.searchsorted(found, self._bit, "right"))  # a plain packet went so far
        self._value ^= bool(passed & 1)
        found = found[passed:]
        ends, sizes = self._ends[self._next :], self._sizes[self._next :]
        is_first = not len(ends)
        begin = self._bit if is_first else ends[-1]
        more = np.cumsum(code_bits(np.diff(found, prepend=begin)))
        self._ends = np.concatenate((ends, found))
        self._sizes = np.concatenate((sizes, more if is_first else more + sizes[-1]))
        self._next = 0

    def compressed(self) -> P_COMPRESSED_BITMAP | None:
        """The next runs, as many as fit; none where the words are shorter."""
        first = int(self._ends[self._next]) - self._bit  # a plain packet may have begun this run
        first_bits = int(code_bits(np.array([first]))[0])
        room = self._code_bits_max - first_bits + int(self._sizes[self._next])
        stop = int(np.searchsorted(self._sizes, room, "right"))
        size_bits = int(self._sizes[stop - 1] - self._sizes[self._next]) + first_bits
        end = int(self._ends[stop - 1])
        if end - self._bit < (size_bits + 7) // 8 * 8:
            return None
        code, pad_bits = encode(np.diff(self._ends[self._next : stop], prepend=self._bit))
        encoding = BitmapEncoding(BitmapCoding.RLE_VLI, pad_bits, int(self._value))
        self._value ^= bool(stop - self._next & 1)
        self._bit, self._next, self._word = end, stop, end >> 6
        return P_COMPRESSED_BITMAP(encoding, code)

    def plain(self) -> P_BITMAP:
        """The next words."""
        count = min(self._plain_words, self._bitmap.word_count - self._word)
        words = self._bitmap.words(first_word=self._word, word_count=count)
        self._word += count
        self._bit = min(self._word * 64, self._bitmap.bit_count)
        passed = int(np.searchsorted(self._ends, self._bit, "right"))
        self._value ^= bool(passed - self._next & 1)
        self._next = passed
        return P_BITMAP(words)


class BitmapReceiver:
    """Merges the packets of one transfer into a bitmap, which a bad packet leaves as it is."""

    def __init__(self, bitmap: Bitmap, *, header_size_bytes: int) -> None:
        self._bitmap = bitmap
        self._plain_size_bytes = plain_size_bytes(header_size_bytes)
        self._bit = 0
        self._word = 0
        self.is_complete = False

    def take(self, packet: BitmapPacket) -> int:
        """Merge a packet; return how many bits were clear before."""
        if self.is_complete:
            raise PeerError("a bitmap that is complete is followed by more of it")
        if isinstance(packet, P_BITMAP):
            return self._take_words(packet)
        return self._take_runs(packet)

    def _take_words(self, packet: P_BITMAP) -> int:
        size_bytes = len(packet.bitmap)
        wanted = min(self._plain_size_bytes, (self._bitmap.word_count - self._word) * 8)
        if size_bytes != wanted:
            raise PeerError(f"P_BITMAP has {size_bytes} bytes where {wanted} come next")
        self.is_complete = not wanted
        changed = self._bitmap.merge_words(first_word=self._word, words=packet.bitmap)
        self._word += size_bytes // 8
        self._bit = min(self._word * 64, self._bitmap.bit_count)
        return changed

    def _take_runs(self, packet: P_COMPRESSED_BITMAP) -> int:
        encoding = packet.encoding
        if encoding.coding != BitmapCoding.RLE_VLI:
            raise PeerError(f"P_COMPRESSED_BITMAP has the coding {encoding.coding}, not 2")
        bits_left = self._bitmap.bit_count - self._bit
        lengths = decode(packet.code, pad_bits=encoding.pad_bits, bits_left=bits_left)
        ends = np.cumsum(lengths) + self._bit
        firsts = ends - lengths
        where = slice(0 if encoding.first_run else 1, None, 2)
        changed = self._bitmap.set_runs(firsts[where], ends[where])
        self._bit = int(ends[-1])
        self._word = self._bit >> 6
        self.is_complete = self._bit == self._bitmap.bit_count
        return changed
