"""A review as a comment on a pull request, in the Markdown of GitHub and GitLab.

What comes from a drawing is foreign text: it stands in code spans, in which nothing is a table's
border, a tag, the name of somebody to notify or a reference to an issue.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from codegen.report import visible
from codegen.review.changes import Consequence
from codegen.review.report import Drawing, Judged, Review, amount, spot, wording

MARKER: Final = "<!-- dotgen diff -->"
"""The first line, by which a bot finds its own comment again."""

SIZE_MAX: Final = 60_000
"""Characters behind which nothing more is told; the forges refuse more than 65,536."""

TEXT_WIDTH: Final = 100
"""Characters that are told of what was before and after; of all other texts, twice as many."""

OPEN_MAX: Final = 10
"""Consequences of one drawing that are told without having to unfold them."""

TABLE: Final = ("", "| impact | change | where |", "| --- | --- | --- |")
BORDER: Final = r"\|"
"""A bar in a cell of a table."""

PLAIN: Final = re.compile(r"\(?[A-Za-z]+(?:['-][A-Za-z]+)*\)?[.,;:]?|\d{1,6}[,;:]?")
"""A word of a sentence of which Markdown makes nothing else."""


class _Section(NamedTuple):
    """Lines that are told or left out one by one, and what frames them when any is told."""

    noun: str
    items: Sequence[str]
    before: Sequence[str] = ()
    after: Sequence[str] = ()


def markdown(review: Review) -> str:
    """The comment; what a forge would refuse to hold is counted in its last sentence."""
    told = list(_head(review))
    room = SIZE_MAX - _size(told)
    left: Counter[str] = Counter()
    for section in _sections(review):
        shown: list[str] = []
        room -= _size((*section.before, *section.after))
        for item in section.items:
            room -= _size([item])
            if room >= 0:
                shown.append(item)
        left[section.noun] += len(section.items) - len(shown)
        told += [*section.before, *shown, *section.after] if shown else []
    if missing := [amount(count, noun) for noun, count in left.items() if count]:
        told += ["", f"**Left out, as a comment holds no more: {', '.join(missing)}.**"]
    return "\n".join([*told, ""])


def _size(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _head(review: Review) -> Iterator[str]:
    is_excused = all(drawing.is_excused for drawing in review.drawings)
    worst = "all excused" if is_excused else review.counted.word
    yield MARKER
    yield f"### dotgen diff: {worst if review.drawings else 'no change of meaning'}"
    yield ""
    sides = f"{_code(review.old_label)} → {_code(review.new_label)}"
    baseline = f", held against {_code(review.baseline)}" if review.baseline else ""
    yield f"{sides}{baseline}{f': {review.summary}' if review.drawings else ''}"


def _sections(review: Review) -> Iterator[_Section]:
    yield _Section("note", [f"- {_sentence(note)}" for note in review.notes], [""])
    for drawing in review.drawings:
        yield _Section("drawing", [_title(drawing)], [""])
        yield _Section("change", [_row(it, review.baseline) for it in drawing.details], TABLE)
        yield _follow_up(list(_consequences(drawing)))


def _title(drawing: Drawing) -> str:
    files = dict.fromkeys(it for it in (drawing.old_file, drawing.new_file) if it)
    was = f" (was {_code(drawing.old_name)})" if drawing.old_name != drawing.name else ""
    where = " → ".join(map(_code, files))
    return f"#### {_code(drawing.name)}{was} in {where}: {drawing.summary}"


def _row(judged: Judged, baseline: str) -> str:
    """A change as a row of the table, whose borders no text may draw."""
    change = judged.change
    subject, before, after = (_code(text) if text else "" for text in wording(change, TEXT_WIDTH))
    difference = f"{before} → {after}" if before or after else ""
    words = [f"{change.rule}: {': '.join(part for part in (subject, difference) if part)}"]
    if judged.also:
        words.append(_sentence(judged.remark))
    if judged.excuse:
        words.append(f"excused: {_sentence(judged.excuse)}")
    if judged.unreleased:
        words.append(f"unreleased: the baseline {_code(baseline)} does not have it")
    where = f"{'' if change.new else 'was '}{_code(spot(change.place))}"
    cells = (judged.impact.word, "<br>".join(words), where)
    return f"| {' | '.join(cell.replace('|', BORDER) for cell in cells)} |"


def _consequences(drawing: Drawing) -> Iterator[str]:
    for judged in drawing.changes:
        for it in judged.consequences:
            yield _consequence(it, judged.excuse or judged.excused.get(it, ""))
    for it in drawing.aside:
        yield _consequence(it, drawing.excused.get(it, ""))


def _consequence(consequence: Consequence, excuse: str) -> str:
    words = f"{consequence.impact.word}, {consequence.rule}: {_code(consequence.subject)}"
    where = f" ({_code(spot(consequence.place))})" if consequence.place else ""
    excused = f" (excused: {_sentence(excuse)})" if excuse else ""
    return f"- {words}: {_sentence(consequence.sentence)}{where}{excused}"


def _follow_up(items: Sequence[str]) -> _Section:
    """What follows from a drawing's changes; a long list is folded."""
    if len(items) <= OPEN_MAX:
        return _Section("consequence", items, [""])
    summary = f"<summary>{amount(len(items), 'consequence')}</summary>"
    return _Section("consequence", items, ["", f"<details>{summary}", ""], ["", "</details>"])


def _sentence(text: str) -> str:
    """A sentence whose words are code where it says so or Markdown could make something of them."""
    words = _cut(visible(text)).split()
    parts = groupby(words, key=lambda word: bool(PLAIN.fullmatch(word)))
    joined = ((is_plain, " ".join(it)) for is_plain, it in parts)
    return " ".join(it if is_plain else _code(it.replace("`", "")) for is_plain, it in joined)


def _code(text: str) -> str:
    """A text as a code span: between more backticks than it has in a row."""
    shown = _cut(visible(text))
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    is_touching = shown[:1] in ("`", " ") or shown[-1:] in ("`", " ")
    pad = " " if is_touching and shown.strip() else ""
    return f"{fence}{pad}{shown or ' '}{pad}{fence}"


def _cut(text: str) -> str:
    return text if len(text) <= 2 * TEXT_WIDTH else f"{text[: 2 * TEXT_WIDTH - 1]}…"
