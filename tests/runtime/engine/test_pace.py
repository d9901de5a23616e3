"""A resync asks for as many blocks as the published controller computes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated.layouts.configuration import ResyncController
from runtime.config import DiskOptions
from runtime.engine.pace import ApplicationActivity, ResyncPace, is_throttled
from runtime.errors import PeerError


def pace(*, max_buffers: int = 2048, **options: Any) -> ResyncPace:
    """Make a controller with some options."""
    return ResyncPace(DiskOptions(**options), max_buffers=max_buffers)


def turns(controller: ResyncPace, count: int, *, sectors_max: int | None = None) -> list[int]:
    """Let a peer answer what it was asked for, at most so much a turn; return the blocks asked."""
    asked = []
    open_sectors = 0
    for _ in range(count):
        blocks = controller.turn()
        controller.requested(8 * blocks)
        open_sectors += 8 * blocks
        answered = open_sectors if sectors_max is None else min(open_sectors, sectors_max)
        controller.received(answered)
        open_sectors -= answered
        asked.append(blocks)
    return asked


def test_first_turns_are_those_of_the_formula() -> None:
    """With the default options the first turns ask for what the arithmetic on paper gives."""
    # Turn 1: goal 50 x 20 = 1000, step 50, so 50 sectors, 6 blocks; 19 slots of 50 stay planned.
    # Turn 2: goal 100, correction 100 - 950 = -850, step -42 and not -43; 48 + 8 = 56 sectors.
    # Turn 3: plan 18 x 8 - 42 = 102, correction -2, step 0; 56 + 8 = 64 sectors.
    controller = pace()

    assert turns(controller, 3) == [6, 7, 8]
    assert controller.wanted_rate_kib_s == 8 * 40


def test_delay_target_counts_where_no_fill_target_is() -> None:
    """Without a fill target the goal is the incoming data times the delay target."""
    # Turn 2: goal 48 x 10 = 480, correction 480 - 950 = -470, step -23; 48 + 27 = 75 sectors.
    # Turn 3: plan 18 x 27 - 23 = 463, goal 72 x 10, correction 257, step 12; 72 + 39 sectors.
    assert turns(pace(c_fill_target=0), 3) == [6, 9, 13]


def test_data_in_flight_is_subtracted_from_the_goal() -> None:
    """What was asked for and did not arrive slows the next turn down."""
    # Turn 2: nothing arrived, goal 100, correction 100 - 48 - 950 = -898, step -44; 0 + 6 sectors.
    controller = pace()
    controller.requested(8 * controller.turn())

    assert controller.turn() == 0
    assert controller.in_flight_sectors == 48


def test_rate_rises_to_the_highest_one() -> None:
    """A peer that answers within a turn is asked for c_max_rate in the end, and never more."""
    controller = pace(max_buffers=8192, c_fill_target=1000)
    asked = turns(controller, 600)

    assert controller.wanted_rate_kib_s == 102400
    assert max(asked) == asked[-1] == 102400 // 40


def test_rate_rises_slowly_with_the_default_fill_target() -> None:
    """A goal of 100 sectors on their way is reached by about five sectors more each turn."""
    controller = pace(max_buffers=8192)
    turns(controller, 2700)

    assert controller.wanted_rate_kib_s == 102400


@pytest.mark.parametrize("fill_target", [1000, 4000])
def test_slow_link_is_kept_filled(fill_target: int) -> None:
    """A peer of 2000 KiB/s is asked for just that, with about c_fill_target on its way."""
    controller = pace(c_fill_target=fill_target)
    asked = turns(controller, 600, sectors_max=400)

    assert [*asked[-4:], controller.turn()] == [50] * 5
    assert fill_target - 100 < controller.in_flight_sectors <= fill_target


def test_fixed_rate_without_a_plan() -> None:
    """With c_plan_ahead = 0 every turn asks for a tenth of resync_rate, whatever arrives."""
    controller = pace(c_plan_ahead=0, resync_rate=10250)

    assert [controller.turn() for _ in range(3)] == [256, 256, 256]
    assert controller.wanted_rate_kib_s == 10250


def test_fixed_rate_stops_when_the_buffers_are_full() -> None:
    """When nothing is answered, asking ends at half of max-buffers and goes on with an answer."""
    controller = pace(c_plan_ahead=0, resync_rate=10240, max_buffers=1000)
    asked = []
    for _ in range(4):
        asked.append(controller.turn())
        controller.requested(8 * asked[-1])
    controller.received(8 * 3)

    assert asked == [256, 244, 0, 0]
    assert controller.turn() == 3


def test_fixed_rate_below_one_block_a_turn_asks_for_nothing() -> None:
    """Integers only: below 40 KiB/s a turn's share is less than a block, as in the kernel."""
    assert turns(pace(resync_rate=39, c_plan_ahead=0), 20) == [0] * 20


def test_controller_saves_up_for_a_first_block() -> None:
    """With a plan, parts of blocks add up, except of rates so low that each step is nothing."""
    # 19 KiB/s are 3 sectors a turn: a plan of 60 in slots of 3 is never corrected beyond that.
    assert turns(pace(resync_rate=39), 4) == [0, 0, 0, 1]
    assert turns(pace(resync_rate=19), 300) == [0] * 300


