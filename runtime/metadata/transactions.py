"""The activity log on disk: a ring of transactions, and what it tells after a crash (metadata 3).

Transactions carry a number that grows by one and wraps at 2^32. Each names the slots that change
and a window of those that do not, so that the ring as a whole names every hot extent.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from generated.layouts.activity_log import ActivityLogBlock, ActivityLogMark, ActivityLogType
from generated.layouts.codec import LayoutError
from runtime.digests import crc32c_raw
from runtime.metadata.device import BLOCK_SIZE_BYTES
from runtime.metadata.placement import Striping

UPDATES_MAX: Final = 64  # metadata 3.1: updates in one block
CONTEXT_SLOTS: Final = 919  # ... and slots in its context
SLOT_MAX: Final = 65533  # metadata 3.8: larger numbers are ignored
NUMBER_LIMIT: Final = 1 << 32
NO_EXTENT: Final[int] = ActivityLogMark.NO_EXTENT.value
NO_SLOT: Final[int] = ActivityLogMark.NO_SLOT.value

_CHECKSUM_AT: Final = 8


def checksum(block: bytes | bytearray) -> int:
    """CRC-32C of a block with 0 for its checksum; begun with 0, not inverted (metadata 3.4)."""
    zeroed = bytes(block[:_CHECKSUM_AT]) + bytes(4) + bytes(block[_CHECKSUM_AT + 4 :])
    return crc32c_raw(zeroed)


def _sealed(block: ActivityLogBlock) -> bytes:
    """The block's bytes, with their checksum."""
    block.checksum = 0
    content = bytearray(block.pack())
    content[_CHECKSUM_AT : _CHECKSUM_AT + 4] = checksum(content).to_bytes(4, "big")
    return bytes(content)


INITIALISED: Final = _sealed(
    ActivityLogBlock(
        transaction_number=0,
        checksum=0,
        block_type=ActivityLogType.INITIALISED,
        update_count=0,
        context_size=0,
        context_start=0,
        update_slots=(0,) * UPDATES_MAX,
        update_extents=(0,) * UPDATES_MAX,
        context=(0,) * CONTEXT_SLOTS,
    )
)
"""What every block of a ring without transactions holds (metadata 3.5)."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """Slots that get other extents, and what a window of the slots held before (metadata 3.3)."""

    number: int
    updates: tuple[tuple[int, int], ...]
    """Slot and extent; at most 64."""
    slot_count: int
    context_start: int = 0
    context: tuple[int, ...] = ()
    """Extents in the slots from context_start on, NO_EXTENT in empty ones; at most 919."""

    def pack(self) -> bytes:
        """The block that is written."""
        unused = UPDATES_MAX - len(self.updates)
        slots = tuple(slot for slot, _ in self.updates)
        extents = tuple(extent for _, extent in self.updates)
        return _sealed(
            ActivityLogBlock(
                transaction_number=self.number,
                checksum=0,
                block_type=ActivityLogType.UPDATE,
                update_count=len(self.updates),
                context_size=self.slot_count,
                context_start=self.context_start,
                update_slots=slots + (NO_SLOT,) * unused,
                update_extents=extents + (NO_EXTENT,) * unused,
                context=self.context + (NO_EXTENT,) * (CONTEXT_SLOTS - len(self.context)),
            )
        )


def block_position(number: int, striping: Striping) -> int:
    """Which block of the activity log a transaction is written to (metadata 3.2)."""
    index = number % striping.block_count
    stripe, row = index % striping.stripe_count, index // striping.stripe_count
    return stripe * striping.stripe_size_blocks + row


def unpacked(block: bytes) -> ActivityLogBlock | None:
    """What an intact block says; nothing when magic or checksum are wrong (metadata 3.8, 2)."""
    try:
        found = ActivityLogBlock.unpack_from(block, 0, BLOCK_SIZE_BYTES)
    except LayoutError:
        return None
    return found if found.checksum == checksum(block) else None


@dataclass(frozen=True, slots=True)
class Ring:
    """What the blocks of an activity log tell (metadata 3.8)."""

    hot_extents: tuple[int, ...]
    """In ascending order; empty when no transaction is intact."""
    newest_number: int | None
    """None when no transaction is intact."""
    corrupt_count: int
    is_initialised: bool
    """Whether every block is as create-md leaves it."""
    is_first_a_transaction: bool
    """Whether the block of logical index 0 is one, and intact."""
    is_only_first_corrupt: bool


def read_ring(area: bytes, striping: Striping) -> Ring:
    """Rebuild the hot extents from an activity log's bytes (metadata 3.8)."""
    contents = []
    for index in range(striping.block_count):
        at = block_position(index, striping) * BLOCK_SIZE_BYTES
        contents.append(area[at : at + BLOCK_SIZE_BYTES])
    intact = [unpacked(content) for content in contents]
    in_order = list(_in_ring_order([_transaction(block) for block in intact]))
    return Ring(
        hot_extents=_hot_extents(in_order),
        newest_number=in_order[-1].transaction_number if in_order else None,
        corrupt_count=intact.count(None),
        is_initialised=all(content == INITIALISED for content in contents),
        is_first_a_transaction=_transaction(intact[0]) is not None,
        is_only_first_corrupt=intact.count(None) == 1 and intact[0] is None,
    )


def _transaction(block: ActivityLogBlock | None) -> ActivityLogBlock | None:
    """An intact block that is not just initialised."""
    return block if block and block.block_type != ActivityLogType.INITIALISED else None


def _hot_extents(in_order: Iterable[ActivityLogBlock]) -> tuple[int, ...]:
    """What the slots hold in the end; a block's context comes before its updates (metadata 3.8)."""
    slots: dict[int, int] = {}
    for block in in_order:
        slots.update(_context_of(block))
        slots.update(_updates_of(block))
    return tuple(sorted(set(slots.values()) - {NO_EXTENT}))


def _in_ring_order(blocks: Sequence[ActivityLogBlock | None]) -> Iterator[ActivityLogBlock]:
    """The transactions from the oldest to the newest, each by its place (metadata 3.8, 3 and 4)."""
    oldest = newest = None
    for index, block in enumerate(blocks):
        if block is None:
            continue
        number = block.transaction_number
        if oldest is None or _is_older(number, oldest[1]):
            oldest = index, number
        if newest is None or _is_older(newest[1], number):
            newest = index, number
    if oldest is None or newest is None:
        return
    count = (newest[0] - oldest[0]) % len(blocks) + 1
    for step in range(count):
        block = blocks[(oldest[0] + step) % len(blocks)]
        if block is not None:
            yield block


def _is_older(number: int, other: int) -> bool:
    """Whether a 32-bit serial number comes before another one (metadata 3.8, 3).

    drbdmeta 9.22 was seen to compare signed numbers: in a ring that holds both 2^31 - 1 and 2^31 it
    takes the former for the newest. Here it is the latter, as the kernel counts.
    """
    return (number - other) % NUMBER_LIMIT >= NUMBER_LIMIT // 2


def _context_of(block: ActivityLogBlock) -> Iterator[tuple[int, int]]:
    for slot, extent in enumerate(block.context, block.context_start):
        is_beyond = extent == NO_EXTENT and slot >= block.context_size
        if not is_beyond and slot <= SLOT_MAX:
            yield slot, extent


def _updates_of(block: ActivityLogBlock) -> Iterator[tuple[int, int]]:
    pairs = zip(block.update_slots, block.update_extents, strict=True)
    for number, (slot, extent) in enumerate(pairs):
        is_unused = number >= block.update_count and slot == NO_SLOT
        if not is_unused and slot <= SLOT_MAX:
            yield slot, extent
