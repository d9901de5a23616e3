"""`dotmirror node` takes orders line by line, and nodes in processes survive each other's death."""

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner

from codegen.coverage import cover
from codegen.drawings import Drawings
from codegen.trace import read_trace
from runtime.cli import main
from runtime.node_config import DiskPath, to_json
from tests.io.nodes import NodeProcess, two_configs

IN_SYNC = {"conn": "Connected", "disk": "UpToDate", "pdsk": "UpToDate", "timeout": 30}


def test_a_killed_node_is_resynced(tmp_path: Path, drawings: Drawings) -> None:
    """A primary goes on when its peer is killed, and the peer gets what it has missed."""
    here, there = two_configs(tmp_path)
    trace_path = tmp_path / "alice.trace"
    with NodeProcess(here, tmp_path, "--trace", str(trace_path)) as alice:
        with NodeProcess(there, tmp_path) as bob:
            alice.do("primary", force=True)
            alice.do("connect")
            bob.do("connect")
            alice.do("wait", **IN_SYNC)
            speed = alice.do("write", seed=1, count=4096, size=4096, depth=32)
            assert speed["mib_per_s"] > 0
            assert speed["ios_per_s"] > 0
            bob.process.send_signal(signal.SIGKILL)
        alice.do("wait", conn=["WFConnection", "Unconnected"], timeout=30)
        alice.do("write", sector=64, seed=2, count=512, shuffle=True, fua=True)
        assert alice.do("state")["bits_out_of_sync"] >= 64  # and what was not durable there
        with NodeProcess(there, tmp_path) as bob:
            bob.do("connect")
            alice.do("wait", **IN_SYNC)
            bob.do("wait", **IN_SYNC)
            assert alice.do("checksum")["sha256"] == bob.do("checksum")["sha256"]
            bob.do("down")
            bob.do("quit")
            assert bob.process.wait(30) == 0
        alice.do("quit")
        assert alice.process.wait(30) == 0
    read, problems = read_trace("trace", trace_path.read_bytes())
    assert problems + cover(drawings, [read])[1] == []


def test_a_killed_primary_leaves_what_recovers(tmp_path: Path) -> None:
    """After a crash the primary's last writes are resynced, and both disks are equal."""
    here, there = two_configs(tmp_path)
    with NodeProcess(there, tmp_path) as bob:
        with NodeProcess(here, tmp_path) as alice:
            alice.do("primary", force=True)
            alice.do("connect")
            bob.do("connect")
            bob.do("wait", **IN_SYNC)
            alice.say(json.dumps({"do": "write", "seed": 5, "count": 4096, "size": 512}))
            alice.process.send_signal(signal.SIGKILL)
        with NodeProcess(here, tmp_path) as alice:
            alice.do("connect")
            bob.do("wait", **IN_SYNC)
            alice.do("wait", **IN_SYNC)
            assert alice.do("checksum")["sha256"] == bob.do("checksum")["sha256"]


def test_a_volume_grows_and_its_options_change(tmp_path: Path) -> None:
    """Files that were enlarged are used after a resize, and the options of both nodes change."""
    here, there = two_configs(tmp_path)
    with NodeProcess(here, tmp_path) as alice, NodeProcess(there, tmp_path) as bob:
        alice.do("primary", force=True)
        alice.do("connect")
        bob.do("connect")
        alice.do("wait", **IN_SYNC)
        before = alice.do("state")["size_sectors"]
        for disk in (here.disks[0], there.disks[0]):
            os.truncate(disk.path, disk.path.stat().st_size + (1 << 20))
        alice.do("resize")
        bob.do("wait", conn="SyncTarget", timeout=30)
        for node in (alice, bob):
            node.do("wait", **IN_SYNC)
            assert node.do("state")["size_sectors"] == before + 2048
        assert alice.do("resize", size=2048)["size_sectors"] == 2048
        alice.do("net_options", options={"protocol": "A", "on-congestion": "pull-ahead"})
        alice.do("disk_options", options={"resync_rate": 1000})
        alice.do("write", seed=9, count=2048)
        alice.do("flush")
        refused = alice.ask("net_options", options={"ping-int": "often"})
        assert (refused["ok"], "ping_int" in refused["error"]) == (False, True)
        alice.do("secondary")
        alice.do("wait", **IN_SYNC)
        assert alice.do("checksum")["sha256"] == bob.do("checksum")["sha256"]


