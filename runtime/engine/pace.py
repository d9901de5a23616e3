"""How many blocks the node that drives a resync may ask for, ten times a second.

The controller aims at a constant amount of data on its way: what is asked for in a turn is what
arrived since the last one, and a correction that is spread over the turns of a plan (states 6.7,
wire 12.3). All numbers are integers as in the kernel, so both nodes run at the same speed.
"""

from collections import deque
from dataclasses import replace
from typing import Final, NamedTuple

from generated.layouts.configuration import ResyncController
from runtime.config import DiskOptions
from runtime.errors import PeerError

TURN_S: Final = 0.1
BLOCK_SECTORS: Final = 8  # 4 KiB, the data of one bit (wire 12.4)
PLAN_TURNS_MAX: Final = (
    300  # wire 12.2: c-plan-ahead, so a peer can't make the plan fill the memory
)
MAX_RATE_LEAST_KIB_S: Final = 250  # wire 12.2: c-max-rate; with 0 no resync would ever move again
QUIET_SECTORS: Final = 64  # states 6.8: as much an idle file system may move
_TURNS_PER_SECOND: Final = 10
_SECTORS_PER_KIB: Final = 2
_BLOCK_SIZE_KIB: Final = 4


class PaceParameters(NamedTuple):
    """The numbers that both nodes share: the peer's P_SYNC_PARAM89 overwrites them (wire 5.3)."""

    resync_rate: int
    """KiB/s; the fixed rate, or the one that the controller begins with."""
    controller: ResyncController


class ResyncPace:
    """The controller of one volume's resync or online verify, on the node that asks."""

    def __init__(self, options: DiskOptions, *, max_buffers: int) -> None:
        self._parameters = _parameters_of(options)
        self.bound(max_buffers=max_buffers)
        self._in_flight_sectors = 0
        self._arrived_sectors = 0
        self._wanted_rate_kib_s = 0
        self._plan: deque[int] = deque()
        self.reset()

    @property
    def parameters(self) -> PaceParameters:
        """What P_SYNC_PARAM89 tells the peer."""
        return self._parameters

    @property
    def wanted_rate_kib_s(self) -> int:
        """The rate of the last turn, `want:` of /proc/drbd; max-buffers may allow less."""
        return self._wanted_rate_kib_s

    @property
    def in_flight_sectors(self) -> int:
        """What was asked for, less what had arrived at the last turn."""
        return self._in_flight_sectors

    def adopt(self, resync_rate: int, controller: ResyncController | None) -> None:
        """Take over the peer's numbers; below version 95 it tells the rate only (states 5.2)."""
        if controller is None:
            controller = self._parameters.controller
        if controller.c_plan_ahead > PLAN_TURNS_MAX:
            raise PeerError(
                f"P_SYNC_PARAM89 tells a c-plan-ahead of {controller.c_plan_ahead}"
                f" tenths of a second, at most {PLAN_TURNS_MAX} make sense"
            )
        if controller.c_max_rate < MAX_RATE_LEAST_KIB_S:
            controller = replace(controller, c_max_rate=MAX_RATE_LEAST_KIB_S)
        self._parameters = PaceParameters(max(1, resync_rate), controller)
        if len(self._plan) != controller.c_plan_ahead:
            self._plan = deque([0] * controller.c_plan_ahead)

    def bound(self, *, max_buffers: int) -> None:
        """At most half of this number of pages is in flight (wire 12.3)."""
        self._blocks_max = max_buffers // 2

    def set_options(self, options: DiskOptions) -> None:
        """Take over the administrator's numbers."""
        parameters = _parameters_of(options)
        self.adopt(parameters.resync_rate, parameters.controller)

    def as_options(self, options: DiskOptions) -> DiskOptions:
        """Options with the numbers that count now, which the peer may have told."""
        rate, controller = self._parameters
        return replace(
            options,
            resync_rate=rate,
            c_plan_ahead=controller.c_plan_ahead,
            c_delay_target=controller.c_delay_target,
            c_fill_target=controller.c_fill_target,
            c_max_rate=controller.c_max_rate,
        )

    def reset(self) -> None:
        """Begin anew: nothing is on its way and nothing planned."""
        self._in_flight_sectors = 0
        self._arrived_sectors = 0
        self._wanted_rate_kib_s = 0
        self._plan = deque([0] * self._parameters.controller.c_plan_ahead)

    def requested(self, sectors: int) -> None:
        """Requests for so many sectors were sent."""
        self._in_flight_sectors += sectors

    def received(self, sectors: int) -> None:
        """So many sectors were answered, with data or without (states 6.7)."""
        self._arrived_sectors += sectors

    def turn(self) -> int:
        """Return how many blocks may be asked for; called once in TURN_S."""
        arrived, self._arrived_sectors = self._arrived_sectors, 0
        self._in_flight_sectors -= arrived
        if self._plan:
            blocks = self._planned(arrived) // BLOCK_SECTORS
            self._wanted_rate_kib_s = blocks * _BLOCK_SIZE_KIB * _TURNS_PER_SECOND
        else:
            self._wanted_rate_kib_s = self._parameters.resync_rate
            blocks = self._wanted_rate_kib_s // (_BLOCK_SIZE_KIB * _TURNS_PER_SECOND)
        room = self._blocks_max - _quotient(self._in_flight_sectors, BLOCK_SECTORS)
        return max(0, min(blocks, room))

    def _planned(self, arrived: int) -> int:
        """Correct the plan by what arrived; return the sectors that it wants in this turn."""
        turns = len(self._plan)
        missing = self._goal(arrived) - self._in_flight_sectors - sum(self._plan)
        step = _quotient(missing, turns)
        slots = [slot + step for slot in self._plan]
        self._plan = deque([*slots[1:], 0])
        most = _sectors_per_turn(self._parameters.controller.c_max_rate)
        return min(max(0, arrived + slots[0]), most)

    def _goal(self, arrived: int) -> int:
        """How many sectors should be on their way."""
        controller = self._parameters.controller
        if self._in_flight_sectors + arrived == 0:  # the start of a resync
            return _sectors_per_turn(self._parameters.resync_rate) * len(self._plan)
        return controller.c_fill_target or arrived * controller.c_delay_target


