"""What applications ask of a volume: who is let in when, cut in pieces, and told of the end.

States 4.6 say when a request is admitted; the others wait in their order. Only so many are let in
that the peer and the disk keep up, so what waits costs no memory but its own.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from generated.layouts.codec import Octets
from generated.layouts.configuration import ReplicationProtocol
from generated.layouts.handshake import Features
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.peer_disk_states import PeerDiskState
from runtime.effects import DiskWork, FlushDisk, RequestFinished
from runtime.engine.intervals import Claimant, Intervals, hand_on
from runtime.engine.mirrored_write import Writes
from runtime.engine.reads import NO_DATA, Reads
from runtime.engine.volume import Volume
from runtime.engine.volume_state import VolumeState
from runtime.requests import RANGE_SIZE_BYTES_MAX, SECTOR_SIZE_BYTES, Request, RequestKind, pieces

DISCARD_SIZE_BYTES_MAX: Final = 4 << 20  # wire 7.3: without the feature WSAME
OPEN_SIZE_BYTES_LEAST: Final = 2 << 20  # one request of the largest size is let in in any case
PAGE_SIZE_BYTES: Final = 4096
BLOCKED: Final = frozenset({ConnState.WFBitMapT, ConnState.WFSyncUUID})  # states 4.6
NEEDED: Final = {  # wire 3.4: what the peer must know, or it gets zeroes to write
    RequestKind.DISCARD: Features.TRIM,
    RequestKind.WRITE_ZEROES: Features.WZEROES,
}
BLOCKED_BEFORE_96: Final = BLOCKED | {ConnState.WFBitMapS}


class Applications:
    """The requests to one volume, from being made to being finished."""

    def __init__(
        self,
        volume: Volume,
        writes: Writes,
        *,
        traces: bool,
        disk_failed: Callable[[str], None],
    ) -> None:
        self.volume = volume
        self.writes = writes
        self.reads = Reads(volume, traces=traces, disk_failed=disk_failed, finish=self.finish)
        self.resync_ranges: Intervals[Claimant] = Intervals()
        """What a resync target or an online verify has asked for, against what applications write
        meanwhile."""
        self.is_held = False
        """Whether nobody is let in: the bitmap is about to be sent, or the role changes."""
        self.opener_count = 0
        """How many hold the device open, at work or not."""
        self.disk_failed = disk_failed
        self._waiting: deque[Request] = deque()
        self._open_size_bytes = 0
        self._parts: dict[Request, _Parts | None] = {}
        """What is let in and not finished; pieces of one request share what they are of."""
        self._held_back: list[tuple[Request, str, Octets]] = []
        """What has come to its end while requests are suspended (states 4.8)."""
        volume.watchers.append(self._note_state)

    @property
    def open_count(self) -> int:
        """Requests that are let in and not finished."""
        return len(self._parts)

    @property
    def is_device_open(self) -> bool:
        """Whether somebody is at work, or may be at any moment."""
        return bool(self._parts) or self.opener_count > 0

    @property
    def carries_zeroes_by_name(self) -> bool:
        """Whether zeroes need not be sent as such."""
        kind, _ = self._carrier(Request(RequestKind.WRITE_ZEROES))
        return kind is RequestKind.WRITE_ZEROES

    def make(self, requests: Sequence[Request]) -> None:
        """Take what applications want."""
        self._waiting.extend(requests)
        self.let_in()

    def _note_state(self, _before: VolumeState) -> None:
        if self._waiting:
            self.volume.agenda.later(self.let_in)

    def let_in(self) -> None:
        """Let in who may come in, in order."""
        while self._waiting and self._admits():
            self._begin(self._waiting.popleft())
        self.writes.go()

    def _admits(self) -> bool:
        volume = self.volume
        blocked = BLOCKED if volume.connection.version >= 96 else BLOCKED_BEFORE_96
        if self.is_held or volume.connection.holds_back or volume.state.conn in blocked:
            return False
        if volume.state.disk in (DiskState.Attaching, DiskState.Negotiating):
            return False
        channel = volume.connection.data
        if channel is not None and channel.is_congested and volume.is_up:
            self.writes.look_for_congestion()
            if self.writes.mode.waits_for_socket:
                return False
        most = max(volume.connection.options.max_buffers * PAGE_SIZE_BYTES, OPEN_SIZE_BYTES_LEAST)
        return self._open_size_bytes < most

    def _begin(self, request: Request) -> None:
        if error := self._refusal(request):
            self.volume.agenda.emit(RequestFinished(request, error))
            return
        size_bytes = request.sector_count * SECTOR_SIZE_BYTES
        self._open_size_bytes += size_bytes
        kind, most_bytes = self._carrier(request)
        if kind is request.kind and size_bytes <= most_bytes:
            self._parts[request] = None
            self._begin_part(request)
            return
        carried = request
        if kind is not request.kind:  # the peer gets zeroes to write
            carried = replace(request, kind=kind, data=bytes(size_bytes))
        parts = _Parts(request, list(pieces(carried, size_bytes_max=most_bytes)))
        for part in parts.requests:
            self._parts[part] = parts
            self._begin_part(part)

    def _refusal(self, request: Request) -> str:
        """Why a request can't be done in this state at all; empty when it can (states 4.6)."""
        volume, state = self.volume, self.volume.state
        if not volume.is_primary:
            return "the volume is Secondary here, only a Primary reads and writes"
        block_sectors = volume.bounds.block_sectors
        if request.first_sector % block_sectors or request.sector_count % block_sectors:
            return f"the peer's disk takes only whole blocks of {block_sectors} sectors"
        if request.first_sector + request.sector_count > volume.size_sectors:
            return f"the request ends behind the volume's {volume.size_sectors} sectors"
        if DiskState.UpToDate is not state.disk and PeerDiskState.UpToDate is not state.pdsk:
            return NO_DATA
        return ""

    def _carrier(self, request: Request) -> tuple[RequestKind, int]:
        """As what a request goes to the peer, and how many bytes one packet can be about."""
        volume, kind = self.volume, request.kind
        connection = volume.connection
        if kind in NEEDED and volume.is_up and not connection.has(NEEDED[kind]):
            kind = RequestKind.WRITE
        if kind is RequestKind.WRITE_ZEROES and connection.options.data_integrity_alg:
            kind = RequestKind.WRITE  # wire 7.1: a kernel would read a digest, which there is not
        if kind is RequestKind.WRITE or kind is RequestKind.READ:
            return kind, volume.request_size_bytes_max
        if connection.has(Features.WSAME) or not volume.is_up:
            return kind, RANGE_SIZE_BYTES_MAX
        return kind, DISCARD_SIZE_BYTES_MAX

    def _begin_part(self, part: Request) -> None:
        if part.kind is RequestKind.FLUSH:
            _Flushing(self, part).begin()
        elif part.kind is RequestKind.READ:
            self.reads.begin(part)
        elif self._keeps_off():
            _BehindResync(self, part).begin()
        else:
            self.writes.begin(part, self.finish)

    def _keeps_off(self) -> bool:
        """Whether a write may have to wait for a resync or a verify, or one for the write.

        Beside another primary it may have to be repeated, and has no other claim until then.
        """
        return len(self.resync_ranges) > 0 or self.volume.connection.has_two_primaries

    # The end

    def finish(self, part: Request, error: str, content: Octets = b"") -> None:
        """One piece is done; the request is, when all of them are."""
        if self.volume.connection.holds_back:
            self._held_back.append((part, error, content))
            return
        parts = self._parts.pop(part)
        if parts is None:
            self._end(part, error, content)
            return
        parts.left -= 1
        parts.error = parts.error or error
        if content:
            parts.contents[part.first_sector] = content
        if not parts.left:
            contents = [parts.contents[first] for first in sorted(parts.contents)]
            self._end(parts.request, parts.error, b"" if parts.error else b"".join(contents))

    def _end(self, request: Request, error: str, content: Octets) -> None:
        self._open_size_bytes -= request.sector_count * SECTOR_SIZE_BYTES
        self.volume.agenda.emit(RequestFinished(request, error, content))
        if self._waiting:
            self.volume.agenda.later(self.let_in)

    def thaw(self) -> None:
        """Requests are suspended no more: tell of what was done, try the rest again."""
        held_back, self._held_back = self._held_back, []
        for part, error, content in held_back:
            if error:
                self._begin_part(part)
            else:
                self.finish(part, error, content)
        self.let_in()


