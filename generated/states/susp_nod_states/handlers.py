# Generated from specs/states/susp_nod_states.dot; edit that drawing, then run `make generate`.
"""What the runtime does for susp_nod_states: one method per guard, action and choice."""

from abc import abstractmethod
from collections.abc import Iterable

from ...handlers import Effect, Handlers
from .states import SuspNodAction, SuspNodGuard


class SuspNodHandlers(Handlers[Effect]):
    """The handlers of susp_nod_states; a class that lacks one of these methods is refused."""

    DRAWING = "specs/states/susp_nod_states.dot"

    @abstractmethod
    def waits_for_data(self) -> bool:
        """Guard of Running -> Suspended on data_lost. N10: a Primary has no UpToDate disk and no
        UpToDate peer, and on-no-data-accessible is suspend-io.
        """

    @abstractmethod
    def call_pri_on_incon_degr(self) -> Iterable[Effect]:
        """Action of 3 arrows.

        - Running -> Suspended on data_lost. N10: a Primary has no UpToDate disk and no UpToDate
          peer, and on-no-data-accessible is suspend-io.
        - Running -> Running on data_lost.
        - Suspended -> Suspended on data_lost.
        """

    @abstractmethod
    def settle_generations(self) -> Iterable[Effect]:
        """Action of 3 arrows.

        - Suspended -> Running on all_connected. A5: all volumes are Connected or above again.
        - Suspended -> Running on disks_attached. A5: a disk is attached, and all volumes have an
          UpToDate one.
        - Suspended -> Running on resume_io_requested. resume-io: what can't be done fails.
        """

    @abstractmethod
    def thaw_requests(self) -> Iterable[Effect]:
        """Action of 3 arrows.

        - Suspended -> Running on all_connected. A5: all volumes are Connected or above again.
        - Suspended -> Running on disks_attached. A5: a disk is attached, and all volumes have an
          UpToDate one.
        - Suspended -> Running on resume_io_requested. resume-io: what can't be done fails.
        """

    def holds(self, guard: SuspNodGuard) -> bool:
        """Answer a guard."""
        match guard:
            case SuspNodGuard.waits_for_data:
                return self.waits_for_data()

    def act(self, action: SuspNodAction) -> Iterable[Effect]:
        """Do an action and return its effects."""
        match action:
            case SuspNodAction.call_pri_on_incon_degr:
                return self.call_pri_on_incon_degr()
            case SuspNodAction.settle_generations:
                return self.settle_generations()
            case SuspNodAction.thaw_requests:
                return self.thaw_requests()
