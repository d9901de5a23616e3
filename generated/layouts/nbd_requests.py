# Generated from specs/layouts/nbd_requests.dot; edit that drawing, then run `make generate`.
"""NBD's transmission: requests, and replies of both kinds (NBD: transmission)."""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from .codec import Field, Flags, Layout, Octets, Values, require

_NbdRequest = Struct(">IHHQQI")
_NbdSimpleReply = Struct(">IIQ")
_NbdChunk = Struct(">IHHQI")
_NbdOffsetData = Struct(">Q")
_NbdErrorChunk = Struct(">IH")
_NbdBlockStatus = Struct(">I")
_NbdExtent = Struct(">II")


class NbdCommandFlags(Flags):
    """How it is to be done (NBD: command flags)."""

    FUA = 0x01
    """answered when it is durable."""
    NO_HOLE = 0x02
    """the zeroes shall stay allocated."""
    DF = 0x04
    """the reply to a read is one piece."""
    REQ_ONE = 0x08
    """one extent is enough."""
    FAST_ZERO = 0x10
    """not at all rather than as slowly as writing."""


class NbdCommand(Values):
    """What a client can ask for (NBD: request types)."""

    READ = 0
    WRITE = 1
    DISC = 2
    FLUSH = 3
    TRIM = 4
    CACHE = 5
    WRITE_ZEROES = 6
    BLOCK_STATUS = 7


@dataclass(slots=True)
class NbdRequest(Layout):
    """What a client asks for; behind a write follow its data (NBD: request message)."""

    FIXED_SIZE: ClassVar[int] = 28
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("magic", "u32", 0),
        Field("flags", "u16", 4, symbols=NbdCommandFlags.describe),
        Field("command", "u16", 6, symbols=NbdCommand.describe),
        Field("cookie", "cookie64", 8),
        Field("offset", "u64", 16, unit="bytes"),
        Field("length", "u32", 24, unit="bytes"),
    )

    magic: ClassVar[int] = 0x25609513
    """u32 at 0: begins every request."""
    flags: int
    """u16 at 4 of NbdCommandFlags: how to do it."""
    command: int
    """u16 at 6 of NbdCommand: what to do."""
    cookie: int
    """cookie64 at 8: the client's name for it."""
    offset: int
    """u64 at 16, bytes: where."""
    length: int
    """u32 at 24, bytes: how much."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        magic, flags, command, cookie, offset_, length = _NbdRequest.unpack_from(buffer, offset)
        require("magic", found=magic, wanted=cls.magic)
        return cls(flags, command, cookie, offset_, length)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 28

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _NbdRequest.pack_into(
            buffer,
            offset,
            self.magic,
            self.flags,
            self.command,
            self.cookie,
            self.offset,
            self.length,
        )
        return offset + 28


class NbdError(Values):
    """What went wrong, by numbers that do not depend on the system (NBD: error values)."""

    SUCCESS = 0
    EPERM = 1
    EIO = 5
    ENOMEM = 12
    EINVAL = 22
    ENOSPC = 28
    EOVERFLOW = 75
    ENOTSUP = 95
    ESHUTDOWN = 108


@dataclass(slots=True)
class NbdSimpleReply(Layout):
    """How it went; behind a read that went well follow its data (NBD: simple reply message)."""

    FIXED_SIZE: ClassVar[int] = 16
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("magic", "u32", 0),
        Field("error", "u32", 4, symbols=NbdError.describe),
        Field("cookie", "cookie64", 8),
    )

    magic: ClassVar[int] = 0x67446698
    """u32 at 0: begins every reply of this kind."""
    error: int
    """u32 at 4 of NbdError: 0 when it went well."""
    cookie: int
    """cookie64 at 8: of the request."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        magic, error, cookie = _NbdSimpleReply.unpack_from(buffer, offset)
        require("magic", found=magic, wanted=cls.magic)
        return cls(error, cookie)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 16

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _NbdSimpleReply.pack_into(buffer, offset, self.magic, self.error, self.cookie)
        return offset + 16


class NbdChunkFlags(Flags):
    """Whether more is to come (NBD: structured reply flags)."""

    DONE = 0x1
    """this chunk is the request's last."""


class NbdChunkType(Values):
    """What a chunk holds (NBD: structured reply types)."""

    NONE = 0
    OFFSET_DATA = 1
    OFFSET_HOLE = 2
    BLOCK_STATUS = 5
    ERROR = 32769
    ERROR_OFFSET = 32770


