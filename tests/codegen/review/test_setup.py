"""Setting up a clone, and how a real git then calls the drivers."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from codegen.git import GitError
from codegen.review.setup import SetupError, install, running_program, uninstall
from tests.codegen.review.clones import Clone

A = "specs/states/a.dot"
PLAIN = "commit it: who has no dotgen sees plain diffs, others run this command"
DRIVERS = "diff and merge drivers dotgen-states, dotgen-layouts, dotgen-flows"
TELLS = """#!/bin/sh
for argument; do printf '[%s] ' "$argument"; done; echo
case "$1" in
merge) printf '%s ' "$1" "$2" "$3" > said; cat "$4" "$5" "$6" >> said; cp said "$5" ;;
esac
"""
"""A program that says how it was called; as a merge driver it writes that into the result."""


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """Return a repository with a drawing of each kind."""
    made = Clone.new(tmp_path / "clone")
    made.write("specs/layouts/sub/l.gv", "layout\n")
    made.write("specs/flows/f.dot", "flow\n")
    made.save(A, "one\n")
    return made


@pytest.fixture
def program(tmp_path: Path) -> str:
    """Return the program that tells, in a folder whose name sh and git would both read."""
    path = tmp_path / "100% $HOME %P" / "tells"
    path.parent.mkdir()
    path.write_text(TELLS)
    path.chmod(0o755)
    return shlex.quote(str(path))


def drivers(clone: Clone, *paths: str) -> list[str]:
    """Return what git holds to be the diff and merge drivers of some paths."""
    said = clone.git("check-attr", "diff", "merge", "--", *paths).splitlines()
    return [line.rpartition(": ")[2] for line in said]


def everything(clone: Clone) -> dict[str, bytes]:
    """Return the files that setting up may touch."""
    paths = [".git/config", ".git/info/attributes", ".gitattributes"]
    return {it: (clone.root / it).read_bytes() for it in paths if (clone.root / it).exists()}


@pytest.mark.parametrize("shared", [True, False])
def test_every_drawing_has_its_driver(clone: Clone, *, shared: bool) -> None:
    """Drawings at any depth have the driver of their kind, in every project of the repository."""
    install(clone.root, shared=shared)
    for kind in ("states", "layouts", "flows"):
        paths = [
            f"specs/{kind}/x.dot",
            f"specs/{kind}/a/b/x.gv",
            f"deep/project/specs/{kind}/x.dot",
        ]
        assert drivers(clone, *paths) == [f"dotgen-{kind}"] * 6
    others = ["states/x.dot", "specs/x.dot", "specs/states/x.txt", "myspecs/states/x.dot"]
    assert drivers(clone, *others) == ["unspecified"] * 8


def test_setting_up_says_what_it_does(clone: Clone) -> None:
    """The lines name the files, and say what other people see."""
    assert install(clone.root) == [
        f"set: {DRIVERS}",
        f"written: {clone.root}/.gitattributes",
        PLAIN,
    ]
    assert install(clone.root, shared=False) == [f"written: {clone.root}/.git/info/attributes"]


@pytest.mark.parametrize("shared", [True, False])
def test_setting_up_again_changes_nothing(clone: Clone, *, shared: bool) -> None:
    """The second time there is nothing to do."""
    install(clone.root, shared=shared)
    before = everything(clone)
    assert install(clone.root, shared=shared) == ["all is set up already"]
    assert everything(clone) == before


@pytest.mark.parametrize("text", [b"", b"*.png binary\n", b"*.png binary", b"\xff\r\n# no text\n"])
@pytest.mark.parametrize("shared", [True, False])
def test_removing_leaves_what_others_wrote(clone: Clone, text: bytes, *, shared: bool) -> None:
    """Attributes and settings of other people are as they were, up to the last line's end."""
    path = clone.root / (".gitattributes" if shared else ".git/info/attributes")
    if text:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text)
    clone.git("config", "diff.other.command", "true")
    before = everything(clone)
    install(clone.root, shared=shared)
    assert uninstall(clone.root) == [
        f"removed: {DRIVERS}",
        f"removed: the lines of dotgen in {path}",
    ]
    if text:
        before[str(path.relative_to(clone.root))] = text.removesuffix(b"\n") + b"\n"
    assert everything(clone) == before
    assert uninstall(clone.root) == ["nothing is set up here"]


