"""Sets of writes between two barriers, on the side that sends them and on the one that receives.

A barrier ack confirms stable storage: a write that no barrier ack covers may be lost with the
peer's caches, whatever other ack it had (wire 7.6). All volumes of a connection share the epochs.

A kernel never confirms an epoch with a write that it has not carried out, since both nodes wrote to
the same place (wire 7.9), but confirms those that follow. So such a write leaves its epoch: one of
which nothing is left is not waited for, and for one of which something is left the confirmation of
a later one counts too, which comes when all is durable that was sent before.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from runtime.errors import PeerError

EPOCH_NUMBER_MASK: Final = (1 << 32) - 1  # P_BARRIER has 4 bytes for it (wire 7.6)
EPOCHS_WAITING_MAX: Final = 131072
# A closed epoch has a write that is not on stable storage, that write a buffer of at least a page,
# and no node may have more pages than this (wire 12.1, max-buffers); a kernel is far below it.


@dataclass(slots=True)
class _Closed:
    """An epoch that has ended and is not confirmed."""

    number: int
    writes: list[object]
    is_whole: bool
    """Whether no write has left it."""


class SentEpochs:
    """The writes of this node that the peer has not confirmed as durable, oldest first."""

    __slots__ = ("_closed", "_current", "_left_current", "_number")

    def __init__(self, first_number: int = 1) -> None:
        self._closed: deque[_Closed] = deque()
        self._current: list[object] = []
        self._left_current = False
        self._number = first_number & EPOCH_NUMBER_MASK

    @property
    def size(self) -> int:
        """How many writes the current epoch has; its bound is max-epoch-size, the caller's."""
        return len(self._current)

    @property
    def closed_count(self) -> int:
        """How many epochs have ended and are not confirmed."""
        return len(self._closed)

    def add(self, write: object) -> None:
        """Count a write that goes to the peer."""
        self._current.append(write)

    def leave(self, write: object) -> bool:
        """The peer will never confirm this write: it has not carried it out (wire 7.9).

        Return whether it was in the current epoch.
        """
        if write in self._current:
            self._current.remove(write)
            self._left_current = True
            return True
        for epoch in self._closed:
            if write in epoch.writes:
                epoch.writes.remove(write)
                epoch.is_whole = False
        self._forget_empty()
        return False

    def _forget_empty(self) -> None:
        """Nobody waits for the oldest epochs, where all writes have left them."""
        while self._closed and not self._closed[0].writes:
            self._closed.popleft()

    def close(self) -> int | None:
        """End the current epoch; return the number for P_BARRIER, None when it has no writes.

        An epoch without writes uses no number: the peer must never see its barrier (wire 7.6).
        """
        if not self._current and not self._left_current:
            return None
        number = self._number
        self._closed.append(_Closed(number, self._current, not self._left_current))
        self._current, self._left_current = [], False
        self._number = (number + 1) & EPOCH_NUMBER_MASK
        self._forget_empty()
        return number

    def acknowledged(self, *, barrier: int, set_size: int) -> list[object]:
        """P_BARRIER_ACK came: return the writes that are durable on the peer now.

        It must be that of the oldest epoch, and count the same writes (wire 7.6, 13.3); only those
        that a write has left may be passed over.
        """
        came = f"P_BARRIER_ACK of epoch {barrier} with {set_size} writes"
        if not self._closed:
            raise PeerError(f"{came} arrived, but no closed epoch is unconfirmed")
        for index, epoch in enumerate(self._closed):
            if (epoch.number, len(epoch.writes)) == (barrier, set_size):
                break
            if epoch.is_whole or index + 1 == len(self._closed):
                raise PeerError(
                    f"{came} arrived, but the oldest unconfirmed epoch is {epoch.number}"
                    f" with {len(epoch.writes)} writes"
                )
        confirmed = [write for _ in range(index + 1) for write in self._closed.popleft().writes]
        self._forget_empty()
        return confirmed

    def unconfirmed(self) -> Iterator[object]:
        """All writes that no barrier ack covers, oldest first."""
        for epoch in self._closed:
            yield from epoch.writes
        yield from self._current

    def drain(self) -> list[object]:
        """Forget all writes and return them; the numbers go on, as in the kernel (wire 7.6)."""
        writes = list(self.unconfirmed())
        self._closed.clear()
        self._current, self._left_current = [], False
        return writes


@dataclass(slots=True, eq=False)
class Epoch:
    """One epoch of the peer's writes, told from others by its identity."""

    size: int = 0
    """Writes that came in it, the number that P_BARRIER_ACK tells."""
    unfinished: int = 0
    """Those of them that are neither acknowledged nor refused."""
    volumes: set[int] = field(default_factory=set)
    """Whose caches have to be flushed before it is confirmed."""
    barrier: int | None = None
    """What P_BARRIER called it; None while it is the current one."""


class ReceivedEpochs:
    """The epochs of the peer's writes that are not confirmed, for one connection."""

    __slots__ = ("_closed", "_current", "_waiting_max")

    def __init__(self, *, waiting_max: int = EPOCHS_WAITING_MAX) -> None:
        self._closed: deque[Epoch] = deque()
        self._current = Epoch()
        self._waiting_max = waiting_max

    @property
    def open_count(self) -> int:
        """How many epochs there are with the current one, `ep:` of /proc/drbd (states 9.1)."""
        return len(self._closed) + 1

    def begin(self, volume: int) -> Epoch:
        """Count a write that came, in the current epoch; return that, for `finish`."""
        epoch = self._current
        epoch.size += 1
        epoch.unfinished += 1
        epoch.volumes.add(volume)
        return epoch

    def finish(self, epoch: Epoch) -> None:
        """One write of the epoch was answered, positively or not; also after a `drain`."""
        assert epoch.unfinished, "every write is answered once"
        epoch.unfinished -= 1

    def barrier(self, number: int) -> Epoch | None:
        """P_BARRIER came: end the current epoch; return what `next_to_confirm` returns now.

        The number is the peer's; it means nothing here and is only given back (wire 7.6).
        """
        if not self._current.size:
            raise PeerError(f"P_BARRIER {number} arrived without a write since the previous one")
        if len(self._closed) >= self._waiting_max:
            raise PeerError(
                f"P_BARRIER {number} arrived while {self._waiting_max} epochs are unconfirmed"
            )
        self._current.barrier = number
        self._closed.append(self._current)
        self._current = Epoch()
        return self.next_to_confirm()

    def is_oldest(self, epoch: Epoch) -> bool:
        """Whether all earlier epochs are confirmed, so that its writes may reach the disk.

        Never true of an epoch that is confirmed itself, or was forgotten with its connection.
        """
        return epoch is (self._closed[0] if self._closed else self._current)

    def next_to_confirm(self) -> Epoch | None:
        """The oldest epoch, when it has ended and all of its writes are finished.

        It stays the same until it is confirmed: the caches of its volumes come first (wire 7.6).
        """
        if self._closed and not self._closed[0].unfinished:
            return self._closed[0]
        return None

    def confirm(self, epoch: Epoch) -> None:
        """P_BARRIER_ACK was sent for the epoch that is next: forget it."""
        assert epoch is self.next_to_confirm(), "epochs are confirmed in their order"
        self._closed.popleft()

    def drain(self) -> None:
        """Forget all epochs, the connection is lost; nobody waits for their confirmation."""
        self._closed.clear()
        self._current = Epoch()
