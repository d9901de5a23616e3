"""A small engine among real sockets, real files and the real clock."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any, Final

import pytest

from generated.layouts.housekeeping import P_PING
from generated.layouts.write import P_DATA
from runtime.config import NetOptions
from runtime.effects import (
    Close,
    Effect,
    Listen,
    StopListening,
    TryConnect,
)
from runtime.events import (
    BytesArrived,
    ConnectFailed,
    Event,
    ListenFailed,
    SendResumed,
    SocketAccepted,
    SocketConnected,
    SocketLost,
    TimePassed,
)
from runtime.io.driver import Driver
from runtime.node_config import Address
from tests.runtime.io.scripted import (
    Fallen,
    Go,
    Reaction,
    ScriptedEngine,
    driver_of,
    free_addresses,
    run,
)

PAYLOAD: Final = bytes(range(256)) * 512  # 128 KiB
DATA: Final = P_DATA(sector=8, block_id=1, seq_num=1, dp_flags=0, digest=b"", data=b"")


class Pair:
    """Two engines that are connected; `left` has called, `right` has answered."""

    def __init__(
        self,
        left: dict[type[Event], Reaction] | None = None,
        right: dict[type[Event], Reaction] | None = None,
        net: NetOptions | None = None,
    ) -> None:
        here, there = free_addresses()
        self.left = ScriptedEngine({Go: lambda _: [TryConnect(5)], **(left or {})})
        self.right = ScriptedEngine({Go: lambda _: [Listen()], **(right or {})})
        self.left_driver = driver_of(self.left, here, there, net=net)
        self.right_driver = driver_of(self.right, there, here, net=net)

    async def connect(self) -> None:
        """Wait until both have their channel."""
        self.right_driver.post(Go())
        self.left_driver.post(Go())
        await self.left.first(SocketConnected)
        await self.right.first(SocketAccepted)

    def send(self, packet: Any, payload: bytes = b"") -> None:
        """Let the left one send a packet."""

        def react(_: Event) -> Sequence[Effect]:
            self.left.channel.send(packet, payload=payload)
            return ()

        self.left.reactions[Go] = react
        self.left_driver.post(Go())

    async def end(self) -> None:
        """Close everything."""
        for driver in (self.left_driver, self.right_driver):
            driver.stop()
            await driver.closed()


def frames_of(engine: ScriptedEngine, found: list[bytes]) -> Reaction:
    """A reaction that takes all frames."""

    def react(_: BytesArrived) -> Sequence[Effect]:
        found.extend(bytes(frame.payload) for frame in engine.channel.frames())
        return ()

    return react


def test_packets_cross_with_their_payload() -> None:
    """What one engine sends is what the other one finds, large payloads too."""

    async def scenario() -> None:
        pair = Pair()
        await pair.connect()
        found: list[bytes] = []
        pair.right.reactions[BytesArrived] = frames_of(pair.right, found)
        pair.send(P_PING())
        pair.send(DATA, PAYLOAD)
        await pair.right.until(lambda: len(found) == 2)
        assert found == [b"", DATA.pack() + PAYLOAD]
        await pair.end()

    run(scenario)


def test_both_ends_have_their_options() -> None:
    """Small packets go out at once, and buffers are as large as configured."""

    async def scenario() -> None:
        here, there = free_addresses()
        engine = ScriptedEngine({Go: lambda _: [TryConnect(5)]})
        net = NetOptions(sndbuf_size=65536)
        driver = driver_of(engine, here, there, net=net)
        with socket.create_server((there.host, there.port)) as server:
            driver.post(Go())
            event = await engine.first(SocketConnected)
            accepted, (host, port) = server.accept()
            assert host == here.host
            assert port != here.port
            accepted.close()
        assert event.channel.is_outgoing
        assert (await engine.first(SocketLost)).channel is event.channel
        driver.stop()
        await driver.closed()

    run(scenario)


def test_a_refused_connection_is_told_and_not_hopeless() -> None:
    """Where nobody listens another attempt makes sense."""

    async def scenario() -> None:
        here, there = free_addresses()
        engine = ScriptedEngine({Go: lambda _: [TryConnect(5)]})
        driver = driver_of(engine, here, there)
        driver.post(Go())
        failed = await engine.first(ConnectFailed)
        assert failed == ConnectFailed(f"connecting to {there}: Connection refused")
        driver.stop()
        await driver.closed()

    run(scenario)


def test_an_address_of_another_machine_is_hopeless() -> None:
    """A socket that can't be bound to the own address never will, for calls and for listening."""

    async def scenario() -> None:
        (there,) = free_addresses(1)
        engine = ScriptedEngine({Go: lambda _: [Listen(), TryConnect(5)]})
        driver = driver_of(engine, Address("192.0.2.1", 7788), there)
        driver.post(Go())
        assert (await engine.first(ConnectFailed)).is_hopeless
        listening = await engine.first(ListenFailed)
        assert not listening.is_transient
        assert listening.reason == "listening on 192.0.2.1:7788: Cannot assign requested address"
        driver.stop()
        await driver.closed()

    run(scenario)


