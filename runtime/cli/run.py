"""`dotmirror run`: nodes as a service."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from runtime.cli.configured import configured, faults_shown, file_option, host_option
from runtime.cli.nbd import nbd_config, nbd_options
from runtime.cli.observing import observing_config, observing_options
from runtime.config import DiskOptions, NetOptions, ResourceConfig
from runtime.configured_nodes import Side
from runtime.control.place import SOCKET_VARIABLE, place_to_listen
from runtime.errors import DiskError, MetadataError, MisuseError
from runtime.node_config import Address, DiskPath, NodeConfig, options_of
from runtime.run_process import run_nodes
from runtime.systemd import UNIT

RUN_EXAMPLES: Final = """\b
Examples:
  dotmirror run --disk a.img --listen 127.0.0.1:7788 --peer 127.0.0.1:7789
  dotmirror run --disk a.img --listen 10.0.0.1:7788 --peer 10.0.0.2:7788 \\
      --net verify-alg=sha1 --disk-option resync-rate=100000
  dotmirror run                            # all resources that /etc/drbd.conf has for this host
  dotmirror run -c drbd.conf r0 r1
  dotmirror run /etc/drbd.d
  dotmirror run --nbd unix:/run/alice.nbd /etc/dotmirror
  dotmirror run --metrics 9942 --log-format json /etc/dotmirror
  dotmirror run --nbd unix:/run/r0.nbd r0 --print-unit > /etc/systemd/system/dotmirror.service
and then, in another terminal:
  dotmirror primary --force
  dotmirror status
"""
WORDS: Final[Mapping[str, bool]] = {"yes": True, "no": False, "true": True, "false": False}


class _Setting(click.ParamType[tuple[str, Any]]):
    """NAME=VALUE, as DRBD's configuration has options."""

    name = "setting"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Any]:
        if not isinstance(value, str):
            return tuple(value)
        name, equals, word = value.partition("=")
        if not equals:
            self.fail(f"{value!r} is no setting; write NAME=VALUE", param, ctx)
        if word.isascii() and word.isdecimal():
            return name, int(word)
        return name, WORDS.get(word, word)


@click.command(epilog=RUN_EXAMPLES)
@click.argument("words", metavar="[FILE|RESOURCE]...", nargs=-1)
@file_option
@host_option("--name")
@click.option(
    "--disk",
    "disks",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A file or block device with meta-data; the first is volume 0, and so on.",
)
@click.option("--listen", metavar="ADDRESS", help="Where this node listens, as 10.0.0.1:7788.")
@click.option(
    "--peer",
    metavar="ADDRESS",
    help="Where the other node listens; or which host it is, where a configuration has several.",
)
@click.option("--resource", default="r0", show_default=True, help="What the mirror is called.")
@click.option(
    "--net", "net", metavar="NAME=VALUE", multiple=True, type=_Setting(), help="A net option."
)
@click.option(
    "--disk-option",
    "disk",
    metavar="NAME=VALUE",
    multiple=True,
    type=_Setting(),
    help="An option of all disks.",
)
@click.option(
    "-S",
    "--socket",
    "control_path",
    envvar=SOCKET_VARIABLE,
    type=click.Path(path_type=Path),
    help="Where commands are taken.  [default: below $XDG_RUNTIME_DIR, or /run/dotmirror]",
)
@nbd_options
@observing_options
@click.option(
    "--print-unit", is_flag=True, help="Print a unit file for systemd that runs the same, and end."
)
def run(words: tuple[str, ...], **given: Any) -> None:
    """Run nodes in the foreground until SIGTERM.

    They are this host's resources of a configuration in drbd.conf's syntax: of the usual file, of
    -c FILE, or of the FILEs and folders that are named; of JSON, as `dotmirror node` has it, too.
    A word is a RESOURCE where no file has its name, and always behind -c. Or one node is told by
    --disk, --listen and --peer.
    """
    if given["print_unit"]:
        click.echo(UNIT.format(command=_without_print_unit()), nl=False)
        return
    try:
        with faults_shown():
            run_nodes(
                _configs(words, given),
                given["control_path"] or place_to_listen(),
                nbd=nbd_config(given),
                observing=observing_config(given),
            )
    except (DiskError, MetadataError, MisuseError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _configs(words: tuple[str, ...], given: Mapping[str, Any]) -> list[NodeConfig]:
    """All nodes that are meant; what of their configuration is not used is said."""
    path = given["config_path"]
    if any(given[name] for name in ("disks", "listen", "net", "disk")):
        if words or path:
            raise click.UsageError("either a configuration or --disk and its options")
        return [_config(given)]
    return configured(words, path, Side(given["host"], given["peer"] or ""))


def _without_print_unit() -> str:
    """The command that was typed, as systemd reads it."""
    words = [it for it in sys.argv[1:] if it != "--print-unit"]
    return shlex.join([str(Path(sys.argv[0]).absolute()), *words]).replace("%", "%%")


def _config(given: Mapping[str, Any]) -> NodeConfig:
    """One node of what stands on the command line."""
    for name in ("disks", "listen", "peer"):
        if not given[name]:
            option = "--disk" if name == "disks" else f"--{name}"
            raise click.UsageError(f"{option} is missing, or a configuration")
    volumes = range(len(given["disks"]))
    disk = DiskOptions(**options_of(DiskOptions, dict(given["disk"]), "--disk-option"))
    resource = ResourceConfig(
        name=given["resource"],
        net=NetOptions(**options_of(NetOptions, dict(given["net"]), "--net")),
        volumes=dict.fromkeys(volumes, disk),
    )
    return NodeConfig(
        given["host"],
        resource,
        Address.parse(given["listen"]),
        Address.parse(given["peer"]),
        {number: DiskPath(path) for number, path in enumerate(given["disks"])},
    )


COMMANDS: Final[Mapping[str, click.Command]] = {"run": run}
