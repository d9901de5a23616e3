"""One client's connection without its socket: bytes in; requests, replies and deeds out.

The server reads the socket into `space()`, says so with `received()`, and asks for what follows
with `take()`. What came of a request is told by `finished()`. After each of them `out` is what is
to be sent, and `deeds` what else is to be done.
"""

from collections.abc import Callable, Sequence
from struct import Struct
from typing import Final

from generated.layouts.codec import Octets
from generated.layouts.nbd_options import NbdHandshakeFlags, NbdOption
from generated.layouts.nbd_requests import NbdError, NbdRequest
from generated.states.nbd_states import NbdEvent, NbdState
from runtime.nbd.commands import (
    BLOCK_STATUS,
    DISC,
    FUA,
    READ,
    WRITE,
    Command,
    Part,
    fault,
    requests_of,
)
from runtime.nbd.exports import CONTEXT_IDS, PAYLOAD_SIZE_BYTES_MAX, Export, Exports
from runtime.nbd.inbox import Inbox
from runtime.nbd.options import Options, Outcome
from runtime.nbd.phases import SERVER_FLAGS, Deed, Phases, Stepped
from runtime.nbd.replies import Extent, Replies
from runtime.requests import REQUEST_SIZE_BYTES_MAX, SECTOR_SIZE_BYTES, RequestKind

OPTION_SIZE_BYTES_MAX: Final = 1 << 16  # sixteen times the longest name; what is more is refused,
OPTION_SIZE_BYTES_ABSURD: Final = 1 << 20  # ... and of who has still more to say nothing is read
COMMANDS_MAX: Final = 256  # that one client has under way: as many as fio's deepest queues
SIZE_BYTES_MAX: Final = 16 << 20  # ... of data; the last command that is let in may be 32 MiB more
ALL_SIZE_BYTES_MAX: Final = 256 << 20  # ... of all clients, of which each may have one under way

# The layouts say the same (a test compares), but every request has one of these.
_REQUEST: Final = Struct(">IHHQQI")
_OPTION: Final = Struct(">QII")
_FLAGS: Final = Struct(">I")

_TRANSMISSION: Final = NbdState.Transmission
_LEAVING: Final = NbdState.Leaving


class Load:
    """What all clients of a server have under way."""

    def __init__(self) -> None:
        self.size_bytes = 0


