"""Digests in front of data: what was altered on its way ends the connection (wire 7.1).

Each node says in P_PROTOCOL which hash its own data come with. A range that is told without its
data, to be discarded or zeroed, has none.
"""

from generated.layouts.codec import Octets, Packet
from generated.layouts.requests import DataReply
from generated.layouts.write import P_DATA, P_WSAME
from runtime.digests import DIGEST_SIZE_BYTES, digest
from runtime.engine.connection import Connection
from runtime.engine.handshake import PeerRefused
from runtime.errors import PeerError


def digest_for(connection: Connection, content: Octets) -> bytes:
    """What stands in front of these bytes when they go to the peer."""
    name = connection.integrity_alg
    return digest(name, content) if name else b""


def expect_digests(connection: Connection, integrity_alg: Octets) -> None:
    """From the next packet on the peer's data come with such digests; PeerRefused if unknown."""
    name = bytes(integrity_alg).rstrip(b"\0").decode("ascii", "replace")
    if name and name not in DIGEST_SIZE_BYTES:
        raise PeerRefused(f"the peer's data-integrity-alg {name!r} is not known here")
    assert connection.data is not None
    connection.peer_integrity_alg = name
    connection.data.digest_size = DIGEST_SIZE_BYTES.get(name, 0)


def check_digest(connection: Connection, packet: Packet, *, volume: int) -> None:
    """PeerError when a packet's data are not those that its digest was made of."""
    match packet:
        case P_DATA() | DataReply():
            content = packet.data
        case P_WSAME():
            content = packet.block
        case _:
            return
    name = connection.peer_integrity_alg
    if digest(name, content) != packet.digest:
        raise PeerError(
            f"{packet.COMMAND.name} of sector {packet.sector} of volume {volume}, {len(content)}"
            f" bytes: its {name} is not that of its data, which were altered on their way or while"
            " they were sent"
        )
