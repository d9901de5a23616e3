"""Two nodes live through outages, and each time they meet the newer data is found.

The nodes here are as small as can be: UUIDs, and the set of writes that each disk has. They are
promoted, write, lose each other, and are cut off at every step of a resync.
"""

from dataclasses import dataclass, field
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runtime.metadata.comparison import Agreement, Side, Verdict, compare
from runtime.metadata.generations import Generations

ALICE, BOB = 0, 1

EVENTS: Final = (
    "alice is promoted",
    "bob is promoted",
    "alice is demoted",
    "bob is demoted",
    "the primaries write",
    "they meet",
    "they part",
    "the next resync gets no further than the source",
    "the next resync breaks off",
    "the next resync ends at the target only",
    "the next resync ends at the source only",
)


@dataclass
class Node:
    """One node, its data as the writes that are in it."""

    generations: Generations = field(default_factory=Generations)
    writes: frozenset[int] = frozenset()
    is_consistent: bool = False
    is_primary: bool = False

    @property
    def side(self) -> Side:
        """What the comparison knows of it."""
        return Side(self.generations, is_primary=self.is_primary)


class World:
    """Two nodes and the line between them."""

    def __init__(self) -> None:
        self.nodes = (Node(), Node())
        self.are_connected = False
        self.cut = ""
        self.rules = set[int]()
        self._last = 0x1000

    def _new(self) -> int:
        """A number that nobody had before."""
        self._last += 0x10
        return self._last

    def take(self, event: str) -> None:
        """Let something happen, where it can."""
        who = self.nodes[BOB if event.startswith("bob") else ALICE]
        if event.endswith("promoted"):
            self._promote(who)
        elif event.endswith("demoted") and who.is_primary:
            who.is_primary, who.generations = False, who.generations.became_secondary()
        elif event == "the primaries write":
            self._write()
        elif event == "they meet" and not self.are_connected:
            self._meet()
        elif event == "they part" and self.are_connected:
            self._part()
        elif event.startswith("the next"):
            self.cut = event

    def _promote(self, node: Node) -> None:
        if node.is_primary or (self.are_connected and any(it.is_primary for it in self.nodes)):
            return
        node.is_primary = True
        if node.is_consistent:
            node.generations = node.generations.became_primary(
                self._new(), has_peer_data=self.are_connected
            )
        elif node.generations.is_just_created and not self.are_connected:
            node.is_consistent = True  # by force
            node.generations = node.generations.forced_primary(self._new())
        else:
            node.is_primary = False

    def _write(self) -> None:
        for node in self.nodes:
            if node.is_primary:
                write = self._new()
                for it in self.nodes if self.are_connected else (node,):
                    it.writes |= {write}

    def _part(self) -> None:
        self.are_connected = False
        for node in self.nodes:
            if node.is_primary and node.is_consistent:
                node.generations = node.generations.lost_peer_data(self._new(), is_primary=True)

    def _meet(self) -> None:
        alice, bob = self.nodes
        if alice.is_primary and bob.is_primary:
            return  # refused; one of them has to be demoted first
        here = compare(alice.side, bob.side, Agreement())
        there = compare(bob.side, alice.side, Agreement(resolves_conflicts=True))
        assert there.verdict == here.verdict.mirrored
        assert (there.own, there.peer) == (here.peer, here.own)
        self.rules |= {here.rule, there.rule}
        alice.generations, bob.generations = here.own, there.own
        self._settle(here.verdict)

    def _settle(self, verdict: Verdict) -> None:
        alice, bob = self.nodes
        source, target = (alice, bob) if verdict > 0 else (bob, alice)
        if verdict == Verdict.NO_RESYNC:
            assert alice.writes == bob.writes
            self.are_connected = True
        elif verdict.is_resync:
            assert source.is_consistent
            assert target.writes <= source.writes or not target.is_consistent
            self._resync(source, target)
        else:
            # Only what was written on either side, unseen by the other, may be in the way.
            assert alice.generations != bob.generations
            source, target = (alice, bob) if alice.is_primary else (bob, alice)
            if source.is_consistent:
                self._resync(source, target)  # the operator discards the target's changes

    def _resync(self, source: Node, target: Node) -> None:
        if target.is_primary and target.is_consistent:
            return  # refused, unless rr-conflict says otherwise
        cut, self.cut = self.cut, ""
        met = source.generations
        source.generations = met.started_resync_as_source(self._new())
        if cut.endswith("than the source"):
            return
        role = target.is_primary
        target.generations = target.generations.started_resync_as_target(
            source.generations.bitmap_uuid, is_primary=role
        )
        target.is_consistent = False
        if cut.endswith("breaks off"):
            return
        if not cut.endswith("source only"):
            target.generations = target.generations.finished_resync_as_target(met, is_primary=role)
            target.is_consistent, target.writes = True, source.writes
        if not cut.endswith("target only"):
            source.generations = source.generations.finished_resync_as_source()
        self.are_connected = not cut
        if cut.endswith("target only"):
            self._meet()  # at once: the source counts on, and so makes no new generation
        if cut.endswith("source only"):
            self._part()


OUTAGE: Final = ("alice is promoted", "they meet", "they part", "the primaries write")
"""A first sync, then writes that bob misses."""

SCENARIOS: Final = {
    34: (*OUTAGE, "the next resync ends at the target only", "they meet"),
    50: (*OUTAGE, "they meet"),
    51: (*OUTAGE, "the next resync gets no further than the source", "they meet", "they meet"),
    80: (*OUTAGE, "the next resync ends at the source only", "they meet", "they meet"),
    90: (*OUTAGE, "alice is demoted", "bob is promoted", "the primaries write", "they meet"),
}


@given(st.lists(st.sampled_from(EVENTS), max_size=40))
@example(list(SCENARIOS[51] + SCENARIOS[34][1:]))
def test_whoever_becomes_the_source_has_all_that_the_other_has(events: list[str]) -> None:
    """No write that a consistent disk has is overwritten, unless both nodes wrote on their own."""
    world = World()
    for event in events:
        world.take(event)


@pytest.mark.parametrize("rule", SCENARIOS)
def test_a_story_ends_in_the_rule_that_was_made_for_it(rule: int) -> None:
    """Each way in which a resync can be cut off is what one rule looks for."""
    world = World()
    for event in SCENARIOS[rule]:
        world.take(event)
    assert rule in world.rules
    assert world.are_connected
    assert world.nodes[ALICE].writes == world.nodes[BOB].writes
