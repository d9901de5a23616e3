"""What a node in a process of its own can be told to do, by name."""

import asyncio
import hashlib
import random
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import asdict
from difflib import get_close_matches
from typing import Any, Final, TypeAlias

from runtime.config import DiskOptions, NetOptions
from runtime.engine.consequences import VERIFYING
from runtime.engine.volume_state import VolumeState
from runtime.errors import MisuseError
from runtime.events import (
    ChangeDiskOptionsRequested,
    ChangeNetOptionsRequested,
    Command,
    ConnectRequested,
    DetachRequested,
    DisconnectRequested,
    InvalidateRemoteRequested,
    InvalidateRequested,
    NewCurrentUuidRequested,
    OutdateRequested,
    PauseSyncRequested,
    PrimaryRequested,
    ResizeRequested,
    ResumeIoRequested,
    ResumeSyncRequested,
    SecondaryRequested,
    SuspendIoRequested,
    VerifyRequested,
    VolumeCommand,
)
from runtime.node import Node
from runtime.node_config import options_of
from runtime.requests import REQUEST_SIZE_BYTES_MAX, SECTOR_SIZE_BYTES, Request, RequestKind

BATCH_SIZE_BYTES_MAX: Final = 256 << 20  # all of a batch's data are in memory before it begins
DEPTH_MAX: Final = 4096
MIB: Final = 1 << 20

Answer: TypeAlias = dict[str, Any]
Order: TypeAlias = Callable[[Node, "Arguments"], Awaitable[Answer]]


class Arguments:
    """What stands in one order; each is asked for once, and what nobody asked for is refused."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.identity = {"id": given.pop("id")} if "id" in given else {}
        self._given = given
        self._known: list[str] = []

    def _take(self, name: str) -> Any:
        self._known.append(name)
        return self._given.pop(name, None)

    def number(self, name: str, otherwise: int | None = None, *, most: int = 1 << 62) -> int:
        """A number of 0 or more."""
        value = self._take(name)
        if value is None and otherwise is not None:
            return otherwise
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise MisuseError(f"{name} is {value!r}, which must be a number of 0 to {most}")
        return value

    def number_if_given(self, name: str) -> int | None:
        """A number of 0 or more, or none at all."""
        number = self.number(name, -1)
        return None if number < 0 else number

    def seconds(self, name: str) -> float | None:
        """A time, or no bound."""
        value = self._take(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise MisuseError(f"{name} is {value!r}, which must be a number of seconds")
        return value

    def flag(self, name: str) -> bool:
        """True or false; false when it is left out."""
        value = self._take(name)
        if value not in (None, True, False):
            raise MisuseError(f"{name} is {value!r}, which must be true or false")
        return bool(value)

    def text(self, name: str) -> str | None:
        """A text, if there is one."""
        value = self._take(name)
        if value is not None and not isinstance(value, str):
            raise MisuseError(f"{name} is {value!r}, which must be a text")
        return value

    def words(self, name: str) -> list[str]:
        """A text or a list of texts; empty when it is left out."""
        value = self._take(name)
        found = value if isinstance(value, list) else [] if value is None else [value]
        if not all(isinstance(word, str) for word in found):
            raise MisuseError(f"{name} is {value!r}, which must be a text or a list of texts")
        return found

    def table(self, name: str) -> object:
        """Names with their values."""
        return self._take(name) or {}

    def choice(self, name: str, known: Collection[str]) -> str:
        """One of several words."""
        word = self.text(name)
        if word is None or word not in known:
            raise MisuseError(_no_such(f"{name} is {word!r}", word or "", known))
        return word

    def end(self) -> None:
        """Refuse what nobody asked for."""
        for name in self._given:
            raise MisuseError(_no_such(f"there is no {name} in this order", name, self._known))


def _no_such(sentence: str, word: str, known: Collection[str]) -> str:
    near = get_close_matches(word, known, n=1)
    hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(sorted(known))}"
    return f"{sentence}, {hint}"


# Commands


def _command(kind: type[Command], *flags: str) -> Order:
    """An order that is one of the administrator's commands."""
    has_volume = issubclass(kind, VolumeCommand)

    async def carry_out(node: Node, arguments: Arguments) -> Answer:
        given: dict[str, Any] = {name: arguments.flag(name) for name in flags}
        if has_volume:
            given["volume"] = _volume(node, arguments)
        arguments.end()
        await node.do(kind(**given))
        return {}

    return carry_out


