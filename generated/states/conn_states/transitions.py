# Generated from specs/states/conn_states.dot; edit that drawing, then run `make generate`.
"""What conn_states may do: every arrow of the drawing is one row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic

from ...handlers import Effect
from ..machine import Change, Refused
from .handlers import ConnHandlers
from .states import ConnAction, ConnEvent, ConnGuard, ConnState

INITIAL: Final = ConnState.StandAllone


@dataclass(frozen=True, slots=True)
class Transition:
    """One arrow: where it leads, on which condition, what is done on it, who decides about it."""

    target: ConnState
    guard: ConnGuard | None = None
    actions: tuple[ConnAction, ...] = ()
    change: Change = Change.soft


TRANSITIONS: Final[Mapping[tuple[ConnState, ConnEvent], tuple[Transition, ...]]] = {
    (ConnState.StandAllone, ConnEvent.ioctl_set_net): (
        Transition(
            ConnState.Unconnected, actions=(ConnAction.store_net_options, ConnAction.start_receiver)
        ),
    ),
    (ConnState.WFConnection, ConnEvent.in_connect_after_accept): (
        Transition(
            ConnState.WFReportParams,
            actions=(ConnAction.start_ack_receiver, ConnAction.clear_discard_my_data),
        ),
    ),
    (ConnState.WFConnection, ConnEvent.unable_to_bind): (
        Transition(
            ConnState.NetworkFailure,
            guard=ConnGuard.error_is_transient,
            actions=(ConnAction.clean_up_link,),
            change=Change.hard,
        ),
        Transition(
            ConnState.Disconnecting, actions=(ConnAction.stop_receiver,), change=Change.hard
        ),
    ),
    (ConnState.WFConnection, ConnEvent.network_error): (
        Transition(
            ConnState.NetworkFailure, actions=(ConnAction.clean_up_link,), change=Change.hard
        ),
    ),
    (ConnState.WFConnection, ConnEvent.peer_closed): (
        Transition(ConnState.BrokenPipe, actions=(ConnAction.clean_up_link,), change=Change.hard),
    ),
    (ConnState.WFConnection, ConnEvent.peer_timed_out): (
        Transition(ConnState.Timeout, actions=(ConnAction.clean_up_link,), change=Change.hard),
    ),
    (ConnState.WFConnection, ConnEvent.peer_refused): (
        Transition(
            ConnState.Disconnecting, actions=(ConnAction.stop_receiver,), change=Change.hard
        ),
    ),
    (ConnState.WFConnection, ConnEvent.disconnect_requested): (
        Transition(ConnState.Disconnecting, actions=(ConnAction.stop_receiver,)),
    ),
    (ConnState.WFConnection, ConnEvent.del_minor_requested): (
        Transition(
            ConnState.WFReportParams,
            guard=ConnGuard.volume_is_unused,
            actions=(ConnAction.remove_volume,),
        ),
    ),
    (ConnState.WFConnection, ConnEvent.handshake_passed): (
        Transition(ConnState.WFConnection, actions=(ConnAction.send_parameters,)),
    ),
    (ConnState.WFConnection, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Unconnected, ConnEvent.receiver_started): (
        Transition(ConnState.WFConnection, actions=(ConnAction.start_connecting,)),
    ),
    (ConnState.Unconnected, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFReportParams, ConnEvent.in_receive_param): (
        Transition(
            ConnState.Connected, actions=(ConnAction.complete_handshake, ConnAction.send_state)
        ),
    ),
    (ConnState.WFReportParams, ConnEvent.sync_handshake): (
        Transition(
            ConnState.WFBitMapS,
            actions=(ConnAction.complete_handshake, ConnAction.send_state, ConnAction.send_bitmap),
        ),
        Transition(
            ConnState.WFBitMapT, actions=(ConnAction.complete_handshake, ConnAction.send_state)
        ),
    ),
    (ConnState.WFReportParams, ConnEvent.checks_in_receive_param): (
        Transition(
            ConnState.Disconnecting, actions=(ConnAction.stop_receiver,), change=Change.hard
        ),
    ),
    (ConnState.WFReportParams, ConnEvent.peer_timed_out): (
        Transition(
            ConnState.Timeout,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFReportParams, ConnEvent.peer_closed): (
        Transition(
            ConnState.BrokenPipe,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFReportParams, ConnEvent.network_error): (
        Transition(
            ConnState.NetworkFailure,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFReportParams, ConnEvent.protocol_violated): (
        Transition(
            ConnState.ProtocolError,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFReportParams, ConnEvent.peer_asked_for_teardown): (
        Transition(
            ConnState.TearDown,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.peer,
        ),
    ),
    (ConnState.WFReportParams, ConnEvent.disconnect_requested): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.cluster,
        ),
    ),
    (ConnState.WFReportParams, ConnEvent.peer_refused): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFReportParams, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Connected, ConnEvent.sync_handshake): (
        Transition(ConnState.WFBitMapS, actions=(ConnAction.send_bitmap,), change=Change.hard),
        Transition(ConnState.WFBitMapT, change=Change.hard),
    ),
    (ConnState.Connected, ConnEvent.invalidate_remote_requested): (
        Transition(
            ConnState.StartingSyncS,
            guard=ConnGuard.disks_are_usable,
            actions=(ConnAction.set_whole_bitmap,),
            change=Change.cluster,
        ),
        Transition(ConnState.Connected),
    ),
    (ConnState.Connected, ConnEvent.peer_asked_for_source): (
        Transition(
            ConnState.StartingSyncS,
            guard=ConnGuard.disks_are_usable,
            actions=(ConnAction.set_whole_bitmap,),
            change=Change.peer,
        ),
        Transition(ConnState.Connected),
    ),
    (ConnState.Connected, ConnEvent.invalidate_requested): (
        Transition(
            ConnState.StartingSyncT,
            guard=ConnGuard.disks_are_usable,
            actions=(ConnAction.set_whole_bitmap,),
            change=Change.cluster,
        ),
        Transition(ConnState.Connected),
    ),
    (ConnState.Connected, ConnEvent.peer_asked_for_target): (
        Transition(
            ConnState.StartingSyncT,
            guard=ConnGuard.disks_are_usable,
            actions=(ConnAction.set_whole_bitmap,),
            change=Change.peer,
        ),
        Transition(ConnState.Connected),
    ),
    (ConnState.Connected, ConnEvent.device_grown): (
        Transition(ConnState.WFSyncUUID, guard=ConnGuard.becomes_target),
        Transition(
            ConnState.SyncSource,
            guard=ConnGuard.resync_may_run,
            actions=(ConnAction.send_sync_uuid, ConnAction.start_resync),
        ),
        Transition(
            ConnState.PausedSyncS, actions=(ConnAction.send_sync_uuid, ConnAction.start_resync)
        ),
    ),
    (ConnState.Connected, ConnEvent.verify_requested): (
        Transition(
            ConnState.VerifyS,
            guard=ConnGuard.disks_are_usable,
            actions=(ConnAction.start_verify,),
            change=Change.cluster,
        ),
        Transition(ConnState.Connected),
    ),
    (ConnState.Connected, ConnEvent.peer_asked_for_verify): (
        Transition(
            ConnState.VerifyT,
            guard=ConnGuard.disks_are_usable,
            actions=(ConnAction.start_verify,),
            change=Change.peer,
        ),
        Transition(ConnState.Connected),
    ),
    (ConnState.Connected, ConnEvent.congested): (
        Transition(
            ConnState.Ahead,
            guard=ConnGuard.may_pull_ahead,
            actions=(ConnAction.send_state, ConnAction.close_epoch),
        ),
        Transition(ConnState.Connected),
    ),
    (ConnState.Connected, ConnEvent.peer_went_ahead): (
        Transition(ConnState.Behind, change=Change.hard),
    ),
    (ConnState.Connected, ConnEvent.del_minor_requested): (
        Transition(
            ConnState.WFReportParams,
            guard=ConnGuard.volume_is_unused,
            actions=(ConnAction.remove_volume,),
            change=Change.cluster,
        ),
    ),
    (ConnState.Connected, ConnEvent.peer_asked_for_removal): (
        Transition(ConnState.WFReportParams, change=Change.peer),
    ),
    (ConnState.Connected, ConnEvent.in_receive_param): (Transition(ConnState.Connected),),
    (ConnState.Connected, ConnEvent.peer_timed_out): (
        Transition(
            ConnState.Timeout,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Connected, ConnEvent.peer_closed): (
        Transition(
            ConnState.BrokenPipe,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Connected, ConnEvent.network_error): (
        Transition(
            ConnState.NetworkFailure,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Connected, ConnEvent.protocol_violated): (
        Transition(
            ConnState.ProtocolError,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Connected, ConnEvent.peer_asked_for_teardown): (
        Transition(
            ConnState.TearDown,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.peer,
        ),
    ),
    (ConnState.Connected, ConnEvent.disconnect_requested): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.cluster,
        ),
    ),
    (ConnState.Connected, ConnEvent.peer_refused): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Connected, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFBitMapS, ConnEvent.receive_bitmap): (
        Transition(
            ConnState.SyncSource,
            guard=ConnGuard.resync_may_run,
            actions=(ConnAction.send_sync_uuid, ConnAction.start_resync),
        ),
        Transition(
            ConnState.PausedSyncS, actions=(ConnAction.send_sync_uuid, ConnAction.start_resync)
        ),
    ),
    (ConnState.WFBitMapS, ConnEvent.peer_timed_out): (
        Transition(
            ConnState.Timeout,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFBitMapS, ConnEvent.peer_closed): (
        Transition(
            ConnState.BrokenPipe,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFBitMapS, ConnEvent.network_error): (
        Transition(
            ConnState.NetworkFailure,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFBitMapS, ConnEvent.protocol_violated): (
        Transition(
            ConnState.ProtocolError,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFBitMapS, ConnEvent.peer_asked_for_teardown): (
        Transition(
            ConnState.TearDown,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.peer,
        ),
    ),
    (ConnState.WFBitMapS, ConnEvent.disconnect_requested): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.cluster,
        ),
    ),
    (ConnState.WFBitMapS, ConnEvent.peer_refused): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFBitMapS, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFBitMapS, ConnEvent.disk_lost): (
        Transition(
            ConnState.Connected,
            actions=(
                ConnAction.report_aborted,
                ConnAction.resume_dependents,
                ConnAction.write_bitmap,
            ),
            change=Change.auto,
        ),
    ),
    (ConnState.WFBitMapT, ConnEvent.receive_bitmap): (
        Transition(ConnState.WFSyncUUID, actions=(ConnAction.send_bitmap,)),
    ),
    (ConnState.WFBitMapT, ConnEvent.peer_timed_out): (
        Transition(
            ConnState.Timeout,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFBitMapT, ConnEvent.peer_closed): (
        Transition(
            ConnState.BrokenPipe,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFBitMapT, ConnEvent.network_error): (
        Transition(
            ConnState.NetworkFailure,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFBitMapT, ConnEvent.protocol_violated): (
        Transition(
            ConnState.ProtocolError,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFBitMapT, ConnEvent.peer_asked_for_teardown): (
        Transition(
            ConnState.TearDown,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.peer,
        ),
    ),
    (ConnState.WFBitMapT, ConnEvent.disconnect_requested): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.cluster,
        ),
    ),
    (ConnState.WFBitMapT, ConnEvent.peer_refused): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFBitMapT, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFBitMapT, ConnEvent.disk_lost): (
        Transition(
            ConnState.Connected,
            actions=(
                ConnAction.report_aborted,
                ConnAction.resume_dependents,
                ConnAction.write_bitmap,
            ),
            change=Change.auto,
        ),
    ),
    (ConnState.SyncSource, ConnEvent.resync_finished): (
        Transition(
            ConnState.Connected,
            actions=(
                ConnAction.rotate_uuids,
                ConnAction.resume_dependents,
                ConnAction.write_bitmap,
                ConnAction.call_unfence_peer,
            ),
        ),
    ),
    (ConnState.SyncSource, ConnEvent.resync_paused): (
        Transition(
            ConnState.PausedSyncS, actions=(ConnAction.stop_resync_clock,), change=Change.auto
        ),
    ),
    (ConnState.SyncSource, ConnEvent.congested): (
        Transition(
            ConnState.Ahead,
            guard=ConnGuard.may_pull_ahead,
            actions=(ConnAction.send_state, ConnAction.close_epoch, ConnAction.write_bitmap),
        ),
        Transition(ConnState.SyncSource),
    ),
    (ConnState.SyncSource, ConnEvent.peer_timed_out): (
        Transition(
            ConnState.Timeout,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.SyncSource, ConnEvent.peer_closed): (
        Transition(
            ConnState.BrokenPipe,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.SyncSource, ConnEvent.network_error): (
        Transition(
            ConnState.NetworkFailure,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.SyncSource, ConnEvent.protocol_violated): (
        Transition(
            ConnState.ProtocolError,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.SyncSource, ConnEvent.peer_asked_for_teardown): (
        Transition(
            ConnState.TearDown,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.peer,
        ),
    ),
    (ConnState.SyncSource, ConnEvent.disconnect_requested): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.cluster,
        ),
    ),
    (ConnState.SyncSource, ConnEvent.peer_refused): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.SyncSource, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.SyncSource, ConnEvent.disk_lost): (
        Transition(
            ConnState.Connected,
            actions=(
                ConnAction.report_aborted,
                ConnAction.resume_dependents,
                ConnAction.write_bitmap,
            ),
            change=Change.auto,
        ),
    ),
    (ConnState.SyncTarget, ConnEvent.resync_finished): (
        Transition(
            ConnState.Connected,
            actions=(
                ConnAction.adopt_peer_uuids,
                ConnAction.resume_dependents,
                ConnAction.send_state,
                ConnAction.write_bitmap,
                ConnAction.call_after_resync_target,
            ),
        ),
    ),
    (ConnState.SyncTarget, ConnEvent.resync_paused): (
        Transition(
            ConnState.PausedSyncT, actions=(ConnAction.stop_resync_clock,), change=Change.auto
        ),
    ),
    (ConnState.SyncTarget, ConnEvent.peer_went_ahead): (
        Transition(ConnState.Behind, actions=(ConnAction.write_bitmap,), change=Change.hard),
    ),
    (ConnState.SyncTarget, ConnEvent.peer_timed_out): (
        Transition(
            ConnState.Timeout,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.SyncTarget, ConnEvent.peer_closed): (
        Transition(
            ConnState.BrokenPipe,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.SyncTarget, ConnEvent.network_error): (
        Transition(
            ConnState.NetworkFailure,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.SyncTarget, ConnEvent.protocol_violated): (
        Transition(
            ConnState.ProtocolError,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.SyncTarget, ConnEvent.peer_asked_for_teardown): (
        Transition(
            ConnState.TearDown,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.peer,
        ),
    ),
    (ConnState.SyncTarget, ConnEvent.disconnect_requested): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.cluster,
        ),
    ),
    (ConnState.SyncTarget, ConnEvent.peer_refused): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.SyncTarget, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.SyncTarget, ConnEvent.disk_lost): (
        Transition(
            ConnState.Connected,
            actions=(
                ConnAction.report_aborted,
                ConnAction.resume_dependents,
                ConnAction.write_bitmap,
            ),
            change=Change.auto,
        ),
    ),
    (ConnState.PausedSyncS, ConnEvent.resync_resumed): (
        Transition(
            ConnState.SyncSource, actions=(ConnAction.start_resync_clock,), change=Change.auto
        ),
    ),
    (ConnState.PausedSyncS, ConnEvent.resync_finished): (
        Transition(
            ConnState.Connected,
            actions=(
                ConnAction.rotate_uuids,
                ConnAction.resume_dependents,
                ConnAction.write_bitmap,
            ),
        ),
    ),
    (ConnState.PausedSyncS, ConnEvent.congested): (
        Transition(
            ConnState.Ahead,
            guard=ConnGuard.may_pull_ahead,
            actions=(ConnAction.send_state, ConnAction.close_epoch, ConnAction.write_bitmap),
        ),
        Transition(ConnState.PausedSyncS),
    ),
    (ConnState.PausedSyncS, ConnEvent.peer_timed_out): (
        Transition(
            ConnState.Timeout,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.PausedSyncS, ConnEvent.peer_closed): (
        Transition(
            ConnState.BrokenPipe,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.PausedSyncS, ConnEvent.network_error): (
        Transition(
            ConnState.NetworkFailure,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.PausedSyncS, ConnEvent.protocol_violated): (
        Transition(
            ConnState.ProtocolError,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.PausedSyncS, ConnEvent.peer_asked_for_teardown): (
        Transition(
            ConnState.TearDown,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.peer,
        ),
    ),
    (ConnState.PausedSyncS, ConnEvent.disconnect_requested): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.cluster,
        ),
    ),
    (ConnState.PausedSyncS, ConnEvent.peer_refused): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.PausedSyncS, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.PausedSyncS, ConnEvent.disk_lost): (
        Transition(
            ConnState.Connected,
            actions=(
                ConnAction.report_aborted,
                ConnAction.resume_dependents,
                ConnAction.write_bitmap,
            ),
            change=Change.auto,
        ),
    ),
    (ConnState.PausedSyncT, ConnEvent.resync_resumed): (
        Transition(
            ConnState.SyncTarget,
            actions=(ConnAction.start_resync_clock, ConnAction.fire_resync_timer),
            change=Change.auto,
        ),
    ),
    (ConnState.PausedSyncT, ConnEvent.resync_finished): (
        Transition(
            ConnState.Connected,
            actions=(
                ConnAction.adopt_peer_uuids,
                ConnAction.resume_dependents,
                ConnAction.send_state,
                ConnAction.write_bitmap,
                ConnAction.call_after_resync_target,
            ),
        ),
    ),
    (ConnState.PausedSyncT, ConnEvent.peer_went_ahead): (
        Transition(ConnState.Behind, actions=(ConnAction.write_bitmap,), change=Change.hard),
    ),
    (ConnState.PausedSyncT, ConnEvent.peer_timed_out): (
        Transition(
            ConnState.Timeout,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.PausedSyncT, ConnEvent.peer_closed): (
        Transition(
            ConnState.BrokenPipe,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.PausedSyncT, ConnEvent.network_error): (
        Transition(
            ConnState.NetworkFailure,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.PausedSyncT, ConnEvent.protocol_violated): (
        Transition(
            ConnState.ProtocolError,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.PausedSyncT, ConnEvent.peer_asked_for_teardown): (
        Transition(
            ConnState.TearDown,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.peer,
        ),
    ),
    (ConnState.PausedSyncT, ConnEvent.disconnect_requested): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.cluster,
        ),
    ),
    (ConnState.PausedSyncT, ConnEvent.peer_refused): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.PausedSyncT, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.PausedSyncT, ConnEvent.disk_lost): (
        Transition(
            ConnState.Connected,
            actions=(
                ConnAction.report_aborted,
                ConnAction.resume_dependents,
                ConnAction.write_bitmap,
            ),
            change=Change.auto,
        ),
    ),
    (ConnState.Disconnecting, ConnEvent.link_cleaned_up): (
        Transition(
            ConnState.StandAllone,
            actions=(ConnAction.fence_lost_peer, ConnAction.drop_net_options),
            change=Change.hard,
        ),
    ),
    (ConnState.Disconnecting, ConnEvent.disconnect_forced): (Transition(ConnState.Disconnecting),),
    (ConnState.Timeout, ConnEvent.disconnect_requested): (
        Transition(ConnState.Disconnecting, actions=(ConnAction.stop_receiver,)),
    ),
    (ConnState.Timeout, ConnEvent.link_cleaned_up): (
        Transition(
            ConnState.Unconnected, actions=(ConnAction.fence_lost_peer, ConnAction.start_receiver)
        ),
    ),
    (ConnState.Timeout, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.BrokenPipe, ConnEvent.disconnect_requested): (
        Transition(ConnState.Disconnecting, actions=(ConnAction.stop_receiver,)),
    ),
    (ConnState.BrokenPipe, ConnEvent.link_cleaned_up): (
        Transition(
            ConnState.Unconnected, actions=(ConnAction.fence_lost_peer, ConnAction.start_receiver)
        ),
    ),
    (ConnState.BrokenPipe, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.NetworkFailure, ConnEvent.disconnect_requested): (
        Transition(ConnState.Disconnecting, actions=(ConnAction.stop_receiver,)),
    ),
    (ConnState.NetworkFailure, ConnEvent.link_cleaned_up): (
        Transition(
            ConnState.Unconnected, actions=(ConnAction.fence_lost_peer, ConnAction.start_receiver)
        ),
    ),
    (ConnState.NetworkFailure, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.ProtocolError, ConnEvent.disconnect_requested): (
        Transition(ConnState.Disconnecting, actions=(ConnAction.stop_receiver,)),
    ),
    (ConnState.ProtocolError, ConnEvent.link_cleaned_up): (
        Transition(
            ConnState.Unconnected, actions=(ConnAction.fence_lost_peer, ConnAction.start_receiver)
        ),
    ),
    (ConnState.ProtocolError, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.TearDown, ConnEvent.disconnect_requested): (
        Transition(ConnState.Disconnecting, actions=(ConnAction.stop_receiver,)),
    ),
    (ConnState.TearDown, ConnEvent.link_cleaned_up): (
        Transition(
            ConnState.Unconnected, actions=(ConnAction.fence_lost_peer, ConnAction.start_receiver)
        ),
    ),
    (ConnState.TearDown, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.StartingSyncS, ConnEvent.bitmap_written): (
        Transition(
            ConnState.SyncSource,
            guard=ConnGuard.resync_may_run,
            actions=(ConnAction.send_sync_uuid, ConnAction.start_resync),
        ),
        Transition(
            ConnState.PausedSyncS, actions=(ConnAction.send_sync_uuid, ConnAction.start_resync)
        ),
    ),
    (ConnState.StartingSyncS, ConnEvent.bitmap_write_failed): (
        Transition(
            ConnState.Connected, actions=(ConnAction.resume_dependents, ConnAction.write_bitmap)
        ),
    ),
    (ConnState.StartingSyncS, ConnEvent.peer_timed_out): (
        Transition(
            ConnState.Timeout,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.StartingSyncS, ConnEvent.peer_closed): (
        Transition(
            ConnState.BrokenPipe,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.StartingSyncS, ConnEvent.network_error): (
        Transition(
            ConnState.NetworkFailure,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.StartingSyncS, ConnEvent.protocol_violated): (
        Transition(
            ConnState.ProtocolError,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.StartingSyncS, ConnEvent.peer_asked_for_teardown): (
        Transition(
            ConnState.TearDown,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.peer,
        ),
    ),
    (ConnState.StartingSyncS, ConnEvent.disconnect_requested): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.cluster,
        ),
    ),
    (ConnState.StartingSyncS, ConnEvent.peer_refused): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.StartingSyncS, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.StartingSyncS, ConnEvent.disk_lost): (
        Transition(
            ConnState.Connected,
            actions=(
                ConnAction.report_aborted,
                ConnAction.resume_dependents,
                ConnAction.write_bitmap,
            ),
            change=Change.auto,
        ),
    ),
    (ConnState.StartingSyncT, ConnEvent.bitmap_written): (Transition(ConnState.WFSyncUUID),),
    (ConnState.StartingSyncT, ConnEvent.bitmap_write_failed): (
        Transition(
            ConnState.Connected, actions=(ConnAction.resume_dependents, ConnAction.write_bitmap)
        ),
    ),
    (ConnState.StartingSyncT, ConnEvent.peer_timed_out): (
        Transition(
            ConnState.Timeout,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.StartingSyncT, ConnEvent.peer_closed): (
        Transition(
            ConnState.BrokenPipe,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.StartingSyncT, ConnEvent.network_error): (
        Transition(
            ConnState.NetworkFailure,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.StartingSyncT, ConnEvent.protocol_violated): (
        Transition(
            ConnState.ProtocolError,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.StartingSyncT, ConnEvent.peer_asked_for_teardown): (
        Transition(
            ConnState.TearDown,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.peer,
        ),
    ),
    (ConnState.StartingSyncT, ConnEvent.disconnect_requested): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.cluster,
        ),
    ),
    (ConnState.StartingSyncT, ConnEvent.peer_refused): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.StartingSyncT, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.StartingSyncT, ConnEvent.disk_lost): (
        Transition(
            ConnState.Connected,
            actions=(
                ConnAction.report_aborted,
                ConnAction.resume_dependents,
                ConnAction.write_bitmap,
            ),
            change=Change.auto,
        ),
    ),
    (ConnState.WFSyncUUID, ConnEvent.sync_uuid_received): (
        Transition(
            ConnState.SyncTarget,
            guard=ConnGuard.resync_may_run,
            actions=(ConnAction.adopt_sync_uuid, ConnAction.start_resync),
        ),
        Transition(
            ConnState.PausedSyncT, actions=(ConnAction.adopt_sync_uuid, ConnAction.start_resync)
        ),
    ),
    (ConnState.WFSyncUUID, ConnEvent.peer_timed_out): (
        Transition(
            ConnState.Timeout,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFSyncUUID, ConnEvent.peer_closed): (
        Transition(
            ConnState.BrokenPipe,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFSyncUUID, ConnEvent.network_error): (
        Transition(
            ConnState.NetworkFailure,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFSyncUUID, ConnEvent.protocol_violated): (
        Transition(
            ConnState.ProtocolError,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFSyncUUID, ConnEvent.peer_asked_for_teardown): (
        Transition(
            ConnState.TearDown,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.peer,
        ),
    ),
    (ConnState.WFSyncUUID, ConnEvent.disconnect_requested): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.cluster,
        ),
    ),
    (ConnState.WFSyncUUID, ConnEvent.peer_refused): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFSyncUUID, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.WFSyncUUID, ConnEvent.disk_lost): (
        Transition(
            ConnState.Connected,
            actions=(
                ConnAction.report_aborted,
                ConnAction.resume_dependents,
                ConnAction.write_bitmap,
            ),
            change=Change.auto,
        ),
    ),
    (ConnState.VerifyS, ConnEvent.disk_lost): (
        Transition(
            ConnState.Connected,
            actions=(
                ConnAction.report_aborted,
                ConnAction.remember_verify_position,
                ConnAction.resume_dependents,
                ConnAction.write_bitmap,
            ),
            change=Change.auto,
        ),
    ),
    (ConnState.VerifyS, ConnEvent.verify_finished): (
        Transition(
            ConnState.Connected,
            guard=ConnGuard.peer_knows_stop_sectors,
            actions=(
                ConnAction.remember_verify_position,
                ConnAction.resume_dependents,
                ConnAction.send_state,
                ConnAction.write_bitmap,
                ConnAction.call_out_of_sync,
            ),
        ),
        Transition(
            ConnState.Connected,
            actions=(
                ConnAction.remember_verify_position,
                ConnAction.resume_dependents,
                ConnAction.write_bitmap,
                ConnAction.call_out_of_sync,
            ),
        ),
    ),
    (ConnState.VerifyS, ConnEvent.congested): (
        Transition(
            ConnState.Ahead,
            guard=ConnGuard.may_pull_ahead,
            actions=(ConnAction.send_state, ConnAction.close_epoch, ConnAction.write_bitmap),
        ),
        Transition(ConnState.VerifyS),
    ),
    (ConnState.VerifyS, ConnEvent.peer_went_ahead): (
        Transition(ConnState.Behind, actions=(ConnAction.write_bitmap,), change=Change.hard),
    ),
    (ConnState.VerifyS, ConnEvent.verify_requested): (
        Transition(ConnState.VerifyS, actions=(ConnAction.set_verify_range,)),
    ),
    (ConnState.VerifyS, ConnEvent.peer_timed_out): (
        Transition(
            ConnState.Timeout,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.VerifyS, ConnEvent.peer_closed): (
        Transition(
            ConnState.BrokenPipe,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.VerifyS, ConnEvent.network_error): (
        Transition(
            ConnState.NetworkFailure,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.VerifyS, ConnEvent.protocol_violated): (
        Transition(
            ConnState.ProtocolError,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.VerifyS, ConnEvent.peer_asked_for_teardown): (
        Transition(
            ConnState.TearDown,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.peer,
        ),
    ),
    (ConnState.VerifyS, ConnEvent.disconnect_requested): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.cluster,
        ),
    ),
    (ConnState.VerifyS, ConnEvent.peer_refused): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.VerifyS, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.VerifyT, ConnEvent.disk_lost): (
        Transition(
            ConnState.Connected,
            actions=(
                ConnAction.report_aborted,
                ConnAction.remember_verify_position,
                ConnAction.resume_dependents,
                ConnAction.write_bitmap,
            ),
            change=Change.auto,
        ),
    ),
    (ConnState.VerifyT, ConnEvent.verify_finished): (
        Transition(
            ConnState.Connected,
            actions=(
                ConnAction.remember_verify_position,
                ConnAction.resume_dependents,
                ConnAction.write_bitmap,
                ConnAction.call_out_of_sync,
            ),
        ),
    ),
    (ConnState.VerifyT, ConnEvent.congested): (
        Transition(
            ConnState.Ahead,
            guard=ConnGuard.may_pull_ahead,
            actions=(ConnAction.send_state, ConnAction.close_epoch, ConnAction.write_bitmap),
        ),
        Transition(ConnState.VerifyT),
    ),
    (ConnState.VerifyT, ConnEvent.peer_went_ahead): (
        Transition(ConnState.Behind, actions=(ConnAction.write_bitmap,), change=Change.hard),
    ),
    (ConnState.VerifyT, ConnEvent.peer_timed_out): (
        Transition(
            ConnState.Timeout,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.VerifyT, ConnEvent.peer_closed): (
        Transition(
            ConnState.BrokenPipe,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.VerifyT, ConnEvent.network_error): (
        Transition(
            ConnState.NetworkFailure,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.VerifyT, ConnEvent.protocol_violated): (
        Transition(
            ConnState.ProtocolError,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.VerifyT, ConnEvent.peer_asked_for_teardown): (
        Transition(
            ConnState.TearDown,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.peer,
        ),
    ),
    (ConnState.VerifyT, ConnEvent.disconnect_requested): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.cluster,
        ),
    ),
    (ConnState.VerifyT, ConnEvent.peer_refused): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.VerifyT, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Ahead, ConnEvent.congestion_over): (
        Transition(
            ConnState.SyncSource,
            guard=ConnGuard.resync_may_run,
            actions=(ConnAction.send_sync_uuid, ConnAction.start_resync),
        ),
        Transition(
            ConnState.PausedSyncS, actions=(ConnAction.send_sync_uuid, ConnAction.start_resync)
        ),
    ),
    (ConnState.Ahead, ConnEvent.peer_timed_out): (
        Transition(
            ConnState.Timeout,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Ahead, ConnEvent.peer_closed): (
        Transition(
            ConnState.BrokenPipe,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Ahead, ConnEvent.network_error): (
        Transition(
            ConnState.NetworkFailure,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Ahead, ConnEvent.protocol_violated): (
        Transition(
            ConnState.ProtocolError,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Ahead, ConnEvent.peer_asked_for_teardown): (
        Transition(
            ConnState.TearDown,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.peer,
        ),
    ),
    (ConnState.Ahead, ConnEvent.disconnect_requested): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.cluster,
        ),
    ),
    (ConnState.Ahead, ConnEvent.peer_refused): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Ahead, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Ahead, ConnEvent.disk_lost): (
        Transition(
            ConnState.Connected,
            actions=(
                ConnAction.report_aborted,
                ConnAction.resume_dependents,
                ConnAction.write_bitmap,
            ),
            change=Change.auto,
        ),
    ),
    (ConnState.Behind, ConnEvent.sync_uuid_received): (
        Transition(
            ConnState.SyncTarget,
            guard=ConnGuard.resync_may_run,
            actions=(ConnAction.adopt_sync_uuid, ConnAction.start_resync),
        ),
        Transition(
            ConnState.PausedSyncT, actions=(ConnAction.adopt_sync_uuid, ConnAction.start_resync)
        ),
    ),
    (ConnState.Behind, ConnEvent.peer_timed_out): (
        Transition(
            ConnState.Timeout,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Behind, ConnEvent.peer_closed): (
        Transition(
            ConnState.BrokenPipe,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Behind, ConnEvent.network_error): (
        Transition(
            ConnState.NetworkFailure,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Behind, ConnEvent.protocol_violated): (
        Transition(
            ConnState.ProtocolError,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Behind, ConnEvent.peer_asked_for_teardown): (
        Transition(
            ConnState.TearDown,
            actions=(ConnAction.clean_up_link, ConnAction.resume_dependents),
            change=Change.peer,
        ),
    ),
    (ConnState.Behind, ConnEvent.disconnect_requested): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.cluster,
        ),
    ),
    (ConnState.Behind, ConnEvent.peer_refused): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Behind, ConnEvent.disconnect_forced): (
        Transition(
            ConnState.Disconnecting,
            actions=(ConnAction.stop_receiver, ConnAction.resume_dependents),
            change=Change.hard,
        ),
    ),
    (ConnState.Behind, ConnEvent.disk_lost): (
        Transition(
            ConnState.Connected,
            actions=(
                ConnAction.report_aborted,
                ConnAction.resume_dependents,
                ConnAction.write_bitmap,
            ),
            change=Change.auto,
        ),
    ),
}
"""State and event -> the arrows that are drawn for them, in the drawing's order."""

