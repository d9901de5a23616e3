"""What follows from the changes of a machine, and a machine under its new names."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from codegen.parse import parse
from codegen.review.changes import WORDING, Consequence, Impact
from codegen.review.compare import compare
from codegen.review.facts import Name, table
from codegen.review.implementers import Implementers, find_implementers
from codegen.states.changes import RULES, renamed_machine
from codegen.states.consequences import CONSEQUENCES, consequences
from codegen.states.facts import machine_things
from codegen.states.model import Machine
from codegen.states.reader import read_machine

RING = "A -> B -> C -> A [label=go]; "
"""Three states that reach each other."""

PORTER = find_implementers({"runtime/porter.py": b"""
from generated.states.door_states import DoorHandlers

class Porter(DoorHandlers[str]):
    def is_calm(self):
        return True

    def push_in_A(self):
        return None
"""})
"""One class that implements the handlers, with a guard and a choice."""


def machine(text: str, name: str = "door_states") -> Machine:
    """The machine that a drawing's statements make."""
    (graph,), problems = parse(f"digraph {name} {{ {text} }}", f"specs/states/{name}.dot")
    drawn, faults = read_machine(graph)
    assert not problems + faults
    return drawn


def follow(
    old: str, new: str, implementers: Implementers = PORTER, *, is_sent: bool = True
) -> list[Consequence]:
    """What follows when one drawing becomes the other."""
    return consequences(machine(old), machine(new), implementers, is_sent=is_sent)


def told(found: Sequence[Consequence], rule: str = "") -> list[str]:
    """The subjects with their sentences, of all consequences or those of one rule."""
    return [f"{it.subject}: {it.sentence}" for it in found if rule in ("", it.rule)]


def test_a_state_that_lost_its_way_names_the_arrow_that_is_gone() -> None:
    """Behind the first state that is cut off, all others name the same arrow."""
    found = follow(RING, "A -> A [label=stay]; B -> C -> A [label=go]")
    assert told(found, "state-now-unreachable") == [
        "B: B was reached by A --go--> B, which is gone",
        "C: C was reached over A --go--> B, which is gone",
    ]
    assert found[0].causes[0] == {"A", "go", "B"}


def test_a_state_is_cut_off_when_the_machine_begins_elsewhere() -> None:
    """No arrow is gone, so the old beginning is what was lost."""
    found = follow("A -> B -> B [label=go]", "initial=B; A -> B -> B [label=go]")
    assert told(found) == ["A: the machine no longer begins in A, and nothing leads from B to A"]
    assert {"A", "B"} in found[0].causes


def test_a_state_that_was_cut_off_before_is_not_told() -> None:
    """What was so already follows from no change."""
    assert follow("A -> A [label=go]; B -> A [label=go]", "A -> A [label=no]; B -> A [label=go]")
    found = follow("A -> A; B -> A [label=go]", "A -> A; B -> A [label=go]; A -> A [label=no]")
    assert found == []


def test_a_new_state_without_arrows_is_cut_off_and_a_dead_end() -> None:
    """A state that was only just added counts too."""
    found = follow(RING, f"{RING} D")
    assert [it.rule for it in found] == ["state-now-unreachable", "state-now-dead-end"]
    assert told(found) == ["D: nothing leads from A to D", "D: no arrow of its own leaves D"]


def test_a_state_that_only_any_state_arrows_leave_is_a_dead_end() -> None:
    """The rule dead-end does not count these either."""
    loss = 'A -> A [label="* on loss"];'
    found = follow(f"{RING} {loss}", f"A -> B -> C [label=go]; {loss}")
    assert told(found, "state-now-dead-end") == [
        "C: no arrow of its own leaves C now, as C --go--> A did"
    ]


def test_an_event_that_a_state_no_longer_takes_is_refused() -> None:
    """All states that it led to are named."""
    both = f"{RING} C -> B [label=on];"
    found = follow(f"{both} A -> {{B C}} [label=on]", both)
    assert told(found, "event-now-refused") == [
        "on in A: on led to B or C from A; it is refused now"
    ]


def test_an_event_that_a_state_stayed_on_is_refused() -> None:
    """Nothing was left, so nothing is said to lead anywhere."""
    found = follow(f"{RING} A [stays=ping]; B [stays=ping]", f"{RING} B [stays=ping]")
    assert told(found) == ["ping in A: A took ping and stayed; it is refused now"]


def test_an_event_that_is_gone_is_not_refused() -> None:
    """Nobody can name it any more, and that it was removed is a change of its own."""
    assert follow(f"{RING} A -> B [label=on]", RING) == []


