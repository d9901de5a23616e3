"""Which recorded conversations are replayed: all, on both sides, but those named here.

What our node does not have it can't answer for; and it has not the flaws of a kernel.
"""

from collections.abc import Mapping
from typing import Final

from tests.replay.manifest import Scenario, Side

THREADS: Final = "a thread of the kernel wrote while another one took the state that forbids it"
REFUSED: Final = (
    "the kernel refuses writes that meet its own and never ends their epochs, a flaw; ours puts"
    " them in front and confirms them"
)

NOT_REPLAYED: Final[Mapping[str, str]] = {
    "zero-out-integrity": "P_ZEROES where data have digests: a kernel sends it and can't read it",
}
"""Conversations that are replayed on neither side, and why."""

NOT_REPLAYED_SIDES: Final[Mapping[tuple[str, Side], str]] = {
    ("two-primaries", Side.B): REFUSED,
    ("two-primaries-conflicts", Side.B): REFUSED,
    ("write-error-at-peer", Side.A): THREADS,
    ("write-error-detach", Side.A): THREADS,
    ("read-error-at-sync-source", Side.B): "the kernel never ends a resync with bad blocks, a flaw",
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
