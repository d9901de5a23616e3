# Generated from specs/layouts/nbd_options.dot; edit that drawing, then run `make generate`.
"""NBD before the transmission: the greeting, options and their replies (NBD: handshake)."""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from .codec import Field, Flags, Layout, Octets, Values, require

_NbdGreeting = Struct(">QQH")
_NbdClientFlags = Struct(">I")
_NbdOption = Struct(">QII")
_NbdOptionReply = Struct(">QIII")
_NbdExport = Struct(">QH")
_NbdInfoExport = Struct(">H")
_NbdBlockSizes = Struct(">III")
_NbdInfoBlockSize = Struct(">H")
_NbdInfoText = Struct(">H")
_NbdServer = Struct(">I")
_NbdMetaContext = Struct(">I")


class NbdHandshakeFlags(Flags):
    """How to negotiate (NBD: handshake flags)."""

    FIXED_NEWSTYLE = 0x1
    """options that are not known are answered."""
    NO_ZEROES = 0x2
    """the oldest answer ends without 124 zeroes."""


@dataclass(slots=True)
class NbdGreeting(Layout):
    """What the server begins with; the client answers with its flags (NBD: newstyle negotiation)."""

    FIXED_SIZE: ClassVar[int] = 18
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("magic", "u64", 0),
        Field("option_magic", "u64", 8),
        Field("flags", "u16", 16, symbols=NbdHandshakeFlags.describe),
    )

    magic: ClassVar[int] = 0x4E42444D41474943
    """u64 at 0: NBDMAGIC."""
    option_magic: ClassVar[int] = 0x49484156454F5054
    """u64 at 8: IHAVEOPT, which tells this way of negotiating from the oldest one."""
    flags: int
    """u16 at 16 of NbdHandshakeFlags: what the server can."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        magic, option_magic, flags = _NbdGreeting.unpack_from(buffer, offset)
        require("magic", found=magic, wanted=cls.magic)
        require("option_magic", found=option_magic, wanted=cls.option_magic)
        return cls(flags)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 18

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _NbdGreeting.pack_into(buffer, offset, self.magic, self.option_magic, self.flags)
        return offset + 18


@dataclass(slots=True)
class NbdClientFlags(Layout):
    """What the client begins with (NBD: newstyle negotiation)."""

    FIXED_SIZE: ClassVar[int] = 4
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("flags", "u32", 0, symbols=NbdHandshakeFlags.describe),
    )

    flags: int
    """u32 at 0 of NbdHandshakeFlags: what both shall do, of what the server has said."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls(*_NbdClientFlags.unpack_from(buffer, offset))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 4

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _NbdClientFlags.pack_into(buffer, offset, self.flags)
        return offset + 4


class NbdOpt(Values):
    """What a client can ask for (NBD: option types)."""

    EXPORT_NAME = 1
    ABORT = 2
    LIST = 3
    STARTTLS = 5
    INFO = 6
    GO = 7
    STRUCTURED_REPLY = 8
    LIST_META_CONTEXT = 9
    SET_META_CONTEXT = 10


