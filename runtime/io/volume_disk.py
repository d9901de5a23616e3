"""Opens what a volume lies on: its data, and the meta-data behind them or beside them."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from runtime.config import DiskOptions
from runtime.engine.backing import Backing
from runtime.errors import MetadataError
from runtime.io.device import FileDevice, MetadataDevice, TimedDevice
from runtime.io.disk import SECTOR_SIZE_BYTES, Disk
from runtime.metadata.placement import FLEXIBLE_EXTERNAL, INTERNAL, Placement
from runtime.metadata.store import Store
from runtime.node_config import DiskPath


@dataclass(frozen=True, slots=True)
class VolumeDisk:
    """An open disk with what the engine has to know of it."""

    disk: Disk
    backing: Backing
    files: tuple[FileDevice, ...]
    """The disk, and where its meta-data are if that is another file."""
    _ends: ExitStack

    def close(self) -> None:
        """Give everything back to the system."""
        self._ends.close()


def open_volume(where: DiskPath, options: DiskOptions, limit_s: Callable[[], float]) -> VolumeDisk:
    """Open a volume's disk and read its meta-data; DiskError or MetadataError if that fails.

    `limit_s` is how long the meta-data may take at once, 0 for ever (states 7.5).
    """
    with ExitStack() as ends:
        disk = ends.enter_context(Disk(where.path, where.mode))
        files: tuple[FileDevice, ...]
        if where.meta_path is None:
            meta_path, placement, files = where.path, INTERNAL, (disk,)
        else:
            meta_path, index = where.meta_path, where.meta_index
            placement = FLEXIBLE_EXTERNAL if index is None else Placement(index)
            meta = FileDevice(meta_path, writable=True, window=placement.window)
            files = disk, ends.enter_context(meta)
        try:
            store = Store.attach(
                TimedDevice(MetadataDevice(files[-1]), limit_s, time.monotonic),
                placement,
                data=disk,
                slot_count=options.al_extents,
                al_updates=options.al_updates,
            )
        except MetadataError as error:
            raise MetadataError(f"{meta_path}: {error}") from error
        return VolumeDisk(disk, _backing(disk, store), files, ends.pop_all())


def _backing(disk: Disk, store: Store) -> Backing:
    return Backing(
        store,
        capacity_sectors=min(disk.size_bytes // SECTOR_SIZE_BYTES, store.areas.sector_count_max),
        can_discard=disk.can_unmap,
        discard_zeroes_data=disk.can_unmap,
        logical_block_size_bytes=disk.logical_block_size_bytes,
        physical_block_size_bytes=disk.physical_block_size_bytes,
    )
