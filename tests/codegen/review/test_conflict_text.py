"""The text with git's markers: what is between them, and where the told lines are in it."""

import re

from hypothesis import given
from hypothesis import strategies as st

from codegen.review.conflict_text import Lines, Spot, marked
from codegen.review.diff3 import diff3_lines, joined, ours_only, theirs_only

NOWHERE = Spot(None, None)

texts = st.lists(st.sampled_from(("a\n", "b\n", "c\n", "d\n")), max_size=8).map("".join)


def at(ours: int, theirs: int) -> Spot:
    """Make a spot of one line on each side; 0 is none."""
    return Spot(*(Lines(line, line) if line else None for line in (ours, theirs)))


def side(text: str, number: int) -> str:
    """Take one side out of a text with markers: 0 is ours, 1 the base, 2 theirs."""
    block = re.compile(r"<{7} ours\n(.*?)\|{7} base\n(.*?)={7}\n(.*?)>{7} theirs\n", re.DOTALL)
    return block.sub(lambda found: found[number + 1], text)


def test_what_both_changed_is_between_markers() -> None:
    """And what one side changed elsewhere is in the text, as in a text of git."""
    found = marked(("a\nb\nc\nd\ne\n", "a\nB\nc\nd\nE\n", "a\nX\nY\nc\nd\ne\n"), [])
    assert found.text == (
        "a\n<<<<<<< ours\nB\n||||||| base\nb\n=======\nX\nY\n>>>>>>> theirs\nc\nd\nE\n"
    )


def test_a_change_at_a_spot_is_between_markers() -> None:
    """Though the lines would merge: what is said there does not."""
    base, ours, theirs = "a\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\n"
    found = marked((base, ours, theirs), [at(1, 5)])
    assert found.text == (
        "<<<<<<< ours\nA\n||||||| base\na\n=======\na\n>>>>>>> theirs\nb\nc\nd\n"
        "<<<<<<< ours\ne\n||||||| base\ne\n=======\nE\n>>>>>>> theirs\n"
    )
    assert found.lines == [2]
    only = marked((base, ours, theirs), [at(0, 5)])
    assert only.text.startswith("A\nb\nc\nd\n<<<<<<< ours\ne\n")
    assert only.lines == [10]


def test_where_nothing_is_known_all_changes_are_between_markers() -> None:
    """A person has to look, and finds something to look at."""
    texts = ("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n")
    found = marked(texts, [NOWHERE])
    assert found.text.count("<<<<<<< ours\n") == 2
    assert found.lines == [1]


def test_a_spot_that_nobody_changed_keeps_its_line() -> None:
    """Its line is told as it has become, behind what came before it."""
    found = marked(("a\nb\nc\n", "a\nX\nb\nc\n", "a\nY\nZ\nb\nc\n"), [at(4, 5), at(0, 5)])
    lines = found.text.split("\n")
    assert [lines[line - 1] for line in found.lines] == ["c", "c"]


def test_last_lines_without_an_end_get_one() -> None:
    """A marker is always in a line of its own."""
    assert marked(("a", "b", "c"), []).text == (
        "<<<<<<< ours\nb\n||||||| base\na\n=======\nc\n>>>>>>> theirs\n"
    )


@given(texts, texts, texts)
def test_each_side_can_be_taken_out_of_the_text(base: str, ours: str, theirs: str) -> None:
    """Who takes one side of each conflict has it, with what the other side changed elsewhere."""
    hunks = diff3_lines((base, ours, theirs))
    found = marked((base, ours, theirs), []).text
    if joined(hunks) is None:
        assert side(found, 0) == joined(hunks, (ours_only,))
        assert side(found, 2) == joined(hunks, (theirs_only,))
    else:
        assert [side(found, it) for it in range(3)] == [ours, base, theirs]


@given(texts, texts, texts, st.data())
def test_told_lines_are_where_the_text_has_them(
    base: str, ours: str, theirs: str, data: st.DataObject
) -> None:
    """Each spot's line in the text is the line that the side has there."""
    sides = [text.splitlines() for text in (ours, theirs)]
    drawn = [data.draw(st.integers(0, len(lines))) for lines in sides]
    found = marked((base, ours, theirs), [at(*drawn)])
    lines = found.text.splitlines()
    if drawn[0]:
        assert lines[found.lines[0] - 1] == sides[0][drawn[0] - 1]
    elif drawn[1]:
        assert lines[found.lines[0] - 1] == sides[1][drawn[1] - 1]
    else:
        assert found.lines == [1]
