"""`dotmirror dump`: a configuration in normal form."""

from collections.abc import Mapping
from typing import Final

import click

from runtime.cli.configured import faults_shown, file_option, note_unused, read
from runtime.configuration import dump as forms
from runtime.configuration.options_table import options_tables

EXAMPLES: Final = """\b
Examples:
  dotmirror dump
  dotmirror dump -c drbd.conf r0 --json
  dotmirror dump --options
"""


@click.command("dump", epilog=EXAMPLES)
@file_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object, each number in its unit.")
@click.option("--options", "is_of_options", is_flag=True, help="A table of all that there may be.")
@click.argument("resource", required=False, default="")
def dump(config_path: str | None, resource: str, *, as_json: bool, is_of_options: bool) -> None:
    """Show the configuration, or one RESOURCE of it, in normal form.

    What DRBD 8.4 has and this node does not use is named on the error output.
    """
    if is_of_options:
        click.echo(options_tables())
        return
    with faults_shown():
        configuration = read(config_path)
        shown = (forms.dump_json if as_json else forms.dump)(configuration, resource)
    click.echo(shown.rstrip("\n"))
    note_unused(configuration)


COMMANDS: Final[Mapping[str, click.Command]] = {"dump": dump}
