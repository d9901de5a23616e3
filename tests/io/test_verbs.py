"""The commands that drbdadm has keep two nodes in order, and say what there is, in its words."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from runtime.config import DiskOptions, NetOptions, ResourceConfig
from runtime.node_config import NodeConfig
from tests.io.nodes import two_configs
from tests.io.operating import MIRROR, PATIENCE_S, RunningNode, connected

SLOW: Final = ResourceConfig(
    net=NetOptions(connect_int=1),
    volumes={0: DiskOptions(resync_rate=2000, c_plan_ahead=0)},
)
DATA_KIB: Final = 4056
"""What 4 MiB have room for beside their meta-data."""


def digest(config: NodeConfig) -> str:
    """The SHA-256 of a disk's data, when nobody uses it."""
    content = config.disks[0].path.read_bytes()[: DATA_KIB * 1024]
    return hashlib.sha256(content).hexdigest()


def test_an_operator_s_day(tmp_path: Path) -> None:
    """Two nodes sync, switch roles, verify and part by commands alone; their disks are equal."""
    here, there = two_configs(tmp_path, MIRROR)
    with RunningNode.of(here, tmp_path) as alice, RunningNode.of(there, tmp_path) as bob:
        alice.run("wait-connect", "--wfc-timeout", "60")
        alice.run("primary", "--force", "r0")
        alice.in_sync()
        alice.run("wait-sync", "r0")
        bob.run("wait-sync", "r0/0")
        assert alice.run("role") == "Primary/Secondary\n"
        assert bob.run("cstate", "all") == "Connected\n"
        assert json.loads(bob.run("role", "--json")) == {
            "resource": "r0",
            "volume": 0,
            "role": "Secondary/Primary",
        }
        assert bob.run("dstate", "r0") == "UpToDate/UpToDate\n"
        alice.order("write", seed=1, count=2048)
        refused = bob.type("primary")
        assert (refused.exit_code, refused.stderr) == (
            11,
            "r0: State change failed: (-1) Multiple primaries not allowed by config\n",
        )
        alice.run("secondary", "r0")
        bob.run("primary", "r0")
        bob.order("write", seed=2, sector=4096, count=1024)
        alice.run("verify", "--start", "0", "r0")
        alice.run("wait-sync", "r0")
        bob.run("suspend-io")
        assert bob.run("status").startswith("r0 role:Primary suspended:user\n")
        bob.run("resume-io")
        alice.terminate()
        bob.terminate()
    assert digest(here) == digest(there)


def test_a_node_is_taken_away_and_comes_back(tmp_path: Path) -> None:
    """Without its peer, without its disk, and all down: each time it comes back and catches up."""
    here, there = two_configs(tmp_path, MIRROR)
    with RunningNode.of(here, tmp_path) as alice, RunningNode.of(there, tmp_path) as bob:
        bob.run("primary", "--force", "r0")
        bob.in_sync()
        alice.run("disconnect", "r0")
        assert "peer connection:StandAlone" in alice.run("status")
        bob.order("write", seed=3, sector=64, count=64)
        assert bob.view()["out_of_sync_kib"] == 32
        alice.run("connect", "r0")
        alice.in_sync()
        bob.in_sync()
        alice.run("detach")
        assert alice.run("dstate") == "Diskless/UpToDate\n"
        alice.run("attach")
        alice.in_sync()
        bob.in_sync()
        alice.run("down", "r0")
        assert alice.run("cstate") == "Unconfigured\n"
        alice.run("up", "r0")
        alice.run("up", "r0")
        alice.in_sync()
        bob.in_sync()
        alice.terminate()
        bob.terminate()
    assert digest(here) == digest(there)