class ApplicationActivity:
    """Whether applications use a disk beside the resync (states 6.8)."""

    def __init__(self) -> None:
        self._sectors = 0

    def moved(self, sectors: int) -> None:
        """The disk read or wrote so many sectors for somebody else than the resync."""
        self._sectors += sectors

    def reset(self) -> None:
        """A resync begins: what was moved before does not count."""
        self._sectors = 0

    def is_active(self, *, is_request_waiting: bool) -> bool:
        """Whether a request waits for the activity log, or much was moved since this was true."""
        if not is_request_waiting and self._sectors <= QUIET_SECTORS:
            return False
        self._sectors = 0
        return True


def is_throttled(*, c_min_rate: int, is_application_active: bool, rate_kib_s: int) -> bool:
    """Whether a resync steps aside for applications: it never does below c_min_rate.

    The rate is that since the second newest progress mark (states 6.8); 0 turns throttling off.
    """
    return c_min_rate != 0 and is_application_active and rate_kib_s > c_min_rate


def _parameters_of(options: DiskOptions) -> PaceParameters:
    return PaceParameters(
        options.resync_rate,
        ResyncController(
            c_plan_ahead=options.c_plan_ahead,
            c_delay_target=options.c_delay_target,
            c_fill_target=options.c_fill_target,
            c_max_rate=options.c_max_rate,
        ),
    )


def _sectors_per_turn(rate_kib_s: int) -> int:
    """Convert a rate, rounded down."""
    return rate_kib_s * _SECTORS_PER_KIB // _TURNS_PER_SECOND


def _quotient(dividend: int, divisor: int) -> int:
    """Divide as the kernel does, truncated towards zero; `//` rounds a negative one down."""
    quotient = abs(dividend) // divisor
    return quotient if dividend >= 0 else -quotient
