"""Two branches' texts of one drawing put together: what they say is merged, then how it is written.

A candidate for the text is right when it says what the merged models say. The texts are merged line
by line, then word by word; where that is not enough, small edits do the rest.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from codegen.drawings import RULES, read_graphs
from codegen.problems import Place, Problem, Severity, Source
from codegen.review.changes import subject
from codegen.review.compare import differences
from codegen.review.conflict_text import Lines, Spot
from codegen.review.diff3 import (
    Resolve,
    around,
    by_words,
    diff3_lines,
    joined,
    ours_first,
    ours_only,
    theirs_first,
    theirs_only,
)
from codegen.review.draft import MARK, Draft
from codegen.review.edits import edited, is_as_wanted
from codegen.review.facts import Key, Thing
from codegen.review.merge import GONE, Conflict, Together, merged
from codegen.review.version import Version

OURS, THEIRS = "ours", "theirs"
SIDES: Final = ("base", OURS, THEIRS)
ERRORS: Final = frozenset(rule.name for rule in RULES if rule.severity is Severity.error)
NOT_TOGETHER: Final = "the drawings agree, but their texts could not be put together"
ONLY_TOGETHER: Final = "neither side alone has this fault"
KEPT: Final = "both sides rewrote the same lines; comments and colours there are those of"

WAYS: Final[tuple[tuple[tuple[Resolve, ...], str], ...]] = (
    ((), ""),
    ((around, ours_first, by_words), ""),
    ((around, theirs_first, by_words), ""),
    ((around, by_words, ours_only), OURS),
    ((around, by_words, theirs_only), THEIRS),
)
"""How conflicts of lines are resolved, one way after the other, and whose writing is kept then."""


class Explained(NamedTuple):
    """Why a person has to decide, and where."""

    sentence: str
    spot: Spot


class Merged(NamedTuple):
    """The merged text, or why there is none: conflicts, or faults of a side that is no DOT.

    `note` says whose writing was kept where only one could be.
    """

    text: str | None
    conflicts: tuple[Explained, ...] = ()
    problems: tuple[Problem, ...] = ()
    note: str = ""


def merge_drawing(path: str, base: bytes, ours: bytes, theirs: bytes) -> Merged:
    """Merge what two branches made of a drawing; an empty base is one that was not there.

    The text has plain line ends; `encoded` gives it those of the files.
    """
    drafts = [Draft(path, decoded(data)) for data in (base, ours, theirs)]
    if problems := tuple(_faults(path, drafts)):
        return Merged(None, problems=problems)
    if done := _one_sided(*(draft.text for draft in drafts)):
        return Merged(done)
    together = merged(*(draft.facts for draft in drafts))
    work = _Merge(path, drafts, together)
    if together.conflicts:
        return Merged(None, tuple(work.explained(it) for it in together.conflicts))
    return work.merged()


def decoded(data: bytes) -> str:
    """The text of a file with plain line ends; what is no UTF-8 can be written back as it was."""
    text = data.decode(errors="surrogateescape").removeprefix(MARK)
    return text.replace("\r\n", "\n") if _writing(data)[1] else text


def encoded(text: str, base: bytes, ours: bytes, theirs: bytes) -> bytes:
    """A merged text as a file: with a byte order mark and line ends as the sides have them."""
    writings = zip(_writing(base), _writing(ours), _writing(theirs), strict=True)
    has_mark, has_crlf = (other if mine == was else mine for was, mine, other in writings)
    made = re.sub(r"\r?\n", "\r\n", text) if has_crlf else text
    return (MARK * has_mark + made).encode(errors="surrogateescape")


def _writing(data: bytes) -> tuple[bool, bool]:
    """Whether a file has a byte order mark, and whether its lines end as on Windows."""
    ends = {data.count(end) for end in (b"\n", b"\r\n", b"\r")}
    return data.startswith(MARK.encode()), len(ends) == 1 and ends != {0}


def _one_sided(base: str, ours: str, theirs: str) -> str:
    """The text where there is nothing to put together; empty where there is."""
    if ours in (base, theirs):
        return theirs
    return ours if theirs == base else ""


def _faults(path: str, drafts: Sequence[Draft]) -> Iterator[Problem]:
    """Why a side is no DOT, at its place in that side."""
    for side, draft in zip(SIDES, drafts, strict=True):
        is_missing = side != "base" and not draft.text.strip()
        faults = read_graphs(path, b"")[1] if is_missing else draft.faults
        source = Source(f"{path} ({side})", draft.text)
        for fault in faults:
            place = Place(source, fault.place.offset)
            yield Problem(place, fault.rule, fault.sentence, fault.hint)


class _Merge:
    """The work of finding the text for what both sides say together."""

    def __init__(self, path: str, drafts: Sequence[Draft], together: Together) -> None:
        self.path = path
        self.drafts = drafts
        self.facts = together.facts
        self.renames = together.renames

    @cached_property
    def sides(self) -> tuple[Version, Version, Version]:
        """Base, ours and theirs under the merged names."""
        base, ours, theirs = (Version(draft, self.renames) for draft in self.drafts)
        return base, ours, theirs

    def merged(self) -> Merged:
        """The first candidate that is right and has no fault that neither side had."""
        refused: tuple[Explained, ...] = ()
        for draft, kept in self.candidates():
            faults = tuple(self.faults(draft))
            if not faults:
                return Merged(draft.text, note=f"{KEPT} {kept}" if kept else "")
            refused = refused or faults
        return Merged(None, refused or (self.not_together(),))

    def candidates(self) -> Iterator[tuple[Draft, str]]:
        """Texts that say what is wanted: merged ones, then merged and edited ones."""
        known = {draft.text: draft for draft in self.drafts}
        twice = {it.key for side in self.drafts for it in side.twice}
        wrong: list[tuple[Draft, str]] = []
        for text, kept in self.texts().items():
            draft = known.get(text) or Draft(self.path, text)
            if is_as_wanted(draft, self.facts, twice):
                yield draft, kept
            elif not draft.faults:
                wrong.append((draft, kept))
        for draft, kept in wrong:
            if made := edited(draft, self.facts, self.renames, self.sides[::-1]):
                yield made, kept

    def texts(self) -> dict[str, str]:
        """Texts to begin with, the most careful merge first, and whose writing each keeps."""
        base, ours, theirs = (draft.text for draft in self.drafts)
        hunks = diff3_lines((base, ours, theirs))
        texts: dict[str, str] = {}
        for ways, kept in WAYS:
            text = joined(hunks, ways)
            if text is not None:
                texts.setdefault(text, kept)
        texts.setdefault(ours, OURS)
        texts.setdefault(theirs, THEIRS)
        return texts

    def new_faults(self, draft: Draft) -> Iterator[Problem]:
        """The errors that neither side has, not even at another line."""
        errors = [it for it in draft.drawings.problems if it.rule in ERRORS]
        known = errors and {
            _same(problem, {name.text: text for name, text in side.renames.items()})
            for side in self.sides
            for problem in side.draft.drawings.problems
        }
        yield from (it for it in errors if _same(it, {}) not in known)

    def faults(self, draft: Draft) -> Iterator[Explained]:
        """The new errors, one for each rule, with the places where the sides drew what is wrong."""
        by_rule: dict[str, list[Problem]] = {}
        for problem in self.new_faults(draft):
            by_rule.setdefault(problem.rule, []).append(problem)
        for rule, problems in by_rule.items():
            line = problems[0].place.line
            key = next((it.key for it in draft.things if it.place.line == line), None)
            spot = self.spot(key) if key else Spot(None, None)
            more = f", and {len(problems) - 1} more like it" if len(problems) > 1 else ""
            yield Explained(f"{rule}: {problems[0].sentence}{more} ({ONLY_TOGETHER})", spot)

    def not_together(self) -> Explained:
        """What could not be written, as far as one thing tells it."""
        draft = next(Draft(self.path, text) for text in self.texts())
        changes = differences(draft.facts, self.facts, draft.facts)
        key = next((it.key for it in changes), None)
        if key is None:
            return Explained(NOT_TOGETHER, Spot(None, None))
        return Explained(f"{NOT_TOGETHER}: {subject(key)}", self.spot(key))

    def explained(self, conflict: Conflict) -> Explained:
        """A conflict with the places where the sides say what they say."""
        spot = self.spot(conflict.key, conflict)
        return Explained(conflict.sentence, spot)

    def spot(self, key: Key, conflict: Conflict | None = None) -> Spot:
        """Where both sides draw a thing."""
        _, ours, theirs = self.sides
        said = (conflict.ours, conflict.theirs) if conflict else ("", "")
        return Spot(_lines(ours, key, said[0]), _lines(theirs, key, said[1]))


def _same(problem: Problem, renames: Mapping[str, str]) -> tuple[str, str]:
    """What problems have in common that are one, wherever its line is and whatever names it has."""
    sentence = re.sub(r":\d+", "", problem.sentence)
    return problem.rule, re.sub(r"\w+", lambda word: renames.get(word[0], word[0]), sentence)


def _lines(side: Version, key: Key, said: str) -> Lines | None:
    """The lines in which a side draws a thing or says something else of it."""
    thing = None if said == GONE else _thing(side, key, said)
    if thing is None:
        return None
    statement = side.draft.statement(thing)
    place = thing.place
    if statement is None:
        return Lines(place.line, place.line)
    last = Place(place.source, statement.end - 1)
    return Lines(Place(place.source, statement.start).line, last.line)


def _thing(side: Version, key: Key, said: str) -> Thing | None:
    """The thing of a key, or the one that is the most like it, or one that has the name."""
    found = side.thing(key) or side.alike(key)
    for name in (said, key.names[-1]):
        found = found or side.users.get((key.kind, name))
    return found
