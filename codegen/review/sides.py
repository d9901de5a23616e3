"""What OLD, NEW and PATHS mean to `dotgen diff [OLD] [NEW] [-- PATHS]`, and the files of both."""

# ruff: noqa: PTH100, PTH112 - a path is known by its own name; os.path says no, and raises nothing

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePath
from typing import Final, NamedTuple

from codegen.files import DRAWING_SUFFIXES, KINDS, UNREADABLE_FILE, read_python, read_specs
from codegen.git import HEAD, GitError, NotInRevisionError, Repository
from codegen.names import did_you_mean
from codegen.problems import Problem, place_of_file
from codegen.review.implementers import GENERATED, Implementers, find_implementers

WORKING_TREE: Final = "the working tree"
SPECS: Final = "specs"
RANGE: Final = re.compile(r"([^:]*?)(\.\.\.?)((?!/)[^:]*)")
"""`A..B`, `A...B`, `A..` or `..B`, but not `../A`."""


class SidesError(Exception):
    """The arguments name no two sides; the message is one sentence for people."""


class _NoSpecsError(SidesError):
    """A side is a project without drawings."""


@dataclass(slots=True)
class Side:
    """One side of a comparison: what people call it, its files, and what could not be read.

    `kind` is that of single files, which their folders need not tell; empty for all others. `note`
    is a sentence that a reader should know of the side.
    """

    label: str
    files: dict[str, bytes] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    kind: str = ""
    note: str = ""


class Sides(NamedTuple):
    """Both sides, and the names of the files and folders that are told; none means all."""

    old: Side
    new: Side
    paths: list[str]


@dataclass(frozen=True, slots=True)
class _End:
    """A side before it is read. Without a revision it is on the disk, without a path the project.

    The path in a revision is one from the repository's root.
    """

    label: str
    revision: str = ""
    path: str | None = None
    is_file: bool = False


def read_sides(
    root: Path, words: Sequence[str], paths: Sequence[str] = (), default: str = HEAD
) -> Sides:
    """Read the two sides that the arguments before `--` name; `paths` are those behind it.

    Files of a project are called by their path from `root`, other ones by that from the folder that
    was named. Raises SidesError, or GitError where git has no answer.
    """
    reader = _Reader(root)
    old_end, new_end, told = reader.paired(*reader.ends(words, default))
    if {old_end.is_file, new_end.is_file} == {True, False}:
        raise SidesError(f"{old_end.label} and {new_end.label} are not both files or both folders")
    old, new = reader.sides(old_end, new_end)
    if old_end.is_file:
        _read_alike(old, new)
    named = [_told(reader.names(path), path, (old, new)) for path in paths]
    named += [_told([path], path, (old, new)) for path in told]
    return Sides(old, new, [] if "" in named else named)


def read_revision(root: Path, revision: str) -> Side:
    """Read the project as it was in one revision; raises SidesError or GitError."""
    reader = _Reader(root)
    return reader.side(reader.revision(revision))


def read_implementers(root: Path) -> Implementers:
    """Who implements handler classes in the program that the working tree holds.

    A folder that holds no project is not searched: it may be all of the disk.
    """
    if not (root / SPECS).is_dir():
        return Implementers()
    return find_implementers(read_python(root, without=(GENERATED,)))


