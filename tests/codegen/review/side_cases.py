"""Two sides to read: a repository with some revisions, and what was read from it as texts."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from codegen.git import GitError
from codegen.review.sides import Sides, SidesError, read_sides
from tests.codegen.review.clones import Clone

A = "specs/states/a.dot"
L = "specs/layouts/sub/l.gv"
NOW = "the working tree"


def with_revisions(root: Path) -> Clone:
    """Make a repository whose a.dot differs in each revision; l.gv is the same everywhere.

    The tag first: `one`; the branch side, after it: `side`; main, after the tag: `two`; the working
    tree, on main: `now`.
    """
    made = Clone.new(root)
    made.write(L, "layout")
    made.save(A, "one")
    made.git("tag", "first")
    made.git("checkout", "--quiet", "-b", "side")
    made.save(A, "side")
    made.git("checkout", "--quiet", "main")
    made.save(A, "two")
    made.write(A, "now")
    return made


def told(sides: Sides) -> list[tuple[str, dict[str, str]]]:
    """Return the label and the files of each side."""
    return [
        (it.label, {name: data.decode() for name, data in it.files.items()}) for it in sides[:2]
    ]


def read(*words: str, paths: Sequence[str] = ()) -> Sides:
    """Return the two sides, without a problem."""
    sides = read_sides(Path(), words, paths)
    assert sides.old.problems == sides.new.problems == []
    return sides


def fault(*words: str, paths: Sequence[str] = (), root: Path = Path()) -> str:
    """Return the sentence with which arguments are refused."""
    with pytest.raises((SidesError, GitError)) as raised:
        read_sides(root, words, paths)
    return str(raised.value)


def specs(label: str, content: str) -> tuple[str, dict[str, str]]:
    """Return a side with all of the specs."""
    return label, {L: "layout", A: content}


def outside(folder: Path, *files: str) -> None:
    """Write files outside of all repositories, each with its own path as its content."""
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(file)
