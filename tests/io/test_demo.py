"""`dotmirror demo` shows what it promises, and leaves nothing behind; its cable is one."""

import json
import signal
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from runtime.cli import main
from runtime.demo.cable import LOOPBACK, Cable
from runtime.demo.nodes import DemoError, NodeChild
from runtime.node_config import Address
from tests.io.nodes import two_configs

SILENCE_S = 0.05
PATIENCE_S = 10


def test_the_demo_ends_with_equal_disks(tmp_path: Path) -> None:
    """Each step has its figures, and the kept disks are equal up to their meta-data."""
    command = ["demo", "--size-mib", "16", "--json", "--folder", str(tmp_path)]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    steps = {step.pop("step"): step for step in map(json.loads, result.output.splitlines())}
    assert list(steps) == [
        "disks",
        "full_sync",
        "image",
        "small_writes",
        "cut",
        "writes_alone",
        "resync",
        "crash",
        "recovery",
        "verify",
        "repair",
        "equal",
    ]
    assert steps["resync"]["mib"] == steps["writes_alone"]["mib"] == 4
    assert steps["resync"]["carried_mib"] < 5
    assert steps["verify"]["kib"] == 4
    assert steps["equal"]["alice_sha256"] == steps["equal"]["bob_sha256"]
    size = steps["equal"]["size_bytes"]
    contents = [(tmp_path / name).read_bytes()[:size] for name in ("alice.img", "bob.img")]
    assert contents[0] == contents[1]


def test_an_image_is_copied_without_nbdcopy_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where libnbd is not installed, the same comes to the same disks."""
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(
        main, ["demo", "--size-mib", "16", "--json", "--folder", str(tmp_path)]
    )
    assert result.exit_code == 0, result.output
    image = next(it for it in map(json.loads, result.output.splitlines()) if it["step"] == "image")
    assert (image["mib"], image["client"]) == (4, "a client of ours, since nbdcopy is missing")


def test_a_stopped_demo_leaves_nothing_behind(tmp_path: Path) -> None:
    """Ctrl-C ends the nodes, and the temporary folder goes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "runtime", "demo", "--size-mib", "16", "--json"],
        env={"TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while '"full_sync"' not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.strip() == "Aborted!"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_in_use_is_left_alone(tmp_path: Path) -> None:
    """A disk that is there is not overwritten; one sentence says so."""
    (tmp_path / "alice.img").write_text("precious")
    result = CliRunner().invoke(main, ["demo", "--size-mib", "16", "--folder", str(tmp_path)])
    assert result.exit_code == 1
    assert "alice.img is there already; remove it or choose another folder" in result.output
    assert (tmp_path / "alice.img").read_text() == "precious"


def test_a_refused_order_shows_the_end_of_the_log(tmp_path: Path) -> None:
    """The sentence says which node refused what, and why; its log follows."""
    child = NodeChild(two_configs(tmp_path)[0], tmp_path)
    child.start()
    try:
        with pytest.raises(DemoError, match=r"alice failed at `write`: .*only a Primary") as caught:
            child.ask("write", seed=1, count=8)
        assert "disk( " in str(caught.value)
        child.ask("primary", force=True)
    finally:
        child.kill()


def test_a_node_starts_where_the_project_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkout whose packages only the working folder shows is enough."""
    monkeypatch.setenv("PYTHONPATH", sysconfig.get_path("purelib"))  # without its .pth files
    monkeypatch.setattr(sys, "executable", str(Path(sys.executable).resolve()))
    child = NodeChild(two_configs(tmp_path)[0], tmp_path)
    child.start()
    try:
        assert child.ask("state")
    finally:
        child.kill()


def test_a_node_that_has_ended_is_found_out(tmp_path: Path) -> None:
    """Whoever asks a node without a process gets a sentence, and does not wait."""
    child = NodeChild(two_configs(tmp_path)[0], tmp_path)
    child.start()
    child.ask("quit")
    with pytest.raises(DemoError, match="alice failed at `state`: its process has ended"):
        child.ask("state")
    child.kill()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Somebody behind the cable."""
    with closing(socket.create_server((LOOPBACK, 0))) as server:
        server.settimeout(PATIENCE_S)
        yield server


@pytest.fixture
def cable() -> Iterator[Cable]:
    """A cable that is plugged in."""
    with closing(Cable()) as it:
        yield it


def connect(end: Address) -> socket.socket:
    """Connect to an end of a cable."""
    return socket.create_connection((end.host, end.port), timeout=PATIENCE_S)


def test_a_cable_carries_both_ways(listener: socket.socket, cable: Cable) -> None:
    """What goes in at one side comes out at the other, and is counted."""
    with connect(cable.end(Address(*listener.getsockname()))) as near:
        far, _ = listener.accept()
        near.sendall(b"to you")
        assert far.recv(100) == b"to you"
        far.sendall(b"to me")
        assert near.recv(100) == b"to me"
        assert cable.carried_bytes == 11
        far.close()
        assert near.recv(100) == b""


def test_an_unplugged_cable_is_silent(listener: socket.socket, cable: Cable) -> None:
    """Nothing comes through and nobody is told, until it is plugged in and the old is over."""
    end = cable.end(Address(*listener.getsockname()))
    with connect(end) as near:
        far, _ = listener.accept()
        cable.unplug()
        near.sendall(b"lost")
        far.settimeout(SILENCE_S)
        with pytest.raises(TimeoutError):
            far.recv(100)
        far.settimeout(PATIENCE_S)
        cable.plug_in()
        assert far.recv(100) == b""
        far.close()
    with connect(end) as near:
        far, _ = listener.accept()
        near.sendall(b"hello")
        assert far.recv(100) == b"hello"
        far.close()


def test_a_cable_that_leads_nowhere_ends_at_once(cable: Cable) -> None:
    """Where nobody listens a connection ends, as one that is refused."""
    with closing(socket.create_server((LOOPBACK, 0))) as gone:
        nowhere = Address(*gone.getsockname())
    with connect(cable.end(nowhere)) as near:
        assert near.recv(100) == b""
