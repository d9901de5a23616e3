"""The table of rejections, row by row: the packets of the data socket (wire 4.5, 5, 13.2).

Not here, with the reason:
- whatever the table says "must not be sent" of has no reaction to be held to;
- P_ZEROES under data integrity costs a kernel its connection by a defect: it is taken here;
- missing sequence numbers, conflicts, writes without SEND_WRITE_ACK: two primaries;
- a new generation while I/O is suspended: tests/simulation/test_fencing.py has two whole nodes;
- names without a zero at their end, short P_SYNC_PARAMs: refused here, and missed by the kernel.
"""

from dataclasses import replace
from typing import Final

from generated.layouts.bitmap import P_BITMAP, P_COMPRESSED_BITMAP, BitmapEncoding
from generated.layouts.commands import Command
from generated.layouts.configuration import (
    P_PROTOCOL,
    P_PROTOCOL_UPDATE,
    P_SIZES,
    P_SYNC_PARAM89,
    ConnFlags,
    ReplicationProtocol,
    ResyncController,
)
from generated.layouts.generations import P_SYNC_UUID
from generated.layouts.housekeeping import P_DELAY_PROBE
from generated.layouts.requests import (
    P_CSUM_RS_REQUEST,
    P_DATA_REPLY,
    P_DATA_REQUEST,
    P_OV_REPLY,
    P_OV_REQUEST,
    P_RS_DATA_REPLY,
    P_RS_DATA_REQUEST,
    P_RS_THIN_REQ,
    SpecialBlockId,
)
from generated.layouts.state import P_CONN_ST_CHG_REQ, P_STATE_CHG_REQ, StateWord
from generated.layouts.write import (
    P_BARRIER,
    P_DATA,
    P_OUT_OF_SYNC,
    P_TRIM,
    P_UNPLUG_REMOTE,
    P_WSAME,
    P_ZEROES,
)
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.node_states import NodeState
from runtime.digests import digest
from tests.runtime.engine.phases import (
    Stage,
    bitmap_half_received,
    bitmap_to_be_received,
    connected,
    diskless_primary,
    parameters_awaited,
    primary,
    sync_source,
    sync_target,
    verify_source,
    verify_target,
    whole_bitmap,
)
from tests.runtime.engine.reactions import (
    Reaction,
    Row,
    check,
    data,
    data_bytes,
    framed,
    old,
    parametrized,
)
from tests.runtime.engine.scripted_peer import (
    LIMITS,
    SIZES,
    SYNC_PARAM,
    SYNCED_UUID,
    protocol,
    uuids,
    word,
)
from tests.simulation.node import VOLUME_SECTORS

RECONNECT, STANDALONE, STAYS = Reaction.RECONNECT, Reaction.STANDALONE, Reaction.STAYS

BLOCK: Final = bytes(4096)
MIB: Final = 1 << 20
SYNCER: Final = SpecialBlockId.ID_SYNCER
TOO_LONG_NAME: Final = b"x" * 65
C: Final = ReplicationProtocol.C
LONG_PARAM: Final = framed(Command.P_SYNC_PARAM89, SYNC_PARAM.pack() + b"x")
OTHER_VERIFY: Final = P_SYNC_PARAM89(250, b"sha1", b"", ResyncController(20, 10, 100, 102400))
UNKNOWN_VERIFY: Final = P_SYNC_PARAM89(250, b"md4", b"", ResyncController(20, 10, 100, 102400))
OTHER_CSUMS: Final = P_SYNC_PARAM89(250, b"", b"sha1", ResyncController(20, 10, 100, 102400))
NO_HASH: Final = P_SYNC_PARAM89(250, b"no hash", b"", ResyncController(20, 10, 100, 102400))
SMALL: Final = P_SIZES(VOLUME_SECTORS - 8, 0, VOLUME_SECTORS - 8, MIB, 0, LIMITS)
ODD_BLOCKS: Final = replace(LIMITS, logical_block_size=3)
RLE: Final = BitmapEncoding(2, 0, 1)


def diskless_primary_alone() -> Stage:
    """A Primary without a disk has lost its peer, and a peer has come again."""
    stage = diskless_primary()
    stage.world.cut(stage.peer, stage.peer.data, "reset")
    stage.world.cut(stage.peer, stage.peer.meta, "reset")
    stage.world.run_until(lambda: stage.conn is ConnState.WFConnection, "the loss")
    stage.peer.heard.clear()
    stage.peer.sockets.closed.clear()
    stage.peer.shake_hands()
    return stage


