"""The volumes of nodes for clients that speak NBD: their sockets, joined to the nodes' requests.

    async with Node(config) as node, NbdServer([node], NbdConfig(unix=Path("alice.nbd"))):

What one wake-up of the event loop brings goes to the node as one batch, and whatever is finished
in one turn goes out with one call for each client.
"""

import asyncio
import ssl
import time
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Final, Self, cast

from generated.layouts.nbd_requests import NbdAllocation, NbdCommandFlags, NbdOutOfSync
from generated.states.nbd_states import NbdState
from generated.states.node_states import NodeState
from runtime.effects import Level, RequestFinished
from runtime.io.listening import listener_on, listener_on_path, remove
from runtime.io.tls import HANDSHAKE_S_MAX, context_of_nbd
from runtime.metadata.bitmap import BLOCK_SECTORS
from runtime.nbd.commands import Command, Part
from runtime.nbd.exports import ALLOCATION, Export
from runtime.nbd.extents import EXTENTS_MAX, extents
from runtime.nbd.phases import Deed, Stepped
from runtime.nbd.replies import Extent
from runtime.nbd.session import Load, Session
from runtime.node import Node
from runtime.node_config import NbdConfig
from runtime.requests import SECTOR_SIZE_BYTES
from runtime.trace import ArrowsTaken

CLIENT_COUNT_MAX: Final = 256  # each may hold some 20 MiB
OPTIONS_S_MAX: Final = 30.0  # people type options too; a stranger keeps a connection so long
END_S_MAX: Final = 5.0  # what is under way ends by then, or the peer or a disk hangs; as long
# again for those who do not take their answers
HELD_SIZE_BYTES_MAX: Final = 4 << 20  # a client that reads no replies gets no more of them
BIT_SIZE_BYTES: Final = BLOCK_SECTORS * SECTOR_SIZE_BYTES


class _Client(asyncio.BufferedProtocol):
    """One connection."""

    def __init__(self, server: "NbdServer", *, needs_tls: bool) -> None:
        self._server = server
        self._needs_tls = needs_tls
        self._transport: asyncio.Transport
        self._is_congested = False
        self._is_paused = False
        self._is_gone = False
        self._clock: asyncio.TimerHandle
        self.session: Session

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(HELD_SIZE_BYTES_MAX)
        if not self._server.add(self):
            self._is_gone = True
            self._transport.abort()
            return
        self._clock = self._server.loop.call_later(OPTIONS_S_MAX, self._look_at_clock)
        self.session = Session(
            self._server.exports,
            needs_tls=self._needs_tls,
            load=self._server.load,
            stepped=self._server.trace,
        )
        self.go_on()

    def _look_at_clock(self) -> None:
        if self.session.state in (NbdState.Greeted, NbdState.Options, NbdState.StartingTls):
            self.abort()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        return self.session.space()

    def buffer_updated(self, nbytes: int) -> None:
        self.session.received(nbytes)
        self.go_on()

    def pause_writing(self) -> None:
        self._is_congested = True
        self.go_on()

    def resume_writing(self) -> None:
        self._is_congested = False
        self.go_on()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if self._is_gone:
            return
        self._is_gone = True
        self._clock.cancel()
        self.session.lost()
        self._do_deeds()
        self._server.forget(self)

    def give_up(self) -> None:
        """Answer at once what is still under way, and let the client go."""
        if self.session.state is NbdState.Leaving:
            self.session.give_up()
            self.go_on()

    def abort(self) -> None:
        """Close it at once."""
        self._transport.abort()

    def finished(self, finished: RequestFinished) -> None:
        """A request is done."""
        part = finished.request
        assert isinstance(part, Part)
        self.session.finished(part, finished.error, finished.content)
        self._server.settle_soon(self)

    def go_on(self) -> None:
        """Take what has come, answer what is done."""
        session = self.session
        if not self._is_congested:
            parts = session.take()
            if parts:
                self._server.node_of(session.export).ask(parts, self.finished)
        if session.asked_status:
            self._server.tell_status(self)
        if session.out:
            out = session.out.copy()
            session.out.clear()  # before it is sent: that may call `pause_writing`
            if not self._is_gone:
                self._transport.writelines(out)
        self._do_deeds()
        is_paused = self._is_congested or session.is_full
        if is_paused is not self._is_paused and not self._is_gone:
            self._is_paused = is_paused
            if self._transport.is_closing():
                return
            if is_paused:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    def _do_deeds(self) -> None:
        session, server = self.session, self._server
        for deed in session.take_deeds():
            match deed:
                case Deed.HOLD:
                    server.node_of(session.export).hold_open(session.export.volume)
                case Deed.RELEASE:
                    server.node_of(session.export).let_go(session.export.volume)
                case Deed.BEGIN_TLS:
                    self._transport.pause_reading()
                    server.start(self._begin_tls())
                case Deed.HANG_UP:
                    if session.reason:
                        text = f"an nbd client was dropped: {session.reason}"
                        server.say(text, level=Level.WARNING)
                    self._transport.close()

    async def _begin_tls(self) -> None:
        context = self._server.context
        assert context is not None
        try:
            transport = await self._server.loop.start_tls(
                self._transport,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_S_MAX,
            )
        except (OSError, ssl.SSLError):
            self.abort()
            self.connection_lost(None)  # it was TLS that was told
            return
        if transport is None or self.session.state is not NbdState.StartingTls:
            self.abort()
            return
        self._transport = transport
        self._transport.set_write_buffer_limits(HELD_SIZE_BYTES_MAX)
        self.session.tls_began()
        self.go_on()


