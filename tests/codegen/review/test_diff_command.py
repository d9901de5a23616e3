"""`dotgen diff` as people call it: what it compares, prints, writes and refuses."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.codegen.review.clones import Clone
from tests.codegen.review.doors import (
    DOOR,
    NEW_DOOR,
    NEW_POST,
    OLD_DOOR,
    OTHER_LINES,
    POST,
    dotgen,
    headlines,
    project,
    run,
)

ROOT = Path(__file__).parents[3]
DOOR_CHANGED = f"{DOOR}   door: 1 change, behaviour"
POST_CHANGED = f"{POST}   post: 3 changes, worst wire-breaking"
GATE_ADDED = "specs/states/gate.dot   gate: added, harmless"
EVERY_OUTPUT = """
from codegen.cli import main
sides = ["diff", "main..post"]
main([*sides, "-o", "text", "--html", "page", "--svg", "pictures"], standalone_mode=False)
for form in ("markdown", "json", "sarif"):
    main([*sides, "--format", form, "-o", form], standalone_mode=False)
"""
OUTPUTS = ("text", "page", "pictures/states/door.svg", "markdown", "json", "sarif")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Return a project with revisions, and go there."""
    made = project(tmp_path / "clone")
    monkeypatch.chdir(made.root)
    return made


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], [GATE_ADDED]),
        (["v1"], [DOOR_CHANGED, GATE_ADDED]),
        (["v1", "main"], [DOOR_CHANGED]),
        (["v1..main"], [DOOR_CHANGED]),
        (["main..post"], [DOOR_CHANGED, POST_CHANGED]),
        (["main...post"], [POST_CHANGED]),
        (["main..post", "--", "specs/layouts"], [POST_CHANGED]),
        (["main..post", "--", DOOR, POST], [DOOR_CHANGED, POST_CHANGED]),
        ([f"v1:{DOOR}", DOOR], [DOOR_CHANGED]),
        (["v1", DOOR], [DOOR_CHANGED]),
        (["HEAD", "--", DOOR], []),
    ],
)
def test_the_arguments_say_what_is_compared(
    clone: Clone, arguments: list[str], told: list[str]
) -> None:
    """Revisions, ranges, files in them and what is behind -- tell the drawings that changed."""
    result = dotgen("diff", *arguments)
    assert (result.exit_code, headlines(result)) == (0, told)


def test_a_change_is_told_with_its_lines_and_its_total(clone: Clone) -> None:
    """All that a terminal shows of one arrow that leads elsewhere."""
    assert dotgen("diff", "v1", "main").output.splitlines() == [
        DOOR_CHANGED,
        "",
        "  behaviour      arrow-target-changed  Open --push--> Closed: Closed -> Locked",
        '                 - 3: Open -> Closed [label="push"]',
        '                 + 3: Open -> Locked [label="push"]',
        "",
        "1 drawing, 1 change: 1 behaviour",
    ]


def test_files_and_folders_need_no_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files, and two folders, are compared where there is no git; each keeps its name."""
    for folder, text in (("old", OLD_DOOR), ("new", NEW_DOOR)):
        (tmp_path / folder / "states").mkdir(parents=True)
        (tmp_path / folder / "states/door.dot").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    files = dotgen("diff", "old/states/door.dot", "new/states/door.dot")
    assert files.output.startswith("old/states/door.dot -> new/states/door.dot   door: 1 change")
    folders = dotgen("diff", "old", "new")
    assert folders.output.startswith("states/door.dot   door: 1 change, behaviour\n")


def test_another_folder_may_be_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --root, it is compared as if one were there."""
    clone = project(tmp_path / "clone")
    monkeypatch.chdir(tmp_path)
    result = dotgen("diff", "--root", str(clone.root), "v1", "main")
    assert headlines(result) == [DOOR_CHANGED]
    short = dotgen("diff", "-C", "clone", "v1", "main")
    assert short.output == result.output


def test_other_lines_with_the_same_meaning_are_no_change(clone: Clone) -> None:
    """Colours, comments of the text and blank lines say nothing, and the gate lets them pass."""
    (clone.root / "same.dot").write_text(OTHER_LINES)
    (clone.root / "old.dot").write_text(OLD_DOOR)
    result = dotgen("diff", "old.dot", "same.dot", "--fail-on", "harmless")
    assert (result.exit_code, result.stdout) == (
        0,
        "no change of meaning between old.dot and same.dot\n",
    )
    assert result.stderr == "gate: nothing reaches harmless: passed\n"


def test_faults_of_a_side_are_noted(clone: Clone) -> None:
    """Where a side can be read but not used, a reader should know it."""
    clone.write(DOOR, NEW_DOOR.replace("Open -> Locked", "Open -> Closed"))
    noted = "note: the working tree has faults: 1 error; `dotgen lint` tells them"
    clone.write(DOOR, OLD_DOOR.replace('"unlock"', '"unlock", acton=beep'))
    result = dotgen("diff")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == noted
    clone.commit("a fault")
    assert "note: HEAD has faults: 1 error\n" in dotgen("diff", "HEAD", "v1").stdout


