"""The sockets of the link: listening, connecting, and each connection as a channel (wire 1)."""

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, cast

from runtime.config import NetOptions
from runtime.effects import Close, Listen, StopListening, TryConnect
from runtime.events import (
    BytesArrived,
    ConnectFailed,
    Event,
    ListenFailed,
    SendResumed,
    SocketAccepted,
    SocketConnected,
    SocketLost,
    TlsRefused,
)
from runtime.io.tls import HANDSHAKE_S_MAX, TlsSides, reason
from runtime.node_config import Address, Tls
from runtime.wire.channel import Channel

BACKLOG: Final = 5  # wire 1.2
LINGER_S: Final = 1.0
"""A peer takes what was sent, and closes too, in a few milliseconds; not so one that is gone."""
BEHIND_S: Final = 0.25  # ... and the other socket a few milliseconds after the first
SCRATCH_SIZE_BYTES: Final = 1 << 16
HELD_SIZE_BYTES_MAX: Final = 4 << 20  # as much as the system's own buffer holds (tcp_wmem)
HELD_SIZE_BYTES_LOW: Final = 1 << 20  # sending goes on before the socket runs dry
NOT_YET: Final = frozenset(
    {
        errno.ETIMEDOUT,
        errno.EAGAIN,
        errno.EINPROGRESS,
        errno.EINTR,
        errno.ECONNREFUSED,
        errno.ENETUNREACH,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        # What a kernel does not run out of, and a process does for a while:
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOBUFS,
        errno.ENOMEM,
    }
)
"""States 7.9: errors after which another attempt makes sense."""


class _Link(asyncio.BufferedProtocol):
    """One connection between the event loop and its channel."""

    def __init__(self, links: "Links", *, is_outgoing: bool) -> None:
        self.channel = Channel(is_outgoing=is_outgoing)
        self.transport: asyncio.Transport
        self.is_paused = False
        self.closing: asyncio.TimerHandle | None = None
        self.followers: list[_Link] = []
        """What is closed when this one has ended."""
        self._scratch = memoryview(b"")
        self._links = links

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        tls = self._links.tls
        if tls is not None and not self.channel.is_outgoing and (why := tls.stranger(transport)):
            self._links.post(TlsRefused(f"a connection to the own address is no peer's: {why}"))
            self.transport.abort()
            return
        self.transport.set_write_buffer_limits(HELD_SIZE_BYTES_MAX, HELD_SIZE_BYTES_LOW)
        self._links.add(self)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        return self._scratch if self.closing is not None else self.channel.space()

    def buffer_updated(self, nbytes: int) -> None:
        if self.closing is None:
            self.channel.received(nbytes)
            self._links.post(BytesArrived(self.channel))

    def linger(self, loop: asyncio.AbstractEventLoop, *, says_so: bool) -> None:
        """Stay open for what the peer still sends, which would reset it if nobody took it.

        It would lose then what it has not read yet, and with that the reason for the end.
        """
        self._scratch = memoryview(bytearray(SCRATCH_SIZE_BYTES))
        self.closing = loop.call_later(LINGER_S, self.transport.abort)
        if self.transport.is_closing():
            return
        if self.is_paused:
            self.transport.resume_reading()
        if says_so and self.transport.can_write_eof():
            self.transport.write_eof()
        elif says_so:  # TLS says itself that it ends, behind all that is queued
            self.transport.close()

    def eof_received(self) -> None:
        self._links.lose(self, "the peer closed the connection")

    def connection_lost(self, exc: Exception | None) -> None:
        if self.closing is not None:
            self.closing.cancel()
        for follower in self.followers:  # it ends by itself as soon as the peer closes it
            self._links.close_later(follower)
        ended = "the connection is closed"
        if exc is not None:
            ended = _sentence(exc)
            self._links.note_alert(exc)
        self._links.lose(self, ended)
        self._links.forget(self)

    def pause_writing(self) -> None:
        self.channel.is_congested = True

    def resume_writing(self) -> None:
        self.channel.is_congested = False
        if self.closing is None:
            self._links.post(SendResumed(self.channel))


