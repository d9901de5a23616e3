"""Where random numbers come from: passed in, so that one seed replays everything."""

from typing import Protocol


class RandomNumbers(Protocol):
    """What is asked of a source of random numbers; `random.Random` fits.

    A node in the field is given one that the peer cannot foresee: challenges and UUIDs come of it.
    """

    def getrandbits(self, k: int, /) -> int:
        """A number of k random bits."""
        ...

    def random(self) -> float:
        """A number from 0 to below 1."""
        ...
