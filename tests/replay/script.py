"""What one side's node meets in a scenario, in order, and what it must have said before.

Applications' requests are taken from the packets that they led to: that is the order in which the
kernel got them, and so many pieces as its block layer made of them. Only of what led to no packet
the manifest is asked.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from generated.layouts.acks import P_RS_WRITE_ACK
from generated.layouts.codec import Packet
from generated.layouts.generations import P_UUIDS
from generated.layouts.requests import (
    P_RS_DATA_REPLY,
    P_RS_DATA_REQUEST,
    P_RS_DEALLOCATED,
)
from generated.layouts.state import P_STATE, StateChangeRequest
from generated.layouts.write import P_BARRIER
from runtime.requests import Request, RequestKind
from tests.replay.deeds import Asked, Deed, NetworkFailed, Requested, cut, deeds
from tests.replay.exceptions import asked_for, is_left_out
from tests.replay.happenings import Ended, Happening, Opened, Said, happenings
from tests.replay.manifest import SECTOR_SIZE_BYTES, Region, Scenario, Side, Step
from tests.replay.meetings import heard_late, repetitions, writes_of
from tests.replay.resync_answers import without_cancelled
from tests.replay.slowness import task_told_by
from tests.replay.told_requests import ToldRequests

RESYNC: Final = int(P_RS_DATA_REQUEST.COMMAND)  # a thin request counts like a plain one
BLOCK_SECTORS: Final = 8  # a resync asks for whole blocks
CONSEQUENCES: Final = (P_STATE, P_UUIDS, StateChangeRequest)
CLOCKS_DIFFER_S: Final = 0.05  # between the guest's steps and the capture

Place: TypeAlias = tuple[int, int, int]
"""A connection, a volume, and a packet's number."""


@dataclass(frozen=True, eq=False)
class Scene:
    """Something that the node meets, not before its time and not before it has said so much."""

    time_s: float
    what: Deed | Happening
    said_before: Counter[Place]

    def __str__(self) -> str:
        what = self.what
        if isinstance(what, Said):
            return f"the {type(what.packet).__name__} at {self.time_s:.6f}"
        return f"the {type(what).__name__} at {self.time_s:.6f}"


@dataclass(frozen=True)
class Script:
    """One side of a scenario."""

    scenario: Scenario
    side: Side
    scenes: tuple[Scene, ...]
    said: tuple[Said, ...]
    """What the kernel on this side said."""
    heard: tuple[Said, ...]
    """What the peer said."""


def script(scenario: Scenario, side: Side) -> Script:
    """One side of a scenario, as its node meets it."""
    in_time = _heard_in_time(happenings(scenario), scenario)
    all_of_them = heard_late(list(without_cancelled(in_time, side)), side)
    own = writes_of(side, all_of_them)
    left_out = {it.said for it in own if it.is_left_out}
    mine = [it for it in all_of_them if isinstance(it, Said) and it.by is side]
    all_deeds = [(step, deed) for step in scenario.steps for deed in deeds(step, side)]
    told = ToldRequests(
        all_of_them, side, [deed for _, deed in all_deeds], unasked=repetitions(own)
    )
    met: list[tuple[float, Deed | Happening]] = [
        (time_s, left)
        for step, deed in all_deeds
        for time_s, left in _as_told(deed, step, told, _moment(deed, step, side, all_of_them))
    ]
    met += ((it.time_s, it) for it in all_of_them)
    met.sort(key=lambda it: (it[0], isinstance(it[1], NetworkFailed)))
    heard = tuple(it for it in all_of_them if isinstance(it, Said) and it.by is not side)
    scenes = tuple(_scenes(met, side, told, left_out))
    return Script(scenario, side, scenes, tuple(mine), heard)


def _heard_in_time(all_of_them: list[Happening], scenario: Scenario) -> Iterator[Happening]:
    """What happened, without what TCP brings late of a connection that the network has broken."""
    failures_s = [
        step.end_s
        for step in scenario.steps
        if any(isinstance(deed, NetworkFailed) for deed in deeds(step, Side.A))
    ]
    opened_s = {it.connection: it.time_s for it in all_of_them if isinstance(it, Opened)}
    for it in all_of_them:
        if not any(opened_s[it.connection] < failed_s < it.time_s for failed_s in failures_s):
            yield it


def _moment(deed: Deed, step: Step, side: Side, all_of_them: Iterable[Happening]) -> float:
    """When a command took effect: just before its first consequence that can be seen."""
    if isinstance(deed, NetworkFailed):
        return max(
            (it.time_s for it in all_of_them if step.start_s <= it.time_s <= step.end_s),
            default=step.start_s,
        )
    if isinstance(deed, Asked):
        for it in all_of_them:
            is_consequence = isinstance(it, Ended) or (
                isinstance(it, Said) and isinstance(it.packet, CONSEQUENCES)
            )
            if it.by is side and is_consequence and step.start_s <= it.time_s <= step.end_s:
                return it.time_s
    return step.start_s


def counted(connection: int, volume: int, packet: Packet) -> Counter[Place]:
    """What a packet counts for: of a resync, the sectors asked for, however that is cut."""
    asked = asked_for(packet)
    if asked is not None:
        return Counter({(connection, volume, RESYNC): asked[1]})
    if isinstance(packet, P_RS_WRITE_ACK):
        sector_count = packet.blksize // SECTOR_SIZE_BYTES
        return Counter({(connection, volume, packet.COMMAND): sector_count})
    if is_left_out(packet):
        return Counter()
    return Counter({(connection, volume, packet.COMMAND): 1})


