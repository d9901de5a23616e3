"""TCP segments in any order give the bytes that were sent, or tell what is missing."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from runtime.wire.reassembly import (
    REORDERING_S,
    SEQUENCE_COUNT,
    WAITING_SIZE_BYTES_MAX,
    Endpoint,
    Gap,
    Piece,
    Segment,
    Stream,
)

ALICE = Endpoint("192.0.2.1", 7788)
BOB = Endpoint("2001:db8::2", 40000)


def segment(position: int, payload: bytes = b"", *, start: int = 0, time_s: float = 0) -> Segment:
    """A segment whose payload begins so far behind the sequence number `start`."""
    sequence = (start + position) % SEQUENCE_COUNT
    return Segment(time_s, ALICE, BOB, sequence, payload, len(payload))


def opening(start: int) -> Segment:
    """The SYN in front of a stream whose first byte has the sequence number `start`."""
    return replace(segment(-1, start=start), syn=True)


def added(stream: Stream, *segments: Segment) -> list[Piece]:
    """All that a stream gives for these segments."""
    return [piece for one in segments for piece in stream.add(one)]


def joined(pieces: list[Piece]) -> bytes:
    """Pieces as one text, with a dot for each missing byte."""
    return b"".join(b"." * it.size if isinstance(it, Gap) else it for it in pieces)


@st.composite
def sent_and_seen(draw: st.DrawFn) -> tuple[bytes, list[Segment]]:
    """A text, and segments that hold all of it: overlapping, repeated, shuffled behind the SYN."""
    text = draw(st.binary(min_size=1, max_size=60))
    start = draw(st.sampled_from([0, 1, 1 << 31, SEQUENCE_COUNT - 1, SEQUENCE_COUNT - 30]))
    cuts = sorted(draw(st.sets(st.integers(1, len(text)), max_size=8)) | {0, len(text)})
    spans = list(pairwise(cuts))
    place = st.integers(0, len(text))
    spans += [(min(span), max(span)) for span in draw(st.lists(st.tuples(place, place)))]
    seen = [
        segment(first, text[first:end], start=start) for first, end in draw(st.permutations(spans))
    ]
    return text, [opening(start), *seen]


@given(sent_and_seen())
def test_any_order_overlap_and_repetition_gives_the_text(case: tuple[bytes, list[Segment]]) -> None:
    """However a text is cut, shuffled and repeated, it comes out once and whole."""
    text, segments = case
    assert joined(added(Stream(), *segments)) == text


@given(sent_and_seen(), st.data())
def test_what_is_lost_comes_out_as_gaps_of_its_size(
    case: tuple[bytes, list[Segment]], data: st.DataObject
) -> None:
    """Without some of the segments the rest is still in its place."""
    text, (syn, *segments) = case
    kept = data.draw(st.lists(st.sampled_from(segments), unique_by=id))
    stream = Stream()
    seen = joined([*added(stream, syn, *kept), *stream.finish(0)])
    held = set[int]()
    for one in kept:
        first = (one.sequence - syn.sequence - 1) % SEQUENCE_COUNT
        held.update(range(first, first + one.size))
    end = max(held, default=-1) + 1
    assert seen == bytes(text[at] if at in held else ord(".") for at in range(end))


def test_a_capture_that_begins_late_begins_with_its_first_segment() -> None:
    """Without a SYN the first segment seen is the first one there is."""
    assert joined(added(Stream(), segment(100, b"late"), segment(98, b"--"))) == b"late"


def test_cut_off_payload_is_a_gap() -> None:
    """What a snap length cut off is missing, and what follows keeps its place."""
    cut = replace(segment(0, b"head"), size=10)
    assert joined(added(Stream(), cut, segment(10, b"next"))) == b"head......next"


def test_acknowledged_bytes_that_never_came_are_given_up_after_a_while() -> None:
    """The receiver has what the capture has not: waiting for it is in vain."""
    stream = Stream()
    assert added(stream, segment(0, b"a"), segment(3, b"d", time_s=1)) == [b"a"]
    answer = Segment(1.1, BOB, ALICE, 0, b"", 0, acknowledged=4)
    assert list(stream.acknowledge(answer)) == []
    late = replace(answer, time_s=1.1 + REORDERING_S)
    assert list(stream.acknowledge(late)) == [Gap(2), b"d"]


def test_bytes_that_nobody_acknowledges_are_waited_for() -> None:
    """A segment that was lost on its way is sent again, however long that takes."""
    stream = Stream()
    added(stream, segment(0, b"a"), segment(3, b"d"))
    answer = Segment(60, BOB, ALICE, 0, b"", 0, acknowledged=1)
    assert list(stream.acknowledge(answer)) == []
    assert added(stream, segment(1, b"bc", time_s=60)) == [b"bc", b"d"]


def test_waiting_bytes_have_a_bound() -> None:
    """Behind a gap that nobody fills no more than the bound is kept."""
    stream = Stream()
    block = bytes(1 << 20)
    count = WAITING_SIZE_BYTES_MAX // len(block)
    segments = [segment(8 + number * len(block), block) for number in range(count)]
    pieces = added(stream, segment(0), *segments)
    assert pieces[0] == Gap(8)
    assert sum(map(len, pieces[1:])) == count * len(block)


def test_a_stream_has_ended_when_all_up_to_the_fin_is_out() -> None:
    """A FIN that overtakes data does not end the stream before the data have come."""
    stream = Stream()
    added(stream, opening(0), replace(segment(2, b"c"), fin=True))
    assert not stream.ended
    added(stream, segment(0, b"ab"))
    assert stream.ended


def test_endpoints_are_written_as_in_an_address_bar() -> None:
    """An IPv6 address is put in brackets in front of the port."""
    assert (str(ALICE), str(BOB)) == ("192.0.2.1:7788", "[2001:db8::2]:40000")
