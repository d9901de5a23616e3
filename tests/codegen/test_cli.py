"""The command line: exit codes, what it prints, and that bad input never costs anything."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from codegen.cli import main
from codegen.commands import RULES

ROOT = Path(__file__).parents[2]
DOOR = """digraph door {
    Open -> Closed [label="push", action="squeak"]
    Closed -> Open [label="pull"]
}
"""

Run = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one drawing."""
    folder = tmp_path / "specs" / "states"
    folder.mkdir(parents=True)
    (folder / "door.dot").write_text(DOOR)
    return tmp_path


@pytest.fixture
def run(project: Path) -> Run:
    """Calls dotgen in the project."""

    def call(command: str, *arguments: str) -> Result:
        where = ["--root", str(project)] if command in ("generate", "lint") else []
        return CliRunner().invoke(main, [command, *where, *arguments])

    return call


def tree(folder: Path) -> Mapping[str, bytes]:
    """Every file below a folder, without caches."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files
        if "__pycache__" not in path.parts
    }


def test_generate_writes_everything_and_then_nothing(run: Run, project: Path) -> None:
    """The first run names what is new, the second has nothing to do, --check agrees."""
    first = run("generate")
    assert first.exit_code == 0
    assert "new: generated/states/door/transitions.py" in first.output
    before = tree(project)
    second = run("generate")
    assert (second.exit_code, second.output) == (0, "nothing to do, generated/ is fresh\n")
    assert run("generate", "--check").output == "generated/ is fresh\n"
    assert tree(project) == before


def test_check_names_stale_missing_and_surplus_files(run: Run, project: Path) -> None:
    """Exit code 1 and each file by what is wrong with it; nothing is written."""
    run("generate")
    generated = project / "generated"
    (generated / "states" / "door" / "states.py").write_text("# Generated from x, then run y\n")
    (generated / "states" / "machine.py").unlink()
    (generated / "notes.txt").write_text("mine")
    before = tree(project)
    result = run("generate", "--check")
    assert result.exit_code == 1
    for line in (
        "stale: generated/states/door/states.py",
        "missing: generated/states/machine.py",
        "surplus: generated/notes.txt",
    ):
        assert line in result.output.splitlines()
    assert tree(project) == before


def test_check_needs_no_earlier_run(run: Run) -> None:
    """On a fresh machine, without any cache, a missing generated/ is named."""
    result = run("generate", "--check")
    assert result.exit_code == 1
    assert "missing: generated/states/door/states.py" in result.output


def test_a_changed_edge_changes_its_row_and_nothing_else(run: Run, project: Path) -> None:
    """What a reviewer reads is the edit: the diff has one row out and one row in."""
    run("generate")
    drawing = project / "specs" / "states" / "door.dot"
    drawing.write_text("// a new first line\n" + DOOR.replace("Closed -> Open", "Closed -> Closed"))
    diff = run("generate", "--diff").output.splitlines()
    changed = [line for line in diff if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert changed == [
        "-    (DoorState.Closed, DoorEvent.pull): (Transition(DoorState.Open),),",
        "+    (DoorState.Closed, DoorEvent.pull): (Transition(DoorState.Closed),),",
    ]


def test_a_drawing_that_goes_takes_its_files_along(run: Run, project: Path) -> None:
    """Orphans and their empty folders are removed, other files stay."""
    specs = project / "specs" / "states"
    (specs / "gate.dot").write_text(DOOR.replace("door", "gate"))
    run("generate")
    (specs / "gate.dot").unlink()
    result = run("generate")
    assert "removed: generated/states/gate/states.py" in result.output
    assert not (project / "generated" / "states" / "gate").exists()
    assert (project / "generated" / "states" / "door").exists()


def test_paths_limit_what_is_written(run: Run, project: Path) -> None:
    """Only the named drawing's files and the shared ones come; nothing is removed."""
    specs = project / "specs" / "states"
    run("generate")
    (specs / "gate.dot").write_text(DOOR.replace("door", "gate"))
    (specs / "door.dot").write_text(DOOR.replace("push", "shove"))
    before = tree(project / "generated" / "states" / "door")
    result = run("generate", str(specs / "gate.dot"))
    assert result.exit_code == 0
    assert "new: generated/states/gate/states.py" in result.output
    assert tree(project / "generated" / "states" / "door") == before


