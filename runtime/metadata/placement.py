"""Where the parts of the meta-data lie on a device, to the sector (metadata 1.1, 1.6).

Everything here is arithmetic on sizes; nothing is read. The formulas are those that drbdmeta 9.22
was seen to use. Two things were asked of it for this file: a device of less than 68 KiB is refused,
and the size field of a flexible external device of 3 TiB is cut to 32 bits without a word, which
is why we refuse what does not fit.
"""

from dataclasses import dataclass
from typing import Final, Self

from runtime.errors import MetadataError
from runtime.metadata.device import BLOCK_SIZE_BYTES, SECTOR_SIZE_BYTES

BLOCK_SECTORS: Final = BLOCK_SIZE_BYTES // SECTOR_SIZE_BYTES
BITMAP_BLOCK_SECTORS: Final = 262144  # metadata 0: the data that one block of bitmap covers
BITMAP_SECTOR_SECTORS: Final = 32768  # ... and one sector of it

WINDOW_SIZE_BYTES: Final = 128 << 20  # metadata 1.1: one index of an indexed device
WINDOW_SECTORS: Final = WINDOW_SIZE_BYTES // SECTOR_SIZE_BYTES
INDEX_MAX: Final = 255

DEVICE_SIZE_BYTES_MIN: Final = 68 << 10  # metadata 1.5: drbdmeta refuses less
DEVICE_SIZE_BYTES_MAX: Final = 1 << 50  # metadata 1.6: drbdmeta aborts beyond 1 PiB
SIZE_FIELD_MAX: Final = (1 << 32) - 1  # metadata 1.2: the size field has 32 bits

AL_BLOCKS_MIN: Final = 8
AL_BLOCKS_MAX: Final = 8192  # metadata 3.1: drbdmeta's limit, the kernel takes more


@dataclass(frozen=True, slots=True)
class Striping:
    """How the blocks of the activity log are spread over the disks of a RAID (metadata 3.2)."""

    stripe_count: int = 1
    stripe_size_blocks: int = 8

    @property
    def block_count(self) -> int:
        """How many transactions the ring holds."""
        return self.stripe_count * self.stripe_size_blocks

    def check(self) -> None:
        """Refuse what drbdmeta refuses to create (metadata 8.2)."""
        kib = self.block_count * 4
        if self.stripe_count < 1 or self.stripe_size_blocks < 1 or kib < AL_BLOCKS_MIN * 4:
            raise MetadataError(
                f"an activity log of {self.stripe_count} stripes of {self.stripe_size_blocks * 4}"
                f" KiB is too small, it needs {AL_BLOCKS_MIN * 4} KiB"
            )
        if self.block_count > AL_BLOCKS_MAX:
            raise MetadataError(
                f"an activity log of {kib} KiB is too large, it may have {AL_BLOCKS_MAX * 4} KiB"
            )


@dataclass(frozen=True, slots=True)
class Placement:
    """Which of the three forms, as the number that the kernel's configuration has for it."""

    index: int

    @classmethod
    def parse(cls, word: str) -> Self:
        """Read what drbdmeta takes: internal, flex-internal, flex-external or 0 to 255."""
        forms = {"internal": -1, "flex-internal": -1, "flex-external": -2}
        if word in forms:
            return cls(forms[word])
        if word.isascii() and word.isdecimal() and int(word) <= INDEX_MAX:
            return cls(int(word))
        raise MetadataError(
            f"{word!r} is no place for meta-data: internal, flex-external, or an index of 0 to"
            f" {INDEX_MAX}"
        )

    @property
    def is_internal(self) -> bool:
        """Whether it lies at the end of the data device."""
        return self.index == -1

    @property
    def is_indexed(self) -> bool:
        """Whether it lies in a window of 128 MiB among others."""
        return self.index >= 0

    @property
    def window(self) -> range | None:
        """The bytes of the device that are its own; None for all."""
        if not self.is_indexed:
            return None
        offset_bytes = self.index * WINDOW_SIZE_BYTES
        return range(offset_bytes, offset_bytes + WINDOW_SIZE_BYTES)

    def __str__(self) -> str:
        return {-1: "internal", -2: "flex-external"}.get(self.index, f"index {self.index}")


INTERNAL: Final = Placement(-1)
FLEXIBLE_EXTERNAL: Final = Placement(-2)


