"""Bad days of an operator: each has its sentence, loses nothing, and ends no process.

More of them have their places elsewhere: signals amid a resync or amid writes in `test_verbs.py`,
control clients that hang in `test_control.py`, NBD clients in `test_nbd.py`, disks that hang and
peers that babble in `tests/runtime/engine`.
"""

import os
import re
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from runtime.node_config import NodeConfig, to_json
from tests.io.nodes import two_configs
from tests.io.operating import MIRROR, PATIENCE_S, RunningNode, connected

MIB: Final = 1 << 20
LATE_SECTOR: Final = 2 * MIB // 512
"""A sector in the second half of the disks."""
ROOT_AS_ANYBODY: Final = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
"""Who runs the tests as root has no rights in the system's eyes that others have not."""


@contextmanager
def mirror(
    folder: Path, **environment: str
) -> Iterator[tuple[RunningNode, RunningNode, NodeConfig]]:
    """Alice, primary, and bob, in sync; and what alice is."""
    here, there = two_configs(folder, MIRROR)
    with ExitStack() as ends:
        alice, bob = (
            ends.enter_context(RunningNode.of(it, folder, **environment)) for it in (here, there)
        )
        alice.run("primary", "--force")
        alice.in_sync()
        yield alice, bob, here


def written(node: RunningNode, sector: int, letter: str) -> None:
    """One block at a place, which must be acknowledged."""
    node.order("write", sector=sector, hex=letter.encode().hex() * 4096)


def reads(node: RunningNode, sector: int, letter: str) -> bool:
    """Whether a block is there."""
    answer = node.order("read", sector=sector, count=8, hex=True)
    return bool(answer["hex"] == letter.encode().hex() * 4096)


def still_well(*nodes: RunningNode) -> None:
    """They run, and nothing was said that only we understand."""
    for node in nodes:
        assert node.process.poll() is None
        assert "Traceback" not in node.log_path.read_text()


def test_a_file_that_can_not_grow(tmp_path: Path) -> None:
    """A disk that takes no more is given up; the peer has every write that was acknowledged."""
    with mirror(tmp_path) as (alice, bob, _):
        resource.prlimit(alice.process.pid, resource.RLIMIT_FSIZE, (MIB, MIB))
        written(alice, LATE_SECTOR, "f")
        alice.order("wait", disk="Diskless", timeout=PATIENCE_S)
        alice.logged(r"error: volume 0: .*alice\.img: writing at \d+: File too large")
        assert reads(alice, LATE_SECTOR, "f")
        alice.run("secondary")
        bob.run("primary")
        assert reads(bob, LATE_SECTOR, "f")
        still_well(alice, bob)


def test_a_file_that_is_cut(tmp_path: Path) -> None:
    """A disk that has lost its end is given up at once, and never patched up with zeroes."""
    with mirror(tmp_path) as (alice, bob, here):
        written(alice, LATE_SECTOR, "c")
        os.truncate(here.disks[0].path, MIB)
        alice.order("wait", disk="Diskless", timeout=PATIENCE_S)
        alice.logged(r"alice\.img: somebody has cut it to 1048576 bytes while it is in use")
        assert reads(alice, LATE_SECTOR, "c")
        written(alice, LATE_SECTOR, "d")
        assert here.disks[0].path.stat().st_size == MIB
        assert "No valid meta-data" in alice.type("attach").stderr
        still_well(alice, bob)


def test_a_file_that_is_deleted(tmp_path: Path) -> None:
    """Whoever has deleted it is told where it still is, and it can be saved from there."""
    with mirror(tmp_path) as (alice, bob, here):
        path = here.disks[0].path
        path.unlink()
        told = alice.logged(r"alice\.img was deleted while it is in use")
        written(alice, LATE_SECTOR, "s")
        place = re.search(r"copy (\S+) before", told)
        assert place is not None
        subprocess.run(["cp", place[1], path], check=True)
        alice.run("down")
        alice.run("up")
        alice.run("primary")
        assert reads(alice, LATE_SECTOR, "s")
        still_well(alice, bob)


def refused(*words: str, as_anybody: bool = False) -> str:
    """What `dotmirror run` says when it can't begin."""
    prefix = ROOT_AS_ANYBODY if as_anybody and os.geteuid() == 0 else ()
    command = [*prefix, sys.executable, "-m", "runtime", "run", *words]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    return ended.stderr


def test_a_disk_that_is_forbidden(tmp_path: Path) -> None:
    """Who may not write to a disk is told so, and leaves no socket behind."""
    here, _ = two_configs(tmp_path, MIRROR)
    (tmp_path / "alice.json").write_text(to_json(here))
    here.disks[0].path.chmod(0)
    words = ("-S", str(tmp_path / "alice.sock"), str(tmp_path / "alice.json"))
    said = refused(*words, as_anybody=True)
    assert said.splitlines()[-1] == f"Error: {here.disks[0].path}: Permission denied"
    assert not (tmp_path / "alice.sock").exists()


