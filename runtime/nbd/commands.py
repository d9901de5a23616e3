"""What a client asks of an export: one command, and the requests that it comes to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from generated.layouts.codec import Octets
from generated.layouts.nbd_requests import NbdCommand, NbdCommandFlags, NbdError
from runtime.nbd.exports import PAYLOAD_SIZE_BYTES_MAX, Export
from runtime.requests import (
    RANGE_SIZE_BYTES_MAX,
    REQUEST_SIZE_BYTES_MAX,
    SECTOR_SIZE_BYTES,
    Request,
    RequestKind,
    pieces,
)

READ: Final = int(NbdCommand.READ)
WRITE: Final = int(NbdCommand.WRITE)
FLUSH: Final = int(NbdCommand.FLUSH)
DISC: Final = int(NbdCommand.DISC)
BLOCK_STATUS: Final = int(NbdCommand.BLOCK_STATUS)
FUA: Final = int(NbdCommandFlags.FUA)
DF: Final = int(NbdCommandFlags.DF)

FLAGS: Final = {
    READ: FUA | DF,
    WRITE: FUA,
    FLUSH: FUA,
    int(NbdCommand.TRIM): FUA,
    int(NbdCommand.WRITE_ZEROES): FUA | NbdCommandFlags.NO_HOLE | NbdCommandFlags.FAST_ZERO,
    BLOCK_STATUS: FUA | NbdCommandFlags.REQ_ONE,
}
"""Command -> the flags that it may have; where nothing is written, FUA means nothing."""

KINDS: Final = {
    READ: RequestKind.READ,
    WRITE: RequestKind.WRITE,
    FLUSH: RequestKind.FLUSH,
    int(NbdCommand.TRIM): RequestKind.DISCARD,
    int(NbdCommand.WRITE_ZEROES): RequestKind.WRITE_ZEROES,
}
"""What the node is asked for."""

CHANGES: Final = frozenset({WRITE, int(NbdCommand.TRIM), int(NbdCommand.WRITE_ZEROES)})


class Command:
    """One command of a client, from its header to its reply."""

    __slots__ = (
        "code",
        "contents",
        "cookie",
        "error",
        "flags",
        "held_size_bytes",
        "left",
        "length",
        "must_flush",
        "offset",
        "reason",
    )

    def __init__(self, code: int, flags: int, cookie: int, *, offset: int, length: int) -> None:
        self.code = code
        self.flags = flags
        self.cookie = cookie
        self.offset = offset
        self.length = length
        self.left = 0
        """Parts that are not finished, and what keeps it open beside them."""
        self.held_size_bytes = 0
        """How much of its data is here."""
        self.error = 0
        self.reason = ""
        self.must_flush = False
        """Whether a flush has to follow before it is durable, as it has to be."""
        self.contents: dict[int, Octets] = {}
        """What was read, where it goes to the client in one piece: by its first sector."""

    @property
    def first_sector(self) -> int:
        """Where it begins."""
        return self.offset // SECTOR_SIZE_BYTES

    def fail(self, error: int, reason: str) -> None:
        """It has gone wrong; the first error counts."""
        if not self.error:
            self.error, self.reason = error, reason


@dataclass(slots=True, eq=False)
class Part(Request):
    """A request that is a command, or a part of one."""

    command: Command | None = None


def fault(command: Command, export: Export, *, is_structured: bool) -> tuple[int, str]:
    """The error with which a command is refused, and why; 0 when it is none."""
    flags = FLAGS.get(command.code)
    if flags is None:
        return NbdError.EINVAL, f"there is no command {command.code}"
    if command.flags & ~flags:
        return NbdError.EINVAL, f"flags {command.flags:#x} have no meaning here"
    if command.flags & DF and not is_structured:
        return NbdError.EINVAL, "NBD_CMD_FLAG_DF is for structured replies"
    if command.code in CHANGES and export.is_read_only:
        return NbdError.EPERM, "the export is read-only"
    if command.code == FLUSH:
        is_whole = not (command.offset or command.length)
        return (0, "") if is_whole else (NbdError.EINVAL, "a flush has no range")
    return _fault_of_range(command, export)


def _fault_of_range(command: Command, export: Export) -> tuple[int, str]:
    offset, length, least = command.offset, command.length, export.block_size_bytes
    if offset + length > export.size_bytes:
        error = NbdError.ENOSPC if command.code in CHANGES else NbdError.EINVAL
        return error, f"the export ends at byte {export.size_bytes}"
    if offset % least or length % least:
        return NbdError.EINVAL, f"offset and length must be multiples of {least} bytes"
    if command.code == READ and length > PAYLOAD_SIZE_BYTES_MAX:
        return NbdError.EOVERFLOW, f"a reply has at most {PAYLOAD_SIZE_BYTES_MAX} bytes"
    if command.flags & NbdCommandFlags.FAST_ZERO and (
        command.flags & NbdCommandFlags.NO_HOLE or not export.is_zeroing_fast()
    ):
        return NbdError.ENOTSUP, "zeroes would take as long as writing"
    return 0, ""


def requests_of(command: Command, volume: int) -> list[Part]:
    """The requests of a command that brings no data; none for an empty range."""
    kind = KINDS[command.code]
    count = command.length // SECTOR_SIZE_BYTES
    part = Part(kind, volume, command.first_sector, count, command=command)
    if not count:
        return [part] if kind is RequestKind.FLUSH else []
    most_bytes = REQUEST_SIZE_BYTES_MAX
    if kind is not RequestKind.READ:
        most_bytes = RANGE_SIZE_BYTES_MAX
        part.may_unmap = not command.flags & NbdCommandFlags.NO_HOLE
        command.must_flush = bool(command.flags & FUA)
    if command.length <= most_bytes:
        return [part]
    return list(_cut(part, most_bytes))


def _cut(part: Part, size_bytes_max: int) -> Iterator[Part]:
    for piece in pieces(part, size_bytes_max=size_bytes_max):
        assert isinstance(piece, Part)
        yield piece
