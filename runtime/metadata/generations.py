"""Which generation of the data a node has, and how that changes (metadata 4).

Four UUIDs tell it: the current one; the one that the bitmap counts from, if it counts from any; and
the two that it counted from before. Random numbers come from the caller. A method is named after
what has happened; its section is that of the list of events (metadata 4.4).
"""

from dataclasses import dataclass, replace
from typing import Final, Protocol, Self

from generated.layouts.generations import SpecialUuid

EMPTY: Final = int(SpecialUuid.EMPTY)
JUST_CREATED: Final = int(SpecialUuid.JUST_CREATED)
PRIMARY_BIT: Final = 1  # metadata 4.2: of a UUID that was current on a primary
UUID_MASK: Final = (1 << 64) - 1
SYNC_UUID_STEP: Final = 0x0001_0000_0000_0000  # metadata 4.2: from a bitmap UUID to its sync UUID


class GenerationFields(Protocol):
    """What has the four UUIDs among its fields: P_UUIDS, the superblock."""

    @property
    def current_uuid(self) -> int:
        """The generation of the data."""

    @property
    def bitmap_uuid(self) -> int:
        """The generation that the bitmap counts from."""

    @property
    def younger_history_uuid(self) -> int:
        """The bitmap UUID before this one."""

    @property
    def older_history_uuid(self) -> int:
        """The bitmap UUID before that."""


def same(one: int, other: int) -> bool:
    """Whether two UUIDs mean one generation: bit 0 is left out (metadata 4.2)."""
    return one | PRIMARY_BIT == other | PRIMARY_BIT


def next_sync_uuid(uuid: int) -> int:
    """The UUID of a resync from this generation on."""
    return (uuid + SYNC_UUID_STEP) & UUID_MASK


def _by_role(uuid: int, *, is_primary: bool) -> int:
    return uuid & ~PRIMARY_BIT | is_primary


