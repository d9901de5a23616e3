"""One resource's connection to its peer: what the nodes agreed on, and the two sockets.

It is what all volumes share. Which state the connection is in is told by the volumes: below
WFReportParams they are all in the same one.
"""

from collections import deque
from typing import Final

from generated.layouts.codec import Octets, Packet
from generated.layouts.handshake import Features
from generated.layouts.write import P_BARRIER
from generated.states.conn_states import ConnState
from runtime.config import NetOptions
from runtime.engine.agenda import Agenda, Job
from runtime.engine.epochs import ReceivedEpochs, SentEpochs
from runtime.engine.owed import Owed
from runtime.engine.random_numbers import RandomNumbers
from runtime.metadata.comparison import Agreement
from runtime.wire.channel import Channel
from runtime.wire.framing import VERSION_BEFORE_AGREEMENT

LINK_LEAST: Final = ConnState.WFReportParams.wire  # states 1.1: from here on sockets are in use
UP_LEAST: Final = ConnState.Connected.wire  # ... and from here on the peer is known
VERSION_OF_INTEGRITY: Final = 87  # wire 12.6: P_PROTOCOL tells the data-integrity-alg


class Connection:
    """The link to the one peer."""

    def __init__(self, options: NetOptions, agenda: Agenda, random: RandomNumbers) -> None:
        self.given_options = options
        """What the administrator has given; what a peer changes lasts to the next connect (C1)."""
        self.options = options
        self.agenda = agenda
        self.random = random
        self.data: Channel | None = None
        self.meta: Channel | None = None
        self.version = VERSION_BEFORE_AGREEMENT
        self.features = 0
        self.resolves_conflicts = False
        self.protocol = options.protocol
        """When a write counts as done; a peer may change it (wire 5.2)."""
        self.has_two_primaries = options.allow_two_primaries
        """Whether both nodes may be primary; a peer may change it (wire 5.2)."""
        self.peer_integrity_alg = ""
        """What the digests in front of the peer's data are made with; none if empty (wire 7.1)."""
        self.is_tentative = False
        """Whether this node asks for the decision of the next handshake alone (wire 5.1)."""
        self.peer_wants_dry_run = False
        self.discards_my_data = False
        """The option of the next handshake; it is for one only."""
        self.is_state_sent = False
        """STATE_SENT of states 3.5: from the first P_STATE to the end of the handshake."""
        self.count = 0
        """How often a volume was connected: who has waited for something sees that it did (I19)."""
        self.holds_back = False
        """Whether applications are told of nothing, since requests are suspended (states 4.8)."""
        self.is_leaving = False
        """Whether an orderly disconnect of ours is being agreed on (DISCONNECT_SENT)."""
        self.sent_epochs = SentEpochs(first_number=random.getrandbits(31))
        self.epoch_index = 0
        """How many epochs were closed; a write remembers it to know its own."""
        self.barrier_sent_at = 0.0
        self._confirm_jobs: deque[tuple[int, Job]] = deque()
        self.received_epochs = ReceivedEpochs()
        self._pause_reasons: set[object] = set()
        self.owed = Owed(self.pause, self.resume)
        self.on_resync_turns: list[Job] = []
        """Who wants to know when volumes may have to wait for others' resyncs, or may go on."""
        self.resume_reading: Job | None = None
        """Takes the frames that a pause has left; the resource puts itself here."""

    def use_options(self, options: NetOptions) -> None:
        """The administrator has given these, for this connection and for later ones."""
        self.given_options = self.options = options
        self.protocol = options.protocol
        self.has_two_primaries = options.allow_two_primaries

    @property
    def verify_alg(self) -> str:
        """What an online verify compares; a peer that is connected may change it (wire 5.3)."""
        return self.options.verify_alg

    @property
    def agreement(self) -> Agreement:
        """What the comparison of generations needs to know."""
        return Agreement(
            self.version, bool(self.features & Features.WSAME), self.resolves_conflicts
        )

    @property
    def integrity_alg(self) -> str:
        """What the digests in front of the own data are made with; none if empty (wire 7.1)."""
        return self.options.data_integrity_alg if self.version >= VERSION_OF_INTEGRITY else ""

    def has(self, feature: Features) -> bool:
        """Whether both nodes know a feature."""
        return bool(self.features & feature)

    def send_data(self, packet: Packet, *, volume: int = 0, payload: Octets = b"") -> None:
        """Send on the data socket; without one it is lost, as what follows a lost link is."""
        if self.data is not None:
            self.data.send(packet, volume=volume, payload=payload)

    def send_meta(self, packet: Packet, *, volume: int = 0) -> None:
        """Send on the meta socket, if there is one."""
        if self.meta is not None:
            self.meta.send(packet, volume=volume)

    def close_epoch(self) -> None:
        """Nothing that follows may reach the peer's disk before what was sent (wire 7.6)."""
        number = self.sent_epochs.close()
        if number is not None:
            self.epoch_index += 1
            self.barrier_sent_at = self.agenda.now
            self.send_data(P_BARRIER(number))

    def acknowledge_epoch(self, *, barrier: int, set_size: int) -> list[object]:
        """P_BARRIER_ACK came: return the writes that are durable at the peer (wire 7.6)."""
        writes = self.sent_epochs.acknowledged(barrier=barrier, set_size=set_size)
        self._tell_confirmed()
        return writes

    def leave_epoch(self, write: object) -> None:
        """The peer has not carried out a write, so it will not confirm it (wire 7.9).

        What follows goes into another epoch: a kernel confirms none of which a write was left out.
        """
        if self.sent_epochs.leave(write):
            self.close_epoch()
        self._tell_confirmed()

    def forget_epochs(self) -> list[object]:
        """The link is lost: return the writes that nobody confirms any more."""
        writes = self.sent_epochs.drain()
        self.epoch_index += 1
        self._tell_confirmed()
        return writes

    def when_confirmed(self, job: Job) -> None:
        """Do something when all closed epochs are durable there, or the link is lost."""
        self._confirm_jobs.append((self.epoch_index, job))
        self._tell_confirmed()

    def _tell_confirmed(self) -> None:
        confirmed = self.epoch_index - self.sent_epochs.closed_count
        jobs = self._confirm_jobs
        while jobs and jobs[0][0] <= confirmed:
            self.agenda.later(jobs.popleft()[1])

    def pause(self, reason: object) -> None:
        """Take nothing more from the data socket until this reason is gone."""
        self._pause_reasons.add(reason)
        if self.data is not None:
            self.data.is_paused = True

    def resume(self, reason: object) -> None:
        """A reason to pause is gone."""
        if reason not in self._pause_reasons:
            return
        self._pause_reasons.discard(reason)
        if not self._pause_reasons and self.data is not None:
            self.data.is_paused = False
            self.read_on()

    def answered(self, size_bytes: int) -> None:
        """A request to read got its answer."""
        is_congested = self.data is not None and self.data.is_congested
        self.owed.answered(size_bytes, is_congested=is_congested)

    def wait_for_meta(self) -> bool:
        """Whether nothing is taken because the peer takes no acknowledgements."""
        if self.meta is None or not self.meta.is_congested:
            return False
        self.meta.is_paused = True
        self.pause(self.meta)
        return True

    def send_resumed(self) -> None:
        """A socket takes again what it is given."""
        if self.data is not None and not self.data.is_congested:
            self.owed.taken()
        if self.meta is not None and not self.meta.is_congested:
            self.meta.is_paused = False
            self.resume(self.meta)
            self.read_on()

    def resync_turns_changed(self) -> None:
        """A resync has begun or ended, for which others may wait."""
        for job in self.on_resync_turns:
            job()

    def read_on(self) -> None:
        """Take what came while nobody read."""
        if self.resume_reading is not None:
            self.agenda.later(self.resume_reading)

    def forget_link(self) -> None:
        """The sockets are gone, and all that was agreed on with them."""
        self.data = self.meta = None
        self.version, self.features = VERSION_BEFORE_AGREEMENT, 0
        self.peer_integrity_alg = ""
        self.is_state_sent = self.is_leaving = False
        self._pause_reasons.clear()
        self.owed = Owed(self.pause, self.resume)
        self.received_epochs = ReceivedEpochs()
