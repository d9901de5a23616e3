"""The commands for meta-data on real files ask before they overwrite, and refuse in a sentence.

Whatever is refused is not modified.
"""

import hashlib
import random
import struct
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result

from runtime.cli import main

SIZE_BYTES: Final = 16 << 20
SUPERBLOCK_AT: Final = SIZE_BYTES - 4096
DUMP: Final = """version "v08"; uuid { 0x1122334455667788; 0x0000000000000000; 0x0000000000000000;
0x0000000000000004; flags 0x00000091; } la-size-sect 32688; bm-byte-per-bit 4096;
device-uuid 0x0000000000000000; la-peer-max-bio-size 0; al-stripes 1; al-stripe-size-4k 8;
bm { 16 times 0x00000000FFFFFFFF; }"""
COMMANDS: Final = ("create-md", "dump-md", "restore-md", "apply-al")


def run(command: str, *arguments: str | Path, answer: str = "") -> Result:
    """The result of a command; `answer` is what somebody types."""
    return CliRunner().invoke(main, [command, *map(str, arguments)], input=answer)


def blank(path: Path, size_bytes: int = SIZE_BYTES) -> Path:
    """A file of holes."""
    with path.open("wb") as file:
        file.truncate(size_bytes)
    return path


def content(path: Path) -> bytes:
    """A digest of a file: results of commands refer to a test's variables long after its end."""
    return hashlib.sha256(path.read_bytes()).digest()


@pytest.fixture
def created(tmp_path: Path) -> Path:
    """A file with new internal meta-data."""
    path = blank(tmp_path / "disk.img")
    assert run("create-md", path).exit_code == 0
    return path


def assert_refused(result: Result, sentence: str) -> None:
    """One sentence on the error output, exit code 1, no traceback."""
    assert isinstance(result.exception, SystemExit)
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_creation_says_where_it_wrote(tmp_path: Path) -> None:
    """What was created is told with its place and the size of volume that fits."""
    path = blank(tmp_path / "disk.img")
    assert run("create-md", path).output == (
        f"new meta-data in {path} at byte 16773120, for a volume of up to 32688 sectors\n"
    )


@pytest.mark.parametrize(
    ("answer", "is_written"), [("yes\n", True), ("no\n", False), ("y\n", False), ("", False)]
)
def test_existing_metadata_is_asked_about(created: Path, answer: str, *, is_written: bool) -> None:
    """Only the whole word yes overwrites what is there."""
    assert run("restore-md", created, _dump(created), "--force").exit_code == 0
    before = content(created)
    result = run("create-md", created, answer=answer)
    assert "there is meta-data already" in result.stderr
    assert (result.exit_code == 0) is is_written
    assert (content(created) != before) is is_written


def _dump(beside: Path) -> Path:
    path = beside.with_suffix(".txt")
    path.write_text(DUMP)
    return path


def test_restoring_asks_as_well(created: Path) -> None:
    """A dump does not replace meta-data without a question, unless it is forced to."""
    before = content(created)
    assert run("restore-md", created, _dump(created), answer="no\n").exit_code == 1
    assert content(created) == before
    assert run("restore-md", created, _dump(created), answer="yes\n").exit_code == 0
    assert "0x1122334455667788" in run("dump-md", created).output


def test_a_dump_comes_through_a_pipe(created: Path) -> None:
    """A dash stands for the input."""
    result = run("restore-md", created, "-", "--force", answer=DUMP)
    assert result.exit_code == 0
    assert "# bits-set 512;" in run("dump-md", created).output


def test_a_dump_is_restored_as_it_was(created: Path, tmp_path: Path) -> None:
    """Dumping and restoring elsewhere gives the same meta-data."""
    run("restore-md", created, _dump(created), "--force")
    text = tmp_path / "dump.txt"
    text.write_text(run("dump-md", created).stdout)
    copy = blank(tmp_path / "copy.img")
    assert run("restore-md", copy, text).exit_code == 0
    assert content(copy) == content(created)


def test_stripes_may_be_changed_while_restoring(created: Path) -> None:
    """The activity log's form may be another one than in the dump."""
    options = ["--al-stripes", "2", "--al-stripe-size-kB", "64"]
    assert run("restore-md", created, _dump(created), *options, "--force").exit_code == 0
    output = run("dump-md", created).output
    assert "al-stripes 2;\nal-stripe-size-4k 16;" in output


def _poke(path: Path, offset_bytes: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset_bytes)
        file.write(content)


