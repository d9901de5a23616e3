"""Real revisions of real drawings, and the changes that were written down before the code."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from codegen.drawings import RULES as DRAWING_RULES
from codegen.drawings import read_drawings
from codegen.problems import Severity
from codegen.review.implementers import Implementers
from codegen.review.judge import RULES, Side, review
from codegen.review.report import Review

ROOT: Final = Path(__file__).parents[3]
HISTORIES: Final = ROOT / "tests" / "histories"
FIGURES: Final = ROOT / "tests" / "codegen" / "states" / "figures.txt"
NAMES: Final = sorted(path.name for path in HISTORIES.iterdir() if path.is_dir())
SEVERITIES: Final = {rule.name: rule.severity for rule in DRAWING_RULES}
LIVING: Final = "drbd_"
"""Histories that lead from a published figure to a drawing of ours."""

every_history = pytest.mark.parametrize("name", NAMES)


@dataclass
class Expected:
    """A list of changes and consequences; `is_whole` where there are no others."""

    kind: str = ""
    changes: list[str] = field(default_factory=list)
    consequences: list[str] = field(default_factory=list)
    is_whole: bool = True


def expected(name: str) -> Expected:
    """Read a list, whose form tests/histories/README.md tells."""
    found = Expected()
    into = found.changes
    for line in (HISTORIES / name / "expected.txt").read_text().splitlines():
        text = line.strip()
        if text == "consequences:":
            into = found.consequences
        elif text == "...":
            found.is_whole = False
        elif text.startswith("kind: "):
            found.kind = text.removeprefix("kind: ")
        elif text and not text.startswith("#"):
            into.append(text.removeprefix("=> "))
    return found


def sides(name: str, kind: str) -> Iterator[Side]:
    """The two versions of a drawing."""
    if name.startswith(LIVING):
        graph = name.removeprefix(LIVING)
        drawings = read_drawings({"specs/states/figures.txt": FIGURES.read_bytes()})
        drawings.graphs = [it for it in drawings.graphs if it[1].name == graph]
        drawings.machines = [it for it in drawings.machines if it.name == graph]
        yield Side("old", drawings)
        path = f"specs/states/{graph}.dot"
        yield Side("new", read_drawings({path: (ROOT / path).read_bytes()}))
        return
    for version in ("old", "new"):
        text = (HISTORIES / name / f"{version}.dot").read_bytes()
        yield Side(version, read_drawings({f"specs/{kind}/{name}.dot": text}))


def reviewed(name: str) -> Review:
    """What has changed in a history."""
    old, new = sides(name, expected(name).kind)
    return review(old, new, Implementers())


def lines(found: Review) -> tuple[list[str], list[str]]:
    """Changes and consequences as the lists have them."""
    changes = [f"{it.impact.word} {it.change.line}" for it in found.judged()]
    follow = [it for judged in found.judged() for it in judged.consequences]
    follow += [it for drawing in found.drawings for it in drawing.aside]
    return changes, [f"{it.impact.word} {it.line}" for it in follow]


@every_history
def test_every_change_is_found_and_no_other(name: str) -> None:
    """With its impact, and nothing told twice."""
    changes, _ = lines(reviewed(name))
    wanted = expected(name)
    found = changes if wanted.is_whole else [it for it in changes if it in wanted.changes]
    assert sorted(found) == sorted(wanted.changes)


@every_history
def test_every_consequence_is_found_and_no_other(name: str) -> None:
    """Computed from both drawings."""
    _, consequences = lines(reviewed(name))
    wanted = expected(name)
    is_whole = wanted.is_whole
    found = consequences if is_whole else [it for it in consequences if it in wanted.consequences]
    assert sorted(found) == sorted(wanted.consequences)


@every_history
def test_nothing_has_changed_where_both_sides_are_one(name: str) -> None:
    """A drawing compared with itself."""
    for side in sides(name, expected(name).kind):
        assert not review(side, side, Implementers()).drawings


@every_history
def test_every_rule_that_is_told_is_explained(name: str) -> None:
    """And no impact is worse than the worst that the rule can mean."""
    for judged in reviewed(name).judged():
        assert judged.impact <= RULES[judged.change.rule].impact
        for it in judged.consequences:
            assert it.impact <= RULES[it.rule].impact


@pytest.mark.parametrize("name", [it for it in NAMES if not it.startswith(LIVING)])
def test_the_drawings_of_a_history_are_sound(name: str) -> None:
    """So that no difference comes from a fault in one of them."""
    for side in sides(name, expected(name).kind):
        errors = [it for it in side.drawings.problems if SEVERITIES.get(it.rule) is Severity.error]
        assert not errors
