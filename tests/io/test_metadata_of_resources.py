"""The commands for meta-data take the name of a resource, as drbdadm's do."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from runtime.cli import main
from tests.io.configured import blank

TEXT = """resource "two" {
  volume 0 { device minor 0; disk %(folder)s/a0; meta-disk internal; }
  volume 1 { device minor 1; disk %(folder)s/a1; meta-disk %(folder)s/m1; }
  on alice { address 10.0.0.1:1; volume 0 { disk %(folder)s/a0; } }
  on bob { address 10.0.0.2:1; volume 0 { disk %(folder)s/b0; } volume 1 { disk none; } }
}
resource three {
  device minor 3; disk %(folder)s/a3; meta-disk %(folder)s/m3 [0];
  on alice { address 10.0.0.1:3; }
  on carol { address 10.0.0.3:3; }
}
"""


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """A configuration of several resources, volumes and places; its disks are there."""
    for name in ("a0", "a1", "m1", "b0", "a3"):
        blank(tmp_path / name)
    with (tmp_path / "m3").open("wb") as file:
        file.truncate(128 << 20)
    path = tmp_path / "drbd.conf"
    path.write_text(TEXT % {"folder": tmp_path})
    return path


def typed(conf: Path, command: str, *words: str, host: str = "alice", answer: str = "") -> Result:
    """The result of a command on a host."""
    words = (command, "-c", str(conf), "--host", host, *words)
    return CliRunner().invoke(main, list(words), input=answer)


def places(result: Result) -> list[str]:
    """Where meta-data were written: the name of a file, and the byte."""
    assert result.exit_code == 0, result.output
    words = [line.split() for line in result.stdout.splitlines()]
    return [f"{Path(it[3]).name} {it[6].removesuffix(',')}" for it in words]


@pytest.mark.parametrize(
    ("word", "host", "expected"),
    [
        ("two", "alice", ["a0 4190208", "m1 0"]),
        ("two/1", "alice", ["m1 0"]),
        ("two", "bob", ["b0 4190208"]),
        ("all", "alice", ["a0 4190208", "m1 0", "m3 0"]),
        ("all", "carol", ["m3 0"]),
    ],
)
def test_a_name_stands_for_its_disks(conf: Path, word: str, host: str, expected: list[str]) -> None:
    """RESOURCE, RESOURCE/VOLUME and all mean the host's disks, wherever their meta-data lie."""
    assert places(typed(conf, "create-md", word, host=host)) == expected


def test_all_commands_take_names(conf: Path, tmp_path: Path) -> None:
    """What was created by a name is shown, applied and restored by it."""
    typed(conf, "create-md", "all")
    dump = typed(conf, "dump-md", "two/1").stdout
    assert "la-size-sect" in dump
    assert typed(conf, "dump-md", "two").stdout.count("la-size-sect") == 2
    assert typed(conf, "apply-al", "all").exit_code == 0
    text = tmp_path / "dump.txt"
    text.write_text(dump)
    restored = typed(conf, "restore-md", "two/1", str(text), "--force")
    assert places(restored) == ["m1 0"]
    assert typed(conf, "restore-md", "two", str(text), "--force").exit_code == 2


@pytest.mark.parametrize(
    ("word", "host", "sentence"),
    [
        ("twwo", "alice", 'drbd.conf has no resource twwo (did you mean "two"?)'),
        ("two", "eve", "drbd.conf:1:1: resource two is not on eve, it is on alice, bob"),
        ("two/7", "alice", "drbd.conf:1:1: resource two has no volume 7, it has 0, 1"),
        ("two/1", "bob", "two/1 has no disk on bob"),
        ("all", "eve", "drbd.conf has no resource of eve, it has those of alice, bob, carol"),
    ],
)
def test_what_is_not_there_is_a_sentence(conf: Path, word: str, host: str, sentence: str) -> None:
    """A name that means no disk of this host is refused, with its place where it has one."""
    result = typed(conf, "create-md", word, host=host)
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_a_place_belongs_to_a_file(conf: Path) -> None:
    """Where a resource's meta-data lie stands in the configuration alone."""
    result = typed(conf, "create-md", "two", "--index", "internal")
    assert result.exit_code == 2
    assert "--index is for files, which two is not" in result.stderr


def test_a_file_comes_first(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without -c a word is the file of its name; with it, the resource."""
    monkeypatch.chdir(conf.parent)
    blank(conf.parent / "two")
    assert places(CliRunner().invoke(main, ["create-md", "two"])) == ["two 4190208"]
    assert places(typed(conf, "create-md", "two/0")) == ["a0 4190208"]


@pytest.mark.parametrize("word", ["missing.img", "/dev"])
def test_a_file_that_is_none(word: str) -> None:
    """A word that is no file and no resource is refused in one sentence, and so is a folder."""
    result = CliRunner().invoke(main, ["create-md", word])
    assert result.exit_code == 1
    assert word in result.stderr
    assert len(result.stderr.splitlines()) == 1
