"""The files for CI services that are ready to copy, run as the services run them."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from ruamel.yaml import YAML

from tests.codegen.review.clones import Clone
from tests.codegen.review.doors import DOOR, NEW_POST, POST, SETTINGS, project

ROOT: Final = Path(__file__).parents[2]
WORKFLOW: Final = ROOT / ".github/workflows/drawings.yml"
TEMPLATE: Final = ROOT / ".gitlab/drawings.gitlab-ci.yml"
BIN: Final = Path(sys.executable).parent

GH: Final = """#!/bin/sh
echo "$@" >> "$GH_CALLS"
case "$*" in *--jq*) cat "$GH_KNOWN" ;; esac
"""
"""GitHub's program as the workflow calls it: it knows the comments that a file names."""


class Ran(NamedTuple):
    """How some shell lines ended, and what they said."""

    code: int
    said: str


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """Return a project whose branch `post` changes the letter, and stand on it."""
    made = project(tmp_path / "clone")
    (made.root / "specs/states/gate.dot").unlink()
    made.git("checkout", "--quiet", "post")
    return made


def read(path: Path) -> Any:
    """The file as YAML."""
    return YAML(typ="safe", pure=True).load(path.read_text())


def run(lines: str, clone: Clone, environment: Mapping[str, str]) -> Ran:
    """Run shell lines in a clone as the services do, with the dotgen of this interpreter."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    path = f"{clone.root.parent}:{BIN}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", lines],
        cwd=clone.root,
        env=inherited | dict(environment) | {"PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout)


class GitHub:
    """The workflow's steps with the variables that GitHub gives them."""

    def __init__(self, clone: Clone) -> None:
        self.clone = clone
        self.job = read(WORKFLOW)["jobs"]["review"]
        self.folder = clone.root.parent
        base, head = clone.git("rev-parse", "main", "HEAD").split()
        self.environment = {
            "RANGE": f"{base}...{head}",
            "FAIL_ON": self.job["env"]["FAIL_ON"],
            "COMMENTS": "repos/a/b/issues/7/comments",
            "COMMENT": "repos/a/b/issues/comments",
        }
        for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GH_CALLS", "GH_KNOWN"):
            self.environment[name] = str(self.folder / name)
            self.file(name).write_text("")
        (self.folder / "gh").write_text(GH)
        (self.folder / "gh").chmod(0o755)

    def file(self, name: str) -> Path:
        """The file that a variable names."""
        return self.folder / name

    def step(self, name: str, **environment: str) -> Ran:
        """Run one step."""
        lines = next(it["run"] for it in self.job["steps"] if it.get("name") == name)
        return run(lines, self.clone, self.environment | environment)

    def outputs(self) -> dict[str, str]:
        """What the steps have put out for later ones."""
        pairs = (it.partition("=") for it in self.file("GITHUB_OUTPUT").read_text().splitlines())
        return {name: value for name, _, value in pairs}


def test_the_workflow_reviews_a_pull_request_and_fails_at_the_gate(clone: Clone) -> None:
    """The summary is the comment with the verdict, the page and the findings are there."""
    github = GitHub(clone)
    review = github.step("Review")
    verdict = "gate: 3 wire-breaking changes reach API-breaking: failed"
    assert (review.code, verdict in review.said) == (0, True)
    comment = (clone.root / "review/comment.md").read_text()
    assert comment.startswith("<!-- dotgen diff -->\n### dotgen diff: wire-breaking\n")
    assert comment.endswith(f"{verdict}\n")
    assert DOOR not in comment, "the door was changed on main, behind the merge base"
    assert github.file("GITHUB_STEP_SUMMARY").read_text() == comment
    assert "P_LETTER" in (clone.root / "review/review.html").read_text()
    assert json.loads((clone.root / "review/review.sarif").read_text())["runs"][0]["results"]
    assert github.outputs() == {"code": "1"}
    assert github.step("Gate", CODE=github.outputs()["code"]).code == 1


