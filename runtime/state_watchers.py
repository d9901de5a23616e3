"""Who waits for a state of a volume, and who wants to hear of every change."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final, NamedTuple, TypeAlias

from runtime.effects import StateChanged
from runtime.engine.volume_state import VolumeState
from runtime.errors import MisuseError

UNREAD_CHANGES_MAX: Final = 10_000  # a listener that is so far behind loses the oldest

Predicate: TypeAlias = Callable[[VolumeState], bool]


class _Waiting(NamedTuple):
    volume: int
    is_wanted: Predicate
    future: asyncio.Future[VolumeState]


class StateWatchers:
    """Is told every change, and tells those who wait."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._queues: list[asyncio.Queue[StateChanged | None]] = []

    def tell(self, change: StateChanged) -> None:
        """A volume is in another state."""
        for queue in self._queues:
            _put(queue, change)
        if not self._waiting or change.before == change.after:
            return
        for volume, is_wanted, future in self._waiting:
            if volume == change.volume and not future.done() and is_wanted(change.after):
                future.set_result(change.after)
        self._waiting = [it for it in self._waiting if not it.future.done()]

    def future(self, is_wanted: Predicate, volume: int) -> asyncio.Future[VolumeState]:
        """The next state of a volume that is wanted."""
        future: asyncio.Future[VolumeState] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(volume, is_wanted, future))
        return future

    def changes(self) -> AsyncIterator[StateChanged]:
        """All changes from now on, until the node ends."""
        queue: asyncio.Queue[StateChanged | None] = asyncio.Queue(UNREAD_CHANGES_MAX)
        self._queues.append(queue)
        return self._read(queue)

    async def _read(self, queue: asyncio.Queue[StateChanged | None]) -> AsyncIterator[StateChanged]:
        try:
            while (change := await queue.get()) is not None:
                yield change
        finally:
            self._queues.remove(queue)

    def end(self, reason: str) -> None:
        """No state will follow."""
        for waiting in self._waiting:
            if not waiting.future.done():
                waiting.future.set_exception(MisuseError(reason))
        self._waiting.clear()
        for queue in self._queues:
            _put(queue, None)


def _put(queue: asyncio.Queue[StateChanged | None], change: StateChanged | None) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(change)
