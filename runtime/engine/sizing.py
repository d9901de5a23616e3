"""The size of a volume that is in use: what two disks agree on, and what an administrator asks for.

States 5.3, 6.1 and 8.8; wire 5.4. Each node says how large its disk could be, the smaller one
decides. New space is out of sync, and a resync brings it from one of the nodes at once.
"""

from collections.abc import Callable
from typing import Final

from generated.layouts.configuration import P_SIZES, DdsFlags
from generated.layouts.handshake import Features
from generated.states.conn_states import ConnEvent, ConnState
from generated.states.disk_states import DiskState
from generated.states.node_states import NodeState
from generated.states.peer_disk_states import PeerDiskState
from generated.states.peer_states import PeerState
from runtime.effects import Level
from runtime.engine.agenda import Job
from runtime.engine.before_resync import SOURCE, when_agreed
from runtime.engine.change import change, is_drawn
from runtime.engine.circumstances import circumstances_of
from runtime.engine.handshake import PeerRefused
from runtime.engine.parameters import resize, send_sizes, send_uuids
from runtime.engine.rooms import Rooms
from runtime.engine.sizes import Sizes, effective_size
from runtime.engine.volume import INCONSISTENT
from runtime.engine.volume_state import VolumeState
from runtime.errors import DiskError, MetadataError, PeerError
from runtime.events import ResizeRequested
from runtime.requests import SECTOR_SIZE_BYTES
from runtime.wire.channel import Channel

CONNECTED: Final = ConnState.Connected.wire
NEGOTIATING: Final = DiskState.Negotiating.wire
VERSION_OF_ASSUME_CLEAN: Final = 93  # wire 5.4
PAGE_SIZE_BYTES: Final = 4096  # a request of one is taken by every peer
BLOCK_SIZES_BYTES: Final = frozenset({512, 1024, 2048, 4096, 8192, 16384, 32768, 65536})

Answer = Callable[[str], None]
"""Takes why something was refused; nothing when it is done."""


