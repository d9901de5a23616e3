"""Nothing is overwritten without a question, and a file system that is in use not at all."""

import struct
from typing import Final

import pytest

from runtime.errors import MetadataError
from runtime.metadata.creation import create, plan_creation
from runtime.metadata.placement import FLEXIBLE_EXTERNAL, INTERNAL, Placement, Striping
from tests.runtime.metadata.devices import MemoryDevice

SIZE_BYTES: Final = 64 << 20
Pokes = dict[int, bytes]

EXT: Final = {1028: struct.pack("<I", 30 << 10), 1080: b"\x53\xef"}
FULL_EXT: Final = {1028: struct.pack("<I", 64 << 10), 1080: b"\x53\xef"}
HUGE_EXT: Final = EXT | {1120: struct.pack("<I", 0x80), 1360: struct.pack("<I", 1)}
XFS: Final = {0: b"XFSB" + struct.pack(">IQ", 4096, 1000)}


def device_with(pokes: Pokes) -> MemoryDevice:
    """A device of zeros with some bytes changed."""
    device = MemoryDevice(SIZE_BYTES)
    for offset_bytes, content in pokes.items():
        sector, at = divmod(offset_bytes, 512)
        whole = bytearray(device.read(offset_bytes=sector * 512, size_bytes=512))
        whole[at : at + len(content)] = content
        assert len(whole) == 512
        device.write(sector * 512, bytes(whole))
    device.write_count = 0
    return device


def questions(device: MemoryDevice, placement: Placement = INTERNAL) -> tuple[str, ...]:
    """What is asked before meta-data is created."""
    return plan_creation(device, placement, Striping()).questions


@pytest.mark.parametrize(
    ("pokes", "placement", "asked"),
    [
        ({}, INTERNAL, ()),
        ({}, FLEXIBLE_EXTERNAL, ()),
        ({69631: b"x"}, INTERNAL, ("there is some data at the start of the device",)),
        ({69632: b"x"}, INTERNAL, ()),
        ({69632: b"x"}, FLEXIBLE_EXTERNAL, ()),
        ({SIZE_BYTES - 1: b"x"}, INTERNAL, ("there is some data where the meta-data goes",)),
        (XFS, INTERNAL, ("there is an XFS file system, which meta-data may damage",)),
    ],
)
def test_data_is_asked_about(pokes: Pokes, placement: Placement, asked: tuple[str, ...]) -> None:
    """Whoever creates meta-data is told what is there, and nothing is written meanwhile."""
    device = device_with(pokes)
    assert questions(device, placement) == asked
    assert device.write_count == 0


@pytest.mark.parametrize(
    ("pokes", "placement", "sentence"),
    [
        (FULL_EXT, INTERNAL, "it uses 67108864 bytes, 67067904 would be left"),
        (HUGE_EXT, INTERNAL, "it uses 4398077968384 bytes, 67067904 would be left"),
        (
            EXT,
            FLEXIBLE_EXTERNAL,
            "ext4 file system would be damaged: the meta-data would lie in it",
        ),
        (XFS, FLEXIBLE_EXTERNAL, "an XFS file system would be damaged"),
        ({32768: b"JFS1"}, INTERNAL, "a JFS file system would be damaged: nobody knows"),
        ({65600: b"_BHRfS_M"}, INTERNAL, "a Btrfs file system would be damaged"),
        ({3: b"NTFS    "}, INTERNAL, "an NTFS file system would be damaged"),
        ({4086: b"SWAPSPACE2"}, INTERNAL, "swap space would be damaged"),
        ({536: b"LVM2 001"}, INTERNAL, "an LVM2 physical volume would be damaged"),
        ({0: b"LUKS\xba\xbe"}, INTERNAL, "an encrypted LUKS volume would be damaged"),
    ],
)
def test_what_is_in_use_is_protected(pokes: Pokes, placement: Placement, sentence: str) -> None:
    """A file system is not cut, unless somebody insists that it is none."""
    device = device_with(pokes)
    with pytest.raises(MetadataError, match=sentence):
        plan_creation(device, placement, Striping())
    plan = plan_creation(device, placement, Striping(), ignore_signatures=True)
    assert len(plan.questions) >= 1
    assert device.write_count == 0


def test_a_file_system_that_leaves_room_is_asked_about() -> None:
    """Internal meta-data behind a file system that ends before it may be what is wanted."""
    question, *_ = questions(device_with(EXT))
    assert question == "there is an ext2, ext3 or ext4 file system, which meta-data may damage"


@pytest.mark.parametrize("placement", [INTERNAL, FLEXIBLE_EXTERNAL], ids=str)
def test_meta_data_is_asked_about(placement: Placement) -> None:
    """Creating twice asks once, and does what the first time did."""
    device = MemoryDevice(SIZE_BYTES)
    create(device, plan_creation(device, placement, Striping()))
    before = dict(device.sectors)
    again = plan_creation(device, placement, Striping())
    asked = again.questions
    assert "there is meta-data already" in asked
    create(device, again)
    assert device.sectors == before


def test_holes_stay_holes() -> None:
    """A bitmap that is zero already is not written, so that a sparse file stays one."""
    device = MemoryDevice(1 << 40)
    create(device, plan_creation(device, INTERNAL, Striping()))
    assert len(device.sectors) == 8 + 64


@pytest.mark.parametrize(
    ("placement", "striping", "size_bytes", "sentence"),
    [
        (Placement(1), Striping(), SIZE_BYTES * 3, "index 1 needs 268435456 bytes, the device has"),
        (Placement(0), Striping(2, 8), SIZE_BYTES * 2, "1 stripe of 32 KiB, no other"),
        (FLEXIBLE_EXTERNAL, Striping(1, 16), 69632, "leave no room for a bitmap"),
        (INTERNAL, Striping(1, 15), 69632, "leave no room beside the meta-data"),
        (INTERNAL, Striping(1, 16), 69632, "leave no room beside the meta-data"),
    ],
)
def test_what_a_node_could_not_use_is_not_created(
    placement: Placement, striping: Striping, size_bytes: int, sentence: str
) -> None:
    """Where there is no room, the sentence says how much is missing."""
    device = MemoryDevice(size_bytes)
    with pytest.raises(MetadataError, match=sentence):
        plan_creation(device, placement, striping)
