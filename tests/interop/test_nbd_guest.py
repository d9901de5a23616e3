"""A Linux machine whose disk is a mirrored volume: its files outlive either of the nodes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.interop.clients import Clients
from tests.interop.kernel.guest import Guest
from tests.interop.kernel.orders import GuestError
from tests.interop.nbd_export import Mirror

MKFS: Final = "mke2fs -q -t ext4 /dev/vda && mkdir -p /mnt && mount -t ext4 /dev/vda /mnt"
MOUNT: Final = "mkdir -p /mnt && mount -t ext4 /dev/vda /mnt"
FILES: Final = """
cd /mnt
for n in 1 2 3 4 5 6 7 8; do dd if=/dev/urandom of=NAME-$n bs=43k count=$n 2>/dev/null; done
sync
sha256sum NAME-*
"""
WITHOUT_END: Final = """
cd /mnt
while dd if=/dev/urandom of=round bs=64k count=16 && sync; do echo round; done > /run/rounds 2>&1
"""
IS_BUSY: Final = "[ $(grep -c round /run/rounds) -gt 2 ]"

BUSY_S_MAX: Final = 60.0
UMOUNT_S_MAX: Final = 60.0  # what was killed just now may not have let go of it


@contextmanager
def machine(mirror: Mirror, name: str) -> Iterator[Guest]:
    """A machine with a node's volume as its disk."""
    with Guest(volumes=[mirror.uri(name)], console=mirror.folder / f"{name}.console") as guest:
        yield guest


def files(guest: Guest, name: str) -> str:
    """Let the machine write files, and make them durable; return their checksums."""
    return guest.run(FILES.replace("NAME", name))


def assert_whole(clients: Clients, image: Path, sums: str) -> None:
    """The file system in an image has no fault, and the files in it are as they were written."""
    assert "clean" in clients("e2fsck", "-n", image)
    clients("e2fsck", "-f", "-n", image)
    out = image.parent / f"files-of-{image.stem}"
    out.mkdir()
    clients("debugfs", "-R", f"rdump / {out}", image)
    (out / "sums").write_text("".join(f"{it}\n" for it in sums.splitlines()))
    clients("env", "-C", out, "sha256sum", "--check", "--quiet", "sums")


def test_a_machine_without_its_volume_says_why(tmp_path: Path) -> None:
    """What QEMU complains of when it can't begin is what there is to read."""
    uri = f"nbd+unix:///r0/0?socket={tmp_path}/nobody.nbd"
    with (
        pytest.raises(GuestError, match=r"nobody\.nbd': No such file or directory"),
        Guest(volumes=[uri], console=tmp_path / "console"),
    ):
        pass


def test_a_machine_s_files_outlive_the_secondary(tmp_path: Path, clients: Clients) -> None:
    """A machine makes a file system; its peer dies while it writes; then both have all of it."""
    with Mirror(tmp_path) as mirror:
        with machine(mirror, "alice") as guest:
            guest.run(MKFS)
            sums = files(guest, "before")
            busy = guest.start(WITHOUT_END)
            guest.wait_for(IS_BUSY, BUSY_S_MAX)
            mirror.kill("bob")
            sums += files(guest, "without")
            mirror.begin("bob")
            mirror.alice.in_sync()
            sums += files(guest, "again")
            guest.stop(busy)
            guest.wait_for("umount /mnt", UMOUNT_S_MAX)
        mirror.assert_equal()
        for disk in mirror.disks.values():
            assert_whole(clients, disk, sums)


def test_a_machine_goes_on_with_the_other_node(tmp_path: Path, clients: Clients) -> None:
    """The primary dies while a machine writes; the peer takes over with all that was durable."""
    with Mirror(tmp_path) as mirror:
        with machine(mirror, "alice") as guest:
            guest.run(MKFS)
            sums = files(guest, "before")
            guest.start(WITHOUT_END)
            guest.wait_for(IS_BUSY, BUSY_S_MAX)
            sums += files(guest, "busy")
            mirror.kill("alice")
            with pytest.raises(GuestError, match=r"Input/output error|Read-only file system"):
                guest.run("cd /mnt && echo lost > lost && sync lost")
            guest.kill()
        mirror.bob.run("primary")
        with machine(mirror, "bob") as guest:
            guest.run(MOUNT)
            guest.run(f"cd /mnt && sha256sum -c <<'end'\n{sums}end")
            sums += files(guest, "after")
            guest.wait_for("umount /mnt", UMOUNT_S_MAX)
        mirror.begin("alice")
        mirror.bob.in_sync()
        mirror.assert_equal()
        for disk in mirror.disks.values():
            assert_whole(clients, disk, sums)