@dataclass(frozen=True, slots=True)
class Generations:
    """The four UUIDs of one node; 0 is an empty slot."""

    current_uuid: int = JUST_CREATED
    bitmap_uuid: int = EMPTY
    younger_history_uuid: int = EMPTY
    older_history_uuid: int = EMPTY

    @classmethod
    def of(cls, record: GenerationFields) -> Self:
        """The UUIDs in a packet or in a superblock."""
        return cls(
            record.current_uuid,
            record.bitmap_uuid,
            record.younger_history_uuid,
            record.older_history_uuid,
        )

    def __str__(self) -> str:
        """As the kernel logs them."""
        uuids = (
            self.current_uuid,
            self.bitmap_uuid,
            self.younger_history_uuid,
            self.older_history_uuid,
        )
        return ":".join(f"{uuid:016X}" for uuid in uuids)

    @property
    def is_just_created(self) -> bool:
        """Whether this meta-data never took part in a generation."""
        return self.current_uuid == JUST_CREATED

    # The elementary operations (metadata 4.3).

    def with_current(self, uuid: int, *, is_primary: bool) -> Self:
        """Put another current UUID in place, with bit 0 by the role (SET-C)."""
        return replace(self, current_uuid=_by_role(uuid, is_primary=is_primary))

    def with_bitmap(self, uuid: int) -> Self:
        """Put another bitmap UUID in place; one that was there becomes history (ROTATE-B)."""
        if self.bitmap_uuid == EMPTY:
            return replace(self, bitmap_uuid=uuid)
        return replace(
            self,
            bitmap_uuid=uuid,
            younger_history_uuid=self.bitmap_uuid,
            older_history_uuid=self.younger_history_uuid,
        )

    def with_new_current(self, random_uuid: int, *, is_primary: bool) -> Self:
        """Count from what was current (NEW); an older bitmap UUID is lost, as in the kernel."""
        counted = replace(self, bitmap_uuid=self.current_uuid)
        return counted.with_current(random_uuid, is_primary=is_primary)

    # The role (metadata 4.4, 2 to 8 and 10).

    def attached(self, *, is_primary: bool) -> Self:
        """The disk came to a node of this role (2)."""
        return self.with_current(self.current_uuid, is_primary=is_primary)

    def became_primary(self, random_uuid: int, *, has_peer_data: bool) -> Self:
        """The node was promoted; its peer has a disk that is better than Failed, or not (3-5)."""
        if has_peer_data or self.bitmap_uuid != EMPTY:
            return self.with_current(self.current_uuid, is_primary=True)
        return self.with_new_current(random_uuid, is_primary=True)

    def forced_primary(self, random_uuid: int) -> Self:
        """The node was promoted, and its data declared to be up to date by force (6)."""
        return self.with_new_current(random_uuid, is_primary=True)

    def became_secondary(self) -> Self:
        """The node was demoted (7)."""
        return self.with_current(self.current_uuid, is_primary=False)

    def lost_peer_data(self, random_uuid: int, *, is_primary: bool) -> Self:
        """From now on the peer misses writes: its data is out of reach, or it never had a disk.

        That is so where this disk is UpToDate, one of the nodes is primary, and writes are not
        suspended (8, 10); where they are, it happens when they go on (9).
        """
        if self.bitmap_uuid != EMPTY:
            return self
        return self.with_new_current(random_uuid, is_primary=is_primary)

    # Resync (metadata 4.4, 12 to 15). One that fails or is broken off changes nothing (16), nor
    # does a verify (17). What `invalidate` does here is done by the resync that it begins (18-20).

    def started_resync_as_source(self, random_uuid: int) -> Self:
        """A resync began from here; the peer is told the new bitmap UUID (12)."""
        if self.bitmap_uuid in (EMPTY, JUST_CREATED):
            return self.with_bitmap(random_uuid)
        return self.with_bitmap(next_sync_uuid(self.bitmap_uuid))

    def started_resync_as_target(self, sync_uuid: int, *, is_primary: bool) -> Self:
        """The source told its new bitmap UUID: as long as the resync lasts, data is of it (13)."""
        return replace(self.with_current(sync_uuid, is_primary=is_primary), bitmap_uuid=EMPTY)

    def finished_resync_as_source(self) -> Self:
        """The peer has all blocks (14)."""
        return self.with_bitmap(EMPTY) if self.bitmap_uuid != EMPTY else self

    def finished_resync_as_target(self, source: "Generations", *, is_primary: bool) -> Self:
        """All blocks came; of the source we know the UUIDs that it sent last (15)."""
        history = replace(
            self,
            bitmap_uuid=source.bitmap_uuid,
            younger_history_uuid=source.younger_history_uuid,
            older_history_uuid=source.older_history_uuid,
        )
        synced = history.with_bitmap(self.current_uuid)
        same_as_source = synced.with_current(source.current_uuid, is_primary=is_primary)
        return same_as_source.with_bitmap(EMPTY)

    # Commands (metadata 4.4, 21 to 23).

    def made_new_current(self, random_uuid: int, *, is_primary: bool) -> Self:
        """`new-current-uuid` on a node that stands alone (21)."""
        rotated = self.finished_resync_as_source()
        return rotated.with_new_current(random_uuid, is_primary=is_primary)

    def skipped_initial_sync(self, random_uuid: int, *, is_primary: bool) -> Self:
        """`new-current-uuid --clear-bitmap`: both disks are declared to be the same (22)."""
        made = self.made_new_current(random_uuid, is_primary=is_primary)
        return replace(made, bitmap_uuid=EMPTY)

    def accepted_skipped_sync(self, peer_current_uuid: int, *, is_primary: bool) -> Self:
        """The peer declared both disks to be the same (23)."""
        taken = self.with_current(peer_current_uuid, is_primary=is_primary)
        return replace(taken, bitmap_uuid=EMPTY)

    # What a handshake finds out and puts right (metadata 4.4, 24 and 25).

    def with_finish_caught_up(self) -> Self:
        """The last resync from here finished without our noticing (24)."""
        return self.with_bitmap(EMPTY)

    def with_sync_uuid_taken_back(self) -> Self:
        """The last resync from here never began at the peer, which missed the sync UUID (25)."""
        return replace(
            self,
            bitmap_uuid=self.younger_history_uuid,
            younger_history_uuid=self.older_history_uuid,
        )
