"""`dotgen explain`: every rule is listed, and told in words that help."""

from typing import Final

import pytest
from click.testing import CliRunner

from codegen.cli import IMPACTS, main
from codegen.explain import RULES
from codegen.review.changes import Impact
from codegen.review.judge import RULES as CHANGE_RULES

SEVERITIES: Final = ("error", "warning", "note", "off")
SENTENCES_MIN: Final = 2
"""What such a change means, and what to do."""


def explained(*rule: str) -> list[str]:
    """The lines that the command prints."""
    result = CliRunner().invoke(main, ["explain", *rule], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output.splitlines()


def test_every_rule_is_listed_once_below_its_title() -> None:
    """Rules of drawings first, then those of changes, each with its word and a sentence."""
    listed = explained()
    at = listed.index("rules of changes of drawings:")
    assert listed[0] == "rules of drawings:"
    of_drawings, of_changes = listed[1:at], listed[at + 1 :]
    assert [line.split()[0] for line in of_changes] == sorted(CHANGE_RULES)
    assert [line.split()[0] for line in of_drawings] == sorted(RULES.keys() - CHANGE_RULES.keys())
    assert {line.split()[1] for line in of_drawings} <= {*SEVERITIES}
    assert {line.split()[1] for line in of_changes} <= {*IMPACTS}
    assert all(len(line.split()) > 3 for line in (*of_drawings, *of_changes))


@pytest.mark.parametrize("name", sorted(CHANGE_RULES))
def test_a_rule_of_changes_is_told_with_the_worst_that_it_means(name: str) -> None:
    """Its impact, what happened, and what to do about it."""
    first, *text = explained(name)
    assert first == f"{name} ({CHANGE_RULES[name].impact.word} at worst)"
    told = " ".join(text)
    assert told == " ".join(CHANGE_RULES[name].documentation.split())
    assert told[0].isupper() or told[0] == "`"
    assert told.endswith(".")
    assert told.count(". ") + 1 >= SENTENCES_MIN, "it does not say what to do"
    assert max(map(len, text)) <= 100


def test_the_impacts_of_the_command_line_are_those_there_are() -> None:
    """Written out there, so that the no-change run does not read the rules."""
    assert [impact.word for impact in Impact] == list(IMPACTS)


def test_no_two_sorts_of_rules_share_a_name() -> None:
    """One name is one text."""
    assert len(RULES) == len(explained()) - 2


def test_a_misspelt_rule_of_changes_is_answered_with_the_right_one() -> None:
    """As those of drawings are."""
    result = CliRunner().invoke(main, ["explain", "field-movd"])
    assert (result.exit_code, result.stderr) == (
        2,
        'there is no rule field-movd (did you mean "field-moved"?)\n',
    )
