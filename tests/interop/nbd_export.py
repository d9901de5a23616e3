"""A mirrored volume that real NBD clients are let loose on, and the clients as commands."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Self

from runtime.config import DiskOptions, NetOptions, ResourceConfig
from runtime.node_config import DiskPath, NbdConfig, NodeConfig
from tests.io.nodes import NodeProcess, created
from tests.runtime.io.scripted import free_addresses
from tests.steps_taken import TAKEN

MIB: Final = 1 << 20
SIZE_BYTES: Final = 64 * MIB
QUICK: Final = ResourceConfig(
    net=NetOptions(connect_int=1), volumes={0: DiskOptions(resync_rate=1 << 20, c_plan_ahead=0)}
)
IN_SYNC: Final = {"conn": "Connected", "disk": "UpToDate", "pdsk": "UpToDate", "timeout": 50}
# Debian's modules, where the clients' Python is not the one that runs the tests.
CLIENT_PATH: Final = "/usr/bin:/bin:/usr/sbin:/sbin"


def told(*words: str | Path, stdin: bytes | None = None, code: int = 0) -> str:
    """Run a client to its end, which must be with this code; return what it says."""
    done = subprocess.run(
        [str(it) for it in words],
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PATH": CLIENT_PATH},
        timeout=120,
        check=False,
    )
    said = done.stdout.decode(errors="replace")
    assert done.returncode == code, said
    return said


class Export:
    """Alice and Bob as processes, in sync; Alice's volume is exported."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        here, there = free_addresses()
        self.folder = folder
        self.socket = folder / "alice.sock"
        self._disks = [
            created(folder / f"{name}.img", size_bytes=SIZE_BYTES + MIB)
            for name in ("alice", "bob")
        ]
        nbd = NbdConfig(**{"unix": self.socket, **settings})
        alice = NodeConfig("alice", QUICK, here, there, {0: DiskPath(self._disks[0])}, nbd=nbd)
        bob = replace(
            alice,
            name="bob",
            address=there,
            peer=here,
            disks={0: DiskPath(self._disks[1])},
            nbd=None,
        )
        self._trace = folder / "alice.trace"
        self.alice = NodeProcess(alice, folder, "--trace", str(self._trace))
        self.bob = NodeProcess(bob, folder)
        self.alice.do("primary", force=True)
        for node in (self.alice, self.bob):
            node.do("connect")
        self.alice.do("wait", **IN_SYNC)
        self.size_bytes = self.alice.do("state")["size_sectors"] * 512

    @property
    def uri(self) -> str:
        """What clients are told."""
        return f"nbd+unix:///r0/0?socket={self.socket}"

    def assert_equal(self) -> None:
        """Both disks hold the same."""
        sums = {node.do("checksum")["sha256"] for node in (self.alice, self.bob)}
        assert len(sums) == 1

    def content(self) -> bytes:
        """What is on Bob's disk."""
        return self._disks[1].read_bytes()[: self.size_bytes]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for node in (self.alice, self.bob):
            node.__exit__()
        TAKEN.note_file(self._trace)


@contextmanager
def serving(*words: str | Path, until: Path) -> Iterator[None]:
    """A program that stays, from when a path is there."""
    process = subprocess.Popen(
        [str(it) for it in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        wait_for(until, process)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until something is there; fail when the program has ended."""
    while not path.exists():
        try:
            said, _ = process.communicate(timeout=0.05)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(said.decode(errors="replace"))
