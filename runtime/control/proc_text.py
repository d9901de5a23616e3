"""The form of /proc/drbd (states 9.1, 9.2)."""

from collections.abc import Iterable, Iterator
from typing import Final

from runtime.control.view import RUNNING, VERIFYING, ResourceView, VolumeView

VERSION: Final = "version: 8.4.11 (api:1/proto:86-101)"


def proc_lines(resources: Iterable[ResourceView], build: str) -> Iterator[str]:
    """All volumes by their minors, below two lines about the version."""
    yield VERSION
    yield build
    shown = sorted(
        ((volume, it) for it in resources for volume in it.volumes), key=lambda it: it[0].minor
    )
    expected = 0
    for volume, resource in shown:
        if volume.minor != expected:
            yield ""
        expected = volume.minor + 1
        yield from _volume_lines(volume, resource)


def _volume_lines(volume: VolumeView, resource: ResourceView) -> Iterator[str]:
    if volume.is_unconfigured:
        yield f"{volume.minor:2}: cs:Unconfigured"
        return
    yield (
        f"{volume.minor:2}: cs:{volume.conn} ro:{volume.role}/{volume.peer_role}"
        f" ds:{volume.disk}/{volume.peer_disk} {resource.protocol} {_letters(volume, resource)}"
    )
    figures = {
        "ns": volume.sent_kib,
        "nr": volume.received_kib,
        "dw": volume.written_kib,
        "dr": volume.read_kib,
        "al": volume.log_writes,
        "bm": 0,  # states 9.1: never counted in this version
        "lo": volume.lower_pending,
        "pe": volume.peer_pending,
        "ua": volume.unacked,
        "ap": volume.upper_pending,
        "ep": volume.open_epochs,
        "wo": resource.write_ordering[0],
        "oos": volume.out_of_sync_kib,
    }
    yield "    " + " ".join(f"{name}:{value}" for name, value in figures.items())
    yield from progress_lines(volume)


def progress_lines(volume: VolumeView) -> Iterator[str]:
    """How far a resync or verify is, if one runs."""
    progress = volume.progress
    if progress is None or volume.conn not in RUNNING:
        return
    is_verify = volume.conn in VERIFYING
    yield f"\t{progress.bar} {progress.amount_text(is_verify=is_verify)}"
    yield f"\t{progress.speed_text}"


def _letters(volume: VolumeView, resource: ResourceView) -> str:
    """States 9.1; this node never suspends updates of the activity log, the last letter."""
    blocked = "d" if volume.is_blocked else "n" if volume.is_congested else "-"
    return "".join(
        (
            "s" if resource.suspended else "r",
            "a" if volume.is_after else "-",
            "p" if volume.is_peer_paused else "-",
            "u" if volume.is_user_paused else "-",
            blocked,
            "-",
        )
    )
