"""What follows from the generations, disks and roles of two nodes that met (states 5.8).

Each node decides for itself, and both come to decisions that mirror each other. Sentences are those
of the kernel where a recording has them.
"""

from dataclasses import dataclass
from typing import Final

from generated.layouts.generations import P_UUIDS, UuidFlags
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.node_states import NodeState
from generated.states.peer_disk_states import PeerDiskState
from generated.states.peer_states import PeerState
from runtime.config import NetOptions, RrConflict
from runtime.engine.split_brain import SOURCE, TARGET, Rivals, after_split_brain, rule_of
from runtime.metadata.comparison import Agreement, Comparison, Side, Verdict, compare
from runtime.metadata.generations import Generations

INCONSISTENT: Final = DiskState.Inconsistent.wire
PRIMARY_BIT: Final = 1  # states 5.9: of a bitmap UUID that was current on a primary
FULL_SYNC_LEAST: Final = 2  # states 5.8 step 12: verdicts 2 and -2 are about all blocks
FEATURE_CODES: Final = -65536  # states 5.8 step 2: below are verdicts that name a feature
VERSION_CODES: Final = -1000  # states 5.8 step 3: below are verdicts that name a version
BLOCK_SIZE_KIB: Final = 4
ENDS: Final = {True: "this node", False: "peer node"}
OUTCOMES: Final = {
    SOURCE: "the peer's changes are given up",
    TARGET: "the own changes are given up",
}
"""What a policy's verdict means; all others mean no decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSide:
    """The own node, as it enters the decision."""

    generations: Generations
    disk: DiskState
    would_be_disk: DiskState | None = None
    """What the meta-data says of a disk that is Negotiating."""
    role: NodeState = NodeState.Secondary
    was_crashed_primary: bool = False
    discard_my_data: bool = False
    bits_sent: int = 0
    """The bits out of sync that P_UUIDS told the peer."""
    bits_set: int = 0
    """The bits out of sync now."""
    is_dry_run: bool = False
    """Whether either node asked for the decision alone."""
    can_step_down: bool = False
    """Whether it could become secondary now, if it is primary."""

    @property
    def data(self) -> DiskState:
        """The disk's state as far as it is about its data."""
        if self.disk is DiskState.Negotiating and self.would_be_disk is not None:
            return self.would_be_disk
        return self.disk

    @property
    def is_primary(self) -> bool:
        """Whether applications may write here."""
        return self.role is NodeState.Primary


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerSide:
    """The peer, as its packets told of it."""

    uuids: P_UUIDS
    disk: PeerDiskState
    """Its real disk (states 5.5 step 1)."""
    role: PeerState = PeerState.Secondary

    @property
    def is_primary(self) -> bool:
        """Whether applications may write there."""
        return self.role is PeerState.Primary

    def has(self, flag: UuidFlags) -> bool:
        """Whether P_UUIDS had this flag."""
        return bool(self.uuids.uuid_flags & flag)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to follow, and what is said to it."""

    verdict: int
    """1 and 2 as source, -1 and -2 as target, 2 and -2 of all blocks; 0 without a resync."""
    comparison: Comparison
    """Its generations may be corrected; that holds whatever the decision is."""
    log: tuple[str, ...] = ()
    """Sentences in order."""
    failure: str = ""
    """Why the nodes can not stay connected; empty when they can."""
    helpers: tuple[str, ...] = ()
    """The programs of the administrator that are to be told, in order."""
    steps_down: bool = False
    """Whether this node has to become secondary before anything follows."""

    @property
    def is_source(self) -> bool:
        """Whether the peer gets this node's blocks."""
        return self.verdict > 0

    @property
    def is_target(self) -> bool:
        """Whether this node gets the peer's blocks."""
        return self.verdict < 0

    @property
    def full_sync(self) -> bool:
        """Whether all blocks are out of sync."""
        return abs(self.verdict) >= FULL_SYNC_LEAST

    @property
    def conn(self) -> ConnState:
        """What the connection is to become; Connected also after a failure (states 5.5)."""
        if self.is_source:
            return ConnState.WFBitMapS
        return ConnState.WFBitMapT if self.is_target else ConnState.Connected


class _Failure(Exception):  # noqa: N818  # it ends the steps, and never leaves this room
    """The nodes can not stay connected."""


