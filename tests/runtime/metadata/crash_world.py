"""A primary with a disk that forgets, and a peer of which only the content matters.

After every write and every change of what the peer may hold, the disk is looked at as a crash then
could leave it, and recovered: a block that may differ from the peer's must have its bit.
"""

import random
from collections.abc import Callable, Iterator
from typing import Final

from generated.layouts.superblock import SuperblockFlags
from runtime.metadata.creation import create, plan_creation
from runtime.metadata.placement import Placement, Striping
from runtime.metadata.store import Store
from tests.runtime.metadata.devices import CrashingDevice, MemoryDevice

PRIMARY: Final = SuperblockFlags.MDF_PRIMARY_IND
BLOCK_SECTORS: Final = 8
EXTENT_BLOCKS: Final = 1024
DEVICE_SIZE_BYTES: Final = 300 << 20  # three pages of bitmap
VOLUME_SECTORS: Final = 290 << 11
SLOT_COUNT: Final = 3
BLOCKS: Final = tuple(  # two in each of six extents, which lie on three pages of bitmap
    extent * EXTENT_BLOCKS + number for extent in (0, 1, 31, 32, 40, 70) for number in (0, 7)
)

Images = tuple[MemoryDevice, MemoryDevice]
"""The device of the meta-data and that of the data, which may be the same."""


def content(block: int, version: int) -> bytes:
    """The bytes of a version of a block, each sector of it telling."""
    return f"{block}:{version}".encode().ljust(512, b".") * BLOCK_SECTORS


class World:
    """Plays steps that are drawn from a seed; `crash_count` says how many crashes were tried."""

    def __init__(self, seed: int, placement: Placement, *, count_max: int = 12) -> None:
        self.rng = random.Random(seed)
        self.placement = placement
        self.trace = [f"seed {seed}, {self.placement}"]
        self.crash_count = self.point_count = 0
        self.count_max = count_max
        self.is_linked = True
        self.version = 0
        self.data = CrashingDevice(DEVICE_SIZE_BYTES)
        self.meta = self.data if placement.is_internal else CrashingDevice(1 << 20)
        create(self.meta, plan_creation(self.meta, self.placement, Striping()))
        self.peer = {block: {bytes(4096)} for block in BLOCKS}
        self.store = self.attached(self.meta, self.data)
        self.store.resize(VOLUME_SECTORS)
        self.store.set_all_in_sync()  # nobody has written yet: the nodes are equal
        self.promote()
        for device in {id(it): it for it in (self.meta, self.data)}.values():
            device.after_write = self.look

    def attached(self, meta: MemoryDevice, data: MemoryDevice) -> Store:
        """A store on devices as a node starts it."""
        return Store.attach(meta, self.placement, data=data, slot_count=SLOT_COUNT)

    def images(self) -> Iterator[Images]:
        """What a crash could leave now."""
        if self.meta is self.data:
            for image in self.data.crashes(self.rng, count_max=self.count_max):
                yield image, image
            return
        datas = list(self.data.crashes(self.rng, count_max=8))
        for meta in self.meta.crashes(self.rng, count_max=self.count_max // 4):
            for data in datas:
                yield meta, MemoryDevice(data.size_bytes, data.sectors)

    def look(self) -> None:
        """Try the crashes of this moment."""
        self.point_count += 1
        for meta, data in self.images():
            self.crash_count += 1
            self.check(meta, data)

    def check(self, meta: MemoryDevice, data: MemoryDevice) -> None:
        """Recover from a crash: no block may differ from the peer's without its bit."""
        bitmap = self.attached(meta, data).bitmap
        for block, possible in self.peer.items():
            here = data.read(offset_bytes=block * 4096, size_bytes=4096)
            if possible != {here} and not bitmap.test(block):
                raise AssertionError("\n".join([*self.trace, f"block {block} has no bit"]))

    def play(self, step_count: int) -> None:
        """Take so many steps."""
        steps: list[tuple[Callable[[], None], int]] = [
            (self.write, 12),
            (self.change_link, 3),
            (self.resync, 4),
            (self.write_bitmap, 1),
            (self.flush_data, 1),
            (self.change_role, 2),
            (self.lose_at_peer, 2),
            (self.restart, 1),
            (self.set_all, 1),
        ]
        names, weights = zip(*steps, strict=True)
        for step in self.rng.choices(names, weights, k=step_count):
            self.trace.append(step.__name__)
            step()

    def write(self) -> None:
        """Some writes at once, which end before or after the link is lost."""
        if not self.store.superblock.flags & PRIMARY:
            self.promote()
        wanted = self.rng.sample(BLOCKS, self.rng.randint(1, 3))
        blocks = [it for it in wanted if self.store.begin_write(**_sectors(it))]
        self.store.write_log()
        for block in blocks:
            self.version += 1
            new = content(block, self.version)
            if self.is_linked:
                self.peer[block] = self.peer[block] | {new}
            self.data.write(block * 4096, new)
        if self.rng.random() < 0.2:
            self.change_link()
        for block in blocks:
            new = self.data.read(offset_bytes=block * 4096, size_bytes=4096)
            is_done = self.is_linked and new in self.peer[block]
            if is_done:
                self.peer[block] = {new}
            self.look()
            self.store.end_write(**_sectors(block), is_in_sync=is_done)
            if is_done:
                self.store.mark_in_sync(**_sectors(block))
        self.look()

    def change_link(self) -> None:
        """The peer comes or goes."""
        self.is_linked = not self.is_linked

    def resync(self) -> None:
        """Some blocks are made equal, in one direction or the other."""
        if not self.is_linked:
            return
        for block in [it for it in BLOCKS if self.store.bitmap.test(it)][:3]:
            here = self.data.read(offset_bytes=block * 4096, size_bytes=4096)
            if len(self.peer[block]) == 1 and self.rng.random() < 0.5:
                (there,) = self.peer[block]
                self.data.write(block * 4096, there)
            else:
                self.peer[block] = self.peer[block] | {here}
                self.look()
                self.peer[block] = {here}
            self.store.mark_in_sync(**_sectors(block))
            self.look()

    def write_bitmap(self) -> None:
        """All that changed of the bitmap goes to disk."""
        self.store.write_bitmap()

    def flush_data(self) -> None:
        """The application flushes."""
        self.data.flush()

    def change_role(self) -> None:
        """The node stops being primary, or becomes it."""
        if not self.store.superblock.flags & PRIMARY:
            self.promote()
            return
        self.store.superblock.flags &= ~PRIMARY
        self.store.write_superblock()

    def promote(self) -> None:
        """The node becomes primary."""
        self.store.superblock.flags |= PRIMARY
        self.store.write_superblock()

    def restart(self) -> None:
        """The node ends in good order, or crashes, and starts again."""
        if self.rng.random() < 0.5:
            self.store.detach()
        self.store = self.attached(self.meta, self.data)

    def lose_at_peer(self) -> None:
        """The peer could not write a block: once that is noted, it may hold anything."""
        block = self.rng.choice(BLOCKS)
        self.store.mark_out_of_sync(**_sectors(block))
        self.peer[block] = {content(block, -1)}
        self.look()

    def set_all(self) -> None:
        """Everything is out of sync, as for a full sync."""
        if self.rng.random() < 0.3:
            self.store.set_all_out_of_sync()


def _sectors(block: int) -> dict[str, int]:
    return {"first_sector": block * BLOCK_SECTORS, "sector_count": BLOCK_SECTORS}
