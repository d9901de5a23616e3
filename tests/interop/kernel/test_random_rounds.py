"""Ten rounds of whatever can happen to two nodes, drawn from one number."""

import os
import random
from collections.abc import Callable
from typing import Final

from tests.interop.kernel.complaints import after
from tests.interop.kernel.our_side import OurSide
from tests.interop.kernel.pair import SMALL, Pair
from tests.interop.kernel.side import Side, Write

ROUNDS: Final = 10
SEED: Final = int(os.environ.get("DOTMIRROR_SEED", "1"))
APART: Final = ("WFConnection", "Unconnected", "NetworkFailure", "BrokenPipe", "Timeout")
SECTORS: Final = SMALL // 512


class Rounds:
    """One game: who is primary now, and what can happen next."""

    def __init__(self, pair: Pair, chance: random.Random) -> None:
        self.pair = pair
        self.primary: Side = pair.one
        self.secondary: Side = pair.other
        self._chance = chance

    def writes(self) -> list[Write]:
        """A few writes of any size anywhere."""
        sizes = [self._chance.choice([1, 7, 8, 24, 128, 512]) for _ in range(12)]
        return [
            Write(self._chance.randrange(SECTORS - size), size, self._chance.randrange(999))
            for size in sizes
        ]

    def write(self) -> None:
        """Write while connected."""
        self.primary.write(self.writes())

    def swap(self) -> None:
        """Let the other be primary."""
        self.primary.secondary()
        self.secondary.primary()
        self.primary, self.secondary = self.secondary, self.primary
        self.write()

    def part(self) -> None:
        """Write while the peer is away."""
        self.secondary.disconnect()
        self.primary.wait(conn="WFConnection")
        self.write()
        self.secondary.connect()

    def pull_cable(self) -> None:
        """Lose the link in the middle of writes."""
        self.primary.start_writing()
        self.primary.await_writes(10)
        self.pair.guest.set_cable(is_plugged=False)
        self.pair.wait(conn=APART)
        self.pair.guest.set_cable(is_plugged=True)
        self.pair.wait(conn="Connected")
        self.primary.stop_writing()

    def invalidate(self) -> None:
        """Let the secondary drop its data."""
        self.secondary.invalidate()
        self.write()

    def discard(self) -> None:
        """Give up some of the device."""
        self.primary.discard(sector=self._chance.randrange(SECTORS // 2), count=2048)

    def kill(self) -> None:
        """Kill our node, if it takes part."""
        for side in self.pair.sides:
            if not isinstance(side, OurSide):
                continue
            side.crash()
            peer = self.primary if side is self.secondary else self.secondary
            peer.wait(conn=APART)
            side.revive()
            side.connect()
            if side is self.primary:
                self.pair.in_sync()
                side.primary()

    def play(self) -> str:
        """Let one thing happen; returns its name."""
        moves: list[Callable[[], None]] = [
            *(self.write, self.swap, self.part, self.pull_cable),
            *(self.invalidate, self.discard, self.kill),
        ]
        move = self._chance.choice(moves)
        move()
        return move.__name__


def test_random_rounds(pair: Pair) -> None:
    """After each round both devices are the same."""
    print(f"DOTMIRROR_SEED={SEED}")
    pair.synced(net={"ping_int": 3, "timeout": 29})
    rounds = Rounds(pair, random.Random(SEED))
    for number in range(ROUNDS):
        print(f"round {number}: {rounds.play()}")
        pair.reckon()
    pair.end(allowed=after("cables were pulled and processes killed"))
