"""A peer that asks and asks costs a bounded amount of memory."""

from itertools import repeat

from generated.layouts.housekeeping import P_PING
from generated.layouts.requests import P_DATA_REQUEST, P_RS_DATA_REQUEST, SpecialBlockId
from runtime.effects import ReadBlocks
from runtime.engine.owed import OWED_SIZE_BYTES_MAX, Owed
from tests.runtime.engine.phases import Stage, primary, sync_source

MIB = 1 << 20
REQUEST_COUNT = 2000  # of 1 MiB each, in 80 KiB on the wire


def read_size_bytes(stage: Stage) -> int:
    """What the disk was asked to read."""
    return sum(work.size_bytes for work in stage.node.works if isinstance(work, ReadBlocks))


def test_resync_requests_of_a_flood_wait_their_turn() -> None:
    """Of many requests that come at once, no more is read than the bound allows."""
    stage = sync_source()
    stage.node.disk_latency_s = 1000.0
    stage.peer.say(*repeat(P_RS_DATA_REQUEST(0, SpecialBlockId.ID_SYNCER, MIB), REQUEST_COUNT))
    stage.world.run_for(0.01)
    assert OWED_SIZE_BYTES_MAX < read_size_bytes(stage) <= OWED_SIZE_BYTES_MAX + MIB


def test_reads_of_a_flood_wait_their_turn() -> None:
    """The same is true of the reads of a peer's applications."""
    stage = primary()
    before = read_size_bytes(stage)
    stage.node.disk_latency_s = 1000.0
    stage.peer.say(*(P_DATA_REQUEST(2048, number, MIB) for number in range(REQUEST_COUNT)))
    stage.world.run_for(0.01)
    asked = read_size_bytes(stage) - before
    assert OWED_SIZE_BYTES_MAX < asked <= OWED_SIZE_BYTES_MAX + MIB


def test_answers_count_until_the_socket_takes_them() -> None:
    """A peer that takes no answers is not read from, until it does."""
    told: list[str] = []
    owed = Owed(lambda _: told.append("pause"), lambda _: told.append("resume"))
    owed.add(OWED_SIZE_BYTES_MAX)
    owed.answered(OWED_SIZE_BYTES_MAX, is_congested=True)
    owed.add(MIB)
    assert (told, owed.size_bytes) == (["pause"], OWED_SIZE_BYTES_MAX + MIB)
    owed.taken()
    assert (told, owed.size_bytes) == (["pause", "resume"], MIB)


def test_pings_are_not_answered_for_ever() -> None:
    """Once the meta socket takes nothing more, nothing more is taken from the peer."""
    stage = primary()
    stage.node.is_blocked = True
    for _ in range(50):
        stage.peer.acknowledge(*repeat(P_PING(), 1000))
        stage.world.run_for(0.001)
    assert sum(channel.out_size_bytes for channel in stage.node.channels) < 100_000
    stage.node.unblock()
    stage.world.run_for(0.01)
    assert stage.node.state().conn.name == "Connected"
