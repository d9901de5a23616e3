"""How large a volume is that two disks share (states 5.3)."""

from dataclasses import dataclass


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
