"""Two real engines in one simulated world: its clock, its network and its disks are ours.

Everything that happens is an entry in one queue, in the order of time; nothing else decides.
"""

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from runtime.config import DiskOptions, NetOptions, ResourceConfig
from runtime.engine.resync_turns import ResyncTurns
from runtime.events import (
    ConnectFailed,
    ConnectRequested,
    SocketAccepted,
    SocketConnected,
    SocketLost,
    TimePassed,
)
from runtime.wire.channel import Channel
from tests.runtime.metadata.devices import CrashingDevice
from tests.simulation.node import VOLUME_SECTORS, SimulatedNode

__all__ = ["LATENCY_S", "VOLUME_SECTORS", "SimulatedNode", "World"]

LATENCY_S = 0.0005
EVENTS_MAX = 400_000  # no scenario needs a tenth of it; more is a loop
STORY_LINES_MAX = 80


class World:
    """Time, the network, and two nodes."""

    def __init__(
        self,
        *,
        seed: int = 1,
        net: NetOptions | None = None,
        peer_net: NetOptions | None = None,
        disk: DiskOptions | None = None,
        peer_disk: DiskOptions | None = None,
        volumes: int = 1,
        options: Callable[[int], DiskOptions] | None = None,
        resync_count_max: int = 0,
        **resource: Any,
    ) -> None:
        """Two nodes with these options; `resource` are those of both nodes' resources."""
        self.random = random.Random(seed)
        self.now = 100.0
        self.jitter_s = 0.0
        self.is_linked = True
        """Whether anything arrives; what is sent meanwhile arrives at `heal`, as TCP repeats it."""
        self.on_the_way: Callable[[bytes], bytes] = lambda content: content
        """What becomes of bytes between two sockets."""
        self.nodes: list[SimulatedNode] = []
        """All that there have been, those that were killed too."""
        self.transferred_bytes = 0
        """What was sent over all connections, in both directions."""
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._wakes: dict[SimulatedNode, float] = {}
        self._arrivals: dict[Channel, float] = {}
        self._held: list[Callable[[], None]] = []
        net, disk = net or NetOptions(), disk or DiskOptions()
        numbers = range(volumes)
        own_disks = {it: options(it) if options else disk for it in numbers}
        mine = ResourceConfig(net=net, volumes=own_disks, trace_flows=True, **resource)
        theirs = ResourceConfig(
            net=peer_net or net,
            volumes=dict.fromkeys(numbers, peer_disk) if peer_disk else own_disks,
            trace_flows=True,
            **resource,
        )
        self._resync_count_max = resync_count_max
        self.alice = self._new_node("alice", mine, seed * 2 + 1)
        self.bob = self._new_node("bob", theirs, seed * 2 + 2)

    def _new_node(self, name: str, config: ResourceConfig, seed: int) -> SimulatedNode:
        turns = ResyncTurns(count_max=self._resync_count_max)
        node = SimulatedNode(self, name, config, seed, turns=turns)
        self.nodes.append(node)
        return node

    @property
    def both(self) -> tuple[SimulatedNode, SimulatedNode]:
        """Both nodes."""
        return self.alice, self.bob

    def peer_of(self, node: SimulatedNode) -> SimulatedNode:
        """The other one."""
        return self.bob if node.name == "alice" else self.alice

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

    def connect(self, node: SimulatedNode, timeout_s: float) -> None:
        """Open a connection to the other node: made, refused, or without any answer."""
        if self.is_linked and self.peer_of(node).is_alive:
            self.later(self._travel_s(), lambda: self._knock(node))
        else:
            self.later(timeout_s, lambda: node.happen(ConnectFailed("timed out")))

    def _knock(self, node: SimulatedNode) -> None:
        peer = self.peer_of(node)
        if not (node.is_alive and peer.is_alive and peer.is_listening):
            node.happen(ConnectFailed("refused"))
            return
        mine, theirs = Channel(is_outgoing=True), Channel(is_outgoing=False)
        node.channels[mine] = (peer, theirs)
        peer.channels[theirs] = (node, mine)
        self._travel(theirs, lambda: peer.happen(SocketAccepted(theirs)))
        node.happen(SocketConnected(mine))

    def _travel_s(self) -> float:
        return LATENCY_S + (self.random.uniform(0, self.jitter_s) if self.jitter_s else 0.0)

    def _travel(self, theirs: Channel, arrive: Callable[[], None]) -> None:
        """Arrive at a socket, behind what is on its way there."""
        if not self.is_linked:
            self._held.append(lambda: self._travel(theirs, arrive))
            return
        arrival = max(self.now + self._travel_s(), self._arrivals.get(theirs, 0.0))
        self._arrivals[theirs] = arrival
        self.later(arrival - self.now, arrive)

    def transfer(self, peer: SimulatedNode, channel: Channel, content: bytes) -> None:
        """Bytes travel, in order."""
        arriving = self.on_the_way(content)
        self.transferred_bytes += len(content)
        self._travel(channel, lambda: peer.receive(channel, arriving))

    def cut(self, node: SimulatedNode, channel: Channel, reason: str) -> None:
        """One end closes: the other one learns of it, behind what is on its way."""
        found = node.channels.pop(channel, None)
        if found is not None:
            peer, theirs = found
            self._travel(theirs, lambda: self._end(peer, theirs, reason))

    def _end(self, node: SimulatedNode, channel: Channel, reason: str) -> None:
        if node.channels.pop(channel, None) is not None:
            node.happen(SocketLost(channel, reason))

    def silence(self) -> None:
        """Nothing arrives any more, and nobody is told."""
        self.is_linked = False

    def heal(self) -> None:
        """What was sent meanwhile arrives."""
        self.is_linked = True
        held, self._held = self._held, []
        for arrive in held:
            arrive()

    def reset_link(self) -> None:
        """Everything that is on its way is lost, and both nodes are told."""
        self._held.clear()
        for node in self.both:
            for channel in list(node.channels):
                if node.channels.pop(channel, None) is not None:
                    node.happen(SocketLost(channel, "reset"))

    # Nodes

    def kill(self, node: SimulatedNode) -> None:
        """The process ends: memory and sockets are gone, and nobody was told before."""
        node.is_alive = False
        node.is_listening = False
        for channel in list(node.channels):
            self.cut(node, channel, "reset")

    def lose_power(self, node: SimulatedNode) -> None:
        """The same, and of what the disks had not flushed some sectors are lost."""
        self.kill(node)
        for volume, device in node.devices.items():
            assert isinstance(device, CrashingDevice), "make disks with `crashes` set"
            left = self.random.choice(list(device.crashes(self.random, count_max=5)))
            node.devices[volume] = CrashingDevice(left.size_bytes, left.sectors)

    def restart(self, node: SimulatedNode) -> SimulatedNode:
        """A new process on the same disks, or on what a crash has left of them."""
        if node.is_alive:
            self.kill(node)
        again = self._new_node(node.name, replace(node.config), node.seed + 1000)
        again.devices, again.crashes = node.devices, node.crashes
        again.disk_latency_s = node.disk_latency_s
        again.helper_exits, again.helper_delay_s = node.helper_exits, node.helper_delay_s
        if node.name == "alice":
            self.alice = again
        else:
            self.bob = again
        for volume in again.devices:
            again.attach(volume)
        return again

    def story(self) -> str:
        """What both nodes have said, in order."""
        lines = sorted(
            (now, node.name, count, text) for node in self.nodes for now, count, text in node.log
        )
        told = [f"{now:.4f} {name} {text}" for now, name, _, text in lines[-STORY_LINES_MAX:]]
        states = [
            f"{node.name} {volume}: {node.state(volume)}, {node.resource.bits_out_of_sync(volume)}"
            for node in self.both
            for volume in node.config.volumes
        ]
        return "\n".join([*told, *states])

    # What most scenarios begin or end with

    def attach_all(self) -> None:
        """Let both nodes attach their disks, fresh ones where there are none."""
        for node in self.both:
            for volume in node.config.volumes:
                if volume not in node.devices:
                    node.add_disk(volume)
                node.attach(volume)

    def connect_both(self) -> None:
        """Let both nodes look for each other, until they are connected."""
        for node in self.both:
            node.order(ConnectRequested())
        self.run_until(lambda: all(self.is_up(node) for node in self.both), "both to connect")

    @staticmethod
    def is_up(node: SimulatedNode) -> bool:
        """Whether all volumes of a node are Connected or above."""
        return all(node.state(volume).conn.wire >= 10 for volume in node.config.volumes)

    def is_in_sync(self, volume: int = 0) -> bool:
        """Whether both nodes are connected and have the same good data."""
        states = [node.state(volume) for node in self.both]
        return all(
            (it.conn.name, it.disk.name, it.pdsk.name) == ("Connected", "UpToDate", "UpToDate")
            for it in states
        )

    def sync(self, *, timeout_s: float = 300) -> None:
        """Wait for that, for all volumes."""
        for volume in self.alice.config.volumes:
            self.run_until(
                lambda: self.is_in_sync(volume),  # noqa: B023  # called at once
                f"volume {volume} to be in sync",
                timeout_s=timeout_s,
            )

    def compare(self) -> None:
        """Both disks have the same, byte by byte, and both nodes know it."""
        self.run_for(0.5)
        for volume in self.alice.config.volumes:
            assert self.alice.resource.size_sectors(volume) == self.bob.resource.size_sectors(
                volume
            )
            assert self.alice.has_content_of(self.bob, volume), self.story()
            bits = [node.resource.bits_out_of_sync(volume) for node in self.both]
            assert bits == [0, 0], f"{bits}\n{self.story()}"


def connected_pair(world: World) -> None:
    """Let both nodes attach and connect, with fresh disks."""
    world.attach_all()
    world.connect_both()
