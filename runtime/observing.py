"""What a service gives those who look after it: metrics, its log, and the last of its trace."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from runtime.control.metrics_server import MetricsServer
from runtime.control.metrics_text import CONTENT_TYPE, metrics_text
from runtime.control.orders import Desk
from runtime.control.viewing import view_of
from runtime.effects import Level
from runtime.io.listening import listener_on
from runtime.log_lines import LogLine
from runtime.node import Node
from runtime.node_config import Address

TRACE_LINES_DEFAULT: Final = 1000
TRACE_LINES_MAX: Final = 100_000  # some 10 MB, for which a node may stop a moment
OWNER_ONLY: Final = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Observing:
    """What is wanted, all of it from the begin of some nodes to their end."""

    metrics: Address | None = None
    """Where Prometheus may ask."""
    is_json: bool = False
    """Whether the log has an object in each line, for programs."""
    trace_lines: int = TRACE_LINES_DEFAULT
    """How many lines of each trace SIGUSR1 writes down."""

    def log(self, line: LogLine) -> None:
        """Write a line of the log."""
        now = datetime.now().astimezone().isoformat(timespec="microseconds")
        sys.stderr.write(f"{line.to_json(now) if self.is_json else line}\n")
        sys.stderr.flush()

    @asynccontextmanager
    async def of(self, desk: Desk, control_path: Path) -> AsyncIterator[None]:
        """Let these nodes be observed."""
        nodes = [*desk.nodes.values()]
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, self._dump, nodes, control_path)
        if self.metrics is None:
            yield
            return
        server = MetricsServer(
            lambda: metrics_text([view_of(node, desk.minors) for node in nodes]),
            CONTENT_TYPE,
            listener_on(self.metrics),
        )
        await server.start()
        try:
            yield
        finally:
            await server.stop()

    def _dump(self, nodes: Sequence[Node], control_path: Path) -> None:
        for node in nodes:
            name = quote(node.config.resource.name, safe="")
            path = control_path.with_name(f"{control_path.stem}.{name}.trace")
            lines = node.trace.last_lines(self.trace_lines)
            try:
                _replace(path, "".join(f"{line}\n" for line in lines))
            except OSError as error:
                node.say(f"no trace was written: {error}", level=Level.WARNING)
            else:
                node.say(f"the last {len(lines)} lines of the trace are in {path}")


def _replace(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    aside = path.with_name(f".{path.name}.part")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  # it is open already
        file.write(text)
    aside.replace(path)
