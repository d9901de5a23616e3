"""Digests: in front of data (data-integrity-alg), and of blocks instead of them (csums-alg)."""

import re
from collections.abc import Sequence

import pytest

from tests.interop.kernel.pair import SMALL, Pair
from tests.interop.kernel.side import Write
from tests.interop.kernel.test_writes import mixed

EQUAL = re.compile(r"\d+ % had equal checksums, eliminated: \d+K; transferred \d+K total \d+K")


def equal_shares(pair: Pair) -> Sequence[set[str]]:
    """What each node has told of blocks that were the same on both."""
    return [set(EQUAL.findall(said)) for _, said in pair.testimony()]


def test_data_with_digests(pair: Pair) -> None:
    """Resyncs and writes in both directions have digests that the other node finds right."""
    pair.synced(net={"data_integrity_alg": "crc32c"})
    for primary, secondary in (pair.sides, pair.sides[::-1]):
        primary.write(mixed(1, count=20))
        primary.secondary()
        secondary.primary()
    pair.end()


@pytest.mark.one_kernel
def test_zeroes_beside_digests(pair: Pair) -> None:
    """Ranges that are zeroed or discarded cost no connection, as they would among two kernels."""
    pair.synced(net={"data_integrity_alg": "sha256"})
    pair.one.discard(sector=0, count=2048)
    pair.one.write_zeroes(sector=3000, count=1000)
    pair.one.write(mixed(3, count=10))
    pair.end()


@pytest.mark.parametrize("name", ["crc32c", "sha512"])
def test_resync_by_checksums(pair: Pair, name: str) -> None:
    """Of a device that is resynced as a whole only what differs is sent, and both say how much."""
    pair.synced(net={"csums_alg": name})
    pair.other.disconnect()
    pair.one.wait(conn="WFConnection")
    pair.one.write(
        [Write(sector=3000, count=100, seed=1), Write(sector=SMALL // 512 - 1, count=1, seed=2)]
    )
    pair.other.invalidate()
    pair.other.connect()
    pair.in_sync()
    first, *others = equal_shares(pair)
    assert len(first) == 2  # of the first resync, where nothing was equal, and of this one
    assert all(it == first for it in others)
    pair.end()


def test_writes_beside_a_resync_by_checksums(pair: Pair) -> None:
    """What is written while blocks are compared is on both disks in the end."""
    pair.synced(
        net={"csums_alg": "md5", "data_integrity_alg": "crc32c"}, disk={"resync_rate": 1500}
    )
    pair.other.invalidate()
    pair.other.wait(conn="SyncTarget")
    pair.one.start_writing()
    pair.one.await_writes(60)
    pair.one.stop_writing()
    pair.end()


def test_thin_resync(pair: Pair) -> None:
    """Zeroes are told of, and not sent, where rs-discard-granularity says so."""
    pair.synced(disk={"rs_discard_granularity": 65536})
    pair.one.write_zeroes(sector=512, count=4096)
    pair.other.invalidate()
    pair.other.wait(conn=("SyncTarget", "Connected"), disk=("Inconsistent", "UpToDate"))
    pair.end()
