"""Every rule has a bad drawing that breaks it in the line that says so, and breaks no other."""

import re
from pathlib import Path

import pytest

from codegen.drawings import KINDS, RULES, read_drawings

CASES = Path(__file__).parents[1] / "cases"
FILES = sorted(CASES.glob("*/*.dot"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_bad_drawing_breaks_just_its_rule(file: Path) -> None:
    """The rule is reported at the marked lines, and no other rule is."""
    text = file.read_bytes()
    expected = [
        (number, match[1])
        for number, line in enumerate(text.decode(errors="replace").splitlines(), start=1)
        if (match := re.search(r"(?://|#) problem: ([\w-]+)", line))
    ]
    kind = file.parent.name if file.parent.name in KINDS else ""
    problems = read_drawings({f"specs/{kind or 'states'}/{file.name}": text}).problems
    assert [(it.place.line, it.rule) for it in problems] == expected
    assert file.stem == expected[0][1]


def test_every_rule_has_a_bad_drawing() -> None:
    """No rule is without an example that shows what it finds."""
    shown = {file.stem for file in FILES}
    across_kinds = {"piece-too-narrow", "unknown-packet", "wrong-socket", "obsolete-packet"}
    assert {rule.name for rule in RULES} - shown == across_kinds  # those are in test_crossrules.py


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_tells_what_it_finds(rule: object) -> None:
    """Each rule is documented in at least one whole sentence."""
    documentation = getattr(rule, "documentation", "")
    assert documentation.strip().endswith((".", ")"))
