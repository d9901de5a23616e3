"""Nodes as processes of their own, which are given orders and asked, for demonstrations."""

import json
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from runtime.metadata.placement import INTERNAL, Striping
from runtime.metadata_commands import Target, create_metadata
from runtime.node_config import NodeConfig, to_json

ANSWER_S_MAX: Final = 60.0  # a batch of writes takes a few seconds; a node that hangs is found out
END_S_MAX: Final = 15.0  # longer than a node waits for its peer
LOG_TAIL_LINES: Final = 12
PIECE_SIZE_BYTES: Final = 1 << 20

Content = Callable[[int], bytes]
"""So many bytes of something."""


class DemoError(Exception):
    """Something did not go as it has to; the sentence says what."""


def create_disk(path: Path, *, size_bytes: int, content: Content) -> None:
    """Make a file with content and, behind it, new meta-data."""
    try:
        with path.open("xb") as file:
            for start in range(0, size_bytes, PIECE_SIZE_BYTES):
                file.write(content(min(PIECE_SIZE_BYTES, size_bytes - start)))
    except FileExistsError:
        raise DemoError(f"{path} is there already; remove it or choose another folder") from None
    except OSError as error:
        raise DemoError(str(error)) from error
    create_metadata(
        Target(path, INTERNAL),
        Striping(),
        lambda _: None,  # whatever random bytes look like, there is nothing to lose
        peer_max_io_size_bytes=0,
        ignore_signatures=True,
    )


class NodeChild:
    """`dotmirror node` as a child; what its log says goes to a file in the folder."""

    def __init__(self, config: NodeConfig, folder: Path) -> None:
        self.name = config.name
        self.log_path = folder / f"{config.name}.log"
        self._config_path = folder / f"{config.name}.json"
        self._config_path.write_text(to_json(config) + "\n")
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._order_count = 0

    def start(self) -> None:
        """Start the process; it takes orders as soon as it can."""
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "runtime", "node", str(self._config_path)],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us, who then end it in order
            )
        self._answers = queue.SimpleQueue()
        threading.Thread(target=_pass_on, args=(self._process, self._answers), daemon=True).start()

    def order(self, do: str, **arguments: Any) -> int:
        """Give an order and don't wait for its answer."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        self._order_count += 1
        line = json.dumps({"do": do, "id": self._order_count, **arguments})
        try:
            process.stdin.write(line.encode() + b"\n")
            process.stdin.flush()
        except OSError:
            raise self._failed(do, "its process has ended") from None
        return self._order_count

    def ask(self, do: str, *, within_s: float = ANSWER_S_MAX, **arguments: Any) -> dict[str, Any]:
        """Give an order and wait for its answer; DemoError when it is refused or never comes."""
        number = self.order(do, **arguments)
        ends_s = time.monotonic() + within_s
        while (answer := self._answer(do, ends_s - time.monotonic())).get("id") != number:
            pass  # the greeting, or of an earlier order, for which nobody waited
        if not answer["ok"]:
            raise self._failed(do, answer["error"])
        return answer

    def _answer(self, do: str, within_s: float) -> dict[str, Any]:
        try:
            line = self._answers.get(timeout=max(0.0, within_s))
        except queue.Empty:
            raise self._failed(do, "no answer came") from None
        if not line:
            raise self._failed(do, "its process has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def kill(self) -> None:
        """SIGKILL: it can do nothing about it."""
        if self._process is not None:
            self._process.kill()
            self._reap(self._process)

    def quit(self) -> None:
        """Let it end in order."""
        self.ask("down")
        self.ask("quit")
        assert self._process is not None
        try:
            code = self._process.wait(END_S_MAX)
        except subprocess.TimeoutExpired:
            raise self._failed("quit", "its process does not end") from None
        self._reap(self._process)
        if code:
            raise self._failed("quit", f"its process ended with code {code}")

    def _reap(self, process: "subprocess.Popen[bytes]") -> None:
        process.wait()
        self._process = None
        if process.stdin is not None:
            try:
                process.stdin.close()
            except OSError:
                return  # an order that it never read

    def _failed(self, do: str, reason: str) -> DemoError:
        tail = self.log_path.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        log = "".join(f"\n  {line}" for line in tail)
        return DemoError(f"{self.name} failed at `{do}`: {reason}\nthe end of its log:{log}")


def _pass_on(process: "subprocess.Popen[bytes]", answers: "queue.SimpleQueue[bytes]") -> None:
    """In a thread: pass on each line, and an empty one at the end."""
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            answers.put(line)
    answers.put(b"")


def free_port() -> int:
    """A port of the loopback that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