def counted_of(said: Said) -> Counter[Place]:
    """What a packet of the recording counts for."""
    return counted(said.connection, said.seen.frame.volume, said.packet)


def _scenes(
    met: Iterable[tuple[float, Deed | Happening]],
    side: Side,
    told: ToldRequests,
    left_out: set[Said],
) -> Iterator[Scene]:
    said: Counter[Place] = Counter()
    asked: dict[tuple[int, int, int], int] = {}
    for time_s, what in met:
        if not isinstance(what, Happening):
            yield Scene(time_s, what, _without(said, RESYNC))
        elif what.by is not side:
            yield from _requested(what, said, told)
            if not (isinstance(what, Said) and what.is_answered_by_itself):
                yield Scene(time_s, what, _said_before(what, said, asked))
        elif isinstance(what, Said):
            yield from _own_scenes(what, said, told, is_told=what not in left_out)
            said += counted_of(what)
            _note_asked(what, said, asked)
        else:
            yield Scene(time_s, what, _without(said, RESYNC))


def _own_scenes(
    what: Said, said: Counter[Place], told: ToldRequests, *, is_told: bool
) -> Iterator[Scene]:
    """What happened around the node when it said something."""
    if task_told_by(what) is not None or isinstance(what.packet, P_BARRIER):
        yield Scene(what.time_s, what, Counter())
    yield from _requested(what, said, told, is_told=is_told)


def _requested(
    what: Happening, said: Counter[Place], told: ToldRequests, *, is_told: bool = True
) -> Iterator[Scene]:
    """What applications asked for just before something."""
    if requests := told.made_before(what):
        wanted = _without(said, RESYNC, P_BARRIER.COMMAND)  # the next write may be what closes it
        yield Scene(what.time_s, Requested(requests, is_told=is_told), wanted)


def _note_asked(what: Said, said: Counter[Place], asked: dict[tuple[int, int, int], int]) -> None:
    """Remember how much of a resync was asked for when a sector was."""
    if (request := asked_for(what.packet)) is not None:
        first, count = request
        volume = what.seen.frame.volume
        before = said[what.connection, volume, RESYNC] - count
        for sector in range(first, first + count, BLOCK_SECTORS):
            reached = min(count, sector - first + BLOCK_SECTORS)
            asked[what.connection, volume, sector] = before + reached


def _said_before(
    what: Happening, said: Counter[Place], asked: dict[tuple[int, int, int], int]
) -> Counter[Place]:
    """What the node must have said before something of the peer: a question, before its answer.

    How far ahead of the answers a node asks is its own affair.
    """
    wanted = _without(said, RESYNC)
    if isinstance(what, Said):
        packet, volume = what.packet, what.seen.frame.volume
        if isinstance(packet, P_RS_DATA_REPLY | P_RS_DEALLOCATED):
            wanted = _without(wanted, P_RS_WRITE_ACK.COMMAND)
            wanted[what.connection, volume, RESYNC] = asked.get(
                (what.connection, volume, packet.sector), 0
            )
    return wanted


def _without(said: Counter[Place], *numbers: int) -> Counter[Place]:
    return Counter({place: count for place, count in said.items() if place[2] not in numbers})


def _as_told(
    deed: Deed, step: Step, told: ToldRequests, moment_s: float
) -> Iterator[tuple[float, Deed]]:
    """When what is left of a deed was done, beside the requests that packets tell of.

    A read stays, since its content is looked at, in the pieces and at the times that packets tell.
    """
    if not isinstance(deed, Requested):
        yield moment_s, deed
        return
    first_s, last_s = step.start_s - CLOCKS_DIFFER_S, step.end_s + CLOCKS_DIFFER_S
    if deed.requests[0].kind is RequestKind.READ:
        reads = [(it, read) for it, read in told.reads if first_s <= it <= last_s]
        yield from _reads(deed, reads or [(moment_s, it) for it in deed.requests])
        return
    known = (it for said, it in told.by_packet.items() if first_s <= said.time_s <= last_s)
    if left := _untold(deed.requests, known):
        yield moment_s, replace(deed, requests=left)


def _reads(deed: Requested, reads: list[tuple[float, Request]]) -> Iterator[tuple[float, Deed]]:
    """One deed for each piece; with the last one the whole content is there."""
    for index, (time_s, read) in enumerate(reads):
        is_last = index == len(reads) - 1
        yield time_s, replace(
            deed,
            requests=(read,),
            digest=deed.digest if is_last else None,
            before=tuple(it for _, it in reads[:index]),
        )


def _untold(requests: Iterable[Request], known: Iterable[Request]) -> tuple[Request, ...]:
    """The pieces of requests whose sectors no packet tells of."""
    told = {
        (request.volume, sector)
        for request in known
        for sector in range(request.first_sector, request.first_sector + request.sector_count)
    }
    return tuple(piece for request in requests for piece in _left(request, told))


def _left(request: Request, told: set[tuple[int, int]]) -> Iterator[Request]:
    """The pieces of a request whose sectors are not told of."""
    first, end = request.first_sector, request.first_sector + request.sector_count
    at = first
    while at < end:
        stop = at
        while stop < end and (request.volume, stop) not in told:
            stop += 1
        if stop > at:
            region = Region(at * SECTOR_SIZE_BYTES, (stop - at) * SECTOR_SIZE_BYTES, 0)
            content = bytes(request.data)[(at - first) * SECTOR_SIZE_BYTES :]
            yield from cut(request.kind, request.volume, region, content)
        at = stop + 1
