"""drbdmeta as the reader and writer of plain files, and what both of us leave in them."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from click.testing import CliRunner, Result

from runtime.cli import main
from runtime.io.device import FileDevice
from runtime.metadata.placement import Placement
from runtime.metadata.superblock import FoundSuperblock, read_superblock

MIB: Final = 1 << 20
FLAG_NAMES: Final = (0x001, 0x010, 0x002, 0x004, 0x008, 0x020, 0x040)
"""The flags that get-gi shows, in its order."""


@dataclass(frozen=True)
class Answer:
    """What drbdmeta said."""

    code: int
    output: str
    errors: str


def ask(path: Path, index: str, *command: str | Path) -> Answer:
    """Let drbdmeta do something to a file; the size of its ring of logs is asked for with -v."""
    done = subprocess.run(
        ["drbdmeta", "--force", "-", "v08", str(path), index, *map(str, command)],
        capture_output=True,
        check=False,
        encoding="latin-1",
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def dotmirror(command: str, path: Path, *arguments: str | Path, index: str = "internal") -> Result:
    """Let our command line do it."""
    words = [command, str(path), *map(str, arguments), "--index", index]
    return CliRunner().invoke(main, words, input="")


def blank(path: Path, size_bytes: int) -> Path:
    """A file of holes."""
    with path.open("wb") as file:
        file.truncate(size_bytes)
    return path


def found(path: Path, index: str) -> FoundSuperblock:
    """The superblock as we read it."""
    with FileDevice(path, writable=False) as device:
        return read_superblock(device, Placement.parse(index))


def metadata_of(path: Path, index: str) -> bytes:
    """All of a file's meta-data; of what lies behind the bitmap's used part, nothing."""
    it = found(path, index)
    lies = it.areas
    with FileDevice(path, writable=False) as device:
        bitmap_bytes = min(lies.bitmap_size_bytes_max, 33 << 20)
        return b"".join(
            device.read(offset_bytes=offset_bytes, size_bytes=size_bytes)
            for offset_bytes, size_bytes in (
                (lies.superblock_offset_bytes, 4096),
                (lies.al_offset_bytes, lies.al_size_bytes),
                (lies.bitmap_offset_bytes, bitmap_bytes),
            )
        )


def dump_by_drbdmeta(path: Path, index: str) -> str:
    """A dump without its title, which says when it was made."""
    return _untitled(ask(path, index, "dump-md").output)


def dump_by_us(path: Path, index: str, *, flags: bool = False) -> str:
    """The same by us; drbdmeta 9.22 shows flags of 0 always, so ours are hidden for comparison."""
    result = dotmirror("dump-md", path, "--force", index=index)
    assert result.exit_code == 0, result.output
    text = _untitled(result.stdout)
    return text if flags else _with_flags(text, 0)


def _untitled(text: str) -> str:
    return text[text.index('version "v08"') :]


def _with_flags(text: str, flags: int) -> str:
    before, _, rest = text.partition("    flags 0x")
    return f"{before}    flags 0x{flags:08X}{rest[8:]}"


def identifiers(path: Path, index: str) -> str:
    """What get-gi should say of the superblock as we read it (metadata 8.3)."""
    block = found(path, index).superblock
    uuids = (
        block.current_uuid,
        block.bitmap_uuid,
        block.younger_history_uuid,
        block.older_history_uuid,
    )
    flags = (str(int(block.flags & flag != 0)) for flag in FLAG_NAMES)
    return ":".join([*(f"{uuid:016X}" for uuid in uuids), *flags])
