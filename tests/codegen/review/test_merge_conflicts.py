"""Where two branches contradict each other, and the sentence that tells it."""

import pytest

from tests.codegen.review.merging import DOOR, RECORD, TALK, Swap, changed, models, sentences

LOCK = '    Closed -> Locked [label="turn key"]\n'
AGAIN = "    Closed -> Closed"


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "sentence"),
    [
        (
            DOOR,
            ("wide", "very wide"),
            ("wide", "narrow"),
            "Open (state): comment (was wide) is very wide in ours and narrow in theirs",
        ),
        (
            DOOR,
            ("Closed -> Open ", "Closed -> Locked "),
            ("Closed -> Open ", "Closed -> Closed "),
            (
                "Closed --pull [is_free]--> Open (arrow): target (was Open) is Locked in ours"
                " and Closed in theirs"
            ),
        ),
        (
            DOOR,
            ("is_free]", "is_free, action=look]"),
            ("is_free]", "is_free, action=go]"),
            "Closed --pull [is_free]--> Open (arrow): actions is look in ours and go in theirs",
        ),
        (
            DOOR,
            ("=is_free", "=is_open"),
            ("=is_free", "=is_light"),
            "is_free (guard): name (was is_free) is is_open in ours and is_light in theirs",
        ),
        (
            DOOR,
            (LOCK, ""),
            (LOCK, LOCK.replace("]", ", action=creak]")),
            "Closed --turn_key--> Locked (arrow): (gone) in ours, changed in theirs",
        ),
        (
            DOOR,
            (LOCK, LOCK.replace("]", ", action=creak]")),
            (LOCK, ""),
            "Closed --turn_key--> Locked (arrow): changed in ours, (gone) in theirs",
        ),
        (
            DOOR,
            ("Locked", "Shut"),
            ("Locked", "Barred"),
            "Locked (state): name (was Locked) is Shut in ours and Barred in theirs",
        ),
        (
            DOOR,
            ("digraph door", "digraph gate"),
            ("digraph door", "digraph flap"),
            "door (machine): name (was door) is gate in ours and flap in theirs",
        ),
        (
            DOOR,
            ("Locked", "Side"),
            ("Closed", "Side"),
            "Locked (state): renamed to Side in ours, Closed renamed to Side in theirs",
        ),
        (
            DOOR,
            ("pull", "tug"),
            ("shut", "tug"),
            "pull (event): renamed to tug in ours, shut renamed to tug in theirs",
        ),
        (
            DOOR,
            (AGAIN, f"    Open -> Locked [label=kick]\n{AGAIN}"),
            (AGAIN, f"    Open -> Closed [label=kick]\n{AGAIN}"),
            "Open --kick--> Locked (arrow): added in ours, Open --kick--> Closed added in theirs",
        ),
        (
            DOOR,
            (AGAIN, f"    Open -> Locked [label=kick]\n{AGAIN}"),
            (AGAIN, f"    Open -> Locked [label=kick, action=creak]\n{AGAIN}"),
            (
                "Open --kick--> Locked (arrow): added with decider=soft in ours, added with"
                " actions=creak, decider=soft in theirs"
            ),
        ),
        (
            RECORD,
            ("u32 = 5", "u64 = 5"),
            ("u32 = 5", "u16 = 5"),
            "P_HELLO.magic (field): type (was u32) is u64 in ours and u16 in theirs",
        ),
        (
            RECORD,
            ("0x02", "0x03"),
            ("0x02", "0x04"),
            "P_BYE (layout): number (was 0x02) is 0x03 in ours and 0x04 in theirs",
        ),
        (
            RECORD,
            ("magic", "a\\nu8 | magic"),
            ("magic", "b\\nu8 | magic"),
            (
                "P_HELLO (layout): order (was magic length flags) is a magic length flags in"
                " ours and b magic length flags in theirs"
            ),
        ),
        (
            RECORD,
            ("reason: why", "reason: a"),
            ("reason: why", "reason: b"),
            "P_BYE.reason (field): meaning (was why) is a in ours and b in theirs",
        ),
        (
            TALK,
            ("P_BYE", "P_END"),
            ("P_BYE", "P_STOP"),
            (
                "hear -> wait [good] (flow-arrow): packet (was P_BYE) is P_END in ours and"
                " P_STOP in theirs"
            ),
        ),
        (
            TALK,
            ("long", "short"),
            ('        wait [comment="long"]\n', ""),
            "wait (step): comment (was long) is short in ours and none in theirs",
        ),
    ],
)
def test_a_contradiction_is_told(base: str, ours: Swap, theirs: Swap, sentence: str) -> None:
    """By one sentence with the thing, its part, what it was, and what each side says."""
    assert sentences(base, ours, theirs) == [sentence]


