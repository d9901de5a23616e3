"""What a client is answered, by replies of both kinds (NBD: transmission)."""

import struct
from collections.abc import Sequence
from typing import Final

from generated.layouts.codec import Octets
from generated.layouts.nbd_requests import (
    NbdBlockStatus,
    NbdChunk,
    NbdChunkFlags,
    NbdChunkType,
    NbdErrorChunk,
    NbdExtent,
    NbdSimpleReply,
)
from runtime.nbd.commands import DF, READ, Command
from runtime.requests import SECTOR_SIZE_BYTES

JOINED_SIZE_BYTES_MAX: Final = 1 << 12  # a shorter payload is copied faster than sent on its own
MESSAGE_SIZE_BYTES_MAX: Final = 4096  # NBD: strings
DONE: Final = int(NbdChunkFlags.DONE)
OFFSET_DATA: Final = int(NbdChunkType.OFFSET_DATA)

# The layouts say the same (a test compares), but a reply has one of these three each.
_SIMPLE: Final = struct.Struct(">IIQ")
_CHUNK: Final = struct.Struct(">IHHQI")
_CHUNK_OF_DATA: Final = struct.Struct(">IHHQIQ")

Extent = tuple[int, int]
"""How many bytes, and what is said of them."""


class Replies:
    """Puts replies into `out`. A payload is not copied, and must stay as it is until it is sent."""

    def __init__(self, out: list[Octets]) -> None:
        self._out = out
        self.is_structured = False

    def read(self, command: Command, first_sector: int, content: Octets) -> None:
        """A part of a read has its content: it goes out now, or when all of it is there."""
        if self.is_structured and not command.flags & DF:
            flags = 0 if command.left or command.error else DONE
            self._data(command, first_sector * SECTOR_SIZE_BYTES, flags, [content])
        else:
            command.contents[first_sector] = content

    def end(self, command: Command) -> None:
        """All of a command is done."""
        is_read = command.code == READ
        if command.error:
            if self.is_structured:
                self._error(command)
            else:
                self._out.append(_SIMPLE.pack(NbdSimpleReply.magic, command.error, command.cookie))
        elif not (is_read and self.is_structured):
            head = _SIMPLE.pack(NbdSimpleReply.magic, 0, command.cookie)
            self._send(head, _in_order(command))
        elif command.contents:
            self._data(command, command.offset, DONE, _in_order(command))
        elif not command.length:
            self._chunk(command, NbdChunkType.NONE, b"")

    def _data(self, command: Command, offset: int, flags: int, contents: Sequence[Octets]) -> None:
        size_bytes = sum(map(len, contents)) + 8
        head = _CHUNK_OF_DATA.pack(
            NbdChunk.magic, flags, OFFSET_DATA, command.cookie, size_bytes, offset
        )
        self._send(head, contents)

    def _send(self, head: bytes, contents: Sequence[Octets]) -> None:
        if len(contents) == 1 and len(contents[0]) <= JOINED_SIZE_BYTES_MAX:
            self._out.append(head + contents[0])
        else:
            self._out.append(head)
            self._out += contents

    def _error(self, command: Command) -> None:
        text = command.reason.encode()[:MESSAGE_SIZE_BYTES_MAX]
        content = NbdErrorChunk(command.error, len(text), memoryview(text)).pack()
        self._chunk(command, NbdChunkType.ERROR, content)

    def _chunk(self, command: Command, kind: int, content: bytes, flags: int = DONE) -> None:
        head = _CHUNK.pack(NbdChunk.magic, flags, kind, command.cookie, len(content))
        self._out.append(head + content)

    def status(self, command: Command, found: Sequence[tuple[int, Sequence[Extent]]]) -> None:
        """What each meta context, by its number, says of the blocks."""
        for place, (number, extents) in enumerate(found, 1):
            packed = b"".join(NbdExtent(*it).pack() for it in extents)
            content = NbdBlockStatus(number, memoryview(packed)).pack()
            flags = DONE if place == len(found) else 0
            self._chunk(command, NbdChunkType.BLOCK_STATUS, content, flags)


def _in_order(command: Command) -> list[Octets]:
    contents = command.contents
    return [contents[first] for first in sorted(contents)] if contents else []
