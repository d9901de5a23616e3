"""Views as tests need them: the resources of the reference's examples."""

from dataclasses import replace
from typing import Any

from runtime.control.view import ResourceView, VolumeView
from runtime.engine.progress import Progress

IDLE = VolumeView(
    volume=0,
    minor=0,
    role="Primary",
    peer_role="Secondary",
    conn="Connected",
    replication="Established",
    disk="UpToDate",
    peer_disk="UpToDate",
    is_after=False,
    is_peer_paused=False,
    is_user_paused=False,
    size_kib=4000000,
    sent_kib=0,
    received_kib=0,
    written_kib=0,
    read_kib=664,
    out_of_sync_kib=0,
    log_writes=0,
    lower_pending=0,
    upper_pending=0,
    peer_pending=0,
    unacked=0,
    open_epochs=1,
    has_flushes=True,
    is_blocked=False,
    is_congested=False,
    has_disk_configured=True,
)
"""The volume of the example of /proc/drbd (states 9.1)."""

PROGRESS = Progress(
    bits_total=1000000,
    bits_left=665000,
    bits_failed=0,
    rate_kib_s=6344,
    average_kib_s=6456,
    wanted_kib_s=10240,
    seconds_left=418,
    is_stalled=False,
    is_paused=False,
)
"""The run of the example of the progress lines (states 9.2)."""

TARGET = replace(
    IDLE,
    role="Secondary",
    peer_role="Primary",
    conn="SyncTarget",
    replication="SyncTarget",
    disk="Inconsistent",
    out_of_sync_kib=2192000,
    progress=PROGRESS,
)
"""The volume of the example of status (states 9.3)."""


def resource(*volumes: VolumeView, **different: Any) -> ResourceView:
    """A resource of these volumes, connected unless told otherwise."""
    given = {
        "name": "r0",
        "protocol": "C",
        "connection": "Connected",
        "peer_name": "",
        "has_tls": False,
        "suspended": (),
    }
    return ResourceView(**{**given, **different}, volumes=volumes or (IDLE,))