def test_lines_behind_ours_stay_and_old_lines_of_ours_go(clone: Clone) -> None:
    """What an earlier version wrote is replaced, between its marks only."""
    install(clone.root)
    path = clone.root / ".gitattributes"
    ours = path.read_text()
    first, *_, last = ours.splitlines(keepends=True)
    path.write_text(f"{first}*.a -diff\n{first}*.dot diff=old\n{last}*.b -diff\n{last}")
    assert install(clone.root) == [f"written: {path}", PLAIN]
    assert path.read_text() == f"{first}*.a -diff\n*.b -diff\n{last}{ours}"


def test_other_settings_of_ours_are_told_and_replaced(clone: Clone) -> None:
    """What somebody wrote in our place is not lost without a word."""
    clone.git("config", "diff.dotgen-states.command", "mine")
    clone.git("config", "diff.dotgen-states.xfuncname", "kept")
    lines = install(clone.root, program="dotgen")
    assert lines[:2] == ["replaced: diff.dotgen-states.command was mine", f"set: {DRIVERS}"]
    assert clone.git("config", "diff.dotgen-states.command") == "dotgen git-diff"
    uninstall(clone.root)
    left = clone.git("config", "--local", "--get-regexp", "dotgen")
    assert left == "diff.dotgen-states.xfuncname kept"


def test_attributes_that_win_over_ours_are_told(clone: Clone) -> None:
    """Whoever says otherwise nearer to the drawings is named."""
    clone.write("specs/states/.gitattributes", "*.dot -diff merge=union")
    assert install(clone.root)[-2:] == [
        "but other attributes win: diff of specs/states/x.dot is unset",
        "but other attributes win: merge of specs/states/x.dot is union",
    ]
    lines = install(clone.root, shared=False)
    assert lines == [f"written: {clone.root}/.git/info/attributes"]


def test_git_diff_calls_the_driver_with_seven_arguments(clone: Clone, program: str) -> None:
    """Path, then file, hash and mode of both sides; a file of the working tree is named itself."""
    install(clone.root, shared=False, program=program)
    blob = clone.git("rev-parse", f"HEAD:{A}")
    clone.write(A, "two\n")
    said = clone.git("diff").split()
    assert said[:2] == ["[git-diff]", f"[{A}]"]
    assert Path(said[2].strip("[]")).name == "a.dot"
    assert said[3:] == [f"[{blob}]", "[100644]", f"[{A}]", f"[{'0' * 40}]", "[100644]"]


def test_git_diff_names_missing_sides(clone: Clone, program: str) -> None:
    """Of an added or removed file one side is `/dev/null . .`."""
    install(clone.root, shared=False, program=program)
    clone.git("rm", "--quiet", A)
    clone.write("specs/flows/new.dot", "another\n")
    clone.git("add", "--all")
    new, old = clone.git("diff", "--cached", "--no-renames").splitlines()
    nothing = f"[{os.devnull}] [.] [.]"
    assert new.startswith(f"[git-diff] [specs/flows/new.dot] {nothing} ")
    assert old.startswith(f"[git-diff] [{A}] ")
    assert old.rstrip().endswith(f" {nothing}")


def test_git_diff_tells_a_renaming(clone: Clone, program: str) -> None:
    """A renamed file comes with nine arguments, its new path and git's lines on it."""
    install(clone.root, shared=False, program=program)
    clone.git("mv", A, "specs/states/b c.dot")
    clone.write("specs/states/b c.dot", "one\n" * 2)
    clone.git("add", "--all")
    said = clone.git("diff", "--cached", "--find-renames=40%")
    assert said.startswith(f"[git-diff] [{A}] [")
    assert "[100644] [specs/states/b c.dot] [similarity index " in said
    assert f"\nrename from {A}\nrename to specs/states/b c.dot\n" in said


def test_git_diff_of_a_conflict_has_the_path_alone(clone: Clone, program: str) -> None:
    """Compared with one side of a conflict, the driver first gets nothing but the path."""
    conflict(clone)
    clone.git("merge", "theirs", fails=True)
    install(clone.root, shared=False, program=program)
    assert clone.git("diff", "--ours").splitlines()[0] == f"[git-diff] [{A}] "


def test_git_log_runs_textconv(clone: Clone, program: str) -> None:
    """`git log -p` and `git show` call for the facts of one file at a time, with its kind."""
    clone.save("specs/layouts/sub/l.gv", "changed\n")
    install(clone.root, shared=False, program=program)
    for command in (["log", "-p", "-1"], ["show"]):
        added = [line for line in clone.git(*command).splitlines() if line.startswith("+[")]
        assert len(added) == 1
        assert added[0].startswith("+[facts] [--kind] [layouts] [")
        assert added[0].rstrip().endswith("/l.gv]")


