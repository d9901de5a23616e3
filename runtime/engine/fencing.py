"""A peer that was lost, and whether it may have good data of its own (states 7.8).

The program fence-peer finds out, or sees to it that it has none. Nothing waits for it but what has
to: a promotion, and requests where the policy is resource-and-stonith.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from generated.layouts.state import ReturnCode
from generated.states.disk_states import DiskEvent, DiskState
from generated.states.peer_disk_states import PeerDiskEvent, PeerDiskState
from runtime.config import FencingPolicy
from runtime.effects import Level
from runtime.engine.asking import Words
from runtime.engine.change import change, is_drawn, refusal_of
from runtime.engine.circumstances import circumstances_of
from runtime.engine.connection import LINK_LEAST
from runtime.engine.consequences import VolumeEvent
from runtime.engine.refusal_log import log_refused_request
from runtime.engine.rooms import Rooms
from runtime.engine.state_words import request

IS_INCONSISTENT: Final = 3  # what fence-peer ends with
IS_OUTDATED: Final = 4
IS_DOWN: Final = 5
IS_PRIMARY: Final = 6
IS_SHOT: Final = 7

OUTDATED: Final = PeerDiskState.Outdated.wire
WORDS: Final[Mapping[VolumeEvent, Words]] = {
    PeerDiskEvent.peer_found_inconsistent: request(pdsk=PeerDiskState.Inconsistent),
    PeerDiskEvent.peer_outdated: request(pdsk=PeerDiskState.Outdated),
    DiskEvent.peer_found_primary: request(disk=DiskState.Outdated),
}
"""What comes of a peer that was fenced, as a request that the rules may refuse."""
POLICIES: Final = list(FencingPolicy)
"""The stronger the later."""


class Outcome(Protocol):
    """Goes on when it is known whether the peer's data are old."""

    def __call__(self, *, is_old: bool) -> None:
        """It is known."""


class Fencing:
    """Sees to it that a lost peer does not go on alone."""

    def __init__(self, rooms: Mapping[int, Rooms]) -> None:
        any_of_them = next(iter(rooms.values()))
        self._rooms = rooms
        self._link = link = any_of_them.link
        self._connection = link.connection
        self._calling = any_of_them.calling
        self._suspension = any_of_them.suspension
        self._is_due = False
        link.fence_peer = self._fence_soon

    def _fence_soon(self) -> None:
        """All volumes have lost the peer, one after the other; that is one loss (7.6 step 6)."""
        if not self._is_due:
            self._is_due = True
            self._connection.agenda.later(self._fence)

    def _fence(self) -> None:
        self._is_due = False
        is_primary = any(rooms.volume.is_primary for rooms in self._rooms.values())
        if is_primary and not self._peer_is_old:
            self.outdate_peer(self._say_outcome)

    def _say_outcome(self, *, is_old: bool) -> None:
        """Tell what the log can't be without: whether the peer may go on alone."""
        self._log("the peer is fenced" if is_old else "the peer is not fenced")

    @property
    def _peer_is_old(self) -> bool:
        """Whether no disk of the peer is better than Outdated."""
        return all(it.volume.state.pdsk.wire <= OUTDATED for it in self._rooms.values())

    def outdate_peer(self, answer: Outcome) -> None:
        """Outdate the peer's data; tell whether that is so now (conn_try_outdate_peer)."""
        if self._link.state.wire >= LINK_LEAST:
            answer(is_old=False)
            return
        policies = [
            POLICIES.index(it.volume.options.fencing)
            for it in self._rooms.values()
            if it.volume.has_disk and it.volume.state.disk.wire >= DiskState.Consistent.wire
        ]
        if not policies:
            self._log("no volume has a Consistent disk, the peer is not fenced", Level.WARNING)
            self._suspension.nothing_to_fence_for()
            answer(is_old=False)
        elif POLICIES[max(policies)] is FencingPolicy.DONT_CARE:
            answer(is_old=True)
        else:
            count, policy = self._connection.count, POLICIES[max(policies)]

            def ended(exit_code: int) -> None:
                answer(is_old=self._fenced(exit_code, count, policy))

            self._calling.call("fence-peer", None, ended)

    def _fenced(self, exit_code: int, count: int, policy: FencingPolicy) -> bool:
        """Take over what the helper found, unless the peer has come back meanwhile."""
        event = self._meaning(exit_code, policy)
        if event is None:
            return False
        is_late = count != self._connection.count or self._connection.is_state_sent
        if is_late or self._link.state.wire >= LINK_LEAST:
            self._log("the peer came back while it was fenced, so nothing changes")
        else:
            self._change(event)
        return self._peer_is_old

    def _meaning(self, exit_code: int, policy: FencingPolicy) -> VolumeEvent | None:
        """What an exit code says of a disk; None when it says nothing."""
        if exit_code == IS_INCONSISTENT:
            return PeerDiskEvent.peer_found_inconsistent
        if exit_code == IS_OUTDATED:
            return PeerDiskEvent.peer_outdated
        if exit_code == IS_DOWN:
            disks = [rooms.volume.state.disk for rooms in self._rooms.values()]
            return PeerDiskEvent.peer_outdated if DiskState.UpToDate in disks else None
        if exit_code == IS_PRIMARY:
            self._log("the peer is Primary, so the own data is old", Level.WARNING)
            return DiskEvent.peer_found_primary
        if exit_code == IS_SHOT:
            if policy is not FencingPolicy.RESOURCE_AND_STONITH:
                self._log("fence-peer has shot the peer, though the policy is not to", Level.ERROR)
            return PeerDiskEvent.peer_outdated
        self._log(f"fence-peer is broken, it ended with {exit_code}", Level.ERROR)
        return None

    def _change(self, event: VolumeEvent) -> None:
        """Change all volumes, or none (states 3.9 step 2)."""
        concerned = [rooms for rooms in self._rooms.values() if is_drawn(rooms.volume, event)]
        for rooms in concerned:
            circumstances = circumstances_of(rooms)
            code = refusal_of(rooms.volume, event, circumstances=circumstances, is_told=True)
            if code < ReturnCode.SS_SUCCESS:
                agenda, conn = self._connection.agenda, self._link.state
                log_refused_request(agenda, WORDS[event], code, conn=conn)
                return
        for rooms in concerned:
            change(rooms.volume, event)

    def _log(self, text: str, level: Level = Level.INFO) -> None:
        self._connection.agenda.log(text, level=level)
