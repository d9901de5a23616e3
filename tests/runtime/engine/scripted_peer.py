"""A peer whose every byte the test makes itself, in the place of the second node of a world.

It says what it is told to say, remembers what it hears, and answers by itself nothing but pings.
"""

import hmac
from dataclasses import dataclass, field
from typing import Final

from generated.layouts.codec import Octets, Packet
from generated.layouts.commands import Command
from generated.layouts.configuration import (
    P_PROTOCOL,
    P_SIZES,
    P_SYNC_PARAM,
    P_SYNC_PARAM89,
    QueueLimits,
    ReplicationProtocol,
    ResyncController,
)
from generated.layouts.generations import P_UUIDS
from generated.layouts.handshake import (
    P_AUTH_CHALLENGE,
    P_AUTH_RESPONSE,
    P_CONNECTION_FEATURES,
    P_INITIAL_DATA,
    P_INITIAL_META,
    Features,
)
from generated.layouts.housekeeping import P_PING_ACK
from generated.layouts.packets import DATA_SOCKET, META_SOCKET
from generated.layouts.state import P_STATE, StateWord
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.node_states import NodeState
from generated.states.peer_disk_states import PeerDiskState
from runtime.config import NetOptions
from runtime.errors import PeerError
from runtime.events import BytesArrived, Event, SocketAccepted, SocketConnected, SocketLost
from runtime.wire.channel import Channel
from runtime.wire.framing import ANY_LIMITS, Frame
from tests.simulation.node import VOLUME_SECTORS, SimulatedNode
from tests.simulation.world import World

