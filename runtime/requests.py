"""What applications ask of a volume."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from generated.layouts.codec import Octets

SECTOR_SIZE_BYTES: Final = 512
REQUEST_SIZE_BYTES_MAX: Final = 1 << 20  # wire 12.4: one read or write
RANGE_SIZE_BYTES_MAX: Final = 1 << 27  # wire 12.4: one discard or write-zeroes


class RequestKind(Enum):
    """What is to be done with a range of sectors."""

    READ = "read"
    WRITE = "write"
    DISCARD = "discard"
    WRITE_ZEROES = "write zeroes"
    FLUSH = "flush"


@dataclass(slots=True, eq=False)
class Request:
    """One request of an application, told from others by its identity.

    A flush has no range. `data` stays as it is until the request is finished. A `fua` write is
    durable on both nodes when it is finished; of `WRITE_ZEROES` with `may_unmap` the blocks may be
    deallocated.
    """

    kind: RequestKind
    volume: int = 0
    first_sector: int = 0
    sector_count: int = 0
    data: Octets = b""
    fua: bool = False
    may_unmap: bool = False

    @property
    def is_write(self) -> bool:
        """Whether it changes blocks."""
        return self.kind not in (RequestKind.READ, RequestKind.FLUSH)


def pieces(request: Request, *, size_bytes_max: int) -> Iterator[Request]:
    """The same request in pieces of at most `size_bytes_max`, in order; itself when it is one."""
    step = size_bytes_max // SECTOR_SIZE_BYTES
    count = request.sector_count
    if count <= step:
        yield request
        return
    data = memoryview(request.data)
    for start in range(0, count, step):
        end = min(start + step, count)
        yield replace(
            request,
            first_sector=request.first_sector + start,
            sector_count=end - start,
            data=data[start * SECTOR_SIZE_BYTES : end * SECTOR_SIZE_BYTES],
        )
