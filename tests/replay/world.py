"""One side's kernel replaced by our node: simulated time, disks in memory, the recorded peer.

The peer says what it said, at its time, but never before our node has said all that the kernel had
said by then. What our node calls differently is called so by the peer too. Only pings are answered
here, since when a node wants to know whether its peer lives is its own affair.
"""

import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from typing import Final, Protocol

from generated.layouts.acks import P_RS_CANCEL
from generated.layouts.commands import Command as Number
from generated.layouts.generations import P_SYNC_UUID
from generated.layouts.housekeeping import P_PING, P_PING_ACK
from generated.layouts.requests import P_RS_DATA_REPLY, P_RS_DEALLOCATED
from generated.layouts.state import ReturnCode
from runtime.config import ResourceConfig
from runtime.effects import (
    Answered,
    Close,
    DiskWork,
    Effect,
    FlowTraced,
    FlushDisk,
    Listen,
    Log,
    ReadBlocks,
    RequestFinished,
    StateChanged,
    StopListening,
    TryConnect,
    WriteBlocks,
    ZeroBlocks,
)
from runtime.engine.random_numbers import RandomNumbers
from runtime.events import (
    AttachRequested,
    BytesArrived,
    Command,
    ConnectFailed,
    DiskFinished,
    Event,
    RequestsMade,
    SocketAccepted,
    SocketConnected,
    SocketLost,
    TimePassed,
)
from runtime.requests import Request
from runtime.wire.channel import Channel
from runtime.wire.conversation import PacketSeen
from runtime.wire.framing import HeaderKind
from tests.replay.deeds import Requested
from tests.replay.disks import LowerDevice
from tests.replay.exceptions import asked_for, is_pardoned_at_end
from tests.replay.happenings import Opened, Said
from tests.replay.names import Names
from tests.replay.options import resource_config
from tests.replay.recorded_random import RecordedRandom
from tests.replay.resync_answers import ResyncAnswers
from tests.replay.script import Place, Script, counted
from tests.replay.slowness import Slowness, error_told_by
from tests.replay.sockets import Connection
from tests.steps_taken import TAKEN

LATE_S_MAX: Final = 15.0  # longer than connect-int with its seventh, the longest wait of a node
EVENTS_MAX: Final = 100_000  # at one moment; more means that the node never rests


class Node(Protocol):
    """What takes the kernel's place."""

    @property
    def deadline(self) -> float | None:
        """When it wants to be told the time."""

    def handle(self, event: Event, now: float) -> list[Effect]:
        """Take an event."""


MakeNode = Callable[[ResourceConfig, RandomNumbers], Node]


class Stuck(Exception):  # noqa: N818  # what becomes of a replay
    """The node does not do what the recording needs to go on."""