@dataclass(frozen=True, slots=True)
class Areas:
    """Where everything lies. Offsets in sectors count from the superblock, as its fields do."""

    superblock_offset_bytes: int
    al_offset_sectors: int
    bitmap_offset_sectors: int
    metadata_size_sectors: int
    sector_count_max: int
    """The largest volume that this meta-data can describe."""
    striping: Striping

    @property
    def al_offset_bytes(self) -> int:
        """Where the activity log begins on the device."""
        return self.superblock_offset_bytes + self.al_offset_sectors * SECTOR_SIZE_BYTES

    @property
    def al_size_bytes(self) -> int:
        """What the activity log takes."""
        return self.striping.block_count * BLOCK_SIZE_BYTES

    @property
    def bitmap_offset_bytes(self) -> int:
        """Where the bitmap begins on the device."""
        return self.superblock_offset_bytes + self.bitmap_offset_sectors * SECTOR_SIZE_BYTES

    @property
    def bitmap_size_bytes_max(self) -> int:
        """How much bitmap there is room for."""
        if self.bitmap_offset_sectors < 0:
            sectors = self.al_offset_sectors - self.bitmap_offset_sectors
        else:
            sectors = self.metadata_size_sectors - self.bitmap_offset_sectors
        return sectors * SECTOR_SIZE_BYTES


def bitmap_size_bytes(sector_count: int) -> int:
    """How much bitmap a volume of this size has, in whole blocks (metadata 1.6, `bm-bytes`)."""
    return -(-sector_count // BITMAP_BLOCK_SECTORS) * BLOCK_SIZE_BYTES


def superblock_offset_bytes(placement: Placement, *, device_size_bytes: int) -> int:
    """Where the superblock lies; refuse a device that has no room for it (metadata 1.1)."""
    if device_size_bytes < DEVICE_SIZE_BYTES_MIN:
        raise MetadataError(
            f"{device_size_bytes} bytes are too few for meta-data, it needs"
            f" {DEVICE_SIZE_BYTES_MIN}"
        )
    if device_size_bytes > DEVICE_SIZE_BYTES_MAX:
        raise MetadataError(f"{device_size_bytes} bytes are more than the 1 PiB of DRBD 8.4")
    if placement.is_internal:
        return device_size_bytes // BLOCK_SIZE_BYTES * BLOCK_SIZE_BYTES - BLOCK_SIZE_BYTES
    offset_bytes = max(placement.index, 0) * WINDOW_SIZE_BYTES
    if offset_bytes > device_size_bytes - BLOCK_SIZE_BYTES:
        raise MetadataError(
            f"{placement} begins at byte {offset_bytes}, the device has only {device_size_bytes}"
        )
    return offset_bytes


def areas(placement: Placement, striping: Striping, *, device_size_bytes: int) -> Areas:
    """Where everything lies on a device of this size (metadata 1.6)."""
    offset_bytes = superblock_offset_bytes(placement, device_size_bytes=device_size_bytes)
    device_sectors = device_size_bytes // SECTOR_SIZE_BYTES
    al_sectors = striping.block_count * BLOCK_SECTORS
    if placement.is_internal:
        bitmap_sectors = -(-device_sectors // BITMAP_BLOCK_SECTORS) * BLOCK_SECTORS
        data_sectors = offset_bytes // SECTOR_SIZE_BYTES - al_sectors - bitmap_sectors
        if data_sectors < 0:
            raise MetadataError(f"{device_size_bytes} bytes leave no room beside the meta-data")
        size_sectors = BLOCK_SECTORS + al_sectors + bitmap_sectors
        return Areas(
            offset_bytes,
            -al_sectors,
            -al_sectors - bitmap_sectors,
            size_sectors,
            data_sectors,
            striping,
        )
    size_sectors = WINDOW_SECTORS if placement.is_indexed else device_sectors
    bitmap_offset_sectors = BLOCK_SECTORS + al_sectors
    if size_sectors > SIZE_FIELD_MAX:
        raise MetadataError(f"{device_size_bytes} bytes are more than external meta-data can count")
    if bitmap_offset_sectors >= size_sectors:
        raise MetadataError(f"{size_sectors * 512} bytes leave no room for a bitmap")
    sector_count_max = (size_sectors - bitmap_offset_sectors) * BITMAP_SECTOR_SECTORS
    return Areas(
        offset_bytes,
        BLOCK_SECTORS,
        bitmap_offset_sectors,
        size_sectors,
        min(sector_count_max, DEVICE_SIZE_BYTES_MAX // SECTOR_SIZE_BYTES),
        striping,
    )