def test_content_can_be_given_and_read(tmp_path: Path) -> None:
    """Bytes go in and out as hexadecimal digits, and answers say to which order they belong."""
    with NodeProcess(two_configs(tmp_path)[0], tmp_path) as alice:
        assert alice.greeting == {"ok": True, "node": "alice"}
        alice.do("primary", force=True)
        alice.do("write", sector=3, hex="ab" * 512)
        assert alice.ask("read", sector=3, count=1, hex=True, id="x")["hex"] == "ab" * 512
        alice.do("write_zeroes", sector=3, count=1)
        answer = alice.ask("read", sector=3, count=1, hex=True, id=7)
        assert (answer["id"], answer["hex"]) == (7, "00" * 512)
        alice.do("discard", sector=0, count=8)
        alice.do("flush")
        assert alice.do("progress") == {"ok": True, "progress": None}
        alice.do("secondary")
        alice.do("detach")
        assert alice.do("state")["disk"] == "Diskless"
        alice.do("attach")


def test_bad_lines_get_a_sentence(tmp_path: Path) -> None:
    """Whatever comes, the answer is one line, and the node goes on."""
    with NodeProcess(two_configs(tmp_path)[0], tmp_path) as alice:
        for line, sentence in (
            ("{", "no JSON: Expecting property name enclosed in double quotes"),
            ("3", 'an order is an object, as in {"do": "state"}'),
            ('{"do": "conect"}', "do is 'conect', did you mean \"connect\"?"),
            ('{"do": "state", "volume": 1}', "there is no volume 1"),
            (
                '{"do": "state", "volum": 0}',
                'there is no volum in this order, did you mean "volume"?',
            ),
            ('{"do": "write", "sector": 0, "hex": "zz"}', "hex has other digits"),
            ('{"do": "write", "seed": -1}', "seed is -1, which must be a number of 0 to"),
            ('{"do": "write", "seed": 1, "count": 8, "size": 100}', "a batch has sectors"),
            ('{"do": "write", "seed": 1, "count": 8}', "only a Primary reads and writes"),
            ('{"do": "primary", "force": "yes"}', "force is 'yes', which must be true or false"),
            ('{"do": "wait", "disk": "UpToDate", "timeout": 0.01}', "after 0.01 s the state is"),
            ('{"do": "wait", "disk": 3}', "disk is 3, which must be a text or a list of texts"),
        ):
            alice.say("")
            alice.say(line)
            answer = alice.answer()
            assert not answer["ok"]
            assert sentence in answer["error"]
        alice.do("state")


def test_a_signal_ends_a_node_in_order(tmp_path: Path) -> None:
    """SIGTERM lets the disk go as `down` does, even while an order waits."""
    config = two_configs(tmp_path)[0]
    with NodeProcess(config, tmp_path) as alice:
        alice.do("connect")
        alice.say(json.dumps({"do": "wait", "conn": "Connected"}))
        alice.do("state")
        alice.process.terminate()
        assert alice.process.wait(30) == 0
        assert "disk( Failed -> Diskless )" in alice.log_path.read_text()


def test_the_end_of_the_input_ends_a_node(tmp_path: Path) -> None:
    """Orders that were given are carried out before."""
    config = two_configs(tmp_path)[0]
    with NodeProcess(config, tmp_path) as alice:
        output, _ = alice.process.communicate('{"do": "primary", "force": true}', timeout=30)
        assert [json.loads(line) for line in output.splitlines()] == [{"ok": True}]
        assert alice.process.returncode == 0


def test_a_node_that_cannot_begin_says_why(tmp_path: Path) -> None:
    """A configuration or a disk that does not do is one sentence."""
    config = two_configs(tmp_path)[0]
    path = tmp_path / "alice.json"
    missing = tmp_path / "missing.img"
    path.write_text(to_json(replace(config, disks={0: DiskPath(missing)})))
    runner = CliRunner()
    result = runner.invoke(main, ["node", str(path)])
    assert result.exit_code == 1
    assert result.stderr == f"Error: {path}: {missing}: No such file or directory\n"
    path.write_text('{"nmae": "alice"}')
    result = runner.invoke(main, ["node", str(path)])
    assert 'the configuration has no nmae, did you mean "name"?' in result.stderr
