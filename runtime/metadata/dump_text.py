"""The text form of meta-data, as `drbdmeta dump-md` prints it (metadata 6.3).

drbdmeta 9.22 prints flags of 0 whatever they are (9.33 does not); here they are the true ones, so
that a dump restores what was dumped.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Final

from runtime.metadata.device import Device
from runtime.metadata.placement import bitmap_size_bytes
from runtime.metadata.superblock import FoundSuperblock, is_clean

GROUP_BYTES: Final = 32  # a line of four words; lines begin at multiples of it
WORDS: Final = Struct("<4Q")
LINE: Final = "    0x%016X; 0x%016X; 0x%016X; 0x%016X;"
COMMENT_BYTES: Final = 256  # a comment before a line at a multiple of it: 8 MiB of the volume
COMMENT_KIB: Final = 8192
RUN_GROUPS_MIN: Final = 2  # metadata 6.3: a run of more than 8 words of 32 bits
PIECE_SIZE_BYTES: Final = 1 << 20  # read at once
SKIP_BYTES: Final = 4096  # compared at once within a run

UNCLEAN: Final = (
    "This_is_an_unclean_meta_data_dump._Don't_trust_the_bitmap.",
    '# You should "apply-al" first, if you plan to restore this.',
    "",
)
"""The first of them is no legal text, on purpose."""


def dump_lines(device: Device, found: FoundSuperblock, title: list[str]) -> Iterator[str]:
    """The lines of a dump; `title` says when, where and by which command it was made."""
    superblock, lies = found.superblock, found.areas
    if found.agreed_size_read > superblock.last_agreed_size:
        yield (
            f"# la-size-sect was too big ({found.agreed_size_read}), truncated"
            f" ({superblock.last_agreed_size})!"
        )
    yield "# DRBD meta data dump"
    yield from (f"# {line}" for line in title)
    yield from ("#", "", 'version "v08";', "")
    if not is_clean(superblock):
        yield from UNCLEAN
    yield f"# md_size_sect {lies.metadata_size_sectors}"
    yield f"# md_offset {lies.superblock_offset_bytes}"
    yield f"# al_offset {lies.al_offset_bytes}"
    yield f"# bm_offset {lies.bitmap_offset_bytes}"
    yield from ("", "uuid {")
    uuids = (
        superblock.current_uuid,
        superblock.bitmap_uuid,
        superblock.younger_history_uuid,
        superblock.older_history_uuid,
    )
    yield "    " + " ".join(f"0x{uuid:016X};" for uuid in uuids)
    yield f"    flags 0x{superblock.flags:08X};"
    yield "}"
    yield f"# al-extents {superblock.al_extents};"
    yield f"la-size-sect {superblock.last_agreed_size};"
    yield f"bm-byte-per-bit {superblock.bytes_per_bit};"
    yield f"device-uuid 0x{superblock.device_uuid:016X};"
    yield f"la-peer-max-bio-size {_signed(superblock.last_peer_max_io_size)};"
    yield f"al-stripes {superblock.al_stripes};"
    yield f"al-stripe-size-4k {superblock.al_stripe_size};"
    yield f"# bm-bytes {bitmap_size_bytes(superblock.last_agreed_size)};"
    yield "bm {"
    bits_set = 0
    lines = _BitmapLines()
    for piece in bitmap_pieces(device, found):
        bits_set += int.from_bytes(piece, "little").bit_count()
        yield from lines.of(piece)
    yield from lines.rest()
    yield "}"
    yield f"# bits-set {bits_set};"


def _signed(number: int) -> int:
    """A number of 32 bits as drbdmeta prints this one of them."""
    return number - (1 << 32) if number >> 31 else number


def bitmap_pieces(device: Device, found: FoundSuperblock) -> Iterator[bytes]:
    """The bitmap of the volume in whole blocks; zeros where its area ends before (metadata 1.6)."""
    lies = found.areas
    size_bytes = bitmap_size_bytes(found.superblock.last_agreed_size)
    for at in range(0, size_bytes, PIECE_SIZE_BYTES):
        wanted = min(PIECE_SIZE_BYTES, size_bytes - at)
        there = min(wanted, lies.bitmap_size_bytes_max - at)
        piece = device.read(offset_bytes=lies.bitmap_offset_bytes + at, size_bytes=there)
        yield piece.ljust(wanted, b"\0")


class _BitmapLines:
    """Turns a bitmap into lines, piece by piece; a run may go over several pieces."""

    def __init__(self) -> None:
        self._at = 0
        self._word = b""  # the four equal bytes that a run consists of
        self._run_groups = 0
        self._run_at = 0

    def of(self, piece: bytes) -> Iterator[str]:
        """The lines of a piece, but for the run that it ends with."""
        place = 0
        while place < len(piece):
            if self._run_groups and (size := _run_size(piece, place, self._word * 8)):
                self._run_groups += size // GROUP_BYTES
                place += size
                continue
            yield from self.rest()
            group = piece[place : place + GROUP_BYTES]
            if group[:4] * 8 == group:
                self._word, self._run_groups = group[:4], 1
                self._run_at = self._at + place
            else:
                yield from _comment(self._at + place)
                yield _items(group)
            place += GROUP_BYTES
        self._at += len(piece)

    def rest(self) -> Iterator[str]:
        """The line of the run that the last piece ended with."""
        if not self._run_groups:
            return
        yield from _comment(self._run_at)
        if self._run_groups >= RUN_GROUPS_MIN:
            word = int.from_bytes(self._word * 2, "little")
            yield f"    {self._run_groups * 4} times 0x{word:016X};"
        else:
            yield _items(self._word * 8)
        self._run_groups = 0


def _run_size(piece: bytes, place: int, group: bytes) -> int:
    """How many bytes from a place on are such groups."""
    end = place
    block = group * (SKIP_BYTES // GROUP_BYTES)
    while piece[end : end + SKIP_BYTES] == block:
        end += SKIP_BYTES
    while piece[end : end + GROUP_BYTES] == group:
        end += GROUP_BYTES
    return end - place


def _comment(at: int) -> Iterator[str]:
    if at % COMMENT_BYTES == 0:
        yield f"   # at {at // COMMENT_BYTES * COMMENT_KIB}kB"


def _items(group: bytes) -> str:
    return LINE % WORDS.unpack(group)
