"""A text is edited until it says what another one says, and keeps its own writing."""

import pytest
from hypothesis import assume, given, settings

from codegen.review.draft import Draft
from codegen.review.edits import edited
from codegen.review.version import Version
from tests.codegen.review.merging import DOOR, RECORD, Swap, changed, path_of
from tests.codegen.review.small_drawings import pairs, said

GROUP = changed(
    DOOR,
    (
        "    Open   -> Closed",
        "    {Open Locked} -> Closed [label=x]  // both\n    Open   -> Closed",
    ),
    ("    Closed\n", "    Closed; Shed, Barn [comment=far]\n"),
)
ROW = changed(
    DOOR,
    ("    Closed -> Closed", "    Closed -> Locked [label=pull, guard=late]\n    Closed -> Closed"),
)
SHARED = changed(
    DOOR, ("    Open   [", "    edge [action=creak]\n    Open   ["), (", action=creak", "")
)


def edit(path: str, text: str, wanted: str) -> str | None:
    """Edit a text until it says what another one says, which is its only source."""
    source = Draft(path, wanted)
    draft = edited(Draft(path, text), source.facts, {}, [Version(source, {})])
    return draft.text if draft else None


@settings(max_examples=60)
@given(pairs)
def test_any_drawing_can_be_made_of_any_other(drawn: tuple[str, str, str]) -> None:
    """Unless something is drawn twice, which is a fault."""
    path, text, wanted = drawn
    source = Draft(path, wanted)
    assume(not source.twice and not Draft(path, text).twice)
    draft = edited(Draft(path, text), source.facts, {}, [Version(source, {})])
    assert draft is not None
    assert said(draft.facts) == said(source.facts)


@settings(max_examples=60)
@given(pairs)
def test_what_says_it_already_is_left_alone(drawn: tuple[str, str, str]) -> None:
    """Nothing is written anew."""
    path, text, _ = drawn
    assume(not Draft(path, text).twice)
    assert edit(path, text, text) == text


@pytest.mark.parametrize(
    ("text", "swaps"),
    [
        (DOOR, [('"shut", action=creak', '"shut"'), ("is_free]", "is_free, action=look]")]),
        (DOOR, [('    Open   -> Locked [label="* on fire", except="Locked"]\n', "")]),
        (ROW, [("guard=is_free", "guard=x"), ("guard=late", "guard=is_free"), ("=x", "=late")]),
        (GROUP, [("Shed, Barn", "Barn")]),
        (GROUP, [("Shed, Barn", "Shed")]),
        (SHARED, [("edge [action=creak]", "edge [action=slam]")]),
        (RECORD, [("u32 = 5", "u64 = 6"), ("reason: why", "reason: because")]),
        (RECORD, [("0x02", "0x03"), ('"\\N | reason', '"\\N | a\\nu8 | reason')]),
    ],
)
def test_the_smallest_change_is_made(text: str, swaps: list[Swap]) -> None:
    """It is the one that a person would have made."""
    wanted = changed(text, *swaps)
    assert edit(path_of(text), text, wanted) == wanted


@pytest.mark.parametrize(
    ("text", "wanted", "line"),
    [
        (
            GROUP,
            ("{Open Locked} -> Closed [label=x]", "Locked -> Closed [label=x]"),
            "    Locked -> Closed [label=x]  // both\n",
        ),
        (
            GROUP,
            (
                "    {Open Locked} -> Closed [label=x]",
                "    Open -> Closed [label=x, action=a]\n    Locked -> Closed [label=x]",
            ),
            "    Open -> Closed [label=x, action=a]\n    Locked -> Closed [label=x]  // both\n",
        ),
        (DOOR, ("turn key", "turn  key"), '    Closed -> Locked [label="turn key"]\n'),
    ],
)
def test_a_statement_of_several_things_is_taken_apart(text: str, wanted: Swap, line: str) -> None:
    """Where only one of them changes; nothing else of the text does."""
    found = edit(path_of(text), text, changed(text, wanted))
    assert found is not None
    assert line in found


def test_what_was_drawn_at_a_state_that_goes_is_drawn_elsewhere() -> None:
    """An arrow from everywhere may begin at any state, so it need not go with one."""
    base = changed(DOOR, ("Closed\n", "Closed\n    Shed\n"), ("Open   -> Locked", "Shed -> Locked"))
    wanted = changed(base, ("    Shed\n", ""), ("Shed -> Locked", "Open -> Locked"))
    found = edit(path_of(base), base, wanted)
    assert found == changed(base, ("    Shed\n", ""), ("Shed -> Locked", "Locked -> Locked"))


def test_arrows_with_one_guard_keep_their_places_in_a_row() -> None:
    """Each of two arrows that are tried without a guard has a place of its own in the order."""
    rows = ["B -> A [label=stop]", "B -> B [label=stop, guard=ready]", "B -> B [label=stop]"]
    wanted = "digraph small {\n    B\n    A\n" + "".join(f"    {row}\n" for row in rows) + "}\n"
    text = "digraph small {\n    A\n    B\n    A -> A [label=stop]\n}\n"
    path = "specs/states/small.dot"
    found = edit(path, text, wanted)
    assert found is not None
    assert said(Draft(path, found).facts) == said(Draft(path, wanted).facts)


def test_attributes_come_into_one_list() -> None:
    """Also where there was none, or an empty one."""
    for base in (DOOR, changed(DOOR, ("Closed\n", "Closed []\n"))):
        wanted = changed(DOOR, ("Closed\n", "Closed [comment=x, wire=1]\n"))
        assert edit(path_of(base), base, wanted) == wanted


def test_the_last_attribute_goes_while_another_one_comes() -> None:
    """No comma is left between them."""
    base = changed(DOOR, ("guard=is_free", "guard=is_free, action=creak"))
    wanted = changed(DOOR, ("guard=is_free", "guard=is_free, comment=x"))
    assert edit(path_of(base), base, wanted) == wanted
