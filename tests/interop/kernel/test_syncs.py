"""Resyncs: of everything, of what changed, held up, asked for, and not needed."""

import pytest

from tests.interop.kernel.pair import LARGE, SMALL, Pair
from tests.interop.kernel.side import Write

SLOW = {"c_plan_ahead": 0, "resync_rate": 1500, "c_min_rate": 0}
"""KiB/s: 4 MiB take three seconds, which is long enough to do something meanwhile."""

SCATTERED = [Write(sector=8 * (3 * it + it % 7), count=8, seed=it) for it in range(40)]


def test_initial_sync(pair: Pair) -> None:
    """A primary's data replace all of the peer's."""
    pair.begin(sizes_bytes=[LARGE])
    pair.one.primary(force=True)
    pair.connect()
    pair.end()


def test_initial_sync_with_writes(pair: Pair) -> None:
    """Writes during a full resync reach both disks."""
    pair.begin(disk=SLOW)
    pair.one.primary(force=True)
    pair.connect()
    pair.other.wait(conn="SyncTarget")
    pair.one.write(SCATTERED)
    pair.end()


@pytest.mark.parametrize("use_rle", ["yes", "no"])
@pytest.mark.parametrize("writer", ["one", "other"])
def test_bitmap_resync(pair: Pair, use_rle: str, writer: str) -> None:
    """What was written while the peer was away follows when it is back, whoever is primary."""
    pair.synced(net={"use_rle": use_rle})
    primary, secondary = pair.sides if writer == "one" else pair.sides[::-1]
    if writer == "other":
        pair.one.secondary()
        pair.other.primary()
    secondary.disconnect()
    primary.wait(conn="WFConnection")
    primary.write(SCATTERED)
    secondary.connect()
    pair.end()


def test_pause_and_resume(pair: Pair) -> None:
    """A resync waits while either side says so."""
    pair.begin(disk=SLOW)
    pair.one.primary(force=True)
    pair.connect()
    for side in pair.sides:
        pair.other.wait(conn="SyncTarget")
        side.pause_sync()
        pair.one.wait(conn="PausedSyncS")
        pair.other.wait(conn="PausedSyncT")
        side.resume_sync()
    pair.end()


@pytest.mark.parametrize("who", ["one", "other"])
def test_invalidate(pair: Pair, who: str) -> None:
    """A secondary that is told to drop its data takes all of the peer's."""
    pair.synced()
    if who == "one":
        pair.one.secondary()
    side = pair.one if who == "one" else pair.other
    side.invalidate()
    side.wait(conn=("SyncTarget", "Connected"), disk=("Inconsistent", "UpToDate"))
    pair.end()


@pytest.mark.parametrize("who", ["one", "other"])
def test_invalidate_remote(pair: Pair, who: str) -> None:
    """A peer takes all data when the other side is told that it has none."""
    pair.synced()
    if who == "other":
        pair.one.secondary()
    side = pair.one if who == "one" else pair.other
    side.invalidate_remote()
    side.wait(conn=("SyncSource", "Connected"))
    pair.end()


def test_skip_initial_sync(pair: Pair) -> None:
    """Disks that are declared to be the same are not resynced, and writes reach both."""
    pair.begin(is_same=True)
    pair.connect()
    pair.wait(conn="Connected", disk="Inconsistent", pdsk="Inconsistent")
    pair.one.clear_bitmap()
    pair.in_sync()
    pair.one.primary()
    pair.one.write(SCATTERED)
    pair.end()


def test_two_volumes(pair: Pair) -> None:
    """Two volumes are resynced and written over one connection."""
    pair.begin(sizes_bytes=[SMALL, LARGE])
    for volume in (0, 1):
        pair.one.primary(force=True, volume=volume)
    pair.connect()
    for volume in (0, 1):
        pair.in_sync(volume=volume)
    for volume in (0, 1):
        pair.one.write(SCATTERED, volume=volume)
    pair.end()


def test_detach_and_attach(pair: Pair) -> None:
    """A secondary that gave up its disk gets what it missed when it takes it back."""
    pair.synced()
    pair.other.detach()
    pair.one.wait(conn="Connected", pdsk="Diskless")
    pair.one.write(SCATTERED)
    pair.other.attach()
    pair.end()


@pytest.mark.parametrize("smaller", ["one", "other"])
def test_different_sizes(pair: Pair, smaller: str) -> None:
    """The smaller disk decides how large the device is."""
    sizes = {"one": (SMALL, LARGE), "other": (LARGE, SMALL)}[smaller]
    pair.begin(sizes_bytes=sizes[:1], other_sizes_bytes=sizes[1:])
    pair.connect()
    pair.wait(conn="Connected")
    pair.one.primary(force=True)
    pair.in_sync()
    pair.one.write(SCATTERED)
    pair.end(allowed={"Considerable difference in lower level device sizes": "so it is"})
