"""Data that are damaged on their way: digests tell, and nothing of it comes to a disk."""

import re
from contextlib import closing

import pytest

from tests.interop.kernel.complaints import LOST, after
from tests.interop.kernel.damaging_cable import DamagingCable
from tests.interop.kernel.pair import Pair
from tests.interop.kernel.side import Write

FOUND = r"igest integrity check FAILED|is not that of its data"  # as the kernel says it, and we
DAMAGED = after("a byte was changed on its way", (*LOST, FOUND, r"conn\( .*ProtocolError"))


@pytest.mark.one_kernel
@pytest.mark.parametrize("algorithm", ["crc32c", "sha1"])
def test_damaged_write(pair: Pair, algorithm: str) -> None:
    """The receiver drops the link, and the write comes again with a resync."""
    with closing(DamagingCable(pair)) as cable:
        pair.synced(net={"data_integrity_alg": algorithm})
        cable.damage()
        pair.one.write([Write(sector=64, count=8, seed=5)])
        assert cable.is_damaged.is_set()
        pair.reckon()
        told = pair.testimony()
        pair.end(allowed=DAMAGED)
    assert any(re.search(FOUND, said) for _, said in told)
