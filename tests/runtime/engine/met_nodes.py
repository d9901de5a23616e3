"""Two nodes that met, and what the first of them decides."""

from typing import Final, NamedTuple

from generated.layouts.generations import P_UUIDS, UuidFlags
from generated.states.disk_states import DiskState as Disk
from generated.states.node_states import NodeState
from generated.states.peer_disk_states import PeerDiskState as PeerDisk
from generated.states.peer_states import PeerState
from runtime.config import NetOptions
from runtime.engine.sync_decision import Decision, OwnSide, PeerSide, decide
from runtime.metadata.comparison import Agreement
from runtime.metadata.generations import Generations

A, B, C, D, E, F = range(0xA0, 0x100, 0x10)
UNRESOLVED: Final = "Split-Brain detected but unresolved, dropping connection!"
BITS: Final = 7
EMPTY: Final = "0000000000000000"  # an empty slot, as it is logged


class Node(NamedTuple):
    """One node, as both sides know it."""

    uuids: tuple[int, int, int, int]
    disk: Disk = Disk.UpToDate
    is_primary: bool = False
    was_crashed: bool = False
    discards: bool = False
    bits: int = BITS


def own_side(node: Node) -> OwnSide:
    """How the node sees itself."""
    return OwnSide(
        generations=Generations(*node.uuids),
        disk=node.disk,
        role=NodeState.Primary if node.is_primary else NodeState.Secondary,
        was_crashed_primary=node.was_crashed,
        discard_my_data=node.discards,
        bits_sent=node.bits,
        bits_set=node.bits,
    )


def peer_side(node: Node) -> PeerSide:
    """How the other node sees it."""
    flags = UuidFlags.CRASHED_PRIMARY * node.was_crashed + UuidFlags.DISCARD_MY_DATA * node.discards
    return PeerSide(
        uuids=P_UUIDS(*node.uuids, bits_set=node.bits, uuid_flags=flags),
        disk=PeerDisk.from_wire(node.disk.wire),
        role=PeerState.Primary if node.is_primary else PeerState.Secondary,
    )


def met(
    own: Node, peer: Node, options: NetOptions | None = None, agreement: Agreement | None = None
) -> Decision:
    """What the first of two nodes decides."""
    return decide(own_side(own), peer_side(peer), agreement or Agreement(), options or NetOptions())


SAME: Final = Node((A, 0, B, C))
BEHIND: Final = Node((B, 0, C, 0))  # its generation is what AHEAD counts from
AHEAD: Final = Node((A, B, C, 0))
FAR_BEHIND: Final = Node((C, 0, 0, 0))
SPLIT_HERE: Final = Node((A, C, 0, 0))
SPLIT_THERE: Final = Node((B, C, 0, 0))
LOST_HERE: Final = Node((A, C, F, 0))  # split, and counted from different generations
LOST_THERE: Final = Node((B, D, F, 0))
STRANGER: Final = Node((B, C, D, E))
BARE: Final = Node((4, 0, 0, 0), Disk.Inconsistent)
