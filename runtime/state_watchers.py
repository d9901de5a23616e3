"""Who waits for a state of a volume, and who wants to hear of every change."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Final, NamedTuple, TypeAlias
from weakref import WeakSet

from runtime.effects import StateChanged
from runtime.engine.volume_state import VolumeState
from runtime.errors import MisuseError

UNREAD_CHANGES_MAX: Final = 10_000  # some megabytes; a reader so far behind reads nothing any more

Predicate: TypeAlias = Callable[[VolumeState], bool]


class _Waiting(NamedTuple):
    volume: int
    is_wanted: Predicate
    future: asyncio.Future[VolumeState]


class Changes(AsyncIterator[StateChanged]):
    """A node's changes of state in their order, from when it was asked for them to its end.

    Each reader has its own, and none keeps the node waiting: who is more than `unread_max` behind
    loses the oldest ones, which `missed_count` tells. Who reads no more just lets it go.
    """

    def __init__(self, *, unread_max: int = UNREAD_CHANGES_MAX) -> None:
        self.missed_count = 0
        self._unread: deque[StateChanged] = deque(maxlen=unread_max)
        self._news = asyncio.Event()
        self._is_over = False

    async def __anext__(self) -> StateChanged:
        while not self._unread:
            if self._is_over:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        return self._unread.popleft()

    def put(self, change: StateChanged) -> None:
        """One more."""
        self.missed_count += len(self._unread) == self._unread.maxlen
        self._unread.append(change)
        self._news.set()

    def end(self) -> None:
        """There will be no more; what is unread can still be read."""
        self._is_over = True
        self._news.set()


class StateWatchers:
    """Is told every change, and tells those who wait."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._readers: WeakSet[Changes] = WeakSet()
        self._is_over = False

    def tell(self, change: StateChanged) -> None:
        """A volume is in another state."""
        for reader in self._readers:
            reader.put(change)
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

    def changes(self) -> Changes:
        """All changes from now on, until the node ends."""
        reader = Changes()
        self._readers.add(reader)
        if self._is_over:
            reader.end()
        return reader

    def end(self, reason: str) -> None:
        """No state will follow."""
        self._is_over = True
        for waiting in self._waiting:
            if not waiting.future.done():
                waiting.future.set_exception(MisuseError(reason))
        self._waiting.clear()
        for reader in self._readers:
            reader.end()