def without(text: str, word: str) -> str:
    """Delete the lines with a word."""
    return "".join(line for line in text.splitlines(keepends=True) if word not in line)


@pytest.mark.parametrize(
    ("base", "gone", "used", "subject"),
    [
        (
            DOOR,
            "Locked",
            (AGAIN, f"    Open -> Locked [label=kick]\n{AGAIN}"),
            "Open --kick--> Locked (arrow)",
        ),
        (DOOR, "Locked", (AGAIN, f"    initial=Locked\n{AGAIN}"), "door (machine)"),
        (RECORD, "P_BYE", ("flags\\nu16", "flags\\nP_BYE"), "P_HELLO.flags (field)"),
        (RECORD, "P_BYE", ("flags\\nu16", "flags\\nu16 | end\\nP_BYE?"), "P_HELLO.end (field)"),
        (
            TALK,
            "hear",
            ("    ask ->", "    wait -> hear [packet=P_X]\n    ask ->"),
            "wait -> hear (flow-arrow)",
        ),
    ],
)
def test_what_one_side_removed_the_other_may_not_mention_anew(
    base: str, gone: str, used: Swap, subject: str
) -> None:
    """By something that it added, or by another value of something that was there."""
    ours, theirs = without(base, gone), changed(base, used)
    assert [it.sentence for it in models(base, ours, theirs).conflicts] == [
        f"{subject}: {gone} is gone in ours, mentions it in theirs"
    ]
    assert [it.sentence for it in models(base, theirs, ours).conflicts] == [
        f"{subject}: mentions it in ours, {gone} is gone in theirs"
    ]


def test_a_new_name_may_not_be_one_that_the_other_side_added() -> None:
    """Ours renamed a state to what theirs calls a new one."""
    ours = changed(DOOR, ("Locked", "Shut"))
    theirs = changed(DOOR, (AGAIN, f"    Open -> Shut [label=slam]\n{AGAIN}"))
    assert [it.sentence for it in models(DOOR, ours, theirs).conflicts] == [
        "Locked (state): renamed to Shut in ours, Shut is another one in theirs"
    ]
    assert [it.sentence for it in models(DOOR, theirs, ours).conflicts] == [
        "Locked (state): Shut is another one in ours, renamed to Shut in theirs"
    ]


def test_two_orders_of_one_row_are_a_contradiction() -> None:
    """Each side tries another guard first."""
    rows = [
        f"    Closed -> Open [label=pull, guard={guard}]\n"
        for guard in ("is_free", "is_open", "late")
    ]
    base, ours, theirs = (
        changed(DOOR, ('    Closed -> Open   [label="pull", guard=is_free]\n', "".join(it)))
        for it in (rows, rows[::-1], (rows[1], rows[0], rows[2]))
    )
    (row,) = models(base, ours, theirs).conflicts
    assert row.sentence == (
        "pull in Closed (row): guards (was is_free is_open late else) is "
        "late is_open is_free else in ours and is_open is_free late else in theirs"
    )
    assert models(base, ours, base).conflicts == []


def test_a_conflict_of_one_thing_leaves_the_others_merged() -> None:
    """The conflict is the only one, and the rest is what both say."""
    ours = changed(DOOR, ("wide", "very wide"), ("knock", "ring"))
    theirs = changed(DOOR, ("wide", "narrow"), ('label="shut"', 'label="close"'))
    found = models(DOOR, ours, theirs)
    assert len(found.conflicts) == 1
    assert {"ring", "close"} <= {name for key in found.facts for name in key.names}
