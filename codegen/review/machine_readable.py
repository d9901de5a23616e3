"""A review for programs: JSON of our own, and SARIF for what shows findings beside the code."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from codegen.problems import Place, Problem, Rule, place_of_file
from codegen.report import Fields, Finding, place_fields, sarif, sarif_location
from codegen.review.changes import ChangeRule, Consequence, Impact
from codegen.review.report import SEVERITIES, Drawing, Judged, Review

SCHEMA: Final = 1
"""The version of the form of the JSON: a new one where a reader of the old one would go wrong."""

Result = tuple[Finding, Fields]
"""A finding, and what its result in SARIF says besides."""


def as_json(review: Review, rules: Mapping[str, ChangeRule]) -> str:
    """The review as JSON, in the order of the review.

    - `schema`: 1; other keys may come, none goes without a new number;
    - `old`, `new`, `baseline`: what was compared and held against; `baseline` may be empty;
    - `impact`: the worst that counts at the gate: `harmless`, `behaviour`, `API-breaking`,
      `disk-breaking` or `wire-breaking`;
    - `notes`: sentences;
    - `drawings`: each with `kind` (`states`, `layouts`, `flows`), `name`, `old_name`, `old_file`
      and `new_file` (empty where that side has none), `impact` (the worst that counts), `changes`,
      and `consequences`: those of which no single change is the cause;
    - a change: `rule`, `impact`, `counted` (the impact that counts at the gate), `kind`, `subject`,
      `also` (the subjects of the same change in packets that share the record), `part`, `before`,
      `after`, `old` and `new` (places, or null), `consequences`, `excuse` (empty
      where there is none), `unreleased` (true or false);
    - a consequence: `rule`, `impact`, `subject`, `sentence`, `place` (or null), `excuse`;
    - a place: `file`, `line`, `column` (both from 1, in code points), `text` (of the line);
    - `rules`: by name, each that is named above, with `impact` (the worst that it can mean) and
      `documentation`.
    """
    named = sorted(set(_rules(review)))
    return json.dumps(
        {
            "schema": SCHEMA,
            "old": review.old_label,
            "new": review.new_label,
            "baseline": review.baseline,
            "impact": review.counted.word,
            "notes": review.notes,
            "drawings": [_drawing(it) for it in review.drawings],
            "rules": {name: _rule(rules[name]) for name in named},
        },
        indent=2,
    )


def _rules(review: Review) -> Iterator[str]:
    for drawing in review.drawings:
        for it in drawing.changes:
            yield it.change.rule
            yield from (consequence.rule for consequence in it.consequences)
        yield from (consequence.rule for consequence in drawing.aside)


def _rule(rule: ChangeRule) -> Fields:
    return {"impact": rule.impact.word, "documentation": " ".join(rule.documentation.split())}


def _drawing(drawing: Drawing) -> Fields:
    return {
        "kind": drawing.kind,
        "name": drawing.name,
        "old_name": drawing.old_name,
        "old_file": drawing.old_file,
        "new_file": drawing.new_file,
        "impact": drawing.counted.word,
        "changes": [_change(it) for it in drawing.changes],
        "consequences": _consequences(drawing.aside, drawing.excused),
    }


def _change(judged: Judged) -> Fields:
    change = judged.change
    return {
        "rule": change.rule,
        "impact": judged.impact.word,
        "counted": judged.counted.word,
        "kind": change.key.kind,
        "subject": change.subject,
        "also": [it.subject for it in judged.also],
        "part": change.part,
        "before": change.before,
        "after": change.after,
        "old": _place(change.old.place if change.old else None),
        "new": _place(change.new.place if change.new else None),
        "consequences": _consequences(judged.consequences, judged.excused),
        "excuse": judged.excuse,
        "unreleased": judged.unreleased,
    }


def _consequences(
    consequences: tuple[Consequence, ...], excused: Mapping[Consequence, str]
) -> list[Fields]:
    return [
        {
            "rule": it.rule,
            "impact": it.impact.word,
            "subject": it.subject,
            "sentence": it.sentence,
            "place": _place(it.place),
            "excuse": excused.get(it, ""),
        }
        for it in consequences
    ]


def _place(place: Place | None) -> Fields | None:
    return {**place_fields(place), "text": place.text} if place else None


def as_sarif(review: Review, rules: Mapping[str, ChangeRule]) -> str:
    """The review as a log in SARIF 2.1.0.

    Every change and every consequence is a result, at a place in the new drawing where it has one.
    Related locations are the line in the old drawing, and the change that a consequence follows
    from. What an exception covers is suppressed.
    """
    known = {
        name: Rule(name, SEVERITIES[rule.impact], rule.documentation)
        for name, rule in rules.items()
    }
    results = (it for drawing in review.drawings for it in _results(drawing, review.old_label))
    return sarif(results, known)


def _results(drawing: Drawing, old_label: str) -> Iterator[Result]:
    for judged in drawing.changes:
        change = judged.change
        place = change.new.place if change.new else _place_of(drawing, change.place)
        worst = Impact.behaviour if judged.unreleased else Impact.wire_breaking
        old = [_related(change.old.place, f"the line in {old_label}")] if change.old else []
        line = f"{change.line} ({judged.remark})" if judged.also else change.line
        problem = Problem(place, change.rule, line)
        yield _result(problem, min(judged.impact, worst), old, judged.excuse)
        cause = _related(place, f"the cause: {change.line}")
        for it in judged.consequences:
            excuse = judged.excuse or judged.excused.get(it, "")
            yield _result(_problem(it, place), min(it.impact, worst), [cause], excuse)
    for it in drawing.aside:
        place = _place_of(drawing, place_of_file(drawing.file))
        yield _result(_problem(it, place), it.impact, [], drawing.excused.get(it, ""))


def _place_of(drawing: Drawing, otherwise: Place) -> Place:
    """Where a drawing begins now: lines of the old one may be lines of anything in the new one."""
    return drawing.new.place if drawing.new else otherwise


def _problem(consequence: Consequence, otherwise: Place) -> Problem:
    sentence = f"{consequence.subject}: {consequence.sentence}"
    return Problem(consequence.place or otherwise, consequence.rule, sentence)


def _related(place: Place, text: str) -> Fields:
    return {**sarif_location(place), "message": {"text": text}}


def _result(problem: Problem, impact: Impact, related: list[Fields], excuse: str) -> Result:
    more: dict[str, object] = {"properties": {"impact": impact.word}}
    if related:
        more["relatedLocations"] = related
    if excuse:
        more["suppressions"] = [{"kind": "external", "justification": excuse}]
    return Finding(problem, SEVERITIES[impact]), more
