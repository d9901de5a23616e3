"""A cable between two nodes on this machine that can change a byte on its way."""

import socket
import threading
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Final, Self

from tests.interop.kernel.kernel_side import KernelSide
from tests.interop.kernel.our_side import OurSide
from tests.interop.kernel.pair import Pair
from tests.interop.kernel.side import Side

CHUNK_SIZE_BYTES: Final = 1 << 16
DATA_SIZE_BYTES_MIN: Final = 1000
"""What is larger holds data: all other packets of an idle connection are small."""


class DamagingCable:
    """Both nodes of a pair reach each other by way of this one, from when it is entered."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._stack = ExitStack()
        self._damaged_from: Side | None = None
        self.is_damaged = threading.Event()
        """Whether a byte was changed."""

    def __enter__(self) -> Self:
        for sender in self._pair.sides:
            assert isinstance(sender, KernelSide | OurSide)
            listener = self._stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            goal, sender.peer_port = sender.peer_port, listener.getsockname()[1]
            threading.Thread(
                target=self._accept, args=(sender, listener, goal), daemon=True
            ).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def damage(self, sender: Side) -> None:
        """Change a byte of the next data that a node sends."""
        self._damaged_from = sender

    def _accept(self, caller: Side, listener: socket.socket, port: int) -> None:
        one, other = self._pair.sides
        called = other if caller is one else one
        with suppress(OSError):  # the listener is closed
            while True:
                near, _ = listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", port))
                except OSError:
                    near.close()
                    continue
                for source, goal, sender in ((near, far, caller), (far, near, called)):
                    forward = (source, goal, sender)
                    threading.Thread(target=self._forward, args=forward, daemon=True).start()

    def _forward(self, source: socket.socket, goal: socket.socket, sender: Side) -> None:
        with suppress(OSError), source, goal:
            while chunk := source.recv(CHUNK_SIZE_BYTES):
                goal.sendall(self._passed(chunk, sender))

    def _passed(self, chunk: bytes, sender: Side) -> bytes:
        if self._damaged_from is not sender or len(chunk) < DATA_SIZE_BYTES_MIN:
            return chunk
        self._damaged_from = None
        self.is_damaged.set()
        middle = len(chunk) // 2  # neither a header in front of the data nor a packet behind them
        return chunk[:middle] + bytes([chunk[middle] ^ 0x10]) + chunk[middle + 1 :]
