"""Our node as one side of a scenario."""

import json
import os
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from click.testing import CliRunner

from runtime.cli import main
from tests.interop.kernel.our_node import OurNode
from tests.interop.kernel.side import (
    WAIT_TIMEOUT_S,
    Options,
    Side,
    SideError,
    State,
    Wanted,
    Write,
)
from tests.steps_taken import TAKEN

POLL_S: Final = 0.05
METADATA_SIZE_BYTES: Final = 40 * 1024  # behind up to 128 MiB (metadata 2)
WRITES_UNDER_WAY_MAX: Final = 8


class OurSide(Side):
    """One resource, in a process of its own."""

    def __init__(self, folder: Path, *, port: int, name: str = "ours") -> None:
        self.name = name
        self.peer_port = 0
        self._folder = folder
        self._port = port
        self._images: list[Path] = []
        self._programs: dict[str, str] = {}
        self._log = folder / "ours.log"
        self._trace = folder / "ours.trace"
        self._node: OurNode | None = None
        self._writer: _Writer | None = None
        self._never = threading.Event()

    @property
    def images(self) -> Sequence[Path]:
        """Its disks in the order of its volumes."""
        return self._images

    def prepare(self, sizes_bytes: Sequence[int]) -> None:
        """Have disks for devices of these sizes."""
        self._images = [self._folder / f"ours-{it}.img" for it in range(len(sizes_bytes))]
        for path, size_bytes in zip(self._images, sizes_bytes, strict=True):
            with path.open("wb") as file:
                file.truncate(size_bytes + METADATA_SIZE_BYTES)

    def create(self, *, net: Options, disk: Options) -> None:
        """Write meta-data and the configuration, and start."""
        self._log.write_bytes(b"")
        for path in self._images:
            result = CliRunner().invoke(main, ["create-md", str(path), "--force"])
            assert result.exit_code == 0, result.output
        volumes = range(len(self._images))
        config = {
            "name": self.name,
            "resource": {
                "name": "r0",
                "trace_flows": True,
                "net": _own_form(net),
                "handlers": self._programs,
                "volumes": {str(it): _own_form(disk) for it in volumes},
            },
            "address": f"127.0.0.1:{self._port}",
            "peer": f"127.0.0.1:{self.peer_port}",
            "disks": {str(it): str(self._images[it]) for it in volumes},
        }
        self._config.write_text(json.dumps(config, indent=2))
        self.revive()

    @property
    def _config(self) -> Path:
        return self._folder / "ours.json"

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Let the node do something."""
        if self._node is None:
            raise SideError("our node does not run")
        return self._node.ask(do, **arguments)

    def connect(self, *, discard_my_data: bool = False, tentative: bool = False) -> None:
        """Find the peer, or find out what would follow."""
        self.ask("connect", discard_my_data=discard_my_data, tentative=tentative)

    def disconnect(self) -> None:
        """Let the peer go."""
        self.ask("disconnect")

    def primary(self, *, force: bool = False, volume: int = 0) -> None:
        """Become primary."""
        self.ask("primary", force=force, volume=volume)

    def secondary(self, *, volume: int = 0) -> None:
        """Become secondary."""
        self.ask("secondary", volume=volume)

    def write(self, writes: Iterable[Write], *, volume: int = 0) -> None:
        """One write after the other."""
        for it in writes:
            self.ask("write", volume=volume, **_one_request(it.sector, it.count, it.seed))
            if it.is_flushed:
                self.ask("flush", volume=volume)

    def start_writing(self) -> None:
        """Write all over volume 0 with several writes under way."""
        assert self._node is not None
        sector_count = (self._images[0].stat().st_size - METADATA_SIZE_BYTES) // 512
        self._writer = _Writer(self._node, sector_count)
        self._writer.start()

    def await_writes(self, count: int) -> None:
        """Look again and again."""
        assert self._writer is not None
        end_s = time.monotonic() + WAIT_TIMEOUT_S
        while self._writer.done_count < count:
            if time.monotonic() > end_s:
                raise SideError(f"only {self._writer.done_count} writes have ended")
            self._never.wait(POLL_S)

    def stop_writing(self) -> None:
        """Wait for the end of what is under way."""
        assert self._writer is not None
        self._writer.is_enough.set()
        self._writer.join()
        self._writer = None

    def discard(self, *, sector: int, count: int) -> None:
        """Deallocate a range."""
        self.ask("discard", sector=sector, count=count)

    def write_zeroes(self, *, sector: int, count: int) -> None:
        """Zero a range."""
        self.ask("write_zeroes", sector=sector, count=count)

    def pause_sync(self) -> None:
        """Let the resync wait."""
        self.ask("pause_sync")

    def resume_sync(self) -> None:
        """Let it go on."""
        self.ask("resume_sync")

    def suspend_io(self) -> None:
        """Hold back requests."""
        self.ask("suspend_io")

    def resume_io(self) -> None:
        """Let them go on."""
        self.ask("resume_io")

    def set_program(self, helper: str, command: str) -> None:
        """It stands in the configuration."""
        self._programs[helper] = command

    def invalidate(self) -> None:
        """Replace all own data."""
        self.ask("invalidate")

    def invalidate_remote(self) -> None:
        """Replace all of the peer's."""
        self.ask("invalidate_remote")

    def verify(self, *, start: int | None = None, stop: int | None = None) -> None:
        """Compare with the peer's."""
        where = {"start": start, "stop": stop}
        self.ask("verify", **{name: it for name, it in where.items() if it is not None})

    def bits_out_of_sync(self, *, volume: int = 0) -> int:
        """As the node tells it."""
        return int(self.ask("state", volume=volume)["bits_out_of_sync"])

    def clear_bitmap(self) -> None:
        """Declare both disks to be the same."""
        self.ask("new_current_uuid", clear_bitmap=True)

    def enlarge(self, size_bytes: int) -> None:
        """The disk of volume 0 has room for a device of this size from now on."""
        os.truncate(self._images[0], size_bytes + METADATA_SIZE_BYTES)

    def resize(self, *, size_sectors: int = 0) -> None:
        """Make the device as large as the disks, or as this limit."""
        self.ask("resize", size=size_sectors)

    def net_options(self, **options: int | str) -> None:
        """Change how the nodes talk."""
        self.ask("net_options", options=_own_form(options))

    def disk_options(self, **options: int | str) -> None:
        """Change how volume 0 uses its disk."""
        self.ask("disk_options", options=_own_form(options))

    def resync_after(self, other: int | None) -> None:
        """Name it by its resource."""
        self.disk_options(resync_after="-1" if other is None else f"r0/{other}")

    def detach(self) -> None:
        """Give up the disk."""
        self.ask("detach")

    def attach(self) -> None:
        """Take it back."""
        self.ask("attach")

    def checksum(self, *, volume: int = 0) -> str:
        """What an application reads."""
        count = self.ask("state", volume=volume)["size_sectors"]
        return str(self.ask("read", volume=volume, sector=0, count=count)["sha256"])

    def state(self, *, volume: int = 0) -> State:
        """As the node tells it."""
        told = self.ask("state", volume=volume)
        return State(*(str(told[name]) for name in State._fields))

    def await_state(
        self, wanted: Wanted, *, volume: int = 0, timeout_s: float = WAIT_TIMEOUT_S
    ) -> None:
        """Let the node tell, who misses nothing."""
        words = {
            name: value if isinstance(value, str) else list(value) for name, value in wanted.items()
        }
        self.ask("wait", volume=volume, timeout=timeout_s, **words)

    def down(self) -> None:
        """End the process in good order."""
        if self._node is not None:
            self._node.ask("down")
            self._node.stop()
            self._note_end()

    def crash(self) -> None:
        """SIGKILL."""
        if self._node is not None:
            self._node.kill()
            self._note_end()

    def _note_end(self) -> None:
        """The process is gone: what it did counts among what all tests have taken."""
        self._node = None
        TAKEN.note_file(self._trace)

    def clear_away(self) -> None:
        """End the process, if there is one."""
        self.crash()

    def revive(self) -> None:
        """Start it with the same configuration."""
        self._node = OurNode(self._config, self._log, self._trace)

    def said(self) -> str:
        """What it logged."""
        return self._log.read_text(errors="replace")