def primary_awaiting_parameters() -> Stage:
    """The engine's applications write, and the peer has told nothing yet."""
    return parameters_awaited(is_primary=True)


def version_88() -> Stage:
    """The engine has told its parameters, and the form of the peer's is an old one."""
    return parameters_awaited(version=88)


def _dry_run(stage: Stage) -> None:
    """Unrelated data, by a peer that only wants to know what would happen."""
    parameters = stage.peer.parameters(uuids(0xABCD_0000), word())
    stage.peer.say(protocol(flags=ConnFlags.DRY_RUN), *parameters)


def _digest_of(sector: int, size: int = 4096, digest: bytes = bytes(20)) -> P_OV_REPLY:
    return P_OV_REPLY(sector, SYNCER, size, digest=digest)


def _unrelated(stage: Stage) -> None:
    stage.peer.report(uuids(0xABCD_0000), word())


def _two_primaries(stage: Stage) -> None:
    stage.peer.report(uuids(SYNCED_UUID), word(role=NodeState.Primary))


def _answer_wrongly(stage: Stage) -> None:
    """What was asked for, with a digest of something else."""
    stage.peer.settle()
    asked = stage.peer.last(Command.P_DATA_REQUEST)
    assert isinstance(asked, P_DATA_REQUEST)
    answer = P_DATA_REPLY(asked.sector, asked.block_id, digest=WRONG, data=BLOCK)
    stage.peer.say(MD5_FROM_NOW, answer)


PARAMETERS: Final = [
    Row("protocol A here C", parameters_awaited, data(protocol(of=ReplicationProtocol.A)),
        STANDALONE),
    Row("other policy 0", parameters_awaited, data(P_PROTOCOL(C, 1, 0, 0, 0, 0, b"\0")),
        STANDALONE),
    Row("other policy 1", parameters_awaited, data(P_PROTOCOL(C, 0, 1, 0, 0, 0, b"\0")),
        STANDALONE),
    Row("other policy 2", parameters_awaited, data(P_PROTOCOL(C, 0, 0, 1, 0, 0, b"\0")),
        STANDALONE),
    Row("two primaries wanted", parameters_awaited, data(P_PROTOCOL(C, 0, 0, 0, 0, 1, b"\0")),
        STANDALONE),
    Row("integrity wanted", parameters_awaited, data(protocol(integrity_alg=b"sha1")), STANDALONE),
    Row("unknown integrity hash", parameters_awaited, data(protocol(integrity_alg=b"no hash")),
        STANDALONE),
    Row("integrity name with more behind it", parameters_awaited,
        data(protocol(integrity_alg=b"\0sha1")), STANDALONE),
    Row("long integrity name", parameters_awaited,
        data_bytes(framed(Command.P_PROTOCOL, bytes(24) + TOO_LONG_NAME)), RECONNECT),
    Row("long integrity name later", connected,
        data_bytes(framed(Command.P_PROTOCOL_UPDATE, bytes(24) + TOO_LONG_NAME)), RECONNECT),
    Row("unknown integrity hash later", connected,
        data(P_PROTOCOL_UPDATE(C, 0, 0, 0, 0, 0, b"no hash\0")), STANDALONE),
    Row("long P_SYNC_PARAM89", parameters_awaited, data_bytes(LONG_PARAM), RECONNECT),
    Row("long P_SYNC_PARAM89 later", connected, data_bytes(LONG_PARAM), RECONNECT),
    Row("P_SYNC_PARAM without a name", version_88,
        data_bytes(old(Command.P_SYNC_PARAM, bytes(4))), RECONNECT),
    Row("P_SYNC_PARAM with a long name", version_88,
        data_bytes(old(Command.P_SYNC_PARAM, bytes(4) + TOO_LONG_NAME)), RECONNECT),
    Row("other verify-alg", parameters_awaited, data(OTHER_VERIFY), STANDALONE),
    Row("other verify-alg while connected", connected, data(OTHER_VERIFY), STAYS),
    Row("unknown verify-alg while connected", connected, data(UNKNOWN_VERIFY), STANDALONE),
    Row("other csums-alg", parameters_awaited, data(OTHER_CSUMS), STANDALONE),
    Row("smaller disk", parameters_awaited, data(protocol(), SYNC_PARAM, SMALL), STANDALONE),
    Row("policy that is none later", connected, data(P_PROTOCOL_UPDATE(C, 99, 0, 0, 0, 0, b"\0")),
        RECONNECT),
    Row("unknown verify-alg later", connected, data(NO_HASH), STANDALONE),
    Row("smaller disk later", connected, data(SMALL), STAYS),
    Row("smaller disk during a resync", sync_target, data(SMALL), RECONNECT),
    Row("blocks of no size that disks have", connected,
        data(P_SIZES(VOLUME_SECTORS, 0, VOLUME_SECTORS, 0, 0, ODD_BLOCKS)), STAYS),
    Row("smaller disk for a diskless primary", diskless_primary_alone,
        data(protocol(), SYNC_PARAM, SMALL), STANDALONE),
    Row("other generation for a diskless primary", diskless_primary_alone,
        data(protocol(), SYNC_PARAM, SIZES, uuids(0xABCD_0000)), STANDALONE),
    Row("unrelated data", parameters_awaited, _unrelated, STANDALONE),
    Row("unrelated data in a dry run", parameters_awaited, _dry_run, RECONNECT),
    Row("two primaries", primary_awaiting_parameters, _two_primaries, STANDALONE),
]  # fmt: skip