def decide(own: OwnSide, peer: PeerSide, agreement: Agreement, options: NetOptions) -> Decision:
    """Decide who becomes source and who target, if anybody has to."""
    comparison = compare(
        Side(own.generations, own.was_crashed_primary, own.is_primary),
        Side(Generations.of(peer.uuids), peer.has(UuidFlags.CRASHED_PRIMARY), peer.is_primary),
        agreement,
    )
    steps = _Steps(own, peer, agreement, options)
    failure = ""
    verdict = 0
    try:
        verdict = steps.verdict(comparison)
    except _Failure as reason:
        failure = str(reason)
        steps.log.append(failure)
    return Decision(
        verdict=verdict,
        comparison=comparison,
        log=tuple(steps.log),
        failure=failure,
        helpers=tuple(steps.helpers),
        steps_down=steps.steps_down,
    )


class _Steps:
    """The steps of one decision; their numbers are those of the reference."""

    def __init__(
        self, own: OwnSide, peer: PeerSide, agreement: Agreement, options: NetOptions
    ) -> None:
        self._own = own
        self._peer = peer
        self._agreement = agreement
        self._options = options
        self.log: list[str] = []
        self.helpers: list[str] = []
        self.steps_down = False

    def verdict(self, comparison: Comparison) -> int:
        """Take all steps; raise _Failure where one of them ends it."""
        self._introduce(comparison)
        verdict = int(comparison.verdict)
        self._refuse_incomparable(verdict)
        verdict = self._by_disks(verdict)
        verdict = self._by_policy(verdict)
        verdict = self._by_administrator(verdict)
        self._refuse_bad_source(verdict)
        self._refuse_primary_target(verdict)
        if abs(comparison.verdict) == Verdict.SPLIT_BRAIN:
            self._tell_loss(is_source=verdict > 0)
        self._refuse_dry_run(verdict)
        self._announce(verdict)
        return verdict

    def _introduce(self, comparison: Comparison) -> None:
        """Say what is compared, and what came out."""
        uuids = self._peer.uuids
        self.log += [
            "drbd_sync_handshake:",
            f"self {self._own.generations} bits:{self._own.bits_sent} flags:0",
            f"peer {Generations.of(uuids)} bits:{uuids.bits_set} flags:{uuids.uuid_flags:X}",
            f"uuid_compare()={int(comparison.verdict)} by rule {comparison.rule}",
        ]

    @staticmethod
    def _refuse_incomparable(verdict: int) -> None:
        """Steps 1 to 3."""
        if verdict == Verdict.UNRELATED:
            raise _Failure("Unrelated data, dropping connection!")
        if verdict < FEATURE_CODES:
            version, features = -verdict & 0xFF, -verdict >> 8 & 0xFF
            raise _Failure(
                f"Both nodes need protocol {version} and feature bits {features:#x} to decide this"
            )
        if verdict < VERSION_CODES:
            raise _Failure(f"Both nodes need protocol {VERSION_CODES - verdict} to decide this")

    def _by_disks(self, verdict: int) -> int:
        """Step 4: the only disk that has all its data gives it."""
        own, peer = self._own.data.wire, self._peer.disk.wire
        if min(own, peer) != INCONSISTENT or own == peer:
            return verdict
        is_source = own > INCONSISTENT
        self.log.append(f"Becoming sync {'source' if is_source else 'target'} due to disk states.")
        is_full = verdict == Verdict.DIVERGED or abs(verdict) == FULL_SYNC_LEAST
        return (1 if is_source else -1) * (FULL_SYNC_LEAST if is_full else 1)

    def _by_policy(self, verdict: int) -> int:
        """Steps 5 and 6: the settings may choose whose changes survive."""
        if abs(verdict) != Verdict.SPLIT_BRAIN:
            return verdict
        self.helpers.append("initial-split-brain")
        if verdict == Verdict.DIVERGED and not self._options.always_asbp:
            return verdict
        ruling = after_split_brain(self._rivals(), self._options)
        self.log += ruling.log
        self.log.append(
            f"Split-Brain rule: {rule_of(self._rivals(), self._options)}: "
            f"{OUTCOMES.get(ruling.verdict, 'no decision')}"
        )
        self.helpers += ruling.helpers
        self.steps_down = ruling.steps_down
        if abs(ruling.verdict) >= Verdict.SPLIT_BRAIN:
            return ruling.verdict
        self.log.append(
            f"Split-Brain detected, {self._rivals().primaries} primaries, automatically solved. "
            f"Sync from {ENDS[ruling.verdict > 0]}"
        )
        if verdict == Verdict.DIVERGED:
            self.log.append("All blocks are synced, since the generations have no common bitmap.")
            return ruling.verdict * FULL_SYNC_LEAST
        return ruling.verdict

    def _rivals(self) -> Rivals:
        return Rivals(
            own_was_primary=bool(self._own.generations.bitmap_uuid & PRIMARY_BIT),
            peer_was_primary=bool(self._peer.uuids.bitmap_uuid & PRIMARY_BIT),
            own_changes_bits=self._own.bits_sent,
            peer_changes_bits=self._peer.uuids.bits_set,
            is_primary=self._own.is_primary,
            is_peer_primary=self._peer.is_primary,
            resolves_conflicts=self._agreement.resolves_conflicts,
            can_step_down=self._own.can_step_down,
        )

    def _by_administrator(self, verdict: int) -> int:
        """Steps 7 and 8: exactly one node was told to give its data up, or nobody can go on."""
        if verdict != Verdict.DIVERGED:
            return verdict
        is_source = self._peer.has(UuidFlags.DISCARD_MY_DATA)
        if self._own.discard_my_data == is_source:
            self.helpers.append("split-brain")
            raise _Failure("Split-Brain detected but unresolved, dropping connection!")
        self.log += [
            f"Split-Brain rule: discard-my-data of {'the peer' if is_source else 'this'} node",
            f"Split-Brain detected, manually solved. Sync from {ENDS[is_source]}",
        ]
        return 1 if is_source else -1

    def _refuse_bad_source(self, verdict: int) -> None:
        """Step 9: who has not all its data can not give it."""
        if verdict > 0 and self._own.data.wire <= INCONSISTENT:
            raise _Failure("This node should become sync source, but its disk is Inconsistent!")

    def _refuse_primary_target(self, verdict: int) -> None:
        """Step 10: applications here would see their data change."""
        is_primary = self._own.is_primary and not self.steps_down
        is_harmless = not is_primary or self._own.disk.wire < DiskState.Consistent.wire
        if verdict >= 0 or is_harmless:
            return
        sentence = "This node should become sync target, but it is Primary"
        self.log.append(
            f"A primary would be sync target: rr-conflict {self._options.rr_conflict.value}"
        )
        if self._options.rr_conflict is RrConflict.VIOLENTLY:
            self.log.append(f"{sentence}; its data will change under its applications!")
            return
        if self._options.rr_conflict is RrConflict.CALL_PRI_LOST:
            self.helpers.append("pri-lost")
        raise _Failure(f"{sentence}!")

    def _tell_loss(self, *, is_source: bool) -> None:
        """Say whose changes will be overwritten, how much that is, and since when it was changed.

        A node counts from the generation that its bitmap belongs to; without one nobody knows.
        """
        uuids = self._peer.uuids
        if is_source:
            loser, blocks, since = "the peer node", uuids.bits_set, uuids.bitmap_uuid
        else:
            own = self._own
            loser, blocks, since = "this node", own.bits_sent, own.generations.bitmap_uuid
        amount = f"{blocks} blocks, {blocks * BLOCK_SIZE_KIB} KB, changed since {since:016X}"
        self.log.append(f"Changes of {loser} are lost: {amount if since else 'nobody knows which'}")

    def _refuse_dry_run(self, verdict: int) -> None:
        """Step 11: nothing more was asked for than to know."""
        if not self._own.is_dry_run:
            return
        if verdict == 0:
            raise _Failure("Dry run: no resync would follow")
        end = "source" if verdict > 0 else "target"
        blocks = "full" if abs(verdict) >= FULL_SYNC_LEAST else "bitmap based"
        raise _Failure(f"Dry run: this node would become sync {end}, {blocks}")

    def _announce(self, verdict: int) -> None:
        """Steps 12 and 13."""
        if abs(verdict) >= FULL_SYNC_LEAST:
            self.log.append(
                "Writing the whole bitmap, full sync required after drbd_sync_handshake."
            )
        elif verdict == 0 and self._own.bits_set:
            self.log.append(f"No resync, but {self._own.bits_set} bits in bitmap!")
