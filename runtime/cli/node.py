"""`dotmirror node`: a node that takes its orders from the input."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from runtime.errors import ConfigError, DiskError, MetadataError, MisuseError
from runtime.node_process import run_node

NODE_EXAMPLES: Final = """\b
Example:
  dotmirror node alice.json
with alice.json, after `dotmirror create-md alice.img`:
  {"name": "alice", "address": "127.0.0.1:7788", "peer": "127.0.0.1:7789",
   "disks": {"0": "alice.img"}}
and on its input, one order a line:
  {"do": "connect"}
  {"do": "primary", "force": true}
  {"do": "write", "sector": 0, "seed": 7, "count": 2048}
"""


@click.command(epilog=NODE_EXAMPLES)
@click.argument(
    "path", metavar="CONFIG", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--trace",
    "trace_path",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write each step to FILE, as `dotgen coverage` reads them.",
)
def node(path: Path, trace_path: Path | None) -> None:
    """Run the node that CONFIG describes, with orders from the input and answers as JSON lines."""
    try:
        run_node(path, trace_path)
    except (ConfigError, DiskError, MetadataError, MisuseError) as error:
        raise click.ClickException(f"{path}: {error}") from error
    except OSError as error:
        raise click.ClickException(str(error)) from error


COMMANDS: Final[Mapping[str, click.Command]] = {"node": node}
