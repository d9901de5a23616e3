"""What holds for every two drawings: nothing is made up, nothing is lost, nothing gets better."""

from random import Random

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from codegen.drawings import read_drawings
from codegen.review.changes import Impact
from codegen.review.compare import applied, compare
from codegen.review.facts import without_derived
from codegen.review.implementers import Implementers
from codegen.review.judge import RULES, Side, review
from codegen.review.machine_readable import as_json, as_sarif
from codegen.review.markdown import markdown
from codegen.review.report import Review
from codegen.review.tables import facts_of, things_of
from codegen.review.text import lines
from tests.codegen.review.edited_drawings import DRAWINGS, edited
from tests.codegen.review.small_drawings import PATHS, facts, machines, pairs, said

EDITS_MAX = 6

Pair = tuple[str, str, str]
seeds = st.integers(0, 1 << 32)


def reviewed(old: dict[str, str], new: dict[str, str]) -> Review:
    """A review of files from path to text."""
    before, after = (
        read_drawings({path: text.encode() for path, text in files.items()}) for files in (old, new)
    )
    return review(Side("old", before), Side("new", after), Implementers())


def printed(found: Review) -> list[str]:
    """A review in all its forms."""
    text = "\n".join(line.text for line in lines(found, verbose=True))
    return [text, markdown(found), as_json(found, RULES), as_sarif(found, RULES)]


def said_by(found: Review) -> list[tuple[Impact, str]]:
    """The changes and consequences, wherever they are drawn."""
    told = [(it.impact, it.change.line) for it in found.judged()]
    follow = [it for judged in found.judged() for it in judged.consequences]
    follow += [it for drawing in found.drawings for it in drawing.aside]
    return sorted(told + [(it.impact, it.line) for it in follow])


@given(pairs)
def test_a_drawing_has_not_changed_from_itself(pair: Pair) -> None:
    """Whatever it says."""
    path, text, _ = pair
    assert compare(facts(path, text), facts(path, text)) == []


@settings(max_examples=150)
@given(pairs)
def test_the_changes_make_the_new_drawing_of_the_old_one(pair: Pair) -> None:
    """Nothing is missing in them, and nothing is too much."""
    path, *texts = pair
    old, new = (facts(path, text) for text in texts)
    assert said(applied(old, compare(old, new))) == said(without_derived(new))


@pytest.mark.parametrize("path", DRAWINGS)
def test_the_changes_of_a_living_drawing_make_the_edited_one(path: str) -> None:
    """Whatever a draughtsman does to it."""
    for seed in range(2):
        random = Random(f"{path} {seed}")
        text = edited(path, DRAWINGS[path], random, "word", random.randrange(1, EDITS_MAX))
        old, new = facts(path, DRAWINGS[path]), facts(path, text)
        assert said(applied(old, compare(old, new))) == said(without_derived(new))


@given(pairs)
def test_every_change_has_a_rule_that_explains_it(pair: Pair) -> None:
    """And means no more than the worst that its rule says."""
    path, old, new = pair
    for judged in reviewed({path: old}, {path: new}).judged():
        assert judged.impact <= RULES[judged.change.rule].impact
        assert all(it.impact <= RULES[it.rule].impact for it in judged.consequences)


@settings(max_examples=50)
@given(pairs, machines(), machines())
def test_severity_never_falls_when_changes_are_added(pair: Pair, old: str, new: str) -> None:
    """Another drawing that changes as well hides nothing of the first."""
    path, *texts = pair
    first = [{path: text} for text in texts]
    beside = "specs/states/beside.dot"
    more = [
        {**files, beside: text.replace("digraph small", "digraph beside")}
        for files, text in zip(first, (old, new), strict=True)
    ]
    worst, with_more = (reviewed(*sides) for sides in (first, more))
    assert with_more.counted >= worst.counted
    assert set(said_by(worst)) <= set(said_by(with_more))


@given(machines(), machines(), st.sampled_from(["Z", "Y"]))
def test_severity_never_falls_when_a_state_is_added(old: str, new: str, name: str) -> None:
    """A change in the same drawing that has nothing to do with the others hides none of them."""
    path = PATHS["states"]
    added = new.replace("\n}", f"\n    {name} -> {name} [label=apart]\n}}")
    worst = reviewed({path: old}, {path: new})
    assert reviewed({path: old}, {path: added}).counted >= worst.counted


@example(
    old="digraph small {\n A\n A -> A [label=go]\n A -> B [label=go]\n}",
    new="digraph small {\n A\n A -> C [label=go]\n}",
    seed=0,
)
@given(machines(), machines(), seeds)
def test_the_order_of_statements_says_nothing(old: str, new: str, seed: int) -> None:
    """Guards apart, which are tried in the drawing's order."""
    path, random = PATHS["states"], Random(seed)
    sides = [text.replace("guard=", "color=") for text in (old, new)]
    assume(all(is_drawn_once(path, text) for text in sides))
    mixed = []
    for text in sides:
        head, first, *body, end = text.splitlines()
        random.shuffle(body)
        mixed.append("\n".join([head, first, *body, end]))
    told, again = (reviewed({path: one}, {path: other}) for one, other in (sides, mixed))
    assert said_by(again) == said_by(told)


def is_drawn_once(path: str, text: str) -> bool:
    """Whether no two things are one; of two, which is a fault, the first counts."""
    drawings = read_drawings({path: text.encode()})
    return len(list(things_of(drawings))) == len(facts_of(drawings))


@settings(max_examples=50)
@given(pairs, machines(), machines())
def test_the_order_of_files_says_nothing(pair: Pair, old: str, new: str) -> None:
    """Drawings are told by kind and name."""
    path, *texts = pair
    sides = [
        {path: text, "specs/states/beside.dot": other.replace("digraph small", "digraph beside")}
        for text, other in zip(texts, (old, new), strict=True)
    ]
    turned = [dict(reversed(files.items())) for files in sides]
    assert printed(reviewed(*sides)) == printed(reviewed(*turned))


@given(pairs)
def test_the_same_input_gives_the_same_bytes(pair: Pair) -> None:
    """In text, Markdown, JSON and SARIF."""
    path, old, new = pair
    some, others = (printed(reviewed({path: old}, {path: new})) for _ in range(2))
    assert some == others
