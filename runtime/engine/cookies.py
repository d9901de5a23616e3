"""Names for requests, which the peer echoes in its answers (wire 7.1, 8)."""

from typing import Final

from generated.layouts.requests import SpecialBlockId

COOKIE_MASK: Final = (1 << 64) - 1


class Cookies:
    """The names of one kind of request, each for itself until all others were used."""

    def __init__(self, first: int) -> None:
        self._last = first

    def next(self) -> int:
        """A name that no open request has; never that of a resync block."""
        self._last = (self._last + 1) & COOKIE_MASK
        if self._last == SpecialBlockId.ID_SYNCER:
            self._last = 1
        return self._last
