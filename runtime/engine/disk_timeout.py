"""A disk that does not answer in time is given up (states 7.5)."""

from generated.states.disk_states import DiskEvent
from runtime.effects import Level
from runtime.engine.change import change, is_drawn
from runtime.engine.volume import Volume


def watch_disk(volume: Volume) -> None:
    """From now on the disk has to answer within disk-timeout, if there is one (I20)."""
    if volume.options.disk_timeout:
        _look_later(volume)
    else:
        volume.agenda.cancel(_timer(volume))


def _timer(volume: Volume) -> tuple[str, int]:
    return "disk-timeout", volume.number


def _look_later(volume: Volume) -> None:
    """Look at the disk when what it owes now may have become too old."""
    begun_at = volume.own_works.oldest_begun_at
    since = volume.agenda.now if begun_at is None else begun_at
    volume.agenda.at(_timer(volume), since + volume.options.disk_timeout_s, lambda: _look(volume))


def _look(volume: Volume) -> None:
    """Give a disk up that has not answered in time."""
    if volume.backing is None:
        return
    begun_at = volume.own_works.oldest_begun_at
    if begun_at is None or volume.agenda.now < begun_at + volume.options.disk_timeout_s:
        _look_later(volume)
        return
    volume.log("the disk does not answer in time", Level.ERROR)
    if is_drawn(volume, DiskEvent.disk_timed_out):
        change(volume, DiskEvent.disk_timed_out)
