"""What the commands for meta-data are about: a file, or volumes of a configuration."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from runtime.cli.configured import faults_shown, file_option, host_option, usual_file
from runtime.configuration.files import read_configuration
from runtime.configuration.places import metadata_places
from runtime.errors import MetadataError
from runtime.io.own_addresses import is_own
from runtime.metadata.placement import INTERNAL, Placement
from runtime.metadata_commands import Target

Function = TypeVar("Function", bound=Callable[..., Any])


class _PlacementType(click.ParamType[Placement]):
    """Where meta-data lies, in drbdmeta's words."""

    name = "index"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Placement:
        try:
            return value if isinstance(value, Placement) else Placement.parse(str(value))
        except MetadataError as error:
            self.fail(str(error), param, ctx)


_index = click.option(
    "--index",
    "placement",
    metavar="PLACE",
    type=_PlacementType(),
    help="Of a FILE: internal (behind the data), flex-external (a device of its own), or a number "
    "of 0 to 255 (its 128 MiB of a device).  [default: internal]",
)


def of_places(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command its FILE or RESOURCE, as `targets`."""

    @wraps(command)
    def with_targets(
        word: str, placement: Placement | None, config_path: str | None, host: str, **given: Any
    ) -> None:
        if config_path is None and Path(word).exists():
            command(targets=[Target(Path(word), placement or INTERNAL)], **given)
            return
        if placement:
            raise click.UsageError(f"--index is for files, which {word} is not")
        command(targets=_configured(word, config_path, host), **given)

    return file_option(host_option()(_index(with_targets)))


def _configured(word: str, config_path: str | None, host: str) -> list[Target]:
    with faults_shown():
        if config_path is None:
            config_path = usual_file(f"{word} is no file, and as a resource: ")
        places = metadata_places(read_configuration(config_path), word, host=host, is_own=is_own)
    return [Target(path, placement) for path, placement in places]
