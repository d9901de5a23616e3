"""The command line of dotmirror: the click fence."""

import os
import re
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any, Final, TextIO

import click

from runtime.decode import Line, TextForm, sightings, to_json
from runtime.demo.audience import DemoAudience
from runtime.demo.nodes import DemoError
from runtime.demo.tour import SIZE_MIB_MAX, SIZE_MIB_MIN, run_demo
from runtime.errors import CaptureError, ConfigError, DiskError, MetadataError, MisuseError
from runtime.io.capture import Capture
from runtime.metadata.placement import Placement, Striping
from runtime.metadata_commands import (
    Target,
    apply_log,
    create_metadata,
    dump_metadata,
    restore_metadata,
)
from runtime.node_process import run_node
from runtime.wire.conversation import PacketSeen, Remark, Sighting
from runtime.wire.reassembly import Segment

SIZE: Final = re.compile(r"([0-9]{1,15})([kMGT]?)")
PROGRESS_SIZE_BYTES_MIN: Final = 4 << 20  # a smaller file is decoded before anybody looks
PROGRESS_STEP_SEGMENTS: Final = 1024
SHOWN_LINES: Final = 1000  # written at once: a dump may have a million
DECODE_EXAMPLES: Final = """\b
Examples:
  dotmirror decode capture.pcap.gz
  dotmirror decode --json capture.pcap.gz | jq 'select(.packet == "P_STATE")'
  tcpdump -U -w - tcp port 7788 | dotmirror decode -
"""
CREATE_EXAMPLES: Final = """\b
Examples:
  dotmirror create-md disk.img
  dotmirror create-md meta.img --index flex-external --al-stripes 4 --al-stripe-size-kB 64
"""
DUMP_EXAMPLES: Final = """\b
Examples:
  dotmirror dump-md disk.img > dump.txt
  dotmirror dump-md meta.img --index 3
"""
RESTORE_EXAMPLES: Final = """\b
Examples:
  dotmirror restore-md disk.img dump.txt
  drbdmeta - v08 /dev/vg/a internal dump-md | dotmirror restore-md disk.img - --force
"""
APPLY_EXAMPLES: Final = """\b
Example:
  dotmirror apply-al disk.img
"""
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
DEMO_EXAMPLES: Final = """\b
Examples:
  dotmirror demo
  dotmirror demo --folder /mnt/disk/demo --size-mib 4096
"""
COLOURS: Final = {"data": "green", "meta": "blue"}  # as in DRBD's drawings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dotmirror")
def main() -> None:
    """Mirror block devices in the way of DRBD."""


