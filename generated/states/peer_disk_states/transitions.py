# Generated from specs/states/peer_disk_states.dot; edit that drawing, then run `make generate`.
"""What peer_disk_states may do: every arrow of the drawing is one row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic

from ...handlers import Effect
from ..machine import Change, Refused
from .handlers import PeerDiskHandlers
from .states import PeerDiskAction, PeerDiskEvent, PeerDiskGuard, PeerDiskState

INITIAL: Final = PeerDiskState.DUnknown


@dataclass(frozen=True, slots=True)
class Transition:
    """One arrow: where it leads, on which condition, what is done on it, who decides about it."""

    target: PeerDiskState
    guard: PeerDiskGuard | None = None
    actions: tuple[PeerDiskAction, ...] = ()
    change: Change = Change.soft


TRANSITIONS: Final[Mapping[tuple[PeerDiskState, PeerDiskEvent], tuple[Transition, ...]]] = {
    (PeerDiskState.Diskless, PeerDiskEvent.attaching_reported): (
        Transition(
            PeerDiskState.Attaching,
            actions=(
                PeerDiskAction.reset_resync,
                PeerDiskAction.send_uuids,
                PeerDiskAction.send_state,
            ),
            change=Change.hard,
        ),
    ),
    (PeerDiskState.Diskless, PeerDiskEvent.inconsistent_reported): (
        Transition(
            PeerDiskState.Inconsistent,
            actions=(
                PeerDiskAction.reset_resync,
                PeerDiskAction.send_uuids,
                PeerDiskAction.send_state,
            ),
            change=Change.hard,
        ),
    ),
    (PeerDiskState.Diskless, PeerDiskEvent.consistent_reported): (
        Transition(
            PeerDiskState.Consistent,
            actions=(
                PeerDiskAction.reset_resync,
                PeerDiskAction.send_uuids,
                PeerDiskAction.send_state,
            ),
            change=Change.hard,
        ),
    ),
    (PeerDiskState.Diskless, PeerDiskEvent.up_to_date_reported): (
        Transition(
            PeerDiskState.UpToDate,
            actions=(
                PeerDiskAction.clear_crashed_primary,
                PeerDiskAction.reset_resync,
                PeerDiskAction.send_uuids,
                PeerDiskAction.send_state,
            ),
            change=Change.hard,
        ),
    ),
    (PeerDiskState.Diskless, PeerDiskEvent.connection_lost): (
        Transition(PeerDiskState.DUnknown, change=Change.auto),
    ),
    (PeerDiskState.Diskless, PeerDiskEvent.peer_outdated): (
        Transition(PeerDiskState.Outdated, actions=(PeerDiskAction.thaw_fenced_requests,)),
    ),
    (PeerDiskState.Diskless, PeerDiskEvent.diskless_reported): (
        Transition(PeerDiskState.Diskless),
    ),
    (PeerDiskState.Attaching, PeerDiskEvent.diskless_reported): (
        Transition(PeerDiskState.Diskless, change=Change.hard),
    ),
    (PeerDiskState.Attaching, PeerDiskEvent.failed_reported): (
        Transition(PeerDiskState.Failed, change=Change.hard),
    ),
    (PeerDiskState.Attaching, PeerDiskEvent.connection_lost): (
        Transition(PeerDiskState.DUnknown, change=Change.auto),
    ),
    (PeerDiskState.Attaching, PeerDiskEvent.peer_outdated): (
        Transition(PeerDiskState.Outdated, actions=(PeerDiskAction.thaw_fenced_requests,)),
    ),
    (PeerDiskState.Attaching, PeerDiskEvent.attaching_reported): (
        Transition(PeerDiskState.Attaching),
    ),
    (PeerDiskState.Attaching, PeerDiskEvent.inconsistent_reported): (
        Transition(PeerDiskState.Inconsistent, change=Change.hard),
    ),
    (PeerDiskState.Attaching, PeerDiskEvent.consistent_reported): (
        Transition(PeerDiskState.Consistent, change=Change.hard),
    ),
    (PeerDiskState.Attaching, PeerDiskEvent.up_to_date_reported): (
        Transition(
            PeerDiskState.UpToDate,
            actions=(PeerDiskAction.clear_crashed_primary,),
            change=Change.hard,
        ),
    ),
    (PeerDiskState.Failed, PeerDiskEvent.diskless_reported): (
        Transition(PeerDiskState.Diskless, change=Change.hard),
    ),
    (PeerDiskState.Failed, PeerDiskEvent.connection_lost): (
        Transition(PeerDiskState.DUnknown, change=Change.auto),
    ),
    (PeerDiskState.Failed, PeerDiskEvent.peer_outdated): (
        Transition(PeerDiskState.Outdated, actions=(PeerDiskAction.thaw_fenced_requests,)),
    ),
    (PeerDiskState.Failed, PeerDiskEvent.failed_reported): (Transition(PeerDiskState.Failed),),
    (PeerDiskState.Failed, PeerDiskEvent.peer_asked_to_detach): (Transition(PeerDiskState.Failed),),
    (PeerDiskState.Inconsistent, PeerDiskEvent.attaching_reported): (
        Transition(
            PeerDiskState.Attaching,
            actions=(PeerDiskAction.create_current_uuid,),
            change=Change.hard,
        ),
    ),
    (PeerDiskState.Inconsistent, PeerDiskEvent.outdated_reported): (
        Transition(
            PeerDiskState.Outdated,
            actions=(PeerDiskAction.create_current_uuid,),
            change=Change.hard,
        ),
    ),
    (PeerDiskState.Inconsistent, PeerDiskEvent.peer_asked_to_detach): (
        Transition(
            PeerDiskState.Failed, actions=(PeerDiskAction.create_current_uuid,), change=Change.peer
        ),
    ),
    (PeerDiskState.Inconsistent, PeerDiskEvent.resync_completed): (
        Transition(
            PeerDiskState.UpToDate,
            guard=PeerDiskGuard.no_block_failed,
            actions=(PeerDiskAction.clear_crashed_primary,),
        ),
        Transition(PeerDiskState.Inconsistent),
    ),
    (PeerDiskState.Inconsistent, PeerDiskEvent.initial_sync_skipped): (
        Transition(PeerDiskState.UpToDate, actions=(PeerDiskAction.clear_crashed_primary,)),
    ),
    (PeerDiskState.Inconsistent, PeerDiskEvent.inconsistent_reported): (
        Transition(PeerDiskState.Inconsistent),
    ),
    (PeerDiskState.Inconsistent, PeerDiskEvent.connection_lost): (
        Transition(PeerDiskState.Inconsistent),
    ),
    (PeerDiskState.Inconsistent, PeerDiskEvent.start_resync): (
        Transition(PeerDiskState.Inconsistent),
    ),
    (PeerDiskState.Inconsistent, PeerDiskEvent.peer_found_inconsistent): (
        Transition(PeerDiskState.Inconsistent),
    ),
    (PeerDiskState.Inconsistent, PeerDiskEvent.invalidate_remote_requested): (
        Transition(PeerDiskState.Inconsistent, actions=(PeerDiskAction.set_whole_bitmap,)),
    ),
    (PeerDiskState.Inconsistent, PeerDiskEvent.diskless_reported): (
        Transition(
            PeerDiskState.Diskless,
            actions=(PeerDiskAction.create_current_uuid,),
            change=Change.hard,
        ),
    ),
    (PeerDiskState.Inconsistent, PeerDiskEvent.failed_reported): (
        Transition(
            PeerDiskState.Failed, actions=(PeerDiskAction.create_current_uuid,), change=Change.hard
        ),
    ),
    (PeerDiskState.Inconsistent, PeerDiskEvent.consistent_reported): (
        Transition(PeerDiskState.Consistent, change=Change.hard),
    ),
    (PeerDiskState.Inconsistent, PeerDiskEvent.up_to_date_reported): (
        Transition(
            PeerDiskState.UpToDate,
            actions=(PeerDiskAction.clear_crashed_primary,),
            change=Change.hard,
        ),
    ),
    (PeerDiskState.Inconsistent, PeerDiskEvent.up_to_date_demanded): (
        Transition(
            PeerDiskState.UpToDate, actions=(PeerDiskAction.report_upgrade,), change=Change.auto
        ),
    ),
    (PeerDiskState.Inconsistent, PeerDiskEvent.peer_outdated): (
        Transition(
            PeerDiskState.Outdated,
            actions=(PeerDiskAction.create_current_uuid, PeerDiskAction.thaw_fenced_requests),
        ),
    ),
    (PeerDiskState.Outdated, PeerDiskEvent.diskless_reported): (
        Transition(PeerDiskState.Diskless, change=Change.hard),
    ),
    (PeerDiskState.Outdated, PeerDiskEvent.failed_reported): (
        Transition(PeerDiskState.Failed, change=Change.hard),
    ),
    (PeerDiskState.Outdated, PeerDiskEvent.attaching_reported): (
        Transition(PeerDiskState.Attaching, change=Change.hard),
    ),
    (PeerDiskState.Outdated, PeerDiskEvent.peer_asked_to_detach): (
        Transition(PeerDiskState.Failed, change=Change.peer),
    ),
    (PeerDiskState.Outdated, PeerDiskEvent.back_in_connected): (
        Transition(
            PeerDiskState.UpToDate,
            actions=(PeerDiskAction.clear_crashed_primary,),
            change=Change.auto,
        ),
    ),
    (PeerDiskState.Outdated, PeerDiskEvent.start_resync): (Transition(PeerDiskState.Inconsistent),),
    (PeerDiskState.Outdated, PeerDiskEvent.peer_found_inconsistent): (
        Transition(PeerDiskState.Inconsistent, actions=(PeerDiskAction.thaw_fenced_requests,)),
    ),
    (PeerDiskState.Outdated, PeerDiskEvent.invalidate_remote_requested): (
        Transition(
            PeerDiskState.Inconsistent,
            guard=PeerDiskGuard.is_standalone,
            actions=(PeerDiskAction.set_whole_bitmap,),
        ),
    ),
    (PeerDiskState.Outdated, PeerDiskEvent.outdated_reported): (
        Transition(PeerDiskState.Outdated),
    ),
    (PeerDiskState.Outdated, PeerDiskEvent.connection_lost): (Transition(PeerDiskState.Outdated),),
    (PeerDiskState.Outdated, PeerDiskEvent.peer_outdated): (Transition(PeerDiskState.Outdated),),
    (PeerDiskState.Outdated, PeerDiskEvent.inconsistent_reported): (
        Transition(PeerDiskState.Inconsistent, change=Change.hard),
    ),
    (PeerDiskState.Outdated, PeerDiskEvent.consistent_reported): (
        Transition(PeerDiskState.Consistent, change=Change.hard),
    ),
    (PeerDiskState.Outdated, PeerDiskEvent.up_to_date_reported): (
        Transition(
            PeerDiskState.UpToDate,
            actions=(PeerDiskAction.clear_crashed_primary,),
            change=Change.hard,
        ),
    ),
    (PeerDiskState.Outdated, PeerDiskEvent.up_to_date_demanded): (
        Transition(
            PeerDiskState.UpToDate, actions=(PeerDiskAction.report_upgrade,), change=Change.auto
        ),
    ),
    (PeerDiskState.DUnknown, PeerDiskEvent.attaching_reported): (
        Transition(PeerDiskState.Attaching, change=Change.hard),
    ),
    (PeerDiskState.DUnknown, PeerDiskEvent.peer_found_inconsistent): (
        Transition(PeerDiskState.Inconsistent, actions=(PeerDiskAction.thaw_fenced_requests,)),
    ),
    (PeerDiskState.DUnknown, PeerDiskEvent.invalidate_remote_requested): (
        Transition(
            PeerDiskState.Inconsistent,
            guard=PeerDiskGuard.is_standalone,
            actions=(PeerDiskAction.set_whole_bitmap,),
        ),
    ),
    (PeerDiskState.DUnknown, PeerDiskEvent.diskless_reported): (
        Transition(
            PeerDiskState.Diskless,
            actions=(PeerDiskAction.create_current_uuid,),
            change=Change.hard,
        ),
    ),
    (PeerDiskState.DUnknown, PeerDiskEvent.failed_reported): (
        Transition(
            PeerDiskState.Failed, actions=(PeerDiskAction.create_current_uuid,), change=Change.hard
        ),
    ),
    (PeerDiskState.DUnknown, PeerDiskEvent.inconsistent_reported): (
        Transition(PeerDiskState.Inconsistent, change=Change.hard),
    ),
    (PeerDiskState.DUnknown, PeerDiskEvent.consistent_reported): (
        Transition(PeerDiskState.Consistent, change=Change.hard),
    ),
    (PeerDiskState.DUnknown, PeerDiskEvent.up_to_date_reported): (
        Transition(
            PeerDiskState.UpToDate,
            actions=(PeerDiskAction.clear_crashed_primary,),
            change=Change.hard,
        ),
    ),
    (PeerDiskState.DUnknown, PeerDiskEvent.up_to_date_demanded): (
        Transition(
            PeerDiskState.UpToDate, actions=(PeerDiskAction.report_upgrade,), change=Change.auto
        ),
    ),
    (PeerDiskState.DUnknown, PeerDiskEvent.peer_outdated): (
        Transition(
            PeerDiskState.Outdated,
            actions=(PeerDiskAction.create_current_uuid, PeerDiskAction.thaw_fenced_requests),
        ),
    ),
    (PeerDiskState.Consistent, PeerDiskEvent.outdated_reported): (
        Transition(
            PeerDiskState.Outdated,
            actions=(PeerDiskAction.create_current_uuid,),
            change=Change.hard,
        ),
    ),
    (PeerDiskState.Consistent, PeerDiskEvent.peer_asked_to_detach): (
        Transition(
            PeerDiskState.Failed, actions=(PeerDiskAction.create_current_uuid,), change=Change.peer
        ),
    ),
    (PeerDiskState.Consistent, PeerDiskEvent.connection_lost): (
        Transition(
            PeerDiskState.DUnknown,
            actions=(PeerDiskAction.create_current_uuid,),
            change=Change.auto,
        ),
    ),
    (PeerDiskState.Consistent, PeerDiskEvent.back_in_connected): (
        Transition(
            PeerDiskState.UpToDate,
            actions=(PeerDiskAction.clear_crashed_primary,),
            change=Change.auto,
        ),
    ),
    (PeerDiskState.Consistent, PeerDiskEvent.start_resync): (
        Transition(PeerDiskState.Inconsistent),
    ),
    (PeerDiskState.Consistent, PeerDiskEvent.consistent_reported): (
        Transition(PeerDiskState.Consistent),
    ),
    (PeerDiskState.Consistent, PeerDiskEvent.diskless_reported): (
        Transition(
            PeerDiskState.Diskless,
            actions=(PeerDiskAction.create_current_uuid,),
            change=Change.hard,
        ),
    ),
    (PeerDiskState.Consistent, PeerDiskEvent.failed_reported): (
        Transition(
            PeerDiskState.Failed, actions=(PeerDiskAction.create_current_uuid,), change=Change.hard
        ),
    ),
    (PeerDiskState.Consistent, PeerDiskEvent.inconsistent_reported): (
        Transition(PeerDiskState.Inconsistent, change=Change.hard),
    ),
    (PeerDiskState.Consistent, PeerDiskEvent.up_to_date_reported): (
        Transition(
            PeerDiskState.UpToDate,
            actions=(PeerDiskAction.clear_crashed_primary,),
            change=Change.hard,
        ),
    ),
    (PeerDiskState.Consistent, PeerDiskEvent.up_to_date_demanded): (
        Transition(
            PeerDiskState.UpToDate, actions=(PeerDiskAction.report_upgrade,), change=Change.auto
        ),
    ),
    (PeerDiskState.Consistent, PeerDiskEvent.peer_outdated): (
        Transition(
            PeerDiskState.Outdated,
            actions=(PeerDiskAction.create_current_uuid, PeerDiskAction.thaw_fenced_requests),
        ),
    ),
    (PeerDiskState.UpToDate, PeerDiskEvent.outdated_reported): (
        Transition(
            PeerDiskState.Outdated,
            actions=(PeerDiskAction.create_current_uuid,),
            change=Change.hard,
        ),
    ),
    (PeerDiskState.UpToDate, PeerDiskEvent.peer_asked_to_detach): (
        Transition(
            PeerDiskState.Failed, actions=(PeerDiskAction.create_current_uuid,), change=Change.peer
        ),
    ),
    (PeerDiskState.UpToDate, PeerDiskEvent.connection_lost): (
        Transition(
            PeerDiskState.DUnknown,
            actions=(PeerDiskAction.create_current_uuid,),
            change=Change.auto,
        ),
    ),
    (PeerDiskState.UpToDate, PeerDiskEvent.became_source): (
        Transition(PeerDiskState.Consistent, change=Change.auto),
    ),
    (PeerDiskState.UpToDate, PeerDiskEvent.start_resync): (Transition(PeerDiskState.Inconsistent),),
    (PeerDiskState.UpToDate, PeerDiskEvent.up_to_date_reported): (
        Transition(PeerDiskState.UpToDate),
    ),
    (PeerDiskState.UpToDate, PeerDiskEvent.resync_completed): (Transition(PeerDiskState.UpToDate),),
    (PeerDiskState.UpToDate, PeerDiskEvent.diskless_reported): (
        Transition(
            PeerDiskState.Diskless,
            actions=(PeerDiskAction.create_current_uuid,),
            change=Change.hard,
        ),
    ),
    (PeerDiskState.UpToDate, PeerDiskEvent.failed_reported): (
        Transition(
            PeerDiskState.Failed, actions=(PeerDiskAction.create_current_uuid,), change=Change.hard
        ),
    ),
    (PeerDiskState.UpToDate, PeerDiskEvent.inconsistent_reported): (
        Transition(PeerDiskState.Inconsistent, change=Change.hard),
    ),
    (PeerDiskState.UpToDate, PeerDiskEvent.consistent_reported): (
        Transition(PeerDiskState.Consistent, change=Change.hard),
    ),
    (PeerDiskState.UpToDate, PeerDiskEvent.peer_outdated): (
        Transition(
            PeerDiskState.Outdated,
            actions=(PeerDiskAction.create_current_uuid, PeerDiskAction.thaw_fenced_requests),
        ),
    ),
}
"""State and event -> the arrows that are drawn for them, in the drawing's order."""