def test_what_is_shown_of_a_mirror(tmp_path: Path) -> None:
    """After a full sync, status, events2 and the form of /proc/drbd say all of it, exactly."""
    here, there = two_configs(tmp_path, MIRROR)
    with RunningNode.of(here, tmp_path) as alice, RunningNode.of(there, tmp_path) as bob:
        alice.run("wait-connect")
        alice.run("primary", "--force")
        alice.in_sync()
        bob.in_sync()
        assert alice.run("status") == (
            "r0 role:Primary\n"
            "  disk:UpToDate\n"
            "  peer role:Secondary\n"
            "    replication:Established peer-disk:UpToDate\n"
            "\n"
        )
        assert alice.run("status", "--proc").splitlines()[2:] == [
            " 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----",
            (
                f"    ns:{DATA_KIB} nr:0 dw:0 dr:{DATA_KIB} al:0 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1"
                " wo:f oos:0"
            ),
        ]
        assert bob.run("status", "--proc", "r0").splitlines()[2:] == [
            " 0: cs:Connected ro:Secondary/Primary ds:UpToDate/UpToDate C r-----",
            (
                f"    ns:0 nr:{DATA_KIB} dw:{DATA_KIB} dr:0 al:0 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1"
                " wo:f oos:0"
            ),
        ]
        assert bob.run("events2", "--now", "all").splitlines() == [
            "exists resource name:r0 role:Secondary suspended:no",
            (
                "exists connection name:r0 peer-node-id:0 conn-name:peer connection:Connected"
                " role:Primary"
            ),
            "exists device name:r0 volume:0 minor:0 disk:UpToDate",
            (
                "exists peer-device name:r0 peer-node-id:0 conn-name:peer volume:0"
                " replication:Established peer-disk:UpToDate resync-suspended:no"
            ),
            "exists -",
        ]
        alice.order("write", seed=1, count=64)
        figures = alice.view()
        assert (figures["sent_kib"], figures["written_kib"]) == (DATA_KIB + 32, 32)
        assert figures["log_writes"] == 1
        assert "flags: Primary, Connected, UpToDate\n" in alice.run("show-gi")
        assert alice.run("get-gi").count(":") == 10


def test_status_is_for_people_and_for_programs(tmp_path: Path) -> None:
    """It is coloured where that is wanted, and JSON where a program reads it."""
    with RunningNode.of(two_configs(tmp_path, MIRROR)[0], tmp_path) as alice:
        alice.run("primary", "--force")
        assert "\x1b[" not in alice.run("status")
        coloured = alice.run("status", "--color", "always", "--verbose")
        assert "role:\x1b[36m\x1b[1mPrimary\x1b[0m" in coloured
        assert "disk:\x1b[32m\x1b[1mUpToDate\x1b[0m" in coloured
        assert "connection:\x1b[31m\x1b[1mConnecting\x1b[0m" in coloured
        (shown,) = json.loads(alice.run("status", "--json", "r0"))
        assert shown["devices"][0]["size"] == DATA_KIB
        assert shown["connections"][0]["connection-state"] == "Connecting"


