"""How much of the states and flows drawings recorded traces have taken: numbers and pictures."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import log10
from operator import eq
from typing import Final, NamedTuple

from codegen.drawings import Drawings
from codegen.flows.model import Flow
from codegen.graph import Edge, Graph, Node
from codegen.names import did_you_mean
from codegen.painting import Paint, painted
from codegen.problems import Place, Problem, Rule, Severity
from codegen.states.model import Machine
from codegen.trace import BAD_TRACE_LINE, FAULTS_MAX, Lines, Step, Trace, problem_of_others

TRACE_WITHOUT_ARROW: Final = Rule(
    "trace-without-arrow",
    Severity.error,
    """A step of a trace is no arrow of the drawings, or could be several: a node did what the
    drawing does not allow, or the trace was recorded with another drawing. It is not counted. Draw
    the arrow, mend the program, or record the trace again.""",
)
RULES: Final = (BAD_TRACE_LINE, TRACE_WITHOUT_ARROW)

ARROW: Final = "arrow"
STAY: Final = "stay"
ANY_STATE: Final = "any-state"
"""What a row can be: an arrow, an item of `stays`, or one state's part in an any-state arrow."""

TAKEN: Final = "#006400"
NEVER: Final = "#b0b0b0"
NEVER_FILL: Final = "#f4f4f4"
PEN_WIDTH_MAX: Final = 6.0
NODE_NAME: Final = r"\N"
LINE_BREAK: Final = r"\n"
"""What Graphviz makes of these in a label."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a trace can tell apart: an arrow, or several that differ in guard or case only.

    `tail` and `head` are nodes of the drawing, `places` those of the arrows. An any-state arrow has
    a row for each state that takes it, at its own place.
    """

    step: Step
    tail: str
    head: str
    kind: str
    places: tuple[Place, ...]
    count: int = 0

    @property
    def text(self) -> str:
        """The row as people write it."""
        step = self.step
        return f"{step.source} stays on {step.event}" if self.kind == STAY else step.arrow


class Score(NamedTuple):
    """How many rows of how many were taken, and in how many steps."""

    taken: int
    total: int
    steps: int

    @property
    def percent(self) -> float:
        """The share of the rows that was taken; where there are none, nothing is missing."""
        return 100 * self.taken / self.total if self.total else 100.0

    @property
    def shown(self) -> str:
        """The percent for people: rounded down, so that 100 means that nothing is missing."""
        tenths = 1000 * self.taken // self.total if self.total else 1000
        return f"{tenths // 10}.{tenths % 10} %"

    def __str__(self) -> str:
        """A line of the table."""
        steps = f"{self.steps} step{'' if self.steps == 1 else 's'}"
        return f"{self.shown:>7}  {self.taken} of {self.total} rows, {steps}"


def score(rows: Iterable[Row]) -> Score:
    """How much of some rows was taken."""
    counts = [row.count for row in rows]
    return Score(len(counts) - counts.count(0), len(counts), sum(counts))


@dataclass(frozen=True, slots=True)
class Coverage:
    """One graph and its rows; `kind` is `states` or `flows`."""

    kind: str
    name: str
    place: Place
    rows: tuple[Row, ...]


def total(covered: Iterable[Coverage]) -> Score:
    """How much of all graphs was taken."""
    return score(row for it in covered for row in it.rows)


def cover(drawings: Drawings, traces: Iterable[Trace]) -> tuple[list[Coverage], list[Problem]]:
    """Count the steps of traces, one trace after another; a step without a row is a problem."""
    ledger = _Ledger(drawings)
    problems = [problem for trace in traces for problem in ledger.enter(trace)]
    return ledger.coverages(), problems


