"""Which blocks are out of sync: one bit for each 4 KiB block of the volume (metadata 2).

The bits lie in memory as they lie on disk, in pages of 4 KiB, and of each page it is known how many
of its bits are set: searches pass over pages that are all alike, and counting costs nothing.
Words of short ranges are plain numbers, since a single call of numpy takes longer than all of a
range of 1 MiB; long ranges are numpy's.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from runtime.metadata.bit_runs import ALL_ONES, Bits, Words, edges, group_starts, masks, one_bits
from runtime.metadata.bitmap_pages import (
    FAR_PAGES,
    NEAR_PAGES,
    PAGE_BITS,
    PAGE_SIZE_BYTES,
    PAGE_WORDS,
    BitmapPages,
)

BLOCK_SECTORS: Final = 8  # metadata 0: what one bit stands for, 4 KiB

SHORT_BITS: Final = 4096  # so many are changed faster as one number than word by word
NEAR_WORDS: Final = 4  # looked at one by one before numpy is asked for the rest of a page
WINDOW_PAGES: Final = 16  # read at once for their edges: 64 KiB, more is allocated slowly
LONG_RUN_BITS: Final = 8192  # a range of this length is set faster than its words are computed
FEW_RUNS: Final = 16  # so few are set faster one by one

_ONES: Final = b"\xff" * PAGE_SIZE_BYTES
_ZEROS: Final = bytes(PAGE_SIZE_BYTES)


def blocks_touched(*, first_sector: int, sector_count: int) -> range:
    """The bits of all blocks that a request has to do with: these it puts out of sync."""
    end_sector = first_sector + sector_count
    return range(first_sector // BLOCK_SECTORS, -(-end_sector // BLOCK_SECTORS))


def blocks_covered(*, first_sector: int, sector_count: int, volume_sectors: int) -> range:
    """The bits of all blocks that a request has all of: these it may put in sync.

    The volume's last block may be shorter than the others.
    """
    end_sector = first_sector + sector_count
    first = -(-first_sector // BLOCK_SECTORS)
    if end_sector == volume_sectors:
        end_sector = -(-end_sector // BLOCK_SECTORS) * BLOCK_SECTORS
    return range(first, max(first, end_sector // BLOCK_SECTORS))


class Bitmap(BitmapPages):
    """The out-of-sync bits of one volume; a set bit means that the peer's block may differ.

    A new bitmap is clear, with no page to be written.
    """

    def test(self, bit: int) -> bool:
        """Whether a block is out of sync."""
        assert 0 <= bit < self._bit_count
        return bool(self._words[bit >> 6] >> (bit & 63) & 1)

    def set_range(self, *, first_bit: int, bit_count: int) -> int:
        """Mark blocks out of sync; return how many were not before."""
        return self._change(first_bit, first_bit + bit_count, value=True)

    def clear_range(self, *, first_bit: int, bit_count: int) -> int:
        """Mark blocks in sync; return how many were not before."""
        return self._change(first_bit, first_bit + bit_count, value=False)

    def _change(self, first: int, end: int, *, value: bool) -> int:
        assert 0 <= first <= end <= self._bit_count
        page, last_page = first // PAGE_BITS, (end - 1) // PAGE_BITS
        if first >> 6 == (end - 1) >> 6:
            word, mask = first >> 6, (1 << end - first) - 1 << (first & 63)
            before = self._words[word]
            after = before | mask if value else before & ~mask
            self._words[word] = after
        elif end - first <= SHORT_BITS and page == last_page:
            octets = self._octets[first >> 3 : (end + 7) >> 3]
            before, mask = int.from_bytes(octets, "little"), (1 << end - first) - 1 << (first & 7)
            after = before | mask if value else before & ~mask
            octets[:] = after.to_bytes(len(octets), "little")
        else:
            return self._change_long(first, end, value=value)
        more = after.bit_count() - before.bit_count()
        if more:
            self._account(page, more)
        return abs(more)

    def _change_long(self, first: int, end: int, *, value: bool) -> int:
        """A range that is long, lies in several pages, or is empty at the end of one."""
        if first == end:
            return 0
        page, last_page = first // PAGE_BITS, (end - 1) // PAGE_BITS
        if page == last_page:
            return self._change_in_page(page, first, end, value=value)
        changed = self._change(first, (page + 1) * PAGE_BITS, value=value)
        changed += self._change(last_page * PAGE_BITS, end, value=value)
        if page + 1 < last_page:
            changed += self._change_pages(page + 1, last_page, value=value)
        return changed

    def _change_pages(self, page: int, end: int, *, value: bool) -> int:
        """Whole pages in the middle of a range."""
        counts = self._page_counts[page:end]
        wanted = PAGE_BITS if value else 0
        stale = counts != wanted
        changed = abs(wanted * (end - page) - int(counts.sum(dtype=np.int64)))
        if changed:
            self._pages[page:end] = ALL_ONES if value else 0
            np.frombuffer(self._dirty, np.bool_)[page:end] |= stale
            counts[:] = wanted
            self._count += changed if value else -changed
        return changed

    def _change_in_page(self, page: int, first: int, end: int, *, value: bool) -> int:
        """A range of several words."""
        count = self._counts[page]
        if count == (self._page_size_bits(page) if value else 0):
            return 0
        word, last_word = first >> 6, (end - 1) >> 6
        changed = self._change_word(word, ALL_ONES << (first & 63) & ALL_ONES, value=value)
        changed += self._change_word(last_word, ALL_ONES >> (-end & 63), value=value)
        octets = self._octets[(word + 1) * 8 : last_word * 8]
        ones = int.from_bytes(octets, "little").bit_count() if count else 0
        octets[:] = (_ONES if value else _ZEROS)[: len(octets)]
        changed += len(octets) * 8 - ones if value else ones
        if changed:
            self._account(page, changed if value else -changed)
        return changed

    def _change_word(self, word: int, mask: int, *, value: bool) -> int:
        before = self._words[word]
        after = before | mask if value else before & ~mask
        self._words[word] = after
        return (before ^ after).bit_count()

    def resize(self, bit_count: int, *, value: bool) -> None:
        """Let the volume end elsewhere; bits that are new get the value, every page is dirty."""
        pages, page_counts, old_bit_count = self._pages, self._page_counts, self._bit_count
        self._make_room(bit_count)
        kept = min(len(pages), self.page_count)
        self._pages[:kept] = pages[:kept]
        self._page_counts[:kept] = page_counts[:kept]
        self._clear_behind_the_end()
        self._count = int(self._page_counts.sum(dtype=np.int64))
        if value and bit_count > old_bit_count:
            self.set_range(first_bit=old_bit_count, bit_count=bit_count - old_bit_count)
        self._dirty[:] = b"\1" * self.page_count

    def next_set(self, from_bit: int) -> int | None:
        """The first block from here on that is out of sync."""
        return self._next(from_bit, passed=0)

    def next_clear(self, from_bit: int) -> int | None:
        """The first block from here on that is in sync."""
        return self._next(from_bit, passed=ALL_ONES)

    def _next(self, from_bit: int, *, passed: int) -> int | None:
        """The first bit that is not as in a word of those that are passed over."""
        if from_bit >= self._bit_count:
            return None
        word = from_bit >> 6
        differing = (self._words[word] ^ passed) >> (from_bit & 63) << (from_bit & 63)
        if not differing:
            word = self._next_word(word + 1, passed)
            if word == len(self._array):
                return None
            differing = self._words[word] ^ passed
        bit = (word << 6) + (differing & -differing).bit_length() - 1
        return bit if bit < self._bit_count else None

    def _next_word(self, word: int, passed: int) -> int:
        """The first word from here on that differs; the end when there is none."""
        page = word // PAGE_WORDS
        boring_count = PAGE_BITS if passed else 0
        if word % PAGE_WORDS and self._counts[page] != boring_count:
            end = (page + 1) * PAGE_WORDS
            for near, it in enumerate(self._words[word : min(word + NEAR_WORDS, end)], word):
                if it != passed:
                    return near
            differing = self._array[word:end] != passed
            if differing[place := int(differing.argmax())]:
                return word + place
        page = self._next_page(-(-word // PAGE_WORDS), boring_count)
        if page == self.page_count:
            return len(self._array)
        return page * PAGE_WORDS + int((self._pages[page] != passed).argmax())

    def runs(self, from_bit: int = 0) -> Iterator[tuple[int, int]]:
        """Each run of blocks out of sync as its first bit and its length, in ascending order.

        Bits may be changed meanwhile: some hundred thousand bits are read ahead, what changes in
        them is not seen any more.
        """
        if from_bit >= self._bit_count:
            return
        first = from_bit if self.test(from_bit) else None
        for found in self.edges(from_bit):
            for edge in found.tolist():
                if first is None:
                    first = edge
                else:
                    yield first, edge - first
                    first = None
        if first is not None:
            yield first, self._bit_count - first

    def edges(self, from_bit: int = 0) -> Iterator[Bits]:
        """The bits behind this one that differ from the bit before them, some at a time."""
        value = from_bit < self._bit_count and self.test(from_bit)
        page, window_pages, step = from_bit // PAGE_BITS, 1, NEAR_PAGES
        while page < self.page_count:
            pages = self._pages_with_edges(page, step, value=value)
            if len(pages) > window_pages:
                pages = pages[:window_pages]
                page = int(pages[-1]) + 1
            else:
                page += step
            step = NEAR_PAGES if len(pages) else FAR_PAGES
            window_pages = min(window_pages * 4, WINDOW_PAGES)
            found = self._edges_in(pages, value=value)
            found = found[(found > from_bit) & (found < self._bit_count)]
            if len(found):
                value ^= bool(len(found) & 1)
                yield found

    def _pages_with_edges(self, page: int, page_count: int, *, value: bool) -> Bits:
        """Which of the next pages are not all like the bit before them."""
        counts = self._page_counts[page : page + page_count]
        is_set = counts == PAGE_BITS
        is_mixed = (counts != 0) & ~is_set
        differs = is_set != np.concatenate(([value], is_set[:-1]))
        differs[1:] |= is_mixed[:-1]
        pages: Bits = (is_mixed | differs).nonzero()[0] + page
        return pages

    def _edges_in(self, pages: Bits, *, value: bool) -> Bits:
        """The edges in some pages; the bit before the first of them had this value."""
        if not len(pages):
            return pages
        first, end = int(pages[0]), int(pages[-1]) + 1
        words = self._pages[first:end] if end - first == len(pages) else self._pages[pages]
        values_before = self._array[pages * PAGE_WORDS - 1] >> np.uint64(63)
        values_before[0] = value  # as it was read, it may have changed since
        return edges(words, values_before, pages * PAGE_BITS)

    def set_runs(self, first_bits: Bits, end_bits: Bits) -> int:
        """Mark runs of blocks out of sync, given in ascending order and apart from each other."""
        assert not len(first_bits) or 0 <= first_bits[0] < end_bits[-1] <= self._bit_count
        is_single = end_bits - first_bits >= LONG_RUN_BITS
        if len(first_bits) < FEW_RUNS:
            is_single[:] = True
        pairs = zip(first_bits[is_single].tolist(), end_bits[is_single].tolist(), strict=True)
        changed = sum(self._change(first, end, value=True) for first, end in pairs)
        if not is_single.all():
            numbers, bits = masks(first_bits[~is_single], end_bits[~is_single])
            changed += self._merge_scattered(numbers, bits)
        return changed

    def _merge_scattered(self, numbers: Bits, words: Words) -> int:
        """Merge single words, in ascending order of their numbers."""
        before = self._array[numbers]
        after = before | words
        self._array[numbers] = after
        pages = numbers // PAGE_WORDS
        firsts = group_starts(pages)
        pages = pages[firsts]
        changes = np.add.reduceat(np.bitwise_count(before ^ after), firsts, dtype=np.uint32)
        self._page_counts[pages] += changes
        np.frombuffer(self._dirty, np.bool_)[pages] |= changes != 0
        changed = int(changes.sum(dtype=np.int64))
        self._count += changed
        return changed

    def merge_words(self, *, first_word: int, words: bytes | bytearray | memoryview) -> int:
        """Set what is set in words of the peer's bitmap; return how many bits were not before."""
        theirs = np.frombuffer(words, np.uint64)
        assert 0 <= first_word <= self.word_count - len(theirs)
        changed, word, end = 0, first_word, first_word + len(theirs)
        while word < end:
            page = word // PAGE_WORDS
            stop = min((page + 1) * PAGE_WORDS, end)
            changed += self._merge_piece(page, word, theirs[word - first_word : stop - first_word])
            word = stop
        return changed

    def _merge_piece(self, page: int, word: int, theirs: Words) -> int:
        """Merge words that lie in one page."""
        mine = self._array[word : word + len(theirs)]
        new = theirs & ~mine
        if word + len(new) == self.word_count and self._bit_count & 63:
            new[-1] &= ALL_ONES >> (-self._bit_count & 63)
        if changed := one_bits(new):
            mine |= new
            self._account(page, changed)
        return changed

    def merge(self, other: "Bitmap") -> int:
        """Set what is set in a bitmap of the same size; return how many bits were not before."""
        assert other.bit_count == self._bit_count
        before = self._count
        for page in other.pages_in_use():
            word = page * PAGE_WORDS
            word_count = min(PAGE_WORDS, self.word_count - word)
            self.merge_words(
                first_word=word, words=other.words(first_word=word, word_count=word_count)
            )
        return self._count - before
