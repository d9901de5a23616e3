"""What the engine asks of disks is done: at once where that needs no waiting, else by a thread.

Each disk has threads of its own, so one that hangs keeps no other one waiting.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Final

from generated.layouts.codec import Octets
from runtime.effects import DiskWork, FlushDisk, ReadBlocks, WriteBlocks, ZeroBlocks
from runtime.errors import DiskError
from runtime.events import DiskFinished
from runtime.io.disk import AnyDisk

THREAD_COUNT_MAX: Final = 8  # what waits for one drive at once: more brought nothing with two cores


class DiskWorks:
    """The disks of a node, by volume. `deliver` is called with what threads have done."""

    def __init__(self, deliver: Callable[[Sequence[DiskFinished]], None]) -> None:
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._disks: dict[int, AnyDisk] = {}
        self._released: dict[AnyDisk, Callable[[], None]] = {}
        self._in_flight: Counter[AnyDisk] = Counter()
        self._threads: dict[AnyDisk, ThreadPoolExecutor] = {}
        self._is_watched: dict[AnyDisk, Callable[[], bool]] = {}
        self._done: list[Future[tuple[AnyDisk, DiskFinished]]] = []
        self._done_lock = Lock()

    def add(self, volume: int, disk: AnyDisk, is_watched: Callable[[], bool]) -> None:
        """From now on this is the volume's disk.

        While it is watched, which means that it is given up when it takes too long, it is not
        written to in line: where a write to the page cache hangs, the clock has to go on.
        """
        self._disks[volume] = disk
        self._threads[disk] = ThreadPoolExecutor(
            THREAD_COUNT_MAX, thread_name_prefix=f"volume {volume}"
        )
        self._is_watched[disk] = is_watched

    def release(self, volume: int, when_done: Callable[[], None]) -> None:
        """The volume has no disk any more; the call comes when nothing is in flight there."""
        disk = self._disks.pop(volume)
        if self._in_flight[disk]:
            self._released[disk] = when_done
        else:
            self._give_back(disk, when_done)

    def _give_back(self, disk: AnyDisk, when_done: Callable[[], None]) -> None:
        self._threads.pop(disk).shutdown(wait=False)
        del self._is_watched[disk]
        when_done()

    def stop(self) -> None:
        """Wait for what has begun, and drop what has not."""
        for threads in self._threads.values():
            threads.shutdown(wait=False, cancel_futures=True)
        for threads in self._threads.values():
            threads.shutdown(wait=True)
        while self._released:
            _, when_done = self._released.popitem()
            when_done()

    def begin(self, work: DiskWork) -> DiskFinished | None:
        """Do what is asked now, or give it to a thread and deliver it later."""
        disk = self._disks.get(work.volume)
        if disk is None:
            return DiskFinished(work, f"volume {work.volume} has no disk")
        if disk.is_in_line:
            if isinstance(work, WriteBlocks) and not (work.fua or self._is_watched[disk]()):
                return _outcome(disk, work)
            if isinstance(work, ReadBlocks):
                finished = _read_at_once(disk, work)
                if finished is not None:
                    return finished
        self._in_flight[disk] += 1
        self._threads[disk].submit(_finished, disk, work).add_done_callback(self._collect)
        return None

    def _collect(self, future: Future[tuple[AnyDisk, DiskFinished]]) -> None:
        """In a thread: hand over what is done, with one wake-up for all that come together."""
        if future.cancelled():
            return
        with self._done_lock:
            self._done.append(future)
            is_first = len(self._done) == 1
        if is_first and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._take_done)

    def _take_done(self) -> None:
        with self._done_lock:
            futures, self._done = self._done, []
        done = [future.result() for future in futures]
        for disk, _ in done:
            self._in_flight[disk] -= 1
        self._deliver([finished for _, finished in done])
        for disk, _ in done:
            if disk in self._released and not self._in_flight[disk]:
                self._give_back(disk, self._released.pop(disk))


def _finished(disk: AnyDisk, work: DiskWork) -> tuple[AnyDisk, DiskFinished]:
    return disk, _outcome(disk, work)


def _outcome(disk: AnyDisk, work: DiskWork) -> DiskFinished:
    try:
        return DiskFinished(work, content=_do(disk, work))
    except DiskError as error:
        return DiskFinished(work, str(error))


def _do(disk: AnyDisk, work: DiskWork) -> Octets:
    match work:
        case ReadBlocks():
            return disk.read(offset_bytes=work.offset_bytes, size_bytes=work.size_bytes)
        case WriteBlocks() if work.fua:
            disk.write_durably(work.offset_bytes, work.data)
        case WriteBlocks():
            disk.write(work.offset_bytes, work.data)
        case ZeroBlocks():
            disk.zero(
                offset_bytes=work.offset_bytes,
                size_bytes=work.size_bytes,
                may_unmap=work.may_unmap,
            )
        case FlushDisk():
            disk.flush()
    return b""


def _read_at_once(disk: AnyDisk, work: ReadBlocks) -> DiskFinished | None:
    try:
        content = disk.read_at_once(offset_bytes=work.offset_bytes, size_bytes=work.size_bytes)
    except DiskError as error:
        return DiskFinished(work, str(error))
    return None if content is None else DiskFinished(work, content=content)
