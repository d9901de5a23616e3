"""What else may live on a device: file systems and the like, by their signatures.

drbdmeta 9.22 was given images with one signature each. It refuses to damage ext, XFS, JFS, LVM2
and swap (exit 40, whatever --force says): LVM2 and swap always, the others when the meta-data would
lie within their size or at their start. It reads every JFS as 0 bytes large and no upper half of
the size of an ext4; we take such for as large as they may be. Btrfs, LUKS and NTFS pass there as
"some data"; here they are guarded as well, for as a rule they fill their device to its end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from runtime.metadata.device import Device

HEAD_SIZE_BYTES: Final = 68 << 10  # the last signature lies at 64 KiB + 64 bytes


@dataclass(frozen=True, slots=True)
class Recognised:
    """Something that is in use, and how much of the device, where that can be told."""

    name: str
    size_bytes: int | None

    def reason(self, usable_bytes: int) -> str:
        """Why meta-data would damage it."""
        if not usable_bytes:
            return "the meta-data would lie in it"
        if self.size_bytes is None:
            return "nobody knows how much of the device it uses"
        return f"it uses {self.size_bytes} bytes, {usable_bytes} would be left"


def _little(head: bytes, at: int, size_bytes: int) -> int:
    return int.from_bytes(head[at : at + size_bytes], "little")


def _ext_size_bytes(head: bytes) -> int:
    """Blocks at 1028 (and their upper half at 1360 with 64-bit block numbers), size at 1048."""
    has_upper_half = _little(head, 1120, 4) & 0x80
    blocks = _little(head, 1028, 4) | (_little(head, 1360, 4) << 32 if has_upper_half else 0)
    return blocks * (1024 << min(_little(head, 1048, 4), 6))


def _xfs_size_bytes(head: bytes) -> int:
    """Block size at 4 and number of blocks at 8, both big-endian."""
    return int.from_bytes(head[4:8], "big") * int.from_bytes(head[8:16], "big")


@dataclass(frozen=True, slots=True)
class _Signature:
    name: str
    at: int
    magic: bytes
    size_bytes: Callable[[bytes], int] | None = None


SIGNATURES: Final = (
    _Signature("an ext2, ext3 or ext4 file system", 1080, b"\x53\xef", _ext_size_bytes),
    _Signature("an XFS file system", 0, b"XFSB", _xfs_size_bytes),
    _Signature("a JFS file system", 32768, b"JFS1"),
    _Signature("a Btrfs file system", 65536 + 64, b"_BHRfS_M"),
    _Signature("an NTFS file system", 3, b"NTFS    "),
    _Signature("swap space", 4086, b"SWAPSPACE2"),
    _Signature("swap space", 4086, b"SWAP-SPACE"),
    _Signature("an LVM2 physical volume", 536, b"LVM2 001"),
    _Signature("an encrypted LUKS volume", 0, b"LUKS\xba\xbe"),
)


def recognised(device: Device) -> Recognised | None:
    """The first known signature at the start of a device."""
    head = device.read(offset_bytes=0, size_bytes=min(HEAD_SIZE_BYTES, device.size_bytes))
    for it in SIGNATURES:
        if head[it.at : it.at + len(it.magic)] == it.magic:
            return Recognised(it.name, it.size_bytes(head) if it.size_bytes else None)
    return None