@dataclass(slots=True)
class NbdChunk(Layout):
    """A part of what there is to say; the chunk's data follow (NBD: structured reply chunk
    message).
    """

    FIXED_SIZE: ClassVar[int] = 20
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("magic", "u32", 0),
        Field("flags", "u16", 4, symbols=NbdChunkFlags.describe),
        Field("chunk_type", "u16", 6, symbols=NbdChunkType.describe),
        Field("cookie", "cookie64", 8),
        Field("length", "u32", 16, unit="bytes"),
    )

    magic: ClassVar[int] = 0x668E33EF
    """u32 at 0: begins every reply of this kind."""
    flags: int
    """u16 at 4 of NbdChunkFlags: whether more is to come."""
    chunk_type: int
    """u16 at 6 of NbdChunkType: what follows."""
    cookie: int
    """cookie64 at 8: of the request."""
    length: int
    """u32 at 16, bytes: bytes that follow."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        magic, flags, chunk_type, cookie, length = _NbdChunk.unpack_from(buffer, offset)
        require("magic", found=magic, wanted=cls.magic)
        return cls(flags, chunk_type, cookie, length)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 20

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _NbdChunk.pack_into(
            buffer, offset, self.magic, self.flags, self.chunk_type, self.cookie, self.length
        )
        return offset + 20


@dataclass(slots=True)
class NbdOffsetData(Layout):
    """What was read (NBD: NBD_REPLY_TYPE_OFFSET_DATA)."""

    FIXED_SIZE: ClassVar[int] = 8
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("offset", "u64", 0, unit="bytes"),
        Field("data", "bytes", 8),
    )

    offset: int
    """u64 at 0, bytes: in the export."""
    data: Octets
    """bytes at 8: from there on."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        end = cls.open_end(buffer, offset, size)
        (offset_,) = _NbdOffsetData.unpack_from(buffer, offset)
        data = memoryview(buffer)[offset + 8 : end]
        return cls(offset_, data)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 8 + len(self.data)

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _NbdOffsetData.pack_into(buffer, offset, self.offset)
        end = offset + 8
        buffer[end : end + len(self.data)] = self.data
        end += len(self.data)
        return end


@dataclass(slots=True)
class NbdErrorChunk(Layout):
    """What went wrong; with the type ERROR_OFFSET the place as a u64 is behind it (NBD:
    NBD_REPLY_TYPE_ERROR).
    """

    FIXED_SIZE: ClassVar[int] = 6
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("error", "u32", 0, symbols=NbdError.describe),
        Field("message_length", "u16", 4, unit="bytes"),
        Field("message", "bytes", 6),
    )

    error: int
    """u32 at 0 of NbdError: which of the errors."""
    message_length: int
    """u16 at 4, bytes: of the sentence."""
    message: Octets
    """bytes at 6: a sentence for people, perhaps followed by the place."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        end = cls.open_end(buffer, offset, size)
        error, message_length = _NbdErrorChunk.unpack_from(buffer, offset)
        message = memoryview(buffer)[offset + 6 : end]
        return cls(error, message_length, message)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 6 + len(self.message)

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _NbdErrorChunk.pack_into(buffer, offset, self.error, self.message_length)
        end = offset + 6
        buffer[end : end + len(self.message)] = self.message
        end += len(self.message)
        return end


@dataclass(slots=True)
class NbdBlockStatus(Layout):
    """What a meta context says of blocks, as many NbdExtent (NBD: NBD_REPLY_TYPE_BLOCK_STATUS)."""

    FIXED_SIZE: ClassVar[int] = 4
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("context_id", "u32", 0),
        Field("extents", "bytes", 4),
    )

    context_id: int
    """u32 at 0: as it was negotiated."""
    extents: Octets
    """bytes at 4: one behind the other, from the request's offset on."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        end = cls.open_end(buffer, offset, size)
        (context_id,) = _NbdBlockStatus.unpack_from(buffer, offset)
        extents = memoryview(buffer)[offset + 4 : end]
        return cls(context_id, extents)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 4 + len(self.extents)

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _NbdBlockStatus.pack_into(buffer, offset, self.context_id)
        end = offset + 4
        buffer[end : end + len(self.extents)] = self.extents
        end += len(self.extents)
        return end


@dataclass(slots=True)
class NbdExtent(Layout):
    """Blocks of which the same is to be said (NBD: NBD_REPLY_TYPE_BLOCK_STATUS)."""

    FIXED_SIZE: ClassVar[int] = 8
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("length", "u32", 0, unit="bytes"),
        Field("status", "u32", 4),
    )

    length: int
    """u32 at 0, bytes: how many bytes."""
    status: int
    """u32 at 4: what the meta context says of them."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls(*_NbdExtent.unpack_from(buffer, offset))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 8

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _NbdExtent.pack_into(buffer, offset, self.length, self.status)
        return offset + 8


class NbdAllocation(Flags):
    """What base:allocation says of blocks (NBD: base:allocation)."""

    HOLE = 0x1
    """they take no room."""
    ZERO = 0x2
    """they read as zeroes."""


class NbdOutOfSync(Flags):
    """What dotmirror:out-of-sync says of blocks (README: an NBD export)."""

    OUT_OF_SYNC = 0x1
    """the nodes do not have them in common."""
