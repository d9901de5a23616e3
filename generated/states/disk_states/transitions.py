# Generated from specs/states/disk_states.dot; edit that drawing, then run `make generate`.
"""What disk_states may do: every arrow of the drawing is one row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic

from ...handlers import Effect
from ..machine import Change, Refused
from .handlers import DiskHandlers
from .states import DiskAction, DiskEvent, DiskGuard, DiskState

INITIAL: Final = DiskState.Diskless


@dataclass(frozen=True, slots=True)
class Transition:
    """One arrow: where it leads, on which condition, what is done on it, who decides about it."""

    target: DiskState
    guard: DiskGuard | None = None
    actions: tuple[DiskAction, ...] = ()
    change: Change = Change.soft


TRANSITIONS: Final[Mapping[tuple[DiskState, DiskEvent], tuple[Transition, ...]]] = {
    (DiskState.Diskless, DiskEvent.ioctl_set_disk): (
        Transition(DiskState.Attaching, actions=(DiskAction.read_meta_data,)),
    ),
    (DiskState.Diskless, DiskEvent.receive_param): (Transition(DiskState.Diskless),),
    (DiskState.Diskless, DiskEvent.peer_asked_to_outdate): (Transition(DiskState.Diskless),),
    (DiskState.Inconsistent, DiskEvent.resync_completed): (
        Transition(
            DiskState.UpToDate,
            guard=DiskGuard.no_block_failed,
            actions=(DiskAction.expose_current_uuid, DiskAction.clear_crashed_primary),
        ),
        Transition(DiskState.Inconsistent),
    ),
    (DiskState.Inconsistent, DiskEvent.io_completion_error): (
        Transition(
            DiskState.Failed,
            guard=DiskGuard.detaches_on_io_error,
            actions=(
                DiskAction.call_local_io_error,
                DiskAction.send_state,
                DiskAction.release_disk,
            ),
            change=Change.hard,
        ),
        Transition(DiskState.Inconsistent),
    ),
    (DiskState.Inconsistent, DiskEvent.primary_forced): (
        Transition(
            DiskState.UpToDate, actions=(DiskAction.create_current_uuid, DiskAction.send_uuids)
        ),
    ),
    (DiskState.Inconsistent, DiskEvent.initial_sync_skipped): (
        Transition(
            DiskState.UpToDate,
            actions=(
                DiskAction.clear_bitmap,
                DiskAction.expose_current_uuid,
                DiskAction.clear_crashed_primary,
            ),
        ),
    ),
    (DiskState.Inconsistent, DiskEvent.up_to_date_demanded): (
        Transition(
            DiskState.UpToDate,
            actions=(DiskAction.report_upgrade, DiskAction.expose_current_uuid),
            change=Change.auto,
        ),
    ),
    (DiskState.Inconsistent, DiskEvent.receive_param): (Transition(DiskState.Inconsistent),),
    (DiskState.Inconsistent, DiskEvent.ioctl_replicate): (
        Transition(DiskState.Inconsistent, actions=(DiskAction.set_whole_bitmap,)),
    ),
    (DiskState.Inconsistent, DiskEvent.start_resync): (Transition(DiskState.Inconsistent),),
    (DiskState.Inconsistent, DiskEvent.peer_asked_to_outdate): (
        Transition(DiskState.Inconsistent),
    ),
    (DiskState.Inconsistent, DiskEvent.meta_data_io_failed): (
        Transition(
            DiskState.Failed,
            actions=(
                DiskAction.call_local_io_error,
                DiskAction.send_state,
                DiskAction.release_disk,
            ),
            change=Change.hard,
        ),
    ),
    (DiskState.Inconsistent, DiskEvent.detach_requested): (
        Transition(
            DiskState.Failed,
            actions=(DiskAction.send_state, DiskAction.release_disk),
            change=Change.cluster,
        ),
    ),
    (DiskState.Inconsistent, DiskEvent.detach_forced): (
        Transition(
            DiskState.Failed,
            actions=(DiskAction.abort_disk_io, DiskAction.send_state, DiskAction.release_disk),
            change=Change.hard,
        ),
    ),
    (DiskState.Inconsistent, DiskEvent.disk_timed_out): (
        Transition(
            DiskState.Failed,
            actions=(
                DiskAction.abort_disk_io,
                DiskAction.call_local_io_error,
                DiskAction.send_state,
                DiskAction.release_disk,
            ),
            change=Change.hard,
        ),
    ),
    (DiskState.Consistent, DiskEvent.receive_param): (
        Transition(DiskState.Outdated, guard=DiskGuard.becomes_target, change=Change.auto),
        Transition(
            DiskState.UpToDate, actions=(DiskAction.clear_crashed_primary,), change=Change.auto
        ),
    ),
    (DiskState.Consistent, DiskEvent.io_completion_error): (
        Transition(
            DiskState.Failed,
            guard=DiskGuard.detaches_on_io_error,
            actions=(
                DiskAction.call_local_io_error,
                DiskAction.send_state,
                DiskAction.release_disk,
            ),
            change=Change.hard,
        ),
        Transition(DiskState.Inconsistent, change=Change.hard),
    ),
    (DiskState.Consistent, DiskEvent.peer_fenced): (Transition(DiskState.UpToDate),),
    (DiskState.Consistent, DiskEvent.primary_forced): (
        Transition(
            DiskState.UpToDate, actions=(DiskAction.create_current_uuid, DiskAction.send_uuids)
        ),
    ),
    (DiskState.Consistent, DiskEvent.up_to_date_demanded): (
        Transition(DiskState.UpToDate, actions=(DiskAction.report_upgrade,), change=Change.auto),
    ),
    (DiskState.Consistent, DiskEvent.outdate_requested): (
        Transition(DiskState.Outdated, guard=DiskGuard.is_unconnected),
    ),
    (DiskState.Consistent, DiskEvent.peer_found_primary): (Transition(DiskState.Outdated),),
    (DiskState.Consistent, DiskEvent.peer_asked_to_outdate): (
        Transition(DiskState.Outdated, change=Change.peer),
    ),
    (DiskState.Consistent, DiskEvent.ioctl_replicate): (
        Transition(
            DiskState.Inconsistent,
            guard=DiskGuard.is_standalone,
            actions=(DiskAction.set_whole_bitmap,),
        ),
    ),
    (DiskState.Consistent, DiskEvent.meta_data_io_failed): (
        Transition(
            DiskState.Failed,
            actions=(
                DiskAction.call_local_io_error,
                DiskAction.send_state,
                DiskAction.release_disk,
            ),
            change=Change.hard,
        ),
    ),
    (DiskState.Consistent, DiskEvent.detach_requested): (
        Transition(
            DiskState.Failed,
            actions=(DiskAction.send_state, DiskAction.release_disk),
            change=Change.cluster,
        ),
    ),
    (DiskState.Consistent, DiskEvent.detach_forced): (
        Transition(
            DiskState.Failed,
            actions=(DiskAction.abort_disk_io, DiskAction.send_state, DiskAction.release_disk),
            change=Change.hard,
        ),
    ),
    (DiskState.Consistent, DiskEvent.disk_timed_out): (
        Transition(
            DiskState.Failed,
            actions=(
                DiskAction.abort_disk_io,
                DiskAction.call_local_io_error,
                DiskAction.send_state,
                DiskAction.release_disk,
            ),
            change=Change.hard,
        ),
    ),
    (DiskState.Outdated, DiskEvent.start_resync): (Transition(DiskState.Inconsistent),),
    (DiskState.Outdated, DiskEvent.io_completion_error): (
        Transition(
            DiskState.Failed,
            guard=DiskGuard.detaches_on_io_error,
            actions=(
                DiskAction.call_local_io_error,
                DiskAction.send_state,
                DiskAction.release_disk,
            ),
            change=Change.hard,
        ),
        Transition(DiskState.Inconsistent, change=Change.hard),
    ),
    (DiskState.Outdated, DiskEvent.receive_param): (
        Transition(
            DiskState.UpToDate,
            guard=DiskGuard.peer_has_nothing_newer,
            actions=(DiskAction.expose_current_uuid, DiskAction.clear_crashed_primary),
            change=Change.auto,
        ),
        Transition(DiskState.Outdated),
    ),
    (DiskState.Outdated, DiskEvent.back_in_connected): (
        Transition(
            DiskState.UpToDate,
            actions=(DiskAction.expose_current_uuid, DiskAction.clear_crashed_primary),
            change=Change.auto,
        ),
    ),
    (DiskState.Outdated, DiskEvent.primary_forced): (
        Transition(
            DiskState.UpToDate, actions=(DiskAction.create_current_uuid, DiskAction.send_uuids)
        ),
    ),
    (DiskState.Outdated, DiskEvent.up_to_date_demanded): (
        Transition(
            DiskState.UpToDate,
            actions=(DiskAction.report_upgrade, DiskAction.expose_current_uuid),
            change=Change.auto,
        ),
    ),
    (DiskState.Outdated, DiskEvent.ioctl_replicate): (
        Transition(
            DiskState.Inconsistent,
            guard=DiskGuard.is_standalone,
            actions=(DiskAction.set_whole_bitmap,),
        ),
    ),
    (DiskState.Outdated, DiskEvent.outdate_requested): (Transition(DiskState.Outdated),),
    (DiskState.Outdated, DiskEvent.peer_found_primary): (Transition(DiskState.Outdated),),
    (DiskState.Outdated, DiskEvent.peer_asked_to_outdate): (Transition(DiskState.Outdated),),
    (DiskState.Outdated, DiskEvent.meta_data_io_failed): (
        Transition(
            DiskState.Failed,
            actions=(
                DiskAction.call_local_io_error,
                DiskAction.send_state,
                DiskAction.release_disk,
            ),
            change=Change.hard,
        ),
    ),
    (DiskState.Outdated, DiskEvent.detach_requested): (
        Transition(
            DiskState.Failed,
            actions=(DiskAction.send_state, DiskAction.release_disk),
            change=Change.cluster,
        ),
    ),
    (DiskState.Outdated, DiskEvent.detach_forced): (
        Transition(
            DiskState.Failed,
            actions=(DiskAction.abort_disk_io, DiskAction.send_state, DiskAction.release_disk),
            change=Change.hard,
        ),
    ),
    (DiskState.Outdated, DiskEvent.disk_timed_out): (
        Transition(
            DiskState.Failed,
            actions=(
                DiskAction.abort_disk_io,
                DiskAction.call_local_io_error,
                DiskAction.send_state,
                DiskAction.release_disk,
            ),
            change=Change.hard,
        ),
    ),
    (DiskState.UpToDate, DiskEvent.ioctl_replicate): (
        Transition(
            DiskState.Inconsistent,
            guard=DiskGuard.is_standalone,
            actions=(DiskAction.set_whole_bitmap,),
        ),
        Transition(DiskState.Outdated, change=Change.auto),
    ),
    (DiskState.UpToDate, DiskEvent.io_completion_error): (
        Transition(
            DiskState.Failed,
            guard=DiskGuard.detaches_on_io_error,
            actions=(
                DiskAction.call_local_io_error,
                DiskAction.send_state,
                DiskAction.release_disk,
            ),
            change=Change.hard,
        ),
        Transition(
            DiskState.Inconsistent,
            guard=DiskGuard.nobody_relies_on_it,
            actions=(DiskAction.send_state,),
            change=Change.hard,
        ),
        Transition(DiskState.UpToDate),
    ),
    (DiskState.UpToDate, DiskEvent.outdate_requested): (
        Transition(DiskState.Outdated, guard=DiskGuard.is_unconnected),
        Transition(DiskState.UpToDate),
    ),
    (DiskState.UpToDate, DiskEvent.peer_found_primary): (Transition(DiskState.Outdated),),
    (DiskState.UpToDate, DiskEvent.peer_asked_to_outdate): (
        Transition(DiskState.Outdated, change=Change.peer),
    ),
    (DiskState.UpToDate, DiskEvent.receive_param): (
        Transition(DiskState.Outdated, guard=DiskGuard.becomes_target, change=Change.auto),
        Transition(DiskState.UpToDate),
    ),
    (DiskState.UpToDate, DiskEvent.resync_completed): (Transition(DiskState.UpToDate),),
    (DiskState.UpToDate, DiskEvent.meta_data_io_failed): (
        Transition(
            DiskState.Failed,
            actions=(
                DiskAction.call_local_io_error,
                DiskAction.send_state,
                DiskAction.release_disk,
            ),
            change=Change.hard,
        ),
    ),
    (DiskState.UpToDate, DiskEvent.detach_requested): (
        Transition(
            DiskState.Failed,
            actions=(DiskAction.send_state, DiskAction.release_disk),
            change=Change.cluster,
        ),
    ),
    (DiskState.UpToDate, DiskEvent.detach_forced): (
        Transition(
            DiskState.Failed,
            actions=(DiskAction.abort_disk_io, DiskAction.send_state, DiskAction.release_disk),
            change=Change.hard,
        ),
    ),
    (DiskState.UpToDate, DiskEvent.disk_timed_out): (
        Transition(
            DiskState.Failed,
            actions=(
                DiskAction.abort_disk_io,
                DiskAction.call_local_io_error,
                DiskAction.send_state,
                DiskAction.release_disk,
            ),
            change=Change.hard,
        ),
    ),
    (DiskState.Failed, DiskEvent.sending_notify_to_peer): (
        Transition(
            DiskState.Diskless,
            actions=(DiskAction.write_bitmap, DiskAction.send_state, DiskAction.close_disk),
            change=Change.hard,
        ),
    ),
    (DiskState.Failed, DiskEvent.io_completion_error): (Transition(DiskState.Failed),),
    (DiskState.Failed, DiskEvent.meta_data_io_failed): (Transition(DiskState.Failed),),
    (DiskState.Failed, DiskEvent.detach_requested): (Transition(DiskState.Failed),),
    (DiskState.Failed, DiskEvent.disk_timed_out): (
        Transition(DiskState.Failed, actions=(DiskAction.abort_disk_io,)),
    ),
    (DiskState.Failed, DiskEvent.detach_forced): (
        Transition(DiskState.Failed, actions=(DiskAction.abort_disk_io,)),
    ),
    (DiskState.Failed, DiskEvent.receive_param): (Transition(DiskState.Failed),),
    (DiskState.Failed, DiskEvent.peer_asked_to_outdate): (Transition(DiskState.Failed),),
    (DiskState.Attaching, DiskEvent.attach_failed): (
        Transition(
            DiskState.Diskless,
            actions=(DiskAction.send_state, DiskAction.close_disk),
            change=Change.hard,
        ),
    ),
    (DiskState.Attaching, DiskEvent.meta_data_read): (
        Transition(
            DiskState.Negotiating,
            guard=DiskGuard.is_connected,
            actions=(
                DiskAction.store_would_be_states,
                DiskAction.forget_peer_uuids,
                DiskAction.send_sizes,
                DiskAction.send_uuids,
                DiskAction.send_state,
            ),
        ),
        Transition(
            DiskState.Inconsistent,
            guard=DiskGuard.marked_inconsistent,
            actions=(DiskAction.note_attach_time,),
        ),
        Transition(
            DiskState.Outdated,
            guard=DiskGuard.marked_outdated,
            actions=(DiskAction.note_attach_time,),
        ),
        Transition(
            DiskState.Consistent,
            guard=DiskGuard.peer_may_be_newer,
            actions=(DiskAction.expose_current_uuid, DiskAction.note_attach_time),
        ),
        Transition(
            DiskState.UpToDate,
            actions=(DiskAction.expose_current_uuid, DiskAction.note_attach_time),
        ),
    ),
    (DiskState.Negotiating, DiskEvent.receive_param): (
        Transition(
            DiskState.Inconsistent,
            guard=DiskGuard.becomes_target,
            actions=(DiskAction.note_attach_time,),
        ),
        Transition(
            DiskState.Inconsistent,
            guard=DiskGuard.marked_inconsistent,
            actions=(DiskAction.note_attach_time,),
        ),
        Transition(
            DiskState.UpToDate,
            actions=(
                DiskAction.expose_current_uuid,
                DiskAction.note_attach_time,
                DiskAction.clear_crashed_primary,
            ),
        ),
    ),
    (DiskState.Negotiating, DiskEvent.handshake_refused): (
        Transition(
            DiskState.Failed,
            actions=(DiskAction.send_state, DiskAction.release_disk),
            change=Change.hard,
        ),
    ),
    (DiskState.Negotiating, DiskEvent.connection_lost): (
        Transition(
            DiskState.Diskless,
            guard=DiskGuard.exposed_data_differ,
            actions=(DiskAction.report_no_data, DiskAction.close_disk),
            change=Change.auto,
        ),
        Transition(
            DiskState.Inconsistent,
            guard=DiskGuard.marked_inconsistent,
            actions=(DiskAction.note_attach_time,),
            change=Change.auto,
        ),
        Transition(
            DiskState.Outdated,
            guard=DiskGuard.marked_outdated,
            actions=(DiskAction.note_attach_time,),
            change=Change.auto,
        ),
        Transition(
            DiskState.Consistent,
            guard=DiskGuard.peer_may_be_newer,
            actions=(DiskAction.note_attach_time,),
            change=Change.auto,
        ),
        Transition(DiskState.UpToDate, actions=(DiskAction.note_attach_time,), change=Change.auto),
    ),
    (DiskState.Negotiating, DiskEvent.up_to_date_demanded): (
        Transition(
            DiskState.UpToDate,
            actions=(DiskAction.report_upgrade, DiskAction.expose_current_uuid),
            change=Change.auto,
        ),
    ),
    (DiskState.Negotiating, DiskEvent.io_completion_error): (
        Transition(
            DiskState.Failed,
            guard=DiskGuard.detaches_on_io_error,
            actions=(
                DiskAction.call_local_io_error,
                DiskAction.send_state,
                DiskAction.release_disk,
            ),
            change=Change.hard,
        ),
    ),
    (DiskState.Negotiating, DiskEvent.peer_asked_to_outdate): (Transition(DiskState.Negotiating),),
    (DiskState.Negotiating, DiskEvent.meta_data_io_failed): (
        Transition(
            DiskState.Failed,
            actions=(
                DiskAction.call_local_io_error,
                DiskAction.send_state,
                DiskAction.release_disk,
            ),
            change=Change.hard,
        ),
    ),
    (DiskState.Negotiating, DiskEvent.detach_requested): (
        Transition(
            DiskState.Failed,
            actions=(DiskAction.send_state, DiskAction.release_disk),
            change=Change.cluster,
        ),
    ),
    (DiskState.Negotiating, DiskEvent.detach_forced): (
        Transition(
            DiskState.Failed,
            actions=(DiskAction.abort_disk_io, DiskAction.send_state, DiskAction.release_disk),
            change=Change.hard,
        ),
    ),
    (DiskState.Negotiating, DiskEvent.disk_timed_out): (
        Transition(
            DiskState.Failed,
            actions=(
                DiskAction.abort_disk_io,
                DiskAction.call_local_io_error,
                DiskAction.send_state,
                DiskAction.release_disk,
            ),
            change=Change.hard,
        ),
    ),
}
"""State and event -> the arrows that are drawn for them, in the drawing's order."""

