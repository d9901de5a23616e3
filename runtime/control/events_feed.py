"""The lines of events2 for somebody who follows some nodes."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from runtime.control.events_text import (
    THE_END_OF_WHAT_IS,
    change_lines,
    exists_lines,
    helper_line,
    objects_of,
)
from runtime.control.viewing import Minors, view_of
from runtime.effects import HelperTold, StateChanged
from runtime.node import Node

UNREAD_MAX: Final = 1000  # changes; who is further behind is told how many lines are missing


class EventsFeed:
    """What there is, and then what changes, for one reader."""

    def __init__(self, minors: Minors, *, has_times: bool, has_statistics: bool) -> None:
        self._minors = minors
        self._has_times = has_times
        self._has_statistics = has_statistics
        self._unread: asyncio.Queue[list[str] | None] = asyncio.Queue(UNREAD_MAX)
        self._followed_count = 0
        self._skipped_count = 0
        self._ends: list[Callable[[], None]] = []

    def begin(self, nodes: Sequence[Node]) -> list[str]:
        """Follow these nodes; return what there is."""
        lines: list[str] = []
        for node in nodes:
            follower = _Follower(node, self)
            self._ends.append(node.watch(follower.tell))
            self._followed_count += 1
            lines += exists_lines(follower.objects)
        return self._timed([*lines, THE_END_OF_WHAT_IS])

    def end(self) -> None:
        """Follow nobody."""
        for end in self._ends:
            end()

    async def next(self) -> list[str] | None:
        """Wait for what happens next; None when all nodes have ended."""
        lines = await self._unread.get()
        if self._skipped_count and lines is not None:
            lines = [*lines, f"- skipped {self._skipped_count}"]
            self._skipped_count = 0
        return lines

    def put(self, lines: list[str]) -> None:
        """Something has happened."""
        if not lines:
            return
        if self._unread.full():
            self._skipped_count += len(lines)
        else:
            self._unread.put_nowait(self._timed(lines))

    def node_ended(self) -> None:
        """One of the nodes will say nothing more."""
        self._followed_count -= 1
        if not self._followed_count:
            if self._unread.full():
                self._unread.get_nowait()
            self._unread.put_nowait(None)

    def objects(self, follower: "_Follower") -> dict[str, dict[str, str]]:
        """All objects of a node, in the states that were told."""
        view = view_of(follower.node, self._minors, follower.states)
        return objects_of(view, has_statistics=self._has_statistics)

    def helper(self, follower: "_Follower", told: HelperTold) -> str:
        """A program was called, or has ended."""
        view = view_of(follower.node, self._minors, follower.states)
        return helper_line(view, told.volume, told.name, told.exit_code)

    def _timed(self, lines: list[str]) -> list[str]:
        """All lines of one change share its time."""
        if not self._has_times:
            return lines
        now = datetime.now().astimezone().isoformat(timespec="microseconds")
        return [f"{now} {line}" for line in lines]


class _Follower:
    """Follows one node, change by change."""

    def __init__(self, node: Node, feed: EventsFeed) -> None:
        self.node = node
        self.states = {it: node.state(it) for it in sorted(node.config.resource.volumes)}
        self._feed = feed
        self.objects = feed.objects(self)

    def tell(self, told: StateChanged | HelperTold | None) -> None:
        """Put what has changed into the feed."""
        if told is None:
            self._feed.node_ended()
        elif isinstance(told, HelperTold):
            self._feed.put([self._feed.helper(self, told)])
        elif told.before != told.after:
            self.states[told.volume] = told.after
            before, self.objects = self.objects, self._feed.objects(self)
            self._feed.put([*change_lines(before, self.objects)])
