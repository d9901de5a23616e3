"""Two nodes in one program; README.md has this text."""

import asyncio
from pathlib import Path

from generated.states.conn_states import ConnState
from runtime.events import ConnectRequested, PrimaryRequested
from runtime.node import Node
from runtime.node_config import read_config
from runtime.state_watchers import Changes


async def tell(changes: Changes) -> None:
    """Say how the connection is, until the node ends."""
    async for change in changes:  # a StateChanged: volume, before, after, and the arrows
        if change.before.conn is not change.after.conn:
            print(f"volume {change.volume}: {change.after.conn.printed}")


async def mirror(here: Path, there: Path) -> bool:
    """Write on one node, and see whether it is on the other."""
    async with Node(read_config(here)) as alice, Node(read_config(there)) as bob:
        telling = asyncio.create_task(tell(alice.changes()))
        await alice.do(PrimaryRequested(force=True))
        for node in (alice, bob):
            await node.do(ConnectRequested())
        await bob.wait_for(lambda state: state.conn is ConnState.Connected, timeout_s=60)
        await alice.write(8, b"hello".ljust(512))  # finished when bob has it too
        is_equal = await alice.checksum() == await bob.checksum()
    await telling
    return is_equal
