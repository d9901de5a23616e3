"""Comparing takes time by the size of the drawings and of the change, however large both are."""

import pytest

from codegen.drawings import read_drawings
from codegen.review.implementers import Implementers
from codegen.review.judge import Side, review
from codegen.review.report import Review

COUNT = 2000
"""Large enough that a pair for every two things would take minutes."""


def machine(*lines: str) -> str:
    """A machine of some statements."""
    return "\n".join(["digraph large_states {", *lines, "}"])


def chain(state: str = "S", event: str = "e", guard: str = "g") -> str:
    """States in a row, each with a guard of its own."""
    return machine(
        *(
            f"{state}{at} -> {state}{at + 1} [label={event}{at % 7}, guard={guard}{at}]"
            for at in range(COUNT)
        )
    )


def beside(guard: str) -> str:
    """Thirty arrows between each two states, told apart by their guards only."""
    return machine(
        *(f"A{at // 30} -> B{at // 30} [label=e, guard={guard}{at}]" for at in range(COUNT))
    )


def reviewed(old: str, new: str) -> Review:
    """What changed between two machines."""
    sides = [
        Side("side", read_drawings({"specs/states/large.dot": text.encode()}))
        for text in (old, new)
    ]
    return review(sides[0], sides[1], Implementers())


def rules(found: Review) -> dict[str, int]:
    """How often each rule is told."""
    told = [it.change.rule for it in found.judged()]
    return {rule: told.count(rule) for rule in dict.fromkeys(told)}


def test_every_guard_may_have_another_name() -> None:
    """Thousands of names that are gone find what they are called now."""
    assert rules(reviewed(chain(), chain(guard="gg"))) == {"guard-renamed": COUNT}


def test_names_that_are_alike_find_each_other() -> None:
    """Those with the same ends belong together."""
    assert rules(reviewed(beside("g"), beside("gg"))) == {"guard-renamed": COUNT}


@pytest.mark.parametrize("count", [1, 10])
def test_a_small_change_of_a_large_drawing_is_told_alone(count: int) -> None:
    """What has not changed is not looked at twice."""
    new = chain()
    for at in range(count):
        new = new.replace(f"guard=g{at * 150}]", f"guard=g{at * 150}, action=note]")
    assert rules(reviewed(chain(), new)) == {"arrow-actions-changed": count}


def test_consequences_of_thousands_of_changes_find_their_cause() -> None:
    """Each refused event is told with the arrow that is gone."""
    old = machine(*(f"S{at} -> S{at + 1} [label=go]; S{at} -> S0 [label=x]" for at in range(COUNT)))
    new = machine(*(f"S{at} -> S{at + 1} [label=go]" for at in range(COUNT)), "S0 -> S0 [label=x]")
    found = reviewed(old, new)
    refused = [it for judged in found.judged() for it in judged.consequences]
    assert len(refused) >= COUNT - 1
    assert not found.drawings[0].aside
