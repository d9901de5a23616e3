"""One side's lower devices in memory: patterns, fresh meta-data, and copies of a moment."""

import hashlib
from dataclasses import dataclass

from runtime.config import DiskOptions
from runtime.effects import DiskWork, FlushDisk, ReadBlocks, WriteBlocks, ZeroBlocks
from runtime.engine.backing import Backing
from runtime.metadata.creation import create, plan_creation
from runtime.metadata.placement import Placement, Striping
from runtime.metadata.store import Store
from tests.replay.manifest import Disk, Region
from tests.runtime.metadata.devices import MemoryDevice, Sectors

INTERNAL = Placement.parse("internal")


@dataclass
class LowerDevice:
    """A device with its data in front of its meta-data."""

    device: MemoryDevice
    copy: Sectors | None = None

    @classmethod
    def of(cls, disk: Disk) -> "LowerDevice":
        """The device as it was before the first step."""
        lower = cls(MemoryDevice(disk.size_bytes))
        for region in disk.regions:
            lower.alter(region)
        return lower

    def alter(self, region: Region) -> None:
        """Put a pattern where somebody wrote it."""
        self.device.write(region.offset_bytes, region.content())

    def create_meta_data(self) -> None:
        """What create-md does."""
        create(self.device, plan_creation(self.device, INTERNAL, Striping()))

    def attach(self, options: DiskOptions) -> Backing:
        """Attach the device, with what a loop device of Linux can do."""
        store = Store.attach(
            self.device,
            INTERNAL,
            slot_count=options.al_extents,
            al_updates=options.al_updates,
        )
        return Backing(
            store,
            capacity_sectors=store.areas.sector_count_max,
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
        """The SHA-256 of the first so many bytes."""
        content = self.device.read(offset_bytes=0, size_bytes=size_bytes)
        return hashlib.sha256(content).hexdigest()
