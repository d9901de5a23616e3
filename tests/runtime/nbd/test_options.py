"""Options: each is answered as the protocol has it, and what makes no sense is refused."""

import struct
from dataclasses import replace

import pytest

from generated.layouts.nbd_options import (
    NbdClientFlags,
    NbdExport,
    NbdExportFlags,
    NbdGreeting,
    NbdInfo,
    NbdInfoBlockSize,
    NbdInfoExport,
    NbdInfoText,
    NbdMetaContext,
    NbdOpt,
    NbdOption,
    NbdRep,
    NbdServer,
)
from generated.states.nbd_states import NbdState
from runtime.nbd.exports import ALLOCATION, CONTEXT_IDS, OUT_OF_SYNC, PAYLOAD_SIZE_BYTES_MAX
from runtime.nbd.phases import Deed
from runtime.nbd.session import OPTION_SIZE_BYTES_ABSURD, OPTION_SIZE_BYTES_MAX
from tests.runtime.nbd.talk import EXPORT, SIZE_BYTES, Talk, greeted, read_only, transmitting
from tests.runtime.nbd.words import BOTH_FLAGS, FLAGS, STRUCTURED, contexts, go, option, text

ACK = (NbdRep.ACK, b"")
OTHER = replace(EXPORT, volume=1)


def kinds(replies: list[tuple[int, bytes]]) -> list[int]:
    """Of what kind each is."""
    return [kind for kind, _ in replies]


def test_the_server_speaks_first() -> None:
    """The greeting comes before the client has said a word."""
    assert Talk().heard() == NbdGreeting(BOTH_FLAGS).pack()


def test_flags_that_nobody_offered_end_it() -> None:
    """A client that begins with unknown flags is dropped."""
    talk = Talk()
    talk.say(NbdClientFlags(4).pack())
    assert (talk.state, talk.deeds) == (NbdState.Closed, [Deed.HANG_UP])
    assert "0x4" in talk.session.reason


@pytest.mark.parametrize("number", [NbdOpt.GO, NbdOpt.INFO])
def test_an_export_is_described(number: int) -> None:
    """Size, flags and block sizes are told, and the name where it is asked for."""
    replies = greeted().options(go("r0/0", NbdInfo.NAME, NbdInfo.BLOCK_SIZE, number=number))
    assert kinds(replies) == [NbdRep.INFO] * 3 + [NbdRep.ACK]
    export = NbdInfoExport.unpack_from(replies[0][1]).export
    assert export.size == SIZE_BYTES
    assert export.flags & NbdExportFlags.SEND_FAST_ZERO
    assert export.flags & NbdExportFlags.CAN_MULTI_CONN
    sizes = NbdInfoBlockSize.unpack_from(replies[1][1]).sizes
    assert (sizes.least, sizes.preferred, sizes.most) == (512, 4096, PAYLOAD_SIZE_BYTES_MAX)
    assert bytes(NbdInfoText.unpack_from(replies[2][1]).text) == b"r0/0"


def test_asking_is_not_choosing() -> None:
    """Only NBD_OPT_GO begins the transmission, which holds the device open."""
    talk = greeted()
    talk.options(go("r0/0", number=NbdOpt.INFO))
    assert (talk.state, talk.deeds) == (NbdState.Options, [])
    talk.options(go("r0/0"))
    assert (talk.state, talk.deeds) == (NbdState.Transmission, [Deed.HOLD])


def test_a_read_only_export_says_so() -> None:
    """What can't be written to offers no writes."""
    replies = greeted(read_only()).options(go())
    flags = NbdInfoExport.unpack_from(replies[0][1]).export.flags
    assert flags & NbdExportFlags.READ_ONLY
    assert not flags & (NbdExportFlags.SEND_TRIM | NbdExportFlags.SEND_WRITE_ZEROES)


def test_large_blocks_are_told() -> None:
    """A volume whose disks take no smaller writes says it."""
    replies = greeted(replace(EXPORT, block_size_bytes=8192)).options(go())
    sizes = NbdInfoBlockSize.unpack_from(replies[1][1]).sizes
    assert (sizes.least, sizes.preferred) == (8192, 8192)


def test_the_empty_name_is_the_only_ones() -> None:
    """With one volume its name may be left out, with two it may not."""
    assert kinds(greeted().options(go("")))[-1] == NbdRep.ACK
    assert kinds(greeted(EXPORT, OTHER).options(go(""))) == [NbdRep.ERR_UNKNOWN]
    assert kinds(greeted(EXPORT, OTHER).options(go("r0/1")))[-1] == NbdRep.ACK


