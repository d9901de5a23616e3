"""The whole engine of one resource: its connection, its volumes, and what happens to them.

`handle` takes an event and the time, and returns effects. It never waits: what takes long comes
back as another event.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, Final

from generated.layouts.configuration import ReplicationProtocol
from generated.layouts.superblock import Superblock
from generated.states.conn_states import ConnEvent, ConnState
from runtime.config import ResourceConfig
from runtime.effects import DiskWork, Effect, Level, RequestFinished
from runtime.engine.agenda import Agenda
from runtime.engine.answering import Answering
from runtime.engine.asking import Asking
from runtime.engine.calling import Calling
from runtime.engine.changing import Changing
from runtime.engine.commands import Commands
from runtime.engine.connection import Connection
from runtime.engine.data_packets import DataPackets
from runtime.engine.dependents import Dependents
from runtime.engine.disk_commands import DiskCommands
from runtime.engine.fencing import Fencing
from runtime.engine.figures import Figures, figures_of, superblock_of
from runtime.engine.leaving import Leaving
from runtime.engine.link import LEAVING, Link
from runtime.engine.meta_packets import MetaPackets
from runtime.engine.mirrored_write import Write
from runtime.engine.peer_write import Confirming
from runtime.engine.pings import Pings
from runtime.engine.progress import Progress
from runtime.engine.random_numbers import RandomNumbers
from runtime.engine.resync_turns import ResyncTurns
from runtime.engine.roles import Roles
from runtime.engine.suspension import Suspension
from runtime.engine.verifying import Verifying
from runtime.engine.volume import Volume
from runtime.engine.volume_rooms import Shared, VolumeRooms
from runtime.engine.volume_state import VolumeState
from runtime.errors import DiskError, PeerError
from runtime.events import (
    BytesArrived,
    Command,
    DeviceClosed,
    DeviceOpened,
    DisconnectRequested,
    DiskFinished,
    Event,
    HelperEnded,
    RequestsMade,
    ResyncTurnPassed,
    SendResumed,
    SocketLost,
    TimePassed,
    TlsRefused,
    VerifyRequested,
)
from runtime.metadata.bitmap import BLOCK_SECTORS
from runtime.requests import SECTOR_SIZE_BYTES, Request
from runtime.wire.channel import Channel
from runtime.wire.framing import UnknownPacket

WFCONNECTION: Final = ConnState.WFConnection.wire


class Resource:
    """One resource of one node."""

    def __init__(
        self, config: ResourceConfig, *, random: RandomNumbers, turns: ResyncTurns | None = None
    ) -> None:
        self.config = config
        self._agenda = Agenda()
        self._connection = Connection(config.net, self._agenda, random)
        self._connection.resume_reading = self._read_all
        self._pings = Pings(
            self._connection,
            lost=lambda reason: self._link.lose(ConnEvent.network_error, reason),
            timed_out=lambda reason: self._link.lose(ConnEvent.peer_timed_out, reason),
            oldest_requests=self._oldest_requests,
        )
        volumes = {
            number: Volume(number, options, self._connection)
            for number, options in sorted(config.volumes.items())
        }
        self._link = Link(self._connection, volumes, self._pings)
        self._link.on_lost.append(self._link_lost)
        self._calling = Calling(self._agenda, config.handlers)
        self._suspension = Suspension(self._connection, volumes, config.on_no_data_accessible)
        self._confirming = Confirming(self._connection, volumes)
        self._confirming.flush_failed = partial(self._link.lose, ConnEvent.network_error)
        shared = Shared(self._link, self._confirming, self._calling, self._suspension)
        self._rooms = {
            number: VolumeRooms.build(volume, shared, traces=config.trace_flows)
            for number, volume in volumes.items()
        }
        self._dependents = Dependents(
            self._connection, config.name, volumes, turns or ResyncTurns()
        )
        self._asking = Asking(self._connection)
        self._commands = Commands(self._connection, self._rooms, self._link, self._asking)
        self._leaving = Leaving(self._connection, self._rooms, self._link, self._asking)
        self._leaving.commands = self._commands
        roles = Roles(self._connection, self._link, self._commands, Fencing(self._rooms))
        changing = Changing(self._rooms, self._link, self._commands, self._dependents)
        disks = DiskCommands(self._commands)
        self._commands.also({**disks.methods, **roles.methods, **changing.methods})
        answering = Answering(self._connection, self._rooms, self._asking)
        self._data = DataPackets(self._connection, self._rooms, answering, self._confirming)
        self._meta = MetaPackets(self._connection, self._rooms, self._asking, self._pings)
        self._methods = self._reactions()

    def _reactions(self) -> Mapping[type, Callable[..., None]]:
        """Who takes which event; the others are the administrator's, or are about the link."""
        return {
            BytesArrived: self._bytes_arrived,
            DeviceOpened: self._device_opened,
            DeviceClosed: self._device_closed,
            DiskFinished: self._disk_finished,
            HelperEnded: self._helper_ended,
            RequestsMade: self._requests_made,
            TimePassed: _nothing,
            ResyncTurnPassed: lambda _event: self._dependents.update(),
            SendResumed: self._send_resumed,
            SocketLost: self._socket_lost,
            TlsRefused: self._tls_refused,
            DisconnectRequested: self._leaving.run,
            VerifyRequested: Verifying(self._commands, self._rooms).run,
        }

    def handle(self, event: Event, now: float) -> list[Effect]:
        """Take in what has happened; return what is to be done, in order."""
        agenda = self._agenda
        agenda.now = now
        method = self._methods.get(type(event))
        if method is not None:
            method(event)
        elif isinstance(event, Command):
            self._commands.run(event)
        else:
            self._link.handle(event)
        agenda.pass_time()
        agenda.rest()
        return agenda.take()

    @property
    def deadline(self) -> float | None:
        """When TimePassed is wanted, by the clock of `handle`."""
        return self._agenda.deadline

    def state(self, volume: int = 0) -> VolumeState:
        """The state of a volume."""
        return self._rooms[volume].volume.state

    def size_sectors(self, volume: int = 0) -> int:
        """How large a volume is; 0 when nobody knows."""
        return self._rooms[volume].volume.size_sectors

    def bits_out_of_sync(self, volume: int = 0) -> int:
        """How many 4 KiB blocks of a volume are out of sync."""
        return self._rooms[volume].volume.bits_out_of_sync

    def block_size_sectors(self, volume: int = 0) -> int:
        """The smallest unit that both disks can write."""
        it = self._rooms[volume].volume
        own_bytes = it.backing.logical_block_size_bytes if it.backing is not None else 0
        return max(it.bounds.block_sectors, own_bytes // SECTOR_SIZE_BYTES)

    def is_zeroing_fast(self, volume: int = 0) -> bool:
        """Whether zeroes take less than writing them: neither disk nor link carries any."""
        rooms = self._rooms[volume]
        backing = rooms.volume.backing
        is_short = backing is None or backing.can_discard
        return is_short and rooms.applications.carries_zeroes_by_name

    def runs_out_of_sync(self, volume: int = 0, *, from_bit: int) -> Iterator[tuple[int, int]]:
        """Runs of 4 KiB blocks out of sync, first and length; without a disk it is all of them."""
        backing = self._rooms[volume].volume.backing
        if backing is None:
            bit_count = -(-self.size_sectors(volume) // BLOCK_SECTORS)
            return iter([(from_bit, bit_count - from_bit)])
        return backing.store.bitmap.runs(from_bit)

    def disk_timeout_s(self, volume: int = 0) -> float:
        """How long a volume's disk may take; 0 for ever."""
        return self._rooms[volume].volume.options.disk_timeout_s

    def progress(self, volume: int = 0) -> Progress | None:
        """How far the resync or online verify of a volume is; None while none runs."""
        rooms = self._rooms[volume]
        return rooms.resync.progress() or rooms.verify.progress()

    def figures(self, volume: int = 0) -> Figures:
        """What a volume is at work on, and has moved."""
        return figures_of(self._rooms[volume])

    def superblock(self, volume: int = 0) -> Superblock | None:
        """What a volume's meta-data say of its generations; None without a disk."""
        return superblock_of(self._rooms[volume])

    @property
    def protocol(self) -> ReplicationProtocol:
        """When a write counts as done, as was agreed or is wanted."""
        return self._connection.protocol

    def net_options(self) -> dict[str, Any]:
        """The options of the connection as they count now; a peer may have changed some."""
        connection = self._connection
        return asdict(connection.options) | {
            "protocol": connection.protocol,
            "allow_two_primaries": connection.has_two_primaries,
        }

    def disk_options(self, volume: int = 0) -> dict[str, Any]:
        """The options of a volume's disk as they count now; a peer may have changed some."""
        it = self._rooms[volume].volume
        return asdict(it.pace.as_options(it.options))

    # What comes of the peer

    def _bytes_arrived(self, event: BytesArrived) -> None:
        channel, connection = event.channel, self._connection
        if channel is connection.data:
            self._pings.data_arrived()
            if not connection.wait_for_meta():
                self._read_data()
        elif channel is connection.meta:
            self._pings.meta_arrived()
            if not connection.wait_for_meta():
                self._read_meta()
        else:
            self._link.handle(event)

    def _read_data(self) -> None:
        channel = self._connection.data
        if channel is not None and not channel.is_paused:
            self._link.guarded(lambda: self._take_data(channel))

    def _take_data(self, channel: Channel) -> None:
        """Take what has come, until something says to stop, or the link is given up."""
        for frame in channel.frames():
            if self._link.is_shaking_hands:
                self._link.take_frame(frame)
            else:
                self._with_disk(frame.volume, lambda: self._data.take(frame))  # noqa: B023
            if channel.is_paused or channel is not self._connection.data:
                return

    def _read_all(self) -> None:
        """Take what has come while nobody read: meta is not read before the handshake's end."""
        self._read_data()
        self._read_meta()

    def _read_meta(self) -> None:
        channel = self._connection.meta
        if channel is None or self._link.is_shaking_hands:
            return  # wire 1.6: it is not read yet
        try:
            for frame in channel.frames():
                self._with_disk(frame.volume, lambda: self._meta.take(frame))  # noqa: B023
                if channel is not self._connection.meta:
                    return
        except UnknownPacket as error:  # wire 13.1: on this socket there is no way on from that
            self._link.refuse(str(error))
        except PeerError as error:
            self._link.lose(ConnEvent.network_error, str(error))

    def _with_disk(self, volume: int, work: Callable[[], None]) -> None:
        """Do something that may find the meta-data of a volume broken."""
        try:
            work()
        except DiskError as error:
            rooms = self._rooms.get(volume) or next(iter(self._rooms.values()))
            rooms.volume.metadata_failed(str(error))

    def _socket_lost(self, event: SocketLost) -> None:
        connection = self._connection
        if event.channel is connection.data:
            lost = (ConnEvent.peer_closed, f"data socket: {event.reason}")
        elif event.channel is connection.meta:
            lost = (ConnEvent.network_error, f"meta socket: {event.reason}")
        else:
            self._link.handle(event)
            return
        if connection.is_leaving:  # wire 13.1: the peer's consent may still be on its way
            patience_s = connection.options.ping_timeout_s
            self._agenda.after(LEAVING, patience_s, lambda: self._link.lose(*lost))
        else:
            self._link.lose(*lost)

    def _tls_refused(self, event: TlsRefused) -> None:
        self._agenda.log(event.reason, level=Level.WARNING)

    def _send_resumed(self, _event: SendResumed) -> None:
        self._connection.send_resumed()
        for rooms in self._rooms.values():
            self._agenda.later(rooms.applications.let_in)

    def _link_lost(self) -> None:
        """What was not confirmed counts as missing at the peer (states 4.8, 7.6)."""
        self._suspension.link_lost(
            write for write in self._connection.forget_epochs() if isinstance(write, Write)
        )
        for rooms in self._rooms.values():
            rooms.link_lost()
        self._asking.link_lost()

    def _oldest_requests(self) -> Iterator[float]:
        """When those requests were sent that wait longest for the peer (states 7.4)."""
        if self._link.state.wire <= WFCONNECTION:
            return
        for write in self._connection.sent_epochs.unconfirmed():
            assert isinstance(write, Write)
            if write.is_peer_pending:
                yield write.sent_at
                break
        if self._connection.sent_epochs.closed_count:
            yield self._connection.barrier_sent_at
        for rooms in self._rooms.values():
            yield from (write.sent_at for write in rooms.conflicts.postponed)
            oldest = rooms.applications.reads.remote.oldest_sent_at
            if oldest is not None:
                yield oldest

    # What comes of the disks and the applications

    def _disk_finished(self, event: DiskFinished) -> None:
        work: DiskWork = event.work
        owner = work.owner
        assert owner is not None, "the engine asks for nothing without an owner"
        volume = self._rooms[work.volume].volume
        if not volume.own_works.is_awaited(work):
            return
        if not event.error:
            volume.traffic.disk_did(work)
        was_at_work = bool(volume.peer_works)
        volume.peer_works.discard(work)
        self._with_disk(
            work.volume,
            lambda: owner.disk_finished(work, event.error, event.content),
        )
        if was_at_work and not volume.peer_works:
            volume.peer_is_idle()
            self._link.cleaned_up()

    def _device_opened(self, event: DeviceOpened) -> None:
        self._rooms[event.volume].applications.opener_count += 1

    def _device_closed(self, event: DeviceClosed) -> None:
        self._rooms[event.volume].applications.opener_count -= 1

    def _helper_ended(self, event: HelperEnded) -> None:
        self._calling.ended(event.name, event.volume, event.exit_code)

    def _requests_made(self, event: RequestsMade) -> None:
        by_volume: dict[int, list[Request]] = {}
        for request in event.requests:
            if request.volume in self._rooms:
                by_volume.setdefault(request.volume, []).append(request)
            else:
                self._agenda.emit(RequestFinished(request, f"no volume {request.volume}"))
        for number, requests in by_volume.items():
            rooms = self._rooms[number]
            self._with_disk(number, lambda: rooms.applications.make(requests))  # noqa: B023


def _nothing(_event: Event) -> None:
    """The timers are looked at after each event."""
