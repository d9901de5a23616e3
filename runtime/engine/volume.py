"""One volume: its disk, what is known of the peer's, and who is at work on it.

It holds what the rooms share. States are changed by `change` alone.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from generated.layouts.acks import BlockAck
from generated.layouts.generations import UuidFlags
from generated.layouts.handshake import Features
from generated.layouts.write import P_OUT_OF_SYNC
from generated.states.conn_states import ConnMachine
from generated.states.disk_states import DiskMachine, DiskState
from generated.states.node_states import NodeMachine, NodeState
from generated.states.peer_disk_states import PeerDiskMachine
from generated.states.peer_states import PeerMachine, PeerState
from generated.states.susp_fen_states import SuspFenMachine
from generated.states.susp_nod_states import SuspNodMachine
from generated.states.susp_states import SuspMachine
from runtime.config import DiskOptions
from runtime.effects import DiskWork, Effect, Level
from runtime.engine.agenda import Agenda, Job
from runtime.engine.backing import Backing
from runtime.engine.connection import UP_LEAST, Connection
from runtime.engine.intervals import Claimant, Intervals
from runtime.engine.own_works import OwnWorks
from runtime.engine.pace import BLOCK_SECTORS, ApplicationActivity, ResyncPace
from runtime.engine.sizes import OLD_REQUEST_SIZE_BYTES_MAX, Bounds
from runtime.engine.traffic import Traffic
from runtime.engine.volume_state import VolumeState
from runtime.errors import DiskError
from runtime.metadata.generations import Generations
from runtime.metadata.store import Store
from runtime.requests import REQUEST_SIZE_BYTES_MAX, SECTOR_SIZE_BYTES

INCONSISTENT: Final = DiskState.Inconsistent.wire
SEQUENCE_MASK: Final = (1 << 32) - 1
VERSION_OF_ASKED_SIZES: Final = 93  # wire 5.4: the last that heeds what the peer takes
VERSION_OF_LARGE_HEADERS: Final = 95  # wire 12.6
VERSION_OF_LARGE_REQUESTS: Final = 100


class Machines(NamedTuple):
    """The machines, each with its room; the last three are alike in all volumes of a resource."""

    conn: ConnMachine[Effect]
    disk: DiskMachine[Effect]
    node: NodeMachine[Effect]
    peer: PeerMachine[Effect]
    pdsk: PeerDiskMachine[Effect]
    susp: SuspMachine[Effect]
    susp_nod: SuspNodMachine[Effect]
    susp_fen: SuspFenMachine[Effect]


class Volume:
    """One replicated device."""

    machines: Machines
    bits_failed = 0
    """Of the resync that runs, or ran last."""
    bits_equal: int | None = None
    """Of the resync that runs, or ran last, what both nodes had already; None without checksums."""
    siblings: Sequence["Volume"] = ()
    """The resource's other volumes."""
    wants_generation = False
    """New current UUID wanted: the peer was lost while requests were held back (states 10.1)."""

    def __init__(self, number: int, options: DiskOptions, connection: Connection) -> None:
        self.number = number
        self.options = options
        self.connection = connection
        self.state = VolumeState()
        self.state_before = self.state
        """The state before the last change, for actions that need to know what it was."""
        self.backing: Backing | None = None
        self.size_sectors = 0
        """What applications see."""
        self.bounds = Bounds(wanted_sectors=options.size)
        self.ranges: Intervals[Claimant] = Intervals()
        """Who is at work on which sectors of the disk."""
        self.activity = ApplicationActivity()
        """What applications, here or at the peer, move on the disk beside a resync."""
        self.pace = ResyncPace(options, max_buffers=connection.options.max_buffers)
        self.traffic = Traffic()
        self.sequence = 0
        """The number of the last write or acknowledgement that was sent (wire 7.8)."""
        self.own_works = OwnWorks(connection.agenda)
        self.peer_works: set[object] = set()
        """What the disk still does for the peer, and what waits for its turn to do so: a lost link
        is cleaned up when it has ended."""
        self._on_peer_idle: list[Job] = []
        self.watchers: list[Callable[[VolumeState], None]] = []
        """Rooms that want to know of every change, and get the state before it."""
        self.metadata_failed: Callable[[str], None] = _ignored
        """What to do when meta-data can't be read or written; the disk's room puts itself here."""

        self.owes_state = False
        """Whether the peer, as source, may need our state again: writes that it waits to be durable
        before it ends its resync were not confirmed when it was told (wire 9.6)."""

        # Of the handshake
        self.peer_generations: Generations | None = None
        self.peer_bits_set = self.peer_uuid_flags = self.peer_capacity_sectors = self.bits_sent = 0
        self.reported_role = PeerState.Unknown
        self.would_be_disk = DiskState.Diskless
        """What attach found out, for as long as the disk is Negotiating (states 8.5)."""
        self.becomes_source = False
        """What the last comparison of generations, or growing, came to, if it came to a resync."""

        self.sync_uuid = 0
        """What the source has told last (wire 5.7)."""
        # Marks of states 10.1
        self.exposed_uuid = 0
        self.told_uuid = 0
        """The peer's current UUID, if it was told while the own disk is being given up."""
        self.is_crashed_primary = self.considers_resync = self.discards_my_data = False

    @property
    def agenda(self) -> Agenda:
        """The resource's."""
        return self.connection.agenda

    @property
    def has_disk(self) -> bool:
        """Whether meta-data and bitmap can be used (states 1.2)."""
        return self.backing is not None and self.state.disk.wire >= INCONSISTENT

    @property
    def store(self) -> Store:
        """The meta-data; only asked for while there is a disk."""
        assert self.backing is not None, "no disk, no meta-data"
        return self.backing.store

    @property
    def is_up(self) -> bool:
        """Whether the peer is known: Connected or above."""
        return self.state.conn.wire >= UP_LEAST

    @property
    def is_primary(self) -> bool:
        """Whether applications may write here."""
        return self.state.role is NodeState.Primary

    @property
    def bits_out_of_sync(self) -> int:
        """How many blocks are out of sync; 0 without a disk."""
        return self.backing.store.bitmap.count if self.backing is not None else 0

    def mark_out_of_sync(self, *, first_sector: int, sector_count: int) -> int:
        """Mark a range, if there is a disk that counts; return how many blocks were not marked."""
        if not self.has_disk:
            return 0
        try:
            return self.store.mark_out_of_sync(first_sector=first_sector, sector_count=sector_count)
        except DiskError as error:
            self.metadata_failed(str(error))
            return 0

    def log(self, text: str, level: Level = Level.INFO) -> None:
        """Write a sentence about this volume to the log."""
        self.agenda.log(text, volume=self.number, level=level)

    def next_sequence(self) -> int:
        """The number of the next write or acknowledgement (wire 7.8)."""
        self.sequence = (self.sequence + 1) & SEQUENCE_MASK
        return self.sequence

    @property
    def request_size_bytes_max(self) -> int:
        """The largest write, read or resync request of the agreed version (wire 12.4)."""
        version = self.connection.version
        if version <= VERSION_OF_ASKED_SIZES:
            most = min(OLD_REQUEST_SIZE_BYTES_MAX, self.bounds.peer_request_size_bytes)
        elif version < VERSION_OF_LARGE_HEADERS:
            most = OLD_REQUEST_SIZE_BYTES_MAX
        elif version < VERSION_OF_LARGE_REQUESTS:
            most = 131072
        else:
            most = REQUEST_SIZE_BYTES_MAX
        return min(most, self.backing.request_size_bytes_max) if self.backing else most

    @property
    def thin_size_bytes(self) -> int:
        """The size of the resync requests that may be answered by zeroes; 0 for none (wire 9.3)."""
        has_feature = self.connection.has(Features.THIN_RESYNC)
        return self.options.rs_discard_granularity if has_feature else 0

    def count_equal(self, sector_count: int) -> None:
        """A resync by checksums runs, in which so much was found to be the same on both nodes."""
        bits = -(-sector_count // BLOCK_SECTORS)
        self.bits_equal = (self.bits_equal or 0) + bits

    def ask_disk(self, work: DiskWork) -> None:
        """Give the disk something to do; the owner's `disk_finished` hears of it."""
        self.own_works.begin(work)

    def ask_disk_for_peer(self, work: DiskWork) -> None:
        """The same, for what the peer wants."""
        self.peer_works.add(work)
        self.agenda.effects.append(work)

    def when_peer_idle(self, job: Job) -> None:
        """Do something when the disk has ended what it does for the peer, at once if nothing."""
        if self.peer_works:
            self._on_peer_idle.append(job)
        else:
            self.agenda.later(job)

    def peer_is_idle(self) -> None:
        """Go on with what waited for that."""
        waiting, self._on_peer_idle = self._on_peer_idle, []
        for job in waiting:
            self.when_peer_idle(job)

    def send_ack(self, kind: type[BlockAck], sector: int, block_id: int, size_bytes: int) -> None:
        """Answer the peer's write, or resync block (wire 7.5)."""
        ack = kind(sector, block_id, size_bytes, self.next_sequence())
        self.connection.send_meta(ack, volume=self.number)

    def repeat_marks(self, *, first_sector: int, sector_count: int) -> None:
        """Ahead, tell the peer again what it lacks: it has cleared marks by an acknowledgement.

        What it has written may be older than what has been marked since the node went ahead.
        """
        bit = self.store.bitmap.next_set(first_sector // BLOCK_SECTORS)
        if bit is not None and bit * BLOCK_SECTORS < first_sector + sector_count:
            note = P_OUT_OF_SYNC(first_sector, sector_count * SECTOR_SIZE_BYTES)
            self.connection.send_data(note, volume=self.number)

    def random_uuid(self) -> int:
        """A UUID that nobody else has; never one of the special ones."""
        while (uuid := self.connection.random.getrandbits(64)) < 1 << 8:
            pass
        return uuid

    def begin_generation(self, *, is_forced: bool = False) -> bool:
        """From here on the peer misses what is written (states 5.6); say whether that is new.

        What the bitmap counts from stays, where it counts already.
        """
        generations = self.store.generations
        if is_forced:
            made = generations.with_new_current(self.random_uuid(), is_primary=self.is_primary)
        else:
            made = generations.lost_peer_data(self.random_uuid(), is_primary=self.is_primary)
        if made == generations:
            return False
        self.store.write_generations(made)
        self.exposed_uuid = made.current_uuid
        self.log(f"new current UUID {made}")
        return True

    @property
    def uuid_flags(self) -> int:
        """What P_UUIDS says beside the UUIDs (wire 5.5)."""
        flags = UuidFlags.DISCARD_MY_DATA if self.discards_my_data else 0
        flags |= UuidFlags.CRASHED_PRIMARY if self.is_crashed_primary else 0
        if self.state.disk is not DiskState.Negotiating:
            return flags
        is_bad = self.would_be_disk is DiskState.Inconsistent
        return flags | (UuidFlags.INCONSISTENT if is_bad else 0)

    @property
    def in_resync_range(self) -> bool:
        """Whether blocks become in sync by being written: states 16 to 21 (wire 7.2)."""
        return self.state.in_resync_range


def _ignored(_error: str) -> None:
    """There is no disk yet that could fail."""
