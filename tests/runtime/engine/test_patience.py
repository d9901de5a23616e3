"""How long a node waits for a peer that takes or answers nothing (states 7.4, wire 11.4)."""

import random

import pytest

from runtime.config import NetOptions
from runtime.engine.agenda import Agenda
from runtime.engine.connection import Connection
from runtime.engine.pings import Pings
from runtime.wire.channel import Channel

STEP_S = 0.5
PING_SIZE_BYTES = 8


class Waiting:
    """A link that is up, and what is said of it."""

    def __init__(self, *, ko_count: int, oldest: float | None = None) -> None:
        options = NetOptions(timeout=60, ko_count=ko_count, ping_int=120, ping_timeout=300)
        self.agenda = Agenda()
        self.agenda.now = 100.0
        self.connection = Connection(options, self.agenda, random.Random(1))
        self.connection.data = self.data = Channel(is_outgoing=True)
        self.connection.meta = self.meta = Channel(is_outgoing=True)
        self.losses: list[str] = []
        self._pings = Pings(
            self.connection,
            lost=self.losses.append,
            timed_out=self.losses.append,
            oldest_requests=lambda: [] if oldest is None else [oldest],
        )
        self._pings.start()

    def lasts_s(self, limit_s: float, *, moved_size_bytes: int = 0) -> float:
        """Let time pass until the peer is given up; the data socket takes so much each time."""
        began = self.agenda.now
        while not self.losses and self.agenda.now - began < limit_s:
            self.agenda.now += STEP_S
            self.data.held_size_bytes -= moved_size_bytes
            self.agenda.pass_time()
            self.agenda.rest()
        return self.agenda.now - began


def test_full_data_socket_is_given_up_after_ko_count_timeouts() -> None:
    """A peer that takes nothing for ko-count times timeout is given up, and pinged before."""
    waiting = Waiting(ko_count=3)
    waiting.data.is_congested = True
    assert 18 <= waiting.lasts_s(60) <= 21
    assert waiting.losses == ["the peer takes nothing from the data socket"]
    assert waiting.meta.out_size_bytes == PING_SIZE_BYTES


def test_full_data_socket_that_moves_is_let_be() -> None:
    """A slow peer is not given up, however long the socket is full."""
    waiting = Waiting(ko_count=3)
    waiting.data.is_congested = True
    waiting.data.held_size_bytes = 1 << 20
    assert waiting.lasts_s(100, moved_size_bytes=100) >= 100


@pytest.mark.parametrize("oldest", [None, 100.0])
def test_without_ko_count_data_may_wait_for_ever(oldest: float | None) -> None:
    """With ko-count 0 neither a full data socket nor an old request ends the link."""
    waiting = Waiting(ko_count=0, oldest=oldest)
    waiting.data.is_congested = True
    assert waiting.lasts_s(20) >= 20


def test_old_request_is_given_up() -> None:
    """A request that waits longer than ko-count times timeout ends the link."""
    waiting = Waiting(ko_count=2, oldest=100.0)
    assert 12 <= waiting.lasts_s(60) <= 14
    assert "a request has waited" in waiting.losses[0]


@pytest.mark.parametrize("ko_count", [0, 7])
def test_full_meta_socket_is_given_up_after_one_timeout(ko_count: int) -> None:
    """What acknowledges must go at once: ko-count does not count there."""
    waiting = Waiting(ko_count=ko_count)
    waiting.meta.is_congested = True
    assert 6 <= waiting.lasts_s(60) <= 8
    assert waiting.losses == ["the peer takes nothing from the meta socket"]
