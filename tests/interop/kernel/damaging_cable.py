"""A cable between two nodes on this machine that can change a byte on its way."""

import threading
from typing import Final

from runtime.demo.cable import LOOPBACK, Cable
from runtime.node_config import Address
from tests.interop.kernel.kernel_side import KernelSide
from tests.interop.kernel.our_side import OurSide
from tests.interop.kernel.pair import Pair

DATA_SIZE_BYTES_MIN: Final = 1000
"""What is larger holds data: all other packets of an idle connection are small."""


class DamagingCable(Cable):
    """Both nodes of a pair reach each other by way of this one."""

    def __init__(self, pair: Pair) -> None:
        super().__init__()
        self._damages = threading.Event()
        self.is_damaged = threading.Event()
        """Whether a byte was changed."""
        for sender in pair.sides:
            assert isinstance(sender, KernelSide | OurSide)
            sender.peer_port = self.end(Address(LOOPBACK, sender.peer_port)).port

    def damage(self) -> None:
        """Change a byte of the next data that somebody sends."""
        self._damages.set()

    def passed(self, piece: memoryview) -> memoryview:
        """The same, or damaged."""
        if len(piece) >= DATA_SIZE_BYTES_MIN and self._damages.is_set():
            self._damages.clear()
            middle = len(piece) // 2  # neither a header in front of the data nor a packet behind
            piece[middle] ^= 0x10
            self.is_damaged.set()
        return piece
