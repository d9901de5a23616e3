"""A volume's disk: what is written is read in each mode, and what fails is a sentence."""

import itertools
import os
import random
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import DiskError
from runtime.io.device import (
    PENDING_RUNS_MAX,
    PENDING_SIZE_BYTES_MAX,
    FileDevice,
    MetadataDevice,
    TimedDevice,
)
from runtime.io.disk import AnyDisk, Disk, MemoryDisk
from runtime.node_config import DiskMode

SIZE_BYTES: Final = 64 << 10
MODES: Final = pytest.mark.parametrize("mode", DiskMode, ids=lambda mode: mode.value)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is full of a letter."""
    made = tmp_path / "disk.img"
    made.write_bytes(b"x" * SIZE_BYTES)
    return made


@pytest.fixture(params=[*DiskMode, None], ids=lambda mode: mode.value if mode else "memory")
def disk(path: Path, request: pytest.FixtureRequest) -> Iterator[AnyDisk]:
    """A disk of each kind."""
    made: AnyDisk = Disk(path, request.param) if request.param else MemoryDisk(SIZE_BYTES)
    made.write(0, b"x" * SIZE_BYTES)
    yield made
    made.close()


def test_any_writes_are_read_again(disk: AnyDisk) -> None:
    """Whatever is written or zeroed, at any sector, the disk reads as memory would."""
    rng = random.Random(7)
    model = bytearray(b"x" * SIZE_BYTES)
    for _ in range(60):
        first = rng.randrange(0, SIZE_BYTES // 512)
        count = rng.randint(1, min(24, SIZE_BYTES // 512 - first))
        offset, size = first * 512, count * 512
        content = rng.randbytes(size)
        match rng.randrange(4):
            case 0:
                disk.write(offset, content)
            case 1:
                disk.write_durably(offset, memoryview(content))
            case _:
                disk.zero(offset_bytes=offset, size_bytes=size, may_unmap=rng.random() < 0.5)
                content = bytes(size)
        model[offset : offset + size] = content
        assert disk.read(offset_bytes=offset, size_bytes=size) == content
    disk.flush()
    assert disk.read(offset_bytes=0, size_bytes=SIZE_BYTES) == model
    assert disk.size_bytes == SIZE_BYTES


def test_reading_at_once_reads_the_same(disk: AnyDisk) -> None:
    """What the page cache has is read without waiting."""
    disk.write(512, b"a" * 512)
    content = disk.read_at_once(offset_bytes=512, size_bytes=1024)
    assert content is None or bytes(content) == b"a" * 512 + b"x" * 512


@MODES
def test_a_file_that_shrank_is_an_error(path: Path, mode: DiskMode) -> None:
    """What is not there any more is told with the byte that is missing."""
    disk = Disk(path, mode)
    os.truncate(path, 8192)
    with pytest.raises(DiskError, match=r"disk\.img: it ends before byte 12288"):
        disk.read(offset_bytes=4096, size_bytes=8192)
    assert disk.read_at_once(offset_bytes=4096, size_bytes=8192) is None
    disk.close()


def test_memory_ends_too() -> None:
    """A disk in memory has an end."""
    disk = MemoryDisk(4096)
    for attempt in (
        lambda: disk.read(offset_bytes=4096, size_bytes=1),
        lambda: disk.write(4095, b"ab"),
    ):
        with pytest.raises(DiskError, match="memory: it ends before byte 4097"):
            attempt()


def test_a_full_disk_is_an_error() -> None:
    """Without room, what failed and where is told."""
    disk = Disk(Path("/dev/full"))
    with pytest.raises(DiskError, match="/dev/full: writing at 4096: No space left on device"):
        disk.write(4096, b"x")
    with pytest.raises(DiskError, match="/dev/full: writing at 0: No space left on device"):
        disk.write_durably(0, b"x")
    disk.close()


def test_a_disk_that_is_in_use_is_refused(path: Path) -> None:
    """Two nodes do not write to one disk."""
    disk = Disk(path)
    with pytest.raises(DiskError, match="another process writes to it"):
        Disk(path, DiskMode.DIRECT)
    disk.close()
    Disk(path, DiskMode.DIRECT).close()


@MODES
def test_a_closed_disk_does_nothing(path: Path, mode: DiskMode) -> None:
    """After closing nothing is written, not even to the file that has its number now."""
    disk = Disk(path, mode)
    disk.close()
    with path.open("rb"), pytest.raises(DiskError, match="Bad file descriptor"):
        disk.write(0, b"y" * 4096)
    with pytest.raises(DiskError, match="Bad file descriptor"):
        disk.flush()


def test_unmapping_gives_blocks_back(path: Path) -> None:
    """A hole needs no room; a file's system that makes holes says so."""
    disk = Disk(path)
    before = path.stat().st_blocks
    disk.zero(offset_bytes=0, size_bytes=SIZE_BYTES, may_unmap=True)
    assert disk.can_unmap
    assert path.stat().st_blocks < before
    disk.close()