def test_a_refused_export_says_why() -> None:
    """Of a Secondary the client learns that it is one, and may go on asking."""
    talk = greeted(replace(EXPORT, refusal="it is Secondary"))
    assert talk.options(go()) == [(NbdRep.ERR_POLICY, b"it is Secondary")]
    assert talk.state is NbdState.Options


@pytest.mark.parametrize(("flags", "zero_count"), [(BOTH_FLAGS, 0), (1, 124)])
def test_the_oldest_option_is_answered_in_its_way(flags: int, zero_count: int) -> None:
    """NBD_OPT_EXPORT_NAME is answered with the export alone, and zeroes unless they are waived."""
    talk = Talk()
    talk.say(NbdClientFlags(flags).pack())
    heard = talk.say(option(NbdOpt.EXPORT_NAME, b"r0/0"))
    assert heard[10:] == bytes(zero_count)
    assert NbdExport.unpack_from(heard[:10]).size == SIZE_BYTES
    assert talk.state is NbdState.Transmission


def test_the_oldest_option_is_refused_by_hanging_up() -> None:
    """There is no other answer to a name that does not exist."""
    talk = greeted()
    assert talk.say(option(NbdOpt.EXPORT_NAME, b"r1")) == b""
    assert talk.deeds == [Deed.HANG_UP]


def test_exports_are_listed() -> None:
    """NBD_OPT_LIST names all volumes."""
    replies = greeted(EXPORT, OTHER).options(option(NbdOpt.LIST))
    names = [bytes(NbdServer.unpack_from(data).name) for _, data in replies[:-1]]
    assert (names, replies[-1]) == ([b"r0/0", b"r0/1"], ACK)


def test_who_gives_up_gets_an_answer() -> None:
    """NBD_OPT_ABORT is acknowledged, then the server closes."""
    talk = greeted()
    assert talk.options(option(NbdOpt.ABORT)) == [ACK]
    assert (talk.state, talk.deeds) == (NbdState.Closed, [Deed.HANG_UP])


def test_meta_contexts_are_listed_by_name_and_namespace() -> None:
    """A list without a query, with a namespace or with a name gives what fits."""
    for queries, names in {
        (): [ALLOCATION, OUT_OF_SYNC],
        ("dotmirror:",): [OUT_OF_SYNC],
        (ALLOCATION, "qemu:x"): [ALLOCATION],
    }.items():
        words = STRUCTURED + contexts("r0/0", *queries, number=NbdOpt.LIST_META_CONTEXT)
        replies = greeted().options(words)[1:]
        found = [bytes(NbdMetaContext.unpack_from(it).name).decode() for _, it in replies[:-1]]
        assert found == names


def test_meta_contexts_are_chosen_by_their_whole_names() -> None:
    """Chosen contexts get numbers; a namespace chooses none."""
    talk = greeted()
    replies = talk.options(STRUCTURED + contexts("r0/0", "base:", OUT_OF_SYNC) + go())
    chosen = NbdMetaContext.unpack_from(replies[1][1])
    assert (chosen.context_id, bytes(chosen.name)) == (
        CONTEXT_IDS[OUT_OF_SYNC],
        b"dotmirror:out-of-sync",
    )
    assert talk.session.contexts == (OUT_OF_SYNC,)


def test_meta_contexts_are_of_one_export() -> None:
    """Who chooses another export than the one whose contexts were chosen has none."""
    talk = greeted(EXPORT, OTHER)
    talk.options(STRUCTURED + contexts("r0/0", ALLOCATION) + go("r0/1"))
    assert talk.session.contexts == ()


def test_the_last_choice_of_contexts_counts() -> None:
    """A second choice of contexts replaces the first."""
    talk = greeted()
    talk.options(STRUCTURED + contexts("", ALLOCATION) + contexts("", OUT_OF_SYNC) + go())
    assert talk.session.contexts == (OUT_OF_SYNC,)