def test_an_any_state_arrow_that_is_gone_is_told_once() -> None:
    """Ten states refuse its event now; eight of them are named."""
    ring = f"{' -> '.join(f'S{number % 11}' for number in range(12))} [label=go]; S0 [stays=loss];"
    found = follow(f'{ring} S1 -> S0 [label="* on loss"]', ring)
    line = (
        "loss in 10 states: loss led to S0 from S1, S2, S3, S4, S5, S6, S7, S8 and 2 more;"
        " it is refused now"
    )
    assert told(found) == [line]
    assert {"loss", "S0"} in found[0].causes


def test_a_state_that_is_exempt_now_is_told_by_name() -> None:
    """Of an any-state arrow that is still there, only who lost it is told."""
    arrow = 'B -> A [label="* on loss"'
    found = follow(f"{RING} {arrow}]", f"{RING} {arrow}, except=C]")
    assert told(found) == ["loss in C: loss led to A from C; it is refused now"]
    assert found[0].causes[0] == {"loss", "C"}


def test_the_events_of_a_state_that_is_gone_are_not_told() -> None:
    """That the state was removed says it."""
    found = follow(f"{RING} A -> D [label=on]; D -> A [label=off]", f"{RING} A -> B [label=on]")
    assert found == []


def test_a_choice_that_grew_names_its_new_targets() -> None:
    """Who chooses is named with the line of the method."""
    three = "A -> B -> C -> D -> A [label=go];"
    found = follow(f"{three} A -> {{B C}} [label=push]", f"{three} A -> {{B C D}} [label=push]")
    assert [it.rule for it in found] == ["choice-grew"]
    assert told(found) == [
        "push_in_A: push in A may lead to D too: Porter (runtime/porter.py:8) may choose it"
    ]


def test_a_method_is_needed_in_the_class_that_derives() -> None:
    """A reviewer reads which arrows are behind it and where it is to be written."""
    found = follow(RING, f"{RING} A -> C [label=on, guard=may_go]; B -> B [label=on, guard=may_go]")
    line = (
        "DoorHandlers.may_go: it is the guard of A --on [may_go]--> C and 1 more:"
        " add it to Porter in runtime/porter.py:4"
    )
    assert told(found, "handler-needed") == [line]


def test_a_method_that_is_written_already_is_still_told() -> None:
    """Others may derive from the class, but nothing is left to do here."""
    found = follow(RING, f"{RING} A -> {{B C}} [label=push]")
    line = (
        "DoorHandlers.push_in_A: it is the choice of A --push--> B or C:"
        " Porter in runtime/porter.py:4 has it already"
    )
    assert told(found) == [line]


def test_a_method_that_nobody_can_have_yet_says_so() -> None:
    """A machine that nothing derives from is a drawing only."""
    found = follow(RING, f'{RING} B -> A [label="* on loss", action=tell]', Implementers())
    line = (
        "DoorHandlers.tell: it is the action of * --loss--> A:"
        " no class derives from DoorHandlers yet"
    )
    assert told(found) == [line]


def test_a_method_that_is_not_asked_for_may_be_dropped() -> None:
    """The line is that of the method, which nothing but the drawing called."""
    guarded = "A -> B -> C -> A [label=go, guard=is_calm];"
    found = follow(guarded, RING)
    line = (
        "DoorHandlers.is_calm: it was the guard of A --go [is_calm]--> B and 2 more:"
        " it may be dropped from Porter (runtime/porter.py:5)"
    )
    assert told(found) == [line]
    assert found[0].place is None


def test_a_number_that_is_sent_is_unknown_to_older_peers() -> None:
    """Only a number that no state had is one, whoever has it now."""
    old = "A -> B -> A [label=go]; A [wire=0]; B [wire=1];"
    found = follow(old, "A -> B -> A [label=go]; A [wire=1]; B [wire=7];")
    assert told(found) == ["B: peers built from the old drawing do not know number 7"]
    assert found[0].impact is Impact.wire_breaking


def test_a_number_that_no_layout_holds_reaches_no_peer() -> None:
    """It is told, and breaks nothing on the wire."""
    (found,) = follow("A -> A [label=go]", "A -> A [label=go]; A [wire=7];", is_sent=False)
    assert found.impact is Impact.behaviour


def test_nothing_follows_from_a_machine_that_is_new_or_gone() -> None:
    """That it was added or removed says it all."""
    drawn = machine(f"{RING} A -> B [label=on, guard=is_calm]")
    assert consequences(None, drawn, PORTER, is_sent=True) == []
    assert consequences(drawn, None, PORTER, is_sent=True) == []


