"""Asking git: real repositories of all sorts, and sentences where there is no answer."""

import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codegen.git import GitError, NotInRevisionError, Repository
from tests.codegen.review.clones import Clone

PROJECT = Path(__file__).parents[3]
STATES = "specs/states"


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """Return a repository with one drawing in its only commit."""
    made = Clone.new(tmp_path / "clone")
    made.save(f"{STATES}/a.dot", "digraph a {}", "first")
    return made


def at(clone: Clone) -> Repository:
    """Return what is tested."""
    return Repository.at(clone.root)


def fault(folder: Path, revision: str) -> str:
    """Return the sentence with which a revision is refused."""
    with pytest.raises(GitError) as raised:
        Repository.at(folder).resolve(revision)
    return str(raised.value)


def test_a_repository_is_found_from_below(clone: Clone) -> None:
    """A folder deep in the working tree is in the repository."""
    assert Repository.at(clone.root / STATES).root == clone.root


def test_a_linked_worktree_has_its_own_root_and_head(clone: Clone, tmp_path: Path) -> None:
    """Another working tree of the same repository answers for its own branch."""
    clone.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = Clone(tmp_path / "side")
    commit = side.save(f"{STATES}/a.dot", "digraph side {}")
    repository = Repository.at(side.root / STATES)
    assert (repository.root, repository.resolve("HEAD")) == (side.root, commit)
    assert repository.files("HEAD", ["specs"]) == {f"{STATES}/a.dot": b"digraph side {}"}


def test_a_bare_repository_is_read(clone: Clone, tmp_path: Path) -> None:
    """Revisions, files and histories need no working tree."""
    bare = clone.clone(tmp_path / "bare.git", "--bare")
    repository = Repository.at(bare.root)
    assert repository.is_bare
    assert repository.files("main", ["specs"]) == {f"{STATES}/a.dot": b"digraph a {}"}
    assert [it.subject for it in repository.history(f"{STATES}/a.dot")] == ["first"]


