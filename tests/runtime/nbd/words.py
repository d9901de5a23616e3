"""What a client says and hears, as far as the tests need it."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from generated.layouts.nbd_options import (
    NbdClientFlags,
    NbdHandshakeFlags,
    NbdOpt,
    NbdOption,
    NbdOptionReply,
)
from generated.layouts.nbd_requests import (
    NbdBlockStatus,
    NbdChunk,
    NbdChunkFlags,
    NbdChunkType,
    NbdErrorChunk,
    NbdExtent,
    NbdRequest,
    NbdSimpleReply,
)

GREETING_SIZE_BYTES: Final = 18
BOTH_FLAGS: Final = NbdHandshakeFlags.FIXED_NEWSTYLE | NbdHandshakeFlags.NO_ZEROES
FLAGS: Final = NbdClientFlags(BOTH_FLAGS).pack()
ERROR_LEAST: Final = 0x80000000


def option(number: int, data: bytes = b"") -> bytes:
    """An option."""
    return NbdOption(number, len(data)).pack() + data


def text(word: str) -> bytes:
    """A text behind its length."""
    return struct.pack(">I", len(word.encode())) + word.encode()


def go(name: str = "", *infos: int, number: int = NbdOpt.GO) -> bytes:
    """NBD_OPT_GO, or NBD_OPT_INFO."""
    return option(number, text(name) + struct.pack(f">H{len(infos)}H", len(infos), *infos))


def contexts(name: str, *queries: str, number: int = NbdOpt.SET_META_CONTEXT) -> bytes:
    """NBD_OPT_SET_META_CONTEXT, or NBD_OPT_LIST_META_CONTEXT."""
    words = b"".join(text(it) for it in queries)
    return option(number, text(name) + struct.pack(">I", len(queries)) + words)


STRUCTURED: Final = option(NbdOpt.STRUCTURED_REPLY)


def request(
    command: int,
    cookie: int = 1,
    *,
    offset: int = 0,
    length: int = 0,
    flags: int = 0,
) -> bytes:
    """A request; a write's data follow."""
    return NbdRequest(flags, command, cookie, offset, length).pack()


def option_replies(heard: bytes) -> list[tuple[int, bytes]]:
    """The replies to options: what kind each is, and its data."""
    replies, at = [], 0
    while at < len(heard):
        head = NbdOptionReply.unpack_from(heard, at)
        at += head.packed_size
        replies.append((head.reply_type, heard[at : at + head.length]))
        assert len(replies[-1][1]) == head.length
        at += head.length
    return replies


@dataclass
class Heard:
    """What became of one request."""

    error: int = 0
    reason: str = ""
    data: bytes = b""
    status: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    chunk_count: int = 0
    is_done: bool = False


class Listener:
    """Takes the bytes of the transmission, however they are cut; `reads` are the lengths."""

    def __init__(self, reads: Mapping[int, int] | None = None) -> None:
        self.reads = dict(reads or {})
        self.heard: dict[int, Heard] = {}
        self._rest = b""

    def take(self, heard: bytes) -> None:
        """More bytes have come."""
        self._rest += heard
        for taken in iter(self._one, 0):
            self._rest = self._rest[taken:]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return not self._rest and all(it.is_done for it in self.heard.values())

    def _one(self) -> int:
        if len(self._rest) < 20 and not self._is_simple():
            return 0
        return self._simple() if self._is_simple() else self._chunk()

    def _is_simple(self) -> bool:
        return len(self._rest) >= 16 and self._rest[:4] == struct.pack(">I", NbdSimpleReply.magic)

    def _simple(self) -> int:
        head = NbdSimpleReply.unpack_from(self._rest)
        length = 0 if head.error else self.reads.get(head.cookie, 0)
        if len(self._rest) < 16 + length:
            return 0
        assert head.cookie not in self.heard
        data = self._rest[16 : 16 + length]
        self.heard[head.cookie] = Heard(head.error, data=data, chunk_count=1, is_done=True)
        return 16 + length

    def _chunk(self) -> int:
        head = NbdChunk.unpack_from(self._rest)
        end = 20 + head.length
        if len(self._rest) < end:
            return 0
        heard = self.heard.setdefault(head.cookie, Heard())
        assert not heard.is_done
        heard.is_done = bool(head.flags & NbdChunkFlags.DONE)
        heard.chunk_count += 1
        content = self._rest[20:end]
        if head.chunk_type == NbdChunkType.OFFSET_DATA:
            heard.data += content[8:]
        elif head.chunk_type == NbdChunkType.BLOCK_STATUS:
            block = NbdBlockStatus.unpack_from(content)
            heard.status[block.context_id] = list(_extents(bytes(block.extents)))
        elif head.chunk_type == NbdChunkType.ERROR:
            fault = NbdErrorChunk.unpack_from(content)
            heard.error, heard.reason = fault.error, bytes(fault.message).decode()
        else:
            assert head.chunk_type == NbdChunkType.NONE
        return end


def _extents(packed: bytes) -> Iterator[tuple[int, int]]:
    for at in range(0, len(packed), 8):
        extent = NbdExtent.unpack_from(packed, at)
        yield extent.length, extent.status
