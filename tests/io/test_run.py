"""`dotmirror run` is a service: it is begun, watched and found as services are."""

import configparser
import shlex
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from runtime.cli import main
from runtime.node_config import to_json
from tests.io.nodes import created, two_configs
from tests.io.operating import MIRROR, PATIENCE_S, RunningNode, connected
from tests.runtime.io.scripted import free_addresses


def test_the_quick_start_needs_no_file(tmp_path: Path) -> None:
    """What a node is can stand on the command line."""
    own, peer = free_addresses()
    disk = created(tmp_path / "a.img")
    words = ["--disk", str(disk), "--listen", str(own), "--peer", str(peer)]
    words += ["--net", "verify-alg=sha1", "--disk-option", "resync-rate=5000", "--resource", "web"]
    with RunningNode(tmp_path, "alice", *words) as alice:
        assert alice.run("status").splitlines() == [
            "web role:Secondary",
            "  disk:Inconsistent",
            "  peer connection:Connecting",
            "",
        ]
        assert stat.S_IMODE(alice.socket_path.stat().st_mode) == 0o600
        alice.process.send_signal(signal.SIGINT)
        assert alice.process.wait(PATIENCE_S) == 0
        assert not alice.socket_path.exists()


def test_several_resources_are_told_apart(tmp_path: Path) -> None:
    """One process runs a folder of them; who does not say which is asked."""
    folder = tmp_path / "etc"
    folder.mkdir()
    for name in ("db", "web"):
        (tmp_path / name).mkdir()
        config = two_configs(tmp_path / name, replace(MIRROR, name=name))[0]
        (folder / f"{name}.json").write_text(to_json(config))
    with RunningNode(tmp_path, "alice", str(folder)) as alice:
        unnamed = alice.type("primary", "--force")
        assert unnamed.exit_code == 2
        assert "name a resource, or all: db, web run here" in unnamed.stderr
        alice.run("primary", "--force", "web")
        assert alice.run("role", "all") == "Secondary/Unknown\nPrimary/Unknown\n"
        assert [line.split()[0] for line in alice.run("status", "--proc").splitlines()[2::2]] == [
            "0:",
            "1:",
        ]
        unknown = alice.type("status", "mail")
        assert (unknown.exit_code, unknown.stderr) == (10, "mail: No such resource\n")
        unknown = alice.type("down", "mail")
        assert (unknown.exit_code, unknown.stderr) == (
            10,
            "mail: Failure: (158) Unknown resource\n",
        )


def test_resources_are_completed(tmp_path: Path) -> None:
    """A shell is told the resources and volumes of the node that runs."""
    with RunningNode.of(two_configs(tmp_path, MIRROR)[0], tmp_path) as alice:
        words = f"dotmirror primary -S {alice.socket_path} r"
        result = CliRunner().invoke(
            main,
            prog_name="dotmirror",
            env={
                "_DOTMIRROR_COMPLETE": "bash_complete",
                "COMP_WORDS": words,
                "COMP_CWORD": "4",
            },
        )
        assert result.stdout.split() == ["plain,r0", "plain,r0/0"]


def test_a_killed_node_s_socket_is_replaced(tmp_path: Path) -> None:
    """A stale socket is nobody's; one that somebody serves is left to them."""
    config = two_configs(tmp_path, MIRROR)[0]
    with RunningNode.of(config, tmp_path) as alice:
        alice.process.kill()
        alice.process.wait(PATIENCE_S)
        assert alice.socket_path.exists()
        away = alice.type("status")
        assert away.exit_code == 20
        assert "no node runs here" in away.stderr
    with RunningNode.of(config, tmp_path) as alice:
        path = tmp_path / "alice.json"
        second = CliRunner().invoke(main, ["run", "-S", str(alice.socket_path), str(path)])
        assert second.exit_code == 1
        assert "a node listens there already" in second.stderr
        assert alice.run("role") == "Secondary/Unknown\n"


