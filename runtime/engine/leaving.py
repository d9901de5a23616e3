"""An orderly disconnect: the peer is asked, and may refuse (states 7.10)."""

from collections.abc import Mapping
from typing import Final

from generated.layouts.state import ReturnCode
from generated.states.conn_states import ConnEvent, ConnState
from generated.states.disk_states import DiskEvent, DiskState
from generated.states.machine import Refused
from generated.states.peer_disk_states import PeerDiskEvent, PeerDiskState
from runtime.engine.asking import Asking, Words
from runtime.engine.change import change, is_drawn, refusal_of
from runtime.engine.circumstances import circumstances_of
from runtime.engine.commands import Commands
from runtime.engine.connection import LINK_LEAST, Connection
from runtime.engine.consequences import VolumeEvent
from runtime.engine.link import Link
from runtime.engine.rooms import Rooms
from runtime.engine.state_words import request
from runtime.events import DisconnectRequested

OUTDATED: Final = DiskEvent.peer_asked_to_outdate
PEER_OUTDATED: Final = PeerDiskEvent.peer_outdated
WORDS: Final[Mapping[VolumeEvent | None, Words]] = {
    None: request(conn=ConnState.Disconnecting),
    OUTDATED: request(conn=ConnState.Disconnecting, disk=DiskState.Outdated),
    PEER_OUTDATED: request(conn=ConnState.Disconnecting, pdsk=PeerDiskState.Outdated),
}
"""What else is to be so -> what the peer is asked for."""
NO_DATA_TO_OUTDATE: Final = (ReturnCode.SS_IS_DISKLESS, ReturnCode.SS_LOWER_THAN_OUTDATED)


class Leaving:
    """Lets the peer go."""

    def __init__(
        self, connection: Connection, rooms: Mapping[int, Rooms], link: Link, asking: Asking
    ) -> None:
        self._connection = connection
        self._rooms = rooms
        self._link = link
        self._asking = asking
        self.commands: Commands | None = None

    def run(self, command: DisconnectRequested) -> None:
        """Ask the peer if there is one, or just go."""
        state = self._link.state
        if state is ConnState.StandAllone:
            self._answer(command, ReturnCode.SS_NOTHING_TO_DO)
        elif command.force:
            self._link.fire(ConnEvent.disconnect_forced)
            self._answer_alone(command)
        elif state in (ConnState.Unconnected, ConnState.Disconnecting):
            self._retry(command)
        elif state.wire < LINK_LEAST:
            self._go(command)
        else:
            self._ask(command)

    def _answer(self, command: DisconnectRequested, code: int) -> None:
        assert self.commands is not None
        self.commands.answer(command, code)

    def _retry(self, command: DisconnectRequested) -> None:
        """Between two states: the next change decides."""
        assert self.commands is not None
        self.commands.wait(lambda: self.run(command))

    def _go(self, command: DisconnectRequested, also: VolumeEvent | None = None) -> None:
        for rooms in self._rooms.values():
            wanted = [it for it in (also,) if it is not None and is_drawn(rooms.volume, it)]
            if is_drawn(rooms.volume, ConnEvent.disconnect_requested):
                change(rooms.volume, *wanted, ConnEvent.disconnect_requested)
        self._answer_alone(command)

    def _answer_alone(self, command: DisconnectRequested) -> None:
        """It is done when nothing of the link is under way any more (states 7.10 step 3)."""
        assert self.commands is not None
        if self._link.state is ConnState.Disconnecting:
            self.commands.wait(lambda: self._answer_alone(command))
        else:
            self._answer(command, ReturnCode.SS_SUCCESS)

    def _refusal(self, also: VolumeEvent | None) -> ReturnCode:
        """What the own rules say (states 3.9 step 2)."""
        if also is OUTDATED and any(_is_low(it.volume.state.disk) for it in self._rooms.values()):
            return ReturnCode.SS_LOWER_THAN_OUTDATED  # states 3.5, T5
        for rooms in self._rooms.values():
            events = [it for it in (also, ConnEvent.disconnect_requested) if it is not None]
            try:
                code = refusal_of(rooms.volume, *events, circumstances=circumstances_of(rooms))
            except Refused:
                code = ReturnCode.SS_IN_TRANSIENT_STATE
            if code < ReturnCode.SS_SUCCESS:
                return code
        return ReturnCode.SS_SUCCESS

    def _ask(self, command: DisconnectRequested, also: VolumeEvent | None = None) -> None:
        """Ask the peer to let this node go, and perhaps for one of the two to be outdated."""
        code = self._refusal(also)
        if code is ReturnCode.SS_IN_TRANSIENT_STATE or self._asking.is_open():
            self._retry(command)
        elif code is ReturnCode.SS_PRIMARY_NOP and also is None:
            self._ask(command, PEER_OUTDATED)  # a fencing Primary leaves no peer with good data
        elif also is OUTDATED and code in NO_DATA_TO_OUTDATE:
            self._link.fire(ConnEvent.disconnect_forced)
            self._answer_alone(command)
        elif code < ReturnCode.SS_SUCCESS:
            self._answer(command, code)
        else:
            self._connection.is_leaving = True
            self._asking.ask(WORDS[also], lambda reply: self._replied(command, reply, also))

    def _replied(
        self, command: DisconnectRequested, reply: ReturnCode, also: VolumeEvent | None
    ) -> None:
        """The peer agrees, or wants this node to be outdated, or is gone by itself."""
        self._connection.is_leaving = False
        if reply is ReturnCode.SS_CW_NO_NEED:
            self._connection.agenda.later(lambda: self.run(command))
        elif reply >= ReturnCode.SS_SUCCESS:
            self._go(command, also)
        elif also is None:
            self._ask(command, OUTDATED)
        else:
            self._answer(command, reply)


def _is_low(disk: DiskState) -> bool:
    """Whether a disk is worse than Outdated already."""
    return disk.wire < DiskState.Outdated.wire and disk is not DiskState.Attaching
