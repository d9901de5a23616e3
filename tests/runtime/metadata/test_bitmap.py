"""The bitmap is a set of block numbers, and the bytes of its pages are what the format says."""

from itertools import groupby
from typing import Final

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from runtime.metadata.bitmap import (
    LONG_RUN_BITS,
    SHORT_BITS,
    Bitmap,
    blocks_covered,
    blocks_touched,
)
from runtime.metadata.bitmap_pages import PAGE_BITS, PAGE_SIZE_BYTES

SIZES_BITS: Final = (1, 63, 64, 65, 130, 600, 2063, 5000, PAGE_BITS, 2 * PAGE_BITS + 1)
BOUNDARIES: Final = (0, 64, 128, SHORT_BITS, LONG_RUN_BITS, PAGE_BITS, 2 * PAGE_BITS)

Change = tuple[bool, tuple[int, int]]
"""Whether to set or to clear, from which bit up to which."""

Changes = tuple[int, list[Change]]
"""A size in bits, and what to do with it."""


def near(bit_count: int) -> st.SearchStrategy[int]:
    """Bit numbers, most of them close to where words and pages end."""
    edges = st.sampled_from([*BOUNDARIES, bit_count])
    close = st.builds(int.__add__, edges, st.integers(-3, 3))
    return st.one_of(close, st.integers(0, bit_count)).map(lambda bit: max(0, min(bit, bit_count)))


@st.composite
def ranges(draw: st.DrawFn, bit_count: int) -> tuple[int, int]:
    """A range of bits as its first one and its end."""
    bit = draw(near(bit_count))
    size = draw(st.integers(0, 130))
    other = draw(near(bit_count)) if size == 1 else min(bit + size, bit_count)
    return min(bit, other), max(bit, other)


@st.composite
def changes(draw: st.DrawFn) -> Changes:
    """A size in bits, and ranges to set or clear."""
    bit_count = draw(st.sampled_from(SIZES_BITS))
    return bit_count, draw(st.lists(st.tuples(st.booleans(), ranges(bit_count)), max_size=8))


def changed(bit_count: int, them: list[Change]) -> tuple[Bitmap, set[int]]:
    """A bitmap and the set that it should be, after some changes."""
    bitmap, model = Bitmap(bit_count), set[int]()
    for value, (first, end) in them:
        change = bitmap.set_range if value else bitmap.clear_range
        bits = set(range(first, end))
        expected = len(bits - model) if value else len(bits & model)
        assert change(first_bit=first, bit_count=end - first) == expected
        model.update(bits) if value else model.difference_update(bits)
        assert bitmap.count == len(model)
    return bitmap, model


def content(bitmap: Bitmap) -> bytes:
    """All bytes, as they go to the disk."""
    return b"".join(bitmap.page(index) for index in range(bitmap.page_count))


def bits_of(octets: bytes) -> set[int]:
    """The set bits: bit n is in byte n div 8 and weighs 2^(n mod 8)."""
    bits = np.unpackbits(np.frombuffer(octets, np.uint8), bitorder="little").nonzero()[0]
    return set(bits.tolist())


def runs_of(model: set[int]) -> list[tuple[int, int]]:
    """Runs of neighbours, the plain way."""
    groups = groupby(enumerate(sorted(model)), key=lambda pair: pair[1] - pair[0])
    them = [[bit for _, bit in group] for _, group in groups]
    return [(bits[0], len(bits)) for bits in them]


@given(changes())
def test_ranges_change_what_a_set_of_numbers_would(
    case: Changes,
) -> None:
    """Setting and clearing ranges, the count, and the number of bits that changed."""
    bitmap, model = changed(*case)
    assert bits_of(content(bitmap)) == model
    assert list(bitmap.runs()) == runs_of(model)


@given(changes(), st.data())
def test_the_next_bit_of_either_kind_is_found(case: Changes, data: st.DataObject) -> None:
    """A search from any position ends at the first bit that is so, or tells that there is none."""
    bitmap, model = changed(*case)
    bit_count = case[0]
    for from_bit in data.draw(st.lists(near(bit_count), min_size=1, max_size=4)):
        left = range(from_bit, bit_count)
        assert bitmap.next_set(from_bit) == next((bit for bit in left if bit in model), None)
        assert bitmap.next_clear(from_bit) == next((bit for bit in left if bit not in model), None)
        if from_bit < bit_count:
            assert bitmap.test(from_bit) == (from_bit in model)
        later = {bit for bit in model if bit >= from_bit}
        assert list(bitmap.runs(from_bit)) == runs_of(later)


