"""A simulated node of which every step is held to bounds, whatever its peer does."""

from typing import Final

from runtime.events import Event
from tests.simulation.node import SimulatedNode

EFFECTS_MAX: Final = 4096
"""Of one event: a few for each packet that one read of a socket can bring in these tests."""
OUT_SIZE_BYTES_MAX: Final = 2 << 20
"""Of one event: the largest answer, and what goes with it."""
WORKS_MAX: Final = 10_000
"""What the disk is asked for in one test: a resync of the whole volume, and the requests to it."""
LINES_MAX: Final = 4096


class WatchedNode(SimulatedNode):
    """One node that must not do too much at once."""

    def happen(self, event: Event) -> None:
        """Let the engine handle an event, look at what it asks for, and do that."""
        effects = self.resource.handle(event, self.world.now)
        assert len(effects) <= EFFECTS_MAX, f"{len(effects)} effects of one event"
        for channel in self.channels:
            assert channel.out_size_bytes <= OUT_SIZE_BYTES_MAX, f"{channel.out_size_bytes} bytes"
        for effect in effects:
            self._carry_out(effect)
        for channel in list(self.channels):
            self._send(channel)
        self.world.wake(self)
        assert len(self.works) <= WORKS_MAX, f"{len(self.works)} orders to the disk"
        assert len(self.log) <= LINES_MAX, f"{len(self.log)} lines of log"
