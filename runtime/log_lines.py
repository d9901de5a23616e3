"""A line of a node's log, as people read it and as programs do."""

import json
from typing import NamedTuple

from runtime.effects import Level


class LogLine(NamedTuple):
    """What a node says at some time; about the connection when there is no volume."""

    time_s: float
    """By the node's clock, as in its trace."""
    node: str
    resource: str
    level: Level
    volume: int | None
    text: str

    def __str__(self) -> str:
        """For people: `12.350 alice info: volume 0: conn( StandAlone -> Unconnected )`."""
        volume = "" if self.volume is None else f"volume {self.volume}: "
        return f"{self.time_s:.3f} {self.node} {self.level.value}: {volume}{self.text}"

    def to_json(self, time: str) -> str:
        """For programs: one object; `time` is what the calendar and the clock on the wall say."""
        return json.dumps(
            {
                "time": time,
                "level": self.level.value,
                "node": self.node,
                "resource": self.resource,
                "volume": self.volume,
                "message": self.text,
            }
        )