def _volume(node: Node, arguments: Arguments) -> int:
    volume = arguments.number("volume", 0)
    if volume not in node.config.resource.volumes:
        raise MisuseError(f"there is no volume {volume}")
    return volume


async def _attach(node: Node, arguments: Arguments) -> Answer:
    volume = _volume(node, arguments)
    arguments.end()
    await node.attach(volume)
    return {}


async def _resize(node: Node, arguments: Arguments) -> Answer:
    volume, size = _volume(node, arguments), arguments.number("size", 0)
    has_space, is_clean = arguments.flag("assume_peer_has_space"), arguments.flag("assume_clean")
    arguments.end()
    await node.do(ResizeRequested(volume, size, has_space, is_clean))
    return {"size_sectors": node.size_sectors(volume)}


async def _net_options(node: Node, arguments: Arguments) -> Answer:
    changes = options_of(NetOptions, arguments.table("options"), "options")
    arguments.end()
    await node.do(ChangeNetOptionsRequested(changes))
    return {}


async def _disk_options(node: Node, arguments: Arguments) -> Answer:
    volume = _volume(node, arguments)
    changes = options_of(DiskOptions, arguments.table("options"), "options")
    arguments.end()
    await node.do(ChangeDiskOptionsRequested(volume, changes))
    return {}


async def _verify(node: Node, arguments: Arguments) -> Answer:
    volume = _volume(node, arguments)
    start, stop = arguments.number_if_given("start"), arguments.number_if_given("stop")
    arguments.end()
    await node.do(VerifyRequested(volume, start, stop))
    return {}


async def _down(node: Node, arguments: Arguments) -> Answer:
    arguments.end()
    await node.down()
    return {}


async def _quit(_node: Node, arguments: Arguments) -> Answer:
    arguments.end()
    return {}


# Reading and writing


def pattern(seed: int, first_sector: int, sector_count: int) -> bytes:
    """Content that names its place: sector n is 16 times the same line."""
    return b"".join(
        b"seed %08x sector %010x\n" % (seed, sector) * 16
        for sector in range(first_sector, first_sector + sector_count)
    )


async def _write(node: Node, arguments: Arguments) -> Answer:
    volume, first = _volume(node, arguments), arguments.number("sector", 0)
    digits = arguments.text("hex")
    if digits is None:
        return await _write_pattern(node, arguments, volume, first)
    is_fua = arguments.flag("fua")
    arguments.end()
    try:
        data = bytes.fromhex(digits)
    except ValueError as error:
        raise MisuseError(f"hex has other digits: {error}") from error
    await node.write(first, data, volume, fua=is_fua)
    return {}


