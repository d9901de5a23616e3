"""What the nodes tell each other of themselves: settings, sizes, generations (wire 5.1 to 5.5).

What does not fit ends the connection for good: PeerRefused. What is no proper packet: PeerError.
"""

from dataclasses import replace
from typing import Any, Final

from generated.layouts.configuration import (
    P_PROTOCOL,
    P_PROTOCOL_UPDATE,
    P_SIZES,
    P_SYNC_PARAM,
    P_SYNC_PARAM89,
    ConnFlags,
    QueueLimits,
    ReplicationProtocol,
    SplitBrainPolicy,
)
from generated.layouts.generations import P_UUIDS, UuidFlags
from generated.layouts.handshake import Features
from generated.layouts.state import P_STATE
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskEvent, DiskState
from generated.states.peer_disk_states import PeerDiskEvent, PeerDiskState
from runtime.digests import DIGEST_SIZE_BYTES
from runtime.effects import Level
from runtime.engine.change import change
from runtime.engine.connection import VERSION_OF_INTEGRITY, Connection
from runtime.engine.consequences import VERIFYING
from runtime.engine.handshake import PeerRefused
from runtime.engine.integrity import expect_digests
from runtime.engine.volume import Volume
from runtime.errors import PeerError
from runtime.metadata.generations import Generations, same

VERSION_OF_VERIFY: Final = 88  # wire 12.6: the first of each form
VERSION_OF_SYNC_PARAM89: Final = 89
VERSION_OF_SKIPPED_SYNC: Final = 90
VERSION_OF_DRY_RUN: Final = 92
VERSION_OF_CONTROLLER: Final = 95
VERIFY_ALG: Final = "verify-alg"

OTHER_WAY_ROUND: Final = {  # wire 5.1: what is local there is remote here
    SplitBrainPolicy.DISCARD_LOCAL: SplitBrainPolicy.DISCARD_REMOTE,
    SplitBrainPolicy.DISCARD_REMOTE: SplitBrainPolicy.DISCARD_LOCAL,
}


# What goes


def send_protocol(
    connection: Connection, kind: type[P_PROTOCOL | P_PROTOCOL_UPDATE] = P_PROTOCOL
) -> None:
    """The settings of the connection: for a handshake, or those that have changed (wire 5.1)."""
    options = connection.options
    if options.data_integrity_alg and not connection.integrity_alg:
        needed = f"data-integrity-alg needs version {VERSION_OF_INTEGRITY}"
        connection.agenda.log(f"{needed}: data go without digests", level=Level.WARNING)
    flags = ConnFlags.DISCARD_MY_DATA if connection.discards_my_data else 0
    if connection.is_tentative:
        if connection.version < VERSION_OF_DRY_RUN:
            raise PeerRefused(
                f"--tentative needs version {VERSION_OF_DRY_RUN}, agreed is {connection.version}"
            )
        flags |= ConnFlags.DRY_RUN
    connection.send_data(
        kind(
            protocol=connection.protocol,
            after_sb_0p=options.after_sb_0pri,
            after_sb_1p=options.after_sb_1pri,
            after_sb_2p=options.after_sb_2pri,
            conn_flags=flags,
            two_primaries=int(connection.has_two_primaries),
            integrity_alg=_integrity_alg(connection),
        )
    )


def _integrity_alg(connection: Connection) -> bytes:
    """The own algorithm as P_PROTOCOL tells it (wire 5.1)."""
    has_name = connection.version >= VERSION_OF_INTEGRITY
    return connection.integrity_alg.encode() + b"\0" if has_name else b""


def send_parameters(volume: Volume) -> None:
    """All that the peer must know of a volume before it decides anything (wire 4.1 step 4)."""
    volume.sequence = 0
    send_sync_param(volume)
    send_sizes(volume)
    if volume.state.disk.wire >= DiskState.Negotiating.wire:
        send_uuids(volume)
    send_state(volume)


def send_sync_param(volume: Volume) -> None:
    """The settings of a resync, in the form of the agreed version (wire 5.3)."""
    connection, options = volume.connection, volume.connection.options
    parameters = volume.pace.parameters
    verify_alg, csums_alg = options.verify_alg.encode(), options.csums_alg.encode()
    packet: P_SYNC_PARAM | P_SYNC_PARAM89
    if connection.version < VERSION_OF_SYNC_PARAM89:
        name = verify_alg + b"\0" if connection.version >= VERSION_OF_VERIFY else b""
        packet = P_SYNC_PARAM(parameters.resync_rate, name)
    else:
        has_controller = connection.version >= VERSION_OF_CONTROLLER
        controller = parameters.controller if has_controller else None
        packet = P_SYNC_PARAM89(parameters.resync_rate, verify_alg, csums_alg, controller)
    connection.send_data(packet, volume=volume.number)


