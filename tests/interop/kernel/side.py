"""What a scenario may ask of either node, whether it is the kernel's or ours."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

Options = Mapping[str, int | str]
"""DRBD's options with underscores; yes and no are words."""

Wanted = Mapping[str, str | Sequence[str]]
"""Parts of a state by their names, each one word or one of several."""

WAIT_TIMEOUT_S: Final = 60.0  # the longest resync takes 20 s on an idle machine


class SideError(Exception):
    """A node did not do what a scenario asked of it."""


@dataclass(frozen=True)
class Write:
    """One request of an application."""

    sector: int
    count: int
    seed: int
    is_flushed: bool = False
    """Whether a flush follows, which is waited for."""


class State(NamedTuple):
    """One volume's state, by the names that DRBD prints."""

    conn: str
    role: str
    peer: str
    disk: str
    pdsk: str

    def __str__(self) -> str:
        return f"cs:{self.conn} ro:{self.role}/{self.peer} ds:{self.disk}/{self.pdsk}"

    def is_like(self, wanted: Wanted) -> bool:
        """Whether each of the named parts is, or is one of, what is wanted."""
        parts = self._asdict()
        return all(
            parts[name] == value if isinstance(value, str) else parts[name] in value
            for name, value in wanted.items()
        )


class Side(ABC):
    """One node: a resource with volumes 0, 1 ..., each on its own disk."""

    name: str

    @property
    @abstractmethod
    def images(self) -> Sequence[Path]:
        """Its disks, as files here; to be read while it is down, data first and meta-data last."""

    @abstractmethod
    def prepare(self, sizes_bytes: Sequence[int]) -> None:
        """Take disks that hold devices of these sizes, whatever is on them."""

    @abstractmethod
    def create(self, *, net: Options, disk: Options) -> None:
        """Have fresh meta-data on them, and attach them."""

    @abstractmethod
    def connect(self, *, discard_my_data: bool = False, tentative: bool = False) -> None:
        """Find the peer, or find out what would follow."""

    @abstractmethod
    def disconnect(self) -> None:
        """Let the peer go."""

    @abstractmethod
    def primary(self, *, force: bool = False, volume: int = 0) -> None:
        """Become primary."""

    @abstractmethod
    def secondary(self, *, volume: int = 0) -> None:
        """Become secondary."""

    @abstractmethod
    def write(self, writes: Iterable[Write], *, volume: int = 0) -> None:
        """Write as an application does, one after the other, and wait for the end."""

    @abstractmethod
    def start_writing(self) -> None:
        """Write all over volume 0, several at a time, until it is stopped or the node is gone."""

    @abstractmethod
    def await_writes(self, count: int) -> None:
        """Wait until so many of these have ended."""

    @abstractmethod
    def stop_writing(self) -> None:
        """End that; what is under way comes to its end."""

    @abstractmethod
    def discard(self, *, sector: int, count: int) -> None:
        """Deallocate a range of volume 0."""

    @abstractmethod
    def write_zeroes(self, *, sector: int, count: int) -> None:
        """Let a range of volume 0 be zeroes."""

    @abstractmethod
    def pause_sync(self) -> None:
        """Let the resync of volume 0 wait."""

    @abstractmethod
    def resume_sync(self) -> None:
        """Let it go on."""

    @abstractmethod
    def suspend_io(self) -> None:
        """Hold back requests of applications."""

    @abstractmethod
    def resume_io(self) -> None:
        """Let them go on."""

    @abstractmethod
    def set_program(self, helper: str, command: str) -> None:
        """Have a program for a helper, to be said before `create`."""

    @abstractmethod
    def invalidate(self) -> None:
        """Replace all own data of volume 0."""

    @abstractmethod
    def invalidate_remote(self) -> None:
        """Replace all of the peer's."""

    @abstractmethod
    def verify(self, *, start: int | None = None, stop: int | None = None) -> None:
        """Compare volume 0 with the peer's, from one sector to another."""

    @abstractmethod
    def bits_out_of_sync(self, *, volume: int = 0) -> int:
        """How many blocks of 4 KiB are marked out of sync."""

    @abstractmethod
    def clear_bitmap(self) -> None:
        """Declare the disks of volume 0 to be the same (new-current-uuid --clear-bitmap)."""

    @abstractmethod
    def resize(self, *, size_sectors: int = 0) -> None:
        """Make the device of volume 0 as large as the disks, or as this limit."""

    @abstractmethod
    def net_options(self, **options: int | str) -> None:
        """Change how the nodes talk, while they are connected."""

    @abstractmethod
    def disk_options(self, **options: int | str) -> None:
        """Change how volume 0 uses its disk."""

    @abstractmethod
    def resync_after(self, other: int | None) -> None:
        """Let resyncs of volume 0 wait for those of another volume, or for none."""

    @abstractmethod
    def detach(self) -> None:
        """Give up the disk of volume 0."""

    @abstractmethod
    def attach(self) -> None:
        """Take it back."""

    @abstractmethod
    def checksum(self, *, volume: int = 0) -> str:
        """SHA-256 of what an application reads from a primary."""

    @abstractmethod
    def state(self, *, volume: int = 0) -> State:
        """How a volume is."""

    @abstractmethod
    def await_state(
        self, wanted: Wanted, *, volume: int = 0, timeout_s: float = WAIT_TIMEOUT_S
    ) -> None:
        """Wait until a volume is as wanted."""

    def wait(self, *, volume: int = 0, **wanted: str | Sequence[str]) -> None:
        """The same, with each part as an argument."""
        self.await_state(wanted, volume=volume)

    @abstractmethod
    def down(self) -> None:
        """End in good order: afterwards its disks can be read."""

    @abstractmethod
    def crash(self) -> None:
        """End it in the middle of whatever it does."""

    @abstractmethod
    def revive(self) -> None:
        """Start it again on the same disks, attached and not connected."""

    @abstractmethod
    def clear_away(self) -> None:
        """Leave nothing behind, in whatever state it is."""

    @abstractmethod
    def said(self) -> str:
        """What it logged."""
