"""Who looks after a service reads its log by programs, and gets the last of its trace."""

import json
import signal
import stat
from datetime import datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from runtime.cli import main
from runtime.effects import Level
from runtime.log_lines import LogLine
from runtime.node_config import to_json
from tests.io.nodes import two_configs
from tests.io.operating import MIRROR, RunningNode


def running(folder: Path, *options: str) -> RunningNode:
    """Alice, who runs alone."""
    path = folder / "alice.json"
    path.write_text(to_json(two_configs(folder, MIRROR)[0]))
    return RunningNode(folder, "alice", str(path), *options)


def test_a_line_has_two_forms() -> None:
    """The same for people, and as an object for programs."""
    line = LogLine(12.3504, "alice", "r0", Level.WARNING, 1, 'it is "odd"')
    assert str(line) == '12.350 alice warning: volume 1: it is "odd"'
    assert json.loads(line.to_json("then")) == {
        "time": "then",
        "level": "warning",
        "node": "alice",
        "resource": "r0",
        "volume": 1,
        "message": 'it is "odd"',
    }
    assert str(line._replace(volume=None)) == '12.350 alice warning: it is "odd"'


def test_every_line_of_the_log_is_an_object(tmp_path: Path) -> None:
    """`--log-format json` leaves no line that a program can't read, from begin to end."""
    with running(tmp_path, "--log-format", "json") as alice:
        alice.run("primary", "--force")
        alice.terminate()
        lines: list[dict[str, Any]] = [*map(json.loads, alice.log_path.read_text().splitlines())]
    keys = {"time", "level", "node", "resource", "volume", "message"}
    assert all(set(line) == keys for line in lines)
    assert {(line["node"], line["resource"]) for line in lines} == {("alice", "r0")}
    assert any("role( Secondary -> Primary )" in it["message"] for it in lines if it["volume"] == 0)
    assert all(datetime.fromisoformat(line["time"]).tzinfo for line in lines)


def test_a_signal_writes_down_the_last_of_the_trace(tmp_path: Path) -> None:
    """As many lines as wanted, for the owner only, each time anew, and `draw` reads them."""
    path = tmp_path / "alice.r0.trace"
    with running(tmp_path, "--trace-lines", "4") as alice:
        alice.process.send_signal(signal.SIGUSR1)
        assert f"the last 4 lines of the trace are in {path}" in alice.logged("the last")
        first = path.read_text()
        alice.run("primary", "--force")
        alice.process.send_signal(signal.SIGUSR1)
        while path.read_text() == first:
            assert alice.process.poll() is None
        assert len(path.read_text().splitlines()) == 4
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        drawn = CliRunner().invoke(main, ["draw", "--trace", str(path), "-o", str(tmp_path)])
        assert (drawn.exit_code, "node_states.svg" in drawn.stderr) == (0, True)
        assert alice.run("role") == "Primary/Unknown\n"


def test_a_trace_that_can_t_be_written_is_a_warning(tmp_path: Path) -> None:
    """The node goes on."""
    with running(tmp_path) as alice:
        (tmp_path / "alice.r0.trace").mkdir()
        alice.process.send_signal(signal.SIGUSR1)
        assert "alice warning: no trace was written" in alice.logged("no trace")
        assert alice.run("role") == "Secondary/Unknown\n"
