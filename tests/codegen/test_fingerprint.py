"""The no-change shortcut: every change of input or output is seen, and nothing else costs a run."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from codegen.fingerprint import CACHE, fingerprint, is_fresh, remember

ROOT = Path(__file__).parents[2]
PATHS = ["specs", "pyproject.toml", "own_templates"]
OUTPUT = {"a.py": "a = 1\n", "states/b.py": "b = 1\n"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project whose last run is on record."""
    (tmp_path / "specs/states").mkdir(parents=True)
    (tmp_path / "specs/states/a.dot").write_text("digraph a {}")
    (tmp_path / "pyproject.toml").write_text("")
    for path, text in OUTPUT.items():
        (tmp_path / "generated" / path).parent.mkdir(exist_ok=True)
        (tmp_path / "generated" / path).write_text(text)
    remember(str(tmp_path), PATHS, fingerprint(str(tmp_path), PATHS), OUTPUT)
    return tmp_path


def test_an_untouched_project_is_fresh(project: Path) -> None:
    """After a run nothing is to be done."""
    assert is_fresh(str(project), "generated")


def set_clock_back(project: Path) -> None:
    """Change nothing but the time stamps of a drawing and a generated file."""
    for path in ("specs/states/a.dot", "generated/a.py"):
        os.utime(project / path, ns=(1, 1))


def litter(project: Path) -> None:
    """Leave what no run looks at: compiled Python, hidden files, an empty folder."""
    (project / "generated/__pycache__").mkdir()
    (project / "generated/__pycache__/a.cpython-311.pyc").write_bytes(b"")
    (project / "specs/states/.a.dot.swp").write_text("")
    (project / "specs/flows").mkdir()


@pytest.mark.parametrize("touch", [set_clock_back, litter])
def test_time_stamps_and_litter_do_not_matter(project: Path, touch: Callable[[Path], None]) -> None:
    """Only content decides, so a checkout or an editor costs no run."""
    touch(project)
    assert is_fresh(str(project), "generated")


CHANGES: dict[str, Callable[[Path], object]] = {
    "a drawing": lambda it: (it / "specs/states/a.dot").write_text("digraph b {}"),
    "a new drawing": lambda it: (it / "specs/states/b.dot").write_text(""),
    "a drawing's name": lambda it: (it / "specs/states/a.dot").rename(it / "specs/states/b.dot"),
    "a drawing less": lambda it: (it / "specs/states/a.dot").unlink(),
    "a setting": lambda it: (it / "pyproject.toml").write_text("[tool.dotgen]"),
    "a folder that was not there": lambda it: (it / "own_templates").write_text("x"),
    "a generated file": lambda it: (it / "generated/a.py").write_text("a = 2\n"),
    "a generated file less": lambda it: (it / "generated/a.py").unlink(),
    "a foreign file": lambda it: (it / "generated/mine.py").write_text(""),
    "no output": lambda it: (it / "generated").rename(it / "gone"),
    "no record": lambda it: (it / CACHE / "fresh").unlink(),
    "an empty record": lambda it: (it / CACHE / "fresh").write_bytes(b""),
    "a torn record": lambda it: (it / CACHE / "fresh").write_bytes(b"\0\xff\0"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_every_change_is_seen(project: Path, change: Callable[[Path], object]) -> None:
    """What differs in input, output or record costs a run."""
    change(project)
    assert not is_fresh(str(project), "generated")


def test_a_generated_file_behind_a_link_is_not_fresh(project: Path) -> None:
    """A link to the right content is still a link, which a run refuses."""
    (project / "generated/a.py").rename(project / "a.py")
    (project / "generated/a.py").symlink_to("../a.py")
    assert not is_fresh(str(project), "generated")


def test_a_change_behind_a_link_in_specs_is_seen(project: Path) -> None:
    """A drawing that is a link counts with the content it leads to."""
    (project / "elsewhere.dot").write_text("digraph a {}")
    (project / "specs/states/link.dot").symlink_to(project / "elsewhere.dot")
    before = fingerprint(str(project), PATHS)
    (project / "elsewhere.dot").write_text("digraph b {}")
    assert fingerprint(str(project), PATHS) != before


def test_a_drawing_that_changes_during_the_run_is_seen_by_the_next(project: Path) -> None:
    """The record keeps the fingerprint from before the run, so no edit slips through."""
    before = fingerprint(str(project), PATHS)
    (project / "specs/states/a.dot").write_text("digraph edited_meanwhile {}")
    remember(str(project), PATHS, before, OUTPUT)
    assert not is_fresh(str(project), "generated")


def test_another_version_of_a_package_is_seen(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgraded formatter may write other bytes, so it costs a run."""
    (project / "lib/black-1.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(project / "lib")
    before = fingerprint(str(project), PATHS)
    (project / "lib/black-1.0.dist-info").rename(project / "lib/black-1.1.dist-info")
    assert fingerprint(str(project), PATHS) != before


def test_another_python_is_seen(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one Python's libraries make of a drawing, another's may make otherwise."""
    monkeypatch.setattr(sys, "version", "3.99")
    assert not is_fresh(str(project), "generated")


def test_a_moved_project_stays_fresh(project: Path) -> None:
    """The record names paths from the project's folder, so that a cache can be carried along."""
    moved = project.rename(project.with_name("moved"))
    assert is_fresh(str(moved), "generated")


def test_a_cache_that_cannot_be_written_only_costs_time(project: Path) -> None:
    """A file in the way of the cache folder is no fault."""
    for path in (project / CACHE).iterdir():
        path.unlink()
    (project / CACHE).rmdir()
    (project / CACHE).write_text("in the way")
    remember(str(project), PATHS, fingerprint(str(project), PATHS), OUTPUT)
    assert not is_fresh(str(project), "generated")


def test_the_cache_keeps_itself_out_of_git(project: Path) -> None:
    """The folder ignores all that is in it, itself included."""
    assert (project / CACHE / ".gitignore").read_text() == "*\n"


def test_a_pipe_among_the_drawings_does_not_stop_the_shortcut(project: Path) -> None:
    """Reading a pipe would wait for ever; a run reports it instead."""
    os.mkfifo(project / "specs/states/pipe.dot")
    assert not is_fresh(str(project), "generated")


def test_the_shortcut_imports_nothing_slow() -> None:
    """What takes longer to import than Python to start would defeat the purpose."""
    code = "import sys, codegen.fingerprint; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    slow = {"pathlib", "typing", "dataclasses", "importlib.metadata", "black", "jinja2", "pydot"}
    assert slow.isdisjoint(run.stdout.split())
