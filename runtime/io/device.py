"""A file or block device that is open: bytes at offsets, durable when flushed.

Whoever writes is alone: among our own kind by a lock, and on a block device by the kernel, which
does not give away what is mounted or otherwise claimed. Meta-data of several volumes may lie in
windows of one device; then each is alone in its window. A failing call of the system becomes a
DiskError that names the file and the place.
"""

import errno
import fcntl
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from generated.layouts.codec import Octets
from runtime.errors import DiskError
from runtime.metadata.device import Device

PENDING_RUNS_MAX: Final = 16  # each costs a flush of the drive's cache; more are cheaper together
PENDING_SIZE_BYTES_MAX: Final = 1 << 20  # what a flush may have to hold: 256 pages of bitmap
UNSUPPORTED: Final = frozenset({errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS, errno.ENODEV})
CLOSED: Final = (1 << 31) - 1  # no open file has it, while the old number may be another file's


class FileDevice:
    """A file or block device that is open."""

    def __init__(self, path: Path, *, writable: bool, window: range | None = None) -> None:
        """`window` is what it is opened for, the whole device if it is None."""
        self.path = path
        self._has_durable_writes = True
        self._size_bytes_most = 0
        try:
            self._descriptor = _opened(path, writable=writable, is_shared=window is not None)
        except OSError as error:
            raise DiskError(f"{path}: {error.strerror}") from error
        if writable:
            self._lock(window)

    def _lock(self, window: range | None) -> None:
        try:
            if window is None:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            else:
                fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
                fcntl.fcntl(self._descriptor, fcntl.F_OFD_SETLK, _lock_of(window))
        except OSError as error:
            self.close()
            raise DiskError(f"{self.path}: another process writes to it") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give it back to the system; whatever is asked of it later fails."""
        descriptor, self._descriptor = self._descriptor, CLOSED
        if descriptor != CLOSED:
            os.close(descriptor)

    @property
    def size_bytes(self) -> int:
        """How many bytes it has now; it may grow while it is open."""
        try:
            size_bytes = os.lseek(self._descriptor, 0, os.SEEK_END)  # fits block devices as well
        except OSError as error:
            raise DiskError(f"{self.path}: {error.strerror}") from error
        self._size_bytes_most = max(size_bytes, self._size_bytes_most)
        return size_bytes

    def check_whole(self) -> None:
        """DiskError when somebody has cut it off.

        Writing on would make it as long as before, with zeroes where there were data.
        """
        size_bytes = self.size_bytes
        if size_bytes < self._size_bytes_most:
            raise DiskError(
                f"{self.path}: somebody has cut it to {size_bytes} bytes while it is in use,"
                f" it had {self._size_bytes_most}"
            )

    @property
    def saved_as(self) -> Path | None:
        """Where its bytes can still be read when somebody has deleted it; else None."""
        if self._descriptor == CLOSED or os.fstat(self._descriptor).st_nlink:
            return None
        return Path(f"/proc/{os.getpid()}/fd/{self._descriptor}")

    def read(self, *, offset_bytes: int, size_bytes: int) -> bytes:
        """Read exactly so many bytes."""
        try:
            content = os.pread(self._descriptor, size_bytes, offset_bytes)
            while 0 < len(content) < size_bytes:
                more = os.pread(
                    self._descriptor, size_bytes - len(content), offset_bytes + len(content)
                )
                if not more:
                    break
                content += more
        except OSError as error:
            raise self._failure("reading", offset_bytes, error) from error
        if len(content) != size_bytes:
            raise self._too_short(offset_bytes + size_bytes)
        return content

    def write(self, offset_bytes: int, content: Octets) -> None:
        """Write all bytes at an offset."""
        try:
            done = os.pwrite(self._descriptor, content, offset_bytes)
            while done < len(content):
                rest = memoryview(content)[done:]
                done += os.pwrite(self._descriptor, rest, offset_bytes + done)
        except OSError as error:
            raise self._failure("writing", offset_bytes, error) from error

    def write_durably(self, offset_bytes: int, content: Octets) -> None:
        """Write all bytes and wait until these are durable; others need not be."""
        self.check_whole()
        done = 0
        try:
            while self._has_durable_writes and done < len(content):
                rest = memoryview(content)[done:]
                done += os.pwritev(self._descriptor, [rest], offset_bytes + done, os.RWF_DSYNC)
        except OSError as error:
            if error.errno not in UNSUPPORTED:
                raise self._failure("writing", offset_bytes, error) from error
            self._has_durable_writes = False
        if done < len(content):
            self.write(offset_bytes, content)
            self.flush()

    def flush(self) -> None:
        """Wait until everything that was written is durable."""
        self.check_whole()
        try:
            os.fdatasync(self._descriptor)
        except OSError as error:
            raise DiskError(f"{self.path}: flushing: {error.strerror}") from error

    def _failure(self, doing: str, offset_bytes: int, error: OSError) -> DiskError:
        return DiskError(f"{self.path}: {doing} at {offset_bytes}: {error.strerror}")

    def _too_short(self, end_bytes: int) -> DiskError:
        return DiskError(f"{self.path}: it ends before byte {end_bytes}")


class MetadataDevice:
    """The same device for meta-data: a flush makes durable what was written here, and no more.

    Where meta-data lies behind the data in one file, a transaction of the activity log need not
    wait for megabytes of data that nobody asked to be durable. Until then writes are kept here.
    """

    def __init__(self, device: FileDevice) -> None:
        self._device = device
        self._pending: list[tuple[int, bytearray]] = []
        """Runs of bytes with their offsets, in the order in which they are to be written."""
        self._pending_size_bytes = 0
        self._is_spilled = False

    @property
    def size_bytes(self) -> int:
        """How many bytes the device has."""
        return self._device.size_bytes

    def read(self, *, offset_bytes: int, size_bytes: int) -> bytes:
        """Read exactly so many bytes, as they were written last."""
        self._spill()
        return self._device.read(offset_bytes=offset_bytes, size_bytes=size_bytes)

    def write(self, offset_bytes: int, content: bytes) -> None:
        """Write all bytes at an offset."""
        if self._pending_size_bytes + len(content) > PENDING_SIZE_BYTES_MAX:
            self._spill()
        self._pending_size_bytes += len(content)
        if self._pending:
            start, run = self._pending[-1]
            if start + len(run) == offset_bytes:
                run += content
                return
        if len(self._pending) == PENDING_RUNS_MAX:
            self._spill()
        self._pending.append((offset_bytes, bytearray(content)))

    def _spill(self) -> None:
        """Write what is kept, which is durable after a flush of the whole device only."""
        if self._pending:
            self._device.check_whole()
        for offset_bytes, run in self._pending:
            self._device.write(offset_bytes, run)
            self._is_spilled = True
        self._forget()

    def _forget(self) -> None:
        self._pending.clear()
        self._pending_size_bytes = 0

    def flush(self) -> None:
        """Wait until everything that was written here is durable."""
        if self._is_spilled:
            self._spill()
            self._device.flush()
            self._is_spilled = False
            return
        for offset_bytes, run in self._pending:
            self._device.write_durably(offset_bytes, run)
        self._forget()


class TimedDevice:
    """A device that has failed when a call took longer than it may, which is known at its end.

    A kernel gives up waiting meanwhile; here, whoever writes meta-data waits with the whole node.
    """

    def __init__(
        self, device: Device, limit_s: Callable[[], float], clock: Callable[[], float]
    ) -> None:
        """`limit_s` is what a call may take, 0 for ever."""
        self._device = device
        self._limit_s = limit_s
        self._clock = clock

    @property
    def size_bytes(self) -> int:
        """How many bytes the device has."""
        return self._device.size_bytes

    def read(self, *, offset_bytes: int, size_bytes: int) -> bytes:
        """Read exactly so many bytes."""
        with self._timed("reading"):
            return self._device.read(offset_bytes=offset_bytes, size_bytes=size_bytes)

    def write(self, offset_bytes: int, content: bytes) -> None:
        """Write all bytes at an offset."""
        with self._timed("writing"):
            self._device.write(offset_bytes, content)

    def flush(self) -> None:
        """Wait until everything that was written here is durable."""
        with self._timed("flushing"):
            self._device.flush()

    @contextmanager
    def _timed(self, doing: str) -> Iterator[None]:
        begun_at = self._clock()
        yield
        took_s, limit_s = self._clock() - begun_at, self._limit_s()
        if limit_s and took_s > limit_s:
            raise DiskError(f"{doing} took {took_s:.1f} s, and may take {limit_s:.1f} s")


def _opened(path: Path, *, writable: bool, is_shared: bool) -> int:
    if not writable:
        return os.open(path, os.O_RDONLY)
    claim = os.O_EXCL if path.is_block_device() else 0  # busy when it is mounted, see open(2)
    descriptor = os.open(path, os.O_RDWR | claim)
    if claim and is_shared:  # a claim is of one descriptor alone
        os.close(descriptor)
        return os.open(path, os.O_RDWR)
    return descriptor


def _lock_of(window: range) -> bytes:
    """A lock of these bytes for one descriptor, as fcntl(2) has it in a struct flock."""
    return struct.pack("hhqqi0q", fcntl.F_WRLCK, os.SEEK_SET, window.start, len(window), 0)
