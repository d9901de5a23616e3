"""A cable that is pulled, a process that is killed, a power failure; in the middle of work."""

import pytest

from tests.interop.kernel.complaints import after
from tests.interop.kernel.pair import Pair
from tests.interop.kernel.side import Side

QUICK_TO_NOTICE = {"ping_int": 3, "timeout": 29}
SLOW = {"c_plan_ahead": 0, "resync_rate": 1500, "c_min_rate": 0}
APART = ("WFConnection", "Unconnected", "NetworkFailure", "BrokenPipe", "Timeout")
PULLED = after("the cable was pulled")
KILLED = after("the peer was killed")

one_kernel = pytest.mark.one_kernel
"""Both resources of a guest can't be killed one by one."""


def chosen(pair: Pair, who: str) -> tuple[Side, Side]:
    """Whom it hits, and the other."""
    return (pair.one, pair.other) if who == "one" else (pair.other, pair.one)


@pytest.mark.parametrize("protocol", ["A", "B", "C"])
def test_cable_pulled_in_mid_write(pair: Pair, protocol: str) -> None:
    """Writes that the peer has not confirmed are resynced when the cable is back."""
    pair.synced(net={**QUICK_TO_NOTICE, "protocol": protocol})
    pair.one.start_writing()
    pair.one.await_writes(20)
    pair.guest.set_cable(is_plugged=False)
    pair.wait(conn=APART)
    pair.guest.set_cable(is_plugged=True)
    pair.wait(conn="Connected")
    pair.one.stop_writing()
    pair.end(allowed=PULLED)


def test_cable_pulled_in_mid_resync(pair: Pair) -> None:
    """A resync goes on where the lost link ended it."""
    pair.begin(net=QUICK_TO_NOTICE, disk=SLOW)
    pair.one.primary(force=True)
    pair.connect()
    pair.other.wait(conn="SyncTarget")
    pair.guest.set_cable(is_plugged=False)
    pair.wait(conn=APART)
    pair.guest.set_cable(is_plugged=True)
    pair.end(allowed=PULLED)


@one_kernel
@pytest.mark.parametrize("who", ["one", "other"])
@pytest.mark.parametrize("protocol", ["A", "C"])
def test_killed_in_mid_write(pair: Pair, who: str, protocol: str) -> None:
    """Whoever is killed, primary or secondary, both have the same when it is back."""
    pair.synced(net={**QUICK_TO_NOTICE, "protocol": protocol})
    victim, survivor = chosen(pair, who)
    pair.one.start_writing()
    pair.one.await_writes(20)
    victim.crash()
    survivor.wait(conn=APART)
    victim.revive()
    victim.connect()
    survivor.wait(conn="Connected")
    if survivor is pair.one:
        survivor.stop_writing()
    pair.end(allowed=KILLED)


@one_kernel
@pytest.mark.parametrize("who", ["one", "other"])
def test_killed_in_mid_resync(pair: Pair, who: str) -> None:
    """A resync comes to its end after source or target were killed."""
    pair.begin(net=QUICK_TO_NOTICE, disk=SLOW)
    victim, survivor = chosen(pair, who)
    pair.one.primary(force=True)
    pair.connect()
    pair.other.wait(conn="SyncTarget")
    victim.crash()
    survivor.wait(conn=APART)
    victim.revive()
    victim.connect()
    pair.end(allowed=KILLED)
