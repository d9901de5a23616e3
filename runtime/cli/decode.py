"""`dotmirror decode`: what two nodes said."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Final

import click

from runtime.decode import Line, TextForm, sightings, to_json
from runtime.errors import CaptureError
from runtime.io.capture import Capture
from runtime.wire.conversation import PacketSeen, Remark, Sighting
from runtime.wire.reassembly import Segment

PROGRESS_SIZE_BYTES_MIN: Final = 4 << 20  # a smaller file is decoded before anybody looks
PROGRESS_STEP_SEGMENTS: Final = 1024
DECODE_EXAMPLES: Final = """\b
Examples:
  dotmirror decode capture.pcap.gz
  dotmirror decode --json capture.pcap.gz | jq 'select(.packet == "P_STATE")'
  tcpdump -U -w - tcp port 7788 | dotmirror decode -
"""
COLOURS: Final = {"data": "green", "meta": "blue"}  # as in DRBD's drawings


@click.command(epilog=DECODE_EXAMPLES)
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


COMMANDS: Final[Mapping[str, click.Command]] = {"decode": decode}
