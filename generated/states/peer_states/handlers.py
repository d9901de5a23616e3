# Generated from specs/states/peer_states.dot; edit that drawing, then run `make generate`.
"""What the runtime does for peer_states: one method per guard, action and choice."""

from abc import abstractmethod
from collections.abc import Iterable

from ...handlers import Effect, Handlers
from .states import PeerAction, PeerGuard


class PeerHandlers(Handlers[Effect]):
    """The handlers of peer_states; a class that lacks one of these methods is refused."""

    DRAWING = "specs/states/peer_states.dot"

    @abstractmethod
    def peer_is_primary(self) -> bool:
        """Guard of 2 arrows.

        - Secondary -> Primary on recv_state_packet. Q2 (F25): the peer's P_STATE, mostly the echo
          of a promotion that was asked for.
        - Unknown -> Primary on connected. Q1 (F27): the peer's first P_STATE.
        """

    @abstractmethod
    def peer_is_secondary(self) -> bool:
        """Guard of Primary -> Secondary on recv_state_packet. Q3 (F25): the peer's P_STATE."""

    @abstractmethod
    def create_current_uuid(self) -> Iterable[Effect]:
        """Action of 3 arrows.

        - Secondary -> Primary on recv_state_packet. Q2 (F25): the peer's P_STATE, mostly the echo
          of a promotion that was asked for.
        - Unknown -> Primary on connected. Q1 (F27): the peer's first P_STATE.
        - Secondary -> Primary on peer_asked_for_primary. Q2: P_STATE_CHG_REQ, before the peer
          itself is Primary.
        """

    @abstractmethod
    def consider_resync(self) -> Iterable[Effect]:
        """Action of 2 arrows.

        - Secondary -> Primary on recv_state_packet. Q2 (F25): the peer's P_STATE, mostly the echo
          of a promotion that was asked for.
        - Secondary -> Primary on peer_asked_for_primary. Q2: P_STATE_CHG_REQ, before the peer
          itself is Primary.
        """

    @abstractmethod
    def write_bitmap(self) -> Iterable[Effect]:
        """Action of Primary -> Secondary on recv_state_packet. Q3 (F25): the peer's P_STATE."""

    def holds(self, guard: PeerGuard) -> bool:
        """Answer a guard."""
        match guard:
            case PeerGuard.peer_is_primary:
                return self.peer_is_primary()
            case PeerGuard.peer_is_secondary:
                return self.peer_is_secondary()

    def act(self, action: PeerAction) -> Iterable[Effect]:
        """Do an action and return its effects."""
        match action:
            case PeerAction.create_current_uuid:
                return self.create_current_uuid()
            case PeerAction.consider_resync:
                return self.consider_resync()
            case PeerAction.write_bitmap:
                return self.write_bitmap()
