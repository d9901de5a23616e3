"""Three lists put together: which stretches each side changed, and what both make of them."""

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.review.diff3 import (
    Hunk,
    around,
    by_words,
    diff3,
    diff3_lines,
    joined,
    matches,
    ours_first,
    ours_only,
    theirs_first,
    theirs_only,
)

lists = st.lists(st.sampled_from("abcde"), max_size=12)
texts = st.text(alphabet="ab\n", max_size=20)


def merge(base: str, ours: str, theirs: str) -> str | None:
    """Merge lists of letters."""
    return joined(diff3(base, ours, theirs))


def hunk(base: str, ours: str, theirs: str) -> Hunk:
    """Make a hunk of lists of letters."""
    return Hunk(tuple(base), tuple(ours), tuple(theirs), (0, 0, 0))


@given(lists, lists, lists)
def test_the_hunks_are_the_lists(base: list[str], ours: list[str], theirs: list[str]) -> None:
    """Nothing is lost or moved, and each hunk knows where it begins."""
    hunks = diff3(base, ours, theirs)
    for number, items in enumerate((base, ours, theirs)):
        assert [it for hunk in hunks for it in hunk[:3][number]] == items
        assert all(
            tuple(items[it.starts[number] :][: len(it[number])]) == it[number] for it in hunks
        )


@given(lists, lists, lists)
def test_what_is_stable_and_what_is_not_take_turns(
    base: list[str], ours: list[str], theirs: list[str]
) -> None:
    """No two neighbours are of one sort, so that a change is in one piece."""
    hunks = diff3(base, ours, theirs)
    assert all(it.base or it.ours or it.theirs for it in hunks)
    sorts = [it.is_stable for it in hunks]
    assert all(one != other for one, other in pairwise(sorts))


@given(lists, lists)
def test_where_one_side_did_nothing_the_other_side_is_the_result(
    base: list[str], changed: list[str]
) -> None:
    """Also where both did the same."""
    for ours, theirs in ((base, changed), (changed, base), (changed, changed)):
        assert joined(diff3(base, ours, theirs)) == "".join(changed)


@given(lists, lists, lists)
def test_the_sides_may_change_places(base: list[str], ours: list[str], theirs: list[str]) -> None:
    """Neither side is preferred."""
    swapped = [(a, c, b) for a, b, c, _ in diff3(base, theirs, ours)]
    assert [it[:3] for it in diff3(base, ours, theirs)] == swapped
    assert joined(diff3(base, ours, theirs)) == joined(diff3(base, theirs, ours))


@given(lists, lists)
def test_matches_are_the_same_items_in_rising_order(old: list[str], new: list[str]) -> None:
    """Each position is used once, and the lines do not cross."""
    found = list(matches(old, new))
    assert all(old[at] == new[there] for at, there in found)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(found))


@given(texts, texts, texts)
def test_lines_keep_their_ends(base: str, ours: str, theirs: str) -> None:
    """A text is its lines, also where the last one does not end."""
    hunks = diff3_lines((base, ours, theirs))
    for number, text in enumerate((base, ours, theirs)):
        assert "".join(line for it in hunks for line in it[:3][number]) == text


def test_changes_apart_merge() -> None:
    """One side changed the beginning and the other the end."""
    assert merge("abcdef", "Xbcdef", "abcdeY") == "XbcdeY"
    assert merge("abcdef", "bcdef", "abcdZZef") == "bcdZZef"


def test_changes_of_one_place_do_not_merge() -> None:
    """Two answers to one question, and an answer where the question is gone."""
    assert merge("abc", "aXc", "aYc") is None
    assert merge("abc", "ac", "aYc") is None
    assert merge("ac", "aXc", "aYc") is None


def test_what_is_unique_ties_lists_together() -> None:
    """Braces and blank lines do not make one block of the halves of two others."""
    old = ["{", "one", "}", "{", "two", "}", "{", "three", "}"]
    new = ["{", "two", "}", "{", "three", "}"]
    assert list(matches(old, new)) == [(0, 0), *((at + 3, at) for at in range(1, 6))]


def test_two_insertions_in_one_place_come_in_either_order() -> None:
    """Only where nothing was there before."""
    assert ours_first(hunk("", "x", "y")) == ("x", "y")
    assert theirs_first(hunk("", "x", "y")) == ("y", "x")
    assert ours_first(hunk("b", "x", "y")) is None
    assert theirs_first(hunk("b", "x", "y")) is None


def test_an_insertion_stays_beside_what_was_changed() -> None:
    """Before it or behind it, whichever side did what."""
    assert around(hunk("a", "xa", "b")) == ("x", "b")
    assert around(hunk("a", "ax", "b")) == ("b", "x")
    assert around(hunk("a", "b", "xa")) == ("x", "b")
    assert around(hunk("a", "b", "c")) is None
    assert around(hunk("", "b", "c")) is None


def test_a_conflict_can_be_resolved_as_one_side_has_it() -> None:
    """Changes elsewhere come from both sides all the same."""
    hunks = diff3("abcd", "aXcd", "aYcZ")
    assert joined(hunks, (ours_only,)) == "aXcZ"
    assert joined(hunks, (theirs_only,)) == "aYcZ"


@pytest.mark.parametrize(
    ("ours", "theirs", "merged"),
    [
        ("a -> c [x=1]\n", "a -> b [x=2]\n", "a -> c [x=2]\n"),
        ("a -> b [x=1, y=1]\n", "a -> c [x=1]\n", "a -> c [x=1, y=1]\n"),
        ("a -> c [x=1]\n", "a -> d [x=1]\n", None),
    ],
)
def test_words_of_one_line_merge(ours: str, theirs: str, merged: str | None) -> None:
    """One side changed one word and the other another one."""
    found = by_words(Hunk(("a -> b [x=1]\n",), (ours,), (theirs,), (0, 0, 0)))
    assert (None if found is None else "".join(found)) == merged


def test_long_lists_take_little_time() -> None:
    """Twenty thousand lines, also where no line is unique."""
    before = time.process_time()
    same = ["{", "}"] * 10_000
    assert joined(diff3(same, same[:-1], ["x", *same])) is not None
    lines = [f"line {number}" for number in range(20_000)]
    assert joined(diff3(lines, ["ours", *lines], lines[:7] + lines[7::2])) is not None
    assert time.process_time() - before < 5  # far more than it takes, far less than a square


@settings(max_examples=30)
@given(st.lists(st.integers(0, 3).map(str), max_size=60), st.data())
def test_disjoint_changes_merge_to_both(base: list[str], data: st.DataObject) -> None:
    """Whatever one side does before a line of its own kind and the other behind it comes about."""
    changed = data.draw(st.lists(st.integers(4, 9).map(str), max_size=9))
    other = data.draw(st.lists(st.integers(4, 9).map(str), max_size=9))
    ours, theirs = [*changed, "middle", *base], [*base, "middle", *other]
    merged = joined(diff3([*base, "middle", *base], ours, theirs))
    assert merged == "".join([*changed, "middle", *other])
