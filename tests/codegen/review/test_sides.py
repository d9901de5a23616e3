"""What two sides the arguments of `dotgen diff` name: revisions, and what limits them."""

import os
from pathlib import Path

import pytest

from codegen.review.sides import read_sides
from tests.codegen.review.clones import Clone
from tests.codegen.review.side_cases import (
    NOW,
    A,
    L,
    fault,
    outside,
    read,
    specs,
    told,
    with_revisions,
)

NOTHING = "is no path here and no revision: a path that is gone goes behind --"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Return a repository with revisions, and go there."""
    made = with_revisions(tmp_path / "clone")
    monkeypatch.chdir(made.root)
    return made


@pytest.mark.parametrize(
    ("words", "old", "new"),
    [
        ([], ("HEAD", "two"), (NOW, "now")),
        (["first"], ("first", "one"), (NOW, "now")),
        (["HEAD~1"], ("HEAD~1", "one"), (NOW, "now")),
        (["main..side"], ("main", "two"), ("side", "side")),
        (["main...side"], ("the merge base of main and side", "one"), ("side", "side")),
        (["side.."], ("side", "side"), ("HEAD", "two")),
        (["..side"], ("HEAD", "two"), ("side", "side")),
        (["...side"], ("the merge base of HEAD and side", "one"), ("side", "side")),
        (["side", "main"], ("side", "side"), ("main", "two")),
        (["first:specs"], ("first", "one"), (NOW, "now")),
        (["first:", "."], ("first:", "one"), (".", "now")),
        (["first", "."], ("first", "one"), (NOW, "now")),
        (["."], ("HEAD", "two"), (NOW, "now")),
    ],
)
def test_revisions_are_all_of_the_specs(
    clone: Clone, words: list[str], old: tuple[str, str], new: tuple[str, str]
) -> None:
    """Each way to write revisions reads all drawings on both sides."""
    assert told(read(*words)) == [specs(*old), specs(*new)]


def test_another_revision_may_be_the_default(clone: Clone) -> None:
    """A project may compare with its main branch when nothing is said."""
    assert told(read_sides(Path(), [], default="side"))[0] == specs("side", "side")


@pytest.mark.parametrize(
    ("words", "old", "new"),
    [
        ([A], ("HEAD", "two"), (NOW, "now")),
        (["first", A], ("first", "one"), (NOW, "now")),
        ([A, "first"], (NOW, "now"), ("first", "one")),
        ([f"first:{A}"], ("first", "one"), (NOW, "now")),
        (["main", f"side:{A}"], ("main", "two"), ("side", "side")),
    ],
)
def test_a_drawing_of_the_specs_only_limits_what_is_told(
    clone: Clone, words: list[str], old: tuple[str, str], new: tuple[str, str]
) -> None:
    """Since drawings refer to each other, all are read, and one is told."""
    sides = read(*words)
    assert told(sides) == [specs(*old), specs(*new)]
    assert sides.paths == [A]


def test_a_folder_of_the_specs_only_limits_what_is_told(clone: Clone) -> None:
    """A folder stands for all drawings below it."""
    assert read("specs/layouts/").paths == ["specs/layouts"]
    assert read("specs").paths == ["specs"]


def test_new_and_ignored_drawings_are_read(clone: Clone) -> None:
    """Whether git knows a drawing of the working tree, or is told to ignore it, does not matter."""
    clone.write(".gitignore", "ignored.dot")
    clone.write("specs/states/ignored.dot", "ignored")
    assert "specs/states/ignored.dot" in read("specs/states/ignored.dot").new.files


def test_drawings_of_no_kind_are_left_out_on_both_sides(clone: Clone) -> None:
    """A drawing beside the folders of the kinds is none of the project's, as on the disk."""
    clone.save("specs/stray.dot", "stray")
    sides = read_sides(Path(), ["HEAD"])
    assert "specs/stray.dot" not in {**sides.old.files, **sides.new.files}
    assert [problem.rule for problem in sides.new.problems] == ["stray-drawing"]


def test_paths_are_checked_on_both_sides(clone: Clone) -> None:
    """A drawing that is gone, one that is new, and a folder can be told."""
    (clone.root / L).unlink()
    clone.write("specs/flows/f.dot", "new")
    assert read(paths=[L, "specs/flows/f.dot", "specs/states/"]).paths == [
        L,
        "specs/flows/f.dot",
        "specs/states",
    ]
    assert read(paths=[A, "."]).paths == []


