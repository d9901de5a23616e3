"""Line ends, byte order marks and odd bytes of the files that are merged."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.review.merge_text import decoded, encoded, merge_drawing
from tests.codegen.review.merging import DOOR, STATES, changed, merge_files

BASE = DOOR.encode()
OURS = changed(DOOR, ("wide", "very wide")).encode()
THEIRS = changed(DOOR, ("// by hand", "// by foot")).encode()
BOTH = changed(DOOR, ("wide", "very wide"), ("// by hand", "// by foot")).encode()
MARK = b"\xef\xbb\xbf"

sides = list(product((False, True), repeat=3))
files = st.lists(
    st.sampled_from((b"a", b"\n", b"\r\n", b"\r", MARK, b"\xff", "ü".encode())), max_size=8
).map(b"".join)


def wanted(*has: bool) -> bool:
    """Whether the result has what base, ours and theirs have or not."""
    base, ours, theirs = has
    return theirs if ours == base else ours


@pytest.mark.parametrize("has", sides)
def test_line_ends_are_merged_as_all_else_is(has: tuple[bool, bool, bool]) -> None:
    """Who changed them decides, and where neither did they stay."""
    made = (
        data.replace(b"\n", b"\r\n") if it else data
        for data, it in zip((BASE, OURS, THEIRS), has, strict=True)
    )
    both = BOTH.replace(b"\n", b"\r\n") if wanted(*has) else BOTH
    assert merge_files(STATES, *made) == both


@pytest.mark.parametrize("has", sides)
def test_byte_order_marks_are_merged_as_all_else_is(has: tuple[bool, bool, bool]) -> None:
    """Who put one there or took it away decides."""
    made = (MARK * it + data for data, it in zip((BASE, OURS, THEIRS), has, strict=True))
    assert merge_files(STATES, *made) == MARK * wanted(*has) + BOTH


def test_mixed_line_ends_stay_as_they_are() -> None:
    """Only the lines that a side changed are otherwise."""
    first = BASE.replace(b"\n", b"\r\n", 3)
    ours, theirs = (it.replace(b"\n", b"\r\n", 3) for it in (OURS, THEIRS))
    assert merge_files(STATES, first, ours, theirs) == BOTH.replace(b"\n", b"\r\n", 3)


def test_mixed_line_ends_become_those_of_windows_once() -> None:
    """Ours gave the file other line ends, and no line gets two of them."""
    mixed = THEIRS.replace(b"\n", b"\r\n", 3)
    found = merge_files(
        STATES, BASE.replace(b"\n", b"\r\n", 3), OURS.replace(b"\n", b"\r\n"), mixed
    )
    assert found == BOTH.replace(b"\n", b"\r\n")


@given(files, files)
def test_where_one_side_did_nothing_the_file_is_that_of_the_other(
    base: bytes, changed_file: bytes
) -> None:
    """Byte for byte, whatever is in it."""
    for ours, theirs in ((base, changed_file), (changed_file, base), (changed_file, changed_file)):
        assert encoded(decoded(changed_file), base, ours, theirs) == changed_file


def test_bytes_that_are_no_text_are_a_fault_and_stay() -> None:
    """The side that has them is named, and its bytes can be written back."""
    theirs = THEIRS.replace(b"by foot", b"\xff\xfe")
    found = merge_drawing(STATES, BASE, OURS, theirs)
    assert found.text is None
    assert [str(it).splitlines()[0] for it in found.problems] == [
        f"{STATES} (theirs):7:55: encoding: the byte 0xFF is no UTF-8 (save the file as UTF-8)"
    ]
    assert encoded(decoded(theirs), BASE, OURS, theirs) == theirs


def test_a_second_byte_order_mark_is_a_fault() -> None:
    """It belongs to the first word, and all places behind it are right."""
    found = merge_drawing(STATES, BASE, MARK + MARK + OURS, THEIRS)
    assert [str(it).splitlines()[0] for it in found.problems] == [
        f"{STATES} (ours):1:1: syntax: expected `digraph` or `graph`, found `\ufeffdigraph`"
    ]


def test_names_of_all_alphabets_are_merged() -> None:
    """Letters of several bytes move no place."""
    base = BASE.replace(b"a door", "eine Tür 🚪".encode())
    ours = OURS.replace(b"a door", "eine Tür 🚪".encode()).replace(b"very", "größer".encode())
    theirs = THEIRS.replace(b"a door", "eine Tür 🚪".encode())
    found = merge_files(STATES, base, ours, theirs)
    assert "größer wide" in found.decode()
    assert "by foot" in found.decode()