ALL_OUTDATED: Final = P_STATE_CHG_REQ(StateWord(disk=15), StateWord(disk=DiskState.UpToDate.wire))
STATE: Final = [
    Row("change that is not possible", connected, data(ALL_OUTDATED), STAYS),
    Row("change of all that is not possible", connected,
        data(P_CONN_ST_CHG_REQ(StateWord(role=3), StateWord(role=1))), STAYS),
    Row("sync uuid when none is due", connected, data(P_SYNC_UUID(SYNCED_UUID)), STAYS),
    Row("sync uuid without a disk", diskless_primary, data(P_SYNC_UUID(SYNCED_UUID)), STAYS),
    Row("short P_BITMAP", bitmap_to_be_received, data(P_BITMAP(bytes(8))), RECONNECT),
    Row("unknown coding of a bitmap", bitmap_to_be_received,
        data(P_COMPRESSED_BITMAP(BitmapEncoding(3, 0, 1), bytes(4))), RECONNECT),
    Row("code without a run", bitmap_to_be_received, data(P_COMPRESSED_BITMAP(RLE, b"")),
        RECONNECT),
    Row("compressed bitmap without a code", bitmap_to_be_received,
        data_bytes(framed(Command.P_COMPRESSED_BITMAP, b"\2")), RECONNECT),
    Row("compressed bitmap that is too long", bitmap_to_be_received,
        data_bytes(framed(Command.P_COMPRESSED_BITMAP, b"\2" + bytes(4096))), RECONNECT),
    Row("run beyond the end", bitmap_to_be_received,
        data(P_COMPRESSED_BITMAP(RLE, b"\xff" * 32)), RECONNECT),
    Row("another packet between bitmap packets", bitmap_half_received, data(SIZES), RECONNECT),
    Row("bitmap that is not due", connected, data(*whole_bitmap()), STAYS),
]  # fmt: skip

WRITES: Final = [
    Row("odd write", connected, data(P_DATA(0, 1, 1, 0, b"", bytes(511))), RECONNECT),
    Row("large write", connected,
        data_bytes(framed(Command.P_DATA, bytes(24 + MIB + 512))), RECONNECT),
    Row("write beyond the end", connected,
        data(P_DATA(VOLUME_SECTORS - 7, 1, 1, 0, b"", BLOCK)), RECONNECT),
    Row("write far beyond the end", connected,
        data(P_DATA((1 << 64) - 1, 1, 1, 0, b"", BLOCK)), RECONNECT),
    Row("write of another kind's flags", connected,
        data(P_DATA(0, 1, 1, 0xFFFF, b"", BLOCK)), STAYS),
    Row("write of nothing", connected, data(P_DATA(0, 1, 1, 0, b"", b"")), STAYS),
    *(
        row
        for kind in (P_TRIM, P_ZEROES)
        for row in (
            Row(f"odd {kind.COMMAND.name}", connected, data(kind(0, 1, 1, 0, 511)), RECONNECT),
            Row(f"large {kind.COMMAND.name}", connected,
                data(kind(0, 1, 1, 0, (1 << 27) + 512)), RECONNECT),
            Row(f"{kind.COMMAND.name} beyond the end", connected,
                data(kind(VOLUME_SECTORS, 1, 1, 0, 512)), RECONNECT),
        )
    ),
    Row("odd P_WSAME", connected, data(P_WSAME(0, 1, 1, 0, 513, b"", bytes(512))), RECONNECT),
    Row("P_WSAME of another block size", connected,
        data(P_WSAME(0, 1, 1, 0, 4096, b"", bytes(100))), RECONNECT),
    Row("P_WSAME of a larger block size", connected,
        data(P_WSAME(0, 1, 1, 0, 8192, b"", bytes(4096))), RECONNECT),
    Row("P_WSAME beyond the end", connected,
        data(P_WSAME(VOLUME_SECTORS, 1, 1, 0, 512, b"", bytes(512))), RECONNECT),
    Row("barrier of an empty epoch", connected, data(P_BARRIER(1)), RECONNECT),
    Row("implausible P_OUT_OF_SYNC", connected,
        data(P_OUT_OF_SYNC(0, 0), P_OUT_OF_SYNC(0, 511), P_OUT_OF_SYNC(VOLUME_SECTORS, 4096)),
        STAYS),
    Row("large P_OUT_OF_SYNC", connected, data(P_OUT_OF_SYNC(0, (1 << 27) + 512)), STAYS),
    Row("P_OUT_OF_SYNC that is not due", connected, data(P_OUT_OF_SYNC(0, 4096)), STAYS),
    Row("packets without a meaning", connected, data(P_DELAY_PROBE(1, 2), P_UNPLUG_REMOTE()),
        STAYS),
]  # fmt: skip

