"""A volume's disk: a file or block device, in one of three modes, or memory.

Buffered, small requests go to the page cache and take a few microseconds; they are done where they
are asked for. What waits for the drive is for a thread.
"""

import ctypes
import errno
import fcntl
import mmap
import os
import stat
import struct
import threading
from pathlib import Path
from typing import Final, Protocol

from generated.layouts.codec import Octets
from runtime.errors import DiskError
from runtime.io.device import CLOSED, UNSUPPORTED, FileDevice
from runtime.node_config import DiskMode

BLKZEROOUT: Final = 0x127F  # of <linux/fs.h>, as the next two
BLKSSZGET: Final = 0x1268
BLKPBSZGET: Final = 0x127B
FALLOC_FL_KEEP_SIZE: Final = 0x01
FALLOC_FL_PUNCH_HOLE: Final = 0x02
FALLOC_FL_ZERO_RANGE: Final = 0x10
PUNCH: Final = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
ZERO: Final = FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE

PIECE_SIZE_BYTES: Final = 1 << 20  # zeroes that are written at once, so that memory has a bound
SECTOR_SIZE_BYTES: Final = 512
PAGE_SIZE_BYTES: Final = 4096
NOT_DIRECT: Final = -1

_LIBC: Final = ctypes.CDLL(None, use_errno=True)  # Python has only the portable half of fallocate


class AnyDisk(Protocol):
    """What a volume's data lie on. All that can fail raises DiskError."""

    @property
    def is_in_line(self) -> bool:
        """Whether plain reads and writes are too short for a thread."""

    @property
    def can_unmap(self) -> bool:
        """Whether blocks can be deallocated."""

    @property
    def logical_block_size_bytes(self) -> int:
        """The smallest unit that can be written."""

    @property
    def physical_block_size_bytes(self) -> int:
        """The smallest unit that is written well."""

    @property
    def size_bytes(self) -> int:
        """How many bytes it has now."""

    def read_at_once(self, *, offset_bytes: int, size_bytes: int) -> Octets | None:
        """Read exactly so many bytes if that needs no waiting."""

    def read(self, *, offset_bytes: int, size_bytes: int) -> bytes:
        """Read exactly so many bytes."""

    def write(self, offset_bytes: int, content: Octets) -> None:
        """Write all bytes at an offset."""

    def write_durably(self, offset_bytes: int, content: Octets) -> None:
        """Write all bytes and wait until these are durable."""

    def zero(self, *, offset_bytes: int, size_bytes: int, may_unmap: bool) -> None:
        """Let a range read as zeroes."""

    def flush(self) -> None:
        """Wait until everything that was written is durable."""

    def close(self) -> None:
        """Give it back to the system."""


