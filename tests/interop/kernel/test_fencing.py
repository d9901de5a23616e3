"""A primary that must know that its peer does not go on alone, and requests that wait for that."""

import pytest

from tests.interop.kernel.complaints import after
from tests.interop.kernel.pair import Pair
from tests.interop.kernel.side import Write

QUICK_TO_NOTICE = {"ping_int": 3, "timeout": 29}
APART = ("WFConnection", "Unconnected", "NetworkFailure", "BrokenPipe", "Timeout")
POLICIES = ("resource-only", "resource-and-stonith")
BY_POLICY = {
    "Refusing to be Primary while peer is not outdated": "so it is, and then the peer is outdated",
    "Forced into split brain situation!": "the first primary knows nothing of its peer",
}
PULLED = {**BY_POLICY, **after("the cable was pulled")}
FROZEN = "susp( 0 -> 1 )"
WRITES = [Write(sector=8 * number, count=8, seed=number) for number in range(8)]


@pytest.mark.parametrize("policy", POLICIES)
def test_secondary_leaves_a_fencing_primary(pair: Pair, policy: str) -> None:
    """A secondary outdates itself before it leaves, and is resynced when it is back."""
    pair.synced(disk={"fencing": policy})
    pair.other.disconnect()
    pair.other.wait(conn="StandAlone", disk="Outdated")
    pair.one.wait(conn=APART, pdsk="Outdated")
    pair.one.write(WRITES)
    pair.other.connect()
    pair.end(allowed=BY_POLICY)


def test_secondary_without_a_disk_leaves_a_fencing_primary(pair: Pair) -> None:
    """What has no disk can't outdate it, and is let go without the peer's consent."""
    pair.synced(disk={"fencing": "resource-only"})
    pair.other.detach()
    pair.one.wait(conn="Connected", pdsk="Diskless")
    pair.other.disconnect()
    pair.one.wait(conn=APART)
    pair.one.write(WRITES)
    pair.other.attach()
    pair.other.connect()
    pair.in_sync()
    pair.end(allowed={**BY_POLICY, **after("the peer left without a word")})


@pytest.mark.parametrize("policy", POLICIES)
def test_fencing_primary_leaves(pair: Pair, policy: str) -> None:
    """A primary that leaves lets its peer outdate itself."""
    pair.synced(disk={"fencing": policy})
    pair.one.disconnect()
    pair.one.wait(conn="StandAlone", pdsk="Outdated")
    pair.other.wait(conn=APART, disk="Outdated")
    pair.one.write(WRITES)
    pair.one.connect()
    pair.end(allowed=BY_POLICY)


def test_frozen_until_the_peer_is_back(pair: Pair) -> None:
    """Writes that a lost peer has not confirmed are frozen, and sent again when it is back."""
    pair.one.set_program("fence-peer", "exit 1")
    pair.synced(net=QUICK_TO_NOTICE, disk={"fencing": "resource-and-stonith"})
    pair.one.start_writing()
    pair.one.await_writes(20)
    pair.guest.set_cable(is_plugged=False)
    pair.wait(conn=APART)
    pair.guest.set_cable(is_plugged=True)
    pair.wait(conn="Connected")
    pair.one.await_writes(60)
    pair.one.stop_writing()
    assert FROZEN in pair.one.said()
    pair.end(allowed=PULLED)


def test_frozen_until_somebody_knows_more(pair: Pair) -> None:
    """Frozen writes go on alone when a program or an administrator says that the peer is old."""
    pair.one.set_program("fence-peer", "exit 4")
    pair.synced(net=QUICK_TO_NOTICE, disk={"fencing": "resource-and-stonith"})
    pair.one.start_writing()
    pair.one.await_writes(20)
    pair.guest.set_cable(is_plugged=False)
    pair.one.wait(conn=APART)
    pair.one.resume_io()  # no program runs for a kernel here
    pair.one.await_writes(60)
    pair.guest.set_cable(is_plugged=True)
    pair.wait(conn="Connected")
    pair.one.stop_writing()
    assert FROZEN in pair.one.said()
    pair.end(allowed=PULLED)


def test_suspended_by_hand(pair: Pair) -> None:
    """Writes wait while an administrator holds them back, whoever comes and goes."""
    pair.synced()
    pair.one.start_writing()
    pair.one.await_writes(20)
    pair.one.suspend_io()
    pair.other.disconnect()
    pair.other.wait(conn="StandAlone")
    pair.one.resume_io()
    pair.one.await_writes(60)
    pair.other.connect()
    pair.one.stop_writing()
    pair.end()