def test_an_error_in_one_drawing_stops_all(run: Run, project: Path) -> None:
    """The message has the place, the line and a caret; nothing is written."""
    run("generate")
    before = tree(project / "generated")
    specs = project / "specs" / "states"
    (specs / "gate.dot").write_text(DOOR.replace("door", "gate"))
    (specs / "door.dot").write_text(DOOR.replace("action", "acton"))
    result = run("generate")
    assert result.exit_code == 1
    assert "specs/states/door.dot:2:35: unknown-attribute: " in result.output
    assert 'did you mean "action"?' in result.output
    assert result.output.splitlines()[2] == " " * (4 + 34) + "^"
    assert tree(project / "generated") == before


def test_a_file_that_is_not_ours_is_never_touched(run: Run, project: Path) -> None:
    """A hand-written file in the way is named and stays; nothing else is written either."""
    mine = project / "generated" / "states" / "door" / "states.py"
    mine.parent.mkdir(parents=True)
    mine.write_text("# mine\n")
    result = run("generate")
    assert result.exit_code == 1
    assert "generated/states/door/states.py:1:1: foreign-file: " in result.output
    assert tree(project / "generated") == {"states/door/states.py": b"# mine\n"}


def test_lint_reports_all_problems_of_all_files_sorted(run: Run, project: Path) -> None:
    """Not just the first: every problem of every file, in the order of places."""
    specs = project / "specs" / "states"
    (specs / "a.dot").write_text("digraph a { X -> class [label=go] class -> X [gaurd=x] }\n")
    (specs / "b.dot").write_text("digraph b {\n  X -> ; Y [label=go\n  Z\n")
    result = run("lint", "--format", "json")
    assert result.exit_code == 1
    found = json.loads(result.output)
    places = [(it["file"], it["line"], it["column"]) for it in found]
    assert places == sorted(places)
    assert {(it["file"][-5:], it["rule"]) for it in found if it["severity"] == "error"} == {
        ("a.dot", "illegal-name"),
        ("a.dot", "unknown-attribute"),
        ("b.dot", "syntax"),
    }
    assert len([it for it in found if it["rule"] == "syntax"]) > 1


def test_lint_formats_say_the_same(run: Run, project: Path) -> None:
    """GitHub annotations and SARIF carry the same places as the text."""
    (project / "specs" / "states" / "door.dot").write_text(DOOR.replace("action", "acton"))
    github = run("lint", "--format", "github").output.strip()
    assert github.startswith("::error file=specs/states/door.dot,line=2,col=35,title=unknown-")
    sarif = json.loads(run("lint", "--format", "sarif").output)
    driver = sarif["runs"][0]["tool"]["driver"]
    result = sarif["runs"][0]["results"][0]
    assert sarif["version"] == "2.1.0"
    assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "unknown-attribute"
    region = result["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"]) == (2, 35)


def test_severities_come_from_the_projects_settings(run: Run, project: Path) -> None:
    """A rule can be made an error, a warning, a note, or switched off."""
    trapped = DOOR.replace("Closed -> Open", "Open -> Open")
    (project / "specs" / "states" / "door.dot").write_text(trapped)
    settings = project / "pyproject.toml"
    assert (run("lint").exit_code, run("generate").exit_code) == (0, 0)
    settings.write_text('[tool.dotgen.severity]\ndead-end = "error"\n')
    assert run("lint").exit_code == 1
    assert run("generate").exit_code == 1
    settings.write_text('[tool.dotgen.severity]\ndead-end = "off"\n')
    assert "dead-end" not in run("lint").output


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[tool.dotgen.severity]\ndead-edn = "off"', 'did you mean "dead-end"?'),
        ('[tool.dotgen.severity]\ndead-end = "fatal"', "is none of error, warning, note, off"),
        ("[tool.dotgen]\ntemplate = 'x'", 'did you mean "templates"?'),
        ("[tool.dotgen", "the file is no TOML"),
        ("[tool]\ndotgen = 3", "dotgen is no table"),
        ("tool = 3", "tool is no table"),
        ("[tool.dotgen]\nseverity = 3", "severity is no table"),
    ],
)
def test_wrong_settings_get_a_sentence(run: Run, project: Path, text: str, sentence: str) -> None:
    """Unknown keys, rules and severities are named with their place; nothing is written."""
    (project / "pyproject.toml").write_text(text)
    result = run("generate")
    assert result.exit_code == 1
    assert "pyproject.toml:" in result.output
    assert sentence in result.output
    assert not (project / "generated").exists()


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_is_explained(rule: str) -> None:
    """`dotgen explain` prints the documentation of each rule."""
    result = CliRunner().invoke(main, ["explain", rule])
    assert result.exit_code == 0
    assert result.output.startswith(f"{rule} (")
    assert len(result.output.splitlines()) > 1


