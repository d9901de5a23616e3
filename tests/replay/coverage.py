"""Which recorded conversations are replayed: all, on both sides, but those named here.

What our node does not have it can't answer for; and it has not the flaws of a kernel.
"""

from collections.abc import Mapping
from typing import Final

from tests.replay.manifest import Scenario, Side

INTEGRITY: Final = "data-integrity-alg: our node sends no digests beside data"
TWO_PRIMARIES: Final = "allow-two-primaries: our node is not primary beside a primary"
CHECKSUMS: Final = "csums-alg: our node asks for data, not for checksums of them"
VERIFY: Final = "online verify: our node compares no checksums of its own accord"
SIZES: Final = "resize: our node's disks keep their size"
CONGESTION: Final = "on-congestion: our node does not run ahead of its peer"
THREADS: Final = "a thread of the kernel wrote while another one took the state that forbids it"
OPTIONS: Final = "options that change, of a node that is connected: ours keeps them"

NOT_REPLAYED: Final[Mapping[str, str]] = {
    "diskless-client": INTEGRITY,
    "initial-sync-c-crc32c": INTEGRITY,
    "initial-sync-c-sha1": INTEGRITY,
    "initial-sync-c-md5": INTEGRITY,
    "writes-c-crc32c": INTEGRITY,
    "writes-b-md5": INTEGRITY,
    "writes-a-sha256": INTEGRITY,
    "zero-out-integrity": INTEGRITY,
    "two-primaries": TWO_PRIMARIES,
    "two-primaries-conflicts": TWO_PRIMARIES,
    "split-brain-both-primary": TWO_PRIMARIES,
    "csums-sha1": CHECKSUMS,
    "csums-crc32c": CHECKSUMS,
    "csums-md5-integrity": CHECKSUMS,
    "csums-full": CHECKSUMS,
    "crashed-primary-failover": CHECKSUMS,
    "verify-sha1": VERIFY,
    "verify-sha1-linux-6.1": VERIFY,
    "verify-crc32c-secondary": VERIFY,
    "verify-md5-range": VERIFY,
    "verify-clean": VERIFY,
    "resize": SIZES,
    "resize-assume-clean": SIZES,
    "resize-smaller": SIZES,
    "congestion-ahead": CONGESTION,
    "congestion-during-sync": CONGESTION,
    "change-net-options": OPTIONS,
    "suspend-resume-io": "suspend-io: our node does not hold requests back for an administrator",
}
"""Conversations that are replayed on neither side, and why."""

NOT_REPLAYED_SIDES: Final[Mapping[tuple[str, Side], str]] = {
    ("write-error-at-peer", Side.A): THREADS,
    ("write-error-detach", Side.A): THREADS,
    ("read-error-at-sync-source", Side.B): "the kernel never ends a resync with bad blocks, a flaw",
    ("mismatch-integrity", Side.A): INTEGRITY,
    ("mismatch-two-primaries", Side.A): TWO_PRIMARIES,
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
