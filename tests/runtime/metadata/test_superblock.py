"""The superblock has the published bytes, and what makes no sense is refused with one sentence."""

import struct
from typing import Final

import pytest

from runtime.errors import MetadataError
from runtime.metadata.creation import create, plan_creation
from runtime.metadata.placement import FLEXIBLE_EXTERNAL, INTERNAL, Placement, Striping
from runtime.metadata.recovery import apply_activity_log
from runtime.metadata.superblock import (
    fresh_superblock,
    is_clean,
    read_superblock,
    refuse_attaching,
    write_superblock,
)
from tests.runtime.metadata.devices import MemoryDevice

SIZE_BYTES: Final = 64 << 20
FRESH: Final = """
00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 04
00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00
00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00
00 00 00 00 00 00 00 00  00 00 00 80 83 74 02 6b
"""
FRESH_INTERNAL: Final = f"""{FRESH}
00 00 00 50 ff ff ff c0  00 00 01 01 ff ff ff b8
00 00 10 00 00 00 00 00  00 00 00 01 00 00 00 08
"""
FRESH_FLEXIBLE: Final = f"""{FRESH}
00 00 08 00 00 00 00 08  00 00 01 01 00 00 00 48
00 00 10 00 00 00 00 00  00 00 00 01 00 00 00 08
"""
FRESH_INDEXED: Final = f"""{FRESH}
00 04 00 00 00 00 00 08  00 00 01 01 00 00 00 48
00 00 10 00 00 00 00 00  00 00 00 01 00 00 00 08
"""


def created(placement: Placement = INTERNAL, size_bytes: int = SIZE_BYTES) -> MemoryDevice:
    """A device with new meta-data."""
    device = MemoryDevice(size_bytes)
    create(device, plan_creation(device, placement, Striping()))
    return device


@pytest.mark.parametrize(
    ("placement", "size_bytes", "expected"),
    [
        (INTERNAL, 16 << 20, FRESH_INTERNAL),
        (FLEXIBLE_EXTERNAL, 1 << 20, FRESH_FLEXIBLE),
        (Placement(1), 256 << 20, FRESH_INDEXED),
    ],
    ids=["internal", "flexible", "indexed"],
)
def test_a_fresh_superblock_has_the_published_bytes(
    placement: Placement, size_bytes: int, expected: str
) -> None:
    """Creation writes what drbdmeta writes."""
    device = created(placement, size_bytes)
    at = read_superblock(device, placement).areas.superblock_offset_bytes
    block = device.read(offset_bytes=at, size_bytes=4096)
    assert block == bytes.fromhex(expected).ljust(4096, b"\0")


def changed(offset: int, form: str, value: int, placement: Placement = INTERNAL) -> MemoryDevice:
    """A device whose superblock has one number changed."""
    device = created(placement)
    at = read_superblock(device, placement).areas.superblock_offset_bytes
    block = bytearray(device.read(offset_bytes=at, size_bytes=4096))
    struct.pack_into(f">{form}", block, offset, value)
    device.write(at, bytes(block))
    return device


@pytest.mark.parametrize(
    ("device", "placement", "sentence"),
    [
        (MemoryDevice(SIZE_BYTES), INTERNAL, "no meta-data there"),
        (created(), FLEXIBLE_EXTERNAL, "no meta-data there"),
        (changed(60, "I", 0x8374026A), INTERNAL, "it is meta-data of DRBD 0.7"),
        (changed(60, "I", 0x8374026D), INTERNAL, "it is meta-data of DRBD 9"),
        (changed(80, "I", 8192), INTERNAL, "bytes_per_bit is 0x2000, not 0x1000"),
        (changed(88, "I", 0), INTERNAL, "0 stripes of 8 blocks makes no sense"),
        (changed(92, "I", 0xFFFFFFFF), INTERNAL, "blocks makes no sense"),
        (changed(68, "i", -72), INTERNAL, "al_offset is -72 sectors, not -64"),
        (changed(76, "i", -80), INTERNAL, "bitmap_offset is -80 sectors, not -72"),
        (changed(64, "I", 88), INTERNAL, "metadata_size is 88 sectors, not 80"),
        (changed(76, "i", 80, FLEXIBLE_EXTERNAL), FLEXIBLE_EXTERNAL, "is 80 sectors, not 72"),
        (changed(64, "I", 72, FLEXIBLE_EXTERNAL), FLEXIBLE_EXTERNAL, "leaves no bitmap"),
    ],
)
def test_what_makes_no_sense_is_refused(
    device: MemoryDevice, placement: Placement, sentence: str
) -> None:
    """Each fault has a sentence that names the field and its value, and nothing is written."""
    before = dict(device.sectors)
    with pytest.raises(MetadataError, match=sentence):
        read_superblock(device, placement)
    assert device.sectors == before


