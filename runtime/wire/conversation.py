"""Watched TCP connections to DRBD packets: which sockets belong together, and what was agreed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from generated.layouts.codec import LayoutError, Packet
from generated.layouts.commands import Command
from generated.layouts.configuration import P_PROTOCOL, P_PROTOCOL_UPDATE
from generated.layouts.handshake import P_CONNECTION_FEATURES, Features
from generated.layouts.packets import DATA_SOCKET, META_SOCKET
from runtime.digests import DIGEST_SIZE_BYTES
from runtime.wire.direction import Direction, FrameSeen, Sight
from runtime.wire.framing import (
    DATA_LIMITS,
    META_LIMITS,
    VERSION_BEFORE_AGREEMENT,
    Frame,
)
from runtime.wire.reassembly import Endpoint, Segment

SECTOR_SIZE_BYTES: Final = 512  # data are whole sectors: what is more, is a digest
DATA_PACKETS: Final = frozenset(  # wire 7.1: what a data-integrity digest is put into
    (Command.P_DATA, Command.P_DATA_REPLY, Command.P_RS_DATA_REPLY, Command.P_WSAME)
)


class Socket(Enum):
    """Which of the two sockets of a DRBD connection a TCP connection is."""

    data = "data"
    meta = "meta"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two nodes agreed on with P_CONNECTION_FEATURES (wire 4.3)."""

    version: int
    feature_flags: int


class Connection:
    """One TCP connection; `number` counts all of a capture from 0, as Wireshark does."""

    def __init__(self, number: int, segment: Segment) -> None:
        self.number = number
        self.socket: Socket | None = None
        self.agreement: Agreement | None = None
        self.partner: Connection | None = None
        self.features: dict[Endpoint, P_CONNECTION_FEATURES] = {}
        self.unsaid: list[Remark] = []
        """Remarks that are worth something only if this is a DRBD connection."""
        self.is_from_start = segment.syn
        ends = segment.source, segment.target
        if segment.syn and segment.acknowledged is not None:
            ends = ends[::-1]  # this answers a SYN that was not captured
        self.directions = {
            source: Direction(source, target, from_start=segment.syn)
            for source, target in (ends, ends[::-1])
        }
        """By sender; who opened the connection comes first, if that is known."""

    @property
    def is_finished(self) -> bool:
        """Whether nothing more is to be expected."""
        return all(direction.is_finished for direction in self.directions.values())

    @property
    def addresses(self) -> frozenset[str]:
        """The addresses of the two nodes."""
        return frozenset(end.address for end in self.directions)

    @property
    def listening_ports(self) -> frozenset[int]:
        """The port that was connected to; both, when the capture began too late to tell."""
        ports = [end.port for end in self.directions]
        return frozenset(ports[1:] if self.is_from_start else ports)

    def is_over_before(self, segment: Segment) -> bool:
        """Whether the segment opens a later connection between the same ends."""
        return self.directions[segment.source].stream.is_of_another(segment)

    def become(self, socket: Socket) -> None:
        """It is known now which socket this is."""
        self.socket = socket
        for direction in self.directions.values():
            direction.framing.limits = DATA_LIMITS if socket is Socket.data else META_LIMITS

    def agree(self, agreement: Agreement) -> None:
        """From now on both directions speak the agreed version."""
        self.agreement = agreement
        for direction in self.directions.values():
            direction.framing.agreed_version = agreement.version


