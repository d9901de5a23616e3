"""What an administrator asks for, by the rules, the peer and the drawings (states 8).

Each command is answered once: when it is done, or refused. What is refused only because something
else is going on is tried again at the next change of state (states 3.8).
"""

from collections.abc import Callable, Mapping
from typing import Final

from generated.layouts.generations import UuidFlags
from generated.layouts.state import ReturnCode
from generated.states.conn_states import ConnEvent, ConnState
from generated.states.disk_states import DiskEvent, DiskState
from generated.states.machine import Refused
from generated.states.peer_disk_states import PeerDiskEvent
from generated.states.susp_fen_states import SuspFenEvent
from generated.states.susp_nod_states import SuspNodEvent
from generated.states.susp_states import SuspEvent
from runtime.effects import Answered
from runtime.engine.asking import Answer, Asking, Words
from runtime.engine.change import change, outcome_of, refusal_of
from runtime.engine.circumstances import circumstances_of, code_of_refused
from runtime.engine.connection import Connection
from runtime.engine.consequences import VolumeEvent
from runtime.engine.link import Link
from runtime.engine.parameters import VERSION_OF_SKIPPED_SYNC, send_uuids
from runtime.engine.rooms import Rooms
from runtime.engine.rules import is_cluster_wide, refusal_text
from runtime.engine.state_words import request
from runtime.errors import DiskError
from runtime.events import (
    Command,
    ConnectRequested,
    InvalidateRemoteRequested,
    InvalidateRequested,
    NewCurrentUuidRequested,
    OutdateRequested,
    PauseSyncRequested,
    ResumeIoRequested,
    ResumeSyncRequested,
    SuspendIoRequested,
    VolumeCommand,
)

SUCCESS: Final = ReturnCode.SS_SUCCESS
TRANSIENT: Final = ReturnCode.SS_IN_TRANSIENT_STATE