def test_zero_stripes_of_zero_blocks_are_the_default() -> None:
    """Meta-data from before there were stripes is read as one stripe of 8 blocks."""
    device = changed(88, "Q", 0)
    superblock = read_superblock(device, INTERNAL).superblock
    assert (superblock.al_stripes, superblock.al_stripe_size) == (1, 8)


def test_a_size_that_does_not_fit_is_cut() -> None:
    """Reading cuts the last agreed size to the room there is, and attaching refuses it."""
    device = changed(0, "Q", 130993)
    found = read_superblock(device, INTERNAL)
    assert (found.superblock.last_agreed_size, found.agreed_size_read) == (130992, 130993)
    with pytest.raises(MetadataError, match="has 130993 sectors, there is room for 130992"):
        refuse_attaching(found, INTERNAL, device)


@pytest.mark.parametrize(
    ("magic", "flags", "clean"),
    [
        (0x8374026B, 0x080, True),
        (0x8374026B, 0x093, True),
        (0x8374026B, 0x013, False),
        (0x8374026C, 0x080, False),
    ],
)
def test_clean_takes_magic_and_flag(magic: int, flags: int, *, clean: bool) -> None:
    """Only the clean magic together with the flag says that the activity log needs nothing."""
    device = created()
    found = read_superblock(device, INTERNAL)
    found.superblock.magic, found.superblock.flags = magic, flags
    write_superblock(device, found.superblock, found.areas)
    again = read_superblock(device, INTERNAL)
    assert is_clean(again.superblock) is clean
    if not clean:
        with pytest.raises(MetadataError, match="has not been applied"):
            refuse_attaching(again, INTERNAL, device)
        apply_activity_log(device, again)
    refuse_attaching(read_superblock(device, INTERNAL), INTERNAL, device)


def test_unknown_flags_and_the_device_uuid_are_kept() -> None:
    """Bits without a meaning survive reading and writing."""
    device = created()
    found = read_superblock(device, INTERNAL)
    found.superblock.flags |= 1 << 30
    found.superblock.device_uuid = 0x0123456789ABCDEF
    write_superblock(device, found.superblock, found.areas)
    again = read_superblock(device, INTERNAL).superblock
    assert again == found.superblock


def test_a_small_device_is_created_but_not_attached() -> None:
    """What the kernel would not attach is refused with both sizes."""
    device = created(INTERNAL, 69632 + 4096)
    found = read_superblock(device, INTERNAL)
    with pytest.raises(MetadataError, match="internal needs 2048 sectors, the device has 144"):
        refuse_attaching(found, INTERNAL, device)


def test_a_bitmap_that_was_cut_off_is_refused() -> None:
    """A volume whose bitmap lies behind the device's end is told with both places."""
    device = created(Placement(0), 128 << 20)
    found = read_superblock(device, Placement(0))
    found.superblock.last_agreed_size = 1 << 30
    write_superblock(device, found.superblock, found.areas)
    cut = MemoryDevice(1 << 20, device.sectors)
    with pytest.raises(MetadataError, match="ends at byte 16814080, the device at 1048576"):
        read_superblock(cut, Placement(0))


def test_the_peers_request_size_has_a_limit() -> None:
    """No peer takes requests beyond one MiB."""
    lies = read_superblock(created(), INTERNAL).areas
    with pytest.raises(MetadataError, match="1048577 bytes, it may be up to 1048576"):
        fresh_superblock(lies, peer_max_io_size_bytes=1048577)
