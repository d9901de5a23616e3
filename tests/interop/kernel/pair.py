"""Two nodes of one scenario: fresh disks, the way to Connected, and the reckoning at the end."""

import random
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, Final

from tests.interop.kernel.complaints import complaints
from tests.interop.kernel.guest import Guest
from tests.interop.kernel.kernel_side import NOISE_SIZE_BYTES, Disk, KernelSide
from tests.interop.kernel.our_side import METADATA_SIZE_BYTES, OurSide
from tests.interop.kernel.side import Options, Side

BLOCK_SIZE_BYTES: Final = 4096
SECTOR_SIZE_BYTES: Final = 512
SHOWN_BLOCKS: Final = 20
SHOWN_BYTES: Final = 32
SETTLE_TIMEOUT_S: Final = 10.0
ODD_BYTES: Final = 20 << 10
"""No device is a multiple of 256 KiB: the kernel forgets a whole bitmap's last word at attach."""

SMALL: Final = (4 << 20) + ODD_BYTES
LARGE: Final = (16 << 20) + ODD_BYTES
DISKS: Final = (SMALL, SMALL, LARGE)
NET: Final[Options] = {
    "protocol": "C",
    # The emulated machine may stand still for a second when this one is busy.
    "ping_timeout": 30,
    "socket_check_timeout": 5,
    "connect_int": 2,
}
DISK: Final[Options] = {"c_plan_ahead": 0, "resync_rate": 100_000}
PORTS: Final = (7788, 7789)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return int(it.getsockname()[1])


