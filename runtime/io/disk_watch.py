"""Looks after the files of volumes that are in use: what becomes of them that no request tells."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final
from weakref import WeakSet

from runtime.errors import DiskError
from runtime.io.device import FileDevice
from runtime.io.volume_disk import VolumeDisk

LOOK_S: Final = 1.0  # two calls of the system for each file


class DiskWatch:
    """Looks at all files now and then.

    `told` gets what an administrator has to know of a volume; `cut` is called with the volume and
    what was found when its disk can't be used any more.
    """

    def __init__(
        self,
        disks: Mapping[int, VolumeDisk],
        *,
        told: Callable[[int, str], None],
        cut: Callable[[int, str], None],
    ) -> None:
        self._disks = disks
        self._told = told
        self._cut = cut
        self._known: WeakSet[FileDevice] = WeakSet()
        """What was said of already."""
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(LOOK_S, self._look)

    def stop(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def _look(self) -> None:
        self._timer = self._loop.call_later(LOOK_S, self._look)
        for volume, opened in tuple(self._disks.items()):
            for file in opened.files:
                if file not in self._known:
                    self._look_at(volume, file)

    def _look_at(self, volume: int, file: FileDevice) -> None:
        try:
            file.check_whole()
        except DiskError as error:
            self._known.add(file)
            self._cut(volume, str(error))
            return
        if (place := file.saved_as) is not None:
            self._known.add(file)
            self._told(
                volume,
                f"{file.path} was deleted while it is in use; what it holds is gone when the disk"
                f" is detached, so copy {place} before",
            )