_PLAIN: Final[Mapping[DiskState, dict[DiskEvent, Transition]]] = {state: {} for state in DiskState}
"""The rows that need no decision."""

for (_state, _event), _arrows in TRANSITIONS.items():
    if len(_arrows) == 1 and _arrows[0].guard is None:
        _PLAIN[_state][_event] = _arrows[0]


def step(state: DiskState, event: DiskEvent, handlers: DiskHandlers[Any]) -> Transition:
    """Return the arrow that the event takes; raise Refused where the drawing has none."""
    arrow = _PLAIN[state].get(event)
    return _decide(state, event, handlers) if arrow is None else arrow


def _decide(state: DiskState, event: DiskEvent, handlers: DiskHandlers[Any]) -> Transition:
    for arrow in TRANSITIONS.get((state, event), ()):
        if arrow.guard is None or handlers.holds(arrow.guard):
            return arrow
    raise Refused(state=state.name, event=event.name, drawing=handlers.DRAWING)


class DiskMachine(Generic[Effect]):
    """One machine: a state, and the handlers that answer for it."""

    __slots__ = ("handlers", "state")

    def __init__(self, handlers: DiskHandlers[Effect], state: DiskState = INITIAL) -> None:
        self.handlers = handlers
        self.state = state

    def fire(self, event: DiskEvent) -> Sequence[Effect]:
        """Take an event: enter the arrow's target, then act; return the effects in order."""
        arrow = _PLAIN[self.state].get(event) or step(self.state, event, self.handlers)
        self.state = arrow.target
        if arrow.actions:
            return [effect for action in arrow.actions for effect in self.handlers.act(action)]
        return ()
