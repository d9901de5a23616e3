"""A volume by NBD: ours alone and mirrored, beside those who serve a plain file, and qemu's mirror.

fio is the client of all, by its nbd engine on a socket of the file system. "Alone" is a primary
that has lost its peer: it does what qemu-nbd and nbdkit do, and keeps bitmap and activity log.
"Mirrored" is finished on both of two nodes on this machine, as with qemu's mirror. Rounds take
turns; ratios are medians of the rounds' own. Without a contender its column is left out.
"""

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Final

from runtime.config import ResourceConfig
from runtime.demo.nodes import NodeChild, create_disk, free_port
from runtime.demo.tour import QUICK
from runtime.node_config import Address, DiskPath, NbdConfig, NodeConfig
from tests.bench.qemu_mirror import QemuMirror, missing

MIB: Final = 1 << 20
SIZE_MIB: Final = 192
ROUNDS: Final = 3
FIO_S: Final = 1.0
START_S_MAX: Final = 10.0
CONTENDERS: Final = ("qemu-nbd", "nbdkit", "qemu mirror")
RIVALS: Final = {
    "alone/qemu-nbd": ("ours alone", "qemu-nbd"),
    "alone/nbdkit": ("ours alone", "nbdkit"),
    "mirrored/qemu mirror": ("ours mirrored", "qemu mirror"),
}
"""Ratio -> what is divided by what."""


@dataclass(frozen=True, slots=True)
class Load:
    """What fio does."""

    pattern: str
    size_bytes: int
    depth: int

    @property
    def name(self) -> str:
        """As it stands in the table."""
        kind = {"randwrite": "random write", "randread": "random read"}.get(
            self.pattern, self.pattern
        )
        size = f"{self.size_bytes >> 10} KiB" if self.size_bytes < MIB else "1 MiB"
        return f"{kind}, {size}, {self.depth} at a time"


LOADS: Final = (
    Load("randwrite", 4096, 1),
    Load("randwrite", 4096, 32),
    Load("randread", 4096, 1),
    Load("randread", 4096, 32),
    Load("write", 65536, 8),
    Load("read", 65536, 8),
    Load("write", MIB, 4),
    Load("read", MIB, 4),
)


def started(*words: str | Path) -> subprocess.Popen[bytes]:
    """A server, in the background."""
    return subprocess.Popen([str(it) for it in words], stdout=subprocess.DEVNULL)


@contextmanager
def serving(process: subprocess.Popen[bytes], socket: Path) -> Iterator[str]:
    """A server until the end; give its address when it is there."""
    try:
        end_s = time.monotonic() + START_S_MAX
        while not socket.exists():
            if time.monotonic() > end_s:
                raise TimeoutError(f"{socket} does not appear")
            threading.Event().wait(0.05)
        yield f"nbd+unix:///?socket={socket}"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def ours(folder: Path, *, is_mirrored: bool) -> Iterator[str]:
    """A node of ours with a volume, or two."""
    folder.mkdir()
    options = replace(QUICK.volumes[0], disk_flushes=False)
    resource: ResourceConfig = replace(QUICK, volumes={0: options})
    here, there = (Address("127.0.0.1", free_port()) for _ in range(2))
    disks = folder / "alice.img", folder / "bob.img"
    for disk in disks:
        create_disk(disk, size_bytes=(SIZE_MIB + 8) * MIB, content=os.urandom)
    nbd = NbdConfig(unix=folder / "alice.sock")
    alice = NodeConfig("alice", resource, here, there, {0: DiskPath(disks[0])}, nbd=nbd)
    bob = NodeConfig("bob", resource, there, here, {0: DiskPath(disks[1])})
    nodes = [NodeChild(it, folder) for it in (alice, bob)]
    try:
        for node in nodes:
            node.start()
        nodes[0].ask("primary", force=True)
        for node in nodes:
            node.ask("connect")
        nodes[0].ask("wait", conn="Connected", disk="UpToDate", pdsk="UpToDate", timeout=50)
        if not is_mirrored:
            nodes[1].kill()
            nodes[0].ask("wait", conn="WFConnection", timeout=50)
        yield f"nbd+unix:///?socket={folder / 'alice.sock'}"
    finally:
        for node in nodes:
            node.kill()


