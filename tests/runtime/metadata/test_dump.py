"""Meta-data as text: printed as drbdmeta prints it, read as people write it."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import MetadataError
from runtime.metadata.creation import create, plan_creation
from runtime.metadata.dump_parser import Dump, parse_dump
from runtime.metadata.dump_text import dump_lines
from runtime.metadata.placement import INTERNAL, Striping
from runtime.metadata.restoration import plan_restoration, restore
from runtime.metadata.superblock import read_superblock, write_superblock
from tests.runtime.metadata.devices import MemoryDevice

HEADER: Final = """version "v08";
uuid { 0xAABBCCDDEEFF0010; 0x0000000000000000;
0x0000000000000001; 0x0000000000000002; # comment
 flags 0x00000091; }
la-size-sect 130992; bm-byte-per-bit 4096; device-uuid 0x0000000000000003;
la-peer-max-bio-size 1048576; al-stripes 1; al-stripe-size-4k 8;
"""
MINIMAL: Final = HEADER + "bm { 0x0000800000000001; 3 times 0x00000000ffffffff; }"
ROOM_BYTES: Final = 4096

FRESH: Final = """# DRBD meta data dump
# now
# vm> dotmirror dump-md disk.img
#

version "v08";

# md_size_sect 80
# md_offset 16773120
# al_offset 16740352
# bm_offset 16736256

