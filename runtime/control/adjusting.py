"""The order `adjust`: a node that runs becomes what its changed configuration says."""

from runtime.adjustment import Part, adjustment
from runtime.errors import MisuseError
from runtime.events import ChangeDiskOptionsRequested, ChangeNetOptionsRequested, Command
from runtime.node import Node
from runtime.node_config import from_json
from runtime.node_orders import Answer, Arguments


async def adjust(node: Node, arguments: Arguments) -> Answer:
    """Change what can be changed now; tell that, what was refused, and what has to wait."""
    wanted = from_json(arguments.text("config") or "")
    is_dry_run = arguments.flag("dry_run")
    arguments.end()
    found = adjustment(
        node.config,
        wanted,
        net=node.net_options(),
        disks={volume: node.disk_options(volume) for volume in node.config.resource.volumes},
    )
    changed: list[str] = []
    refused: list[str] = []
    for part in found.parts:
        try:
            if not is_dry_run:
                await node.do(_command(part))
            changed += part.told
        except MisuseError as error:
            refused.append(f"{part.name}: {error}")
    return {"changed": changed, "refused": refused, "later": found.later}


def _command(part: Part) -> Command:
    if part.volume is None:
        return ChangeNetOptionsRequested(part.changes)
    return ChangeDiskOptionsRequested(part.volume, part.changes)
