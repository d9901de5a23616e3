"""A review in the terminal: what a reviewer reads, and what no drawing can do to the terminal."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given

from codegen.review.changes import Consequence, Impact
from codegen.review.report import Drawing, Review
from codegen.review.text import lines
from tests.codegen.review.compared import compared, review_of
from tests.codegen.review.foreign_reviews import REVIEWS

OLD = (
    'digraph door_states {\n    Open -> Closed [label="close"]\n    Closed -> Open [label=open]\n}'
)
NEW = OLD.replace('"close"', '"close", guard=is_free').replace(
    "    Closed -> Open [label=open]\n", ""
)
FOLLOWS = Consequence(
    "event-now-refused", Impact.API_breaking, "door_states", "open in Closed", "it led to Open"
)
FILE = "specs/states/drawn.dot"


def drawing() -> Drawing:
    """A guard came; an arrow and its event went."""
    return compared("states", OLD, NEW)


def told(review: Review, *, verbose: bool = False) -> list[str]:
    """The lines without their colours."""
    return [line.text for line in lines(review, verbose=verbose)]


def below(texts: Sequence[str], rule: str) -> list[str]:
    """The lines of a change without their indentation: its own, and those up to the next one."""
    start = next(at for at, text in enumerate(texts) if text.split()[1:2] == [rule])
    rest = [*texts[start + 1 :], ""]
    end = next(at for at, text in enumerate(rest) if not text.startswith(" " * 10))
    return [text.strip() for text in (texts[start], *rest[:end])]


def test_a_review_is_told_from_its_drawings_to_its_total() -> None:
    """A headline for each drawing, the changes with their lines, and how many there are."""
    assert told(review_of(drawing())) == [
        f"{FILE}   door_states: 3 changes, worst behaviour",
        "",
        "  behaviour      event-removed        open",
        "                 - 3: Closed -> Open [label=open]",
        "  behaviour      arrow-guard-changed  Open --close--> Closed: none -> is_free",
        '                 - 2: Open -> Closed [label="close"]',
        '                 + 2: Open -> Closed [label="close", guard=is_free]',
        "  behaviour      arrow-removed        Closed --open--> Open",
        "                 - 3: Closed -> Open [label=open]",
        "",
        "1 drawing, 3 changes: 3 behaviour",
    ]


def test_lines_have_the_colours_of_a_diff() -> None:
    """What was is red, what is now green; a change has the colour of its impact."""
    shown = compared("states", OLD, NEW, (Impact.harmless, Impact.wire_breaking, Impact.behaviour))
    styles = {line.text.strip()[:13].rstrip(): line.style for line in lines(review_of(shown))}
    assert styles["- 2: Open ->"] == "red"
    assert styles["+ 2: Open ->"] == "green"
    assert styles["wire-breaking"] == "red"
    assert styles["behaviour"] == "yellow"
    assert styles["harmless"] == ""


def test_a_line_that_both_sides_have_is_told_once() -> None:
    """What changed is in a line further down."""
    old = "digraph a_states {\n A -> B [label=x,\n guard=free]\n}"
    new = old.replace("free", "freed").replace("{", "{\n")
    _, line = below(told(review_of(compared("states", old, new))), "guard-renamed")
    assert line == "2 -> 3: A -> B [label=x,"


def test_a_line_in_another_file_than_the_one_above_is_told_with_its_file() -> None:
    """A number alone means the file that is named above."""
    shown = replace(drawing(), old_file="specs/states/old.dot")
    texts = told(review_of(shown))
    assert texts[0].startswith(f"specs/states/old.dot -> {FILE}   door_states: ")
    _, line = below(texts, "event-removed")
    assert line == f"- {FILE}:3: Closed -> Open [label=open]"


def test_a_graph_without_a_name_is_told_as_one() -> None:
    """Nothing looks as if it were missing."""
    shown = replace(drawing(), name="", old_name="")
    assert told(review_of(shown))[0] == f"{FILE}   without a name: 3 changes, worst behaviour"


def test_a_renamed_thing_is_told_by_both_names() -> None:
    """The name is what changed, so no subject stands before it."""
    shown = compared("states", OLD, OLD.replace("Closed", "Shut"))
    line, *_ = below(told(review_of(shown)), "state-renamed")
    assert line.endswith("state-renamed  Closed -> Shut")


def test_what_follows_stands_below_its_change() -> None:
    """With its impact, its rule, its subject, and the place where there is one."""
    first, *others = drawing().changes
    follows = replace(FOLLOWS, place=first.change.place)
    changes = (replace(first, consequences=(follows,)), *others)
    texts = told(review_of(replace(drawing(), changes=changes)))
    *_, line = below(texts, "event-removed")
    sentence = "event-now-refused: open in Closed: it led to Open"
    assert line == f"=> API-breaking  {sentence} (line 3)"


def test_what_follows_from_several_changes_stands_below_them() -> None:
    """No single change is its cause, so it is counted on its own."""
    texts = told(review_of(replace(drawing(), aside=(FOLLOWS,))))
    at = texts.index("  what follows from several changes:")
    assert texts[at + 1].strip().startswith("=> API-breaking  event-now-refused: ")
    assert texts[-1].endswith("; 1 consequence of several changes")
    assert texts[0].endswith("3 changes, worst API-breaking")


def test_excuses_and_unreleased_changes_are_told_and_counted_apart() -> None:
    """Why they count less stands below them."""
    first, second, third = drawing().changes
    changes = (
        replace(first, excuse="nobody asks"),
        replace(second, unreleased=True, impact=Impact.wire_breaking),
        replace(third, consequences=(FOLLOWS,), excused={FOLLOWS: "all doors are open"}),
    )
    review = replace(review_of(replace(drawing(), changes=changes)), baseline="v1.0")
    texts = told(review)
    assert below(texts, "event-removed")[-1] == "excused: nobody asks"
    unreleased = "unreleased: the baseline v1.0 does not have it"
    assert below(texts, "arrow-guard-changed")[-1] == unreleased
    assert below(texts, "arrow-removed")[-1].endswith("(excused: all doors are open)")
    assert texts[-1] == "1 drawing, 3 changes: 2 behaviour, 1 excused (1 unreleased)"


def test_a_drawing_that_came_or_went_is_one_line() -> None:
    """All that is in it came and went with it."""
    added = compared("states", "", OLD, (Impact.harmless,))
    removed = compared("states", OLD, "", (Impact.API_breaking,))
    headlines = [text for text in told(review_of(added, removed)) if text]
    assert headlines == [
        f"{FILE}   door_states: added, harmless",
        f"{FILE}   door_states: removed, API-breaking",
        "2 drawings, 2 changes: 1 API-breaking, 1 harmless",
    ]


def test_an_excused_removal_says_why() -> None:
    """More than one line, where there is more to say."""
    shown = compared("states", OLD, "", (Impact.API_breaking,))
    (change,) = shown.changes
    shown = replace(shown, changes=(replace(change, excuse="never built"),))
    texts = told(review_of(shown))
    assert texts[0] == f"{FILE}   door_states: removed, 1 change, excused"
    assert below(texts, "machine-removed")[-1] == "excused: never built"


def test_many_changes_of_a_rule_are_cut_unless_all_are_asked_for() -> None:
    """Forty are shown, the others counted, and those of other rules stay."""
    arrows = "".join(f"    Open -> S{number} [label=close{number}]\n" for number in range(50))
    shown = compared("states", OLD, OLD.replace("{\n", "{\n" + arrows))
    short, long = (told(review_of(shown), verbose=verbose) for verbose in (False, True))
    assert sum("arrow-added" in text and "--close" in text for text in short) == 40
    assert "arrow-added  and 10 more (--verbose shows all)" in "\n".join(short)
    assert sum("arrow-added" in text and "--close" in text for text in long) == 50
    assert "more (" not in "\n".join(long)


def test_of_long_texts_the_pieces_that_differ_are_shown() -> None:
    """All of them where all is asked for."""
    words = "so it goes on and on " * 10
    old = OLD.replace("{\n", f'{{\n    Open [comment="{words} to the end"]\n')
    shown = review_of(compared("states", old, old.replace("to the end", "for ever")))
    short, long = (below(told(shown, verbose=it), "wording-changed")[0] for it in (False, True))
    assert "to the end -> …" in short
    assert short.endswith("for ever")
    assert words.strip() not in short
    assert long.count(words.strip()) == 2


def test_notes_come_last() -> None:
    """Also where nothing changed."""
    review = replace(review_of(), notes=("mind the gap",))
    assert told(review) == [
        "no change of meaning between main and the working tree",
        "note: mind the gap",
    ]


def test_an_escape_sequence_in_a_drawing_is_shown_as_text() -> None:
    """It cannot clear the screen, nor paint over what stands there."""
    new = NEW.replace("is_free", '"\x1b[2J"')
    texts = told(review_of(compared("states", OLD, new)))
    assert below(texts, "arrow-guard-changed")[0].endswith("none -> \\x1b[2J")
    assert any('guard="\\x1b[2J"' in text for text in texts)


@given(review=REVIEWS)
def test_no_text_of_a_drawing_reaches_the_terminal_as_more_than_text(review: Review) -> None:
    """Whatever the names, texts and files are, each line is one line of printable characters."""
    for verbose in (False, True):
        shown = told(review, verbose=verbose)
        assert all(text.isprintable() for text in shown)
        assert shown == told(review, verbose=verbose)
