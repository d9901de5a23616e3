"""What follows from the changes of layouts: packets that older peers misread or do not know."""

from hypothesis import given

from codegen.drawings import read_drawings
from codegen.layouts.changes import RULES
from codegen.layouts.consequences import CONSEQUENCES, consequences
from codegen.layouts.model import Layout
from codegen.review.changes import Consequence, Impact
from tests.codegen.review.small_drawings import PATHS, schemas

OLD = r"""
    P_OLD [number=1, since=100, label="\N | a\nu32 | limits\nLimits"]
    Limits [label="low\nu32 | high\nu32"]
    features [kind=flags, label="TRIM\n1"]
"""


def layouts(text: str) -> dict[str, Layout]:
    """The layouts that a drawing's statements make."""
    drawing = f"graph chapter {{ node [shape=record] {text} }}"
    (schema,) = read_drawings({"specs/layouts/chapter.dot": drawing.encode()}).schemas
    return {it.name: it for it in schema.layouts}


def follow(old: str, new: str) -> list[Consequence]:
    """What follows when one drawing becomes the other."""
    return list(consequences(layouts(old), layouts(new)))


def added(attributes: str) -> Consequence:
    """What follows from a new packet."""
    (found,) = follow(OLD, rf'{OLD} P_NEW [number=2, {attributes} label="\N | x\nu8"]')
    return found


def test_a_new_packet_is_unknown_to_an_older_peer() -> None:
    """Sent at every version, it ends the connection."""
    found = added("")
    assert (found.rule, found.subject) == ("packet-unknown-to-older-peer", "P_NEW")
    assert found.impact is Impact.wire_breaking
    assert found.sentence == (
        "peers built from the old drawings do not know packet 0x02;"
        " it is sent at every protocol version"
    )


def test_a_version_that_no_older_peer_has_keeps_a_new_packet_from_it() -> None:
    """The sentence says which version older peers agree to at most."""
    found = added("since=101,")
    assert found.impact is Impact.behaviour
    assert found.sentence.endswith(
        "it is sent from protocol version 101 on, to which no older peer agrees:"
        " the old drawings name no version above 100"
    )


def test_a_version_that_older_peers_have_keeps_nothing_from_them() -> None:
    """They agree to it, and get what they do not know."""
    found = added("since=100, until=120,")
    assert found.impact is Impact.wire_breaking
    assert found.sentence.endswith("it is sent from protocol version 100 on and up to version 120")


def test_a_new_feature_keeps_a_new_packet_from_older_peers() -> None:
    """They do not agree to what they do not know."""
    found = added("feature=ZEROES,")
    assert found.impact is Impact.behaviour
    assert found.sentence.endswith("the old drawings have no feature ZEROES")


def test_a_feature_that_older_peers_have_keeps_nothing_from_them() -> None:
    """A flag that the old drawings name is one."""
    assert added("feature=TRIM,").impact is Impact.wire_breaking


def test_a_packet_that_nobody_sends_reaches_no_peer() -> None:
    """An obsolete one only keeps its number taken."""
    assert follow(OLD, rf'{OLD} P_NEW [number=2, obsolete=true, label="\N | x\nu8"]') == []


def test_a_packet_that_is_sent_again_is_new_to_older_peers() -> None:
    """They refuse what was obsolete."""
    old = rf'{OLD} P_X [number=2, obsolete=true, label="\N | x\nu8"]'
    (found,) = follow(old, old.replace("obsolete=true, ", ""))
    assert found.rule == "packet-unknown-to-older-peer"


def test_a_packet_under_another_name_is_known() -> None:
    """Peers know numbers only."""
    assert follow(OLD, OLD.replace("P_OLD", "P_OTHER")) == []


def test_a_packet_with_a_wider_field_is_misread() -> None:
    """The field is named, and the sizes before and after."""
    (found,) = follow(OLD, OLD.replace(r"a\nu32", r"a\nu64"))
    assert (found.rule, found.scope, found.subject) == (
        "packet-misread-by-older-peer",
        "P_OLD",
        "P_OLD",
    )
    assert found.sentence == (
        "peers built from the old drawings read packet 0x01 otherwise:"
        " its fixed part is 16 bytes and was 12 (a); it is sent from protocol version 100 on"
    )
    assert frozenset({"P_OLD", "a"}) in found.causes


