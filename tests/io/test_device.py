"""A file is a device: what fails is a DiskError that names the file and the place."""

from pathlib import Path

import pytest

from runtime.errors import DiskError
from runtime.io.device import FileDevice


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Bytes come back from where they were put, and the file keeps its size."""
    path = tmp_path / "disk.img"
    path.write_bytes(bytes(8192))
    with FileDevice(path, writable=True) as device:
        device.write(4096, b"x" * 512)
        device.flush()
        assert device.read(offset_bytes=4095, size_bytes=3) == b"\0xx"
        assert device.size_bytes == 8192
    assert path.read_bytes() == bytes(4096) + b"x" * 512 + bytes(3584)


def test_reading_behind_the_end_is_an_error(tmp_path: Path) -> None:
    """A file that became shorter is told with the byte that is missing."""
    path = tmp_path / "disk.img"
    path.write_bytes(bytes(100))
    with (
        FileDevice(path, writable=False) as device,
        pytest.raises(DiskError, match=r"disk\.img: it ends before byte 101"),
    ):
        device.read(offset_bytes=1, size_bytes=100)


def test_a_file_that_may_not_be_written_is_an_error(tmp_path: Path) -> None:
    """What the system refuses is told with its reason."""
    path = tmp_path / "disk.img"
    path.write_bytes(bytes(4096))
    with (
        FileDevice(path, writable=False) as device,
        pytest.raises(DiskError, match="writing at 512: Bad file descriptor"),
    ):
        device.write(512, b"x")


def test_a_full_device_is_an_error() -> None:
    """A device without room says so."""
    with (
        FileDevice(Path("/dev/full"), writable=True) as device,
        pytest.raises(DiskError, match="/dev/full: writing at 0: No space left on device"),
    ):
        device.write(0, b"x")


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """Opening fails with the file's name."""
    with pytest.raises(DiskError, match="missing: No such file"):
        FileDevice(tmp_path / "missing", writable=False)


def test_closing_gives_the_file_back(tmp_path: Path) -> None:
    """A device that was closed holds no file open."""
    path = tmp_path / "disk.img"
    path.write_bytes(b"")
    before = len(list(Path("/proc/self/fd").iterdir()))
    FileDevice(path, writable=False).close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_whoever_writes_is_alone(tmp_path: Path) -> None:
    """A second writer is refused until the first one is done, readers are not."""
    path = tmp_path / "disk.img"
    path.write_bytes(bytes(4096))
    with FileDevice(path, writable=True):
        with pytest.raises(DiskError, match="another process writes to it"):
            FileDevice(path, writable=True)
        FileDevice(path, writable=False).close()
    FileDevice(path, writable=True).close()


def test_whoever_writes_is_alone_in_a_window(tmp_path: Path) -> None:
    """Windows of one device have a writer each, and whoever wants all of it waits for them."""
    path = tmp_path / "disk.img"
    path.write_bytes(bytes(8192))
    first, second = range(4096), range(4096, 8192)
    with (
        FileDevice(path, writable=True, window=first),
        FileDevice(path, writable=True, window=second),
    ):
        for window in (first, second, None):
            with pytest.raises(DiskError, match="another process writes to it"):
                FileDevice(path, writable=True, window=window)
    with (
        FileDevice(path, writable=True),
        pytest.raises(DiskError, match="another process writes to it"),
    ):
        FileDevice(path, writable=True, window=first)
