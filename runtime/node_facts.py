"""What there is to know of a node that runs."""

import asyncio
import hashlib
from collections.abc import Iterator
from typing import Any, Final

from generated.layouts.configuration import ReplicationProtocol
from generated.layouts.superblock import Superblock
from generated.states.disk_states import DiskState
from runtime.engine.figures import Figures
from runtime.engine.progress import Progress
from runtime.engine.resource import Resource
from runtime.engine.volume_state import VolumeState
from runtime.errors import MisuseError
from runtime.io.volume_disk import VolumeDisk
from runtime.requests import SECTOR_SIZE_BYTES

PIECE_SIZE_BYTES: Final = 1 << 20


class NodeFacts:
    """A node as one may ask it; nothing here changes anything."""

    def __init__(self, engine: Resource) -> None:
        self._engine = engine
        self._disks: dict[int, VolumeDisk] = {}

    def state(self, volume: int = 0) -> VolumeState:
        """The state of a volume."""
        return self._engine.state(volume)

    def bits_out_of_sync(self, volume: int = 0) -> int:
        """How many blocks of 4 KiB the nodes do not have in common."""
        return self._engine.bits_out_of_sync(volume)

    def progress(self, volume: int = 0) -> Progress | None:
        """How far the resync is that runs."""
        return self._engine.progress(volume)

    def figures(self, volume: int = 0) -> Figures:
        """What a volume is at work on, and has moved."""
        return self._engine.figures(volume)

    def superblock(self, volume: int = 0) -> Superblock | None:
        """What a volume's meta-data say of its generations; None without a disk."""
        return self._engine.superblock(volume)

    @property
    def protocol(self) -> ReplicationProtocol:
        """When a write counts as done; a peer may have changed it."""
        return self._engine.protocol

    def net_options(self) -> dict[str, Any]:
        """The options of the connection as they count now, by the names of NetOptions."""
        return self._engine.net_options()

    def disk_options(self, volume: int = 0) -> dict[str, Any]:
        """The options of a volume's disk as they count now, by the names of DiskOptions."""
        return self._engine.disk_options(volume)

    def size_sectors(self, volume: int = 0) -> int:
        """How large a volume is; 0 where that is not known."""
        return self._engine.size_sectors(volume)

    def block_size_sectors(self, volume: int = 0) -> int:
        """The smallest unit that can be read or written."""
        return self._engine.block_size_sectors(volume)

    def is_zeroing_fast(self, volume: int = 0) -> bool:
        """Whether zeroes take less than writing them."""
        return self._engine.is_zeroing_fast(volume)

    def runs_out_of_sync(self, volume: int = 0, *, from_bit: int = 0) -> Iterator[tuple[int, int]]:
        """What the nodes do not have in common: first block of 4 KiB and how many, in order."""
        return self._engine.runs_out_of_sync(volume, from_bit=from_bit)

    async def allocated(
        self, volume: int, *, offset_bytes: int, end_bytes: int, run_count_max: int
    ) -> list[tuple[int, int]]:
        """Where the volume's data are no hole; all of it where the own disk can't tell."""
        opened = self._disks.get(volume)
        if opened is None or self.state(volume).disk is not DiskState.UpToDate:
            return [(offset_bytes, end_bytes)]
        return await asyncio.to_thread(
            opened.disk.allocated,
            offset_bytes=offset_bytes,
            end_bytes=end_bytes,
            run_count_max=run_count_max,
        )

    async def checksum(self, volume: int = 0) -> str:
        """The SHA-256 of a volume's data as they are on the own disk."""
        opened = self._disks.get(volume)
        if opened is None:
            raise MisuseError(f"volume {volume} has no disk here")
        size_bytes = self.size_sectors(volume) * SECTOR_SIZE_BYTES
        digest = hashlib.sha256()
        for start in range(0, size_bytes, PIECE_SIZE_BYTES):
            size = min(PIECE_SIZE_BYTES, size_bytes - start)
            content = await asyncio.to_thread(opened.disk.read, offset_bytes=start, size_bytes=size)
            digest.update(content)
        return digest.hexdigest()
