"""`dotmirror adjust`: nodes that run are told what their changed configuration says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from runtime.cli.asking import asking, refusals, socket_option
from runtime.cli.configured import configured, faults_shown, file_option, host_option
from runtime.configured_nodes import Side, named
from runtime.control.client import Client
from runtime.node_config import NodeConfig, to_json

EXIT_LEFT: Final = 1
EXAMPLES: Final = """\b
Examples:
  dotmirror adjust
  dotmirror adjust --dry-run -c drbd.conf r0
  dotmirror adjust /etc/drbd.d
"""


@click.command("adjust", epilog=EXAMPLES)
@click.argument("words", metavar="[FILE|RESOURCE]...", nargs=-1)
@file_option
@host_option()
@click.option("--peer", metavar="NAME", default="", help="Which host is the peer, of several.")
@click.option("-d", "--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@socket_option
def adjust(words: tuple[str, ...], control_path: Path | None, **given: Any) -> None:
    """Tell the nodes that run what their changed configuration says.

    The words are those of `dotmirror run`. Options of net and disk change at once, and those that
    are gone have their defaults again; what counts only when a node begins is named. The exit code
    is 1 where something is not as it is written.
    """
    with faults_shown():
        wanted = configured(words, given["config_path"], Side(given["host"], given["peer"]))
    with asking(control_path) as client:
        running = client.ask("resources")["resources"]
        left = [
            _adjusted(client, it, is_dry_run=given["dry_run"])
            for it in wanted
            if _name(it) in running
        ]
    absent = [_name(it) for it in wanted if _name(it) not in running]
    names = words if given["config_path"] else named(words).resources
    surplus = [] if names else sorted(running.keys() - {_name(it) for it in wanted})
    for name in absent:
        click.echo(f"{name}: does not run yet, begin `dotmirror run` again")
    for name in surplus:
        click.echo(f"{name}: runs and is not in the configuration, begin `dotmirror run` again")
    if any(left) or absent or surplus:
        raise click.exceptions.Exit(EXIT_LEFT)


def _name(config: NodeConfig) -> str:
    return config.resource.name


def _adjusted(client: Client, wanted: NodeConfig, *, is_dry_run: bool) -> bool:
    """Tell one node; whether something is left to do."""
    name = _name(wanted)
    with refusals(name):
        answer = client.ask("adjust", resource=name, config=to_json(wanted), dry_run=is_dry_run)
    for kind in ("changed", "refused", "later"):
        for sentence in answer[kind]:
            word = "refused: " if kind == "refused" else ""
            click.echo(f"{name}: {word}{sentence}")
    return bool(answer["refused"] or answer["later"])


COMMANDS: Final[Mapping[str, click.Command]] = {"adjust": adjust}
