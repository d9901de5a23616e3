"""A mirrored volume that real NBD clients are let loose on: two nodes, as an operator runs them."""

import hashlib
from pathlib import Path
from typing import Final, Self

from tests.io.nodes import created
from tests.io.operating import RunningNode
from tests.runtime.io.scripted import free_addresses

MIB: Final = 1 << 20
SIZE_BYTES: Final = 64 * MIB
QUICK: Final = (
    *("--net", "connect-int=1"),
    *("--disk-option", "resync-rate=1048576", "--disk-option", "c-plan-ahead=0"),
    *("--disk-option", "c-min-rate=0"),  # also where clients are at work
)
"""Nodes that are quick to find each other, and to resync."""


class Mirror:
    """Alice and Bob, each a `dotmirror run` that gives its volume to clients by NBD."""

    def __init__(self, folder: Path, *words: str | Path, size_bytes: int = SIZE_BYTES) -> None:
        """Run both, and let Bob have all of Alice's data; `words` are for Alice alone."""
        self.folder = folder
        self._places = dict(zip(("alice", "bob"), free_addresses(), strict=True))
        self.disks = {
            name: created(folder / f"{name}.img", size_bytes=size_bytes + MIB)
            for name in self._places
        }
        self._words = {
            name: [*QUICK, "--nbd", f"unix:{self.socket(name)}"] for name in self._places
        }
        self._words["alice"] += map(str, words)
        self._nodes: dict[str, RunningNode] = {}
        for name in self._places:
            self.begin(name)
        self.alice.run("primary", "--force")
        self.alice.in_sync()
        self.size_bytes = self.alice.order("state")["size_sectors"] * 512

    @property
    def alice(self) -> RunningNode:
        """The primary, at first."""
        return self._nodes["alice"]

    @property
    def bob(self) -> RunningNode:
        """The other one."""
        return self._nodes["bob"]

    def begin(self, name: str) -> None:
        """Run a node, for the first time or again."""
        own, peer = self._places[name], next(
            it for other, it in self._places.items() if other != name
        )
        words = ["--name", name, "--disk", str(self.disks[name])]
        words += ["--listen", str(own), "--peer", str(peer), *self._words[name]]
        self._nodes[name] = RunningNode(self.folder, name, *words)

    def kill(self, name: str) -> None:
        """SIGKILL, as if its machine had lost its power."""
        self._nodes.pop(name).__exit__()

    def socket(self, name: str) -> Path:
        """Where a node's clients connect."""
        return self.folder / f"{name}.nbd"

    def uri(self, name: str = "alice") -> str:
        """What a node's clients are told."""
        return f"nbd+unix:///r0/0?socket={self.socket(name)}"

    def assert_equal(self) -> None:
        """Both disks hold the same."""
        sums = {hashlib.sha256(self.content(name)).hexdigest() for name in self.disks}
        assert len(sums) == 1

    def content(self, name: str = "bob") -> bytes:
        """What is on a node's disk."""
        return self.disks[name].read_bytes()[: self.size_bytes]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for name in tuple(self._nodes):
            self.kill(name)
