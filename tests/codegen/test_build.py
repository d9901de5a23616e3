"""From drawings to texts: the same bytes everywhere, and templates that users may replace."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.build import build
from codegen.cli import main
from codegen.commands import RULES
from codegen.drawings import Drawings, read_drawings
from codegen.files import read_templates
from codegen.format import format_python
from codegen.report import findings, is_failure

ROOT = Path(__file__).parents[2]
DOOR = """digraph door {
    Open -> Closed [label="push", guard="is_calm", action="squeak"]
    Open -> Ajar [label="push"]
    {Closed Ajar} -> Open [label="pull"]
}
"""


@pytest.fixture(scope="module")
def templates() -> Mapping[str, str]:
    """The project's own templates."""
    texts, problems = read_templates(ROOT / "templates")
    assert problems == []
    return texts


def test_generated_equals_the_specs_both_ways(
    drawings: Drawings, templates: Mapping[str, str]
) -> None:
    """Every generated file is what the drawings give, and every file that they give is there."""
    wanted, problems = build(drawings, templates, format_python)
    present = {
        path.relative_to(ROOT / "generated").as_posix(): path.read_text(encoding="utf-8")
        for path in (ROOT / "generated").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert problems == []
    assert wanted == present


@pytest.mark.parametrize(("seed", "locale"), [("0", "C"), ("1", "C.UTF-8"), ("77", "POSIX")])
def test_the_same_bytes_whatever_the_hash_seed_and_locale(
    tmp_path: Path, seed: str, locale: str
) -> None:
    """The whole project, generated anew in another environment, equals what is committed."""
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "PYTHONPATH": str(ROOT)}
    subprocess.run(
        [sys.executable, "-m", "codegen", "generate"], cwd=tmp_path, env=environment, check=True
    )
    for path in (ROOT / "generated").rglob("*.py"):
        name = path.relative_to(ROOT)
        assert (tmp_path / name).read_bytes() == path.read_bytes(), name


def test_no_generated_file_holds_a_date_a_version_or_a_line_number() -> None:
    """A diff of generated/ is always a change of meaning."""
    for path in (ROOT / "generated").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        first = text.partition("\n")[0]
        assert re.fullmatch(
            r"# Generated from (the drawings in )?specs/[\w/]*(\.dot)?; edit (that drawing|those), "
            r"then run `make generate`\.",
            first,
        )
        assert not re.search(r"\b20\d\d-\d\d-\d\d\b|\.dot:\d", text)


def test_a_folder_of_templates_replaces_and_adds(tmp_path: Path) -> None:
    """A file of the same path replaces ours, any other is rendered in addition."""
    project = _door_project(tmp_path)
    mine = tmp_path / "mine"
    (mine / "states" / "{graph}").mkdir(parents=True)
    (mine / "states" / "machine.py.j2").write_text(
        '# {{ header }}\n"""Mine."""\n\n\nclass Change: ...\n\n\nclass Refused(LookupError): ...\n'
    )
    (mine / "states" / "{graph}" / "transitions.md.j2").write_text(_example_of_the_readme())
    result = CliRunner().invoke(
        main, ["generate", "--root", str(project), "--templates", str(mine)]
    )
    assert result.exit_code == 0, result.output
    assert '"""Mine."""' in (project / "generated/states/machine.py").read_text()
    table = (project / "generated/states/door/transitions.md").read_text()
    assert table.splitlines()[2:] == [
        "| state | event | leads to | if |",
        "|---|---|---|---|",
        "| Open | push | Closed | is_calm |",
        "| Open | push | Ajar |  |",
        "| Closed | pull | Open |  |",
        "| Ajar | pull | Open |  |",
    ]


def _door_project(folder: Path) -> Path:
    project = folder / "project"
    (project / "specs" / "states").mkdir(parents=True)
    (project / "specs" / "states" / "door.dot").write_text(DOOR)
    return project


