"""Writing meta-data from its text form (metadata 6.4).

drbdmeta 9.22 leaves the activity log of a restored device as it is, and so the words of the bitmap
that the text does not name; here the log starts anew, which the flags say even where the text does
not, and such words are 0. As with creation the superblock is wiped first and written last.
"""

from dataclasses import dataclass

from generated.layouts.generations import SpecialUuid
from generated.layouts.superblock import Superblock, SuperblockFlags
from runtime.metadata.creation import (
    PIECE_SIZE_BYTES,
    Plan,
    room_for,
    what_is_lost,
    wipe_superblock,
    write_initial_ring,
)
from runtime.metadata.device import Device
from runtime.metadata.dump_parser import Dump, DumpHeader, parse_dump
from runtime.metadata.placement import Areas, Placement, Striping, bitmap_size_bytes
from runtime.metadata.superblock import fresh_superblock, write_superblock


@dataclass(frozen=True, slots=True)
class Restoration:
    """Meta-data to be written, with its bitmap and what could not be taken over."""

    plan: Plan
    bitmap: bytes
    notes: tuple[str, ...]


def plan_restoration(
    device: Device,
    placement: Placement,
    text: str,
    *,
    stripe_count: int | None = None,
    stripe_size_blocks: int | None = None,
    ignore_signatures: bool = False,
) -> Restoration:
    """Read the whole text, and decide what restore-md will write."""

    def striping_of(header: DumpHeader) -> Striping:
        said = header.al_stripes, header.al_stripe_size
        default = Striping() if said == (0, 0) else Striping(*said)  # metadata 1.2
        return Striping(
            stripe_count or default.stripe_count, stripe_size_blocks or default.stripe_size_blocks
        )

    def size_of(header: DumpHeader) -> int:
        lies = room_for(device, placement, striping_of(header))
        sector_count = min(header.last_agreed_size, lies.sector_count_max)
        return min(bitmap_size_bytes(sector_count), lies.bitmap_size_bytes_max)

    dump = parse_dump(text, size_of)
    lies = room_for(device, placement, striping_of(dump.header))
    questions = what_is_lost(device, placement, lies, ignore_signatures=ignore_signatures)
    superblock = _superblock(dump.header, lies)
    bitmap = dump.bitmap.ljust(size_of(dump.header), b"\0")
    return Restoration(
        Plan(superblock, lies, tuple(questions)), bitmap, _notes(dump, lies.sector_count_max)
    )


def _superblock(header: DumpHeader, lies: Areas) -> Superblock:
    superblock = fresh_superblock(lies, peer_max_io_size_bytes=0)
    superblock.last_peer_max_io_size = header.last_peer_max_io_size
    superblock.last_agreed_size = min(header.last_agreed_size, lies.sector_count_max)
    (
        superblock.current_uuid,
        superblock.bitmap_uuid,
        superblock.younger_history_uuid,
        superblock.older_history_uuid,
    ) = header.uuids
    superblock.device_uuid = header.device_uuid
    superblock.flags = header.flags | SuperblockFlags.MDF_AL_CLEAN
    return superblock


def _notes(dump: Dump, sector_count_max: int) -> tuple[str, ...]:
    header = dump.header
    notes = []
    if not header.flags and header.uuids[0] != SpecialUuid.JUST_CREATED:
        notes.append(
            "the flags of the dump are 0, as drbdmeta 9.22 prints them whatever they are: the data"
            " counts as Inconsistent"
        )
    if header.last_agreed_size > sector_count_max:
        notes.append(f"la-size-sect was cut from {header.last_agreed_size} to {sector_count_max}")
    if dump.dropped_word_count:
        notes.append(f"{dump.dropped_word_count} words of the bitmap are behind the volume's end")
    return tuple(notes)


def restore(device: Device, restoration: Restoration) -> None:
    """Write what was planned."""
    lies = restoration.plan.areas
    wipe_superblock(device, lies)
    write_initial_ring(device, lies)
    for at in range(0, len(restoration.bitmap), PIECE_SIZE_BYTES):
        piece = restoration.bitmap[at : at + PIECE_SIZE_BYTES]
        there = lies.bitmap_offset_bytes + at
        if any(piece) or any(device.read(offset_bytes=there, size_bytes=len(piece))):
            device.write(there, piece)
    device.flush()
    write_superblock(device, restoration.plan.superblock, lies)
    device.flush()