@dataclass(slots=True)
class NbdOption(Layout):
    """A client asks for something; its data follow (NBD: newstyle negotiation)."""

    FIXED_SIZE: ClassVar[int] = 16
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("magic", "u64", 0),
        Field("option", "u32", 8, symbols=NbdOpt.describe),
        Field("length", "u32", 12, unit="bytes"),
    )

    magic: ClassVar[int] = 0x49484156454F5054
    """u64 at 0: IHAVEOPT."""
    option: int
    """u32 at 8 of NbdOpt: what is asked for."""
    length: int
    """u32 at 12, bytes: bytes that follow."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        magic, option, length = _NbdOption.unpack_from(buffer, offset)
        require("magic", found=magic, wanted=cls.magic)
        return cls(option, length)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 16

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _NbdOption.pack_into(buffer, offset, self.magic, self.option, self.length)
        return offset + 16


class NbdRep(Values):
    """What the server can answer (NBD: option reply types)."""

    ACK = 0x00000001
    SERVER = 0x00000002
    INFO = 0x00000003
    META_CONTEXT = 0x00000004
    ERR_UNSUP = 0x80000001
    ERR_POLICY = 0x80000002
    ERR_INVALID = 0x80000003
    ERR_TLS_REQD = 0x80000005
    ERR_UNKNOWN = 0x80000006
    ERR_SHUTDOWN = 0x80000007
    ERR_BLOCK_SIZE_REQD = 0x80000008
    ERR_TOO_BIG = 0x80000009


@dataclass(slots=True)
class NbdOptionReply(Layout):
    """The server answers, perhaps several times; the reply's data follow (NBD: newstyle
    negotiation).
    """

    FIXED_SIZE: ClassVar[int] = 20
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("magic", "u64", 0),
        Field("option", "u32", 8, symbols=NbdOpt.describe),
        Field("reply_type", "u32", 12, symbols=NbdRep.describe),
        Field("length", "u32", 16, unit="bytes"),
    )

    magic: ClassVar[int] = 0x3E889045565A9
    """u64 at 0: tells a reply from the greeting."""
    option: int
    """u32 at 8 of NbdOpt: what was asked for."""
    reply_type: int
    """u32 at 12 of NbdRep: what kind of answer it is."""
    length: int
    """u32 at 16, bytes: bytes that follow."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        magic, option, reply_type, length = _NbdOptionReply.unpack_from(buffer, offset)
        require("magic", found=magic, wanted=cls.magic)
        return cls(option, reply_type, length)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 20

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _NbdOptionReply.pack_into(
            buffer, offset, self.magic, self.option, self.reply_type, self.length
        )
        return offset + 20


class NbdExportFlags(Flags):
    """What may be asked of an export (NBD: transmission flags)."""

    HAS_FLAGS = 0x001
    """always."""
    READ_ONLY = 0x002
    """nothing may be written."""
    SEND_FLUSH = 0x004
    SEND_FUA = 0x008
    ROTATIONAL = 0x010
    SEND_TRIM = 0x020
    SEND_WRITE_ZEROES = 0x040
    SEND_DF = 0x080
    CAN_MULTI_CONN = 0x100
    """a flush of one connection is one of all."""
    SEND_RESIZE = 0x200
    SEND_CACHE = 0x400
    SEND_FAST_ZERO = 0x800


@dataclass(slots=True)
class NbdExport(Layout):
    """What an export is; the oldest option is answered with this alone (NBD: NBD_OPT_EXPORT_NAME)."""

    FIXED_SIZE: ClassVar[int] = 10
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("size", "u64", 0, unit="bytes"),
        Field("flags", "u16", 8, symbols=NbdExportFlags.describe),
    )

    size: int
    """u64 at 0, bytes: how much there is to read."""
    flags: int
    """u16 at 8 of NbdExportFlags: what may be asked for."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls(*_NbdExport.unpack_from(buffer, offset))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 10

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _NbdExport.pack_into(buffer, offset, self.size, self.flags)
        return offset + 10


@dataclass(slots=True)
class NbdInfoExport(Layout):
    """The same as a piece of information (NBD: NBD_INFO_EXPORT)."""

    FIXED_SIZE: ClassVar[int] = 12
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("info", "u16", 0),
        Field("export", "NbdExport", 2),
    )

    info: ClassVar[int] = 0x0
    """u16 at 0: NBD_INFO_EXPORT."""
    export: NbdExport
    """NbdExport at 2: size and flags."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        (info,) = _NbdInfoExport.unpack_from(buffer, offset)
        require("info", found=info, wanted=cls.info)
        export = NbdExport.unpack_from(buffer, offset + 2)
        return cls(export)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 12

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _NbdInfoExport.pack_into(buffer, offset, self.info)
        self.export.pack_into(buffer, offset + 2)
        return offset + 12


