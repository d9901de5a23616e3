"""A reviewed comparison: every change with its impact, what follows from it, and what is excused.

This is all that the printers, the pictures and the page know.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from codegen.graph import Graph
from codegen.problems import Place, Severity
from codegen.review.changes import Change, Consequence, Impact
from codegen.review.implementers import listed

SEVERITIES: Final = {
    Impact.harmless: Severity.note,
    Impact.behaviour: Severity.warning,
    Impact.API_breaking: Severity.error,
    Impact.disk_breaking: Severity.error,
    Impact.wire_breaking: Severity.error,
}
"""What an impact is to programs that know errors, warnings and notes only."""

WHOLE: Final = frozenset(
    f"{sort}-{verb}" for sort in ("machine", "chapter", "flow") for verb in ("added", "removed")
)
"""Rules of changes that say no more than that a drawing came or went."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One change with its impact and what follows from it.

    `also` are the same change of other things that are drawn by the same words: one record gives
    its fields to many packets.
    `excuse` is the reason of the exception in pyproject.toml that covers the change: it does not
    count at the gate. `excused` are the reasons of those that cover single consequences.
    `unreleased` says that the baseline does not have what was changed: it counts as behaviour at
    most.
    """

    change: Change
    impact: Impact
    consequences: tuple[Consequence, ...] = ()
    excuse: str = ""
    unreleased: bool = False
    excused: Mapping[Consequence, str] = field(default_factory=dict)
    also: tuple[Change, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """The change and those that are the same."""
        return (self.change, *self.also)

    @property
    def remark(self) -> str:
        """What else is changed just so: `also of P_WRITE_ACK and P_NEG_ACK`; empty for nothing."""
        return f"also of {listed([it.key.scope for it in self.also])}" if self.also else ""

    @property
    def counted(self) -> Impact:
        """The impact that counts at the gate: the change's own or that of what follows from it."""
        if self.excuse:
            return Impact.harmless
        standing = (it.impact for it in self.consequences if it not in self.excused)
        worst = max([self.impact, *standing])
        return min(worst, Impact.behaviour) if self.unreleased else worst


@dataclass(frozen=True, slots=True)
class Drawing:
    """What changed in one graph. `name` is the new name, `old_name` another one where renamed.

    `old` and `new` are the graphs as drawn, None where there is none on that side; `aside` are the
    consequences for which no single change is the cause, `excused` the reasons of the exceptions
    that cover some of these.
    """

    kind: str
    name: str
    old_name: str
    old_file: str
    new_file: str
    old: Graph | None
    new: Graph | None
    changes: tuple[Judged, ...]
    aside: tuple[Consequence, ...] = ()
    excused: Mapping[Consequence, str] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """The drawing's file, the old one where it is gone."""
        return self.new_file or self.old_file

    @property
    def counted(self) -> Impact:
        """The worst that counts at the gate."""
        aside = [it.impact for it in self.aside if it not in self.excused]
        return max([it.counted for it in self.changes] + aside, default=Impact.harmless)

    @property
    def is_excused(self) -> bool:
        """Whether exceptions cover all that changed."""
        standing = [it for it in self.aside if it not in self.excused]
        return not standing and all(it.excuse for it in self.changes)

    @property
    def details(self) -> list[Judged]:
        """The changes, but for one that says no more than that the drawing came or went."""
        return [
            it
            for it in self.changes
            if it.change.rule not in WHOLE or it.consequences or it.excuse or it.unreleased
        ]

    @property
    def summary(self) -> str:
        """How much changed: `3 changes, worst API-breaking`, or `removed, API-breaking`."""
        count = len(self.details)
        parts = [
            "added" if self.old is None else "removed" if self.new is None else "",
            amount(count, "change") if count else "",
            "excused" if self.is_excused else f"{'worst ' if count > 1 else ''}{self.counted.word}",
        ]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Review:
    """The whole comparison; only drawings that changed are in it, by kind and name.

    `old_label` and `new_label` say what was compared (`main`, `the working tree`); `notes` are
    sentences that a reader should know, as that a side has faults that `dotgen lint` tells.
    """

    old_label: str
    new_label: str
    drawings: tuple[Drawing, ...]
    notes: tuple[str, ...] = ()
    baseline: str = ""

    @property
    def counted(self) -> Impact:
        """The worst that counts at the gate."""
        return max((drawing.counted for drawing in self.drawings), default=Impact.harmless)

    def judged(self) -> Iterator[Judged]:
        """Every change of every drawing."""
        for drawing in self.drawings:
            yield from drawing.changes

    @property
    def summary(self) -> str:
        """How much changed: `2 drawings, 7 changes: 1 wire-breaking, 5 behaviour, 1 excused`."""
        changes = list(self.judged())
        excused = sum(1 for it in changes if it.excuse)
        unreleased = sum(1 for it in changes if it.unreleased)
        parts = _counts(it.counted for it in changes if not it.excuse)
        parts += [f"{excused} excused"] if excused else []
        text = f"{amount(len(self.drawings), 'drawing')}, {amount(len(changes), 'change')}"
        text += f": {', '.join(parts)}" if parts else ""
        text += f" ({unreleased} unreleased)" if unreleased else ""
        aside = [it for drawing in self.drawings for it in drawing.aside]
        return text + (f"; {amount(len(aside), 'consequence')} of several changes" if aside else "")


def _counts(impacts: Iterable[Impact]) -> list[str]:
    """How many there are of each impact, worst first."""
    return [f"{count} {it.word}" for it, count in sorted(Counter(impacts).items(), reverse=True)]


def spot(place: Place) -> str:
    """Where to look, as people write it: `specs/states/door.dot:2`."""
    return f"{place.file}:{place.line}"


def amount(count: int, noun: str) -> str:
    """A number of things: `1 change`, `2 changes`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


class Wording(NamedTuple):
    """A change in few words: what was changed, and what it says before and after.

    A thing that came or went has neither, a name that was replaced has no subject.
    """

    subject: str
    before: str
    after: str


def wording(change: Change, width: int = 0) -> Wording:
    """A change in words; where texts are longer than `width`, if there is one, what differs."""
    before, after = change.before, change.after
    if width:
        before, after = _differing(before, after, width)
    if change.is_rename:
        return Wording("", before, after)
    subject = _piece(change.subject, 0, 2 * width)
    if not change.part:
        return Wording(subject, "", "")
    part = "" if change.part in change.rule else f" ({change.part})"
    return Wording(f"{subject}{part}", before or "none", after or "none")


def _differing(before: str, after: str, width: int) -> tuple[str, str]:
    """The pieces of two texts in which they begin to differ."""
    if max(len(before), len(after)) <= width:
        return before, after
    pairs = enumerate(zip(before, after, strict=False))
    same = next((at for at, (one, other) in pairs if one != other), min(len(before), len(after)))
    start = max(0, same - width // 4)
    return _piece(before, start, width), _piece(after, start, width)


def _piece(text: str, start: int, width: int) -> str:
    """A part of a text, with a mark where something is left out; all of it without a width."""
    end = start + width
    if not width:
        return text
    return f"{'…' if start else ''}{text[start:end]}{'…' if len(text) > end else ''}"