def test_zeroes_are_written_where_no_call_makes_them() -> None:
    """A device that knows no holes gets zeroes, and says why that fails."""
    disk = Disk(Path("/dev/full"))
    assert not disk.can_unmap
    with pytest.raises(DiskError, match="No space left on device"):
        disk.zero(offset_bytes=0, size_bytes=4096, may_unmap=True)
    disk.close()


def test_only_buffered_requests_need_no_thread(path: Path) -> None:
    """What goes past the page cache waits for the drive."""
    in_line = {}
    for mode in DiskMode:
        disk = Disk(path, mode)
        in_line[mode] = disk.is_in_line
        disk.close()
    assert [mode for mode in DiskMode if in_line[mode]] == [DiskMode.BUFFERED]


Writes = list[tuple[int, int, bool]]


@given(
    st.lists(
        st.tuples(st.integers(0, SIZE_BYTES // 4096 - 1), st.integers(1, 255), st.booleans()),
        max_size=3 * PENDING_RUNS_MAX,
    )
)
def test_metadata_is_what_was_written_last(
    tmp_path_factory: pytest.TempPathFactory, writes: Writes
) -> None:
    """However writes overlap and follow each other, a flush leaves what the last ones wrote."""
    path = tmp_path_factory.mktemp("metadata") / "meta.img"
    path.write_bytes(bytes(SIZE_BYTES))
    model = bytearray(SIZE_BYTES)
    with FileDevice(path, writable=True) as file:
        device = MetadataDevice(file)
        for block, letter, is_flushed in writes:
            content = bytes([letter]) * 4096
            device.write(block * 4096, content)
            model[block * 4096 : (block + 1) * 4096] = content
            if is_flushed:
                device.flush()
                assert path.read_bytes() == model
        assert device.read(offset_bytes=0, size_bytes=SIZE_BYTES) == model
        device.flush()
    assert path.read_bytes() == model


def test_much_metadata_is_flushed_as_a_whole(tmp_path: Path) -> None:
    """More than a flush may hold is written before, and is there after it."""
    path = tmp_path / "meta.img"
    size = 2 * PENDING_SIZE_BYTES_MAX
    path.write_bytes(bytes(size))
    with FileDevice(path, writable=True) as file:
        device = MetadataDevice(file)
        for start in range(0, size, 4096):
            device.write(start, b"z" * 4096)
        device.flush()
        assert device.size_bytes == size
    assert path.read_bytes() == b"z" * size


@pytest.mark.parametrize(("limit_s", "is_in_time"), [(0.0, True), (5.0, True), (4.9, False)])
def test_metadata_that_took_too_long_has_failed(*, limit_s: float, is_in_time: bool) -> None:
    """A disk that is slower with meta-data than its disk-timeout says counts as failed."""
    ticks = itertools.count(0, 5)
    device = TimedDevice(MemoryDisk(4096), lambda: limit_s, lambda: float(next(ticks)))
    calls: list[Callable[[], object]] = [
        lambda: device.read(offset_bytes=0, size_bytes=512),
        lambda: device.write(0, b"m" * 512),
        device.flush,
    ]
    for call in calls:
        with nullcontext() if is_in_time else pytest.raises(DiskError, match=r"took 5.0 s"):
            call()
