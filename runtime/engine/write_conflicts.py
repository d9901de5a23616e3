"""What becomes of two writes at once to the same place, one of each primary (wire 7.8, 7.9).

Each node has its own write on its way, and gets the other's. All agree on the order: the write of
the node without the conflict flag comes first, that of the node with the flag replaces it.

The node with the flag takes the peer's write while its own waits to be answered, leaves out what
its own replaces, and acknowledges it as any other. The node without the flag lets the peer's write
wait until its own has been answered. So both disks end with the same writes in the same order.

Whether the peer had answered a write when it sent its own is told by the numbers: a write is taken
when all acknowledgements that were sent before it have been.

A kernel with the flag does not carry out the peer's write. It says that it is superseded, if its
own covers it, else that it is to be repeated behind its own; and it never confirms the epoch that
had it. If more of the same epoch is carried out, two kernels fall out over that: the writer waits
for a confirmation that never comes, or finds that a later one doesn't fit. Nor would it help to
confirm such an epoch, since a kernel that writes may count the write or not. So our node refuses
nothing with the flag; without it, it understands both answers. Below version 100 a write that is
covered only in part is said to be superseded too, and would be missing there; so it is repeated.
"""

from collections.abc import Callable
from typing import Final

from generated.layouts.acks import P_OV_RESULT, P_SUPERSEDED, BlockAck
from runtime.engine.mirrored_write import Write, Writes
from runtime.engine.peer_numbers import PeerNumbers
from runtime.engine.peer_write import AnyWrite, PeerWrite, PeerWrites
from runtime.engine.volume import Volume
from runtime.engine.write_answers import write_of
from runtime.errors import PeerError
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
        peer_writes.on_waiting = self._go_first
        writes.postponed = self._repeat

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

    def _go_first(self, write: PeerWrite) -> None:
        """Let a write of the peer not wait for those that wait for it themselves."""
        if not self._resolves:
            return
        first, count = write.packet.sector, write.size_bytes // SECTOR_SIZE_BYTES
        rivals = [
            it
            for it in self._writes.by_id.values()
            if it.is_peer_pending and it.request.first_sector < first + count and first < _end(it)
        ]
        if rivals:
            own = rivals[0].request
            self._volume.log(
                f"Concurrent writes detected: local={own.first_sector}s"
                f" +{own.sector_count * SECTOR_SIZE_BYTES}, remote={first}s +{write.size_bytes},"
                " assuming remote came first"
            )
            write.go_before(rivals)

    # The own writes, when the peer decides

    def answered(self, packet: BlockAck) -> None:
        """P_SUPERSEDED or P_RETRY_WRITE has come; PeerError when no write waits for an answer."""
        write = write_of(self._writes, packet)
        if not write.is_peer_pending:
            name = packet.COMMAND.name
            raise PeerError(f"{name} of sector {packet.sector}, which was answered before")
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
