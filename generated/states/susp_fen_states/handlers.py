# Generated from specs/states/susp_fen_states.dot; edit that drawing, then run `make generate`.
"""What the runtime does for susp_fen_states: one method per guard, action and choice."""

from abc import abstractmethod
from collections.abc import Iterable

from ...handlers import Effect, Handlers
from .states import SuspFenAction, SuspFenGuard


class SuspFenHandlers(Handlers[Effect]):
    """The handlers of susp_fen_states; a class that lacks one of these methods is refused."""

    DRAWING = "specs/states/susp_fen_states.dot"

    @abstractmethod
    def waits_for_fencing(self) -> bool:
        """Guard of Running -> Suspended on peer_lost. N9: a Primary lost a peer that may not be
        Outdated, and fencing is resource-and-stonith.
        """

    @abstractmethod
    def settle_generations(self) -> Iterable[Effect]:
        """Action of 4 arrows.

        - Suspended -> Running on all_connected. A6: the peer came back before it was fenced.
        - Suspended -> Running on peer_fenced. K4: all of the peer's disks are Outdated at most.
        - Suspended -> Running on nothing_to_fence_for. 7.8 step 3: no volume has a Consistent disk
          whose data could be in danger.
        - Suspended -> Running on resume_io_requested. resume-io: an administrator knows that the
          peer is dead.
        """

    @abstractmethod
    def thaw_requests(self) -> Iterable[Effect]:
        """Action of 4 arrows.

        - Suspended -> Running on all_connected. A6: the peer came back before it was fenced.
        - Suspended -> Running on peer_fenced. K4: all of the peer's disks are Outdated at most.
        - Suspended -> Running on nothing_to_fence_for. 7.8 step 3: no volume has a Consistent disk
          whose data could be in danger.
        - Suspended -> Running on resume_io_requested. resume-io: an administrator knows that the
          peer is dead.
        """

    def holds(self, guard: SuspFenGuard) -> bool:
        """Answer a guard."""
        match guard:
            case SuspFenGuard.waits_for_fencing:
                return self.waits_for_fencing()

    def act(self, action: SuspFenAction) -> Iterable[Effect]:
        """Do an action and return its effects."""
        match action:
            case SuspFenAction.settle_generations:
                return self.settle_generations()
            case SuspFenAction.thaw_requests:
                return self.thaw_requests()
