"""A cable between two nodes of this machine that can be unplugged: a relay of TCP connections.

Unplugged it behaves as a real one: what was on its way stays there, nothing comes through, and
nobody is told. The connections of that time end when it is plugged in again.
"""

import socket
import threading
from collections.abc import Callable
from typing import Final

from runtime.node_config import Address

PIECE_SIZE_BYTES: Final = 1 << 18  # a call carries so much; a resync's block and a few more
LOOPBACK: Final = "127.0.0.1"
JOIN_S_MAX: Final = 5.0


class Cable:
    """Carries bytes both ways between what connects to one of its ends and what lies behind."""

    def __init__(self) -> None:
        self._carried_bytes = 0
        self._lock = threading.Lock()
        self._is_plugged = threading.Event()
        self._is_plugged.set()
        self._ends: list[socket.socket] = []
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    @property
    def carried_bytes(self) -> int:
        """How much it has carried, both ways."""
        return self._carried_bytes

    def end(self, leads_to: Address) -> Address:
        """Make an end; what connects to it reaches that address."""
        listener = socket.create_server((LOOPBACK, 0))
        self._ends.append(listener)
        self._start(self._accept, listener, leads_to)
        return Address(LOOPBACK, listener.getsockname()[1])

    def unplug(self) -> None:
        """Let nothing through from now on, without a word to anybody."""
        self._is_plugged.clear()

    def plug_in(self) -> None:
        """Let new connections through; the old ones end."""
        self._hang_up()
        self._is_plugged.set()

    def passed(self, piece: memoryview) -> memoryview:
        """What comes out of a piece that goes in; the same, in a good cable."""
        return piece

    def close(self) -> None:
        """End everything."""
        for listener in self._ends:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.plug_in()
        for thread in self._threads:
            thread.join(JOIN_S_MAX)

    def _hang_up(self) -> None:
        with self._lock:
            for link in self._sockets:
                _end(link)
            self._sockets.clear()

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket, leads_to: Address) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return  # the end is closed
            if not self._is_plugged.is_set():
                near.close()
                continue
            try:
                far = socket.create_connection((leads_to.host, leads_to.port))
            except OSError:
                near.close()  # nobody listens behind the cable
                continue
            self._join(near, far)

    def _join(self, near: socket.socket, far: socket.socket) -> None:
        for link in (near, far):
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._sockets |= {near, far}
        open_ways = threading.Semaphore(1)  # the second way that ends closes both sockets
        self._start(self._carry, near, far, open_ways)
        self._start(self._carry, far, near, open_ways)

    def _carry(
        self, source: socket.socket, sink: socket.socket, open_ways: threading.Semaphore
    ) -> None:
        piece = memoryview(bytearray(PIECE_SIZE_BYTES))
        try:
            while size := source.recv_into(piece):
                self._is_plugged.wait()
                with self._lock:
                    self._carried_bytes += size
                sink.sendall(self.passed(piece[:size]))
            self._is_plugged.wait()
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            _end(source)  # a reset goes both ways
            _end(sink)
        if not open_ways.acquire(blocking=False):
            with self._lock:
                self._sockets -= {source, sink}
            source.close()
            sink.close()


def _end(link: socket.socket) -> None:
    try:
        link.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended before
