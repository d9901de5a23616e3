"""The demonstration: two nodes, a cable that is unplugged, a node that is killed, equal disks.

Everything is real but the distance: processes, TCP connections, files, meta-data.
"""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from runtime.config import DiskOptions, NetOptions, ResourceConfig
from runtime.demo.cable import LOOPBACK, Cable
from runtime.demo.nodes import DemoError, NodeChild, create_disk, free_port
from runtime.node_config import Address, DiskPath, NodeConfig

MIB: Final = 1 << 20
MIB_SECTORS: Final = MIB // 512
BLOCK_SIZE_BYTES: Final = 4096
SIZE_MIB_MIN: Final = 16
SIZE_MIB_MAX: Final = 16384
LOOK_S: Final = 0.05
MIB_S_MIN: Final = 4  # a machine that is slower than this has something wrong
WAIT_S: Final = 60.0

QUICK: Final = ResourceConfig(
    name="demo",
    # An unplugged cable is noticed after at most 1 s of silence and 3 s without an answer.
    net=NetOptions(
        connect_int=1,
        ping_int=1,
        ping_timeout=30,
        socket_check_timeout=2,
        max_buffers=32768,
    ),
    # DRBD's defaults leave the disks to the applications (wire 12.2, 12.3); here nobody waits.
    volumes={0: DiskOptions(resync_rate=4 << 20, c_plan_ahead=0, c_max_rate=4 << 20)},
)
"""A resource whose resync is as fast as the machine."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done, as a sentence and as figures."""

    name: str
    sentence: str
    figures: dict[str, Any] = field(default_factory=dict)