def test_a_packet_is_misread_because_a_struct_in_it_was_widened() -> None:
    """The cause is in the scope of the struct, where the change is."""
    (found,) = follow(OLD, OLD.replace(r"high\nu32", r"high\nu64"))
    assert (found.scope, found.subject) == ("Limits", "P_OLD")
    assert "; Limits in it has changed (high);" in found.sentence
    assert found.causes == (frozenset({"Limits", "high"}), frozenset({"Limits"}))


def test_a_struct_two_deep_is_the_cause_as_well() -> None:
    """Not the one between, which only holds it."""
    deep = OLD.replace(r"low\nu32", r"low\nInner") + r'Inner [label="x\nu32"]'
    (found,) = follow(deep, deep.replace(r"x\nu32", r"x\nu16 | y\nu16"))
    assert found.scope == "Inner"
    assert "its fixed part is 12 bytes as before" in found.sentence


def test_members_that_changed_their_places_are_misread() -> None:
    """All of them are named."""
    (found,) = follow(OLD, OLD.replace(r"low\nu32 | high\nu32", r"high\nu32 | low\nu64"))
    assert "(low)" in found.sentence
    assert follow(OLD, OLD.replace(r"low\nu32 | high\nu32", r"high\nu32 | low\nu32")) == []


def test_other_names_for_the_same_bytes_are_read_as_before() -> None:
    """A field's name, a cookie for a number, and a struct drawn out in its packet."""
    assert follow(OLD, OLD.replace(r"a\nu32", r"b\ncookie32")) == []
    assert follow(OLD, OLD.replace(r"limits\nLimits", r"low\nu32 | high\nu32")) == []


def test_a_value_that_is_required_now_is_read_otherwise() -> None:
    """What a peer sends there may be refused."""
    (found,) = follow(OLD, OLD.replace(r"a\nu32", r"a\nu32 == 7"))
    assert found.rule == "packet-misread-by-older-peer"


def test_a_struct_that_no_packet_has_follows_to_nothing() -> None:
    """Nobody gets its bytes."""
    old = OLD.replace(r"limits\nLimits", r"limits\nu64")
    assert follow(old, old.replace(r"high\nu32", r"high\nu64")) == []


def test_layouts_inside_each_other_cost_no_more_than_their_names() -> None:
    """Twenty that each hold the next one eight times would be 2 ** 60 fields, one by one."""
    cells = r" | ".join(rf"f{at}\nL%s" for at in range(8))
    nest = " ".join(
        f'L{depth} [label="{cells.replace("%s", str(depth + 1))}"];' for depth in range(20)
    )
    old = rf'{nest} L20 [label="x\nu8"]; P_BIG [number=1, label="\N | all\nL0[1000000000]"]'
    assert follow(old, old) == []
    (found,) = follow(old, old.replace(r"x\nu8", r"x\nu16"))
    assert found.subject == "P_BIG"


def test_faulty_layouts_are_compared_too() -> None:
    """A circle and a field that is drawn twice are for lint to tell."""
    circle = OLD.replace(r"high\nu32", r"high\nLimits")
    twice = OLD.replace(r"high\nu32", r"low\nu32")
    for new in (circle, twice):
        follow(OLD, new)
        follow(new, OLD)


@given(schemas())
def test_nothing_follows_from_no_change(text: str) -> None:
    """Layouts compared with themselves."""
    drawings = read_drawings({PATHS["layouts"]: text.encode()})
    drawn = {it.name: it for schema in drawings.schemas for it in schema.layouts}
    assert list(consequences(drawn, drawn)) == []


def test_every_rule_is_documented_once() -> None:
    """A name is one rule, and each says more than a sentence."""
    texts = {it.name: " ".join(it.documentation.split()) for it in (*RULES, *CONSEQUENCES)}
    assert len(texts) == len([*RULES, *CONSEQUENCES])
    assert not [name for name, text in texts.items() if ". " not in text]
