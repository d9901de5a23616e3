"""The commands that ask what is so: status, and events2."""

import json
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import click

from runtime.cli.asking import (
    asking,
    names_that_begin,
    refusals,
    socket_option,
    stop,
)
from runtime.control.client import Client, RefusalError
from runtime.control.codes import EXIT_FAILURE
from runtime.control.proc_text import proc_lines
from runtime.control.status_json import status_json
from runtime.control.status_text import WIDTH_DEFAULT, Line, StatusForm
from runtime.control.view import ResourceView

STATUS_EXAMPLES: Final = """\b
Examples:
  dotmirror status --watch
  dotmirror status --verbose --statistics r0
  dotmirror status --json | jq '.[].connections[].peer_devices[]."out-of-sync"'
  dotmirror status --proc
"""
EVENTS_EXAMPLES: Final = """\b
Examples:
  dotmirror events2 --now
  dotmirror events2 --timestamps r0 | grep --line-buffered 'change device'
"""
COLOURS: Final = {"primary": "cyan", "good": "green", "bad": "red"}
WATCH_S: Final = 1.0
INDENTED: Final = 2

resource_argument: Final = click.argument(
    "name", metavar="[RESOURCE]", required=False, shell_complete=names_that_begin
)


@click.command(epilog=STATUS_EXAMPLES)
@resource_argument
@socket_option
@click.option("--verbose", "-v", is_flag=True, help="Tell also what is as it should be.")
@click.option("--statistics", "-s", is_flag=True, help="Tell what was moved, and what is pending.")
@click.option("--json", "form", flag_value="json", help="As drbdsetup 9 does, for programs.")
@click.option("--proc", "form", flag_value="proc", help="As /proc/drbd does.")
@click.option("--watch", is_flag=True, help="Show it again each second, until Ctrl-C.")
@click.option(
    "--color",
    type=click.Choice(["always", "never", "auto"]),
    default="auto",
    show_default=True,
    help="Whether it is coloured; auto: on a terminal.",
)
def status(name: str | None, control_path: Path | None, **given: Any) -> None:
    """Show roles, disks, the connection and how far a resync is."""
    is_terminal = sys.stdout.isatty()
    is_coloured = {"always": True, "never": False}.get(given["color"], is_terminal)
    width = shutil.get_terminal_size((WIDTH_DEFAULT, 0)).columns if is_terminal else WIDTH_DEFAULT
    text = StatusForm(
        is_verbose=given["verbose"],
        has_statistics=given["statistics"],
        has_progress=is_terminal,
        width=width,
    )
    with asking(control_path) as client:
        while True:
            shown = _shown(_views(client, name), given["form"], text, is_coloured=is_coloured)
            if given["watch"] and is_terminal:
                click.clear()
            click.echo(shown, color=is_coloured, nl=False)
            if not given["watch"]:
                return
            time.sleep(WATCH_S)


def _views(client: Client, name: str | None) -> list[ResourceView]:
    wanted = {} if name in (None, "all") else {"resource": name}
    try:
        answer = client.ask("view", **wanted)
    except RefusalError:
        stop(f"{name}: No such resource", EXIT_FAILURE)
    return [ResourceView.of(it) for it in answer["resources"]]


def _shown(
    views: list[ResourceView], form: str | None, text: StatusForm, *, is_coloured: bool
) -> str:
    if form == "json":
        return json.dumps([status_json(it) for it in views], indent=INDENTED) + "\n"
    if form == "proc":
        lines: Iterator[str] = proc_lines(views, f"dotmirror {version('dotmirror')}")
    else:
        lines = (_painted(line, is_coloured=is_coloured) for it in views for line in text.lines(it))
    return "".join(f"{line}\n" for line in lines)


def _painted(line: Line, *, is_coloured: bool) -> str:
    if not is_coloured:
        return "".join(span.text for span in line)
    return "".join(
        (
            click.style(span.text, fg=COLOURS.get(span.tone), bold=span.is_bold or None)
            if span.tone != "normal"
            else span.text
        )
        for span in line
    )


@click.command(epilog=EVENTS_EXAMPLES)
@resource_argument
@socket_option
@click.option("--now", is_flag=True, help="Tell what there is, and end.")
@click.option("--timestamps", is_flag=True, help="Begin each line with its time.")
@click.option("--statistics", is_flag=True, help="Tell what was moved, and what is pending.")
def events2(name: str | None, control_path: Path | None, **given: bool) -> None:
    """Show what there is, and then every change, a line each, for programs."""
    wanted = {} if name in (None, "all") else {"resource": name}
    with asking(control_path) as client, refusals(name or "all"):
        for answer in client.stream("events2", **wanted, **given):
            for line in answer["lines"]:
                click.echo(line)


COMMANDS: Final[Mapping[str, click.Command]] = {"status": status, "events2": events2}
