"""The nodes of several resources in one process: they know of each other's resyncs (states 6.5)."""

from collections.abc import Callable

from runtime.engine.resync_turns import ResyncTurns
from runtime.events import ResyncTurnPassed

Post = Callable[[ResyncTurnPassed], None]


class Neighbours:
    """What the nodes of a process share; they all run in one event loop.

    `resync_count_max` says how many of their volumes may resync at once, 0 for all.
    """

    def __init__(self, *, resync_count_max: int = 0) -> None:
        self.turns = ResyncTurns(count_max=resync_count_max)
        self._posts: dict[str, Post] = {}

    def join(self, resource: str, post: Post) -> None:
        """A node begins."""
        self._posts[resource] = post

    def leave(self, resource: str) -> None:
        """A node ends: nobody waits for it."""
        self._posts.pop(resource, None)
        self.turns.leave(resource)
        self.tell(resource)

    def tell(self, resource: str) -> None:
        """A resync of one resource has begun or ended: the others look who may go on."""
        for name, post in self._posts.items():
            if name != resource:
                post(ResyncTurnPassed())
