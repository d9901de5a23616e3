"""Two primaries that write to the same place at once, and a peer that answers as kernels do (7.9).

The peer has opened the meta socket where the engine is to have the conflict flag.
"""

import pytest

from generated.layouts.acks import (
    P_BARRIER_ACK,
    P_RETRY_WRITE,
    P_SUPERSEDED,
    P_WRITE_ACK,
    BlockAck,
)
from generated.layouts.commands import Command
from generated.layouts.configuration import P_PROTOCOL_UPDATE, ReplicationProtocol
from generated.layouts.state import P_STATE
from generated.layouts.write import (
    P_BARRIER,
    P_DATA,
    P_TRIM,
    P_WSAME,
    P_ZEROES,
    DpFlags,
    RangeWrite,
)
from generated.states.conn_states import ConnState
from generated.states.node_states import NodeState
from generated.states.peer_disk_states import PeerDiskState
from runtime.requests import Request
from tests.runtime.engine.phases import Stage, connected
from tests.runtime.engine.scripted_peer import word

FLAGS = int(DpFlags.SEND_WRITE_ACK)
OWN, PEERS = b"o" * 4096, b"p" * 4096


def both_primary(*, has_flag: bool, version: int = 101) -> Stage:
    """Both nodes are primary and have the same data."""
    stage = connected(version=version, is_primary=True, is_called=not has_flag)
    stage.peer.say(P_PROTOCOL_UPDATE(ReplicationProtocol.C, 0, 0, 0, 0, 1, b"\0"))
    state = word(conn=ConnState.Connected, pdsk=PeerDiskState.UpToDate, role=NodeState.Primary)
    stage.peer.say(P_STATE(state))
    stage.peer.settle()
    assert stage.node.state().peer.name == "Primary", stage.world.story()
    return stage


def data_of(sector: int, number: int, content: bytes = PEERS) -> P_DATA:
    """A write of the peer."""
    return P_DATA(sector, 77, number, FLAGS, b"", content)


def sent_write(stage: Stage, index: int = -1) -> P_DATA:
    """What the engine has sent of its applications' writes."""
    packets = [it.read() for it in stage.peer.heard if it.command == Command.P_DATA]
    packet = packets[index]
    assert isinstance(packet, P_DATA)
    return packet


def answer(stage: Stage, kind: type[BlockAck], write: P_DATA, number: int) -> None:
    """Say something to a write of the engine."""
    stage.peer.acknowledge(kind(write.sector, write.block_id, len(write.data), number))
    stage.peer.settle()


def barriers(stage: Stage) -> list[int]:
    """The epochs that the engine has closed."""
    packets = [it.read() for it in stage.peer.heard if it.command == Command.P_BARRIER]
    return [it.barrier for it in packets if isinstance(it, P_BARRIER)]


def is_done(stage: Stage, request: Request) -> bool:
    """Whether the application was told that its write has ended well."""
    return request in stage.node.finished and not stage.node.finished[request].error


def content(stage: Stage, sector: int, count: int) -> bytes:
    """What the engine's disk has."""
    return stage.node.content()[sector * 512 : (sector + count) * 512]


# The engine has the flag


def test_write_waits_for_the_numbers_before_it() -> None:
    """A write is taken when all acknowledgements have come that were sent before it."""
    stage = both_primary(has_flag=True)
    own = stage.node.write(0, OWN)
    stage.peer.settle()
    stage.peer.say(data_of(0, 2))
    stage.peer.settle()
    assert not stage.peer.count(Command.P_WRITE_ACK)
    answer(stage, P_WRITE_ACK, sent_write(stage), 1)
    assert stage.peer.count(Command.P_WRITE_ACK) == 1
    assert is_done(stage, own)
    assert content(stage, 0, 8) == PEERS


def test_number_that_never_comes_ends_the_link() -> None:
    """After a ping-timeout without the missing number the connection is given up (wire 13.2)."""
    stage = both_primary(has_flag=True)
    stage.peer.say(data_of(0, 3))
    stage.world.run_for(0.4)
    assert stage.conn is ConnState.Connected
    stage.world.run_for(0.2)
    assert "NetworkFailure" in stage.names_passed()


def test_without_two_primaries_no_number_is_waited_for() -> None:
    """Where one node alone is primary, numbers are not looked at."""
    stage = connected()
    stage.peer.say(data_of(0, 9))
    stage.peer.settle()
    assert stage.peer.count(Command.P_WRITE_ACK) == 1


