"""Calls of the administrator's programs, and who waits for what comes of them (states 4.5).

A program that is not configured counts as one that ends with 0. Of two calls of the same helper for
the same volume the second one waits for the first.
"""

from collections import deque
from collections.abc import Callable, Collection
from typing import TypeAlias

from runtime.effects import CallHelper, HelperTold
from runtime.engine.agenda import Agenda

ExitCode: TypeAlias = Callable[[int], None]
"""Goes on when a helper has ended, by its exit code."""


class Calling:
    """The helpers of one resource."""

    def __init__(self, agenda: Agenda, configured: Collection[str]) -> None:
        self._agenda = agenda
        self._configured = configured
        self._open: dict[tuple[str, int | None], deque[ExitCode | None]] = {}

    def call(self, name: str, volume: int | None, ended: ExitCode | None = None) -> None:
        """Call a helper about a volume, or about the connection; `ended` gets its exit code."""
        if name not in self._configured:
            self._agenda.emit(HelperTold(name, volume))
            self._agenda.emit(HelperTold(name, volume, 0))
            if ended is not None:
                ended(0)
            return
        waiting = self._open.setdefault((name, volume), deque())
        waiting.append(ended)
        if len(waiting) == 1:
            self._run(name, volume)

    def _run(self, name: str, volume: int | None) -> None:
        self._agenda.emit(HelperTold(name, volume))
        self._agenda.emit(CallHelper(name, volume))

    def ended(self, name: str, volume: int | None, exit_code: int) -> None:
        """The program has ended."""
        waiting = self._open[name, volume]
        go_on = waiting.popleft()
        self._agenda.emit(HelperTold(name, volume, exit_code))
        if waiting:
            self._run(name, volume)
        if go_on is not None:
            go_on(exit_code)
