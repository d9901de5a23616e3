"""What a source answers to requests with digests, right, wrong and of no use (wire 9.4, 13.2)."""

from typing import Final

import pytest

from generated.layouts.acks import P_RS_IS_IN_SYNC
from generated.layouts.commands import Command
from generated.layouts.configuration import P_SYNC_PARAM89, ResyncController
from generated.layouts.requests import P_CSUM_RS_REQUEST, SpecialBlockId
from generated.layouts.state import P_STATE
from generated.states.conn_states import ConnState
from runtime.config import NetOptions
from runtime.digests import digest
from tests.runtime.engine.phases import INCONSISTENT, Stage, sync_source, sync_target, whole_bitmap
from tests.runtime.engine.scripted_peer import ALL_BITS, JUST_CREATED, SIZES, protocol, uuids

ID_SYNCER: Final = SpecialBlockId.ID_SYNCER
BLOCK: Final = bytes(4096)
SHA1: Final = P_SYNC_PARAM89(250, b"", b"sha1", ResyncController(20, 10, 100, 102400))


def sync_source_with_sha1() -> Stage:
    """The peer may ask for blocks, and tell the SHA-1 of its own."""
    stage = Stage(net=NetOptions(csums_alg="sha1"))
    stage.begin(has_data=True)
    stage.peer.shake_hands()
    generations = uuids(JUST_CREATED, bits_set=ALL_BITS)
    stage.peer.say(protocol(), SHA1, SIZES, generations, P_STATE(INCONSISTENT))
    stage.peer.settle()
    stage.peer.say(*whole_bitmap())
    stage.peer.settle()
    assert stage.conn is ConnState.SyncSource, stage.world.story()
    return stage


def _ask(stage: Stage, made: bytes) -> None:
    stage.peer.say(P_CSUM_RS_REQUEST(8, ID_SYNCER, len(BLOCK), digest=made))
    stage.peer.settle()


def test_equal_block_is_told_of_and_in_sync() -> None:
    """A digest of what the source has too is answered without data, and the block is in sync."""
    stage = sync_source_with_sha1()
    _ask(stage, digest("sha1", BLOCK))
    answer = stage.peer.last(Command.P_RS_IS_IN_SYNC)
    assert isinstance(answer, P_RS_IS_IN_SYNC)
    assert (answer.sector, answer.blksize) == (8, len(BLOCK))
    assert stage.node.resource.bits_out_of_sync() == ALL_BITS - 1
    assert not stage.peer.count(Command.P_RS_DATA_REPLY)


@pytest.mark.parametrize(
    "made",
    [bytes(20), digest("sha1", BLOCK)[:19], digest("sha1", BLOCK) + b"x", b""],
    ids=["other", "short", "long", "none"],
)
def test_anything_else_is_answered_with_data(made: bytes) -> None:
    """A digest of something else, or one that is none, gets the data, and the bit stays."""
    stage = sync_source_with_sha1()
    _ask(stage, made)
    assert stage.peer.count(Command.P_RS_DATA_REPLY) == 1
    assert not stage.peer.count(Command.P_RS_IS_IN_SYNC)
    assert stage.node.resource.bits_out_of_sync() == ALL_BITS
    assert stage.node.said("P_CSUM_RS_REQUEST has a digest of") is (len(made) != 20)


def test_source_that_knows_no_algorithm_sends_the_data() -> None:
    """Without csums-alg nothing can be compared."""
    stage = sync_source()
    _ask(stage, digest("sha1", BLOCK))
    assert stage.peer.count(Command.P_RS_DATA_REPLY) == 1
    assert stage.node.said("those of csums-alg (none) have 0")


def test_target_believes_no_answer_to_what_it_did_not_compare() -> None:
    """Who asked for data and is told that they are equal does not take that for an answer."""
    stage = sync_target()
    asked = next(it.payload for it in stage.peer.heard if it.command == Command.P_RS_DATA_REQUEST)
    size_bytes = int.from_bytes(asked[16:20], "big")
    left = stage.node.resource.bits_out_of_sync()
    stage.peer.acknowledge(P_RS_IS_IN_SYNC(0, ID_SYNCER, size_bytes, 1))
    stage.peer.settle()
    assert stage.peer.is_cut_off
    assert stage.node.resource.bits_out_of_sync() == left
    assert stage.node.said("of which no digest was told")
