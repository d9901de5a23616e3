"""Which rows of the tables and which steps of the flows the nodes of a test run have taken.

Every node that a test lets live notes its steps here. At the end of the run all of them are held
against the drawings, and what nobody has taken is printed.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from codegen.coverage import Coverage, Score, cover, score
from codegen.drawings import Drawings
from codegen.trace import read_trace
from runtime.effects import FlowTraced
from runtime.trace import Told, Trace

STAMP: Final = "0.000 node"
"""Time and node, which do not matter here."""


class StepsTaken:
    """All steps of one run, each once."""

    def __init__(self) -> None:
        self._told: set[tuple[object, ...]] = set()
        self.steps: set[str] = set()
        """What stands behind time and node in a line of a trace."""

    def note(self, told: Told) -> None:
        """A node in this process has done something."""
        key = (told.flow.drawing, *told.steps) if isinstance(told, FlowTraced) else told.arrows
        if key in self._told:
            return
        self._told.add(key)
        trace = Trace("node")
        trace.tell(0.0, told)
        self.note_lines(trace.lines())

    def note_lines(self, lines: Iterable[str]) -> None:
        """Lines of a trace."""
        self.steps.update(line.split(" ", 2)[2] for line in lines)

    def note_file(self, trace: Path) -> None:
        """A node in another process has written this; a kill may have torn its last line."""
        self.note_lines(trace.read_text().split("\n")[:-1])

    def coverages(self, drawings: Drawings) -> list[Coverage]:
        """How often each row of each drawing was taken; a step that is no row is a fault."""
        lines = "".join(f"{STAMP} {step}\n" for step in sorted(self.steps))
        trace, faults = read_trace("the run", lines.encode())
        covered, wrong = cover(drawings, [trace])
        problems = [*faults, *wrong]
        assert not problems, problems
        return covered


TAKEN: Final = StepsTaken()
"""Those of this process; each worker of a run has one, and the first process gets them all."""


def counts(covered: Iterable[Coverage]) -> str:
    """One line for all drawings."""
    covered = list(covered)
    tables = [it for it in covered if it.kind == "states"]
    flows = [it for it in covered if it.kind == "flows"]
    return (
        f"{_part(tables)} rows of the transition tables and {_part(flows)} steps of the flows"
        " were taken"
    )


def rows(covered: Iterable[Coverage], *, taken: bool) -> list[str]:
    """The rows of all drawings that were taken, or were not."""
    return [
        f"{coverage.name} {row.text}"
        for coverage in covered
        for row in coverage.rows
        if bool(row.count) is taken
    ]


def _part(covered: Iterable[Coverage]) -> str:
    it: Score = score(row for coverage in covered for row in coverage.rows)
    return f"{it.taken} of {it.total}"
