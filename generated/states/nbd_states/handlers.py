# Generated from specs/states/nbd_states.dot; edit that drawing, then run `make generate`.
"""What the runtime does for nbd_states: one method per guard, action and choice."""

from abc import abstractmethod
from collections.abc import Iterable

from ...handlers import Effect, Handlers
from .states import NbdAction


class NbdHandlers(Handlers[Effect]):
    """The handlers of nbd_states; a class that lacks one of these methods is refused."""

    DRAWING = "specs/states/nbd_states.dot"

    @abstractmethod
    def greet(self) -> Iterable[Effect]:
        """Action of Closed -> Greeted on client_connected. The server says first what it can."""

    @abstractmethod
    def begin_tls(self) -> Iterable[Effect]:
        """Action of Options -> StartingTls on tls_asked. NBD_OPT_STARTTLS."""

    @abstractmethod
    def forget_options(self) -> Iterable[Effect]:
        """Action of StartingTls -> Options on tls_began. What was agreed in the clear may be
        somebody else's doing, and counts no more.
        """

    @abstractmethod
    def hold_device(self) -> Iterable[Effect]:
        """Action of Options -> Transmission on export_chosen. NBD_OPT_GO or NBD_OPT_EXPORT_NAME."""

    @abstractmethod
    def hang_up(self) -> Iterable[Effect]:
        """Action of 9 arrows.

        - Options -> Closed on abort_asked. NBD_OPT_ABORT: the reply goes out before the end.
        - Leaving -> Closed on all_answered. Nothing is under way any more.
        - Greeted -> Closed on server_ended. The export is taken back.
        - Options -> Closed on server_ended. The export is taken back.
        - StartingTls -> Closed on server_ended. The export is taken back.
        - Greeted -> Closed on client_erred. It has sent what no client sends.
        - Options -> Closed on client_erred. It has sent what no client sends.
        - Transmission -> Closed on client_erred. The same; what is under way is still done.
        - Leaving -> Closed on client_erred. The same; what is under way is still done.
        """

    @abstractmethod
    def release_device(self) -> Iterable[Effect]:
        """Action of 5 arrows.

        - Leaving -> Closed on all_answered. Nothing is under way any more.
        - Transmission -> Closed on client_lost. The socket has ended; what is under way is still
          done.
        - Leaving -> Closed on client_lost. The socket has ended; what is under way is still done.
        - Transmission -> Closed on client_erred. The same; what is under way is still done.
        - Leaving -> Closed on client_erred. The same; what is under way is still done.
        """

    def act(self, action: NbdAction) -> Iterable[Effect]:
        """Do an action and return its effects."""
        match action:
            case NbdAction.greet:
                return self.greet()
            case NbdAction.begin_tls:
                return self.begin_tls()
            case NbdAction.forget_options:
                return self.forget_options()
            case NbdAction.hold_device:
                return self.hold_device()
            case NbdAction.hang_up:
                return self.hang_up()
            case NbdAction.release_device:
                return self.release_device()
