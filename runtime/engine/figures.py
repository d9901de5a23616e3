"""What one volume is at work on, in figures, as /proc/drbd and status tell them (states 9)."""

from dataclasses import dataclass
from typing import Final

from generated.layouts.superblock import Superblock
from runtime.engine.rooms import Rooms

KIB: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of one volume at some time; sizes are in KiB."""

    size_kib: int
    sent_kib: int
    received_kib: int
    written_kib: int
    read_kib: int
    out_of_sync_kib: int
    log_writes: int
    """Transactions of the activity log."""
    lower_pending: int
    """What the own disk is at work on."""
    upper_pending: int
    """Requests of applications that are not finished."""
    peer_pending: int
    """Answers that the peer owes."""
    unacked: int
    """What is being done for the peer, who has no answer yet."""
    open_epochs: int
    has_flushes: bool
    """Whether barriers of the peer are flushes here; else what is in flight is only waited for."""
    is_blocked: bool
    """Whether new requests of applications have to wait."""
    is_congested: bool
    """Whether the data socket takes nothing."""


def figures_of(rooms: Rooms) -> Figures:
    """The figures as they are now."""
    volume, traffic = rooms.volume, rooms.volume.traffic
    data = volume.connection.data
    applications, target = rooms.applications, rooms.resync.target
    return Figures(
        size_kib=volume.size_sectors // 2,
        sent_kib=traffic.sent_bytes // KIB,
        received_kib=traffic.received_bytes // KIB,
        written_kib=traffic.written_bytes // KIB,
        read_kib=traffic.read_bytes // KIB,
        out_of_sync_kib=volume.bits_out_of_sync * 4,
        log_writes=volume.backing.store.transaction_count if volume.backing is not None else 0,
        lower_pending=volume.own_works.count + len(volume.peer_works),
        upper_pending=applications.open_count,
        peer_pending=sum(write.is_peer_pending for write in rooms.writes.by_id.values())
        + applications.reads.remote.count
        + (target.open_count if target is not None else 0)
        + rooms.verify.open_count,
        unacked=len(volume.peer_works),
        open_epochs=volume.connection.received_epochs.open_count,
        has_flushes=volume.options.disk_flushes,
        is_blocked=applications.is_held or volume.connection.holds_back,
        is_congested=data is not None and data.is_congested,
    )


def superblock_of(rooms: Rooms) -> Superblock | None:
    """What the meta-data say of the generations and of the last state; None without a disk."""
    volume = rooms.volume
    return volume.store.superblock if volume.has_disk else None
