"""Nodes as an operator runs them: `dotmirror run` as a process, and commands that are typed."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Self

from click.testing import CliRunner, Result

from runtime.cli import main
from runtime.config import DiskOptions, NetOptions, ResourceConfig
from runtime.node_config import NodeConfig, to_json

MIRROR: Final = ResourceConfig(
    net=NetOptions(connect_int=1, verify_alg="sha1"),
    volumes={0: DiskOptions(resync_rate=1 << 20, c_plan_ahead=0)},
)
"""A resource of nodes that are quick to find each other, and to resync."""
RUN: Final = ("-m", "runtime", "run")
PATIENCE_S: Final = 60.0
ENDS_S: Final = 30.0


class RunningNode:
    """`dotmirror run` as a process, from being ready to its end."""

    def __init__(
        self,
        folder: Path,
        name: str,
        *arguments: str,
        inside: Sequence[str] = (),
        **environment: str,
    ) -> None:
        """`inside` is a command that runs the rest of its line."""
        self.name = name
        self.socket_path = folder / f"{name}.sock"
        self.log_path = folder / f"{name}.log"
        self._log = self.log_path.open("a")
        self.supervisor = Supervisor(folder / f"{name}.notify")
        self.process = subprocess.Popen(
            [*inside, sys.executable, *RUN, "-S", str(self.socket_path), *arguments],
            stderr=self._log,
            env={**os.environ, "NOTIFY_SOCKET": str(self.supervisor.path), **environment},
        )
        self.supervisor.hear("READY=1")

    @classmethod
    def of(
        cls,
        config: NodeConfig,
        folder: Path,
        *,
        inside: Sequence[str] = (),
        **environment: str,
    ) -> Self:
        """The node of a configuration."""
        path = folder / f"{config.name}.json"
        path.write_text(to_json(config))
        return cls(folder, config.name, str(path), inside=inside, **environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(ENDS_S)
        self._log.close()
        self.supervisor.close()

    def type(self, *words: str) -> Result:
        """The result of a command."""
        command, *rest = words
        return CliRunner().invoke(main, [command, "-S", str(self.socket_path), *rest])

    def run(self, *words: str) -> str:
        """What a command says, which must be fine."""
        result = self.type(*words)
        assert result.exit_code == 0, (words, result.output, self.log_path.read_text())
        return result.stdout

    def order(self, do: str, **arguments: Any) -> dict[str, Any]:
        """The answer to an order that no command gives, which must be fine."""
        with connected(self.socket_path) as client, client.makefile("rwb") as lines:
            lines.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
            lines.flush()
            answer: dict[str, Any] = json.loads(lines.readline())
        assert answer["ok"], answer
        return answer

    def view(self) -> dict[str, Any]:
        """Volume 0 as its node sees it."""
        volume: dict[str, Any] = self.order("view")["resources"][0]["volumes"][0]
        return volume

    def look_until(self, is_so: Callable[[dict[str, Any]], bool]) -> None:
        """Look at volume 0 again and again until something is so."""
        while not is_so(self.view()):
            assert self.process.poll() is None, self.log_path.read_text()

    def logged(self, pattern: str) -> str:
        """The first whole line of the log with a pattern; it is asked again and again till then."""
        wanted = re.compile(pattern)
        while True:
            for line in self.log_path.read_text().splitlines(keepends=True):
                if wanted.search(line) and line.endswith("\n"):
                    return line
            assert self.process.poll() is None, self.log_path.read_text()
            self.order("resources")

    def in_sync(self) -> None:
        """Wait until both disks are the same, also where the resync has not begun yet."""
        self.order("wait", conn="Connected", disk="UpToDate", pdsk="UpToDate", timeout=PATIENCE_S)

    def terminate(self) -> None:
        """SIGTERM, and the end that follows."""
        self.process.terminate()
        assert self.process.wait(ENDS_S) == 0, self.log_path.read_text()


class Supervisor:
    """Hears what a service tells, as systemd does."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(PATIENCE_S)

    def hear(self, words: str) -> None:
        """Wait until it says this; what it says before does not matter."""
        while self._socket.recv(4096).decode() != words:
            pass

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()


def connected(path: Path) -> socket.socket:
    """A client of a control socket."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(PATIENCE_S)
    client.connect(str(path))
    return client