class Disk(FileDevice):
    """A file or block device that holds a volume; open, and nobody else's."""

    def __init__(self, path: Path, mode: DiskMode = DiskMode.BUFFERED) -> None:
        self._direct = NOT_DIRECT
        self._mode = mode
        self._has_read_at_once = True
        super().__init__(path, writable=True)
        status = os.fstat(self._descriptor)
        self._is_block_device = stat.S_ISBLK(status.st_mode)
        self.logical_block_size_bytes = self._asked(BLKSSZGET, SECTOR_SIZE_BYTES)
        self.physical_block_size_bytes = self._asked(BLKPBSZGET, PAGE_SIZE_BYTES)
        self.can_unmap = self._unmaps(status)
        if mode is DiskMode.DIRECT:
            self._open_directly()

    def _asked(self, request: int, otherwise: int) -> int:
        """What a block device answers to a request for a number; files have no answer."""
        if not self._is_block_device:
            return otherwise
        try:
            return int(struct.unpack("i", fcntl.ioctl(self._descriptor, request, bytes(4)))[0])
        except OSError:
            return otherwise

    def _unmaps(self, status: os.stat_result) -> bool:
        if not self._is_block_device:
            return self._is_sparse()
        number = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
        for queue in ("queue", "../queue"):  # a partition has its disk's
            limit = Path(f"/sys/dev/block/{number}/{queue}/discard_max_bytes")
            if limit.is_file():
                return int(limit.read_text()) > 0
        return False

    def _is_sparse(self) -> bool:
        """Whether a hole can be made, tried behind the end of the file, where nothing is lost."""
        try:
            return self._allocate(PUNCH, self.size_bytes, PAGE_SIZE_BYTES)
        except OSError:
            return False

    def _open_directly(self) -> None:
        try:
            self._direct = os.open(self.path, os.O_RDWR | os.O_DIRECT)
        except OSError as error:
            self.close()
            raise DiskError(
                f"{self.path}: it can't be used past the page cache: {error.strerror}"
            ) from error
        self._buffers = _Buffers()
        self._alignment_bytes = max(self.logical_block_size_bytes, SECTOR_SIZE_BYTES)
        try:
            os.preadv(self._direct, [self._buffers.room(SECTOR_SIZE_BYTES)], SECTOR_SIZE_BYTES)
        except OSError:
            self._alignment_bytes = PAGE_SIZE_BYTES

    @property
    def is_in_line(self) -> bool:
        """Whether plain reads and writes are too short for a thread."""
        return self._mode is DiskMode.BUFFERED

    def close(self) -> None:
        """Give it back to the system."""
        super().close()
        if self._direct not in (NOT_DIRECT, CLOSED):
            os.close(self._direct)
            self._direct = CLOSED

    def read_at_once(self, *, offset_bytes: int, size_bytes: int) -> Octets | None:
        """Read exactly so many bytes if the page cache has them."""
        if not self._has_read_at_once:
            return self.read(offset_bytes=offset_bytes, size_bytes=size_bytes)
        content = bytearray(size_bytes)
        try:
            done = os.preadv(self._descriptor, [content], offset_bytes, os.RWF_NOWAIT)
        except BlockingIOError:
            return None
        except OSError as error:
            if error.errno not in UNSUPPORTED:
                raise self._failure("reading", offset_bytes, error) from error
            self._has_read_at_once = False
            return self.read(offset_bytes=offset_bytes, size_bytes=size_bytes)
        return content if done == size_bytes else None

    def read(self, *, offset_bytes: int, size_bytes: int) -> bytes:
        """Read exactly so many bytes."""
        if self._direct == NOT_DIRECT:
            return super().read(offset_bytes=offset_bytes, size_bytes=size_bytes)
        start = offset_bytes % self._alignment_bytes
        end = start + size_bytes
        room = self._buffers.room(end + -end % self._alignment_bytes)
        try:
            done = os.preadv(self._direct, [room], offset_bytes - start)
        except OSError as error:
            raise self._failure("reading", offset_bytes, error) from error
        if done < end:
            raise self._too_short(offset_bytes + size_bytes)
        return bytes(room[start:end])

    def write(self, offset_bytes: int, content: Octets) -> None:
        """Write all bytes at an offset, as the mode says."""
        if self._mode is DiskMode.BUFFERED:
            super().write(offset_bytes, content)
        elif self._mode is DiskMode.DSYNC or not self._is_aligned(offset_bytes, len(content)):
            self.write_durably(offset_bytes, content)  # of a part of a block the kernel takes care
        else:
            self._write_directly(offset_bytes, content)

    def _is_aligned(self, offset_bytes: int, size_bytes: int) -> bool:
        return not (offset_bytes % self._alignment_bytes or size_bytes % self._alignment_bytes)

    def _write_directly(self, offset_bytes: int, content: Octets) -> None:
        room = self._buffers.room(len(content))
        room[:] = content
        done = 0
        try:
            while done < len(room):
                done += os.pwritev(self._direct, [room[done:]], offset_bytes + done)
        except OSError as error:
            raise self._failure("writing", offset_bytes, error) from error

    def allocated(
        self, *, offset_bytes: int, end_bytes: int, run_count_max: int
    ) -> list[tuple[int, int]]:
        """The first runs of a range that are no hole; all of it where the system can't tell."""
        runs: list[tuple[int, int]] = []
        end = offset_bytes
        try:
            while end < end_bytes and len(runs) < run_count_max:
                start = os.lseek(self._descriptor, end, os.SEEK_DATA)
                if start >= end_bytes:
                    break
                end = min(os.lseek(self._descriptor, start, os.SEEK_HOLE), end_bytes)
                runs.append((start, end))
        except OSError as error:
            if error.errno != errno.ENXIO:  # there are no data behind that
                return [(offset_bytes, end_bytes)]
        return runs

    def zero(self, *, offset_bytes: int, size_bytes: int, may_unmap: bool) -> None:
        """Let a range read as zeroes, by the cheapest way that the system has."""
        ways = (PUNCH, ZERO) if may_unmap else (ZERO,)
        try:
            if not any(self._allocate(way, offset_bytes, size_bytes) for way in ways):
                self._write_zeroes(offset_bytes, size_bytes)
        except OSError as error:
            raise self._failure("writing zeroes", offset_bytes, error) from error
        if self._mode is DiskMode.DSYNC:
            self.flush()

    def _allocate(self, mode: int, offset_bytes: int, size_bytes: int) -> bool:
        """Call fallocate, which knows block devices too; say whether the system can do it."""
        failed = _LIBC.fallocate(
            self._descriptor, mode, ctypes.c_int64(offset_bytes), ctypes.c_int64(size_bytes)
        )
        code = ctypes.get_errno() if failed else 0
        if code and code not in UNSUPPORTED:
            raise OSError(code, os.strerror(code))
        return not code

    def _write_zeroes(self, offset_bytes: int, size_bytes: int) -> None:
        if self._is_block_device:
            try:
                fcntl.ioctl(
                    self._descriptor, BLKZEROOUT, struct.pack("QQ", offset_bytes, size_bytes)
                )
            except OSError as error:
                if error.errno not in UNSUPPORTED:
                    raise
            else:
                return
        end_bytes = offset_bytes + size_bytes
        for start in range(offset_bytes, end_bytes, PIECE_SIZE_BYTES):
            self.write(start, bytes(min(PIECE_SIZE_BYTES, end_bytes - start)))