def send_sizes(volume: Volume, *, flags: int = 0, asks: bool = False) -> None:
    """How large the disk could be, should be and is, and what it can (wire 5.4).

    Who asks wants to be answered: it does not tell how large the volume is here.
    """
    backing = volume.backing
    capacity = backing.capacity_sectors if backing is not None else 0
    wanted = volume.bounds.wanted_sectors if backing is not None else 0
    size = 0 if asks else volume.size_sectors
    most = volume.request_size_bytes_max
    limits = _queue_limits(volume) if volume.connection.has(Features.WSAME) else None
    packet = P_SIZES(capacity, wanted, size, most, flags, limits)
    volume.connection.send_data(packet, volume=volume.number)


def _queue_limits(volume: Volume) -> QueueLimits:
    backing = volume.backing
    if backing is None:
        return QueueLimits(512, 512, 0, 512, 0, 0, 0, 0)
    return QueueLimits(
        physical_block_size=backing.physical_block_size_bytes,
        logical_block_size=backing.logical_block_size_bytes,
        alignment_offset=0,
        io_min=backing.physical_block_size_bytes,
        io_opt=0,
        discard_enabled=int(backing.can_discard),
        discard_zeroes_data=int(backing.discard_zeroes_data),
        write_same_capable=0,
    )


def send_uuids(volume: Volume, *, flags: int = 0) -> None:
    """The generations of the own data (wire 5.5)."""
    if volume.backing is None:
        return
    generations = volume.store.generations
    volume.bits_sent = volume.bits_out_of_sync
    volume.connection.send_data(
        P_UUIDS(
            generations.current_uuid,
            generations.bitmap_uuid,
            generations.younger_history_uuid,
            generations.older_history_uuid,
            volume.bits_sent,
            volume.uuid_flags | flags,
        ),
        volume=volume.number,
    )


def send_state(volume: Volume) -> None:
    """The state as it is now (wire 5.10)."""
    volume.connection.send_data(P_STATE(volume.state.word), volume=volume.number)


# What comes


def receive_protocol(connection: Connection, packet: P_PROTOCOL) -> None:
    """Hold the peer's settings against the own ones (states 5.2)."""
    if mismatch := _mismatch(connection, packet):
        raise PeerRefused(f"incompatible {mismatch} settings")
    expect_digests(connection, packet.integrity_alg)
    connection.peer_wants_dry_run = bool(packet.conn_flags & ConnFlags.DRY_RUN)
    if packet.conn_flags & ConnFlags.DISCARD_MY_DATA and connection.discards_my_data:
        raise PeerRefused("both nodes would discard their data: incompatible discard-my-data")


def _mismatch(connection: Connection, packet: P_PROTOCOL) -> str:
    """The first setting that differs, by the name that it has in a configuration."""
    options = connection.options
    own_and_theirs = (
        ("protocol", connection.protocol, packet.protocol),
        ("after-sb-0pri", options.after_sb_0pri, _as_here(packet.after_sb_0p)),
        ("after-sb-1pri", options.after_sb_1pri, _as_here(packet.after_sb_1p)),
        ("after-sb-2pri", options.after_sb_2pri, _as_here(packet.after_sb_2p)),
        ("allow-two-primaries", connection.has_two_primaries, packet.two_primaries),
        ("data-integrity-alg", _integrity_alg(connection), bytes(packet.integrity_alg)),
    )
    return next((name for name, own, theirs in own_and_theirs if own != theirs), "")


def _as_here(policy: int) -> int:
    return next((other for own, other in OTHER_WAY_ROUND.items() if own == policy), policy)


def receive_protocol_update(connection: Connection, packet: P_PROTOCOL_UPDATE) -> None:
    """Adopt the settings of a peer whose options were changed (wire 5.2)."""
    expect_digests(connection, packet.integrity_alg)
    try:
        connection.protocol = ReplicationProtocol(packet.protocol)
        connection.options = replace(
            connection.options,
            after_sb_0pri=SplitBrainPolicy(_as_here(packet.after_sb_0p)),
            after_sb_1pri=SplitBrainPolicy(_as_here(packet.after_sb_1p)),
            after_sb_2pri=SplitBrainPolicy(_as_here(packet.after_sb_2p)),
        )
    except ValueError as error:
        raise PeerError(f"P_PROTOCOL_UPDATE has a number that means nothing: {error}") from error
    connection.has_two_primaries = bool(packet.two_primaries)
    if connection.has_two_primaries and connection.protocol is not ReplicationProtocol.C:
        raise PeerRefused("the peer wants allow-two-primaries, which needs protocol C")
    connection.agenda.log(
        f"the peer changed its net options: protocol {connection.protocol.name},"
        f" data-integrity-alg {connection.peer_integrity_alg or '(none)'}"
    )


