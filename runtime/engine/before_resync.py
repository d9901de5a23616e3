"""A resync begins when the administrator's program has nothing against it (states 6.2, 6.3)."""

from collections.abc import Mapping
from typing import Final

from generated.states.conn_states import ConnEvent, ConnState
from runtime.engine.change import change
from runtime.engine.rooms import Rooms

SOURCE: Final = "before-resync-source"
TARGET: Final = "before-resync-target"
HELPERS: Final[Mapping[ConnState, str]] = {
    ConnState.StartingSyncS: SOURCE,
    ConnState.WFBitMapS: SOURCE,
    ConnState.Ahead: SOURCE,
    ConnState.WFSyncUUID: TARGET,
    ConnState.Behind: TARGET,
}
"""The state that a resync begins in -> who is asked."""
NO_MATTER_AT_SOURCE: Final = 3


def begin_resync(rooms: Rooms, event: ConnEvent) -> None:
    """Let an event happen that may begin a resync, as soon as nobody has anything against it.

    Until then nothing more is taken from the peer's data socket.
    """
    volume, state = rooms.volume, rooms.volume.state.conn
    connection, data = volume.connection, volume.connection.data
    helper = HELPERS.get(state)
    if helper is None:
        change(volume, event)
        return
    reason = (helper, volume.number)

    def ended(exit_code: int) -> None:
        if connection.data is not data:
            return  # the link was lost meanwhile
        if volume.state.conn is state:
            _decide(rooms, event, helper, exit_code)
        connection.resume(reason)

    connection.pause(reason)
    rooms.calling.call(helper, volume.number, ended)


def _decide(rooms: Rooms, event: ConnEvent, helper: str, exit_code: int) -> None:
    is_ignored = helper == SOURCE and exit_code == NO_MATTER_AT_SOURCE
    if exit_code and is_ignored:
        rooms.volume.log(f"{helper} handler returned {exit_code}, ignored")
    if exit_code and not is_ignored:
        rooms.link.refuse(f"{helper} handler returned {exit_code}, dropping connection.")
    else:
        change(rooms.volume, event)