@dataclass(frozen=True, slots=True)
class PacketSeen:
    """A packet on a TCP connection; `packet` is None when its bytes do not fit its layout."""

    time_s: float
    connection: int
    socket: Socket
    source: Endpoint
    target: Endpoint
    frame: Frame
    packet: Packet | None
    missing_size: int = 0


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence about a TCP connection; an odd one tells of bytes that are no good packet."""

    time_s: float
    connection: int
    sentence: str
    is_odd: bool


Sighting = PacketSeen | Remark


class Watch:
    """Sees the segments of a capture, tells the DRBD packets and what there is to remark."""

    def __init__(self) -> None:
        self.connection_count = 0
        self._connections: dict[frozenset[Endpoint], Connection] = {}
        self._now_s = 0.0

    def see(self, segment: Segment) -> Iterator[Sighting]:
        """What has become complete with this segment."""
        if segment.source == segment.target:
            return  # forged: these are not two ends
        self._now_s = segment.time_s
        ends = frozenset((segment.source, segment.target))
        connection = self._connections.get(ends)
        if connection is not None and connection.is_over_before(segment):
            yield from self._finish(connection)
            connection = None
        if connection is None:
            connection = Connection(self.connection_count, segment)
            self.connection_count += 1
            self._connections[ends] = connection
        yield from self._see(connection, segment)

    def end(self) -> Iterator[Sighting]:
        """No segment comes any more: what is left over."""
        for connection in self._connections.values():
            yield from self._finish(connection)

    def _see(self, connection: Connection, segment: Segment) -> Iterator[Sighting]:
        direction = connection.directions[segment.source]
        if not direction.is_finished:
            sights = direction.take(direction.stream.add(segment))
            yield from self._tell(connection, direction, sights)
        back = connection.directions[segment.target]
        if not back.is_finished:
            sights = back.take(back.stream.acknowledge(segment))
            yield from self._tell(connection, back, sights)
        if segment.reset:
            yield from self._finish(connection)
        elif direction.stream.ended:
            yield from self._finish(connection, direction)

    def _finish(self, connection: Connection, *directions: Direction) -> Iterator[Sighting]:
        """Tell what is left over in these directions, or in both."""
        for direction in directions or connection.directions.values():
            if not direction.is_finished:
                yield from self._tell(connection, direction, direction.finish(self._now_s))

    def _tell(
        self, connection: Connection, direction: Direction, sights: Iterable[Sight]
    ) -> Iterator[Sighting]:
        """Sights with their place and time; nothing of a connection that is not DRBD's."""
        for sight in sights:
            if isinstance(sight, FrameSeen):
                yield from self._tell_packet(connection, direction, sight)
                continue
            sentence = f"from {direction.source}: {sight.sentence}"
            remark = self._remark(connection, sentence, is_odd=True)
            if connection.socket is not None:
                yield remark
            elif not sight.is_by_sender:
                connection.unsaid.append(remark)
            else:
                for either in connection.directions.values():
                    either.abandon()
                return

    def _tell_packet(
        self, connection: Connection, direction: Direction, seen: FrameSeen
    ) -> Iterator[Sighting]:
        frame = seen.frame
        if connection.socket is None:
            yield from self._recognise(connection, frame.command)
        assert connection.socket is not None
        packets = DATA_SOCKET if connection.socket is Socket.data else META_SOCKET
        packet: Packet | None = None
        try:
            packet = _unpack(packets[frame.command], seen, direction.digest_size)
        except LayoutError as error:
            yield self._remark(connection, f"from {direction.source}: {error}", is_odd=True)
        yield PacketSeen(
            time_s=self._now_s,
            connection=connection.number,
            socket=connection.socket,
            source=direction.source,
            target=direction.target,
            frame=frame,
            packet=packet,
            missing_size=seen.missing_size,
        )
        if isinstance(packet, P_CONNECTION_FEATURES):
            yield from self._compare_features(connection, direction, packet)
        elif isinstance(packet, (P_PROTOCOL, P_PROTOCOL_UPDATE)):
            name = bytes(packet.integrity_alg).rstrip(b"\0").decode("ascii", "replace")
            direction.digest_size = DIGEST_SIZE_BYTES.get(name) if name else 0

    def _recognise(self, connection: Connection, command: int) -> Iterator[Sighting]:
        """The first packet tells which socket this is (wire 1.2); after it, any packet does."""
        socket = Socket.data if command in DATA_SOCKET else Socket.meta
        connection.become(socket)
        one, other = connection.directions
        ends = f"from {one} to {other}"
        if not connection.is_from_start:
            ends = f"between {one} and {other}, before the capture"
        yield self._remark(connection, f"is a {socket.value} socket, opened {ends}", is_odd=False)
        yield from connection.unsaid
        if command == Command.P_INITIAL_DATA:
            for direction in connection.directions.values():
                direction.framing.agreed_version = VERSION_BEFORE_AGREEMENT
        elif socket is Socket.meta:
            yield from self._pair(connection)

    def _compare_features(
        self, connection: Connection, direction: Direction, packet: P_CONNECTION_FEATURES
    ) -> Iterator[Sighting]:
        """Both nodes take what both know (wire 4.3)."""
        connection.features[direction.source] = packet
        direction.framing.agreed_version = None
        if len(connection.features) < len(connection.directions):
            return
        one, other = connection.features.values()
        connection.agree(
            Agreement(
                version=min(it.protocol_max or it.protocol_min for it in (one, other)),
                feature_flags=one.feature_flags & other.feature_flags,
            )
        )
        if connection.partner is None:
            yield from self._pair(connection)

    def _pair(self, connection: Connection) -> Iterator[Sighting]:
        """Find the other socket of the same DRBD connection: the latest that is still alone."""
        candidates = [
            other
            for other in self._connections.values()
            if other.socket not in (None, connection.socket)
            and other.partner is None
            and not other.is_finished
            and other.addresses == connection.addresses
            and (other.agreement or connection.agreement)
        ]
        if not candidates:
            return
        partner = max(
            candidates,
            key=lambda it: (bool(it.listening_ports & connection.listening_ports), it.number),
        )
        partner.partner, connection.partner = connection, partner
        agreement = connection.agreement or partner.agreement
        assert agreement is not None
        partner.agree(agreement)
        connection.agree(agreement)
        features = Features.describe(agreement.feature_flags)
        yield self._remark(
            connection,
            f"and c{partner.number} belong together: version {agreement.version}, {features}",
            is_odd=False,
        )

    def _remark(self, connection: Connection, sentence: str, *, is_odd: bool) -> Remark:
        return Remark(self._now_s, connection.number, sentence, is_odd)


def _unpack(layout: type[Packet], seen: FrameSeen, agreed_size: int | None) -> Packet | None:
    """The packet in a frame; None when too little of it was captured."""
    payload = seen.frame.payload
    if layout.COMMAND not in DATA_PACKETS:
        digest_size = 0
    elif agreed_size is not None:
        digest_size = agreed_size
    else:
        digest_size = (len(payload) - layout.FIXED_SIZE) % SECTOR_SIZE_BYTES
    if seen.missing_size and seen.good_size < layout.FIXED_SIZE + digest_size:
        return None
    return layout.unpack_from(payload, 0, len(payload), digest_size=digest_size)
