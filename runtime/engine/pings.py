"""Whether the peer is still there: pings and their answers, and requests that wait too long.

Wire 11.1 to 11.4, states 7.3 and 7.4. A ping is also a point of synchronisation: its answer says
that everything before it on the meta socket has been taken.
"""

from collections.abc import Callable, Iterable
from typing import Final

from generated.layouts.housekeeping import P_PING, P_PING_ACK
from runtime.engine.agenda import Job
from runtime.engine.connection import Connection
from runtime.wire.channel import Channel

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
        self._data_sending = _Sending()
        self._meta_sending = _Sending()

    def start(self) -> None:
        """The link is up."""
        now = self._agenda.now
        self._meta_at = self._data_at = now
        self._asked_at = None
        self._is_late = False
        self._data_sending, self._meta_sending = _Sending(), _Sending()
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
        self._agenda.all_later(self._jobs)

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
        if self._meta_sending.waits_s(self._connection.meta, now) > options.timeout_s:
            self._timed_out("the peer takes nothing from the meta socket")
            return
        waits_s = self._data_sending.waits_s(self._connection.data, now)
        if waits_s > options.timeout_s and self._asked_at is None:
            self._send()
        if not options.ko_count:
            return
        patience_s = options.ko_count * options.timeout_s
        oldest = min(self._oldest_requests(), default=now)
        if now - oldest > patience_s:
            self._timed_out(f"a request has waited {now - oldest:.0f} s for the peer")
        elif waits_s > patience_s:
            self._timed_out("the peer takes nothing from the data socket")


class _Sending:
    """Whether a socket that is full still moves: a slow peer is no dead one."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._gone_size_bytes = 0

    def waits_s(self, channel: Channel | None, now: float) -> float:
        """How long the peer has taken nothing of what is there for it."""
        if channel is None or not channel.is_congested:
            self._since = None
            return 0.0
        if self._since is None or channel.gone_size_bytes != self._gone_size_bytes:
            self._since, self._gone_size_bytes = now, channel.gone_size_bytes
        return now - self._since
