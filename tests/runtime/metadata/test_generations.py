"""Every event that changes UUIDs changes exactly those that the reference says (metadata 4.4)."""

from typing import Final

import pytest

from generated.layouts.generations import P_UUIDS
from runtime.metadata.generations import EMPTY, JUST_CREATED, Generations, next_sync_uuid, same

STEP: Final = 0x0001_0000_0000_0000
C, B, H1, H2 = 0xC0, 0xB0, 0x1110, 0x2220
RANDOM, OTHER = 0x5EED_0001, 0x5EED_0002
FRESH: Final = Generations()
OLD: Final = Generations(C, EMPTY, H1, H2)  # does not count
COUNTING: Final = Generations(C, B, H1, H2)
SOURCE: Final = Generations(0xAA0, 0xAB0, 0xA110, 0xA220)

ROTATIONS: Final = {  # number in metadata 4.4 and what is so: result, expected
    "1 create-md": (FRESH, Generations(4, 0, 0, 0)),
    "2 attach to a secondary": (
        Generations(C | 1, B | 1, H1, H2).attached(is_primary=False),
        Generations(C, B | 1, H1, H2),
    ),
    "2 attach to a primary": (OLD.attached(is_primary=True), Generations(C | 1, 0, H1, H2)),
    "3 promotion beside the peer": (
        OLD.became_primary(RANDOM, has_peer_data=True),
        Generations(C | 1, 0, H1, H2),
    ),
    "4 promotion alone": (
        OLD.became_primary(OTHER, has_peer_data=False),
        Generations(OTHER | 1, C, H1, H2),
    ),
    "5 promotion alone, counting already": (
        COUNTING.became_primary(RANDOM, has_peer_data=False),
        Generations(C | 1, B, H1, H2),
    ),
    "6 promotion by force": (OLD.forced_primary(OTHER), Generations(OTHER | 1, C, H1, H2)),
    "6 promotion by force, counting already": (
        COUNTING.forced_primary(RANDOM),
        Generations(RANDOM, C, H1, H2),
    ),
    "7 demotion": (
        Generations(C | 1, B | 1, H1, H2).became_secondary(),
        Generations(C, B | 1, H1, H2),
    ),
    "8 primary loses the peer": (
        Generations(C | 1, 0, H1, H2).lost_peer_data(OTHER, is_primary=True),
        Generations(OTHER | 1, C | 1, H1, H2),
    ),
    "8 secondary of a primary whose disk fails": (
        OLD.lost_peer_data(RANDOM, is_primary=False),
        Generations(RANDOM & ~1, C, H1, H2),
    ),
    "8 counting already": (COUNTING.lost_peer_data(RANDOM, is_primary=True), COUNTING),
    "12 source, first resync": (
        OLD.started_resync_as_source(RANDOM),
        Generations(C, RANDOM, H1, H2),
    ),
    "12 source of a disk that never was in use": (
        Generations(C, JUST_CREATED, H1, H2).started_resync_as_source(RANDOM),
        Generations(C, RANDOM, JUST_CREATED, H1),
    ),
    "12 source, counting": (
        COUNTING.started_resync_as_source(RANDOM),
        Generations(C, B + STEP, B, H1),
    ),
    "12 source, the step wraps around": (
        Generations(C, (1 << 64) - STEP + B, H1, H2).started_resync_as_source(RANDOM),
        Generations(C, B, (1 << 64) - STEP + B, H1),
    ),
    "13 target": (
        COUNTING.started_resync_as_target(RANDOM, is_primary=False),
        Generations(RANDOM & ~1, 0, H1, H2),
    ),
    "13 target that is primary": (
        COUNTING.started_resync_as_target(OTHER, is_primary=True),
        Generations(OTHER | 1, 0, H1, H2),
    ),
    "14 source at the end": (COUNTING.finished_resync_as_source(), Generations(C, 0, B, H1)),
    "14 source at the end, twice": (OLD.finished_resync_as_source(), OLD),
    "15 target at the end": (
        OLD.finished_resync_as_target(SOURCE, is_primary=False),
        Generations(0xAA0, 0, C, 0xAB0),
    ),
    "15 target at the end, the source did not count": (
        OLD.finished_resync_as_target(Generations(0xAA1, 0, 0xA110, 0xA220), is_primary=False),
        Generations(0xAA0, 0, C, 0xA110),
    ),
    "21 new-current-uuid": (
        COUNTING.made_new_current(RANDOM, is_primary=False),
        Generations(RANDOM & ~1, C, B, H1),
    ),
    "22 skip the initial sync": (
        FRESH.skipped_initial_sync(RANDOM, is_primary=False),
        Generations(RANDOM & ~1, 0, 0, 0),
    ),
    "23 the peer skips it": (
        FRESH.accepted_skipped_sync(OTHER | 1, is_primary=False),
        Generations(OTHER, 0, 0, 0),
    ),
    "24 missed end of a resync": (COUNTING.with_finish_caught_up(), Generations(C, 0, B, H1)),
    "25 lost sync UUID": (COUNTING.with_sync_uuid_taken_back(), Generations(C, H1, H2, H2)),
}


