"""The host's end of the line to the guest: shell scripts in, what came of them out.

The file `orders` beside this one is the guest's end, and says what goes over the line.
"""

import socket
import threading
from base64 import b64decode, b64encode
from dataclasses import dataclass
from itertools import count

ORDER_TIMEOUT_S = 60.0  # emulation is slow, and slower still while the machine is busy


class GuestError(Exception):
    """The guest did not do what it was told to."""


@dataclass(frozen=True)
class Outcome:
    """What a script left: its exit status and what it wrote."""

    status: int
    content: bytes
    complaint: str

    @property
    def text(self) -> str:
        """What it printed."""
        return self.content.decode(errors="replace")


class Order:
    """A script that runs in the guest."""

    def __init__(self, number: int, script: str) -> None:
        self.number = number
        self.script = script
        self._ended = threading.Event()
        self._outcome: Outcome | None = None

    @property
    def is_done(self) -> bool:
        """Whether it has ended, or will never."""
        return self._ended.is_set()

    def end(self, outcome: Outcome | None) -> None:
        """It has ended; without an outcome when the guest is gone."""
        self._outcome = outcome
        self._ended.set()

    def outcome(self, timeout_s: float = ORDER_TIMEOUT_S) -> Outcome:
        """Wait for its end."""
        if not self._ended.wait(timeout_s):
            raise GuestError(f"no end after {timeout_s:.0f} s of: {self.script}")
        if self._outcome is None:
            raise GuestError(f"the guest went away during: {self.script}")
        return self._outcome


class Line:
    """Sends scripts, and hands out what comes back."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._orders = {0: Order(0, "boot")}
        self._is_cut = False
        self.booted = self._orders[0]
        threading.Thread(target=self._read, daemon=True).start()

    def start(self, script: str) -> Order:
        """Let a script run in the guest; any number run at the same time."""
        with self._lock:
            order = Order(next(self._numbers), script)
            if self._is_cut:
                order.end(None)
                return order
            self._orders[order.number] = order
            self._wire.sendall(b"%d %s\n" % (order.number, b64encode(script.encode())))
        return order

    def run(self, script: str, timeout_s: float = ORDER_TIMEOUT_S) -> str:
        """What a script prints; a GuestError when it fails."""
        order = self.start(script)
        try:
            outcome = order.outcome(timeout_s)
        except GuestError:
            self.stop(order)
            raise
        if outcome.status:
            said = f"{outcome.text}{outcome.complaint}"
            raise GuestError(f"exit status {outcome.status} of: {script}\n{said}")
        return outcome.text

    def stop(self, order: Order) -> None:
        """Kill a script and all that it started."""
        self.start(f"kill -9 -$(cat /run/orders/{order.number}.pid)")

    def hang_up(self) -> None:
        """Tell the guest that there is nothing more to come, so that it switches itself off."""
        try:
            self._wire.shutdown(socket.SHUT_WR)
        except OSError:  # the other end is gone already
            return

    def close(self) -> None:
        """Let go of the line."""
        self._wire.close()

    def _read(self) -> None:
        with self._wire.makefile("rb") as lines:
            try:
                for line in lines:
                    self._hand_out(line)
            except OSError:  # a reset is an end too
                pass
        with self._lock:
            self._is_cut = True
            for order in self._orders.values():
                order.end(None)

    def _hand_out(self, line: bytes) -> None:
        number, status, content, complaint = line.split()
        with self._lock:
            order = self._orders.pop(int(number))
        outcome = Outcome(
            int(status), b64decode(content[1:]), b64decode(complaint[1:]).decode(errors="replace")
        )
        order.end(outcome)
