"""What the engine knows of an attached disk: its meta-data, and what it can."""

from dataclasses import dataclass

from runtime.metadata.store import Store


@dataclass(slots=True, eq=False)
class Backing:
    """An open disk; the driver reads and writes its data by effects, the engine its meta-data."""

    store: Store
    capacity_sectors: int
    """How large a volume it could hold (wire 5.4, d_size)."""
    can_discard: bool = False
    discard_zeroes_data: bool = False
    logical_block_size_bytes: int = 512
    physical_block_size_bytes: int = 4096
    request_size_bytes_max: int = 1 << 20
