"""A file or block device as meta-data sees it: bytes at offsets, durable when flushed.

Whoever writes is alone: among our own kind by a lock, and on a block device by the kernel, which
does not give away what is mounted or otherwise claimed.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from runtime.errors import DiskError


class FileDevice:
    """A file or block device that is open; a failing call of the system becomes a DiskError."""

    def __init__(self, path: Path, *, writable: bool) -> None:
        self._path = path
        try:
            self._descriptor = _opened(path, writable=writable)
        except OSError as error:
            raise DiskError(f"{path}: {error.strerror}") from error
        if writable:
            self._lock()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.close()
            raise DiskError(f"{self._path}: another process writes to it") from error

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
        """Give it back to the system."""
        os.close(self._descriptor)

    @property
    def size_bytes(self) -> int:
        """How many bytes it has now; it may grow while it is open."""
        return os.lseek(self._descriptor, 0, os.SEEK_END)  # fits block devices as well

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
            raise DiskError(f"{self._path}: reading at {offset_bytes}: {error.strerror}") from error
        if len(content) != size_bytes:
            raise DiskError(f"{self._path}: it ends before byte {offset_bytes + size_bytes}")
        return content

    def write(self, offset_bytes: int, content: bytes) -> None:
        """Write all bytes at an offset."""
        try:
            done = os.pwrite(self._descriptor, content, offset_bytes)
            while done < len(content):
                done += os.pwrite(self._descriptor, content[done:], offset_bytes + done)
        except OSError as error:
            raise DiskError(f"{self._path}: writing at {offset_bytes}: {error.strerror}") from error

    def flush(self) -> None:
        """Wait until everything that was written is durable."""
        try:
            os.fdatasync(self._descriptor)
        except OSError as error:
            raise DiskError(f"{self._path}: flushing: {error.strerror}") from error


def _opened(path: Path, *, writable: bool) -> int:
    if not writable:
        return os.open(path, os.O_RDONLY)
    claim = os.O_EXCL if path.is_block_device() else 0  # busy when it is mounted, see open(2)
    return os.open(path, os.O_RDWR | claim)