class Commands:
    """The commands about volumes."""

    def __init__(
        self, connection: Connection, rooms: Mapping[int, Rooms], link: Link, asking: Asking
    ) -> None:
        self._connection = connection
        self._agenda = connection.agenda
        self._rooms = rooms
        self._link = link
        self._asking = asking
        self._waiting: list[Callable[[], None]] = []
        for room in rooms.values():
            room.volume.watchers.append(lambda _before: self._wake())
        self._methods: dict[type[Command], Callable[..., None]] = {
            PauseSyncRequested: self._pause,
            ResumeSyncRequested: self._resume,
            InvalidateRequested: self._invalidate,
            InvalidateRemoteRequested: self._invalidate_remote,
            OutdateRequested: self._outdate,
            NewCurrentUuidRequested: self._new_current_uuid,
            ConnectRequested: self._connect,
            SuspendIoRequested: self._suspend_io,
            ResumeIoRequested: self._resume_io,
        }

    def also(self, methods: Mapping[type[Command], Callable[..., None]]) -> None:
        """Let another room do what it knows how to do."""
        self._methods.update(methods)

    def run(self, command: Command) -> None:
        """Do what was asked for."""
        method = self._methods[type(command)]
        if isinstance(command, VolumeCommand):
            rooms = self._rooms.get(command.volume)
            if rooms is None:
                self.answer(command, ReturnCode.SS_UNKNOWN_ERROR, f"no volume {command.volume}")
            else:
                self._run_for_volume(method, command, rooms)
        else:
            method(command)

    def _run_for_volume(
        self, method: Callable[..., None], command: VolumeCommand, rooms: Rooms
    ) -> None:
        try:
            method(command, rooms)
        except DiskError as error:  # its meta-data can not be written, so that it is given up
            rooms.volume.metadata_failed(str(error))
            self.answer(command, ReturnCode.SS_UNKNOWN_ERROR, str(error))

    def answer(self, command: Command, code: int, text: str = "") -> None:
        """Tell who asked."""
        code = ReturnCode(code)
        if code < SUCCESS and not text:
            text = refusal_text(code)
        self._agenda.emit(Answered(command, code, text))

    def wait(self, job: Callable[[], None]) -> None:
        """Do something at the next change of state."""
        self._waiting.append(job)

    def _wake(self) -> None:
        """A state has changed: what was refused for what went on may go now."""
        self._agenda.all_later(self._waiting)

    # Changes by the rules, with the peer's consent where it is needed (states 3.8)

    def request_change(
        self, rooms: Rooms, events: tuple[VolumeEvent, ...], words: Words | None, answer: Answer
    ) -> None:
        """Make a soft change of one volume; `words` are what the peer is asked, if it has to be."""
        volume = rooms.volume
        try:
            after = outcome_of(volume, *events)
            wide = words is not None and is_cluster_wide(volume.state, after)
            code = refusal_of(
                volume,
                *events,
                circumstances=circumstances_of(rooms),
                is_cluster_wide=wide,
                is_told=True,
            )
        except Refused as refused:
            answer(code_of_refused(rooms, refused))
            return
        if code == TRANSIENT or (wide and self._asking.is_open(volume.number)):
            self._waiting.append(lambda: self.request_change(rooms, events, words, answer))
        elif code < SUCCESS:
            answer(code)
        elif wide and words is not None:
            self._asking.ask(
                words,
                lambda reply: self._replied(rooms, events, answer, reply),
                volume=volume.number,
            )
        else:
            answer(change(volume, *events, circumstances=circumstances_of(rooms)))

    def _replied(
        self, rooms: Rooms, events: tuple[VolumeEvent, ...], answer: Answer, reply: ReturnCode
    ) -> None:
        """The peer has answered, or is gone: then the own rules decide alone."""
        if reply < SUCCESS:
            answer(reply)
            self._wake()
            return
        try:
            answer(change(rooms.volume, *events, circumstances=circumstances_of(rooms)))
        except Refused as refused:
            answer(code_of_refused(rooms, refused))
        self._wake()

    # Resync (states 8.8, 6.5)

    def _pause(self, command: PauseSyncRequested, rooms: Rooms) -> None:
        if rooms.volume.state.user_isp:
            self.answer(command, ReturnCode.SS_UNKNOWN_ERROR, "Sync-pause flag is already set")
        else:
            self._set_pause(command, rooms, is_paused=True)

    def _resume(self, command: ResumeSyncRequested, rooms: Rooms) -> None:
        state = rooms.volume.state
        if state.user_isp:
            self._set_pause(command, rooms, is_paused=False)
            return
        text = "Sync-pause flag is already cleared."
        if state.peer_isp:
            text += "\nNote: Resync pause caused by the peer node."
        self.answer(command, ReturnCode.SS_UNKNOWN_ERROR, text)

    def _set_pause(self, command: VolumeCommand, rooms: Rooms, *, is_paused: bool) -> None:
        rooms.resync.set_pause(is_paused=is_paused)
        self.answer(command, SUCCESS)

    def _invalidate(self, command: InvalidateRequested, rooms: Rooms) -> None:
        if not self._has_disk(command, rooms):
            return
        if rooms.volume.state.conn is ConnState.StandAllone and not rooms.volume.is_primary:
            self._change(command, rooms, DiskEvent.ioctl_replicate)
            return
        words = request(conn=ConnState.StartingSyncT)
        self._change(command, rooms, ConnEvent.invalidate_requested, words=words)

    def _invalidate_remote(self, command: InvalidateRemoteRequested, rooms: Rooms) -> None:
        if not self._has_disk(command, rooms):
            return
        if rooms.volume.state.conn is ConnState.StandAllone and rooms.volume.is_primary:
            self._change(command, rooms, PeerDiskEvent.invalidate_remote_requested)
            return
        words = request(conn=ConnState.StartingSyncS)
        self._change(command, rooms, ConnEvent.invalidate_remote_requested, words=words)

    def _change(
        self,
        command: VolumeCommand,
        rooms: Rooms,
        *events: VolumeEvent,
        words: Words | None = None,
    ) -> None:
        self.request_change(rooms, events, words, lambda code: self.answer(command, code))

    def _outdate(self, command: OutdateRequested, rooms: Rooms) -> None:
        disk = rooms.volume.state.disk
        if disk.wire < DiskState.Outdated.wire:
            self.answer(command, ReturnCode.SS_LOWER_THAN_OUTDATED)
        else:
            self._change(command, rooms, DiskEvent.outdate_requested)

    def _has_disk(self, command: VolumeCommand, rooms: Rooms) -> bool:
        if not rooms.volume.has_disk:
            self.answer(command, ReturnCode.SS_UNKNOWN_ERROR, "Device does not have a disk-config")
        return rooms.volume.has_disk

    def _new_current_uuid(self, command: NewCurrentUuidRequested, rooms: Rooms) -> None:
        if not self._has_disk(command, rooms):
            return
        volume = rooms.volume
        generations = volume.store.generations
        skips = (
            command.clear_bitmap
            and volume.state.conn is ConnState.Connected
            and self._connection.version >= VERSION_OF_SKIPPED_SYNC
            and generations.is_just_created
        )
        if not skips and volume.state.conn is not ConnState.StandAllone:
            self.answer(command, ReturnCode.SS_UNKNOWN_ERROR, "Need to be StandAlone")
            return
        uuid, primary = volume.random_uuid(), volume.is_primary
        made = generations.made_new_current(uuid, is_primary=primary)
        if command.clear_bitmap:
            volume.store.set_all_in_sync()
        volume.store.write_generations(made)
        volume.exposed_uuid = made.current_uuid
        if skips:
            send_uuids(volume, flags=UuidFlags.SKIP_INITIAL_SYNC)
            volume.store.write_generations(
                generations.skipped_initial_sync(uuid, is_primary=primary)
            )
            change(volume, DiskEvent.initial_sync_skipped, PeerDiskEvent.initial_sync_skipped)
        self.answer(command, SUCCESS)

    # Held-back requests (states 8.9)

    def _suspend_io(self, command: SuspendIoRequested, rooms: Rooms) -> None:
        self._change(command, rooms, SuspEvent.suspend_io_requested)

    def _resume_io(self, command: ResumeIoRequested, rooms: Rooms) -> None:
        """Let them go on, whoever holds them back."""
        events = (
            SuspEvent.resume_io_requested,
            SuspNodEvent.resume_io_requested,
            SuspFenEvent.resume_io_requested,
        )
        self._change(command, rooms, *events)

    # The link

    def _connect(self, command: ConnectRequested) -> None:
        if self._link.state is not ConnState.StandAllone:
            self.answer(
                command,
                ReturnCode.SS_UNKNOWN_ERROR,
                "Device has a net-config (use disconnect first)",
            )
            return
        if command.discard_my_data and any(it.volume.is_primary for it in self._rooms.values()):
            self.answer(
                command,
                ReturnCode.SS_UNKNOWN_ERROR,
                "--discard-my-data not allowed when primary.",
            )
            return
        self._connection.discards_my_data = command.discard_my_data
        self._connection.is_tentative = command.tentative
        for rooms in self._rooms.values():
            rooms.volume.traffic.reconnect()
        self._link.fire(ConnEvent.ioctl_set_net)
        self.answer(command, SUCCESS)