class Audience(Protocol):
    """Whom the demonstration is shown to."""

    def show(self, step: Step) -> None:
        """Show what was done."""

    def show_next(self) -> None:
        """Say what else there is to try."""

    def bar(self, label: str) -> AbstractContextManager[Callable[[float], None]]:
        """Show how far something is, from 0 to 1, as long as it lasts."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """Alice, who writes; Bob, who mirrors; and what lies between them."""

    alice: NodeChild
    bob: NodeChild
    cable: Cable
    alice_disk: Path
    bob_disk: Path


def run_demo(audience: Audience, *, folder: Path | None, size_mib: int) -> None:
    """Show all of it; DemoError when something does not go as it has to."""
    with _a_folder(folder, size_mib) as place, _a_pair(audience, place, size_mib) as pair:
        story = _Story(audience, pair, size_mib)
        story.full_sync()
        story.mirrored_writes()
        story.outage()
        story.resync_of_the_difference()
        story.crash()
        story.recovery()
        story.comparison()
    audience.show_next()


@contextmanager
def _a_folder(folder: Path | None, size_mib: int) -> Iterator[Path]:
    """The folder that is wanted, or one that goes when all is done."""
    with ExitStack() as files:
        if folder is None:
            name = files.enter_context(tempfile.TemporaryDirectory(prefix="dotmirror-demo-"))
            folder = Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        free_mib = shutil.disk_usage(folder).free // MIB
        if free_mib < 2 * size_mib:
            raise DemoError(f"{folder} has room for {free_mib} MiB, {2 * size_mib} are needed")
        yield folder.resolve()


@contextmanager
def _a_pair(audience: Audience, folder: Path, size_mib: int) -> Iterator[_Pair]:
    """Two nodes with their disks and a cable; all of it ends here, whatever happens."""
    disks = folder / "alice.img", folder / "bob.img"
    for disk, content in zip(disks, (os.urandom, bytes), strict=True):
        create_disk(disk, size_bytes=size_mib * MIB, content=content)
    audience.show(
        Step(
            "disks",
            f"Two files of {size_mib} MiB: alice's of random bytes, bob's of zeroes, each with"
            " meta-data at its end.",
            {"size_mib": size_mib, "folder": str(folder)},
        )
    )
    with ExitStack() as ends:
        cable = Cable()
        ends.callback(cable.close)
        here, there = Address(LOOPBACK, free_port()), Address(LOOPBACK, free_port())
        configs = (
            NodeConfig("alice", QUICK, here, cable.end(there), {0: DiskPath(disks[0])}),
            NodeConfig("bob", QUICK, there, cable.end(here), {0: DiskPath(disks[1])}),
        )
        alice, bob = (NodeChild(config, folder) for config in configs)
        for child in (alice, bob):
            ends.callback(child.kill)
            child.start()
        yield _Pair(alice, bob, cable, *disks)


class _Story:
    """What happens, step by step."""

    def __init__(self, audience: Audience, pair: _Pair, size_mib: int) -> None:
        self._audience = audience
        self._pair = pair
        self._size_mib = size_mib

    def full_sync(self) -> None:
        """Bob knows nothing, so he gets everything."""
        pair = self._pair
        pair.alice.ask("primary", force=True)
        for node in (pair.alice, pair.bob):
            node.ask("connect")
        seconds = self._resync("full sync")
        mib = pair.alice.ask("state")["size_sectors"] / MIB_SECTORS
        self._tell(
            "full_sync",
            f"Full sync: bob got {mib:.0f} MiB in {seconds:.1f} s, {mib / seconds:.0f} MiB/s.",
            seconds=seconds,
            mib=mib,
            mib_per_s=mib / seconds,
        )

    def mirrored_writes(self) -> None:
        """Each write is finished when both disks have it."""
        mib = self._size_mib // 8
        count = mib * MIB_SECTORS
        large = self._pair.alice.ask("write", seed=1, count=count, size=65536, depth=16)
        small = self._pair.alice.ask("write", seed=2, count=count // 8, size=4096, depth=32)
        self._tell(
            "mirrored_writes",
            f"Writes on alice, each finished when bob has it too: {large['mib_per_s']:.0f} MiB/s"
            f" in 64 KiB, {small['ios_per_s']:.0f} a second of 4 KiB.",
            mib=mib,
            mib_per_s=large["mib_per_s"],
            small_writes_per_s=small["ios_per_s"],
        )

    def outage(self) -> None:
        """The cable is unplugged; alice goes on, and remembers what bob misses."""
        alice, began_s = self._pair.alice, time.monotonic()
        self._pair.cable.unplug()
        alice.ask("wait", conn=["Unconnected", "WFConnection"], timeout=WAIT_S)
        seconds = time.monotonic() - began_s
        self._tell(
            "cut",
            f"The cable is unplugged: alice notices after {seconds:.1f} s and goes on alone.",
            seconds=seconds,
        )
        part = self._size_mib // 4 * MIB_SECTORS
        for number in range(4):
            count = self._size_mib // 64 or 1
            alice.ask("write", sector=number * part, seed=10 + number, count=count * MIB_SECTORS)
        mib = self._mib_out_of_sync()
        self._tell(
            "writes_alone", f"Alice writes at four places: bob misses {mib:.1f} MiB.", mib=mib
        )

    def resync_of_the_difference(self) -> None:
        """Only what bob has missed goes over the cable."""
        missed_mib, carried_bytes = self._mib_out_of_sync(), self._pair.cable.carried_bytes
        began_s = time.monotonic()
        self._pair.cable.plug_in()
        self._resync("resync")
        seconds = time.monotonic() - began_s
        carried_mib = (self._pair.cable.carried_bytes - carried_bytes) / MIB
        self._tell(
            "resync",
            f"The cable is back, and {seconds:.1f} s later bob has what he missed:"
            f" {missed_mib:.1f} MiB of {self._size_mib}; the cable carried {carried_mib:.1f}.",
            seconds=seconds,
            mib=missed_mib,
            carried_mib=carried_mib,
        )

    def crash(self) -> None:
        """Alice is killed while she writes."""
        pair = self._pair
        carried_bytes = pair.cable.carried_bytes
        count = self._size_mib // 4 * MIB_SECTORS
        pair.alice.order("write", seed=99, count=count, size=4096, depth=32)
        ends_s = time.monotonic() + WAIT_S
        while pair.cable.carried_bytes < carried_bytes + MIB:
            if time.monotonic() > ends_s:
                raise DemoError(f"no write of alice's came to bob within {WAIT_S:.0f} s")
            time.sleep(LOOK_S / 10)
        pair.alice.kill()
        state = pair.bob.ask("wait", conn=["Unconnected", "WFConnection"], timeout=WAIT_S)
        self._tell(
            "crash",
            "SIGKILL for alice in the middle of a batch of writes; bob waits for her"
            f" ({state['conn']}).",
        )

    def recovery(self) -> None:
        """The activity log knows where alice may have been writing."""
        pair, carried_bytes = self._pair, self._pair.cable.carried_bytes
        began_s = time.monotonic()
        pair.alice.start()
        hot_mib = self._mib_out_of_sync()
        pair.alice.ask("connect")
        self._resync("recovery")
        seconds = time.monotonic() - began_s
        carried_mib = (pair.cable.carried_bytes - carried_bytes) / MIB
        self._tell(
            "recovery",
            f"Alice begins again: her activity log names {hot_mib:.0f} MiB of {self._size_mib}"
            f" where the disks may differ; {seconds:.1f} s later they are the same.",
            seconds=seconds,
            mib=hot_mib,
            carried_mib=carried_mib,
        )

    def comparison(self) -> None:
        """Nobody is asked: the files themselves are read, without their meta-data."""
        pair = self._pair
        sectors = pair.alice.ask("state")["size_sectors"]
        pair.alice.quit()
        pair.bob.quit()
        sums = [
            _sha256(path, size_bytes=sectors * 512) for path in (pair.alice_disk, pair.bob_disk)
        ]
        if sums[0] != sums[1]:
            raise DemoError(f"the disks differ: alice's sha256 is {sums[0]}, bob's {sums[1]}")
        self._tell(
            "equal",
            f"sha256 of alice {sums[0]}, of bob {sums[1]}: equal",
            alice_sha256=sums[0],
            bob_sha256=sums[1],
            size_bytes=sectors * 512,
        )

    # What the steps are made of

    def _tell(self, name: str, sentence: str, **figures: float | str) -> None:
        rounded = {
            key: round(value, 3) if isinstance(value, float) else value
            for key, value in figures.items()
        }
        self._audience.show(Step(name, sentence, rounded))

    def _mib_out_of_sync(self) -> float:
        bits: int = self._pair.alice.ask("state")["bits_out_of_sync"]
        return bits * BLOCK_SIZE_BYTES / MIB

    def _resync(self, label: str) -> float:
        """Watch a resync of bob's until its end; return its seconds, without those before it."""
        alice, bob, has_begun = self._pair.alice, self._pair.bob, False
        ends_s = time.monotonic() + WAIT_S + self._size_mib / MIB_S_MIN
        began_s = time.monotonic()
        with self._audience.bar(label) as move:
            while not _is_in_sync(state := alice.ask("state")):
                bob.ask("state")  # whoever has died says so at once
                progress = alice.ask("progress")["progress"]
                if progress is not None:
                    has_begun = True
                    move(1 - progress["bits_left"] / max(1, progress["bits_total"]))
                elif not has_begun:
                    began_s = time.monotonic()
                if time.monotonic() > ends_s:
                    words = ", ".join(f"{key} {state[key]}" for key in ("conn", "disk", "pdsk"))
                    raise DemoError(f"the {label} does not end: alice says {words}")
                time.sleep(LOOK_S)
            seconds = time.monotonic() - began_s
            move(1.0)
        bob.ask("wait", conn="Connected", disk="UpToDate", timeout=WAIT_S)
        return seconds


def _is_in_sync(state: dict[str, Any]) -> bool:
    return (state["conn"], state["disk"], state["pdsk"]) == ("Connected", "UpToDate", "UpToDate")


def _sha256(path: Path, *, size_bytes: int) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(min(MIB, size_bytes)):
            digest.update(piece)
            size_bytes -= len(piece)
    return digest.hexdigest()