def test_every_change_of_a_states_drawing_has_a_rule() -> None:
    """Wording apart, which all kinds of drawings share."""
    old = machine("""
        A -> B -> C -> D -> E -> A [label=go]
        A -> B [label=one, guard=g]; B -> C [label=two]; C -> D [label=three, action=act]
        D -> E [label=four, action=act]; E -> A [label=five, guard=g]; A -> C [label=six, guard=g]
        A -> D [label=six]; D -> A [label=seven]; A [stays="ping, pong/act", wire=1, label=Ay]
        X -> A [label="* on lost"]; X -> A [label="* on torn"]; X -> A [label="* on worn"]
        A -> X [label=eight]; A -> C [label=one_two, event=one, guard=g, via=B]
    """)
    new = machine("""
        initial=B; A -> B -> C -> D -> Ee -> A [label=go]
        A -> B [label=one, guard=h]; B -> D [label=two]; C -> D [label=three]
        D -> Ee [label=four, action=act, change=hard]; Ee -> A [label=fifth, guard=g]
        A -> D [label=six]; A -> C [label=six, guard=g]; A [stays="pong, peng", wire=2]
        C -> A [label=seven]; X -> A [label="* on lost", except=C, action=tell, change=hard]
        X -> B [label="* on torn"]; X -> A [label="* on shorn", guard=g]
        A -> X [label=eighth]; A -> C [label=one_two, event=one, guard=g, via="B,D"]; Y
    """)
    changes = compare(table(machine_things(old)), table(machine_things(new)))
    rules = {it.rule for it in changes if not it.silent} - {WORDING.name}
    assert len(rules) > 20
    assert rules <= {rule.name for rule in RULES}


def test_every_rule_is_documented_once() -> None:
    """A name is one rule, and each says more than a sentence."""
    rules = [*RULES, *CONSEQUENCES]
    assert len({rule.name for rule in rules}) == len(rules)
    assert not [rule.name for rule in rules if rule.documentation.count(". ") == 0]


def test_a_renamed_machine_is_the_one_that_is_drawn_so() -> None:
    """Whatever mentions a name has the new one: arrows, lists, and what is printed by default."""
    text = """
        initial=Open; Open -> Shut -> Open [label=push, guard=is_calm, action="squeak tell"]
        Shut [stays="ping/tell"]; Open -> Ajar -> Shut [label=slide]
        Open -> Shut [label=slide, via=Ajar]; Open -> Ajar [label="* on storm", except=Shut]
        Open -> Open [label=storm]
    """
    scope = "gate_states"
    renames = {
        Name("machine", "", "door_states"): scope,
        Name("state", scope, "Shut"): "Closed",
        Name("event", scope, "push"): "shove",
        Name("guard", scope, "is_calm"): "is_quiet",
        Name("action", scope, "tell"): "report",
        Name("state", "other_states", "Open"): "Wide",
    }
    found = renamed_machine(machine(text), renames)
    for it, after in renames.items():
        text = text.replace(it.text, after) if it.scope == scope else text
    assert facts(found) == facts(machine(text, scope))


def facts(drawn: Machine) -> dict[object, object]:
    """All that a machine says, without places."""
    return {it.key: dict(it.attributes) for it in machine_things(drawn)}


def test_a_machine_without_renames_is_left_as_it_is() -> None:
    """Renames of other machines are not its own."""
    drawn = machine(RING)
    assert renamed_machine(drawn, {Name("state", "other_states", "A"): "Z"}) is drawn


STATES = st.sampled_from("ABCD")
ARROWS = st.tuples(STATES, STATES, st.sampled_from(["go", "on"]), st.sampled_from(["", "g", "h"]))
DRAWINGS = st.lists(ARROWS, max_size=12).map(
    lambda arrows: "; ".join(
        [
            "A",
            *(f'{tail} -> {head} [label={on}, guard="{when}"]' for tail, head, on, when in arrows),
        ]
    )
)


@given(DRAWINGS)
def test_nothing_follows_from_no_change(drawing: str) -> None:
    """A machine compared with itself has no consequence."""
    assert follow(drawing, drawing) == []


@given(DRAWINGS, DRAWINGS)
def test_what_one_way_needs_the_way_back_may_drop(old: str, new: str) -> None:
    """Methods that come with a change go when it is taken back."""
    needed = {it.subject for it in follow(old, new) if it.rule == "handler-needed"}
    unused = {it.subject for it in follow(new, old) if it.rule == "handler-unused"}
    assert needed == unused


def test_an_event_may_be_refused_where_no_guard_holds() -> None:
    """The arrow without a guard was for all other cases."""
    guarded = f"{RING} A -> B [label=on, guard=is_calm];"
    found = follow(f"{guarded} A -> C [label=on]", guarded)
    assert told(found, "event-now-refused") == [
        "on in A: on led to C from A, whatever the guards said; it is refused now where none holds"
    ]
    assert {"on", "A"} in found[0].causes
    assert follow(f"{guarded} A -> C [label=on]", f"{guarded} A [stays=on]") == []
