"""What a client may use, and which of their volumes the nodes give away at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from generated.layouts.nbd_options import NbdBlockSizes, NbdExport, NbdExportFlags

PAYLOAD_SIZE_BYTES_MAX: Final = 32 << 20  # NBD: what a client may count on, and no more
PREFERRED_SIZE_BYTES: Final = 4096
ALLOCATION: Final = "base:allocation"
OUT_OF_SYNC: Final = "dotmirror:out-of-sync"
CONTEXT_IDS: Final = {ALLOCATION: 1, OUT_OF_SYNC: 2}
"""Meta context -> the number that stands for it."""

_READS: Final = (
    NbdExportFlags.HAS_FLAGS
    | NbdExportFlags.SEND_FLUSH
    | NbdExportFlags.SEND_FUA
    | NbdExportFlags.SEND_DF
    | NbdExportFlags.CAN_MULTI_CONN
)
_WRITES: Final = (
    NbdExportFlags.SEND_TRIM | NbdExportFlags.SEND_WRITE_ZEROES | NbdExportFlags.SEND_FAST_ZERO
)


@dataclass(frozen=True, slots=True)
class Export:
    """A volume as a client sees it now."""

    resource: str
    volume: int
    size_bytes: int
    block_size_bytes: int
    is_read_only: bool = False
    refusal: str = ""
    """Why it can't be used now; empty when it can."""
    is_zeroing_fast: Callable[[], bool] = bool
    """Whether zeroes take less than writing them."""

    @property
    def name(self) -> str:
        """What clients call it."""
        return f"{self.resource}/{self.volume}"

    @property
    def shown(self) -> NbdExport:
        """Size and flags."""
        flags = _READS | (NbdExportFlags.READ_ONLY if self.is_read_only else _WRITES)
        return NbdExport(self.size_bytes, flags)

    @property
    def block_sizes(self) -> NbdBlockSizes:
        """Which requests are served, and which are served well."""
        preferred = max(PREFERRED_SIZE_BYTES, self.block_size_bytes)
        return NbdBlockSizes(self.block_size_bytes, preferred, PAYLOAD_SIZE_BYTES_MAX)


Exports: TypeAlias = Callable[[], Sequence[Export]]
"""What there is at this moment."""


def found(exports: Sequence[Export], name: str) -> Export | None:
    """The export of that name; the empty name is the only one's."""
    if not name and len(exports) == 1:
        return exports[0]
    return next((it for it in exports if it.name == name), None)
