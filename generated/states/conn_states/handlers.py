# Generated from specs/states/conn_states.dot; edit that drawing, then run `make generate`.
"""What the runtime does for conn_states: one method per guard, action and choice."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Literal

from ...handlers import Effect, Handlers
from .states import ConnAction, ConnEvent, ConnGuard, ConnState


class ConnHandlers(Handlers[Effect]):
    """The handlers of conn_states; a class that lacks one of these methods is refused."""

    DRAWING = "specs/states/conn_states.dot"
    DRAWN = {
        "sync_handshake_in_WFReportParams": ("WFReportParams", "WFBitMapS"),
        "sync_handshake_in_Connected": ("Connected", "WFBitMapS"),
    }

    @abstractmethod
    def resync_may_run(self) -> bool:
        """Guard of 6 arrows.

        - WFBitMapS -> SyncSource on receive_bitmap. C13 (F8): the peer's bitmap is complete,
          before-resync-source did not refuse.
        - StartingSyncS -> SyncSource on bitmap_written. C20: before-resync-source did not refuse.
        - Connected -> SyncSource on device_grown. C24: this side is the only Primary, or roles are
          equal and it has RESOLVE_CONFLICTS.
        - WFSyncUUID -> SyncTarget on sync_uuid_received. C16: before-resync-target did not refuse.
        - Ahead -> SyncSource on congestion_over. C36: a second after the last data in flight, with
          nothing unacknowledged or pending.
        - Behind -> SyncTarget on sync_uuid_received. C37: the source begins, as in C16.
        """

    @abstractmethod
    def error_is_transient(self) -> bool:
        """Guard of WFConnection -> NetworkFailure on unable_to_bind. C4: it may be possible in a
        second.
        """

    @abstractmethod
    def disks_are_usable(self) -> bool:
        """Guard of 6 arrows.

        - Connected -> StartingSyncS on invalidate_remote_requested. C18: the peer agreed that its
          data shall be replaced.
        - Connected -> StartingSyncS on peer_asked_for_source. C18: the other node's invalidate.
        - Connected -> StartingSyncT on invalidate_requested. C19: the peer agreed to replace the
          own data.
        - Connected -> StartingSyncT on peer_asked_for_target. C19: the other node's
          invalidate-remote.
        - Connected -> VerifyS on verify_requested. C32: the peer agreed.
        - Connected -> VerifyT on peer_asked_for_verify. C32: the other node's verify.
        """

    @abstractmethod
    def becomes_target(self) -> bool:
        """Guard of Connected -> WFSyncUUID on device_grown. C25: the contents of the new space come
        from the peer.
        """

    @abstractmethod
    def peer_knows_stop_sectors(self) -> bool:
        """Guard of VerifyS -> Connected on verify_finished. C33: the last answer came, or the stop
        sector is reached, which the peer has to be told (A25).
        """

    @abstractmethod
    def may_pull_ahead(self) -> bool:
        """Guard of 5 arrows.

        - Connected -> Ahead on congested. C34: found at a write request; the peer is not asked.
        - SyncSource -> Ahead on congested. C34: as from Connected.
        - PausedSyncS -> Ahead on congested. C34: as from Connected.
        - VerifyS -> Ahead on congested. C34: as from Connected.
        - VerifyT -> Ahead on congested. C34: as from Connected.
        """

    @abstractmethod
    def volume_is_unused(self) -> bool:
        """Guard of 2 arrows.

        - Connected -> WFReportParams on del_minor_requested. C38: the volume is Secondary and
          Diskless, the peer agreed.
        - WFConnection -> WFReportParams on del_minor_requested. C49: as C38, with nobody to ask.
        """

    @abstractmethod
    def sync_handshake_in_WFReportParams(self) -> Literal[ConnState.WFBitMapS, ConnState.WFBitMapT]:
        """Choose where sync_handshake leads from WFReportParams: WFBitMapS or WFBitMapT.

        - WFBitMapS: C10 (F6): the peer lacks what this node has.
        - WFBitMapT: C11 (F7): this node lacks what the peer has, and waits for the peer's bitmap.
        """

    @abstractmethod
    def sync_handshake_in_Connected(self) -> Literal[ConnState.WFBitMapS, ConnState.WFBitMapT]:
        """Choose where sync_handshake leads from Connected: WFBitMapS or WFBitMapT.

        - WFBitMapS: C23: a disk was attached, the peer promoted by force, or the peer already
          prepares.
        - WFBitMapT: C23: as above, with the other result.
        """

    @abstractmethod
    def start_ack_receiver(self) -> Iterable[Effect]:
        """Action of WFConnection -> WFReportParams on in_connect_after_accept. C6 (F3): both
        sockets live, features and secret agreed, the own parameters are sent.
        """

    @abstractmethod
    def clear_discard_my_data(self) -> Iterable[Effect]:
        """Action of WFConnection -> WFReportParams on in_connect_after_accept. C6 (F3): both
        sockets live, features and secret agreed, the own parameters are sent.
        """

    @abstractmethod
    def complete_handshake(self) -> Iterable[Effect]:
        """Action of 3 arrows.

        - WFReportParams -> Connected on in_receive_param. C9 (F5): the peer's first P_STATE, and
          there is nothing to sync.
        - WFReportParams -> WFBitMapS on sync_handshake. C10 (F6): the peer lacks what this node
          has.
        - WFReportParams -> WFBitMapT on sync_handshake. C11 (F7): this node lacks what the peer
          has, and waits for the peer's bitmap.
        """

    @abstractmethod
    def send_state(self) -> Iterable[Effect]:
        """Action of 11 arrows.

        - WFReportParams -> Connected on in_receive_param. C9 (F5): the peer's first P_STATE, and
          there is nothing to sync.
        - WFReportParams -> WFBitMapS on sync_handshake. C10 (F6): the peer lacks what this node
          has.
        - WFReportParams -> WFBitMapT on sync_handshake. C11 (F7): this node lacks what the peer
          has, and waits for the peer's bitmap.
        - SyncTarget -> Connected on resync_finished. C30 (F11): all bits are clear or counted as
          failed.
        - PausedSyncT -> Connected on resync_finished. C30: the last answers came while the resync
          was paused.
        - VerifyS -> Connected on verify_finished. C33: the last answer came, or the stop sector is
          reached, which the peer has to be told (A25).
        - Connected -> Ahead on congested. C34: found at a write request; the peer is not asked.
        - SyncSource -> Ahead on congested. C34: as from Connected.
        - PausedSyncS -> Ahead on congested. C34: as from Connected.
        - VerifyS -> Ahead on congested. C34: as from Connected.
        - VerifyT -> Ahead on congested. C34: as from Connected.
        """

    @abstractmethod
    def send_bitmap(self) -> Iterable[Effect]:
        """Action of 3 arrows.

        - WFReportParams -> WFBitMapS on sync_handshake. C10 (F6): the peer lacks what this node
          has.
        - Connected -> WFBitMapS on sync_handshake. C23: a disk was attached, the peer promoted by
          force, or the peer already prepares.
        - WFBitMapT -> WFSyncUUID on receive_bitmap. C15: the peer's bitmap is complete and merged,
          the own one goes back.
        """

    @abstractmethod
    def send_sync_uuid(self) -> Iterable[Effect]:
        """Action of 8 arrows.

        - WFBitMapS -> SyncSource on receive_bitmap. C13 (F8): the peer's bitmap is complete,
          before-resync-source did not refuse.
        - WFBitMapS -> PausedSyncS on receive_bitmap. C14: as C13, while a pause flag is set.
        - StartingSyncS -> SyncSource on bitmap_written. C20: before-resync-source did not refuse.
        - StartingSyncS -> PausedSyncS on bitmap_written. C20: as above, while a pause flag is set.
        - Connected -> SyncSource on device_grown. C24: this side is the only Primary, or roles are
          equal and it has RESOLVE_CONFLICTS.
        - Connected -> PausedSyncS on device_grown. C24: as above, while a pause flag is set.
        - Ahead -> SyncSource on congestion_over. C36: a second after the last data in flight, with
          nothing unacknowledged or pending.
        - Ahead -> PausedSyncS on congestion_over. C36: as above, while a pause flag is set.
        """

    @abstractmethod
    def start_resync(self) -> Iterable[Effect]:
        """Action of 12 arrows.

        - WFBitMapS -> SyncSource on receive_bitmap. C13 (F8): the peer's bitmap is complete,
          before-resync-source did not refuse.
        - WFBitMapS -> PausedSyncS on receive_bitmap. C14: as C13, while a pause flag is set.
        - StartingSyncS -> SyncSource on bitmap_written. C20: before-resync-source did not refuse.
        - StartingSyncS -> PausedSyncS on bitmap_written. C20: as above, while a pause flag is set.
        - Connected -> SyncSource on device_grown. C24: this side is the only Primary, or roles are
          equal and it has RESOLVE_CONFLICTS.
        - Connected -> PausedSyncS on device_grown. C24: as above, while a pause flag is set.
        - WFSyncUUID -> SyncTarget on sync_uuid_received. C16: before-resync-target did not refuse.
        - WFSyncUUID -> PausedSyncT on sync_uuid_received. C17: as C16, while a pause flag is set.
        - Ahead -> SyncSource on congestion_over. C36: a second after the last data in flight, with
          nothing unacknowledged or pending.
        - Ahead -> PausedSyncS on congestion_over. C36: as above, while a pause flag is set.
        - Behind -> SyncTarget on sync_uuid_received. C37: the source begins, as in C16.
        - Behind -> PausedSyncT on sync_uuid_received. C37: as above, while a pause flag is set.
        """

    @abstractmethod
    def rotate_uuids(self) -> Iterable[Effect]:
        """Action of 2 arrows.

        - SyncSource -> Connected on resync_finished. C30 (F10): the target says so, and all bits
          are clear or counted as failed.
        - PausedSyncS -> Connected on resync_finished. C30: the last answers came while the resync
          was paused.
        """

    @abstractmethod
    def resume_dependents(self) -> Iterable[Effect]:
        """Action of 20 arrows.

        - SyncSource -> Connected on resync_finished. C30 (F10): the target says so, and all bits
          are clear or counted as failed.
        - SyncTarget -> Connected on resync_finished. C30 (F11): all bits are clear or counted as
          failed.
        - StartingSyncS -> Connected on bitmap_write_failed. C22: there will be no resync.
        - StartingSyncT -> Connected on bitmap_write_failed. C22: there will be no resync.
        - PausedSyncS -> Connected on resync_finished. C30: the last answers came while the resync
          was paused.
        - PausedSyncT -> Connected on resync_finished. C30: the last answers came while the resync
          was paused.
        - VerifyS -> Connected on disk_lost. C31: as for a resync; the next verify goes on from
          here.
        - VerifyT -> Connected on disk_lost. C31: as for a resync; the next verify goes on from
          here.
        - VerifyS -> Connected on verify_finished. C33: the last answer came, or the stop sector is
          reached, which the peer has to be told (A25).
        - VerifyS -> Connected on verify_finished. C33: the last answer came; the peer knows the end
          by itself.
        - VerifyT -> Connected on verify_finished. C33: the last result came, or the peer says that
          it is done.
        - any state -> Timeout on peer_timed_out. C39: ko-count is used up, or a request or a write
          conflict waited too long.
        - any state -> BrokenPipe on peer_closed. C40: the data socket ended, and no graceful
          disconnect of our own is about to succeed.
        - any state -> NetworkFailure on network_error. C41: a ping without answer, or the meta
          socket ended or could not be used.
        - any state -> ProtocolError on protocol_violated. C42: an unknown or malformed packet, a
          wrong barrier ack, a refusal to thaw.
        - any state -> TearDown on peer_asked_for_teardown. C43: the peer asks for its
          Disconnecting.
        - any state -> Disconnecting on disconnect_requested. C45: disconnect or down; the peer
          agreed to it.
        - any state -> Disconnecting on peer_refused. C46: a before-resync handler, a size, UUIDs,
          an algorithm or on-congestion forbid to go on.
        - any state -> Disconnecting on disconnect_forced. C8, C45, C47 and C47a with --force: the
          peer is not asked.
        - any state -> Connected on disk_lost. C31: the own or the peer's disk is Failed or lower
          (N4).
        """

    @abstractmethod
    def write_bitmap(self) -> Iterable[Effect]:
        """Action of 20 arrows.

        - SyncSource -> Connected on resync_finished. C30 (F10): the target says so, and all bits
          are clear or counted as failed.
        - SyncTarget -> Connected on resync_finished. C30 (F11): all bits are clear or counted as
          failed.
        - StartingSyncS -> Connected on bitmap_write_failed. C22: there will be no resync.
        - StartingSyncT -> Connected on bitmap_write_failed. C22: there will be no resync.
        - PausedSyncS -> Connected on resync_finished. C30: the last answers came while the resync
          was paused.
        - PausedSyncT -> Connected on resync_finished. C30: the last answers came while the resync
          was paused.
        - VerifyS -> Connected on disk_lost. C31: as for a resync; the next verify goes on from
          here.
        - VerifyT -> Connected on disk_lost. C31: as for a resync; the next verify goes on from
          here.
        - VerifyS -> Connected on verify_finished. C33: the last answer came, or the stop sector is
          reached, which the peer has to be told (A25).
        - VerifyS -> Connected on verify_finished. C33: the last answer came; the peer knows the end
          by itself.
        - VerifyT -> Connected on verify_finished. C33: the last result came, or the peer says that
          it is done.
        - SyncSource -> Ahead on congested. C34: as from Connected.
        - PausedSyncS -> Ahead on congested. C34: as from Connected.
        - VerifyS -> Ahead on congested. C34: as from Connected.
        - VerifyT -> Ahead on congested. C34: as from Connected.
        - SyncTarget -> Behind on peer_went_ahead. C35: as from Connected.
        - PausedSyncT -> Behind on peer_went_ahead. C35: as from Connected.
        - VerifyS -> Behind on peer_went_ahead. C35: as from Connected.
        - VerifyT -> Behind on peer_went_ahead. C35: as from Connected.
        - any state -> Connected on disk_lost. C31: the own or the peer's disk is Failed or lower
          (N4).
        """

    @abstractmethod
    def call_unfence_peer(self) -> Iterable[Effect]:
        """Action of SyncSource -> Connected on resync_finished. C30 (F10): the target says so, and
        all bits are clear or counted as failed.
        """

    @abstractmethod
    def adopt_peer_uuids(self) -> Iterable[Effect]:
        """Action of 2 arrows.

        - SyncTarget -> Connected on resync_finished. C30 (F11): all bits are clear or counted as
          failed.
        - PausedSyncT -> Connected on resync_finished. C30: the last answers came while the resync
          was paused.
        """

    @abstractmethod
    def call_after_resync_target(self) -> Iterable[Effect]:
        """Action of 2 arrows.

        - SyncTarget -> Connected on resync_finished. C30 (F11): all bits are clear or counted as
          failed.
        - PausedSyncT -> Connected on resync_finished. C30: the last answers came while the resync
          was paused.
        """

    @abstractmethod
    def stop_resync_clock(self) -> Iterable[Effect]:
        """Action of 2 arrows.

        - SyncSource -> PausedSyncS on resync_paused. C26 (F12): the first of aftr_isp, peer_isp and
          user_isp was set.
        - SyncTarget -> PausedSyncT on resync_paused. C28 (F13): as C26; no further requests.
        """

    @abstractmethod
    def start_resync_clock(self) -> Iterable[Effect]:
        """Action of 2 arrows.

        - PausedSyncS -> SyncSource on resync_resumed. C27 (F14): the last of the three flags was
          cleared.
        - PausedSyncT -> SyncTarget on resync_resumed. C29 (F15): as C27; the next requests go out
          at once.
        """

    @abstractmethod
    def fire_resync_timer(self) -> Iterable[Effect]:
        """Action of PausedSyncT -> SyncTarget on resync_resumed. C29 (F15): as C27; the next
        requests go out at once.
        """

    @abstractmethod
    def store_net_options(self) -> Iterable[Effect]:
        """Action of StandAllone -> Unconnected on ioctl_set_net. C1: a net configuration is given,
        and nobody else uses its addresses.
        """

    @abstractmethod
    def start_receiver(self) -> Iterable[Effect]:
        """Action of 6 arrows.

        - StandAllone -> Unconnected on ioctl_set_net. C1: a net configuration is given, and nobody
          else uses its addresses.
        - Timeout -> Unconnected on link_cleaned_up. C44: the last step of conn_disconnect().
        - BrokenPipe -> Unconnected on link_cleaned_up. C44: the last step of conn_disconnect().
        - NetworkFailure -> Unconnected on link_cleaned_up. C44: the last step of conn_disconnect().
        - ProtocolError -> Unconnected on link_cleaned_up. C44: the last step of conn_disconnect().
        - TearDown -> Unconnected on link_cleaned_up. C44: the last step of conn_disconnect().
        """

    @abstractmethod
    def start_connecting(self) -> Iterable[Effect]:
        """Action of Unconnected -> WFConnection on receiver_started. C2: the first step of
        conn_connect().
        """

    @abstractmethod
    def clean_up_link(self) -> Iterable[Effect]:
        """Action of 9 arrows.

        - WFConnection -> NetworkFailure on unable_to_bind. C4: it may be possible in a second.
        - WFConnection -> NetworkFailure on network_error. C4: any other end of an attempt that is
          worth a retry.
        - WFConnection -> BrokenPipe on peer_closed. C5: a short read or a socket error while
          features, secrets or parameters cross.
        - WFConnection -> Timeout on peer_timed_out. C5: the peer takes nothing while features,
          secrets or parameters cross.
        - any state -> Timeout on peer_timed_out. C39: ko-count is used up, or a request or a write
          conflict waited too long.
        - any state -> BrokenPipe on peer_closed. C40: the data socket ended, and no graceful
          disconnect of our own is about to succeed.
        - any state -> NetworkFailure on network_error. C41: a ping without answer, or the meta
          socket ended or could not be used.
        - any state -> ProtocolError on protocol_violated. C42: an unknown or malformed packet, a
          wrong barrier ack, a refusal to thaw.
        - any state -> TearDown on peer_asked_for_teardown. C43: the peer asks for its
          Disconnecting.
        """

    @abstractmethod
    def stop_receiver(self) -> Iterable[Effect]:
        """Action of 12 arrows.

        - WFConnection -> Disconnecting on unable_to_bind. C3: no socket with this address; the net
          configuration is lost.
        - WFConnection -> Disconnecting on peer_refused. C7: no common protocol version, malformed
          features, a wrong secret.
        - WFReportParams -> Disconnecting on checks_in_receive_param. C12: settings, sizes or UUIDs
          do not fit, or sync handshake or static rules refuse.
        - WFConnection -> Disconnecting on disconnect_requested. C8: disconnect or down; there is
          nobody to ask.
        - Timeout -> Disconnecting on disconnect_requested. C47: disconnect or down while the link
          is cleaned up.
        - BrokenPipe -> Disconnecting on disconnect_requested. C47: disconnect or down while the
          link is cleaned up.
        - NetworkFailure -> Disconnecting on disconnect_requested. C47: disconnect or down while the
          link is cleaned up.
        - ProtocolError -> Disconnecting on disconnect_requested. C47: disconnect or down while the
          link is cleaned up.
        - TearDown -> Disconnecting on disconnect_requested. C47: disconnect or down while the link
          is cleaned up.
        - any state -> Disconnecting on disconnect_requested. C45: disconnect or down; the peer
          agreed to it.
        - any state -> Disconnecting on peer_refused. C46: a before-resync handler, a size, UUIDs,
          an algorithm or on-congestion forbid to go on.
        - any state -> Disconnecting on disconnect_forced. C8, C45, C47 and C47a with --force: the
          peer is not asked.
        """

    @abstractmethod
    def fence_lost_peer(self) -> Iterable[Effect]:
        """Action of 6 arrows.

        - Timeout -> Unconnected on link_cleaned_up. C44: the last step of conn_disconnect().
        - BrokenPipe -> Unconnected on link_cleaned_up. C44: the last step of conn_disconnect().
        - NetworkFailure -> Unconnected on link_cleaned_up. C44: the last step of conn_disconnect().
        - ProtocolError -> Unconnected on link_cleaned_up. C44: the last step of conn_disconnect().
        - TearDown -> Unconnected on link_cleaned_up. C44: the last step of conn_disconnect().
        - Disconnecting -> StandAllone on link_cleaned_up. C48: the last step of conn_disconnect().
        """

    @abstractmethod
    def drop_net_options(self) -> Iterable[Effect]:
        """Action of Disconnecting -> StandAllone on link_cleaned_up. C48: the last step of
        conn_disconnect().
        """

    @abstractmethod
    def set_whole_bitmap(self) -> Iterable[Effect]:
        """Action of 4 arrows.

        - Connected -> StartingSyncS on invalidate_remote_requested. C18: the peer agreed that its
          data shall be replaced.
        - Connected -> StartingSyncS on peer_asked_for_source. C18: the other node's invalidate.
        - Connected -> StartingSyncT on invalidate_requested. C19: the peer agreed to replace the
          own data.
        - Connected -> StartingSyncT on peer_asked_for_target. C19: the other node's
          invalidate-remote.
        """

    @abstractmethod
    def adopt_sync_uuid(self) -> Iterable[Effect]:
        """Action of 4 arrows.

        - WFSyncUUID -> SyncTarget on sync_uuid_received. C16: before-resync-target did not refuse.
        - WFSyncUUID -> PausedSyncT on sync_uuid_received. C17: as C16, while a pause flag is set.
        - Behind -> SyncTarget on sync_uuid_received. C37: the source begins, as in C16.
        - Behind -> PausedSyncT on sync_uuid_received. C37: as above, while a pause flag is set.
        """

    @abstractmethod
    def report_aborted(self) -> Iterable[Effect]:
        """Action of 3 arrows.

        - VerifyS -> Connected on disk_lost. C31: as for a resync; the next verify goes on from
          here.
        - VerifyT -> Connected on disk_lost. C31: as for a resync; the next verify goes on from
          here.
        - any state -> Connected on disk_lost. C31: the own or the peer's disk is Failed or lower
          (N4).
        """

    @abstractmethod
    def remember_verify_position(self) -> Iterable[Effect]:
        """Action of 5 arrows.

        - VerifyS -> Connected on disk_lost. C31: as for a resync; the next verify goes on from
          here.
        - VerifyT -> Connected on disk_lost. C31: as for a resync; the next verify goes on from
          here.
        - VerifyS -> Connected on verify_finished. C33: the last answer came, or the stop sector is
          reached, which the peer has to be told (A25).
        - VerifyS -> Connected on verify_finished. C33: the last answer came; the peer knows the end
          by itself.
        - VerifyT -> Connected on verify_finished. C33: the last result came, or the peer says that
          it is done.
        """

    @abstractmethod
    def start_verify(self) -> Iterable[Effect]:
        """Action of 2 arrows.

        - Connected -> VerifyS on verify_requested. C32: the peer agreed.
        - Connected -> VerifyT on peer_asked_for_verify. C32: the other node's verify.
        """

    @abstractmethod
    def call_out_of_sync(self) -> Iterable[Effect]:
        """Action of 3 arrows.

        - VerifyS -> Connected on verify_finished. C33: the last answer came, or the stop sector is
          reached, which the peer has to be told (A25).
        - VerifyS -> Connected on verify_finished. C33: the last answer came; the peer knows the end
          by itself.
        - VerifyT -> Connected on verify_finished. C33: the last result came, or the peer says that
          it is done.
        """

    @abstractmethod
    def close_epoch(self) -> Iterable[Effect]:
        """Action of 5 arrows.

        - Connected -> Ahead on congested. C34: found at a write request; the peer is not asked.
        - SyncSource -> Ahead on congested. C34: as from Connected.
        - PausedSyncS -> Ahead on congested. C34: as from Connected.
        - VerifyS -> Ahead on congested. C34: as from Connected.
        - VerifyT -> Ahead on congested. C34: as from Connected.
        """

    @abstractmethod
    def remove_volume(self) -> Iterable[Effect]:
        """Action of 2 arrows.

        - Connected -> WFReportParams on del_minor_requested. C38: the volume is Secondary and
          Diskless, the peer agreed.
        - WFConnection -> WFReportParams on del_minor_requested. C49: as C38, with nobody to ask.
        """

    @abstractmethod
    def send_parameters(self) -> Iterable[Effect]:
        """Action of WFConnection -> WFConnection on handshake_passed."""

    @abstractmethod
    def set_verify_range(self) -> Iterable[Effect]:
        """Action of VerifyS -> VerifyS on verify_requested."""

    def holds(self, guard: ConnGuard) -> bool:
        """Answer a guard."""
        match guard:
            case ConnGuard.resync_may_run:
                return self.resync_may_run()
            case ConnGuard.error_is_transient:
                return self.error_is_transient()
            case ConnGuard.disks_are_usable:
                return self.disks_are_usable()
            case ConnGuard.becomes_target:
                return self.becomes_target()
            case ConnGuard.peer_knows_stop_sectors:
                return self.peer_knows_stop_sectors()
            case ConnGuard.may_pull_ahead:
                return self.may_pull_ahead()
            case ConnGuard.volume_is_unused:
                return self.volume_is_unused()

    def choose(self, state: ConnState, event: ConnEvent) -> ConnState | None:
        """Decide a choice: return the target, or None where there is nothing to choose."""
        match state, event:
            case ConnState.WFReportParams, ConnEvent.sync_handshake:
                return self.sync_handshake_in_WFReportParams()
            case ConnState.Connected, ConnEvent.sync_handshake:
                return self.sync_handshake_in_Connected()
            case _:
                return None

    def act(self, action: ConnAction) -> Iterable[Effect]:
        """Do an action and return its effects."""
        match action:
            case ConnAction.start_ack_receiver:
                return self.start_ack_receiver()
            case ConnAction.clear_discard_my_data:
                return self.clear_discard_my_data()
            case ConnAction.complete_handshake:
                return self.complete_handshake()
            case ConnAction.send_state:
                return self.send_state()
            case ConnAction.send_bitmap:
                return self.send_bitmap()
            case ConnAction.send_sync_uuid:
                return self.send_sync_uuid()
            case ConnAction.start_resync:
                return self.start_resync()
            case ConnAction.rotate_uuids:
                return self.rotate_uuids()
            case ConnAction.resume_dependents:
                return self.resume_dependents()
            case ConnAction.write_bitmap:
                return self.write_bitmap()
            case ConnAction.call_unfence_peer:
                return self.call_unfence_peer()
            case ConnAction.adopt_peer_uuids:
                return self.adopt_peer_uuids()
            case ConnAction.call_after_resync_target:
                return self.call_after_resync_target()
            case ConnAction.stop_resync_clock:
                return self.stop_resync_clock()
            case ConnAction.start_resync_clock:
                return self.start_resync_clock()
            case ConnAction.fire_resync_timer:
                return self.fire_resync_timer()
            case ConnAction.store_net_options:
                return self.store_net_options()
            case ConnAction.start_receiver:
                return self.start_receiver()
            case ConnAction.start_connecting:
                return self.start_connecting()
            case ConnAction.clean_up_link:
                return self.clean_up_link()
            case ConnAction.stop_receiver:
                return self.stop_receiver()
            case ConnAction.fence_lost_peer:
                return self.fence_lost_peer()
            case ConnAction.drop_net_options:
                return self.drop_net_options()
            case ConnAction.set_whole_bitmap:
                return self.set_whole_bitmap()
            case ConnAction.adopt_sync_uuid:
                return self.adopt_sync_uuid()
            case ConnAction.report_aborted:
                return self.report_aborted()
            case ConnAction.remember_verify_position:
                return self.remember_verify_position()
            case ConnAction.start_verify:
                return self.start_verify()
            case ConnAction.call_out_of_sync:
                return self.call_out_of_sync()
            case ConnAction.close_epoch:
                return self.close_epoch()
            case ConnAction.remove_volume:
                return self.remove_volume()
            case ConnAction.send_parameters:
                return self.send_parameters()
            case ConnAction.set_verify_range:
                return self.set_verify_range()
