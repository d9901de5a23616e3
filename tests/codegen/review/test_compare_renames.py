"""What is called otherwise is still the same thing, found by what is around it."""

from typing import Final

import pytest

from tests.codegen.review.compared import compared
from tests.codegen.review.drawn_by_hand import Swap, between, told

RENAMES: Final[dict[str, tuple[str, list[Swap], list[str]]]] = {
    "a state": ("states", [("Locked", "Bolted")], ["state-renamed: Locked -> Bolted"]),
    "the first state": ("states", [("Open", "Ajar")], ["state-renamed: Open -> Ajar"]),
    "an event": ("states", [("turn key", "bolt")], ["event-renamed: turn_key -> bolt"]),
    "an event of any state": (
        "states",
        [("on fire", "on smoke")],
        ["event-renamed: fire -> smoke"],
    ),
    "a guard": ("states", [("is_free", "is_unlocked")], ["guard-renamed: is_free -> is_unlocked"]),
    "an action": ("states", [("rattle", "rattle_it")], ["action-renamed: rattle -> rattle_it"]),
    "a machine": (
        "states",
        [("door_states", "gate_states")],
        ["machine-renamed: door_states -> gate_states"],
    ),
    "a layout": ("layouts", [("P_BYE", "P_CIAO")], ["layout-renamed: P_BYE -> P_CIAO"]),
    "a field": ("layouts", [("magic", "cookie")], ["field-renamed: magic -> cookie"]),
    "a piece": ("layouts", [("low", "bottom")], ["piece-renamed: low -> bottom"]),
    "a constant": ("layouts", [("TIRED", "SLEEPY")], ["constant-renamed: TIRED -> SLEEPY"]),
    "names of numbers": ("layouts", [("reasons", "causes")], ["layout-renamed: reasons -> causes"]),
    "a chapter": (
        "layouts",
        [("graph packets", "graph talks")],
        ["chapter-renamed: packets -> talks"],
    ),
    "a step": ("flows", [("think", "ponder")], ["step-renamed: think -> ponder"]),
    "a column": ("flows", [("label=us", "label=we")], ["column-renamed: us -> we"]),
    "a flow": ("flows", [("talk", "chat")], ["flow-renamed: talk -> chat"]),
    "a case": (
        "flows",
        [
            ("hear -> think", "hear -> cheer [when=hard]\n hear -> think"),
            ("when=hard", "when=hard_one"),
        ],
        [
            "case-renamed: hard -> hard_one",
            "flow-arrow-added: hear -> cheer [hard_one]",
        ],
    ),
    "two states": (
        "states",
        [("Locked", "Bolted"), ("Open", "Ajar")],
        ["state-renamed: Locked -> Bolted", "state-renamed: Open -> Ajar"],
    ),
    "a state and its events": (
        "states",
        [("Locked", "Bolted"), ("turn key", "bolt")],
        ["event-renamed: turn_key -> bolt", "state-renamed: Locked -> Bolted"],
    ),
    "a machine and a state of it": (
        "states",
        [("door_states", "gate_states"), ("Locked", "Bolted")],
        ["machine-renamed: door_states -> gate_states", "state-renamed: Locked -> Bolted"],
    ),
    "a layout and a field of it": (
        "layouts",
        [("P_HELLO", "P_HI"), ("magic", "cookie")],
        ["field-renamed: magic -> cookie", "layout-renamed: P_HELLO -> P_HI"],
    ),
    "a step and its column": (
        "flows",
        [("think", "ponder"), ("label=them", "label=they")],
        [
            "column-renamed: them -> they",
            "step-renamed: think -> ponder",
        ],
    ),
    "a state that has another number, too": (
        "states",
        [("Locked", "Bolted"), ("wire=2", "wire=5")],
        ["state-renamed: Locked -> Bolted", "state-wire-changed: Bolted: 2 -> 5"],
    ),
    "a state that stays on more, too": (
        "states",
        [("Locked", "Bolted"), ('"knock"', '"knock, ring"')],
        [
            "event-added: ring",
            "state-renamed: Locked -> Bolted",
            "stay-added: Bolted stays on ring",
        ],
    ),
    "a field that is required, too": (
        "layouts",
        [("magic", "cookie"), ("= 5", "== 5")],
        ["field-renamed: magic -> cookie", "field-required-changed: P_HELLO.cookie: none -> yes"],
    ),
    "a packet that got a field, too": (
        "layouts",
        [("P_BYE", "P_CIAO"), (r"| pad\nbytes[3]", r"| pad\nbytes[3] | at\nu32")],
        ["field-added: P_CIAO.at", "layout-renamed: P_BYE -> P_CIAO"],
    ),
    "a step that gets another packet, too": (
        "flows",
        [("cheer", "shout"), ("P_SURE", "P_YES")],
        [
            "flow-arrow-packet-changed: think -> shout: P_SURE -> P_YES",
            "step-renamed: cheer -> shout",
        ],
    ),
}
"""What is called otherwise everywhere, and all that is told of it."""


