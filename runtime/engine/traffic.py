"""What one volume has moved since its disk was attached, or the peer was connected (states 9.1)."""

from runtime.effects import DiskWork, ReadBlocks, WriteBlocks, ZeroBlocks


class Traffic:
    """Counters of payload in bytes: no headers, no bitmaps, no digests."""

    __slots__ = ("read_bytes", "received_bytes", "sent_bytes", "written_bytes")

    def __init__(self) -> None:
        self.sent_bytes = self.received_bytes = self.written_bytes = self.read_bytes = 0

    def disk_did(self, work: DiskWork) -> None:
        """The own disk has carried something out."""
        match work:
            case WriteBlocks():
                self.written_bytes += len(work.data)
            case ReadBlocks():
                self.read_bytes += work.size_bytes
            case ZeroBlocks():
                self.written_bytes += work.size_bytes

    def restart(self) -> None:
        """Another disk is attached."""
        self.written_bytes = self.read_bytes = 0
        self.reconnect()

    def reconnect(self) -> None:
        """The administrator lets the peer be looked for."""
        self.sent_bytes = self.received_bytes = 0
