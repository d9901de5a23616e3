"""Files and folders as sides of `dotgen diff`, in a repository and without one."""

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


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Return a repository with revisions, and go there."""
    made = with_revisions(tmp_path / "clone")
    monkeypatch.chdir(made.root)
    return made


def test_a_project_may_lie_in_a_folder_of_the_repository(tmp_path: Path) -> None:
    """Names count from the project, on both sides."""
    clone = Clone.new(tmp_path / "clone")
    clone.write(A, "another project")
    clone.save(f"deep/project/{A}", "old")
    clone.write(f"deep/project/{A}", "new")
    sides = read_sides(clone.root / "deep/project", [])
    assert told(sides) == [("HEAD", {A: "old"}), (NOW, {A: "new"})]
    named = read_sides(clone.root / "deep/project", [str(clone.root / "deep/project" / A)])
    assert named.paths == [A]
    whole = read_sides(clone.root / "deep/project", ["HEAD:deep/project", "HEAD:"])
    assert told(whole) == [("HEAD:deep/project", {A: "old"}), ("HEAD:", {A: "another project"})]


def test_a_linked_worktree_is_a_side_of_its_own(clone: Clone, tmp_path: Path) -> None:
    """Two working trees of one repository can be compared as folders."""
    clone.git("worktree", "add", "--quiet", str(tmp_path / "tree"), "side")
    assert told(read(str(tmp_path / "tree"), "."))[0] == specs(str(tmp_path / "tree"), "side")
    assert told(read_sides(tmp_path / "tree", []))[0] == specs("HEAD", "side")


def test_two_files_have_one_name(clone: Clone) -> None:
    """Whatever they are called, they are two versions of one drawing."""
    clone.write("before.dot", "old")
    assert told(read("before.dot", A)) == [
        ("before.dot", {"before.dot": "old"}),
        (A, {A: "now"}),
    ]
    assert told(read(f"first:{A}", "before.dot")) == [
        (f"first:{A}", {A: "one"}),
        ("before.dot", {"before.dot": "old"}),
    ]
    assert told(read(f"first:{A}", f"side:{L}"))[0] == (f"first:{A}", {A: "one"})


def test_the_kind_is_told_by_the_path_of_the_new_file_first(clone: Clone) -> None:
    """A file in no folder of a kind is of the other file's kind."""
    clone.write("before.dot", "old")
    clone.write("after.dot", "new")
    kinds = [
        {side.kind for side in read(old, new)[:2]}
        for old, new in [(L, "after.dot"), ("before.dot", L), (A, L), ("before.dot", "after.dot")]
    ]
    assert kinds == [{"layouts"}, {"layouts"}, {"layouts"}, {""}]


def test_a_file_that_cannot_be_read_is_an_empty_side(clone: Clone) -> None:
    """Two files of which neither can be read are two problems."""
    for name in ("old.dot", "new.dot"):
        (clone.root / name).symlink_to("nothing")
    sides = read_sides(Path(), ["old.dot", "new.dot"])
    assert (sides.old.files, sides.new.files) == ({}, {})
    assert [len(side.problems) for side in sides[:2]] == [1, 1]


def test_a_file_outside_the_specs_compares_with_its_revision(clone: Clone) -> None:
    """An example's drawing is not in the specs, and has revisions as well."""
    clone.save("examples/layouts/e.dot", "old")
    clone.write("examples/layouts/e.dot", "new")
    name = "examples/layouts/e.dot"
    assert told(read(name)) == [(f"HEAD:{name}", {name: "old"}), (name, {name: "new"})]
    assert told(read(f"HEAD:{name}")) == [(f"HEAD:{name}", {name: "old"}), (name, {name: "new"})]
    folder = "examples/layouts"
    assert told(read(f"{folder}/")) == [
        (f"HEAD:{folder}", {"layouts/e.dot": "old"}),
        (f"{folder}/", {"layouts/e.dot": "new"}),
    ]


