"""What a node that runs can be told of a changed configuration, and what has to wait."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, Final

from runtime.config import DiskOptions, NetOptions
from runtime.engine.changing import FIXED
from runtime.node_config import NodeConfig, spelled

Values = Mapping[str, Any]
"""Option -> what it is, by the names of the classes in `config.py`."""

NOT_IN_FILES: Final = frozenset({"version_min", "version_max"})
LONG: Final = ("the handlers", "tls", "nbd")
BEGINS: Final = "counts when the node begins"
LATER: Final = {**dict.fromkeys((*FIXED, "minor"), BEGINS), "size": FIXED["size"]}
"""Option -> why it can't be changed now; a disk that is attached again has its old options."""


@dataclass(frozen=True, slots=True)
class Part:
    """What changes of the connection, or of one volume's disk."""

    name: str
    """`net`, or `disk` with the volume's number."""
    volume: int | None
    changes: Values
    told: tuple[str, ...]
    """Each change, as people read it."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """How a node differs from what it is to be."""

    parts: tuple[Part, ...]
    later: tuple[str, ...]
    """What can't be changed while it runs, each as a sentence."""


def adjustment(
    running: NodeConfig, wanted: NodeConfig, *, net: Values, disks: Mapping[int, Values]
) -> Adjustment:
    """Compare a node with what it is to be; `net` and `disks` are its options as they count now."""
    found = [_part("net", None, net, wanted.resource.net)]
    for volume, options in wanted.resource.volumes.items():
        if volume in disks:
            found.append(_part(f"disk {volume}", volume, disks[volume], options))
    later = [sentence for _, sentences in found for sentence in sentences]
    later += _of_the_node(running, wanted)
    return Adjustment(tuple(part for part, _ in found if part.changes), tuple(later))


def _part(
    name: str, volume: int | None, now: Values, options: NetOptions | DiskOptions
) -> tuple[Part, list[str]]:
    """What changes of some options, and what can't."""
    changes: dict[str, Any] = {}
    told, later = [], []
    for field in fields(options):
        before, after = now[field.name], getattr(options, field.name)
        if before == after or field.name in NOT_IN_FILES:
            continue
        shown = f"{name}: {field.name.replace('_', '-')} {_shown(before)} -> {_shown(after)}"
        if reason := LATER.get(field.name):
            later.append(f"{shown} {reason}")
        else:
            changes[field.name] = after
            told.append(shown)
    return Part(name, volume, changes, tuple(told)), later


def _of_the_node(running: NodeConfig, wanted: NodeConfig) -> Iterator[str]:
    """What a node is, beside its options, and will be when it begins again."""
    before, after = running.resource, wanted.resource
    pairs = {
        "the address": (running.address, wanted.address),
        "the peer's address": (running.peer, wanted.peer),
        "the peer's name": (running.peer_name, wanted.peer_name),
        "the handlers": (before.handlers, after.handlers),
        "on-no-data-accessible": (before.on_no_data_accessible, after.on_no_data_accessible),
        "handler-timeout": (before.handler_timeout, after.handler_timeout),
        "resync-count-max": (running.resync_count_max, wanted.resync_count_max),
        "tls": (running.tls, wanted.tls),
        "nbd": (running.nbd, wanted.nbd),
    }
    for what, (old, new) in pairs.items():
        if old != new:
            shown = "" if what in LONG else f" {_shown(old)} -> {_shown(new)}"
            yield f"{what}{shown} {BEGINS}"
    for volume in sorted(before.volumes.keys() | after.volumes.keys()):
        if volume not in before.volumes or volume not in after.volumes:
            what = "is gone" if volume in before.volumes else "is new"
            yield f"volume {volume} {what}, which {BEGINS}"
        elif _needs(running, volume) != _needs(wanted, volume):
            old, new = (" ".join(_needs(it, volume)) or "none" for it in (running, wanted))
            yield f"disk {volume}: {old} -> {new} {BEGINS}"


def _needs(config: NodeConfig, volume: int) -> tuple[str, ...]:
    return config.disks[volume].needs if volume in config.disks else ()


def _shown(value: object) -> str:
    """A value as a configuration has it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (spelled(value) if isinstance(value, Enum) else str(value)) or "none"