class _Reader:
    """The work of reading two sides; git is asked only where it has to be."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def repository(self) -> Repository:
        """The repository that the project is in."""
        return Repository.at(self.root)

    @cached_property
    def project(self) -> str:
        """The project's path from the repository's root."""
        return self.repository.inside(self.root) or ""

    def ends(self, words: Sequence[str], default: str) -> tuple[_End, _End]:
        """What the arguments name."""
        now = _End(WORKING_TREE)
        match words:
            case []:
                return self.revision(default), now
            case [word] if (found := RANGE.fullmatch(word)) and not os.path.lexists(word):
                return self.range(found[1] or HEAD, found[2], found[3] or HEAD)
            case [word]:
                end = self.end(word)
                return (end, now) if end.revision else (self.revision(default), end)
            case [old, new]:
                return self.end(old), self.end(new)
        raise SidesError(f"{len(words)} sides cannot be compared: write paths behind --")

    def range(self, old: str, dots: str, new: str) -> tuple[_End, _End]:
        """What `A..B` or `A...B` names."""
        if dots == "..":
            return self.revision(old), self.revision(new)
        base = self.repository.merge_base(old, new)
        return _End(f"the merge base of {old} and {new}", base), self.revision(new)

    def revision(self, word: str) -> _End:
        """The project in a revision."""
        self.repository.resolve(word)
        return _End(word, word)

    def end(self, word: str) -> _End:
        """A path, where one exists, or else a revision, or a path in one (`REV:path`)."""
        is_path = "/" in word or word.endswith(tuple(DRAWING_SUFFIXES))
        if word == "-":
            raise SidesError("standard input (-) is no side: write it to a file and name that")
        if os.path.lexists(word):
            if not is_path and self.is_revision(word):
                choice = f"write ./{word} for the path or refs/heads/{word} for the revision"
                raise SidesError(f"{word} is a path and a revision: {choice}")
            return _End(word, path=word, is_file=not os.path.isdir(word))
        revision, colon, path = word.partition(":")
        if colon and revision:
            return self.path_in_revision(word, revision, path)
        try:
            return self.revision(word)
        except GitError:
            if is_path:
                choice = "a path that is gone goes behind --"
                raise SidesError(f"{word} is no path here and no revision: {choice}") from None
            raise

    def is_revision(self, word: str) -> bool:
        """Whether git knows a revision; without git there is none."""
        try:
            return bool(self.repository.resolve(word))
        except GitError:
            return False

    def path_in_revision(self, word: str, revision: str, path: str) -> _End:
        """What `REV:path` names; `REV:./path` counts from here, as git has it."""
        is_from_here = path.startswith(("./", "../"))
        found = self.repository.inside(Path(path)) if is_from_here else posixpath.normpath(path)
        if found is None:
            raise SidesError(f"{path} is not in the repository")
        is_file = found in self.repository.files(revision, [found])
        return _End(word, revision, "" if found == "." else found, is_file)

    def paired(self, old: _End, new: _End) -> tuple[_End, _End, list[str]]:
        """Where one end is a path and the other is not, the same path is meant there.

        In the specs that only limits what is told, since drawings refer to each other.
        """
        if (old.path is None) == (new.path is None):
            return old, new, []
        given, other = (old, new) if new.path is None else (new, old)
        assert given.path is not None
        path = given.path if given.revision else self.repository.inside(Path(given.path))
        told: list[str] = []
        name = _below(path, self.project) if path is not None else None
        if name is not None and name.partition("/")[0] in {"", SPECS}:
            told = [name]
            given = _End(given.revision or WORKING_TREE, given.revision)
        elif path is not None and other.revision:
            label = f"{other.label}:{path}"
            other = _End(label, other.revision, path, given.is_file)
        elif path is not None:
            if self.repository.is_bare:
                raise SidesError("a bare repository has no working tree: name two revisions")
            here = str(self.repository.root / path)
            other = _End(path, path=here, is_file=given.is_file)
        return (given, other, told) if new.path is None else (other, given, told)

    def sides(self, old: _End, new: _End) -> tuple[Side, Side]:
        """Read both sides; a revision before the first drawing is an empty one."""
        try:
            return self.side(old), self.side(new)
        except _NoSpecsError as error:
            with suppress(SidesError):
                if old.revision and (found := self.side(new)).files:
                    return Side(old.label, note=f"{error}: all drawings are new"), found
            raise

    def side(self, end: _End) -> Side:
        """Read one side."""
        return self.side_in_revision(end) if end.revision else self.side_on_disk(end)

    def side_on_disk(self, end: _End) -> Side:
        """Read one side from the disk."""
        path = Path(end.path or self.root)
        if os.path.isdir(path / SPECS):
            return Side(end.label, *read_specs(path))
        if end.path is None:
            raise _NoSpecsError(f"there is no folder {SPECS} in {os.path.abspath(path)}")
        if not os.path.lexists(path):  # it is on the other side
            return Side(end.label)
        kind = "" if end.is_file else _kind_folder(PurePath(os.path.abspath(path)))
        found, problems = read_specs(self.root if end.is_file else path, [path])
        return Side(end.label, {kind + name: data for name, data in found.items()}, problems)

    def side_in_revision(self, end: _End) -> Side:
        """Read one side from git, with the names that it would have on the disk."""
        if end.path is None:
            return self.project_in_revision(end, self.project)
        try:
            found = self.repository.files(end.revision, [end.path])
        except NotInRevisionError:  # it is on the other side
            return Side(end.label)
        if any(_below(path, posixpath.join(end.path, SPECS)) for path in found):
            return self.project_in_revision(end, end.path)
        kind = "" if end.is_file else _kind_folder(PurePath(end.path))
        top = self.project if end.is_file else end.path
        names = {path: kind + (_below(path, top) or path) for path in found}
        return _side(end.label, {names[path]: data for path, data in found.items()})

    def project_in_revision(self, end: _End, folder: str) -> Side:
        """Read the specs of a project as `read_specs` reads them from the disk."""
        specs = posixpath.join(folder, SPECS)
        try:
            found = self.repository.files(end.revision, [specs])
        except NotInRevisionError:
            raise _NoSpecsError(f"{end.label} has no folder {specs}") from None
        kinds = tuple(posixpath.join(specs, kind, "") for kind in KINDS)
        drawings = {path: data for path, data in found.items() if path.startswith(kinds)}
        return _side(
            end.label, {path[len(specs) - len(SPECS) :]: drawings[path] for path in drawings}
        )

    def names(self, path: str) -> Iterator[str]:
        """What a path behind `--` may be called on a side, the likeliest first."""
        roots = (os.path.abspath(self.root), os.path.realpath(self.root))
        for whole in (os.path.abspath(path), os.path.realpath(path)):
            for root in roots:
                if whole == root or whole.startswith(f"{root}/"):
                    yield whole[len(root) + 1 :]
        yield posixpath.normpath(path)


def _side(label: str, files: dict[str, bytes]) -> Side:
    """A side from git; a name that cannot be printed is a problem, as it is on the disk."""
    side = Side(label, {name: data for name, data in files.items() if name.isprintable()})
    for name in files.keys() - side.files.keys():
        shown = place_of_file(name.encode("unicode_escape").decode())
        sentence = "has a name that cannot be printed"
        side.problems.append(Problem(shown, UNREADABLE_FILE.name, sentence))
    return side


def _below(path: str, folder: str) -> str | None:
    """A path from a folder that it is at or below; None where it is elsewhere."""
    if not folder or path == folder:
        return path if not folder else ""
    return path.removeprefix(f"{folder}/") if path.startswith(f"{folder}/") else None


def _kind_folder(path: PurePath) -> str:
    """The nearest folder of a kind in a path, as the beginning of a name, or nothing."""
    return next((f"{part}/" for part in reversed(path.parts) if part in KINDS), "")


def _read_alike(old: Side, new: Side) -> None:
    """Let two single files be of one kind: the new one's, unless only the old one's path tells."""
    folders = (_kind_folder(PurePath(name)) for name in (*new.files, *old.files))
    kind = next(filter(None, folders), "").removesuffix("/")
    old.kind = new.kind = kind


def _told(names: Iterable[str], path: str, sides: Iterable[Side]) -> str:
    """The first of some names that is a file or folder of a side; "" is all of it."""
    known = {""}
    for side in sides:
        for name in [*side.files, *(problem.place.file for problem in side.problems)]:
            known |= {name, *(str(folder) for folder in PurePath(name).parents)} - {"."}
    for name in names:
        if name in known:
            return name
    hint = did_you_mean(path, known)
    raise SidesError(f"{path} is on neither side{f' ({hint})' if hint else ''}")
