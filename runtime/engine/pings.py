"""Whether the peer is still there: pings and their answers, and requests that wait too long.

Wire 11.1 to 11.4, states 7.3 and 7.4. A ping is also a point of synchronisation: its answer says
that everything before it on the meta socket has been taken.
"""

from collections.abc import Callable, Iterable
from typing import Final

from generated.layouts.housekeeping import P_PING, P_PING_ACK
from runtime.engine.agenda import Job
from runtime.engine.connection import Connection

GRACE_S: Final = 0.05
"""After a deadline what has arrived meanwhile is looked at once more: this process may have stood
still, and not the peer."""
LOOK_S: Final = 1.0  # how often requests are looked at that wait for seconds


class Pings:
    """The pings of one link."""

    def __init__(
        self,
        connection: Connection,
        *,
        lost: Callable[[str], None],
        timed_out: Callable[[str], None],
        oldest_requests: Callable[[], Iterable[float]],
    ) -> None:
        self._connection = connection
        self._agenda = connection.agenda
        self._lost = lost
        self._timed_out = timed_out
        self._oldest_requests = oldest_requests
        self._meta_at = 0.0
        self._data_at = 0.0
        self._asked_at: float | None = None
        self._is_late = False
        self._jobs: list[Job] = []
        self._congested_since: float | None = None

    def start(self) -> None:
        """The link is up."""
        now = self._agenda.now
        self._meta_at = self._data_at = now
        self._asked_at = None
        self._is_late = False
        self._congested_since = None
        self._set_timer(now + self._connection.options.ping_int)
        self._agenda.after("requests", LOOK_S, self._look)

    def stop(self) -> None:
        """The link is gone; whoever waits for an answer goes on without."""
        self._agenda.cancel("ping")
        self._agenda.cancel("requests")
        self._asked_at = None
        self._let_go()

    def ask(self, job: Job) -> None:
        """Do something when the peer has taken all that was sent on the meta socket."""
        self._jobs.append(job)
        self._send()

    def _send(self) -> None:
        if self._asked_at is None:
            self._asked_at = self._agenda.now
            self._is_late = False
            self._set_timer(self._asked_at + self._connection.options.ping_timeout_s)
        self._connection.send_meta(P_PING())

    def data_arrived(self) -> None:
        """Something came on the data socket."""
        self._data_at = self._agenda.now

    def meta_arrived(self) -> None:
        """Something came on the meta socket; it restarts what runs (wire 11.1)."""
        self._meta_at = self._agenda.now

    def receive_ping(self) -> None:
        """Answer at once."""
        self._connection.send_meta(P_PING_ACK())

    def receive_ack(self) -> None:
        """The peer has answered."""
        self._asked_at = None
        self._is_late = False
        self._set_timer(self._agenda.now + self._connection.options.ping_int)
        self._let_go()

    def _let_go(self) -> None:
        jobs, self._jobs = self._jobs, []
        for job in jobs:
            self._agenda.later(job)

    def _set_timer(self, when: float) -> None:
        self._agenda.at("ping", when, self._ring)

    def _ring(self) -> None:
        if self._asked_at is None:
            self._ask_or_wait()
        else:
            self._give_up_or_wait(self._asked_at)

    def _ask_or_wait(self) -> None:
        """Ping a peer that was silent on both sockets for long enough."""
        last = max(self._meta_at, self._data_at)
        due = last + self._connection.options.ping_int
        if self._agenda.now < due:
            self._set_timer(due)
        else:
            self._send()

    def _give_up_or_wait(self, asked_at: float) -> None:
        last = max(asked_at, self._meta_at, self._data_at)
        due = last + self._connection.options.ping_timeout_s
        if self._agenda.now < due:
            self._is_late = False
            self._set_timer(due)
        elif not self._is_late:
            self._is_late = True
            self._set_timer(self._agenda.now + GRACE_S)
        else:
            waited = self._agenda.now - asked_at
            self._lost(f"PingAck did not arrive in time: {waited:.1f} s")

    def _look(self) -> None:
        """Requests and sockets that wait for too long (states 7.4)."""
        options, now = self._connection.options, self._agenda.now
        self._agenda.after("requests", LOOK_S, self._look)
        if not options.ko_count:
            return
        patience = options.ko_count * options.timeout_s
        oldest = min(self._oldest_requests(), default=now)
        if now - oldest > patience:
            self._timed_out(f"a request has waited {now - oldest:.0f} s for the peer")
        elif self._is_stuck(now, patience):
            self._timed_out("the peer takes nothing from its sockets")

    def _is_stuck(self, now: float, patience: float) -> bool:
        channels = (self._connection.data, self._connection.meta)
        if not any(channel is not None and channel.is_congested for channel in channels):
            self._congested_since = None
        elif self._congested_since is None:
            self._congested_since = now
        return self._congested_since is not None and now - self._congested_since > patience
