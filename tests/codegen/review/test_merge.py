"""What two branches say together of one drawing: their changes, put together thing by thing."""

import pytest
from hypothesis import given, settings

from codegen.review.facts import without_derived
from codegen.review.merge import merged
from tests.codegen.review.merging import DOOR, RECORD, TALK, Swap, agreed, changed, models
from tests.codegen.review.small_drawings import facts, said, triples

KICK = ("    Closed -> Closed", "    Closed -> Open [label=kick]\n    Closed -> Closed")
KNOCK = 'stays="knock"'


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        (DOOR, ("wide", "very wide"), ("action=creak]  //", 'action="creak, slam"]  //')),
        (DOOR, ("guard=is_free", "guard=is_free, action=look"), ("=is_free", "=is_open")),
        (DOOR, ("guard=is_free", "guard=is_open"), ("Closed -> Open ", "Closed -> Locked ")),
        (DOOR, ("Closed -> Open ", "Closed -> Locked "), ("guard=is_free", "guard=is_open")),
        (
            DOOR,
            ('    Locked -> Closed [label="turn key"]\n', ""),
            ("Closed\n", "Closed [wire=1]\n"),
        ),
        (DOOR, KICK, ('    Closed -> Locked [label="turn key"]\n', "")),
        (DOOR, KICK, (KNOCK, 'stays="knock, ring"')),
        (RECORD, ("u32 = 5", "u64 = 5"), ("flags\\nu16", "flags\\nu16 | more\\nu8")),
        (RECORD, ("flags", "bits"), (" | length\\nu16 bytes", "")),
        (RECORD, ("reason: why", "reason: because"), ("reason\\nu8", "reason\\nu16")),
        (RECORD, ("0x02", "0x03"), ("| reason", "| since\\nu8 | reason")),
        (TALK, ("when=good", "when=fine"), ("long", "short")),
        (TALK, ("P_BYE", "P_END"), ("        hear\n", "        hear\n        think\n")),
    ],
)
def test_changes_of_different_things_merge(base: str, ours: Swap, theirs: Swap) -> None:
    """Also those of one arrow, field or step, as long as they are of different parts."""
    assert agreed(base, ours, theirs)


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        (DOOR, ("Locked", "Shut"), KICK),
        (DOOR, ("Locked", "Shut"), ("Open  ", "Ajar  ")),
        (DOOR, ("Locked", "Shut"), ("knock", "ring")),
        (DOOR, ("Locked", "Shut"), ("digraph door", "digraph gate")),
        (DOOR, ("is_free", "is_open"), ('"shut", action=creak', '"shut", action=slam')),
        (RECORD, ("P_BYE", "P_END"), ("why", "because")),
        (RECORD, ("P_BYE", "P_END"), ("reason", "cause")),
        (RECORD, ("graph packets", "graph frames"), ("P_BYE", "P_END")),
        (TALK, ("wait", "sleep"), ("hear ", "listen ")),
    ],
)
def test_names_are_new_in_what_the_other_side_did(base: str, ours: Swap, theirs: Swap) -> None:
    """A rename on one side, or of different names on both, and changes of the other side."""
    assert agreed(base, ours, theirs)


def test_an_added_arrow_leads_to_the_new_name() -> None:
    """Ours renamed the state that theirs draws an arrow to."""
    ours = changed(DOOR, ("Locked", "Shut"))
    theirs = changed(
        DOOR, ("    Closed -> Closed", "    Open -> Locked [label=slam]\n    Closed -> Closed")
    )
    found = models(DOOR, ours, theirs)
    assert found.conflicts == []
    assert ("door", "Open", "slam", "Shut", "") in {key.names for key in found.facts}


@pytest.mark.parametrize(
    ("ours", "theirs", "together"),
    [
        ("knock, ring", "knock, call", "call knock ring"),
        ("ring", "knock, call", "call ring"),
        ("knock, ring", "knock, ring", "knock ring"),
    ],
)
def test_what_a_state_stays_on_is_a_set(ours: str, theirs: str, together: str) -> None:
    """What either side added is there, and what either side removed is not."""
    texts = (changed(DOOR, (KNOCK, f'stays="{side}"')) for side in (ours, theirs))
    found = models(DOOR, *texts)
    assert found.conflicts == []
    stays = sorted(key.names[2] for key in found.facts if key.kind == "stay")
    assert stays == together.split()