uuid {
    0x0000000000000004; 0x0000000000000000; 0x0000000000000000; 0x0000000000000000;
    flags 0x00000080;
}
# al-extents 257;
la-size-sect 0;
bm-byte-per-bit 4096;
device-uuid 0x0000000000000000;
la-peer-max-bio-size 0;
al-stripes 1;
al-stripe-size-4k 8;
# bm-bytes 0;
bm {
}
# bits-set 0;
"""
MIXED: Final = """# bm-bytes 4096;
bm {
   # at 0kB
    0x0000800000000001; 0x0000000000000000; 0x0000000000000000; 0x0000000000000000;
    8 times 0x0000000000000000;
    0xFFFFFFFF00000000; 0x00000000FFFFFFFF; 0x0000000000000000; 0x0000000000000000;
    48 times 0x0000000000000000;
   # at 16384kB
    64 times 0xFFFFFFFFFFFFFFFF;
   # at 32768kB
    8 times 0x0000000000000000;
    0x0000000000000000; 0x0000000300000000; 0x0000000000000000; 0x0000000000000000;
    0x0000000000000000; 0x0000000000000000; 0x0000000000000000; 0x0000000000000000;
    0x0000000000000000; 0x0000000F0000000F; 0x0000000F0000000F; 0x0000000F0000000F;
    16 times 0x0000000F0000000F;
    0x0000000F0000000F; 0x0000000000000000; 0x0000000000000000; 0x0000000000000000;
    344 times 0x0000000000000000;
}
# bits-set 4324;
"""


def parsed(text: str, room_bytes: int = ROOM_BYTES) -> Dump:
    """A dump of a device with room for so much bitmap."""
    return parse_dump(text, lambda _header: room_bytes)


def restored(text: str, size_bytes: int = 64 << 20) -> MemoryDevice:
    """A device with the meta-data of a dump."""
    device = MemoryDevice(size_bytes)
    restore(device, plan_restoration(device, INTERNAL, text))
    return device


def dumped(device: MemoryDevice) -> str:
    """The dump of a device."""
    title = ["now", "vm> dotmirror dump-md disk.img"]
    return "".join(f"{it}\n" for it in dump_lines(device, read_superblock(device, INTERNAL), title))


def test_a_fresh_dump_is_the_published_one() -> None:
    """Every line is as drbdmeta prints it, but for the flags, which are true."""
    device = MemoryDevice(16 << 20)
    create(device, plan_creation(device, INTERNAL, Striping()))
    assert dumped(device) == FRESH


def test_runs_and_comments_are_where_drbdmeta_has_them() -> None:
    """A bitmap with everything in it is printed as published, and read back."""
    device = restored(HEADER + MIXED)
    assert dumped(device).endswith(MIXED)


def test_an_unclean_dump_cannot_be_restored() -> None:
    """What is shown of a crash that is not applied is no legal text."""
    device = restored(MINIMAL)
    found = read_superblock(device, INTERNAL)
    found.superblock.magic = 0x8374026C
    write_superblock(device, found.superblock, found.areas)
    with pytest.raises(MetadataError, match="line 8 of the dump: 'This_is_an_unclean"):
        parsed(dumped(device))


def test_a_size_that_was_cut_is_told() -> None:
    """The dump begins with the size that did not fit."""
    device = restored(MINIMAL)
    found = read_superblock(device, INTERNAL)
    found.superblock.last_agreed_size = 130993
    write_superblock(device, found.superblock, found.areas)
    first = dumped(device).splitlines()[0]
    assert first == "# la-size-sect was too big (130993), truncated (130992)!"


def test_a_minimal_text_is_read() -> None:
    """Comments, case and white space do not matter, and words that are missing are 0."""
    expected = bytes.fromhex("0100000000800000") + bytes.fromhex("ffffffff00000000") * 3
    for text in (MINIMAL, MINIMAL.replace("\n", "\r\n"), MINIMAL.replace("# comment\n", "")):
        dump = parsed(text)
        assert dump.bitmap == expected
        assert dump.header.uuids == (0xAABBCCDDEEFF0010, 0, 1, 2)
        assert (dump.header.flags, dump.header.last_agreed_size) == (0x91, 130992)
    device = restored(MINIMAL)
    lies = read_superblock(device, INTERNAL).areas
    bitmap = device.read(offset_bytes=lies.bitmap_offset_bytes, size_bytes=4096)
    assert bitmap == expected.ljust(4096, b"\0")


@given(
    st.lists(
        st.tuples(
            st.integers(1, 70),
            st.sampled_from([0, (1 << 64) - 1, 0x0000000F0000000F]) | st.integers(0, (1 << 64) - 1),
        ),
        max_size=40,
    )
)
def test_what_is_printed_reads_back(runs: list[tuple[int, int]]) -> None:
    """Any bitmap survives printing and reading, over the borders of what is read at once."""
    words = b"".join(word.to_bytes(8, "little") * count for count, word in runs)[:4096]
    items = "".join(f"0x{int.from_bytes(words[at : at + 8], 'little'):016X};"
                    for at in range(0, len(words), 8))  # fmt: skip
    text = dumped(restored(f"{HEADER} bm {{ {items} }}"))
    assert parsed(text).bitmap == words.ljust(4096, b"\0")
    ones = int.from_bytes(words, "big").bit_count()
    assert text.endswith(f"# bits-set {ones};\n")


def test_words_that_are_too_many_are_dropped_and_counted() -> None:
    """However often a word is repeated, no more is kept than there is room for."""
    text = HEADER + "bm { 9999999999999999999 times 0x00000000ffffffff; 0x0000000000000001; }"
    dump = parsed(text)
    assert len(dump.bitmap) == ROOM_BYTES
    assert dump.dropped_word_count == 10**19 - ROOM_BYTES // 8
    device = MemoryDevice(64 << 20)
    notes = plan_restoration(device, INTERNAL, text).notes
    assert notes == (f"{10**19 - 512} words of the bitmap are behind the volume's end",)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"v08"', '"v09"', """line 1 of the dump: "v08" expected, not '"v09"'"""),
        ("uuid {", "uuid", "line 2 of the dump: { expected, not '0xAABBCCDDEEFF0010'"),
        ("0xAABBCCDDEEFF0010", "0xAABBCCDDEEFF001", "line 2 of the dump: '0xAABB.*' means nothing"),
        ("0xAABBCCDDEEFF0010", "0x00000091", "16 hexadecimal digits expected, not '0x00000091'"),
        ("flags 0x00000091", "flags 0x91", "line 4 of the dump: '0x91' means nothing"),
        ("4096", "8192", "line 5 of the dump: a bit stands for 4096 bytes, not for 8192"),
        ("130992", "99999999999999999999", "'99999999999999999999' means nothing"),
        ("130992", "-1", "la-size-sect cannot be -1"),
        ("3 times", "3times", "line 7 of the dump: '3times' means nothing"),
        ("3 times", "3", "times expected, not '0x00000000ffffffff'"),
        ("ffffffff; }", "ffffffff; } }", "line 7 of the dump: '}' behind the last brace"),
        ("ffffffff; }", "ffffffff;", "16 hexadecimal digits expected, not 'the'"),
        ("al-stripes 1;", "", "line 6 of the dump: al-stripes expected, not 'al-stripe-size-4k'"),
        ("# comment", "", None),
    ],
)
def test_a_text_that_is_no_dump_is_refused(old: str, new: str, sentence: str | None) -> None:
    """A fault is told with its line, and nothing is written."""
    text = MINIMAL.replace(old, new, 1)
    device = MemoryDevice(64 << 20)
    if sentence is None:
        assert parsed(text) == parsed(MINIMAL)
        return
    with pytest.raises(MetadataError, match=sentence):
        plan_restoration(device, INTERNAL, text)
    assert device.write_count == 0


def test_flags_of_0_are_pointed_out() -> None:
    """A dump that drbdmeta 9.22 printed has lost its flags, and whoever restores it is told."""
    text = MINIMAL.replace("0x00000091", "0x00000000")
    plan = plan_restoration(MemoryDevice(64 << 20), INTERNAL, text)
    (note,) = plan.notes
    assert "the data counts as Inconsistent" in note
    assert plan.plan.superblock.flags == 0x80
