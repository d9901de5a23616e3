"""What a node did, step by step, in the form that `dotgen coverage` reads.

    12.350 alice conn_states Connected --peer_closed--> BrokenPipe  [clean_up_link]
    12.351 alice mirrored_write w_send_dblock --> drbd_endio_write_pri
    12.352 alice/1 mirrored_write e_end_block --P_WRITE_ACK--> got_BlockAck

Steps are kept as they come and become text when somebody reads them: most never are. Of each row of
the drawings the trace knows how often it was taken since the node began.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Any, Final, NamedTuple, TypeAlias

from generated.flows.path import Flow
from runtime.effects import FlowTraced, StateChanged

KEPT_MAX: Final = 100_000  # some tens of megabytes; what is older is in the sink, if there is one


class ArrowsTaken(NamedTuple):
    """What a machine did that is none of the engine's."""

    arrows: tuple[tuple[str, str, str, str, tuple[str, ...]], ...]
    volume: int = 0


class Row(NamedTuple):
    """What can be counted: an arrow of a drawing, by the names that a trace writes."""

    volume: int
    graph: str
    source: str
    event: str
    """In a flow, the packet; empty where none crosses."""
    target: str

    @property
    def text(self) -> str:
        """The arrow as a trace has it."""
        way = f"--{self.event}-->" if self.event else "-->"
        return f"{self.graph} {self.source} {way} {self.target}"


Told: TypeAlias = StateChanged | FlowTraced | ArrowsTaken
Arriving: TypeAlias = dict[Enum, list[tuple[Enum, str, str, str]]]
"""Each step's arrows that lead to it: the step before, by its name too, the packet, the name."""


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
        self.counts: Counter[Row] = Counter()
        """How often each row was taken; the drawings bound how many there can be."""
        self._node = node
        self._told: deque[tuple[float, Told]] = deque(maxlen=kept_max)
        self._arriving: dict[str, Arriving] = {}
        """Drawing -> its arrows."""

    def tell(self, now_s: float, told: Told) -> None:
        """Take a step or several."""
        self._told.append((now_s, told))
        self.counts.update(self._rows(told))
        if self.sink is not None:
            for line in self._lines(now_s, told):
                self.sink(line)

    def lines(self) -> Iterator[str]:
        """What is kept, as text."""
        for now_s, told in tuple(self._told):
            yield from self._lines(now_s, told)

    def last_lines(self, count: int) -> list[str]:
        """The last lines of it, at most so many."""
        last: deque[str] = deque()
        for now_s, told in reversed(self._told):
            if len(last) >= count:
                break
            last.extendleft(reversed([*self._lines(now_s, told)]))
        return [*last][max(0, len(last) - count) :]

    def _lines(self, now_s: float, told: Told) -> Iterator[str]:
        volume = f"/{told.volume}" if told.volume else ""
        head = f"{now_s:.3f} {self._node}{volume}"
        if isinstance(told, FlowTraced):
            return (f"{head} {row.text}" for row in self._rows(told))
        done = (f"  [{', '.join(it[-1])}]" if it[-1] else "" for it in told.arrows)
        return (f"{head} {row.text}{it}" for row, it in zip(self._rows(told), done, strict=True))

    def _rows(self, told: Told) -> Iterable[Row]:
        if isinstance(told, FlowTraced):
            return self._steps(told)
        return [Row(told.volume, *arrow[:4]) for arrow in told.arrows]

    def _steps(self, told: FlowTraced) -> Iterator[Row]:
        """The arrows that lead to each step: own ones, and by packet from the other column."""
        drawing = told.flow.drawing
        graph = drawing.rpartition("/")[2].removesuffix(".dot")
        if drawing not in self._arriving:
            self._arriving[drawing] = _arriving(told.flow)
        arriving = self._arriving[drawing]
        done: set[Enum] = set()
        for step in told.steps:
            for source, name, packet, target in arriving.get(step, ()):
                if packet or source in done:
                    yield Row(told.volume, graph, name, packet, target)
            done.add(step)


def _arriving(flow: Flow[Any]) -> Arriving:
    names = _names(flow)
    arriving: Arriving = {}
    for source, arrows in flow.follows.items():
        for arrow in arrows:
            packet = arrow.packet.__name__ if arrow.packet else ""
            found = (source, names[source], packet, names[arrow.step])
            arriving.setdefault(arrow.step, []).append(found)
    return arriving


def _names(flow: Flow[Any]) -> dict[Enum, str]:
    """Each step's function, behind its column where both columns have one of that name."""
    counts = Counter(step.name for step in flow.follows)
    return {
        step: step.name if counts[step.name] == 1 else f"{type(step).__name__}.{step.name}"
        for step in flow.follows
    }
