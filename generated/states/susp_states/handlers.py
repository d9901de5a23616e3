# Generated from specs/states/susp_states.dot; edit that drawing, then run `make generate`.
"""What the runtime does for susp_states: one method per guard, action and choice."""

from abc import abstractmethod
from collections.abc import Iterable

from ...handlers import Effect, Handlers
from .states import SuspAction


class SuspHandlers(Handlers[Effect]):
    """The handlers of susp_states; a class that lacks one of these methods is refused."""

    DRAWING = "specs/states/susp_states.dot"

    @abstractmethod
    def settle_generations(self) -> Iterable[Effect]:
        """Action of 2 arrows.

        - Suspended -> Running on resume_io_requested. resume-io.
        - Suspended -> Running on thaw_refused. The peer that came back was restarted, so it gets
          nothing before it is resynced (5.5 step 10).
        """

    @abstractmethod
    def thaw_requests(self) -> Iterable[Effect]:
        """Action of 2 arrows.

        - Suspended -> Running on resume_io_requested. resume-io.
        - Suspended -> Running on thaw_refused. The peer that came back was restarted, so it gets
          nothing before it is resynced (5.5 step 10).
        """

    def act(self, action: SuspAction) -> Iterable[Effect]:
        """Do an action and return its effects."""
        match action:
            case SuspAction.settle_generations:
                return self.settle_generations()
            case SuspAction.thaw_requests:
                return self.thaw_requests()
