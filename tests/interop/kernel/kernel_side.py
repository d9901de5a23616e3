"""The kernel's node: a resource of DRBD in the guest, asked by drbdsetup."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tests.interop.kernel.guest import GUEST_ADDRESS, HOST_ADDRESS, Guest
from tests.interop.kernel.orders import GuestError, Order
from tests.interop.kernel.side import (
    WAIT_TIMEOUT_S,
    Options,
    Side,
    SideError,
    State,
    Wanted,
    Write,
)

NOISE: Final = "/dev/vda"
"""The guest's disk that written data come from."""

NOISE_SIZE_BYTES: Final = 8 << 20
SECTOR_SIZE_BYTES: Final = 512
PARTS: Final = "[^/ ]*"


class Disk(NamedTuple):
    """One disk of the guest, by its two names."""

    device: str
    image: Path


class KernelSide(Side):
    """One resource with the minors `first_minor`, `first_minor` + 1 ..., listening on `port`."""

    def __init__(
        self, guest: Guest, name: str, *, disks: Sequence[Disk], first_minor: int, port: int
    ) -> None:
        self.name = name
        self.peer_port = 0
        """The peer's, on the host."""
        self._guest = guest
        self._disks = disks
        self._first_minor = first_minor
        self.port = port
        self._net: Options = {}
        self._disk: Options = {}
        self._volumes: list[Disk] = []
        self._writer: Order | None = None

    @property
    def images(self) -> Sequence[Path]:
        """Its disks in the order of its volumes."""
        return [disk.image for disk in self._volumes]

    def prepare(self, sizes_bytes: Sequence[int]) -> None:
        """Take the disks that fit."""
        free = list(self._disks)
        self._volumes = []
        for size_bytes in sizes_bytes:
            fitting = next(it for it in free if _device_size_bytes(it.image) == size_bytes)
            free.remove(fitting)
            self._volumes.append(fitting)

    def create(self, *, net: Options, disk: Options) -> None:
        """Write meta-data and attach."""
        self._net = net
        self._disk = disk
        self._begin("create-md")

    @property
    def device(self) -> str:
        """The disk of volume 0."""
        return self._volumes[0].device

    def begin_as_told(self, commands: str) -> None:
        """Have the resource that an administrator's commands make, with new meta-data."""
        self._run(f"set -e\n{self._drbdmeta('create-md', 0)}\n{commands}")

    def _begin(self, metadata: str) -> None:
        """Have the resource with its volumes, attached."""
        volumes = range(len(self._volumes))
        lines = [
            line
            for volume in volumes
            for line in (
                self._drbdmeta(metadata, volume),
                f"drbdsetup new-minor {self.name} {self._minor(volume)} {volume}",
                self._attach(volume),
            )
        ]
        self._run("\n".join(["set -e", f"drbdsetup new-resource {self.name}", *lines]))

    def _minor(self, volume: int) -> int:
        return self._first_minor + volume

    def _run(self, script: str, timeout_s: float = 60.0) -> str:
        try:
            return self._guest.run(script, timeout_s)
        except GuestError as error:
            raise SideError(f"{self.name}: {error}") from error

    def _drbdmeta(self, command: str, volume: int) -> str:
        device = self._volumes[volume].device
        return f"drbdmeta --force {self._minor(volume)} v08 {device} internal {command}"

    def _attach(self, volume: int) -> str:
        device = self._volumes[volume].device
        minor = self._minor(volume)
        return f"drbdsetup attach {minor} {device} {device} internal {_words(self._disk)}"

    def _addresses(self) -> str:
        return f"ipv4:{GUEST_ADDRESS}:{self.port} ipv4:{HOST_ADDRESS}:{self.peer_port}"

    def connect(self, *, discard_my_data: bool = False, tentative: bool = False) -> None:
        """Find the peer; both nodes listen and both call."""
        more = "--discard-my-data" if discard_my_data else "--tentative" if tentative else ""
        self._run(f"drbdsetup connect {self.name} {self._addresses()} {_words(self._net)} {more}")

    def disconnect(self) -> None:
        """Let the peer go."""
        self._run(f"drbdsetup disconnect {self._addresses()}")

    def primary(self, *, force: bool = False, volume: int = 0) -> None:
        """Become primary."""
        self._run(f"drbdsetup primary {self._minor(volume)} {'--force' if force else ''}")

    def secondary(self, *, volume: int = 0) -> None:
        """Become secondary; whoever opened the device to look at it lets go of it soon."""
        self._guest.wait_for(f"drbdsetup secondary {self._minor(volume)}", WAIT_TIMEOUT_S)

    def write(self, writes: Iterable[Write], *, volume: int = 0) -> None:
        """Write past the page cache, so that each write is one request, or a few if it is large."""
        lines = [_copy(it, self._minor(volume)) for it in writes]
        self._run("set -e\n" + "\n".join(lines), timeout_s=120.0)

    def start_writing(self) -> None:
        """Write in an order that looks like chance, until a file appears."""
        block_count = (_device_size_bytes(self._volumes[0].image) - (64 << 10)) // 4096
        self._writer = self._guest.start(f"""rm -f /run/enough; : > /run/written
            for n in 1 2 3 4; do
                until [ -e /run/enough ]; do
                    n=$(((n * 1103515245 + 12345) % 2147483648))
                    dd if={NOISE} of=/dev/drbd{self._first_minor} count=1 \\
                        bs=$((n / 8 % 61 * 1024 + 1024)) oflag=direct,seek_bytes \\
                        seek=$((n / 64 % {block_count} * 4096)) \\
                        skip=$((n / 16 % 97)) conv=notrunc status=none || break
                    echo $n >> /run/written
                done &
            done
            wait""")

    def await_writes(self, count: int) -> None:
        """Count in the guest."""
        self._guest.wait_for(f"[ $(wc -l < /run/written) -ge {count} ]", WAIT_TIMEOUT_S)

    def stop_writing(self) -> None:
        """Let the last writes end."""
        assert self._writer is not None
        self._run("touch /run/enough")
        self._writer.outcome()
        self._writer = None

    def discard(self, *, sector: int, count: int) -> None:
        """Deallocate a range."""
        self._blkdiscard("", sector, count)

    def write_zeroes(self, *, sector: int, count: int) -> None:
        """Zero a range."""
        self._blkdiscard("--zeroout", sector, count)

    def _blkdiscard(self, how: str, sector: int, count: int) -> None:
        where = f"--offset {sector * SECTOR_SIZE_BYTES} --length {count * SECTOR_SIZE_BYTES}"
        self._run(f"blkdiscard -f {how} {where} /dev/drbd{self._first_minor}")

    def pause_sync(self) -> None:
        """Let the resync wait."""
        self._run(f"drbdsetup pause-sync {self._first_minor}")

    def resume_sync(self) -> None:
        """Let it go on."""
        self._run(f"drbdsetup resume-sync {self._first_minor}")

    def suspend_io(self) -> None:
        """Hold back requests."""
        self._run(f"drbdsetup suspend-io {self._first_minor}")

    def resume_io(self) -> None:
        """Let them go on."""
        self._run(f"drbdsetup resume-io {self._first_minor}")

    def set_program(self, helper: str, command: str) -> None:
        """The guest runs no programs for the kernel: to it, every one is broken."""

    def invalidate(self) -> None:
        """Replace all own data."""
        self._run(f"drbdsetup invalidate {self._first_minor}")

    def invalidate_remote(self) -> None:
        """Replace all of the peer's."""
        self._run(f"drbdsetup invalidate-remote {self._first_minor}")

    def verify(self, *, start: int | None = None, stop: int | None = None) -> None:
        """Compare with the peer's."""
        where = {"start": start, "stop": stop}
        words = _words({name: it for name, it in where.items() if it is not None})
        self._run(f"drbdsetup verify {self._first_minor} {words}")

    def bits_out_of_sync(self, *, volume: int = 0) -> int:
        """What /proc/drbd shows, in KiB."""
        lines = self._run(f"grep -A1 '^ *{self._minor(volume)}:' /proc/drbd")
        return int(lines.rpartition("oos:")[2].split()[0]) // 4

    def clear_bitmap(self) -> None:
        """Declare both disks to be the same."""
        self._run(f"drbdsetup new-current-uuid {self._first_minor} --clear-bitmap")

    def resize(self, *, size_sectors: int = 0) -> None:
        """Make the device as large as the disks, or as this limit."""
        self._run(f"drbdsetup resize {self._first_minor} --size={size_sectors}s")

    def net_options(self, **options: int | str) -> None:
        """Change how the nodes talk, now and when they connect again."""
        self._net = {**self._net, **options}
        self._run(f"drbdsetup net-options {self._addresses()} {_words(options)}")

    def disk_options(self, **options: int | str) -> None:
        """Change how volume 0 uses its disk."""
        self._run(f"drbdsetup disk-options {self._first_minor} {_words(options)}")

    def resync_after(self, other: int | None) -> None:
        """Name it by its minor."""
        self.disk_options(resync_after=-1 if other is None else self._minor(other))

    def detach(self) -> None:
        """Give up the disk."""
        self._run(f"drbdsetup detach {self._first_minor}")

    def attach(self) -> None:
        """Take it back."""
        self._run(f"{self._drbdmeta('apply-al', 0)} && {self._attach(0)}")

    def checksum(self, *, volume: int = 0) -> str:
        """Read all of it past the page cache."""
        read = f"dd if=/dev/drbd{self._minor(volume)} bs=64k iflag=direct status=none"
        return self._run(f"{read} | sha256sum").split()[0]

    def state(self, *, volume: int = 0) -> State:
        """What /proc/drbd shows."""
        minor = self._minor(volume)
        line = self._run(f"grep '^ *{minor}:' /proc/drbd").split()
        fields = dict(word.split(":", 1) for word in line[1:] if ":" in word)
        role, peer = fields.get("ro", "/").split("/")
        disk, pdsk = fields.get("ds", "/").split("/")
        return State(fields["cs"], role, peer, disk, pdsk)

    def await_state(
        self, wanted: Wanted, *, volume: int = 0, timeout_s: float = WAIT_TIMEOUT_S
    ) -> None:
        """Wait in the guest, so that nothing short is missed."""
        said = {
            name: value if isinstance(value, str) else "(" + "|".join(value) + ")"
            for name, value in wanted.items()
        }
        conn, role, peer, disk, pdsk = (said.get(name, PARTS) for name in State._fields)
        line = f"^ *{self._minor(volume)}: cs:{conn} ro:{role}/{peer} ds:{disk}/{pdsk} "
        try:
            self._guest.wait_for(f"grep -Eq '{line}' /proc/drbd", timeout_s)
        except GuestError as error:
            proc = self._run("cat /proc/drbd")
            raise SideError(f"{self.name} is not {wanted} after {timeout_s} s:\n{proc}") from error

    def down(self) -> None:
        """End the resource, if there is one."""
        self._run(f"drbdsetup down {self.name} && sync", timeout_s=30.0)

    def crash(self) -> None:
        """Let the power fail."""
        self._writer = None
        self._guest.kill()

    def clear_away(self) -> None:
        """End the resource; where that is not possible, boot again."""
        if not self._guest.is_running:
            self._guest.boot()
        self._guest.set_cable(is_plugged=True)
        try:
            self._run(
                f"""touch /run/enough
                grep -q "^ *{self._first_minor}:" /proc/drbd || exit 0
                drbdsetup disconnect {self._addresses()} --force
                drbdsetup down {self.name}""",
                timeout_s=15.0,
            )
        except SideError:
            self._guest.kill()
            self._guest.boot()

    def revive(self) -> None:
        """Boot, and have the same resource again."""
        if not self._guest.is_running:
            self._guest.boot()
        self._begin("apply-al")

    def said(self) -> str:
        """What the kernel logged since it was booted."""
        return self._run("dmesg | grep -i drbd")


def _device_size_bytes(image: Path) -> int:
    """What is left of a disk of up to 128 MiB behind which meta-data lies (metadata 2)."""
    return image.stat().st_size - 40 * 1024


def _words(options: Options) -> str:
    return " ".join(f"--{name.replace('_', '-')}={value}" for name, value in options.items())


def _copy(it: Write, minor: int) -> str:
    """A command that writes some of the noise."""
    size_bytes = it.count * SECTOR_SIZE_BYTES
    skip_bytes = it.seed * 4096 % (NOISE_SIZE_BYTES - size_bytes) // 512 * 512
    flush = "conv=notrunc,fsync" if it.is_flushed else "conv=notrunc"
    return (
        f"dd if={NOISE} of=/dev/drbd{minor} bs={size_bytes} count=1 iflag=skip_bytes"
        f" skip={skip_bytes} oflag=direct,seek_bytes seek={it.sector * SECTOR_SIZE_BYTES}"
        f" {flush} status=none"
    )
