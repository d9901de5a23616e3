"""Requests: each comes to what the node is asked for, and is answered as the protocol has it."""

from dataclasses import replace

import pytest

from generated.layouts.nbd_requests import NbdCommand, NbdCommandFlags, NbdError
from generated.states.nbd_states import NbdState
from runtime.nbd.exports import ALLOCATION, OUT_OF_SYNC, PAYLOAD_SIZE_BYTES_MAX
from runtime.nbd.phases import Deed
from runtime.nbd.session import COMMANDS_MAX, SIZE_BYTES_MAX, Load
from runtime.requests import REQUEST_SIZE_BYTES_MAX, RequestKind
from tests.runtime.nbd.talk import EXPORT, SIZE_BYTES, Talk, read_only, transmitting
from tests.runtime.nbd.words import STRUCTURED, Heard, contexts, request

READ, WRITE, FLUSH = NbdCommand.READ, NbdCommand.WRITE, NbdCommand.FLUSH
TRIM, ZEROES = NbdCommand.TRIM, NbdCommand.WRITE_ZEROES
FUA, DF = NbdCommandFlags.FUA, NbdCommandFlags.DF
MIB = 1 << 20
BOTH = (STRUCTURED, contexts("r0/0", ALLOCATION, OUT_OF_SYNC))


def simple() -> Talk:
    """A client that has not asked for structured replies."""
    return transmitting(b"")


@pytest.mark.parametrize("words", [b"", STRUCTURED])
def test_what_was_written_is_read(words: bytes) -> None:
    """Data come back as they were written, by both kinds of replies."""
    talk = transmitting(words)
    data = bytes(range(256)) * 16
    heard = talk.ask(
        request(WRITE, 1, offset=4096, length=4096)
        + data
        + request(READ, 2, offset=4096, length=512),
        c2=512,
    )
    assert heard[1] == Heard(chunk_count=1, is_done=True)
    assert heard[2] == Heard(data=data[:512], chunk_count=1, is_done=True)


