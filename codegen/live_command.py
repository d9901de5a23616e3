"""What `dotmirror draw` does: a node's trace as pictures, or as one page."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from codegen.drawing import CannotDrawError, to_svg
from codegen.drawings import Drawings, read_drawings
from codegen.files import read_specs
from codegen.live import LiveVolume, live_volumes
from codegen.outputs import OutputError, save
from codegen.problems import Problem, Source
from codegen.render import hash_of, render_html
from codegen.review.svg import safe_svg
from codegen.say import Say
from codegen.trace import read_trace

PAGE: Final = "live.html.j2"
LAST_LINES: Final = 200  # of the trace, on the page


def draw_live(
    *, say: Say, name: str, trace: bytes, volumes: Sequence[str], output: str, html: str
) -> int:
    """Draw what the trace `name` says of volumes, of all if none is named; return the exit code.

    `output` is a folder for a picture of each drawing, `html` a page with all of them; either may
    be empty.
    """
    read, problems = read_trace(name, trace)
    drawings = own_drawings()
    found, wrong = live_volumes(drawings, read, names=volumes)
    if sentence := _fault(name, [*problems, *wrong], found, volumes):
        say(sentence, error=True, style="red")
        return 1
    try:
        made = dict(_made(found, read.source, output=output, html=html))
        save(made)
    except (CannotDrawError, OutputError) as error:
        say(str(error), error=True, style="red")
        return 1
    for path in made:
        say(f"drawn: {path}", error=True)
    return 0


def _fault(
    name: str, problems: Sequence[Problem], found: Sequence[LiveVolume], volumes: Sequence[str]
) -> str:
    """Why there is nothing to draw, in one sentence; empty if there is."""
    if problems:
        it = problems[0]
        return f"{it}; is the trace of another version of dotmirror?"
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
    found: Sequence[LiveVolume], trace: Source, *, output: str, html: str
) -> Iterator[tuple[Path, str]]:
    pictures = {
        (volume.name, graph.name): safe_svg(graph.graph, to_svg)
        for volume in found
        for graph in volume.graphs
        if graph.state or graph.rows
    }
    if output:
        for (volume_name, graph_name), svg in pictures.items():
            yield Path(output) / volume_name / f"{graph_name}.svg", f"{svg}\n"
    if html:
        yield Path(html), make_page(found, pictures, trace)


def make_page(
    found: Sequence[LiveVolume], pictures: dict[tuple[str, str], str], trace: Source
) -> str:
    """All pictures, counters and the last steps as a page that needs nothing else."""
    template = Path(__file__).with_name(PAGE).read_text(encoding="utf-8")
    lines = trace.text.splitlines()
    return render_html(
        template,
        {
            "title": f"{trace.name}: {', '.join(volume.name for volume in found)}",
            "remark": f"{len(lines):,} lines of trace; amber is where a machine stands, green what"
            " was taken and how often, grey what never was.",
            "volumes": found,
            "pictures": pictures,
            "last_lines": "\n".join(lines[-LAST_LINES:]),
            "style_hash": hash_of(template, "style"),
        },
    )
