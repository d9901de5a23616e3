"""What is a change of a drawing and what is none; renames have a file of their own."""

from typing import Final

import pytest

from tests.codegen.review.compared import compared
from tests.codegen.review.drawn_by_hand import DRAWN, Swap, between, changed, told

TURN: Final = '    Locked -> Closed [label="turn key"]\n'

NO_CHANGES: Final[dict[str, tuple[str, list[Swap]]]] = {
    "quotes": ("states", [('"push"', "push")]),
    "a text in pieces": ("states", [('"push"', '"pu" + "sh"')]),
    "comments of the text": ("states", [("{\n", "{ // a door\n # as drawn\n /* and */\n")]),
    "layout of the graph": ("states", [("{\n", "{ rankdir=LR; node [shape=oval]\n")]),
    "a colour": ("states", [("guard=is_free", "guard=is_free, color=red, penwidth=2")]),
    "how a list is written": ("states", [("creak, click", "creak click")]),
    "a default": ("states", [("action=rattle", "action=rattle, change=soft")]),
    "the beginning": ("states", [("{\n", "{ initial=Open\n")]),
    "order of states": ("states", [("{\n", "{ initial=Open; Locked; Closed\n")]),
    "order of arrows": ("states", [(TURN, ""), ("    Closed -> Open", f"{TURN} Closed -> Open")]),
    "a group": (
        "states",
        [
            ('Closed -> Closed [label="pull", action=rattle]\n', ""),
            ("guard=is_free]", 'guard=is_free]; {Closed} -> Closed [label="pull", action=rattle]'),
        ],
    ),
    "a box": ("states", [("Locked [wire=2", "subgraph cluster_dark { Locked }; Locked [wire=2")]),
    "how a number is written": ("layouts", [('"0x02"', "2")]),
    "the kind it has anyway": ("layouts", [("P_BYE [", "P_BYE [kind=packet, ")]),
    "braces": ("layouts", [(r"| magic\nu32 = 5 | length", r"| {magic\nu32 = 5} | <at> length")]),
    "order of layouts": ("layouts", [("{\n", "{ P_BYE\n")]),
    "order of steps": ("flows", [("ask; wait;", "wait; ask;")]),
    "an arrow that only shapes": (
        "flows",
        [("hear -> think", "ask -> wait [style=invis]\n hear -> think")],
    ),
    "a label that says the name": (
        "flows",
        [(r'node [label="\N()"]', ""), ("ask;", 'ask [label="ask()"];')]
        + [(f"{it};", f'{it} [label="{it}()"];') for it in ("wait", "hear")]
        + [(f"{it} }}", f'{it} [label="{it}()"] }}') for it in ("cheer", "think")],
    ),
}
"""What a draughtsman may do without saying anything else."""

