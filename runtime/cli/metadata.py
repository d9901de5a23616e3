"""The commands for meta-data: create-md, dump-md, restore-md, apply-al."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

import click

from runtime.cli.places import of_places
from runtime.cli.sizes import SizeType
from runtime.errors import DiskError, MetadataError
from runtime.metadata.placement import Striping
from runtime.metadata_commands import (
    Target,
    apply_log,
    create_metadata,
    dump_metadata,
    restore_metadata,
)

SHOWN_LINES: Final = 1000  # written at once: a dump may have a million
CREATE_EXAMPLES: Final = """\b
Examples:
  dotmirror create-md disk.img
  dotmirror create-md r0
  dotmirror create-md -c drbd.conf r0/1
  dotmirror create-md meta.img --index flex-external --al-stripes 4 --al-stripe-size-kB 64
"""
DUMP_EXAMPLES: Final = """\b
Examples:
  dotmirror dump-md disk.img > dump.txt
  dotmirror dump-md r0
  dotmirror dump-md meta.img --index 3
"""
RESTORE_EXAMPLES: Final = """\b
Examples:
  dotmirror restore-md disk.img dump.txt
  dotmirror restore-md r0/1 dump.txt
  drbdmeta - v08 /dev/vg/a internal dump-md | dotmirror restore-md disk.img - --force
"""
APPLY_EXAMPLES: Final = """\b
Examples:
  dotmirror apply-al disk.img
  dotmirror apply-al all
"""


_word = click.argument("word", metavar="FILE|RESOURCE[/VOLUME]|all")
_stripes = click.option(
    "--al-stripes", type=click.IntRange(min=1), help="Stripes of the activity log.  [default: 1]"
)
_stripe_size = click.option(
    "--al-stripe-size-kB",
    "--al-stripe-size",
    "al_stripe_size_bytes",
    metavar="SIZE",
    type=SizeType(1024),
    help="Size of a stripe; a part below 4 KiB is dropped.  [default: 32]",
)
_force = click.option("--force", is_flag=True, help="Take every question as answered with yes.")
_ignore = click.option(
    "--ignore-sanity-checks",
    is_flag=True,
    help="Write even where a file system would be damaged.",
)


@click.command("create-md", epilog=CREATE_EXAMPLES)
@_word
@of_places
@_stripes
@_stripe_size
@click.option(
    "--peer-max-bio-size",
    metavar="SIZE",
    type=SizeType(1),
    default=0,
    help="The largest request that the peer takes, up to 1M; 0 when it is not known.",
)
@_force
@_ignore
def create_md(
    targets: Sequence[Target],
    *,
    al_stripes: int | None,
    al_stripe_size_bytes: int | None,
    peer_max_bio_size: int,
    force: bool,
    ignore_sanity_checks: bool,
) -> None:
    """Write new meta-data to FILE, a file or block device, or to the disks of RESOURCE.

    A word is a RESOURCE of the configuration where no file has its name, and always with -c.
    """
    stripe_size_blocks = 8 if al_stripe_size_bytes is None else al_stripe_size_bytes // 4096
    for target in targets:
        with _one_sentence(target.path):
            said = create_metadata(
                target,
                Striping(al_stripes or 1, stripe_size_blocks),
                _confirmation(target.path, is_forced=force),
                peer_max_io_size_bytes=peer_max_bio_size,
                ignore_signatures=ignore_sanity_checks,
            )
        click.echo(said)


@click.command("dump-md", epilog=DUMP_EXAMPLES)
@_word
@of_places
@click.option("--force", is_flag=True, help="Show meta-data of a crash that is not applied.")
def dump_md(targets: Sequence[Target], *, force: bool) -> None:
    """Show the meta-data of FILE, or of RESOURCE's disks, as text, as drbdmeta does."""
    command = " ".join(["dotmirror", *sys.argv[1:]])
    for target in targets:
        with _one_sentence(target.path):
            lines = dump_metadata(target, command, is_forced=force)
            while some := list(islice(lines, SHOWN_LINES)):
                click.echo("\n".join(some))


@click.command("restore-md", epilog=RESTORE_EXAMPLES)
@_word
@of_places
@click.argument("dump", metavar="DUMP", type=click.File(encoding="latin-1"))
@_stripes
@_stripe_size
@_force
@_ignore
def restore_md(
    targets: Sequence[Target],
    *,
    dump: TextIO,
    al_stripes: int | None,
    al_stripe_size_bytes: int | None,
    force: bool,
    ignore_sanity_checks: bool,
) -> None:
    """Write the meta-data that DUMP describes to FILE, or to the disk of RESOURCE.

    DUMP is what dump-md shows (- for input).
    """
    if len(targets) > 1:
        raise click.UsageError("a dump is of one volume: write RESOURCE/VOLUME")
    (target,) = targets
    with _one_sentence(target.path):
        said = restore_metadata(
            target,
            dump.read(),
            _confirmation(target.path, is_forced=force),
            stripe_count=al_stripes,
            stripe_size_blocks=al_stripe_size_bytes and al_stripe_size_bytes // 4096,
            ignore_signatures=ignore_sanity_checks,
        )
    click.echo("\n".join(said))


@click.command("apply-al", epilog=APPLY_EXAMPLES)
@_word
@of_places
def apply_al(targets: Sequence[Target]) -> None:
    """Mark out of sync in FILE, or on RESOURCE's disks, what a crashed primary may have written."""
    for target in targets:
        with _one_sentence(target.path):
            said = apply_log(target)
        for sentence in said:
            click.echo(f"{target.path}: {sentence}")


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


COMMANDS: Final[Mapping[str, click.Command]] = {
    "create-md": create_md,
    "dump-md": dump_md,
    "restore-md": restore_md,
    "apply-al": apply_al,
}