class Stage:
    """The guest with its disks, and the nodes that can meet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.guest = Guest(
            disks=[_noise(folder / "noise.img"), *_blanks(folder, "r0"), *_blanks(folder, "r1")],
            console=folder / "console.log",
            ports={port: free_port() for port in PORTS},
        )

    def kernel(self, number: int) -> KernelSide:
        """The first or the second resource of the guest."""
        first = 1 + number * len(DISKS)
        return KernelSide(
            self.guest,
            f"r{number}",
            disks=[
                Disk(f"/dev/vd{chr(ord('a') + first + it)}", self.guest.disks[first + it])
                for it in range(len(DISKS))
            ],
            first_minor=10 * number,
            port=PORTS[number],
        )

    def kernel_and_ours(self) -> tuple[KernelSide, OurSide]:
        """The two halves of an interoperability test."""
        kernel = self.kernel(0)
        port = free_port()
        ours = OurSide(self._folder, port=port)
        kernel.peer_port = port
        ours.peer_port = self.guest.ports[PORTS[0]]
        return kernel, ours

    def two_kernels(self) -> tuple[KernelSide, KernelSide]:
        """Two resources of the guest, which reach each other by way of the host."""
        one, other = self.kernel(0), self.kernel(1)
        one.peer_port = self.guest.ports[PORTS[1]]
        other.peer_port = self.guest.ports[PORTS[0]]
        return one, other


def _noise(path: Path) -> Path:
    path.write_bytes(random.Random(1).randbytes(NOISE_SIZE_BYTES))
    return path


def _blanks(folder: Path, name: str) -> Sequence[Path]:
    paths = [folder / f"{name}-{number}.img" for number in range(len(DISKS))]
    for path, size_bytes in zip(paths, DISKS, strict=True):
        with path.open("wb") as file:
            file.truncate(size_bytes + METADATA_SIZE_BYTES)
    return paths


class Pair:
    """Two sides: `one` is who has the data first, or who does something, `other` is the peer."""

    def __init__(self, guest: Guest, one: Side, other: Side) -> None:
        self.guest = guest
        self.one = one
        self.other = other
        self._console_bytes = 0

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both."""
        return self.one, self.other

    @property
    def kernels(self) -> list[KernelSide]:
        """Those that live in the guest."""
        return [it for it in self.sides if isinstance(it, KernelSide)]

    def begin(
        self,
        *,
        sizes_bytes: Sequence[int] = (SMALL,),
        other_sizes_bytes: Sequence[int] = (),
        net: Options | None = None,
        other_net: Options | None = None,
        disk: Options | None = None,
        is_same: bool = False,
    ) -> None:
        """Have fresh disks attached on both sides, with different data on them or the same."""
        self._console_bytes = self.guest.said_bytes
        options = {**NET, **(net or {})}
        plans = (
            (self.one, sizes_bytes, options),
            (self.other, other_sizes_bytes or sizes_bytes, {**options, **(other_net or {})}),
        )
        for seed, (side, sizes, its_net) in enumerate(plans):
            side.prepare(sizes)
            for volume, (image, size_bytes) in enumerate(zip(side.images, sizes, strict=True)):
                _fill(image, size_bytes, seed=volume if is_same else seed * 1000 + volume)
            side.create(net=its_net, disk={**DISK, **(disk or {})})

    def connect(self) -> None:
        """Let both find each other."""
        for side in self.sides:
            side.connect()

    def both(self, act: Callable[[Side], None]) -> None:
        """Do the same on both sides, one's first."""
        for side in self.sides:
            act(side)

    def wait(self, **wanted: str | Sequence[str]) -> None:
        """Wait until both are as wanted."""
        for side in self.sides:
            side.await_state(wanted)

    def in_sync(self, *, volume: int = 0) -> None:
        """Wait until both are connected and have the same data."""
        for side in self.sides:
            side.wait(volume=volume, conn="Connected", disk="UpToDate", pdsk="UpToDate")

    def synced(self, **plan: Any) -> None:
        """Begin, with one as primary whose data the other has."""
        self.begin(**plan)
        self.one.primary(force=True)
        self.connect()
        self.in_sync()

    def end(self, *, allowed: Mapping[str, str] | None = None) -> None:
        """Take both down: their devices are the same, and the kernel has nothing to complain of."""
        self.reckon()
        seen = [self._seen(volume) for volume in self._volumes]
        self.down()
        for volume, said in zip(self._volumes, seen, strict=True):
            contents = self._contents(volume)
            assert _differing(*contents) == []
            assert said in {"", sha256(contents[0]).hexdigest()}
        self.check_log(allowed)

    def reckon(self) -> None:
        """While both are up: their devices are the same once they are in sync."""
        for volume in self._volumes:
            self.in_sync(volume=volume)
        # With protocol A the peer may have some of the last writes still to do.
        end_s = time.monotonic() + SETTLE_TIMEOUT_S
        for volume in self._volumes:
            while blocks := _differing(*self._contents(volume)):
                assert time.monotonic() < end_s, f"blocks of volume {volume} differ: {blocks}"

    def end_apart(self, *, allowed: Mapping[str, str] | None = None) -> None:
        """Take both down, whose devices need not be the same."""
        self.down()
        self.check_log(allowed)

    def down(self) -> None:
        """End both, the secondary first."""
        for side in sorted(self.sides, key=lambda it: it.state().role, reverse=True):
            side.down()

    @property
    def _volumes(self) -> range:
        return range(len(self.one.images))

    def _seen(self, volume: int) -> str:
        """What applications see, on whichever side is primary."""
        for side in self.sides:
            if side.state(volume=volume).role == "Primary":
                return side.checksum(volume=volume)
        return ""

    def _contents(self, volume: int) -> tuple[memoryview, memoryview]:
        one, other = (_device(side.images[volume]) for side in self.sides)
        size_bytes = min(len(one), len(other))
        return one[:size_bytes], other[:size_bytes]

    def check_log(self, allowed: Mapping[str, str] | None = None) -> None:
        """The kernel's log since `begin` is free of complaints."""
        log = self.guest.said(self._console_bytes)
        found = complaints(log, allowed)
        assert not found, "the kernel complains:\n" + "\n".join([*found, "", "all of it:", log])

    def testimony(self) -> list[tuple[str, str]]:
        """What the kernel and our node logged since `begin`, each with a title."""
        said = [("the kernel", self.guest.said(self._console_bytes))]
        said += [(it.name, it.said()) for it in self.sides if isinstance(it, OurSide)]
        return said

    def clear_away(self) -> None:
        """Leave nothing for the next scenario, however this one ended."""
        for side in self.sides:
            side.clear_away()


def _device(image: Path) -> memoryview:
    return memoryview(image.read_bytes())[:-METADATA_SIZE_BYTES]


def _differing(one: memoryview, other: memoryview) -> list[str]:
    """The first blocks that are not the same, and what each side has there."""
    offsets = range(0, len(one), BLOCK_SIZE_BYTES) if one != other else ()
    differing = (it for it in offsets if one[it:][:4096] != other[it:][:4096])
    return [_shown(it, one, other) for it in islice(differing, SHOWN_BLOCKS)]


def _shown(offset_bytes: int, one: memoryview, other: memoryview) -> str:
    """A block by its number, with the first bytes of its first sector that differs."""
    sectors = range(offset_bytes, offset_bytes + BLOCK_SIZE_BYTES, SECTOR_SIZE_BYTES)
    at = next(it for it in sectors if one[it:][:512] != other[it:][:512])
    first = [bytes(it[at:][:SHOWN_BYTES]) for it in (one, other)]
    return f"{offset_bytes // BLOCK_SIZE_BYTES} ({first[0]!r}, {first[1]!r})"


def _fill(image: Path, size_bytes: int, *, seed: int) -> None:
    """Write noise where the device is to be, nothing behind it."""
    with image.open("r+b") as file:
        file.write(random.Random(seed).randbytes(size_bytes))
        file.write(bytes(METADATA_SIZE_BYTES))
