"""The commands that answer with a line for each volume: role, cstate, dstate, get-gi, show-gi."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import click

from runtime.cli.asking import (
    Target,
    asking,
    refusals,
    socket_option,
    stop,
    target_argument,
    targets,
)
from runtime.control.client import Client
from runtime.control.view import ResourceView, VolumeView

EXIT_NO_DISK: Final = 1  # states 9.8
NAMES: Final = (
    "current UUID",
    "bitmap UUID",
    "younger history UUID",
    "older history UUID",
    "consistent",
    "was up to date",
    "primary",
    "connected",
    "full sync needed",
    "peer outdated",
    "crashed primary",
)
"""What stands in the line of get-gi, in its order."""

Shown = Callable[[Client, Target], str]


def _question(name: str, text: str, shown: Shown) -> click.Command:
    """A command that asks this of each volume that is named."""

    @click.command(name, help=text, epilog=f"\b\nExample:\n  dotmirror {name} r0/0")
    @target_argument
    @socket_option
    @click.option("--json", "as_json", is_flag=True, help="One JSON object a volume, for programs.")
    def ask(target: str | None, control_path: Path | None, *, as_json: bool) -> None:
        with asking(control_path) as client:
            for it in targets(client, target, is_by_volume=True):
                said = shown(client, it)
                told = {"resource": it.resource, "volume": it.volume, name: said}
                click.echo(json.dumps(told) if as_json else said)

    return ask


def _volume(client: Client, target: Target) -> VolumeView:
    with refusals(target.obj):
        answer = client.ask("view", resource=target.resource)
    volumes = ResourceView.of(answer["resources"][0]).volumes
    return next(it for it in volumes if it.volume == target.volume)


def _pair(pick: Callable[[VolumeView], str]) -> Shown:
    def shown(client: Client, target: Target) -> str:
        volume = _volume(client, target)
        return "Unconfigured" if volume.is_unconfigured else pick(volume)

    return shown


def _generations(client: Client, target: Target) -> dict[str, Any]:
    with refusals(target.obj):
        volume = _volume(client, target)
        answer = client.ask("generations", resource=target.resource, volume=target.volume)
    if answer["generations"] is None:
        text = "Device is unconfigured" if volume.is_unconfigured else "Device has no disk"
        stop(text, EXIT_NO_DISK)
    return answer


def _get_gi(client: Client, target: Target) -> str:
    return str(_generations(client, target)["generations"])


def _show_gi(client: Client, target: Target) -> str:
    answer = _generations(client, target)
    return "\n".join(["", *_drawing(answer["generations"], is_clean=answer["is_clean"]), ""])


def _drawing(line: str, *, is_clean: bool) -> Iterator[str]:
    """The line of get-gi below what its pieces mean (states 9.8)."""
    pieces = line.split(":")
    places = [sum(len(it) + 1 for it in pieces[:index]) for index in range(len(pieces))]
    bars = ""
    for place, name in zip(places, NAMES, strict=True):
        bars = bars.ljust(place)
        yield bars + name
        bars += "|"
    yield bars
    yield line
    yield ""
    consistent, up_to_date, primary, connected, full_sync, peer_outdated, crashed = (
        it == "1" for it in pieces[4:]
    )
    disk = "UpToDate" if up_to_date else "Outdated"
    words = [
        ("crashed " if crashed else "") + ("Primary" if primary else "Secondary"),
        "Connected" if connected else "StandAlone",
        disk if consistent else "Inconsistent",
        *(["need full sync"] if full_sync else []),
        *(["peer Outdated"] if peer_outdated else []),
    ]
    yield f"flags: {', '.join(words)}"
    yield f"meta-data: {'clean' if is_clean else 'need apply-al'}"


COMMANDS: Final[Mapping[str, click.Command]] = {
    "role": _question(
        "role", "Show the roles of both nodes.", _pair(lambda it: f"{it.role}/{it.peer_role}")
    ),
    "cstate": _question("cstate", "Show the connection's state.", _pair(lambda it: it.conn)),
    "dstate": _question(
        "dstate", "Show the states of both disks.", _pair(lambda it: f"{it.disk}/{it.peer_disk}")
    ),
    "get-gi": _question(
        "get-gi", "Show the UUIDs of the generations, and flags, in one line.", _get_gi
    ),
    "show-gi": _question("show-gi", "Show the same, and what it means.", _show_gi),
}
