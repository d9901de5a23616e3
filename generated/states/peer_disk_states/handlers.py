# Generated from specs/states/peer_disk_states.dot; edit that drawing, then run `make generate`.
"""What the runtime does for peer_disk_states: one method per guard, action and choice."""

from abc import abstractmethod
from collections.abc import Iterable

from ...handlers import Effect, Handlers
from .states import PeerDiskAction, PeerDiskGuard


class PeerDiskHandlers(Handlers[Effect]):
    """The handlers of peer_disk_states; a class that lacks one of these methods is refused."""

    DRAWING = "specs/states/peer_disk_states.dot"

    @abstractmethod
    def no_block_failed(self) -> bool:
        """Guard of Inconsistent -> UpToDate on resync_completed. P10: this node was source."""

    @abstractmethod
    def is_standalone(self) -> bool:
        """Guard of 2 arrows.

        - Outdated -> Inconsistent on invalidate_remote_requested. P7: invalidate-remote on a
          StandAlone Primary.
        - DUnknown -> Inconsistent on invalidate_remote_requested. P7: invalidate-remote on a
          StandAlone Primary.
        """

    @abstractmethod
    def create_current_uuid(self) -> Iterable[Effect]:
        """Action of 12 arrows.

        - Inconsistent -> Attaching on attaching_reported. P1: in a handshake; the data that it had
          are out of reach now.
        - Inconsistent -> Outdated on outdated_reported. P6: the peer is Behind.
        - Consistent -> Outdated on outdated_reported. P6: the peer is Behind.
        - UpToDate -> Outdated on outdated_reported. P6: the peer is Behind.
        - Inconsistent -> Failed on peer_asked_to_detach. P11: the peer's graceful detach.
        - Consistent -> Failed on peer_asked_to_detach. P11: the peer's graceful detach.
        - UpToDate -> Failed on peer_asked_to_detach. P11: the peer's graceful detach.
        - Consistent -> DUnknown on connection_lost. P4: the connection state fell below Connected
          (N2).
        - UpToDate -> DUnknown on connection_lost. P4: the connection state fell below Connected
          (N2).
        - any state -> Diskless on diskless_reported. P1, P12: the peer's data are out of reach now.
        - any state -> Failed on failed_reported. P1, P11: the peer's data are out of reach now.
        - any state -> Outdated on peer_outdated. P6: fenced, left behind by primary --force or a
          graceful disconnect, or attach found PeerOutdated.
        """

    @abstractmethod
    def reset_resync(self) -> Iterable[Effect]:
        """Action of 4 arrows.

        - Diskless -> Attaching on attaching_reported. P13: the peer attaches a disk.
        - Diskless -> Inconsistent on inconsistent_reported. P13: the peer attached a disk.
        - Diskless -> Consistent on consistent_reported. P13: the peer attached a disk.
        - Diskless -> UpToDate on up_to_date_reported. P13: the peer attached a disk.
        """

    @abstractmethod
    def send_uuids(self) -> Iterable[Effect]:
        """Action of 4 arrows.

        - Diskless -> Attaching on attaching_reported. P13: the peer attaches a disk.
        - Diskless -> Inconsistent on inconsistent_reported. P13: the peer attached a disk.
        - Diskless -> Consistent on consistent_reported. P13: the peer attached a disk.
        - Diskless -> UpToDate on up_to_date_reported. P13: the peer attached a disk.
        """

    @abstractmethod
    def send_state(self) -> Iterable[Effect]:
        """Action of 4 arrows.

        - Diskless -> Attaching on attaching_reported. P13: the peer attaches a disk.
        - Diskless -> Inconsistent on inconsistent_reported. P13: the peer attached a disk.
        - Diskless -> Consistent on consistent_reported. P13: the peer attached a disk.
        - Diskless -> UpToDate on up_to_date_reported. P13: the peer attached a disk.
        """

    @abstractmethod
    def clear_crashed_primary(self) -> Iterable[Effect]:
        """Action of 6 arrows.

        - Diskless -> UpToDate on up_to_date_reported. P13: the peer attached a disk.
        - Outdated -> UpToDate on back_in_connected. P15: this node is Connected again without a
          resync (N5).
        - Consistent -> UpToDate on back_in_connected. P15: this node is Connected again without a
          resync (N5).
        - Inconsistent -> UpToDate on resync_completed. P10: this node was source.
        - Inconsistent -> UpToDate on initial_sync_skipped. P10: new-current-uuid --clear-bitmap,
          here or at the peer (8.8).
        - any state -> UpToDate on up_to_date_reported. P1, P3: in a handshake.
        """

    @abstractmethod
    def thaw_fenced_requests(self) -> Iterable[Effect]:
        """Action of 6 arrows.

        - Diskless -> Outdated on peer_outdated. P6: a fencing Primary disconnects from a peer
          without a disk; its data were out of reach before.
        - Attaching -> Outdated on peer_outdated. P6: a fencing Primary disconnects from a peer
          without a disk; its data were out of reach before.
        - Failed -> Outdated on peer_outdated. P6: a fencing Primary disconnects from a peer without
          a disk; its data were out of reach before.
        - Outdated -> Inconsistent on peer_found_inconsistent. P7: fence-peer exits with 3.
        - DUnknown -> Inconsistent on peer_found_inconsistent. P7: fence-peer exits with 3.
        - any state -> Outdated on peer_outdated. P6: fenced, left behind by primary --force or a
          graceful disconnect, or attach found PeerOutdated.
        """

    @abstractmethod
    def set_whole_bitmap(self) -> Iterable[Effect]:
        """Action of 3 arrows.

        - Outdated -> Inconsistent on invalidate_remote_requested. P7: invalidate-remote on a
          StandAlone Primary.
        - DUnknown -> Inconsistent on invalidate_remote_requested. P7: invalidate-remote on a
          StandAlone Primary.
        - Inconsistent -> Inconsistent on invalidate_remote_requested.
        """

    @abstractmethod
    def report_upgrade(self) -> Iterable[Effect]:
        """Action of any state -> UpToDate on up_to_date_demanded. P3: this node begins as target,
        goes Behind or verifies (N8).
        """

    def holds(self, guard: PeerDiskGuard) -> bool:
        """Answer a guard."""
        match guard:
            case PeerDiskGuard.no_block_failed:
                return self.no_block_failed()
            case PeerDiskGuard.is_standalone:
                return self.is_standalone()

    def act(self, action: PeerDiskAction) -> Iterable[Effect]:
        """Do an action and return its effects."""
        match action:
            case PeerDiskAction.create_current_uuid:
                return self.create_current_uuid()
            case PeerDiskAction.reset_resync:
                return self.reset_resync()
            case PeerDiskAction.send_uuids:
                return self.send_uuids()
            case PeerDiskAction.send_state:
                return self.send_state()
            case PeerDiskAction.clear_crashed_primary:
                return self.clear_crashed_primary()
            case PeerDiskAction.thaw_fenced_requests:
                return self.thaw_fenced_requests()
            case PeerDiskAction.set_whole_bitmap:
                return self.set_whole_bitmap()
            case PeerDiskAction.report_upgrade:
                return self.report_upgrade()
