"""Online verifies: whoever asks, both nodes find what differs, and nothing else."""

import pytest

from runtime.digests import DIGEST_SIZE_BYTES
from tests.interop.kernel.pair import SMALL, Pair
from tests.interop.kernel.side import Side

BLOCKS = SMALL // 4096
NET = {"verify_alg": "sha256"}
SLOW = {"c_plan_ahead": 0, "resync_rate": 1500, "c_min_rate": 0}
"""KiB/s: 4 MiB take three seconds, which is long enough to do something meanwhile."""

by_asker = pytest.mark.parametrize("who", ["one", "other"])


def _same(pair: Pair, *, algorithm: str = "sha256", disk: dict[str, int] | None = None) -> None:
    """Begin with equal disks; one is primary."""
    pair.begin(is_same=True, net={"verify_alg": algorithm}, disk=disk)
    pair.connect()
    pair.wait(conn="Connected", disk="Inconsistent", pdsk="Inconsistent")
    pair.one.clear_bitmap()
    pair.in_sync()
    pair.one.primary()


def _spoil(side: Side, sector: int, count: int) -> None:
    """Change a disk behind its node's back."""
    with side.images[0].open("r+b") as file:
        file.seek(sector * 512)
        file.write(b"spoilt \n" * 64 * count)


def _asker(pair: Pair, who: str) -> Side:
    return pair.one if who == "one" else pair.other


def _verify(pair: Pair, asker: Side, **where: int) -> None:
    asker.verify(**where)
    pair.wait(conn="Connected")


def _bits(pair: Pair) -> list[int]:
    return [side.bits_out_of_sync() for side in pair.sides]


def _repair(pair: Pair) -> None:
    """What was found is resynced when the primary has been alone."""
    pair.other.disconnect()
    pair.other.connect()
    pair.in_sync()
    assert _bits(pair) == [0, 0]
    pair.end()


@pytest.mark.parametrize("algorithm", DIGEST_SIZE_BYTES)
def test_verify_by_each_algorithm(pair: Pair, algorithm: str) -> None:
    """Digests of each algorithm are compared, and what differs is resynced later."""
    _same(pair, algorithm=algorithm)
    for sector, count in ((24, 8), (513, 1), (1600, 48), (BLOCKS * 8 - 8, 8)):
        _spoil(pair.other, sector, count)
    _verify(pair, pair.one)
    assert _bits(pair) == [9, 9]
    for side in pair.sides:
        for text in ("start=24, size=8", "start=512, size=8", "start=1600, size=48"):
            assert f"Out of sync: {text} (sectors)" in side.said()
    _repair(pair)


@by_asker
def test_verify_of_a_part(pair: Pair, who: str) -> None:
    """A start and a stop are kept, and the next verify goes on where the last one has stopped."""
    _same(pair)
    for sector in (0, 1024, 2040, 2048, 4096):
        _spoil(pair.other, sector, 8)
    _verify(pair, _asker(pair, who), start=1024, stop=2048)
    assert _bits(pair) == [2, 2]
    _verify(pair, _asker(pair, "other" if who == "one" else "one"))
    assert _bits(pair) == [4, 4]
    assert "Online Verify start sector: 2048" in _asker(pair, who).said()
    _verify(pair, _asker(pair, who), start=0, stop=8)
    assert _bits(pair) == [5, 5]
    _repair(pair)


@by_asker
def test_verify_beside_writes(pair: Pair, who: str) -> None:
    """What the primary writes meanwhile is no difference."""
    _same(pair, disk=SLOW)
    pair.one.start_writing()
    pair.one.await_writes(10)
    _verify(pair, _asker(pair, who))
    pair.one.stop_writing()
    assert _bits(pair) == [0, 0]
    for side in pair.sides:
        assert "Online verify done" in side.said()
    pair.end()


@by_asker
def test_verify_goes_on_after_a_reconnect(pair: Pair, who: str) -> None:
    """A verify that is broken off begins where it was, when somebody asks for it again."""
    _same(pair, disk=SLOW)
    asker = _asker(pair, who)
    for sector in (0, BLOCKS * 8 - 8):
        _spoil(pair.other, sector, 8)
    asker.verify()
    for side in pair.sides:
        side.wait(conn=("VerifyS", "VerifyT"))
    pair.one.disconnect()
    pair.one.connect()
    pair.in_sync()
    _verify(pair, asker)
    assert _bits(pair) == [1, 1]
    _repair(pair)