ALL_FEATURES: Final = Features.TRIM | Features.THIN_RESYNC | Features.WSAME | Features.WZEROES
JUST_CREATED: Final = 4  # wire 5.6
SYNCED_UUID: Final = 0x1234_5678_9ABC_DEF0
ALL_BITS: Final = -(-VOLUME_SECTORS // 8)

SYNC_PARAM: Final = P_SYNC_PARAM89(250, b"", b"", ResyncController(20, 10, 100, 102400))
LIMITS: Final = QueueLimits(4096, 512, 0, 4096, 0, 0, 0, 0)
SIZES: Final = P_SIZES(VOLUME_SECTORS, 0, VOLUME_SECTORS, 1 << 20, 0, LIMITS)


def protocol(
    *, of: ReplicationProtocol = ReplicationProtocol.C, flags: int = 0, integrity_alg: bytes = b""
) -> P_PROTOCOL:
    """The settings of a connection as a node with the defaults has them."""
    return P_PROTOCOL(of, 0, 0, 0, flags, 0, integrity_alg + b"\0")


def word(
    *,
    conn: ConnState = ConnState.WFConnection,
    disk: DiskState = DiskState.UpToDate,
    pdsk: PeerDiskState = PeerDiskState.DUnknown,
    role: NodeState = NodeState.Secondary,
) -> StateWord:
    """A state as the peer tells it."""
    return StateWord(role=role.wire, conn=conn.wire, disk=disk.wire, pdsk=pdsk.wire)


def uuids(current: int, bitmap: int = 0, *, bits_set: int = 0, flags: int = 0) -> P_UUIDS:
    """Generations that have no history."""
    return P_UUIDS(current, bitmap, 0, 0, bits_set, flags)


@dataclass
class Heard:
    """One packet of the engine."""

    socket: str
    command: Command
    volume: int
    payload: bytes

    @classmethod
    def of(cls, socket: str, frame: Frame) -> "Heard":
        """What a frame says."""
        return cls(socket, Command(frame.command), frame.volume, bytes(frame.payload))

    def read(self) -> Packet:
        """The packet itself."""
        known = DATA_SOCKET if self.socket == "data" else META_SOCKET
        return known[self.command].unpack_from(self.payload)


@dataclass
class Sockets:
    """The two connections, in the peer's own view."""

    data: Channel | None = None
    meta: Channel | None = None
    closed: list[str] = field(default_factory=list)


class ScriptedPeer(SimulatedNode):
    """The peer of one engine."""

    def __init__(self, world: World) -> None:
        super().__init__(world, "peer", world.alice.config, seed=99)
        self.engine = world.alice
        self.heard: list[Heard] = []
        self.sockets = Sockets()
        self.opening = ""
        self.is_deaf = False
        """Whether the engine says what can be no packet, by what was agreed on."""
        world.bob = self

    # What happens

    def happen(self, event: Event) -> None:
        """Remember what became of a socket."""
        match event:
            case SocketConnected(channel):
                setattr(self.sockets, self.opening, channel)
                self.opening = ""
            case SocketAccepted(channel):
                channel.expect(ANY_LIMITS)
            case SocketLost(channel):
                self.sockets.closed.append(self.name_of(channel))
            case BytesArrived(channel) if not self.is_deaf:
                self.hear(channel)

    def name_of(self, channel: Channel) -> str:
        """What a channel is used for."""
        return "meta" if channel is self.sockets.meta else "data"

    def hear(self, channel: Channel) -> None:
        """Take what the engine has sent; nothing more where the test has spoilt the agreement."""
        try:
            self.take_frames(channel)
        except PeerError:
            self.is_deaf = True

    def take_frames(self, channel: Channel) -> None:
        """Remember the packets of a socket."""
        for frame in channel.frames():
            if frame.command == Command.P_INITIAL_DATA:
                self.sockets.data = channel
            elif frame.command == Command.P_INITIAL_META:
                self.sockets.meta = channel
            else:
                self.heard.append(Heard.of(self.name_of(channel), frame))
                if frame.command == Command.P_PING:
                    self.send(channel, P_PING_ACK())

    def last(self, command: Command) -> Packet:
        """The newest packet of a kind."""
        return next(it for it in reversed(self.heard) if it.command == command).read()

    def count(self, command: Command) -> int:
        """How many packets of a kind have come."""
        return sum(it.command == command for it in self.heard)

    @property
    def is_cut_off(self) -> bool:
        """Whether the engine has closed both sockets."""
        return set(self.sockets.closed) >= {"data", "meta"}

    # What it says

    @property
    def data(self) -> Channel:
        """The data socket."""
        assert self.sockets.data is not None
        return self.sockets.data

    @property
    def meta(self) -> Channel:
        """The meta socket."""
        assert self.sockets.meta is not None
        return self.sockets.meta

    def open(self, socket: str) -> None:
        """Open one connection and say nothing yet."""
        self.opening = socket
        self.world.connect(self, 1.0)
        self.world.run_until(lambda: not self.opening, "a connection to be made")
        channel = self.data if socket == "data" else self.meta
        channel.expect(ANY_LIMITS)

    def send(self, channel: Channel, packet: Packet, *, volume: int = 0) -> None:
        """Send a packet at once."""
        channel.send(packet, volume=volume)
        self._send(channel)

    def say(self, *packets: Packet, volume: int = 0) -> None:
        """Send packets on the data socket."""
        for packet in packets:
            self.send(self.data, packet, volume=volume)

    def acknowledge(self, *packets: Packet, volume: int = 0) -> None:
        """Send packets on the meta socket."""
        for packet in packets:
            self.send(self.meta, packet, volume=volume)

    def say_bytes(self, channel: Channel, content: Octets) -> None:
        """Send bytes that need not be a packet."""
        if channel in self.channels:
            node, theirs = self.channels[channel]
            self.world.transfer(node, theirs, bytes(content))

    # The handshake, step by step

    def introduce(self) -> None:
        """Open both connections and say which is which."""
        self.world.run_until(lambda: self.engine.is_listening, "alice to listen")
        self.open("data")
        self.send(self.data, P_INITIAL_DATA())
        self.open("meta")
        self.send(self.meta, P_INITIAL_META())
        self.await_packet(Command.P_CONNECTION_FEATURES)

    def await_introduction(self) -> None:
        """Let the engine open both connections."""
        self.is_listening = True
        self.await_packet(Command.P_CONNECTION_FEATURES)
        self.is_listening = False

    def await_packet(self, command: Command, count: int = 1) -> None:
        """Let time pass until the engine has sent so many packets of a kind."""
        self.world.run_until(lambda: self.count(command) >= count, f"{command.name} to come")

    def agree(self, *, version: int = 101, features: int = ALL_FEATURES) -> None:
        """Tell version and features."""
        self.say(P_CONNECTION_FEATURES(86, features, version))
        for channel in (self.data, self.meta):
            channel.agree(version)

    def authenticate(self, options: NetOptions) -> None:
        """Exchange challenges, and sign the engine's with the same secret."""
        self.say(P_AUTH_CHALLENGE(bytes(range(64)), b""))
        self.await_packet(Command.P_AUTH_RESPONSE)
        challenge = next(it for it in self.heard if it.command == Command.P_AUTH_CHALLENGE)
        secret = options.shared_secret.encode()
        self.say(P_AUTH_RESPONSE(hmac.digest(secret, challenge.payload, options.cram_hmac_alg)))

    def parameters(self, generations: P_UUIDS, state: StateWord) -> list[Packet]:
        """What a node says of itself in the form of the agreed version (wire 4.1)."""
        version = self.data.version
        sync_param: Packet = SYNC_PARAM
        if version < 88:
            sync_param = P_SYNC_PARAM(250, b"")
        elif version < 89:
            sync_param = P_SYNC_PARAM(250, b"\0")
        elif version < 95:
            sync_param = P_SYNC_PARAM89(250, b"", b"")
        return [sync_param, SIZES, generations, P_STATE(state)]

    def shake_hands(self, *, version: int = 101, is_called: bool = False) -> None:
        """All up to where both nodes report their parameters."""
        if is_called:
            self.await_introduction()
        else:
            self.introduce()
        self.agree(version=version)
        if self.config.net.cram_hmac_alg:
            self.authenticate(self.config.net)
        self.await_packet(Command.P_STATE)

    def report(self, generations: P_UUIDS, state: StateWord) -> None:
        """Tell what this node has, and let the engine decide."""
        own = protocol(of=self.config.net.protocol)
        self.say(own, *self.parameters(generations, state))
        self.settle()

    def settle(self) -> None:
        """Let what was said arrive, and the answers come back."""
        self.world.run_for(0.05)
