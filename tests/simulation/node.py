"""One simulated node: a real engine, the disks under it, and what it has said."""

import itertools
import random
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from generated.layouts.codec import Octets
from generated.layouts.state import ReturnCode
from runtime.config import ResourceConfig
from runtime.effects import (
    Answered,
    CallHelper,
    Close,
    DetachDisk,
    DiskWork,
    Effect,
    FlowTraced,
    FlushDisk,
    HelperTold,
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
from runtime.engine.backing import Backing
from runtime.engine.resource import Resource
from runtime.engine.resync_turns import ResyncTurns
from runtime.engine.volume_state import VolumeState
from runtime.events import (
    AttachRequested,
    BytesArrived,
    Command,
    DiskFinished,
    Event,
    HelperEnded,
    RequestsMade,
    SendResumed,
)
from runtime.metadata.creation import create, plan_creation
from runtime.metadata.placement import Placement, Striping
from runtime.metadata.store import Store
from runtime.requests import SECTOR_SIZE_BYTES, Request, RequestKind
from runtime.wire.channel import Channel
from tests.runtime.metadata.devices import CrashingDevice, MemoryDevice
from tests.steps_taken import TAKEN

INTERNAL = Placement.parse("internal")
VOLUME_SECTORS = 8 * 1029  # no multiple of 256 KiB, see the kernel's flaw
REPORT_DELAY_MAX = 0.3  # of a disk's latency: what is done may be told later than what came after


class Surroundings(Protocol):
    """What a node has around it."""

    now: float
    random: random.Random

    def later(self, delay_s: float, job: Callable[[], None]) -> None:
        """Do something after a while."""

    def wake(self, node: "SimulatedNode") -> None:
        """See to it that the node's deadline is met."""

    def run_until(
        self, condition: Callable[[], bool], what: str, *, timeout_s: float = 300
    ) -> None:
        """Let time pass until something is true."""

    def run_for(self, seconds: float) -> None:
        """Let so much time pass."""

    def connect(self, node: "SimulatedNode", timeout_s: float) -> None:
        """Open a connection to the other node."""

    def transfer(self, peer: "SimulatedNode", channel: Channel, content: bytes) -> None:
        """Bytes travel, in order."""

    def cut(self, node: "SimulatedNode", channel: Channel, reason: str) -> None:
        """One end closes."""


class SimulatedNode:
    """One node."""

    def __init__(
        self,
        world: Surroundings,
        name: str,
        config: ResourceConfig,
        seed: int,
        *,
        turns: ResyncTurns | None = None,
    ) -> None:
        self.world = world
        self.name = name
        self.config = config
        self.seed = seed
        self.devices: dict[int, MemoryDevice] = {}
        self.answers: dict[object, Answered] = {}
        self.finished: dict[Request, RequestFinished] = {}
        self.on_finished: list[Callable[[RequestFinished], None]] = []
        self.log: list[tuple[float, int, str]] = []
        self.changes: list[StateChanged] = []
        self.flows: list[FlowTraced] = []
        self.detached: list[int] = []
        """The volumes whose disks were given back, in order."""
        self.works: list[DiskWork] = []
        """What the disks were asked for, in order."""
        self.is_alive = True
        self.is_listening = False
        self.is_blocked = False
        """Whether the sockets take nothing more."""
        self.crashes = False
        """Whether new disks know what a loss of power would leave."""
        self.disk_latency_s = 0.0
        self.disk_errors: list[str] = []
        self.disk_fails: Callable[[DiskWork], str] = lambda _work: ""
        """What goes wrong with a work, by its kind or place."""
        self.helper_exits: Callable[[str, int | None], int] = lambda _name, _volume: 0
        """What the administrator's programs end with, by helper and volume."""
        self.helper_delay_s = 0.2
        self.helpers: list[HelperTold] = []
        """The calls of helpers, and their ends, in order."""
        self.channels: dict[Channel, tuple[SimulatedNode, Channel]] = {}
        self._unread: dict[Channel, deque[bytes]] = {}
        self._log_count = itertools.count()
        self.resource = Resource(config, random=random.Random(seed), turns=turns)

    # Disks

    def add_disk(self, volume: int = 0, *, sectors: int = VOLUME_SECTORS) -> MemoryDevice:
        """A disk with fresh meta-data behind room for so many sectors."""
        size_bytes = sectors * SECTOR_SIZE_BYTES + (40 << 10) + (sectors >> 15) * 4096
        device = (CrashingDevice if self.crashes else MemoryDevice)(size_bytes)
        create(device, plan_creation(device, INTERNAL, Striping()))
        device.flush()
        self.devices[volume] = device
        return device

    def grow_disk(self, sectors: int, volume: int = 0) -> None:
        """The disk is enlarged behind the node's back."""
        self.devices[volume].grow(sectors * SECTOR_SIZE_BYTES)

    def attach_command(self, volume: int = 0) -> AttachRequested:
        """Open a disk, as a node does before it tells its engine."""
        device = self.devices[volume]
        options = self.config.volumes[volume]
        store = Store.attach(device, INTERNAL, slot_count=options.al_extents)
        backing = Backing(store, store.areas.sector_count_max, can_discard=True)
        return AttachRequested(volume, backing)

    def attach(self, volume: int = 0) -> Answered:
        """Attach a disk."""
        return self.do(self.attach_command(volume))

    def content(self, volume: int = 0) -> bytes:
        """What the volume has on this node's disk."""
        size_bytes = self.resource.size_sectors(volume) * SECTOR_SIZE_BYTES
        return self.devices[volume].read(offset_bytes=0, size_bytes=size_bytes)

    def has_content_of(self, other: "SimulatedNode", volume: int = 0) -> bool:
        """Whether both disks have the same; sectors that nobody wrote take no memory."""
        sector_count = self.resource.size_sectors(volume)
        return self.devices[volume].has_sectors_of(other.devices[volume], sector_count)

    def fill(self, seed: int, volume: int = 0, *, sectors: int = VOLUME_SECTORS) -> None:
        """Data that was there before."""
        content = random.Random(seed).randbytes(sectors * SECTOR_SIZE_BYTES)
        self.devices[volume].write(0, content)
        self.devices[volume].flush()

    # Events

    def happen(self, event: Event) -> None:
        """Let the engine handle an event, and do what it asks for."""
        if not self.is_alive:
            return
        for effect in self.resource.handle(event, self.world.now):
            self._carry_out(effect)
        for channel in list(self.channels):
            self._send(channel)
            if self._unread.get(channel) and not channel.is_paused:
                self.world.later(0.0, partial(self._read, channel))
        self.world.wake(self)

    def do(self, command: Command) -> Answered:
        """Give a command, and let time pass until it is answered."""
        self.happen(command)
        self.world.run_until(lambda: command in self.answers, f"an answer to {command}")
        return self.answers[command]

    def order(self, command: Command) -> None:
        """Give a command that must succeed."""
        answer = self.do(command)
        assert answer.code >= ReturnCode.SS_SUCCESS, (self.name, command, answer)

    def refusal(self, command: Command) -> str:
        """Give a command that must be refused; return the reason."""
        answer = self.do(command)
        assert answer.code < ReturnCode.SS_SUCCESS, (self.name, command, answer)
        return answer.text

    def state(self, volume: int = 0) -> VolumeState:
        """The volume's state."""
        return self.resource.state(volume)

    def said(self, words: str) -> bool:
        """Whether the log has this."""
        return any(words in text for _, _, text in self.log)

    def went_through(self, *names: str, volume: int = 0) -> bool:
        """Whether the connection was in all these states, in this order."""
        states = iter(it.after.conn.name for it in self.changes if it.volume == volume)
        return all(name in states for name in names)

    # Applications

    def make(self, *requests: Request) -> Sequence[Request]:
        """Let applications ask for something, all at once."""
        self.happen(RequestsMade(requests))
        return requests

    def write(
        self, first_sector: int, data: Octets, volume: int = 0, *, fua: bool = False
    ) -> Request:
        """Let an application write."""
        count = len(data) // SECTOR_SIZE_BYTES
        request = Request(RequestKind.WRITE, volume, first_sector, count, data, fua)
        self.make(request)
        return request

    def result(self, request: Request) -> RequestFinished:
        """Wait for a request."""
        self.world.run_until(lambda: request in self.finished, f"{request.kind} to finish")
        return self.finished[request]

    def succeed(self, *requests: Request) -> None:
        """Wait for requests that must not fail."""
        for request in requests:
            result = self.result(request)
            assert not result.error, (self.name, request.kind, request.first_sector, result.error)

    def read(self, first_sector: int, sector_count: int, volume: int = 0) -> bytes:
        """Let an application read, and wait for it."""
        request = Request(RequestKind.READ, volume, first_sector, sector_count)
        self.make(request)
        result = self.result(request)
        assert not result.error, result.error
        return bytes(result.content)

    def flush(self, volume: int = 0) -> None:
        """Let an application flush, and wait for it."""
        request = Request(RequestKind.FLUSH, volume)
        self.make(request)
        self.succeed(request)

    # Effects

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case ReadBlocks() | WriteBlocks() | ZeroBlocks() | FlushDisk():
                self._work(effect)
            case Listen() | StopListening():
                self.is_listening = isinstance(effect, Listen)
            case TryConnect():
                self.world.connect(self, effect.timeout_s)
            case Close():
                self._send(effect.channel)
                self._unread.pop(effect.channel, None)
                self.world.cut(self, effect.channel, "closed by the peer")
            case _:
                self._hear(effect)

    def _hear(self, effect: Effect) -> None:
        match effect:
            case RequestFinished():
                self.finished[effect.request] = effect
                for told in self.on_finished:
                    told(effect)
            case Answered():
                self.answers[effect.command] = effect
            case Log():
                self.log.append((self.world.now, next(self._log_count), effect.text))
            case StateChanged():
                self.changes.append(effect)
                TAKEN.note(effect)
            case FlowTraced():
                self.flows.append(effect)
                TAKEN.note(effect)
            case CallHelper():
                self.world.later(self.helper_delay_s, lambda: self._end_helper(effect))
            case HelperTold():
                self.helpers.append(effect)
            case DetachDisk():
                self.detached.append(effect.volume)

    def _end_helper(self, call: CallHelper) -> None:
        exit_code = self.helper_exits(call.name, call.volume)
        self.happen(HelperEnded(call.name, call.volume, exit_code))

    def called(self, name: str) -> int:
        """How often a helper was called."""
        return sum(it.name == name and it.exit_code is None for it in self.helpers)

    def _work(self, work: DiskWork) -> None:
        """What a disk does; with a latency things overlap, and are told in another order."""
        self.works.append(work)
        latency_s, chance = self.disk_latency_s, self.world.random
        done_s = chance.uniform(0, latency_s) if latency_s else 0.0
        told_s = chance.uniform(0, latency_s * REPORT_DELAY_MAX) if latency_s else 0.0
        self.world.later(done_s, lambda: self._finish(work, told_s))

    def _finish(self, work: DiskWork, told_s: float) -> None:
        if not self.is_alive:
            return
        error = self.disk_errors.pop() if self.disk_errors else self.disk_fails(work)
        content = b"" if error else self._done(work)
        if told_s:
            self.world.later(told_s, lambda: self.happen(DiskFinished(work, error, content)))
        else:
            self.happen(DiskFinished(work, error, content))

    def _done(self, work: DiskWork) -> Octets:
        device = self.devices[work.volume]
        match work:
            case ReadBlocks():
                return device.read(offset_bytes=work.offset_bytes, size_bytes=work.size_bytes)
            case WriteBlocks():
                device.write(work.offset_bytes, bytes(work.data))
                if work.fua:
                    device.flush()
            case ZeroBlocks():
                device.write(work.offset_bytes, bytes(work.size_bytes))
            case FlushDisk():
                device.flush()
        return b""

    # Sockets

    def _send(self, channel: Channel) -> None:
        if self.is_blocked:
            channel.is_congested = True
            return
        out = channel.take()
        if not out or channel not in self.channels:
            return
        content = b"".join(bytes(piece) for piece in out)
        peer, theirs = self.channels[channel]
        self.world.transfer(peer, theirs, content)

    def unblock(self) -> None:
        """The sockets take everything again."""
        self.is_blocked = False
        for channel in list(self.channels):
            channel.is_congested = False
            self._send(channel)
            self.happen(SendResumed(channel))

    def receive(self, channel: Channel, content: bytes) -> None:
        """Bytes of the peer have arrived; they wait while the engine lets the socket be."""
        if channel not in self.channels or not self.is_alive:
            return
        self._unread.setdefault(channel, deque()).append(content)
        self._read(channel)

    def _read(self, channel: Channel) -> None:
        waiting = self._unread.get(channel)
        while waiting and channel in self.channels and not channel.is_paused:
            left = memoryview(waiting.popleft())
            space = channel.space()
            size = min(len(space), len(left))
            space[:size] = left[:size]
            channel.received(size)
            if size < len(left):
                waiting.appendleft(bytes(left[size:]))
            self.happen(BytesArrived(channel))

    @property
    def unread_bytes(self) -> int:
        """What has come and was not read."""
        return sum(len(it) for waiting in self._unread.values() for it in waiting)