def test_a_crash_is_applied_before_it_is_dumped(created: Path) -> None:
    """Unclean meta-data is not shown unless it is forced, and applying its log makes it clean."""
    _poke(created, SUPERBLOCK_AT + 60, bytes.fromhex("8374026c"))
    assert_refused(run("dump-md", created), "the activity log has not been applied")
    assert "This_is_an_unclean_meta_data_dump." in run("dump-md", created, "--force").output
    assert (run("apply-al", created).exit_code, run("dump-md", created).exit_code) == (0, 0)


@pytest.mark.parametrize("command", ["dump-md", "apply-al"])
@pytest.mark.parametrize("size_bytes", [0, 100, 69631, 69632, SIZE_BYTES - 1, SIZE_BYTES - 4096])
def test_a_file_that_was_cut_is_refused(created: Path, command: str, size_bytes: int) -> None:
    """Where meta-data should be and is not there is one sentence, and the file stays as it is."""
    with created.open("r+b") as file:
        file.truncate(size_bytes)
    before = content(created)
    assert_refused(run(command, created), str(created))
    assert content(created) == before


@pytest.mark.parametrize("seed", range(30))
def test_damage_is_refused_or_read_but_never_a_surprise(created: Path, seed: int) -> None:
    """Bits that flip anywhere in the meta-data end in a dump or in one sentence."""
    rng = random.Random(seed)
    run("restore-md", created, _dump(created), "--force")
    for _ in range(rng.choice([1, 3, 100])):
        offset_bytes = rng.choice([SUPERBLOCK_AT + rng.randrange(96), rng.randrange(SIZE_BYTES)])
        _poke(created, offset_bytes, rng.randbytes(1))
    before = content(created)
    result = run("dump-md", created, "--force")
    if result.exit_code:
        assert_refused(result, str(created))
    assert content(created) == before
    result = run("apply-al", created)
    if result.exit_code:
        assert_refused(result, str(created))
        assert content(created) == before


def test_a_damaged_log_of_a_primary_is_refused(created: Path) -> None:
    """When nobody knows what a primary was writing, the file stays as it is."""
    _poke(created, SUPERBLOCK_AT + 56, struct.pack(">II", 0x13, 0x8374026C))
    _poke(created, SUPERBLOCK_AT - 32768, bytes(32768))
    before = content(created)
    assert_refused(run("apply-al", created), "8 blocks of the activity log are damaged")
    assert content(created) == before


def test_a_file_system_is_not_overwritten_even_by_force(tmp_path: Path) -> None:
    """--force answers questions; that a file system is no file system takes another word."""
    path = blank(tmp_path / "disk.img")
    _poke(path, 4086, b"SWAPSPACE2")
    before = content(path)
    assert_refused(run("create-md", path, "--force"), "swap space would be damaged")
    assert content(path) == before
    assert run("create-md", path, "--force", "--ignore-sanity-checks").exit_code == 0


@pytest.mark.parametrize("text", ["", "no dump", DUMP + "}", DUMP.replace("v08", "v09"), DUMP[:-1]])
def test_a_text_that_is_no_dump_changes_nothing(created: Path, text: str) -> None:
    """A fault in a dump is told with its line, before anything is written."""
    before = content(created)
    path = created.with_suffix(".txt")
    path.write_text(text)
    assert_refused(run("restore-md", created, path, "--force"), "of the dump: ")
    assert content(created) == before


@pytest.mark.parametrize("size_bytes", [1 << 20, SIZE_BYTES])
def test_noise_is_no_dump(created: Path, size_bytes: int) -> None:
    """A binary file given as a dump is refused like any other text."""
    path = created.with_suffix(".bin")
    path.write_bytes(random.Random(1).randbytes(size_bytes))
    assert_refused(run("restore-md", created, path, "--force"), "line 1 of the dump: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["create-md"],
        ["create-md", "{}", "--index", "256"],
        ["create-md", "{}", "--index", "external"],
        ["create-md", "{}", "--al-stripes", "0"],
        ["create-md", "{}", "--al-stripe-size-kB", "many"],
        ["dump-md", "{}", "--peer-max-bio-size", "1"],
        ["restore-md", "{}"],
        ["restore-md", "{}", "missing.txt"],
    ],
)
def test_wrong_usage_is_told_apart(created: Path, arguments: list[str]) -> None:
    """A call that makes no sense has exit code 2, and does nothing."""
    before = content(created)
    result = run(*[it.format(created) for it in arguments])
    assert result.exit_code == 2
    assert "Usage: " in result.stderr
    assert content(created) == before


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(command: str) -> None:
    """Each help ends with how the command is called."""
    assert f"dotmirror {command} " in run(command, "--help").output