def _example_of_the_readme() -> str:
    """The template that the README shows."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    start = readme.index("    <!-- {{ header }} -->")
    lines = readme[start:].split("\n\nTemplates see")[0].splitlines()
    return "\n".join(line.removeprefix("    ") for line in lines) + "\n"


@pytest.mark.parametrize(
    ("template", "place", "sentence"),
    [
        ("# {{ header }}\n{{ machine.nmae }}\n", "x.py.j2:2", "nmae"),
        ("# {{ header }}\n\n{% for %}\n", "x.py.j2:3", "Expected"),
        ("# {{ header }}\n{% include 'x.j2' %}\n", "x.py.j2:2", "x.j2"),
        ("# {{ header }}\n\n{{ 1 / 0 }}\n", "x.py.j2:3", "division by zero"),
        ("# {{ header }}\n\n{{ machine.states + 1 }}\n", "x.py.j2:3", "can only conc"),
        ("# {{ header }}\ndef (:\n", "states/door/x.py", "black says"),
        ("x = 1\n", "states/door/x.py", "its template writes no header"),
    ],
)
def test_a_bad_template_gets_a_sentence(
    tmp_path: Path, template: str, place: str, sentence: str
) -> None:
    """The message names the template and its line; nothing is written."""
    project = _door_project(tmp_path)
    (tmp_path / "mine" / "states" / "{graph}").mkdir(parents=True)
    (tmp_path / "mine" / "states" / "{graph}" / "x.py.j2").write_text(template)
    result = CliRunner().invoke(
        main, ["generate", "--root", str(project), "--templates", str(tmp_path / "mine")]
    )
    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert place in result.output
    assert sentence in result.output
    assert not (project / "generated").exists()


def test_the_figures_text_generates_as_it_is(templates: Mapping[str, str]) -> None:
    """All four published digraphs in one text, prose and all, give four machines."""
    text = (Path(__file__).parent / "states" / "figures.txt").read_bytes()
    drawings = read_drawings({"specs/states/figures.txt": text})
    names = [machine.name for machine in drawings.machines]
    assert names == ["conn_states", "disk_states", "node_states", "peer_states"]
    found = {(it.rule, it.place.line, it.place.text.strip()[:26]) for it in drawings.problems}
    assert ("dead-end", 10, "WFConnection -> Unconnecte") in found
    assert [rule for rule, _, _ in sorted(found)] == ["dead-end"] + 6 * ["unlabelled-edge"]
    made, problems = build(drawings, templates, format_python)
    assert problems == []
    states = made["states/conn_states/handlers.py"]
    assert "def completed_in_SyncSource" in states
    assert "Literal[ConnState.Connected, ConnState.PausedSyncS]" in states


TEXTS = st.text(max_size=30).map(lambda text: text.replace("\0", ""))
NAMES = st.from_regex(r"[A-Za-zÀ-ÿ_][A-Za-z0-9_]{0,6}", fullmatch=True)


def quoted(text: str) -> str:
    """A text as DOT quotes it; an odd backslash at the end would take the quote with it."""
    return '"' + text.rstrip("\\").replace('"', '\\"') + '"'


@st.composite
def machines(draw: st.DrawFn) -> str:
    """A drawing of a few states with any texts as labels and comments."""
    states = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    rows = [
        f"{name} [label={quoted(draw(TEXTS))} comment={quoted(draw(TEXTS))}]" for name in states
    ]
    for number in range(draw(st.integers(0, 8))):
        tail, head = draw(st.sampled_from(states)), draw(st.sampled_from(states))
        words = f"guard={draw(NAMES)} action={draw(NAMES)}" if draw(st.booleans()) else ""
        label = quoted(draw(st.sampled_from(["go", f"e{number} ", draw(TEXTS)])))
        rows.append(f"{tail} -> {head} [label={label} comment={quoted(draw(TEXTS))} {words}]")
    return "digraph tour {\n" + "\n".join(rows) + "\n}\n"


@settings(max_examples=200)
@given(text=machines(), name=st.sampled_from(["tour", "to'ur", 'to"ur', "été"]))
def test_what_passes_the_rules_is_python(
    templates: Mapping[str, str], text: str, name: str
) -> None:
    """Whatever labels and comments say, a drawing without errors gives modules that compile."""
    drawings = read_drawings({f"specs/states/{name}.dot": text.encode(errors="ignore")})
    if is_failure(findings(drawings.problems, RULES, {})):
        return
    made, problems = build(drawings, templates, lambda text, _path: text)
    assert problems == []
    for path, content in made.items():
        if path.endswith(".py"):
            compile(content, path, "exec")
