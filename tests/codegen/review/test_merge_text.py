"""The text that two branches' drawings become: whatever neither changed stays as it was written."""

import pytest

from codegen.review.conflict_text import Lines, Spot
from tests.codegen.review.merging import (
    DOOR,
    RECORD,
    TALK,
    Swap,
    changed,
    merge_swaps,
    merge_texts,
)

AGAIN = "    Closed -> Closed"
SLAM = "    Open -> Locked [label=slam]  // ouch\n"
SHARED = r"""graph packets {
    node [shape=record]
    subgraph Both {
        node [label="\N | first\nu32 | second\nu16"]
        P_ONE [number="0x01"]
        P_TWO [number="0x02"]
    }
}
"""
NAMED = changed(RECORD, ("flags\\nu16", "flags\\nu16 | end\\nP_BYE"))


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        (DOOR, ("wide", "very wide"), ("// by hand", "// by foot")),
        (DOOR, ("Open   [", "Open [color=red, "), ("wide", "narrow")),
        (DOOR, ("guard=is_free", "guard=is_free, action=look"), ('"pull"', '"pull", color=red')),
        (DOOR, ("[label=", "[ label = "), (AGAIN, SLAM + AGAIN)),
        (
            DOOR,
            ("a door", "the door"),
            ("    Locked -> Closed", "    // back\n    Locked -> Closed"),
        ),
        (RECORD, ("magic", "mark"), ("reason: why", "reason:  why")),
        (RECORD, ("u32 = 5", "u64 = 5"), ("flags\\nu16", "flags\\nu16 | \\\n    more\\nu8")),
        (TALK, ("long", "short"), ("socket=data]", "socket=data, color=red]")),
    ],
)
def test_both_sides_keep_their_writing(base: str, ours: Swap, theirs: Swap) -> None:
    """Comments, colours, blanks and quotes are those of who wrote them, on either side."""
    wanted = changed(base, ours, theirs)
    assert merge_swaps(base, ours, theirs) == wanted
    assert merge_swaps(base, theirs, ours) == wanted


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        (DOOR, ("Locked", "Shut"), (AGAIN, SLAM + AGAIN)),
        (DOOR, ("knock", "ring"), (AGAIN, '    Open [stays="knock/creak"]\n' + AGAIN)),
        (DOOR, ("creak", "groan"), (AGAIN, '    Open [stays="knock/creak"]\n' + AGAIN)),
        (
            DOOR,
            ("is_free", "is_open"),
            (AGAIN, SLAM.replace("slam", "slam, guard=is_free") + AGAIN),
        ),
        (DOOR, ("digraph door", "digraph gate"), (AGAIN, SLAM + AGAIN)),
        (NAMED, ("P_BYE", "P_END"), ("{magic", "{bye\\nP_BYE | magic")),
        (NAMED, ("reason", "cause"), ("reason\\nu8", "reason\\nu16")),
        (TALK, ("wait", "sleep"), ("    hear ->", "    ask -> wait [comment=lazy]\n    hear ->")),
        (TALK, ("label=us", "label=we"), ("        ask\n", "        ask\n        look\n")),
        (TALK, ("talk", "chat"), ("        ask\n", "        ask\n        look\n")),
    ],
)
def test_a_new_name_comes_into_what_the_other_side_added(
    base: str, ours: Swap, theirs: Swap
) -> None:
    """As if the other side had known it, on whichever side it is."""
    wanted = changed(base, theirs, ours)
    assert merge_swaps(base, ours, theirs) == wanted
    assert merge_swaps(base, theirs, ours) == wanted


def test_an_event_is_spelled_as_its_new_label_is() -> None:
    """The label that has the event's new name is copied for the arrow of the other side."""
    ours = changed(DOOR, ("turn key", "twist key"))
    theirs = changed(DOOR, (AGAIN, f'    Open -> Open [label="turn key", action=bump]\n{AGAIN}'))
    assert merge_texts(DOOR, ours, theirs).text == changed(theirs, ("turn key", "twist key"))


@pytest.mark.parametrize(
    ("ours", "theirs", "wanted"),
    [
        ('stays="knock, ring"', 'stays="knock, call/answer"', 'stays="knock, ring, call/answer"'),
        ("stays=ring", 'stays="knock, call"', 'stays="ring, call"'),
        ('stays="knock"', 'stays="knock"', 'stays="knock"'),
    ],
)
def test_lists_of_events_grow_on_both_sides(ours: str, theirs: str, wanted: str) -> None:
    """What stood there first keeps its place."""
    texts = (changed(DOOR, ('stays="knock"', it)) for it in (ours, theirs))
    assert merge_texts(DOOR, *texts).text == changed(DOOR, ('stays="knock"', wanted))


def test_both_sides_may_add_behind_the_same_arrow() -> None:
    """Both arrows are there, that of ours first."""
    push = "    Open -> Open [label=push]\n"
    assert merge_texts(
        DOOR, changed(DOOR, (AGAIN, SLAM + AGAIN)), changed(DOOR, (AGAIN, push + AGAIN))
    ).text == changed(DOOR, (AGAIN, SLAM + push + AGAIN))


def test_a_new_layout_of_the_text_and_a_change_go_together() -> None:
    """Ours moved all lines to the left, theirs changed words and added a line."""
    ours = changed(DOOR, ("    ", "  "))
    theirs = changed(DOOR, ("wide", "narrow"), (AGAIN, SLAM + AGAIN))
    wanted = changed(ours, ("wide", "narrow"), ("  Closed -> Closed", SLAM + "  Closed -> Closed"))
    assert merge_texts(DOOR, ours, theirs).text == wanted


