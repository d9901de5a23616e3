"""What a program asks of the volumes of its node, and what came of it, as futures.

All that is asked in one turn of the event loop goes to the engine as one event.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from generated.layouts.codec import Octets
from runtime.effects import RequestFinished
from runtime.errors import DiskError, MisuseError
from runtime.events import RequestsMade
from runtime.requests import (
    RANGE_SIZE_BYTES_MAX,
    REQUEST_SIZE_BYTES_MAX,
    SECTOR_SIZE_BYTES,
    Request,
    RequestKind,
    pieces,
)

Asked: TypeAlias = Callable[[RequestFinished], None]


class ApplicationRequests:
    """The requests that are open. `size_sectors` says how large a volume is, 0 if not known."""

    def __init__(
        self, post: Callable[[RequestsMade], None], size_sectors: Callable[[int], int]
    ) -> None:
        self._post = post
        self._size_sectors = size_sectors
        self._loop = asyncio.get_running_loop()
        self._made: list[Request] = []
        self._open: dict[Request, asyncio.Future[Octets]] = {}
        self._told: dict[Request, Asked] = {}
        self._end = ""

    def submit(self, requests: Sequence[Request]) -> list[asyncio.Future[Octets]]:
        """Ask; each future gives what was read, or raises DiskError. MisuseError asks nothing."""
        if self._end:
            raise MisuseError(self._end)
        for request in requests:
            self._check(request)
        if not self._made and requests:
            self._loop.call_soon(self._hand_over)
        futures = [self._loop.create_future() for _ in requests]
        self._made += requests
        self._open.update(zip(requests, futures, strict=True))
        return futures

    def ask(self, requests: Iterable[Request], told: Asked) -> None:
        """The same for who has many clients: `told` is called at the end of each request.

        Also of one that can't be asked for. It must only take note.
        """
        if not self._made:
            self._loop.call_soon(self._hand_over)
        for request in requests:
            try:
                if self._end:
                    raise MisuseError(self._end)  # noqa: TRY301  # as `_check` does
                self._check(request)
            except MisuseError as refusal:
                told(RequestFinished(request, str(refusal)))
            else:
                self._made.append(request)
                self._told[request] = told

    def _check(self, request: Request) -> None:
        if request.kind is RequestKind.FLUSH:
            return
        first, count = request.first_sector, request.sector_count
        if first < 0 or count < 1:
            raise MisuseError(f"a range of {count} sectors from {first} is none")
        size_sectors = self._size_sectors(request.volume)
        if size_sectors and first + count > size_sectors:
            raise MisuseError(
                f"sectors {first} to {first + count - 1} are not all there, the volume has"
                f" {size_sectors}"
            )

    def _hand_over(self) -> None:
        made, self._made = self._made, []
        if made:
            self._post(RequestsMade(made))

    def finish(self, finished: RequestFinished) -> None:
        """The engine says that a request is done."""
        told = self._told.pop(finished.request, None)
        if told is not None:
            told(finished)
            return
        future = self._open.pop(finished.request)
        if future.done():  # who asked does not wait any more
            return
        if finished.error:
            future.set_exception(DiskError(finished.error))
        else:
            future.set_result(finished.content)

    def end(self, reason: str) -> None:
        """Nothing will be answered any more."""
        self._end = reason
        self._made.clear()
        for future in self._open.values():
            if not future.done():
                future.set_exception(DiskError(reason))
                future.exception()  # whoever does not wait for it need not be told
        self._open.clear()
        while self._told:
            request, told = self._told.popitem()
            told(RequestFinished(request, reason))

    async def all_of(self, requests: Iterable[Request]) -> list[Octets]:
        """Ask, and wait for all; the first error is raised when all are done."""
        futures = self.submit(list(requests))
        await asyncio.wait(futures)
        return [future.result() for future in futures]


def sectors_of(data: Octets) -> int:
    """How many sectors these bytes are; MisuseError when they are not whole ones."""
    count, rest = divmod(len(data), SECTOR_SIZE_BYTES)
    if rest or not count:
        raise MisuseError(f"{len(data)} bytes are no whole sectors of {SECTOR_SIZE_BYTES}")
    return count


def requests_of(request: Request) -> Iterator[Request]:
    """The same request, cut to what one may have (wire 12.4)."""
    is_range = request.kind in (RequestKind.DISCARD, RequestKind.WRITE_ZEROES)
    most = RANGE_SIZE_BYTES_MAX if is_range else REQUEST_SIZE_BYTES_MAX
    return pieces(request, size_bytes_max=most)