def test_own_write_replaces_the_peers() -> None:
    """With the flag the peer's write is acknowledged at once, and the own one is on top of it."""
    stage = both_primary(has_flag=True)
    own = stage.node.write(4, OWN)
    stage.peer.say(data_of(0, 1))
    stage.peer.settle()
    assert stage.peer.count(Command.P_WRITE_ACK) == 1
    assert not is_done(stage, own)
    answer(stage, P_WRITE_ACK, sent_write(stage), 2)
    assert is_done(stage, own)
    assert content(stage, 0, 12) == PEERS[:2048] + OWN


def test_peers_write_is_answered_when_the_own_is_on_disk() -> None:
    """Nobody reads what was there before two writes of which one is finished."""
    stage = both_primary(has_flag=True)
    stage.node.disk_latency_s = 5.0
    stage.node.write(0, OWN)
    stage.peer.say(data_of(0, 1))
    stage.peer.settle()
    assert not stage.peer.count(Command.P_WRITE_ACK)
    stage.world.run_for(10)
    assert stage.peer.count(Command.P_WRITE_ACK) == 1
    assert content(stage, 0, 8) == OWN


def test_link_is_cleaned_up_behind_a_write_of_which_nothing_is_left() -> None:
    """A write that waited for another one, and then needs no disk, keeps no link from its end."""
    stage = both_primary(has_flag=True)
    stage.node.write(0, OWN)
    stage.peer.settle()
    stage.node.disk_latency_s = 5.0
    stage.peer.say(data_of(4, 1), data_of(4, 2, PEERS[:2048]))
    stage.peer.settle()
    stage.world.reset_link()
    stage.world.run_for(10)
    assert stage.conn is ConnState.WFConnection
    assert content(stage, 0, 12) == OWN + PEERS[:2048]


@pytest.mark.parametrize("kind", [P_SUPERSEDED, P_RETRY_WRITE])
def test_second_answer_ends_the_link(kind: type[BlockAck]) -> None:
    """What the peer has written it can't refuse any more (wire 13.3)."""
    stage = both_primary(has_flag=False)
    stage.node.write(0, OWN)
    stage.peer.settle()
    answer(stage, P_WRITE_ACK, sent_write(stage), 1)
    answer(stage, kind, sent_write(stage), 2)
    assert "NetworkFailure" in stage.names_passed()


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (P_TRIM(0, 77, 2, FLAGS | DpFlags.DISCARD, 12288), bytes(4096) + OWN + bytes(4096)),
        (P_ZEROES(0, 77, 2, FLAGS | DpFlags.ZEROES, 12288), bytes(4096) + OWN + bytes(4096)),
        (
            P_WSAME(0, 77, 2, FLAGS | DpFlags.WSAME, 12288, b"", b"w" * 512),
            b"w" * 4096 + OWN + b"w" * 4096,
        ),
    ],
    ids=lambda it: type(it).__name__,
)
def test_ranges_are_cut_around_the_own_write(packet: RangeWrite, expected: bytes) -> None:
    """What is written without data leaves out what the own write replaces, too."""
    stage = both_primary(has_flag=True)
    stage.node.write(0, b"x" * 12288)
    stage.peer.settle()
    answer(stage, P_WRITE_ACK, sent_write(stage), 1)
    stage.node.write(8, OWN)
    stage.peer.say(packet)
    stage.peer.settle()
    assert stage.peer.count(Command.P_WRITE_ACK) == 1
    assert content(stage, 0, 24) == expected


# The engine does not have it


def test_peers_write_waits_for_the_answer() -> None:
    """Without the flag a write of the peer comes behind the own one to the same place."""
    stage = both_primary(has_flag=False)
    stage.node.write(0, OWN)
    stage.peer.say(data_of(4, 1))
    stage.peer.settle()
    assert not stage.peer.count(Command.P_WRITE_ACK)
    answer(stage, P_WRITE_ACK, sent_write(stage), 2)
    assert stage.peer.count(Command.P_WRITE_ACK) == 1
    assert content(stage, 0, 12) == OWN[:2048] + PEERS


def test_answer_that_never_comes_ends_the_link() -> None:
    """Without the flag a write of the peer waits ko-count times timeout at most."""
    stage = both_primary(has_flag=False)
    stage.node.write(0, OWN)
    stage.peer.say(data_of(0, 1))
    stage.world.run_for(41)
    assert stage.conn is ConnState.Connected
    stage.world.run_for(3)
    assert "Timeout" in stage.names_passed()