def test_a_disk_that_another_node_uses(tmp_path: Path) -> None:
    """Two nodes never write to one disk."""
    here, there = two_configs(tmp_path, MIRROR)
    (tmp_path / "bob.json").write_text(to_json(replace(there, disks=here.disks)))
    with RunningNode.of(here, tmp_path) as alice:
        said = refused("-S", str(tmp_path / "bob.sock"), str(tmp_path / "bob.json"))
        assert said.splitlines()[-1] == (
            f"Error: {here.disks[0].path}: another process writes to it"
        )
        still_well(alice)


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """The node stands alone and says for what; it connects when it is told to (states 7.9)."""
    here, there = two_configs(tmp_path, MIRROR)
    with ExitStack() as ends:
        taken = ends.enter_context(socket.create_server((here.address.host, here.address.port)))
        alice = ends.enter_context(RunningNode.of(here, tmp_path))
        alice.logged(rf"{here.address}: Address already in use")
        assert alice.run("cstate") == "StandAlone\n"
        taken.close()
        alice.run("connect")
        bob = ends.enter_context(RunningNode.of(there, tmp_path))
        alice.order("wait", conn="Connected", timeout=PATIENCE_S)
        still_well(alice, bob)


def test_a_machine_without_descriptors(tmp_path: Path) -> None:
    """Nobody new is served, and whoever was is; it goes on when there are some again."""
    with mirror(tmp_path) as (alice, bob, here), ExitStack() as ends:
        count = len(list(Path(f"/proc/{alice.process.pid}/fd").iterdir()))
        resource.prlimit(alice.process.pid, resource.RLIMIT_NOFILE, (count + 2, 4096))
        with connected(alice.socket_path) as client, client.makefile("rwb") as lines:
            for _ in range(5):
                ends.enter_context(connected(alice.socket_path))
            bob.run("disconnect", "--force")
            bob.run("connect")
            lines.write(b'{"do": "write", "seed": 1, "count": 64}\n')
            lines.flush()
            assert b'"ok": true' in lines.readline()
        alice.logged(rf"{here.address}: Too many open files")
        ends.close()
        resource.prlimit(alice.process.pid, resource.RLIMIT_NOFILE, (4096, 4096))
        alice.in_sync()
        bob.in_sync()
        still_well(alice, bob)


def test_a_peer_of_another_version(tmp_path: Path) -> None:
    """Both say which versions the other speaks, and stand alone until somebody changes that."""
    here, there = two_configs(tmp_path, MIRROR)
    old = replace(MIRROR, net=replace(MIRROR.net, version_max=99))
    new = replace(MIRROR, net=replace(MIRROR.net, version_min=100))
    with (
        RunningNode.of(replace(here, resource=new), tmp_path) as alice,
        RunningNode.of(replace(there, resource=old), tmp_path) as bob,
    ):
        alice.logged("the peer speaks versions 86 to 99")
        for node in (alice, bob):
            node.order("wait", conn="StandAlone", timeout=PATIENCE_S)
        still_well(alice, bob)


def test_a_stranger_on_the_port(tmp_path: Path) -> None:
    """Who speaks something else is let go, and the peer is still awaited."""
    here, there = two_configs(tmp_path, MIRROR)
    with RunningNode.of(here, tmp_path) as alice:
        alice.logged("WFConnection")
        with socket.create_connection((here.address.host, here.address.port)) as stranger:
            stranger.sendall(b"GET / HTTP/1.0\r\n\r\n" + bytes(64))
            assert stranger.recv(1) == b""
        with RunningNode.of(there, tmp_path) as bob:
            alice.order("wait", conn="Connected", timeout=PATIENCE_S)
            still_well(alice, bob)


JUMPING_CLOCK: Final = """
import random, time
time.time = lambda: random.uniform(0, 4e9)
time.time_ns = lambda: int(time.time() * 1e9)
"""
"""What every Python process does first that finds it: its wall clock is nonsense from then on."""


def test_a_clock_that_jumps(tmp_path: Path) -> None:
    """Nobody waits, gives up or counts by the wall clock."""
    (tmp_path / "sitecustomize.py").write_text(JUMPING_CLOCK)
    with mirror(tmp_path, PYTHONPATH=f"{tmp_path}:{Path.cwd()}") as (alice, bob, _):
        bob.run("disconnect")
        written(alice, LATE_SECTOR, "t")
        bob.run("connect")
        alice.in_sync()
        bob.in_sync()
        alice.run("secondary")
        bob.run("primary")
        assert reads(bob, LATE_SECTOR, "t")
        still_well(alice, bob)
