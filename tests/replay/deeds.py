"""The commands of a scenario as what one side's node, its disks or its network are told."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from runtime.config import DiskOptions, NetOptions
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
)
from runtime.requests import Request, RequestKind
from tests.replay.manifest import SECTOR_SIZE_BYTES, Region, Side, Step, place_of
from tests.replay.options import NotCovered, known, parsed

PIECE_SECTORS_MAX: Final = 2048  # wire 12.4: 1 MiB, the largest request
BLOCK_SIZE_BYTES: Final = 4096


@dataclass(frozen=True, eq=False)
class Deed:
    """Something that happens to one side apart from its connections."""


@dataclass(frozen=True, eq=False)
class Began(Deed):
    """A resource was made, without disks."""


@dataclass(frozen=True, eq=False)
class CreatedMetaData(Deed):
    """New meta-data was written to the lower device of a volume."""

    volume: int


@dataclass(frozen=True, eq=False)
class Attached(Deed):
    """The lower device of a volume was attached."""

    volume: int


@dataclass(frozen=True, eq=False)
class Asked(Deed):
    """An administrator asked for something; the kernel refused it, or did not."""

    command: Command
    is_refused: bool


@dataclass(frozen=True, eq=False)
class TookDown(Deed):
    """The resource was given up in good order."""


@dataclass(frozen=True, eq=False)
class Requested(Deed):
    """Applications asked for something; `digest` is that of what reading gave."""

    requests: tuple[Request, ...]
    digest: str | None = None
    before: tuple[Request, ...] = ()
    """What was read before; the digest is of all."""
    is_refused: bool = False
    is_told: bool = False
    """Whether a packet of the recording tells of it."""


@dataclass(frozen=True, eq=False)
class Altered(Deed):
    """A lower device was changed behind the node's back."""

    volume: int
    region: Region


@dataclass(frozen=True, eq=False)
class Truncated(Deed):
    """A lower device became longer, or shorter: what fails there then, the packets tell."""

    volume: int
    size_bytes: int


@dataclass(frozen=True, eq=False)
class NetworkFailed(Deed):
    """Nothing gets through any more, and nobody is told."""


@dataclass(frozen=True, eq=False)
class NetworkMended(Deed):
    """What is sent gets through again."""


@dataclass(frozen=True, eq=False)
class DiskCopied(Deed):
    """The lower device was copied as it was at that moment."""


@dataclass(frozen=True, eq=False)
class DiskRestored(Deed):
    """The copy came back to where it was taken."""


def deeds(step: Step, side: Side) -> list[Deed]:
    """What a step is to one side; NotCovered when it asks for what our node has not learned."""
    if it := _of_requests(step, side):
        return it
    if any(key in step.told for key in _KINDS) or step.told.get("note") == IN_WORDS:
        return []  # the other side's
    if (told := step.told.get("lower_write")) is not None:
        return [Altered(told["volume"], _region(told))] if told["side"] == side.name else []
    if step.command.startswith("ip rule"):
        return [NetworkFailed() if "unreachable" in step.command else NetworkMended()]
    return [
        deed
        for command in re.split(r" && |; ", step.command)
        for deed in _deed(command.split(), step, side)
    ]


def _deed(words: list[str], step: Step, side: Side) -> Iterator[Deed]:
    match words:
        case ["drbdsetup", "new-resource" | "down" as verb, name]:
            if name == side.resource:
                yield Began() if verb == "new-resource" else TookDown()
        case ["drbdsetup", "connect", name, _, _, *options]:
            if name == side.resource:
                wanted = parsed(" ".join(options)).get("discard-my-data") == "yes"
                yield Asked(ConnectRequested(discard_my_data=wanted), step.is_refused)
        case ["drbdsetup", "disconnect", local, _, *options]:
            if side.value in local:
                yield Asked(DisconnectRequested("--force" in options), step.is_refused)
        case ["drbdsetup", "net-options" | "disk-options", *_]:
            yield from _of_options(words, step, side)
        case ["drbdsetup", verb, minor, *options] if verb in _OF_VOLUMES:
            if (volume := _volume(minor, side)) is not None:
                command = _OF_VOLUMES[verb](volume, frozenset(options))
                yield Asked(command, step.is_refused)
        case _:
            yield from _of_disks(words, side)


def _of_options(words: list[str], step: Step, side: Side) -> Iterator[Deed]:
    """What is changed of a node that is in use."""
    match words:
        case [_, "net-options", local, _, *options] if side.value in local:
            changes = known(NetOptions, " ".join(options))
            yield Asked(ChangeNetOptionsRequested(changes), step.is_refused)
        case [_, "disk-options", minor, *options] if (volume := _volume(minor, side)) is not None:
            changes = known(DiskOptions, " ".join(options))
            yield Asked(ChangeDiskOptionsRequested(volume, changes), step.is_refused)


