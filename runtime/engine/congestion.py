"""A peer that lags behind a primary's writes: going Ahead of it, or giving it up (states 6.9).

Looked for when writes are let in: those that go together are on their way together. Ahead, blocks
are marked instead of sent. When the peer has caught up with what was sent, a resync brings them.
"""

from typing import Final

from generated.layouts.state import ReturnCode
from generated.states.conn_states import ConnEvent, ConnState
from runtime.config import OnCongestion
from runtime.engine.before_resync import begin_resync
from runtime.engine.change import change, refusal_of
from runtime.engine.circumstances import circumstances_of
from runtime.engine.rooms import Rooms
from runtime.engine.volume_state import VolumeState

PATIENCE_S: Final = 1.0  # states 6.9: from the last barrier ack to the resync
RETRY_S: Final = 0.1  # ... and as long as acknowledgements or answers are missing


class Congestion:
    """The congestion of one volume's writes, from its begin to its end."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._volume = rooms.volume
        self._timer = ("congestion", rooms.volume.number)
        self._is_ending = False
        rooms.writes.look_for_congestion = self.look
        rooms.volume.watchers.append(self._note_state)

    def look(self) -> None:
        """Writes are about to go: act, if too much is on its way already."""
        if not self._rooms.writes.mode.looks_for_congestion:
            return
        if reason := self._reason():
            self._act(reason)

    def _reason(self) -> str:
        """What is too much; empty while nothing is."""
        options, store = self._volume.connection.options, self._volume.store
        fill = options.congestion_fill
        if fill and self._rooms.writes.in_flight_sectors >= fill:
            return "Congestion-fill threshold reached"
        if store.active_extent_count >= options.congestion_extents:
            return "Congestion-extents threshold reached"
        return ""

    def _act(self, reason: str) -> None:
        volume = self._volume
        circumstances = circumstances_of(self._rooms)
        change(volume, ConnEvent.congested, circumstances=circumstances, is_told=False)
        if volume.connection.options.on_congestion is OnCongestion.PULL_AHEAD:
            if volume.state.conn is ConnState.Ahead:
                volume.log(reason)
            return
        code = refusal_of(volume, ConnEvent.peer_refused, circumstances=circumstances)
        if code >= ReturnCode.SS_SUCCESS:
            self._rooms.link.refuse(reason)  # there is one link for all volumes

    # The end

    def _note_state(self, before: VolumeState) -> None:
        if before.conn is not self._volume.state.conn:
            self._volume.agenda.cancel(self._timer)
            self._is_ending = False
            self.note_confirmed()

    def note_confirmed(self) -> None:
        """The peer has caught up, if nothing that was sent to it is on its way any more."""
        is_ahead = self._volume.state.conn is ConnState.Ahead
        if is_ahead and not self._is_ending and not self._rooms.writes.in_flight_sectors:
            self._is_ending = True
            self._volume.agenda.after(self._timer, PATIENCE_S, self._end)

    def _end(self) -> None:
        if self._rooms.resync.source.is_idle:
            begin_resync(self._rooms, ConnEvent.congestion_over)
        else:
            self._volume.agenda.after(self._timer, RETRY_S, self._end)
