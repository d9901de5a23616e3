"""What holds of every merge: of small random drawings, and of random edits of the living ones."""

import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.drawings import read_drawings
from codegen.review.facts import without_derived
from codegen.review.merge_text import ERRORS, decoded, encoded, merge_drawing
from tests.codegen.review.edited_drawings import (
    DRAWINGS,
    EDITS,
    edited,
    is_drawing,
    rename_node,
    rename_value,
    swap_statements,
)
from tests.codegen.review.small_drawings import facts, said, triples

PLAIN_EDITS = [edit for edit in EDITS if edit not in (rename_node, rename_value, swap_statements)]
"""Those that change one stretch of a drawing."""

APART_MIN = 300
"""Characters between two edits: lines that are alike are shorter, so none is taken for another."""

Case = tuple[str, str, str, str]
"""A path, and what base, ours and theirs are."""

edits = st.builds(
    lambda path, seed: (path, Random(seed)), st.sampled_from(sorted(DRAWINGS)), st.integers(0)
)


@st.composite
def branches(draw: st.DrawFn) -> Case:
    """Draw a living drawing and two branches of it with some edits each."""
    path, random = draw(edits)
    base = DRAWINGS[path]
    ours, theirs = (edited(path, base, random, it, random.randint(1, 3)) for it in ("aa", "bb"))
    return path, base, ours, theirs


def merge(path: str, *texts: str) -> str | None:
    """Merge three texts."""
    return merge_drawing(path, *(text.encode() for text in texts)).text


def meaning(path: str, text: str) -> dict[object, dict[str, str]]:
    """Tell what a text says."""
    return said(without_derived(facts(path, text)))


def errors(path: str, text: str) -> set[str]:
    """Tell which rules find an error in a text."""
    problems = read_drawings({path: text.encode()}).problems
    return {it.rule for it in problems if it.rule in ERRORS}


def hold(case: Case) -> None:
    """Check that the sides may change places, and that there is no fault that neither side had."""
    path, base, ours, theirs = case
    one, other = merge(path, base, ours, theirs), merge(path, base, theirs, ours)
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert meaning(path, one) == meaning(path, other)
        assert errors(path, one) <= errors(path, ours) | errors(path, theirs)


@settings(max_examples=60)
@given(triples)
def test_small_drawings_merge_to_the_same_from_either_side(case: Case) -> None:
    """And to nothing that has a fault which neither side had."""
    hold(case)


@settings(max_examples=25)
@given(branches())
def test_edits_of_a_living_drawing_merge_to_the_same_from_either_side(case: Case) -> None:
    """And to nothing that has a fault which neither side had."""
    hold(case)


@settings(max_examples=60)
@given(triples)
def test_where_one_side_did_nothing_the_other_side_is_the_result(case: Case) -> None:
    """Byte for byte, whatever faults of meaning it has."""
    path, base, other, _ = case
    for ours, theirs in ((base, other), (other, base), (other, other)):
        assert merge(path, base, ours, theirs) == other


@settings(max_examples=25)
@given(branches(), st.booleans(), st.booleans())
def test_the_bytes_of_the_side_that_did_something_are_the_result(
    case: Case, has_mark: bool, has_crlf: bool  # noqa: FBT001
) -> None:
    """With its line ends and its byte order mark."""
    path, base, text, _ = case
    data = (("\ufeff" if has_mark else "") + text).encode()
    data = data.replace(b"\n", b"\r\n") if has_crlf else data
    for ours, theirs in ((base.encode(), data), (data, base.encode())):
        made = merge_drawing(path, base.encode(), ours, theirs).text
        assert made == decoded(data)
        assert encoded(made, base.encode(), ours, theirs) == data


def alike(some: str, other: str) -> int:
    """Count the characters at the beginning that are the same."""
    pairs = enumerate(zip(some, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(some), len(other)))


def splice(old: str, new: str) -> tuple[int, int, str]:
    """Find the one stretch of a text that an edit replaced, and what it put there."""
    start = alike(old, new)
    same = alike(old[start:][::-1], new[start:][::-1])
    return start, len(old) - same, new[start : len(new) - same]


@settings(max_examples=60)
@given(edits)
def test_edits_apart_say_the_same_merged_as_made_one_after_the_other(
    drawn: tuple[str, Random],
) -> None:
    """Edits of different stretches of a living drawing."""
    path, random = drawn
    base = DRAWINGS[path]
    ours, theirs = (random.choice(PLAIN_EDITS)(base, random, word) for word in ("aa", "bb"))
    first, second = sorted((splice(base, ours), splice(base, theirs)))
    if (
        second[0] - first[1] < APART_MIN
        or not is_drawing(path, ours)
        or not is_drawing(path, theirs)
    ):
        return
    both = base[: first[0]] + first[2] + base[first[1] : second[0]] + second[2] + base[second[1] :]
    merged = merge(path, base, ours, theirs)
    if merged is not None:
        assert meaning(path, merged) == meaning(path, both)


def large(count: int) -> list[str]:
    """Make the lines of a drawing with many arrows."""
    arrows = (
        f'    S{it // 5} -> S{it * 7 % (count // 5)} [label="event {it % 5}", action=act{it % 50}]'
        for it in range(count)
    )
    return ["digraph large {", *arrows, "}", ""]


def seconds(lines: list[str], ours: list[str], theirs: list[str]) -> float:
    """Measure the merge of three lists of lines."""
    before = time.process_time()
    merge("specs/states/large.dot", *("\n".join(it) for it in (lines, ours, theirs)))
    return time.process_time() - before


@pytest.mark.parametrize("change", ["one", "many", "contradictions", "renames"])
def test_time_grows_with_the_drawing_and_not_with_its_square(change: str) -> None:
    """Four times the arrows take some four times as long, far from sixteen."""
    taken: list[float] = []
    for count in (300, 1200):
        lines = large(count)
        step = count if change == "one" else 10
        ours, theirs = list(lines), list(lines)
        for at in range(5, count, step):
            ours[at] = lines[at].replace("]", ", guard=is_free]")
            other = at if change == "contradictions" else at + 3
            theirs[other] = lines[other].replace("]", ", guard=is_open]")
        if change == "renames":
            ours = [line.replace("act4", "do4") for line in lines]
        taken.append(min(seconds(lines, ours, theirs) for _ in range(2)))
    assert taken[1] < 9 * taken[0] + 0.1
