"""Two nodes in one program, with real sockets and files, mirror what is written."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codegen.coverage import cover
from codegen.drawings import Drawings
from codegen.trace import read_trace
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from runtime.config import ResourceConfig
from runtime.engine.volume_state import VolumeState
from runtime.errors import DiskError, MetadataError, MisuseError
from runtime.events import (
    ConnectRequested,
    DetachRequested,
    PrimaryRequested,
    SecondaryRequested,
)
from runtime.io.event_loop import run
from runtime.metadata.placement import FLEXIBLE_EXTERNAL
from runtime.node import Node
from runtime.node_config import DiskMode, DiskPath, NodeConfig
from runtime.node_orders import pattern
from runtime.requests import Request, RequestKind
from tests.io.nodes import created, two_configs

SECTORS = 2048
WAIT_S = 30.0


def is_in_sync(state: VolumeState) -> bool:
    """Both disks are good."""
    return (
        state.conn is ConnState.Connected
        and state.disk is DiskState.UpToDate
        and state.pdsk.wire == DiskState.UpToDate.wire
    )


async def in_sync(alice: Node, bob: Node) -> None:
    """Let Alice be primary, and wait until Bob has her data."""
    await alice.do(PrimaryRequested(force=True))
    for node in (alice, bob):
        await node.do(ConnectRequested())
    for node in (alice, bob):
        await node.wait_for(is_in_sync, timeout_s=WAIT_S)


def play(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario to its end."""
    run(asyncio.wait_for(scenario(), 2 * WAIT_S))


@pytest.mark.parametrize("mode", DiskMode, ids=lambda mode: mode.value)
def test_two_nodes_have_the_same_data(tmp_path: Path, mode: DiskMode, drawings: Drawings) -> None:
    """What is written before and after the nodes have met is on both, and so is every arrow."""

    async def scenario() -> None:
        alice, bob = (
            Node(replace(it, disks={0: DiskPath(it.disks[0].path, mode=mode)}))
            for it in two_configs(tmp_path)
        )
        async with alice, bob:
            await alice.do(PrimaryRequested(force=True))
            await alice.write(0, pattern(1, 0, SECTORS))
            await in_sync(alice, bob)
            await alice.write(8, pattern(2, 8, SECTORS), fua=True)
            await alice.flush()
            await alice.discard(64, 64)
            await alice.write_zeroes(256, 8)
            expected = bytearray(pattern(1, 0, 8) + pattern(2, 8, SECTORS))
            expected[64 * 512 : 128 * 512] = bytes(64 * 512)
            expected[256 * 512 : 264 * 512] = bytes(8 * 512)
            assert await alice.read(0, SECTORS + 8) == expected
            assert alice.bits_out_of_sync() == bob.bits_out_of_sync() == 0
            assert await alice.checksum() == await bob.checksum()
        for node in (alice, bob):
            read, problems = read_trace("trace", "\n".join(node.trace.lines()).encode())
            assert problems + cover(drawings, [read])[1] == []

    play(scenario)


def test_metadata_may_lie_beside_the_data(tmp_path: Path) -> None:
    """A node with external meta-data mirrors to one with internal meta-data."""

    async def scenario() -> None:
        config, other = two_configs(tmp_path)
        data = tmp_path / "data.img"
        data.write_bytes(bytes(2 << 20))
        meta = created(tmp_path / "meta.img", FLEXIBLE_EXTERNAL, 1 << 20)
        async with (
            Node(replace(config, disks={0: DiskPath(data, meta)})) as alice,
            Node(other) as bob,
        ):
            await in_sync(alice, bob)
            assert await alice.checksum() == await bob.checksum()
            assert alice.size_sectors() == bob.size_sectors() == 4096

    play(scenario)


def test_a_node_that_was_killed_comes_back(tmp_path: Path) -> None:
    """What was written while the other node was gone is resynced when it is there again."""

    async def scenario() -> None:
        here, there = two_configs(tmp_path)
        async with Node(here) as alice:
            async with Node(there) as bob:
                await in_sync(alice, bob)
                bob.kill()
            await alice.wait_for(lambda state: state.conn is not ConnState.Connected, 0, WAIT_S)
            await alice.write(16, pattern(3, 16, SECTORS))
            assert alice.bits_out_of_sync() == SECTORS // 8
            async with Node(there) as bob:
                await bob.do(ConnectRequested())
                for node in (alice, bob):
                    await node.wait_for(is_in_sync, timeout_s=WAIT_S)
                assert await alice.checksum() == await bob.checksum()

    play(scenario)