class NbdServer:
    """The exports of some nodes. ConfigError when there is no listening as the settings say."""

    def __init__(self, nodes: Sequence[Node], config: NbdConfig) -> None:
        self._nodes = {node.config.resource.name: node for node in nodes}
        self.say = nodes[0].say
        self._trace = nodes[0].trace
        self.load = Load()
        self.context = context_of_nbd(config.tls) if config.tls is not None else None
        self.loop: asyncio.AbstractEventLoop
        self._config = config
        self._clients: set[_Client] = set()
        self._unsettled: list[_Client] = []
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._all_gone = asyncio.Event()
        self._all_gone.set()
        self._is_ending = False

    async def __aenter__(self) -> Self:
        config, self.loop = self._config, asyncio.get_running_loop()
        needs_tls = self.context is not None
        with ExitStack() as undo:
            if config.address is not None:
                made = undo.enter_context(listener_on(config.address))
                self._servers.append(
                    await self.loop.create_server(
                        lambda: _Client(self, needs_tls=needs_tls), sock=made
                    )
                )
            if config.unix is not None:
                made = undo.enter_context(listener_on_path(config.unix))
                self._servers.append(
                    await self.loop.create_unix_server(
                        lambda: _Client(self, needs_tls=False), sock=made
                    )
                )
            undo.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let no one in, answer what is under way, and let all go."""
        if self._is_ending:
            return
        self._is_ending = True
        for server in self._servers:
            server.close()
        if self._config.unix is not None:
            remove(self._config.unix)
        for client in tuple(self._clients):
            client.session.end()
            client.go_on()
        for stop in (_Client.give_up, _Client.abort):
            try:
                async with asyncio.timeout(END_S_MAX):
                    await self._all_gone.wait()
            except TimeoutError:
                for client in tuple(self._clients):
                    stop(client)
        await self._all_gone.wait()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # What clients ask for

    def exports(self) -> list[Export]:
        """All volumes, as they are now."""
        return [
            self._export(node, volume)
            for node in self._nodes.values()
            for volume in node.config.resource.volumes
        ]

    def node_of(self, export: Export) -> Node:
        """Whose volume it is."""
        return self._nodes[export.resource]

    def _export(self, node: Node, volume: int) -> Export:
        name, size_sectors = node.config.resource.name, node.size_sectors(volume)
        refusal = ""
        if node.state(volume).role is not NodeState.Primary:
            refusal = f"{name}/{volume} is Secondary on {node.config.name}, only a Primary serves"
        elif not size_sectors:
            refusal = f"nobody knows how large {name}/{volume} is"
        return Export(
            name,
            volume,
            size_sectors * SECTOR_SIZE_BYTES,
            node.block_size_sectors(volume) * SECTOR_SIZE_BYTES,
            is_read_only=self._config.read_only,
            refusal=refusal,
            is_zeroing_fast=lambda: node.is_zeroing_fast(volume),
        )

    def tell_status(self, client: _Client) -> None:
        """Find out what a client wants to know of blocks."""
        session = client.session
        asked, session.asked_status = session.asked_status, []
        for command in asked:
            self.start(self._tell_status(client, command))

    async def _tell_status(self, client: _Client, command: Command) -> None:
        session = client.session
        count_max = 1 if command.flags & NbdCommandFlags.REQ_ONE else EXTENTS_MAX
        found = [
            (context, await self._status(session.export, context, command, count_max))
            for context in session.contexts
        ]
        session.status_found(command, found)
        client.go_on()

    async def _status(
        self, export: Export, context: str, command: Command, count_max: int
    ) -> list[Extent]:
        node, volume = self.node_of(export), export.volume
        whole = command.offset, command.offset + command.length
        if context == ALLOCATION:
            hole = NbdAllocation.HOLE | NbdAllocation.ZERO
            runs = await node.allocated(
                volume, offset_bytes=whole[0], end_bytes=whole[1], run_count_max=count_max
            )
            return extents(runs, whole, inside=0, outside=hole, count_max=count_max)
        bits = node.runs_out_of_sync(volume, from_bit=whole[0] // BIT_SIZE_BYTES)
        differing = ((it * BIT_SIZE_BYTES, (it + n) * BIT_SIZE_BYTES) for it, n in bits)
        mark = NbdOutOfSync.OUT_OF_SYNC
        return extents(differing, whole, inside=mark, outside=0, count_max=count_max)

    # Clients

    def add(self, client: _Client) -> bool:
        """Somebody has connected; say whether there is room."""
        if self._is_ending or len(self._clients) >= CLIENT_COUNT_MAX:
            return False
        self._clients.add(client)
        self._all_gone.clear()
        return True

    def forget(self, client: _Client) -> None:
        """A connection has ended."""
        self._clients.discard(client)
        if not self._clients:
            self._all_gone.set()

    def settle_soon(self, client: _Client) -> None:
        """Let a client go on when all that is finished in this turn is."""
        if not self._unsettled:
            self.loop.call_soon(self._settle)
        self._unsettled.append(client)

    def _settle(self) -> None:
        unsettled, self._unsettled = self._unsettled, []
        for client in dict.fromkeys(unsettled):
            client.go_on()

    def start(self, coroutine: Any) -> None:
        """Let something go on beside."""
        task = self.loop.create_task(coroutine)
        self._tasks.add(task)  # the loop itself holds tasks weakly
        task.add_done_callback(self._tasks.discard)

    def trace(self, stepped: Stepped) -> None:
        """An arrow of a client's machine was taken."""
        self._trace.tell(time.monotonic(), ArrowsTaken((("nbd_states", *stepped),)))
