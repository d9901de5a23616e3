"""What becomes of two writes at once to the same place, one of each primary (wire 7.8, 7.9).

Each node has its own write on its way, and gets the other's. The node with the conflict flag goes
first: it carries out none of the peer's writes that overlap with one of its own that the peer has
not answered. If its own write covers the peer's, that one is superseded: it counts as done before.
Otherwise the peer is told to repeat it. The node without the flag lets the peer's write wait until
its own has been answered, carries it out, and then repeats what it was told to. So both disks end
with the same writes in the same order.

Whether the peer had answered a write when it sent its own is told by the numbers: a write is taken
when all acknowledgements that were sent before it have been.

Two things are as in no kernel. A write is superseded only when the one that covers it is on the own
disk, or applications here would read what was there before both, though one of them is finished.
And below version 100, where a peer has no other answer than P_SUPERSEDED even to a write that is
covered in part, such a write is repeated in any case, or the rest of it would be here alone.
"""

from collections.abc import Callable
from typing import Final

from generated.layouts.acks import P_OV_RESULT, P_RETRY_WRITE, P_SUPERSEDED, BlockAck
from runtime.engine.mirrored_write import Write, Writes
from runtime.engine.peer_numbers import PeerNumbers
from runtime.engine.peer_write import AnyWrite, PeerWrite, PeerWrites
from runtime.engine.volume import Volume
from runtime.engine.write_answers import write_of
from runtime.requests import SECTOR_SIZE_BYTES

VERSION_OF_RETRY: Final = 100  # wire 7.9: before, a write that is covered in part is superseded too


class WriteConflicts:
    """The writes of one volume that meet on their way."""

    def __init__(
        self,
        volume: Volume,
        writes: Writes,
        peer_writes: PeerWrites,
        *,
        lose: Callable[[str], None],
    ) -> None:
        self._volume = volume
        self._writes = writes
        self._peer_writes = peer_writes
        self._lose = lose
        self._heard = PeerNumbers()
        self._held: AnyWrite | None = None
        """A write of the peer that came before what was sent earlier on the other socket."""
        self._timer = ("held write", volume.number)
        self._postponed: dict[Write, int] = {}
        """What is to be repeated, and how many of the peer's writes come before."""
        peer_writes.gives_up = self._gives_up
        writes.on_postponed.append(self._repeat)

    # The peer's writes

    def receive(self, packet: AnyWrite) -> None:
        """A write has come; it is taken when its turn has come (wire 7.8)."""
        if self._resolves and not self._heard.is_in_turn(packet.seq_num):
            self._held = packet
            self._volume.connection.pause(self)
            self._watch()
        else:
            self._take(packet)

    @property
    def _resolves(self) -> bool:
        """Whether it is this node that decides who goes first."""
        connection = self._volume.connection
        return connection.has_two_primaries and connection.resolves_conflicts

    def _watch(self) -> None:
        """A number that does not come at all ends the link (wire 13.2)."""
        agenda, options = self._volume.agenda, self._volume.connection.options
        agenda.after(
            self._timer,
            options.ping_timeout_s,
            lambda: self._lose("a number is missing among the peer's writes and acknowledgements"),
        )

    def _take(self, packet: AnyWrite) -> None:
        self._heard.took_write(packet.seq_num)
        self._peer_writes.receive(packet)
        if self._postponed:
            self._repeat()

    def took_ack(self, packet: BlockAck | P_OV_RESULT) -> None:
        """An acknowledgement has been taken: a write may have waited for it."""
        heard, held = self._heard, self._held
        heard.took_ack(packet.seq_num)
        if held is None:
            return
        if not heard.is_in_turn(held.seq_num):
            self._watch()
            return
        self._stop_holding()
        self._take(held)
        self._volume.connection.resume(self)

    def _stop_holding(self) -> None:
        self._held = None
        self._volume.agenda.cancel(self._timer)

    def _gives_up(self, write: PeerWrite) -> bool:
        """Refuse to carry out a write of the peer that has to wait for one that it is to answer."""
        if not self._resolves:
            return False
        first, end = (
            write.packet.sector,
            write.packet.sector + write.size_bytes // SECTOR_SIZE_BYTES,
        )
        rivals = [
            it
            for it in self._writes.by_id.values()
            if it.is_peer_pending and it.request.first_sector < end and first < _end(it)
        ]
        if not rivals:
            return False
        write.give_up()
        covering = [it for it in rivals if it.request.first_sector <= first and end <= _end(it)]
        is_old = self._volume.connection.version < VERSION_OF_RETRY
        kind = P_SUPERSEDED if covering or is_old else P_RETRY_WRITE
        self._volume.log(
            f"Concurrent writes: {kind.COMMAND.name} to the peer's {write.size_bytes} bytes"
            f" at sector {first}"
        )
        if covering:
            covering[0].when_written(lambda: write.answer_conflict(kind))
        else:
            write.answer_conflict(kind)
        return True

    # The own writes, when the peer decides

    def answered(self, packet: BlockAck) -> None:
        """P_SUPERSEDED or P_RETRY_WRITE has come; PeerError when it belongs to no open write."""
        write = write_of(self._writes, packet)
        connection = self._volume.connection
        del self._writes.by_id[write.block_id]
        connection.leave_epoch(write)
        write.barrier_acked()
        if isinstance(packet, P_SUPERSEDED) and connection.version >= VERSION_OF_RETRY:
            write.got_BlockAck(packet)
        else:
            self._postponed[write] = self._heard.writes_before(packet.seq_num)
            write.postpone()

    @property
    def postponed(self) -> tuple[Write, ...]:
        """What waits for a write of the peer, and is to be repeated behind it."""
        return tuple(self._postponed)

    def _repeat(self) -> None:
        """Begin again with what goes behind a write of the peer that has come."""
        due = [
            write
            for write, write_count in self._postponed.items()
            if not write.is_local_pending and self._heard.has_taken(write_count)
        ]
        for write in due:
            del self._postponed[write]
            self._writes.begin_again(write)

    def link_lost(self) -> None:
        """No write of the peer comes any more; what was not answered counts as missing there."""
        self._stop_holding()
        self._heard = PeerNumbers()
        postponed, self._postponed = self._postponed, {}
        for write in postponed:
            if write.is_local_pending:
                write.is_postponed = False
            else:
                self._writes.begin_again(write)


def _end(write: Write) -> int:
    """The sector behind the last one."""
    return write.request.first_sector + write.request.sector_count
