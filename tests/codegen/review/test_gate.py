"""The gate: what fails it, what exceptions cover, and what the baseline does not have yet."""

from typing import Final

import pytest

from codegen.config import Excuse
from codegen.drawings import read_drawings
from codegen.problems import Place, Source
from codegen.review.changes import Impact
from codegen.review.gate import excused, fails, idle_note, verdict
from codegen.review.implementers import Implementers
from codegen.review.judge import Side, review
from codegen.review.report import Review

OLD: Final = "digraph door_states { A -> B [label=go]; B -> A [label=back]; B -> A [label=on]; }"
NEW: Final = "digraph door_states { A -> B [label=go]; B -> A [label=back]; A -> A [label=on]; }"
"""An arrow leaves another state, so its event is refused in the first one."""

RULE: Final = "arrow-source-changed"
FOLLOWS: Final = "event-now-refused"


def side(text: str) -> Side:
    """A side of one drawing."""
    files = {"specs/states/door.dot": text.encode()} if text else {}
    return Side("side", read_drawings(files))


def reviewed(old: str = OLD, new: str = NEW, baseline: str | None = None) -> Review:
    """What changed, held against a baseline if there is one."""
    published = None if baseline is None else side(baseline)
    return review(side(old), side(new), Implementers(), baseline=published)


def excuse(rule: str, drawing: str = "door_states", subject: str = "", reason: str = "r") -> Excuse:
    """An exception as pyproject.toml has it."""
    return Excuse(rule, drawing, subject, reason, Place(Source("pyproject.toml", "\n\nx"), 2))


@pytest.mark.parametrize("impact", list(Impact))
def test_the_gate_fails_on_its_impact_and_all_worse_ones(impact: Impact) -> None:
    """The worst here is behaviour."""
    assert fails(reviewed(), impact) == (impact <= Impact.behaviour)


def test_the_verdict_counts_what_reaches_the_limit() -> None:
    """Changes by the worst that follows from them."""
    assert (
        verdict(reviewed(), Impact.behaviour)
        == "gate: 1 behaviour change reaches behaviour: failed"
    )
    assert (
        verdict(reviewed(), Impact.wire_breaking) == "gate: nothing reaches wire-breaking: passed"
    )
    assert verdict(reviewed(new="digraph door_states { }"), Impact.harmless).endswith(": failed")


def test_nothing_fails_where_nothing_changed() -> None:
    """Not even on harmless."""
    assert not fails(reviewed(new=OLD), Impact.harmless)


def test_an_excused_change_passes_with_all_that_follows() -> None:
    """The reason is told in its place."""
    found, idle = excused(reviewed(), [excuse(RULE)])
    assert not fails(found, Impact.behaviour)
    assert [it.excuse for it in found.judged()] == ["r"]
    assert idle == []


def test_an_exception_for_a_consequence_leaves_its_change() -> None:
    """What it follows from still counts."""
    found, idle = excused(reviewed(), [excuse(FOLLOWS)])
    (judged,) = found.judged()
    assert list(judged.excused.values()) == ["r"]
    assert judged.excuse == ""
    assert fails(found, Impact.behaviour)
    assert idle == []


@pytest.mark.parametrize(
    "drawing", ["door_states", "door_*", "specs/states/door.dot", "specs/states/*", "*"]
)
def test_an_exception_names_a_drawing_by_its_name_or_file(drawing: str) -> None:
    """Or by a pattern of one."""
    found, _ = excused(reviewed(), [excuse(RULE, drawing)])
    assert not fails(found, Impact.behaviour)


@pytest.mark.parametrize("subject", ["B --on--> A", "B --*", "*--on-->*", ""])
def test_an_exception_may_name_a_subject(subject: str) -> None:
    """By a pattern of it; without one it covers all of its rule."""
    found, _ = excused(reviewed(), [excuse(RULE, subject=subject)])
    assert not fails(found, Impact.behaviour)


def test_a_subject_with_a_guard_is_named_as_it_is_printed() -> None:
    """Its brackets are no pattern."""
    old, new = (f"digraph d {{ A -> B [label=go, guard=g, action={it}] }}" for it in ("x", "q"))
    wanted = excuse("arrow-actions-changed", "d", "A --go [g]--> B")
    found, _ = excused(reviewed(old, new), [wanted])
    assert [it.excuse for it in found.judged() if it.change.part == "actions"] == ["r"]


@pytest.mark.parametrize("subject", ["B", "C", "B -> C"])
def test_a_rename_is_named_by_either_name_or_both(subject: str) -> None:
    """As the change is told."""
    found, idle = excused(
        reviewed(new=OLD.replace("B", "C")), [excuse("state-renamed", subject=subject)]
    )
    assert [it.excuse for it in found.judged()] == ["r"]
    assert idle == []


def test_a_renamed_drawing_is_named_by_either_name() -> None:
    """An exception that names the old one still holds."""
    renamed = OLD.replace("door_states", "gate_states")
    for name in ("door_states", "gate_states"):
        found, idle = excused(reviewed(new=renamed), [excuse("machine-renamed", name)])
        assert not fails(found, Impact.behaviour)
        assert idle == []


@pytest.mark.parametrize(
    "wrong",
    [excuse("arrow-added"), excuse(RULE, "gate_states"), excuse(RULE, subject="A --on--> A")],
)
def test_an_exception_that_covers_nothing_is_idle(wrong: Excuse) -> None:
    """Its place is told, so that somebody deletes it."""
    found, idle = excused(reviewed(), [wrong])
    assert fails(found, Impact.behaviour)
    assert idle == [wrong]
    assert idle_note(wrong) == (
        f"pyproject.toml:3: the exception for {wrong.rule} in {wrong.drawing}"
        " covers nothing any more: delete it"
    )


def test_of_two_exceptions_the_first_gives_the_reason() -> None:
    """And neither is idle."""
    found, idle = excused(reviewed(), [excuse(RULE, reason="one"), excuse(RULE, reason="two")])
    assert [it.excuse for it in found.judged()] == ["one"]
    assert idle == []


def test_what_was_never_published_counts_as_behaviour_at_most() -> None:
    """A state that the baseline does not have may be called otherwise."""
    before = OLD.replace("}", "A -> Z [label=leap]; Z -> A [label=jump]; }")
    after = before.replace("Z", "Y")
    assert fails(reviewed(before, after), Impact.API_breaking)
    found = reviewed(before, after, baseline=OLD)
    assert [it.unreleased for it in found.judged()] == [True]
    assert not fails(found, Impact.API_breaking)
    assert fails(found, Impact.behaviour)


def test_what_was_published_counts_whole() -> None:
    """The baseline has the state."""
    found = reviewed(OLD, OLD.replace("B", "C"), baseline=OLD)
    assert [it.unreleased for it in found.judged()] == [False]
    assert fails(found, Impact.API_breaking)


def test_what_leads_back_to_the_baseline_is_unreleased() -> None:
    """Nobody outside has seen it go."""
    found = reviewed(OLD.replace("B", "C"), OLD, baseline=OLD)
    assert [it.unreleased for it in found.judged()] == [True]


def test_a_name_between_the_published_and_the_new_one_is_unreleased() -> None:
    """It was called B, then C, now D: the step from C to D touches nobody who knows B."""
    found = reviewed(OLD.replace("B", "C"), OLD.replace("B", "D"), baseline=OLD)
    assert [it.unreleased for it in found.judged()] == [True]


def test_without_a_baseline_nothing_is_unreleased() -> None:
    """An empty one has nothing, so that all is."""
    assert not any(it.unreleased for it in reviewed().judged())
    assert all(it.unreleased for it in reviewed(baseline="").judged())
