"""Carrying out a plan: all or nothing, whatever the disk, the user or the kernel does."""

import multiprocessing
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from codegen.commit import ASIDE, Disk, NotWrittenError, commit
from codegen.files import read_generated
from codegen.plan import Plan, compare

ROOT = Path(__file__).parents[2]
HEADER = "# Generated from specs/states/a.dot; edit that drawing, then run `make generate`.\n"
BEFORE = {f"{path}.py": f"{HEADER}old = 1\n" for path in ("a", "b", "old/deep/c", "states/d")}
AFTER = {f"{path}.py": f"{HEADER}new = 1\n" for path in ("a", "states/d", "new/deep/e", "f")}
AFTER["b.py"] = BEFORE["b.py"]


def plan(folder: Path, wanted: dict[str, str]) -> Plan:
    """Plan the way to `wanted` from what is there."""
    present, problems = read_generated(folder)
    assert problems == []
    return compare(wanted, present)


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return every path below a folder, hidden ones too, with its mode and content."""
    return {
        path.relative_to(folder).as_posix(): (
            path.lstat().st_mode,
            b"" if path.is_dir() else path.read_bytes(),
        )
        for path in folder.rglob("*")
    }


def texts(folder: Path) -> dict[str, str]:
    """Return every file below a folder, hidden ones too, with its text."""
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if not path.is_dir()
    }


def attempt(planned: Plan, folder: Path, disk: Disk | None = None) -> str:
    """Carry out a plan; return what went wrong, or nothing."""
    try:
        commit(planned, folder, disk)
    except NotWrittenError as error:
        return str(error)
    return ""


@pytest.fixture
def generated(tmp_path: Path) -> Path:
    """Return a folder that holds BEFORE, a foreign file, and a mode of its own."""
    folder = tmp_path / "generated"
    commit(compare(BEFORE, {}), folder)
    (folder / "mine.txt").write_text("mine")
    (folder / "a.py").chmod(0o640)
    return folder


def test_the_first_run_makes_the_folder(tmp_path: Path) -> None:
    """Nothing has to be there but the project's folder."""
    commit(compare(BEFORE, {}), tmp_path / "generated")
    assert texts(tmp_path / "generated") == BEFORE


def test_a_plan_is_carried_out(generated: Path) -> None:
    """New, changed and removed files, emptied folders gone, foreign files kept."""
    commit(plan(generated, AFTER), generated)
    assert texts(generated) == {**AFTER, "mine.txt": "mine"}
    assert not (generated / "old").exists()
    assert plan(generated, AFTER).changes == ()


def test_only_what_changed_is_written(generated: Path) -> None:
    """An untouched file keeps its identity and its time."""
    before = (generated / "b.py").stat()
    commit(plan(generated, AFTER), generated)
    after = (generated / "b.py").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_permissions_are_kept(generated: Path) -> None:
    """A replaced file has the mode that somebody gave it."""
    commit(plan(generated, AFTER), generated)
    assert (generated / "a.py").stat().st_mode & 0o777 == 0o640


def test_compiled_python_does_not_keep_an_emptied_folder(generated: Path) -> None:
    """A folder with nothing but compiled Python would still be a package; it goes."""
    (generated / "old/deep/__pycache__").mkdir()
    (generated / "old/deep/__pycache__/c.cpython-311.pyc").write_bytes(b"")
    commit(plan(generated, AFTER), generated)
    assert not (generated / "old").exists()


def test_a_foreign_file_keeps_its_folder(generated: Path) -> None:
    """A folder is removed only when nothing of anybody is left in it."""
    (generated / "old/deep/mine.txt").write_text("mine")
    commit(plan(generated, AFTER), generated)
    assert texts(generated / "old") == {"deep/mine.txt": "mine"}


def test_a_plan_with_problems_is_not_begun(generated: Path) -> None:
    """One refused file means that no file is written."""
    (generated / "f.py").write_text("mine")
    before = tree(generated)
    with pytest.raises(NotWrittenError, match=r"generated/f\.py:1:1: foreign-file: "):
        commit(plan(generated, AFTER), generated)
    assert tree(generated) == before


@pytest.mark.parametrize("path", ["a.py", "f.py", "old/deep/c.py"])
def test_a_file_that_changed_after_the_look_is_not_overwritten(generated: Path, path: str) -> None:
    """Between plan and deed somebody may have written; that is not lost."""
    planned = plan(generated, AFTER)
    (generated / path).write_text("mine")
    before = tree(generated)
    with pytest.raises(NotWrittenError, match=f"^generated/{path}: has changed meanwhile"):
        commit(planned, generated)
    assert tree(generated) == before


