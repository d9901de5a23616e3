"""The lines of events2 (states 9.5): what there is, and then what changes."""

from collections.abc import Iterator, Mapping
from typing import Final

from runtime.control.view import PEER, PEER_NODE_ID, ResourceView, VolumeView, yes_no

THE_END_OF_WHAT_IS: Final = "exists -"
Objects = Mapping[str, Mapping[str, str]]
"""An object's kind and keys -> its fields, in the order in which they are told."""


def objects_of(resource: ResourceView, *, has_statistics: bool) -> dict[str, dict[str, str]]:
    """All objects of a resource, in the documented order."""
    found = {
        f"resource name:{resource.name}": _resource(resource, has_statistics=has_statistics),
        f"connection {_peer_keys(resource)}": _connection(resource, has_statistics=has_statistics),
    }
    for it in resource.volumes:
        device = f"device name:{resource.name} volume:{it.volume} minor:{it.minor}"
        found[device] = _device(it, has_statistics=has_statistics)
    for it in resource.volumes:
        peer_device = f"peer-device {_peer_keys(resource)} volume:{it.volume}"
        found[peer_device] = _peer_device(it, has_statistics=has_statistics)
    return found


def exists_lines(objects: Objects) -> Iterator[str]:
    """What there is."""
    for key, told in objects.items():
        yield f"exists {key}{_fields(told)}"


def change_lines(before: Objects, after: Objects) -> Iterator[str]:
    """What has changed, of each object only that."""
    for key, told in after.items():
        known = before.get(key, {})
        changed = {name: value for name, value in told.items() if known.get(name) != value}
        if changed:
            yield f"change {key}{_fields(changed)}"


def helper_line(
    resource: ResourceView, volume: int | None, name: str, exit_code: int | None
) -> str:
    """A program of the administrator's is called, or has ended."""
    place = next(
        (f" volume:{it.volume} minor:{it.minor}" for it in resource.volumes if it.volume == volume),
        "",
    )
    action, end = ("call", "") if exit_code is None else ("response", f" status:{exit_code * 256}")
    return f"{action} helper {_peer_keys(resource)}{place} helper:{name}{end}"


def _peer_keys(resource: ResourceView) -> str:
    return f"name:{resource.name} peer-node-id:{PEER_NODE_ID} conn-name:{PEER}"


def _fields(told: Mapping[str, str]) -> str:
    return "".join(f" {name}:{value}" for name, value in told.items())


def _resource(it: ResourceView, *, has_statistics: bool) -> dict[str, str]:
    told = {"role": it.role, "suspended": ",".join(it.suspended) or "no"}
    return told | ({"write-ordering": it.write_ordering} if has_statistics else {})


def _connection(it: ResourceView, *, has_statistics: bool) -> dict[str, str]:
    told = {"connection": it.connection, "role": it.peer_role}
    return told | ({"congested": yes_no(it.is_congested)} if has_statistics else {})


def _device(it: VolumeView, *, has_statistics: bool) -> dict[str, str]:
    if not has_statistics:
        return {"disk": it.disk}
    return {
        "disk": it.disk,
        "size": str(it.size_kib),
        "read": str(it.read_kib),
        "written": str(it.written_kib),
        "al-writes": str(it.log_writes),
        "bm-writes": "0",
        "upper-pending": str(it.upper_pending),
        "lower-pending": str(it.lower_pending),
        "al-suspended": "no",
        "blocked": "upper" if it.is_blocked else "no",
    }


def _peer_device(it: VolumeView, *, has_statistics: bool) -> dict[str, str]:
    told = {
        "replication": it.replication,
        "peer-disk": it.peer_disk,
        "resync-suspended": ",".join(it.pauses) or "no",
    }
    if has_statistics:
        told |= {
            "received": str(it.received_kib),
            "sent": str(it.sent_kib),
            "out-of-sync": str(it.out_of_sync_kib),
            "pending": str(it.peer_pending),
            "unacked": str(it.unacked),
        }
    return told
