"""One direction of a watched connection is read on behind whatever the capture lacks."""

from collections.abc import Iterable
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from generated.layouts.commands import Command
from runtime.wire.direction import Direction, FrameSeen, Oddity, Sight
from runtime.wire.framing import HEADER_100, pack_header
from runtime.wire.reassembly import Endpoint, Gap, Piece

ALICE: Final = Endpoint("192.0.2.1", 7788)
BOB: Final = Endpoint("192.0.2.2", 40000)


def packed(command: Command, payload: bytes) -> bytes:
    """A packet as it is sent."""
    return pack_header(HEADER_100, volume=0, command=command, length=len(payload)) + payload


WRITE: Final = packed(Command.P_DATA, bytes(range(24)) + b"d" * 512)
STATE: Final = packed(Command.P_STATE, b"abcd")
SIZES: Final = packed(Command.P_SIZES, bytes(56))


def watched(pieces: Iterable[Piece], *, from_start: bool = True) -> list[Sight]:
    """All that a direction tells of these pieces."""
    direction = Direction(ALICE, BOB, from_start=from_start)
    return [*direction.take(pieces), *direction.finish(0)]


def names(sights: Iterable[Sight]) -> list[str]:
    """Packets by name, oddities by their sentence."""
    return [
        it.sentence if isinstance(it, Oddity) else Command(it.frame.command).name for it in sights
    ]


def test_a_hole_in_a_payload_is_told_with_its_packet() -> None:
    """The boundaries are known, so nothing behind the hole is lost."""
    write, state = watched([WRITE[:100], Gap(300), WRITE[400:] + STATE])
    assert isinstance(write, FrameSeen)
    assert (write.good_size, write.missing_size) == (100 - 16, 300)
    assert names([write, state]) == ["P_DATA", "P_STATE"]
    assert isinstance(state, FrameSeen)
    assert (state.good_size, state.missing_size) == (4, 0)


def test_two_holes_add_up() -> None:
    """What is good ends at the first hole."""
    (write,) = watched([WRITE[:50], Gap(10), WRITE[60:70], Gap(20), WRITE[90:]])
    assert isinstance(write, FrameSeen)
    assert (write.good_size, write.missing_size) == (50 - 16, 30)


def test_behind_a_lost_header_the_next_one_is_sought() -> None:
    """What is between the hole and the next header cannot be understood, and is counted."""
    assert names(watched([STATE, Gap(40), SIZES[40:] + STATE])) == [
        "P_STATE",
        "40 bytes were not captured",
        f"{len(SIZES) - 40} bytes skipped, up to the next packet's header",
        "P_STATE",
    ]


def test_a_hole_that_begins_in_a_header_costs_that_packet() -> None:
    """Half a header says nothing; its bytes count as skipped."""
    assert names(watched([SIZES[:10], Gap(len(SIZES) - 10), STATE])) == [
        f"{len(SIZES) - 10} bytes were not captured",
        "10 bytes skipped, up to the next packet's header",
        "P_STATE",
    ]


def test_a_flow_that_is_watched_late_begins_at_the_first_header() -> None:
    """The end of a packet whose beginning was not captured is skipped."""
    assert names(watched([WRITE[100:] + STATE + SIZES], from_start=False)) == [
        f"{len(WRITE) - 100} bytes skipped, up to the next packet's header",
        "P_STATE",
        "P_SIZES",
    ]


def test_a_wrong_packet_is_told_and_passed_over() -> None:
    """After an impossible header the next possible one is sought."""
    wrong = pack_header(HEADER_100, volume=0, command=Command.P_STATE, length=5) + bytes(5)
    assert names(watched([STATE + wrong + STATE])) == [
        "P_STATE",
        "P_STATE has 5 bytes, which must be 4",
        "21 bytes skipped, up to the next packet's header",
        "P_STATE",
    ]


def test_what_is_cut_off_at_the_end_is_counted() -> None:
    """A packet that the end of the connection cut off is no packet."""
    assert names(watched([STATE + SIZES[:30]])) == [
        "P_STATE",
        "30 bytes of an incomplete packet at the end",
    ]


@given(
    pieces=st.lists(
        st.one_of(
            st.sampled_from([WRITE, STATE, SIZES, WRITE[:20], STATE[3:]]),
            st.binary(max_size=40),
            st.integers(1, 1000).map(Gap),
        )
    ),
    from_start=st.booleans(),
)
def test_any_pieces_give_sights(pieces: list[Piece], *, from_start: bool) -> None:
    """Whatever was sent and however much of it was lost, it is told and nothing is raised."""
    sizes = [it.size if isinstance(it, Gap) else len(it) for it in pieces]
    frames = [it for it in watched(pieces, from_start=from_start) if isinstance(it, FrameSeen)]
    assert sum(8 + len(it.frame.payload) for it in frames) <= sum(sizes)
