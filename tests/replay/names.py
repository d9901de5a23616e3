"""What two nodes call things: the same in both, though the cookies and random numbers differ.

A packet of our node and the packet of the kernel in its place name the same write, epoch or
generation. From then on the one name stands for the other, in what the peer says too.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, TypeAlias

from generated.layouts.acks import P_BARRIER_ACK, BlockAck
from generated.layouts.codec import Packet
from generated.layouts.generations import P_SYNC_UUID, P_UUIDS, SpecialUuid
from generated.layouts.requests import P_DATA_REPLY, BlockRequest, SpecialBlockId
from generated.layouts.write import P_BARRIER, P_DATA, RangeWrite
from runtime.metadata.generations import SYNC_UUID_STEP, UUID_MASK
from tests.replay.happenings import Said

Kind: TypeAlias = tuple[int, int, int]
"""Connection, packet's number, volume."""

SPECIAL: Final = frozenset(SpecialUuid)
ROLE_BIT: Final = 1  # wire 5.5: it says a role, and does not belong to the name
UUID_FIELDS: Final = (
    "current_uuid",
    "bitmap_uuid",
    "younger_history_uuid",
    "older_history_uuid",
    "sync_uuid",
)


class Names:
    """The kernel's names for things, and ours."""

    def __init__(self, said: Iterable[Said]) -> None:
        self._said: defaultdict[Kind, list[Said]] = defaultdict(list)
        for it in said:
            self._said[_kind(it)].append(it)
        self._count: Counter[Kind] = Counter()
        self._uuids: dict[int, int] = {}
        self._block_ids: dict[int, int] = {SpecialBlockId.ID_SYNCER: SpecialBlockId.ID_SYNCER}
        self._barriers: dict[int, int] = {}
        self._of_chance: set[int] = set()
        self.in_our_words: dict[Said, Packet] = {}
        """The kernel's packets that our node had something to say in the place of."""

    def sent(self, connection: int, volume: int, packet: Packet) -> None:
        """Our node has sent a packet: learn its names by the kernel's packet in its place."""
        kind = connection, packet.COMMAND, volume
        number = self._count[kind]
        self._count[kind] += 1
        if number < len(self._said[kind]):
            said = self._said[kind][number]
            self._learn(said, packet)
            words = self._translated(said, is_own=True)
            self.in_our_words[said] = self._with_chances(words, packet)

    def of_peer(self, said: Said) -> Packet:
        """A packet of the peer, in our words."""
        for name in UUID_FIELDS:  # what the peer says first is called as it says
            self._hear(getattr(said.packet, name, 0))
        return self._translated(said, is_own=False)

    def _learn(self, said: Said, packet: Packet) -> None:
        theirs = said.packet
        if isinstance(packet, P_UUIDS | P_SYNC_UUID):
            for name in UUID_FIELDS:
                self._learn_uuid(getattr(theirs, name, 0), getattr(packet, name, 0))
        elif isinstance(packet, P_DATA | RangeWrite | BlockRequest):
            assert isinstance(theirs, P_DATA | RangeWrite | BlockRequest)
            self._block_ids[theirs.block_id] = packet.block_id
        elif isinstance(packet, P_BARRIER):
            assert isinstance(theirs, P_BARRIER)
            self._barriers[theirs.barrier] = packet.barrier

    def _learn_uuid(self, theirs: int, ours: int) -> None:
        if theirs in SPECIAL or ours in SPECIAL or self._is_known(theirs):
            return
        if ours & ~ROLE_BIT not in self._uuids.values():
            self._uuids[theirs & ~ROLE_BIT] = ours & ~ROLE_BIT
            if (theirs ^ ours) & ROLE_BIT:
                self._of_chance.add(ours & ~ROLE_BIT)

    def _with_chances(self, words: Packet, packet: Packet) -> Packet:
        """Bit 0 of a resync's UUID is random, where it is not counted on from another one."""
        names = {
            it: uuid
            for it in UUID_FIELDS[1:]
            if (uuid := getattr(packet, it, 0)) & ~ROLE_BIT in self._of_chance
            and (uuid ^ getattr(words, it)) == ROLE_BIT
        }
        match words:
            case P_UUIDS():
                return replace(words, **names)
            case P_SYNC_UUID():
                return replace(words, sync_uuid=names.get("sync_uuid", words.sync_uuid))
        return words

    def _hear(self, theirs: int) -> None:
        if theirs not in SPECIAL and not self._is_known(theirs):
            self._uuids[theirs & ~ROLE_BIT] = theirs & ~ROLE_BIT

    def _is_known(self, theirs: int) -> bool:
        """Whether a name is known, or follows from the one that a resync began with."""
        name = theirs & ~ROLE_BIT
        before = self._uuids.get(name - SYNC_UUID_STEP & UUID_MASK)
        if name not in self._uuids and before is not None:
            self._uuids[name] = before + SYNC_UUID_STEP & UUID_MASK
            if before in self._of_chance:
                self._of_chance.add(self._uuids[name])
        return name in self._uuids

    def _uuid(self, theirs: int) -> int:
        ours = self._uuids.get(theirs & ~ROLE_BIT, theirs & ~ROLE_BIT)
        return theirs if theirs in SPECIAL else ours | theirs & ROLE_BIT

    def _block_id(self, theirs: int) -> int:
        return self._block_ids.get(theirs, theirs)

    def _translated(self, said: Said, *, is_own: bool) -> Packet:
        packet = said.packet
        match packet:
            case P_UUIDS():
                names = {it: self._uuid(getattr(packet, it)) for it in UUID_FIELDS[:-1]}
                return replace(packet, **names)
            case P_SYNC_UUID():
                return replace(packet, sync_uuid=self._uuid(packet.sync_uuid))
            case P_BARRIER() | P_BARRIER_ACK() if is_own is isinstance(packet, P_BARRIER):
                barrier = self._barriers.get(packet.barrier, packet.barrier)
                return replace(packet, barrier=barrier)
            case P_DATA() | RangeWrite() | BlockRequest() if is_own:
                return replace(packet, block_id=self._block_id(packet.block_id))
            case BlockAck() | P_DATA_REPLY() if not is_own:
                return replace(packet, block_id=self._block_id(packet.block_id))
        return packet


def _kind(said: Said) -> Kind:
    return said.connection, said.seen.frame.command, said.seen.frame.volume
