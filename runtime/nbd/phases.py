"""Where a client's connection is, by its drawing, and what its server has to do for that."""

from collections.abc import Callable, Iterator
from enum import Enum
from typing import NamedTuple

from generated.layouts.codec import Octets
from generated.layouts.nbd_options import NbdGreeting, NbdHandshakeFlags
from generated.states.nbd_states import INITIAL, NbdEvent, NbdHandlers, step
from runtime.nbd.options import Options

SERVER_FLAGS = NbdHandshakeFlags.FIXED_NEWSTYLE | NbdHandshakeFlags.NO_ZEROES


class Deed(Enum):
    """What a session wants of its server."""

    BEGIN_TLS = "begin a TLS handshake behind what is queued"
    HOLD = "keep the device from being closed"
    RELEASE = "... no longer"
    HANG_UP = "close the socket behind what is queued"


class Stepped(NamedTuple):
    """One arrow of the drawing was taken."""

    source: str
    event: str
    target: str
    actions: tuple[str, ...]


class Phases(NbdHandlers[Deed]):
    """The machine of one connection, and its handlers. `stepped` is told each arrow."""

    def __init__(
        self,
        options: Options,
        out: list[Octets],
        stepped: Callable[[Stepped], None] | None = None,
    ) -> None:
        self.state = INITIAL
        self.deeds: list[Deed] = []
        self._options = options
        self._out = out
        self._stepped = stepped

    def fire(self, event: NbdEvent) -> None:
        """Take an event; `deeds` get what follows."""
        arrow = step(self.state, event, self)
        source, self.state = self.state, arrow.target
        for action in arrow.actions:
            self.deeds += self.act(action)
        if self._stepped is not None:
            actions = tuple(it.name for it in arrow.actions)
            self._stepped(Stepped(source.name, event.name, self.state.name, actions))

    def greet(self) -> Iterator[Deed]:
        """NbdGreeting."""
        self._out.append(NbdGreeting(SERVER_FLAGS).pack())
        yield from ()

    def begin_tls(self) -> Iterator[Deed]:
        """TLS' handshake follows at once."""
        yield Deed.BEGIN_TLS

    def forget_options(self) -> Iterator[Deed]:
        """All has to be asked for once more."""
        self._options.forget()
        yield from ()

    def hold_device(self) -> Iterator[Deed]:
        """From now on the volume stays primary."""
        yield Deed.HOLD

    def release_device(self) -> Iterator[Deed]:
        """From now on it need not."""
        yield Deed.RELEASE

    def hang_up(self) -> Iterator[Deed]:
        """The end."""
        yield Deed.HANG_UP
