"""The table of rejections, row by row: framing, handshake and meta socket (wire 4.3, 4.4, 13).

Not here, with the reason: "end of file after an own Disconnecting request" is part of the orderly
disconnect; what two primaries may meet is in test_write_conflicts.py.
"""

from collections.abc import Callable
from typing import Final

from generated.layouts.acks import (
    P_BARRIER_ACK,
    P_NEG_ACK,
    P_NEG_DREPLY,
    P_NEG_RS_DREPLY,
    P_OV_RESULT,
    P_RECV_ACK,
    P_RETRY_WRITE,
    P_RS_CANCEL,
    P_RS_IS_IN_SYNC,
    P_RS_WRITE_ACK,
    P_SUPERSEDED,
    P_WRITE_ACK,
    VerifyResult,
)
from generated.layouts.commands import Command
from generated.layouts.handshake import P_AUTH_CHALLENGE, P_AUTH_RESPONSE, P_CONNECTION_FEATURES
from generated.layouts.housekeeping import P_PING
from generated.layouts.state import P_CONN_ST_CHG_REPLY, P_STATE, P_STATE_CHG_REPLY
from generated.layouts.write import P_DATA, P_UNPLUG_REMOTE
from tests.runtime.engine.phases import (
    Stage,
    challenge_awaited,
    connected,
    features_awaited,
    parameters_awaited,
    primary,
    verify_source,
    verify_target,
)
from tests.runtime.engine.reactions import (
    Reaction,
    Row,
    check,
    data,
    data_bytes,
    framed,
    meta,
    meta_bytes,
    old,
    parametrized,
)
from tests.runtime.engine.scripted_peer import SIZES, SYNC_PARAM, uuids, word

RECONNECT, RETRY = Reaction.RECONNECT, Reaction.RETRY
STANDALONE, STAYS = Reaction.STANDALONE, Reaction.STAYS

BLOCK: Final = bytes(4096)
UNKNOWN: Final = 0x3FFF
HEADER_WITH_PAD: Final = framed(Command.P_UNPLUG_REMOTE)[:-4] + b"\0\0\0\1"


def _result_of(sector: int, size: int = 4096) -> P_OV_RESULT:
    return P_OV_RESULT(sector, VerifyResult.OUT_OF_SYNC, size, 1)


def _lose(socket: str) -> Callable[[Stage], None]:
    def lose(stage: Stage) -> None:
        peer = stage.peer
        channel = peer.data if socket == "data" else peer.meta
        peer.sockets.closed.append(socket)
        stage.world.cut(peer, channel, "reset")

    return lose


def _fail_silently(stage: Stage) -> None:
    stage.world.run_for(15)


def _reflect(stage: Stage) -> None:
    """Send the engine its own challenge."""
    packet = stage.peer.last(Command.P_AUTH_CHALLENGE)
    assert isinstance(packet, P_AUTH_CHALLENGE)
    stage.peer.say(packet)


def response_awaited() -> Stage:
    """The engine has signed the peer's challenge."""
    stage = challenge_awaited()
    stage.peer.say(P_AUTH_CHALLENGE(bytes(64), b""))
    stage.peer.await_packet(Command.P_AUTH_RESPONSE)
    return stage


FRAMING: Final = [
    Row("data socket is reset", connected, _lose("data"), RECONNECT),
    Row("meta socket is reset", connected, _lose("meta"), RECONNECT),
    Row("bad magic on data", connected, data_bytes(b"no packet at all"), RECONNECT),
    Row("bad magic on meta", connected, meta_bytes(b"no packet at all"), RECONNECT),
    Row("pad of a header on data", connected, data_bytes(HEADER_WITH_PAD), RECONNECT),
    Row("pad of a header on meta", connected, meta_bytes(HEADER_WITH_PAD), RECONNECT),
    Row("old header after 100 was agreed", connected, data_bytes(old(Command.P_BARRIER, bytes(8))
        + bytes(8)), RECONNECT),
    Row("unknown number on data", connected, data_bytes(framed(UNKNOWN)), RECONNECT),
    Row("unknown number on meta", connected, meta_bytes(framed(UNKNOWN)), STANDALONE),
    Row("data packet on meta", connected, meta_bytes(framed(Command.P_BARRIER, bytes(8))),
        STANDALONE),
    Row("meta packet on data", connected, data(P_PING()), RECONNECT),
    Row("too short on data", connected, data_bytes(framed(Command.P_BARRIER, bytes(7))), RECONNECT),
    Row("too short on meta", connected, meta_bytes(framed(Command.P_WRITE_ACK, bytes(23))),
        RECONNECT),
    Row("too long on data", connected, data_bytes(framed(Command.P_BARRIER, bytes(9))), RECONNECT),
    Row("too long on meta", connected, meta_bytes(framed(Command.P_WRITE_ACK, bytes(25))),
        RECONNECT),
    Row("ping with content", connected, meta_bytes(framed(Command.P_PING, b"x")), RECONNECT),
    Row("ping ack with content", connected, meta_bytes(framed(Command.P_PING_ACK, b"x")),
        RECONNECT),
    Row("write to an unknown volume", connected, data(P_DATA(0, 1, 1, 0, b"", BLOCK), volume=7),
        RECONNECT),
    Row("ack of an unknown volume", connected, meta(P_NEG_ACK(0, 1, 4096, 1), volume=7), RECONNECT),
    Row("parameters of an unknown volume", connected,
        data(SYNC_PARAM, SIZES, uuids(17), P_STATE(word()), volume=7), STAYS),
    Row("features after the handshake", connected,
        data(P_CONNECTION_FEATURES(86, 0, 101)), RECONNECT),
    Row("challenge after the handshake", connected,
        data(P_AUTH_CHALLENGE(bytes(64), b"")), RECONNECT),
    Row("response after the handshake", connected, data(P_AUTH_RESPONSE(bytes(20))), RECONNECT),
    Row("first packet after the handshake", connected,
        data_bytes(framed(Command.P_INITIAL_DATA)), RECONNECT),
]  # fmt: skip