def conflict(clone: Clone) -> None:
    """Let two branches change one drawing."""
    clone.git("checkout", "--quiet", "-b", "theirs")
    clone.save(A, "theirs\n")
    clone.git("checkout", "--quiet", "main")
    clone.save(A, "ours\n")


def test_git_merge_calls_the_driver(clone: Clone, program: str) -> None:
    """The driver gets the path, base, ours and theirs, and what it leaves in ours is the result."""
    install(clone.root, shared=False, program=program)
    conflict(clone)
    clone.git("merge", "--message=merged", "theirs")
    assert (clone.root / A).read_text() == f"merge --path {A} one\nours\ntheirs\n"


def test_a_driver_that_leaves_conflicts_stops_the_merge(clone: Clone) -> None:
    """Exit code 1 is a conflict, as with git's own merge."""
    install(clone.root, shared=False, program="false")
    conflict(clone)
    assert f"Merge conflict in {A}" in clone.git("merge", "theirs", fails=True)
    assert clone.git("status", "--short", "--", A) == f"UU {A}"


def test_git_knows_no_driver_without_setting_up(clone: Clone) -> None:
    """Who has only the shared attributes sees plain diffs and merges."""
    install(clone.root, program="false")
    for driver in ("diff.dotgen-states", "merge.dotgen-states"):
        clone.git("config", "--remove-section", driver)
    clone.write(A, "two\n")
    assert "-one\n+two" in clone.git("diff", "--", A)


def test_a_linked_worktree_shares_the_drivers(clone: Clone, tmp_path: Path, program: str) -> None:
    """What is set up in one working tree holds in all of the clone."""
    clone.git("worktree", "add", "--quiet", str(tmp_path / "side"))
    side = Clone(tmp_path / "side")
    install(side.root / "specs", shared=False, program=program)
    for tree in (clone, side):
        tree.write(A, "two\n")
        assert tree.git("diff").startswith(f"[git-diff] [{A}]")
    assert uninstall(clone.root)[0] == f"removed: {DRIVERS}"


def test_a_bare_repository_has_local_attributes_only(clone: Clone, tmp_path: Path) -> None:
    """Without a working tree there is no file to share."""
    bare = clone.clone(tmp_path / "bare.git", "--bare").root
    with pytest.raises(SetupError, match=r"^a bare repository has no .gitattributes of its own: "):
        install(bare)
    assert install(bare, shared=False) == [
        f"set: {DRIVERS}",
        f"written: {bare}/info/attributes",
    ]
    assert len(uninstall(bare)) == 2


def test_a_file_that_cannot_be_written_is_a_sentence(clone: Clone) -> None:
    """A folder where the attributes belong is named."""
    (clone.root / ".gitattributes").mkdir()
    with pytest.raises(SetupError, match=r"/\.gitattributes cannot be written: Is a directory$"):
        install(clone.root)


def test_a_locked_configuration_is_a_sentence(clone: Clone) -> None:
    """Where another git is writing, git's own line says so."""
    clone.write(".git/config.lock", "")
    with pytest.raises(
        GitError, match=r"^git: could not lock config file \.git/config: File exists$"
    ):
        install(clone.root)


def test_a_folder_without_git_is_a_sentence(tmp_path: Path) -> None:
    """There is nothing to set up outside of a repository."""
    with pytest.raises(GitError, match=f"^{tmp_path} is in no git repository$"):
        install(tmp_path)


@pytest.mark.parametrize("has_script", [True, False])
def test_the_program_runs_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_script: bool
) -> None:
    """What git is told to call is this program, whatever the PATH and the folder."""
    (tmp_path / "codegen").mkdir()
    (tmp_path / "codegen/__init__.py").write_text("raise SystemExit('not this one')")
    if not has_script:
        python = tmp_path / "python"
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setenv("PATH", str(tmp_path))
    command = ["/bin/sh", "-c", f"{running_program()} --version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout.startswith(b"dotgen, version ")


def test_the_name_alone_will_do_where_it_is_always_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole path is written in a virtual environment, or where PATH has another dotgen."""
    script = tmp_path / "with blank" / "dotgen"
    other = tmp_path / "other" / "dotgen"
    for path in (script, other):
        path.parent.mkdir()
        path.write_text("")
        path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script.with_name("python")))
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    monkeypatch.setenv("PATH", str(script.parent))
    assert running_program() == "dotgen"
    monkeypatch.setenv("PATH", str(other.parent))
    assert running_program() == f"'{script}'"
    monkeypatch.setenv("PATH", str(script.parent))
    monkeypatch.setattr(sys, "base_prefix", "elsewhere")
    assert running_program() == f"'{script}'"