def test_the_first_drawings_of_a_project_are_reviewed_as_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate lets them pass, and a note says that there were none."""
    clone = Clone.new(tmp_path)
    clone.save("README.md", "a project")
    clone.save(DOOR, OLD_DOOR)
    monkeypatch.chdir(tmp_path)
    result = dotgen("diff", "HEAD~1", "--fail-on", "API-breaking")
    assert result.exit_code == 0
    assert headlines(result) == [f"{DOOR}   door: added, harmless"]
    assert "note: HEAD~1 has no folder specs: all drawings are new\n" in result.stdout


def test_markdown_json_and_sarif_are_of_their_forms(clone: Clone) -> None:
    """A comment with its mark, one document with the impact, one with a result for each change."""
    markdown, as_json, sarif = (
        dotgen("diff", "main..post", "--format", form).stdout
        for form in ("markdown", "json", "sarif")
    )
    assert markdown.startswith("<!-- dotgen diff -->\n### dotgen diff: wire-breaking\n")
    assert json.loads(as_json)["impact"] == "wire-breaking"
    (made,) = json.loads(sarif)["runs"]
    assert {it["ruleId"] for it in made["results"]} >= {"arrow-target-changed", "field-resized"}


@pytest.mark.parametrize("form", ["text", "markdown", "json", "sarif"])
def test_an_output_file_holds_what_would_be_printed(clone: Clone, form: str) -> None:
    """With -o nothing is printed but where it went."""
    printed = dotgen("diff", "v1", "main", "--format", form).stdout
    written = dotgen("diff", "v1", "main", "--format", form, "-o", "out/review")
    assert (written.exit_code, written.stdout) == (0, "")
    assert written.stderr == "written: out/review\n"
    assert (clone.root / "out/review").read_text() == printed


def test_a_page_and_pictures_are_written(clone: Clone) -> None:
    """One page for all, and a picture for each drawing that changed, in the folder of its kind."""
    result = dotgen("diff", "v1", "post", "--html", "review.html", "--svg", "pictures")
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "written: pictures/layouts/post.svg",
        "written: review.html",
    ]
    assert headlines(result) == [POST_CHANGED]
    assert (clone.root / "review.html").read_text().startswith("<!DOCTYPE html>")
    assert "<svg" in (clone.root / "pictures/layouts/post.svg").read_text()


def test_verbose_leaves_nothing_out(clone: Clone) -> None:
    """Without it, forty changes of a rule are shown and the others counted."""
    many = "".join(f'    Open -> S{number} [label="go{number}"]\n' for number in range(60))
    clone.write(DOOR, NEW_DOOR.replace("{\n", "{\n" + many, 1))
    short, long = dotgen("diff", "--", DOOR).stdout, dotgen("diff", "-v", "--", DOOR).stdout
    assert "arrow-added  and 20 more (--verbose shows all)" in short
    assert "(--verbose shows all)" not in long
    assert long.count("  arrow-added  ") == 60


def test_colours_are_for_terminals_and_pagers(clone: Clone) -> None:
    """A file has none, git's pager has them unless NO_COLOR says something."""
    plain, paged, bare = (
        run("diff", "v1", "main", folder=clone.root, **environment).stdout
        for environment in (
            {"NO_COLOR": ""},
            {"GIT_PAGER_IN_USE": "true", "NO_COLOR": ""},
            {"GIT_PAGER_IN_USE": "true", "NO_COLOR": "1"},
        )
    )
    assert "\x1b[36mspecs/" in paged
    assert "\x1b[33m  behaviour" in paged
    assert "\x1b" not in plain
    assert plain == bare


def outputs(folder: Path, seed: str) -> dict[str, bytes]:
    """All that the command makes of one range, each in a file."""
    command = [sys.executable, "-c", EVERY_OUTPUT]
    environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return {name: (folder / name).read_bytes() for name in OUTPUTS}


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """Another folder, and another order of hashes, change nothing in any output."""
    first = outputs(project(tmp_path / "here").root, "1")
    second = outputs(project(tmp_path / "or there").root, "2")
    assert first == second
    assert os.fsencode(tmp_path) not in b"".join(first.values())


def test_the_letter_goes_back_as_it_came(clone: Clone) -> None:
    """The sides in the other order tell the opposite, which is as bad."""
    clone.write(POST, NEW_POST)
    there, back = (dotgen("diff", *sides).stdout for sides in (("v1", "post"), ("post", "v1")))
    assert "P_LETTER.weight: u32 -> u64" in there
    assert "P_LETTER.weight: u64 -> u32" in back
