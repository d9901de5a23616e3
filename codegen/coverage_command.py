"""What `dotgen coverage` does: read traces, print how much of the drawings they took, paint it."""

import gzip
import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from codegen.commands import Project, report
from codegen.coverage import Coverage, as_json, cover, picture, text, total
from codegen.drawing import CannotDrawError, to_svg
from codegen.drawings import Drawings
from codegen.files import cause
from codegen.names import did_you_mean
from codegen.outputs import OutputError, save
from codegen.problems import Problem
from codegen.report import is_failure
from codegen.say import Say
from codegen.trace import Trace, read_trace

STANDARD_INPUT: Final = "-"
COMPRESSED: Final = ".gz"


class WrongUsageError(Exception):
    """What was asked for is not there; the sentence says what."""


def coverage(
    *,
    say: Say,
    root: str,
    traces: Sequence[str],
    form: str,
    output: str,
    fail_under: float | None,
    graphs: Sequence[str],
) -> int:
    """Count what traces took of the drawings, of `graphs` or of all; return the exit code.

    `form` is `text` or `json`; `output` is a folder for painted drawings, or empty.
    """
    project = Project(root)
    drawings = project.drawings()
    if is_failure(found := project.findings()):
        report(found, "text", say)
        return 1
    try:
        chosen = _chosen(drawings, graphs)
        faults: list[Problem] = []
        covered, wrong_steps = cover(drawings, _read(traces, faults))
    except WrongUsageError as error:
        say(str(error), error=True, style="red")
        return 2
    project.problems = faults + wrong_steps
    report(found := project.findings(), "text", say)
    covered = [it for it in covered if it.name in chosen]
    _print(covered, form, say)
    is_drawn = not output or _draw(covered, drawings, Path(output), say)
    is_enough = fail_under is None or _reaches(fail_under, covered, say)
    return 0 if is_drawn and is_enough and not is_failure(found) else 1


def _chosen(drawings: Drawings, graphs: Sequence[str]) -> set[str]:
    """The names of the graphs to tell of."""
    known = {machine.name for machine in drawings.machines}
    known |= {flow.name for flow in drawings.flows}
    for name in graphs:
        if name not in known:
            hint = did_you_mean(name, sorted(known)) or f"there are {', '.join(sorted(known))}"
            raise WrongUsageError(f"there is no states or flows drawing {name} ({hint})")
    return set(graphs) or known


def _read(traces: Sequence[str], problems: list[Problem]) -> Iterator[Trace]:
    """The traces, one in memory at a time; what is wrong with their lines goes to `problems`."""
    for name in traces:
        trace, faults = read_trace(*_content(name))
        problems += faults
        yield trace


def _content(name: str) -> tuple[str, bytes]:
    """A trace's name for messages, and its text."""
    if name == STANDARD_INPUT:
        return "standard input", sys.stdin.buffer.read()
    try:
        data = Path(name).read_bytes()
        return name, gzip.decompress(data) if name.endswith(COMPRESSED) else data
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise WrongUsageError(f"{name} is no whole gzip file") from None
    except OSError as error:
        raise WrongUsageError(f"{name} cannot be read: {cause(error)}") from None


def _print(covered: Sequence[Coverage], form: str, say: Say) -> None:
    if form == "json":
        say(json.dumps(as_json(covered), indent=2))
        return
    for line in text(covered):
        say(line)


def _draw(covered: Sequence[Coverage], drawings: Drawings, folder: Path, say: Say) -> bool:
    """Paint each graph into `folder`/kind/name.svg; whether all went well."""
    graphs = {graph.place: graph for _, graph in drawings.graphs}
    try:
        made = {
            folder / it.kind / f"{it.name}.svg": to_svg(picture(graphs[it.place], it))
            for it in covered
        }
        save(made)
    except (CannotDrawError, OutputError) as error:
        say(str(error), error=True, style="red")
        return False
    for path in made:
        say(f"drawn: {path}", error=True)
    return True


def _reaches(limit: float, covered: Sequence[Coverage], say: Say) -> bool:
    """Whether the limit is reached; says so when not."""
    reached = total(covered)
    if reached.percent < limit:
        say(f"the limit is {limit:g} %, the traces took {reached.shown}", error=True, style="red")
    return reached.percent >= limit
