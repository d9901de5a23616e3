"""What `dotgen log` does: the life of a drawing, or of things in it, through git's revisions."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from codegen.build import Progress, no_progress
from codegen.drawings import UNREADABLE, read_drawings
from codegen.git import GitError, Repository, Revision
from codegen.report import Fields, visible
from codegen.review.changes import Change
from codegen.review.compare import SILENT_KINDS, compare
from codegen.review.facts import Facts
from codegen.review.life import Chapter, life, unknown
from codegen.review.tables import facts_of
from codegen.say import Say

FORMS: Final = ("text", "json")
INDENT: Final = "    "

Version = Facts | str
"""What a drawing says in a revision, or why nobody knows."""


def log(
    *,
    say: Say,
    spec: str,
    names: Sequence[str],
    form: str,
    progress: Progress = no_progress,
) -> int:
    """Tell the life of a drawing, of what `names` name in it, or of all; return the exit code."""
    try:
        repository = Repository.at(_existing(Path(spec).absolute().parent))
        revisions = repository.history(_inside(repository, spec))
        chapters = list(_chapters(repository, revisions, progress))
    except GitError as error:
        say(str(error), error=True, style="red")
        return 2
    if repository.is_shallow:
        say("this clone is shallow: the history begins where it does", error=True, style="yellow")
    strangers = list(unknown(names, chapters))
    for sentence in strangers:
        say(f"{spec}: {sentence}", error=True, style="red")
    if strangers:
        return 1
    told = list(life(chapters, names))
    if form == "json":
        say(json.dumps([_fields(it) for it in told], indent=2))
        return 0
    for line, style in _lines(told):
        say(visible(line), style=style)
    return 0


def _inside(repository: Repository, spec: str) -> str:
    """The drawing's path in the repository."""
    path = repository.inside(Path(spec))
    if path is None:
        raise GitError(f"{spec} is not in the repository")
    if Path(spec).is_dir():
        raise GitError(f"{spec} is a folder: name one drawing in it")
    return path


def _existing(folder: Path) -> Path:
    """A folder, or the nearest one around it that is there: what is gone has a history, too."""
    return next(it for it in (folder, *folder.parents) if it.is_dir())


def _chapters(
    repository: Repository, revisions: Sequence[Revision], progress: Progress
) -> Iterator[Chapter]:
    """What each revision changed; a merge only what it has otherwise than all of its parents."""
    pairs = [(it.commit, it.path) for it in revisions]
    pairs += [pair for it in revisions for pair in _before(it)]
    contents = repository.blobs(pairs)
    known: dict[bytes | None, Version] = {None: {}}
    for revision in revisions:
        progress(len(revisions), revision.short)
        after = contents[revision.commit, revision.path]
        before = [contents[pair] for pair in _before(revision)] or [None]
        for content in (after, *before):
            if content not in known:
                known[content] = _version(revision.path, content or b"")
        first, *others = (known[content] for content in before)
        chapter = _own(_chapter(revision, first, known[after]), others, known[after])
        if chapter.changes or chapter.problem or not others:
            yield chapter
        known = {None: {}, after: known[after]}


def _before(revision: Revision) -> list[tuple[str, str]]:
    """Where the version before a revision is, if there was one; of a merge, each of them."""
    path = revision.path_before
    return [(parent, path) for parent in revision.parents] if path else []


def _version(path: str, content: bytes) -> Version:
    drawings = read_drawings({path: content})
    fault = next((it for it in drawings.problems if it.rule in UNREADABLE), None)
    return f"{fault}" if fault else facts_of(drawings)


def _chapter(revision: Revision, before: Version, after: Version) -> Chapter:
    """A revision that cannot be read changes nothing that could be told."""
    if isinstance(after, str):
        return Chapter(revision, (), f"no drawing: {after}")
    if isinstance(before, str):
        return Chapter(revision, (), "a drawing again; the version before was none")
    found = compare(before, after)
    return Chapter(revision, tuple(it for it in found if not it.silent or _is_told_by_name(it)))


def _own(chapter: Chapter, others: Iterable[Version], after: Version) -> Chapter:
    """A merge without what came from one of its other parents."""
    changes = chapter.changes
    for before in others:
        if before and not isinstance(before, str) and not isinstance(after, str):
            found = {(it.rule, it.key, it.after) for it in compare(before, after)}
            changes = tuple(it for it in changes if (it.rule, it.key, it.after) in found)
    return replace(chapter, changes=changes)


def _is_told_by_name(change: Change) -> bool:
    """Whether a thing came or went with its drawing, which matters to who asks for the thing."""
    is_whole = change.old is None or change.new is None
    return is_whole and change.key.kind not in SILENT_KINDS


def _lines(chapters: Iterable[Chapter]) -> Iterator[tuple[str, str]]:
    """Each chapter with its changes, and the colour of each line."""
    for chapter in chapters:
        revision = chapter.revision
        yield f"{revision.date}  {revision.short}  {revision.author}  {revision.subject}", "yellow"
        if revision.path_before not in ("", revision.path):
            yield f"{INDENT}file renamed: {revision.path_before} -> {revision.path}", ""
        if chapter.problem:
            yield f"{INDENT}{chapter.problem}", "red"
        for change in chapter.changes:
            yield f"{INDENT}{change.line}", _style(change)
        if not (chapter.changes or chapter.problem):
            yield f"{INDENT}no change of meaning", ""


def _style(change: Change) -> str:
    return "green" if change.old is None else "red" if change.new is None else ""


def _fields(chapter: Chapter) -> Fields:
    revision = chapter.revision
    return {
        "commit": revision.commit,
        "date": revision.date,
        "author": revision.author,
        "subject": revision.subject,
        "path": revision.path,
        "problem": chapter.problem,
        "changes": [
            {
                "rule": it.rule,
                "kind": it.key.kind,
                "subject": it.subject,
                "part": it.part,
                "before": it.before,
                "after": it.after,
                "line": it.place.line,
            }
            for it in chapter.changes
        ],
    }