MD5_FROM_NOW: Final = P_PROTOCOL_UPDATE(C, 0, 0, 0, 0, 0, b"md5\0")
NONE_FROM_NOW: Final = P_PROTOCOL_UPDATE(C, 0, 0, 0, 0, 0, b"\0")
WRONG: Final = bytes(16)
INTEGRITY: Final = [
    Row("write with its digest", connected,
        data(MD5_FROM_NOW, P_DATA(0, 1, 1, 0, digest("md5", BLOCK), BLOCK)), STAYS),
    Row("write with a wrong digest", connected,
        data(MD5_FROM_NOW, P_DATA(0, 1, 1, 0, WRONG, BLOCK)), RECONNECT),
    Row("write without a digest", connected,
        data(MD5_FROM_NOW, P_DATA(0, 1, 1, 0, b"", BLOCK)), RECONNECT),
    Row("write that is shorter than a digest", connected,
        data(MD5_FROM_NOW, P_DATA(0, 1, 1, 0, b"", bytes(8))), RECONNECT),
    Row("write without a digest when none is wanted any more", connected,
        data(MD5_FROM_NOW, NONE_FROM_NOW, P_DATA(0, 1, 1, 0, b"", BLOCK)), STAYS),
    Row("P_WSAME with its digest", connected,
        data(MD5_FROM_NOW, P_WSAME(0, 1, 1, 0, 4096, digest("md5", bytes(512)), bytes(512))),
        STAYS),
    Row("P_WSAME with a wrong digest", connected,
        data(MD5_FROM_NOW, P_WSAME(0, 1, 1, 0, 4096, WRONG, bytes(512))), RECONNECT),
    Row("ranges without data", connected,
        data(MD5_FROM_NOW, P_TRIM(0, 1, 1, 0, 4096), P_ZEROES(0, 2, 2, 0, 4096)), STAYS),
    Row("resync block with a wrong digest", sync_target,
        data(MD5_FROM_NOW, P_RS_DATA_REPLY(0, (1 << 64) - 1, digest=WRONG, data=BLOCK)),
        RECONNECT),
    Row("answer with a wrong digest", diskless_primary, _answer_wrongly, RECONNECT),
]  # fmt: skip