CHANGES: Final[dict[str, tuple[str, list[Swap], list[str]]]] = {
    "another beginning": (
        "states",
        [("{\n", "{ initial=Closed\n")],
        ["machine-initial-changed: door_states: Open -> Closed"],
    ),
    "a number": ("states", [("wire=2", "wire=3")], ["state-wire-changed: Locked: 2 -> 3"]),
    "a printed name": (
        "states",
        [("Open [wire=0]", 'Open [wire=0, label="wide open"]')],
        ["state-printed-changed: Open: none -> wide open"],
    ),
    "a comment": (
        "states",
        [("Open [wire=0]", "Open [wire=0, comment=wide]")],
        ["wording-changed: Open: none -> wide"],
    ),
    "another target": (
        "states",
        [('Closed -> Locked [label="turn', 'Closed -> Open [label="turn')],
        ["arrow-target-changed: Closed --turn_key--> Locked: Locked -> Open"],
    ),
    "another source": (
        "states",
        [('Closed -> Locked [label="turn', 'Open -> Locked [label="turn')],
        ["arrow-source-changed: Closed --turn_key--> Locked: Closed -> Open"],
    ),
    "another event": (
        "states",
        [('Locked [label="turn key"', 'Locked [label="bolt"')],
        ["arrow-event-changed: Closed --turn_key--> Locked: turn_key -> bolt", "event-added: bolt"],
    ),
    "a question": (
        "states",
        [('Locked [label="turn key"', 'Locked [label="turn key", guard=is_oiled')],
        ["arrow-guard-changed: Closed --turn_key--> Locked: none -> is_oiled"],
    ),
    "a question less": (
        "states",
        [(", guard=is_free", ""), ('    Closed -> Closed [label="pull", action=rattle]\n', "")],
        [
            "arrow-guard-changed: Closed --pull [is_free]--> Open: is_free -> none",
            "arrow-removed: Closed --pull--> Closed",
        ],
    ),
    "other work": (
        "states",
        [("creak, click", "click, creak")],
        ["arrow-actions-changed: Open --push--> Closed: creak click -> click creak"],
    ),
    "who decides": (
        "states",
        [("action=rattle", "action=rattle, change=hard")],
        ["arrow-decider-changed: Closed --pull--> Closed: soft -> hard"],
    ),
    "an event that a state takes": (
        "states",
        [('stays="knock"', 'stays="knock, ring/chime"')],
        ["event-added: ring", "stay-added: Locked stays on ring"],
    ),
    "work while staying": (
        "states",
        [('stays="knock"', 'stays="knock/listen"')],
        ["stay-actions-changed: Locked stays on knock: none -> listen"],
    ),
    "other states that are exempt": (
        "states",
        [("except=Locked", 'except="Closed Locked"')],
        ["any-state-arrow-except-changed: * --fire--> Open: Locked -> Closed Locked"],
    ),
    "an any-state arrow elsewhere": (
        "states",
        [('Closed -> Open [label="* on', 'Closed -> Locked [label="* on')],
        ["any-state-arrow-target-changed: * --fire--> Open: Open -> Locked"],
    ),
    "a summary": (
        "states",
        [(", via=Closed", ', via="Closed, Open"')],
        ["summary-via-changed: Open ..push..> Locked: Closed -> Closed Open"],
    ),
    "a state": (
        "states",
        [("Locked -> Closed", "Ajar [wire=7]; Locked -> Ajar [label=slip]; Locked -> Closed")],
        ["arrow-added: Locked --slip--> Ajar", "event-added: slip", "state-added: Ajar"],
    ),
    "a wider field": (
        "layouts",
        [(r"magic\nu32", r"magic\nu64")],
        [
            "field-moved: P_HELLO.length: 4 -> 8",
            "field-resized: P_HELLO.magic: 4 -> 8",
            "field-type-changed: P_HELLO.magic: u32 -> u64",
        ],
    ),
    "a field": (
        "layouts",
        [(r"| length\nu16 bytes", r"| length\nu16 bytes | flags\nu8")],
        ["field-added: P_HELLO.flags"],
    ),
    "a field in front": (
        "layouts",
        [(r"| magic\nu32", r"| flags\nu8 | magic\nu32")],
        [
            "field-added: P_HELLO.flags",
            "field-moved: P_HELLO.length: 4 -> 5",
            "field-moved: P_HELLO.magic: 0 -> 1",
        ],
    ),
    "another order": (
        "layouts",
        [(r"magic\nu32 = 5 | length\nu16 bytes", r"length\nu16 bytes | magic\nu32 = 5")],
        [
            "field-moved: P_HELLO.length: 4 -> 0",
            "field-moved: P_HELLO.magic: 0 -> 2",
            "layout-order-changed: P_HELLO: magic length -> length magic",
        ],
    ),
    "a default value": (
        "layouts",
        [("= 5", "= 6")],
        ["field-default-changed: P_HELLO.magic: 5 -> 6"],
    ),
    "a value that is required": (
        "layouts",
        [("= 5", "== 5")],
        ["field-required-changed: P_HELLO.magic: none -> yes"],
    ),
    "another unit": (
        "layouts",
        [("u16 bytes", "u16 sectors")],
        ["field-unit-changed: P_HELLO.length: bytes -> sectors"],
    ),
    "a packet's number": (
        "layouts",
        [('"0x02"', '"0x03"')],
        ["layout-number-changed: P_BYE: 0x02 -> 0x03"],
    ),
    "a packet's socket": (
        "layouts",
        [('"0x02", socket=data', '"0x02", socket="meta data"')],
        ["layout-sockets-changed: P_BYE: data -> data meta"],
    ),
    "a named number": (
        "layouts",
        [(r"BORED\n2", r"BORED\n3 | SAD\n2")],
        ["constant-added: reasons.SAD", "constant-number-changed: reasons.BORED: 2 -> 3"],
    ),
    "a wider piece": (
        "layouts",
        [(r"low\n4", r"low\n3"), (r"high\n4", r"high\n5")],
        [
            "field-moved: word.high: 4 -> 3",
            "field-resized: word.high: 4 -> 5",
            "field-resized: word.low: 4 -> 3",
            "piece-width-changed: word.high: 4 -> 5",
            "piece-width-changed: word.low: 4 -> 3",
        ],
    ),
    "a meaning": (
        "layouts",
        [("P_BYE [", 'P_BYE [meaning="reason: why", ')],
        ["wording-changed: P_BYE.reason: none -> why"],
    ),
    "another packet": (
        "flows",
        [("packet=P_SURE", "packet=P_BYE")],
        ["flow-arrow-packet-changed: think -> cheer: P_SURE -> P_BYE"],
    ),
    "another socket": (
        "flows",
        [("packet=P_SURE, socket=data", "packet=P_SURE, socket=meta")],
        ["flow-arrow-socket-changed: think -> cheer: data -> meta"],
    ),
    "a short name": (
        "flows",
        [("label=Hello", "label=Hi")],
        ["wording-changed: ask -> hear: Hello -> Hi"],
    ),
    "another function": (
        "flows",
        [("think }", 'think [label="ponder()"] }')],
        ["step-function-changed: think: none -> ponder"],
    ),
    "another column": (
        "flows",
        [("wait; cheer", "wait"), ("hear; think", "hear; think; cheer")],
        ["step-column-changed: cheer: us -> them"],
    ),
    "a bracket": (
        "flows",
        [("ask;", "ask [opens=al];"), ("cheer }", "cheer [closes=al] }")],
        ["step-closes-changed: cheer: none -> al", "step-opens-changed: ask: none -> al"],
    ),
    "an order": (
        "flows",
        [("think -> cheer", "ask -> cheer\n think -> cheer")],
        ["flow-arrow-added: ask -> cheer"],
    ),
}
"""Each change by itself, and all that is told of it."""


