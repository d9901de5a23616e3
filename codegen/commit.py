"""Carries out a plan in generated/: all of it or nothing, and nothing is left lying about.

First all that is new is written aside; then one file after another is renamed into its place, so
that whoever looks sees each file either as it was or as it will be. Every renaming has a step back,
and a fault takes all of them. What a killed run has left aside, the next one removes.
"""

import fcntl
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from codegen.files import cause
from codegen.fingerprint import is_ignored
from codegen.plan import Change, Plan

ASIDE: Final = ".dotgen_aside"
"""A folder inside generated/, since only there a renaming is sure to stay in one file system."""

COMPILED: Final = "__pycache__"
HELD_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class NotWrittenError(Exception):
    """The plan was not carried out; the message names the file and the cause."""


class Disk:
    """What carrying out a plan asks of the operating system, so that a test can let it fail."""

    def read(self, path: Path) -> bytes | None:
        """Read a file; None when there is none."""
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def write(self, path: Path, content: bytes) -> None:
        """Write a new file, down to the device."""
        with path.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def copy(self, source: Path, target: Path) -> None:
        """Copy a file with its permissions and times."""
        shutil.copy2(source, target)

    def copy_mode(self, source: Path, target: Path) -> None:
        """Give a file the permissions of another."""
        shutil.copymode(source, target)

    def move(self, source: Path, target: Path) -> None:
        """Rename a file, over the one that may be there."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Remove a file."""
        path.unlink()

    def make_folder(self, path: Path) -> None:
        """Make a folder in one that exists."""
        path.mkdir()

    def remove_folder(self, path: Path) -> None:
        """Remove an empty folder."""
        path.rmdir()


def commit(plan: Plan, folder: Path, disk: Disk | None = None) -> None:
    """Make a folder what the plan says, or raise `NotWrittenError` and leave it as it was."""
    for problem in plan.problems:
        raise NotWrittenError(str(problem))
    work = _Commit(plan, folder, disk or Disk())
    try:
        work.run()
    except OSError as error:
        raise NotWrittenError(work.sentence(cause(error))) from error


@dataclass(frozen=True, slots=True)
class _Swap:
    """One change with its files: where it shows, what comes there, and what was there."""

    change: Change
    target: Path
    fresh: Path
    kept: Path


class _Commit:
    """The work of carrying out one plan."""

    def __init__(self, plan: Plan, folder: Path, disk: Disk) -> None:
        self.plan = plan
        self.folder = folder
        self.disk = disk
        self.aside = folder / ASIDE
        self.at = plan.folder
        self.lost: list[str] = []

    def run(self) -> None:
        """Do all of it, or take back what was done."""
        with ExitStack() as always, ExitStack() as back:
            if not self.folder.is_dir():
                self.disk.make_folder(self.folder)
                always.callback(_remove_if_empty, self.folder)
            always.enter_context(_locked(self.folder))
            always.callback(self.clear_aside)
            self.clear_aside()
            swaps = self.prepare()
            always.enter_context(_signals_held())
            for swap in swaps:
                self.swap(swap, back)
            back.pop_all()
            self.clear_aside()
            _remove_empty_folders(self.folder)

    def prepare(self) -> list[_Swap]:
        """Write aside what is new and what it takes to go back; nothing shows yet."""
        swaps: list[_Swap] = []
        for number, change in enumerate(self.plan.changes):
            self.at = f"{self.plan.folder}/{change.path}"
            target = self.folder / change.path
            found = self.disk.read(target)
            if found == change.new:  # another run was faster
                continue
            if found != change.old:
                raise NotWrittenError(f"{self.at}: has changed meanwhile; run again")
            if not swaps:
                self.disk.make_folder(self.aside)
            fresh, kept = self.aside / f"{number}.new", self.aside / f"{number}.old"
            if change.new is not None:
                self.disk.write(fresh, change.new)
            if change.new is not None and change.old is not None:
                self.disk.copy_mode(target, fresh)
                self.disk.copy(target, kept)
            swaps.append(_Swap(change, target, fresh, kept))
        return swaps

    def swap(self, swap: _Swap, back: ExitStack) -> None:
        """Let one change show, and remember the step back."""
        self.at = f"{self.plan.folder}/{swap.change.path}"
        if swap.change.new is None:
            self.disk.move(swap.target, swap.kept)
        else:
            self.make_folders(swap.target.parent, back)
            self.disk.move(swap.fresh, swap.target)
        if swap.change.old is None:
            back.callback(self.step_back, self.disk.remove, swap.target)
        else:
            back.callback(self.step_back, self.disk.move, swap.kept, swap.target)

    def make_folders(self, folder: Path, back: ExitStack) -> None:
        """Make a folder and those above it, as far as they are missing."""
        if not folder.is_dir():
            self.make_folders(folder.parent, back)
            self.disk.make_folder(folder)
            back.callback(self.step_back, self.disk.remove_folder, folder)

    def step_back(self, step: Callable[..., None], *paths: Path) -> None:
        """Undo one step; when even that fails, the others are still undone."""
        try:
            step(*paths)
        except OSError:
            path = paths[-1].relative_to(self.folder).as_posix()
            self.lost.append(f"{self.plan.folder}/{path}")

    def clear_aside(self) -> None:
        """Remove what lies aside; what resists is in the way of the next step, which says so."""
        shutil.rmtree(self.aside, ignore_errors=True)

    def sentence(self, fault: str) -> str:
        """Say where it failed, why, and what generated/ holds now."""
        if not self.lost:
            return f"{self.at}: {fault}; nothing was changed"
        return f"{self.at}: {fault}; could not put back {', '.join(self.lost)}; run again"


def _remove_empty_folders(folder: Path) -> None:
    """Remove the folders below that hold no file, compiled Python apart."""
    with suppress(OSError):
        for below in folder.iterdir():
            if below.is_dir() and not below.is_symlink() and not is_ignored(below.name):
                _remove_empty_folders(below)
                _remove_if_empty(below)


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        if {entry.name for entry in folder.iterdir()} <= {COMPILED}:
            shutil.rmtree(folder / COMPILED, ignore_errors=True)
            folder.rmdir()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one run at a time write in a folder; the lock goes with the process."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # where folders cannot be locked, two runs at once may both fail
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Hold back the signals that end a run; they come when this is over.

    Blocking them in this thread would let them come by any other. Only the main thread can take
    them over, and elsewhere there is nothing to hold: they interrupt the main thread.
    """
    come: dict[int, None] = {}
    before: dict[signal.Signals, Any] = {}
    held = HELD_SIGNALS if threading.current_thread() is threading.main_thread() else ()
    try:
        for number in held:
            before[number] = signal.signal(number, lambda came, _: come.setdefault(came))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
        for came in come:
            signal.raise_signal(came)
