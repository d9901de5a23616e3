"""The life of one thing through the revisions of its drawing."""

from collections.abc import Sequence

from codegen.drawings import read_drawings
from codegen.git import Revision
from codegen.review.compare import compare
from codegen.review.life import Chapter, life, unknown
from codegen.review.tables import facts_of

DOOR = (
    "digraph d { A -> B [label=go] }",
    "digraph d { A -> B [label=go, action=ring]; B -> A [label=back] }",
    "digraph d { A -> Z [label=go, action=ring]; Z -> A [label=back] }",
    "digraph d { A -> Z [label=go, action=ring]; Z -> A [label=back, guard=g] }",
)
RECORD = (
    r'graph c { node [shape=record] P [number=1, label="\N | x\nu8 | y\nu8"]; Q [label="x\nu8"] }',
    r'graph c { node [shape=record] P [number=1, label="\N | x\nu16 | y\nu8"]; Q [label="x\nu8"] }',
    r'graph c { node [shape=record] P [number=1, label="\N | x\nu16 | y\nu8"]; Q [label="x\nu4"] }',
)


def chapters(texts: Sequence[str]) -> list[Chapter]:
    """What each revision of a drawing changed; the first one made it."""
    kind = "states" if texts[0].startswith("digraph") else "layouts"
    tables = [facts_of(read_drawings({}))]
    tables += [facts_of(read_drawings({f"specs/{kind}/x.dot": it.encode()})) for it in texts]
    return [
        Chapter(
            Revision(f"{at}" * 40, f"{at}", "2026-01-01", "A", f"subject {at}", "x.dot", "", ()),
            tuple(compare(tables[at], tables[at + 1])),
        )
        for at in range(len(texts))
    ]


def told(texts: Sequence[str], *wanted: str) -> list[str]:
    """The life of some names: each revision with the rules of its changes."""
    return [
        f"{it.revision.short} {change.line}"
        for it in life(chapters(texts), wanted)
        for change in it.changes
        if not change.silent
    ]


def test_without_names_all_revisions_are_told() -> None:
    """With all changes that are told of them."""
    found = list(life(chapters(DOOR), []))
    assert [it.revision.short for it in found] == ["0", "1", "2", "3"]
    assert [change.line for change in found[0].changes] == ["machine-added: d"]
    assert not any(change.silent for it in found for change in it.changes)


def test_a_name_is_followed_back_through_its_renames() -> None:
    """Z was called B before."""
    lines = told(DOOR, "Z")
    assert "2 state-renamed: B -> Z" in lines
    assert "1 arrow-added: B --back--> A" in lines
    assert lines[-1] == "3 arrow-guard-changed: Z --back--> A: none -> g"


def test_a_guard_and_an_action_have_a_life_too() -> None:
    """They are mentioned by arrows only."""
    assert told(DOOR, "g") == ["3 arrow-guard-changed: Z --back--> A: none -> g"]
    assert told(DOOR, "ring") == ["1 arrow-actions-changed: A --go--> B: none -> ring"]


def test_a_field_is_named_with_its_packet() -> None:
    """A field of the same name in another layout has its own life."""
    assert told(RECORD, "P.x") == [
        "1 field-type-changed: P.x: u8 -> u16",
        "1 field-resized: P.x: 1 -> 2",
    ]


def test_an_unknown_name_is_told_with_the_nearest_one() -> None:
    """One that any revision has is known."""
    found = chapters(DOOR)
    assert list(unknown(["ring", "rimg"], found)) == [
        'no revision mentions rimg (did you mean "ring"?)'
    ]
