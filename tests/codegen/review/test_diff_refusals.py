"""What `dotgen diff` refuses: changes that the gate stops, and input that makes no sense."""

import os
import random
from pathlib import Path

import pytest

from tests.codegen.review.clones import Clone
from tests.codegen.review.doors import (
    BROKEN,
    DOOR,
    NEW_DOOR,
    OLD_DOOR,
    OLD_POST,
    POST,
    SETTINGS,
    dotgen,
    headlines,
    project,
    refusal,
)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Return a project with revisions, and go there."""
    made = project(tmp_path / "clone")
    monkeypatch.chdir(made.root)
    return made


def tree(folder: Path) -> set[Path]:
    """Every file below a folder, without git's."""
    return {it for it in folder.rglob("*") if it.is_file() and ".git" not in it.parts}


@pytest.mark.parametrize(
    ("impact", "code", "said"),
    [
        ("harmless", 1, "3 wire-breaking changes, 1 behaviour change reach harmless: failed"),
        ("behaviour", 1, "3 wire-breaking changes, 1 behaviour change reach behaviour: failed"),
        ("api-BREAKING", 1, "3 wire-breaking changes reach API-breaking: failed"),
        ("disk-breaking", 1, "3 wire-breaking changes reach disk-breaking: failed"),
        ("wire-breaking", 1, "3 wire-breaking changes reach wire-breaking: failed"),
    ],
)
def test_the_gate_fails_on_what_is_as_bad(clone: Clone, impact: str, code: int, said: str) -> None:
    """One sentence on the error output tells the verdict, behind the whole review."""
    result = dotgen("diff", "main..post", "--fail-on", impact)
    assert (result.exit_code, result.stderr) == (code, f"gate: {said}\n")
    assert len(headlines(result)) == 2


def test_the_gate_passes_what_is_less(clone: Clone) -> None:
    """A change of behaviour breaks no API."""
    result = dotgen("diff", "v1..main", "--fail-on", "API-breaking")
    assert (result.exit_code, result.stderr) == (
        0,
        "gate: nothing reaches API-breaking: passed\n",
    )


def test_an_unknown_impact_is_answered_with_those_there_are(clone: Clone) -> None:
    """The choices are named, and none of them is empty."""
    result = dotgen("diff", "--fail-on", "everything")
    assert result.exit_code == 2
    choices = "'harmless', 'behaviour', 'api-breaking', 'disk-breaking', 'wire-breaking'"
    assert f"'everything' is not one of {choices}" in result.stderr


def test_the_project_may_set_the_gate(clone: Clone) -> None:
    """What pyproject.toml says holds where the call says nothing."""
    clone.write(SETTINGS, '[tool.dotgen.diff]\nfail-on = "behaviour"\n')
    assert dotgen("diff", "v1..main").exit_code == 1
    assert dotgen("diff", "v1..main", "--fail-on", "wire-breaking").exit_code == 0
    clone.write(SETTINGS, '[tool.dotgen.diff]\nfail-on = "behavior"\n')
    result = dotgen("diff", "v1..main")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "bad-configuration: fail-on = 'behavior' is none of" in result.stderr


def test_a_baseline_lets_pass_what_nobody_has(clone: Clone) -> None:
    """What the published revision does not have counts as behaviour at most."""
    parcels = OLD_POST.replace("post {", "parcels {").replace("P_LETTER", "P_PARCEL")
    parcels = parcels.replace("0x01", "0x02")
    clone.save("specs/layouts/parcels.dot", parcels)
    clone.write("specs/layouts/parcels.dot", parcels.replace("u16", "u32"))
    clone.write(SETTINGS, '[tool.dotgen.diff]\nfail-on = "API-breaking"\n')
    assert dotgen("diff").exit_code == 1
    result = dotgen("diff", "--baseline", "v1")
    assert result.exit_code == 0
    assert "unreleased: the baseline v1 does not have it" in result.stdout
    clone.write(SETTINGS, '[tool.dotgen.diff]\nfail-on = "API-breaking"\nbaseline = "v1"\n')
    assert dotgen("diff").exit_code == 0
    assert refusal(dotgen("diff", "--baseline", "v2"), 2) == "unknown revision v2"


EXCEPTION = """[tool.dotgen.diff]
fail-on = "behaviour"

[[tool.dotgen.diff.except]]
rule = "arrow-target-changed"
drawing = "door"
reason = "nobody pushes it"
"""


def test_an_exception_lets_pass_what_it_names(clone: Clone) -> None:
    """Its reason stands below the change, and the gate does not count it."""
    clone.write(SETTINGS, EXCEPTION)
    result = dotgen("diff", "v1..main")
    assert (result.exit_code, result.stderr) == (0, "gate: nothing reaches behaviour: passed\n")
    assert "excused: nobody pushes it" in result.stdout
    assert result.stdout.endswith("1 drawing, 1 change: 1 excused\n")


