"""An administrator attaches a disk, or gives it up (states 8.5, 7.2)."""

from collections.abc import Callable, Mapping
from typing import Final

from generated.layouts.state import ReturnCode
from generated.layouts.superblock import SuperblockFlags
from generated.states.disk_states import DiskEvent, DiskState
from generated.states.peer_disk_states import PeerDiskEvent, PeerDiskState
from generated.states.peer_states import PeerState
from generated.states.susp_nod_states import SuspNodState
from runtime.engine.agenda import Job
from runtime.engine.backing import Backing
from runtime.engine.change import change, is_drawn
from runtime.engine.commands import Commands
from runtime.engine.consequences import VolumeEvent
from runtime.engine.parameters import resize
from runtime.engine.rooms import Rooms
from runtime.engine.sizes import Sizes, effective_size
from runtime.engine.state_words import request
from runtime.engine.volume import Volume
from runtime.errors import DiskError, MetadataError, MisuseError
from runtime.events import AttachRequested, Command, DetachRequested
from runtime.metadata.generations import same

SUCCESS: Final = ReturnCode.SS_SUCCESS
ATTACHED: Final = "Device is attached to a disk (use detach first)"
NOT_CURRENT: Final = "Can only attach to the data we lost last (see kernel log)."


class DiskCommands:
    """The commands about volumes' disks."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self.methods: Mapping[type[Command], Callable[..., None]] = {
            AttachRequested: self._attach,
            DetachRequested: self._detach,
        }

    def _attach(self, command: AttachRequested, rooms: Rooms) -> None:
        """Applications wait until what the peer has of them is confirmed there."""
        assert command.backing is not None, "whoever attaches has opened a disk"
        if rooms.volume.state.disk is not DiskState.Diskless:
            self._commands.answer(command, ReturnCode.SS_UNKNOWN_ERROR, ATTACHED)
            return
        rooms.applications.is_held = True
        rooms.volume.connection.close_epoch()
        self._when_idle(rooms, lambda: self._attach_idle(command, rooms))

    @staticmethod
    def _when_idle(rooms: Rooms, job: Job) -> None:
        """Do something when all writes have ended; what is held back never would (states 7.2)."""
        if rooms.volume.connection.holds_back:
            job()
        else:
            rooms.writes.when_idle(job)

    def _attach_idle(self, command: AttachRequested, rooms: Rooms) -> None:
        volume, backing = rooms.volume, command.backing
        assert backing is not None
        rooms.applications.is_held = False
        volume.agenda.later(rooms.applications.let_in)
        if volume.state.disk is not DiskState.Diskless:
            self._commands.answer(command, ReturnCode.SS_UNKNOWN_ERROR, ATTACHED)
            return
        change(volume, DiskEvent.ioctl_set_disk)
        try:
            self._take(volume, backing)
        except (DiskError, MetadataError, MisuseError) as error:
            change(volume, DiskEvent.attach_failed)
            self._commands.answer(command, ReturnCode.SS_UNKNOWN_ERROR, str(error))
            return
        events: list[VolumeEvent] = [DiskEvent.meta_data_read]
        is_old = backing.store.superblock.flags & SuperblockFlags.MDF_PEER_OUT_DATED
        if is_old and is_drawn(volume, PeerDiskEvent.peer_outdated) and not volume.is_up:
            events.insert(0, PeerDiskEvent.peer_outdated)
        change(volume, *events)
        self._commands.answer(command, SUCCESS)

    def _take(self, volume: Volume, backing: Backing) -> None:
        """Use a disk, if its data are those that applications know."""
        volume.backing = backing
        volume.traffic.restart()
        if _is_not_current(volume):
            raise MisuseError(NOT_CURRENT)
        flags = backing.store.superblock.flags
        waits_for_it = volume.is_primary and volume.state.susp_nod is SuspNodState.Suspended
        volume.is_crashed_primary = bool(
            flags & SuperblockFlags.MDF_CRASHED_PRIMARY and not waits_for_it
        )
        self._determine_size(volume)
        attached = volume.store.generations.attached(is_primary=volume.is_primary)
        volume.store.write_generations(attached)

    @staticmethod
    def _determine_size(volume: Volume) -> None:
        assert volume.backing is not None
        sizes = Sizes(
            peer=volume.peer_capacity_sectors,
            own=volume.backing.capacity_sectors,
            agreed=volume.store.superblock.last_agreed_size,
            wanted=volume.options.size,
        )
        size = effective_size(sizes)
        if size < sizes.agreed:
            raise MetadataError(
                f"Low.dev. smaller than requested DRBD-dev. size: {size} sectors, and"
                f" {sizes.agreed} were in use"
            )
        volume.bounds.wanted_sectors = volume.options.size
        volume.bounds.resyncs_grown = 0 < sizes.agreed < size
        resize(volume, size)

    def _detach(self, command: DetachRequested, rooms: Rooms) -> None:
        volume = rooms.volume
        if volume.state.disk is DiskState.Diskless:
            self._commands.answer(command, ReturnCode.SS_NOTHING_TO_DO)
        elif command.force:
            change(volume, DiskEvent.detach_forced)
            self._commands.answer(command, SUCCESS)
        else:
            rooms.applications.is_held = True
            self._when_idle(rooms, lambda: self._detach_idle(command, rooms))

    def _detach_idle(self, command: DetachRequested, rooms: Rooms) -> None:
        def answered(code: ReturnCode) -> None:
            rooms.applications.is_held = False
            rooms.volume.agenda.later(rooms.applications.let_in)
            if volume.told_uuid and volume.is_up and not volume.has_disk:
                volume.exposed_uuid = volume.told_uuid  # states 5.4: begun when it agreed
            self._answer_released(command, rooms, code)

        volume = rooms.volume
        volume.told_uuid = 0
        if volume.state.disk is DiskState.Diskless:
            answered(ReturnCode.SS_NOTHING_TO_DO)
            return
        words = request(disk=DiskState.Failed)
        self._commands.request_change(rooms, (DiskEvent.detach_requested,), words, answered)

    def _answer_released(self, command: DetachRequested, rooms: Rooms, code: int) -> None:
        """It is done when the disk is not Failed any more (states 7.2 step 1)."""
        if rooms.volume.state.disk is DiskState.Failed:
            self._commands.wait(lambda: self._answer_released(command, rooms, code))
        else:
            self._commands.answer(command, code)


def _is_not_current(volume: Volume) -> bool:
    """Whether applications, here or at the peer, have seen other data, and nobody has those."""
    state = volume.state
    is_used = volume.is_primary or state.peer is PeerState.Primary
    if not is_used or state.pdsk is PeerDiskState.UpToDate or not volume.exposed_uuid:
        return False
    return not same(volume.exposed_uuid, volume.store.generations.current_uuid)