class _Parts:
    """A request and its pieces."""

    __slots__ = ("contents", "error", "left", "request", "requests")

    def __init__(self, request: Request, requests: list[Request]) -> None:
        self.request = request
        self.requests = requests
        self.left = len(requests)
        self.error = ""
        self.contents: dict[int, Octets] = {}


class _BehindResync:
    """A write that must not be undone by an answer of a resync, nor be seen by one disk alone."""

    __slots__ = ("part", "room")

    def __init__(self, room: Applications, part: Request) -> None:
        self.room = room
        self.part = part

    def begin(self) -> None:
        """Wait for what was asked for of its range."""
        part = self.part
        if self.room.resync_ranges.claim(
            self, first_sector=part.first_sector, sector_count=part.sector_count, is_exclusive=False
        ):
            self.range_granted()

    def range_granted(self) -> None:
        """Nothing of the range is on its way."""
        self.room.writes.begin(self.part, self._finish)
        self.room.volume.agenda.later(self.room.writes.go)

    def _finish(self, part: Request, error: str) -> None:
        hand_on(self.room.resync_ranges, self)
        self.room.finish(part, error)


class _Flushing:
    """A flush: what was finished before is durable here, and in protocol C at the peer too."""

    __slots__ = ("error", "part", "pending", "room")

    def __init__(self, room: Applications, part: Request) -> None:
        self.room = room
        self.part = part
        self.pending = 1
        self.error = ""

    def begin(self) -> None:
        """Flush the own disk, and wait for the epochs that the peer has not confirmed."""
        volume = self.room.volume
        connection = volume.connection
        connection.close_epoch()
        if connection.protocol is ReplicationProtocol.C and connection.sent_epochs.closed_count:
            self.pending += 1
            connection.when_confirmed(self._one_is_done)
        if volume.has_disk:
            self.pending += 1
            volume.ask_disk(FlushDisk(volume.number, self))
        self._one_is_done()

    def disk_finished(self, _work: DiskWork, error: str, _content: Octets) -> None:
        """The own disk has flushed, or failed: then it is the peer that makes all durable."""
        room = self.room
        self.error = error
        if error:
            room.disk_failed(error)
        if error and room.reads.peer_has_data:
            room.volume.connection.when_confirmed(self._peer_has_confirmed)
        else:
            self._one_is_done()

    def _peer_has_confirmed(self) -> None:
        """Its disk has all that was written, unless it was lost meanwhile."""
        volume = self.room.volume
        if self.room.reads.peer_has_data:
            self.error = ""
            if volume.has_disk:  # it is kept, and nobody knows what of it is not durable
                volume.store.set_all_out_of_sync()
        self._one_is_done()

    def _one_is_done(self) -> None:
        self.pending -= 1
        if not self.pending:
            self.room.finish(self.part, self.error)
