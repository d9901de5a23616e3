"""A review as a comment on a pull request: what it says, and what no drawing can do to it."""

import re
from dataclasses import replace

from hypothesis import given

from codegen.review.changes import Consequence, Impact
from codegen.review.markdown import MARKER, SIZE_MAX, markdown
from codegen.review.report import Drawing, Judged, Review
from tests.codegen.review.compared import compared, review_of
from tests.codegen.review.foreign_reviews import REVIEWS

OLD = "digraph door_states {\n A -> B [label=go]\n B -> A [label=back]\n}"
NEW = OLD.replace("label=go", 'label=go, guard="is_free"')


def drawing() -> Drawing:
    """A guard came."""
    return compared("states", OLD, NEW)


def with_first(
    *, consequences: tuple[Consequence, ...] = (), excuse: str = "", unreleased: bool = False
) -> Review:
    """A review whose only change has more to it."""
    shown = drawing()
    (judged,) = shown.changes
    more = replace(judged, consequences=consequences, excuse=excuse, unreleased=unreleased)
    return review_of(replace(shown, changes=(more,)))


def consequence(sentence: str = "it led to A") -> Consequence:
    """Something that follows."""
    return Consequence("event-now-refused", Impact.API_breaking, "door_states", "go in A", sentence)


def test_a_review_is_a_heading_and_a_table_for_each_drawing() -> None:
    """The first line is the mark by which a bot finds its comment again."""
    assert markdown(review_of(drawing())).splitlines() == [
        MARKER,
        "### dotgen diff: behaviour",
        "",
        "`main` → `the working tree`: 1 drawing, 1 change: 1 behaviour",
        "",
        "#### `door_states` in `specs/states/drawn.dot`: 1 change, behaviour",
        "",
        "| impact | change | where |",
        "| --- | --- | --- |",
        (
            "| behaviour | arrow-guard-changed: `A --go--> B`: `none` → `is_free` "
            "| `specs/states/drawn.dot:2` |"
        ),
    ]


def test_no_change_is_a_comment_too() -> None:
    """So that an old one is replaced."""
    assert markdown(Review("main", "HEAD", ())).splitlines() == [
        MARKER,
        "### dotgen diff: no change of meaning",
        "",
        "`main` → `HEAD`",
    ]


def test_what_follows_stands_below_the_table() -> None:
    """With its own impact."""
    last = markdown(with_first(consequences=(consequence(),))).splitlines()[-1]
    assert last == "- API-breaking, event-now-refused: `go in A`: it led to A"


def test_many_consequences_are_folded() -> None:
    """Eleven are more than somebody reads at once."""
    many = tuple(consequence(f"it led to A {number}") for number in range(11))
    told = markdown(with_first(consequences=many))
    assert "<details><summary>11 consequences</summary>" in told
    assert told.endswith("</details>\n")


def test_what_is_excused_says_why() -> None:
    """Where nothing else is left, the heading says so."""
    told = markdown(with_first(excuse="drawn too late"))
    assert "### dotgen diff: all excused" in told
    assert "<br>excused: drawn too late |" in told


def test_what_the_baseline_does_not_have_says_so() -> None:
    """And what it is held against."""
    told = markdown(replace(with_first(unreleased=True), baseline="v1"))
    assert ", held against `v1`:" in told
    assert "<br>unreleased: the baseline `v1` does not have it |" in told


def test_a_comment_is_no_longer_than_a_forge_takes() -> None:
    """The rest is counted in its last sentence."""
    shown = drawing()
    (judged,) = shown.changes
    told = markdown(review_of(replace(shown, changes=(judged,) * 5000)))
    assert len(told) <= SIZE_MAX + 200
    left = re.search(r"\*\*Left out, as a comment holds no more: (\d+) changes\.\*\*\n$", told)
    assert left is not None
    assert int(left[1]) + told.count("| behaviour |") == 5000


def test_a_table_has_its_cells_whatever_a_label_says() -> None:
    """Bars, backticks and line ends stay in their code."""
    foreign = "a | b ` c `` d\\n<img src=x> @somebody #1"
    shown = compared("states", OLD, OLD.replace("label=go", f'label="{foreign}", event=go'))
    rows = [it for it in markdown(review_of(shown)).splitlines() if it.startswith("| ")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 4 for row in rows)


SPAN = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
"""A code span: between as many backticks as it begins with."""

OURS = re.compile(r"<!-- dotgen diff -->|<br>|</?details>|</?summary>|\*\*Left out, .*\.\*\*|\\\|")
"""What this program itself writes."""


@given(REVIEWS)
def test_foreign_texts_stay_in_their_code(review: Review) -> None:
    """Outside of code nothing is a tag, a mention, a reference, a link or an emphasis."""
    for line in markdown(review).splitlines():
        rest = OURS.sub("", SPAN.sub("", line))
        assert not re.search(r"[<>@`*\[\]!~\\\x00-\x1f\x7f-\x9f\u202e]|\w#|(?<!#)#\d", rest), line


@given(REVIEWS)
def test_foreign_texts_add_no_line_and_no_cell(review: Review) -> None:
    """As many rows as changes, with three cells each."""
    rows = [it for it in markdown(review).splitlines() if it.startswith("|")]
    changes = sum(len(drawing.details) for drawing in review.drawings)
    tables = sum(1 for drawing in review.drawings if drawing.details)
    assert len(rows) == changes + 2 * tables
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 4 for row in rows)


def test_a_change_that_is_judged_worse_by_what_follows_says_so_in_the_heading() -> None:
    """The worst that counts is what a reviewer sees first."""
    found = with_first(consequences=(consequence(),))
    assert isinstance(found.drawings[0].changes[0], Judged)
    assert "### dotgen diff: API-breaking" in markdown(found)
