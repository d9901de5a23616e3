"""Nodes as a service: they connect by themselves, stay up, and are ordered by a control socket.

A signal ends them in order: what is in flight is finished, or fails as it does without a peer. What
can't be ended in order is left as after a crash, so that nothing counts as clean that is not.
"""

import asyncio
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from runtime.control.orders import Desk
from runtime.control.server import ControlServer, listening_socket
from runtime.errors import ConfigError, MisuseError
from runtime.events import ConnectRequested
from runtime.io.event_loop import run
from runtime.log_lines import LogLine
from runtime.nbd.serving import exported
from runtime.neighbours import Neighbours
from runtime.node import Node
from runtime.node_config import NbdConfig, NodeConfig
from runtime.observing import Observing
from runtime.systemd import Supervisor

Say = Callable[[LogLine], None]


def run_nodes(
    configs: Sequence[NodeConfig],
    control_path: Path,
    *,
    nbd: NbdConfig | None = None,
    observing: Observing,
) -> None:
    """Run these nodes until a signal comes; `nbd` says where clients find all their volumes."""
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # nothing to write down yet; it ends nobody
    _check_apart(configs)
    listening = listening_socket(control_path)
    run(_Service(configs, listening, observing.log, nbd).serve(observing))


def _check_apart(configs: Sequence[NodeConfig]) -> None:
    """What two nodes of a process can't share: a name, an address, a disk."""
    seen: dict[object, str] = {}
    for config in configs:
        name = config.resource.name
        disks = [need for it in config.disks.values() for need in it.needs]
        for what in (f"the resource {name}", f"the address {config.address}", *disks):
            if what in seen:
                raise ConfigError(f"{what} is used twice, by {seen[what]} and by {name}")
            seen[what] = name


class _Service:
    """Some nodes, from their begin to their end."""

    def __init__(
        self,
        configs: Sequence[NodeConfig],
        listening: socket.socket,
        say: Say,
        nbd: NbdConfig | None,
    ) -> None:
        counts = [it.resync_count_max for it in configs if it.resync_count_max]
        neighbours = Neighbours(resync_count_max=min(counts, default=0))
        self._nodes = [
            Node(config, told=say, failed=self._fail, neighbours=neighbours) for config in configs
        ]
        self._listening = listening
        self._nbd = nbd
        self._supervisor = Supervisor()
        self._has_failed = False
        self._begun: list[Node] = []
        self._end: asyncio.Event

    async def serve(self, observing: Observing) -> None:
        """Run until the end."""
        self._end = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end.set)
        server = ControlServer(Desk(self._nodes), self._listening)
        alive = asyncio.ensure_future(self._tell_alive())
        beside = AsyncExitStack()
        try:
            for node in self._nodes:
                await node.__aenter__()
                self._begun.append(node)
            await beside.enter_async_context(exported(self._nodes, self._nbd))
            await server.start()
            await beside.enter_async_context(observing.of(server.desk, server.path))
            for node in self._nodes:
                await node.do(ConnectRequested())
            self._supervisor.tell("READY=1")
            await self._end.wait()
        finally:
            self._supervisor.tell("STOPPING=1")
            await beside.aclose()  # before the nodes, whose volumes clients hold open
            server.close()
            ends = (node.__aexit__(None, None, None) for node in self._begun)
            await asyncio.gather(*ends)
            await server.stop()
            alive.cancel()
        if self._has_failed:
            raise MisuseError("the engine failed; please report what is said above")

    async def _tell_alive(self) -> None:
        """As long as the event loop runs, whoever watches hears of it."""
        while (pause_s := self._supervisor.watchdog_s) is not None:
            self._supervisor.tell("WATCHDOG=1")
            await asyncio.sleep(pause_s)

    def _fail(self) -> None:
        self._has_failed = True
        self._end.set()