class _Ledger:
    """The rows of all drawings, how a trace may spell them, and how often each was taken."""

    def __init__(self, drawings: Drawings) -> None:
        self.graphs: list[Coverage] = []
        self.spelled: dict[Step, list[Row]] = {}
        self.counts: Counter[Row] = Counter()
        for machine in drawings.machines:
            rows = _machine_rows(machine)
            self.graphs.append(Coverage("states", machine.name, machine.place, rows))
            self.spell((row.step, row) for row in rows)
        for flow in drawings.flows:
            rows = _flow_rows(flow)
            self.graphs.append(Coverage("flows", flow.name, flow.place, rows))
            self.spell((step, row) for row in rows for step in _flow_spellings(row, flow))

    def spell(self, spellings: Iterable[tuple[Step, Row]]) -> None:
        """Note what a trace may write for a row."""
        for step, row in spellings:
            self.spelled.setdefault(step, []).append(row)

    def enter(self, trace: Trace) -> Iterator[Problem]:
        """Count the steps of a trace."""
        faults: list[tuple[Lines, Step]] = []
        for step, lines in trace.steps.items():
            rows = self.spelled.get(step, [])
            if len(rows) == 1:
                self.counts[rows[0]] += lines.number
            else:
                faults.append((lines, step))
        for lines, step in faults[:FAULTS_MAX]:
            yield self.problem(step, lines, Place(trace.source, lines.offset))
        all_lines = [lines for lines, _ in faults]
        yield from problem_of_others(TRACE_WITHOUT_ARROW, trace.source, all_lines)

    def problem(self, step: Step, lines: Lines, place: Place) -> Problem:
        """Say what is wrong with a step that is not exactly one row."""
        graphs = [graph for graph in self.graphs if graph.name == step.graph]
        if not graphs:
            sentence = f"there is no states or flows drawing {step.graph}"
            hint = did_you_mean(step.graph, (graph.name for graph in self.graphs))
        elif rows := self.spelled.get(step):
            sentence = f"{step.graph} has {len(rows)} arrows {step.arrow}"
            hint = f"write {' or '.join(row.step.arrow for row in rows)}"
        else:
            sentence = f"{step.graph} has no arrow {step.arrow}"
            hint = did_you_mean(step.arrow, _like(step, graphs))
        return Problem(place, TRACE_WITHOUT_ARROW.name, f"{sentence}{lines.remark}", hint)

    def coverages(self) -> list[Coverage]:
        """Every graph with what was counted."""
        return [
            replace(it, rows=tuple(replace(row, count=self.counts[row]) for row in it.rows))
            for it in self.graphs
        ]


def _like(step: Step, graphs: Iterable[Coverage]) -> list[str]:
    """The arrows that share most names with a step."""
    shared: dict[int, list[str]] = {}
    for row in (row for graph in graphs for row in graph.rows):
        count = sum(map(eq, row.step, step))
        shared.setdefault(count, []).append(row.step.arrow)
    return shared[max(shared)] if shared else []


def _machine_rows(machine: Machine) -> tuple[Row, ...]:
    any_state = {(it.arrow.place, it.arrow.event, it.arrow.target) for it in machine.any_state}
    rows = []
    for arrow in machine.arrows:
        step = Step(machine.name, arrow.source, arrow.event, arrow.target)
        is_any_state = (arrow.place, arrow.event, arrow.target) in any_state
        kind = STAY if arrow.stays else ANY_STATE if is_any_state else ARROW
        rows.append(Row(step, arrow.source, arrow.target, kind, (arrow.place,)))
    return _united(rows)


def _flow_rows(flow: Flow) -> tuple[Row, ...]:
    names = _trace_names(flow)
    return _united(
        Row(
            Step(flow.name, names[arrow.tail], arrow.packet, names[arrow.head]),
            arrow.tail,
            arrow.head,
            ARROW,
            (arrow.place,),
        )
        for arrow in flow.arrows
    )


