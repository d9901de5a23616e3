"""The gate: which changes the project's exceptions cover, and whether the others may pass."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from codegen.config import Excuse
from codegen.review.changes import Change, Consequence, Impact
from codegen.review.report import Drawing, Judged, Review, amount, spot


def excused(review: Review, excuses: Sequence[Excuse]) -> tuple[Review, list[Excuse]]:
    """Excuse what exceptions cover; also return the exceptions that cover nothing.

    Of several exceptions for one thing the first gives the reason. One that names a consequence's
    rule covers the consequence alone: its change counts without it.
    """
    covering = _Covering(excuses)
    drawings = tuple(covering.drawing(it) for it in review.drawings)
    return replace(review, drawings=drawings), [it for it in excuses if it not in covering.used]


def idle_note(excuse: Excuse) -> str:
    """What a reader should know of an exception that covers nothing."""
    what = f"{excuse.rule} in {excuse.drawing}"
    return f"{spot(excuse.place)}: the exception for {what} covers nothing any more: delete it"


def fails(review: Review, fail_on: Impact) -> bool:
    """Whether anything that counts is as bad as `fail_on`."""
    return any(impact >= fail_on for impact, _ in _counting(review))


def verdict(review: Review, fail_on: Impact) -> str:
    """What the gate says, in one sentence."""
    reaching = Counter(it for it in _counting(review) if it[0] >= fail_on)
    if not reaching:
        return f"gate: nothing reaches {fail_on.word}: passed"
    worst_first = sorted(reaching.items(), reverse=True)
    parts = [amount(count, f"{impact.word} {noun}") for (impact, noun), count in worst_first]
    verb = "reaches" if reaching.total() == 1 else "reach"
    return f"gate: {', '.join(parts)} {verb} {fail_on.word}: failed"


def _counting(review: Review) -> Iterator[tuple[Impact, str]]:
    """The impact of all that no exception covers, and what it is."""
    for drawing in review.drawings:
        yield from ((it.counted, "change") for it in drawing.changes if not it.excuse)
        yield from ((it.impact, "consequence") for it in drawing.aside if it not in drawing.excused)


class _Covering:
    """The work of finding what exceptions cover; `used` are those that cover anything."""

    def __init__(self, excuses: Sequence[Excuse]) -> None:
        self.excuses = excuses
        self.used: set[Excuse] = set()

    def drawing(self, drawing: Drawing) -> Drawing:
        called = {drawing.name, drawing.old_name, drawing.old_file, drawing.new_file} - {""}
        chosen = [it for it in self.excuses if any(_fits(name, it.drawing) for name in called)]
        if not chosen:
            return drawing
        return replace(
            drawing,
            changes=tuple(self.judged(it, chosen) for it in drawing.changes),
            excused=self.consequences(drawing.aside, chosen),
        )

    def judged(self, judged: Judged, excuses: Iterable[Excuse]) -> Judged:
        found = [self.reason(it.rule, _subjects(it), excuses) for it in judged.changes]
        excuse = found[0] if all(found) else ""
        return replace(
            judged, excuse=excuse, excused=self.consequences(judged.consequences, excuses)
        )

    def consequences(
        self, consequences: Iterable[Consequence], excuses: Iterable[Excuse]
    ) -> Mapping[Consequence, str]:
        """The reason of each consequence that is covered."""
        reasons = ((it, self.reason(it.rule, {it.subject}, excuses)) for it in consequences)
        return {consequence: reason for consequence, reason in reasons if reason}

    def reason(self, rule: str, subjects: Iterable[str], excuses: Iterable[Excuse]) -> str:
        """The reason of the first exception that covers a thing, or nothing."""
        covering = [
            it
            for it in excuses
            if it.rule == rule and any(_fits(subject, it.subject or "*") for subject in subjects)
        ]
        self.used.update(covering)
        return covering[0].reason if covering else ""


def _subjects(change: Change) -> set[str]:
    """What an exception may call the subject of a change: of a name that was replaced, both."""
    if change.is_rename:
        return {change.before, change.after, f"{change.before} -> {change.after}"}
    return {change.subject}


def _fits(text: str, pattern: str) -> bool:
    """Whether a text is the pattern or fits it; subjects have brackets, which patterns read."""
    return text == pattern or fnmatchcase(text, pattern)
