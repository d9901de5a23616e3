"""The administrator's programs as processes: what they are told, and how long they may take."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime.config import DiskOptions, FencingPolicy, NetOptions, ResourceConfig
from runtime.events import DisconnectRequested
from runtime.io.event_loop import run
from runtime.node import Node
from tests.io.nodes import NodeProcess, two_configs
from tests.io.test_node import in_sync

SHOW = """
    printf '%s\\n' "$0" "$1" "$HOME" "$TERM" "$PATH"; env | grep ^DRBD_ | sort;
"""


def resource(handlers: dict[str, str], **more: Any) -> ResourceConfig:
    """A fencing resource with these programs."""
    disk = DiskOptions(
        resync_rate=1 << 20, c_plan_ahead=0, fencing=FencingPolicy.RESOURCE_AND_STONITH
    )
    net = NetOptions(connect_int=1, ping_int=1)
    return ResourceConfig(net=net, volumes={0: disk}, handlers=handlers, **more)


def said(node: Node, text: str) -> bool:
    """Whether the log has this."""
    return any(text in line for line in node.log)


def fenced(
    folder: Path, command: str, named: Mapping[str, Any] | None = None, **more: Any
) -> tuple[Node, float]:
    """Alice loses Bob; the seconds until she can write again, 2 if she can't."""

    async def scenario() -> tuple[Node, float]:
        config, other = two_configs(folder, resource({"fence-peer": command}, **more))
        config = replace(config, **(named or {}))
        async with Node(config) as alice:
            async with Node(other) as bob:
                await in_sync(alice, bob)
                bob.kill()
            await alice.wait_for(lambda it: it.conn.wire < 9, timeout_s=10)
            begun_s = asyncio.get_running_loop().time()
            write = asyncio.ensure_future(alice.write(0, b"w" * 4096))
            await asyncio.wait({write}, timeout=2)
            took_s = asyncio.get_running_loop().time() - begun_s
            assert write.cancel() or not write.exception()
            return alice, took_s

    return run(asyncio.wait_for(scenario(), 60))


def printed(log: Iterable[str], helper: str) -> list[str]:
    """What a program has printed."""
    return [line.partition(f"{helper}: ")[2] for line in log if f": {helper}: " in line]


def test_what_a_program_is_told(tmp_path: Path) -> None:
    """A program has the names that people's scripts know, and what it prints is in the log."""
    named = {"peer_name": "bob.example", "drbd_conf": "/etc/r0.conf"}
    node, _ = fenced(tmp_path, f"{SHOW} exit 4", named)
    assert printed(node.log, "fence-peer") == [
        *("fence-peer", "r0", "/", "linux", "/sbin:/usr/sbin:/bin:/usr/bin"),
        f"DRBD_BACKING_DEV_0={node.config.disks[0].path}",
        "DRBD_CONF=/etc/r0.conf",
        *("DRBD_MINOR=0", "DRBD_MINOR_0=0"),
        *(f"DRBD_MY_ADDRESS={node.config.address.host}", "DRBD_MY_AF=ipv4"),
        *("DRBD_PEER=bob.example", "DRBD_PEERS=bob.example"),
        *(f"DRBD_PEER_ADDRESS={node.config.peer.host}", "DRBD_PEER_AF=ipv4"),
        *("DRBD_RESOURCE=r0", "DRBD_VOLUME=0"),
    ]
    assert said(node, "helper command: fence-peer exit code 4")


def test_program_of_a_volume(tmp_path: Path) -> None:
    """A program that is about a volume is told its minor, and which disk it is."""

    async def scenario() -> Node:
        handlers = {"before-resync-target": SHOW}
        given = resource(handlers)
        given = replace(given, volumes={0: replace(given.volumes[0], minor=7)})
        config, other = two_configs(tmp_path, given)
        async with Node(config) as alice, Node(other) as bob:
            await in_sync(alice, bob)
            return bob

    bob = run(asyncio.wait_for(scenario(), 60))
    lines = printed(bob.log, "before-resync-target")
    assert lines[:2] == ["before-resync-target", "minor-7"]
    path = bob.config.disks[0].path
    for line in ("DRBD_MINOR=7", f"DRBD_BACKING_DEV={path}", f"DRBD_LL_DISK={path}"):
        assert line in lines
    assert f"DRBD_PEERS={bob.config.peer.host}" in lines
    assert said(bob, "volume 0: helper command: before-resync-target exit code 0")


def test_requests_wait_for_the_program_and_nothing_else_does(tmp_path: Path) -> None:
    """While a program takes its time the node lives, and frozen requests go on at its end."""
    node, took_s = fenced(tmp_path, "sleep 1; exit 7")
    assert 0.5 < took_s < 2
    assert said(node, "pdsk( DUnknown -> Outdated )")


def test_program_that_takes_too_long(tmp_path: Path) -> None:
    """A program that takes too long is killed with all that it has started, and has failed."""
    node, took_s = fenced(tmp_path, "sleep 60 & sleep 60; exit 4", handler_timeout=1)
    assert took_s >= 2
    assert said(node, "fence-peer took more than 1 s: killed")
    assert said(node, "helper command: fence-peer exit code 124")
    assert said(node, "fence-peer is broken")


@pytest.mark.parametrize(
    ("command", "exit_code"), [("no-such-program", 127), ("kill -9 $$", 0), ("exit 300", 44)]
)
def test_how_a_program_may_end(tmp_path: Path, command: str, exit_code: int) -> None:
    """What is not there has failed, and what was killed counts as ended with 0."""
    node, _ = fenced(tmp_path, command)
    assert said(node, f"helper command: fence-peer exit code {exit_code}")


def test_much_output_is_cut(tmp_path: Path) -> None:
    """A program that prints without end does not fill the log."""
    node, _ = fenced(tmp_path, "yes y | head -n 100000; exit 4")
    assert sum(line.endswith("fence-peer: y") for line in node.log) == 2048
    assert said(node, "helper command: fence-peer exit code 4")


def test_node_ends_with_its_programs(tmp_path: Path) -> None:
    """A node that ends leaves no program behind."""
    begun, done = tmp_path / "begun", tmp_path / "done"
    command = f"touch {begun}; sleep 3; touch {done}"

    async def scenario() -> None:
        config, other = two_configs(tmp_path, resource({"fence-peer": command}))
        async with Node(config) as alice, Node(other) as bob:
            await in_sync(alice, bob)
            await alice.do(DisconnectRequested(force=True))
            while not begun.exists():
                await alice.checksum()
            alice.kill()

    run(asyncio.wait_for(scenario(), 60))
    assert not done.exists()


def test_orders_to_suspend_and_to_resume(tmp_path: Path) -> None:
    """An operator holds requests back, sees it in the state, and lets them go on."""
    config, _ = two_configs(tmp_path)
    config = replace(config, resource=replace(config.resource, handlers={"fence-peer": "true"}))
    with NodeProcess(config, tmp_path) as node:
        node.do("primary", force=True)
        node.do("suspend_io")
        assert node.do("state")["susp"] == "1"
        node.say(json.dumps({"id": 1, "do": "write", "seed": 1, "count": 8}))
        node.say(json.dumps({"id": 2, "do": "wait", "susp": "1"}))
        assert node.answer()["id"] == 2
        node.say(json.dumps({"id": 3, "do": "resume_io"}))
        assert {node.answer()["id"], node.answer()["id"]} == {1, 3}
        assert node.do("state")["susp"] == "0"