@contextmanager
def contender(name: str, folder: Path) -> Iterator[str]:
    """Another server with a file of the same size, or two of them."""
    if name == "qemu mirror":
        with closing(QemuMirror.of_files(folder, size_bytes=SIZE_MIB * MIB)) as mirror:
            mirror.full_sync()
            yield mirror.uri
            mirror.end_mirror()
        return
    file, socket = folder / f"{name}.raw", folder / f"{name}.sock"
    file.write_bytes(os.urandom(SIZE_MIB * MIB))
    if name == "qemu-nbd":
        words = ["qemu-nbd", "-f", "raw", "-t", "-e", "8", "-k", str(socket), str(file)]
    else:
        words = ["nbdkit", "-f", "-U", str(socket), "file", str(file)]
    with serving(started(*words), socket) as uri:
        yield uri


def measured(uri: str, load: Load, folder: Path) -> float:
    """Let fio work for a while; return requests a second."""
    words = ["fio", "--name=bench", "--ioengine=nbd", f"--uri={uri}", f"--rw={load.pattern}"]
    words += [f"--bs={load.size_bytes}", f"--iodepth={load.depth}", f"--size={SIZE_MIB * MIB}"]
    words += ["--time_based", f"--runtime={FIO_S}", "--ramp_time=0.3", "--output-format=json"]
    run = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
    job = json.loads(run.stdout[run.stdout.index("{") :])["jobs"][0]
    return float(job["read"]["iops"] + job["write"]["iops"])


Samples = dict[str, dict[Load, list[float]]]


def measure(folder: Path) -> Samples:
    """All rounds of all servers."""
    with ExitStack() as ends:
        servers = {
            "ours alone": ends.enter_context(ours(folder / "alone", is_mirrored=False)),
            "ours mirrored": ends.enter_context(ours(folder / "mirrored", is_mirrored=True)),
        }
        for name in CONTENDERS:
            if not (missing() if name == "qemu mirror" else shutil.which(name) is None):
                servers[name] = ends.enter_context(contender(name, folder))
        samples: Samples = {name: {load: [] for load in LOADS} for name in servers}
        for _ in range(ROUNDS):
            for load, (name, uri) in product(LOADS, servers.items()):
                samples[name][load].append(measured(uri, load, folder))
    return samples


def shown(load: Load, value: float) -> str:
    """Of small requests their number is of interest, of others their bytes."""
    if load.size_bytes == 4096:
        return f"{value:,.0f} /s"
    return f"{value * load.size_bytes / MIB:,.0f} MiB/s"


def table(samples: Samples) -> list[str]:
    """The medians, and how many times as fast as others ours are."""
    ratios = {it: pair for it, pair in RIVALS.items() if pair[1] in samples}
    heads = "".join(f"{name:>16}" for name in samples) + "".join(f"{it:>22}" for it in ratios)
    lines = [f"{'by NBD, fio':34}{heads}"]
    for load in LOADS:
        values = [shown(load, statistics.median(it[load])) for it in samples.values()]
        line = f"{load.name:34}" + "".join(f"{it:>16}" for it in values)
        for mine, other in ratios.values():
            pairs = zip(samples[mine][load], samples[other][load], strict=True)
            line += f"{statistics.median(a / b for a, b in pairs):>21.2f}x"
        lines.append(line)
    return lines


def main() -> None:
    """Print the table; an argument names the folder whose disk is measured."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # no process is left behind
    if not shutil.which("fio"):
        print("left out, for want of fio")
        return
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if sys.argv[1:] else ".") as folder:
        print("\n".join(table(measure(Path(folder).resolve()))), flush=True)


if __name__ == "__main__":
    main()
