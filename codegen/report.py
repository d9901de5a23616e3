"""Problems as people and machines read them: text with a caret, JSON, GitHub annotations, SARIF."""

import json
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from codegen.problems import Place, Problem, Rule, Severity

FORMATS: Final = ("text", "json", "github", "sarif")

EXCERPT_WIDTH: Final = 120
"""Columns of a source line that a message shows; a line of 10 MB is shown in part."""

Fields = Mapping[str, object]
"""Properties of an object in JSON."""

_URI_CHARACTERS: Final = frozenset(string.ascii_letters + string.digits + "-._~/!$&'()*+,;=@")
_GITHUB: Final = {Severity.error: "error", Severity.warning: "warning", Severity.note: "notice"}


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem with the severity that the project gives its rule."""

    problem: Problem
    severity: Severity


def findings(
    problems: Iterable[Problem], rules: Mapping[str, Rule], severities: Mapping[str, Severity]
) -> list[Finding]:
    """Give each problem its severity, drop those that are off, sort by place."""
    found = [
        Finding(problem, severities.get(problem.rule, rules[problem.rule].severity))
        for problem in problems
    ]
    wanted = [finding for finding in found if finding.severity is not Severity.off]
    return sorted(wanted, key=lambda finding: finding.problem.order)


def is_failure(found: Iterable[Finding]) -> bool:
    """Whether anything found is an error."""
    return any(finding.severity is Severity.error for finding in found)


def lines(found: Sequence[Finding], form: str, rules: Mapping[str, Rule]) -> Iterator[str]:
    """The findings in one of FORMATS."""
    writer: Mapping[str, Callable[[], Iterator[str]]] = {
        "text": lambda: _text(found),
        "json": lambda: iter([json.dumps([_fields(it) for it in found], indent=2)]),
        "github": lambda: (_github(it) for it in found),
        "sarif": lambda: iter([sarif([(it, {}) for it in found], rules)]),
    }
    return writer[form]()


def _text(found: Sequence[Finding]) -> Iterator[str]:
    for finding in found:
        yield f"{finding.severity.value}: {finding.problem}"
        yield from excerpt(finding.problem)
    if found:
        yield summary(found)


def summary(found: Sequence[Finding]) -> str:
    """How many findings of each severity there are."""
    counts = [(it, sum(1 for x in found if x.severity is it)) for it in Severity]
    parts = [f"{n} {it.value}{'s' if n > 1 else ''}" for it, n in counts if n]
    return ", ".join(parts) or "nothing found"


def excerpt(problem: Problem) -> Iterator[str]:
    """The source line of a problem with a caret under the place; nothing for an empty line."""
    if not problem.place.text.strip():
        return
    text, column = source_line(problem.place)
    yield f"    {text}"
    yield f"    {' ' * column}^"


def source_line(place: Place) -> tuple[str, int]:
    """The line that a place is in, of a long one the part around it, and where in that it is."""
    text = place.text.expandtabs(1)
    column = place.column - 1
    start = max(0, column - EXCERPT_WIDTH // 2) if len(text) > EXCERPT_WIDTH else 0
    before = visible(text[start:column])
    return before + visible(text[column : start + EXCERPT_WIDTH]), len(before)


def visible(text: str) -> str:
    r"""A text with escapes for what a terminal would obey or not show: `\x1b`, `\u202e`."""
    if text.isprintable():
        return text
    return "".join(it if it.isprintable() else it.encode("unicode_escape").decode() for it in text)


def _fields(finding: Finding) -> dict[str, object]:
    problem = finding.problem
    return {
        **place_fields(problem.place),
        "rule": problem.rule,
        "severity": finding.severity.value,
        "message": problem.sentence,
        "hint": problem.hint,
    }


def place_fields(place: Place) -> dict[str, object]:
    """A place as JSON has it."""
    return {"file": place.file, "line": place.line, "column": place.column}


def _github(finding: Finding) -> str:
    """One workflow command; the escapes are those of GitHub's own toolkit."""
    problem = finding.problem
    hint = f" ({problem.hint})" if problem.hint else ""
    message = f"{problem.sentence}{hint}"
    for character, escape in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        message = message.replace(character, escape)
    place = f"file={problem.place.file},line={problem.place.line},col={problem.place.column}"
    return f"::{_GITHUB[finding.severity]} {place},title={problem.rule}::{message}"


def sarif(results: Iterable[tuple[Finding, Fields]], rules: Mapping[str, Rule]) -> str:
    """A log in SARIF 2.1.0: findings, each with what its result says besides.

    Columns count code points.
    """
    results = list(results)
    used = sorted({finding.problem.rule for finding, _ in results})
    driver = {
        "name": "dotgen",
        "informationUri": "https://pypi.org/project/dotmirror/",
        "rules": [
            {
                "id": name,
                "fullDescription": {"text": " ".join(rules[name].documentation.split())},
                "defaultConfiguration": {"level": rules[name].severity.value},
            }
            for name in used
        ],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [{**_sarif_result(it, used), **more} for it, more in results],
            }
        ],
    }
    return json.dumps(log, indent=2)


def _sarif_result(finding: Finding, used: Sequence[str]) -> dict[str, object]:
    problem = finding.problem
    hint = f" ({problem.hint})" if problem.hint else ""
    return {
        "ruleId": problem.rule,
        "ruleIndex": used.index(problem.rule),
        "level": finding.severity.value,
        "message": {"text": f"{problem.sentence}{hint}"},
        "locations": [sarif_location(problem.place)],
    }


def sarif_location(place: Place) -> dict[str, object]:
    """A place as SARIF has it."""
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(place.file)},
            "region": {"startLine": place.line, "startColumn": place.column},
        }
    }


def _uri(path: str) -> str:
    """A path as a relative reference: what no URI may hold is percent-encoded."""
    return "".join(
        chr(it) if chr(it) in _URI_CHARACTERS else f"%{it:02X}"
        for it in path.encode(errors="surrogateescape")
    )
