"""Disks: a primary that lost its own, has none for a while, or reads the peer's by choice."""

from tests.interop.kernel.pair import Pair
from tests.interop.kernel.side import Write

SCATTERED = [Write(sector=8 * (5 * it + it % 3), count=8, seed=it) for it in range(20)]


def test_primary_without_a_disk(pair: Pair) -> None:
    """A primary that gave its disk up reads and writes the peer's, and gets its own back."""
    pair.synced()
    pair.one.write(SCATTERED)
    before = pair.one.checksum()
    pair.one.detach()
    pair.other.wait(conn="Connected", pdsk="Diskless")
    assert pair.one.checksum() == before
    pair.one.write([Write(sector=3, count=1, seed=90), Write(sector=64, count=128, seed=91)])
    after = pair.one.checksum()
    assert after != before
    pair.one.attach()
    pair.in_sync()
    assert pair.one.checksum() == after
    pair.end()


def test_primary_changes_disks_under_load(pair: Pair) -> None:
    """Applications notice nothing of a disk that leaves and comes back while they write."""
    pair.synced()
    pair.one.start_writing()
    pair.one.await_writes(20)
    pair.one.detach()
    pair.one.wait(disk="Diskless")
    pair.one.await_writes(60)
    pair.one.attach()
    pair.one.await_writes(100)
    pair.one.stop_writing()
    pair.in_sync()
    pair.end()


def test_reads_of_the_peer_by_choice(pair: Pair) -> None:
    """With prefer-remote a primary reads what its peer has, and sees what it wrote itself."""
    pair.synced(disk={"read_balancing": "prefer-remote"})
    pair.one.write(SCATTERED)
    assert pair.one.checksum()
    pair.one.detach()
    pair.other.wait(pdsk="Diskless")
    pair.one.attach()
    pair.in_sync()
    pair.end()