def test_paths_count_from_where_one_is(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder below, a path is written from there, or whole."""
    monkeypatch.chdir(clone.root / "specs/states")
    found = read_sides(clone.root, [], ["a.dot", "../layouts", str(clone.root / A)])
    assert found.paths == [A, "specs/layouts", A]


def test_paths_are_found_through_a_link(clone: Clone, tmp_path: Path) -> None:
    """The project may be reached by another name than the path."""
    (tmp_path / "link").symlink_to(clone.root)
    assert read_sides(tmp_path / "link", [], [A]).paths == [A]
    assert read_sides(Path(), [], [str(tmp_path / "link" / A)]).paths == [A]
    assert read_sides(Path(), [str(tmp_path / "link" / A)]).paths == [A]


def test_an_unreadable_drawing_comes_as_a_problem(clone: Clone) -> None:
    """What cannot be read is told with its place, and can be named."""
    (clone.root / A).unlink()
    (clone.root / A).symlink_to("nothing")
    sides = read_sides(Path(), [], [A])
    assert [str(it) for it in sides.new.problems] == [
        f"{A}:1:1: unreadable-file: cannot be read: No such file or directory"
    ]


def test_a_name_that_cannot_be_printed_is_a_problem_in_a_revision(clone: Clone) -> None:
    """A line feed in a name forges no message, from git neither."""
    clone.save("specs/states/a\nb.dot", "x")
    sides = read_sides(Path(), [])
    shown = "specs/states/a\\nb.dot:1:1: unreadable-file: has a name that cannot be printed"
    assert [str(it) for it in sides.old.problems] == [shown]
    assert sides.old.problems[0].sentence == sides.new.problems[0].sentence
    assert list(sides.old.files) == [L, A]


def test_binary_garbage_is_read_as_it_is(clone: Clone) -> None:
    """That a drawing is no text is the parser's to tell."""
    clone.save(A, b"\x00\xff")
    assert read().old.files[A] == b"\x00\xff"


def test_a_bare_repository_has_revisions(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Revisions of a bare repository compare, and its working tree is missed by name."""
    clone.save("examples/e.dot", "e")
    bare = clone.clone(tmp_path / "bare.git", "--bare")
    monkeypatch.chdir(bare.root)
    assert told(read("first..side")) == [specs("first", "one"), specs("side", "side")]
    assert fault() == f"there is no folder specs in {bare.root}"
    missing = "a bare repository has no working tree: name two revisions"
    assert fault("HEAD:examples/e.dot") == missing


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["a", "b", "c"], "3 sides cannot be compared: write paths behind --"),
        (["-"], "standard input (-) is no side: write it to a file and name that"),
        (["mian"], 'unknown revision mian (did you mean "main"?)'),
        (["main..sid"], 'unknown revision sid (did you mean "side"?)'),
        (["--all"], "--all is no revision: none begins with a dash"),
        (["specs/states/b.dot"], f"specs/states/b.dot {NOTHING}"),
        (["../b.dot"], f"../b.dot {NOTHING}"),
        ([f"mian:{A}"], 'unknown revision mian (did you mean "main"?)'),
        (
            ["main:specs/states/b.dot"],
            f'specs/states/b.dot is not in main (did you mean "{A}"?)',
        ),
        ([A, "specs/states"], f"{A} and specs/states are not both files or both folders"),
        (["first", os.devnull], f"first and {os.devnull} are not both files or both folders"),
    ],
)
def test_arguments_that_name_no_sides_are_a_sentence(
    clone: Clone, words: list[str], sentence: str
) -> None:
    """What is wrong is said in one sentence that names it."""
    assert fault(*words) == sentence


def test_a_path_on_neither_side_is_named(clone: Clone) -> None:
    """A misspelt path does not pass for one without changes."""
    clone.save("examples/e.dot", "e")
    assert fault(paths=["specs/state"]) == (
        'specs/state is on neither side (did you mean "specs/states"?)'
    )
    assert fault(paths=["examples/e.dot"]) == "examples/e.dot is on neither side"
    clone.write("specs/README.md", "prose")
    assert fault("specs/README.md") == "specs/README.md is on neither side"


def test_a_project_without_specs_is_named(tmp_path: Path) -> None:
    """A wrong folder, or a revision before the specs, is not an empty project."""
    clone = Clone.new(tmp_path)
    clone.save("README.md", "first")
    assert fault(root=tmp_path) == "HEAD has no folder specs"
    clone.save(A, "a")
    (tmp_path / "sub").mkdir()
    assert fault(root=tmp_path / "sub") == "HEAD has no folder sub/specs"
    clone.git("rm", "-r", "--quiet", "specs")
    assert fault(root=tmp_path) == f"there is no folder specs in {tmp_path}"


def test_a_revision_before_the_first_drawing_is_empty(tmp_path: Path) -> None:
    """Who begins with drawings may review them; a folder that never had any is a mistake."""
    clone = Clone.new(tmp_path)
    clone.save("README.md", "first")
    clone.save(A, "a")
    clone.write(A, "b")
    old, new, _ = read_sides(tmp_path, ["HEAD~1"])
    assert (old.files, new.files) == ({}, {A: b"b"})
    assert old.note == "HEAD~1 has no folder specs: all drawings are new"
    assert read_sides(tmp_path, ["HEAD~1..HEAD"]).new.files == {A: b"a"}
    assert fault("HEAD..HEAD~1", root=tmp_path) == "HEAD~1 has no folder specs"


def test_a_repository_without_commits_is_a_sentence(tmp_path: Path) -> None:
    """Before the first commit there is nothing to compare with."""
    Clone.new(tmp_path).write(A, "a")
    assert fault(root=tmp_path) == "HEAD is no revision: nothing is committed here yet"


def test_a_shallow_clone_is_a_sentence(clone: Clone, tmp_path: Path) -> None:
    """What a shallow clone lacks is told with the way to get it."""
    shallow = clone.clone(tmp_path / "shallow", "--depth=1").root
    missing = "this clone is shallow and does not have HEAD~1: run `git fetch --unshallow`"
    assert fault("HEAD~1", root=shallow) == missing
    assert read_sides(shallow, ["HEAD"]).old.files[A] == b"two"


def test_without_a_repository_a_revision_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Revisions need git and a repository, and the sentence says which one is missing."""
    outside(tmp_path, A)
    assert fault(root=tmp_path) == f"{tmp_path} is in no git repository"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert fault(root=tmp_path) == "git is not installed: there is no git on the PATH"
