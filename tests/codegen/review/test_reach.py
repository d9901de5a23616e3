"""How far a change reaches: to peers, to disks, or to code only, by what holds what."""

import pytest

from codegen.drawings import read_drawings
from codegen.review.changes import Impact
from codegen.review.implementers import Implementers
from codegen.review.judge import Side, review

WIRE, DISK, API = Impact.wire_breaking, Impact.disk_breaking, Impact.API_breaking
BEHAVIOUR, HARMLESS = Impact.behaviour, Impact.harmless

HOLDERS = {
    "packet": r'Top [number=1, label="\N | inner\nInner"]',
    "header": r'Top [kind=header, label="inner\nInner"]',
    "block": r'Top [kind=block, label="inner\nInner"]',
    "struct": r'Top [label="inner\nInner"]',
    "packet and block": r'P [number=1, label="\N | i\nInner"] B [kind=block, label="i\nInner"]',
}


def impacts(old: dict[str, str], new: dict[str, str]) -> dict[str, Impact]:
    """The impact of each rule between two sets of drawings, by the kind of each."""
    sides = []
    for files in (old, new):
        drawn = {f"specs/{kind}/drawn.dot": text.encode() for kind, text in files.items()}
        sides.append(Side("side", read_drawings(drawn)))
    found = review(sides[0], sides[1], Implementers())
    return {it.change.rule: it.impact for it in found.judged()}


def chapter(text: str) -> str:
    """A layouts drawing of some statements."""
    return f"graph chapter {{ node [shape=record] {text} }}"


def layouts(old: str, before: str, after: str) -> dict[str, Impact]:
    """The impacts of a swap in a layouts drawing."""
    return impacts({"layouts": chapter(old)}, {"layouts": chapter(old.replace(before, after))})


@pytest.mark.parametrize(
    ("holder", "impact"),
    [
        ("packet", WIRE),
        ("header", WIRE),
        ("block", DISK),
        ("struct", API),
        ("packet and block", WIRE),
    ],
)
def test_a_struct_reaches_as_far_as_what_holds_it(holder: str, impact: Impact) -> None:
    """Also through another struct; of several holders the farthest counts."""
    text = rf'{HOLDERS[holder]} Inner [label="x\nDeep"] Deep [label="y\nu32"]'
    found = layouts(text, r"y\nu32", r"y\nu64")
    assert found["field-type-changed"] is impact
    assert found["field-resized"] is impact


@pytest.mark.parametrize(
    ("holder", "impact"),
    [("packet", WIRE), ("header", WIRE), ("block", DISK), ("struct", BEHAVIOUR)],
)
def test_the_numbers_of_a_machine_reach_as_far_as_the_field_that_holds_them(
    holder: str, impact: Impact
) -> None:
    """Where a field of it has its names from the machine."""
    held = chapter(rf'{HOLDERS[holder]} Inner [label="x\nu32 door_states"]')
    old = "digraph door_states { A [wire=0]; B [wire=1]; A -> B -> A [label=go] }"
    found = impacts(
        {"layouts": held, "states": old},
        {"layouts": held, "states": old.replace("wire=1", "wire=2")},
    )
    assert found == {"state-wire-changed": impact}


def test_numbers_that_some_other_layout_holds_are_not_those_of_a_machine() -> None:
    """That there are layouts tells that these numbers are not in them."""
    held = chapter(r'P_X [number=1, label="\N | x\nu32"]')
    old = "digraph door_states { A [wire=0]; B [wire=1]; A -> B -> A [label=go] }"
    new = old.replace("wire=1", "wire=2")
    assert impacts({"layouts": held, "states": old}, {"layouts": held, "states": new}) == {
        "state-wire-changed": BEHAVIOUR
    }
    assert impacts({"states": old}, {"states": new}) == {"state-wire-changed": WIRE}


def test_a_state_that_has_a_number_is_missed_by_peers() -> None:
    """One of a machine without numbers by code only."""
    old = "digraph door_states { A [wire=0]; B [wire=1]; A -> B [label=go] }"
    assert (
        impacts({"states": old}, {"states": old.replace("B [wire=1]; A -> B", "A -> A")})[
            "state-removed"
        ]
        is WIRE
    )
    old = "digraph door_states { A -> B [label=go] }"
    new = "digraph door_states { A -> A [label=go] }"
    assert impacts({"states": old}, {"states": new})["state-removed"] is API


PACKET = (
    r'P_X [number=1, label="\N | a\nu32 | b\nu32 bytes = 5"] P_Y [number=2, label="\N | c\nu8"]'
)


@pytest.mark.parametrize(
    ("swap", "rule", "impact"),
    [
        ((r"a\nu32", r"a\ncookie32"), "field-type-changed", BEHAVIOUR),
        (("u32 bytes", "u32 sectors"), "field-unit-changed", WIRE),
        (("u32 bytes", "u32"), "field-unit-changed", HARMLESS),
        (("= 5", "= 6"), "field-default-changed", BEHAVIOUR),
        (("= 5", "== 6"), "field-default-changed", WIRE),
        (('P_Y [number=2, label="\\N | c\\nu8"]', ""), "layout-removed", WIRE),
        ((r"a\nu32", r"z\nu32"), "field-renamed", API),
        (("number=2", "number=3"), "layout-number-changed", WIRE),
    ],
)
def test_a_rule_says_the_worst_and_a_change_may_be_less(
    swap: tuple[str, str], rule: str, impact: Impact
) -> None:
    """By what was before and what is now."""
    assert layouts(PACKET, *swap)[rule] is impact


def test_a_packet_that_nobody_sends_may_go() -> None:
    """Code that names it breaks."""
    found = layouts(
        f'{PACKET} P_Z [number=3, obsolete=true, label="\\N | c\\nu8"]',
        'P_Z [number=3, obsolete=true, label="\\N | c\\nu8"]',
        "",
    )
    assert found == {"layout-removed": API}


def test_an_arrow_of_a_flow_reaches_the_peer_by_its_packet() -> None:
    """One of a single column is an affair of that node."""
    old = (
        "digraph f { subgraph cluster_a { label=A; a; b } subgraph cluster_b { label=B; c } a -> b"
    )
    with_packet, without = (f"{old}; {it} }}" for it in ("b -> c [packet=P]", "b -> c"))
    assert impacts({"flows": f"{old} }}"}, {"flows": with_packet}) == {"flow-arrow-added": WIRE}
    assert impacts({"flows": f"{old} }}"}, {"flows": without}) == {"flow-arrow-added": BEHAVIOUR}


def test_a_step_is_its_function() -> None:
    """What its node is called is the draughtsman's affair."""
    old = (
        "digraph f { subgraph cluster_a { label=A; %s } subgraph cluster_b { label=B; c } %s -> c }"
    )
    same = [{"flows": old % it} for it in (('a [label="do()"]', "a"), ('b [label="do()"]', "b"))]
    assert impacts(same[0], same[1]) == {"step-renamed": HARMLESS}
    other = [{"flows": old % it} for it in (('a [label="\\N()"]', "a"), ('b [label="\\N()"]', "b"))]
    assert impacts(other[0], other[1]) == {"step-renamed": API}
    drawn_out = [
        {"flows": old % it} for it in (('a [label="\\N()"]', "a"), ('b [label="a()"]', "b"))
    ]
    assert set(impacts(drawn_out[0], drawn_out[1]).values()) == {HARMLESS}
