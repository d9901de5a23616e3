"""What can be ordered of the nodes of a process, by name of their resource.

To what one node takes from its input (`node_orders`) come the questions and the waiting that
drbdadm's commands need, and the stream of events2.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from generated.layouts.superblock import SuperblockFlags
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.peer_disk_states import PeerDiskState
from runtime.control.adjusting import adjust
from runtime.control.codes import (
    CONFIGURATION,
    INVALID_REQUEST,
    MD_INVALID,
    OPEN_DISK,
    RESOURCE_NOT_KNOWN,
    code_of,
    plain,
)
from runtime.control.events_feed import EventsFeed
from runtime.control.viewing import account_of, minors_of, view_of
from runtime.engine.volume_state import VolumeState
from runtime.errors import ConfigError, DiskError, MetadataError, MisuseError, RefusedError
from runtime.events import ConnectRequested
from runtime.metadata.generations import Generations
from runtime.metadata.superblock import is_clean
from runtime.node import Node
from runtime.node_orders import ORDERS, Answer, Arguments

NOT_HERE: Final = frozenset({"quit"})  # who started the process ends it
QUESTIONS: Final = frozenset({"accounts", "events2", "resources", "view"})
"""What may be asked of all nodes at once."""
GI_FLAGS: Final = (
    SuperblockFlags.MDF_CONSISTENT,
    SuperblockFlags.MDF_WAS_UP_TO_DATE,
    SuperblockFlags.MDF_PRIMARY_IND,
    SuperblockFlags.MDF_CONNECTED_IND,
    SuperblockFlags.MDF_FULL_SYNC,
    SuperblockFlags.MDF_PEER_OUT_DATED,
    SuperblockFlags.MDF_CRASHED_PRIMARY,
)
"""The order of states 9.8."""

REFUSALS: Final = (MisuseError, DiskError, MetadataError, ConfigError)


class Desk:
    """Takes orders for some nodes."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = {node.config.resource.name: node for node in nodes}
        self.is_closed = False
        """Whether the nodes are ending, so that nothing more is done for anybody."""
        self.minors = minors_of([node.config for node in nodes])
        self._changing = {name: asyncio.Lock() for name in self.nodes}
        self._own: Mapping[str, Callable[[Node, Arguments], Awaitable[Answer]]] = {
            "adjust": self._adjust,
            "down": self._down,
            "generations": _generations,
            "up": self._up,
            "wait_connect": _wait_connect,
            "wait_sync": _wait_sync,
        }
        self._known = sorted({*ORDERS, *self._own, *QUESTIONS} - NOT_HERE)

    async def answers(self, order: dict[str, Any]) -> AsyncGenerator[Answer, None]:
        """Carry out an order; most have one answer."""
        arguments = Arguments(order)
        try:
            if self.is_closed:
                raise MisuseError("the node is ending")
            name = arguments.choice("do", self._known)
            if name == "events2":
                async for answer in self._events(arguments):
                    yield {**arguments.identity, "ok": True, **answer}
                return
            yield {**arguments.identity, "ok": True, **await self._one(name, arguments)}
        except TimeoutError as error:
            yield {**arguments.identity, "ok": False, "timed_out": True, "error": str(error)}
        except REFUSALS as error:
            yield {**arguments.identity, "ok": False, **_explained(error)}

    async def _one(self, name: str, arguments: Arguments) -> Answer:
        if name == "resources":
            arguments.end()
            return {"resources": {it: [*self._volumes(it)] for it in sorted(self.nodes)}}
        if name == "view":
            nodes = self._named(arguments)
            arguments.end()
            return {"resources": [view_of(node, self.minors).to_json() for node in nodes]}
        if name == "accounts":
            nodes = self._named(arguments)
            arguments.end()
            return {"resources": [account_of(node) for node in nodes]}
        carry_out = self._own.get(name) or ORDERS[name]
        (node,) = self._named(arguments, is_one=True)
        return await carry_out(node, arguments)

    def _volumes(self, name: str) -> list[int]:
        return sorted(self.nodes[name].config.resource.volumes)

    def _named(self, arguments: Arguments, *, is_one: bool = False) -> list[Node]:
        """The node of the resource that is named, or all of them."""
        name = arguments.text("resource")
        if name is None and (not is_one or len(self.nodes) == 1):
            return [self.nodes[it] for it in sorted(self.nodes)]
        if name not in self.nodes:
            raise RefusedError(CONFIGURATION[RESOURCE_NOT_KNOWN], RESOURCE_NOT_KNOWN)
        return [self.nodes[name]]

    # Several commands at once: one such order after the other

    async def _up(self, node: Node, arguments: Arguments) -> Answer:
        """Attach what has a disk, and look for the peer; what is so already stays."""
        arguments.end()
        async with self._changing[node.config.resource.name]:
            for volume in node.config.disks:
                if node.state(volume).disk is DiskState.Diskless:
                    await node.attach(volume)
            volumes = node.config.resource.volumes
            if all(node.state(it).conn is ConnState.StandAllone for it in volumes):
                await node.do(ConnectRequested())
        return {}

    async def _adjust(self, node: Node, arguments: Arguments) -> Answer:
        async with self._changing[node.config.resource.name]:
            return await adjust(node, arguments)

    async def _down(self, node: Node, arguments: Arguments) -> Answer:
        arguments.end()
        async with self._changing[node.config.resource.name]:
            await node.down()
        return {}

    # events2

    async def _events(self, arguments: Arguments) -> AsyncGenerator[Answer, None]:
        nodes, is_now = self._named(arguments), arguments.flag("now")
        feed = EventsFeed(
            self.minors,
            has_times=arguments.flag("timestamps"),
            has_statistics=arguments.flag("statistics"),
        )
        arguments.end()
        try:
            yield {"lines": feed.begin(nodes)}
            while not is_now and (lines := await feed.next()) is not None:
                yield {"lines": lines}
            yield {"is_last": True}
        finally:
            feed.end()