def test_a_plan_that_another_run_has_carried_out_is_fine(generated: Path) -> None:
    """Two runs at once that want the same do not quarrel."""
    planned = plan(generated, AFTER)
    commit(planned, generated)
    commit(planned, generated)
    assert plan(generated, AFTER).changes == ()


def test_a_folder_in_the_way_changes_nothing(generated: Path) -> None:
    """A folder where a file belongs is named."""
    planned = plan(generated, AFTER)
    (generated / "f.py").mkdir()
    before = tree(generated)
    assert attempt(planned, generated) == "generated/f.py: Is a directory; nothing was changed"
    assert tree(generated) == before


def test_a_file_in_the_way_changes_nothing(generated: Path) -> None:
    """A file where a folder belongs is named."""
    planned = plan(generated, AFTER)
    (generated / "new").write_text("mine")
    before = tree(generated)
    fault = "generated/new/deep/e.py: Not a directory; nothing was changed"
    assert attempt(planned, generated) == fault
    assert tree(generated) == before


def test_a_vanished_project_is_a_sentence(tmp_path: Path) -> None:
    """A folder that somebody removed meanwhile is named with its cause."""
    with pytest.raises(NotWrittenError, match=r"^generated: No such file or directory; nothing"):
        commit(compare(AFTER, {}), tmp_path / "gone/generated")


