"""A resync begins when the administrator's program has nothing against it (states 6.2, 6.3)."""

from collections.abc import Callable, Mapping
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
    """Let an event happen that may begin a resync, as soon as nobody has anything against it."""
    helper = HELPERS.get(rooms.volume.state.conn)
    if helper is None:
        change(rooms.volume, event)
    else:
        when_agreed(rooms, helper, lambda: change(rooms.volume, event))


def when_agreed(rooms: Rooms, helper: str, begin: Callable[[], object]) -> None:
    """Begin a resync when the helper has agreed, if the state is still the one it began in.

    Until then nothing more is taken from the peer's data socket.
    """
    volume, state = rooms.volume, rooms.volume.state.conn
    connection, data = volume.connection, volume.connection.data
    reason = (helper, volume.number)

    def ended(exit_code: int) -> None:
        if connection.data is not data:
            return  # the link was lost meanwhile
        if volume.state.conn is state and _is_agreed(rooms, helper, exit_code):
            begin()
        connection.resume(reason)

    connection.pause(reason)
    rooms.calling.call(helper, volume.number, ended)


def _is_agreed(rooms: Rooms, helper: str, exit_code: int) -> bool:
    """Whether the resync may begin; if not, the connection is dropped."""
    if not exit_code:
        return True
    if helper == SOURCE and exit_code == NO_MATTER_AT_SOURCE:
        rooms.volume.log(f"{helper} handler returned {exit_code}, ignored")
        return True
    rooms.link.refuse(f"{helper} handler returned {exit_code}, dropping connection.")
    return False
