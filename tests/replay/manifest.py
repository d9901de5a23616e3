"""What was done while a conversation of two kernels was recorded, and what came of it.

`manifest.json` or `manifest.json.gz` lies beside the recordings: each entry tells the steps of one,
the content of the disks before, and digests of it at the end.
"""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

SECTOR_SIZE_BYTES: Final = 512
MINORS_PER_VOLUME: Final = 2  # side A has the even minors and B the odd ones


class Side(Enum):
    """One of the two nodes, by its address."""

    A = "192.0.2.1"
    B = "192.0.2.2"

    @property
    def other(self) -> "Side":
        """The peer."""
        return Side.B if self is Side.A else Side.A

    @property
    def resource(self) -> str:
        """What the resource is called on this side."""
        return "r0" if self is Side.A else "r1"


@dataclass(frozen=True)
class Region:
    """Bytes of a device, in the pattern of a seed."""

    offset_bytes: int
    size_bytes: int
    seed: int

    def content(self) -> bytes:
        """Each sector tells where it belongs."""
        first = self.offset_bytes // SECTOR_SIZE_BYTES
        count = self.size_bytes // SECTOR_SIZE_BYTES
        return b"".join(
            16 * (b"seed %08x sector %010x\n" % (self.seed, first + number))
            for number in range(count)
        )


@dataclass(frozen=True)
class Disk:
    """A lower device before the first step."""

    size_bytes: int
    is_internal: bool
    regions: tuple[Region, ...]


@dataclass(frozen=True)
class Step:
    """Something that was done, from one time to another."""

    start_s: float
    end_s: float
    command: str
    is_refused: bool
    told: Mapping[str, Any]
    """What it moved, as far as the manifest says so in a form for programs."""


@dataclass(frozen=True)
class Scenario:
    """One entry of the manifest."""

    name: str
    capture: Path
    entry: Mapping[str, Any]

    @property
    def start_s(self) -> float:
        """The list's time zero, in the capture's time."""
        return float(self.entry["pcap_start"])

    @property
    def steps(self) -> Iterator[Step]:
        """What was done, in order."""
        for step in self.entry["steps"]:
            if "cmd" in step:
                yield Step(
                    start_s=step["t"],
                    end_s=step["end"],
                    command=step["cmd"],
                    is_refused=bool(step.get("rc")),
                    told=step,
                )

    def disks(self, side: Side) -> dict[int, Disk]:
        """The lower devices of a side, by volume."""
        return {
            disk["volume"]: Disk(
                disk["lower_size"],
                disk["meta_data"] == "internal",
                tuple(Region(it["offset"], it["length"], it["seed"]) for it in disk["patterns"]),
            )
            for disk in self.entry["initial"].get(side.name, ())
        }

    def size_bytes(self, side: Side, volume: int) -> int:
        """How large the device was at the end; 0 without a disk."""
        return int(self.entry["device_size"].get(f"{side.name}{volume}", 0))

    def former_meta_data(self, side: Side) -> dict[int, range]:
        """Volumes that have grown over their own meta-data -> the sectors where that was."""
        return {
            disk["volume"]: range(
                disk["data_size"] // SECTOR_SIZE_BYTES, disk["lower_size"] // SECTOR_SIZE_BYTES
            )
            for disk in self.entry["initial"].get(side.name, ())
            if disk["meta_data"] == "internal"
            and disk["data_size"] < self.size_bytes(side, disk["volume"])
        }

    def digest(self, side: Side, volume: int) -> str | None:
        """The SHA-256 of what the device held at the end; None without a disk."""
        found = self.entry["sha256"][f"{side.name}{volume}"]
        return None if found is None else str(found)

    def options_of_attach(self, side: Side, volume: int) -> str:
        """The options that the disk of a volume was attached with."""
        return str(self.entry["options"]["attach"].get(f"{side.name}{volume}", ""))

    def options_of_connect(self, side: Side) -> str:
        """The options that a side connected with the first time."""
        found = self.entry["options"]["connect"].get(side.name) or [""]
        return str(found[0])


def scenarios(folder: Path) -> list[Scenario]:
    """The entries of a folder's manifest that have a recording."""
    packed = folder / "manifest.json.gz"
    plain = folder / "manifest.json"
    entries = json.loads(
        gzip.decompress(packed.read_bytes()) if packed.exists() else plain.read_text()
    )
    return [
        Scenario(entry["name"], folder / entry["file"], entry)
        for entry in entries
        if "file" in entry
    ]


def place_of(device: str) -> tuple[Side, int] | None:
    """Whose device this is, and its volume; None for what is no replicated device."""
    found = re.fullmatch(r"(?:/dev/drbd)?(\d+)", device)
    if found is None:
        return None
    volume, is_odd = divmod(int(found[1]), MINORS_PER_VOLUME)
    return (Side.B if is_odd else Side.A), volume


def minor_of(side: Side, volume: int) -> int:
    """The minor of a volume."""
    return MINORS_PER_VOLUME * volume + (side is Side.B)
