"""However the bytes of a client are cut, the answers are the same."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from generated.layouts.nbd_options import NbdOpt
from generated.layouts.nbd_requests import (
    NbdChunk,
    NbdCommand,
    NbdCommandFlags,
    NbdOffsetData,
    NbdSimpleReply,
)
from runtime.nbd.exports import ALLOCATION
from runtime.nbd.extents import extents
from tests.runtime.nbd.talk import SIZE_BYTES, Talk, transmitting
from tests.runtime.nbd.words import (
    FLAGS,
    STRUCTURED,
    Heard,
    Listener,
    contexts,
    go,
    option,
    request,
)

OPTIONS = (
    STRUCTURED,
    option(NbdOpt.LIST),
    option(99, b"what?"),
    go("nobody"),
    contexts("r0/0", ALLOCATION),
    option(NbdOpt.LIST, bytes(70000)),
    go("r0/0", number=NbdOpt.INFO),
)
COMMANDS = [NbdCommand.READ, NbdCommand.WRITE, NbdCommand.TRIM, NbdCommand.WRITE_ZEROES, 42]


@st.composite
def conversations(draw: st.DrawFn) -> tuple[bytes, dict[int, int]]:
    """All that a client says, and the lengths of its reads."""
    words = [FLAGS, *draw(st.lists(st.sampled_from(OPTIONS), max_size=4)), go("r0/0")]
    reads = {}
    for cookie in range(draw(st.integers(0, 6))):
        command = draw(st.sampled_from(COMMANDS))
        place = {
            "offset": draw(st.sampled_from([0, 512, 4096, 3, SIZE_BYTES - 512])),
            "length": draw(st.sampled_from([0, 512, 4096, 100_352, 77])),
            "flags": draw(st.sampled_from([0, 0, NbdCommandFlags.FUA])),
        }
        words.append(request(command, cookie, **place))
        if command == NbdCommand.WRITE:
            words.append(bytes([draw(st.integers(0, 255))]) * place["length"])
        elif command == NbdCommand.READ:
            reads[cookie] = place["length"]
    return b"".join(words), reads


def _outcome(said: list[bytes], reads: dict[int, int]) -> tuple[bytes, dict[int, Heard], bytes]:
    talk = Talk()
    heard = b"".join([talk.heard(), *(talk.say(it) for it in said)])
    split = heard.rindex((0x3E889045565A9).to_bytes(8)) + 20  # the last option's acknowledgement
    listener = Listener(reads)
    listener.take(heard[split:])
    assert listener.is_whole
    return heard[:split], listener.heard, bytes(talk.content)


@given(conversations(), st.data())
def test_cuts_change_nothing(conversation: tuple[bytes, dict[int, int]], data: Any) -> None:
    """Whatever a socket brings at once, each option and request has the same answer."""
    said, reads = conversation
    cuts = data.draw(st.lists(st.integers(0, len(said)), max_size=12).map(sorted))
    pieces = [said[a:b] for a, b in zip([0, *cuts], [*cuts, len(said)], strict=True)]
    assert _outcome(pieces, reads) == _outcome([said], reads)


@given(st.binary(max_size=300), st.booleans())
def test_garbage_hurts_nobody(garbage: bytes, chooses: bool) -> None:  # noqa: FBT001
    """Whatever bytes come, the session answers or ends, and nothing is left under way."""
    talk = transmitting() if chooses else Talk()
    talk.say(garbage)
    talk.say(FLAGS + garbage)
    assert len(talk.parts) == 0
    assert talk.session.size_bytes == 0


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=8),
    st.tuples(st.integers(0, 50), st.integers(1, 50)),
    st.integers(1, 12),
)
def test_extents_say_what_runs_say(
    found: list[tuple[int, int]], place: tuple[int, int], count_max: int
) -> None:
    """Extents cover a range from its beginning without a gap, as the runs say block by block."""
    marked = {it for first, count in found for it in range(first, first + count)}
    runs = [(it, it + 1) for it in sorted(marked)]
    whole = place[0], sum(place)
    made = extents(runs, whole, inside=1, outside=0, count_max=count_max)
    told = [status for length, status in made for _ in range(length)]
    assert told == [int(it in marked) for it in range(*whole)][: len(told)]
    assert len(told) == place[1] or len(made) == count_max


def test_quick_structs_are_the_layouts() -> None:
    """Replies that are packed without the generated classes have their bytes."""
    talk = transmitting()
    heard = talk.say(request(NbdCommand.FLUSH, 7) + request(NbdCommand.READ, 8, length=512))
    data = NbdOffsetData(0, memoryview(bytes(512))).pack()
    chunk = NbdChunk(1, 1, 8, len(data)).pack() + data
    assert heard == NbdSimpleReply(0, 7).pack() + chunk
