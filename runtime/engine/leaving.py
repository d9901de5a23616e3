"""An orderly disconnect: the peer is asked, and may refuse (states 7.10)."""

from collections.abc import Mapping

from generated.layouts.state import ReturnCode
from generated.states.conn_states import ConnEvent, ConnState
from generated.states.disk_states import DiskEvent, DiskState
from generated.states.machine import Refused
from runtime.engine.asking import Asking, Words
from runtime.engine.change import change, is_drawn, refusal_of
from runtime.engine.circumstances import circumstances_of
from runtime.engine.commands import Commands
from runtime.engine.connection import LINK_LEAST, Connection
from runtime.engine.link import Link
from runtime.engine.rooms import Rooms
from runtime.engine.state_words import request
from runtime.events import DisconnectRequested


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

    def _go(self, command: DisconnectRequested) -> None:
        for rooms in self._rooms.values():
            if is_drawn(rooms.volume, ConnEvent.disconnect_requested):
                change(rooms.volume, ConnEvent.disconnect_requested)
        self._answer_alone(command)

    def _answer_alone(self, command: DisconnectRequested) -> None:
        """It is done when nothing of the link is under way any more (states 7.10 step 3)."""
        assert self.commands is not None
        if self._link.state is ConnState.Disconnecting:
            self.commands.wait(lambda: self._answer_alone(command))
        else:
            self._answer(command, ReturnCode.SS_SUCCESS)

    def _refusal(self) -> ReturnCode:
        """What the own rules say (states 3.9 step 2)."""
        for rooms in self._rooms.values():
            try:
                code = refusal_of(
                    rooms.volume,
                    ConnEvent.disconnect_requested,
                    circumstances=circumstances_of(rooms),
                )
            except Refused:
                code = ReturnCode.SS_IN_TRANSIENT_STATE
            if code < ReturnCode.SS_SUCCESS:
                return code
        return ReturnCode.SS_SUCCESS

    def _ask(self, command: DisconnectRequested) -> None:
        code = self._refusal()
        if code is ReturnCode.SS_IN_TRANSIENT_STATE or self._asking.is_open():
            self._retry(command)
        elif code < ReturnCode.SS_SUCCESS:
            self._answer(command, code)
        else:
            self._send(command, request(conn=ConnState.Disconnecting), is_second=False)

    def _send(self, command: DisconnectRequested, words: Words, *, is_second: bool) -> None:
        self._connection.is_leaving = True
        self._asking.ask(words, lambda reply: self._replied(command, reply, is_second=is_second))

    def _replied(self, command: DisconnectRequested, reply: ReturnCode, *, is_second: bool) -> None:
        """The peer agrees, or wants this node to be outdated, or is gone by itself."""
        self._connection.is_leaving = False
        if reply is ReturnCode.SS_CW_NO_NEED:
            self._connection.agenda.later(lambda: self.run(command))
        elif reply >= ReturnCode.SS_SUCCESS:
            if is_second:
                self._outdate()
            self._go(command)
        elif is_second:
            self._link.fire(ConnEvent.disconnect_forced)
            self._answer_alone(command)
        else:
            words = request(conn=ConnState.Disconnecting, disk=DiskState.Outdated)
            self._send(command, words, is_second=True)

    def _outdate(self) -> None:
        """The peer lets go of a node whose data it knows to be old."""
        for rooms in self._rooms.values():
            if is_drawn(rooms.volume, DiskEvent.peer_asked_to_outdate):
                change(rooms.volume, DiskEvent.peer_asked_to_outdate)
