"""What `dotmirror draw` does: what a node did as pictures, or as one page.

It is told by a trace, or by the node itself while it runs.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from codegen.drawing import CannotDrawError, to_svg
from codegen.drawings import Drawings, read_drawings
from codegen.files import read_specs
from codegen.live import LiveVolume, VolumeTrace, live_volumes, volumes_of
from codegen.outputs import OutputError, save
from codegen.problems import Problem, Source
from codegen.render import hash_of, render_html
from codegen.review.svg import safe_svg
from codegen.say import Say
from codegen.trace import Lines, Step, Trace, read_trace

PAGE: Final = "live.html.j2"
LAST_LINES: Final = 200  # of the trace, on the page


class Wanted(NamedTuple):
    """Where it is drawn: a folder for a picture of each drawing, a file for a page with all.

    Either may be empty.
    """

    output: str
    html: str


class Running(NamedTuple):
    """What a node that runs tells of one volume."""

    states: Mapping[str, str]
    """Drawing -> the state in which its machine is."""
    counts: Mapping[tuple[str, str, str, str], int]
    """Drawing, source, event and target of a row -> how often it was taken."""


class _Account(NamedTuple):
    """All that is drawn, whoever tells it."""

    name: str
    volumes: Sequence[VolumeTrace]
    last_lines: Sequence[str]
    remark: str


def draw_trace(*, say: Say, name: str, trace: bytes, volumes: Sequence[str], wanted: Wanted) -> int:
    """Draw what the trace `name` says of volumes, of all if none is named; return the exit code."""
    read, problems = read_trace(name, trace)
    drawings = own_drawings()
    found = volumes_of(drawings, read)
    if sentence := _fault(name, problems, found, volumes):
        say(sentence, error=True, style="red")
        return 1
    lines = read.source.text.splitlines()
    remark = f"From {len(lines):,} lines of trace."
    told = [it for it in found if not volumes or it.name in volumes]
    return _draw(say, drawings, _Account(name, told, lines[-LAST_LINES:], remark), wanted)


def draw_running(
    *,
    say: Say,
    name: str,
    volumes: Mapping[str, Running],
    last_lines: Sequence[str],
    wanted: Wanted,
) -> int:
    """Draw what a node tells of its volumes while it runs; return the exit code."""
    told = [
        VolumeTrace(volume, it.states, _counted(name, it.counts)) for volume, it in volumes.items()
    ]
    steps = sum(sum(it.counts.values()) for it in volumes.values())
    remark = f"{steps:,} steps since the node began."
    return _draw(say, own_drawings(), _Account(name, told, last_lines, remark), wanted)


def _counted(name: str, counts: Mapping[tuple[str, str, str, str], int]) -> Trace:
    """The trace of a node that has counted its steps instead of writing all of them down."""
    steps = {Step(*row): Lines(0, count) for row, count in counts.items()}
    return Trace(Source(name, ""), steps)


def _draw(say: Say, drawings: Drawings, account: _Account, wanted: Wanted) -> int:
    found, problems = live_volumes(drawings, account.volumes)
    if problems:
        say(_of_another_version(problems[0]), error=True, style="red")
        return 1
    try:
        made = dict(_made(found, account, wanted))
        save(made)
    except (CannotDrawError, OutputError) as error:
        say(str(error), error=True, style="red")
        return 1
    for path in made:
        say(f"drawn: {path}", error=True)
    return 0


def _of_another_version(problem: Problem) -> str:
    return f"{problem}; is this of another version of dotmirror?"


def _fault(
    name: str, problems: Sequence[Problem], found: Sequence[VolumeTrace], volumes: Sequence[str]
) -> str:
    """Why there is nothing to draw, in one sentence; empty if there is."""
    if problems:
        return _of_another_version(problems[0])
    missing = sorted(set(volumes) - {it.name for it in found})
    if missing:
        return f"{name} says nothing of {', '.join(missing)}"
    return "" if found else f"{name} has no steps of a node yet"


def own_drawings() -> Drawings:
    """The drawings of this installation: beside the package in a checkout, in it in a wheel."""
    inside = Path(__file__).parent
    root = inside if (inside / "specs").is_dir() else inside.parent
    specs, _ = read_specs(root)
    return read_drawings(specs)


def _made(
    found: Sequence[LiveVolume], account: _Account, wanted: Wanted
) -> Iterator[tuple[Path, str]]:
    pictures = {
        (volume.name, graph.name): safe_svg(graph.graph, to_svg)
        for volume in found
        for graph in volume.graphs
        if graph.state or graph.rows
    }
    if wanted.output:
        for (volume_name, graph_name), svg in pictures.items():
            yield Path(wanted.output) / volume_name / f"{graph_name}.svg", f"{svg}\n"
    if wanted.html:
        yield Path(wanted.html), _page(found, pictures, account)


def _page(
    found: Sequence[LiveVolume], pictures: Mapping[tuple[str, str], str], account: _Account
) -> str:
    """All pictures, counters and the last steps as a page that needs nothing else."""
    template = Path(__file__).with_name(PAGE).read_text(encoding="utf-8")
    return render_html(
        template,
        {
            "title": f"{account.name}: {', '.join(volume.name for volume in found)}",
            "remark": f"{account.remark} Amber is where a machine stands, green what was taken"
            " and how often, grey what never was.",
            "volumes": found,
            "pictures": pictures,
            "last_lines": "\n".join(account.last_lines),
            "style_hash": hash_of(template, "style"),
        },
    )
