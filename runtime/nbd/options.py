"""What a client asks before it uses an export, and the answers (NBD: option haggling)."""

from collections.abc import Callable, Iterator
from enum import Enum
from struct import Struct
from struct import error as StructError  # noqa: N812  # it is a class
from typing import Final

from generated.layouts.codec import Layout, Octets
from generated.layouts.nbd_options import (
    NbdInfo,
    NbdInfoBlockSize,
    NbdInfoExport,
    NbdInfoText,
    NbdMetaContext,
    NbdOpt,
    NbdOptionReply,
    NbdRep,
    NbdServer,
)
from runtime.errors import MisuseError
from runtime.nbd.exports import CONTEXT_IDS, Export, Exports, found

NAME_SIZE_BYTES_MAX: Final = 4096  # NBD: strings
QUERIES_MAX: Final = 64  # there are two contexts; who asks for more repeats himself
ZEROES_SIZE_BYTES: Final = 124  # NBD: NBD_OPT_EXPORT_NAME
_U16: Final = Struct(">H")
_U32: Final = Struct(">I")


class Outcome(Enum):
    """What an option leads to."""

    GO_ON = "another option may follow"
    CHOSEN = "requests follow"
    TLS = "a TLS handshake follows"
    ABORTED = "nothing follows"
    ERRED = "no client does that, or there is no other way to refuse it"


class Options:
    """One client's options. `out` gets what is to be sent."""

    def __init__(self, exports: Exports, out: list[Octets], *, needs_tls: bool) -> None:
        self._exports = exports
        self._out = out
        self._has_tls = needs_tls
        self._needs_tls = needs_tls
        self.pads_with_zeroes = True
        """Whether the oldest answer ends with zeroes (NBD_FLAG_NO_ZEROES is not set)."""
        self.is_structured = False
        """Whether replies to reads have chunks."""
        self.export: Export | None = None
        """What was chosen."""
        self._contexts_of: tuple[str, tuple[str, ...]] = ("", ())
        """The export's name, and which meta contexts were asked for."""
        self._methods: dict[int, Callable[[int, memoryview], Outcome]] = {
            NbdOpt.EXPORT_NAME: self._export_name,
            NbdOpt.ABORT: self._abort,
            NbdOpt.LIST: self._list,
            NbdOpt.STARTTLS: self._start_tls,
            NbdOpt.INFO: self._info,
            NbdOpt.GO: self._info,
            NbdOpt.STRUCTURED_REPLY: self._structure,
            NbdOpt.LIST_META_CONTEXT: self._meta_contexts,
            NbdOpt.SET_META_CONTEXT: self._meta_contexts,
        }

    @property
    def contexts(self) -> tuple[str, ...]:
        """The meta contexts of the export that was chosen."""
        name, contexts = self._contexts_of
        assert self.export is not None
        export = found(self._exports(), name)
        return contexts if export is not None and export.volume == self.export.volume else ()

    def forget(self) -> None:
        """TLS has begun: nothing said before it counts."""
        self._needs_tls = False
        self.is_structured = False
        self._contexts_of = ("", ())

    def answer(self, option: int, data: memoryview) -> Outcome:
        """Take an option, and queue what there is to say."""
        method = self._methods.get(option)
        if self._needs_tls and option not in (NbdOpt.STARTTLS, NbdOpt.ABORT):
            if option == NbdOpt.EXPORT_NAME:
                return Outcome.ERRED
            return self._say(option, NbdRep.ERR_TLS_REQD, "begin with NBD_OPT_STARTTLS")
        if method is None:
            return self._say(option, NbdRep.ERR_UNSUP, f"there is no option {option}")
        try:
            return method(option, data)
        except MisuseError as fault:
            return self._say(option, NbdRep.ERR_INVALID, str(fault))

    def refuse_size(self, option: int, size_bytes: int) -> None:
        """The data of an option are more than anybody needs."""
        self._say(option, NbdRep.ERR_TOO_BIG, f"{size_bytes} bytes are too many for an option")

    def _say(self, option: int, kind: int, content: str | Layout = "") -> Outcome:
        data = content.encode() if isinstance(content, str) else content.pack()
        self._out.append(NbdOptionReply(option, kind, len(data)).pack() + data)
        return Outcome.GO_ON

    # One method each

    def _export_name(self, _option: int, data: memoryview) -> Outcome:
        """The oldest way: it can't be refused but by hanging up."""
        export = found(self._exports(), _text(data))
        if export is None or export.refusal:
            return Outcome.ERRED
        zeroes = bytes(ZEROES_SIZE_BYTES) if self.pads_with_zeroes else b""
        self._out.append(export.shown.pack() + zeroes)
        self.export = export
        return Outcome.CHOSEN

    def _abort(self, option: int, _data: memoryview) -> Outcome:
        self._say(option, NbdRep.ACK)
        return Outcome.ABORTED

    def _list(self, option: int, data: memoryview) -> Outcome:
        _nothing_in(data)
        for export in self._exports():
            name = export.name.encode()
            self._say(option, NbdRep.SERVER, NbdServer(len(name), memoryview(name)))
        return self._say(option, NbdRep.ACK)

    def _start_tls(self, option: int, data: memoryview) -> Outcome:
        _nothing_in(data)
        if not self._has_tls:
            return self._say(option, NbdRep.ERR_UNSUP, "there is no TLS here")
        if not self._needs_tls:
            raise MisuseError("TLS has begun")
        self._say(option, NbdRep.ACK)
        return Outcome.TLS

    def _structure(self, option: int, data: memoryview) -> Outcome:
        _nothing_in(data)
        self.is_structured = True
        return self._say(option, NbdRep.ACK)

    def _info(self, option: int, data: memoryview) -> Outcome:
        """NBD_OPT_INFO only tells, NBD_OPT_GO chooses as well."""
        name, rest = _named(data)
        count = _number(rest, _U16)
        if len(rest) != 2 + 2 * count:
            raise MisuseError(f"{len(rest) - 2} bytes are no {count} numbers of information")
        wanted = [_number(rest[start:], _U16) for start in range(2, len(rest), 2)]
        export = self._usable(option, name)
        if export is None:
            return Outcome.GO_ON
        self._say(option, NbdRep.INFO, NbdInfoExport(export.shown))
        self._say(option, NbdRep.INFO, NbdInfoBlockSize(export.block_sizes))
        if NbdInfo.NAME in wanted:
            text = memoryview(export.name.encode())
            self._say(option, NbdRep.INFO, NbdInfoText(NbdInfo.NAME, text))
        self._say(option, NbdRep.ACK)
        if option == NbdOpt.INFO:
            return Outcome.GO_ON
        self.export = export
        return Outcome.CHOSEN

    def _usable(self, option: int, name: str) -> Export | None:
        """The export of that name, unless it was refused."""
        export = found(self._exports(), name)
        if export is None:
            self._say(option, NbdRep.ERR_UNKNOWN, f"there is no export {name!r}")
            return None
        if export.refusal:
            self._say(option, NbdRep.ERR_POLICY, export.refusal)
            return None
        return export

    def _meta_contexts(self, option: int, data: memoryview) -> Outcome:
        """NBD_OPT_LIST_META_CONTEXT only tells, NBD_OPT_SET_META_CONTEXT chooses."""
        if not self.is_structured:
            raise MisuseError("begin with NBD_OPT_STRUCTURED_REPLY")
        name, rest = _named(data)
        queries = list(_queries(rest))
        if found(self._exports(), name) is None:
            return self._say(option, NbdRep.ERR_UNKNOWN, f"there is no export {name!r}")
        is_list = option == NbdOpt.LIST_META_CONTEXT
        chosen = tuple(it for it in CONTEXT_IDS if _is_meant(it, queries, is_list=is_list))
        for context in chosen:
            number = 0 if is_list else CONTEXT_IDS[context]
            self._say(
                option, NbdRep.META_CONTEXT, NbdMetaContext(number, memoryview(context.encode()))
            )
        if not is_list:
            self._contexts_of = (name, chosen)
        return self._say(option, NbdRep.ACK)


