"""What `dotgen explain` does: what a rule of drawings, or of their changes, finds and means."""

from typing import Final

from codegen.commands import RULES as LINT_RULES
from codegen.names import did_you_mean
from codegen.review.judge import RULES as CHANGE_RULES
from codegen.say import Say

RULES: Final = {
    **{name: (rule.severity.value, rule.documentation) for name, rule in LINT_RULES.items()},
    **{name: (rule.impact.word, rule.documentation) for name, rule in CHANGE_RULES.items()},
}
"""Every rule by name: its severity, or the worst that such a change means, and its text."""


def explain(name: str, *, say: Say) -> int:
    """Print a rule's documentation, or the list of all rules; return the exit code."""
    if not name:
        _list(say)
        return 0
    if name not in RULES:
        hint = did_you_mean(name, RULES) or "`dotgen explain` lists them"
        say(f"there is no rule {name} ({hint})", error=True)
        return 2
    word, documentation = RULES[name]
    worst = " at worst" if name in CHANGE_RULES else ""
    say(f"{name} ({word}{worst})")
    for line in documentation.strip().splitlines():
        say(line.strip())
    return 0


def _list(say: Say) -> None:
    """A line a rule: those of drawings, then those of changes."""
    width = max(map(len, RULES))
    words = max(len(word) for word, _ in RULES.values())
    for title, rules in (("drawings", LINT_RULES), ("changes of drawings", CHANGE_RULES)):
        say(f"rules of {title}:")
        for name in sorted(rules):
            word, documentation = RULES[name]
            first = " ".join(documentation.split()).partition(". ")[0]
            say(f"  {name:{width}}  {word:{words}}  {first.rstrip('.')}")
