"""One side's lower devices in memory: patterns, fresh meta-data, and copies of a moment."""

import hashlib
from dataclasses import dataclass

from runtime.config import DiskOptions
from runtime.effects import DiskWork, FlushDisk, ReadBlocks, WriteBlocks, ZeroBlocks
from runtime.engine.backing import Backing
from runtime.metadata.creation import create, plan_creation
from runtime.metadata.placement import FLEXIBLE_EXTERNAL, INTERNAL, Placement, Striping
from runtime.metadata.store import Store
from tests.replay.manifest import SECTOR_SIZE_BYTES, Disk, Region
from tests.runtime.metadata.devices import MemoryDevice, Sectors

META_DATA_SIZE_BYTES = 1 << 20  # of a device of its own; more than any that was recorded needs


@dataclass
class LowerDevice:
    """A device with its data, and the one that has its meta-data: the same, if internal."""

    device: MemoryDevice
    meta: MemoryDevice
    placement: Placement
    copy: Sectors | None = None
    left_size_bytes: int | None = None
    """How much of the data there is still, if somebody has cut it."""
    has_lost_writes: bool = False
    """Whether a write has failed: what of it is there, the recording does not tell."""

    @classmethod
    def of(cls, disk: Disk) -> "LowerDevice":
        """The device as it was before the first step."""
        device = MemoryDevice(disk.size_bytes)
        if disk.is_internal:
            lower = cls(device, device, INTERNAL)
        else:
            lower = cls(device, MemoryDevice(META_DATA_SIZE_BYTES), FLEXIBLE_EXTERNAL)
        for region in disk.regions:
            lower.alter(region)
        return lower

    def alter(self, region: Region) -> None:
        """Put a pattern where somebody wrote it."""
        self.device.write(region.offset_bytes, region.content())

    def truncate(self, size_bytes: int) -> None:
        """Make it longer, or so short that what is behind can't be reached any more."""
        if size_bytes > self.device.size_bytes:
            self.device.grow(size_bytes - self.device.size_bytes)
        else:
            self.left_size_bytes = size_bytes

    def create_meta_data(self) -> None:
        """What create-md does."""
        create(self.meta, plan_creation(self.meta, self.placement, Striping()))

    def attach(self, options: DiskOptions) -> Backing:
        """Attach the device, with what a loop device of Linux can do."""
        store = Store.attach(
            self.meta,
            self.placement,
            data=None if self.meta is self.device else self.device,
            slot_count=options.al_extents,
            al_updates=options.al_updates,
        )
        return Backing(
            store,
            capacity_sectors=min(
                self.device.size_bytes // SECTOR_SIZE_BYTES, store.areas.sector_count_max
            ),
            can_discard=True,
            discard_zeroes_data=False,
            logical_block_size_bytes=512,
            physical_block_size_bytes=512,
        )

    def carry_out(self, work: DiskWork) -> bytes:
        """Do what the node asks for; return what reading gives."""
        match work:
            case ReadBlocks():
                return self.device.read(offset_bytes=work.offset_bytes, size_bytes=work.size_bytes)
            case WriteBlocks():
                self.device.write(work.offset_bytes, bytes(work.data))
            case ZeroBlocks():
                self.device.write(work.offset_bytes, bytes(work.size_bytes))
            case FlushDisk():
                self.device.flush()
        return b""

    def take_copy(self) -> None:
        """Remember the content of this moment."""
        self.copy = dict(self.device.sectors)

    def restore(self) -> None:
        """Have the content again that was copied."""
        assert self.copy is not None
        self.device.sectors = dict(self.copy)

    def digest(self, size_bytes: int) -> str:
        """The SHA-256 of the first so many bytes, or of what is left."""
        if self.left_size_bytes is not None:
            size_bytes = min(size_bytes, self.left_size_bytes)
        content = self.device.read(offset_bytes=0, size_bytes=size_bytes)
        return hashlib.sha256(content).hexdigest()
