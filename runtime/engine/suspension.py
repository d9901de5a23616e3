"""Requests that are held back, and what becomes of them when they go on (states 4.8, 7.11).

While one of three reasons holds, no request is let in and nobody is told of an end. What a lost
peer has not confirmed meanwhile is kept: when requests go on, it is sent again to a peer that is
back, and counts as missing where none is. What could not be done at all is tried again.
"""

from collections.abc import Iterable, Mapping

from generated.states.disk_states import DiskState
from generated.states.peer_disk_states import PeerDiskState
from generated.states.susp_fen_states import SuspFenEvent
from generated.states.susp_nod_states import SuspNodEvent
from generated.states.susp_states import SuspEvent
from runtime.config import OnNoDataAccessible
from runtime.engine.applications import Applications
from runtime.engine.change import change, is_drawn
from runtime.engine.connection import UP_LEAST, Connection
from runtime.engine.consequences import SuspensionEvent
from runtime.engine.mirrored_write import Write
from runtime.engine.volume import Volume
from runtime.engine.volume_state import VolumeState

OUTDATED = PeerDiskState.Outdated.wire
NEGOTIATED = frozenset({DiskState.Attaching, DiskState.Negotiating})


class Suspension:
    """The held-back requests of one resource."""

    def __init__(
        self, connection: Connection, volumes: Mapping[int, Volume], no_data: OnNoDataAccessible
    ) -> None:
        self.waits_for_data = no_data is OnNoDataAccessible.SUSPEND_IO
        """Whether requests wait when no good data can be reached; else they fail."""
        self._connection = connection
        self._volumes = volumes
        self._applications: list[Applications] = []
        self._frozen: list[Write] = []
        """What was sent to a peer that was lost, in order."""

    def watch(self, volume: Volume, applications: Applications) -> None:
        """Hold back the requests of this volume too."""
        volume.siblings = [it for it in self._volumes.values() if it is not volume]
        self._applications.append(applications)
        volume.watchers.append(lambda before: self._note_state(volume, before))

    # What ends it

    def _note_state(self, volume: Volume, before: VolumeState) -> None:
        """See whether requests have to wait, or may go on for a change of one volume (A5, A6)."""
        state = volume.state
        if not state.is_suspended:
            return
        self._connection.holds_back = True
        if before.conn.wire < UP_LEAST <= state.conn.wire and self._all_are_up():
            self._later(SuspNodEvent.all_connected)
            self._later(SuspFenEvent.all_connected)
        if before.disk in NEGOTIATED and self._all_have_good_disks():
            self._later(SuspNodEvent.disks_attached)

    def _all_are_up(self) -> bool:
        return all(volume.is_up for volume in self._volumes.values())

    def _all_have_good_disks(self) -> bool:
        return all(it.state.disk is DiskState.UpToDate for it in self._volumes.values())

    def peer_fenced(self) -> None:
        """A lost peer's disk is known to be old: that may be all that was waited for (K4)."""
        if all(volume.state.pdsk.wire <= OUTDATED for volume in self._volumes.values()):
            self._later(SuspFenEvent.peer_fenced)

    def nothing_to_fence_for(self) -> None:
        """No data here could be in danger (states 7.8 step 3)."""
        self._later(SuspFenEvent.nothing_to_fence_for)

    def _later(self, event: SuspensionEvent) -> None:
        self._connection.agenda.later(lambda: self._fire(event))

    def _fire(self, event: SuspensionEvent) -> None:
        volume = next(iter(self._volumes.values()))  # the others follow
        if is_drawn(volume, event):
            change(volume, event)

    # What is kept

    def link_lost(self, writes: Iterable[Write]) -> None:
        """Nobody confirms these any more (states 7.6 step 4)."""
        if self._connection.holds_back:
            self._frozen += writes
        else:
            for write in writes:
                write.link_lost()

    def _sort_out(self, *, may_send: bool) -> None:
        """Send what is frozen to a peer that is there; count the rest as missing at it."""
        frozen, self._frozen = self._frozen, []
        epoch_index = -1
        for write in frozen:
            if not (may_send and write.room.volume.is_up):
                write.link_lost()
                continue
            if write.epoch_index != epoch_index:
                self._connection.close_epoch()  # what was ordered before still is
            epoch_index = write.epoch_index
            write.send_again()

    # Going on

    def settle_generations(self, *, is_refused: bool = False) -> None:
        """A peer misses what was written since it was lost, unless that goes to it now (7.7)."""
        for volume in self._volumes.values():
            if volume.wants_generation and (is_refused or not volume.is_up):
                if volume.has_disk:
                    volume.begin_generation()
                else:  # what applications have seen is lost: no other data may be taken for it
                    volume.exposed_uuid = volume.random_uuid()
            volume.wants_generation = False

    def thaw(self) -> None:
        """Let all go on. Until everything is sorted out nobody is told of anything."""
        self._sort_out(may_send=True)
        self._connection.holds_back = False
        for applications in self._applications:
            self._connection.agenda.later(applications.thaw)

    def refuse_thaw(self) -> None:
        """The peer that is back was restarted, and may lack what it acknowledged (5.5 step 10)."""
        self._sort_out(may_send=False)
        self.settle_generations(is_refused=True)
        self._fire(SuspEvent.thaw_refused)
