"""Changes that the peer asks for: made here if the rules allow it, and answered (states 3.10)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from generated.layouts.state import (
    P_CONN_ST_CHG_REPLY,
    P_STATE_CHG_REPLY,
    P_STATE_CHG_REQ,
    ReturnCode,
    StateWord,
)
from generated.states.conn_states import ConnEvent, ConnState
from generated.states.disk_states import DiskEvent, DiskState
from generated.states.machine import Refused
from generated.states.peer_disk_states import PeerDiskEvent, PeerDiskState
from generated.states.peer_states import PeerEvent, PeerState
from runtime.effects import Level
from runtime.engine.agenda import Job
from runtime.engine.asking import CONNECTION, VERSION_OF_CONNECTION_REQUESTS, Asking
from runtime.engine.change import change, is_drawn, refusal_of
from runtime.engine.circumstances import circumstances_of, code_of_refused
from runtime.engine.connection import Connection
from runtime.engine.consequences import VolumeEvent
from runtime.engine.refusal_log import log_refused_request
from runtime.engine.rooms import Rooms
from runtime.engine.rules import refusal_text
from runtime.engine.state_words import mirrored

CONN_EVENTS: Final = {
    ConnState.StartingSyncS.wire: ConnEvent.peer_asked_for_source,
    ConnState.StartingSyncT.wire: ConnEvent.peer_asked_for_target,
    ConnState.TearDown.wire: ConnEvent.peer_asked_for_teardown,
    ConnState.WFReportParams.wire: ConnEvent.peer_asked_for_removal,
    ConnState.VerifyT.wire: ConnEvent.peer_asked_for_verify,
}
"""What a state of the connection means, asked for by the peer, from this node's point of view."""


class Answering:
    """The peer's requests."""

    def __init__(self, connection: Connection, rooms: Mapping[int, Rooms], asking: Asking) -> None:
        self._connection = connection
        self._rooms = rooms
        self._asking = asking

    def is_asking(self, volume: int) -> bool:
        """Whether this node waits for the peer's consent itself."""
        return self._asking.is_open(volume)

    def when_answered(self, job: Job) -> None:
        """Do something when the peer has said something to what this node asks, or is lost."""
        self._asking.on_closed.append(job)

    def receive(self, packet: P_STATE_CHG_REQ, *, volume: int) -> None:
        """A change of one volume; below version 100 also of the connection."""
        mask, val = mirrored(packet.mask), mirrored(packet.val)
        is_old = self._connection.version < VERSION_OF_CONNECTION_REQUESTS
        if is_old and mask.conn and val.conn == ConnState.TearDown.wire:
            code = self._leave(mask, val)
        elif self._is_concurrent(volume):
            code = ReturnCode.SS_CONCURRENT_ST_CHG
        else:
            code = self._change(self._rooms[volume], _events(mask, val))
        self._connection.send_meta(P_STATE_CHG_REPLY(code), volume=volume)
        self._finish_leaving()

    def receive_for_all(self, packet: P_STATE_CHG_REQ) -> None:
        """A change of the whole connection."""
        mask, val = mirrored(packet.mask), mirrored(packet.val)
        if self._is_concurrent(CONNECTION):
            code = ReturnCode.SS_CONCURRENT_ST_CHG
        elif mask.conn and val.conn == ConnState.TearDown.wire:
            code = self._leave(mask, val)
        else:
            code = ReturnCode.SS_NOT_SUPPORTED
        self._connection.send_meta(P_CONN_ST_CHG_REPLY(code))
        self._finish_leaving()

    def _is_concurrent(self, volume: int) -> bool:
        """Whether this node asks itself, and is the one that goes first (wire 5.12)."""
        return self._connection.resolves_conflicts and self._asking.is_open(volume)

    def _change(self, rooms: Rooms, events: list[VolumeEvent]) -> ReturnCode:
        if not events:
            return ReturnCode.SS_NOTHING_TO_DO
        try:
            code = change(rooms.volume, *events, circumstances=circumstances_of(rooms))
        except Refused as refused:
            code = code_of_refused(rooms, refused)
            rooms.volume.log(f"State change failed: {refusal_text(code)}", Level.ERROR)
        return code

    _leaving: tuple[VolumeEvent, ...] = ()

    def _leave(self, mask: StateWord, val: StateWord) -> ReturnCode:
        """The peer disconnects: see whether all volumes may lose it; they do after the answer."""
        events: list[VolumeEvent] = []
        if mask.disk and val.disk == DiskState.Outdated.wire:
            events.append(DiskEvent.peer_asked_to_outdate)
        if mask.pdsk and val.pdsk == PeerDiskState.Outdated.wire:
            events.append(PeerDiskEvent.outdated_reported)
        for rooms in self._rooms.values():
            wanted = [ConnEvent.peer_asked_for_teardown, *_drawn(rooms, events)]
            try:
                circumstances = circumstances_of(rooms)
                code = refusal_of(rooms.volume, *wanted, circumstances=circumstances, is_told=True)
            except Refused:
                code = ReturnCode.SS_IN_TRANSIENT_STATE
            if code < ReturnCode.SS_SUCCESS:
                conn = rooms.volume.state.conn
                log_refused_request(self._connection.agenda, (mask, val), code, conn=conn)
                return code
        self._leaving = (*events, ConnEvent.peer_asked_for_teardown)
        return ReturnCode.SS_SUCCESS

    def _finish_leaving(self) -> None:
        """The answer is on its way: let the peer go."""
        events, self._leaving = self._leaving, ()
        if events:
            for rooms in self._rooms.values():
                is_good = rooms.volume.would_be_disk.wire > DiskState.Outdated.wire
                if is_good and DiskEvent.peer_asked_to_outdate in events:
                    rooms.volume.would_be_disk = DiskState.Outdated  # what is attached is old too
                change(rooms.volume, *_drawn(rooms, events))


def _drawn(rooms: Rooms, events: Iterable[VolumeEvent]) -> Iterator[VolumeEvent]:
    """What outdates the peer's disk depends on whether it has told of one (states 2.3)."""
    for event in events:
        is_untold = event is PeerDiskEvent.outdated_reported and not is_drawn(rooms.volume, event)
        yield PeerDiskEvent.peer_outdated if is_untold else event


def _events(mask: StateWord, val: StateWord) -> list[VolumeEvent]:
    """What a mirrored request asks for."""
    events: list[VolumeEvent] = []
    if mask.pdsk and val.pdsk == PeerDiskState.UpToDate.wire:
        events.append(PeerDiskEvent.up_to_date_reported)
    if mask.pdsk and val.pdsk == PeerDiskState.Failed.wire:
        events.append(PeerDiskEvent.peer_asked_to_detach)
    if mask.disk and val.disk == DiskState.Outdated.wire:
        events.append(DiskEvent.peer_asked_to_outdate)
    if mask.peer and val.peer == PeerState.Primary.wire:
        events.append(PeerEvent.peer_asked_for_primary)
    if mask.conn and val.conn in CONN_EVENTS:
        events.append(CONN_EVENTS[val.conn])
    return events
