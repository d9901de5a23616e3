"""What the commands for meta-data do, without the words of a command line."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from runtime.errors import MetadataError
from runtime.io.device import FileDevice
from runtime.metadata.creation import create, plan_creation
from runtime.metadata.dump_text import dump_lines
from runtime.metadata.placement import Areas, Placement, Striping
from runtime.metadata.recovery import apply_activity_log
from runtime.metadata.restoration import plan_restoration, restore
from runtime.metadata.superblock import is_clean, read_superblock

Confirm = Callable[[str], None]
"""Ask whether to go on in spite of something; returns only when the answer is yes."""


@dataclass(frozen=True, slots=True)
class Target:
    """Which meta-data is meant: a device, and the place on it."""

    path: Path
    placement: Placement


def create_metadata(
    target: Target,
    striping: Striping,
    confirm: Confirm,
    *,
    peer_max_io_size_bytes: int,
    ignore_signatures: bool,
) -> str:
    """Write new meta-data, and say where it lies."""
    with _writing(target) as device:
        plan = plan_creation(
            device,
            target.placement,
            striping,
            peer_max_io_size_bytes=peer_max_io_size_bytes,
            ignore_signatures=ignore_signatures,
        )
        for question in plan.questions:
            confirm(question)
        create(device, plan)
        return f"new meta-data in {target.path} {_where(plan.areas)}"


def _writing(target: Target) -> FileDevice:
    return FileDevice(target.path, writable=True, window=target.placement.window)


def _where(lies: Areas) -> str:
    return (
        f"at byte {lies.superblock_offset_bytes}, for a volume of up to"
        f" {lies.sector_count_max} sectors"
    )


def dump_metadata(target: Target, command: str, *, is_forced: bool) -> Iterator[str]:
    """The lines of a dump; an unclean one is shown only when forced, for it may mislead."""
    with FileDevice(target.path, writable=False) as device:
        found = read_superblock(device, target.placement)
        if not (is_forced or is_clean(found.superblock)):
            raise MetadataError(
                "the activity log has not been applied, so the bitmap does not tell all: run"
                " apply-al first, or use --force"
            )
        yield from dump_lines(device, found, [_now(), f"{os.uname().nodename}> {command}"])


def _now() -> str:
    """The time as drbdmeta writes it (metadata 6.5)."""
    now_s = int(time.time())
    return time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(now_s)) + f" [{now_s}]"


def restore_metadata(
    target: Target,
    text: str,
    confirm: Confirm,
    *,
    stripe_count: int | None,
    stripe_size_blocks: int | None,
    ignore_signatures: bool,
) -> list[str]:
    """Write what a dump says; return what there is to say about it."""
    with _writing(target) as device:
        restoration = plan_restoration(
            device,
            target.placement,
            text,
            stripe_count=stripe_count,
            stripe_size_blocks=stripe_size_blocks,
            ignore_signatures=ignore_signatures,
        )
        for question in restoration.plan.questions:
            confirm(question)
        restore(device, restoration)
        return [
            *restoration.notes,
            f"restored meta-data in {target.path} {_where(restoration.plan.areas)}",
        ]


def apply_log(target: Target) -> list[str]:
    """Apply the activity log; return what there is to say about it."""
    with _writing(target) as device:
        found = read_superblock(device, target.placement)
        applied = apply_activity_log(device, found)
    said = []
    if applied.corrupt_count:
        said.append(f"{applied.corrupt_count} blocks of the activity log were damaged")
    if applied.extents_beyond:
        said.append(f"{len(applied.extents_beyond)} hot extents lie behind the volume's end")
    if applied.marked_bit_count:
        kib = applied.marked_bit_count * 4
        said.append(f"{kib} KiB are marked out of sync because they may have been written")
    return said
