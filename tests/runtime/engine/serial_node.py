"""A node that finds its sockets one step after the other, as the kernel does (wire 1.2)."""

from collections.abc import Callable, Iterator
from math import inf
from random import Random
from typing import Final

from generated.layouts.commands import Command
from generated.layouts.handshake import P_INITIAL_DATA, P_INITIAL_META
from runtime.effects import Close, Effect, Listen, StopListening, TryConnect
from runtime.engine.connecting import Link
from runtime.errors import PeerError
from runtime.events import (
    ConnectFailed,
    Event,
    SocketAccepted,
    SocketConnected,
    SocketLost,
)
from runtime.wire.channel import Channel

CONNECT_INT_S: Final = 10.0
CHECK_S: Final = 0.5
FIRST_PACKET_S: Final = 2.0
BACKLOG: Final = 5

Awaited = tuple[Callable[[], bool], float]
"""What a step waits for, and until when at most."""


class SerialNode:
    """The loop of wire 1.2; what happens while it waits for something else, waits too."""

    def __init__(self, random: Random) -> None:
        self.deadline: float | None = None
        self.link: Link | None = None
        self._random = random
        self._now = 0.0
        self._slots: dict[Command, Channel] = {}
        self._flag = False
        self._backlog: list[Channel] = []
        self._lost: set[Channel] = set()
        self._first: Command | None = None
        self._outcomes: list[SocketConnected | ConnectFailed] = []
        self._effects: list[Effect] = []
        self._steps = self._run()
        self._is_ready: Callable[[], bool] = bool

    def start(self, now: float) -> list[Effect]:
        """Begin with the first step."""
        self._now = now
        self._go_on()
        return self._take_effects()

    def handle(self, event: Event, now: float) -> list[Effect]:
        """Note what has happened; go on when it is what the present step waits for."""
        self._now = now
        match event:
            case SocketConnected() | ConnectFailed():
                self._outcomes.append(event)
            case SocketAccepted(channel) if self.link is None and len(self._backlog) < BACKLOG:
                self._backlog.append(channel)
            case SocketAccepted(channel):
                self._effects.append(Close(channel))
            case SocketLost(channel):
                self._lost.add(channel)
        while self.deadline is not None and (self._is_ready() or now >= self.deadline):
            self._go_on()
        return self._take_effects()

    def _go_on(self) -> None:
        self._is_ready, self.deadline = next(self._steps, (bool, None))

    def _take_effects(self) -> list[Effect]:
        effects, self._effects = self._effects, []
        return effects

    def _run(self) -> Iterator[Awaited]:
        self._effects.append(Listen())
        while self.link is None:
            self._effects.append(TryConnect(CONNECT_INT_S))
            yield (lambda: bool(self._outcomes)), inf
            self._connected(self._outcomes.pop())
            yield from self._check()
            if self.link is None:
                yield from self._accept_some()
                yield from self._check()
        self._effects.append(StopListening())
        for channel in self._backlog:
            self._close(channel)

    def _connected(self, outcome: SocketConnected | ConnectFailed) -> None:
        if isinstance(outcome, ConnectFailed):
            return
        if Command.P_INITIAL_DATA not in self._slots:
            outcome.channel.send(P_INITIAL_DATA())
            self._slots[Command.P_INITIAL_DATA] = outcome.channel
        else:
            outcome.channel.send(P_INITIAL_META())
            self._slots[Command.P_INITIAL_META] = outcome.channel
            self._flag = False

    def _check(self) -> Iterator[Awaited]:
        if len(self._slots) == 2:
            yield (lambda: False), self._now + CHECK_S
            self._look_at_slots()
        if len(self._slots) == 2:
            data, meta = self._slots[Command.P_INITIAL_DATA], self._slots[Command.P_INITIAL_META]
            self.link = Link(data, meta, resolves_conflicts=self._flag)

    def _look_at_slots(self) -> None:
        self._slots = {it: end for it, end in self._slots.items() if end not in self._lost}

    def _accept_some(self) -> Iterator[Awaited]:
        while True:
            wait_s = CONNECT_INT_S * (1 + self._random.choice((1, -1)) / 7)
            yield (lambda: bool(self._backlog)), self._now + wait_s
            if not self._backlog:
                return
            channel = self._backlog.pop(0)
            self._first = None
            yield (lambda: self._has_read(channel)), self._now + FIRST_PACKET_S  # noqa: B023
            self._look_at_slots()
            if self._take_over(channel) or self._random.getrandbits(1):
                return

    def _has_read(self, channel: Channel) -> bool:
        try:
            frame = next(channel.frames(), None)
        except PeerError:
            return True
        if frame is not None:
            self._first = Command(frame.command)
        return frame is not None or channel in self._lost

    def _take_over(self, channel: Channel) -> bool:
        """Whether the accepted connection has filled an empty slot."""
        if self._first is None:
            self._close(channel)
            return False
        older = self._slots.get(self._first)
        self._slots[self._first] = channel
        if self._first is Command.P_INITIAL_META:
            self._flag = True
        if older is not None:
            self._close(older)
        return older is None

    def _close(self, channel: Channel) -> None:
        if channel not in self._lost:
            self._effects.append(Close(channel))
