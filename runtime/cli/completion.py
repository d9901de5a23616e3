"""`dotmirror completion`: what makes a shell complete commands, options and resources."""

from collections.abc import Mapping
from typing import Final

import click
from click.shell_completion import get_completion_class

PROGRAM: Final = "dotmirror"
VARIABLE: Final = "_DOTMIRROR_COMPLETE"
COMPLETION_EXAMPLES: Final = """\b
Examples:
  dotmirror completion bash > /etc/bash_completion.d/dotmirror
  dotmirror completion zsh > "${fpath[1]}/_dotmirror"
  dotmirror completion fish > ~/.config/fish/completions/dotmirror.fish
"""


@click.command(epilog=COMPLETION_EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that lets SHELL complete what is typed behind dotmirror."""
    kind = get_completion_class(shell)
    assert kind is not None, "click knows these shells"
    click.echo(kind(ctx.find_root().command, {}, PROGRAM, VARIABLE).source())


COMMANDS: Final[Mapping[str, click.Command]] = {"completion": completion}
