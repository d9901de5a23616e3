"""A file system without room: the kernel's own answer, on a small one that only the node sees."""

import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from runtime.node_config import DiskPath
from tests.io.nodes import two_configs
from tests.io.operating import MIRROR, PATIENCE_S, RunningNode

MIB: Final = 1 << 20
LATE_SECTOR: Final = 2 * MIB // 512
ON_A_SMALL_DISK: Final = """
mount -t tmpfs -o size=3m none "$1" && cp --sparse=always "$2" "$1/disk.img" && shift 2 && exec "$@"
"""


def fill(file: Path) -> None:
    """Write until nothing goes any more."""
    with suppress(OSError), file.open("wb", buffering=0) as filler:
        while filler.write(b"f" * 4096):
            pass


def test_a_full_file_system_costs_a_disk_and_no_write(tmp_path: Path) -> None:
    """What is acknowledged then is on the peer's disk, and the log says that there is no room."""
    here, there = two_configs(tmp_path, MIRROR)
    small = tmp_path / "small"
    small.mkdir()
    inside = ("unshare", "--map-root-user", "--mount", "sh", "-c", ON_A_SMALL_DISK, "sh")
    on_it = replace(here, disks={0: DiskPath(small / "disk.img")})
    with (
        RunningNode.of(
            on_it, tmp_path, inside=(*inside, str(small), str(here.disks[0].path))
        ) as alice,
        RunningNode.of(there, tmp_path) as bob,
    ):
        alice.run("primary", "--force")
        alice.in_sync()
        fill(Path(f"/proc/{alice.process.pid}/root{small}/filler"))
        alice.order("write", sector=LATE_SECTOR, seed=1, count=2048)
        alice.order("wait", disk="Diskless", timeout=PATIENCE_S)
        said = alice.log_path.read_text()
        assert re.search(r"error: volume 0: .*disk\.img: .* No space left on device", said)
        assert "Traceback" not in said
        told = alice.order("read", sector=LATE_SECTOR, count=2048)["sha256"]
        alice.run("secondary")
        bob.run("primary")
        assert bob.order("read", sector=LATE_SECTOR, count=2048)["sha256"] == told