def _united(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Rows that a trace cannot tell apart become one with the places of all."""
    united: dict[Step, Row] = {}
    for row in rows:
        known = united.get(row.step)
        united[row.step] = replace(known, places=known.places + row.places) if known else row
    return tuple(united.values())


def _trace_names(flow: Flow) -> dict[str, str]:
    """Node -> its function, behind its column where both columns have one of that name."""
    counts = Counter(step.function for step in flow.steps)
    return {
        step.name: step.function if counts[step.function] == 1 else f"{step.column}.{step.function}"
        for step in flow.steps
    }


def _flow_spellings(row: Row, flow: Flow) -> Iterator[Step]:
    """A row with each end as a function, as `Column.function`, and as the drawing's node."""
    ends = []
    for name in (row.tail, row.head):
        step = flow.by_name[name]
        ends.append({step.function, f"{step.column}.{step.function}", step.name})
    for source, target in product(*ends):
        yield Step(flow.name, source, row.step.event, target)


def text(covered: Sequence[Coverage]) -> Iterator[str]:
    """A line for each graph, one for each of its arrows with a remark, and one for the total."""
    width = max([len("total"), *(len(it.name) for it in covered)])
    for it in covered:
        yield f"{it.name:{width}}  {score(it.rows)}"
        for place, remark in sorted(_remarks(it.rows), key=lambda found: found[0].offset):
            yield f"  {place.file}:{place.line}: {remark}"
    yield f"{'total':{width}}  {total(covered)}"


def _remarks(rows: Iterable[Row]) -> Iterator[tuple[Place, str]]:
    """What was never taken, and what counts as one row."""
    any_state: dict[tuple[Place, str], list[Row]] = {}
    for row in rows:
        if len(row.places) > 1:
            sentence = f"one row stands for {len(row.places)} arrows, which differ in guard or case"
            yield row.places[0], f"{row.text}: {sentence}"
        if row.kind == ANY_STATE:
            any_state.setdefault((row.places[0], row.head), []).append(row)
        elif not row.count:
            yield row.places[0], f"never taken: {row.text}"
    for (place, _), shares in any_state.items():
        never = [row.tail for row in shares if not row.count]
        arrow = shares[0].step._replace(source="*").arrow
        names = f": {', '.join(never)}" if len(never) < len(shares) else ""
        if never:
            yield place, f"never taken: {arrow} by {len(never)} of {len(shares)} states{names}"


def as_json(covered: Sequence[Coverage]) -> dict[str, object]:
    """The coverage as values for JSON.

    The whole and each of `graphs` have `percent`, `taken`, `total` (of rows) and `steps`; a graph
    has `kind`, `name`, `file`, `line` and `rows`; a row has `source`, `event` (of a flow, the
    packet), `target`, `kind` (arrow, stay, any-state), `line`, `arrows` (how many it stands for)
    and `count`.
    """
    return {**_score_fields(total(covered)), "graphs": [_graph_fields(it) for it in covered]}


def _graph_fields(covered: Coverage) -> dict[str, object]:
    return {
        "kind": covered.kind,
        "name": covered.name,
        "file": covered.place.file,
        "line": covered.place.line,
        **_score_fields(score(covered.rows)),
        "rows": [_row_fields(row) for row in covered.rows],
    }


def _score_fields(it: Score) -> dict[str, object]:
    return {"percent": it.percent, **it._asdict()}


def _row_fields(row: Row) -> dict[str, object]:
    return {
        "source": row.step.source,
        "event": row.step.event,
        "target": row.step.target,
        "kind": row.kind,
        "line": row.places[0].line,
        "arrows": len(row.places),
        "count": row.count,
    }


def picture(graph: Graph, covered: Coverage) -> Graph:
    """The graph painted: what was taken is green and tells how often, what never was is grey."""
    arrows: dict[tuple[Place, str, str], list[Row]] = {}
    any_state: dict[tuple[Place, str], list[Row]] = {}
    for row in covered.rows:
        for place in row.places:
            if row.kind == ARROW:
                arrows[place, row.tail, row.head] = [row]
            elif row.kind == ANY_STATE:
                any_state.setdefault((place, row.head), []).append(row)
    paints: dict[int, Paint] = {}
    for index, edge in enumerate(graph.edges):
        own = arrows.get((edge.place, edge.tail, edge.head))
        rows = own or any_state.get((edge.place, edge.head), [])
        if rows or covered.kind == "states":
            paints[index] = _edge_paint(edge, rows)
    return painted(graph, _node_paints(graph, covered.rows), paints)


def _edge_paint(edge: Edge, rows: Sequence[Row]) -> Paint:
    """The paint of an arrow with its rows; a summary has none."""
    label = edge.attributes.get("label")
    shown = label.text if label and not label.html else rows[0].step.event if rows else ""
    taken = score(rows)
    if not taken.steps:
        style = {} if rows else {"style": "dotted"}
        return {"color": NEVER, "fontcolor": NEVER, "penwidth": "1", "label": shown, **style}
    states = f", {taken.taken} of {taken.total} states" if rows[0].kind == ANY_STATE else ""
    return {
        "color": TAKEN,
        "fontcolor": TAKEN,
        "penwidth": f"{min(2 + log10(taken.steps), PEN_WIDTH_MAX):.1f}",
        "label": f"{shown} ({taken.steps}{states})".lstrip(),
    }


def _node_paints(graph: Graph, rows: Iterable[Row]) -> dict[str, Paint]:
    """Grey for the nodes at which no trace ever was; the others tell how often they stayed."""
    seen: set[str] = set()
    stays: dict[str, list[Row]] = {}
    for row in rows:
        seen |= {row.tail, row.head} if row.count else set()
        if row.kind == STAY:
            stays.setdefault(row.tail, []).append(row)
    never = {"color": NEVER, "fontcolor": NEVER, "fillcolor": NEVER_FILL}
    return {
        node.name: _stay_paint(node, stays.get(node.name, [])) if node.name in seen else never
        for node in graph.nodes.values()
    }


def _stay_paint(node: Node, rows: Sequence[Row]) -> Paint:
    label = node.attributes.get("label")
    if not rows or (label and label.html):
        return {}
    stayed = score(rows)
    remark = f"stayed {stayed.steps}, on {stayed.taken} of {stayed.total} events"
    return {"label": f"{label.text if label else NODE_NAME}{LINE_BREAK}{remark}"}