async def _write_pattern(node: Node, arguments: Arguments, volume: int, first: int) -> Answer:
    seed = arguments.number("seed", most=0xFFFFFFFF)
    count = arguments.number("count", most=BATCH_SIZE_BYTES_MAX // SECTOR_SIZE_BYTES)
    size = arguments.number("size", 65536, most=REQUEST_SIZE_BYTES_MAX)
    depth = arguments.number("depth", 16, most=DEPTH_MAX)
    is_fua, is_shuffled = arguments.flag("fua"), arguments.flag("shuffle")
    arguments.end()
    if size < SECTOR_SIZE_BYTES or size % SECTOR_SIZE_BYTES or not depth or not count:
        raise MisuseError("a batch has sectors, whole ones in each request, and a depth")
    step = size // SECTOR_SIZE_BYTES
    starts = [(at, min(step, first + count - at)) for at in range(first, first + count, step)]
    if is_shuffled:
        random.Random(seed).shuffle(starts)  # noqa: S311  # the same order each time

    def made() -> list[Request]:
        return [
            Request(RequestKind.WRITE, volume, at, n, pattern(seed, at, n), fua=is_fua)
            for at, n in starts
        ]

    requests = await asyncio.to_thread(made)
    began_s = time.monotonic()
    await _in_flight(node, requests, depth)
    seconds = max(time.monotonic() - began_s, 1e-6)
    return {
        "mib_per_s": round(count * SECTOR_SIZE_BYTES / MIB / seconds, 2),
        "ios_per_s": round(len(requests) / seconds, 1),
        "seconds": round(seconds, 6),
    }


async def _in_flight(node: Node, requests: Sequence[Request], depth: int) -> None:
    """Make requests, so many at a time; the first error is raised when all are done."""
    waiting = iter(requests)
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    errors: list[BaseException] = []
    open_count = 0

    def go_on(finished: asyncio.Future[Any] | None = None) -> None:
        nonlocal open_count
        if finished is not None:
            open_count -= 1
            if not finished.cancelled() and (failure := finished.exception()):
                errors.append(failure)
        while open_count < depth and not errors and (request := next(waiting, None)):
            try:
                (future,) = node.submit([request])
            except MisuseError as error:
                errors.append(error)
                break
            open_count += 1
            future.add_done_callback(go_on)
        if not open_count and not done.done():
            done.set_result(None)

    go_on()
    await done
    if errors:
        raise errors[0]


async def _read(node: Node, arguments: Arguments) -> Answer:
    volume, first = _volume(node, arguments), arguments.number("sector", 0)
    count = arguments.number("count", 8, most=BATCH_SIZE_BYTES_MAX // SECTOR_SIZE_BYTES)
    wants_hex = arguments.flag("hex")
    arguments.end()
    content = await node.read(first, count, volume)
    shown = {"hex": content.hex()} if wants_hex else {}
    return {"sha256": hashlib.sha256(content).hexdigest(), **shown}


async def _flush(node: Node, arguments: Arguments) -> Answer:
    volume = _volume(node, arguments)
    arguments.end()
    await node.flush(volume)
    return {}


async def _discard(node: Node, arguments: Arguments) -> Answer:
    volume, first = _volume(node, arguments), arguments.number("sector")
    count = arguments.number("count")
    arguments.end()
    await node.discard(first, count, volume)
    return {}


async def _write_zeroes(node: Node, arguments: Arguments) -> Answer:
    volume, first = _volume(node, arguments), arguments.number("sector")
    count, may_unmap = arguments.number("count"), arguments.flag("may_unmap")
    arguments.end()
    await node.write_zeroes(first, count, volume, may_unmap=may_unmap)
    return {}


# What there is to know


async def _state(node: Node, arguments: Arguments) -> Answer:
    volume = _volume(node, arguments)
    arguments.end()
    return {
        **_shown(node.state(volume)),
        "bits_out_of_sync": node.bits_out_of_sync(volume),
        "size_sectors": node.size_sectors(volume),
    }


def _shown(state: VolumeState) -> dict[str, str]:
    return dict(zip(VolumeState._fields, state.printed, strict=True))


async def _wait(node: Node, arguments: Arguments) -> Answer:
    """Wait until each field of the state that is given has one of its values."""
    volume, timeout_s = _volume(node, arguments), arguments.seconds("timeout")
    wanted = {name: arguments.words(name) for name in VolumeState._fields}
    arguments.end()
    wanted = {name: words for name, words in wanted.items() if words}

    def is_wanted(state: VolumeState) -> bool:
        shown = _shown(state)
        return all(shown[name] in words for name, words in wanted.items())

    return _shown(await node.wait_for(is_wanted, volume, timeout_s))


async def _progress(node: Node, arguments: Arguments) -> Answer:
    volume = _volume(node, arguments)
    arguments.end()
    progress = node.progress(volume)
    if progress is None:
        return {"progress": None}
    is_verify = node.state(volume).conn in VERIFYING
    return {"progress": {**asdict(progress), "text": progress.text(is_verify=is_verify)}}


async def _checksum(node: Node, arguments: Arguments) -> Answer:
    volume = _volume(node, arguments)
    arguments.end()
    return {"sha256": await node.checksum(volume)}


ORDERS: Final[dict[str, Order]] = {
    "attach": _attach,
    "checksum": _checksum,
    "connect": _command(ConnectRequested, "discard_my_data", "tentative"),
    "detach": _command(DetachRequested, "force"),
    "discard": _discard,
    "disk_options": _disk_options,
    "disconnect": _command(DisconnectRequested, "force"),
    "down": _down,
    "flush": _flush,
    "invalidate": _command(InvalidateRequested),
    "invalidate_remote": _command(InvalidateRemoteRequested),
    "net_options": _net_options,
    "new_current_uuid": _command(NewCurrentUuidRequested, "clear_bitmap"),
    "outdate": _command(OutdateRequested),
    "pause_sync": _command(PauseSyncRequested),
    "primary": _command(PrimaryRequested, "force"),
    "progress": _progress,
    "quit": _quit,
    "read": _read,
    "resize": _resize,
    "resume_io": _command(ResumeIoRequested),
    "resume_sync": _command(ResumeSyncRequested),
    "secondary": _command(SecondaryRequested),
    "state": _state,
    "suspend_io": _command(SuspendIoRequested),
    "verify": _verify,
    "wait": _wait,
    "write": _write,
    "write_zeroes": _write_zeroes,
}