def test_an_address_in_use_is_told() -> None:
    """When somebody else listens there, the engine hears it."""

    async def scenario() -> None:
        here, there = free_addresses()
        engine = ScriptedEngine({Go: lambda _: [Listen()]})
        driver = driver_of(engine, here, there)
        with socket.create_server((here.host, here.port)):
            driver.post(Go())
            failed = await engine.first(ListenFailed)
        assert failed.reason.endswith("Address already in use")
        driver.stop()
        await driver.closed()

    run(scenario)


def test_who_does_not_listen_any_more_refuses() -> None:
    """After StopListening attempts fail, and listening again is possible."""

    async def scenario() -> None:
        pair = Pair()
        await pair.connect()
        pair.right.reactions[Go] = lambda _: [StopListening()]
        pair.right_driver.post(Go())
        pair.left_driver.post(Go())
        await pair.left.first(ConnectFailed)
        pair.right.reactions[Go] = lambda _: [Listen(), Listen()]
        pair.right_driver.post(Go())
        pair.left_driver.post(Go())
        await pair.right.until(lambda: len(pair.right.all_of(SocketAccepted)) == 2)
        await pair.end()

    run(scenario)


def test_closing_sends_what_is_queued_and_tells_the_peer_only() -> None:
    """The last words arrive, then the end; whoever closed is told nothing."""

    async def scenario() -> None:
        pair = Pair()
        await pair.connect()
        found: list[bytes] = []
        pair.right.reactions[BytesArrived] = frames_of(pair.right, found)

        def close(_: Event) -> Sequence[Effect]:
            pair.left.channel.send(DATA, payload=PAYLOAD)
            return [Close(pair.left.channel)]

        pair.left.reactions[Go] = close
        pair.left_driver.post(Go())
        lost = await pair.right.first(SocketLost)
        assert lost.reason == "the peer closed the connection"
        assert found == [DATA.pack() + PAYLOAD]
        await pair.end()
        assert pair.left.all_of(SocketLost) == []

    run(scenario)


def test_a_peer_that_takes_nothing_congests() -> None:
    """What the socket does not take is told by a flag, and that it goes on by an event."""

    async def scenario() -> None:
        pair = Pair()
        await pair.connect()
        left, right = pair.left.channel, pair.right.channel

        def pause(_: Event) -> Sequence[Effect]:
            right.is_paused = True
            return ()

        pair.right.reactions[BytesArrived] = pause
        count = 0
        while not left.is_congested:
            pair.send(DATA, PAYLOAD)
            count += 1
            await asyncio.wait([asyncio.ensure_future(asyncio.to_thread(int))])
        found: list[bytes] = []
        take = frames_of(pair.right, found)

        def resume(event: Any) -> Sequence[Effect]:
            right.is_paused = False
            return take(event)

        pair.right.reactions.update({BytesArrived: take, Go: resume})
        pair.right_driver.post(Go())
        await pair.left.first(SendResumed)
        assert not left.is_congested
        await pair.right.until(lambda: len(found) == count)
        await pair.end()

    run(scenario)


def test_the_deadline_comes() -> None:
    """TimePassed comes once the engine's deadline has passed, not before, and not again."""

    async def scenario() -> None:
        engine = ScriptedEngine({})
        driver = driver_of(engine, *free_addresses())
        at = driver.now() + 0.03
        engine.deadline = at

        def pass_time(_: Event) -> Sequence[Effect]:
            engine.deadline = None
            return ()

        engine.reactions[TimePassed] = pass_time
        driver.post(Go())
        await engine.first(TimePassed)
        assert [type(it) for it in engine.events] == [Go, TimePassed]
        assert engine.times[1] >= at
        driver.stop()

    run(scenario)


def test_an_earlier_deadline_is_kept() -> None:
    """A deadline that moves to before the one that was known counts."""

    async def scenario() -> None:
        engine = ScriptedEngine({})
        driver = driver_of(engine, *free_addresses())
        engine.deadline = driver.now() + 3600
        driver.post(Go())
        engine.deadline = driver.now()
        driver.post(Go())
        await engine.first(TimePassed)
        driver.stop()

    run(scenario)


def test_other_effects_are_told() -> None:
    """What is not for sockets or disks goes to whoever wants to hear it."""

    class Said(Effect):
        """Something for people."""

    async def scenario() -> None:
        told: list[Effect] = []
        said = Said()
        engine = ScriptedEngine({Go: lambda _: [said]})
        driver = driver_of(engine, *free_addresses(), told={Said: told.append})
        driver.post(Go())
        assert told == [said]
        driver.stop()

    run(scenario)


def test_an_engine_that_fails_is_left_alone() -> None:
    """After a bug the sockets are closed, and the engine gets no more events."""

    async def scenario() -> None:
        pair = Pair()
        await pair.connect()

        def fail(_: Event) -> Sequence[Effect]:
            raise AssertionError("a bug")

        pair.left.reactions[Go] = fail
        driver: Driver = pair.left_driver
        with pytest.raises(AssertionError, match="a bug"):
            driver.post(Go())
        count = len(pair.left.events)
        driver.post(Go())
        assert isinstance(pair.left.events[-1], Fallen)
        assert len(pair.left.events) == count
        await pair.right.first(SocketLost)
        await pair.end()

    run(scenario)
