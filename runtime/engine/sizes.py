"""How large a volume is that two disks share (states 5.3)."""

from dataclasses import dataclass
from typing import Final

OLD_REQUEST_SIZE_BYTES_MAX: Final = 32768  # wire 12.4: until version 94


@dataclass(slots=True, kw_only=True)
class Bounds:
    """What administrators and the peer's disk set to a volume that is in use (wire 5.4)."""

    wanted_sectors: int
    """What the size is limited to, here or at the peer; 0 for no limit."""
    peer_request_size_bytes: int = OLD_REQUEST_SIZE_BYTES_MAX
    """The largest request that the peer takes, which old versions heed."""
    block_sectors: int = 1
    """What applications write whole; larger where the peer's disk has larger blocks."""
    resyncs_grown: bool = False
    """Whether new space is to be resynced when both disks are there (states 4.2, A22)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What speaks for one size or another, in sectors; 0 where nothing is known."""

    peer: int
    """The largest volume that the peer's disk could hold."""
    own: int
    """... and the own one."""
    agreed: int = 0
    """What the own meta-data says was agreed on last."""
    wanted: int = 0
    """What the administrators limit it to."""


def effective_size(sizes: Sizes) -> int:
    """The size that both nodes come to, in sectors; 0 when nothing is known."""
    if sizes.peer and sizes.own:
        size = min(sizes.peer, sizes.own)
    elif sizes.agreed:
        size = min(it for it in (sizes.agreed, sizes.own, sizes.peer) if it)
    else:
        size = sizes.peer or sizes.own
    return sizes.wanted if 0 < sizes.wanted <= size else size