def test_a_file_may_be_on_one_side_only(clone: Clone) -> None:
    """A new example has no revision, and a removed one is not on the disk."""
    clone.write("examples/new.dot", "new")
    old, new, _ = read("examples/new.dot")
    assert (old.files, new.files) == ({}, {"examples/new.dot": b"new"})
    clone.save("examples/gone.dot", "gone")
    (clone.root / "examples/gone.dot").unlink()
    old, new, _ = read("HEAD:examples/gone.dot")
    assert (old.files, new.files) == ({"examples/gone.dot": b"gone"}, {})


def test_a_path_in_a_revision_may_count_from_here(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`REV:./path` is what git makes of it."""
    monkeypatch.chdir(clone.root / "specs/states")
    sides = read_sides(clone.root, ["first:./a.dot", "side:../states/a.dot"])
    assert told(sides) == [("first:./a.dot", {A: "one"}), ("side:../states/a.dot", {A: "side"})]
    assert fault("first:../../../x", root=clone.root) == "../../../x is not in the repository"


def test_two_folders_need_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders and files compare where there is neither a repository nor git."""
    outside(tmp_path, "old/states/a.dot", "new/states/a.dot", "new/layouts/b.gv", "new/README.md")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert told(read("old", "new")) == [
        ("old", {"states/a.dot": "old/states/a.dot"}),
        ("new", {"states/a.dot": "new/states/a.dot", "layouts/b.gv": "new/layouts/b.gv"}),
    ]
    assert read("old", "new", paths=["layouts", "states/a.dot"]).paths == [
        "layouts",
        "states/a.dot",
    ]
    assert told(read("old/states/a.dot", "new/layouts/b.gv"))[1][0] == "new/layouts/b.gv"


def test_folders_keep_the_kind_of_their_drawings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of a kind, and one below it, still tells what kind its drawings are."""
    outside(tmp_path, "old/layouts/a.dot", "old/layouts/sub/b.dot", "new/layouts/a.dot")
    monkeypatch.chdir(tmp_path)
    sides = read("old/layouts", "new/layouts/")
    assert [list(side.files) for side in sides[:2]] == [
        ["layouts/a.dot", "layouts/sub/b.dot"],
        ["layouts/a.dot"],
    ]
    assert list(read("old/layouts/sub", "new").old.files) == ["layouts/b.dot"]


def test_a_folder_with_specs_means_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two checkouts compare by their specs, whatever else lies in them."""
    outside(tmp_path, f"old/{A}", "old/other.dot", f"new/{A}")
    monkeypatch.chdir(tmp_path)
    assert told(read("old", "new")) == [("old", {A: f"old/{A}"}), ("new", {A: f"new/{A}"})]


def test_a_revision_compares_with_another_checkout(clone: Clone, tmp_path: Path) -> None:
    """A folder outside of the repository is a side against all of the specs."""
    outside(tmp_path / "other", A)
    assert told(read("first", str(tmp_path / "other"))) == [
        specs("first", "one"),
        (str(tmp_path / "other"), {A: A}),
    ]


def test_what_is_a_revision_and_a_path_must_be_told(clone: Clone) -> None:
    """As git does, so ask which one is meant, unless it looks like a path."""
    clone.write("side", "file")
    clone.git("branch", "a.dot")
    clone.write("a.dot", "file")
    clone.git("branch", "specs")
    for word in ("side", "specs"):
        choice = f"write ./{word} for the path or refs/heads/{word} for the revision"
        assert fault(word) == f"{word} is a path and a revision: {choice}"
    assert told(read("refs/heads/side"))[0] == specs("refs/heads/side", "side")
    assert told(read("./side", "a.dot")) == [
        ("./side", {"side": "file"}),
        ("a.dot", {"a.dot": "file"}),
    ]
    assert read("specs/").paths == ["specs"]
