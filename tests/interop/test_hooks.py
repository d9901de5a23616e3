"""The hooks for pre-commit as they are committed, installed by it and run as people commit."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.codegen.review.clones import SETTINGS, Clone
from tests.codegen.review.doors import BROKEN, DOOR, NEW_DOOR, NEW_POST, OLD_DOOR, POST, project

ROOT: Final = Path(__file__).parents[2]
PRE_COMMIT: Final = Path(sys.executable).with_name("pre-commit")
CONFIG: Final = """repos:
- repo: {url}
  rev: {revision}
  hooks:
  - id: dotgen-lint
  - id: dotgen-diff
  - id: dotgen-generate-check
    stages: [manual]
"""


class Hooked(Clone):
    """A project whose commits are checked."""

    def hooks(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Call pre-commit, whose installations are kept beside the project."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        home = {"PRE_COMMIT_HOME": str(self.root.parent / "installed"), "NO_COLOR": "1"}
        return subprocess.run(
            [PRE_COMMIT, *arguments],
            cwd=self.root,
            env=inherited | SETTINGS | home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def check(self, path: str, content: str) -> subprocess.CompletedProcess[str]:
        """Stage a drawing, and check what would be committed."""
        self.write(path, content)
        self.git("add", "--all")
        return self.hooks("run")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Hooked:
    """Return a project with the hooks."""
    folder = tmp_path_factory.mktemp("hooks")
    source = Clone(ROOT).clone(folder / "source")
    made = Hooked(project(folder / "clone").root)
    (made.root / "specs/states/gate.dot").unlink()
    made.git("checkout", "--quiet", "v1")
    revision = source.git("rev-parse", "HEAD")
    config = CONFIG.format(url=source.root, revision=revision)
    made.save(".pre-commit-config.yaml", config)
    return made


def test_a_good_drawing_passes(clone: Hooked) -> None:
    """What it changes is less than the gate refuses."""
    done = clone.check(DOOR, NEW_DOOR)
    assert done.returncode == 0, done.stdout
    assert [line.rpartition(".")[2] for line in done.stdout.splitlines()[-2:]] == ["Passed"] * 2


def test_a_broken_drawing_is_refused_with_its_place(clone: Hooked) -> None:
    """Before it is committed, by both hooks."""
    done = clone.check(DOOR, BROKEN)
    assert done.returncode == 1
    assert done.stdout.count(f"error: {DOOR}:1:14: syntax: ") == 2
    clone.check(DOOR, OLD_DOOR)


def test_a_change_that_breaks_the_protocol_is_refused_with_its_review(clone: Hooked) -> None:
    """What counts is what is staged, not what else lies about."""
    done = clone.check(POST, NEW_POST)
    assert done.returncode == 1
    assert "P_LETTER.weight: u32 -> u64" in done.stdout
    assert "gate: 3 wire-breaking changes reach API-breaking: failed" in done.stdout
    clone.git("reset", "--quiet", "--hard")
    clone.write(POST, NEW_POST)
    clone.write(DOOR, NEW_DOOR)
    clone.git("add", DOOR)
    assert clone.hooks("run").returncode == 0
    clone.git("reset", "--quiet", "--hard")


def test_stale_output_is_refused_by_name(clone: Hooked) -> None:
    """The command that mends it is named."""
    check = ["run", "dotgen-generate-check", "--all-files", "--hook-stage", "manual"]
    done = clone.hooks(*check)
    assert done.returncode == 1
    assert "missing: generated/states/door/states.py" in done.stdout
    assert "run `dotgen generate`" in done.stdout
    subprocess.run([PRE_COMMIT.with_name("dotgen"), "generate"], cwd=clone.root, check=True)
    assert clone.hooks(*check).returncode == 0
