"""A node in a process of its own, which takes orders as JSON lines and answers each with one.

    {"id": 1, "do": "write", "sector": 0, "seed": 7, "count": 2048}
    {"id": 1, "ok": true, "mib_per_s": 310.2, "ios_per_s": 4963.1, "seconds": 0.003}

Orders may overlap; `id` says which answer belongs to which. What the log says goes elsewhere.
"""

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from enum import Enum
from pathlib import Path
from typing import Any, Final, TextIO

from runtime.errors import ConfigError, DiskError, MetadataError, MisuseError
from runtime.io.event_loop import run
from runtime.nbd.serving import exported
from runtime.node import Node
from runtime.node_config import NodeConfig, read_config
from runtime.node_orders import ORDERS, Arguments

LINE_SIZE_BYTES_MAX: Final = 4 << 20  # a write of 1 MiB in hexadecimal digits, and room
READ_SIZE_BYTES: Final = 1 << 16
STANDARD_INPUT: Final = 0
ORDERS_S_MAX: Final = 30.0  # orders that are under way may end, but one may wait for ever

Say = Callable[[object], None]


class _End(Enum):
    """Why no more orders are taken."""

    NO_MORE_ORDERS = "those that are under way may end"
    AT_ONCE = "nobody wants their answers"


def run_node(config_path: Path, trace_path: Path | None) -> None:
    """Run a node until it is told to quit, its input ends, or a signal comes."""
    config = read_config(config_path)
    with ExitStack() as files:
        trace = None
        if trace_path is not None:
            file = files.enter_context(trace_path.open("w", buffering=1))
            trace = _writer(file)
        run(_Service(config, log=_writer(sys.stderr), trace=trace).serve())


def _writer(file: TextIO) -> Say:
    def write(line: object) -> None:
        file.write(f"{line}\n")
        file.flush()

    return write


class _Service:
    """A node, its orders and their answers."""

    def __init__(self, config: NodeConfig, *, log: Say, trace: Say | None) -> None:
        self._node = Node(config, told=log, failed=self._fail)
        self._has_failed = False
        self._node.trace.sink = trace
        self._lines: asyncio.Queue[bytes | _End] = asyncio.Queue()
        self._running: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Take orders until the end, and end in order."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._lines.put_nowait, _End.AT_ONCE)
        async with self._node, exported([self._node]), asyncio.TaskGroup() as tasks:
            self._answer({"ok": True, "node": self._node.config.name})
            threading.Thread(target=self._read_lines, args=(loop,), daemon=True).start()
            while isinstance(line := await self._lines.get(), bytes):
                task = tasks.create_task(self._obey(line))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            if line is _End.NO_MORE_ORDERS and self._running:
                await asyncio.wait(self._running, timeout=ORDERS_S_MAX)
            for task in self._running:
                task.cancel()

        if self._has_failed:
            raise MisuseError("the engine failed; please report what is said above")

    def _fail(self) -> None:
        self._has_failed = True
        self._lines.put_nowait(_End.AT_ONCE)

    def _answer(self, reply: dict[str, Any]) -> None:
        try:
            sys.stdout.write(f"{json.dumps(reply)}\n")
            sys.stdout.flush()
        except BrokenPipeError:
            self._lines.put_nowait(_End.AT_ONCE)

    def _read_lines(self, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread, since the input may be a file, a pipe or a terminal.

        Without a buffered reader: the lock of one would be held at the end of the process.
        """

        def put(line: bytes | _End) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._lines.put_nowait, line)

        rest = b""
        while block := os.read(STANDARD_INPUT, READ_SIZE_BYTES):
            *whole, rest = (rest + block).split(b"\n")
            for line in whole:
                put(line)
            if len(rest) > LINE_SIZE_BYTES_MAX:
                put(rest)  # no order is so long, and its answer says so
                rest = b""
        put(rest)
        put(_End.NO_MORE_ORDERS)

    async def _obey(self, line: bytes) -> None:
        """Carry out one order, and answer it."""
        if not line.strip():
            return
        reply: dict[str, Any] = {}
        try:
            arguments = Arguments(_parsed(line))
            reply |= arguments.identity
            name = arguments.choice("do", ORDERS)
            result = await ORDERS[name](self._node, arguments)
            self._answer({**reply, "ok": True, **result})
            if name == "quit":
                self._lines.put_nowait(_End.NO_MORE_ORDERS)
        except (MisuseError, DiskError, MetadataError, ConfigError, TimeoutError) as error:
            self._answer({**reply, "ok": False, "error": str(error)})


def _parsed(line: bytes) -> dict[str, Any]:
    if len(line) > LINE_SIZE_BYTES_MAX:
        raise MisuseError(f"a line has more than {LINE_SIZE_BYTES_MAX} bytes")
    try:
        order = json.loads(line)
    except ValueError as error:
        raise MisuseError(f"no JSON: {error}") from error
    if not isinstance(order, dict):
        raise MisuseError('an order is an object, as in {"do": "state"}')
    return order
