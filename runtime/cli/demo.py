"""`dotmirror demo`: two nodes that mirror, crash and recover."""

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from runtime.demo.audience import DemoAudience
from runtime.demo.nodes import DemoError
from runtime.demo.tour import SIZE_MIB_MAX, SIZE_MIB_MIN, run_demo
from runtime.errors import DiskError, MetadataError

DEMO_EXAMPLES: Final = """\b
Examples:
  dotmirror demo
  dotmirror demo --folder /mnt/disk/demo --size-mib 4096
"""


@click.command(epilog=DEMO_EXAMPLES)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the disks and logs are kept.  [default: a temporary folder, which goes]",
)
@click.option(
    "--size-mib",
    type=click.IntRange(SIZE_MIB_MIN, SIZE_MIB_MAX),
    default=256,
    show_default=True,
    help="The size of each disk.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a step, for programs.")
def demo(folder: Path | None, *, size_mib: int, as_json: bool) -> None:
    """Let two nodes mirror, lose their cable, crash and recover, and compare their disks."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # nothing is left behind
    try:
        run_demo(DemoAudience(as_json=as_json), folder=folder, size_mib=size_mib)
    except (DemoError, DiskError, MetadataError, OSError) as error:
        raise click.ClickException(str(error)) from error


COMMANDS: Final[Mapping[str, click.Command]] = {"demo": demo}
