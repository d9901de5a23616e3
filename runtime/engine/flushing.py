"""Making data durable beside other work, before something that would have to wait for it."""

from generated.layouts.codec import Octets
from runtime.effects import DiskWork, FlushDisk
from runtime.engine.agenda import Job
from runtime.engine.volume import Volume
from runtime.errors import DiskError


class Flushing:
    """One flush of a volume's data; bitmap pages that it makes fit for the disk go there."""

    def __init__(self, volume: Volume, then: Job) -> None:
        self._volume = volume
        self._then = then
        self._pages: set[int] = set()

    def begin(self) -> None:
        """Flush, then go on; without a disk go on at once. One that is given up is flushed too."""
        volume = self._volume
        if volume.backing is not None:
            self._pages = volume.store.begin_flush()
            volume.ask_disk(FlushDisk(volume.number, self))
        else:
            volume.agenda.later(self._then)

    def disk_finished(self, _work: DiskWork, error: str, _content: Octets) -> None:
        """The data is durable; if not, whoever relies on it flushes again, and sees the error."""
        volume = self._volume
        if not error and volume.has_disk:
            try:
                volume.store.flushed(self._pages)
            except DiskError as fault:
                volume.metadata_failed(str(fault))
        volume.agenda.later(self._then)
