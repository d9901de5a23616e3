"""Which recorded conversations are replayed: all, on both sides, but those named here.

What our node does not have it can't answer for; and it has not the flaws of a kernel.
"""

from collections.abc import Mapping
from typing import Final

from tests.replay.manifest import Scenario, Side

SIZES: Final = "resize: our node's disks keep their size"
NO_DISK: Final = (
    "a node without a disk: ours needs one to be of use, and attaches none while connected"
)
DISK_ERRORS: Final = "a disk that fails in the middle: what the kernel's failed at is not recorded"
OPTIONS: Final = "options that change, of a node that is connected: ours keeps them"

NOT_REPLAYED: Final[Mapping[str, str]] = {
    "zero-out-integrity": "P_ZEROES where data have digests: a kernel sends it and can't read it",
    "resize": SIZES,
    "resize-assume-clean": SIZES,
    "resize-smaller": SIZES,
    "diskless-primary": NO_DISK,
    "diskless-client": NO_DISK,
    "read-error-at-peer": NO_DISK,
    "read-error-at-sync-source": DISK_ERRORS,
    "write-error-at-peer": DISK_ERRORS,
    "write-error-detach": DISK_ERRORS,
    "change-net-options": OPTIONS,
    "read-balancing": "read-balancing: our node reads from its own disk what is good there",
    "two-volumes-resync-after": "resync-after: our node's volumes do not wait for each other",
}
"""Conversations that are replayed on neither side, and why."""

NOT_REPLAYED_SIDES: Final[Mapping[tuple[str, Side], str]] = {
    ("diskless-secondary", Side.B): NO_DISK,
    ("reconnect-aligned-loses-bits", Side.A): "the kernel has lost bits of its own, a flaw",
    ("volume-missing-at-peer", Side.A): "the kernel never begins a resync that is due, a flaw",
}
"""Conversations that are replayed on the other side only, and why."""


def reason_against(scenario: Scenario, side: Side) -> str | None:
    """Why one side of a scenario is not replayed; None when it is."""
    found = NOT_REPLAYED.get(scenario.name)
    return found or NOT_REPLAYED_SIDES.get((scenario.name, side))


def replayed(scenarios: list[Scenario]) -> list[tuple[Scenario, Side]]:
    """The sides of scenarios that are replayed."""
    return [
        (scenario, side)
        for scenario in scenarios
        for side in Side
        if reason_against(scenario, side) is None
    ]
