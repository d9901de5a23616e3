"""What the engine asks for: commands to the driver, in the order in which they are to be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple, Protocol, TypeAlias

from generated.flows.path import Flow
from generated.layouts.codec import Octets
from generated.layouts.state import ReturnCode
from runtime.engine.volume_state import VolumeState
from runtime.requests import Request
from runtime.wire.channel import Channel


class Effect:
    """Something that the driver is to do."""

    __slots__ = ()


# The sockets of the link


@dataclass(frozen=True, slots=True)
class Listen(Effect):
    """Accept on the own address, until told otherwise; nothing to do when that is so already."""


@dataclass(frozen=True, slots=True)
class StopListening(Effect):
    """Accept no more: further attempts are refused (wire 1.2)."""


@dataclass(frozen=True, slots=True)
class TryConnect(Effect):
    """Open a connection to the peer's address; give up after so many seconds."""

    timeout_s: float


@dataclass(frozen=True, slots=True)
class Close(Effect):
    """Close this connection; what is queued goes out first, if the socket takes it soon.

    `behind` is another one that is being closed: the peer is to see that one end first.
    """

    channel: Channel
    behind: Channel | None = None


# The backing disks. On a hot road, so slots without `frozen` (a third of the cost of making one).


class Owner(Protocol):
    """Whoever asks something of a disk."""

    def disk_finished(self, work: "DiskWork", error: str, content: Octets, /) -> None:
        """The disk has done it; `error` says what went wrong, `content` what was read."""


@dataclass(slots=True, eq=False)
class DiskEffect(Effect):
    """Something that the driver does with a disk, and reports with DiskFinished.

    `owner` is whatever asked for it. Effects of one volume may be carried out in any order and at
    the same time; the engine asks for nothing that overlaps what is under way.
    """

    volume: int
    owner: "Owner | None"


@dataclass(slots=True, eq=False)
class ReadBlocks(DiskEffect):
    """Read a range."""

    offset_bytes: int
    size_bytes: int


@dataclass(slots=True, eq=False)
class WriteBlocks(DiskEffect):
    """Write at an offset; a `fua` write is durable when it is finished."""

    offset_bytes: int
    data: Octets
    fua: bool = False


@dataclass(slots=True, eq=False)
class ZeroBlocks(DiskEffect):
    """Let a range read as zeroes; with `may_unmap` its blocks may be deallocated."""

    offset_bytes: int
    size_bytes: int
    may_unmap: bool


@dataclass(slots=True, eq=False)
class FlushDisk(DiskEffect):
    """Make durable everything that was finished before."""


@dataclass(frozen=True, slots=True)
class DetachDisk(Effect):
    """Close a volume's disk: the engine asks nothing more of it."""

    volume: int


@dataclass(frozen=True, slots=True)
class CallHelper(Effect):
    """Run the administrator's program of this name, and report its end with HelperEnded.

    It is about a volume, or about the connection when there is none (states 4.5).
    """

    name: str
    volume: int | None


# Answers


@dataclass(frozen=True, slots=True)
class RequestFinished(Effect):
    """A request of an application is done; with an error nothing of it may be relied on."""

    request: Request
    error: str = ""
    content: Octets = b""


@dataclass(frozen=True, slots=True)
class Answered(Effect):
    """A command of the administrator has its result; `text` says why it was refused."""

    command: object
    code: ReturnCode
    text: str = ""


@dataclass(frozen=True, slots=True)
class ResyncTurnsChanged(Effect):
    """Other resources of this node may have to let their resyncs wait, or go on (states 6.5)."""


# What people and programs are told


class Level(Enum):
    """How much somebody should care."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Log(Effect):
    """A sentence for the log; about the connection when there is no volume."""

    level: Level
    text: str
    volume: int | None = None


class Arrow(NamedTuple):
    """One arrow of a states drawing that was taken, by the drawing's names."""

    graph: str
    source: str
    event: str
    target: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StateChanged(Effect):
    """A volume is in another state, by these arrows; events that change nothing are arrows too."""

    volume: int
    before: VolumeState
    after: VolumeState
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True, slots=True)
class HelperTold(Effect):
    """A helper is called, configured or not; with an exit code: it has ended (states 9.5)."""

    name: str
    volume: int | None
    exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class FlowTraced(Effect):
    """One node's steps of one request's conversation, to its end; told when that is configured."""

    volume: int
    flow: Flow[Any]
    steps: Sequence[Enum]


DiskWork: TypeAlias = "ReadBlocks | WriteBlocks | ZeroBlocks | FlushDisk"