HANDSHAKE: Final = [
    Row("no features in time", features_awaited, _fail_silently, RETRY),
    Row("reset before the features", features_awaited, _lose("data"), RETRY),
    Row("bad magic instead of features", features_awaited, data_bytes(b"no packet"), RETRY),
    Row("another packet than features", features_awaited, data(P_UNPLUG_REMOTE()), STANDALONE),
    Row("features that are too short", features_awaited,
        data_bytes(old(Command.P_CONNECTION_FEATURES, bytes(71))), STANDALONE),
    Row("peer that is too new", features_awaited,
        data(P_CONNECTION_FEATURES(102, 0, 110)), STANDALONE),
    Row("peer that is too old", features_awaited,
        data(P_CONNECTION_FEATURES(80, 0, 85)), STANDALONE),
    Row("peer that is too old and tells one version", features_awaited,
        data(P_CONNECTION_FEATURES(85, 0, 0)), STANDALONE),
    Row("no challenge in time", challenge_awaited, _fail_silently, RETRY),
    Row("another packet than a challenge", challenge_awaited, data(P_UNPLUG_REMOTE()), STANDALONE),
    Row("short challenge", challenge_awaited,
        data_bytes(framed(Command.P_AUTH_CHALLENGE, bytes(63))), STANDALONE),
    Row("long challenge", challenge_awaited,
        data_bytes(framed(Command.P_AUTH_CHALLENGE, bytes(129))), STANDALONE),
    Row("own challenge sent back", challenge_awaited, _reflect, STANDALONE),
    Row("bad magic in the handshake", challenge_awaited, data_bytes(HEADER_WITH_PAD), RETRY),
    Row("no response in time", response_awaited, _fail_silently, RETRY),
    Row("another packet than a response", response_awaited, data(P_UNPLUG_REMOTE()), RETRY),
    Row("short response", response_awaited, data(P_AUTH_RESPONSE(bytes(31))), RETRY),
    Row("wrong response", response_awaited, data(P_AUTH_RESPONSE(bytes(32))), STANDALONE),
    Row("challenge that nobody awaits", parameters_awaited,
        data(P_AUTH_CHALLENGE(bytes(64), b"")), RECONNECT),
]  # fmt: skip

META: Final = [
    *(
        Row(f"{kind.COMMAND.name} for no write", primary, meta(kind(1024, 3, 4096, 1)), RECONNECT)
        for kind in (P_RECV_ACK, P_WRITE_ACK, P_RS_WRITE_ACK, P_SUPERSEDED, P_RETRY_WRITE)
    ),
    Row("P_NEG_ACK for no write", primary, meta(P_NEG_ACK(1024, 3, 4096, 1)), STAYS),
    Row("P_NEG_DREPLY for no read", primary, meta(P_NEG_DREPLY(1024, 3, 4096, 1)), RECONNECT),
    Row("P_BARRIER_ACK for no epoch", connected, meta(P_BARRIER_ACK(1, 1)), RECONNECT),
    Row("P_BARRIER_ACK with another count", primary, meta(P_BARRIER_ACK(1, 77)), RECONNECT),
    Row("reply to no request for a volume", connected, meta(P_STATE_CHG_REPLY(1)), STAYS),
    Row("reply to no request for all", connected, meta(P_CONN_ST_CHG_REPLY(1)), STAYS),
    Row("P_NEG_RS_DREPLY without a resync", connected, meta(P_NEG_RS_DREPLY(8, 0, 4096, 1)), STAYS),
    Row("P_OV_RESULT without a verify", connected, meta(_result_of(0)), RECONNECT),
    Row("P_OV_RESULT that is awaited", verify_target, meta(_result_of(0)), STAYS),
    Row("P_OV_RESULT twice", verify_target, meta(_result_of(0), _result_of(0)), RECONNECT),
    Row("P_OV_RESULT of another block", verify_target, meta(_result_of(8)), RECONNECT),
    Row("P_OV_RESULT of another size", verify_target, meta(_result_of(0, 512)), RECONNECT),
    Row("P_OV_RESULT to who asks", verify_source, meta(_result_of(0)), RECONNECT),
    Row("P_NEG_RS_DREPLY in a verify", verify_source, meta(P_NEG_RS_DREPLY(8, 0, 4096, 1)), STAYS),
    Row("P_NEG_RS_DREPLY that nobody awaits", verify_source,
        meta(P_NEG_RS_DREPLY(4096, 0, 4096, 1)), RECONNECT),
    Row("P_RS_IS_IN_SYNC without a resync", connected, meta(P_RS_IS_IN_SYNC(8, 0, 4096, 1)), STAYS),
    Row("P_RS_CANCEL without a resync", connected, meta(P_RS_CANCEL(8, 0, 4096, 1)), STAYS),
]  # fmt: skip


@parametrized(FRAMING)
def test_bytes_that_are_no_packet_lead_to_what_the_table_says(row: Row) -> None:
    """What can't be taken apart costs the connection and nothing else."""
    check(row)


@parametrized(HANDSHAKE)
def test_handshake_that_fails_leads_to_what_the_table_says(row: Row) -> None:
    """A handshake that goes wrong is tried again or given up, as the tables of it say."""
    check(row)


@parametrized(META)
def test_acknowledgement_that_nobody_awaits_leads_to_what_the_table_says(row: Row) -> None:
    """An answer without a question costs the connection, or is only told to the log."""
    check(row)