class FailingDisk(Disk):
    """A disk that fails at one operation, or from there on, half-way through where it can."""

    def __init__(self, *, at_operation: int, for_good: bool = False) -> None:
        self.left = at_operation
        self.for_good = for_good

    def count(self) -> None:
        """Count one operation, and fail when its turn has come."""
        self.left -= 1
        if self.left == 0 or (self.left < 0 and self.for_good):
            raise OSError(28, "No space left on device")

    def read(self, path: Path) -> bytes | None:
        """Read, or fail."""
        self.count()
        return super().read(path)

    def write(self, path: Path, content: bytes) -> None:
        """Write, or fail after half of it."""
        path.write_bytes(content[: len(content) // 2])
        self.count()
        path.unlink()
        super().write(path, content)

    def copy(self, source: Path, target: Path) -> None:
        """Copy, or fail."""
        self.count()
        super().copy(source, target)

    def copy_mode(self, source: Path, target: Path) -> None:
        """Copy a mode, or fail."""
        self.count()
        super().copy_mode(source, target)

    def move(self, source: Path, target: Path) -> None:
        """Move, or fail."""
        self.count()
        super().move(source, target)

    def remove(self, path: Path) -> None:
        """Remove, or fail."""
        self.count()
        super().remove(path)

    def make_folder(self, path: Path) -> None:
        """Make a folder, or fail."""
        self.count()
        super().make_folder(path)

    def remove_folder(self, path: Path) -> None:
        """Remove a folder, or fail."""
        self.count()
        super().remove_folder(path)


def test_a_fault_at_any_operation_changes_nothing(generated: Path) -> None:
    """The 1st, 2nd, 3rd ... operation fails until none does; each time the tree is as before."""
    before = tree(generated)
    operation = 1
    while fault := attempt(plan(generated, AFTER), generated, FailingDisk(at_operation=operation)):
        assert fault.endswith(": No space left on device; nothing was changed")
        assert tree(generated) == before
        operation += 1
    assert operation > 20
    assert plan(generated, AFTER).changes == ()


def test_a_fault_on_the_first_run_leaves_no_folder(tmp_path: Path) -> None:
    """Whichever operation fails, the project looks as if nobody had tried."""
    planned = compare(AFTER, {})
    operation = 1
    while attempt(planned, tmp_path / "it", FailingDisk(at_operation=operation)):
        assert list(tmp_path.iterdir()) == []
        operation += 1
    assert texts(tmp_path / "it") == AFTER


def test_a_disk_that_stays_broken_leaves_whole_files(generated: Path) -> None:
    """When even the way back fails, the message says so, each file is whole, and a run heals."""
    operation, lost = 1, 0
    while fault := attempt(
        plan(generated, AFTER), generated, FailingDisk(at_operation=operation, for_good=True)
    ):
        lost += "could not put back generated/" in fault
        assert_whole(texts(generated), BEFORE, AFTER)
        commit(plan(generated, BEFORE), generated)
        operation += 1
    assert lost > 5
    assert plan(generated, AFTER).changes == ()


def assert_whole(found: dict[str, str], before: dict[str, str], after: dict[str, str]) -> None:
    """Check that each file is as it was or as it will be, and that none is missing."""
    for path, text in found.items():
        if not path.startswith(ASIDE):
            assert text in (before.get(path), after.get(path), "mine")
    assert before.keys() & after.keys() <= found.keys()


class SignalDisk(Disk):
    """A disk at which the user loses patience: each renaming is answered with Ctrl-C."""

    def move(self, source: Path, target: Path) -> None:
        """Interrupt this very process, then move."""
        os.kill(os.getpid(), signal.SIGINT)
        super().move(source, target)


def test_ctrl_c_waits_until_the_files_are_in_place(generated: Path) -> None:
    """Once files begin to move, an interrupt comes when all of them have."""
    with pytest.raises(KeyboardInterrupt):
        commit(plan(generated, AFTER), generated, SignalDisk())
    assert texts(generated) == {**AFTER, "mine.txt": "mine"}


class ImpatientDisk(Disk):
    """A disk at which the user loses patience while new files are still being written aside."""

    def write(self, path: Path, content: bytes) -> None:
        """Write, then interrupt this very process."""
        super().write(path, content)
        os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_before_the_files_move_changes_nothing(generated: Path) -> None:
    """While nothing shows yet, an interrupt ends the run at once and leaves no trace."""
    before = tree(generated)
    with pytest.raises(KeyboardInterrupt):
        commit(plan(generated, AFTER), generated, ImpatientDisk())
    assert tree(generated) == before


def test_a_real_limit_of_file_size_changes_nothing(generated: Path) -> None:
    """A write that the kernel cuts short is a sentence, and the tree is as before."""
    before = tree(generated)
    planned = plan(generated, {**AFTER, "z.py": HEADER + "x = 1\n" * 10_000})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(NotWrittenError, match=r"^generated/z\.py: File too large; nothing"):
            commit(planned, generated)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert tree(generated) == before


AS_NOBODY = f"""
import os, sys
from pathlib import Path
from codegen.commit import NotWrittenError, commit
from codegen.files import read_generated
from codegen.plan import compare
if os.geteuid() == 0:
    os.setuid(65534)
try:
    commit(compare({AFTER!r}, read_generated(Path("generated"))[0]), Path("generated"))
except NotWrittenError as error:
    print(error)
"""


@pytest.mark.parametrize("locked", [".", "states"])
def test_a_read_only_folder_changes_nothing(generated: Path, locked: str) -> None:
    """Without the permission to write, in all or in one folder, nothing happens to any."""
    for path in (generated, *generated.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    (generated / locked).chmod(0o555)
    before = tree(generated)
    run = subprocess.run(
        [sys.executable, "-c", AS_NOBODY],
        cwd=generated.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stderr == ""
    assert run.stdout.endswith(": Permission denied; nothing was changed\n")
    assert tree(generated) == before


FILES = [f"states/m{number % 9}/f{number}.py" for number in range(60)]
MANY_BEFORE = dict.fromkeys(FILES[9:], HEADER + "old" * 999)
MANY_AFTER = dict.fromkeys(FILES[:-9], HEADER + "new" * 999)


def to_and_fro(folder: Path) -> None:
    """Generate one thing and the other for ever."""
    while True:
        commit(plan(folder, MANY_AFTER), folder)
        commit(plan(folder, MANY_BEFORE), folder)


def test_a_kill_at_any_moment_leaves_whole_files(tmp_path: Path) -> None:
    """A run killed in its tracks leaves each file old or new, and the next run heals."""
    folder = tmp_path / "generated"
    commit(compare(MANY_BEFORE, {}), folder)
    start = time.perf_counter()
    commit(plan(folder, MANY_AFTER), folder)
    round_s = 2 * (time.perf_counter() - start)
    moments = random.Random(1)
    for _ in range(16):
        child = multiprocessing.get_context("fork").Process(target=to_and_fro, args=(folder,))
        child.start()
        child.join(timeout=moments.uniform(0, round_s))
        child.kill()
        child.join()
        assert child.exitcode == -signal.SIGKILL
        assert_whole(texts(folder), MANY_BEFORE, MANY_AFTER)
    commit(plan(folder, MANY_AFTER), folder)
    assert texts(folder) == MANY_AFTER
    assert [path.name for path in folder.iterdir()] == ["states"]
