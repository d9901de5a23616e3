"""The requests of applications that packets tell of, and when they must have been made.

That is when the packet was sent, but for a node that goes ahead of its peer. A kernel lets a write
in before it counts what was let in before it; so those that were sent in a row just before were
made at once. And it was a write that found congestion, while what had been sent was on its way. An
epoch ends with the first of its writes that is finished; without an own disk that is what the peer
confirms first, so what is in the same epoch was let in before that came, though it was sent later.
"""

from collections import defaultdict
from collections.abc import Container, Iterable

from generated.layouts.acks import P_BARRIER_ACK, BlockAck
from generated.layouts.requests import P_DATA_REQUEST
from generated.layouts.state import P_STATE
from generated.layouts.write import P_DATA, P_OUT_OF_SYNC, P_TRIM, P_ZEROES, DpFlags
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from runtime.requests import Request, RequestKind
from tests.replay.deeds import Deed, Requested
from tests.replay.exceptions import is_left_out
from tests.replay.happenings import Happening, Said
from tests.replay.manifest import SECTOR_SIZE_BYTES, Side


class ToldRequests:
    """The requests of one side's applications."""

    def __init__(
        self,
        all_of_them: Iterable[Happening],
        side: Side,
        done: Iterable[Deed],
        *,
        unasked: Container[Said],
    ) -> None:
        """Nobody asked for what is `unasked`: the node repeated it by itself."""
        self.by_packet: dict[Said, Request] = {}
        """The packet that tells of a request, and the request."""
        self.reads: list[tuple[float, Request]] = []
        """When the node asked its peer to read, and what."""
        self._before: defaultdict[Happening, list[Request]] = defaultdict(list)
        self._content = _content(done)
        said = [it for it in all_of_them if isinstance(it, Said)]
        for number, it in enumerate(said):
            if it.by is not side or it in unasked:
                continue
            if isinstance(it.packet, P_DATA_REQUEST):
                count = it.packet.blksize // SECTOR_SIZE_BYTES
                read = Request(RequestKind.READ, it.seen.frame.volume, it.packet.sector, count)
                self.reads.append((it.time_s, read))
            if (request := self._request(it)) is not None:
                self.by_packet[it] = request
                self._before[_moment(said, number, side)].append(request)

    def made_before(self, what: Happening) -> tuple[Request, ...]:
        """What was asked for just before something was said or heard."""
        return tuple(self._before.get(what, ()))

    def _request(self, said: Said) -> Request | None:
        """What an application asked for, when the node told its peer of that."""
        packet, volume = said.packet, said.seen.frame.volume
        match packet:
            case P_DATA():
                return _write(volume, packet.sector, bytes(packet.data), packet.dp_flags)
            case P_OUT_OF_SYNC():
                end = packet.sector + packet.size // SECTOR_SIZE_BYTES
                data = b"".join(self._content[volume, it] for it in range(packet.sector, end))
                return _write(volume, packet.sector, data, 0)
            case P_TRIM():
                count = packet.size // SECTOR_SIZE_BYTES
                return Request(RequestKind.DISCARD, volume, packet.sector, count)
            case P_ZEROES():
                count = packet.size // SECTOR_SIZE_BYTES
                request = Request(RequestKind.WRITE_ZEROES, volume, packet.sector, count)
                request.may_unmap = bool(packet.dp_flags & DpFlags.DISCARD)
                return request
            case _:
                return None


def _write(volume: int, first_sector: int, data: bytes, dp_flags: int) -> Request:
    count = len(data) // SECTOR_SIZE_BYTES
    is_fua = bool(dp_flags & DpFlags.FUA)
    return Request(RequestKind.WRITE, volume, first_sector, count, data, is_fua)


def _content(done: Iterable[Deed]) -> dict[tuple[int, int], bytes]:
    """What a scenario writes to each sector, for packets that do not tell."""
    return {
        (request.volume, request.first_sector + number): bytes(
            request.data[number * SECTOR_SIZE_BYTES :][:SECTOR_SIZE_BYTES]
        )
        for deed in done
        if isinstance(deed, Requested)
        for request in deed.requests
        if request.kind is RequestKind.WRITE
        for number in range(request.sector_count)
    }


def _moment(said: list[Said], number: int, side: Side) -> Happening:
    """Before what a request was made that a packet tells of."""
    if isinstance(said[number].packet, P_OUT_OF_SYNC):
        return _when_congested(said, number, side)
    if (confirmed := _first_confirmed(said, number, side)) is not None:
        return confirmed
    first = number
    for at in range(number - 1, -1, -1):
        if said[at].by is side and isinstance(said[at].packet, P_DATA):
            first = at
        elif not is_left_out(said[at].packet):
            break
    after = (it for it in said[number:] if it.by is side and not _is_in_row(it))
    is_last = _is_ahead(next(after, None))
    return said[first] if is_last else said[number]


def _first_confirmed(said: list[Said], number: int, side: Side) -> Said | None:
    """What a diskless node's peer had confirmed of the epoch when a write of it was sent."""
    own = (it.packet for it in reversed(said[:number]) if it.by is side)
    state = next((it.state for it in own if isinstance(it, P_STATE)), None)
    if state is None or state.disk != DiskState.Diskless.wire:
        return None
    confirmed = None
    for it in reversed(said[:number]):
        if it.by is not side and isinstance(it.packet, BlockAck):
            confirmed = it
        elif not (it.by is side and _is_in_row(it)):
            break
    return confirmed


def _is_in_row(said: Said) -> bool:
    return isinstance(said.packet, P_DATA) or is_left_out(said.packet)


def _is_ahead(said: Said | None) -> bool:
    """Whether a packet tells that its sender has gone ahead."""
    packet = said.packet if said is not None else None
    return isinstance(packet, P_STATE) and packet.state.conn == ConnState.Ahead.wire


def _when_congested(said: list[Said], number: int, side: Side) -> Happening:
    """The first write that was not sent made the node go ahead; the others came when they say."""
    for at in range(number - 1, -1, -1):
        it = said[at]
        if it.by is side and isinstance(it.packet, P_OUT_OF_SYNC):
            return said[number]
        if it.by is side and _is_ahead(it):
            return _while_on_its_way(said, at, side)
    return said[number]


def _while_on_its_way(said: list[Said], number: int, side: Side) -> Happening:
    """Before the node said that it is ahead, and before all was confirmed that it had sent."""
    for at in range(number - 1, -1, -1):
        if said[at].by is side and isinstance(said[at].packet, P_DATA):
            break
        if isinstance(said[at].packet, P_BARRIER_ACK):
            return said[at]
    return said[number]