def _explained(error: Exception) -> Answer:
    """A refusal by its number and text, and what else there is to say (states 8.2)."""
    text = str(error)
    if isinstance(error, RefusedError) and error.code:
        return {"code": int(error.code), "error": text}
    if isinstance(error, DiskError):
        code = OPEN_DISK
    elif isinstance(error, MetadataError):
        code = MD_INVALID
    else:
        code = code_of(text) or INVALID_REQUEST
    known = CONFIGURATION[code]
    is_all = plain(text) == plain(known)
    return {"code": code, "error": known, **({} if is_all else {"info": text})}


def _volume(node: Node, arguments: Arguments) -> int:
    volume = arguments.number("volume", 0)
    if volume not in node.config.resource.volumes:
        raise MisuseError(f"there is no volume {volume}")
    return volume


async def _generations(node: Node, arguments: Arguments) -> Answer:
    """The UUIDs and flags as get-gi shows them (states 9.8); none without a disk."""
    volume = _volume(node, arguments)
    arguments.end()
    superblock = node.superblock(volume)
    if superblock is None:
        return {"generations": None}
    flags = [bool(superblock.flags & flag) for flag in GI_FLAGS]
    digits = ":".join(str(int(flag)) for flag in flags)
    line = f"{Generations.of(superblock)}:{digits}"
    return {"generations": line, "is_clean": is_clean(superblock)}


# Waiting (states 8.10)


async def _wait_connect(node: Node, arguments: Arguments) -> Answer:
    return await _wait(node, arguments, lambda state: state.conn.wire >= ConnState.Connected.wire)


async def _wait_sync(node: Node, arguments: Arguments) -> Answer:
    return await _wait(node, arguments, lambda state: state.conn is ConnState.Connected)


async def _wait(
    node: Node, arguments: Arguments, is_there: Callable[[VolumeState], bool]
) -> Answer:
    """Wait for a connection, or for nobody looking for one any more; 0 seconds are for ever."""
    volume = _volume(node, arguments)
    timeout_s, outdated_s = arguments.number("timeout", 0), arguments.number("outdated_timeout", 0)
    waits_on = arguments.flag("after_split_brain")
    arguments.end()
    if node.state(volume).pdsk is PeerDiskState.Outdated:
        timeout_s = outdated_s or timeout_s

    def is_over(state: VolumeState) -> bool:
        is_given_up = state.conn.wire < ConnState.Unconnected.wire
        return is_there(state) or (is_given_up and not waits_on)

    await node.wait_for(is_over, volume, timeout_s or None)
    return {}
