"""The commands by name, each loaded when it is typed: a question to a node takes no engine."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final

import click

_OF_MODULES: Final[Mapping[str, str]] = {
    "run": "run",
    "status": "status events2",
    "top": "top",
    "draw": "draw",
    "questions": "role cstate dstate get-gi show-gi",
    "verbs": """up down attach detach connect disconnect primary secondary invalidate
        invalidate-remote outdate verify pause-sync resume-sync suspend-io resume-io resize
        new-current-uuid wait-connect wait-sync""",
    "dump": "dump",
    "adjust": "adjust",
    "metadata": "create-md dump-md restore-md apply-al",
    "decode": "decode",
    "demo": "demo",
    "node": "node",
    "completion": "completion",
}
PLACES: Final = {name: module for module, names in _OF_MODULES.items() for name in names.split()}
"""Command -> the module of this folder that has it in its COMMANDS."""


class _Commands(click.Group):
    """A group whose commands are imported one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in the order of the table."""
        return [*PLACES, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of them; None if there is no such command."""
        if cmd_name not in PLACES:
            return super().get_command(ctx, cmd_name)
        commands: Mapping[str, click.Command]
        commands = vars(import_module(f"runtime.cli.{PLACES[cmd_name]}"))["COMMANDS"]
        return commands[cmd_name]


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dotmirror")
def main() -> None:
    """Mirror block devices in the way of DRBD."""