def test_an_exception_that_covers_nothing_is_noted(clone: Clone) -> None:
    """It would let pass the next change of that sort, unless only a part was compared."""
    clone.write(SETTINGS, EXCEPTION)
    idle = "pyproject.toml:4: the exception for arrow-target-changed in door covers nothing"
    assert f"note: {idle} any more: delete it" in dotgen("diff").stdout
    assert "note: " not in dotgen("diff", "--", POST).stdout


GARBAGE = random.Random(1).randbytes(300)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (BROKEN.encode(), "1:14: syntax: the `{` that stands here is never closed"),
        (GARBAGE, "encoding: the byte 0x"),
        (b"", "1:1: no-graph: there is no graph in this file"),
    ],
)
def test_a_side_that_is_no_drawing_is_named_with_its_fault(
    clone: Clone, content: bytes, said: str
) -> None:
    """Old or new, the guilty file is named, and nothing is told of the other."""
    clone.write("bad.dot", content)
    for sides in (["bad.dot", DOOR], [DOOR, "bad.dot"]):
        result = dotgen("diff", *sides, "--html", "page.html")
        assert (result.exit_code, result.stdout) == (1, "")
        first, *_, last = result.stderr.splitlines()
        assert first.startswith("error: bad.dot:")
        assert said in first
        assert last == "nothing is compared: bad.dot cannot be read"
    assert not (clone.root / "page.html").exists()


def test_a_revision_that_is_no_drawing_is_named(clone: Clone) -> None:
    """The fault is told with its place in that revision."""
    clone.save(DOOR, BROKEN)
    result = dotgen("diff", "v1..main")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: {DOOR}:1:14: syntax: ")
    assert result.stderr.endswith("nothing is compared: main cannot be read\n")


def test_a_missing_side_is_one_sentence(clone: Clone) -> None:
    """A revision and a path that do not exist are told apart."""
    assert refusal(dotgen("diff", "mian"), 2) == 'unknown revision mian (did you mean "main"?)'
    gone = "is no path here and no revision: a path that is gone goes behind --"
    assert refusal(dotgen("diff", "gone.dot", DOOR), 2) == f"gone.dot {gone}"
    assert refusal(dotgen("diff", "--", "specs/state"), 2) == (
        'specs/state is on neither side (did you mean "specs/states"?)'
    )


def test_without_git_or_a_repository_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing is named."""
    (tmp_path / "specs").mkdir()
    monkeypatch.chdir(tmp_path)
    assert refusal(dotgen("diff"), 2) == f"{tmp_path} is in no git repository"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refusal(dotgen("diff"), 2) == "git is not installed: there is no git on the PATH"


def test_a_shallow_clone_says_how_to_get_the_rest(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a CI service makes it, without the history."""
    shallow = clone.clone(tmp_path / "shallow", "--depth=1", "--branch=main")
    monkeypatch.chdir(shallow.root)
    assert refusal(dotgen("diff", "HEAD~1"), 2) == (
        "this clone is shallow and does not have HEAD~1: run `git fetch --unshallow`"
    )


@pytest.mark.parametrize("option", ["-o", "--html", "--svg"])
def test_an_output_that_cannot_be_written_is_one_sentence(clone: Clone, option: str) -> None:
    """A file where a folder would have to be is named, and stays as it was."""
    clone.write("taken", "mine")
    before = tree(clone.root)
    result = dotgen("diff", "v1", "main", option, "taken/here")
    sentence = refusal(result, 1)
    assert sentence.startswith("taken/here")
    assert sentence.endswith(" cannot be written: Not a directory")
    assert tree(clone.root) == before
    assert (clone.root / "taken").read_text() == "mine"


def test_outputs_are_written_all_or_none(clone: Clone) -> None:
    """Where one has no place, the others stay as they were."""
    clone.write("page.html", "before")
    clone.write("text/mine", "")
    before = tree(clone.root)
    result = dotgen("diff", "v1", "main", "--html", "page.html", "-o", "text")
    assert refusal(result, 1) == "text cannot be written: Is a directory"
    assert tree(clone.root) == before
    assert (clone.root / "page.html").read_text() == "before"


def test_one_file_cannot_be_two_outputs(clone: Clone) -> None:
    """Neither wins in silence."""
    result = dotgen("diff", "-o", "review", "--html", "review")
    assert refusal(result, 2) == "review is named for two outputs: -o and --html"


def test_a_link_and_a_pipe_are_written_through(clone: Clone) -> None:
    """A link stays one, and a device is not replaced by a file."""
    (clone.root / "link").symlink_to("real")
    dotgen("diff", "v1", "main", "-o", "link")
    assert (clone.root / "link").is_symlink()
    assert (clone.root / "real").read_text().endswith("1 behaviour\n")
    assert dotgen("diff", "v1", "main", "-o", os.devnull).exit_code == 0
    assert not Path(os.devnull).is_file()


def test_a_folder_without_a_project_is_not_searched_for_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files are compared at once, wherever one is, also where most of the disk is below."""
    for name, text in (("old.dot", OLD_DOOR), ("new.dot", NEW_DOOR.replace("lock", "bolt"))):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir("/")
    result = dotgen("diff", str(tmp_path / "old.dot"), str(tmp_path / "new.dot"))
    assert result.exit_code == 0