class _Writer(threading.Thread):
    """An application that writes until it is told to stop, or until the node is gone."""

    def __init__(self, node: OurNode, sector_count: int) -> None:
        super().__init__(daemon=True)
        self.is_enough = threading.Event()
        self._node = node
        self._sector_count = sector_count
        self.done_count = 0

    def run(self) -> None:
        """Keep some writes under way."""
        under_way: list[int] = []
        number = 7
        try:
            while not self.is_enough.is_set():
                number = (number * 1103515245 + 12345) % (1 << 31)
                count = 8 + number % 61 * 2
                sector = number // 64 % ((self._sector_count - count) // 8) * 8
                under_way.append(self._node.begin("write", sector=sector, count=count, seed=number))
                if len(under_way) >= WRITES_UNDER_WAY_MAX:
                    self._node.answer(under_way.pop(0))
                    self.done_count += 1
            for it in under_way:
                self._node.answer(it)
        except SideError:  # it was killed
            return


def _one_request(sector: int, count: int, seed: int) -> dict[str, int]:
    return {"sector": sector, "count": count, "seed": seed, "size": count * 512}


def _own_form(options: Options) -> dict[str, Any]:
    """Yes and no as JSON has them."""
    words = {"yes": True, "no": False}
    return {name: words.get(str(value), value) for name, value in options.items()}
