"""Two real engines in one simulated world: its clock, its network and its disks are ours.

Everything that happens is an entry in one queue, in the order of time; nothing else decides.
"""

import heapq
import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from generated.layouts.state import ReturnCode
from runtime.config import DiskOptions, NetOptions, ResourceConfig
from runtime.effects import (
    Answered,
    Close,
    DetachDisk,
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
from runtime.engine.backing import Backing
from runtime.engine.resource import Resource
from runtime.engine.volume_state import VolumeState
from runtime.events import (
    AttachRequested,
    BytesArrived,
    Command,
    ConnectFailed,
    ConnectRequested,
    DiskFinished,
    Event,
    RequestsMade,
    SocketAccepted,
    SocketConnected,
    SocketLost,
    TimePassed,
)
from runtime.metadata.creation import create, plan_creation
from runtime.metadata.placement import Placement, Striping
from runtime.metadata.store import Store
from runtime.requests import SECTOR_SIZE_BYTES, Request, RequestKind
from runtime.wire.channel import Channel
from tests.runtime.metadata.devices import MemoryDevice, Sectors

INTERNAL = Placement.parse("internal")
LATENCY_S = 0.0005
EVENTS_MAX = 400_000
VOLUME_SECTORS = 8 * 1029  # no multiple of 256 KiB, see the kernel's flaw

AnyEffect = TypeVar("AnyEffect", bound=Effect)


class SimulatedNode:
    """One node: its engine, the disks under it, and what it has said."""

    def __init__(self, world: "World", name: str, config: ResourceConfig, seed: int) -> None:
        self.world = world
        self.name = name
        self.config = config
        self.seed = seed
        self.devices: dict[int, MemoryDevice] = {}
        self.answers: dict[object, Answered] = {}
        self.finished: dict[Request, RequestFinished] = {}
        self.log: list[str] = []
        self.changes: list[StateChanged] = []
        self.flows: list[FlowTraced] = []
        self.is_alive = True
        self.is_listening = False
        self.disk_latency_s = 0.0
        self.disk_errors: list[str] = []
        self.channels: dict[Channel, tuple[SimulatedNode, Channel]] = {}
        self.resource = Resource(config, random=random.Random(seed))

    # Disks

    def add_disk(self, volume: int, *, sectors: int = VOLUME_SECTORS) -> MemoryDevice:
        """A disk with fresh meta-data behind room for so many sectors."""
        size_bytes = sectors * SECTOR_SIZE_BYTES + (40 << 10) + (sectors >> 15) * 4096
        device = MemoryDevice(size_bytes)
        create(device, plan_creation(device, INTERNAL, Striping()))
        self.devices[volume] = device
        return device

    def attach(self, volume: int = 0) -> None:
        """Attach a disk."""
        device = self.devices[volume]
        options = self.config.volumes[volume]
        store = Store.attach(device, INTERNAL, slot_count=options.al_extents)
        backing = Backing(store, store.areas.sector_count_max)
        self.do(AttachRequested(volume, backing))

    def content(self, volume: int = 0) -> bytes:
        """What the volume has on this node's disk."""
        size_bytes = self.resource.size_sectors(volume) * SECTOR_SIZE_BYTES
        return self.devices[volume].read(offset_bytes=0, size_bytes=size_bytes)

    def fill(self, seed: int, volume: int = 0, *, sectors: int = VOLUME_SECTORS) -> None:
        """Data that was there before."""
        content = random.Random(seed).randbytes(sectors * SECTOR_SIZE_BYTES)
        self.devices[volume].write(0, content)

    # Events

    def happen(self, event: Event) -> None:
        """Let the engine handle an event, and do what it asks for."""
        if not self.is_alive:
            return
        for effect in self.resource.handle(event, self.world.now):
            self._carry_out(effect)
        for channel in list(self.channels):
            self._send(channel)
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

    def state(self, volume: int = 0) -> VolumeState:
        """The volume's state."""
        return self.resource.state(volume)

    def make(self, *requests: Request) -> Sequence[Request]:
        """Let applications ask for something, all at once."""
        self.happen(RequestsMade(requests))
        return requests

    def write(self, first_sector: int, data: bytes, volume: int = 0) -> Request:
        """Let an application write."""
        count = len(data) // SECTOR_SIZE_BYTES
        request = Request(RequestKind.WRITE, volume, first_sector, count, data)
        self.make(request)
        return request

    def result(self, request: Request) -> RequestFinished:
        """Wait for a request."""
        self.world.run_until(lambda: request in self.finished, f"{request.kind} to finish")
        return self.finished[request]

    # Effects

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case ReadBlocks() | WriteBlocks() | ZeroBlocks() | FlushDisk():
                self._work(effect)
            case RequestFinished():
                self.finished[effect.request] = effect
            case Answered():
                self.answers[effect.command] = effect
            case Log():
                self.log.append(f"{self.world.now:.3f} {effect.text}")
            case StateChanged():
                self.changes.append(effect)
            case FlowTraced():
                self.flows.append(effect)
            case Listen():
                self.is_listening = True
            case StopListening():
                self.is_listening = False
            case TryConnect():
                self.world.later(LATENCY_S, lambda: self._connect())
            case Close():
                self._send(effect.channel)
                self.world.cut(self, effect.channel, "closed by the peer")
            case DetachDisk():
                pass

    def _work(self, work: ReadBlocks | WriteBlocks | ZeroBlocks | FlushDisk) -> None:
        """What a disk does; with a latency things overlap."""
        if self.disk_latency_s:
            delay_s = self.world.random.uniform(0, self.disk_latency_s)
            self.world.later(delay_s, lambda: self._finish(work))
        else:
            self.world.later(0.0, lambda: self._finish(work))

    def _finish(self, work: ReadBlocks | WriteBlocks | ZeroBlocks | FlushDisk) -> None:
        if not self.is_alive:
            return
        if self.disk_errors:
            self.happen(DiskFinished(work, self.disk_errors.pop()))
            return
        device, content = self.devices[work.volume], b""
        match work:
            case ReadBlocks():
                content = device.read(offset_bytes=work.offset_bytes, size_bytes=work.size_bytes)
            case WriteBlocks():
                device.write(work.offset_bytes, bytes(work.data))
            case ZeroBlocks():
                device.write(work.offset_bytes, bytes(work.size_bytes))
            case FlushDisk():
                device.flush()
        self.happen(DiskFinished(work, "", content))

    def _connect(self) -> None:
        peer = self.world.peer_of(self)
        if not (self.is_alive and peer.is_alive and peer.is_listening and self.world.is_linked):
            self.happen(ConnectFailed("refused"))
            return
        mine, theirs = Channel(is_outgoing=True), Channel(is_outgoing=False)
        self.channels[mine] = (peer, theirs)
        peer.channels[theirs] = (self, mine)
        self.world.later(LATENCY_S, lambda: peer.happen(SocketAccepted(theirs)))
        self.happen(SocketConnected(mine))

    def _send(self, channel: Channel) -> None:
        out = channel.take()
        if not out or channel not in self.channels:
            return
        content = b"".join(bytes(piece) for piece in out)
        peer, theirs = self.channels[channel]
        self.world.transfer(peer, theirs, content)

    def receive(self, channel: Channel, content: bytes) -> None:
        """Bytes of the peer have arrived."""
        if channel not in self.channels:
            return
        left = memoryview(content)
        while left:
            space = channel.space()
            size = min(len(space), len(left))
            space[:size] = left[:size]
            channel.received(size)
            left = left[size:]
            self.happen(BytesArrived(channel))


class World:
    """Time, the network, and two nodes."""

    def __init__(
        self,
        *,
        seed: int = 1,
        net: NetOptions | None = None,
        disk: DiskOptions | None = None,
        volumes: int = 1,
    ) -> None:
        self.random = random.Random(seed)
        self.now = 100.0
        self.is_linked = True
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._wakes: dict[SimulatedNode, float] = {}
        self._arrivals: dict[Channel, float] = {}
        config = ResourceConfig(
            net=net or NetOptions(),
            volumes=dict.fromkeys(range(volumes), disk or DiskOptions()),
            trace_flows=True,
        )
        self.alice = SimulatedNode(self, "alice", config, seed * 2 + 1)
        self.bob = SimulatedNode(self, "bob", config, seed * 2 + 2)

    def peer_of(self, node: SimulatedNode) -> SimulatedNode:
        """The other one."""
        return self.bob if node is self.alice else self.alice

    # Time

    def later(self, delay_s: float, job: Callable[[], None]) -> None:
        """Do something after a while."""
        heapq.heappush(self._queue, (self.now + delay_s, next(self._count), job))

    def wake(self, node: SimulatedNode) -> None:
        """See to it that the node's deadline is met."""
        deadline = node.resource.deadline
        if deadline is None or self._wakes.get(node, float("inf")) <= deadline:
            return
        self._wakes[node] = deadline
        heapq.heappush(
            self._queue, (max(deadline, self.now), next(self._count), lambda: self._ring(node))
        )

    def _ring(self, node: SimulatedNode) -> None:
        self._wakes.pop(node, None)
        node.happen(TimePassed())

    def step(self) -> bool:
        """Let the next thing happen."""
        if not self._queue:
            return False
        self.now, _, job = heapq.heappop(self._queue)
        job()
        return True

    def run_until(
        self, condition: Callable[[], bool], what: str, *, timeout_s: float = 300
    ) -> None:
        """Let time pass until something is true."""
        end = self.now + timeout_s
        for _ in range(EVENTS_MAX):
            if condition():
                return
            assert self.step(), f"nothing happens any more, waiting for {what}\n{self.story()}"
            assert self.now < end, f"{timeout_s} s have passed, waiting for {what}\n{self.story()}"
        raise AssertionError(f"too much happens, waiting for {what}\n{self.story()}")

    def run_for(self, seconds: float) -> None:
        """Let so much time pass."""
        end = self.now + seconds
        while self._queue and self._queue[0][0] <= end:
            self.step()
        self.now = end

    # The network

    def transfer(self, peer: SimulatedNode, channel: Channel, content: bytes) -> None:
        """Bytes travel, in order."""
        arrival = max(self.now + LATENCY_S, self._arrivals.get(channel, 0.0))
        self._arrivals[channel] = arrival
        if self.is_linked:
            self.later(arrival - self.now, lambda: peer.receive(channel, content))

    def cut(self, node: SimulatedNode, channel: Channel, reason: str) -> None:
        """One end closes: the other one learns of it, behind what is on its way."""
        found = node.channels.pop(channel, None)
        if found is None:
            return
        peer, theirs = found
        arrival = max(self.now + LATENCY_S, self._arrivals.get(theirs, 0.0))
        self.later(arrival - self.now, lambda: self._end(peer, theirs, reason))

    def _end(self, node: SimulatedNode, channel: Channel, reason: str) -> None:
        if node.channels.pop(channel, None) is not None:
            node.happen(SocketLost(channel, reason))

    def reset_link(self) -> None:
        """Everything that is on its way is lost, and both nodes are told."""
        for node in (self.alice, self.bob):
            for channel in list(node.channels):
                node.channels.pop(channel)
                node.happen(SocketLost(channel, "reset"))

    # Nodes

    def kill(self, node: SimulatedNode) -> None:
        """Power off: memory and sockets are gone, and nobody was told before."""
        node.is_alive = False
        node.is_listening = False
        for channel in list(node.channels):
            self.cut(node, channel, "reset")

    def restart(
        self, node: SimulatedNode, *, sectors: dict[int, Sectors] | None = None
    ) -> SimulatedNode:
        """A new process on the same disks, or on what a crash has left of them."""
        self.kill(node)
        config = replace(node.config)
        again = SimulatedNode(self, node.name, config, node.seed + 1000)
        again.devices = node.devices
        for volume, found in (sectors or {}).items():
            again.devices[volume].sectors = found
        if node is self.alice:
            self.alice = again
        else:
            self.bob = again
        for volume in again.devices:
            again.attach(volume)
        return again

    def story(self) -> str:
        """What both nodes have said, in order."""
        lines = [(line, node.name) for node in (self.alice, self.bob) for line in node.log]
        lines.sort(key=lambda it: float(it[0].split()[0]))
        states = [f"{node.name}: {node.state()}" for node in (self.alice, self.bob)]
        return "\n".join([*(f"{name} {line}" for line, name in lines[-80:]), *states])


def connected_pair(world: World) -> None:
    """Let both nodes attach and connect, with fresh disks."""
    for node in (world.alice, world.bob):
        for volume in node.config.volumes:
            if volume not in node.devices:
                node.add_disk(volume)
            node.attach(volume)
    for node in (world.alice, world.bob):
        node.happen(ConnectRequested())
    world.run_until(lambda: world.alice.state().conn.wire >= 10, "alice to connect")
    world.run_until(lambda: world.bob.state().conn.wire >= 10, "bob to connect")
