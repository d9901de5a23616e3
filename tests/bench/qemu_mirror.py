"""The contender: qemu-storage-daemon's mirror, whose writes are finished when both sides have them.

Two daemons, between them NBD by a socket of the file system, which is faster than TCP there; fio
writes to the first, by NBD too.
"""

import json
import os
import shutil
import subprocess
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

PROGRAMS: Final = ("qemu-storage-daemon", "fio")
FIO_S: Final = 1.5


def missing() -> list[str]:
    """Programs that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


@dataclass(frozen=True, slots=True)
class Writes:
    """A kind of load."""

    size_bytes: int
    depth: int
    is_random: bool
    is_durable: bool
    """Whether what is written has to be durable on the other node now and then."""
    mib: int
    """How much is written in a round, where the amount is given and not the time."""


class Daemon:
    """A qemu-storage-daemon that serves a file, and the monitor that commands it."""

    def __init__(self, image: Path, serves: Path, *options: str) -> None:
        file = f"driver=file,node-name=file,filename={image},discard=unmap,aio=threads"
        words = ["qemu-storage-daemon", "--chardev", "stdio,id=monitor"]
        words += ["--monitor", "chardev=monitor", *options]
        words += ["--blockdev", file, "--blockdev", "driver=raw,node-name=disk,file=file"]
        words += ["--nbd-server", f"addr.type=unix,addr.path={serves}"]
        words += ["--export", "type=nbd,id=export,node-name=disk,name=disk,writable=on"]
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._statuses: list[str] = []
        self.command("qmp_capabilities")  # answered when it serves

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.communicate()

    def command(self, name: str, **arguments: Any) -> None:
        """Give a command, and wait until it is carried out."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        while "return" not in (answer := self._heard()):
            if "error" in answer:
                raise RuntimeError(f"{name}: {answer['error']}")

    def wait_for_job(self, status: str) -> None:
        """Wait until a job was in this state since the last that was waited for."""
        while status not in self._statuses:
            if "aborting" in self._statuses:
                raise RuntimeError(f"the job failed before it was {status}")
            self._heard()
        self._statuses.clear()

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("qemu-storage-daemon has ended")
        heard: dict[str, Any] = json.loads(line)
        if heard.get("event") == "JOB_STATUS_CHANGE":
            self._statuses.append(heard["data"]["status"])
        return heard


class QemuMirror:
    """Two daemons with a file each."""

    def __init__(self, folder: Path, *, size_bytes: int) -> None:
        self._size_bytes = size_bytes
        self._folder = folder
        self.disks = folder / "first.raw", folder / "second.raw"
        self._front, peer = folder / "front.sock", folder / "peer.sock"
        target = f"driver=nbd,node-name=peer,server.type=unix,server.path={peer},export=disk"
        with ExitStack() as ends:
            ends.enter_context(closing(Daemon(self.disks[1], peer)))
            self._first = Daemon(self.disks[0], self._front, "--blockdev", target)
            ends.enter_context(closing(self._first))
            self._ends = ends.pop_all()

    @classmethod
    def of_files(cls, folder: Path, *, size_bytes: int) -> Self:
        """Two files as our nodes' disks are: one with noise, the other empty."""
        for name, content in (("first", os.urandom), ("second", bytes)):
            (folder / f"{name}.raw").write_bytes(content(size_bytes))
        return cls(folder, size_bytes=size_bytes)

    @property
    def uri(self) -> str:
        """Where the first serves."""
        return f"nbd+unix:///disk?socket={self._front}"

    def close(self) -> None:
        """End both daemons."""
        self._ends.close()

    def full_sync(self) -> float:
        """Begin to mirror; return how many bytes a second the copy of all of it makes."""
        began_s = time.monotonic()
        names = {"job-id": "mirror", "device": "disk", "target": "peer"}
        mode = {"sync": "full", "copy-mode": "write-blocking", "filter-node-name": "filter"}
        self._first.command("blockdev-mirror", **names, **mode)
        self._first.wait_for_job("ready")
        return self._size_bytes / (time.monotonic() - began_s)

    def end_mirror(self) -> None:
        """Mirror no more; both files are equal then."""
        self._first.command("block-job-cancel", device="mirror")
        self._first.wait_for_job("null")

    def write(self, load: Writes) -> float:
        """Let fio write for a while; return writes a second."""
        words = ["fio", "--name=bench", "--ioengine=nbd", "--output-format=json"]
        words += [f"--uri={self.uri}", f"--size={self._size_bytes}"]
        words += ["--time_based", f"--runtime={FIO_S}", "--ramp_time=0.3", "--randrepeat=0"]
        words += [f"--bs={load.size_bytes}", f"--iodepth={load.depth}"]
        words += [f"--rw={'randwrite' if load.is_random else 'write'}"]
        words += [f"--fsync={load.depth}"] if load.is_durable else []
        run = subprocess.run(words, cwd=self._folder, capture_output=True, text=True, check=True)
        job = json.loads(run.stdout[run.stdout.index("{") :])["jobs"][0]
        return float(job["write"]["iops"])