def _is_meant(context: str, queries: list[str], *, is_list: bool) -> bool:
    """Whether a query names it; in a list a whole namespace can be named, or nothing for all."""
    namespace = context.partition(":")[0] + ":"
    return context in queries or (is_list and (not queries or namespace in queries))


def _nothing_in(data: memoryview) -> None:
    if len(data):
        raise MisuseError(f"{len(data)} bytes follow an option that has none")


def _number(data: memoryview, layout: Struct) -> int:
    try:
        return int(layout.unpack_from(data)[0])
    except StructError as fault:
        raise MisuseError("the option's data end too early") from fault


def _text(data: memoryview) -> str:
    if len(data) > NAME_SIZE_BYTES_MAX:
        raise MisuseError(f"a name of {len(data)} bytes, {NAME_SIZE_BYTES_MAX} are allowed")
    try:
        return bytes(data).decode()
    except UnicodeDecodeError as fault:
        raise MisuseError("a name is no UTF-8") from fault


def _named(data: memoryview) -> tuple[str, memoryview]:
    """A text behind its length, and what follows it."""
    end = 4 + _number(data, _U32)
    if end > len(data):
        raise MisuseError(f"a name of {end - 4} bytes is longer than the option")
    return _text(data[4:end]), data[end:]


def _queries(data: memoryview) -> Iterator[str]:
    count, rest = _number(data, _U32), data[4:]
    if count > QUERIES_MAX:
        raise MisuseError(f"{count} queries, {QUERIES_MAX} are allowed")
    for _ in range(count):
        query, rest = _named(rest)
        yield query
    _nothing_in(rest)