class World:
    """What is around the node of one side."""

    def __init__(self, script: Script, make_node: MakeNode) -> None:
        self.script = script
        self.now = 0.0
        self.names = Names(script.said)
        self.lower = {
            volume: LowerDevice.of(disk)
            for volume, disk in script.scenario.disks(script.side).items()
        }
        self.sent: list[PacketSeen] = []
        self.log: list[str] = []
        self.complaints: list[str] = []
        self.connections: dict[int, Connection] = {}
        self.is_listening = False
        self.network_is_up = True
        self.is_attempting = False
        self.next_openings = deque(
            scene.what for scene in script.scenes if isinstance(scene.what, Opened)
        )
        self._make_node = make_node
        self._node: Node | None = None
        self._slowness = Slowness(script.said, script.heard)
        self._answers_to: defaultdict[tuple[int, int], ResyncAnswers] = defaultdict(ResyncAnswers)
        self._random = RecordedRandom(script.said)
        self._said: Counter[Place] = Counter()
        self._events: deque[Event] = deque()
        self._attempt_ends_at = 0.0
        self._to_ask: deque[Command] = deque()
        self._refused: dict[object, bool] = {}
        self._digests: dict[Request, tuple[tuple[Request, ...], str]] = {}
        self._read: dict[Request, bytes] = {}
        self._to_fail: set[Request] = set()
        """What failed for the kernel's applications."""

    # The node

    def begin(self) -> None:
        """Make a node that knows nothing but its settings."""
        config = resource_config(self.script.scenario, self.script.side)
        self._node = self._make_node(config, self._random)

    def finish(self, said: Said) -> None:
        """The kernel's disk has finished what a packet tells of, or failed; so has ours."""
        error = error_told_by(said)
        for work in self._slowness.finish(said):
            self.tell(self._failed(work, error) if error else self._done(work))

    def attach(self, volume: int) -> None:
        """Attach a lower device."""
        config = resource_config(self.script.scenario, self.script.side)
        backing = self.lower[volume].attach(config.volumes[volume])
        self.ask(AttachRequested(volume, backing), is_refused=False)

    def ask(self, command: Command, *, is_refused: bool) -> None:
        """Ask the node for something that a kernel refused, or did not."""
        self._refused[command] = is_refused
        self.tell(command)

    def ask_one_after_another(self, *commands: Command) -> None:
        """Ask for all of this, each when the one before is answered; then the node ends."""
        self._to_ask = deque(commands)
        self.ask(commands[0], is_refused=False)

    def make(self, requested: Requested) -> None:
        """Let applications ask for something; what is read must have the digest."""
        requests = requested.requests
        if not requested.is_told:
            for request in requests:
                self._slowness.hurry(request)
        if requested.is_refused:
            self._to_fail.update(requests)
        elif requested.digest is not None:
            self._digests[requests[-1]] = requested.before + requests, requested.digest
        self.tell(RequestsMade(requests))

    def tell(self, event: Event) -> None:
        """Tell the node something, and all that follows at the same moment."""
        self._events.append(event)
        for _ in range(EVENTS_MAX):
            if not self._events or self._node is None:
                self._events.clear()
                return
            for effect in self._node.handle(self._events.popleft(), self.now):
                self._carry_out(effect)
            self._exchange_bytes()
        raise Stuck("the node never rests")

    # Time

    def wait_for(self, is_so: Callable[[], bool], what: Callable[[], str]) -> None:
        """Let time pass until something is so."""
        limit_s = self.now + LATE_S_MAX
        while not is_so():
            if not self._step(limit_s):
                raise Stuck(what())

    def pass_time(self, until_s: float) -> None:
        """Let time pass."""
        while self._step(until_s):
            pass
        self.now = max(self.now, until_s)

    def _step(self, until_s: float) -> bool:
        """Go to the next moment when something is due by itself, if that is soon enough."""
        deadline = self._node.deadline if self._node is not None else None
        times = [] if deadline is None else [deadline]
        if self.is_attempting:
            times.append(self._attempt_ends_at)
        if not times or min(times) > until_s:
            return False
        self.now = max(self.now, min(times))
        if self.is_attempting and self._attempt_ends_at <= self.now:
            self.is_attempting = False
            self.tell(ConnectFailed("timed out"))
        else:
            self.tell(TimePassed())
        return True

    def lacks(self, wanted: Counter[Place]) -> str:
        """What the node should have said and has not, or nothing."""
        lacking = ((place, count - self._said[place]) for place, count in wanted.items())
        return ", ".join(
            f"{count} of {Number(command).name} on c{connection}"
            for (connection, _, command), count in lacking
            if count > 0 and not self._is_pardoned(connection, command)
        )

    def _is_pardoned(self, connection: int, command: int) -> bool:
        """Whether a packet can't be said any more, nor needs to, as the node has left."""
        return is_pardoned_at_end(command) and not self.connections[connection].is_open

    # Connections

    def open(self, opened: Opened) -> None:
        """A connection is there, whoever opened it."""
        is_mine = opened.by is self.script.side
        channel = Channel(is_outgoing=is_mine)
        self.connections[opened.connection] = Connection(
            opened.connection, opened.socket, self.script.side, channel
        )
        self.next_openings.popleft()
        if is_mine:
            self.is_attempting = False
        self.tell(SocketConnected(channel) if is_mine else SocketAccepted(channel))

    def lose(self, number: int) -> None:
        """The peer has closed its end."""
        connection = self.connections[number]
        if connection.is_open:
            connection.is_open = False
            self.tell(SocketLost(connection.channel, "closed by the peer"))
            for work in self._slowness.finish_rest():
                self.tell(self._done(work))

    def hear(self, said: Said) -> None:
        """The peer says something."""
        connection = self.connections[said.connection]
        kind, volume, _, _ = said.seen.frame
        packet = self.names.of_peer(said)
        if isinstance(packet, P_RS_DATA_REPLY | P_RS_DEALLOCATED):
            for answer in self._answers_to[said.connection, volume].answer(packet):
                connection.add(answer, kind, volume)
        elif isinstance(packet, P_RS_CANCEL):
            self._cancel(connection, kind, volume)
        else:
            if isinstance(packet, P_SYNC_UUID):
                self._answers_to[said.connection, volume].cancels_on = None
            connection.add(packet, kind, volume)
        if connection.feed():
            self.tell(BytesArrived(connection.channel))

    def _cancel(self, connection: Connection, kind: HeaderKind, volume: int) -> None:
        """The peer is ahead: whatever our node has asked for is cancelled, on the meta socket."""
        for (_, its_volume), answers in self._answers_to.items():
            if its_volume == volume:
                for answer in answers.cancel(connection.number):
                    connection.add(answer, kind, volume)

    def without_cancelled(self) -> list[PacketSeen]:
        """What our node has sent, without what it asked for in vain."""
        left = {place: Counter(answers.cancelled) for place, answers in self._answers_to.items()}
        found = []
        for seen in self.sent:
            assert seen.packet is not None
            asked, place = asked_for(seen.packet), (seen.connection, seen.frame.volume)
            if asked is not None and place in left and left[place][asked]:
                left[place][asked] -= 1
            else:
                found.append(seen)
        return found

    def _exchange_bytes(self) -> None:
        for connection in self.connections.values():
            if connection.is_open:
                self._take_from(connection)
            if connection.feed():
                self._events.append(BytesArrived(connection.channel))

    def _take_from(self, connection: Connection) -> None:
        for seen in connection.sent(self.now):
            assert seen.packet is not None
            if not self.network_is_up:
                continue
            self.sent.append(seen)
            self._said += counted(seen.connection, seen.frame.volume, seen.packet)
            kind, volume, _, _ = seen.frame
            answers = self._answers_to[seen.connection, volume]
            for answer in answers.ask(seen.packet):
                number = connection.number if answers.cancels_on is None else answers.cancels_on
                self.connections[number].add(answer, kind, volume)
            self.names.sent(seen.connection, seen.frame.volume, seen.packet)
            if isinstance(seen.packet, P_PING):
                connection.add(P_PING_ACK(), kind, volume)

    # What the node asks for

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case ReadBlocks() | WriteBlocks() | ZeroBlocks() | FlushDisk():
                self._work(effect)
            case Listen():
                self.is_listening = True
            case StopListening():
                self.is_listening = False
            case TryConnect(timeout_s):
                self._attempt(timeout_s)
            case Close(channel):
                self._close(channel)
            case RequestFinished(request, error, content):
                self._finished(request, error, bytes(content))
            case Answered(command, code, text):
                self._answered(command, code, text)
            case StateChanged() | FlowTraced():
                TAKEN.note(effect)
            case Log(_, text, volume):
                self.log.append(f"{self.now:10.6f} {'' if volume is None else volume} {text}")

    def _work(self, work: DiskWork) -> None:
        if not self._slowness.is_slow(work):
            self._events.append(self._done(work))

    def _done(self, work: DiskWork) -> DiskFinished:
        return DiskFinished(work, content=self.lower[work.volume].carry_out(work))

    def _failed(self, work: DiskWork, error: str) -> DiskFinished:
        if not isinstance(work, ReadBlocks):
            self.lower[work.volume].has_lost_writes = True
        return DiskFinished(work, error)

    def _attempt(self, timeout_s: float) -> None:
        """An attempt succeeds when the kernel's did, and fails as long as it is the peer's turn."""
        is_mine = bool(self.next_openings) and self.next_openings[0].by is self.script.side
        if is_mine and self.network_is_up:
            self.is_attempting = True
            self._attempt_ends_at = self.now + timeout_s
        else:
            self._events.append(ConnectFailed("refused"))

    def _close(self, channel: Channel) -> None:
        for connection in self.connections.values():
            if connection.channel is channel and connection.is_open:
                self._take_from(connection)
                connection.is_open = False
                self._events += map(self._done, self._slowness.finish_rest())

    def _finished(self, request: Request, error: str, content: bytes) -> None:
        self._read[request] = content
        if request in self._to_fail:
            if not error:
                self.complaints.append(f"{self.now:.6f} {request.kind} did not fail")
        elif error:
            self.complaints.append(f"{self.now:.6f} {request.kind} failed: {error}")
        elif request in self._digests:
            requests, digest = self._digests[request]
            found = hashlib.sha256(b"".join(self._read[it] for it in requests)).hexdigest()
            if found != digest:
                self.complaints.append(f"{self.now:.6f} other data were read than by the kernel")

    def _answered(self, command: object, code: ReturnCode, text: str) -> None:
        if (code < ReturnCode.SS_SUCCESS) != self._refused[command]:
            verb = "refused" if self._refused[command] else "agreed to"
            self.complaints.append(
                f"{self.now:.6f} {type(command).__name__}: {code.name} {text}; the kernel {verb} it"
            )
        if self._to_ask and self._to_ask[0] is command:
            self._to_ask.popleft()
            self._ask_next()

    def _ask_next(self) -> None:
        if self._to_ask:
            self._refused[self._to_ask[0]] = False
            self._events.append(self._to_ask[0])
        else:
            self._node = None
