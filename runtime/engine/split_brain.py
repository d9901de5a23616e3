"""Whose changes survive a split brain, by the settings of the administrator (states 5.9).

Both nodes decide for themselves, and come to one result, since each knows what the other one goes
by. A policy answers as the comparison of generations does: who becomes the source of a resync, or
that it came to no decision.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from generated.layouts.configuration import SplitBrainPolicy
from runtime.config import NetOptions

GOES_BY_0PRI: Final = (
    SplitBrainPolicy.CONSENSUS,
    SplitBrainPolicy.VIOLENTLY_AS0P,
    SplitBrainPolicy.CALL_PRI_LOST_AFTER_SB,
)
SOURCE: Final = 1
"""The peer's changes are discarded."""
TARGET: Final = -1
"""The own changes are discarded."""
UNDECIDED: Final = -100

NO_DECISION_BY_AGE: Final = "Discard younger/older primary did not find a decision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rivals:
    """What the policies go by."""

    own_was_primary: bool
    """Whether this node was primary when the data diverged: bit 0 of its bitmap UUID."""
    peer_was_primary: bool
    own_changes_bits: int
    """How many bits this node said that it has set."""
    peer_changes_bits: int
    is_primary: bool = False
    is_peer_primary: bool = False
    resolves_conflicts: bool = False
    """Whether it is this node that gives way where nothing else tells the nodes apart."""
    can_step_down: bool = False
    """Whether this node, as primary, could become secondary now."""

    @property
    def primaries(self) -> int:
        """How many of the two nodes are primary."""
        return self.is_primary + self.is_peer_primary


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a policy came to: SOURCE, TARGET or UNDECIDED, and what it says to that."""

    verdict: int
    log: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    """The programs of the administrator that are to be told."""
    steps_down: bool = False
    """Whether this node is to be secondary from now on."""


Policy: TypeAlias = Callable[[Rivals, NetOptions], Ruling]


def after_split_brain(rivals: Rivals, options: NetOptions) -> Ruling:
    """Rule by the policy for as many primaries as there are; another policy rules nothing."""
    policies, chosen = (
        (ZERO_PRIMARIES, options.after_sb_0pri),
        (ONE_PRIMARY, options.after_sb_1pri),
        (TWO_PRIMARIES, options.after_sb_2pri),
    )[rivals.primaries]
    policy = policies.get(chosen)
    if policy is None:
        sentence = f"after-sb-{rivals.primaries}pri can not be {_spelled(chosen)}"
        return Ruling(UNDECIDED, (sentence,))
    return policy(rivals, options)


def rule_of(rivals: Rivals, options: NetOptions) -> str:
    """The setting that rules, and the one for no primaries where it goes by that."""
    without = f"after-sb-0pri {_spelled(options.after_sb_0pri)}"
    if not rivals.primaries:
        return without
    chosen = options.after_sb_1pri if rivals.primaries == 1 else options.after_sb_2pri
    rule = f"after-sb-{rivals.primaries}pri {_spelled(chosen)}"
    return f"{rule}, {without}" if chosen in GOES_BY_0PRI else rule


def _spelled(policy: SplitBrainPolicy) -> str:
    """As a configuration has it."""
    return policy.name.lower().replace("_", "-")


def _disconnect(_rivals: Rivals, _options: NetOptions) -> Ruling:
    """Leave it to the administrator."""
    return Ruling(UNDECIDED)


# Without a primary.


def _discard_younger_primary(rivals: Rivals, _options: NetOptions) -> Ruling:
    """Who was primary when the data diverged is the older primary."""
    if rivals.own_was_primary == rivals.peer_was_primary:
        return Ruling(_by_changes(rivals), (NO_DECISION_BY_AGE,))
    return Ruling(SOURCE if rivals.own_was_primary else TARGET)


def _discard_older_primary(rivals: Rivals, _options: NetOptions) -> Ruling:
    """The other way round."""
    if rivals.own_was_primary == rivals.peer_was_primary:
        return Ruling(_by_changes(rivals), (NO_DECISION_BY_AGE,))
    return Ruling(TARGET if rivals.own_was_primary else SOURCE)


def _discard_zero_changes(rivals: Rivals, _options: NetOptions) -> Ruling:
    """Nothing is lost if one of them has changed nothing."""
    return Ruling(next(_by_zero_changes(rivals), UNDECIDED))


def _discard_least_changes(rivals: Rivals, _options: NetOptions) -> Ruling:
    """The less is lost, the better."""
    return Ruling(_by_least_changes(rivals))


def _discard_local(_rivals: Rivals, _options: NetOptions) -> Ruling:
    """The peer has `discard-remote`, as the nodes told each other before."""
    return Ruling(TARGET)


def _discard_remote(_rivals: Rivals, _options: NetOptions) -> Ruling:
    """The peer has `discard-local`."""
    return Ruling(SOURCE)


def _by_changes(rivals: Rivals) -> int:
    return next(_by_zero_changes(rivals), _by_least_changes(rivals))


def _by_zero_changes(rivals: Rivals) -> Iterator[int]:
    """Yield nothing where both nodes have changes."""
    if rivals.own_changes_bits == rivals.peer_changes_bits == 0:
        yield _by_lot(rivals)
    elif rivals.peer_changes_bits == 0:
        yield SOURCE
    elif rivals.own_changes_bits == 0:
        yield TARGET


def _by_least_changes(rivals: Rivals) -> int:
    if rivals.own_changes_bits == rivals.peer_changes_bits:
        return _by_lot(rivals)
    return TARGET if rivals.own_changes_bits < rivals.peer_changes_bits else SOURCE


def _by_lot(rivals: Rivals) -> int:
    """Exactly one of the nodes resolves conflicts, so exactly one gives way."""
    return TARGET if rivals.resolves_conflicts else SOURCE


ZERO_PRIMARIES: Final[Mapping[SplitBrainPolicy, Policy]] = {
    SplitBrainPolicy.DISCONNECT: _disconnect,
    SplitBrainPolicy.DISCARD_YOUNGER_PRIMARY: _discard_younger_primary,
    SplitBrainPolicy.DISCARD_OLDER_PRIMARY: _discard_older_primary,
    SplitBrainPolicy.DISCARD_ZERO_CHANGES: _discard_zero_changes,
    SplitBrainPolicy.DISCARD_LEAST_CHANGES: _discard_least_changes,
    SplitBrainPolicy.DISCARD_LOCAL: _discard_local,
    SplitBrainPolicy.DISCARD_REMOTE: _discard_remote,
}
"""after-sb-0pri -> who rules."""


# With primaries.


def _as_without_primary(rivals: Rivals, options: NetOptions) -> Ruling:
    """The same as if nobody were primary, even if a primary loses."""
    policy = ZERO_PRIMARIES.get(options.after_sb_0pri, _disconnect)
    return policy(rivals, options)


def _consensus(rivals: Rivals, options: NetOptions) -> Ruling:
    """The same as if nobody were primary, but only if the secondary loses."""
    ruling = _as_without_primary(rivals, options)
    is_agreed = ruling.verdict == (SOURCE if rivals.is_primary else TARGET)
    return Ruling(ruling.verdict if is_agreed else UNDECIDED, ruling.log)


def _discard_secondary(rivals: Rivals, _options: NetOptions) -> Ruling:
    """The primary's applications keep their data."""
    return Ruling(SOURCE if rivals.is_primary else TARGET)