@given(
    st.builds(
        dict,
        resync_rate=st.integers(1, 1 << 22),
        c_plan_ahead=st.integers(0, 30),
        c_delay_target=st.integers(1, 100),
        c_fill_target=st.integers(0, 1 << 20),
        c_max_rate=st.integers(250, 1 << 22),
    ),
    st.integers(32, 131072),
    st.lists(st.floats(0, 1), max_size=30),
)
def test_blocks_in_flight_stay_within_the_buffers(
    options: dict[str, int], max_buffers: int, shares: list[float]
) -> None:
    """Whatever share of its requests a peer answers, half of max-buffers is never exceeded."""
    controller = pace(max_buffers=max_buffers, **options)
    in_flight = 0
    for share in shares:
        blocks = controller.turn()
        controller.requested(8 * blocks)
        in_flight += blocks
        assert 0 <= in_flight <= max_buffers // 2
        answered = int(in_flight * share)
        controller.received(8 * answered)
        in_flight -= answered


def test_parameters_are_the_options() -> None:
    """What is told to the peer is what was configured, until the peer tells something else."""
    rate, controller = pace(resync_rate=1000, c_delay_target=7).parameters

    assert rate == 1000
    assert controller == ResyncController(
        c_plan_ahead=20, c_delay_target=7, c_fill_target=100, c_max_rate=102400
    )


def test_numbers_of_the_peer_win() -> None:
    """A peer's P_SYNC_PARAM89 overwrites all five numbers."""
    controller, theirs = pace(), ResyncController(0, 10, 100, 102400)
    controller.adopt(4000, theirs)

    assert controller.turn() == 100
    assert controller.parameters == (4000, theirs)


def test_old_peer_tells_the_rate_only() -> None:
    """Below version 95 the controller's own numbers stay."""
    controller = pace(c_fill_target=77)
    controller.adopt(4000, None)

    assert controller.parameters.resync_rate == 4000
    assert controller.parameters.controller.c_fill_target == 77


def test_another_plan_begins_empty() -> None:
    """A plan of another length forgets the corrections, but not what is on its way."""
    # Turn 1 left 950 planned; with 10 empty slots: goal 100, correction 100, step 10; 48 + 10.
    controller = pace()
    turns(controller, 1)
    controller.adopt(250, ResyncController(10, 10, 100, 102400))

    assert controller.turn() == 58 // 8


def test_same_plan_goes_on() -> None:
    """Equal numbers from the peer, told again, change nothing."""
    controller = pace()
    turns(controller, 1)
    controller.adopt(*controller.parameters)

    assert turns(controller, 2) == [7, 8]


def test_plan_without_end_breaks_the_protocol() -> None:
    """A c-plan-ahead beyond the limit is refused and changes nothing."""
    controller = pace()

    with pytest.raises(PeerError, match="c-plan-ahead of 301 tenths"):
        controller.adopt(250, ResyncController(301, 10, 100, 102400))
    assert controller.parameters.controller.c_plan_ahead == 20


def test_reset_begins_anew() -> None:
    """After a reset the turns are those of a new controller."""
    controller = pace()
    turns(controller, 50)
    controller.reset()

    assert (controller.in_flight_sectors, controller.wanted_rate_kib_s) == (0, 0)
    assert turns(controller, 50) == turns(pace(), 50)


@pytest.mark.parametrize(
    ("c_min_rate", "is_active", "rate_kib_s", "throttled"),
    [
        (250, True, 251, True),
        (250, True, 250, False),
        (250, False, 999, False),
        (0, True, 9, False),
    ],
)
def test_resync_steps_aside_above_the_least_rate(
    *, c_min_rate: int, is_active: bool, rate_kib_s: int, throttled: bool
) -> None:
    """Throttled is who is faster than c-min-rate while applications are active."""
    answer = is_throttled(
        c_min_rate=c_min_rate, is_application_active=is_active, rate_kib_s=rate_kib_s
    )

    assert answer == throttled


def test_activity_is_more_than_64_sectors() -> None:
    """A few sectors are no activity, and are added up until they are."""
    activity = ApplicationActivity()
    activity.moved(64)

    assert not activity.is_active(is_request_waiting=False)
    activity.moved(1)
    assert activity.is_active(is_request_waiting=False)


def test_activity_counts_anew_after_it_was_seen() -> None:
    """The sectors that made a disk active once do not do so again."""
    activity = ApplicationActivity()
    activity.moved(1000)

    assert activity.is_active(is_request_waiting=False)
    assert not activity.is_active(is_request_waiting=False)


def test_waiting_request_is_activity() -> None:
    """A request that waits for the activity log needs no sectors to be heard."""
    assert ApplicationActivity().is_active(is_request_waiting=True)


def test_activity_before_the_resync_does_not_count() -> None:
    """A reset forgets what was moved before."""
    activity = ApplicationActivity()
    activity.moved(1000)
    activity.reset()

    assert not activity.is_active(is_request_waiting=False)