@pytest.mark.parametrize("event", ROTATIONS)
def test_an_event_changes_the_uuids_that_the_list_says(event: str) -> None:
    """The four slots after each event of the list."""
    after, expected = ROTATIONS[event]
    assert str(after) == str(expected)


@pytest.mark.parametrize("role_bit", [0, 1])
def test_the_trace_of_the_reference(role_bit: int) -> None:
    """First sync, outage and resync leave both nodes with the published values (metadata 4.5)."""
    r, r2, s = 0xAAAA0, 0xBBBB0, 0xCCCC0
    x = FRESH.forced_primary(r)
    y = FRESH
    assert x == Generations(r | 1, 4, 0, 0)
    x = x if role_bit else x.became_secondary()
    met = x
    x = x.started_resync_as_source(s)
    y = y.started_resync_as_target(x.bitmap_uuid, is_primary=False)
    assert (x, y) == (Generations(r | role_bit, s, 4, 0), Generations(s, 0, 0, 0))
    x, y = x.finished_resync_as_source(), y.finished_resync_as_target(met, is_primary=False)
    assert (x, y) == (Generations(r | role_bit, 0, s, 4), Generations(r, 0, s, 4))
    x = met = x.lost_peer_data(r2, is_primary=bool(role_bit))
    assert x == Generations(r2 | role_bit, r | role_bit, s, 4)
    x = x.started_resync_as_source(0)
    y = y.started_resync_as_target(x.bitmap_uuid, is_primary=False)
    assert x == Generations(r2 | role_bit, (r | role_bit) + STEP, r | role_bit, s)
    assert y == Generations(r + STEP, 0, s, 4)
    x, y = x.finished_resync_as_source(), y.finished_resync_as_target(met, is_primary=False)
    assert x == Generations(r2 | role_bit, 0, (r | role_bit) + STEP, r | role_bit)
    assert y == Generations(r2, 0, r + STEP, r | role_bit)


def test_uuids_are_taken_from_a_packet_and_printed_as_the_kernel_does() -> None:
    """The order is the same everywhere: current, bitmap, younger and older history."""
    packet = P_UUIDS(0xC0, 0xB0, 0x10, 0x20, bits_set=7, uuid_flags=0)
    text = "00000000000000C0:00000000000000B0:0000000000000010:0000000000000020"
    assert str(Generations.of(packet)) == text


def test_bit_0_does_not_tell_generations_apart() -> None:
    """A UUID is the same generation with and without the role bit."""
    assert same(C, C | 1)
    assert not same(C, C + 2)
    assert same(next_sync_uuid(C), next_sync_uuid(C | 1))


def test_only_fresh_meta_data_is_just_created() -> None:
    """The value 4 is the mark of it."""
    assert FRESH.is_just_created
    assert not OLD.is_just_created