@main.command(epilog=DECODE_EXAMPLES)
@click.argument(
    "path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, allow_dash=True)
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for programs.")
def decode(path: str, *, as_json: bool) -> None:
    """Show every DRBD packet in a capture FILE (pcap or pcapng, plain or gzip, - for the input)."""
    with _opened(path) as file:
        capture = Capture(file)
        show: Callable[[Sighting], None] = _show_json if as_json else _TextShow()
        packet_count = 0
        try:
            for sighting in sightings(_with_progress(file, capture)):
                packet_count += isinstance(sighting, PacketSeen)
                show(sighting)
        except CaptureError as error:
            raise click.ClickException(f"{path}: {error}") from error
    for note in capture.notes:
        click.echo(f"{path}: {note}", err=True)
    if not packet_count:
        raise click.ClickException(f"{path}: no DRBD packet in it")


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


class _SizeType(click.ParamType[int]):
    """A number with an optional k, M, G or T behind it, in powers of 1024."""

    name = "size"

    def __init__(self, unit_bytes: int) -> None:
        self._unit_bytes = unit_bytes

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        found = SIZE.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is no size; write 64, 64k or 1M", param, ctx)
        unit_bytes = 1024 ** " kMGT".index(found[2]) if found[2] else self._unit_bytes
        return int(found[1]) * unit_bytes


_file = click.argument(
    "path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
_index = click.option(
    "--index",
    "placement",
    metavar="PLACE",
    type=_PlacementType(),
    default="internal",
    show_default=True,
    help="internal (behind the data), flex-external (a device of its own), or a number of 0 to "
    "255 (its 128 MiB of a device).",
)
_stripes = click.option(
    "--al-stripes", type=click.IntRange(min=1), help="Stripes of the activity log.  [default: 1]"
)
_stripe_size = click.option(
    "--al-stripe-size-kB",
    "--al-stripe-size",
    "al_stripe_size_bytes",
    metavar="SIZE",
    type=_SizeType(1024),
    help="Size of a stripe; a part below 4 KiB is dropped.  [default: 32]",
)
_force = click.option("--force", is_flag=True, help="Take every question as answered with yes.")
_ignore = click.option(
    "--ignore-sanity-checks",
    is_flag=True,
    help="Write even where a file system would be damaged.",
)


@main.command("create-md", epilog=CREATE_EXAMPLES)
@_file
@_index
@_stripes
@_stripe_size
@click.option(
    "--peer-max-bio-size",
    metavar="SIZE",
    type=_SizeType(1),
    default=0,
    help="The largest request that the peer takes, up to 1M; 0 when it is not known.",
)
@_force
@_ignore
def create_md(
    path: Path,
    placement: Placement,
    *,
    al_stripes: int | None,
    al_stripe_size_bytes: int | None,
    peer_max_bio_size: int,
    force: bool,
    ignore_sanity_checks: bool,
) -> None:
    """Write new meta-data to FILE, a file or block device."""
    stripe_size_blocks = 8 if al_stripe_size_bytes is None else al_stripe_size_bytes // 4096
    with _one_sentence(path):
        click.echo(
            create_metadata(
                Target(path, placement),
                Striping(al_stripes or 1, stripe_size_blocks),
                _confirmation(path, is_forced=force),
                peer_max_io_size_bytes=peer_max_bio_size,
                ignore_signatures=ignore_sanity_checks,
            )
        )


@main.command("dump-md", epilog=DUMP_EXAMPLES)
@_file
@_index
@click.option("--force", is_flag=True, help="Show meta-data of a crash that is not applied.")
def dump_md(path: Path, placement: Placement, *, force: bool) -> None:
    """Show the meta-data of FILE as text, as drbdmeta does."""
    command = " ".join(["dotmirror", *sys.argv[1:]])
    with _one_sentence(path):
        lines = dump_metadata(Target(path, placement), command, is_forced=force)
        while some := list(islice(lines, SHOWN_LINES)):
            click.echo("\n".join(some))


@main.command("restore-md", epilog=RESTORE_EXAMPLES)
@_file
@click.argument("dump", metavar="DUMP", type=click.File(encoding="latin-1"))
@_index
@_stripes
@_stripe_size
@_force
@_ignore
def restore_md(
    path: Path,
    dump: TextIO,
    placement: Placement,
    *,
    al_stripes: int | None,
    al_stripe_size_bytes: int | None,
    force: bool,
    ignore_sanity_checks: bool,
) -> None:
    """Write the meta-data that DUMP describes to FILE; DUMP is what dump-md shows (- for input)."""
    with _one_sentence(path):
        said = restore_metadata(
            Target(path, placement),
            dump.read(),
            _confirmation(path, is_forced=force),
            stripe_count=al_stripes,
            stripe_size_blocks=al_stripe_size_bytes and al_stripe_size_bytes // 4096,
            ignore_signatures=ignore_sanity_checks,
        )
        click.echo("\n".join(said))


@main.command("apply-al", epilog=APPLY_EXAMPLES)
@_file
@_index
def apply_al(path: Path, placement: Placement) -> None:
    """Mark out of sync in FILE what a crashed primary may have been writing."""
    with _one_sentence(path):
        for sentence in apply_log(Target(path, placement)):
            click.echo(sentence)


@main.command(epilog=NODE_EXAMPLES)
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


@main.command(epilog=DEMO_EXAMPLES)
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


@contextmanager
def _one_sentence(path: Path) -> Iterator[None]:
    try:
        yield
    except MetadataError as error:
        raise click.ClickException(f"{path}: {error}") from error
    except DiskError as error:
        raise click.ClickException(str(error)) from error


def _confirmation(path: Path, *, is_forced: bool) -> Callable[[str], None]:
    """Ask as drbdmeta does, for the whole word; whoever cannot answer has not agreed."""

    def confirm(question: str) -> None:
        if is_forced:
            return
        click.echo(f"{path}: {question}.", err=True)
        try:
            answer = click.prompt("Overwrite it? Type yes to go on", default="no", err=True)
        except click.Abort:
            click.echo(err=True)  # the question has a line of its own, though nobody ended it
            answer = "no"
        if answer != "yes":
            raise click.ClickException(f"{path}: left as it was")

    return confirm


def _opened(path: str) -> AbstractContextManager[Any]:
    if path == "-":
        return nullcontext(sys.stdin.buffer)
    return Path(path).open("rb")


def _show_json(sighting: Sighting) -> None:
    if isinstance(sighting, PacketSeen):
        click.echo(to_json(sighting))
    elif sighting.is_odd:
        click.echo(f"c{sighting.connection} {sighting.sentence}", err=True)


class _TextShow:
    """Shows sightings as text, in colour on a terminal."""

    def __init__(self) -> None:
        self._form = TextForm()

    def __call__(self, sighting: Sighting) -> None:
        for line in self._form.lines(sighting):
            click.echo(_coloured(line, sighting))


def _coloured(line: Line, sighting: Sighting) -> str:
    if isinstance(sighting, Remark):
        return click.style(str(line), fg="yellow" if sighting.is_odd else None, dim=True)
    name = click.style(line.name, fg=COLOURS[sighting.socket.value], bold=True)
    return f"{line.place}{name}{line.rest}"


def _with_progress(file: Any, segments: Iterable[Segment]) -> Iterator[Segment]:
    """The same segments, with a progress bar where somebody waits for a large file."""
    is_watched = sys.stderr.isatty() and not sys.stdout.isatty()
    size = os.fstat(file.fileno()).st_size if is_watched else 0
    if size < PROGRESS_SIZE_BYTES_MIN:
        yield from segments
        return
    with click.progressbar(length=size, label="decoding", file=sys.stderr) as bar:
        done = 0
        for number, segment in enumerate(segments):
            yield segment
            if number % PROGRESS_STEP_SEGMENTS == 0:
                bar.update(file.tell() - done)
                done = file.tell()
        bar.update(size - done)