@pytest.mark.parametrize(
    ("words", "flags", "count"), [(b"", 0, 1), (STRUCTURED, 0, 3), (STRUCTURED, DF, 1)]
)
def test_a_large_read_comes_whole(words: bytes, flags: int, count: int) -> None:
    """More than the node reads at once comes in chunks, or as one where that was asked for."""
    talk = transmitting(words)
    talk.content[:] = bytes(range(256)) * (SIZE_BYTES // 256)
    length = 2 * MIB + 512
    heard = talk.ask(request(READ, 1, length=length, flags=flags), c1=length)[1]
    assert (heard.data, heard.chunk_count) == (bytes(talk.content[:length]), count)
    assert heard.is_done


def test_a_large_write_goes_on_as_it_comes() -> None:
    """The node gets each piece as soon as it is there, and the client one answer."""
    talk = transmitting()
    length = 2 * MIB + 512
    talk.say(request(WRITE, 1, length=length) + bytes([7]) * (MIB + 1))
    assert [it.sector_count for it in talk.done] == [MIB // 512]
    heard = talk.ask(bytes([7]) * (MIB + 511))
    assert [it.first_sector for it in talk.done] == [0, 2048, 4096]
    assert heard[1].is_done
    assert talk.content == bytes([7]) * length + bytes(SIZE_BYTES - length)


def test_fua_is_handed_on() -> None:
    """A write with FUA is durable when it is answered."""
    talk = transmitting()
    talk.say(request(WRITE, 1, length=512, flags=FUA) + bytes(512))
    assert [it.fua for it in talk.done] == [True]


@pytest.mark.parametrize("command", [WRITE, TRIM, ZEROES])
def test_fua_of_many_pieces_is_one_flush(command: int) -> None:
    """Where the node has no durable request of that size, a flush comes before the answer."""
    talk = transmitting(serves=False)
    data = bytes(2 * MIB) if command == WRITE else b""
    talk.say(request(command, 1, length=2 * MIB, flags=FUA) + data)
    talk.serve()
    assert talk.ask(b"") == {}
    assert [it.kind for it in talk.parts] == [RequestKind.FLUSH]
    talk.serve()
    assert talk.ask(b"")[1].is_done


def test_a_flush_is_one() -> None:
    """NBD_CMD_FLUSH is the node's flush."""
    talk = transmitting()
    assert talk.ask(request(FLUSH))[1] == Heard(chunk_count=1, is_done=True)
    assert [it.kind for it in talk.done] == [RequestKind.FLUSH]


@pytest.mark.parametrize(
    ("command", "flags", "kind"),
    [
        (TRIM, 0, RequestKind.DISCARD),
        (ZEROES, 0, RequestKind.WRITE_ZEROES),
        (ZEROES, NbdCommandFlags.NO_HOLE, RequestKind.WRITE_ZEROES),
        (ZEROES, NbdCommandFlags.FAST_ZERO, RequestKind.WRITE_ZEROES),
    ],
)
def test_ranges_are_handed_on(command: int, flags: int, kind: RequestKind) -> None:
    """Trims and zeroes are the node's own requests; with NO_HOLE the room is kept."""
    talk = transmitting()
    talk.content[:] = b"x" * SIZE_BYTES
    assert not talk.ask(request(command, 1, offset=512, length=MIB * 2, flags=flags))[1].error
    may_unmap = not flags & NbdCommandFlags.NO_HOLE
    assert [(it.kind, it.may_unmap) for it in talk.done] == [(kind, may_unmap)]
    assert not any(talk.content[512 : 2 * MIB + 512])


def test_zeroes_that_are_not_fast_are_not_supported() -> None:
    """FAST_ZERO is refused where zeroes take as long as writing, or are to be written."""
    slow = transmitting(export=replace(EXPORT, is_zeroing_fast=lambda: False))
    fast, hole = NbdCommandFlags.FAST_ZERO, NbdCommandFlags.NO_HOLE
    assert slow.ask(request(ZEROES, 1, length=512, flags=fast))[1].error == NbdError.ENOTSUP
    assert slow.ask(request(ZEROES, 2, length=512))[2].error == 0
    quick = transmitting()
    assert quick.ask(request(ZEROES, 1, length=512, flags=fast | hole))[1].error == NbdError.ENOTSUP


@pytest.mark.parametrize("command", [READ, WRITE, TRIM, ZEROES])
@pytest.mark.parametrize("words", [b"", STRUCTURED])
def test_an_empty_range_is_no_error(command: int, words: bytes) -> None:
    """A request of nothing is answered, and the node hears nothing of it."""
    talk = transmitting(words)
    assert talk.ask(request(command))[1] == Heard(chunk_count=1, is_done=True)
    assert talk.done == []


@pytest.mark.parametrize(
    ("command", "place", "error"),
    [
        (READ, {"offset": 1, "length": 512}, NbdError.EINVAL),
        (READ, {"length": 100}, NbdError.EINVAL),
        (READ, {"offset": SIZE_BYTES, "length": 512}, NbdError.EINVAL),
        (READ, {"offset": (1 << 64) - 512, "length": 512}, NbdError.EINVAL),
        (WRITE, {"offset": SIZE_BYTES - 512, "length": 1024}, NbdError.ENOSPC),
        (WRITE, {"offset": 3, "length": 512}, NbdError.EINVAL),
        (TRIM, {"offset": SIZE_BYTES, "length": 512}, NbdError.ENOSPC),
        (ZEROES, {"length": 511}, NbdError.EINVAL),
        (FLUSH, {"length": 512}, NbdError.EINVAL),
        (READ, {"length": 512, "flags": 0x80}, NbdError.EINVAL),
        (TRIM, {"length": 512, "flags": DF}, NbdError.EINVAL),
        (NbdCommand.CACHE, {"length": 512}, NbdError.EINVAL),
        (NbdCommand.BLOCK_STATUS, {"length": 512}, NbdError.EINVAL),
        (99, {}, NbdError.EINVAL),
    ],
)
@pytest.mark.parametrize("words", [b"", STRUCTURED])
def test_what_can_not_be_done_is_refused(
    command: int, place: dict[str, int], error: int, words: bytes
) -> None:
    """A refused request has its error, its data are passed over, and the next one is served."""
    talk = transmitting(words)
    data = b"y" * place.get("length", 0) if command == WRITE else b""
    heard = talk.ask(request(command, 1, **place) + data + request(READ, 2, length=512), c2=512)
    assert heard[1].error == error
    assert heard[1].reason or not words
    assert heard[2] == Heard(data=bytes(512), chunk_count=1, is_done=True)
    assert not any(talk.content)


def test_too_large_a_read_is_refused() -> None:
    """Nobody gets more than 32 MiB by one reply."""
    talk = transmitting(export=replace(EXPORT, size_bytes=1 << 40))
    length = PAYLOAD_SIZE_BYTES_MAX + 512
    assert talk.ask(request(READ, 1, length=length))[1].error == NbdError.EOVERFLOW


def test_pieces_in_one_reply_need_structured_replies() -> None:
    """NBD_CMD_FLAG_DF means nothing to who has not asked for chunks."""
    assert simple().ask(request(READ, 1, length=512, flags=DF))[1].error == NbdError.EINVAL


@pytest.mark.parametrize("command", [WRITE, TRIM, ZEROES])
def test_a_read_only_export_is_only_read(command: int) -> None:
    """What changes something is not permitted there."""
    talk = transmitting(export=read_only())
    data = b"z" * 512 if command == WRITE else b""
    heard = talk.ask(request(command, 1, length=512) + data + request(READ, 2, length=512))
    assert heard[1].error == NbdError.EPERM
    assert heard[2].data == bytes(512)


@pytest.mark.parametrize("words", [b"", STRUCTURED])
@pytest.mark.parametrize("broken", [0, 2048, 4096])
def test_a_broken_piece_fails_the_whole(words: bytes, broken: int) -> None:
    """A read of which one piece fails has failed, whichever it is, and so has a write."""
    talk = transmitting(words)
    talk.broken_sectors.add(broken)
    length = 3 * MIB
    heard = talk.ask(request(READ, 1, length=length), c1=length)[1]
    assert (heard.error, heard.is_done) == (NbdError.EIO, True)
    assert heard.reason == ("broken" if words else "")
    assert talk.ask(request(WRITE, 2, length=length) + bytes(length))[2].error == NbdError.EIO


@pytest.mark.parametrize(
    "words",
    [
        b"\x25\x60\x95\x14" + bytes(24),
        b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n",
        request(WRITE, 1, length=PAYLOAD_SIZE_BYTES_MAX + 1),
        request(WRITE, 1, length=(1 << 32) - 1),
    ],
)
def test_garbage_ends_the_client_that_sent_it(words: bytes) -> None:
    """Without a request's boundary there is no next one: the device is let go."""
    talk = transmitting()
    talk.say(words)
    assert (talk.state, talk.deeds) == (NbdState.Closed, [Deed.HOLD, Deed.RELEASE, Deed.HANG_UP])
    assert talk.session.reason
    talk.say(request(READ, 3, length=512))
    assert talk.done == []


def test_garbage_while_leaving_ends_it_too() -> None:
    """Also who is just waiting for its last answers may send nothing wrong."""
    talk = transmitting(serves=False)
    talk.say(request(FLUSH))
    talk.session.end()
    talk.say(bytes(28))
    assert talk.state is NbdState.Closed


def test_what_is_under_way_is_answered_before_the_end() -> None:
    """A server that ends answers what it has taken, refuses what comes then, and closes."""
    talk = transmitting(serves=False)
    talk.say(request(WRITE, 1, length=1024) + b"a" * 512)
    talk.say(request(FLUSH, 9)[:0])
    talk.session.end()
    assert talk.state is NbdState.Leaving
    heard = talk.ask(b"a" * 512 + request(READ, 2, length=512))
    assert heard[2].error == NbdError.ESHUTDOWN
    assert talk.state is NbdState.Leaving
    talk.serve()
    assert talk.ask(b"")[1] == Heard(chunk_count=1, is_done=True)
    assert talk.deeds == [Deed.HOLD, Deed.RELEASE, Deed.HANG_UP]


def test_what_does_not_end_is_answered_with_an_error() -> None:
    """A server that can wait no longer says so, once, whatever comes of the requests later."""
    load = Load()
    talk = transmitting(load=load, serves=False)
    talk.say(request(WRITE, 1, length=1024) + bytes(1024) + request(READ, 2, length=512))
    talk.say(request(WRITE, 3, length=1024) + bytes(512))
    talk.session.end()
    talk.session.give_up()
    heard = talk.ask(b"")
    assert {number: it.error for number, it in heard.items()} == dict.fromkeys(
        (1, 2, 3), NbdError.ESHUTDOWN
    )
    assert talk.deeds == [Deed.HOLD, Deed.RELEASE, Deed.HANG_UP]
    talk.serve()
    assert (talk.heard(), load.size_bytes, talk.state) == (b"", 0, NbdState.Closed)


def test_a_client_that_leaves_gets_its_answers() -> None:
    """NBD_CMD_DISC has no answer, what was asked before has."""
    talk = transmitting(serves=False)
    talk.say(request(READ, 1, length=512) + request(NbdCommand.DISC, 2))
    assert talk.state is NbdState.Leaving
    talk.serve()
    assert set(talk.ask(b"")) == {1}
    assert talk.deeds == [Deed.HOLD, Deed.RELEASE, Deed.HANG_UP]
    idle = transmitting()
    idle.say(request(NbdCommand.DISC))
    assert idle.state is NbdState.Closed


def test_a_client_lost_in_the_middle_of_a_write_leaves_no_debt() -> None:
    """What a lost client had under way is done, and its share of the bounds is given back."""
    load = Load()
    talk = transmitting(load=load, serves=False)
    talk.say(request(WRITE, 1, length=2 * MIB) + bytes(MIB + 1) + b"")
    assert load.size_bytes == MIB
    talk.session.lost()
    talk.serve()
    assert (load.size_bytes, talk.deeds + talk.session.take_deeds()) == (
        0,
        [Deed.HOLD, Deed.RELEASE],
    )


def test_commands_under_way_are_bounded() -> None:
    """So many are taken and no more, until one of them is done."""
    talk = transmitting(serves=False)
    talk.say(b"".join(request(FLUSH, cookie) for cookie in range(COMMANDS_MAX + 5)))
    assert (len(talk.parts), talk.session.is_full) == (COMMANDS_MAX, True)
    talk.serve()
    assert (len(talk.parts), talk.session.is_full) == (5, False)


@pytest.mark.parametrize("command", [READ, WRITE])
def test_data_under_way_are_bounded(command: int) -> None:
    """No more data are taken than the bound and one request, however fast they come."""
    talk = transmitting(serves=False)
    data = bytes(MIB) if command == WRITE else b""
    for cookie in range(20):
        talk.say(request(command, cookie, length=MIB) + data)
    assert talk.session.size_bytes == SIZE_BYTES_MAX
    assert talk.session.is_full
    while talk.parts:
        talk.serve()
    assert len(talk.done) == 20
    assert talk.session.size_bytes == 0


def test_all_clients_share_a_bound() -> None:
    """Where all have much under way each gets one request through, and not more."""
    load = Load()
    load.size_bytes = 1 << 30
    talk = transmitting(load=load, serves=False)
    talk.say(request(READ, 1, length=512) + request(READ, 2, length=512))
    assert len(talk.parts) == 1
    talk.serve()
    assert len(talk.parts) == 1


def test_block_status_is_what_is_found() -> None:
    """Each chosen context has its chunk, by its number, and the last one ends the reply."""
    talk = transmitting(*BOTH)
    talk.say(request(NbdCommand.BLOCK_STATUS, 5, length=8192))
    asked = talk.asked_status()
    assert [(it.offset, it.length) for it in asked] == [(0, 8192)]
    talk.session.status_found(
        asked[0], [(ALLOCATION, [(8192, 3)]), (OUT_OF_SYNC, [(4096, 1), (4096, 0)])]
    )
    heard = talk.ask(b"")[5]
    assert heard.status == {1: [(8192, 3)], 2: [(4096, 1), (4096, 0)]}
    assert heard.is_done


def test_block_status_of_nothing_is_refused() -> None:
    """An empty range has no status, unlike other empty ranges."""
    talk = transmitting(*BOTH)
    assert talk.ask(request(NbdCommand.BLOCK_STATUS, 5))[5].error == NbdError.EINVAL


def test_payloads_are_not_copied() -> None:
    """What goes to the node is a view of what was received."""
    talk = transmitting(serves=False)
    talk.say(request(WRITE, 1, length=REQUEST_SIZE_BYTES_MAX) + bytes(REQUEST_SIZE_BYTES_MAX))
    assert isinstance(talk.parts[0].data, memoryview)
