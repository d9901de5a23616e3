"""A node that begins anew a second after it lost the sockets that it had found (states C4)."""

from collections.abc import Callable
from typing import Final, Protocol

from runtime.effects import Close, Effect
from runtime.engine.connecting import Link
from runtime.events import Event, SocketLost

PAUSE_S: Final = 1.0


class Seeker(Protocol):
    """Who looks for two sockets."""

    @property
    def link(self) -> Link | None:
        """What it has found."""
        ...

    @property
    def deadline(self) -> float | None:
        """When it wants to be told the time."""
        ...

    def start(self, now: float) -> list[Effect]:
        """Begin."""
        ...

    def handle(self, event: Event, now: float) -> list[Effect]:
        """Take an event."""
        ...


class Persevering:
    """Looks for two sockets, again and again."""

    def __init__(self, new_seeker: Callable[[], Seeker]) -> None:
        self._new_seeker = new_seeker
        self._seeker = new_seeker()
        self._again_at: float | None = None

    @property
    def link(self) -> Link | None:
        """What it has found and not lost."""
        return self._seeker.link if self._again_at is None else None

    @property
    def deadline(self) -> float | None:
        """When it wants to be told the time."""
        return self._seeker.deadline if self._again_at is None else self._again_at

    def start(self, now: float) -> list[Effect]:
        """Begin."""
        return self._seeker.start(now)

    def handle(self, event: Event, now: float) -> list[Effect]:
        """Begin anew when it is time; else what is found is lost, or the search goes on."""
        if self._again_at is not None and now >= self._again_at:
            self._again_at = None
            self._seeker = self._new_seeker()
            return [*self._seeker.start(now), *self._seeker.handle(event, now)]
        link = self.link
        if link and isinstance(event, SocketLost) and event.channel in (link.data, link.meta):
            self._again_at = now + PAUSE_S
            return [Close(link.data if event.channel is link.meta else link.meta)]
        return self._seeker.handle(event, now)
