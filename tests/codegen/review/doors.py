"""A small project under git whose drawings change, and the command line called in it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from click.testing import CliRunner, Result

from codegen.cli import main
from tests.codegen.review.clones import Clone

DOOR: Final = "specs/states/door.dot"
POST: Final = "specs/layouts/post.dot"
SETTINGS: Final = "pyproject.toml"
PROGRAM: Final = Path(sys.executable).with_name("dotgen")

OLD_DOOR: Final = """digraph door {
    Open [comment="Anybody may pass."]
    Open -> Closed [label="push"]
    Closed -> Open [label="pull"]
    Closed -> Locked [label="lock"]
    Locked -> Closed [label="unlock"]
}
"""
NEW_DOOR: Final = OLD_DOOR.replace("Open -> Closed", "Open -> Locked")
OTHER_LINES: Final = OLD_DOOR.replace("    Open [", "\n    // The same.\n    Open [color=red, ")
OLD_POST: Final = """digraph post {
    node [shape=record]
    P_LETTER [number="0x01", since=86, socket=data, comment="Read this.", section="1",
        label="{ \\N 0x01 | weight\\nu32 | pages\\nu16 }", meaning="weight: in grams; pages: all"]
}
"""
NEW_POST: Final = OLD_POST.replace("u32", "u64")
BROKEN: Final = "digraph door { Open -> "

Dotgen = Callable[..., Result]


def project(root: Path) -> Clone:
    """Make a project of two drawings: as tagged `v1`, with another letter on the branch `post`.

    On main, the door was changed after the tag; a gate was added to the working tree.
    """
    clone = Clone.new(root)
    clone.write(POST, OLD_POST)
    clone.save(DOOR, OLD_DOOR, "the first door")
    clone.git("tag", "v1")
    clone.git("checkout", "--quiet", "-b", "post")
    clone.save(POST, NEW_POST, "heavier letters")
    clone.git("checkout", "--quiet", "main")
    clone.save(DOOR, NEW_DOOR, "a pushed door is locked")
    clone.write("specs/states/gate.dot", OLD_DOOR.replace("door", "gate"))
    return clone


def dotgen(*arguments: str) -> Result:
    """Call the command line here, as no terminal; a traceback fails the test."""
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert "Traceback" not in result.output
    return result


def run(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the installed program in a folder."""
    return subprocess.run(
        [str(PROGRAM), *arguments],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def headlines(result: Result) -> list[str]:
    """What is told of each drawing in one line."""
    return [line for line in result.stdout.splitlines() if line.startswith("specs/")]


def refusal(result: Result, code: int) -> str:
    """The one sentence of a command that does nothing else."""
    assert (result.exit_code, result.stdout) == (code, "")
    (sentence,) = result.stderr.splitlines()
    return sentence