class Sizing:
    """The size of one volume."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._volume = rooms.volume
        self._is_pending = False
        """Whether the volume has grown here, and the peer has not answered (states 10.1)."""
        self._volume.watchers.append(self._note_state)

    # What the administrator asks for (states 8.8)

    def resize(self, command: ResizeRequested, answer: Answer) -> None:
        """Take another size, and the room that the disk has got since it was attached."""
        if text := self._refusal(command):
            answer(text)
        else:
            self._when_quiet(lambda: self._resize_now(command, answer))

    def _refusal(self, command: ResizeRequested) -> str:
        volume, state = self._volume, self._volume.state
        if not volume.has_disk:
            return "Device does not have a disk-config"
        if state.conn.wire > CONNECTED:
            return "Resize not allowed during resync."
        if state.role is NodeState.Secondary and state.peer is PeerState.Secondary:
            return "Need one Primary node to resize."
        if command.assume_clean and volume.connection.version < VERSION_OF_ASSUME_CLEAN:
            return "Protocol version 93 required to use --assume-clean"
        return ""

    def _resize_now(self, command: ResizeRequested, answer: Answer) -> None:
        text = self._refusal(command)
        if not text:
            try:
                self._take_command(command)
            except MetadataError as error:
                text = str(error)
            except DiskError as error:
                text = str(error)
                self._volume.metadata_failed(text)
        answer(text)

    def _take_command(self, command: ResizeRequested) -> None:
        volume = self._volume
        self._remeasure()
        assert volume.backing is not None
        own, peer = volume.backing.capacity_sectors, volume.peer_capacity_sectors
        if command.assume_peer_has_space and not volume.is_up:
            peer = own
        size = effective_size(self._sizes(peer=peer, wanted=command.size_sectors))
        if command.size_sectors > size:
            volume.log(f"Requested disk size is too big: {command.size_sectors}", Level.ERROR)
        has_grown = size > volume.size_sectors
        self._set(size, is_in_sync=command.assume_clean)
        volume.bounds.wanted_sectors = command.size_sectors
        if volume.state.conn is ConnState.Connected:
            self._is_pending = self._is_pending or has_grown
            flags = DdsFlags.FORCED if command.assume_peer_has_space else 0
            flags |= DdsFlags.NO_RESYNC if command.assume_clean else 0
            send_uuids(volume)
            send_sizes(volume, flags=flags, asks=True)

    # What the peer says (states 5.3)

    def receive(self, packet: P_SIZES) -> None:
        """Agree on a size: the smaller disk decides."""
        volume = self._volume
        if volume.connection.has(Features.WSAME) is not (packet.queue_limits is not None):
            raise PeerError(f"P_SIZES has {packet.packed_size} bytes, whatever the features say")
        volume.peer_capacity_sectors = packet.d_size
        volume.bounds.peer_request_size_bytes = max(packet.max_bio_size, PAGE_SIZE_BYTES)
        self._note_blocks(packet)
        if volume.backing is None:
            self._take_size(packet)
            self._answer(packet, is_enlarged=False)
            return
        size = effective_size(self._sizes(peer=packet.d_size, wanted=self._wanted(packet)))
        self._refuse_to_lose(size)
        if size < volume.size_sectors or self._is_enlarged:
            channel = volume.connection.data
            self._when_quiet(lambda: self._agree_late(packet, channel))
        else:
            self._agree(packet)

    def _note_blocks(self, packet: P_SIZES) -> None:
        """A secondary will write blocks as large as those of the peer's disk (wire 5.4)."""
        limits, volume = packet.queue_limits, self._volume
        if limits is None or volume.is_primary:
            return
        if limits.logical_block_size in BLOCK_SIZES_BYTES:
            volume.bounds.block_sectors = limits.logical_block_size // SECTOR_SIZE_BYTES
        else:
            volume.log(f"P_SIZES tells of blocks of {limits.logical_block_size} bytes")

    def _wanted(self, packet: P_SIZES) -> int:
        """The limit: the smaller one in a handshake, later the one that was told last."""
        own, theirs = self._volume.bounds.wanted_sectors, packet.u_size
        is_new = self._volume.state.conn is ConnState.WFReportParams
        return min(own, theirs) or own or theirs if is_new else theirs

    def _agree_late(self, packet: P_SIZES, channel: Channel | None) -> None:
        """Nobody writes any more; the link may be another one by now."""
        if channel is not self._volume.connection.data:
            return
        try:
            self._rooms.link.guarded(lambda: self._agree(packet))
        except (DiskError, MetadataError) as error:
            self._volume.metadata_failed(str(error))

    def _agree(self, packet: P_SIZES) -> None:
        volume = self._volume
        is_enlarged = self._is_enlarged
        if is_enlarged:
            self._remeasure()
        wanted = self._wanted(packet)
        size = effective_size(self._sizes(peer=packet.d_size, wanted=wanted))
        self._refuse_to_lose(size)
        volume.bounds.wanted_sectors = wanted
        has_grown = size > volume.size_sectors
        is_in_sync = bool(packet.dds_flags & DdsFlags.NO_RESYNC)
        self._set(size, is_in_sync=is_in_sync)
        self._answer(packet, is_enlarged=is_enlarged)
        if volume.state.conn.wire > ConnState.WFReportParams.wire:
            self._note_grown(has_grown=has_grown, is_in_sync=is_in_sync)

    def _refuse_to_lose(self, size: int) -> None:
        """Data that this node has must not fall off the end (wire 5.4)."""
        volume = self._volume
        if size >= volume.size_sectors:
            return
        is_usable = volume.state.disk.wire >= DiskState.Outdated.wire
        is_alone = not volume.is_up or volume.state.pdsk is PeerDiskState.Diskless
        if is_usable and is_alone:
            raise PeerRefused(
                f"the peer's disk size is too small: {size} sectors,"
                f" and {volume.size_sectors} are used"
            )
        if volume.state.conn.wire > CONNECTED:
            raise PeerError(f"P_SIZES lets the volume shrink to {size} sectors during a resync")

    def _take_size(self, packet: P_SIZES) -> None:
        """Without a disk, the volume is as large as the peer says."""
        volume = self._volume
        size = packet.c_size or packet.u_size or packet.d_size
        if not size or (volume.size_sectors and not packet.d_size):
            return
        if size < volume.size_sectors and volume.is_primary:
            raise PeerRefused(f"the peer's device is too small: {size} sectors")
        self._tell(size)
        volume.size_sectors = size

    def _answer(self, packet: P_SIZES, *, is_enlarged: bool) -> None:
        """Say what came of it, where the peer thinks otherwise."""
        volume = self._volume
        is_past = volume.state.conn.wire > ConnState.WFReportParams.wire
        if is_past and (is_enlarged or packet.c_size != volume.size_sectors):
            send_sizes(volume, flags=packet.dds_flags)

    # New space (states 6.1, 4.2 A22)

    def _note_grown(self, *, has_grown: bool, is_in_sync: bool) -> None:
        """Both nodes have new space: resync it, now or when both have a disk."""
        volume, state = self._volume, self._volume.state
        is_due = self._is_pending or (has_grown and state.conn is ConnState.Connected)
        self._is_pending = False
        if not is_due:
            return
        if min(state.disk.wire, state.pdsk.wire) < INCONSISTENT:
            volume.bounds.resyncs_grown = True
        elif is_in_sync:
            volume.log("Resync of new storage suppressed with --assume-clean")
        else:
            self._resync_grown()

    def _resync_grown(self) -> None:
        volume = self._volume
        if not is_drawn(volume, ConnEvent.device_grown):
            return
        volume.becomes_source = self._has_the_content
        if not volume.becomes_source:
            volume.log("Resync of new storage after online grow")
            self._begin_grown()
        elif volume.state.disk is DiskState.UpToDate:
            volume.log("Resync of new storage after online grow")
            when_agreed(self._rooms, SOURCE, self._begin_grown)
        else:
            volume.log("The new storage can't be synced from a disk that is not UpToDate")

    @property
    def _has_the_content(self) -> bool:
        """Whether the peer gets the new space from this node (states 6.1)."""
        volume = self._volume
        peer_is_primary = volume.state.peer is PeerState.Primary
        if peer_is_primary is not volume.is_primary:
            return volume.is_primary
        return volume.connection.resolves_conflicts

    def _begin_grown(self) -> None:
        """The rules are asked, since a disk may have been lost while a program thought."""
        circumstances = circumstances_of(self._rooms)
        change(self._volume, ConnEvent.device_grown, circumstances=circumstances)

    def _note_state(self, _before: VolumeState) -> None:
        volume, state = self._volume, self._volume.state
        if not volume.is_up:
            self._is_pending = False
        if volume.bounds.resyncs_grown and min(state.disk.wire, state.pdsk.wire) > NEGOTIATING:
            volume.bounds.resyncs_grown = False
            if state.conn is ConnState.Connected:
                volume.agenda.later(self._resync_grown)

    # The change

    def _sizes(self, *, peer: int, wanted: int) -> Sizes:
        volume = self._volume
        assert volume.backing is not None
        return Sizes(
            peer=peer,
            own=volume.backing.capacity_sectors,
            agreed=volume.store.superblock.last_agreed_size,
            wanted=wanted,
        )

    @property
    def _is_enlarged(self) -> bool:
        """Whether the disk has room that nobody was told of; only a connection asks for it."""
        backing = self._volume.backing
        if backing is None or not self._volume.is_up:
            return False
        try:
            return backing.store.sector_count_max > backing.capacity_sectors
        except MetadataError:  # it has not even room for its meta-data
            return False

    def _remeasure(self) -> None:
        """See how large the disk is now; internal meta-data belongs at its end."""
        backing = self._volume.backing
        assert backing is not None
        if backing.store.sector_count_max > backing.capacity_sectors:
            if backing.store.is_misplaced:
                backing.store.move_to_end()
                self._volume.log("Writing the whole bitmap, md moved")
            backing.capacity_sectors = backing.store.sector_count_max

    def _set(self, size: int, *, is_in_sync: bool) -> None:
        self._tell(size)
        resize(self._volume, size, is_in_sync=is_in_sync)

    def _tell(self, size: int) -> None:
        if size != self._volume.size_sectors:
            self._volume.log(f"size = {size // 2} KB")

    def _when_quiet(self, job: Job) -> None:
        """Do something while nobody writes: meta-data moves, or blocks fall off the end."""
        rooms, connection = self._rooms, self._volume.connection
        rooms.applications.is_held = True
        connection.pause(self)
        connection.close_epoch()
        if rooms.writes.count:
            rooms.writes.when_idle(lambda: self._when_quiet(job))
        elif self._volume.peer_works:
            self._volume.when_peer_idle(lambda: self._when_quiet(job))
        else:
            job()
            rooms.applications.is_held = False
            connection.resume(self)
            self._volume.agenda.later(rooms.applications.let_in)