def test_changes_are_told_as_they_come(tmp_path: Path) -> None:
    """Who follows events2 gets a line for each change, and sees the end of the node."""
    with RunningNode.of(two_configs(tmp_path, MIRROR)[0], tmp_path) as alice:
        words = [sys.executable, "-m", "runtime", "events2", "-S", str(alice.socket_path)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as following:
            assert following.stdout is not None
            while following.stdout.readline() != "exists -\n":
                pass
            alice.run("primary", "--force")
            assert [following.stdout.readline() for _ in range(2)] == [
                "change resource name:r0 role:Primary\n",
                "change device name:r0 volume:0 minor:0 disk:UpToDate\n",
            ]
            alice.terminate()
            rest = following.stdout.read()
            assert "change resource name:r0 role:Secondary\n" in rest
            assert following.wait(PATIENCE_S) == 0


def test_a_signal_amid_a_resync_loses_nothing(tmp_path: Path) -> None:
    """A target that is ended goes on where it was, and the disks become equal."""
    here, there = two_configs(tmp_path, SLOW)
    with RunningNode.of(here, tmp_path) as alice:
        with RunningNode.of(there, tmp_path) as bob:
            alice.run("wait-connect")
            alice.run("primary", "--force")
            alice.order("write", seed=1, sector=4096, count=2048)
            bob.look_until(lambda volume: 0 < volume["out_of_sync_kib"] < DATA_KIB)
            bob.terminate()
        alice.order("write", seed=2, sector=64, count=64)
        with RunningNode.of(there, tmp_path) as bob:
            bob.in_sync()
            alice.in_sync()
            assert 0 < bob.view()["received_kib"] < DATA_KIB
            alice.terminate()
            bob.terminate()
    assert digest(here) == digest(there)


def test_a_source_that_is_ended_amid_a_resync_leaves_it_whole(tmp_path: Path) -> None:
    """A primary source that is ended in order knows what is missing when it begins again."""
    here, there = two_configs(tmp_path, SLOW)
    with RunningNode.of(there, tmp_path) as bob:
        with RunningNode.of(here, tmp_path) as alice:
            alice.run("wait-connect")
            alice.run("primary", "--force")
            bob.look_until(lambda volume: 0 < volume["out_of_sync_kib"] < DATA_KIB)
            alice.terminate()
        assert "Inconsistent" in bob.run("dstate")
        with RunningNode.of(here, tmp_path) as alice:
            bob.in_sync()
            alice.in_sync()
            alice.terminate()
            bob.terminate()
    assert digest(here) == digest(there)


def test_a_signal_amid_writes_leaves_nothing_open(tmp_path: Path) -> None:
    """What is in flight at the end is finished or refused, and both disks have the same."""
    here, there = two_configs(tmp_path, MIRROR)
    with RunningNode.of(there, tmp_path) as bob:
        with RunningNode.of(here, tmp_path) as alice:
            alice.run("primary", "--force")
            alice.in_sync()
            with connected(alice.socket_path) as client, client.makefile("rwb") as lines:
                order = {"do": "write", "seed": 1, "count": 8000, "size": 512, "shuffle": True}
                lines.write(json.dumps(order).encode() + b"\n")
                lines.flush()
                alice.look_until(lambda volume: volume["written_kib"])
                alice.terminate()
                answer = json.loads(lines.readline())
            assert answer["ok"] or "only a Primary reads and writes" in answer["info"]
        with RunningNode.of(here, tmp_path) as alice:
            alice.in_sync()
            assert alice.view()["sent_kib"] + alice.view()["received_kib"] == 0
            alice.terminate()
            bob.terminate()
    assert digest(here) == digest(there)


REFUSALS: Final = [
    (("primary",), 17, "r0: State change failed: (-2) Need access to UpToDate data"),
    (("connect",), 10, "r0: Failure: (125) Device has a net-config (use disconnect first)"),
    (("attach",), 10, "r0: Failure: (124) Device is attached to a disk (use detach first)"),
    (("primary", "r0/3"), 10, "r0/3: Failure: (127) Device minor not allocated"),
    (("resume-sync",), 10, "r0: Failure: (135) Sync-pause flag is already cleared"),
    (("verify",), 11, "r0: State change failed: (-15) Need a connection to start verify or resync"),
    (("outdate",), 5, "r0: State change failed: (-16) Disk state is lower than outdated"),
    (("wait-connect", "--wfc-timeout", "1"), 5, "r0: after 1 s the state is"),
]


def test_refusals_are_in_drbd_s_words(tmp_path: Path) -> None:
    """What a node refuses has the documented text, number and exit code."""
    with RunningNode.of(two_configs(tmp_path, MIRROR)[0], tmp_path) as alice:
        for words, code, text in REFUSALS:
            result = alice.type(*words)
            assert (result.exit_code, result.stderr.partition("\n")[0][: len(text)]) == (code, text)
        assert alice.type("new-current-uuid").exit_code == 10
        alice.run("disconnect")
        alice.run("detach")
        result = alice.type("get-gi")
        assert (result.exit_code, result.stderr) == (1, "Device is unconfigured\n")
        assert alice.run("role") == "Unconfigured\n"
