"""What `dotgen diff` does: two sides become a review, which is printed, written and judged."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from codegen.build import Progress, no_progress
from codegen.commands import RULES as RULES_OF_DRAWINGS
from codegen.commands import Project, report
from codegen.config import DiffConfig
from codegen.drawing import CannotDrawError, to_svg
from codegen.drawings import UNREADABLE, Drawings, read_drawings
from codegen.git import GitError
from codegen.graph import Graph
from codegen.outputs import OutputError, save
from codegen.report import findings, is_failure, summary
from codegen.review.changes import IMPACTS
from codegen.review.gate import excused, fails, idle_note, verdict
from codegen.review.implementers import Implementers
from codegen.review.judge import RULES, review
from codegen.review.judge import Side as Judgeable
from codegen.review.machine_readable import as_json, as_sarif
from codegen.review.markdown import markdown
from codegen.review.page import make_page
from codegen.review.picture import united
from codegen.review.report import Review
from codegen.review.sides import (
    WORKING_TREE,
    Side,
    SidesError,
    read_implementers,
    read_revision,
    read_sides,
)
from codegen.review.svg import safe_svg
from codegen.review.text import lines
from codegen.say import Say

PAGE: Final = "page.html.j2"
PICTURES_OF_A_DRAWING: Final = 3
"""Those that the page has of a drawing with two sides."""


class _NothingToReviewError(Exception):
    """A side cannot be read; what is wrong has been said."""


def diff(
    root: str,
    *,
    say: Say,
    sides: Sequence[str],
    paths: Sequence[str],
    form: str,
    outputs: Mapping[str, str],
    fail_on: str,
    baseline: str,
    verbose: bool,
    progress: Progress = no_progress,
) -> int:
    """Compare two sides and tell what it means; return the exit code.

    `outputs` are the files to write: `output` for what is printed otherwise, `html`, and the folder
    `svg`.
    """
    if outputs.get("output") and outputs.get("output") == outputs.get("html"):
        say(f"{outputs['html']} is named for two outputs: -o and --html", error=True, style="red")
        return 2
    project = Project(root)
    if project.problems:
        report(project.findings(), "text", say)
        return 1
    settings = project.config.diff
    try:
        found = _reviewed(
            project, sides, paths=paths, baseline=baseline or settings.baseline, say=say
        )
    except (SidesError, GitError) as error:
        say(str(error), error=True, style="red")
        return 2
    except _NothingToReviewError:
        return 1
    found = _with_excuses(found, settings, is_whole=not (paths or sides))
    try:
        _write(found, outputs, form, say=say, draw=_Draw(found, outputs, progress))
    except (OutputError, CannotDrawError) as error:
        say(str(error), error=True, style="red")
        return 1
    if not outputs.get("output"):
        _print(found, form, say, verbose=verbose)
    return _judge(found, fail_on or settings.fail_on, say)


def _judge(found: Review, limit: str, say: Say) -> int:
    """What the gate says, where there is one; the exit code."""
    if not limit:
        return 0
    impact = IMPACTS[limit.lower()]
    is_failed = fails(found, impact)
    say(verdict(found, impact), error=True, style="red" if is_failed else "green")
    return 1 if is_failed else 0


def _reviewed(
    project: Project, words: Sequence[str], *, paths: Sequence[str], baseline: str, say: Say
) -> Review:
    """Compare what the arguments name."""
    old, new, told = read_sides(project.root, words, paths)
    published = read_revision(project.root, baseline) if baseline else None
    sides = [_read(side, project, say) for side in (old, new, *([published] if published else []))]
    known = {path for side in (old, new) for path in side.files}
    is_same = old.files == new.files
    found = review(
        Judgeable(old.label, sides[0].drawings),
        Judgeable(new.label, sides[1].drawings),
        Implementers() if is_same else read_implementers(project.root),
        baseline=Judgeable(baseline, sides[2].drawings) if published else None,
    )
    drawings = found.drawings
    if told:
        chosen = {path for path in known if any(_is_at(path, name) for name in told)}
        drawings = tuple(it for it in drawings if {it.old_file, it.new_file} & chosen)
    notes = tuple(note for side in sides for note in side.notes)
    return replace(found, drawings=drawings, notes=notes)


def _is_at(path: str, name: str) -> bool:
    return path == name or path.startswith(f"{name}/")


class _ReadSide:
    """The drawings of a side, and what a reader should know of them."""

    def __init__(self, side: Side, drawings: Drawings, project: Project) -> None:
        self.drawings = drawings
        found = findings(drawings.problems, RULES_OF_DRAWINGS, project.config.severities)
        is_here = side.label == WORKING_TREE
        advice = "; `dotgen lint` tells them" if is_here else ""
        remark = f"{side.label} has faults: {summary(found)}{advice}"
        self.notes = [remark] if is_failure(found) else []
        self.notes += [side.note] if side.note else []


def _read(side: Side, project: Project, say: Say) -> _ReadSide:
    """Read the drawings of a side; raises _NothingToReviewError where one is no drawing."""
    drawings = read_drawings(side.files, kind=side.kind)
    problems = [*side.problems, *(it for it in drawings.problems if it.rule in UNREADABLE)]
    if problems:
        report(findings(problems, RULES_OF_DRAWINGS, {}), "text", say)
        say(f"nothing is compared: {side.label} cannot be read", error=True, style="red")
        raise _NothingToReviewError
    return _ReadSide(side, drawings, project)


def _with_excuses(found: Review, settings: DiffConfig, *, is_whole: bool) -> Review:
    """Let the project's exceptions cover what they name; tell of those that cover nothing.

    Where only a part is compared, it is no wonder that some do not.
    """
    if not settings.exceptions:
        return found
    found, idle = excused(found, settings.exceptions)
    notes = tuple(idle_note(it) for it in idle) if is_whole else ()
    return replace(found, notes=found.notes + notes)


class _Draw:
    """Draws with the installed Graphviz, and says how far it is."""

    def __init__(self, found: Review, outputs: Mapping[str, str], progress: Progress) -> None:
        page = PICTURES_OF_A_DRAWING if outputs.get("html") else 0
        self.total = len(found.drawings) * (page + bool(outputs.get("svg")))
        self.progress = progress

    def __call__(self, graph: Graph) -> str:
        """The graph as SVG; raises CannotDrawError."""
        self.progress(self.total, graph.name)
        return to_svg(graph)


def _write(
    found: Review,
    outputs: Mapping[str, str],
    form: str,
    *,
    say: Say,
    draw: Callable[[Graph], str],
) -> None:
    """Write the files that are asked for: all of them, or none."""
    made = dict(_made(found, outputs, form, draw))
    save(made)
    for path in made:
        say(f"written: {path}", error=True)


def _made(
    found: Review, outputs: Mapping[str, str], form: str, draw: Callable[[Graph], str]
) -> Iterator[tuple[Path, str]]:
    if folder := outputs.get("svg"):
        for drawing in found.drawings:
            path = Path(folder) / drawing.kind / f"{drawing.name}.svg"
            yield path, f"{safe_svg(united(drawing), draw)}\n"
    if page := outputs.get("html"):
        template = Path(__file__).with_name(PAGE).read_text(encoding="utf-8")
        yield Path(page), make_page(found, RULES, draw, template)
    if output := outputs.get("output"):
        yield Path(output), f"{_text(found, form).rstrip()}\n"


def _text(found: Review, form: str) -> str:
    """The review in a form; as text without colours, and whole."""
    match form:
        case "markdown":
            return markdown(found)
        case "json":
            return as_json(found, RULES)
        case "sarif":
            return as_sarif(found, RULES)
    return "\n".join(line.text for line in lines(found, verbose=True))


def _print(found: Review, form: str, say: Say, *, verbose: bool) -> None:
    if form != "text":
        say(_text(found, form).rstrip("\n"))
        return
    for line in lines(found, verbose=verbose):
        say(line.text, style=line.style)