@dataclass(slots=True)
class NbdBlockSizes(Layout):
    """Which requests are served, and which are served well (NBD: block size constraints)."""

    FIXED_SIZE: ClassVar[int] = 12
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("least", "u32", 0, unit="bytes"),
        Field("preferred", "u32", 4, unit="bytes"),
        Field("most", "u32", 8, unit="bytes"),
    )

    least: int
    """u32 at 0, bytes: every offset and length is a multiple of this."""
    preferred: int
    """u32 at 4, bytes: multiples of this are cheaper."""
    most: int
    """u32 at 8, bytes: how much one request may carry."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        return cls(*_NbdBlockSizes.unpack_from(buffer, offset))

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 12

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _NbdBlockSizes.pack_into(buffer, offset, self.least, self.preferred, self.most)
        return offset + 12


@dataclass(slots=True)
class NbdInfoBlockSize(Layout):
    """The same as a piece of information (NBD: NBD_INFO_BLOCK_SIZE)."""

    FIXED_SIZE: ClassVar[int] = 14
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("info", "u16", 0),
        Field("sizes", "NbdBlockSizes", 2),
    )

    info: ClassVar[int] = 0x3
    """u16 at 0: NBD_INFO_BLOCK_SIZE."""
    sizes: NbdBlockSizes
    """NbdBlockSizes at 2: the three of them."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        cls.closed_end(buffer, offset, size)
        (info,) = _NbdInfoBlockSize.unpack_from(buffer, offset)
        require("info", found=info, wanted=cls.info)
        sizes = NbdBlockSizes.unpack_from(buffer, offset + 2)
        return cls(sizes)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 14

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _NbdInfoBlockSize.pack_into(buffer, offset, self.info)
        self.sizes.pack_into(buffer, offset + 2)
        return offset + 14


class NbdInfo(Values):
    """What can be told of an export (NBD: information types)."""

    EXPORT = 0
    NAME = 1
    DESCRIPTION = 2
    BLOCK_SIZE = 3


@dataclass(slots=True)
class NbdInfoText(Layout):
    """A name, or a sentence for people (NBD: NBD_INFO_NAME, NBD_INFO_DESCRIPTION)."""

    FIXED_SIZE: ClassVar[int] = 2
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("info", "u16", 0, symbols=NbdInfo.describe),
        Field("text", "bytes", 2),
    )

    info: int
    """u16 at 0 of NbdInfo: which of them."""
    text: Octets
    """bytes at 2: UTF-8."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        end = cls.open_end(buffer, offset, size)
        (info,) = _NbdInfoText.unpack_from(buffer, offset)
        text = memoryview(buffer)[offset + 2 : end]
        return cls(info, text)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 2 + len(self.text)

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _NbdInfoText.pack_into(buffer, offset, self.info)
        end = offset + 2
        buffer[end : end + len(self.text)] = self.text
        end += len(self.text)
        return end


@dataclass(slots=True)
class NbdServer(Layout):
    """The name of an export (NBD: NBD_REP_SERVER)."""

    FIXED_SIZE: ClassVar[int] = 4
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("length", "u32", 0, unit="bytes"),
        Field("name", "bytes", 4),
    )

    length: int
    """u32 at 0, bytes: of the name."""
    name: Octets
    """bytes at 4: UTF-8."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        end = cls.open_end(buffer, offset, size)
        (length,) = _NbdServer.unpack_from(buffer, offset)
        name = memoryview(buffer)[offset + 4 : end]
        return cls(length, name)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 4 + len(self.name)

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _NbdServer.pack_into(buffer, offset, self.length)
        end = offset + 4
        buffer[end : end + len(self.name)] = self.name
        end += len(self.name)
        return end


@dataclass(slots=True)
class NbdMetaContext(Layout):
    """Something that can be told of blocks (NBD: NBD_REP_META_CONTEXT)."""

    FIXED_SIZE: ClassVar[int] = 4
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field("context_id", "u32", 0),
        Field("name", "bytes", 4),
    )

    context_id: int
    """u32 at 0: what stands for it in replies."""
    name: Octets
    """bytes at 4: UTF-8, a namespace and what it is within that."""

    @classmethod
    def unpack_from(
        cls, buffer: Octets, offset: int = 0, size: int | None = None, *, digest_size: int = 0
    ) -> Self:
        """Read the layout at an offset; raise LayoutError when the bytes do not fit."""
        end = cls.open_end(buffer, offset, size)
        (context_id,) = _NbdMetaContext.unpack_from(buffer, offset)
        name = memoryview(buffer)[offset + 4 : end]
        return cls(context_id, name)

    @property
    def packed_size(self) -> int:
        """Bytes that pack_into writes."""
        return 4 + len(self.name)

    def pack_into(self, buffer: bytearray | memoryview, offset: int = 0) -> int:
        """Write the layout at an offset and return the offset behind it."""
        _NbdMetaContext.pack_into(buffer, offset, self.context_id)
        end = offset + 4
        buffer[end : end + len(self.name)] = self.name
        end += len(self.name)
        return end
