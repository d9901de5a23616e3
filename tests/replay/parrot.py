"""A node that says what the kernel said, at its times: it shows what a replay finds, and what not.

It knows the script. All that it understands of its peer is what to write.
"""

from collections import deque
from collections.abc import Callable, Iterator

from generated.layouts.codec import Packet
from generated.layouts.commands import Command as Number
from generated.layouts.configuration import P_PROTOCOL
from generated.layouts.packets import DATA_SOCKET, META_SOCKET
from generated.layouts.requests import P_RS_DATA_REPLY, P_RS_DEALLOCATED
from generated.layouts.state import ReturnCode
from generated.layouts.write import P_DATA, RangeWrite
from runtime.digests import DIGEST_SIZE_BYTES
from runtime.effects import (
    Answered,
    Close,
    Effect,
    Listen,
    RequestFinished,
    TryConnect,
    WriteBlocks,
    ZeroBlocks,
)
from runtime.events import (
    BytesArrived,
    Command,
    DisconnectRequested,
    Event,
    RequestsMade,
    SocketAccepted,
    SocketConnected,
    SocketLost,
    TimePassed,
)
from runtime.requests import SECTOR_SIZE_BYTES, Request
from runtime.wire.channel import Channel
from runtime.wire.conversation import Socket
from runtime.wire.framing import DATA_LIMITS, HEADER_100, META_LIMITS, Frame
from tests.replay.deeds import Asked
from tests.replay.happenings import Ended, Happening, Opened, Said
from tests.replay.script import Script

VERSION = 101
ATTEMPT_S = 1e-6  # an attempt is made so much before it succeeds


Garble = Callable[[Said], Packet | None]
"""What is said in the place of a packet, if anything is."""


def faithfully(said: Said) -> Packet | None:
    """What was heard."""
    return said.packet


class Parrot:
    """A node that has heard it all before."""

    def __init__(self, script: Script, garble: Garble = faithfully) -> None:
        self._garble = garble
        self._side = script.side
        self._refused = {
            it.what.command: it.what.is_refused
            for it in script.scenes
            if isinstance(it.what, Asked)
        }
        self._openings = deque(it.what for it in script.scenes if isinstance(it.what, Opened))
        mine: list[Happening] = [
            it.what
            for it in script.scenes
            if isinstance(it.what, Opened | Ended) and it.what.by is script.side
        ]
        self._to_do = deque(sorted([*mine, *script.said], key=lambda it: it.time_s))
        self._leaving: Command | None = None
        self._channels: dict[int, Channel] = {}
        self._sockets: dict[Channel, Socket] = {}

    @property
    def deadline(self) -> float | None:
        """When it wants to say something."""
        if not self._to_do:
            return None
        first = self._to_do[0]
        return first.time_s - ATTEMPT_S * isinstance(first, Opened)

    def handle(self, event: Event, now: float) -> list[Effect]:  # noqa: ARG002
        """Take an event."""
        return list(self._handled(event))

    def _handled(self, event: Event) -> Iterator[Effect]:
        match event:
            case TimePassed():
                yield from self._do(self._to_do.popleft())
            case SocketConnected(channel) | SocketAccepted(channel):
                opened = self._openings.popleft()
                self._channels[opened.connection] = channel
                self._sockets[channel] = opened.socket
                channel.expect(DATA_LIMITS if opened.socket is Socket.data else META_LIMITS)
            case BytesArrived(channel):
                yield from self._heard(channel)
            case RequestsMade(requests):
                for request in requests:
                    yield from _written(request)
                    yield RequestFinished(request)
            case DisconnectRequested() if self._is_connected:
                self._leaving = event
            case SocketLost():
                yield from self._left()
            case Command():
                refused = self._refused.get(event, False)
                code = ReturnCode.SS_UNKNOWN_ERROR if refused else ReturnCode.SS_SUCCESS
                yield Listen()
                yield Answered(event, code)

    def _do(self, what: Happening) -> Iterator[Effect]:
        match what:
            case Opened():
                yield TryConnect(1.0)
            case Ended(connection=number) if number in self._channels:
                yield Close(self._channels[number])
                yield from self._left()
            case Said(connection=number) if number in self._channels:
                self._say(what, self._channels[number])

    @property
    def _is_connected(self) -> bool:
        """Whether there is still something to say or to close on what is open."""
        return any(
            it.connection in self._channels and not isinstance(it, Opened) for it in self._to_do
        )

    def _left(self) -> Iterator[Effect]:
        """Disconnecting is done when the connection is."""
        if self._leaving is not None:
            yield Answered(self._leaving, ReturnCode.SS_SUCCESS)
            self._leaving = None

    def _say(self, said: Said, channel: Channel) -> None:
        if said.seen.frame.kind is HEADER_100:
            channel.agree(VERSION)
        packet = self._garble(said)
        if packet is not None:
            channel.send(packet, volume=said.seen.frame.volume)
        if said.seen.socket is Socket.meta:
            channel.agree(VERSION)

    def _heard(self, channel: Channel) -> Iterator[Effect]:
        socket = self._sockets[channel]
        for frame in channel.frames():
            if frame.command in (Number.P_CONNECTION_FEATURES, Number.P_INITIAL_META):
                channel.agree(VERSION)
            layouts = DATA_SOCKET if socket is Socket.data else META_SOCKET
            packet = channel.read(frame, layouts[frame.command])
            if isinstance(packet, P_PROTOCOL):
                name = bytes(packet.integrity_alg).rstrip(b"\0").decode()
                channel.digest_size = DIGEST_SIZE_BYTES.get(name, 0)
            yield from _copied(frame, packet)


def _copied(frame: Frame, packet: Packet) -> Iterator[Effect]:
    """What the peer's data do to the disk."""
    match packet:
        case P_DATA() | P_RS_DATA_REPLY():
            at = packet.sector * SECTOR_SIZE_BYTES
            yield WriteBlocks(frame.volume, None, at, packet.data)
        case RangeWrite():
            at = packet.sector * SECTOR_SIZE_BYTES
            yield ZeroBlocks(frame.volume, None, at, packet.size, may_unmap=True)
        case P_RS_DEALLOCATED():
            at = packet.sector * SECTOR_SIZE_BYTES
            yield ZeroBlocks(frame.volume, None, at, packet.size, may_unmap=True)


def _written(request: Request) -> Iterator[Effect]:
    if request.is_write:
        at, size = (it * SECTOR_SIZE_BYTES for it in (request.first_sector, request.sector_count))
        if request.data:
            yield WriteBlocks(request.volume, None, at, request.data)
        else:
            yield ZeroBlocks(request.volume, None, at, size, may_unmap=True)
