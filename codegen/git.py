"""Runs git, and is the only file that does: revisions, and what files were in them.

All is read from git's objects. The index, filters, hooks and pagers take no part, so that the
answer is the same in a hook, in a driver, in a linked worktree and in a bare repository.
"""

import os
import posixpath
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from codegen.files import DRAWING_SUFFIXES
from codegen.fingerprint import is_ignored
from codegen.names import did_you_mean

HEAD: Final = "HEAD"

LEFT_OUT: Final = frozenset("""
    GIT_DIR GIT_WORK_TREE GIT_IMPLICIT_WORK_TREE GIT_COMMON_DIR GIT_INDEX_FILE GIT_PREFIX
    GIT_EXTERNAL_DIFF GIT_DIFF_OPTS GIT_GLOB_PATHSPECS GIT_NOGLOB_PATHSPECS GIT_ICASE_PATHSPECS
    """.split())
"""What git tells its hooks: a folder that is asked about says itself which repository it is in."""

SETTINGS: Final = {
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "1",
}

FULL_HASH: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
FOUND: Final = re.compile(rb"[0-9a-f]{40,64} (\w+) (\d+)")
NOT_FOLLOWED: Final = re.compile(rb"(symlink|dangling|loop|notdir) (\d+)")
"""The first lines of git's answers: an object, and a link that leads to none."""

LINK: Final = "120000"
MARK: Final = "\1"
LOG: Final = (
    "log --no-color --no-show-signature --no-ext-diff --no-textconv --no-relative -M -c -z "
    "--name-status --date=short --encoding=UTF-8"
).split()
LOG_FIELDS: Final = "%H %h %ad %an %s %P".split()


class GitError(Exception):
    """Git has no answer; the message is one sentence for people."""


class NotInRevisionError(GitError):
    """A revision does not have a path."""


class _Answer(NamedTuple):
    code: int
    output: bytes
    fault: str


