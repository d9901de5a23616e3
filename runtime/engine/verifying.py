"""The command to verify a volume online (states 8.9)."""

from collections.abc import Mapping

from generated.layouts.state import ReturnCode
from generated.states.conn_states import ConnEvent, ConnState
from runtime.engine.change import change
from runtime.engine.commands import Commands
from runtime.engine.rooms import Rooms
from runtime.engine.state_words import request
from runtime.events import VerifyRequested


class Verifying:
    """Begins an online verify with the peer's consent, or changes where the one that runs stops."""

    def __init__(self, commands: Commands, rooms: Mapping[int, Rooms]) -> None:
        self._commands = commands
        self._rooms = rooms

    def run(self, command: VerifyRequested) -> None:
        """Do what was asked for."""
        commands, rooms = self._commands, self._rooms.get(command.volume)
        if rooms is None:
            commands.answer(command, ReturnCode.SS_UNKNOWN_ERROR, f"no volume {command.volume}")
            return
        rooms.verify.want(start=command.start, stop=command.stop)
        if rooms.volume.state.conn is ConnState.VerifyS:
            change(rooms.volume, ConnEvent.verify_requested)
            commands.answer(command, ReturnCode.SS_NOTHING_TO_DO)
            return
        commands.request_change(
            rooms,
            (ConnEvent.verify_requested,),
            request(conn=ConnState.VerifyS),
            lambda code: commands.answer(command, code),
        )
