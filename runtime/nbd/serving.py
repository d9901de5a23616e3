"""The exports of a process: all its volumes in one place, or each node's where its settings say."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from runtime.nbd.server import NbdServer
from runtime.node import Node
from runtime.node_config import NbdConfig


@asynccontextmanager
async def exported(
    nodes: Sequence[Node], everything: NbdConfig | None = None
) -> AsyncIterator[None]:
    """Serve nodes that have begun; `everything` says where all of them are to be found.

    Nodes whose settings are the same have one server. ConfigError when it can't listen there.
    """
    served: dict[NbdConfig, list[Node]] = {}
    if everything is not None:
        served[everything] = list(nodes)
    for node in nodes:
        settings = node.config.nbd
        if settings is not None and settings != everything:
            served.setdefault(settings, []).append(node)
    async with AsyncExitStack() as ends:
        for settings, its_nodes in served.items():
            await ends.enter_async_context(NbdServer(its_nodes, settings))
        yield
