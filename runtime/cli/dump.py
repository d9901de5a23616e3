"""`dotmirror dump`: a configuration in normal form."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from runtime.configuration import dump as forms
from runtime.configuration.files import DEFAULT_FILES, read_configuration
from runtime.configuration.problems import ConfigurationError
from runtime.errors import ConfigError

EXAMPLES: Final = """\b
Examples:
  dotmirror dump
  dotmirror dump -c drbd.conf r0 --json
"""


@click.command("dump", epilog=EXAMPLES)
@click.option("-c", "--config-file", "path", metavar="FILE", help="Read this file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, each number in its unit.")
@click.argument("resource", required=False, default="")
def dump(path: str | None, resource: str, *, as_json: bool) -> None:
    """Show the configuration, or one RESOURCE of it, in normal form.

    What DRBD 8.4 has and this node does not use is named on the error output.
    """
    try:
        configuration = read_configuration(path or _default())
        shown = (forms.dump_json if as_json else forms.dump)(configuration, resource)
    except ConfigurationError as error:
        for problem in error.problems:
            click.echo(f"error: {problem.shown()}", err=True)
        raise click.exceptions.Exit(1) from error
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
    click.echo(shown.rstrip("\n"))
    for it in configuration.unused:
        click.echo(f"note: {it}", err=True)


def _default() -> str:
    """The first of the usual files that is there."""
    found = [it for it in DEFAULT_FILES if Path(it).is_file()]
    if not found:
        raise ConfigError(f"none of {', '.join(DEFAULT_FILES)} is there; name one with -c")
    return found[0]


COMMANDS: Final[Mapping[str, click.Command]] = {"dump": dump}
