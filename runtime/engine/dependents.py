"""Volumes wait for each other's resyncs: aftr_isp set and cleared, and told to the peer (6.5)."""

from collections.abc import Mapping
from functools import partial

from generated.states.conn_states import ConnState
from runtime.config import DiskOptions
from runtime.effects import ResyncTurnsChanged
from runtime.engine.change import change
from runtime.engine.connection import Connection
from runtime.engine.parameters import send_state
from runtime.engine.resync_turns import ResyncTurns
from runtime.engine.volume import Volume
from runtime.engine.volume_state import VolumeState


class Dependents:
    """The volumes of one resource, among all of the node."""

    def __init__(
        self,
        connection: Connection,
        resource: str,
        volumes: Mapping[int, Volume],
        turns: ResyncTurns,
    ) -> None:
        self._agenda = connection.agenda
        self._resource = resource
        self._volumes = volumes
        self._turns = turns
        turns.join(resource, dict(volumes))
        connection.on_resync_turns.append(self.tell)
        for volume in volumes.values():
            volume.watchers.append(partial(self._note_state, volume))

    def adopt(self, number: int, options: DiskOptions) -> None:
        """A volume has other options: it may wait for another one now; ConfigError for a circle."""
        self._turns.adopt(self._resource, number, options)
        self.tell()

    def tell(self) -> None:
        """A resync has begun or ended, or a pause: look who may go on, here and elsewhere."""
        self.update()
        if self._turns.is_shared_with_others(self._resource):
            self._agenda.emit(ResyncTurnsChanged())

    def _note_state(self, volume: Volume, before: VolumeState) -> None:
        if _essence(volume.state) != _essence(before):
            self.tell()

    def update(self) -> None:
        """Let wait who has to, and let go on who may."""
        for number, volume in self._volumes.items():
            is_unused = volume.state.conn is ConnState.StandAllone and volume.backing is None
            waits = not is_unused and not self._turns.may_resync(self._resource, number)
            if waits is not volume.state.aftr_isp:
                change(volume, flags={"aftr_isp": waits})
                if volume.is_up:
                    send_state(volume)


def _essence(state: VolumeState) -> tuple[bool, bool, bool, bool]:
    """What others may wait for."""
    return state.is_paused, state.in_resync_range, state.disk.wire > 0, state.conn.wire > 0
