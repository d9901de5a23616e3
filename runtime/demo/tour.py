"""The demonstration: two nodes that mirror, and three bad days of theirs.

An image comes by NBD, a cable is unplugged, a node is killed, a block rots; equal disks in the end.

Everything is real but the distance: processes, TCP connections, files, meta-data.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from runtime.config import DiskOptions, NetOptions, ResourceConfig
from runtime.demo.cable import LOOPBACK, Cable
from runtime.demo.nodes import DemoError, NodeChild, create_disk, free_port
from runtime.demo.story import MIB, Audience, Pair, Step, Story
from runtime.node_config import Address, DiskPath, NbdConfig, NodeConfig

SIZE_MIB_MIN: Final = 16
SIZE_MIB_MAX: Final = 16384

QUICK: Final = ResourceConfig(
    name="demo",
    # An unplugged cable is noticed after at most 1 s of silence and 3 s without an answer.
    net=NetOptions(
        connect_int=1,
        ping_int=1,
        ping_timeout=30,
        socket_check_timeout=2,
        max_buffers=32768,
        verify_alg="crc32c",
    ),
    # DRBD's defaults leave the disks to the applications (wire 12.2, 12.3); here nobody waits.
    volumes={0: DiskOptions(resync_rate=4 << 20, c_plan_ahead=0, c_max_rate=4 << 20)},
)
"""A resource whose resync is as fast as the machine."""


def run_demo(audience: Audience, *, folder: Path | None, size_mib: int) -> None:
    """Show all of it; DemoError when something does not go as it has to."""
    with _a_folder(folder, size_mib) as place, _a_pair(audience, place, size_mib) as pair:
        story = Story(audience, pair, size_mib)
        story.full_sync()
        story.image()
        story.small_writes()
        story.outage()
        story.resync_of_the_difference()
        story.crash()
        story.recovery()
        story.rot()
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
def _a_pair(audience: Audience, folder: Path, size_mib: int) -> Iterator[Pair]:
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
        # A socket's path is short, which that of the folder may not be.
        sockets = ends.enter_context(tempfile.TemporaryDirectory(prefix="dotmirror-demo-"))
        nbd_path = Path(sockets, "alice.nbd")
        nbd = NbdConfig(unix=nbd_path)
        configs = (
            NodeConfig("alice", QUICK, here, cable.end(there), {0: DiskPath(disks[0])}, nbd=nbd),
            NodeConfig("bob", QUICK, there, cable.end(here), {0: DiskPath(disks[1])}),
        )
        alice, bob = (NodeChild(config, folder) for config in configs)
        for child in (alice, bob):
            ends.callback(child.kill)
            child.start()
        yield Pair(alice, bob, cable, *disks, nbd_path)