def test_explain_lists_rules_and_proposes_names() -> None:
    """Without a name all rules; with a wrong one a proposal and exit code 2."""
    everything = CliRunner().invoke(main, ["explain"])
    assert all(rule in everything.output for rule in RULES)
    wrong = CliRunner().invoke(main, ["explain", "dead-edn"])
    assert wrong.exit_code == 2
    assert 'did you mean "dead-end"?' in wrong.output


@pytest.mark.parametrize("command", ["", "generate", "lint", "explain", "draw"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    """--help shows how the command is typed."""
    result = CliRunner().invoke(main, [command, "--help"] if command else ["--help"])
    assert result.exit_code == 0
    assert "Example" in result.output
    assert "dotgen " in result.output


def test_a_wrong_call_is_exit_code_2() -> None:
    """Options that do not exist are told apart from problems in drawings."""
    assert CliRunner().invoke(main, ["generate", "--chekc"]).exit_code == 2
    assert CliRunner().invoke(main, ["generate", "--root", "/nowhere/at/all"]).exit_code == 2


def test_generate_in_a_folder_without_specs_says_so(tmp_path: Path) -> None:
    """No traceback, no empty generated/, one sentence."""
    result = CliRunner().invoke(main, ["generate", "--root", str(tmp_path)])
    assert result.exit_code == 1
    assert "specs:1:1: unreadable-file: " in result.output
    assert not (tmp_path / "generated").exists()


def test_the_no_change_run_imports_neither_black_nor_jinja2(run: Run, project: Path) -> None:
    """What makes it quick stays so: neither the formatter nor the template engine is loaded."""
    run("generate")
    code = (
        "import sys; from codegen.cli import main\n"
        f"main(['generate', '--root', {str(project)!r}], standalone_mode=False)\n"
        "print(sorted({'black', 'jinja2', 'pydot', 'codegen.parse'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout == "nothing to do, generated/ is fresh\n[]\n"


def test_a_run_with_other_templates_is_not_taken_for_fresh(
    run: Run, project: Path, tmp_path: Path
) -> None:
    """After a run with --templates a plain run brings the project's own output back."""
    run("generate")
    before = tree(project / "generated")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "__init__.py.j2").write_text('# {{ header }}\n"""Mine."""\n')
    run("generate", "--templates", str(mine))
    assert tree(project / "generated") != before
    assert run("generate", "--check").exit_code == 1
    assert run("generate").exit_code == 0
    assert tree(project / "generated") == before


def test_an_edit_in_the_configured_templates_is_noticed(run: Run, project: Path) -> None:
    """The folder that pyproject.toml names counts for freshness like the drawings do."""
    (project / "pyproject.toml").write_text('[tool.dotgen]\ntemplates = "mine"\n')
    (project / "mine").mkdir()
    (project / "mine" / "__init__.py.j2").write_text('# {{ header }}\n"""One."""\n')
    assert run("generate").exit_code == 0
    assert run("generate").output.startswith("nothing to do")
    (project / "mine" / "__init__.py.j2").write_text('# {{ header }}\n"""Two."""\n')
    run("generate")
    assert '"""Two."""' in (project / "generated" / "__init__.py").read_text()


def test_watch_generates_again_when_a_drawing_changes(project: Path) -> None:
    """Each change is followed by a run, until the watcher is interrupted."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "codegen", "generate", "--watch"]
    with subprocess.Popen(
        command, cwd=project, env=environment, stdout=subprocess.PIPE, text=True
    ) as watcher:
        assert watcher.stdout is not None
        lines = iter(watcher.stdout.readline, "")
        assert next(line for line in lines if "files in generated/" in line)
        (project / "specs" / "states" / "gate.dot").write_text(DOOR.replace("door", "gate"))
        assert "gate" in next(line for line in lines if line.startswith("new: "))
        assert next(line for line in lines if "files in generated/" in line)
        watcher.send_signal(signal.SIGINT)
        assert watcher.wait(timeout=20) == 0


def test_settings_that_cannot_be_read_get_a_sentence(run: Run, project: Path) -> None:
    """A pyproject.toml that is no UTF-8 is named with the place; nothing is written."""
    (project / "pyproject.toml").write_bytes(b"# caf\xe9\n")
    assert "pyproject.toml:1:6: encoding: the byte 0xE9" in run("generate").output
    assert run("lint").exit_code == 1
    assert not (project / "generated").exists()
