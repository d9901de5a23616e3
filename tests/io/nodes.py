"""Two nodes on this machine: their files, their addresses, and as processes of their own."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Self

from runtime.config import DiskOptions, NetOptions, ResourceConfig
from runtime.metadata.placement import INTERNAL, Placement, Striping
from runtime.metadata_commands import Target, create_metadata
from runtime.node_config import DiskPath, NodeConfig, to_json
from tests.runtime.io.scripted import free_addresses

DISK_SIZE_BYTES: Final = 4 << 20
PROMPT: Final = ResourceConfig(
    net=NetOptions(connect_int=1),
    volumes={0: DiskOptions(resync_rate=1 << 20, c_plan_ahead=0)},
    trace_flows=True,
)
"""A resource of nodes that are quick to find each other, and to resync."""


def created(path: Path, placement: Placement = INTERNAL, size_bytes: int = DISK_SIZE_BYTES) -> Path:
    """A file with new meta-data."""
    with path.open("xb") as file:
        os.truncate(file.fileno(), size_bytes)
    create_metadata(
        Target(path, placement),
        Striping(),
        lambda _: None,
        peer_max_io_size_bytes=0,
        ignore_signatures=False,
    )
    return path


def two_configs(folder: Path, resource: ResourceConfig = PROMPT) -> tuple[NodeConfig, NodeConfig]:
    """Alice and Bob, each with a disk."""
    here, there = free_addresses()
    alice = NodeConfig("alice", resource, here, there, {0: DiskPath(created(folder / "alice.img"))})
    disks = {0: DiskPath(created(folder / "bob.img"))}
    return alice, replace(alice, name="bob", address=there, peer=here, disks=disks)


class NodeProcess:
    """`dotmirror node` as a process: orders in, answers out."""

    def __init__(self, config: NodeConfig, folder: Path, *options: str) -> None:
        path = folder / f"{config.name}.json"
        path.write_text(to_json(config))
        self.log_path = folder / f"{config.name}.log"
        self._log = self.log_path.open("a")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "runtime", "node", str(path), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.greeting = self.answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)
        self._log.close()

    def say(self, line: str) -> None:
        """Give a line as it is."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Wait for the next answer."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log_path.read_text()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Give an order, and wait for its answer."""
        self.say(json.dumps({"do": do, **arguments}))
        return self.answer()

    def do(self, do: str, **arguments: Any) -> dict[str, Any]:
        """The same, which must be fine."""
        answer = self.ask(do, **arguments)
        assert answer["ok"], answer
        return answer