def _call_pri_lost(rivals: Rivals, options: NetOptions) -> Ruling:
    """A primary that loses is demoted first, or nothing but the call for a helper remains.

    When a connection is made it can't be, since the peer was told the role already (states 5.9).
    """
    ruling = _as_without_primary(rivals, options)
    if ruling.verdict != TARGET or not rivals.is_primary:
        return ruling
    if not rivals.can_step_down:
        return Ruling(UNDECIDED, ruling.log, ("pri-lost-after-sb",))
    return Ruling(TARGET, (*ruling.log, "Split-Brain lost, becoming Secondary"), steps_down=True)


ONE_PRIMARY: Final[Mapping[SplitBrainPolicy, Policy]] = {
    SplitBrainPolicy.DISCONNECT: _disconnect,
    SplitBrainPolicy.CONSENSUS: _consensus,
    SplitBrainPolicy.VIOLENTLY_AS0P: _as_without_primary,
    SplitBrainPolicy.DISCARD_SECONDARY: _discard_secondary,
    SplitBrainPolicy.CALL_PRI_LOST_AFTER_SB: _call_pri_lost,
}
"""after-sb-1pri -> who rules."""

TWO_PRIMARIES: Final[Mapping[SplitBrainPolicy, Policy]] = {
    SplitBrainPolicy.DISCONNECT: _disconnect,
    SplitBrainPolicy.VIOLENTLY_AS0P: _as_without_primary,
    SplitBrainPolicy.CALL_PRI_LOST_AFTER_SB: _call_pri_lost,
}
"""after-sb-2pri -> who rules."""