def test_superseded_write_is_done() -> None:
    """What the peer's write covers is finished, and nobody waits for its epoch."""
    stage = both_primary(has_flag=False)
    own = stage.node.write(4, OWN[:512])
    stage.peer.say(data_of(0, 1))
    stage.peer.settle()
    answer(stage, P_SUPERSEDED, sent_write(stage), 2)
    assert is_done(stage, own)
    assert content(stage, 0, 8) == PEERS
    assert len(barriers(stage)) == 1
    stage.world.run_for(60)
    assert stage.conn is ConnState.Connected
    assert not stage.node.resource.bits_out_of_sync()


def test_postponed_write_is_repeated_behind_the_peers() -> None:
    """What the peer wants again goes once more, as another request in another epoch."""
    stage = both_primary(has_flag=False)
    own = stage.node.write(0, OWN)
    stage.peer.say(data_of(4, 1))
    stage.peer.settle()
    first = sent_write(stage)
    answer(stage, P_RETRY_WRITE, first, 2)
    again = sent_write(stage)
    assert (again.sector, again.data, again.seq_num) == (0, OWN, 3)
    assert again.block_id != first.block_id
    assert not is_done(stage, own)
    answer(stage, P_WRITE_ACK, again, 3)
    assert is_done(stage, own)
    assert content(stage, 0, 12) == OWN + PEERS[2048:]
    first_barrier, second_barrier = barriers(stage)
    assert first_barrier != second_barrier
    stage.peer.acknowledge(P_BARRIER_ACK(second_barrier, 1))
    stage.peer.settle()
    assert stage.conn is ConnState.Connected


def test_write_is_not_repeated_before_the_peers_has_come() -> None:
    """The answer's number tells that a write was sent before it on the other socket."""
    stage = both_primary(has_flag=False)
    stage.node.write(0, OWN)
    stage.peer.settle()
    answer(stage, P_RETRY_WRITE, sent_write(stage), 2)
    assert stage.peer.count(Command.P_DATA) == 1
    stage.peer.say(data_of(4, 1))
    stage.peer.settle()
    assert stage.peer.count(Command.P_DATA) == 2
    assert content(stage, 4, 8) == OWN[:2048] + PEERS[2048:]


def test_postponed_write_that_nothing_comes_before_ends_the_link() -> None:
    """A write of the peer that was announced and does not come is not waited for for ever."""
    stage = both_primary(has_flag=False)
    own = stage.node.write(0, OWN)
    stage.peer.settle()
    answer(stage, P_RETRY_WRITE, sent_write(stage), 2)
    stage.world.run_for(45)
    assert "Timeout" in stage.names_passed()
    assert is_done(stage, own)
    assert stage.node.resource.bits_out_of_sync() == 1


@pytest.mark.parametrize("latency_s", [0.0, 3.0])
def test_link_lost_while_a_write_is_postponed(latency_s: float) -> None:
    """The write is finished here, and counts as missing at the peer."""
    stage = both_primary(has_flag=False)
    stage.node.disk_latency_s = latency_s
    own = stage.node.write(0, OWN)
    stage.peer.settle()
    answer(stage, P_RETRY_WRITE, sent_write(stage), 2)
    stage.world.reset_link()
    stage.world.run_for(10)
    assert is_done(stage, own)
    assert content(stage, 0, 8) == OWN
    assert stage.node.resource.bits_out_of_sync() == 1


def test_epoch_that_is_never_confirmed_is_passed_over() -> None:
    """A kernel confirms later epochs only, when it has refused a write of one."""
    stage = both_primary(has_flag=False)
    writes = [stage.node.write(sector, OWN) for sector in (0, 64)]
    stage.peer.say(data_of(0, 1))
    stage.peer.settle()
    answer(stage, P_SUPERSEDED, sent_write(stage, 0), 2)
    answer(stage, P_WRITE_ACK, sent_write(stage, 1), 3)
    assert all(is_done(stage, it) for it in writes)
    stage.node.write(128, OWN)
    stage.peer.settle()
    answer(stage, P_WRITE_ACK, sent_write(stage), 4)
    stage.peer.acknowledge(P_BARRIER_ACK(barriers(stage)[-1], 1))
    stage.peer.settle()
    stage.world.run_for(60)
    assert stage.conn is ConnState.Connected
    assert len(barriers(stage)) == 2


def test_superseded_write_of_an_old_version_is_repeated() -> None:
    """Below version 100 the peer may have left out more than its own write covers."""
    stage = both_primary(has_flag=False, version=99)
    stage.node.write(0, OWN)
    stage.peer.say(data_of(4, 1))
    stage.peer.settle()
    answer(stage, P_SUPERSEDED, sent_write(stage), 2)
    assert stage.peer.count(Command.P_DATA) == 2
    assert content(stage, 0, 12) == OWN + PEERS[2048:]