def test_requests_of_one_turn_are_one_batch(tmp_path: Path) -> None:
    """Many requests at once are all answered."""

    async def scenario() -> None:
        async with Node(two_configs(tmp_path)[0]) as alice:
            await alice.do(PrimaryRequested(force=True))
            writes = [
                Request(RequestKind.WRITE, 0, sector, 8, pattern(4, sector, 8))
                for sector in range(0, SECTORS, 8)
            ]
            await asyncio.gather(*alice.submit(writes))
            assert await alice.read(0, SECTORS) == pattern(4, 0, SECTORS)

    play(scenario)


def test_impossible_requests_are_refused_before_anything_happens(tmp_path: Path) -> None:
    """What is unaligned or behind the end is misuse, and what the state forbids an error."""

    async def scenario() -> None:
        async with Node(two_configs(tmp_path)[0]) as alice:
            with pytest.raises(DiskError, match="only a Primary reads and writes"):
                await alice.write(0, bytes(512))
            await alice.do(PrimaryRequested(force=True))
            size = alice.size_sectors()
            with pytest.raises(MisuseError, match="100 bytes are no whole sectors"):
                await alice.write(0, bytes(100))
            with pytest.raises(MisuseError, match=f"the volume has {size}"):
                await alice.read(size, 1)
            with pytest.raises(MisuseError, match="a range of 0 sectors"):
                await alice.discard(0, 0)

    play(scenario)


def test_a_refused_command_says_why(tmp_path: Path) -> None:
    """`do` raises what `command` answers."""

    async def scenario() -> None:
        async with Node(two_configs(tmp_path)[0]) as alice:
            answered = await alice.command(PrimaryRequested())
            assert answered.code < 0
            with pytest.raises(MisuseError):
                await alice.do(PrimaryRequested())

    play(scenario)


def test_changes_are_told_to_those_who_listen(tmp_path: Path) -> None:
    """Whoever asked hears each change from then on, to the end."""

    async def scenario() -> None:
        async with Node(two_configs(tmp_path)[0]) as alice:
            changes = alice.changes()
            await alice.do(PrimaryRequested(force=True))
            await alice.do(SecondaryRequested())
        heard = [change async for change in changes]
        roles = [it.after.role.name for it in heard if it.before.role is not it.after.role]
        assert roles == ["Primary", "Secondary"]
        assert heard[-1].after.disk is DiskState.Diskless

    play(scenario)


def test_waiting_in_vain_names_the_state(tmp_path: Path) -> None:
    """A wait that took too long says what the state is instead."""

    async def scenario() -> None:
        async with Node(two_configs(tmp_path)[0]) as alice:
            with pytest.raises(TimeoutError, match="Secondary Unknown StandAlone Inconsistent"):
                await alice.wait_for(is_in_sync, timeout_s=0.01)

    play(scenario)


def test_a_disk_can_be_given_up_and_taken_again(tmp_path: Path) -> None:
    """After detaching, the file is nobody's until it is attached again."""

    async def scenario() -> None:
        config = two_configs(tmp_path)[0]
        async with Node(config) as alice:
            with pytest.raises(MisuseError, match="Device is attached to a disk"):
                await alice.attach()
            await alice.do(DetachRequested())
            async with Node(replace(config, name="carol")) as carol:
                assert carol.state().disk is DiskState.Inconsistent
            await alice.attach()
            assert alice.state().disk is DiskState.Inconsistent

    play(scenario)


def test_a_disk_in_use_or_without_metadata_is_refused(tmp_path: Path) -> None:
    """A node does not begin with a disk that it can't have."""
    config = two_configs(tmp_path)[0]
    empty = tmp_path / "empty.img"
    empty.write_bytes(bytes(4 << 20))

    async def scenario() -> None:
        async with Node(config):
            with pytest.raises(DiskError, match="another process writes to it"):
                await Node(replace(config, name="bob")).__aenter__()
        with pytest.raises(MetadataError, match=r"empty\.img: no meta-data there"):
            await Node(replace(config, disks={0: DiskPath(empty)})).__aenter__()

    play(scenario)


def test_a_node_without_disks_is_diskless(tmp_path: Path) -> None:
    """A volume that has no disk in the configuration has none."""
    config = two_configs(tmp_path)[0]

    async def scenario() -> None:
        async with Node(NodeConfig("x", ResourceConfig(), config.address, config.peer, {})) as node:
            assert node.state().disk is DiskState.Diskless
            with pytest.raises(MisuseError, match="has no disk in the configuration"):
                await node.attach()

    play(scenario)


def test_nothing_stays_open(tmp_path: Path) -> None:
    """A node that has ended holds no file and no socket."""
    config = two_configs(tmp_path)[0]

    def open_count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    async def scenario() -> None:
        before = open_count()
        async with Node(config) as alice:
            await alice.do(ConnectRequested())
        await asyncio.to_thread(int)
        assert open_count() == before
        with pytest.raises(MisuseError, match="the node has ended"):
            await alice.do(ConnectRequested())

    play(scenario)