@pytest.mark.parametrize("name", NO_CHANGES)
def test_what_means_the_same_is_no_change(name: str) -> None:
    """Order, layout, quoting, grouping, and defaults that are written out."""
    kind, swaps = NO_CHANGES[name]
    assert told(kind, *swaps) == []


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_told_once(name: str) -> None:
    """By its rule, with what was and what is now."""
    kind, swaps, lines = CHANGES[name]
    assert told(kind, *swaps) == lines


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_that_is_taken_back_is_told_the_other_way_round(name: str) -> None:
    """Of the same things: nothing is a change in one direction only."""
    kind, swaps, lines = CHANGES[name]
    text = DRAWN[kind]
    back = compared(kind, changed(text, *swaps), text).changes
    assert len(back) == len(lines)


def test_the_order_of_guards_is_a_change() -> None:
    """The first one that holds wins, so what is drawn first matters here."""
    some = "A -> B [label=go, guard=g]; A -> C [label=go, guard=h]; B -> A; C -> A;"
    other = "initial=A; A -> C [label=go, guard=h]; A -> B [label=go, guard=g]; B -> A; C -> A;"
    assert between(some, other) == ["row-guards-changed: go in A: g h -> h g"]


def test_a_guard_that_came_does_not_change_the_order_of_the_others() -> None:
    """The arrow says it."""
    old = "A -> B [label=go, guard=g]; A -> C [label=go]; B -> A; C -> A;"
    new = old.replace("A -> C", "A -> A [label=go, guard=new]; A -> C")
    assert between(old, new) == ["arrow-added: A --go [new]--> A"]


def test_of_two_arrows_the_one_that_is_nearest_has_moved() -> None:
    """A new guard is tried before a new target, a new target before a new event or source."""
    old = "A -> B [label=go]; B -> A [label=back]; C -> A [label=back];"
    guard = old.replace("A -> B [label=go]", "A -> B [label=go, guard=g]; A -> C [label=go]")
    assert between(old, guard) == [
        "arrow-added: A --go--> C",
        "arrow-guard-changed: A --go--> B: none -> g",
    ]


def test_where_two_names_of_an_arrow_differ_it_is_another_arrow() -> None:
    """Nobody could say which of all arrows it was."""
    old = "A -> B [label=go]; B -> C [label=go]; C -> A [label=go];"
    new = "A -> B [label=go]; B -> A [label=go, guard=g]; C -> A [label=go];"
    assert between(old, new) == ["arrow-added: B --go [g]--> A", "arrow-removed: B --go--> C"]


def test_of_several_arrows_that_moved_together_none_is_guessed() -> None:
    """Two that left one state with one event may each have come from either."""
    old = "A -> {B C} [label=go]; {B C D} -> A [label=back]; D -> A [label=x];"
    new = "D -> {B C} [label=go]; {B C D} -> A [label=back]; D -> A [label=x]; A;"
    assert between(old, f"initial=A; {new}") == [
        "arrow-source-changed: A --go--> B: A -> D",
        "arrow-source-changed: A --go--> C: A -> D",
    ]


def test_all_of_a_drawing_that_came_or_went_is_one_change() -> None:
    """What belongs to it says nothing new."""
    for kind, (name, sort) in {
        "states": ("door_states", "machine"),
        "flows": ("talk", "flow"),
    }.items():
        text = DRAWN[kind]
        assert [it.change.line for it in compared(kind, "", text).changes] == [
            f"{sort}-added: {name}"
        ]
        assert [it.change.line for it in compared(kind, text, "").changes] == [
            f"{sort}-removed: {name}"
        ]


def test_the_layouts_of_a_chapter_that_came_are_told() -> None:
    """A chapter is only where they are drawn."""
    lines = [it.change.line for it in compared("layouts", "", DRAWN["layouts"]).changes]
    assert lines == [
        "chapter-added: packets",
        *(f"layout-added: {it}" for it in ("P_HELLO", "P_BYE", "reasons", "word")),
    ]