ASKING: Final = (P_DATA_REQUEST, P_RS_DATA_REQUEST, P_RS_THIN_REQ, P_OV_REQUEST)
VERIFIES: Final = [
    Row("P_OV_REQUEST without a verify", connected, data(P_OV_REQUEST(0, SYNCER, 4096)), RECONNECT),
    Row("P_OV_REPLY without a verify", connected, data(_digest_of(0)), RECONNECT),
    *(
        Row(f"P_OV_REQUEST of {size} bytes at {sector} in a verify", verify_target,
            data(P_OV_REQUEST(sector, SYNCER, size)), RECONNECT)
        for sector, size in ((0, 0), (0, 511), (0, MIB + 512), (VOLUME_SECTORS, 512))
    ),
    *(
        Row(f"P_OV_REPLY of {size} bytes at {sector} in a verify", verify_source,
            data(_digest_of(sector, size)), RECONNECT)
        for sector, size in ((0, 0), (0, 511), (0, MIB + 512), (VOLUME_SECTORS, 512), (0, 8192))
    ),
    Row("P_OV_REQUEST of a larger range", verify_target, data(P_OV_REQUEST(8, SYNCER, MIB)), STAYS),
    Row("P_OV_REQUEST to who asks", verify_source, data(P_OV_REQUEST(0, SYNCER, 4096)), RECONNECT),
    Row("P_OV_REPLY to who answers", verify_target, data(_digest_of(0)), RECONNECT),
    Row("P_OV_REPLY that is awaited", verify_source, data(_digest_of(0)), STAYS),
    Row("P_OV_REPLY twice", verify_source, data(_digest_of(0), _digest_of(0)), RECONNECT),
    Row("P_OV_REPLY that was not asked for", verify_source, data(_digest_of(4096)), RECONNECT),
    Row("P_OV_REPLY with a short digest", verify_source, data(_digest_of(0, digest=bytes(19))),
        RECONNECT),
    Row("P_OV_REPLY with a long digest", verify_source, data(_digest_of(0, digest=bytes(21))),
        RECONNECT),
]  # fmt: skip

READS: Final = [
    *(
        Row(f"{kind.COMMAND.name} of {size} bytes at {sector}", connected,
            data(kind(sector, 1, size)), RECONNECT)
        for kind in ASKING
        for sector, size in ((0, 0), (0, 511), (0, MIB + 512), (VOLUME_SECTORS, 512))
    ),
    *(
        Row(f"{kind.COMMAND.name} of {size} bytes at {sector}", sync_source,
            data(kind(sector, 1, size, digest=bytes(16))), RECONNECT)
        for kind in (P_CSUM_RS_REQUEST, P_OV_REPLY)
        for sector, size in ((0, 0), (0, 511), (0, MIB + 512), (VOLUME_SECTORS, 512))
    ),
    Row("digest where none is compared", sync_source,
        data(P_CSUM_RS_REQUEST(0, (1 << 64) - 1, 4096, digest=bytes(20))), STAYS),
    Row("answer to no read", primary, data(P_DATA_REPLY(0, 1, digest=b"", data=BLOCK)), RECONNECT),
    Row("answer to another read", diskless_primary,
        data(P_DATA_REPLY(8, 1, digest=b"", data=BLOCK)), RECONNECT),
    Row("resync block without a resync", connected,
        data(P_RS_DATA_REPLY(0, (1 << 64) - 1, digest=b"", data=BLOCK)), STAYS),
    Row("resync block of an odd size", sync_target,
        data(P_RS_DATA_REPLY(0, (1 << 64) - 1, digest=b"", data=bytes(511))), RECONNECT),
    Row("resync block beyond the end", sync_target,
        data(P_RS_DATA_REPLY(VOLUME_SECTORS, (1 << 64) - 1, digest=b"", data=BLOCK)), RECONNECT),
    Row("P_DATA_REQUEST to a bad disk", sync_target, data(P_DATA_REQUEST(0, 1, 4096)), STAYS),
    Row("P_RS_DATA_REQUEST to a bad disk", sync_target, data(P_RS_DATA_REQUEST(0, 1, 4096)), STAYS),
]  # fmt: skip


@parametrized(PARAMETERS)
def test_settings_that_do_not_fit_lead_to_what_the_table_says(row: Row) -> None:
    """What an administrator has to mend ends in StandAlone, and anything else in another try."""
    check(row)


@parametrized(STATE)
def test_bitmaps_and_states_that_make_no_sense_lead_to_what_the_table_says(row: Row) -> None:
    """A broken bitmap costs the connection; a wish that can't be met only gets an answer."""
    check(row)


@parametrized(WRITES)
def test_writes_that_no_disk_can_do_lead_to_what_the_table_says(row: Row) -> None:
    """A range that is no range of the volume costs the connection."""
    check(row)


@parametrized(INTEGRITY)
def test_data_that_are_not_those_of_their_digest_cost_the_connection(row: Row) -> None:
    """What was altered on its way is not taken, and what has no data needs no digest."""
    check(row)


@parametrized(VERIFIES)
def test_verifies_that_were_not_agreed_on_lead_to_what_the_table_says(row: Row) -> None:
    """A digest or a question of a verify that makes no sense costs the connection."""
    check(row)


@parametrized(READS)
def test_reads_that_no_disk_can_do_lead_to_what_the_table_says(row: Row) -> None:
    """A question that can't be meant, or an answer to none, costs the connection."""
    check(row)
