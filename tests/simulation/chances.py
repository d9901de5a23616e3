"""What may happen to two nodes, drawn from one seed: what people do, and accidents."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from generated.layouts.configuration import ReplicationProtocol
from generated.layouts.state import ReturnCode
from runtime.config import (
    DiskOptions,
    FencingPolicy,
    NetOptions,
    OnCongestion,
    OnIoError,
    ReadBalancing,
)
from runtime.events import (
    Command,
    ConnectRequested,
    DetachRequested,
    DisconnectRequested,
    InvalidateRemoteRequested,
    InvalidateRequested,
    PauseSyncRequested,
    PrimaryRequested,
    ResumeIoRequested,
    ResumeSyncRequested,
    SecondaryRequested,
    SuspendIoRequested,
    VerifyRequested,
)
from runtime.requests import SECTOR_SIZE_BYTES, Request, RequestKind
from tests.simulation.model import Model
from tests.simulation.node import VOLUME_SECTORS, SimulatedNode
from tests.simulation.scenes import SIZES_BYTES
from tests.simulation.world import World, connected_pair

VERSIONS: Final = (101, 101, 101, 100, 99, 96, 95, 94, 91)
HANDLERS: Final = {"fence-peer": "fence"}
HASHES: Final = ("", "", "crc32c", "sha1")
STEP_COUNT: Final = 60  # enough for some accidents in one another, and a world takes a second
MEETING_S: Final = 30  # what two nodes need at most to find each other, by three connect-ints
PATIENCE_S: Final = 600  # a whole resync at the lowest rate, and all the retries before it


class Chances:
    """One world, and what happens in it."""

    def __init__(
        self,
        seed: int,
        *,
        lose_power: bool = False,
        breaks_disks: bool = False,
        volumes: int = 1,
        verifies: bool = False,
        fences: bool = False,
    ) -> None:
        self.chance = chance = random.Random(seed)
        self.may_lose_power, self.breaks_disks = lose_power, breaks_disks
        self.verifies, self.fences = verifies, fences
        net, peer_net, disk = self._options(seed, is_alone=volumes == 1)
        self.world = world = World(
            seed=seed, net=net, peer_net=peer_net, disk=disk, volumes=volumes, handlers=HANDLERS
        )
        world.jitter_s = chance.choice([0.0, 0.0, 0.002])
        for node in world.both:
            node.crashes = lose_power
            node.disk_latency_s = chance.choice([0.0, 0.001, 0.01])
            node.helper_exits = lambda _name, _volume: chance.choice([4, 4, 1])
        connected_pair(world)
        self.models: dict[int, Model] = {}
        for volume in range(volumes):
            world.alice.fill(seed + volume, volume)
            self.models[volume] = Model(world.alice.content(volume))
            self.models[volume].watch(world.alice, volume)
            self.models[volume].watch(world.bob, volume)
            world.alice.order(PrimaryRequested(volume, force=True))
        self.leader = "alice"
        self.story: list[str] = []
        """What was done, a line each."""
        self._made: list[tuple[SimulatedNode, Request]] = []

    def _options(self, seed: int, *, is_alone: bool) -> tuple[NetOptions, NetOptions, DiskOptions]:
        """Of both nodes' connection, and of all disks; old peers know one volume only."""
        chance = self.chance
        protocol = chance.choice(list(ReplicationProtocol))
        if self.breaks_disks:  # what only the peer has must be on its disk: A and B ask for less
            protocol = ReplicationProtocol.C
        if self.fences:  # which is not for protocol A
            protocol = chance.choice([ReplicationProtocol.B, ReplicationProtocol.C])
        apart = random.Random(f"congestion of {seed}")  # what seeds are known for stays as it is
        may_pull_ahead = protocol is ReplicationProtocol.A and apart.random() < 0.5
        hashes = random.Random(f"digests {seed}")
        net = NetOptions(
            protocol=protocol,
            on_congestion=OnCongestion.PULL_AHEAD if may_pull_ahead else OnCongestion.BLOCK,
            congestion_fill=apart.choice([16, 256, 2048]),
            data_integrity_alg=hashes.choice(HASHES),
            csums_alg=hashes.choice(HASHES),
            max_epoch_size=chance.choice([1, 4, 2048]),
            max_buffers=chance.choice([32, 512, 2048]),
            use_rle=chance.random() < 0.7,
            verify_alg="crc32c" if self.verifies else "",
        )
        peer_net = NetOptions(
            data_integrity_alg=net.data_integrity_alg,
            csums_alg=net.csums_alg,
            protocol=protocol,
            max_buffers=chance.choice([32, 2048]),
            verify_alg=net.verify_alg,
            version_max=chance.choice(VERSIONS) if is_alone else 101,
        )
        disk = DiskOptions(al_extents=67, resync_rate=chance.choice([250, 4096, 65536]))
        if self.fences:
            disk = replace(disk, fencing=chance.choice(list(FencingPolicy)))
        if self.breaks_disks:
            disk = replace(
                disk,
                on_io_error=chance.choice(list(OnIoError)),
                read_balancing=chance.choice(list(ReadBalancing)),
            )
        return net, peer_net, disk

    @property
    def primary(self) -> SimulatedNode:
        """Who is primary, or was last: only with the other's consent this changes."""
        return self.world.alice if self.leader == "alice" else self.world.bob

    @property
    def secondary(self) -> SimulatedNode:
        """The other one."""
        return self.world.peer_of(self.primary)

    def step(self) -> None:
        """Let something happen, and some time pass."""
        deeds, weights = zip(*self._deeds().items(), strict=True)
        deed = self.chance.choices(deeds, weights=weights)[0]
        self.story.append(f"{self.world.now:.4f} {deed.__name__.strip('_')}")
        deed()
        self.world.run_for(self.chance.choice([0.0, 0.0003, 0.001, 0.01, 0.1, 0.1, 1.0]))

    def _deeds(self) -> dict[Callable[[], None], int]:
        breaking: dict[Callable[[], None], int] = {self._break_disk: 4} if self.breaks_disks else {}
        return breaking | {
            self._write: 16,
            self._write_in_one_place: 8,
            self._zero: 2,
            self._read: 3,
            self._flush: 4,
            self._reset_link: 2,
            self._fall_silent: 2,
            self._stop_primary: 1,
            self._stop_secondary: 6 if self.may_lose_power else 2,
            self._disconnect: 2,
            self._connect: 3,
            self._swap_roles: 2,
            self._promote: 2,
            self._pause_or_resume: 2,
            self._invalidate: 1,
            self._change_disks: 2,
            self._detach_or_attach: 2,
            **({self._verify: 12} if self.verifies else {}),
            **({self._suspend_or_resume: 6} if self.fences else {}),
        }

    # Applications

    def _make(self, request: Request) -> None:
        self.models[request.volume].made(request)
        self._made.append((self.primary, request))
        self.primary.make(request)

    def _volume(self) -> int:
        return self.chance.choice(list(self.models))

    def _write(self) -> None:
        for _ in range(self.chance.randrange(1, 12)):
            size_bytes = self.chance.choices(SIZES_BYTES, weights=(4, 4, 16, 8, 4, 2, 1))[0]
            count = size_bytes // SECTOR_SIZE_BYTES
            self._write_at(self.chance.randrange(VOLUME_SECTORS - count + 1), size_bytes)

    def _write_in_one_place(self) -> None:
        """Overlapping, so that the order matters."""
        first_sector = self.chance.randrange(VOLUME_SECTORS - 80)
        for _ in range(self.chance.randrange(2, 10)):
            size_bytes = self.chance.choice([512, 4096, 32768])
            self._write_at(first_sector + self.chance.randrange(16), size_bytes)

    def _write_at(self, first_sector: int, size_bytes: int) -> None:
        data = self.chance.randbytes(size_bytes)
        count, fua = size_bytes // SECTOR_SIZE_BYTES, self.chance.random() < 0.05
        self._make(Request(RequestKind.WRITE, self._volume(), first_sector, count, data, fua))

    def _zero(self) -> None:
        kind = self.chance.choice([RequestKind.DISCARD, RequestKind.WRITE_ZEROES])
        count = self.chance.choice([8, 64, 512])
        first_sector = self.chance.randrange(VOLUME_SECTORS - count)
        self._make(Request(kind, self._volume(), first_sector, count))

    def _read(self) -> None:
        first_sector = self.chance.randrange(VOLUME_SECTORS - 64)
        self._make(Request(RequestKind.READ, self._volume(), first_sector, 64))

    def _flush(self) -> None:
        self._make(Request(RequestKind.FLUSH, self._volume()))

    # People

    def _try(self, node: SimulatedNode, command: Command) -> bool:
        """Ask for something that may be refused."""
        return node.do(command).code >= ReturnCode.SS_SUCCESS

    def _connect(self) -> None:
        for node in self.world.both:
            self._try(node, ConnectRequested())

    def _disconnect(self) -> None:
        node = self.chance.choice(self.world.both)
        self._try(node, DisconnectRequested(force=self.chance.random() < 0.3))

    def _promote(self) -> None:
        """Only who was primary last, or where both have the same: else the brain is split."""
        for volume in self.models:
            if self._is_safe(volume):
                self._try(self.primary, PrimaryRequested(volume))

    def _is_safe(self, volume: int) -> bool:
        return self.world.is_linked and self.world.is_in_sync(volume)

    def _swap_roles(self) -> None:
        if not all(self._is_safe(volume) for volume in self.models):
            return
        self._try(self.primary, ResumeIoRequested())
        for volume, model in self.models.items():
            if not self._try(self.primary, SecondaryRequested(volume)):
                return
            model.all_is_durable()
        if not all(self._is_safe(volume) for volume in self.models):
            return
        self.leader = self.secondary.name
        self._promote()

    def _pause_or_resume(self) -> None:
        command = self.chance.choice([PauseSyncRequested, ResumeSyncRequested])
        self._try(self.chance.choice(self.world.both), command(self._volume()))

    def _suspend_or_resume(self) -> None:
        """Hold back requests, or let them go on whatever they wait for."""
        command = self.chance.choice([SuspendIoRequested, ResumeIoRequested, ResumeIoRequested])
        self._try(self.primary, command())

    def _invalidate(self) -> None:
        """Replace the secondary's data, never the last good ones."""
        volume, is_remote = self._volume(), self.chance.random() < 0.5
        if self.primary.state(volume).disk.name != "UpToDate":
            return  # it would count as good from then on (N7)
        if is_remote:
            self._try(self.primary, InvalidateRemoteRequested(volume))
        elif self.secondary.state(volume).conn.wire >= 10:
            self._try(self.secondary, InvalidateRequested(volume))

    def _verify(self) -> None:
        """Compare the disks, from anywhere on or from where it was left."""
        start = self.chance.choice([None, 0, self.chance.randrange(VOLUME_SECTORS)])
        stop = self.chance.choice([None, self.chance.randrange(VOLUME_SECTORS)])
        self._try(self.chance.choice(self.world.both), VerifyRequested(self._volume(), start, stop))

    # Accidents

    def _reset_link(self) -> None:
        self._write_just_before()
        self.world.reset_link()
        self._meet_again()

    def _fall_silent(self) -> None:
        self.world.silence()
        self.world.run_for(self.chance.choice([0.1, 0.6, 3, 15, 45]))
        if self.chance.random() < 0.5:
            self.world.reset_link()
        self.world.heal()
        self._meet_again()

    def _stop(self, node: SimulatedNode, *, lost_power: bool) -> None:
        """Stop a node; a while later it is there again."""
        (self.world.lose_power if lost_power else self.world.kill)(node)
        self.world.run_for(self.chance.choice([0.0, 0.5, 20.0]))
        again = self.world.restart(node)
        for volume, model in self.models.items():
            model.watch(again, volume)
        self._try(again, ConnectRequested())
        self._meet_again()

    def _meet_again(self) -> None:
        """Mostly wait until both nodes have found each other: alone little happens to them."""
        if self.chance.random() < 0.8:
            self._connect()
            end = self.world.now + MEETING_S
            while self.world.now < end and not all(map(self.world.is_up, self.world.both)):
                self.world.run_for(0.1)

    def _write_just_before(self) -> None:
        """Have something under way when the accident happens."""
        if self.chance.random() < 0.6:
            self._write()
            self.world.run_for(self.chance.uniform(0, 0.02))

    def _stop_primary(self) -> None:
        self._write_just_before()
        lost_power = self.may_lose_power and self.chance.random() < 0.7
        for model in self.models.values():
            model.crashed(lost_power=lost_power)
        self._stop(self.primary, lost_power=lost_power)

    def _stop_secondary(self) -> None:
        self._write_just_before()
        lost_power = self.may_lose_power and self.chance.random() < 0.7
        self._stop(self.secondary, lost_power=lost_power)

    def _change_disks(self) -> None:
        node = self.chance.choice(self.world.both)
        node.disk_latency_s = self.chance.choice([0.0, 0.001, 0.01, 0.1])

    def _detach_or_attach(self) -> None:
        """The secondary's disk leaves, or comes back; the primary's are the last good data."""
        node, volume = self.secondary, self._volume()
        state = node.state(volume).disk.name
        if state == "Diskless":
            node.attach(volume)
        elif self.primary.state(volume).disk.name == "UpToDate":
            self._try(node, DetachRequested(volume, force=self.chance.random() < 0.3))

    def _break_disk(self) -> None:
        """The primary's disk fails once under load, or is given up, while the peer has all."""
        node, volume = self.primary, self._volume()
        if node.state(volume).disk.name == "Diskless":
            node.do(node.attach_command(volume))
        elif all(self._is_safe(it) for it in self.models):
            if self.chance.random() < 0.3:
                self._try(node, DetachRequested(volume, force=self.chance.random() < 0.5))
                return
            node.disk_errors.append("EIO")
            self._write()
            self._read()
            self.world.run_for(0.2)
            node.disk_errors.clear()

    # The end

    def settle(self) -> None:
        """Mend everything, and let both nodes agree."""
        world = self.world
        world.heal()
        if self.breaks_disks:
            self._shake_hands()
        for node in world.both:
            node.disk_latency_s = min(node.disk_latency_s, 0.001)
            self._try(node, ResumeIoRequested())
            for volume in self.models:
                self._try(node, ResumeSyncRequested(volume))
            for volume in self.models:
                self._attach_again(node, volume)
        self._connect()
        world.sync(timeout_s=PATIENCE_S)
        world.run_until(self._all_is_told, "all requests to finish")
        world.compare()

    def _shake_hands(self) -> None:
        """By that a disk counts again that was kept though it failed."""
        self.world.reset_link()
        self._connect()
        self.world.run_until(lambda: all(map(self.world.is_up, self.world.both)), "a connection")

    def _attach_again(self, node: SimulatedNode, volume: int) -> None:
        """Give a node its disk back, when it has let go of it."""
        self.world.run_until(
            lambda: node.state(volume).disk.name != "Failed", "the disk to be idle"
        )
        if node.state(volume).disk.name == "Diskless":
            node.attach(volume)

    def _all_is_told(self) -> bool:
        return all(not node.is_alive or it in node.finished for node, it in self._made)

    def faults(self) -> list[str]:
        """What applications were told and is not so, and differences that nobody has made."""
        wrong = [
            f"volume {volume} of {node.name}: {fault}"
            for volume, model in self.models.items()
            for node in self.world.both
            for fault in [*model.wrong_reads, *model.faults(node.content(volume))]
        ]
        found = [
            f"{node.name}: {text}"
            for node in self.world.nodes
            for _, _, text in node.log
            if text.startswith("Out of sync:")
        ]
        return wrong + found