@pytest.mark.parametrize(
    ("ours", "theirs", "together"),
    [
        ("Locked, Open", "Locked, Closed", "Closed Locked Open"),
        ("Open", "Locked, Closed", "Closed Open"),
    ],
)
def test_exceptions_of_an_arrow_from_everywhere_are_a_set(
    ours: str, theirs: str, together: str
) -> None:
    """Each side may except states of its own."""
    texts = (changed(DOOR, ('except="Locked"', f'except="{side}"')) for side in (ours, theirs))
    found = models(DOOR, *texts)
    assert found.conflicts == []
    (arrow,) = (it for key, it in found.facts.items() if key.kind == "any-state-arrow")
    assert arrow.get("except") == together


@pytest.mark.parametrize(
    ("ours", "theirs", "together"),
    [
        ("a\\nu8 | magic", "flags\\nu16 | z\\nu8", "a magic length flags z"),
        ("magic", "z\\nu8", "magic length z"),
    ],
)
def test_fields_are_a_list(ours: str, theirs: str, together: str) -> None:
    """What each side put in or took out comes where that side has it."""
    first = changed(RECORD, ("magic", ours))
    second = changed(RECORD, ("flags\\nu16", theirs))
    for sides in ((first, second), (second, first)):
        found = models(RECORD, *sides)
        assert found.conflicts == []
        (order,) = (it.get("order") for it in found.facts.values() if it.get("number") == "0x01")
        assert order == together


def test_a_new_order_takes_in_what_the_other_side_added() -> None:
    """Ours put the last field first, theirs put one behind the first."""
    ours = changed(RECORD, (" | flags\\nu16", ""), ("{magic", "{flags\\nu16 | magic"))
    theirs = changed(RECORD, ("| length", "| since\\nu8 | length"))
    found = models(RECORD, ours, theirs)
    assert found.conflicts == []
    orders = {it.get("order") for it in found.facts.values() if it.get("number") == "0x01"}
    assert orders == {"flags magic since length"}


def test_a_row_of_guards_has_what_both_left() -> None:
    """Ours took the guarded arrow away, so that one arrow without an order is left."""
    ours = ('    Closed -> Open   [label="pull", guard=is_free]\n', "")
    assert agreed(DOOR, ours, ("wide", "narrow"))
    found = models(DOOR, changed(DOOR, ours), DOOR)
    assert not [key for key in found.facts if key.kind == "row"]


def test_what_both_removed_is_gone_once() -> None:
    """Both sides said the same, and neither is asked."""
    ours = changed(DOOR, ('    Closed -> Locked [label="turn key"]\n', ""))
    found = models(DOOR, ours, ours)
    assert found.conflicts == []
    assert said(found.facts) == said(without_derived(facts("specs/states/x.dot", ours)))


@settings(max_examples=40)
@given(triples)
def test_the_sides_may_change_places(drawn: tuple[str, str, str, str]) -> None:
    """Without a conflict both ways say the same, and a conflict is one both ways."""
    path, *texts = drawn
    base, ours, theirs = (facts(path, text) for text in texts)
    one, other = merged(base, ours, theirs), merged(base, theirs, ours)
    assert bool(one.conflicts) == bool(other.conflicts)
    if not one.conflicts:
        assert said(one.facts) == said(other.facts)


@settings(max_examples=40)
@given(triples)
def test_where_one_side_did_nothing_the_other_side_is_the_result(
    drawn: tuple[str, str, str, str],
) -> None:
    """Also where both did the same."""
    path, base_text, text, _ = drawn
    base, side = facts(path, base_text), facts(path, text)
    for ours, theirs in ((base, side), (side, base), (side, side)):
        found = merged(base, ours, theirs)
        assert found.conflicts == []
        assert said(found.facts) == said(without_derived(side))
