"""Nodes of several resources in one process, and a node that never has a disk."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.config import DiskOptions, NetOptions, ResourceConfig
from runtime.engine.volume_state import VolumeState
from runtime.errors import ConfigError
from runtime.events import (
    ChangeDiskOptionsRequested,
    ConnectRequested,
    PrimaryRequested,
    SecondaryRequested,
)
from runtime.neighbours import Neighbours
from runtime.node import Node
from tests.io.nodes import PROMPT, two_configs

TIMEOUT_S = 30.0
SLOW = 100
"""KiB/s: no resync ends before all have begun."""
FAST = 1 << 20


def _is_synced(state: VolumeState) -> bool:
    return (state.conn.name, state.disk.name, state.pdsk.name) == (
        "Connected",
        "UpToDate",
        "UpToDate",
    )


def _resource(name: str, after: str) -> ResourceConfig:
    disk = DiskOptions(resync_after=after, resync_rate=SLOW, c_plan_ahead=0)
    return ResourceConfig(name=name, net=NetOptions(connect_int=1), volumes={0: disk})


@pytest.mark.parametrize("count_max", [0, 1], ids=["resync-after", "one at once"])
def test_resource_waits_for_another_ones_resync(tmp_path: Path, count_max: int) -> None:
    """The second resource's resync begins when the first one's has ended, by option or by limit."""

    async def live() -> None:
        neighbours = Neighbours(resync_count_max=count_max)
        pairs = []
        for name, after in (("first", ""), ("second", "" if count_max else "first/0")):
            folder = tmp_path / name
            folder.mkdir()
            pairs.append(two_configs(folder, _resource(name, after)))
        async with (
            Node(pairs[0][0], neighbours=neighbours) as first,
            Node(pairs[1][0], neighbours=neighbours) as second,
            Node(pairs[0][1]) as peer_of_first,
            Node(pairs[1][1]) as peer_of_second,
        ):
            for node in (first, second):
                await node.do(PrimaryRequested(force=True))
            for node in (first, peer_of_first, second, peer_of_second):
                await node.do(ConnectRequested())
            await second.wait_for(lambda it: it.conn.name == "PausedSyncS", 0, TIMEOUT_S)
            assert first.state().conn.name == "SyncSource"
            for node in (first, peer_of_first, second, peer_of_second):
                await node.do(ChangeDiskOptionsRequested(changes={"resync_rate": FAST}))
            await second.wait_for(lambda it: it.conn.name == "SyncSource", 0, TIMEOUT_S)
            assert _is_synced(first.state())
            await second.wait_for(_is_synced, 0, TIMEOUT_S)

    asyncio.run(live())


def test_names_of_neighbours_differ(tmp_path: Path) -> None:
    """Two resources of one name in a process are refused."""
    here, there = two_configs(tmp_path)
    neighbours = Neighbours()
    Node(here, neighbours=neighbours)
    with pytest.raises(ConfigError, match="two resources of this node have the name r0"):
        Node(there, neighbours=neighbours)


def test_node_that_never_has_a_disk(tmp_path: Path) -> None:
    """A node without any disk connects, is primary, and reads and writes by its peer."""

    async def live() -> None:
        here, there = two_configs(tmp_path, PROMPT)
        async with Node(replace(here, disks={})) as client, Node(there) as server:
            await server.do(PrimaryRequested(force=True))
            await server.write(0, b"s" * 4096)
            await server.do(SecondaryRequested())
            for node in (client, server):
                await node.do(ConnectRequested())
            await client.wait_for(lambda it: it.pdsk.name == "UpToDate", 0, TIMEOUT_S)
            await client.do(PrimaryRequested())
            assert await client.read(0, 8) == b"s" * 4096
            await client.write(4, b"c" * 2048)
            await client.flush()
            assert await client.read(0, 8) == b"s" * 2048 + b"c" * 2048

    asyncio.run(live())
