"""`dotmirror draw`: what a node did, in pictures."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from codegen.live_command import Running, Wanted, draw_running, draw_trace
from runtime.cli.asking import asking, names_that_begin, refusals, socket_option, stop
from runtime.control.codes import EXIT_FAILURE

DRAW_EXAMPLES: Final = """\b
Examples:
  dotmirror draw --html node.html
  dotmirror draw r0/0 -o pictures
  dotmirror draw --trace alice.trace --html node.html
"""
FOLDER: Final = "drawn"


@click.command(epilog=DRAW_EXAMPLES)
@click.argument(
    "names", metavar="[RESOURCE[/VOLUME]]...", nargs=-1, shell_complete=names_that_begin
)
@socket_option
@click.option(
    "--trace",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A trace that was recorded, instead of a node that runs; its volumes are NODE[/VOLUME].",
)
@click.option(
    "-o",
    "--output",
    default="",
    metavar="FOLDER",
    help=f"A picture of each drawing there.  [default: {FOLDER}, unless --html is given]",
)
@click.option("--html", default="", metavar="FILE", help="One self-contained page with all.")
def draw(names: tuple[str, ...], control_path: Path | None, **given: Any) -> None:
    """Draw a node's state graphs: the state it is in, and how often it took which arrow."""
    wanted = Wanted(given["output"] or ("" if given["html"] else FOLDER), given["html"])
    if trace := given["trace"]:
        code = draw_trace(
            say=_say,
            name=str(trace),
            trace=trace.read_bytes(),
            volumes=names,
            wanted=wanted,
        )
        raise SystemExit(code)
    with asking(control_path) as client, refusals("all"):
        resources = client.ask("accounts")["resources"]
    volumes = dict(_chosen(resources, names))
    lines = [line for it in resources for line in it["last_lines"]]
    raise SystemExit(
        draw_running(say=_say, name="dotmirror", volumes=volumes, last_lines=lines, wanted=wanted)
    )


def _chosen(
    resources: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> Iterator[tuple[str, Running]]:
    """The volumes that are named, or all."""
    known = {
        (it["name"], f"{it['name']}/{volume['volume']}"): volume
        for it in resources
        for volume in it["volumes"]
    }
    spoken = {name for pair in known for name in pair}
    for name in names:
        if name not in {*spoken, "all"}:
            stop(f"{name}: No such resource or volume", EXIT_FAILURE)
    for (resource, name), volume in known.items():
        if not names or {resource, name, "all"} & {*names}:
            counts = {tuple(it["row"]): it["count"] for it in volume["counts"]}
            yield name, Running(volume["states"], counts)


def _say(text: str = "", *, error: bool = False, style: str = "") -> None:
    click.secho(text, err=error, fg=style or None)


COMMANDS: Final[Mapping[str, click.Command]] = {"draw": draw}
