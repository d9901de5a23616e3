"""Every rule of changes and consequences: that something yields it, and what is told of it."""

import re

import pytest

from codegen.drawings import RULES as DRAWING_RULES
from codegen.drawings import read_drawings
from codegen.review.implementers import Implementers
from codegen.review.judge import RULES, Side, review
from tests.codegen.review.rule_examples import EXAMPLES

WORDS_MAX = 70
"""What somebody reads who wants to know what to do."""

ALL = [(kind, rule) for kind, examples in EXAMPLES.items() for rule in examples]


def rules_of(kind: str, old: str, new: str) -> set[str]:
    """The rules of the changes and consequences between two texts."""
    sides = []
    for text in (old, new):
        files = {f"specs/{kind}/drawn.dot": text.encode()} if text else {}
        sides.append(Side("side", read_drawings(files)))
    found = review(sides[0], sides[1], Implementers())
    told = {it.change.rule for it in found.judged()}
    told |= {it.rule for judged in found.judged() for it in judged.consequences}
    return told | {it.rule for drawing in found.drawings for it in drawing.aside}


@pytest.mark.parametrize(("kind", "rule"), ALL)
def test_the_smallest_change_of_each_rule_yields_it(kind: str, rule: str) -> None:
    """And no rule that is not known."""
    found = rules_of(kind, *EXAMPLES[kind][rule])
    assert rule in found
    assert found <= RULES.keys()


def test_every_rule_has_an_example() -> None:
    """A new rule comes with one; a rule that nothing yields is none."""
    assert sorted(RULES) == sorted(rule for _, rule in ALL)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_says_what_why_and_how(rule: str) -> None:
    """In plain sentences, few enough to be read."""
    text = " ".join(RULES[rule].documentation.split())
    assert re.match(r"[A-Z].*[.]$", text)
    assert len(re.findall(r"[.:;] ", text)) >= 2
    assert len(text.split()) <= WORDS_MAX


def test_rules_of_changes_are_not_called_as_rules_of_drawings() -> None:
    """`dotgen explain` knows both by their names."""
    assert not RULES.keys() & {rule.name for rule in DRAWING_RULES}