def test_a_folder_without_git_is_named(tmp_path: Path) -> None:
    """Outside of all repositories the folder is what the sentence is about."""
    with pytest.raises(GitError, match=f"^{tmp_path} is in no git repository$"):
        Repository.at(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """A folder that is not there is git's own first line."""
    with pytest.raises(GitError, match=r"^git: cannot change to '.*gone': No such file or dir"):
        Repository.at(tmp_path / "gone")


def test_without_git_a_sentence_says_so(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    """No git on the PATH, as it is now, is no traceback."""
    repository = at(clone)
    monkeypatch.setenv("PATH", str(clone.root))
    with pytest.raises(GitError, match=r"^git is not installed: there is no git on the PATH$"):
        repository.resolve("HEAD")


def test_a_git_that_may_not_be_run_is_a_sentence(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file named git that nobody may run is no traceback."""
    clone.write("bin/git", "")
    monkeypatch.setenv("PATH", str(clone.root / "bin"))
    with pytest.raises(GitError, match=r"^git cannot be run: Permission denied$"):
        Repository.at(clone.root)


def test_whatever_else_is_wrong_git_says_in_one_line(clone: Clone) -> None:
    """Of git's complaint the first line is told, without what it begins with."""
    clone.write(".git/config", "[core")
    with pytest.raises(GitError, match=r"^git: bad config line \d in file \.git/config$"):
        Repository.at(clone.root)


@pytest.mark.parametrize("revision", ["HEAD", "main", "v1", "HEAD^{}", "main@{0}", "@"])
def test_a_revision_may_be_written_as_git_has_it(clone: Clone, revision: str) -> None:
    """Branches, tags and all that git can resolve give the full hash of a commit."""
    clone.git("tag", "--annotate", "--message=one", "v1")
    commit = clone.git("rev-parse", "HEAD")
    assert at(clone).resolve(revision) == commit
    assert at(clone).resolve(commit[:8]) == commit


@pytest.mark.parametrize(
    ("revision", "sentence"),
    [
        ("mian", 'unknown revision mian (did you mean "main"?)'),
        ("mian~2", 'unknown revision mian~2 (did you mean "main"?)'),
        ("HEAD~9", "unknown revision HEAD~9"),
        ("^HEAD", "unknown revision ^HEAD"),
        ("main..main", "unknown revision main..main"),
        (f"HEAD:{STATES}/a.dot", f"unknown revision HEAD:{STATES}/a.dot"),
        ("0" * 40, f"unknown revision {'0' * 40}"),
        ("--all", "--all is no revision: none begins with a dash"),
        ("", "unknown revision "),
    ],
)
def test_an_unknown_revision_is_a_sentence(clone: Clone, revision: str, sentence: str) -> None:
    """What is no commit is named, and a near one proposed."""
    assert fault(clone.root, revision) == sentence


def test_a_hash_cut_too_short_is_a_sentence(clone: Clone) -> None:
    """Where several commits begin alike, more of the hash is asked for."""
    person = "committer Ann <ann@example.org> 1000000000 +0000"
    commits = [f"commit refs/heads/many\n{person}\ndata 4\n{it}\n" for it in range(1000, 2000)]
    clone.git("fast-import", "--quiet", given="".join(commits))
    starts = Counter(line[:4] for line in clone.git("log", "--format=%H", "many").splitlines())
    [(shared, count)] = starts.most_common(1)
    assert count > 1
    expected = f"{shared} is the beginning of several hashes: write more of it"
    assert fault(clone.root, shared) == expected


def test_before_the_first_commit_a_sentence_says_so(tmp_path: Path) -> None:
    """A repository without commits has no HEAD."""
    Clone.new(tmp_path)
    assert fault(tmp_path, "HEAD") == "HEAD is no revision: nothing is committed here yet"


def test_a_shallow_clone_says_what_to_do(clone: Clone, tmp_path: Path) -> None:
    """What `git clone --depth` has cut off is told from what never was."""
    clone.save(f"{STATES}/a.dot", "digraph b {}")
    shallow = clone.clone(tmp_path / "shallow", "--depth=1").root
    assert Repository.at(shallow).is_shallow
    assert not at(clone).is_shallow
    missing = "this clone is shallow and does not have HEAD~1: run `git fetch --unshallow`"
    assert fault(shallow, "HEAD~1") == missing
    assert fault(shallow, "mian") == 'unknown revision mian (did you mean "main"?)'


def test_the_merge_base_is_where_two_branches_part(clone: Clone) -> None:
    """Both branches went on, and the base is the commit before."""
    base = clone.git("rev-parse", "HEAD")
    clone.git("checkout", "--quiet", "-b", "side")
    clone.commit("side")
    clone.git("checkout", "--quiet", "main")
    clone.commit("main")
    assert at(clone).merge_base("main", "side") == base


def test_histories_without_a_common_commit_are_named(clone: Clone) -> None:
    """Two roots have no merge base."""
    clone.git("checkout", "--quiet", "--orphan", "other")
    clone.commit("other")
    with pytest.raises(GitError, match=r"^main and other have no commit in common$"):
        at(clone).merge_base("main", "other")


def test_a_merge_base_that_is_cut_off_is_named(clone: Clone, tmp_path: Path) -> None:
    """In a shallow clone of two branches the commit where they part is missing."""
    clone.git("checkout", "--quiet", "-b", "side")
    clone.commit("side")
    clone.git("checkout", "--quiet", "main")
    clone.commit("main")
    shallow = clone.clone(tmp_path / "shallow", "--depth=1", "--no-single-branch").root
    what = "the commit where main and origin/side part"
    with pytest.raises(GitError, match=f"^this clone is shallow and does not have {what}: run "):
        Repository.at(shallow).merge_base("main", "origin/side")


def test_drawings_are_read_and_nothing_else(clone: Clone) -> None:
    """Below a folder only drawings are read, and none that is hidden or an editor's."""
    for path in ("specs/README.md", f"{STATES}/a.dot~", f"{STATES}/.a.dot", "specs/.old/a.dot"):
        clone.write(path, "no")
    clone.write(f"{STATES}/sub/b.gv", "digraph b {}")
    clone.write("other.dot", "digraph other {}")
    clone.commit()
    assert at(clone).files("HEAD", ["specs"]) == {
        f"{STATES}/a.dot": b"digraph a {}",
        f"{STATES}/sub/b.gv": b"digraph b {}",
    }
    assert list(at(clone).files("HEAD", ["."])) == [
        "other.dot",
        f"{STATES}/a.dot",
        f"{STATES}/sub/b.gv",
    ]


def test_a_file_that_is_named_may_have_any_name(clone: Clone) -> None:
    """Whoever names a file means it."""
    clone.save("notes/drawn.txt", "digraph a {}")
    found = at(clone).files("HEAD", ["notes/drawn.txt", "specs/"])
    assert list(found) == ["notes/drawn.txt", f"{STATES}/a.dot"]


def test_files_of_an_earlier_revision_are_read(clone: Clone) -> None:
    """What was changed and removed since is still there."""
    clone.git("rm", "--quiet", f"{STATES}/a.dot")
    clone.save(f"{STATES}/b.dot", "digraph b {}")
    assert at(clone).files("HEAD~1", ["specs"]) == {f"{STATES}/a.dot": b"digraph a {}"}


def test_a_path_that_a_revision_does_not_have_is_named(clone: Clone) -> None:
    """A misspelt folder does not pass for an empty one."""
    with pytest.raises(NotInRevisionError, match=r'^spec is not in main \(did you mean "specs"\?'):
        at(clone).files("main", ["spec"])


def test_a_name_is_taken_as_it_is(clone: Clone) -> None:
    """A star in a file's name is no pattern, and a colon no magic."""
    clone.write(f"{STATES}/*.dot", "star")
    clone.save(":(top)x.dot", "colon")
    assert at(clone).files("HEAD", [f"{STATES}/*.dot"]) == {f"{STATES}/*.dot": b"star"}
    assert at(clone).files("HEAD", [":(top)x.dot"]) == {":(top)x.dot": b"colon"}
    assert len(at(clone).history(f"{STATES}/*.dot")) == 1


def test_a_link_inside_the_repository_is_followed(clone: Clone) -> None:
    """A drawing may be a link, as on the disk; one that leads nowhere is left out."""
    clone.write("common/c.dot", "digraph c {}")
    (clone.root / STATES / "link.dot").symlink_to("../../common/c.dot")
    (clone.root / STATES / "gone.dot").symlink_to("nothing")
    (clone.root / STATES / "outside.dot").symlink_to("/etc/hosts")
    (clone.root / STATES / "circle.dot").symlink_to("circle.dot")
    (clone.root / STATES / "folder.dot").symlink_to("../states")
    (clone.root / STATES / "line\nfeed.dot").symlink_to("../../common/c.dot")
    clone.commit()
    assert at(clone).files("HEAD", ["specs"]) == {
        f"{STATES}/a.dot": b"digraph a {}",
        f"{STATES}/link.dot": b"digraph c {}",
    }


def test_a_submodule_is_left_out(clone: Clone, tmp_path: Path) -> None:
    """Another repository in a folder named like a drawing is no file of this one."""
    other = Clone.new(tmp_path / "other")
    other.save("specs/states/b.dot", "digraph b {}")
    clone.git("submodule", "--quiet", "add", f"file://{other.root}", f"{STATES}/sub.dot")
    clone.commit()
    assert list(at(clone).files("HEAD", ["specs"])) == [f"{STATES}/a.dot"]


def test_lost_content_is_a_sentence(clone: Clone) -> None:
    """A damaged repository is not taken for one without the drawing."""
    blob = clone.git("rev-parse", f"HEAD:{STATES}/a.dot")
    (clone.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(GitError, match=f"^{STATES}/a.dot in HEAD: git has lost its content$"):
        at(clone).files("HEAD", ["specs"])


NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=20)
@given(st.dictionaries(NAMES.map("x{}.dot".format), st.binary(max_size=200), min_size=1))
def test_what_was_committed_is_read_byte_for_byte(files: dict[str, bytes]) -> None:
    """Neither a name nor a content is too strange."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Clone.new(Path(folder).resolve())
        clone.git("config", "core.autocrlf", "false")
        for name, content in files.items():
            clone.write(name, content)
        clone.commit()
        assert at(clone).files("HEAD", ["."]) == files
        commit = at(clone).resolve("HEAD")
        askable = {name: content for name, content in files.items() if "\n" not in name}
        assert at(clone).blobs((commit, name) for name in askable) == {
            (commit, name): content for name, content in askable.items()
        }


def test_no_filter_and_no_conversion_runs(clone: Clone) -> None:
    """What is in the repository is compared, not what a filter makes of it."""
    clone.git("config", "filter.loud.clean", "cat")
    clone.git("config", "filter.loud.smudge", "touch ran; cat")
    clone.git("config", "diff.loud.textconv", "touch ran; cat")
    clone.git("config", "diff.loud.command", "touch ran; true")
    clone.write(".gitattributes", "*.dot filter=loud diff=loud text eol=crlf")
    clone.save(f"{STATES}/b.dot", "digraph {\n}\n")
    assert at(clone).files("HEAD", [f"{STATES}/b.dot"])[f"{STATES}/b.dot"] == b"digraph {\n}\n"
    assert at(clone).history(f"{STATES}/b.dot")
    assert not (clone.root / "ran").exists()


def test_blobs_tells_what_is_missing(clone: Clone) -> None:
    """Content comes by commit and path, and None where there is no file."""
    first = clone.git("rev-parse", "HEAD")
    second = clone.save(f"{STATES}/b c.dot", "digraph b {}")
    pairs = [
        (second, f"{STATES}/b c.dot"),
        (first, f"{STATES}/b c.dot"),
        (first, f"{STATES}/a.dot"),
    ]
    pairs += [(first, STATES), ("0" * 40, "x"), (first, "a\nb"), (first, "a blob 12 missing")]
    contents = [b"digraph b {}", None, b"digraph a {}", None, None, None, None]
    assert at(clone).blobs(iter(pairs)) == dict(zip(pairs, contents, strict=True))
    assert at(clone).blobs([]) == {}


def test_the_environment_of_a_hook_does_not_mislead(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What git tells a hook of one repository is not held to be about another."""
    other = Clone.new(tmp_path / "other")
    for name, text in {
        "GIT_DIR": str(other.root / ".git"),
        "GIT_WORK_TREE": str(other.root),
        "GIT_INDEX_FILE": ".git/index",
        "GIT_PREFIX": "specs/",
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_GLOB_PATHSPECS": "1",
    }.items():
        monkeypatch.setenv(name, text)
    assert Repository.at(clone.root).root == clone.root
    assert len(at(clone).history(f"{STATES}/a.dot")) == 1


def test_a_hook_can_ask(clone: Clone) -> None:
    """From a real hook of git, the revision before is read."""
    script = (
        "from codegen.git import Repository; print(Repository.at('.').files('HEAD', ['specs']))"
    )
    hook = (
        f'#!/bin/sh\ncd specs && cd .. && PYTHONPATH="{PROJECT}" "{sys.executable}" -c "{script}"\n'
    )
    clone.write(".git/hooks/pre-commit", hook)
    (clone.root / ".git/hooks/pre-commit").chmod(0o755)
    clone.write(f"{STATES}/b.dot", "digraph b {}")
    clone.git("add", "--all")
    said = clone.git("commit", "--message=second")
    assert said.splitlines()[0] == str({f"{STATES}/a.dot": b"digraph a {}"})


def test_a_hook_sees_what_is_pushed(clone: Clone, tmp_path: Path) -> None:
    """Before a push is accepted, its commits lie aside, and are read all the same."""
    bare = clone.clone(tmp_path / "bare.git", "--bare")
    script = "from codegen.git import Repository; print(Repository.at('.').files('$new', ['.']))"
    hook = f'#!/bin/sh\nread old new ref\nPYTHONPATH="{PROJECT}" "{sys.executable}" -c "{script}"\n'
    bare.write("hooks/pre-receive", hook)
    (bare.root / "hooks/pre-receive").chmod(0o755)
    clone.save(f"{STATES}/b.dot", "digraph pushed {}")
    assert "digraph pushed {}" in clone.git("push", str(bare.root), "main")


def test_a_path_is_known_from_the_root(clone: Clone, tmp_path: Path) -> None:
    """A path is found whatever links lead to it, and one that lies elsewhere is not."""
    (tmp_path / "link").symlink_to(clone.root)
    (clone.root / STATES / "link.dot").symlink_to("a.dot")
    repository = Repository.at(tmp_path / "link")
    assert repository.inside(tmp_path / "link" / STATES / "a.dot") == f"{STATES}/a.dot"
    assert repository.inside(tmp_path / "link" / STATES / "link.dot") == f"{STATES}/link.dot"
    assert repository.inside(clone.root / STATES / ".." / ".hidden") == "specs/.hidden"
    assert repository.inside(tmp_path / "link") == ""
    assert repository.inside(tmp_path) is None


def test_nothing_is_written(clone: Clone) -> None:
    """Asking changes no file of the repository, and takes no lock."""

    def listing() -> str:
        command = ["find", ".", "-printf", "%p %s %T@\n"]
        return subprocess.run(
            command, cwd=clone.root, capture_output=True, check=True
        ).stdout.decode()

    os.utime(clone.root / STATES / "a.dot", (1, 1))  # the index would be refreshed by git status
    before = listing()
    repository = at(clone)
    repository.files("HEAD", ["specs"])
    repository.history(f"{STATES}/a.dot")
    assert listing() == before
