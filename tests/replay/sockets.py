"""The TCP connections of one node in a replay: bytes go in, and come out as packets."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from generated.layouts.codec import Packet
from generated.layouts.packets import DATA_SOCKET, META_SOCKET
from runtime.wire.channel import Channel
from runtime.wire.conversation import DATA_PACKETS, PacketSeen, Socket
from runtime.wire.framing import ANY_LIMITS, Framing, HeaderKind, pack_header
from runtime.wire.reassembly import Endpoint
from tests.replay.manifest import SECTOR_SIZE_BYTES, Side

PORT: Final = 7788


@dataclass(eq=False)
class Connection:
    """One TCP connection: our node's channel, and what waits to be read from it."""

    number: int
    socket: Socket
    side: Side
    channel: Channel
    waiting: bytearray = field(default_factory=bytearray)
    is_open: bool = True

    def __post_init__(self) -> None:
        self._framing = Framing(ANY_LIMITS, None)

    def add(self, packet: Packet, kind: HeaderKind, volume: int) -> None:
        """The peer has sent this."""
        payload = packet.pack()
        length = len(payload)
        self.waiting += pack_header(kind, volume=volume, command=packet.COMMAND, length=length)
        self.waiting += payload

    def feed(self) -> bool:
        """Put what waits into the channel; return whether that was anything."""
        if not self.waiting or self.channel.is_paused or not self.is_open:
            return False
        space = self.channel.space()
        size = min(len(space), len(self.waiting))
        space[:size] = self.waiting[:size]
        del self.waiting[:size]
        self.channel.received(size)
        return True

    def sent(self, now: float) -> Iterator[PacketSeen]:
        """Take the packets that the node has sent."""
        for piece in self.channel.take():
            rest = memoryview(bytes(piece))
            while rest:
                rest = rest[self._framing.put(rest) :]
                yield from self._packets(now)

    def _packets(self, now: float) -> Iterator[PacketSeen]:
        packets = DATA_SOCKET if self.socket is Socket.data else META_SOCKET
        for frame in self._framing.frames():
            layout = packets[frame.command]
            digest_size = 0
            if frame.command in DATA_PACKETS:
                digest_size = (len(frame.payload) - layout.FIXED_SIZE) % SECTOR_SIZE_BYTES
            packet = layout.unpack_from(
                frame.payload, 0, len(frame.payload), digest_size=digest_size
            )
            yield PacketSeen(
                time_s=now,
                connection=self.number,
                socket=self.socket,
                source=Endpoint(self.side.value, PORT),
                target=Endpoint(self.side.other.value, PORT),
                frame=frame,
                packet=packet,
            )
