"""What the commands share that read a configuration: which, whose, and what is wrong with it."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from runtime.configuration.files import DEFAULT_FILES, read_configuration
from runtime.configuration.model import Configuration
from runtime.configuration.problems import ConfigurationError
from runtime.configured_nodes import Side, read_nodes, read_resources
from runtime.errors import ConfigError
from runtime.node_config import NodeConfig

EXIT_WRONG: Final = 1
Function = TypeVar("Function", bound=Callable[..., Any])


def file_option(command: Function) -> Function:
    """Give a command its --config-file."""
    return click.option(
        "-c",
        "--config-file",
        "config_path",
        metavar="FILE",
        help=f"The configuration.  [default: the first there is of {', '.join(DEFAULT_FILES)}]",
    )(command)


def host_option(*other_names: str) -> Callable[[Function], Function]:
    """Give a command its --host."""
    return click.option(
        "--host",
        *other_names,
        "host",
        metavar="NAME",
        default=lambda: os.uname().nodename,
        help="What this host is called.  [default: its own name]",
    )


def read(path: str | None) -> Configuration:
    """The configuration of a file, or of the first of the usual ones that is there."""
    return read_configuration(path or usual_file())


def usual_file(why: str = "") -> str:
    """The first of the usual files that is there; `why` it is needed is said if none is."""
    found = [it for it in DEFAULT_FILES if Path(it).is_file()]
    if not found:
        raise ConfigError(f"{why}none of {', '.join(DEFAULT_FILES)} is there; name one with -c")
    return found[0]


def configured(words: Sequence[str], path: str | None, side: Side) -> list[NodeConfig]:
    """All nodes that are meant; what of their configuration is not used is said.

    Words behind a path are resources of it, others are files, folders and resources.
    """
    if path:
        configs, configuration = read_resources(path, words, side)
    else:
        configs, configuration = read_nodes(words, usual_file, side)
    if configuration:
        note_unused(configuration)
    return configs


@contextmanager
def faults_shown() -> Iterator[None]:
    """All that is wrong with a configuration is said, each with its line, and ends the command."""
    try:
        yield
    except ConfigurationError as error:
        for problem in error.problems:
            click.echo(f"error: {problem.shown()}", err=True)
        raise click.exceptions.Exit(EXIT_WRONG) from error
    except ConfigError as error:
        raise click.ClickException(str(error)) from error


def note_unused(configuration: Configuration) -> None:
    """Say what DRBD 8.4 has and this node does not use."""
    for it in configuration.unused:
        click.echo(f"note: {it}", err=True)