LONG = option(NbdOpt.LIST, bytes(OPTION_SIZE_BYTES_MAX + 1))


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (option(77, b"abc"), NbdRep.ERR_UNSUP),
        (option(NbdOpt.LIST, b"x"), NbdRep.ERR_INVALID),
        (option(NbdOpt.STRUCTURED_REPLY, b"x"), NbdRep.ERR_INVALID),
        (option(NbdOpt.STARTTLS), NbdRep.ERR_UNSUP),
        (option(NbdOpt.GO), NbdRep.ERR_INVALID),
        (option(NbdOpt.GO, text("r0/0")), NbdRep.ERR_INVALID),
        (option(NbdOpt.GO, text("r0/0") + b"\0\2\0\0"), NbdRep.ERR_INVALID),
        (option(NbdOpt.GO, struct.pack(">I", 1 << 31)), NbdRep.ERR_INVALID),
        (go("\N{BULLET}" * 2000), NbdRep.ERR_INVALID),
        (option(NbdOpt.GO, struct.pack(">I", 2) + b"\xff\xfe\0\0"), NbdRep.ERR_INVALID),
        (go("r9"), NbdRep.ERR_UNKNOWN),
        (contexts("r0/0", ALLOCATION), NbdRep.ERR_INVALID),
        (STRUCTURED + contexts("r9", ALLOCATION), NbdRep.ERR_UNKNOWN),
        (STRUCTURED + contexts("", *["x:y"] * 65), NbdRep.ERR_INVALID),
        (
            STRUCTURED + option(NbdOpt.SET_META_CONTEXT, text("") + b"\0\0\0\1"),
            NbdRep.ERR_INVALID,
        ),
        (
            STRUCTURED + option(NbdOpt.SET_META_CONTEXT, text("") + b"\0\0\0\0x"),
            NbdRep.ERR_INVALID,
        ),
        (LONG, NbdRep.ERR_TOO_BIG),
    ],
)
def test_nonsense_is_refused_and_forgotten(words: bytes, kind: int) -> None:
    """An option that makes no sense gets an error, and the next one is served."""
    talk = greeted()
    replies = talk.options(words)
    assert replies[-1][0] == kind
    assert replies[-1][1].decode()
    assert talk.options(option(NbdOpt.LIST))[-1] == ACK


@pytest.mark.parametrize(
    "words",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        NbdOption(NbdOpt.LIST, OPTION_SIZE_BYTES_ABSURD + 1).pack(),
        bytes(16),
    ],
)
def test_what_is_no_option_ends_it(words: bytes) -> None:
    """Without a frame's boundary there is no next option."""
    talk = greeted()
    assert talk.say(words) == b""
    assert (talk.state, talk.deeds) == (NbdState.Closed, [Deed.HANG_UP])
    assert talk.session.reason


def test_before_tls_nothing_is_told() -> None:
    """Where TLS is wanted, an option in the clear is refused, the oldest one by hanging up."""
    talk = greeted(needs_tls=True)
    for words in (option(NbdOpt.LIST), go(), option(99), STRUCTURED):
        assert talk.options(words)[0][0] == NbdRep.ERR_TLS_REQD
    talk.say(option(NbdOpt.EXPORT_NAME, b"r0/0"))
    assert talk.state is NbdState.Closed


def test_tls_begins_once() -> None:
    """After the acknowledgement comes the handshake, and then all may be asked for."""
    talk = greeted(needs_tls=True)
    assert talk.options(option(NbdOpt.STARTTLS)) == [ACK]
    assert (talk.state, talk.deeds) == (NbdState.StartingTls, [Deed.BEGIN_TLS])
    talk.session.tls_began()
    assert talk.options(option(NbdOpt.STARTTLS))[0][0] == NbdRep.ERR_INVALID
    assert talk.options(go())[-1] == ACK


def test_what_was_slipped_in_before_tls_ends_it() -> None:
    """Bytes in the clear behind NBD_OPT_STARTTLS are not taken for encrypted ones."""
    talk = greeted(needs_tls=True)
    talk.say(option(NbdOpt.STARTTLS) + go())
    assert talk.deeds == [Deed.HANG_UP]
    assert "in the clear" in talk.session.reason


def _in_state(state: NbdState) -> Talk:
    match state:
        case NbdState.Greeted:
            return Talk()
        case NbdState.Options:
            return greeted()
        case NbdState.StartingTls:
            talk = greeted(needs_tls=True)
            talk.say(option(NbdOpt.STARTTLS))
            return talk
        case _:
            talk = transmitting(serves=False)
            if state is not NbdState.Transmission:
                talk.say(bytes.fromhex("25609513 0000 0003") + bytes(20))
                talk.session.end()
            if state is NbdState.Closed:
                talk.session.lost()
            return talk


@pytest.mark.parametrize("state", list(NbdState))
@pytest.mark.parametrize("end", ["lost", "end"])
def test_every_state_ends(state: NbdState, end: str) -> None:
    """Wherever a connection is, the client may be lost and the server may end."""
    talk = _in_state(state)
    assert talk.state is state
    if end == "lost":
        talk.session.lost()
        assert talk.state is NbdState.Closed
    else:
        talk.session.end()
        talk.heard()
        assert talk.state is (NbdState.Leaving if state is NbdState.Leaving else NbdState.Closed)


def test_fragments_of_flags_are_awaited() -> None:
    """Flags that come byte by byte are the same flags."""
    talk = Talk()
    for at in range(4):
        assert talk.state is NbdState.Greeted
        talk.say(FLAGS[at : at + 1])
    assert talk.state is NbdState.Options
