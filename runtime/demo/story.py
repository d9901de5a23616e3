"""What happens in the demonstration, step by step."""

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from runtime.demo.cable import Cable
from runtime.demo.nbd_copy import copied
from runtime.demo.nodes import DemoError, NodeChild

MIB: Final = 1 << 20
MIB_SECTORS: Final = MIB // 512
BLOCK_SIZE_BYTES: Final = 4096
LOOK_S: Final = 0.05
MIB_S_MIN: Final = 4  # a machine that is slower than this has something wrong
WAIT_S: Final = 60.0


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
class Pair:
    """Alice, who writes; Bob, who mirrors; and what lies between them."""

    alice: NodeChild
    bob: NodeChild
    cable: Cable
    alice_disk: Path
    bob_disk: Path
    nbd_path: Path
    """Where alice serves her volume."""


class Story:
    """What happens, step by step."""

    def __init__(self, audience: Audience, pair: Pair, size_mib: int) -> None:
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

    def image(self) -> None:
        """Real data come by NBD, and each write is finished when both disks have it."""
        mib = self._size_mib // 4
        image = self._pair.alice_disk.with_name("image.raw")
        image.write_bytes(os.urandom(mib * MIB))
        with self._audience.bar("copy by NBD") as move:
            copy = copied(image, self._pair.nbd_path, "demo/0", move)
            move(1.0)
        self._tell(
            "image",
            f"An image of {mib} MiB goes into alice's NBD export, by {copy.client}, in"
            f" {copy.seconds:.1f} s: {mib / copy.seconds:.0f} MiB/s, each write on both disks"
            " before it counts.",
            mib=mib,
            seconds=copy.seconds,
            mib_per_s=mib / copy.seconds,
            client=copy.client,
        )

    def small_writes(self) -> None:
        """What databases do."""
        count = self._size_mib * MIB_SECTORS // 64
        small = self._pair.alice.ask("write", seed=2, count=count, size=4096, depth=32)
        self._tell(
            "small_writes",
            f"Small writes on alice: {small['ios_per_s']:.0f} a second of 4 KiB, mirrored too.",
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

    def rot(self) -> None:
        """A disk that gives back something else than was written; only a comparison finds that."""
        pair = self._pair
        with pair.bob_disk.open("r+b") as disk:
            disk.seek(self._size_mib // 2 * MIB)
            block = disk.read(BLOCK_SIZE_BYTES)
            disk.seek(-len(block), os.SEEK_CUR)
            disk.write(bytes(it ^ 0x5A for it in block))
        pair.alice.ask("primary")  # whose data count when the two differ
        pair.alice.ask("verify")
        seconds = self._work("verify")
        kib = self._mib_out_of_sync() * 1024
        self._tell(
            "verify",
            f"A block of bob's disk rots. An online verify of all {self._size_mib} MiB finds it in"
            f" {seconds:.1f} s: {kib:.0f} KiB are out of sync.",
            seconds=seconds,
            kib=kib,
        )
        pair.bob.ask("disconnect")
        pair.alice.ask("wait", conn="WFConnection", timeout=WAIT_S)
        pair.bob.ask("connect")
        self._resync("repair")
        self._tell("repair", "Bob connects again, and gets that block from alice.")

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
        seconds = self._work(label)
        self._pair.bob.ask("wait", conn="Connected", disk="UpToDate", timeout=WAIT_S)
        return seconds

    def _work(self, label: str) -> float:
        """Watch what both do until they are only connected; return its seconds."""
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
