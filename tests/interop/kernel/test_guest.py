"""The guest itself: it takes orders, and its console tells complaints from the rest."""

import pytest

from tests.interop.kernel.complaints import LOST, after, complaints
from tests.interop.kernel.orders import GuestError
from tests.interop.kernel.pair import Stage


def test_orders_run_at_the_same_time(stage: Stage) -> None:
    """A quick order is answered while a slow one runs."""
    slow = stage.guest.start("sleep 2; echo slow")
    assert stage.guest.run("echo quick") == "quick\n"
    assert not slow.is_done
    assert slow.outcome().text == "slow\n"


def test_binary_answer(stage: Stage) -> None:
    """What an order prints arrives byte for byte, however long it is."""
    noise = stage.guest.disks[0].read_bytes()[: 256 << 10]
    assert stage.guest.start("dd if=/dev/vda bs=256k count=1").outcome().content == noise


def test_failed_order(stage: Stage) -> None:
    """An order that fails says how."""
    with pytest.raises(GuestError, match=r"exit status 3 of: echo alas[^$]*\nalas"):
        stage.guest.run("echo alas >&2; exit 3")


def test_late_order(stage: Stage) -> None:
    """An order that takes too long is killed with all that it started."""
    with pytest.raises(GuestError, match="no end after 1 s"):
        stage.guest.run("sleep 600 & sleep 600", timeout_s=1)
    stage.guest.wait_for("! ps | grep -v grep | grep -q 'sleep 600'", 10)


@pytest.mark.parametrize(
    "line",
    [
        "[   12.4] drbd r0: Unexpected data packet AuthChallenge (0x0010)",
        "[   12.4] drbd r0/0 drbd0: ASSERTION data_size == 0 FAILED in read_in_block",
        "[   12.4] drbd r0: sock was shut down by peer",
        "[   12.4] drbd r0: conn( WFReportParams -> ProtocolError ) ",
        "[   12.4] drbd r0: PingAck did not arrive in time.",
    ],
)
def test_complaint(line: str) -> None:
    """What a kernel says of a strange peer is a complaint."""
    assert len(complaints(line)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "[   12.4] drbd r0: Handshake successful: Agreed network protocol version 101",
        "[   12.4] drbd r0/0 drbd0: helper command: disabled before-resync-target minor-0",
        "[   12.4] drbd r0/0 drbd0: disk( UpToDate -> Failed ) ",
        "[   12.4] drbd r0: ack_receiver terminated",
    ],
)
def test_no_complaint(line: str) -> None:
    """What a kernel says every day is none."""
    assert complaints(line) == []


def test_allowed_complaint() -> None:
    """What a scenario brings about on purpose is none."""
    log = "[   12.4] drbd r0: PingAck did not arrive in time."
    assert complaints(log, after("the cable was pulled", LOST)) == []
