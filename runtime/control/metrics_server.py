"""Serves one page by HTTP to those who ask for it again and again, as Prometheus does.

One answer to a connection, which has a few seconds and a few kilobytes to ask for it: who is slow,
or talks nonsense, is let go, and hurts nobody else.
"""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

HEAD_SIZE_BYTES_MAX: Final = 1 << 14  # a request of Prometheus has some 300 bytes
HEAD_END: Final = b"\r\n\r\n"
PLAIN: Final = "text/plain; charset=utf-8"
PATH: Final = "/metrics"
METHODS: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsLimits:
    """How much one client may take."""

    client_count: int = 16
    """A few servers of Prometheus, and people with a browser."""
    whole_s: float = 10.0
    """From the connection to the last byte; Prometheus gives up after ten seconds too."""


DEFAULTS: Final = MetricsLimits()


class MetricsServer:
    """Answers with what `content` says at that time."""

    def __init__(
        self,
        content: Callable[[], str],
        content_type: str,
        listening: socket.socket,
        limits: MetricsLimits = DEFAULTS,
    ) -> None:
        self._content = content
        self._content_type = content_type
        self._listening = listening
        self._limits = limits
        self._clients: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def client_count(self) -> int:
        """How many are there now."""
        return len(self._clients)

    async def start(self) -> None:
        """Take clients from now on."""
        self._server = await asyncio.start_server(
            self._serve, sock=self._listening, limit=HEAD_SIZE_BYTES_MAX
        )

    async def stop(self) -> None:
        """Let everybody go."""
        if self._server is not None:
            self._server.close()
        self._listening.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            async with asyncio.timeout(self._limits.whole_s):
                writer.write(await self._answer(reader))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (OSError, TimeoutError, asyncio.CancelledError):
            writer.transport.abort()  # it has gone, or takes too long, or the node ends
        finally:
            self._clients.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        if len(self._clients) > self._limits.client_count:
            return _answered(HTTPStatus.SERVICE_UNAVAILABLE, "too many clients\n")
        try:
            head = await reader.readuntil(HEAD_END)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return _answered(HTTPStatus.BAD_REQUEST, "this is no request\n")
        method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        target, _, version = rest.partition(" ")
        if not version.startswith("HTTP/1."):
            return _answered(HTTPStatus.BAD_REQUEST, "this is no request of HTTP/1\n")
        if method not in METHODS:
            return _answered(HTTPStatus.METHOD_NOT_ALLOWED, "only GET and HEAD\n")
        if target.partition("?")[0] != PATH:
            return _answered(HTTPStatus.NOT_FOUND, f"all there is is {PATH}\n")
        answer = _answered(HTTPStatus.OK, self._content(), self._content_type)
        return answer if method == "GET" else answer.partition(HEAD_END)[0] + HEAD_END


def _answered(status: HTTPStatus, text: str, content_type: str = PLAIN) -> bytes:
    body = text.encode()
    allowed = "Allow: GET, HEAD\r\n" if status is HTTPStatus.METHOD_NOT_ALLOWED else ""
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Content-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"{allowed}Connection: close\r\n\r\n"
    )
    return head.encode() + body
