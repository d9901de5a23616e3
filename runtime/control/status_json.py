"""The form of `drbdsetup status --json` (states 9.4)."""

from typing import Any

from runtime.control.view import PEER, PEER_NODE_ID, RESYNCING, ResourceView, VolumeView

Json = dict[str, Any]


def status_json(resource: ResourceView) -> Json:
    """One resource, with the keys in the documented order."""
    return {
        "name": resource.name,
        "node-id": -1,
        "role": resource.role,
        "suspended": bool(resource.suspended),
        "suspended-user": "user" in resource.suspended,
        "suspended-no-data": "no-data" in resource.suspended,
        "suspended-fencing": "fencing" in resource.suspended,
        "suspended-quorum": False,
        "force-io-failures": False,
        "write-ordering": resource.write_ordering,
        "devices": [_device(it) for it in resource.volumes],
        "connections": [_connection(resource)],
    }


def _device(it: VolumeView) -> Json:
    return {
        "volume": it.volume,
        "minor": it.minor,
        "disk-state": it.disk,
        "client": not it.has_disk_configured,
        "open": bool(it.upper_pending),
        "quorum": True,
        "size": it.size_kib,
        "read": it.read_kib,
        "written": it.written_kib,
        "al-writes": it.log_writes,
        "bm-writes": 0,
        "upper-pending": it.upper_pending,
        "lower-pending": it.lower_pending,
    }


def _connection(resource: ResourceView) -> Json:
    return {
        "peer-node-id": PEER_NODE_ID,
        "name": resource.peer_name or PEER,
        "connection-state": resource.connection,
        "congested": resource.is_congested,
        "peer-role": resource.peer_role,
        "tls": resource.has_tls,
        "peer_devices": [_peer_device(it) for it in resource.volumes],
    }


def _peer_device(it: VolumeView) -> Json:
    shown: Json = {
        "volume": it.volume,
        "replication-state": it.replication,
        "peer-disk-state": it.peer_disk,
        "peer-client": False,
        "resync-suspended": ",".join(it.pauses) or "no",
        "received": it.received_kib,
        "sent": it.sent_kib,
        "out-of-sync": it.out_of_sync_kib,
        "pending": it.peer_pending,
        "unacked": it.unacked,
        "has-sync-details": False,
        "has-online-verify-details": False,
        "percent-in-sync": round(it.percent_in_sync, 2),
    }
    if it.conn in RESYNCING and it.percent_done is not None:
        shown["percent-resync-done"] = round(it.percent_done, 2)
    return shown
