"""`dotmirror decode` as a program of its own: pipes that break, and terminals that are watched."""

import gzip
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Final

from runtime.cli.decode import PROGRESS_SIZE_BYTES_MIN
from tests.runtime.recorded import FOLDER

CAPTURE: Final = FOLDER / "zero-out-integrity.pcap.gz"
COMMAND: Final = [sys.executable, "-m", "runtime", "decode"]


def long_capture(folder: Path) -> Path:
    """A capture that takes long enough for a progress bar: a recording, again and again."""
    data = gzip.decompress(CAPTURE.read_bytes())
    path = folder / "long.pcap"
    path.write_bytes(data[:24] + data[24:] * (PROGRESS_SIZE_BYTES_MIN // len(data) + 1))
    return path


def test_a_reader_that_goes_away_is_no_fault(tmp_path: Path) -> None:
    """`dotmirror decode ... | head` says nothing about the broken pipe."""
    command = [*COMMAND, str(long_capture(tmp_path))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.readline()
        program.stdout.close()
        assert program.stderr.read() == b""


def test_progress_is_shown_where_somebody_waits(tmp_path: Path) -> None:
    """With the packets going to a file, a terminal shows how far it is."""
    terminal, side = pty.openpty()
    command = [*COMMAND, "--json", str(long_capture(tmp_path))]
    with (tmp_path / "packets.json").open("wb") as output:
        subprocess.run(command, stdout=output, stderr=side, check=True, timeout=60)
    os.close(side)
    shown = os.read(terminal, 1 << 16).decode()
    os.close(terminal)
    assert "decoding" in shown
    assert "100%" in shown


def test_packets_of_a_running_capture_are_shown_at_once() -> None:
    """What comes through a pipe is decoded while more is still to come."""
    data = gzip.decompress(CAPTURE.read_bytes())
    command = [*COMMAND, "--json", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write(data[:1000])
        program.stdin.flush()
        assert b"P_INITIAL_DATA" in program.stdout.readline()


def test_nothing_but_packets_goes_to_a_pipe(tmp_path: Path) -> None:
    """Without a terminal there is neither a bar nor a colour."""
    command = [*COMMAND, str(long_capture(tmp_path))]
    result = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert b"\x1b" not in result.stdout
    assert result.stderr == b""