_PLAIN: Final[Mapping[ConnState, dict[ConnEvent, Transition]]] = {state: {} for state in ConnState}
"""The rows that need no decision."""

for (_state, _event), _arrows in TRANSITIONS.items():
    if len(_arrows) == 1 and _arrows[0].guard is None:
        _PLAIN[_state][_event] = _arrows[0]


def step(state: ConnState, event: ConnEvent, handlers: ConnHandlers[Any]) -> Transition:
    """Return the arrow that the event takes; raise Refused where the drawing has none."""
    arrow = _PLAIN[state].get(event)
    return _decide(state, event, handlers) if arrow is None else arrow


def _decide(state: ConnState, event: ConnEvent, handlers: ConnHandlers[Any]) -> Transition:
    chosen = handlers.choose(state, event)
    for arrow in TRANSITIONS.get((state, event), ()):
        if chosen in (None, arrow.target) and (arrow.guard is None or handlers.holds(arrow.guard)):
            return arrow
    raise Refused(state=state.name, event=event.name, drawing=handlers.DRAWING)


class ConnMachine(Generic[Effect]):
    """One machine: a state, and the handlers that answer for it."""

    __slots__ = ("handlers", "state")

    def __init__(self, handlers: ConnHandlers[Effect], state: ConnState = INITIAL) -> None:
        self.handlers = handlers
        self.state = state

    def fire(self, event: ConnEvent) -> Sequence[Effect]:
        """Take an event: enter the arrow's target, then act; return the effects in order."""
        arrow = _PLAIN[self.state].get(event) or step(self.state, event, self.handlers)
        self.state = arrow.target
        if arrow.actions:
            return [effect for action in arrow.actions for effect in self.handlers.act(action)]
        return ()
