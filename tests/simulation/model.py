"""What a volume may have, by what applications were told: a model of each sector.

A write that was reported finished without error is there, unless a later one has replaced it. One
that was not finished, or failed, may be there or not. When a primary loses power, what was finished
but never flushed is as uncertain as what was not finished.
"""

import itertools
from dataclasses import dataclass

from runtime.effects import RequestFinished
from runtime.requests import SECTOR_SIZE_BYTES, Request, RequestKind
from tests.simulation.node import SimulatedNode

NEVER = float("inf")


@dataclass(slots=True, eq=False)
class Version:
    """What one write has made of a sector."""

    content: bytes
    write: "Written"


@dataclass(slots=True, eq=False)
class Written:
    """One write, or what was there before all of them."""

    made: float
    ended: float = NEVER
    is_sure: bool = False
    is_flushed: bool = False


class Model:
    """All that may be on one volume."""

    def __init__(self, content: bytes) -> None:
        self._ticks = itertools.count(1)
        first = Written(0, 0, is_sure=True, is_flushed=True)
        self._sectors = [
            [Version(content[at : at + SECTOR_SIZE_BYTES], first)]
            for at in range(0, len(content), SECTOR_SIZE_BYTES)
        ]
        self._open: dict[Request, Written] = {}
        self._flushes: dict[Request, list[Written]] = {}
        self._ended: list[Written] = []
        self._reads: dict[Request, int] = {}
        self.wrong_reads: list[str] = []
        """What applications have read that was not there."""

    def made(self, request: Request) -> None:
        """An application asks for something; call it before the engine knows."""
        if request.kind is RequestKind.FLUSH:
            self._flushes[request] = [it for it in self._ended if it.is_sure]
        if request.kind is RequestKind.READ:
            self._reads[request] = next(self._ticks)
        if not request.is_write:
            return
        written = Written(next(self._ticks))
        self._open[request] = written
        data = bytes(request.data) or bytes(request.sector_count * SECTOR_SIZE_BYTES)
        for index in range(request.sector_count):
            at = index * SECTOR_SIZE_BYTES
            version = Version(data[at : at + SECTOR_SIZE_BYTES], written)
            self._sectors[request.first_sector + index].append(version)

    def finished(self, told: RequestFinished) -> None:
        """An application was told of the end."""
        request = told.request
        if request.kind is RequestKind.FLUSH and not told.error:
            for written in self._flushes.pop(request, []):
                written.is_flushed = True
        if request.kind is RequestKind.READ and not told.error:
            self._check_read(told, self._reads.pop(request, 0))
        written_now = self._open.pop(request, None)
        if written_now is None:
            return
        written_now.ended = next(self._ticks)
        written_now.is_sure = not told.error
        written_now.is_flushed = request.fua and not told.error
        self._ended.append(written_now)

    def _check_read(self, told: RequestFinished, began: int) -> None:
        request = told.request
        for index in range(request.sector_count):
            number, at = request.first_sector + index, index * SECTOR_SIZE_BYTES
            sector = bytes(told.content[at : at + SECTOR_SIZE_BYTES])
            if sector not in _allowed(self._sectors[number], before=began):
                self.wrong_reads.append(f"sector {number} was read, begun at {began}")

    def crashed(self, *, lost_power: bool) -> None:
        """The primary is gone: nobody will be told of what was not finished."""
        now = next(self._ticks)
        for written in self._open.values():
            written.ended = now
        self._open.clear()
        self._flushes.clear()
        self._reads.clear()
        if lost_power:
            for written in self._ended:
                written.is_sure = written.is_sure and written.is_flushed
        self._ended.clear()

    def all_is_durable(self) -> None:
        """The primary has become secondary in order, so its disk has all."""
        for written in self._ended:
            written.is_flushed = written.is_sure

    def faults(self, content: bytes) -> list[str]:
        """Where a disk has what it must not have."""
        found = []
        for number, versions in enumerate(self._sectors):
            at = number * SECTOR_SIZE_BYTES
            sector = content[at : at + SECTOR_SIZE_BYTES]
            allowed = _allowed(versions)
            if sector not in allowed:
                older = [it.write for it in versions if it.content == sector]
                found.append(f"sector {number} is {older or 'garbage'}; {versions[-1].write}")
        return found

    def watch(self, node: SimulatedNode, volume: int) -> None:
        """Hear of all that is finished there."""
        node.on_finished.append(
            lambda told: self.finished(told) if told.request.volume == volume else None
        )


def _allowed(versions: list[Version], *, before: float = NEVER) -> list[bytes]:
    """Everything that no sure write replaced which was made after its end, and ended itself."""
    latest = max(it.write.made for it in versions if it.write.is_sure and it.write.ended < before)
    return [it.content for it in versions if it.write.ended >= latest]
