"""`dotgen merge` as git calls it: exit codes, what is told, and what is in the files then."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from codegen.cli import main
from codegen.review.merge_command import SIZE_MAX
from tests.codegen.review.merging import DOOR, LAYOUTS, RECORD, STATES, changed

OURS = changed(DOOR, ("wide", "very wide"))
THEIRS = changed(DOOR, ("// by hand", "// by foot"))
NARROW = changed(DOOR, ("wide", "narrow"))
BROKEN = changed(DOOR, ("Locked [", "Locked [["))


class Files:
    """The three files of one merge, in a folder of their own."""

    def __init__(self, folder: Path, *contents: str | bytes) -> None:
        self.folder = folder
        self.paths = [folder / name for name in ("base", "ours", "theirs")]
        for path, content in zip(self.paths, contents, strict=True):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.before = self.read()

    def read(self) -> dict[str, bytes]:
        """Read every file that is there now."""
        return {it.name: it.read_bytes() for it in self.folder.iterdir() if it.is_file()}

    def merge(self, path: str = STATES) -> tuple[int, str]:
        """Merge them; return the exit code and what was told."""
        done = CliRunner().invoke(main, ["merge", "--path", path, *map(str, self.paths)])
        assert done.stdout == ""
        return done.exit_code, done.stderr

    def changed(self) -> set[str]:
        """Tell which files are otherwise than before, new or gone."""
        now = self.read()
        return {it for it in now.keys() | self.before if now.get(it) != self.before.get(it)}

    @property
    def ours(self) -> str:
        """What is in the file of ours."""
        return self.paths[1].read_text()


def test_a_merge_is_silent(tmp_path: Path) -> None:
    """The result is in the file of ours, and no other file is touched or left."""
    files = Files(tmp_path, DOOR, OURS, THEIRS)
    assert files.merge() == (0, "")
    assert files.ours == changed(OURS, ("// by hand", "// by foot"))
    assert files.changed() == {"ours"}


def test_a_conflict_is_told_with_its_line(tmp_path: Path) -> None:
    """The line is that in the file, between the markers, and the exit code is that of git."""
    files = Files(tmp_path, DOOR, OURS, changed(NARROW, ("// by hand", "// by foot")))
    code, told = files.merge()
    assert code == 1
    assert told == (
        f"{STATES}:4: Open (state): comment (was wide) is very wide in ours and narrow in theirs\n"
    )
    lines = files.ours.splitlines()
    assert lines[2:9] == [
        "<<<<<<< ours",
        '    Open   [comment="very wide"]',
        "||||||| base",
        '    Open   [comment="wide"]',
        "=======",
        '    Open   [comment="narrow"]',
        ">>>>>>> theirs",
    ]
    assert lines[1] == "    // a door and its lock"
    assert "// by foot" in files.ours
    assert files.changed() == {"ours"}


def test_what_a_drawing_says_does_not_command_the_terminal(tmp_path: Path) -> None:
    """Escapes and line breaks in a text are shown and not obeyed."""
    files = Files(tmp_path, DOOR, changed(DOOR, ("wide", "\x1b[31m\nred")), NARROW)
    code, told = files.merge()
    assert code == 1
    assert "comment (was wide) is \\x1b[31m\\nred in ours" in told
    assert told.count("\n") == 1


def test_whose_writing_was_kept_is_a_note(tmp_path: Path) -> None:
    """The merge went well all the same."""
    files = Files(tmp_path, DOOR, changed(DOOR, ("by hand", "by wind")), THEIRS)
    code, told = files.merge()
    assert code == 0
    assert told == (
        f"{STATES}: both sides rewrote the same lines; "
        "comments and colours there are those of ours\n"
    )


@pytest.mark.parametrize("side", ["base", "ours", "theirs"])
def test_a_side_that_is_no_drawing_is_named(tmp_path: Path, side: str) -> None:
    """Lines are merged then as git would do it; a person has to look in any case."""
    contents = {"base": DOOR, "ours": OURS, "theirs": THEIRS}
    contents[side] = changed(contents[side], ("Locked [", "Locked [["))
    files = Files(tmp_path, *contents.values())
    code, told = files.merge()
    assert code == 1
    fault, *_, last = told.splitlines()
    assert fault.startswith(f"{STATES} ({side}):5:12: syntax: ")
    assert last == f"{STATES}: merged line by line, since a side is no drawing"
    wanted = changed(OURS, ("// by hand", "// by foot"))
    kept = wanted if side == "base" else changed(wanted, ("Locked [", "Locked [["))
    assert files.ours == kept


def test_lines_of_no_drawing_that_contradict_get_markers(tmp_path: Path) -> None:
    """As in any text."""
    files = Files(tmp_path, DOOR, changed(BROKEN, ("wide", "very wide")), NARROW)
    code, _ = files.merge()
    assert code == 1
    assert files.ours.count("<<<<<<< ours\n") == files.ours.count(">>>>>>> theirs\n") == 1
    assert "Locked [[" in files.ours


@pytest.mark.parametrize("empty", ["", " \n\t\n"])
def test_a_side_without_a_drawing_is_a_fault(tmp_path: Path, empty: str) -> None:
    """An empty file of ours or theirs says nothing that could be merged; an empty base is none."""
    files = Files(tmp_path, DOOR, OURS, empty)
    code, told = files.merge()
    assert code == 1
    assert told.splitlines()[0].startswith(f"{STATES} (theirs):1:1: ")
    new = tmp_path / "new"
    new.mkdir()
    assert Files(new, empty, DOOR, DOOR).merge() == (0, "")


@pytest.mark.parametrize("number", range(3))
def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path, number: int) -> None:
    """It is named with the cause, and nothing is changed."""
    files = Files(tmp_path, DOOR, OURS, THEIRS)
    gone = files.paths[number]
    gone.unlink()
    assert files.merge() == (1, f"{gone}: cannot be read: No such file or directory\n")
    assert files.changed() == {gone.name}
    gone.mkdir()
    assert files.merge() == (1, f"{gone}: cannot be read: Is a directory\n")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"digraph d { A\0 }", "has a NUL byte, so it is no text"),
        (b" " * (SIZE_MAX + 1), "has more than 50,000,000 bytes"),
    ],
    ids=["nul", "large"],
)
@pytest.mark.parametrize("number", [1, 2])
def test_what_is_no_text_is_left_to_a_person(
    tmp_path: Path, number: int, content: bytes, fault: str
) -> None:
    """Ours stays as it is, byte by byte."""
    contents = [DOOR.encode(), OURS.encode(), THEIRS.encode()]
    contents[number] = content
    files = Files(tmp_path, *contents)
    assert files.merge() == (1, f"{STATES}: {fault}; merge it by hand, ours is unchanged\n")
    assert files.changed() == set()


def test_a_file_that_cannot_be_written_is_as_before(tmp_path: Path) -> None:
    """The cause is told, and nothing is left lying about."""
    files = Files(tmp_path, DOOR, OURS, THEIRS)
    long = files.paths[1].rename(tmp_path / ("o" * 250))
    files.paths[1] = long
    assert files.merge() == (1, f"{STATES}: cannot be written: File name too long\n")
    assert long.read_text() == OURS
    assert len(files.read()) == 3


def test_what_a_killed_run_left_is_in_nobodys_way(tmp_path: Path) -> None:
    """The file beside ours is written anew and gone in the end."""
    files = Files(tmp_path, DOOR, OURS, THEIRS)
    (tmp_path / "ours.dotgen_aside").write_text("half of a")
    assert files.merge() == (0, "")
    assert files.read().keys() == {"base", "ours", "theirs"}


def test_the_file_stays_what_it_was(tmp_path: Path) -> None:
    """It keeps its mode, and a link still leads to it."""
    files = Files(tmp_path, DOOR, OURS, THEIRS)
    files.paths[1].chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to("ours")
    files.paths[1] = link
    assert files.merge() == (0, "")
    assert link.is_symlink()
    assert (tmp_path / "ours").stat().st_mode & 0o777 == 0o640
    assert "by foot" in files.ours


def test_line_ends_of_a_conflict_are_those_of_the_file(tmp_path: Path) -> None:
    """The markers have them, too."""
    files = Files(tmp_path, *(it.replace("\n", "\r\n") for it in (DOOR, OURS, NARROW)))
    assert files.merge()[0] == 1
    data = files.paths[1].read_bytes()
    assert data.count(b"\r\n") == data.count(b"\n")
    assert b"<<<<<<< ours\r\n" in data


def test_the_path_tells_the_kind(tmp_path: Path) -> None:
    """The temporary files of git have no suffix, and a layout is merged by its cells."""
    ours = changed(RECORD, ("magic", "mark"))
    theirs = changed(RECORD, ("length", "size"))
    files = Files(tmp_path, RECORD, ours, theirs)
    assert files.merge(LAYOUTS) == (0, "")
    assert files.ours == changed(ours, ("length", "size"))