@given(changes(), st.data())
def test_a_page_is_dirty_from_its_change_until_it_is_clean(
    case: Changes, data: st.DataObject
) -> None:
    """Whatever differs from what was written last is in a dirty page, and in no other."""
    bitmap, _ = changed(*case)
    for index in bitmap.dirty_pages():
        bitmap.clean(index)
    before = content(bitmap)
    first, end = data.draw(ranges(case[0]))
    change = data.draw(st.sampled_from([bitmap.set_range, bitmap.clear_range]))
    change(first_bit=first, bit_count=end - first)
    after = content(bitmap)
    starts = range(0, len(after), PAGE_SIZE_BYTES)
    pages = [slice(start, start + PAGE_SIZE_BYTES) for start in starts]
    differing = [index for index, it in enumerate(pages) if before[it] != after[it]]
    assert list(bitmap.dirty_pages()) == differing


@given(changes(), changes())
def test_merging_gives_the_union(
    mine: Changes,
    theirs: Changes,
) -> None:
    """What either node thinks out of sync is out of sync."""
    bit_count = max(mine[0], theirs[0])
    bitmap, model = changed(bit_count, mine[1])
    other, other_model = changed(bit_count, theirs[1])
    assert bitmap.merge(other) == len(other_model - model)
    assert bits_of(content(bitmap)) == model | other_model
    assert bitmap.count == len(model | other_model)


