"""Reads recorded traces: which node took which arrow of which drawing, and when.

A trace is a text with a step of a node in each line: the time in seconds, the node, the graph, the
arrow, and in brackets what was done on it, if anything.

    12.350 alice conn_states Connected --peer_closed--> BrokenPipe  [clean_up_link]
    12.351 alice mirrored_write w_send_dblock --P_DATA--> receive_Data
    12.351 alice mirrored_write al_begin_io --> drbd_make_request

An event that a state takes without leaving leads from the state to itself. A function that both
columns of a flow have is written with its column: `SyncSource.rs_begin_io`. Lines that are empty or
begin with `#` are passed by.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from codegen.parse import decode
from codegen.problems import Place, Problem, Rule, Severity, Source

BAD_TRACE_LINE: Final = Rule(
    "bad-trace-line",
    Severity.error,
    """A line of a trace is no step, so what it tells would silently be missing. Write the time, the
    node, the graph and the arrow, or begin the line with `#`.""",
)

FAULTS_MAX: Final = 20
"""Faults of one kind that are told of one trace, each at its place; the others are counted."""

_LINE: Final = re.compile(
    r"^(?:[ \t]*\d+(?:\.\d*)?[ \t]+\S+[ \t]+(?P<step>\S.*)|(?P<other>.*))$", re.MULTILINE
)
_STEP: Final = re.compile(
    r"(?P<graph>\S+)\s+(?P<source>\S+)\s+--(?:(?P<event>\w+)--)?>\s+(?P<target>\S+)"
    r"(?:\s+\[[^\[\]]*\])?\s*"
)


class Step(NamedTuple):
    """An arrow as a trace names it; in a flow `event` is the packet, empty where none crosses."""

    graph: str
    source: str
    event: str
    target: str

    @property
    def arrow(self) -> str:
        """The arrow as people write it: `Connected --peer_closed--> BrokenPipe`."""
        return f"{self.source} --{self.event and f'{self.event}--'}> {self.target}"


class Lines(NamedTuple):
    """Lines of a trace that say the same: the offset of the first, and how many they are."""

    offset: int
    number: int

    @property
    def remark(self) -> str:
        """What a sentence about them ends with."""
        return f" ({self.number} lines say so)" if self.number > 1 else ""


@dataclass(frozen=True, slots=True)
class Trace:
    """What one trace says: the steps in the order in which each comes first."""

    source: Source
    steps: dict[Step, Lines] = field(default_factory=dict)


def read_trace(name: str, data: bytes) -> tuple[Trace, list[Problem]]:
    """Read a trace; a line that is no step is a problem."""
    text, problems = decode(data, name)
    trace = Trace(Source(name, text))
    if problems:
        return trace, problems
    written, bad = _read_lines(text)
    for words, lines in written.items():
        if found := _STEP.fullmatch(words):
            step = Step(**found.groupdict(default=""))
            known = trace.steps.get(step, Lines(lines.offset, 0))
            trace.steps[step] = Lines(known.offset, known.number + lines.number)
        else:
            bad.append(lines)
    bad.sort()
    return trace, [
        *(_bad_line(trace.source, lines) for lines in bad[:FAULTS_MAX]),
        *problem_of_others(BAD_TRACE_LINE, trace.source, bad),
    ]


def stands(trace: Trace) -> dict[str, dict[str, str]]:
    """Each node of a trace, or volume of one, with the state in which each machine stands last."""
    found: dict[str, dict[str, str]] = {}
    for node, words in _by_node(trace.source.text):
        if step := _STEP.fullmatch(words):
            found.setdefault(node, {})[step["graph"]] = step["target"]
    return found


def steps_of(trace: Trace, node: str) -> Trace:
    """The part of a trace that one node, or volume of one, has written."""
    lines = "".join(f"0 {it} {words}\n" for it, words in _by_node(trace.source.text) if it == node)
    return read_trace(trace.source.name, lines.encode())[0]


def _by_node(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if not line.lstrip().startswith("#") and len(words := line.split(None, 2)) == 3:
            yield words[1], words[2]


def _read_lines(text: str) -> tuple[dict[str, Lines], list[Lines]]:
    """What stands behind time and node with its lines, and the lines that have none of these."""
    counts: Counter[str] = Counter()
    offsets: dict[str, int] = {}
    bad: list[Lines] = []
    for match in _LINE.finditer(text):
        words, other = match.groups()
        if words is not None:
            counts[words] += 1
            if words not in offsets:
                offsets[words] = match.start(1)
        elif other and other.strip() and not other.lstrip().startswith("#"):
            bad.append(Lines(match.start(), 1))
    return {words: Lines(offset, counts[words]) for words, offset in offsets.items()}, bad


def _bad_line(source: Source, lines: Lines) -> Problem:
    sentence = f"this is no step of a node{lines.remark}"
    hint = "write `12.350 alice GRAPH SOURCE --EVENT--> TARGET`"
    return Problem(Place(source, lines.offset), BAD_TRACE_LINE.name, sentence, hint)


def problem_of_others(rule: Rule, source: Source, faults: Sequence[Lines]) -> Iterator[Problem]:
    """One problem for all faulty lines behind the first FAULTS_MAX, which are told one by one."""
    if others := faults[FAULTS_MAX:]:
        count = sum(lines.number for lines in others)
        sentence = f"more such lines, {count} in all, begin here"
        yield Problem(Place(source, others[0].offset), rule.name, sentence)