def receive_sync_param(volume: Volume, packet: P_SYNC_PARAM | P_SYNC_PARAM89) -> None:
    """Take over the peer's settings of a resync; algorithms must be the own ones (wire 5.3)."""
    options, version = volume.connection.options, volume.connection.version
    is_new = isinstance(packet, P_SYNC_PARAM89)
    if is_new is not (version >= VERSION_OF_SYNC_PARAM89):
        raise PeerError(f"{packet.COMMAND.name} is not for version {version}")
    if isinstance(packet, P_SYNC_PARAM89):
        if (packet.controller is not None) is not (version >= VERSION_OF_CONTROLLER):
            raise PeerError(f"P_SYNC_PARAM89 has {packet.packed_size} bytes in version {version}")
        pairs = [(VERIFY_ALG, options.verify_alg, packet.verify_alg)]
        pairs.append(("csums-alg", options.csums_alg, packet.csums_alg))
        controller = packet.controller
    else:
        has_name = version >= VERSION_OF_VERIFY
        if bool(len(packet.verify_alg)) is not has_name:
            raise PeerError(f"P_SYNC_PARAM has {packet.packed_size} bytes in version {version}")
        name = bytes(packet.verify_alg).rstrip(b"\0")
        pairs = [(VERIFY_ALG, options.verify_alg, name)] if has_name else []
        controller = None
    for name_of, own, theirs in pairs:
        if own.encode() != theirs:
            _adopt_algorithm(volume, name_of, bytes(theirs))
    if volume.has_disk:
        volume.pace.adopt(packet.resync_rate, controller)


def _adopt_algorithm(volume: Volume, option: str, theirs: bytes) -> None:
    """Another hash than the own one does not fit at first; later it is taken over (wire 5.3)."""
    name = theirs.decode("ascii", "replace")
    if volume.state.conn is ConnState.WFReportParams:
        raise PeerRefused(f"incompatible {option} settings")
    if name and name not in DIGEST_SIZE_BYTES:
        raise PeerRefused(f"the peer's {option} {name!r} is not known here")
    if volume.state.conn in VERIFYING and option == VERIFY_ALG:
        raise PeerError("the peer changed its verify-alg while an online verify runs")
    connection = volume.connection
    change_of: dict[str, Any] = {option.replace("-", "_"): name}
    connection.options = replace(connection.options, **change_of)
    volume.log(f'using {option}: "{name}"')


def resize(volume: Volume, size_sectors: int, *, is_in_sync: bool = False) -> None:
    """Let the volume have another size; what is new of it is out of sync, if nobody says else."""
    if size_sectors and size_sectors != volume.store.superblock.last_agreed_size:
        volume.store.resize(size_sectors, is_in_sync=is_in_sync)
    volume.size_sectors = size_sectors


def receive_uuids(volume: Volume, packet: P_UUIDS) -> None:
    """Remember the peer's generations; they count when its state arrives (states 5.4)."""
    volume.peer_generations = Generations.of(packet)
    volume.peer_bits_set = packet.bits_set
    volume.peer_uuid_flags = packet.uuid_flags
    if not volume.has_disk and volume.is_primary:
        is_new = not volume.is_up or volume.state.pdsk is PeerDiskState.Diskless
        if is_new and not same(volume.exposed_uuid, packet.current_uuid):
            raise PeerRefused("can only connect to data with the current UUID that was last seen")
        volume.exposed_uuid = packet.current_uuid
    volume.told_uuid = packet.current_uuid
    if volume.has_disk and _is_declared_the_same(volume, packet):
        volume.log("accepted new current UUID, preparing to skip initial sync")
        taken = volume.store.generations.accepted_skipped_sync(
            packet.current_uuid, is_primary=volume.is_primary
        )
        volume.store.write_generations(taken)
        change(volume, DiskEvent.initial_sync_skipped, PeerDiskEvent.initial_sync_skipped)


def _is_declared_the_same(volume: Volume, packet: P_UUIDS) -> bool:
    return (
        volume.state.conn is ConnState.Connected
        and volume.connection.version >= VERSION_OF_SKIPPED_SYNC
        and volume.store.generations.is_just_created
        and bool(packet.uuid_flags & UuidFlags.SKIP_INITIAL_SYNC)
    )
