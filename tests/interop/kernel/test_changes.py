"""What changes while the nodes are connected: a peer that lags behind, sizes, and options."""

import pytest

from tests.interop.kernel.complaints import after
from tests.interop.kernel.our_side import OurSide
from tests.interop.kernel.pair import LARGE, SMALL, Pair
from tests.interop.kernel.side import Options, Write

AHEAD: Options = {"protocol": "A", "on_congestion": "pull-ahead", "congestion_fill": 16}
SLOW: Options = {"c_plan_ahead": 0, "resync_rate": 4000, "c_min_rate": 0}
"""KiB/s: slow enough to see a resync, quick enough to wait for it."""

SECTOR_SIZE_BYTES = 512
SCATTERED = [Write(sector=8 * (3 * it + it % 7), count=8, seed=it) for it in range(20)]
SIZES_DIFFER = {"Considerable difference in lower level device sizes": "so they do"}


def pulled_ahead(pair: Pair) -> None:
    """One is primary and has run ahead of the other."""
    pair.synced(net=AHEAD)
    pair.one.start_writing()
    pair.one.wait(conn=("Ahead", "SyncSource"))
    pair.one.await_writes(40)
    pair.one.stop_writing()


def test_pulling_ahead(pair: Pair) -> None:
    """What is written while the peer lags behind follows when it has caught up."""
    pulled_ahead(pair)
    pair.end()


def test_parting_while_ahead(pair: Pair) -> None:
    """A peer that is behind may go, and gets what it lacks when it comes again."""
    pulled_ahead(pair)
    pair.other.disconnect()
    pair.one.write(SCATTERED)
    pair.other.connect()
    pair.end()


def test_pulling_ahead_of_a_resync(pair: Pair) -> None:
    """A resync is called off when its source runs ahead, and one follows that ends."""
    pair.begin(net=AHEAD, disk=SLOW)
    pair.one.primary(force=True)
    pair.connect()
    pair.other.wait(conn="SyncTarget")
    pair.one.start_writing()
    pair.one.wait(conn="Ahead")
    pair.one.stop_writing()
    pair.end()


def our_side(pair: Pair) -> OurSide:
    """The side that is ours."""
    return next(side for side in pair.sides if isinstance(side, OurSide))


@pytest.mark.one_kernel
def test_giving_a_slow_peer_up(pair: Pair) -> None:
    """With `disconnect` our node goes on alone until it is told to connect; it plays both parts,
    since a kernel that gives its peer up like that stays Disconnecting for ever.
    """
    pair.synced(net={**AHEAD, "on_congestion": "disconnect"})
    ours = our_side(pair)
    pair.one.secondary()
    ours.primary()
    ours.start_writing()
    ours.wait(conn="StandAlone")
    ours.stop_writing()
    ours.connect()
    pair.end(allowed=after("the primary has given its peer up"))


def test_shrinking_and_growing(pair: Pair) -> None:
    """A limit makes the device smaller on both sides, and without it the rest is resynced."""
    pair.synced(disk=SLOW)
    pair.one.resize(size_sectors=4096)
    pair.in_sync()
    pair.one.write(SCATTERED)
    pair.one.resize()
    pair.other.wait(conn="SyncTarget")
    pair.in_sync()
    pair.one.write([Write(sector=SMALL // SECTOR_SIZE_BYTES - 64, count=64, seed=3)])
    pair.end()


@pytest.mark.one_kernel
def test_growing_disk(pair: Pair) -> None:
    """Our disk is enlarged: its meta-data moves, and both devices grow."""
    sizes = [SMALL if isinstance(side, OurSide) else LARGE for side in pair.sides]
    pair.begin(sizes_bytes=sizes[:1], other_sizes_bytes=sizes[1:], disk=SLOW)
    pair.connect()
    pair.wait(conn="Connected")  # before one is primary, whose device could not shrink any more
    pair.one.primary(force=True)
    pair.in_sync()
    our_side(pair).enlarge(LARGE)
    pair.one.resize()
    pair.other.wait(conn="SyncTarget")
    pair.one.write(SCATTERED)
    pair.in_sync()
    pair.one.write([Write(sector=LARGE // SECTOR_SIZE_BYTES - 64, count=64, seed=5)])
    pair.end(allowed=SIZES_DIFFER)


def test_changing_options(pair: Pair) -> None:
    """The protocol, digests and the rate of a resync change on both sides, with writes between."""
    pair.synced()
    for options in (
        {"protocol": "A"},
        {"protocol": "B", "verify_alg": "sha1"},
        {"data_integrity_alg": "crc32c"},
        {"protocol": "C", "csums_alg": "sha1", "ping_int": 5},
    ):
        for side in pair.sides:
            side.net_options(**options)
        pair.one.write(SCATTERED)
    pair.other.disk_options(resync_rate=50_000)
    pair.one.disk_options(resync_rate=20_000)
    pair.other.invalidate()
    pair.other.wait(conn=("SyncTarget", "Connected"), disk=("Inconsistent", "UpToDate"))
    pair.in_sync()
    pair.other.disconnect()
    pair.one.write(SCATTERED)
    pair.other.connect()
    pair.end()


def test_waiting_for_another_volume(pair: Pair) -> None:
    """A resync that runs waits on both nodes as soon as one of them has `resync-after`."""
    pair.begin(sizes_bytes=[SMALL, LARGE], disk={**SLOW, "resync_rate": 1500})
    for volume in (0, 1):
        pair.one.primary(force=True, volume=volume)
    pair.connect()
    for side in pair.sides:
        pair.other.wait(conn="SyncTarget")
        side.resync_after(1)
        pair.one.wait(conn="PausedSyncS")
        pair.other.wait(conn="PausedSyncT")
        side.resync_after(None)
    pair.end()
