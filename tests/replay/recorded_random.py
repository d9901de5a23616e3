"""The random numbers of a kernel, where its packets tell them."""

from collections import deque
from collections.abc import Iterable
from random import Random
from typing import Final

from generated.layouts.handshake import P_AUTH_CHALLENGE
from tests.replay.happenings import Said

CHALLENGE_BITS: Final = 512


class RecordedRandom:
    """Random numbers of a seed; only the challenges are the kernel's, since the peer signs them."""

    def __init__(self, said: Iterable[Said]) -> None:
        self._challenges = deque(
            int.from_bytes(it.packet.challenge, "big")
            for it in said
            if isinstance(it.packet, P_AUTH_CHALLENGE)
        )
        self._random = Random(0)

    def getrandbits(self, k: int, /) -> int:
        """A number of k random bits; a coin says that waiting is not worth it."""
        if k == CHALLENGE_BITS and self._challenges:
            return self._challenges.popleft()
        return 1 if k == 1 else self._random.getrandbits(k)

    def random(self) -> float:
        """A number from 0 to below 1."""
        return self._random.random()
