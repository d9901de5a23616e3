"""`dotmirror decode` shows what it is asked for, and says in one sentence what is wrong."""

import gzip
import json
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result

from runtime.cli import main
from tests.runtime.recorded import FOLDER, recordings

CAPTURE: Final = FOLDER / "trim.pcap.gz"
LISTED: Final = next(it for it in recordings() if it.capture == CAPTURE).listed()


def run(*arguments: str | Path, data: bytes | None = None, color: bool = False) -> Result:
    """The result of `dotmirror decode` with these arguments."""
    return CliRunner().invoke(main, ["decode", *map(str, arguments)], input=data, color=color)


def test_text_has_a_line_for_each_packet() -> None:
    """A capture is decoded to lines, and nothing is said beside them."""
    result = run(CAPTURE)
    lines = [line for line in result.stdout.splitlines() if not line.startswith("#")]
    assert [line.split()[6].removeprefix("P_") for line in lines] == [
        line.split()[4] for line in LISTED
    ]
    assert (result.exit_code, result.stderr) == (0, "")


def test_json_has_an_object_for_each_packet() -> None:
    """With --json each line is an object with the promised keys."""
    rows = [json.loads(line) for line in run("--json", CAPTURE).stdout.splitlines()]
    assert len(rows) == len(LISTED)
    promised = {"time", "source", "target", "socket", "packet", "volume", "length", "fields"}
    assert all(promised <= row.keys() for row in rows)


def test_a_dash_reads_the_input() -> None:
    """A capture may come through a pipe, zipped or not."""
    data = CAPTURE.read_bytes()
    assert run("-", data=data).stdout == run(CAPTURE).stdout
    assert run("-", data=gzip.decompress(data)).stdout == run(CAPTURE).stdout


def test_colour_is_for_terminals() -> None:
    """The sockets have the colours of DRBD's drawings, but not in a file."""
    assert "\x1b[" not in run(CAPTURE).stdout
    coloured = run(CAPTURE, color=True).stdout
    assert "\x1b[32m\x1b[1mP_STATE " in coloured
    assert "\x1b[34m\x1b[1mP_PING " in coloured


def test_a_damaged_capture_is_shown_as_far_as_it_goes() -> None:
    """What could be read is shown, and a note tells that it is not all."""
    data = gzip.decompress(CAPTURE.read_bytes())
    result = run("--json", "-", data=data[:-100])
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) > 20
    assert "the rest of the file cannot be read: it ends in the middle" in result.stderr


def test_oddities_do_not_disturb_the_json() -> None:
    """What is odd about the bytes goes to the error output."""
    data = gzip.decompress(CAPTURE.read_bytes())
    at = data.index(b"\x86\x20\xec\x20\0\0\0\x0e") + 3
    result = run("--json", "-", data=data[:at] + b"\xff" + data[at + 1 :])
    assert all(json.loads(line) for line in result.stdout.splitlines())
    assert "a packet begins with 8620ecff" in result.stderr


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "neither pcap nor pcapng"),
        (b"no capture at all", "neither pcap nor pcapng"),
        (gzip.decompress(CAPTURE.read_bytes())[:24], "no DRBD packet in it"),
    ],
)
def test_what_is_no_capture_of_drbd_is_an_error(data: bytes, sentence: str) -> None:
    """One clear sentence, and exit code 1."""
    result = run("-", data=data)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [[], ["no-such-file.pcap"], [str(FOLDER)], ["--yaml", "-"]])
def test_wrong_usage_is_told_apart(arguments: list[str]) -> None:
    """A call that makes no sense has exit code 2."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Usage: " in result.stderr


def test_help_shows_examples() -> None:
    """The help begins with what the command does and ends with how it is called."""
    result = run("--help")
    assert "dotmirror decode --json capture.pcap.gz | jq" in result.stdout