def test_the_workflow_passes_what_is_harmless(clone: Clone) -> None:
    """Also where the project's own limit is asked."""
    clone.git("checkout", "--quiet", "-b", "nothing", "v1")
    clone.write(SETTINGS, '[tool.dotgen.diff]\nfail-on = "behaviour"\n')
    clone.write("notes.txt", "a note")
    clone.commit()
    github = GitHub(clone)
    assert github.step("Review", FAIL_ON="").code == 0
    comment = (clone.root / "review/comment.md").read_text()
    assert comment.endswith("gate: nothing reaches behaviour: passed\n")
    assert github.step("Gate", CODE=github.outputs()["code"]).code == 0


def test_the_workflow_says_why_there_is_no_review(clone: Clone) -> None:
    """A drawing that cannot be read ends the step with its fault."""
    clone.save(POST, "digraph post {")
    github = GitHub(clone)
    review = github.step("Review")
    assert review.code == 1
    assert f"error: {POST}:1:14: syntax: the `{{` that stands here is never closed" in review.said
    assert github.outputs() == {}


def test_the_workflow_writes_one_comment_only(clone: Clone) -> None:
    """The next run replaces the comment of the one before."""
    github = GitHub(clone)
    assert github.step("Comment").code == 0
    github.file("GH_KNOWN").write_text("12\n34\n")
    assert github.step("Comment").code == 0
    calls = github.file("GH_CALLS").read_text().splitlines()
    body = "-F body=@review/comment.md --silent"
    assert calls[1] == f"api --method POST repos/a/b/issues/7/comments {body}"
    assert calls[3] == f"api --method PATCH repos/a/b/issues/comments/34 {body}"


def gitlab(clone: Clone, **environment: str) -> Ran:
    """Run the template's job with the variables that GitLab gives it."""
    job = read(TEMPLATE)["drawings"]
    variables = {
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": clone.git("merge-base", "main", "HEAD"),
        "CI_COMMIT_SHA": clone.git("rev-parse", "HEAD"),
        "DOTGEN_FAIL_ON": job["variables"]["DOTGEN_FAIL_ON"],
    }
    return run("\n".join(job["script"]), clone, variables | environment)


def test_the_template_reviews_a_merge_request_and_fails_at_the_gate(clone: Clone) -> None:
    """The log is the review, the page is there, and each change is a finding of code quality."""
    clone.write(POST, NEW_POST.replace("Read this.", "Burn this."))
    clone.commit()
    ran = gitlab(clone)
    assert ran.code == 1
    assert "gate: 3 wire-breaking changes reach API-breaking: failed" in ran.said
    assert "P_LETTER.weight: u32 -> u64" in ran.said
    assert "P_LETTER" in (clone.root / "review/review.html").read_text()
    findings = json.loads((clone.root / "review/quality.json").read_text())
    assert {it["check_name"]: it["severity"] for it in findings} == {
        "field-type-changed": "blocker",
        "field-resized": "blocker",
        "field-moved": "blocker",
        "wording-changed": "info",
    }
    assert len({it["fingerprint"] for it in findings}) == len(findings)
    resized = next(it for it in findings if it["check_name"] == "field-resized")
    assert resized["description"] == "field-resized: P_LETTER.weight: 4 -> 8"
    assert resized["location"] == {"path": POST, "lines": {"begin": 4}}


def test_the_template_passes_a_merge_request_without_drawings(clone: Clone) -> None:
    """On the merged result, the source branch alone is reviewed."""
    clone.git("checkout", "--quiet", "-b", "nothing", "v1")
    source = clone.save("notes.txt", "a note")
    base = clone.git("rev-parse", "v1")
    clone.git("checkout", "--quiet", "main")
    ran = gitlab(
        clone, CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=source, CI_MERGE_REQUEST_DIFF_BASE_SHA=base
    )
    assert ran.code == 0
    assert "gate: nothing reaches API-breaking: passed" in ran.said
    assert json.loads((clone.root / "review/quality.json").read_text()) == []


def test_the_template_says_why_there_is_no_review(clone: Clone) -> None:
    """A commit that was not fetched ends the job with a sentence."""
    ran = gitlab(clone, CI_MERGE_REQUEST_DIFF_BASE_SHA="0" * 40)
    assert ran.code == 2
    assert ran.said == f"unknown revision {'0' * 40}\n"