class _Buffers(threading.local):
    """Memory that the drive can be given, of each thread its own."""

    def __init__(self) -> None:
        self._buffer = memoryview(mmap.mmap(-1, PIECE_SIZE_BYTES))  # begins where a page does

    def room(self, size_bytes: int) -> memoryview:
        """So many bytes, until the next call of this thread."""
        if len(self._buffer) < size_bytes:
            self._buffer = memoryview(mmap.mmap(-1, size_bytes))
        return self._buffer[:size_bytes]


class MemoryDisk:
    """A disk that is lost with the process."""

    is_in_line: Final = True
    can_unmap: Final = True
    logical_block_size_bytes: Final = SECTOR_SIZE_BYTES
    physical_block_size_bytes: Final = PAGE_SIZE_BYTES

    def __init__(self, size_bytes: int) -> None:
        self._content = bytearray(size_bytes)

    @property
    def size_bytes(self) -> int:
        """How many bytes it has."""
        return len(self._content)

    def read_at_once(self, *, offset_bytes: int, size_bytes: int) -> Octets | None:
        """Read exactly so many bytes."""
        return self.read(offset_bytes=offset_bytes, size_bytes=size_bytes)

    def read(self, *, offset_bytes: int, size_bytes: int) -> bytes:
        """Read exactly so many bytes."""
        self._check(offset_bytes + size_bytes)
        return bytes(self._content[offset_bytes : offset_bytes + size_bytes])

    def write(self, offset_bytes: int, content: Octets) -> None:
        """Write all bytes at an offset."""
        self._check(offset_bytes + len(content))
        self._content[offset_bytes : offset_bytes + len(content)] = content

    def write_durably(self, offset_bytes: int, content: Octets) -> None:
        """Write all bytes, which are as durable as the process."""
        self.write(offset_bytes, content)

    def zero(self, *, offset_bytes: int, size_bytes: int, may_unmap: bool) -> None:  # noqa: ARG002
        """Let a range read as zeroes."""
        self.write(offset_bytes, bytes(size_bytes))

    def _check(self, end_bytes: int) -> None:
        if end_bytes > len(self._content):
            raise DiskError(f"memory: it ends before byte {end_bytes}")

    def flush(self) -> None:
        """Nothing waits here."""
        self._check(0)

    def close(self) -> None:
        """Give the memory back."""
        self._content = bytearray()
