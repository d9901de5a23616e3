"""What the engine is told: everything that can happen to a node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from generated.layouts.codec import Octets
from runtime.effects import DiskWork
from runtime.engine.backing import Backing
from runtime.requests import Request
from runtime.wire.channel import Channel


class Event:
    """Something that has happened."""

    __slots__ = ()


# The sockets of the link


@dataclass(frozen=True, slots=True)
class ListenFailed(Event):
    """The own address can't be listened on; it is transient when a second attempt makes sense."""

    reason: str
    is_transient: bool


@dataclass(frozen=True, slots=True)
class ConnectFailed(Event):
    """TryConnect came to nothing; when not even a socket could be made, no attempt ever will."""

    reason: str
    is_hopeless: bool = False


@dataclass(frozen=True, slots=True)
class SocketConnected(Event):
    """TryConnect succeeded."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class SocketAccepted(Event):
    """The peer, or somebody else, opened a connection to the own address."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class SocketLost(Event):
    """A connection ended that the engine did not close."""

    channel: Channel
    reason: str


@dataclass(frozen=True, slots=True)
class TlsRefused(Event):
    """A connection came to nothing, since its other end is not the peer that TLS asks for."""

    reason: str


@dataclass(frozen=True, slots=True)
class BytesArrived(Event):
    """A channel has more to read."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class SendResumed(Event):
    """A channel that was congested takes more."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class TimePassed(Event):
    """The engine's deadline has come."""


@dataclass(frozen=True, slots=True)
class ResyncTurnPassed(Event):
    """Another resource of this node has begun a resync, or ended one (states 6.5)."""


# Disks


@dataclass(frozen=True, slots=True)
class DiskFinished(Event):
    """The disk has done what an effect asked for; `error` says what went wrong."""

    work: DiskWork
    error: str = ""
    content: Octets = b""


# The administrator's programs


@dataclass(frozen=True, slots=True)
class HelperEnded(Event):
    """A program that CallHelper asked for has ended."""

    name: str
    volume: int | None
    exit_code: int


# Applications


@dataclass(frozen=True, slots=True)
class RequestsMade(Event):
    """Applications want something; all that came at once comes in one event."""

    requests: Sequence[Request]


# The administrator. Each is answered once, with Answered.


class Command(Event):
    """What an administrator asked for; told from others by its identity."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False)
class VolumeCommand(Command):
    """What an administrator asked of one volume."""

    volume: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class ConnectRequested(Command):
    """Find the peer and stay connected (states 8.4)."""

    discard_my_data: bool = False
    tentative: bool = False
    """Only find out what would follow, on both nodes, and stand alone again."""


@dataclass(frozen=True, slots=True)
class DeviceOpened(Event):
    """Somebody uses a volume: as long as it is open, it stays primary."""

    volume: int


@dataclass(frozen=True, slots=True)
class DeviceClosed(Event):
    """... and one of them does no longer."""

    volume: int


@dataclass(frozen=True, slots=True, eq=False)
class DisconnectRequested(Command):
    """Let the peer go (states 7.10)."""

    force: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ChangeNetOptionsRequested(Command):
    """Go on with other net options; the peer is told of those that it shares (states 8.4)."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    """Name of a field of NetOptions -> its new value."""


@dataclass(frozen=True, slots=True, eq=False)
class ChangeDiskOptionsRequested(VolumeCommand):
    """Go on with other options of a disk (states 8.5)."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    """Name of a field of DiskOptions -> its new value."""


@dataclass(frozen=True, slots=True, eq=False)
class AttachRequested(VolumeCommand):
    """Use this disk (states 8.5)."""

    backing: Backing | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DetachRequested(VolumeCommand):
    """Give the disk up (states 7.2)."""

    force: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class PrimaryRequested(VolumeCommand):
    """Let applications write here (states 8.6)."""

    force: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class SecondaryRequested(VolumeCommand):
    """Only take the peer's writes (states 8.6)."""


@dataclass(frozen=True, slots=True, eq=False)
class PauseSyncRequested(VolumeCommand):
    """Let a resync wait (states 6.5)."""


@dataclass(frozen=True, slots=True, eq=False)
class ResumeSyncRequested(VolumeCommand):
    """Let it go on."""


@dataclass(frozen=True, slots=True, eq=False)
class VerifyRequested(VolumeCommand):
    """Compare all blocks with the peer's, up to a sector or to the end (states 8.9).

    Without a start it goes on where the last one was left. While one runs, only its stop changes.
    """

    start: int | None = None
    stop: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class InvalidateRequested(VolumeCommand):
    """Replace all own data by the peer's (states 8.8)."""


@dataclass(frozen=True, slots=True, eq=False)
class InvalidateRemoteRequested(VolumeCommand):
    """Replace all of the peer's data by these (states 8.8)."""


@dataclass(frozen=True, slots=True, eq=False)
class OutdateRequested(VolumeCommand):
    """These data are old (states 8.8)."""


@dataclass(frozen=True, slots=True, eq=False)
class ResizeRequested(VolumeCommand):
    """Make the volume as large as the disks are now, or as this limit says (states 8.8)."""

    size_sectors: int = 0
    """0 for no limit."""
    assume_peer_has_space: bool = False
    """Without a connection: the peer's disk is taken to be as large as the own one."""
    assume_clean: bool = False
    """What is new is the same on both disks."""


@dataclass(frozen=True, slots=True, eq=False)
class NewCurrentUuidRequested(VolumeCommand):
    """Begin a generation; with `clear_bitmap` both disks are declared to be the same (8.8)."""

    clear_bitmap: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class SuspendIoRequested(VolumeCommand):
    """Hold back the requests of the whole resource (states 8.9)."""


@dataclass(frozen=True, slots=True, eq=False)
class ResumeIoRequested(VolumeCommand):
    """Let them go on, whatever they were held back for."""
