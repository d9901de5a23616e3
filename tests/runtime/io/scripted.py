"""A small engine for tests of the driver: it does what the test says, and remembers all events."""

import asyncio
import socket
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from runtime.config import VERSION_MAX, NetOptions
from runtime.effects import Effect
from runtime.events import Event, SocketAccepted, SocketConnected
from runtime.io.driver import Driver
from runtime.node_config import Address
from runtime.wire.channel import Channel
from runtime.wire.framing import ANY_LIMITS

SomeEvent = TypeVar("SomeEvent", bound=Event)
Reaction = Callable[[Any], Sequence[Effect]]


class Go(Event):
    """Do the first thing."""


class ScriptedEngine:
    """Does for each kind of event what a test says; channels take every packet."""

    def __init__(self, reactions: dict[type[Event], Reaction]) -> None:
        self.reactions = reactions
        self.events: list[Event] = []
        self.times: list[float] = []
        self.deadline: float | None = None
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    def handle(self, event: Event, now: float) -> Sequence[Effect]:
        """Remember the event, and do what the script says."""
        self.events.append(event)
        self.times.append(now)
        if isinstance(event, SocketAccepted | SocketConnected):
            event.channel.expect(ANY_LIMITS)
            event.channel.agree(VERSION_MAX)
        effects = self.reactions.get(type(event), lambda _: ())(event)
        for is_so, future in self._waiting:
            if not future.done() and is_so():
                future.set_result(None)
        return effects

    def all_of(self, kind: type[SomeEvent]) -> list[SomeEvent]:
        """The events of a kind that came until now."""
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for something that an event brings about."""
        if not is_so():
            future = asyncio.get_running_loop().create_future()
            self._waiting.append((is_so, future))
            await asyncio.wait_for(future, 10)

    async def first(self, kind: type[SomeEvent]) -> SomeEvent:
        """Wait for the first event of a kind."""
        await self.until(lambda: bool(self.all_of(kind)))
        return self.all_of(kind)[0]

    @property
    def channel(self) -> Channel:
        """The channel that came first."""
        made = [it for it in self.events if isinstance(it, SocketAccepted | SocketConnected)]
        return made[0].channel


def free_addresses(count: int = 2) -> list[Address]:
    """Addresses of this machine where nobody listens."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [it.getsockname()[1] for it in sockets]
    for it in sockets:
        it.close()
    return [Address("127.0.0.1", port) for port in ports]


def driver_of(
    engine: ScriptedEngine,
    address: Address,
    peer: Address,
    *,
    told: dict[type[Effect], Callable[[Any], None]] | None = None,
    net: NetOptions | None = None,
) -> Driver:
    """A driver of a scripted engine."""
    return Driver(
        engine,
        net=net or NetOptions(),
        address=address,
        peer=peer,
        told=told or {},
        fallen=lambda: engine.events.append(Fallen()),
    )


class Fallen(Event):
    """The driver said that the engine failed."""


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Play a scenario in an event loop of its own."""
    asyncio.run(asyncio.wait_for(scenario(), 30))