def _of_disks(words: list[str], side: Side) -> Iterator[Deed]:
    """What is done to a lower device or to its meta-data."""
    match words:
        case ["drbdmeta", "--force", minor, "v08", _, _, "create-md", *_]:
            if (volume := _volume(minor, side)) is not None:
                yield CreatedMetaData(volume)
        case ["drbdsetup", "attach", minor, _, _, "internal" | "flexible", *_]:
            if (volume := _volume(minor, side)) is not None:
                yield Attached(volume)
        case ["truncate", "-s", size, lower]:
            if (volume := _volume(lower.rpartition("lower")[2], side)) is not None:
                yield Truncated(volume, int(size))
        case ["cp", lower, _] | ["cat", _, ">", lower]:
            if lower.endswith("lower0" if side is Side.A else "lower1"):
                yield DiskCopied() if words[0] == "cp" else DiskRestored()
        case _ if not _is_without_effect(words):
            raise NotCovered(" ".join(words[:2]))


def _is_without_effect(words: list[str]) -> bool:
    """Whether a command does nothing that is not done or told of elsewhere."""
    match words:
        case ["drbdmeta", *_, "apply-al", _, _]:
            return True  # attaching does it
        case ["drbdsetup", "new-minor", *_]:
            return True  # the settings tell the volumes
        case ["dd" | "(dd", source, *_] | ["do", "dd", source, *_] if source.endswith(PATTERNS):
            return True  # several at once: the packets tell what was written, in which order
        case ["for", *_] | ["done", "&", *_]:
            return True  # how often
        case [first, *_]:
            return first in ("sync", "rm", "blockdev", "losetup")
        case _:
            return False


def _verify(volume: int, options: frozenset[str]) -> Command:
    where = {name: int(value) for name, value in parsed(" ".join(options)).items()}
    return VerifyRequested(volume, where.get("start"), where.get("stop"))


_OF_VOLUMES: Final[Mapping[str, Callable[[int, frozenset[str]], Command]]] = {
    "primary": lambda volume, options: PrimaryRequested(volume, "--force" in options),
    "secondary": lambda volume, _: SecondaryRequested(volume),
    "detach": lambda volume, options: DetachRequested(volume, "--force" in options),
    "invalidate": lambda volume, _: InvalidateRequested(volume),
    "invalidate-remote": lambda volume, _: InvalidateRemoteRequested(volume),
    "pause-sync": lambda volume, _: PauseSyncRequested(volume),
    "resume-sync": lambda volume, _: ResumeSyncRequested(volume),
    "suspend-io": lambda volume, _: SuspendIoRequested(volume),
    "resume-io": lambda volume, _: ResumeIoRequested(volume),
    "verify": _verify,
    "outdate": lambda volume, _: OutdateRequested(volume),
    "resize": lambda volume, options: ResizeRequested(
        volume,
        int(parsed(" ".join(options)).get("size", "0")),
        "--assume-peer-has-space=yes" in options,
        "--assume-clean=yes" in options,
    ),
    "new-current-uuid": lambda volume, options: NewCurrentUuidRequested(
        volume, "--clear-bitmap=yes" in options
    ),
}


def _volume(minor: str, side: Side) -> int | None:
    place = place_of(minor)
    return place[1] if place is not None and place[0] is side else None


def _of_requests(step: Step, side: Side) -> list[Deed]:
    """What applications asked for, where the step is that."""
    if step.told.get("note") == IN_WORDS and side is Side.A:
        return [Requested(tuple(_pieces(RequestKind.WRITE, TOLD_IN_WORDS)))]
    for key, kind in _KINDS.items():
        told = step.told.get(key)
        if told is not None and told["side"] == side.name:
            pieces = tuple(_pieces(kind, told))
            return [Requested(pieces, told.get("sha256"), is_refused=step.is_refused)]
    return []


PATTERNS: Final = ("pattern", "/pa", "/pb")
IN_WORDS: Final = "A writes zeros to 8600 blocks of 4 KiB, every second one from offset 4096"
TOLD_IN_WORDS: Final[Mapping[str, Any]] = {
    "volume": 0,
    "offset": BLOCK_SIZE_BYTES,
    "length": BLOCK_SIZE_BYTES,
    "stride": 2 * BLOCK_SIZE_BYTES,
    "count": 8600,
}
_KINDS: Final = {
    "write": RequestKind.WRITE,
    "read": RequestKind.READ,
    "discard": RequestKind.DISCARD,
    "zero_out": RequestKind.WRITE_ZEROES,
}


def _pieces(kind: RequestKind, told: Mapping[str, Any]) -> Iterator[Request]:
    stride = told.get("stride", told["length"])
    for number in range(told.get("count", 1)):
        region = _region({**told, "offset": told["offset"] + number * stride})
        content = region.content() if "seed" in told else bytes(region.size_bytes)
        yield from cut(kind, told["volume"], region, content)


def cut(kind: RequestKind, volume: int, region: Region, content: bytes) -> Iterator[Request]:
    """Requests for a region, of which none is too large."""
    first = region.offset_bytes // SECTOR_SIZE_BYTES
    count = region.size_bytes // SECTOR_SIZE_BYTES
    for at in range(0, count, PIECE_SECTORS_MAX):
        size = min(PIECE_SECTORS_MAX, count - at)
        data = content[at * SECTOR_SIZE_BYTES : (at + size) * SECTOR_SIZE_BYTES]
        yield Request(kind, volume, first + at, size, data if kind is RequestKind.WRITE else b"")


def _region(told: Mapping[str, Any]) -> Region:
    return Region(told["offset"], told["length"], told.get("seed", 0))