class Session:
    """One client. `stepped` is told each arrow that is taken."""

    def __init__(
        self,
        exports: Exports,
        *,
        needs_tls: bool = False,
        load: Load | None = None,
        stepped: Callable[[Stepped], None] | None = None,
    ) -> None:
        self.out: list[Octets] = []
        self.reason = ""
        """What the client did wrong, if it did."""
        self.options = Options(exports, self.out, needs_tls=needs_tls)
        self._phases = Phases(self.options, self.out, stepped)
        self._fire = self._phases.fire
        self.asked_status: list[Command] = []
        """Commands that want to know of blocks; `status_found` answers them."""
        self.size_bytes = 0
        """How much data is under way."""
        self._load = load or Load()
        self._inbox = Inbox()
        self._replies = Replies(self.out)
        self._export: Export
        self._commands: set[Command] = set()
        self._more: list[Part] = []
        self._writing: Command | None = None
        self._payload_left = 0
        self._skip_left = 0
        self._fire(NbdEvent.client_connected)

    def _err(self, reason: str) -> None:
        self.reason = reason
        self._forget_payload()
        self._fire(NbdEvent.client_erred)

    # What the server tells

    @property
    def state(self) -> NbdState:
        """Where the connection is."""
        return self._phases.state

    def take_deeds(self) -> list[Deed]:
        """What else is to be done, in order."""
        deeds, self._phases.deeds = self._phases.deeds, []
        return deeds

    @property
    def export(self) -> Export:
        """What was chosen."""
        return self._export

    @property
    def contexts(self) -> tuple[str, ...]:
        """The meta contexts that were chosen with it."""
        return self.options.contexts

    def space(self) -> memoryview:
        """Where the next bytes of the socket go."""
        return self._inbox.space()

    def received(self, size_bytes: int) -> None:
        """So many bytes were put at the beginning of the space."""
        self._inbox.received(size_bytes)

    def tls_began(self) -> None:
        """From now on all is encrypted; what was sent before that is nobody's."""
        self._fire(NbdEvent.tls_began)

    def lost(self) -> None:
        """The socket has ended."""
        self._forget_payload()
        self._fire(NbdEvent.client_lost)

    def end(self) -> None:
        """The server ends: what is under way is still answered."""
        self._fire(NbdEvent.server_ended)
        self._leave_if_idle()

    def give_up(self) -> None:
        """The server can't wait any longer: what is still under way is answered with an error."""
        for command in self._commands:
            command.fail(NbdError.ESHUTDOWN, "the node ends, and does not know what came of it")
            self._replies.end(command)
        self._replies = Replies([])  # nobody is told how it ended after all
        self._fire(NbdEvent.all_answered)

    @property
    def is_full(self) -> bool:
        """Whether nothing more is taken until something is finished."""
        if not self._commands:
            return False
        return (
            len(self._commands) >= COMMANDS_MAX
            or self.size_bytes >= SIZE_BYTES_MAX
            or self._load.size_bytes >= ALL_SIZE_BYTES_MAX
        )

    def take(self) -> list[Part]:
        """What is to be asked of the node now; as far as the bytes go that came."""
        parts, self._more = self._more, []
        while self._advance(parts):
            pass
        return parts

    def _advance(self, parts: list[Part]) -> bool:
        """Take one thing of what came; say whether there may be another."""
        if self._skip_left:
            self._skip_left -= self._inbox.drop(self._skip_left)
            self._leave_if_idle()
            return not self._skip_left
        if self._phases.state is _TRANSMISSION or self._phases.state is _LEAVING:
            if self._writing is not None:
                return not self.is_full and self._take_payload(self._writing, parts)
            return not self.is_full and self._take_command(parts)
        if self._phases.state is NbdState.Options:
            return self._take_option()
        return self._phases.state is NbdState.Greeted and self._take_flags()

    # The handshake

    def _take_flags(self) -> bool:
        head = self._inbox.fields(_FLAGS)
        if head is None:
            return False
        self._inbox.take(_FLAGS.size)
        if head[0] & ~SERVER_FLAGS:
            self._err(f"it began with the flags {head[0]:#x}")
            return False
        self.options.pads_with_zeroes = not head[0] & NbdHandshakeFlags.NO_ZEROES
        self._fire(NbdEvent.client_flags_arrived)
        return True

    def _take_option(self) -> bool:
        head = self._inbox.fields(_OPTION)
        if head is None:
            return False
        magic, option, length = head
        if magic != NbdOption.magic or length > OPTION_SIZE_BYTES_ABSURD:
            self._err(f"{magic:#x} with {length} bytes behind it is no option")
            return False
        if length > OPTION_SIZE_BYTES_MAX:
            self._skip_left = _OPTION.size + length
            self.options.refuse_size(option, length)
            return True
        whole = self._inbox.take(_OPTION.size + length)
        if whole is None:
            return False
        return self._go_on(self.options.answer(option, whole[_OPTION.size :]))

    def _go_on(self, outcome: Outcome) -> bool:
        """Do what an option leads to; say whether there may be more to take."""
        if outcome is Outcome.GO_ON:
            return True
        if outcome is Outcome.CHOSEN:
            assert self.options.export is not None
            self._export = self.options.export
            self._replies.is_structured = self.options.is_structured
            self._fire(NbdEvent.export_chosen)
            return True
        if outcome is Outcome.TLS and not self._inbox.size_bytes:
            self._fire(NbdEvent.tls_asked)
        elif outcome is Outcome.TLS:  # somebody in between may have put it there
            self._err("it sent more in the clear behind NBD_OPT_STARTTLS")
        elif outcome is Outcome.ABORTED:
            self._fire(NbdEvent.abort_asked)
        else:
            self._err("it chose by NBD_OPT_EXPORT_NAME what it can't have")
        return False

    # Requests

    def _take_command(self, parts: list[Part]) -> bool:
        head = self._inbox.fields(_REQUEST)
        if head is None:
            return False
        magic, flags, code, cookie, offset, length = head
        if magic != NbdRequest.magic:
            self._err(f"a request began with {magic:#x}")
            return False
        self._inbox.take(_REQUEST.size)
        if code == DISC:
            if self._phases.state is _TRANSMISSION:
                self._fire(NbdEvent.disconnect_asked)
            self._leave_if_idle()
            return False
        command = Command(code, flags, cookie, offset=offset, length=length)
        if code == WRITE and length > PAYLOAD_SIZE_BYTES_MAX:
            self._err(f"a write of {length} bytes, {PAYLOAD_SIZE_BYTES_MAX} are allowed")
            return False
        self._commands.add(command)
        self._begin(command, parts)
        return True

    def _begin(self, command: Command, parts: list[Part]) -> None:
        if self._phases.state is _LEAVING:
            error, reason = int(NbdError.ESHUTDOWN), "the export is taken back"
        else:
            error, reason = fault(command, self._export, is_structured=self._replies.is_structured)
        if error:
            command.fail(error, reason)
            self._skip_left = command.length if command.code == WRITE else 0
            self._end(command)
        elif command.code == WRITE and command.length:
            command.left = 1
            command.must_flush = bool(command.flags & FUA) and _is_long(command)
            self._writing, self._payload_left = command, command.length
        elif command.code == BLOCK_STATUS:
            self._ask_status(command)
        else:
            self._ask(command, requests_of(command, self._export.volume), parts)

    def _ask(self, command: Command, requests: list[Part], parts: list[Part]) -> None:
        command.left = len(requests)
        if command.code == READ:
            self._hold(command, command.length)
        parts += requests
        if not requests:
            self._end(command)

    def _ask_status(self, command: Command) -> None:
        if self._replies.is_structured and self.contexts and command.length:
            self.asked_status.append(command)
        else:
            command.fail(NbdError.EINVAL, "there is no meta context, or nothing to say of it")
            self._end(command)

    def _take_payload(self, command: Command, parts: list[Part]) -> bool:
        """Give a piece of a write to the node as soon as it is there."""
        size_bytes = min(self._payload_left, REQUEST_SIZE_BYTES_MAX)
        data = self._inbox.take(size_bytes)
        if data is None:
            return False
        first_sector = (command.offset + command.length - self._payload_left) // SECTOR_SIZE_BYTES
        self._payload_left -= size_bytes
        is_fua = bool(command.flags & FUA) and not command.must_flush
        parts.append(
            Part(
                RequestKind.WRITE,
                self._export.volume,
                first_sector,
                size_bytes // SECTOR_SIZE_BYTES,
                data,
                fua=is_fua,
                command=command,
            )
        )
        self._hold(command, size_bytes)
        if self._payload_left:
            command.left += 1
        else:
            self._writing = None
        return True

    def _hold(self, command: Command, size_bytes: int) -> None:
        command.held_size_bytes += size_bytes
        self.size_bytes += size_bytes
        self._load.size_bytes += size_bytes

    def _forget_payload(self) -> None:
        """What was to come of a write does not come any more."""
        command, self._writing = self._writing, None
        if command is not None:
            command.left -= 1
            self._commands.discard(command)

    # What came of them

    def finished(self, part: Part, error: str, content: Octets) -> None:
        """A request is done."""
        command = part.command
        assert command is not None
        command.left -= 1
        if part.kind is RequestKind.WRITE:
            self._hold(command, -part.sector_count * SECTOR_SIZE_BYTES)
        if error:
            command.fail(NbdError.EIO, error)
        elif command.code == READ:
            self._replies.read(command, part.first_sector, content)
        if not command.left:
            self._end_or_flush(command)

    def _end_or_flush(self, command: Command) -> None:
        if command.must_flush and not command.error:
            command.must_flush = False
            command.left = 1
            flush = Part(RequestKind.FLUSH, self._export.volume, command=command)
            self._more.append(flush)
        else:
            self._end(command)

    def status_found(self, command: Command, found: Sequence[tuple[str, list[Extent]]]) -> None:
        """What each meta context says of the blocks."""
        self._replies.status(command, [(CONTEXT_IDS[name], extents) for name, extents in found])
        self._commands.discard(command)
        self._leave_if_idle()

    def _end(self, command: Command) -> None:
        self._replies.end(command)
        if command.held_size_bytes:
            self._hold(command, -command.held_size_bytes)
        self._commands.discard(command)
        self._leave_if_idle()

    def _leave_if_idle(self) -> None:
        """... and nothing is left unread of what was answered: that would be a reset for it."""
        if self._phases.state is _LEAVING and not self._commands and not self._skip_left:
            self._fire(NbdEvent.all_answered)


def _is_long(command: Command) -> bool:
    """Whether one flush behind all pieces costs less than making each of them durable."""
    return command.length > REQUEST_SIZE_BYTES_MAX
