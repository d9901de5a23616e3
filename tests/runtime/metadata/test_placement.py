"""Where meta-data lies, to the sector, as in the published examples."""

from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import MetadataError
from runtime.metadata.placement import (
    FLEXIBLE_EXTERNAL,
    INTERNAL,
    Areas,
    Placement,
    Striping,
    areas,
    bitmap_size_bytes,
)

MIB: Final = 1 << 20
TIB: Final = 1 << 40
INTERNAL_EXAMPLES: Final = [  # metadata 1.7: size, superblock, log, bitmap, size field, usable
    (16 * MIB, 16773120, 16740352, 16736256, 80, 32688),
    (1 << 30, 1073737728, 1073704960, 1073672192, 136, 2097016),
    (TIB, 1099511623680, 1099511590912, 1099478036480, 65608, 2147418040),
    (69632, 65536, 32768, 28672, 80, 56),
    (2 * MIB, 2093056, 2060288, 2056192, 80, 4016),
    (100_000_000, 99995648, 99962880, 99958784, 80, 195232),
    (128 * MIB, 134213632, 134180864, 134176768, 80, 262064),
    (128 * MIB + 4096, 134217728, 134184960, 134176768, 88, 262064),
    (16 * MIB + 512, 16773120, 16740352, 16736256, 80, 32688),
    (16 * MIB + 4095, 16773120, 16740352, 16736256, 80, 32688),
    (10 * TIB, 10995116273664, 10995116240896, 10994780696576, 655432, 21474181048),
]
FLEXIBLE_EXAMPLES: Final = [  # size, size field, largest volume
    (69632, 136, 2097152),
    (MIB, 2048, 64749568),
    (16 * MIB, 32768, 1071382528),
    (33591296, 65608, 2147483648),
]


@pytest.mark.parametrize("example", INTERNAL_EXAMPLES, ids=lambda it: str(it[0]))
def test_internal_metadata_lies_at_the_end(example: tuple[int, ...]) -> None:
    """Data, bitmap, activity log and superblock follow each other up to the last whole block."""
    size_bytes, superblock, log, bitmap, size_sectors, usable_sectors = example
    lies = areas(INTERNAL, Striping(), device_size_bytes=size_bytes)
    assert (lies.superblock_offset_bytes, lies.al_offset_bytes) == (superblock, log)
    assert (lies.bitmap_offset_bytes, lies.metadata_size_sectors) == (bitmap, size_sectors)
    assert lies.sector_count_max == usable_sectors


@pytest.mark.parametrize("example", FLEXIBLE_EXAMPLES, ids=lambda it: str(it[0]))
def test_flexible_external_metadata_fills_its_device(example: tuple[int, ...]) -> None:
    """Superblock and activity log come first, and the bitmap takes the rest."""
    size_bytes, size_sectors, largest = example
    lies = areas(FLEXIBLE_EXTERNAL, Striping(), device_size_bytes=size_bytes)
    assert (lies.superblock_offset_bytes, lies.al_offset_bytes) == (0, 4096)
    assert (lies.bitmap_offset_bytes, lies.metadata_size_sectors) == (36864, size_sectors)
    assert lies.sector_count_max == largest


@pytest.mark.parametrize("index", [0, 1, 2])
def test_an_index_is_a_window_of_128_mib(index: int) -> None:
    """Windows follow each other, each for the same size of volume."""
    lies = areas(Placement(index), Striping(), device_size_bytes=TIB)
    assert lies.superblock_offset_bytes == index * 134217728
    assert lies.al_offset_bytes == index * 134217728 + 4096
    assert lies.bitmap_offset_bytes == index * 134217728 + 36864
    assert (lies.metadata_size_sectors, lies.sector_count_max) == (262144, 8587575296)


def test_stripes_take_their_room() -> None:
    """A larger activity log moves the bitmap, and nothing else, towards the data."""
    lies = areas(INTERNAL, Striping(4, 16), device_size_bytes=64 * MIB)
    assert (lies.superblock_offset_bytes, lies.al_offset_bytes) == (67104768, 66842624)
    assert (lies.al_offset_sectors, lies.bitmap_offset_sectors) == (-512, -520)
    assert (lies.bitmap_offset_bytes, lies.metadata_size_sectors) == (66838528, 528)


@given(
    st.integers(69632, 1 << 50),
    st.sampled_from([INTERNAL, FLEXIBLE_EXTERNAL, Placement(3)]),
    st.sampled_from([Striping(), Striping(4, 16), Striping(1, 8192)]),
)
def test_nothing_overlaps(size_bytes: int, placement: Placement, striping: Striping) -> None:
    """Whatever is accepted lies within the device, apart from each other, with enough bitmap."""
    try:
        lies = areas(placement, striping, device_size_bytes=size_bytes)
    except MetadataError:
        return
    parts = sorted(parts_of(lies))
    for (_, end), (start, _) in pairwise(parts):
        assert end <= start
    needed_bytes = -(-lies.sector_count_max // 8 // 8)
    assert needed_bytes <= lies.bitmap_size_bytes_max
    if placement.is_internal:
        assert lies.sector_count_max * 512 == lies.bitmap_offset_bytes
        assert parts[-1][1] <= size_bytes
        assert bitmap_size_bytes(lies.sector_count_max) <= lies.bitmap_size_bytes_max


def parts_of(lies: Areas) -> list[tuple[int, int]]:
    """Where each part begins and ends."""
    return [
        (lies.superblock_offset_bytes, lies.superblock_offset_bytes + 4096),
        (lies.al_offset_bytes, lies.al_offset_bytes + lies.al_size_bytes),
        (lies.bitmap_offset_bytes, lies.bitmap_offset_bytes + lies.bitmap_size_bytes_max),
    ]


@pytest.mark.parametrize(
    ("placement", "size_bytes", "sentence"),
    [
        (INTERNAL, 69631, "69631 bytes are too few for meta-data, it needs 69632"),
        (INTERNAL, (1 << 50) + 1, "more than the 1 PiB"),
        (FLEXIBLE_EXTERNAL, 2 * TIB, "more than external meta-data can count"),
        (Placement(1), 134217728, "index 1 begins at byte 134217728"),
    ],
)
def test_devices_without_room_are_refused(
    placement: Placement, size_bytes: int, sentence: str
) -> None:
    """What is too small or too large is refused with the numbers."""
    with pytest.raises(MetadataError, match=sentence):
        areas(placement, Striping(), device_size_bytes=size_bytes)


@pytest.mark.parametrize("word", ["internal", "flex-internal", "flex-external", "0", "255"])
def test_placements_have_the_words_of_drbdmeta(word: str) -> None:
    """A place is named as drbdmeta names it."""
    assert str(Placement.parse(word)).split()[-1] == word.replace("flex-internal", "internal")


@pytest.mark.parametrize("word", ["", "external", "256", "-1", "1.5", "²"])
def test_other_words_name_no_place(word: str) -> None:
    """What is no place is refused with the words that are."""
    with pytest.raises(MetadataError, match="is no place for meta-data: internal, flex-external"):
        Placement.parse(word)


@pytest.mark.parametrize(
    ("striping", "sentence"),
    [
        (Striping(1, 7), "28 KiB is too small"),
        (Striping(0, 8), "too small"),
        (Striping(2, 4097), "32776 KiB is too large"),
    ],
)
def test_stripes_have_limits(striping: Striping, sentence: str) -> None:
    """An activity log has 32 KiB at least and 32 MiB at most."""
    with pytest.raises(MetadataError, match=sentence):
        striping.check()