class _Entry(NamedTuple):
    """A file or link in a revision, and what to ask git for to have its content."""

    path: str
    is_link: bool
    request: str


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit that changed a file: its path there and, where there was one, before.

    The date is the author's, as yyyy-mm-dd. A merge is one only where it has the file otherwise
    than all of its parents.
    """

    commit: str
    short: str
    date: str
    author: str
    subject: str
    path: str
    path_before: str
    parents: tuple[str, ...]


class Repository:
    """One repository: `root` is the top of its working tree, or its own folder if it is bare."""

    def __init__(self, root: Path, *, is_bare: bool) -> None:
        self.root = root
        self.is_bare = is_bare

    @classmethod
    def at(cls, folder: str | Path) -> "Repository":
        """The repository that a folder is in."""
        top = _ask(folder, "rev-parse", "--show-toplevel")
        is_bare = "must be run in a work tree" in top.fault
        found = _ask(folder, "rev-parse", "--absolute-git-dir") if is_bare else top
        if "not a git repository" in found.fault:
            raise GitError(f"{Path(folder).absolute()} is in no git repository")
        return cls(Path(os.fsdecode(_output(found)).removesuffix("\n")), is_bare=is_bare)

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        """What a git command prints, which gets `given` as its input."""
        return _output(self._ask(*arguments, given=given))

    def inside(self, path: Path) -> str | None:
        """A file's or folder's path from the root, which itself is ""; None if it is elsewhere."""
        whole = Path(os.path.normpath(path.absolute()))
        is_folder = os.path.isdir(whole)  # noqa: PTH112 - says no where pathlib raises
        real = whole.resolve() if is_folder else whole.parent.resolve() / whole.name
        if not real.is_relative_to(self.root):
            return None
        return "" if real == self.root else real.relative_to(self.root).as_posix()

    @property
    def is_shallow(self) -> bool:
        """Whether the history is cut off, as `git clone --depth` does."""
        return self.run("rev-parse", "--is-shallow-repository").startswith(b"true")

    def resolve(self, revision: str) -> str:
        """The full hash of a commit."""
        if revision.startswith("-"):
            raise GitError(f"{revision} is no revision: none begins with a dash")
        found = self._ask("rev-parse", "--verify", f"{revision}^{{commit}}")
        commit = os.fsdecode(found.output).strip()
        if FULL_HASH.fullmatch(commit):
            return commit
        raise GitError(self._unknown(revision, found.fault))

    def merge_base(self, one: str, other: str) -> str:
        """The hash of the newest commit that the histories of two revisions share."""
        commits = self.resolve(one), self.resolve(other)
        found = self._ask("merge-base", *commits)
        if found.code != 1:
            return os.fsdecode(_output(found)).strip()
        if self.is_shallow:
            raise GitError(_shallow(f"the commit where {one} and {other} part"))
        raise GitError(f"{one} and {other} have no commit in common")

    def files(self, revision: str, paths: Sequence[str]) -> dict[str, bytes]:
        """The drawings at and below some paths, all paths from the root.

        A file that is named itself may have any suffix. A link to a file of the same revision has
        that file's content, as on the disk; other links and submodules are left out.
        """
        commit = self.resolve(revision)
        tops = [posixpath.normpath(path) for path in paths]
        entries = list(self._entries(commit, tops))
        for top in tops:
            if not any(_is_at_or_below(entry.path, top) for entry in entries):
                raise NotInRevisionError(self._missing(top, revision))
        wanted = [it for it in entries if it.path in tops or _is_drawing(it.path, tops)]
        contents = self._contents([entry.request for entry in wanted])
        found: dict[str, bytes] = {}
        for entry, content in zip(wanted, contents, strict=True):
            if content is not None:
                found[entry.path] = content
            elif not entry.is_link:
                raise GitError(f"{entry.path} in {revision}: git has lost its content")
        return dict(sorted(found.items()))

    def blobs(self, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], bytes | None]:
        """The content of files by commit and path; None where there is no such file."""
        wanted = list(dict.fromkeys(pairs))
        askable = [pair for pair in wanted if "\n" not in "".join(pair)]
        contents = self._contents([f"{commit}:{path}" for commit, path in askable])
        found = dict(zip(askable, contents, strict=True))
        return {pair: found.get(pair) for pair in wanted}

    def history(self, path: str, *, follow: bool = True) -> list[Revision]:
        """The revisions that changed a file, up to HEAD, the oldest first.

        Renames are followed as `git log --follow` does; a file that began as a copy begins there.
        """
        self.resolve(HEAD)
        path = posixpath.normpath(path)
        form = f"--format={MARK}{'%x00'.join(LOG_FIELDS)}%x00"
        output = self.run(*LOG, form, "--follow" if follow else "--no-follow", "--", path)
        found: list[Revision] = []
        at = path
        for revision in _revisions(os.fsdecode(output)):
            if revision.path == at:
                found.append(revision)
                at = revision.path_before or at
        if not found:
            raise NotInRevisionError(self._missing(path, HEAD))
        return found[::-1]

    def _ask(self, *arguments: str, given: bytes = b"") -> _Answer:
        return _ask(self.root, *arguments, given=given)

    def _entries(self, commit: str, tops: Sequence[str]) -> Iterator[_Entry]:
        """The files and links at and below some paths of a commit."""
        paths = [] if "." in tops else tops
        output = self.run("ls-tree", "-r", "-z", "--full-tree", commit, "--", *paths)
        for line in os.fsdecode(output).split("\0")[:-1]:
            about, _, path = line.partition("\t")
            mode, kind, blob = about.split()
            is_link = mode == LINK
            if kind == "blob" and not (is_link and "\n" in path):
                yield _Entry(path, is_link, f"{commit}:{path}" if is_link else blob)

    def _contents(self, requests: Sequence[str]) -> list[bytes | None]:
        """The contents of objects, all by one run of git; links in the revision are followed."""
        given = b"".join(os.fsencode(request) + b"\n" for request in requests)
        output = self.run("cat-file", "--batch", "--follow-symlinks", given=given)
        found: list[bytes | None] = []
        start = 0
        for _ in requests:
            end = output.index(b"\n", start)
            line = output[start:end]
            start = end + 1
            answer = FOUND.fullmatch(line) or NOT_FOLLOWED.fullmatch(line)
            size = int(answer[2]) if answer else 0
            found.append(output[start : start + size] if answer and answer[1] == b"blob" else None)
            start += size + 1 if answer else 0
        return found

    def _unknown(self, revision: str, fault: str) -> str:
        """Why there is no such revision, and what may help."""
        if "is ambiguous" in fault:
            return f"{revision} is the beginning of several hashes: write more of it"
        known = [HEAD, *os.fsdecode(self.run("for-each-ref", "--format=%(refname:short)")).split()]
        base = re.split(r"[~^@:{]", revision)[0]
        hint = did_you_mean(base, known) if base not in known else ""
        if self._ask("rev-parse", "--verify", HEAD).code and base in {HEAD, ""}:
            return f"{revision} is no revision: nothing is committed here yet"
        if self.is_shallow and not hint:
            return _shallow(revision)
        return f"unknown revision {revision}{f' ({hint})' if hint else ''}"

    def _missing(self, path: str, revision: str) -> str:
        """That a revision does not have a path, and which one may be meant."""
        output = self.run("ls-tree", "-r", "-t", "-z", "--name-only", "--full-tree", revision)
        hint = did_you_mean(path, os.fsdecode(output).split("\0")[:-1])
        return f"{path} is not in {revision}{f' ({hint})' if hint else ''}"


def _ask(folder: str | Path, *arguments: str, given: bytes = b"") -> _Answer:
    """Run git in a folder."""
    environment = {name: text for name, text in os.environ.items() if name not in LEFT_OUT}
    command = ["git", "--no-pager", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(
            command, input=given, capture_output=True, check=False, env=environment | SETTINGS
        )
    except FileNotFoundError:
        raise GitError("git is not installed: there is no git on the PATH") from None
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror}") from None
    return _Answer(done.returncode, done.stdout, done.stderr.decode(errors="replace"))


def _output(answer: _Answer) -> bytes:
    """What git printed, or what it said was wrong, as an exception."""
    if not answer.code:
        return answer.output
    said = answer.fault.splitlines() or [f"ended with exit code {answer.code}"]
    fatal = next((line for line in said if line.startswith(("fatal: ", "error: "))), said[0])
    raise GitError(f"git: {re.sub('^(fatal|error): ', '', fatal)}")


def _shallow(what: str) -> str:
    return f"this clone is shallow and does not have {what}: run `git fetch --unshallow`"


def _is_at_or_below(path: str, top: str) -> bool:
    return top in {".", path} or path.startswith(f"{top}/")


def _is_drawing(path: str, tops: Iterable[str]) -> bool:
    """Whether a path below one of some folders is one that would be read on the disk, too."""
    if posixpath.splitext(path)[1] not in DRAWING_SUFFIXES:
        return False
    below = [path.removeprefix(f"{top}/") for top in tops if _is_at_or_below(path, top)]
    return any(not any(map(is_ignored, it.split("/"))) for it in below)


def _revisions(output: str) -> Iterator[Revision]:
    """Read what `git log` prints, the newest first."""
    tokens = iter(output.split("\0"))
    fields: list[str] = []
    for token in tokens:
        status = token.lstrip("\n")
        if status.startswith(MARK):
            fields = [status.removeprefix(MARK), *islice(tokens, len(LOG_FIELDS) - 1)]
        elif status:
            is_pair = status[0] in "RC" and status[1:].isdigit()
            paths = list(islice(tokens, 2 if is_pair else 1))
            before = "" if status[0] in "AC" else paths[0]
            *words, parents = fields
            commit, short, date, author, subject = (_printable(word) for word in words)
            yield Revision(
                commit,
                short,
                date,
                author,
                subject,
                path=paths[-1],
                path_before=before,
                parents=tuple(parents.split()),
            )


def _printable(text: str) -> str:
    """A text that neither moves the cursor nor breaks a line."""
    return "".join(it if it.isprintable() else "\N{REPLACEMENT CHARACTER}" for it in text)