class Links:
    """All sockets of a node. What happens to them is posted as events."""

    def __init__(
        self,
        net: NetOptions,
        post: Callable[[Event], None],
        *,
        address: Address,
        peer: Address,
        tls: Tls | None = None,
    ) -> None:
        self.post = post
        self._net = net
        self._address = address
        self._peer = peer
        self.tls = TlsSides(tls) if tls is not None else None
        self._loop = asyncio.get_running_loop()
        self._links: dict[Channel, _Link] = {}
        """Those of which the engine knows that they are open."""
        self._open: set[_Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: socket.socket | None = None
        self._is_aborted = False
        self._all_closed = asyncio.Event()
        self._all_closed.set()

    # Listening

    def listen(self, _: Listen) -> None:
        """Accept on the own address."""
        if self._listener is not None:
            return
        try:
            listener = self._socket((self._address.host, self._address.port))
            listener.listen(BACKLOG)
        except OSError as error:
            self._say_listen_failed(error)
            return
        self._listener = listener
        self._loop.add_reader(listener, self._accept)

    def _say_listen_failed(self, error: OSError) -> None:
        reason = f"listening on {self._address}: {error.strerror}"
        self.post(ListenFailed(reason, error.errno in NOT_YET))

    def _accept(self) -> None:
        if self._listener is None:
            return
        try:
            accepted, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:  # no descriptor is left: the socket would stay readable
            self.stop_listening(StopListening())
            self._say_listen_failed(error)
            return
        accepted.settimeout(0)
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._start(self._take_over(accepted))

    async def _take_over(self, accepted: socket.socket) -> None:
        options: dict[str, Any] = {}
        if self.tls is not None:
            options = {"ssl": self.tls.of_accepting, "ssl_handshake_timeout": HANDSHAKE_S_MAX}
        with _closed_unless_kept(accepted) as keep:
            try:
                await self._loop.connect_accepted_socket(
                    lambda: _Link(self, is_outgoing=False), accepted, **options
                )
            except OSError as error:  # the peer may have gone
                self._say_refused("a connection to the own address", error)
            else:
                keep()

    def _say_refused(self, what: str, error: Exception) -> None:
        """With TLS there is something that an administrator can do about it."""
        if self.tls is not None:
            self.post(TlsRefused(f"{what} is no peer's: {reason(error)}"))

    def stop_listening(self, _: StopListening) -> None:
        """Accept no more."""
        if self._listener is not None:
            self._loop.remove_reader(self._listener)
            self._listener.close()
            self._listener = None

    # Connecting

    def try_connect(self, effect: TryConnect) -> None:
        """Open a connection to the peer."""
        self._start(self._connect(effect.timeout_s))

    async def _connect(self, timeout_s: float) -> None:
        try:
            outgoing = self._socket((self._address.host, 0))
        except OSError as error:
            reason = f"a socket of {self._address.host}: {error.strerror}"
            self.post(ConnectFailed(reason, error.errno not in NOT_YET))
            return
        with _closed_unless_kept(outgoing) as keep:
            if await self._reaches_peer(outgoing, timeout_s) and await self._use(outgoing):
                keep()

    async def _use(self, outgoing: socket.socket) -> bool:
        """Make a link of a connection; say whether it has come to one."""
        options: dict[str, Any] = {}
        if self.tls is not None:
            options = {
                "ssl": self.tls.of_connecting,
                "server_hostname": self.tls.peer_name,
                "ssl_handshake_timeout": HANDSHAKE_S_MAX,
            }
        try:
            await self._loop.create_connection(
                lambda: _Link(self, is_outgoing=True), sock=outgoing, **options
            )
        except OSError as error:
            self._say_refused(f"what answers at {self._peer}", error)
            self._say_connect_failed(_sentence(error))
            return False
        return True

    async def _reaches_peer(self, outgoing: socket.socket, timeout_s: float) -> bool:
        try:
            async with asyncio.timeout(timeout_s):
                await self._loop.sock_connect(outgoing, (self._peer.host, self._peer.port))
            is_itself = outgoing.getsockname() == outgoing.getpeername()
        except TimeoutError:
            self._say_connect_failed(f"no answer within {timeout_s:g} s")
            return False
        except OSError as error:
            self._say_connect_failed(_sentence(error))
            return False
        if is_itself:  # TCP can do that where nobody listens, by a port that happens to fit
            self._say_connect_failed("it was this node that answered")
        return not is_itself

    def _say_connect_failed(self, reason: str) -> None:
        self.post(ConnectFailed(f"connecting to {self._peer}: {reason}"))

    def _socket(self, bound_to: tuple[str, int]) -> socket.socket:
        """A socket with the options of wire 1.6; sizes of buffers count only if set this early."""
        options = [
            (socket.SOL_SOCKET, socket.SO_REUSEADDR, 1),
            (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        ]
        if self._net.sndbuf_size:
            options.append((socket.SOL_SOCKET, socket.SO_SNDBUF, self._net.sndbuf_size))
        if self._net.rcvbuf_size:
            options.append((socket.SOL_SOCKET, socket.SO_RCVBUF, self._net.rcvbuf_size))
        family = socket.AF_INET6 if self._address.is_ipv6 else socket.AF_INET
        made = socket.socket(family, socket.SOCK_STREAM)
        with _closed_unless_kept(made) as keep:
            made.settimeout(0)
            for option in options:
                made.setsockopt(*option)
            made.bind(bound_to)
            keep()
        return made

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)  # the loop itself holds tasks weakly
        task.add_done_callback(self._tasks.discard)

    # Connections

    def add(self, link: _Link) -> None:
        """A connection is there."""
        self._open.add(link)
        self._all_closed.clear()
        if self._is_aborted:
            link.transport.abort()
            return
        self._links[link.channel] = link
        kind = SocketConnected if link.channel.is_outgoing else SocketAccepted
        self.post(kind(link.channel))

    def lose(self, link: _Link, reason: str) -> None:
        """A connection has ended; the engine is told once, unless it closed it itself."""
        if self._links.pop(link.channel, None) is not None:
            self.post(SocketLost(link.channel, reason))

    def note_alert(self, error: Exception) -> None:
        """With TLS 1.3 a node that connects hears only later that its certificate is refused."""
        if isinstance(error, ssl.SSLError):
            self._say_refused(f"what answers at {self._peer}", error)

    def forget(self, link: _Link) -> None:
        """The system has taken a connection back."""
        self._open.discard(link)
        if not self._open:
            self._all_closed.set()

    def close(self, effect: Close) -> None:
        """Close a connection; what is queued goes out first, if the peer takes it soon."""
        link = self._links.pop(effect.channel, None)
        if link is None:
            return
        _send(link)
        first = next((it for it in self._open if it.channel is effect.behind), None)
        link.linger(self._loop, says_so=first is None)
        if first is not None:
            first.followers.append(link)

    def close_later(self, link: _Link) -> None:
        """Close what was behind a connection that has ended."""
        self._loop.call_later(BEHIND_S, link.transport.close)

    def settle(self) -> None:
        """Send what channels have, and read from those that are not paused."""
        for link in self._links.values():
            if link.channel.out_size_bytes:
                _send(link)
            if link.channel.is_paused is not link.is_paused:
                _pause_or_resume(link)
            link.channel.held_size_bytes = link.transport.get_write_buffer_size()

    def abort(self) -> None:
        """Close everything at once, and tell nobody."""
        self._is_aborted = True
        self.stop_listening(StopListening())
        self._links.clear()
        for task in self._tasks:
            task.cancel()
        for link in self._open:
            link.transport.abort()

    async def closed(self) -> None:
        """Wait until the system has taken all connections back."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._all_closed.wait()


@contextmanager
def _closed_unless_kept(made: socket.socket) -> Iterator[Callable[[], None]]:
    """A socket that is closed at the end, unless somebody takes it by a call."""
    is_kept = False

    def keep() -> None:
        nonlocal is_kept
        is_kept = True

    try:
        yield keep
    finally:
        if not is_kept:
            made.close()


def _sentence(error: Exception) -> str:
    """What the system says; the event loops have words of their own for some errors."""
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return str(error)


def _send(link: _Link) -> None:
    chunks = link.channel.take()
    if chunks and not link.transport.is_closing():
        link.transport.writelines(chunks)


def _pause_or_resume(link: _Link) -> None:
    link.is_paused = link.channel.is_paused
    if link.transport.is_closing():
        return
    if link.is_paused:
        link.transport.pause_reading()
    else:
        link.transport.resume_reading()
