"""The command `dotgen`: what people type, and nothing that decides anything.

Only what the no-change run needs is imported here; the rest is loaded by the first command that
has something to do (goal: a quarter of a second, of which the interpreter's start is most).
"""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, Self

import click

from codegen.fingerprint import is_fresh

FORMATS = ("text", "json", "github", "sarif")
KINDS = ("states", "layouts", "flows")

PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=str))
ROOT = click.option(
    "-C",
    "--root",
    default=".",
    type=click.Path(exists=True, file_okay=False),
    help="The folder that holds specs/ and generated/ (default: this one).",
)
TEMPLATES = click.option(
    "--templates",
    default="",
    type=click.Path(),
    help="A folder whose templates replace ours of the same path, or come in addition.",
)
FORMAT = click.option(
    "--format", "form", default="text", type=click.Choice(FORMATS), help="How to print problems."
)
KIND = click.option(
    "--kind", type=click.Choice(KINDS), help="Read drawings as this kind, whatever their folder."
)


def load(command: str) -> Callable[..., int]:
    """The function behind a command, whose module is imported only now."""
    module: Any = import_module("codegen.commands")
    found: Callable[..., int] = vars(module)[command]
    return found


class ProgressBar:
    """Shows on a terminal's error output how far the work is; elsewhere nothing."""

    def __init__(self) -> None:
        self.bar: Any = None

    def __enter__(self) -> Self:
        """Show nothing yet."""
        return self

    def __call__(self, total: int, path: str) -> None:
        """One of `total` files is next."""
        if self.bar is None:
            self.bar = click.progressbar(
                length=total,
                label="rendering",
                file=sys.stderr,
                item_show_func=str,
                hidden=not sys.stderr.isatty(),
            )
            self.bar.__enter__()
        self.bar.update(1, path)

    def __exit__(self, *_reason: object) -> None:
        """End the bar's line."""
        if self.bar is not None:
            self.bar.__exit__(None, None, None)


def finish(code: int) -> None:
    """End the command with an exit code."""
    click.get_current_context().exit(code)


def say(text: str = "", *, error: bool = False, style: str = "") -> None:
    """Print a line; colours are dropped where the output is no terminal."""
    click.echo(click.style(text, fg=style) if style else text, err=error)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dotmirror")
def main() -> None:
    """Turn the drawings in specs/ into typed Python in generated/.

    Exit codes: 0 fine; 1 problems found, or output that is not fresh; 2 a call that makes no sense.

    \b
    Example:
      dotgen lint specs/states && dotgen generate
    """


@main.command()
@PATHS
@ROOT
@TEMPLATES
@FORMAT
@click.option("--check", is_flag=True, help="Write nothing; exit 1 and name what is not fresh.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option("--watch", is_flag=True, help="Generate again whenever a drawing changes.")
def generate(root: str, *, check: bool, watch: bool, **options: Any) -> None:
    """Render the drawings into generated/: all of them, or nothing where one has an error.

    Only what changed is written, each file in one step; files without a drawing are removed; a file
    that dotgen did not make is never touched. PATHS limit the run to these drawings.

    \b
    Examples:
      dotgen generate
      dotgen generate --check
      dotgen generate --diff specs/states/disk_states.dot
    """
    narrowed = options["paths"] or options["templates"] or options["diff"] or watch
    if not narrowed and is_fresh(root, "generated"):
        say("generated/ is fresh" if check else "nothing to do, generated/ is fresh")
        return
    command = load("watch" if watch else "generate")
    with ProgressBar() as progress:
        code = command(root, say=say, check=check, progress=progress, **options)
    finish(code)


@main.command()
@PATHS
@ROOT
@KIND
@FORMAT
def lint(root: str, kind: str | None, **options: Any) -> None:
    """Check drawings: PATHS, or all of the project.

    \b
    Examples:
      dotgen lint
      dotgen lint --format sarif > problems.sarif
      dotgen lint my_machine.dot
    """
    finish(load("lint")(root, say=say, kind=kind or "", **options))


@main.command()
@click.argument("rule", default="")
def explain(rule: str) -> None:
    """Tell what RULE finds, why that hurts and how to mend it; without RULE, list all.

    \b
    Example:
      dotgen explain unreachable-state
    """
    finish(load("explain")(rule, say=say))


@main.command()
@click.argument("specs", nargs=-1, required=True, type=click.Path(path_type=str))
@click.option("-o", "--output", default="", help="A .svg or .dot file, or a folder ending in /.")
def draw(**options: Any) -> None:
    """Draw SPECS as SVG: to a file, into a folder, or to the output.

    \b
    Examples:
      dotgen draw specs/states/conn_states.dot -o conn_states.svg
      dotgen draw specs/states/*.dot -o pictures/
    """
    finish(load("draw")(say=say, **options))
