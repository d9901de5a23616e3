"""What the engine asks of disks is done, now or by a thread, and told."""

import asyncio
from pathlib import Path
from threading import Event as Gate

import pytest

from generated.layouts.codec import Octets
from runtime.effects import Effect, FlushDisk, ReadBlocks, WriteBlocks, ZeroBlocks
from runtime.events import DiskFinished
from runtime.io.disk import AnyDisk, Disk, MemoryDisk
from runtime.node_config import DiskMode
from tests.runtime.io.scripted import Go, ScriptedEngine, driver_of, free_addresses, run


@pytest.mark.parametrize("mode", [*DiskMode, None], ids=lambda it: it.value if it else "memory")
def test_disk_work_is_done_and_told(tmp_path: Path, mode: DiskMode | None) -> None:
    """Writes, zeroes, flushes and reads come back with what they brought, in every mode."""
    path = tmp_path / "disk.img"
    path.write_bytes(b"x" * 65536)
    disk: AnyDisk = Disk(path, mode) if mode else MemoryDisk(65536)

    async def scenario() -> None:
        steps: list[Effect] = [
            WriteBlocks(0, None, 4096, b"a" * 8192),
            WriteBlocks(0, None, 512, b"b" * 512, fua=True),
            ZeroBlocks(0, None, 8192, 4096, may_unmap=True),
            FlushDisk(0, None),
            ReadBlocks(0, None, 512, 11776),
        ]
        left = list(steps)
        engine = ScriptedEngine({Go: lambda _: [left.pop(0)]})
        engine.reactions[DiskFinished] = lambda _: [left.pop(0)] if left else []
        driver = driver_of(engine, *free_addresses())
        driver.add_disk(0, disk)
        driver.post(Go())
        await engine.until(lambda: len(engine.all_of(DiskFinished)) == len(steps))
        finished = engine.all_of(DiskFinished)
        assert [(it.work, it.error) for it in finished] == [(step, "") for step in steps]
        content = bytes(finished[-1].content)
        assert content[:512] == b"b" * 512
        assert content[3584:7680] == b"a" * 4096
        assert content[7680:] == bytes(4096)
        driver.stop()
        await driver.closed()

    run(scenario)
    disk.close()


def test_what_needs_no_waiting_is_done_in_the_same_batch() -> None:
    """A write to the page cache is finished before anything else can happen."""

    async def scenario() -> None:
        engine = ScriptedEngine({Go: lambda _: [WriteBlocks(0, None, 0, b"a" * 512)]})
        driver = driver_of(engine, *free_addresses())
        driver.add_disk(0, MemoryDisk(4096))
        driver.post(Go())
        assert [type(it) for it in engine.events] == [Go, DiskFinished]
        driver.stop()

    run(scenario)


def test_a_failing_disk_is_a_text() -> None:
    """What the disk can't do comes back as a sentence, from a thread too."""

    async def scenario() -> None:
        engine = ScriptedEngine({})
        engine.reactions[Go] = lambda _: [
            ReadBlocks(0, None, 4096, 512),
            ZeroBlocks(0, None, 4096, 512, may_unmap=False),
            FlushDisk(1, None),
        ]
        driver = driver_of(engine, *free_addresses())
        driver.add_disk(0, MemoryDisk(4096))
        driver.post(Go())
        await engine.until(lambda: len(engine.all_of(DiskFinished)) == 3)
        errors = [it.error for it in engine.all_of(DiskFinished)]
        behind = "memory: it ends before byte 4608"
        assert sorted(errors) == [behind, behind, "volume 1 has no disk"]
        driver.stop()

    run(scenario)


def test_a_released_disk_is_closed_when_nothing_is_in_flight(tmp_path: Path) -> None:
    """The last request of a disk ends before its file is given back."""
    path = tmp_path / "disk.img"
    path.write_bytes(bytes(4096))
    disk = Disk(path)

    async def scenario() -> None:
        engine = ScriptedEngine({Go: lambda _: [FlushDisk(0, None)]})
        driver = driver_of(engine, *free_addresses())
        driver.add_disk(0, disk)
        driver.post(Go())
        done = asyncio.get_running_loop().create_future()
        driver.release_disk(0, lambda: done.set_result(len(engine.all_of(DiskFinished))))
        assert await done == 1
        driver.stop()

    run(scenario)
    disk.close()


class HangingDisk(MemoryDisk):
    """A disk that does nothing until it may."""

    def __init__(self) -> None:
        super().__init__(65536)
        self.may_go_on = Gate()

    def write(self, offset_bytes: int, content: Octets) -> None:
        """Hang."""
        assert self.may_go_on.wait(10)
        super().write(offset_bytes, content)

    def flush(self) -> None:
        """Hang."""
        assert self.may_go_on.wait(10)


def test_a_hanging_disk_keeps_no_other_one_waiting() -> None:
    """However many requests a disk owes, another volume's disk answers."""

    async def scenario() -> None:
        hanging = HangingDisk()
        work = [*(FlushDisk(0, None) for _ in range(64)), FlushDisk(1, None)]
        engine = ScriptedEngine({Go: lambda _: work})
        driver = driver_of(engine, *free_addresses())
        driver.add_disk(0, hanging)
        driver.add_disk(1, MemoryDisk(4096))
        driver.post(Go())
        first = await engine.first(DiskFinished)
        assert first.work.volume == 1
        hanging.may_go_on.set()
        await engine.until(lambda: len(engine.all_of(DiskFinished)) == len(work))
        driver.stop()

    run(scenario)


def test_a_watched_disk_does_not_stop_the_clock() -> None:
    """Where a disk has a time limit, a write that hangs in the page cache hangs alone."""

    async def scenario() -> None:
        hanging = HangingDisk()
        engine = ScriptedEngine({Go: lambda _: [WriteBlocks(0, None, 0, b"a" * 512)]})
        driver = driver_of(engine, *free_addresses())
        driver.add_disk(0, hanging, lambda: True)
        driver.post(Go())
        assert not engine.all_of(DiskFinished)
        hanging.may_go_on.set()
        await engine.first(DiskFinished)
        driver.stop()

    run(scenario)
