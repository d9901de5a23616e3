"""The bits of a bitmap in pages of 4 KiB, in memory as they lie on disk (metadata 2).

Of each page it is known how many of its bits are set, and whether it changed since it was written.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from runtime.metadata.bit_runs import ALL_ONES, Words, one_bits

PAGE_SIZE_BYTES: Final = 4096  # metadata 2: the kernel reads and writes memory pages
PAGE_WORDS: Final = PAGE_SIZE_BYTES // 8
PAGE_BITS: Final = PAGE_SIZE_BYTES * 8

NEXT_PAGES: Final = 4  # looked at one by one before numpy is asked
NEAR_PAGES: Final = 64  # how many it is asked for at first
FAR_PAGES: Final = 4096


class BitmapPages:
    """Pages of bits, all clear and clean at first.

    Bits behind the last one are always clear. A page is dirty once it changed, until `clean` says
    that it was written.
    """

    def __init__(self, bit_count: int) -> None:
        self._make_room(bit_count)
        self._count = 0

    def _make_room(self, bit_count: int) -> None:
        assert bit_count >= 0
        page_count = -(-bit_count // PAGE_BITS)
        self._bit_count = bit_count
        self._array: Words = np.zeros(page_count * PAGE_WORDS, np.uint64)
        self._pages = self._array.reshape(-1, PAGE_WORDS)
        self._words = self._array.data
        self._octets = self._words.cast("B")
        self._page_counts = np.zeros(page_count, np.uint32)
        self._counts = self._page_counts.data
        self._dirty = bytearray(page_count)

    @property
    def bit_count(self) -> int:
        """How many blocks the volume has."""
        return self._bit_count

    @property
    def word_count(self) -> int:
        """How many 64-bit words hold the bits."""
        return -(-self._bit_count // 64)

    @property
    def page_count(self) -> int:
        """How many pages hold the bits."""
        return len(self._dirty)

    @property
    def count(self) -> int:
        """How many bits are set."""
        return self._count

    def _account(self, page: int, more: int) -> None:
        """So many more bits of a page are set now."""
        self._counts[page] += more
        self._count += more
        self._dirty[page] = 1

    def _page_size_bits(self, page: int) -> int:
        """How many bits of a page are in use: all, but for the last page."""
        if page < len(self._dirty) - 1:
            return PAGE_BITS
        return self._bit_count - page * PAGE_BITS

    def set_all(self) -> None:
        """Mark every block out of sync; every page becomes dirty, whatever was in it."""
        self._array[:] = ALL_ONES
        self._page_counts[:] = PAGE_BITS
        self._count = self._bit_count
        self._clear_behind_the_end()
        self._dirty[:] = b"\1" * self.page_count

    def clear_all(self) -> None:
        """Mark every block in sync; every page becomes dirty, whatever was in it."""
        self._array[:] = 0
        self._page_counts[:] = 0
        self._count = 0
        self._dirty[:] = b"\1" * self.page_count

    def _clear_behind_the_end(self) -> None:
        """Clear what the last page has beyond the volume's end, and count its bits."""
        if not self.page_count:
            return
        last_page = self.page_count - 1
        self._array[self.word_count :] = 0
        if self._bit_count & 63:  # metadata 2: the kernel's mask empties a last word that is full
            self._words[self.word_count - 1] &= ALL_ONES >> (-self._bit_count & 63)
        self._counts[last_page] = one_bits(self._pages[last_page])

    def pages_in_use(self) -> Iterator[int]:
        """The pages that have a set bit, in ascending order."""
        page = -1
        while (page := self._next_page(page + 1, 0)) < self.page_count:
            yield page

    def _next_page(self, page: int, boring_count: int) -> int:
        """The first page from here on that has another count; the end when there is none."""
        for near, count in enumerate(self._counts[page : page + NEXT_PAGES], page):
            if count != boring_count:
                return near
        page, step = page + NEXT_PAGES, NEAR_PAGES
        while page < self.page_count:
            interesting = self._page_counts[page : page + step] != boring_count
            if interesting[place := int(interesting.argmax())]:
                return page + place
            page, step = page + step, FAR_PAGES
        return self.page_count

    def words(self, *, first_word: int, word_count: int) -> memoryview:
        """The bytes of some words, as they go over the wire; a view, not a copy."""
        assert 0 <= first_word <= first_word + word_count <= self.word_count
        return self._octets[first_word * 8 : (first_word + word_count) * 8].toreadonly()

    def dirty_pages(self) -> Iterator[int]:
        """The pages that changed since they were written, in ascending order."""
        page = -1
        while (page := self._dirty.find(1, page + 1)) >= 0:
            yield page

    def page(self, index: int) -> memoryview:
        """The bytes of a page, as they go to the disk; a view, not a copy."""
        assert 0 <= index < self.page_count
        return self._octets[index * PAGE_SIZE_BYTES : (index + 1) * PAGE_SIZE_BYTES].toreadonly()

    def clean(self, index: int) -> None:
        """A page is on disk as it is here."""
        self._dirty[index] = 0

    def load_page(self, index: int, page: bytes | bytearray | memoryview) -> None:
        """Take a page as it is on disk, except for bits behind the end; it is clean then."""
        assert len(page) == PAGE_SIZE_BYTES
        before = self._counts[index]
        self._octets[index * PAGE_SIZE_BYTES : (index + 1) * PAGE_SIZE_BYTES] = page
        if index == self.page_count - 1:
            self._clear_behind_the_end()
        else:
            self._counts[index] = one_bits(self._pages[index])
        self._count += self._counts[index] - before
        self._dirty[index] = 0