def test_clients_that_are_there_at_the_end_are_let_go(tmp_path: Path) -> None:
    """Whoever is silent, or follows what happens, ends with the node, which says nothing of it."""
    with RunningNode.of(two_configs(tmp_path, MIRROR)[0], tmp_path) as alice:
        with connected(alice.socket_path) as silent, connected(alice.socket_path) as following:
            following.sendall(b'{"do": "events2"}\n')
            assert b"lines" in following.recv(1 << 16)
            alice.run("role")  # by now the other one is known too
            alice.terminate()
            assert silent.recv(1) == b""
        assert "Traceback" not in alice.log_path.read_text()


def test_systemd_is_told(tmp_path: Path) -> None:
    """A supervisor hears of the begin, that the node is alive, and of the end."""
    config = two_configs(tmp_path, MIRROR)[0]
    (tmp_path / "alice.json").write_text(to_json(config))
    with RunningNode(
        tmp_path, "alice", str(tmp_path / "alice.json"), WATCHDOG_USEC="100000"
    ) as alice:
        alice.supervisor.hear("WATCHDOG=1")
        alice.supervisor.hear("WATCHDOG=1")
        alice.process.terminate()
        alice.supervisor.hear("STOPPING=1")
        assert alice.process.wait(PATIENCE_S) == 0


def test_a_unit_file_is_printed() -> None:
    """The unit runs the program that printed it, with what else was said to it."""
    program = Path(sys.executable).with_name("dotmirror")
    words = [str(program), "run", "r0", "--nbd", "unix:/run/r0.nbd"]
    printed = subprocess.run(
        [*words, "--print-unit"], capture_output=True, check=True, encoding="utf-8"
    )
    unit = configparser.ConfigParser(interpolation=None)
    unit.read_string(printed.stdout)
    assert unit["Service"]["Type"] == "notify"
    assert shlex.split(unit["Service"]["ExecStart"]) == words


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--net", "verify-alg=sha1"), 2, "--disk is missing, or a configuration"),
        (("--disk", "a.img", "--listen", "1.2.3.4:5"), 2, "--peer is missing"),
        (("--disk", "a", "--listen", "x", "--peer", "y"), 1, "'x' is no address"),
        (("--net", "verify-alg"), 2, "'verify-alg' is no setting; write NAME=VALUE"),
        (("nowhere.json",), 1, "nowhere.json is no file, and "),
        (("-c", "nowhere.conf"), 1, "nowhere.conf: No such file or directory"),
        (("-c", "a.conf", "--disk", "a.img"), 2, "either a configuration or --disk"),
        (
            ("--disk", "a", "--listen", "1.1.1.1:1", "--peer", "1.1.1.1:2", "--net", "timout=6"),
            1,
            '--net has no timout, did you mean "timeout"?',
        ),
    ],
)
def test_what_is_wrong_is_a_sentence(words: tuple[str, ...], code: int, sentence: str) -> None:
    """A node that can't be begun ends with one sentence and no traceback."""
    result = CliRunner().invoke(main, ["run", *words])
    assert result.exit_code == code
    assert sentence in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_a_disk_that_is_missing_is_a_sentence(tmp_path: Path) -> None:
    """A node without its disk does not begin, and leaves no socket."""
    config = two_configs(tmp_path, MIRROR)[0]
    path = tmp_path / "alice.json"
    path.write_text(to_json(config))
    config.disks[0].path.unlink()
    result = CliRunner().invoke(main, ["run", "-S", str(tmp_path / "a.sock"), str(path)])
    assert result.exit_code == 1
    assert result.stderr == f"Error: {config.disks[0].path}: No such file or directory\n"
    assert not (tmp_path / "a.sock").exists()


def test_two_resources_on_one_disk_are_refused(tmp_path: Path) -> None:
    """What two nodes can't share is found before anything is opened."""
    config = two_configs(tmp_path, MIRROR)[0]
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(to_json(config))
    words = [str(tmp_path / f"{name}.json") for name in ("a", "b")]
    result = CliRunner().invoke(main, ["run", "-S", str(tmp_path / "a.sock"), *words])
    assert result.exit_code == 1
    assert "the resource r0 is used twice, by r0 and by r0" in result.stderr