@given(st.sampled_from(SIZES_BITS), st.data())
def test_words_of_the_peer_are_merged_where_they_belong(
    bit_count: int, data: st.DataObject
) -> None:
    """The peer's words are merged from any word on, without what they have behind the end."""
    bitmap, model = changed(bit_count, data.draw(st.lists(st.just((True, (0, 1))), max_size=1)))
    first_word = data.draw(st.integers(0, bitmap.word_count - 1))
    room = (bitmap.word_count - first_word) * 8
    words = data.draw(st.binary(max_size=64))[: room // 8 * 8]
    words = words[: len(words) // 8 * 8]
    theirs = {bit + first_word * 64 for bit in bits_of(words)} & set(range(bit_count))
    assert bitmap.merge_words(first_word=first_word, words=words) == len(theirs - model)
    assert bits_of(content(bitmap)) == model | theirs


@st.composite
def many_runs(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Runs in ascending order with gaps between them, some long and some short."""
    length = st.one_of(st.integers(1, 70), st.integers(1, 2 * LONG_RUN_BITS))
    runs, bit = [], draw(st.integers(0, 100))
    for gap, size in draw(st.lists(st.tuples(length, length), max_size=60)):
        runs.append((bit, bit + size))
        bit += size + gap
    return runs


@given(many_runs(), st.sets(st.integers(0, 400)))
@example([(2 * bit, 2 * bit + 1) for bit in range(60)], set())
@example([(PAGE_BITS * number - 1, PAGE_BITS * number + 1) for number in range(1, 40)], {0})
def test_many_runs_are_set_at_once(runs: list[tuple[int, int]], before: set[int]) -> None:
    """Runs set together are what they are when set one by one."""
    bit_count = max([401, *(end for _, end in runs)])
    bitmap, one_by_one = Bitmap(bit_count), Bitmap(bit_count)
    for bit in before:
        bitmap.set_range(first_bit=bit, bit_count=1)
        one_by_one.set_range(first_bit=bit, bit_count=1)
    firsts = np.array([first for first, _ in runs], np.int64)
    ends = np.array([end for _, end in runs], np.int64)
    changes = [one_by_one.set_range(first_bit=it, bit_count=end - it) for it, end in runs]
    assert bitmap.set_runs(firsts, ends) == sum(changes)
    assert content(bitmap) == content(one_by_one)
    assert list(bitmap.dirty_pages()) == list(one_by_one.dirty_pages())


@given(case=changes(), bit_count=st.sampled_from(SIZES_BITS), value=st.booleans())
def test_a_volume_that_grows_has_new_bits_of_the_value_asked_for(
    case: Changes, bit_count: int, *, value: bool
) -> None:
    """Bits up to the smaller end stay, new ones are as asked for, and all is to be written."""
    bitmap, model = changed(*case)
    bitmap.resize(bit_count, value=value)
    kept = {bit for bit in model if bit < bit_count}
    expected = kept | set(range(case[0], bit_count)) if value else kept
    assert bits_of(content(bitmap)) == expected
    assert (bitmap.bit_count, bitmap.count) == (bit_count, len(expected))
    assert list(bitmap.dirty_pages()) == list(range(bitmap.page_count))


@given(st.sampled_from(SIZES_BITS), st.data())
def test_a_loaded_page_has_no_bits_behind_the_end(bit_count: int, data: st.DataObject) -> None:
    """What lies on disk behind the last bit is undefined, and never counts."""
    bitmap = Bitmap(bit_count)
    index = data.draw(st.integers(0, bitmap.page_count - 1))
    bitmap.set_range(first_bit=index * PAGE_BITS, bit_count=1)
    octet = data.draw(st.integers(0, 255))
    bitmap.load_page(index, bytes([octet]) * PAGE_SIZE_BYTES)
    loaded = bits_of(bytes([octet]) * PAGE_SIZE_BYTES)
    expected = {bit + index * PAGE_BITS for bit in loaded} & set(range(bit_count))
    assert bits_of(content(bitmap)) == expected
    assert bitmap.count == len(expected)
    assert list(bitmap.dirty_pages()) == []


def test_the_example_of_the_format() -> None:
    """Bits 0, 3, 255 and 1024 to 2047 are the bytes that the reference shows (metadata 2)."""
    bitmap = Bitmap(4096)
    for first_bit, bit_count in ((0, 1), (3, 1), (255, 1), (1024, 1024)):
        bitmap.set_range(first_bit=first_bit, bit_count=bit_count)
    shown = b"\x09" + bytes(30) + b"\x80" + bytes(96) + b"\xff" * 128
    assert bytes(bitmap.page(0)).rstrip(b"\0") == shown
    assert bytes(bitmap.words(first_word=16, word_count=16)) == b"\xff" * 128


def test_all_bits_at_once() -> None:
    """Setting and clearing everything makes every page dirty, and stops at the last bit."""
    bitmap = Bitmap(PAGE_BITS + 70)
    bitmap.set_all()
    assert bitmap.count == PAGE_BITS + 70
    assert bits_of(content(bitmap)) == set(range(PAGE_BITS + 70))
    assert list(bitmap.dirty_pages()) == [0, 1]
    for page in (0, 1):
        bitmap.clean(page)
    bitmap.clear_all()
    assert bitmap.count == 0
    assert not any(content(bitmap))
    assert list(bitmap.dirty_pages()) == [0, 1]


def test_a_full_last_word_keeps_its_bits() -> None:
    """Unlike in the kernel, a number of bits that is a multiple of 64 loses none (metadata 2)."""
    bitmap = Bitmap(128)
    bitmap.load_page(0, b"\xff" * PAGE_SIZE_BYTES)
    assert bitmap.count == 128


def test_runs_may_be_read_while_bits_change() -> None:
    """A walk over the runs never takes clear bits for set ones, whatever changes behind it."""
    bitmap = Bitmap(100 * PAGE_BITS)
    for page in range(0, 100, 2):
        bitmap.set_range(first_bit=page * PAGE_BITS, bit_count=PAGE_BITS)
    seen = []
    for first, length in bitmap.runs():
        seen.append((first, length))
        bitmap.clear_range(first_bit=first, bit_count=length)
        bitmap.set_range(first_bit=first + PAGE_BITS, bit_count=PAGE_BITS // 2)
    assert all(length <= PAGE_BITS * 3 // 2 for _, length in seen)
    assert {first // PAGE_BITS for first, _ in seen} == set(range(0, 100, 2))


def test_a_volume_without_blocks_has_no_bits() -> None:
    """A size of 0, as before the first connection, is a bitmap like any other."""
    bitmap = Bitmap(0)
    bitmap.set_all()
    assert bitmap.set_range(first_bit=0, bit_count=0) == 0
    assert (bitmap.count, bitmap.word_count, bitmap.page_count) == (0, 0, 0)
    assert (bitmap.next_set(0), bitmap.next_clear(0), list(bitmap.runs())) == (None, None, [])
    bitmap.resize(10, value=True)
    assert bitmap.count == 10


def test_16_tib_are_searched_and_counted_without_reading_them() -> None:
    """Far apart bits of a large volume are found and told apart by page, in ascending order."""
    bit_count = 1 << 32
    bitmap = Bitmap(bit_count)
    bits = [5, 1 << 20, 3 << 30, bit_count - 1]
    for bit in bits:
        bitmap.set_range(first_bit=bit, bit_count=1)
    assert list(bitmap.runs()) == [(bit, 1) for bit in bits]
    assert bitmap.next_set(bits[2] + 1) == bits[3]
    assert list(bitmap.pages_in_use()) == [bit // PAGE_BITS for bit in bits]


@given(st.integers(1, 60), st.data())
def test_requests_are_rounded_outwards_to_set_and_inwards_to_clear(
    volume_sectors: int, data: st.DataObject
) -> None:
    """A block is out of sync once a sector of it is, and in sync only when all of it is."""
    first = data.draw(st.integers(0, volume_sectors - 1))
    count = data.draw(st.integers(1, volume_sectors - first))
    request = set(range(first, first + count))
    blocks = [set(range(it, min(it + 8, volume_sectors))) for it in range(0, volume_sectors, 8)]
    touched = blocks_touched(first_sector=first, sector_count=count)
    covered = blocks_covered(first_sector=first, sector_count=count, volume_sectors=volume_sectors)
    assert list(touched) == [bit for bit, block in enumerate(blocks) if block & request]
    assert list(covered) == [bit for bit, block in enumerate(blocks) if block <= request]