_PLAIN: Final[Mapping[PeerDiskState, dict[PeerDiskEvent, Transition]]] = {
    state: {} for state in PeerDiskState
}
"""The rows that need no decision."""

for (_state, _event), _arrows in TRANSITIONS.items():
    if len(_arrows) == 1 and _arrows[0].guard is None:
        _PLAIN[_state][_event] = _arrows[0]


def step(state: PeerDiskState, event: PeerDiskEvent, handlers: PeerDiskHandlers[Any]) -> Transition:
    """Return the arrow that the event takes; raise Refused where the drawing has none."""
    arrow = _PLAIN[state].get(event)
    return _decide(state, event, handlers) if arrow is None else arrow


def _decide(
    state: PeerDiskState, event: PeerDiskEvent, handlers: PeerDiskHandlers[Any]
) -> Transition:
    for arrow in TRANSITIONS.get((state, event), ()):
        if arrow.guard is None or handlers.holds(arrow.guard):
            return arrow
    raise Refused(state=state.name, event=event.name, drawing=handlers.DRAWING)


class PeerDiskMachine(Generic[Effect]):
    """One machine: a state, and the handlers that answer for it."""

    __slots__ = ("handlers", "state")

    def __init__(self, handlers: PeerDiskHandlers[Effect], state: PeerDiskState = INITIAL) -> None:
        self.handlers = handlers
        self.state = state

    def fire(self, event: PeerDiskEvent) -> Sequence[Effect]:
        """Take an event: enter the arrow's target, then act; return the effects in order."""
        arrow = _PLAIN[self.state].get(event) or step(self.state, event, self.handlers)
        self.state = arrow.target
        if arrow.actions:
            return [effect for action in arrow.actions for effect in self.handlers.act(action)]
        return ()
