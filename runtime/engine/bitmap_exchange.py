"""Both nodes form the union of their bitmaps before a resync (wire 6, states 6.1)."""

from typing import Final

from generated.states.conn_states import ConnState
from runtime.engine.applications import Applications
from runtime.engine.volume import Volume
from runtime.wire.bitmap_transfer import BitmapPacket, BitmapReceiver, packets, plain_packets

VERSION_OF_RUNS: Final = 90  # wire 6.3: P_COMPRESSED_BITMAP
VERSION_OF_LONG_HEADERS: Final = 100
EXCHANGING: Final = frozenset({ConnState.WFBitMapS, ConnState.WFBitMapT})


class BitmapExchange:
    """One volume's bitmap, on its way out and in."""

    def __init__(self, volume: Volume, applications: Applications) -> None:
        self.volume = volume
        self._applications = applications
        self._receiver: BitmapReceiver | None = None
        self._is_under_way = False

    @property
    def is_under_way(self) -> bool:
        """Whether a transfer has begun and not ended: nothing else may come between (wire 6.1)."""
        return self._is_under_way

    @property
    def _header_size_bytes(self) -> int:
        return 16 if self.volume.connection.version >= VERSION_OF_LONG_HEADERS else 8

    def send_when_idle(self) -> None:
        """As source: hold the applications, wait for open writes, send (states 4.2, A9)."""
        self._applications.is_held = True
        self._applications.writes.when_idle(self._send_as_source)

    def _send_as_source(self) -> None:
        if self.volume.state.conn is ConnState.WFBitMapS:
            self.send()
        self._applications.is_held = False
        self.volume.agenda.later(self._applications.let_in)

    def send(self) -> None:
        """The whole bitmap, by runs where that is shorter and both nodes know how."""
        volume = self.volume
        connection = volume.connection
        by_runs = connection.options.use_rle and connection.version >= VERSION_OF_RUNS
        make = packets if by_runs else plain_packets
        bitmap = volume.store.bitmap
        count = size_bytes = 0
        for packet in make(bitmap, header_size_bytes=self._header_size_bytes):
            connection.send_data(packet, volume=volume.number)
            count += 1
            size_bytes += packet.packed_size + self._header_size_bytes
        volume.log(f"send bitmap: {bitmap.count} bits set, {count} packets, {size_bytes} bytes")

    def receive(self, packet: BitmapPacket) -> bool:
        """Merge what the peer has; say whether it is complete now, and leads on (C13, C15)."""
        volume = self.volume
        if not volume.has_disk:  # it was given up while the peer sent this
            self.forget()
            volume.log(f"{packet.COMMAND.name} came, and there is no disk")
            return False
        if self._receiver is None:
            self._receiver = BitmapReceiver(
                volume.store.bitmap, header_size_bytes=self._header_size_bytes
            )
        self._is_under_way = True
        self._receiver.take(packet)
        if not self._receiver.is_complete:
            return False
        self.forget()
        volume.log(f"receive bitmap: {volume.bits_out_of_sync} bits set now")
        if volume.state.conn is ConnState.WFBitMapT:
            # The source forgets a block as soon as it is acknowledged, and that is before it is
            # durable here: from now on it is this node that has to remember the block.
            volume.store.write_bitmap()
        if volume.state.conn not in EXCHANGING:
            volume.log(f"unexpected bitmap in {volume.state.conn.printed}")
        return volume.state.conn in EXCHANGING

    def forget(self) -> None:
        """The transfer is over, or the link."""
        self._receiver = None
        self._is_under_way = False
