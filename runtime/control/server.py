"""The control socket: JSON lines of many clients, of whom none can hurt another one.

{"do": "primary", "resource": "r0", "volume": 0, "force": true}
{"ok": true}
"""

import asyncio
import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from runtime.control.codes import CONFIGURATION, INVALID_REQUEST
from runtime.control.orders import Desk
from runtime.errors import MisuseError
from runtime.io.listening import NoSocketError, SocketInUseError, made_on_path

LINE_SIZE_BYTES_MAX: Final = 1 << 16  # an order has a dozen short words


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one client may take of a node."""

    client_count: int = 64
    """Commands last moments: whoever has so many open waits for nothing good."""
    idle_s: float = 60.0
    """Between two orders; a program that asks once a minute may stay."""
    send_s: float = 10.0
    """A client that does not read what it has asked for is let go."""
    last_order_s: float = 30.0
    """A client that says no more may have gone, or may wait for its answer."""


DEFAULTS: Final = Limits()


def listening_socket(path: Path) -> socket.socket:
    """Listen at a path that nobody else listens at; MisuseError if somebody does."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return made_on_path(path)
    except NoSocketError as error:
        raise MisuseError(
            f"{path} is there and no socket; remove it or name another place"
        ) from error
    except SocketInUseError as error:
        raise MisuseError(
            f"{path}: a node listens there already; end it or name another place"
        ) from error
    except OSError as error:
        raise MisuseError(f"{path}: no control socket can be made: {error}") from error


class ControlServer:
    """Serves the clients of a socket until it is told to stop."""

    def __init__(self, desk: Desk, listening: socket.socket, limits: Limits = DEFAULTS) -> None:
        self.desk = desk
        self.limits = limits
        self.orders: set[asyncio.Future[None]] = set()
        """Those that are being carried out."""
        self._listening = listening
        self.path = Path(listening.getsockname()).absolute()
        self._status = self.path.stat()
        self._clients: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def client_count(self) -> int:
        """How many are there now."""
        return len(self._clients)

    async def start(self) -> None:
        """Take clients from now on."""
        self._server = await asyncio.start_unix_server(
            self._serve, sock=self._listening, limit=LINE_SIZE_BYTES_MAX
        )

    def close(self) -> None:
        """Take no more clients, and no more orders of those that are there."""
        self.desk.is_closed = True
        if self._server is not None:
            self._server.close()
        self._listening.close()
        if self.path.exists() and os.path.samestat(self.path.stat(), self._status):
            self.path.unlink()

    async def stop(self) -> None:
        """The nodes have ended, and all orders with them: tell that, and let the clients go."""
        self.close()
        if self.orders:
            await asyncio.wait(self.orders, timeout=self.limits.send_s)
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        talk = _Talk(self, reader, writer)
        try:
            if len(self._clients) > self.limits.client_count:
                await talk.send(_failed("too many clients; try again when some have gone"))
            else:
                await talk.run()
        except (OSError, TimeoutError, asyncio.CancelledError):
            writer.transport.abort()  # it has gone, or does not read, or the node has ended
        finally:
            self._clients.discard(task)
            writer.close()


class _Talk:
    """What one client says, order by order."""

    def __init__(
        self, server: ControlServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._limits = server.limits
        self._reader = reader
        self._writer = writer

    async def run(self) -> None:
        """Answer until the client has no more to say."""
        async with asyncio.timeout(self._limits.idle_s):
            line = await self._line()
        while line is not None:
            order = asyncio.ensure_future(self._answer(line))
            self._server.orders.add(order)
            order.add_done_callback(self._server.orders.discard)
            line = await self._listen_beside(order)

    async def _line(self) -> bytes | None:
        """The next line; None at the end, also of one that is too long to be an order."""
        try:
            return await self._reader.readline() or None
        except ValueError:
            await self.send(_failed(f"a line has more than {LINE_SIZE_BYTES_MAX} bytes"))
            return None

    async def _listen_beside(self, order: asyncio.Future[None]) -> bytes | None:
        """The next order, when one is answered; who says no more waits only so long for that."""
        following = asyncio.ensure_future(self._line())
        try:
            await asyncio.wait((order, following), return_when=asyncio.FIRST_COMPLETED)
            if following.done() and following.result() is None:
                await asyncio.wait((order,), timeout=self._limits.last_order_s)
                if not order.done():
                    return None
            await order
            async with asyncio.timeout(self._limits.idle_s):
                return await following
        finally:
            order.cancel()
            following.cancel()
            await asyncio.gather(order, following, return_exceptions=True)

    async def _answer(self, line: bytes) -> None:
        if not line.strip():
            return
        try:
            order = json.loads(line)
        except (ValueError, RecursionError) as error:
            await self.send(_failed(f"no JSON: {error}"))
            return
        if not isinstance(order, dict):
            await self.send(_failed('an order is an object, as in {"do": "view"}'))
            return
        answers = self._server.desk.answers(order)
        try:
            async for answer in answers:
                await self.send(answer)
        finally:
            await answers.aclose()

    async def send(self, answer: dict[str, Any]) -> None:
        """Give the client a line, if it reads it soon enough."""
        self._writer.write(json.dumps(answer).encode() + b"\n")
        async with asyncio.timeout(self._limits.send_s):
            await self._writer.drain()


def _failed(text: str) -> dict[str, Any]:
    return {
        "ok": False,
        "code": INVALID_REQUEST,
        "error": CONFIGURATION[INVALID_REQUEST],
        "info": text,
    }