@pytest.mark.parametrize("name", RENAMES)
def test_what_is_called_otherwise_is_told_once(name: str) -> None:
    """And nothing that mentions it is told again."""
    kind, swaps, lines = RENAMES[name]
    assert told(kind, *swaps) == lines


@pytest.mark.parametrize("name", RENAMES)
def test_a_rename_that_is_taken_back_is_a_rename(name: str) -> None:
    """The old name is found from the new one as well."""
    kind, swaps, _ = RENAMES[name]
    back = told(kind, *swaps, *((after, before) for before, after in reversed(swaps)))
    assert back == []


def test_states_that_changed_their_places_keep_their_names() -> None:
    """Both names are there before and after, so nothing says that they were exchanged."""
    swaps = [("Open", "Other"), ("Locked", "Open"), ("Other", "Locked")]
    lines = told("states", *swaps)
    assert lines
    assert not [it for it in lines if "renamed" in it]


def test_numbers_that_were_exchanged_are_two_changes() -> None:
    """Of the states, whose names are as they were."""
    swaps = [("wire=0", "wire=9"), ("wire=2", "wire=0"), ("wire=9", "wire=2")]
    lines = ["state-wire-changed: Locked: 2 -> 0", "state-wire-changed: Open: 0 -> 2"]
    assert told("states", *swaps) == lines


def test_what_has_nothing_in_common_is_no_rename() -> None:
    """One state went and one came."""
    old = "A -> B [label=go]; B -> A [label=back];"
    new = "A -> A [label=stay]; A -> Z [label=leap]; Z -> Z [label=rest];"
    lines = between(old, new)
    assert "state-removed: B" in lines
    assert "state-added: Z" in lines


def test_a_guard_with_one_use_and_another_word_is_another_question() -> None:
    """That it is asked at the same place says too little."""
    old = "A -> B [label=go, guard=is_free]; B -> A [label=back];"
    lines = ["arrow-guard-changed: A --go [is_free]--> B: is_free -> has_key"]
    assert between(old, old.replace("is_free", "has_key")) == lines
    assert between(old, old.replace("is_free", "is_free_now")) == [
        "guard-renamed: is_free -> is_free_now"
    ]


def test_a_name_that_somebody_else_has_already_is_no_new_name() -> None:
    """An arrow was led to a state that was there before."""
    old = "A -> B [label=go]; A -> C [label=on]; B -> A [label=back]; C -> A [label=back];"
    new = "A -> C [label=go]; A -> C [label=on]; C -> A [label=back];"
    lines = between(old, new)
    assert "state-removed: B" in lines
    assert "arrow-target-changed: A --go--> B: B -> C" in lines


def test_of_many_alike_the_most_alike_names_belong_together() -> None:
    """Where what is around them is the same, the words decide."""
    old = " ".join(f"A -> B [label=go, guard=is_{it}_set];" for it in ("red", "green", "blue"))
    new = old.replace("_set]", "_lit]")
    assert between(f"{old} B -> A;", f"{new} B -> A;") == [
        f"guard-renamed: is_{it}_set -> is_{it}_lit" for it in ("blue", "green", "red")
    ]


def test_a_node_may_be_called_otherwise_than_its_function() -> None:
    """Whether the function is called otherwise, too, is another question."""
    old = "digraph talk { subgraph cluster_a { label=A; %s; b } subgraph cluster_b { label=B; c }"
    old += " %s -> b; b -> c [packet=P]; }"
    same = (old % ('a [label="a()"]', "a"), old % ('first [label="a()"]', "first"))
    changes = compared("flows", *same).changes
    assert [it.change.line for it in changes] == [
        "step-renamed: a -> first",
        "step-function-changed: first: none -> a",
    ]


def test_a_renamed_state_is_renamed_among_the_exceptions_of_an_arrow() -> None:
    """Their order is that of their names, which says nothing."""
    old = """digraph door {
        Open -> Closed -> Locked -> Open [label=go]
        Locked -> Open [label="* on fire", except="Closed, Locked"]
        Locked [stays=fire]
    }"""
    (only,) = compared("states", old, old.replace("Closed", "Shut_and_Closed")).changes
    assert only.change.line == "state-renamed: Closed -> Shut_and_Closed"
