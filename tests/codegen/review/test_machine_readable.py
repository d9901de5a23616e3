"""A review for programs: its JSON is as documented, its SARIF as the standard has it."""

import json
import re
from typing import Any, Final
from urllib.parse import unquote

from hypothesis import given

from codegen.config import Excuse
from codegen.drawings import read_drawings
from codegen.problems import place_of_file
from codegen.review.changes import IMPACTS
from codegen.review.gate import excused
from codegen.review.implementers import Implementers
from codegen.review.judge import RULES, Side, review
from codegen.review.machine_readable import as_json, as_sarif
from codegen.review.report import Review
from tests.codegen.review.foreign_reviews import REVIEWS

OLD = "digraph door_states {\n A -> B [label=go]\n B -> A [label=back]\n B -> A [label=on]\n}"
NEW = OLD.replace("label=go", "label=go, guard=g").replace("B -> A [label=on]", "A -> A [label=on]")

WORDS: Final = {IMPACTS[word].word for word in IMPACTS}
PLACE: Final = {"file": str, "line": int, "column": int, "text": str}
CONSEQUENCE: Final = {
    "rule": str, "impact": str, "subject": str, "sentence": str, "place": (dict, type(None)),
    "excuse": str,
}  # fmt: skip
CHANGE: Final = {
    "rule": str, "impact": str, "counted": str, "kind": str, "subject": str, "also": list,
    "part": str, "before": str, "after": str, "old": (dict, type(None)),
    "new": (dict, type(None)), "consequences": list, "excuse": str, "unreleased": bool,
}  # fmt: skip
DRAWING: Final = {
    "kind": str, "name": str, "old_name": str, "old_file": str, "new_file": str, "impact": str,
    "changes": list, "consequences": list,
}  # fmt: skip
WHOLE: Final = {
    "schema": int, "old": str, "new": str, "baseline": str, "impact": str, "notes": list,
    "drawings": list, "rules": dict,
}  # fmt: skip


def reviewed() -> Review:
    """A guard came and an arrow leaves another state; the latter is excused."""
    sides = [
        Side(label, read_drawings({"specs/states/door.dot": text.encode()}))
        for label, text in (("main", OLD), ("HEAD", NEW))
    ]
    found = review(sides[0], sides[1], Implementers())
    wanted = Excuse("arrow-source-changed", "*", "", "meant", place_of_file("pyproject.toml"))
    return excused(found, [wanted])[0]


def check(found: Any, form: dict[str, Any]) -> None:
    """Hold an object against the names and types of its keys."""
    assert found.keys() == form.keys()
    for name, kind in form.items():
        assert isinstance(found[name], kind), name
    assert {found[it] for it in ("impact", "counted") if it in found} <= WORDS


def check_consequences(found: Any) -> None:
    """Consequences and their places."""
    for it in found:
        check(it, CONSEQUENCE)
        if it["place"] is not None:
            check(it["place"], PLACE)


@given(REVIEWS)
def test_the_json_is_as_documented(found: Review) -> None:
    """Whatever foreign texts are in it."""
    read = json.loads(as_json(found, RULES))
    check(read, WHOLE)
    assert read["schema"] == 1
    for drawing in read["drawings"]:
        check(drawing, DRAWING)
        check_consequences(drawing["consequences"])
        for change in drawing["changes"]:
            check(change, CHANGE)
            check_consequences(change["consequences"])
            for place in filter(None, (change["old"], change["new"])):
                check(place, PLACE)
    named = set(re.findall(r'"rule": "([a-z-]+)"', as_json(found, RULES)))
    assert named <= read["rules"].keys()


def test_the_json_says_what_the_review_says() -> None:
    """In its order."""
    read = json.loads(as_json(reviewed(), RULES))
    (drawing,) = read["drawings"]
    assert (read["old"], read["new"], read["impact"]) == ("main", "HEAD", "API-breaking")
    moved, guard = sorted(drawing["changes"], key=lambda it: it["rule"], reverse=True)
    assert (moved["rule"], moved["excuse"], moved["counted"]) == (
        "arrow-source-changed",
        "meant",
        "harmless",
    )
    assert [it["rule"] for it in moved["consequences"]] == ["event-now-refused"]
    assert (guard["subject"], guard["before"], guard["after"]) == ("A --go--> B", "", "g")
    assert guard["new"] == {
        "file": "specs/states/door.dot",
        "line": 2,
        "column": 2,
        "text": " A -> B [label=go, guard=g]",
    }


@given(REVIEWS)
def test_the_sarif_is_a_log_that_others_read(found: Review) -> None:
    """The properties that SARIF 2.1.0 requires, of the types and values that it allows."""
    log = json.loads(as_sarif(found, RULES))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert run["columnKind"] in ("unicodeCodePoints", "utf16CodeUnits")
    driver = run["tool"]["driver"]
    assert driver["name"] == "dotgen"
    for rule in driver["rules"]:
        assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")
        assert rule["fullDescription"]["text"]
    for result in run["results"]:
        check_result(result, driver["rules"])


def check_result(result: Any, rules: Any) -> None:
    """Section 3.27 of the standard."""
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert result["level"] in ("none", "note", "warning", "error")
    assert isinstance(result["message"]["text"], str)
    for location in (*result["locations"], *result.get("relatedLocations", ())):
        where = location["physicalLocation"]
        assert re.fullmatch(r"[-\w._~/!$&'()*+,;=@%]*", where["artifactLocation"]["uri"], re.ASCII)
        assert unquote(where["artifactLocation"]["uri"]) is not None
        assert where["region"]["startLine"] >= 1
        assert where["region"]["startColumn"] >= 1
    for suppression in result.get("suppressions", ()):
        assert suppression["kind"] in ("inSource", "external")
        assert isinstance(suppression["justification"], str)


def test_the_sarif_has_a_result_for_every_change_and_consequence() -> None:
    """Those of what is excused are suppressed; a consequence relates to its change."""
    (run,) = json.loads(as_sarif(reviewed(), RULES))["runs"]
    results = {it["ruleId"]: it for it in run["results"]}
    assert results.keys() == {
        "arrow-source-changed",
        "event-now-refused",
        "arrow-guard-changed",
        "handler-needed",
    }
    moved = results["arrow-source-changed"]
    assert moved["suppressions"] == [{"kind": "external", "justification": "meant"}]
    assert results["event-now-refused"]["suppressions"] == moved["suppressions"]
    assert "suppressions" not in results["arrow-guard-changed"]
    (related,) = results["event-now-refused"]["relatedLocations"]
    assert related["message"]["text"].startswith("the cause: arrow-source-changed")
    assert results["arrow-guard-changed"]["properties"] == {"impact": "behaviour"}
    (old,) = results["arrow-guard-changed"]["relatedLocations"]
    assert old["message"]["text"] == "the line in main"