def test_a_default_is_changed_where_it_stands() -> None:
    """Ours changed what all arrows inherit, and theirs gave one arrow its own."""
    base = changed(
        DOOR, (", action=creak", ""), ("    Open   [", "    edge [action=creak]\n    Open   [")
    )
    default = ("edge [action=creak]", "edge [action=slam]")
    own = ("guard=is_free", "guard=is_free, action=look")
    assert merge_swaps(base, default, own) == changed(base, default, own)


def test_cells_are_changed_one_by_one() -> None:
    """Ours renamed a field, theirs took its neighbour out and put one in, all in one line."""
    ours = changed(RECORD, ("magic", "mark"), ("| flags", "| bits"))
    theirs = changed(RECORD, (" | length\\nu16 bytes", ""), ("u16}", "u16 | more\\nu8\\nwhy}"))
    found = merge_texts(RECORD, ours, theirs)
    assert found.text is not None
    assert '"\\N | {mark\\nu32 = 5 | bits\\nu16 | more\\nu8\\nwhy}"' in found.text


def test_a_cell_in_a_line_of_its_own_goes_with_its_line() -> None:
    """No empty line is left in the label."""
    base = changed(
        RECORD, (" | length", " \\\n        | length"), (" | flags", " \\\n        | flags")
    )
    ours = changed(base, (" \\\n        | length\\nu16 bytes", ""))
    moved = changed(base, ("magic\\nu32 = 5 \\\n", "magic\\nu64 \\\n"))
    assert merge_texts(base, ours, moved).text == changed(ours, ("u32 = 5", "u64"))


def test_a_step_comes_into_its_own_column() -> None:
    """Where both sides filled the only step of a column otherwise, there is one column still."""
    ours = changed(TALK, ("        hear\n", "        hear\n        think\n"))
    theirs = changed(TALK, ("        hear\n", "        // all ears\n        hear\n        say\n"))
    found = merge_texts(TALK, ours, theirs).text
    assert found is not None
    assert found.count("subgraph") == 2
    assert "        // all ears\n        hear\n        think\n        say\n" in found


def test_two_graphs_of_one_file_change_apart() -> None:
    """A change goes into the graph that it was made in, though both have the same names."""
    other = changed(DOOR, ("digraph door", "digraph gate"))
    base = DOOR + other
    ours = changed(DOOR, ("Locked", "Shut")) + other
    theirs = DOOR + changed(other, (AGAIN, SLAM + AGAIN), ("wide", "narrow"))
    wanted = ours[: len(ours) - len(other)] + theirs[len(DOOR) :]
    assert merge_texts(base, ours, theirs).text == wanted
    assert merge_texts(base, theirs, ours).text == wanted


def test_a_graph_may_come_or_go() -> None:
    """A second machine was added or deleted, and the first was changed."""
    other = changed(DOOR, ("digraph door", "digraph gate"))
    theirs = changed(DOOR, ("wide", "narrow"))
    assert merge_texts(DOOR, DOOR + other, theirs).text == theirs + other
    assert merge_texts(DOOR + other, DOOR, theirs + other).text == theirs


def test_both_may_have_made_the_drawing() -> None:
    """Without a common version what both drew is there once, and the rest of both."""
    ours = changed(DOOR, (AGAIN, SLAM + AGAIN))
    theirs = changed(
        DOOR, ("    Locked -> Closed", "    Locked -> Open [label=x]\n    Locked -> Closed")
    )
    found = merge_texts("", ours, theirs).text
    assert found == changed(
        ours, ("    Locked -> Closed", "    Locked -> Open [label=x]\n    Locked -> Closed")
    )


def test_who_rewrote_the_same_lines_is_told() -> None:
    """Both agree on what is said; whose writing is kept says a note."""
    ours = changed(DOOR, ("// by hand", "// by foot"))
    theirs = changed(DOOR, ("// by hand", "// by wind"))
    found = merge_texts(DOOR, ours, theirs)
    assert found.text == ours
    assert found.note == (
        "both sides rewrote the same lines; comments and colours there are those of ours"
    )


def test_a_fault_that_only_both_together_have_is_told() -> None:
    """Of three cases each side took another one away, and a lone case is none."""
    cases = [f"    hear -> ask [packet=P_BYE, socket=data, when={it}]\n" for it in ("bad", "odd")]
    base = changed(TALK, ("    hear ->", f"{''.join(cases)}    hear ->"))
    found = merge_texts(base, *(changed(base, (it, "")) for it in cases))
    assert found.text is None
    (explained,) = found.conflicts
    assert explained.sentence == (
        'lone-case: "good" is the only case of hear (neither side alone has this fault)'
    )
    assert explained.spot == Spot(Lines(13, 13), Lines(13, 13))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            ('P_TWO [number="0x02"]\n', 'P_TWO [number="0x02"]\n        P_SIX [number="0x06"]\n'),
            ("u32 | second", "u32 | between\\nu8 | second"),
        ),
        (('        P_ONE [number="0x01"]\n', ""), ("u32 | second", "u32 | between\\nu8 | second")),
        (("second\\nu16", "second\\nu64"), ("u32 | second", "u32 | between\\nu8 | second")),
    ],
)
def test_a_record_that_packets_share_is_changed_for_all_of_them(first: Swap, second: Swap) -> None:
    """Also for those that the other side added, and not for those that it removed."""
    wanted = changed(SHARED, first, second)
    assert merge_swaps(SHARED, first, second) == wanted
    assert merge_swaps(SHARED, second, first) == wanted
