# Generated from specs/states/disk_states.dot; edit that drawing, then run `make generate`.
"""What the runtime does for disk_states: one method per guard, action and choice."""

from abc import abstractmethod
from collections.abc import Iterable

from ...handlers import Effect, Handlers
from .states import DiskAction, DiskGuard


class DiskHandlers(Handlers[Effect]):
    """The handlers of disk_states; a class that lacks one of these methods is refused."""

    DRAWING = "specs/states/disk_states.dot"

    @abstractmethod
    def becomes_target(self) -> bool:
        """Guard of 3 arrows.

        - Consistent -> Outdated on receive_param. D16 (F18): the peer has newer data (C11).
        - Negotiating -> Inconsistent on receive_param. D9: the result is WFBitMapT.
        - UpToDate -> Outdated on receive_param. D16: newer data, new space or new writes are at the
          peer (C11, C23, C25, C35).
        """

    @abstractmethod
    def is_standalone(self) -> bool:
        """Guard of 3 arrows.

        - UpToDate -> Inconsistent on ioctl_replicate. D20 (F20): invalidate on a StandAlone
          Secondary; connected it is D16, then D19.
        - Consistent -> Inconsistent on ioctl_replicate. D20: as from UpToDate.
        - Outdated -> Inconsistent on ioctl_replicate. D20: as from UpToDate.
        """

    @abstractmethod
    def no_block_failed(self) -> bool:
        """Guard of Inconsistent -> UpToDate on resync_completed. D22 (F21): as target."""

    @abstractmethod
    def detaches_on_io_error(self) -> bool:
        """Guard of 5 arrows.

        - Consistent -> Failed on io_completion_error. D24 (F22): on-io-error is detach or
          call-local-io-error.
        - Outdated -> Failed on io_completion_error. D24 (F22): as for Consistent.
        - UpToDate -> Failed on io_completion_error. D24 (F22): as for Consistent.
        - Inconsistent -> Failed on io_completion_error. D24 (F22): as for Consistent.
        - Negotiating -> Failed on io_completion_error. D24: as for Consistent.
        """

    @abstractmethod
    def is_connected(self) -> bool:
        """Guard of Attaching -> Negotiating on meta_data_read. D3: exactly Connected; what would be
        D4 to D7 is put aside.
        """

    @abstractmethod
    def marked_inconsistent(self) -> bool:
        """Guard of 3 arrows.

        - Attaching -> Inconsistent on meta_data_read. D4: flag Consistent is not set.
        - Negotiating -> Inconsistent on receive_param. D9: the result is Connected, and what attach
          put aside is Inconsistent.
        - Negotiating -> Inconsistent on connection_lost. D11: what attach put aside (N4a).
        """

    @abstractmethod
    def marked_outdated(self) -> bool:
        """Guard of 2 arrows.

        - Attaching -> Outdated on meta_data_read. D5: Consistent is set, WasUpToDate is not.
        - Negotiating -> Outdated on connection_lost. D11: what attach put aside (N4a).
        """

    @abstractmethod
    def peer_may_be_newer(self) -> bool:
        """Guard of 2 arrows.

        - Attaching -> Consistent on meta_data_read. D6: both set, the peer not recorded as
          outdated, and fencing is not dont-care.
        - Negotiating -> Consistent on connection_lost. D11: what attach put aside (N4a).
        """

    @abstractmethod
    def exposed_data_differ(self) -> bool:
        """Guard of Negotiating -> Diskless on connection_lost. D12: applications have seen other
        data than these (N4a).
        """

    @abstractmethod
    def peer_has_nothing_newer(self) -> bool:
        """Guard of Outdated -> UpToDate on receive_param. D17: the handshake came to C9 or C10
        (N5).
        """

    @abstractmethod
    def is_unconnected(self) -> bool:
        """Guard of 2 arrows.

        - Consistent -> Outdated on outdate_requested. D15: outdate, or a graceful disconnect from a
          fencing Primary; Connected would undo it (N5).
        - UpToDate -> Outdated on outdate_requested. D15: outdate, or a graceful disconnect from a
          fencing Primary; Connected would undo it (N5).
        """

    @abstractmethod
    def nobody_relies_on_it(self) -> bool:
        """Guard of UpToDate -> Inconsistent on io_completion_error. D21: on-io-error is pass_on; IO
        goes on. A source and a verify stay UpToDate (N7).
        """

    @abstractmethod
    def clear_crashed_primary(self) -> Iterable[Effect]:
        """Action of 6 arrows.

        - Consistent -> UpToDate on receive_param. D13 (F18): the peer has nothing newer (C9, C10).
        - Inconsistent -> UpToDate on resync_completed. D22 (F21): as target.
        - Negotiating -> UpToDate on receive_param. D8: the result is Connected or WFBitMapS.
        - Outdated -> UpToDate on receive_param. D17: the handshake came to C9 or C10 (N5).
        - Outdated -> UpToDate on back_in_connected. D17: a resync that was to come will not (C22,
          C31), and Connected raises the disk (N5).
        - Inconsistent -> UpToDate on initial_sync_skipped. D23: new-current-uuid --clear-bitmap on
          a just created pair, here or at the peer.
        """

    @abstractmethod
    def set_whole_bitmap(self) -> Iterable[Effect]:
        """Action of 4 arrows.

        - UpToDate -> Inconsistent on ioctl_replicate. D20 (F20): invalidate on a StandAlone
          Secondary; connected it is D16, then D19.
        - Consistent -> Inconsistent on ioctl_replicate. D20: as from UpToDate.
        - Outdated -> Inconsistent on ioctl_replicate. D20: as from UpToDate.
        - Inconsistent -> Inconsistent on ioctl_replicate.
        """

    @abstractmethod
    def expose_current_uuid(self) -> Iterable[Effect]:
        """Action of 10 arrows.

        - Inconsistent -> UpToDate on resync_completed. D22 (F21): as target.
        - Attaching -> Consistent on meta_data_read. D6: both set, the peer not recorded as
          outdated, and fencing is not dont-care.
        - Attaching -> UpToDate on meta_data_read. D7: both set, and nobody can have newer data.
        - Negotiating -> UpToDate on receive_param. D8: the result is Connected or WFBitMapS.
        - Outdated -> UpToDate on receive_param. D17: the handshake came to C9 or C10 (N5).
        - Outdated -> UpToDate on back_in_connected. D17: a resync that was to come will not (C22,
          C31), and Connected raises the disk (N5).
        - Inconsistent -> UpToDate on initial_sync_skipped. D23: new-current-uuid --clear-bitmap on
          a just created pair, here or at the peer.
        - Inconsistent -> UpToDate on up_to_date_demanded. D23a: the new connection state needs an
          UpToDate own disk (N7).
        - Outdated -> UpToDate on up_to_date_demanded. D23a: the new connection state needs an
          UpToDate own disk (N7).
        - Negotiating -> UpToDate on up_to_date_demanded. D23a: the new connection state needs an
          UpToDate own disk (N7).
        """

    @abstractmethod
    def call_local_io_error(self) -> Iterable[Effect]:
        """Action of 7 arrows.

        - Consistent -> Failed on io_completion_error. D24 (F22): on-io-error is detach or
          call-local-io-error.
        - Outdated -> Failed on io_completion_error. D24 (F22): as for Consistent.
        - UpToDate -> Failed on io_completion_error. D24 (F22): as for Consistent.
        - Inconsistent -> Failed on io_completion_error. D24 (F22): as for Consistent.
        - Negotiating -> Failed on io_completion_error. D24: as for Consistent.
        - any state -> Failed on meta_data_io_failed. D24: whatever on-io-error says.
        - any state -> Failed on disk_timed_out. D24: disk-timeout, which counts as a write error.
        """

    @abstractmethod
    def send_state(self) -> Iterable[Effect]:
        """Action of 14 arrows.

        - Consistent -> Failed on io_completion_error. D24 (F22): on-io-error is detach or
          call-local-io-error.
        - Outdated -> Failed on io_completion_error. D24 (F22): as for Consistent.
        - UpToDate -> Failed on io_completion_error. D24 (F22): as for Consistent.
        - Inconsistent -> Failed on io_completion_error. D24 (F22): as for Consistent.
        - Failed -> Diskless on sending_notify_to_peer. D25 (F23): no local request refers to the
          disk any more.
        - Attaching -> Diskless on attach_failed. D2: meta data or bitmap cannot be read, or do not
          fit.
        - Attaching -> Negotiating on meta_data_read. D3: exactly Connected; what would be D4 to D7
          is put aside.
        - Negotiating -> Failed on handshake_refused. D10: D25 follows.
        - UpToDate -> Inconsistent on io_completion_error. D21: on-io-error is pass_on; IO goes on.
          A source and a verify stay UpToDate (N7).
        - Negotiating -> Failed on io_completion_error. D24: as for Consistent.
        - any state -> Failed on meta_data_io_failed. D24: whatever on-io-error says.
        - any state -> Failed on detach_requested. D24: detach; IO is drained, a connected peer
          agreed.
        - any state -> Failed on detach_forced. D24: detach --force.
        - any state -> Failed on disk_timed_out. D24: disk-timeout, which counts as a write error.
        """

    @abstractmethod
    def release_disk(self) -> Iterable[Effect]:
        """Action of 10 arrows.

        - Consistent -> Failed on io_completion_error. D24 (F22): on-io-error is detach or
          call-local-io-error.
        - Outdated -> Failed on io_completion_error. D24 (F22): as for Consistent.
        - UpToDate -> Failed on io_completion_error. D24 (F22): as for Consistent.
        - Inconsistent -> Failed on io_completion_error. D24 (F22): as for Consistent.
        - Negotiating -> Failed on handshake_refused. D10: D25 follows.
        - Negotiating -> Failed on io_completion_error. D24: as for Consistent.
        - any state -> Failed on meta_data_io_failed. D24: whatever on-io-error says.
        - any state -> Failed on detach_requested. D24: detach; IO is drained, a connected peer
          agreed.
        - any state -> Failed on detach_forced. D24: detach --force.
        - any state -> Failed on disk_timed_out. D24: disk-timeout, which counts as a write error.
        """

    @abstractmethod
    def write_bitmap(self) -> Iterable[Effect]:
        """Action of Failed -> Diskless on sending_notify_to_peer. D25 (F23): no local request
        refers to the disk any more.
        """

    @abstractmethod
    def close_disk(self) -> Iterable[Effect]:
        """Action of 3 arrows.

        - Failed -> Diskless on sending_notify_to_peer. D25 (F23): no local request refers to the
          disk any more.
        - Attaching -> Diskless on attach_failed. D2: meta data or bitmap cannot be read, or do not
          fit.
        - Negotiating -> Diskless on connection_lost. D12: applications have seen other data than
          these (N4a).
        """

    @abstractmethod
    def read_meta_data(self) -> Iterable[Effect]:
        """Action of Diskless -> Attaching on ioctl_set_disk. D1: the devices are open, application
        IO is held.
        """

    @abstractmethod
    def store_would_be_states(self) -> Iterable[Effect]:
        """Action of Attaching -> Negotiating on meta_data_read. D3: exactly Connected; what would
        be D4 to D7 is put aside.
        """

    @abstractmethod
    def forget_peer_uuids(self) -> Iterable[Effect]:
        """Action of Attaching -> Negotiating on meta_data_read. D3: exactly Connected; what would
        be D4 to D7 is put aside.
        """

    @abstractmethod
    def send_sizes(self) -> Iterable[Effect]:
        """Action of Attaching -> Negotiating on meta_data_read. D3: exactly Connected; what would
        be D4 to D7 is put aside.
        """

    @abstractmethod
    def send_uuids(self) -> Iterable[Effect]:
        """Action of 4 arrows.

        - Attaching -> Negotiating on meta_data_read. D3: exactly Connected; what would be D4 to D7
          is put aside.
        - Inconsistent -> UpToDate on primary_forced. D18: primary --force, after a refusal for lack
          of UpToDate data.
        - Consistent -> UpToDate on primary_forced. D18: primary --force, after a refusal for lack
          of UpToDate data.
        - Outdated -> UpToDate on primary_forced. D18: primary --force, after a refusal for lack of
          UpToDate data.
        """

    @abstractmethod
    def note_attach_time(self) -> Iterable[Effect]:
        """Action of 11 arrows.

        - Attaching -> Inconsistent on meta_data_read. D4: flag Consistent is not set.
        - Attaching -> Outdated on meta_data_read. D5: Consistent is set, WasUpToDate is not.
        - Attaching -> Consistent on meta_data_read. D6: both set, the peer not recorded as
          outdated, and fencing is not dont-care.
        - Attaching -> UpToDate on meta_data_read. D7: both set, and nobody can have newer data.
        - Negotiating -> Inconsistent on receive_param. D9: the result is WFBitMapT.
        - Negotiating -> Inconsistent on receive_param. D9: the result is Connected, and what attach
          put aside is Inconsistent.
        - Negotiating -> UpToDate on receive_param. D8: the result is Connected or WFBitMapS.
        - Negotiating -> Inconsistent on connection_lost. D11: what attach put aside (N4a).
        - Negotiating -> Outdated on connection_lost. D11: what attach put aside (N4a).
        - Negotiating -> Consistent on connection_lost. D11: what attach put aside (N4a).
        - Negotiating -> UpToDate on connection_lost. D11: what attach put aside (N4a).
        """

    @abstractmethod
    def report_no_data(self) -> Iterable[Effect]:
        """Action of Negotiating -> Diskless on connection_lost. D12: applications have seen other
        data than these (N4a).
        """

    @abstractmethod
    def create_current_uuid(self) -> Iterable[Effect]:
        """Action of 3 arrows.

        - Inconsistent -> UpToDate on primary_forced. D18: primary --force, after a refusal for lack
          of UpToDate data.
        - Consistent -> UpToDate on primary_forced. D18: primary --force, after a refusal for lack
          of UpToDate data.
        - Outdated -> UpToDate on primary_forced. D18: primary --force, after a refusal for lack of
          UpToDate data.
        """

    @abstractmethod
    def clear_bitmap(self) -> Iterable[Effect]:
        """Action of Inconsistent -> UpToDate on initial_sync_skipped. D23: new-current-uuid
        --clear-bitmap on a just created pair, here or at the peer.
        """

    @abstractmethod
    def report_upgrade(self) -> Iterable[Effect]:
        """Action of 4 arrows.

        - Inconsistent -> UpToDate on up_to_date_demanded. D23a: the new connection state needs an
          UpToDate own disk (N7).
        - Outdated -> UpToDate on up_to_date_demanded. D23a: the new connection state needs an
          UpToDate own disk (N7).
        - Negotiating -> UpToDate on up_to_date_demanded. D23a: the new connection state needs an
          UpToDate own disk (N7).
        - Consistent -> UpToDate on up_to_date_demanded. D23a: the new connection state needs an
          UpToDate own disk (N7).
        """

    @abstractmethod
    def abort_disk_io(self) -> Iterable[Effect]:
        """Action of 4 arrows.

        - Failed -> Failed on disk_timed_out.
        - Failed -> Failed on detach_forced.
        - any state -> Failed on detach_forced. D24: detach --force.
        - any state -> Failed on disk_timed_out. D24: disk-timeout, which counts as a write error.
        """

    def holds(self, guard: DiskGuard) -> bool:
        """Answer a guard."""
        match guard:
            case DiskGuard.becomes_target:
                return self.becomes_target()
            case DiskGuard.is_standalone:
                return self.is_standalone()
            case DiskGuard.no_block_failed:
                return self.no_block_failed()
            case DiskGuard.detaches_on_io_error:
                return self.detaches_on_io_error()
            case DiskGuard.is_connected:
                return self.is_connected()
            case DiskGuard.marked_inconsistent:
                return self.marked_inconsistent()
            case DiskGuard.marked_outdated:
                return self.marked_outdated()
            case DiskGuard.peer_may_be_newer:
                return self.peer_may_be_newer()
            case DiskGuard.exposed_data_differ:
                return self.exposed_data_differ()
            case DiskGuard.peer_has_nothing_newer:
                return self.peer_has_nothing_newer()
            case DiskGuard.is_unconnected:
                return self.is_unconnected()
            case DiskGuard.nobody_relies_on_it:
                return self.nobody_relies_on_it()

    def act(self, action: DiskAction) -> Iterable[Effect]:
        """Do an action and return its effects."""
        match action:
            case DiskAction.clear_crashed_primary:
                return self.clear_crashed_primary()
            case DiskAction.set_whole_bitmap:
                return self.set_whole_bitmap()
            case DiskAction.expose_current_uuid:
                return self.expose_current_uuid()
            case DiskAction.call_local_io_error:
                return self.call_local_io_error()
            case DiskAction.send_state:
                return self.send_state()
            case DiskAction.release_disk:
                return self.release_disk()
            case DiskAction.write_bitmap:
                return self.write_bitmap()
            case DiskAction.close_disk:
                return self.close_disk()
            case DiskAction.read_meta_data:
                return self.read_meta_data()
            case DiskAction.store_would_be_states:
                return self.store_would_be_states()
            case DiskAction.forget_peer_uuids:
                return self.forget_peer_uuids()
            case DiskAction.send_sizes:
                return self.send_sizes()
            case DiskAction.send_uuids:
                return self.send_uuids()
            case DiskAction.note_attach_time:
                return self.note_attach_time()
            case DiskAction.report_no_data:
                return self.report_no_data()
            case DiskAction.create_current_uuid:
                return self.create_current_uuid()
            case DiskAction.clear_bitmap:
                return self.clear_bitmap()
            case DiskAction.report_upgrade:
                return self.report_upgrade()
            case DiskAction.abort_disk_io:
                return self.abort_disk_io()
