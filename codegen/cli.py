"""The command `dotgen`: what people type, and nothing that decides anything.

Only what the no-change run needs is imported here; the rest is loaded by the first command that
has something to do (goal: a quarter of a second, of which the interpreter's start is most).
"""

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, Self

import click

from codegen.fingerprint import is_fresh

FORMATS = ("text", "json", "github", "sarif")
KINDS = ("states", "layouts", "flows")
REVIEW_FORMATS = ("text", "markdown", "json", "sarif")
IMPACTS = ("harmless", "behaviour", "API-breaking", "disk-breaking", "wire-breaking")
PATHS_MARK = "--"

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


def load(command: str, module: str = "codegen.commands") -> Callable[..., int]:
    """The function behind a command, whose module is imported only now."""
    loaded: Any = import_module(module)
    found: Callable[..., int] = vars(loaded)[command]
    return found


class ProgressBar:
    """Shows on a terminal's error output how far the work is; elsewhere nothing."""

    def __init__(self, label: str = "rendering") -> None:
        self.bar: Any = None
        self.label = label

    def __enter__(self) -> Self:
        """Show nothing yet."""
        return self

    def __call__(self, total: int, path: str) -> None:
        """One of `total` items is next."""
        if self.bar is None:
            self.bar = click.progressbar(
                length=total,
                label=self.label,
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
    """Print a line; colours are dropped where the output is no terminal, nor git's pager.

    The style is a colour, or `bold`.
    """
    if style == "bold":
        text = click.style(text, bold=True)
    elif style:
        text = click.style(text, fg=style)
    color = None
    if os.environ.get("NO_COLOR"):
        color = False
    elif not error and os.environ.get("GIT_PAGER_IN_USE") == "true":
        color = True
    click.echo(text, err=error, color=color)


class PathsBehindMark(click.Command):
    """A command that takes paths behind `--`, as git's do; they come as `paths`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put what is behind the mark aside before click drops the mark."""
        at = args.index(PATHS_MARK) if PATHS_MARK in args else len(args)
        rest = super().parse_args(ctx, args[:at])
        ctx.params["paths"] = tuple(args[at + 1 :])
        return rest

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Show the paths in the usage, too."""
        return [*super().collect_usage_pieces(ctx), "[-- PATHS...]"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dotmirror")
def main() -> None:
    """Turn the drawings in specs/ into typed Python in generated/, and review their changes.

    Exit codes: 0 fine; 1 problems found, output that is not fresh, or a gate that fails; 2 a call
    that makes no sense.

    \b
    Examples:
      dotgen lint specs/states && dotgen generate
      dotgen diff main
    """


@main.command(short_help="Render the drawings into generated/.")
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


@main.command(short_help="Tell what a rule finds or means, or list all rules.")
@click.argument("rule", default="")
def explain(rule: str) -> None:
    """Tell what RULE finds or what such a change means, and what to do; without RULE, list all.

    \b
    Examples:
      dotgen explain unreachable-state
      dotgen explain field-moved
    """
    finish(load("explain", "codegen.explain")(rule, say=say))


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


@main.command(cls=PathsBehindMark, short_help="Tell what a change of drawings means.")
@click.argument("sides", nargs=-1, metavar="[OLD] [NEW]")
@ROOT
@click.option(
    "--format", "form", default="text", type=click.Choice(REVIEW_FORMATS), help="How to tell it."
)
@click.option(
    "-o", "--output", default="", metavar="FILE", help="Write there what is printed otherwise."
)
@click.option(
    "--html", default="", metavar="FILE", help="Write one self-contained page with pictures."
)
@click.option(
    "--svg", default="", metavar="FOLDER", help="Draw what changed there, a file a graph."
)
@click.option(
    "--fail-on",
    type=click.Choice(IMPACTS, case_sensitive=False),
    metavar="IMPACT",
    help=f"Exit 1 where anything is as bad as this: {', '.join(IMPACTS)}.",
)
@click.option(
    "--baseline",
    default="",
    metavar="REV",
    help="The revision that users have: what is newer counts less.",
)
@click.option("-v", "--verbose", is_flag=True, help="Leave nothing out of the text.")
def diff(root: str, fail_on: str | None, **options: Any) -> None:
    """Tell what a change of drawings means: from OLD to NEW, files, folders or git revisions.

    Without NEW, the working tree; without OLD, HEAD. A..B and A...B are ranges, REV:PATH is a file
    in a revision. PATHS limit what is told. Order, layout, comments and quoting are no change.

    \b
    Examples:
      dotgen diff
      dotgen diff main --html review.html
      dotgen diff HEAD~3..HEAD -- specs/states
      dotgen diff old.dot new.dot --format markdown
      dotgen diff main --fail-on wire-breaking
    """
    outputs = {name: options.pop(name) for name in ("output", "html", "svg")}
    options |= {"fail_on": fail_on or "", "outputs": outputs}
    with ProgressBar("drawing") as progress:
        code = load("diff", "codegen.review.commands")(root, say=say, progress=progress, **options)
    finish(code)


@main.command(short_help="Tell the life of a drawing through git's revisions.")
@click.argument("spec", type=click.Path(path_type=str))
@click.argument("names", nargs=-1)
@click.option("--format", "form", default="text", type=click.Choice(("text", "json")))
def log(**options: Any) -> None:
    """Tell the life of a drawing through git's revisions, or of the NAMES in it.

    A name is that of a state, event, guard, action, packet, step, or PACKET.FIELD.

    \b
    Examples:
      dotgen log specs/states/conn_states.dot VerifyS
      dotgen log specs/layouts/write.dot P_DATA.dp_flags
    """
    with ProgressBar("reading") as progress:
        code = load("log", "codegen.review.log_command")(say=say, progress=progress, **options)
    finish(code)


@main.command(short_help="Count which arrows recorded traces have taken.")
@click.argument("traces", nargs=-1, required=True, type=click.Path(path_type=str))
@ROOT
@click.option("--format", "form", default="text", type=click.Choice(("text", "json")))
@click.option(
    "-o", "--output", default="", metavar="FOLDER", help="Paint the drawings into this folder."
)
@click.option("--fail-under", type=click.FloatRange(0, 100), help="Exit 1 below this percentage.")
@click.option(
    "--graph", "graphs", multiple=True, metavar="NAME", help="Tell of it only (repeatable)."
)
def coverage(**options: Any) -> None:
    """Count which arrows recorded TRACES of nodes have taken, and which never; - is the input.

    \b
    Examples:
      dotgen coverage alice.trace bob.trace.gz -o painted/
      dotgen coverage alice.trace --graph conn_states --fail-under 80
    """
    finish(load("coverage", "codegen.coverage_command")(say=say, **options))


@main.command(short_help="Print what a drawing says, a line a thing.")
@click.argument("file", type=click.Path(path_type=str))
@KIND
def facts(kind: str | None, **options: Any) -> None:
    """Print what a drawing says, a line a thing, in an order that no layout changes.

    \b
    Example:
      dotgen facts specs/states/disk_states.dot
    """
    finish(load("facts", "codegen.review.driver")(say=say, kind=kind or "", **options))


@main.command(short_help="Let git show and merge drawings by their meaning.")
@ROOT
@click.option("--local", is_flag=True, help="For this clone only: .gitattributes stays as it is.")
@click.option("--remove", is_flag=True, help="Take everything back.")
def git_setup(**options: Any) -> None:
    """Let git show and merge drawings by their meaning, in this clone.

    Afterwards `git diff`, `git log -p` and `git merge` call dotgen for the drawings in specs/.

    \b
    Example:
      dotgen git-setup
    """
    finish(load("git_setup", "codegen.review.setup_command")(say=say, **options))


@main.command(
    context_settings={"ignore_unknown_options": True},
    short_help="Show a change for git, which calls this.",
)
@click.argument("arguments", nargs=-1, required=True)
def git_diff(**options: Any) -> None:
    """Show a change for git, which calls this (`dotgen git-setup` makes it do so).

    \b
    Example:
      git diff specs/states
    """
    finish(load("git_diff", "codegen.review.driver")(say=say, **options))


@main.command(short_help="Merge two versions of a drawing by their meaning.")
@click.argument("base", type=click.Path(path_type=str))
@click.argument("ours", type=click.Path(path_type=str))
@click.argument("theirs", type=click.Path(path_type=str))
@click.option("--path", default="", help="The drawing's path, which tells its kind.")
def merge(path: str, ours: str, **options: Any) -> None:
    """Merge two versions of a drawing by their meaning, into OURS; git calls this, too.

    Exit code 1 says that a person has to look: the conflicts are told, and both sides are in OURS.

    \b
    Example:
      dotgen merge base.dot ours.dot theirs.dot --path specs/states/disk_states.dot
    """
    finish(
        load("merge", "codegen.review.merge_command")(
            say=say, path=path or ours, ours=ours, **options
        )
    )
