"""Runs an engine: its effects are carried out, and what comes of them goes back as events.

One thread runs the engine. What one wake-up of the event loop brings is a batch: the engine gets
it, and whatever follows from it at once, and rests; only then the sockets are sent what they are to
send, each with one call.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from runtime.config import NetOptions
from runtime.effects import (
    Close,
    DiskWork,
    Effect,
    FlushDisk,
    Listen,
    ReadBlocks,
    StopListening,
    TryConnect,
    WriteBlocks,
    ZeroBlocks,
)
from runtime.events import DiskFinished, Event, TimePassed
from runtime.io.disk import AnyDisk
from runtime.io.disk_work import DiskWorks
from runtime.io.sockets import Links
from runtime.node_config import Address, Tls


class Engine(Protocol):
    """What decides: events and the time in, effects out."""

    def handle(self, event: Event, now: float) -> Sequence[Effect]:
        """Take an event; say what is to be done, in this order."""

    @property
    def deadline(self) -> float | None:
        """When TimePassed is wanted."""


class Driver:
    """An engine among sockets, disks and the clock. It lives in the event loop that runs now.

    `told` has for each kind of effect that is not for sockets or disks whom it is told. When the
    engine fails with an exception, which is a bug, everything is closed and `fallen` is called.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        net: NetOptions,
        address: Address,
        peer: Address,
        tls: Tls | None = None,
        told: Mapping[type[Effect], Callable[[Any], None]],
        fallen: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._fallen = fallen
        self._loop = asyncio.get_running_loop()
        self._links = Links(net, self.post, address=address, peer=peer, tls=tls)
        self._disks = DiskWorks(self._post_all)
        self._events: deque[Event] = deque()
        self._is_running = False
        self._is_stopped = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._carry_out: dict[type[Effect], Callable[[Any], None]] = {
            Listen: self._links.listen,
            StopListening: self._links.stop_listening,
            TryConnect: self._links.try_connect,
            Close: self._links.close,
            **dict.fromkeys((ReadBlocks, WriteBlocks, ZeroBlocks, FlushDisk), self._use_disk),
            **told,
        }

    @staticmethod
    def now() -> float:
        """The time in the engine's clock."""
        return time.monotonic()

    # Disks

    def add_disk(
        self, volume: int, disk: AnyDisk, is_watched: Callable[[], bool] = lambda: False
    ) -> None:
        """Use this disk for what the engine asks of a volume; watched if it has a disk-timeout."""
        self._disks.add(volume, disk, is_watched)

    def release_disk(self, volume: int, when_done: Callable[[], None]) -> None:
        """Use it no more; the call comes when nothing is in flight there."""
        self._disks.release(volume, when_done)

    def _use_disk(self, work: DiskWork) -> None:
        finished = self._disks.begin(work)
        if finished is not None:
            self._events.append(finished)

    # Events

    def post(self, event: Event) -> None:
        """Let the engine have an event, now or as soon as it has done what it is doing."""
        self._post_all((event,))

    def _post_all(self, events: Sequence[Event] | Sequence[DiskFinished]) -> None:
        if self._is_stopped:
            return
        self._events.extend(events)
        if not self._is_running:
            self._run()

    def _run(self) -> None:
        self._is_running = True
        try:
            while self._events:
                self._rest()
                self._links.settle()
            self._is_running = False
        finally:
            if self._is_running:
                self.stop()
                self._fallen()
        self._set_timer()

    def _rest(self) -> None:
        events, handle, carry_out = self._events, self._engine.handle, self._carry_out
        while events:
            for effect in handle(events.popleft(), time.monotonic()):
                carry_out[type(effect)](effect)

    # Time

    def _set_timer(self) -> None:
        """Wake up at the deadline; a timer that comes too early does no harm and is left."""
        deadline = self._engine.deadline
        if deadline is None or self._is_stopped:
            return
        if self._timer is not None:
            if self._timer_at <= deadline:
                return
            self._timer.cancel()
        self._timer_at = deadline
        self._timer = self._loop.call_later(max(0.0, deadline - self.now()), self._wake)

    def _wake(self) -> None:
        self._timer = None
        deadline = self._engine.deadline
        if deadline is not None and deadline <= self.now():
            self.post(TimePassed())
        else:
            self._set_timer()

    # The end

    def stop(self) -> None:
        """Close everything at once, as if the process had been killed."""
        self._is_stopped = True
        if self._timer is not None:
            self._timer.cancel()
        self._links.abort()
        self._disks.stop()

    async def closed(self) -> None:
        """Wait until the system has taken everything back, after `stop` or a disconnect."""
        await self._links.closed()
