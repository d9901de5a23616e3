"""Who may write: becoming primary, and secondary again (states 8.6)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from generated.layouts.state import ReturnCode
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskEvent, DiskState
from generated.states.node_states import NodeEvent, NodeState
from generated.states.peer_disk_states import PeerDiskEvent, PeerDiskState
from runtime.effects import Level
from runtime.engine.commands import Commands
from runtime.engine.connection import LINK_LEAST, Connection
from runtime.engine.consequences import VolumeEvent
from runtime.engine.fencing import Fencing
from runtime.engine.flushing import Flushing
from runtime.engine.link import Link
from runtime.engine.rooms import Rooms
from runtime.engine.state_words import request
from runtime.events import Command, PrimaryRequested, SecondaryRequested

ATTEMPTS_MAX: Final = 4  # states 8.6
NO_DATA: Final = ReturnCode.SS_NO_UP_TO_DATE_DISK
PEER_OUTDATED: Final = PeerDiskEvent.peer_outdated


@dataclass(slots=True, eq=False)
class _Promotion:
    """One command to become primary."""

    command: PrimaryRequested
    rooms: Rooms
    also: list[VolumeEvent] = field(default_factory=list)
    """What else is to be so, by what the attempts before were refused for."""
    attempts: int = 0
    has_waited: bool = False


class Roles:
    """The commands about roles."""

    def __init__(
        self, connection: Connection, link: Link, commands: Commands, fencing: Fencing
    ) -> None:
        self._connection = connection
        self._agenda = connection.agenda
        self._link = link
        self._commands = commands
        self._fencing = fencing
        self.methods: Mapping[type[Command], Callable[..., None]] = {
            PrimaryRequested: self._primary,
            SecondaryRequested: self._secondary,
        }

    def _primary(self, command: PrimaryRequested, rooms: Rooms) -> None:
        promotion = _Promotion(command, rooms)
        if self._link.state.wire >= LINK_LEAST:
            self._link.pings.ask(lambda: self._attempt(promotion))
        else:
            self._attempt(promotion)

    def _attempt(self, promotion: _Promotion) -> None:
        promotion.attempts += 1
        also = promotion.also
        words = request(
            role=NodeState.Primary,
            disk=DiskState.UpToDate if any(isinstance(it, DiskEvent) for it in also) else None,
            pdsk=PeerDiskState.Outdated if PEER_OUTDATED in also else None,
        )
        events = (*also, NodeEvent.primary_requested)
        self._commands.request_change(
            promotion.rooms, events, words, lambda code: self._answered(promotion, code)
        )

    def _answered(self, promotion: _Promotion, code: ReturnCode) -> None:
        """See whether another attempt makes sense, in the order of the reference."""
        also, state = promotion.also, promotion.rooms.volume.state
        if promotion.attempts >= ATTEMPTS_MAX:
            self._commands.answer(promotion.command, code)
        elif code == ReturnCode.SS_CW_FAILED_BY_PEER and PEER_OUTDATED in also:
            also.remove(PEER_OUTDATED)
            self._attempt(promotion)
        elif code == NO_DATA and promotion.command.force and _can_be_forced(state.disk):
            also.append(DiskEvent.primary_forced)
            self._attempt(promotion)
        elif code == NO_DATA and state.disk is DiskState.Consistent and PEER_OUTDATED not in also:
            self._fencing.outdate_peer(partial(self._trust, promotion, code))
        elif code == ReturnCode.SS_PRIMARY_NOP and PEER_OUTDATED not in also:
            self._fencing.outdate_peer(partial(self._go_alone, promotion, code))
        elif code == ReturnCode.SS_TWO_PRIMARIES and not promotion.has_waited:
            self._wait(promotion)
        else:
            self._commands.answer(promotion.command, code)

    def _trust(self, promotion: _Promotion, code: ReturnCode, *, is_old: bool) -> None:
        """Nobody has newer data than these, if the peer's are old (D14)."""
        if is_old:
            promotion.also.append(DiskEvent.peer_fenced)
            self._attempt(promotion)
        else:
            self._commands.answer(promotion.command, code)

    def _go_alone(self, promotion: _Promotion, code: ReturnCode, *, is_old: bool) -> None:
        """The peer must not go on alone; by force it is just said that it does not."""
        if not is_old and not promotion.command.force:
            self._commands.answer(promotion.command, code)
            return
        if not is_old:
            volume = promotion.rooms.volume
            volume.log("Forced into split brain situation!", Level.WARNING)
            promotion.also.append(PEER_OUTDATED)
        self._attempt(promotion)

    def _wait(self, promotion: _Promotion) -> None:
        """A primary peer may be just about to let go."""
        promotion.has_waited = True
        delay_s = self._connection.options.ping_timeout_s + 0.1
        name = ("primary", promotion.rooms.volume.number)
        self._agenda.after(name, delay_s, lambda: self._attempt(promotion))

    def _secondary(self, command: SecondaryRequested, rooms: Rooms) -> None:
        """Wait for what is under way; nobody new is let in meanwhile."""
        rooms.applications.is_held = True
        self._connection.close_epoch()
        flushing = Flushing(rooms.volume, lambda: self._demote(command, rooms))
        rooms.writes.when_idle(flushing.begin)

    def _demote(self, command: SecondaryRequested, rooms: Rooms) -> None:
        if rooms.volume.state.conn is ConnState.Ahead:  # nobody would know what the peer lacks
            self._commands.wait(lambda: self._demote(command, rooms))
            return
        rooms.applications.is_held = False

        def answered(code: ReturnCode) -> None:
            self._commands.answer(command, code)
            self._agenda.later(rooms.applications.let_in)

        self._commands.request_change(rooms, (NodeEvent.secondary_requested,), None, answered)


def _can_be_forced(disk: DiskState) -> bool:
    return DiskState.Inconsistent.wire <= disk.wire < DiskState.UpToDate.wire
