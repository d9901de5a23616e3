"""How the link to the peer is found, and what is done when it is lost (states 5.1, 7.6, 7.9).

All volumes of a resource go through these states together.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from generated.states.conn_states import ConnEvent, ConnState
from runtime.effects import Close, Effect, Level
from runtime.engine.change import change, is_drawn
from runtime.engine.connecting import Connecting
from runtime.engine.connection import Connection
from runtime.engine.handshake import (
    META_LIMITS_AFTER_HANDSHAKE,
    AttemptFailed,
    Handshake,
    PeerRefused,
)
from runtime.engine.parameters import send_protocol
from runtime.engine.pings import Pings
from runtime.engine.volume import Volume
from runtime.errors import PeerError
from runtime.events import Event, SocketAccepted, SocketConnected, TimePassed
from runtime.wire.channel import Channel
from runtime.wire.framing import Frame

VERSION_OF_VOLUMES: Final = 100  # wire 2.3: below, headers do not tell the volume
LEAVING: Final = "leaving"
"""The timer of a peer that has closed a socket while it is asked to let this node go."""
RETRY_S: Final = 1.0
"""What the first failed attempt costs (states 7.9); each further one costs twice as much as the one
before, up to connect-int."""


class Link:
    """The link of one resource, from looking for the peer to cleaning up behind it."""

    def __init__(self, connection: Connection, volumes: Mapping[int, Volume], pings: Pings) -> None:
        self.connection = connection
        self.volumes = volumes
        self.pings = pings
        self.on_lost: list[Callable[[], None]] = []
        """Rooms that forget what belongs to the link, before anything else happens."""
        self.fence_peer: Callable[[], None] = lambda: None
        """What to do about a lost peer; fencing's room puts itself here."""
        self._agenda = connection.agenda
        self._connecting: Connecting | None = None
        self._handshake: Handshake | None = None
        self._is_cleaning = False
        self._failed_attempt = False
        self._failures = 0
        """Attempts in a row that came to nothing: each one makes the next wait longer."""

    @property
    def state(self) -> ConnState:
        """The state of the connection as a whole: the volumes' up to WFReportParams (states 0)."""
        states = [volume.state.conn for volume in self.volumes.values()]
        first = min(states, key=lambda state: state.wire)
        return first if first.wire < ConnState.WFReportParams.wire else ConnState.WFReportParams

    def fire(self, event: ConnEvent) -> None:
        """Let an event happen to all volumes; those that it says nothing to stay as they are."""
        for volume in self.volumes.values():
            if is_drawn(volume, event):
                change(volume, event)

    # Looking for the peer

    def start_receiver(self) -> None:
        """Begin, a second later when an attempt has just failed."""
        delay_s = 0.0
        if self._failed_attempt:
            delay_s = min(RETRY_S * 2**self._failures, self.connection.options.connect_int)
            self._failures += 1
        self._failed_attempt = False
        self._agenda.after("receiver", delay_s, self._start)

    def _start(self) -> None:
        if self.state is ConnState.Unconnected:
            self.fire(ConnEvent.receiver_started)

    def start_connecting(self) -> None:
        """Listen and connect, in turns."""
        if self._connecting is None:
            self._connecting = Connecting(self.connection.options, self.connection.random)
            self._take(self._connecting.start(self._agenda.now))

    def handle(self, event: Event) -> None:
        """Something happened to a socket that is not in use yet."""
        if self._connecting is not None:
            self._take(self._connecting.handle(event, self._agenda.now))
        elif isinstance(event, SocketConnected | SocketAccepted):
            self._agenda.emit(Close(event.channel))  # an attempt that came too late

    def _take(self, effects: Iterable[Effect]) -> None:
        """Carry on what connecting says, and see whether it has come to an end."""
        connecting = self._connecting
        assert connecting is not None
        self._agenda.effects.extend(effects)
        self._wake_at("connecting", connecting.deadline, lambda: self.handle(TimePassed()))
        if connecting.link is not None:
            self._connecting = None
            self._agenda.cancel("connecting")
            self._begin_handshake(connecting.link.data, connecting.link.meta)
            self.connection.resolves_conflicts = connecting.link.resolves_conflicts
        elif connecting.failure:
            self._agenda.log(connecting.failure, level=Level.ERROR)
            self._connecting = None
            self._agenda.cancel("connecting")
            self._failed_attempt = True
            self.is_bind_transient = connecting.is_transient
            self.fire(ConnEvent.unable_to_bind)

    is_bind_transient = True
    """Whether an address that can't be listened on may be possible in a second (states C3, C4)."""

    def _wake_at(self, name: str, when: float | None, job: Callable[[], None]) -> None:
        if when is None:
            self._agenda.cancel(name)
        else:
            self._agenda.at(name, when, job)

    # The handshake

    def _begin_handshake(self, data: Channel, meta: Channel) -> None:
        connection = self.connection
        connection.data, connection.meta = data, meta
        self._handshake = Handshake(connection.options, data, connection.random)
        self._handshake.start(self._agenda.now)
        self._watch_handshake()
        connection.read_on()

    def _watch_handshake(self) -> None:
        handshake = self._handshake
        when = handshake.deadline if handshake is not None else None
        self._wake_at("handshake", when, self._handshake_late)

    def _handshake_late(self) -> None:
        if self._handshake is not None:
            self.guarded(self._pass_time)

    def _pass_time(self) -> None:
        assert self._handshake is not None
        self._handshake.pass_time(self._agenda.now)

    @property
    def is_shaking_hands(self) -> bool:
        """Whether frames on the data socket still belong to the handshake."""
        return self._handshake is not None

    def take_frame(self, frame: Frame) -> None:
        """A packet of the handshake has come."""
        handshake, connection = self._handshake, self.connection
        assert handshake is not None
        handshake.take(frame, self._agenda.now)
        if handshake.agreement is not None and connection.meta is not None:
            connection.version = handshake.agreement.version
            connection.features = handshake.agreement.features
            self._refuse_volumes()
            connection.meta.agree(connection.version)
            connection.meta.expect(META_LIMITS_AFTER_HANDSHAKE)
        if handshake.is_complete:
            self._handshake = None
            self._agenda.log(
                f"Handshake successful: Agreed network protocol version {connection.version}"
            )
            self._report_parameters()
            connection.read_on()
        self._watch_handshake()

    def _refuse_volumes(self) -> None:
        """An old peer knows only volume 0, so nothing would ever become of another one."""
        others = [number for number in self.volumes if number]
        if others and self.connection.version < VERSION_OF_VOLUMES:
            raise PeerRefused(
                f"volume {others[0]} needs version {VERSION_OF_VOLUMES}, agreed is"
                f" {self.connection.version}"
            )

    def _report_parameters(self) -> None:
        """Say all at once what the peer must know (states 5.1 steps 4 to 8)."""
        connection = self.connection
        self._failures = 0
        send_protocol(connection)
        connection.is_state_sent = True
        for volume in self.volumes.values():
            volume.discards_my_data = connection.discards_my_data
            change(volume, ConnEvent.handshake_passed)
        self.fire(ConnEvent.in_connect_after_accept)

    # Losing the peer

    def guarded(self, work: Callable[[], None]) -> None:
        """Do something with the peer's bytes; what is wrong with them ends the link (wire 13)."""
        try:
            work()
        except PeerRefused as error:
            self.refuse(str(error))
        except AttemptFailed as error:
            self.lose(ConnEvent.network_error, str(error))
        except PeerError as error:
            self.lose(ConnEvent.protocol_violated, str(error))

    def refuse(self, reason: str) -> None:
        """With such a peer there is no way on: stand alone (STANDALONE)."""
        self._agenda.log(reason, level=Level.ERROR)
        for volume in self.volumes.values():
            event = ConnEvent.checks_in_receive_param
            event = event if is_drawn(volume, event) else ConnEvent.peer_refused
            if is_drawn(volume, event):
                change(volume, event)

    def lose(self, event: ConnEvent, reason: str) -> None:
        """The link is broken, as an event of the drawing says (RECONNECT, RETRY)."""
        if self.state is ConnState.WFConnection:
            self._failed_attempt = True
            if event is ConnEvent.protocol_violated:
                event = ConnEvent.network_error  # states C4: no link yet that could be violated
        self._agenda.log(reason, level=Level.WARNING)
        self.fire(event)

    def clean_up(self) -> None:
        """Close what is open and forget what belongs to the link; then report it (7.6)."""
        if self._is_cleaning:
            return
        self._is_cleaning = True
        self._agenda.cancel("receiver")
        self._agenda.cancel(LEAVING)
        connection = self.connection
        if self._connecting is not None:
            self._agenda.effects.extend(self._connecting.stop())
            self._connecting = None
        self._agenda.cancel("connecting")
        self._handshake = None
        self._watch_handshake()
        if connection.data is not None:
            self._agenda.emit(Close(connection.data))
        if connection.meta is not None:
            # Who sees the meta socket end first takes it for a failure, not for a farewell.
            self._agenda.emit(Close(connection.meta, behind=connection.data))
        connection.forget_link()
        self._agenda.later(self._clean_up_volumes)

    def _clean_up_volumes(self) -> None:
        """All volumes have left their states: tell the rooms, and wait for the disks."""
        for forget in self.on_lost:
            forget()
        self.pings.stop()
        for volume in self.volumes.values():
            volume.peer_generations = None
            volume.peer_uuid_flags = 0
        self.cleaned_up()

    def cleaned_up(self) -> None:
        """Report that nothing of the old link is under way any more, once that is so."""
        if not self._is_cleaning or any(volume.peer_works for volume in self.volumes.values()):
            return
        self._is_cleaning = False
        self.fire(ConnEvent.link_cleaned_up)
