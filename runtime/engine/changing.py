"""Commands that change what a resource in use was configured with: options, and sizes.

States 8.4, 8.5 and 8.8. What is adopted counts at once; what both nodes share is told to the peer.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, Final

from generated.layouts.configuration import P_PROTOCOL_UPDATE
from generated.layouts.state import ReturnCode
from generated.states.peer_states import PeerState
from runtime.config import DiskOptions, NetOptions, ResourceConfig
from runtime.engine.commands import Commands
from runtime.engine.connection import LINK_LEAST
from runtime.engine.consequences import SYNC, VERIFYING
from runtime.engine.dependents import Dependents
from runtime.engine.disk_timeout import watch_disk
from runtime.engine.link import Link
from runtime.engine.parameters import send_protocol, send_sync_param
from runtime.engine.volume import Volume
from runtime.engine.volume_rooms import VolumeRooms
from runtime.errors import ConfigError
from runtime.events import (
    ChangeDiskOptionsRequested,
    ChangeNetOptionsRequested,
    Command,
    ResizeRequested,
)

VERSION_OF_UPDATES: Final = 100  # wire 5.2: below, the peer can't be told
FIXED: Final = {
    "sndbuf_size": "counts when the node begins",
    "rcvbuf_size": "counts when the node begins",
    "version_min": "counts when the node begins",
    "version_max": "counts when the node begins",
    "size": "is changed by a resize",
    "al_extents": "counts when the disk is attached",
    "al_updates": "counts when the disk is attached",
}
"""Options that can't be changed while they are in use, and why."""

AGREED: Final = ("protocol", "allow_two_primaries", "data_integrity_alg")
"""Those that both nodes must change together."""


class Changing:
    """The commands about options and sizes."""

    def __init__(
        self,
        rooms: Mapping[int, VolumeRooms],
        link: Link,
        commands: Commands,
        dependents: Dependents,
    ) -> None:
        self._connection = link.connection
        self._rooms = rooms
        self._link = link
        self._commands = commands
        self._dependents = dependents
        self.methods: Mapping[type[Command], Callable[..., None]] = {
            ChangeNetOptionsRequested: self._change_net_options,
            ChangeDiskOptionsRequested: self._change_disk_options,
            ResizeRequested: self._resize,
        }

    def _answer(self, command: Command, text: str) -> None:
        code = ReturnCode.SS_UNKNOWN_ERROR if text else ReturnCode.SS_SUCCESS
        self._commands.answer(command, code, text)

    def _resize(self, command: ResizeRequested, rooms: VolumeRooms) -> None:
        rooms.sizing.resize(command, lambda text: self._answer(command, text))

    @property
    def _volumes(self) -> list[Volume]:
        return [rooms.volume for rooms in self._rooms.values()]

    @property
    def _is_linked(self) -> bool:
        return self._link.state.wire >= LINK_LEAST

    # Net options (states 8.4)

    def _change_net_options(self, command: ChangeNetOptionsRequested) -> None:
        connection = self._connection
        shared = {
            "protocol": connection.protocol,
            "allow_two_primaries": connection.has_two_primaries,
        }  # as the peer may have changed them
        try:
            self._refuse_fixed(NetOptions, command.changes)
            options = replace(connection.options, **(shared | dict(command.changes)))
            disks = {volume.number: volume.options for volume in self._volumes}
            ResourceConfig(net=options, volumes=disks)  # they must fit together
        except ConfigError as error:
            self._answer(command, str(error))
            return
        if text := self._refusal(options):
            self._answer(command, text)
        else:
            self._adopt_net_options(options)
            self._answer(command, "")

    @staticmethod
    def _refuse_fixed(kind: type[Any], changes: Mapping[str, Any]) -> None:
        known = {option.name for option in fields(kind)}
        for name in changes:
            spelled = name.replace("_", "-")
            if name not in known:
                raise ConfigError(f"there is no option {spelled}")
            if name in FIXED:
                raise ConfigError(f"{spelled} {FIXED[name]}")

    def _refusal(self, options: NetOptions) -> str:
        """Why options that make sense can't be adopted now."""
        before, connection, volumes = self._connection.options, self._connection, self._volumes
        is_agreed = (
            options.protocol is connection.protocol
            and options.allow_two_primaries is connection.has_two_primaries
            and options.data_integrity_alg == before.data_integrity_alg
        )
        if self._is_linked and connection.version < VERSION_OF_UPDATES and not is_agreed:
            return (
                "Prot version 100 required in order to change"
                " these network options while connected"
            )
        if connection.has_two_primaries and not options.allow_two_primaries:
            peers = [volume.state.peer for volume in volumes]
            if any(volume.is_primary for volume in volumes) and PeerState.Primary in peers:
                return (
                    "Can not clear allow_two_primaries as long as there a primaries on both sides"
                )
        states = {volume.state.conn for volume in volumes}
        if options.csums_alg != before.csums_alg and states & SYNC:
            return "Can not change csums-alg while resync is in progress"
        if options.verify_alg != before.verify_alg and states & VERIFYING:
            return "Can not change verify-alg while online verify runs"
        return ""

    def _adopt_net_options(self, options: NetOptions) -> None:
        connection = self._connection
        connection.use_options(options)
        if self._is_linked and connection.version >= VERSION_OF_UPDATES:
            send_protocol(connection, P_PROTOCOL_UPDATE)
        for rooms in self._rooms.values():
            volume = rooms.volume
            volume.pace.bound(max_buffers=options.max_buffers)
            rooms.writes.note_state(volume.state)
            if volume.is_up:
                send_sync_param(volume)

    # Disk options (states 8.5)

    def _change_disk_options(self, command: ChangeDiskOptionsRequested, rooms: VolumeRooms) -> None:
        volume = rooms.volume
        if not volume.has_disk:
            self._answer(command, "Device does not have a disk-config")
            return
        try:
            self._refuse_fixed(DiskOptions, command.changes)
            options = replace(volume.pace.as_options(volume.options), **command.changes)
            net = NetOptions(protocol=self._connection.protocol)
            ResourceConfig(net=net, volumes={volume.number: options})  # they must fit together
            self._dependents.adopt(volume.number, options)
        except ConfigError as error:
            self._answer(command, str(error))
            return
        volume.pace.set_options(options)
        watch_disk(volume)
        if volume.is_up:
            send_sync_param(volume)
        self._answer(command, "")
