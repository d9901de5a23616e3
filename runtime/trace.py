"""What a node did, step by step, in the form that `dotgen coverage` reads.

    12.350 alice conn_states Connected --peer_closed--> BrokenPipe  [clean_up_link]
    12.351 alice mirrored_write w_send_dblock --> drbd_endio_write_pri
    12.352 alice/1 mirrored_write e_end_block --P_WRITE_ACK--> got_BlockAck

Steps are kept as they come and become text when somebody reads them: most never are.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, Final, NamedTuple, TypeAlias

from generated.flows.path import Flow
from runtime.effects import FlowTraced, StateChanged

KEPT_MAX: Final = 100_000  # some tens of megabytes; what is older is in the sink, if there is one


class ArrowsTaken(NamedTuple):
    """What a machine did that is none of the engine's."""

    arrows: tuple[tuple[str, str, str, str, tuple[str, ...]], ...]
    volume: int = 0


Told: TypeAlias = StateChanged | FlowTraced | ArrowsTaken
Arriving: TypeAlias = dict[Enum, list[tuple[Enum, str, str]]]
"""Each step's arrows that lead to it: from where, by which packet, and as text."""


class Trace:
    """The last steps of one node; `sink` gets each line at once."""

    def __init__(
        self,
        node: str,
        *,
        kept_max: int = KEPT_MAX,
        sink: Callable[[str], None] | None = None,
    ) -> None:
        self.sink = sink
        self._node = node
        self._told: deque[tuple[float, Told]] = deque(maxlen=kept_max)
        self._arriving: dict[str, Arriving] = {}
        """Drawing -> its arrows."""

    def tell(self, now_s: float, told: Told) -> None:
        """Take a step or several."""
        self._told.append((now_s, told))
        if self.sink is not None:
            for line in self._lines(now_s, told):
                self.sink(line)

    def lines(self) -> Iterator[str]:
        """What is kept, as text."""
        for now_s, told in tuple(self._told):
            yield from self._lines(now_s, told)

    def _lines(self, now_s: float, told: Told) -> Iterator[str]:
        volume = f"/{told.volume}" if told.volume else ""
        head = f"{now_s:.3f} {self._node}{volume}"
        steps = self._steps(told) if isinstance(told, FlowTraced) else _arrows(told)
        return (f"{head} {step}" for step in steps)

    def _steps(self, told: FlowTraced) -> Iterator[str]:
        """The arrows that lead to each step: own ones, and by packet from the other column."""
        drawing = told.flow.drawing
        graph = drawing.rpartition("/")[2].removesuffix(".dot")
        if drawing not in self._arriving:
            self._arriving[drawing] = _arriving(told.flow)
        arriving = self._arriving[drawing]
        done: set[Enum] = set()
        for step in told.steps:
            for source, packet, arrow in arriving.get(step, ()):
                if packet or source in done:
                    yield f"{graph} {arrow}"
            done.add(step)


def _arrows(told: StateChanged | ArrowsTaken) -> Iterator[str]:
    for graph, source, event, target, actions in told.arrows:
        done = f"  [{', '.join(actions)}]" if actions else ""
        yield f"{graph} {source} --{event}--> {target}{done}"


def _arriving(flow: Flow[Any]) -> Arriving:
    names = _names(flow)
    arriving: Arriving = {}
    for source, arrows in flow.follows.items():
        for arrow in arrows:
            packet = arrow.packet.__name__ if arrow.packet else ""
            way = f"--{packet}-->" if packet else "-->"
            text = f"{names[source]} {way} {names[arrow.step]}"
            arriving.setdefault(arrow.step, []).append((source, packet, text))
    return arriving


def _names(flow: Flow[Any]) -> dict[Enum, str]:
    """Each step's function, behind its column where both columns have one of that name."""
    counts = Counter(step.name for step in flow.follows)
    return {
        step: step.name if counts[step.name] == 1 else f"{type(step).__name__}.{step.name}"
        for step in flow.follows
    }
