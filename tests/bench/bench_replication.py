"""Two nodes on this machine: resync, and writes that are finished when both nodes have them.

Ours are two processes of `dotmirror node`, protocol C by TCP; the writes come from within the node.
The contender is qemu's mirror, to which fio writes by NBD. "Durable" is DRBD's disk-flushes: the
peer flushes between writes that depend on each other; qemu is asked for a flush as often as so many
writes are under way at once. Rounds take turns; ratios are medians of the rounds' own. All disks
must be equal in the end.
"""

import filecmp
import hashlib
import os
import signal
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from runtime.config import ResourceConfig
from runtime.demo.nodes import NodeChild, create_disk, free_port
from runtime.demo.tour import QUICK
from runtime.node_config import Address, DiskPath, NodeConfig
from tests.bench.qemu_mirror import QemuMirror, Writes, missing

MIB: Final = 1 << 20
SIZE_MIB: Final = 256
ROUNDS: Final = 3
SYNC: Final = f"full sync of {SIZE_MIB} MiB"
LOADS: Final = {
    "4 KiB, 1 at a time": Writes(4096, 1, is_random=True, is_durable=False, mib=16),
    "4 KiB, 32 at a time": Writes(4096, 32, is_random=True, is_durable=False, mib=64),
    "64 KiB, 8 at a time": Writes(65536, 8, is_random=False, is_durable=False, mib=192),
    "1 MiB, 8 at a time": Writes(MIB, 8, is_random=False, is_durable=False, mib=192),
    "durable 4 KiB, 1 at a time": Writes(4096, 1, is_random=True, is_durable=True, mib=4),
    "durable 4 KiB, 32 at a time": Writes(4096, 32, is_random=True, is_durable=True, mib=32),
}

Samples = dict[str, list[float]]


class OurPair:
    """Two of our nodes with a disk each."""

    def __init__(self, folder: Path, *, is_durable: bool) -> None:
        options = replace(QUICK.volumes[0], disk_flushes=is_durable)
        resource: ResourceConfig = replace(QUICK, volumes={0: options})
        here, there = (Address("127.0.0.1", free_port()) for _ in range(2))
        folder.mkdir()
        self._disks = folder / "alice.img", folder / "bob.img"
        for disk, content in zip(self._disks, (os.urandom, bytes), strict=True):
            create_disk(disk, size_bytes=SIZE_MIB * MIB, content=content)
        alice = NodeConfig("alice", resource, here, there, {0: DiskPath(self._disks[0])})
        bob = NodeConfig("bob", resource, there, here, {0: DiskPath(self._disks[1])})
        self._alice, self._bob = NodeChild(alice, folder), NodeChild(bob, folder)
        self._nodes = (self._alice, self._bob)
        self._alice.start()
        self._bob.start()
        self._alice.ask("primary", force=True)
        for node in self._nodes:
            node.ask("connect")
        self._wait()

    def close(self) -> None:
        """End both processes, however they are."""
        for node in self._nodes:
            node.kill()

    def _wait(self) -> dict[str, Any]:
        return self._alice.ask(
            "wait", conn="Connected", disk="UpToDate", pdsk="UpToDate", timeout=50
        )

    def full_sync(self) -> float:
        """Let Bob have all of it once more; return bytes a second."""
        began_s = time.monotonic()
        self._alice.ask("invalidate_remote")
        self._wait()
        return SIZE_MIB * MIB / (time.monotonic() - began_s)

    def write(self, load: Writes, seed: int) -> float:
        """Write on Alice; return writes a second."""
        shape = {"size": load.size_bytes, "depth": load.depth, "shuffle": load.is_random}
        done = self._alice.ask("write", seed=seed, count=load.mib * MIB // 512, **shape)
        return float(done["ios_per_s"])

    def assert_equal(self) -> None:
        """End in order, and compare the disks as far as their meta-data."""
        size_bytes = self._alice.ask("state")["size_sectors"] * 512
        for node in self._nodes:
            node.quit()
        sums = {hashlib.sha256(it.read_bytes()[:size_bytes]).digest() for it in self._disks}
        assert len(sums) == 1, "our disks differ"


def our_samples(pairs: dict[bool, OurPair], seed: int) -> dict[str, float]:
    """One round of ours."""
    loads = {name: pairs[load.is_durable].write(load, seed) for name, load in LOADS.items()}
    return {SYNC: pairs[False].full_sync(), **loads}


def qemu_samples(mirror: QemuMirror) -> dict[str, float]:
    """One round of qemu's."""
    samples = {SYNC: mirror.full_sync()}
    samples |= {name: mirror.write(load) for name, load in LOADS.items()}
    mirror.end_mirror()
    return samples


def measure(folder: Path) -> tuple[Samples, Samples]:
    """All rounds of both; the contender's are empty where it is not installed."""
    ours: Samples = {name: [] for name in (SYNC, *LOADS)}
    theirs: Samples = {name: [] for name in ours}
    with ExitStack() as ends:
        pairs = {
            is_durable: ends.enter_context(
                closing(OurPair(folder / f"flushes-{is_durable}", is_durable=is_durable))
            )
            for is_durable in (False, True)
        }
        mirror = (
            None
            if missing()
            else ends.enter_context(closing(QemuMirror.of_files(folder, size_bytes=SIZE_MIB * MIB)))
        )
        for seed in range(ROUNDS):
            for name, value in our_samples(pairs, seed).items():
                ours[name].append(value)
            for name, value in qemu_samples(mirror).items() if mirror else ():
                theirs[name].append(value)
        for pair in pairs.values():
            pair.assert_equal()
        if mirror:
            assert filecmp.cmp(*mirror.disks, shallow=False), "qemu's disks differ"
    return ours, theirs


def shown(name: str, value: float) -> str:
    """What is of interest: of small writes their number, otherwise bytes."""
    size_bytes = 1 if name == SYNC else LOADS[name].size_bytes
    if size_bytes == 4096:
        return f"{value:,.0f} /s"
    return f"{value * size_bytes / MIB:,.0f} MiB/s"


def table(ours: Samples, theirs: Samples) -> list[str]:
    """The medians, and how many times as fast we are."""
    lines = [f"{'mirrored':28}{'ours':>14}{'qemu mirror':>14}{'ours is':>10}"]
    for name, values in ours.items():
        line = f"{name:28}{shown(name, statistics.median(values)):>14}"
        if others := theirs[name]:
            ratio = statistics.median(a / b for a, b in zip(values, others, strict=True))
            line += f"{shown(name, statistics.median(others)):>14}{ratio:>9.2f}x"
        lines.append(line)
    lines.append("(to ours the writes come from within the node, to qemu from fio by NBD)")
    if absent := missing():
        lines.append(f"qemu mirror is left out, for want of {' and '.join(absent)}")
    return lines


def main() -> None:
    """Print the table; an argument names the folder whose disk is measured."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # no process is left behind
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if sys.argv[1:] else ".") as folder:
        print("\n".join(table(*measure(Path(folder).resolve()))), flush=True)


if __name__ == "__main__":
    main()
