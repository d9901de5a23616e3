"""Shows the demonstration to whoever looks at the output: people, or a program."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import click

from runtime.demo.story import Step

BAR_STEPS: Final = 1000
NEXT: Final = """
Next, a mirror of your own, which README.md has in five lines: `dotmirror create-md`, `dotmirror
run`, and in another terminal `dotmirror status --watch`. `dotmirror demo --folder demo/nodes` keeps
disks, logs and configurations: `dotmirror dump-md demo/nodes/bob.img` shows meta-data then.
"""


class DemoAudience:
    """A line a step, with progress bars on a terminal; or a JSON object a step."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def show(self, step: Step) -> None:
        """Show what was done."""
        shown = {"step": step.name, **step.figures}
        click.echo(json.dumps(shown) if self._as_json else step.sentence)

    def show_next(self) -> None:
        """Say to people what to try next."""
        if not self._as_json:
            click.echo(NEXT, nl=False)

    @contextmanager
    def bar(self, label: str) -> Iterator[Callable[[float], None]]:
        """Show a progress bar where somebody sees it move."""
        hidden = self._as_json or not sys.stdout.isatty()
        with click.progressbar(length=BAR_STEPS, label=label, hidden=hidden) as bar:
            yield lambda fraction: bar.update(round(fraction * BAR_STEPS) - bar.pos)
