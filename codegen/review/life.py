"""The life of a drawing, or of one thing in it, through the revisions that changed its file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from codegen.git import Revision
from codegen.names import did_you_mean, words
from codegen.review.changes import Change
from codegen.review.facts import NAME_LISTS, Thing

MEMBER_MARK: Final = "."


@dataclass(frozen=True, slots=True)
class Chapter:
    """What one revision changed; `problem` says why nothing is known of it."""

    revision: Revision
    changes: tuple[Change, ...]
    problem: str = ""


def life(chapters: Sequence[Chapter], wanted: Iterable[str]) -> Iterator[Chapter]:
    """The chapters, oldest first, with the changes that concern the wanted names.

    A name is that of a state, event, guard, action, packet, step ... or `PACKET.FIELD`. It is
    followed back through renames. Without names, all chapters with all changes that are told.
    """
    names = set(wanted)
    if not names:
        for chapter in chapters:
            yield replace(chapter, changes=tuple(it for it in chapter.changes if not it.silent))
        return
    found: list[Chapter] = []
    for chapter in reversed(chapters):
        changes = [it for it in chapter.changes if names & mentioned(it)]
        for change in changes:
            if change.is_rename and _full_names(change, change.after) & names:
                names |= _full_names(change, change.before)
        if changes:
            found.append(Chapter(chapter.revision, tuple(changes), chapter.problem))
    yield from reversed(found)


def mentioned(change: Change) -> set[str]:
    """Every name that a change concerns, by the names of both sides; fields as `PACKET.FIELD`."""
    names: set[str] = set()
    for thing in (change.old, change.new):
        names |= _names(thing) if thing else set()
    if change.is_rename:
        names |= _full_names(change, change.before) | _full_names(change, change.after)
    return names


def _names(thing: Thing) -> set[str]:
    """The names in a key and in the lists of a thing."""
    names = thing.key.names
    listed = {word for part in NAME_LISTS for word in words(thing.get(part))}
    return {*names, *listed, MEMBER_MARK.join(names[:2])}


def _full_names(change: Change, name: str) -> set[str]:
    is_inner = len(change.key.names) > 1
    return {name, f"{change.key.scope}{MEMBER_MARK}{name}"} if is_inner else {name}


def unknown(wanted: Iterable[str], chapters: Sequence[Chapter]) -> Iterator[str]:
    """A sentence for each wanted name that no revision has."""
    known = {
        name for chapter in chapters for change in chapter.changes for name in mentioned(change)
    }
    for name in wanted:
        if name not in known:
            hint = did_you_mean(name, known)
            yield f"no revision mentions {name}{f' ({hint})' if hint else ''}"
