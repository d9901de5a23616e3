"""`dotmirror top`: all volumes of a node, filling the terminal."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from runtime.cli.asking import asking, socket_option
from runtime.cli.screen import Screen
from runtime.control.client import Client, NodeAwayError
from runtime.control.place import places_to_ask
from runtime.control.status_text import Line
from runtime.control.top_text import Row, Snapshot, frame, rows_of
from runtime.control.view import ResourceView

TOP_EXAMPLES: Final = """\b
Examples:
  dotmirror top
  dotmirror top --interval 5 -S alice.sock
"""
QUIT: Final = "q"
STEPS: Final[Mapping[str, int]] = {"\x1b[A": -1, "\x1b[B": 1, "k": -1, "j": 1}
STYLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "header": {"reverse": True},
    "bad": {"fg": "red"},
    "transitional": {"fg": "yellow"},
    "faint": {"dim": True},
}


@click.command(epilog=TOP_EXAMPLES)
@socket_option
@click.option(
    "--interval",
    "interval_s",
    type=click.FloatRange(0.1, 3600),
    default=1.0,
    show_default=True,
    help="How many seconds between two looks.",
)
def top(control_path: Path | None, interval_s: float) -> None:
    """Show all volumes and what they move, until q or Ctrl-C; what needs attention is on top."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("top needs a terminal; `dotmirror status` does not")
    with asking(control_path):
        places = [control_path] if control_path else places_to_ask()
    try:
        with Screen() as screen:
            _Watch(screen, places).run(interval_s)
    except KeyboardInterrupt:
        return


class _Watch:
    """One look after the other."""

    def __init__(self, screen: Screen, places: list[Path]) -> None:
        self._screen = screen
        self._places = places
        self._latest: Snapshot | None = None
        self._rows: list[Row] = []
        self._note = ""
        self._first_row = 0

    def run(self, interval_s: float) -> None:
        """Look, show, and obey keys, until one of them ends it."""
        while True:
            self._look()
            until = time.monotonic() + interval_s
            while (left_s := until - time.monotonic()) > 0:
                self._show()
                key = self._screen.key(left_s)
                if key is None or key == QUIT:
                    return
                last = max(0, len(self._rows) - 1)
                self._first_row = min(max(0, self._first_row + STEPS.get(key, 0)), last)

    def _look(self) -> None:
        """Ask the node; one that is away may come back."""
        now = time.strftime("%H:%M:%S")
        try:
            with Client(self._places) as client:
                answer = client.ask("view")
        except NodeAwayError:
            self._rows, self._note, self._latest = [], f"{now}  no node answers; trying again", None
            return
        resources = tuple(ResourceView.of(it) for it in answer["resources"])
        before, self._latest = self._latest, Snapshot(time.monotonic(), resources)
        self._rows, self._note = rows_of(self._latest, before), now

    def _show(self) -> None:
        columns, lines = self._screen.size
        shown = frame(
            self._rows, self._note, width=columns, height=lines, first_row=self._first_row
        )
        self._screen.show([_painted(line) for line in shown])


def _painted(line: Line) -> str:
    return "".join(
        click.style(span.text, **STYLES[span.tone]) if span.tone in STYLES else span.text
        for span in line
    )


COMMANDS: Final[Mapping[str, click.Command]] = {"top": top}
