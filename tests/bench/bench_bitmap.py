"""Out-of-sync bits of 1 TiB and 16 TiB: our bitmap beside plain numpy, bitarray and pyroaring.

Content is that of a bitmap after an outage: single blocks and longer runs at random places. All
contenders must give the same answers first. Rows run in turn, round by round; the ratios are
medians of the rounds' own ratios, so that a busy machine moves all alike.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, Protocol

import click
import numpy as np
import pyroaring
from bitarray import bitarray
from bitarray.util import intervals, sc_encode, zeros

from runtime.metadata.bitmap import Bitmap
from runtime.wire.bitmap_transfer import BitmapPacket, BitmapReceiver, packets, plain_packets

SINGLES, RUNS, RUN_BITS = 20_000, 500, 4096
WRITE_BITS: Final = 256  # 1 MiB
PLACES: Final = 2000
ROUNDS: Final = 5
SLOW_S: Final = 2.0  # what takes longer is measured once
SHORT_S: Final = 0.01  # what takes less is repeated for so long
HEADER_SIZE_BYTES: Final = 16

Extent = tuple[int, int]


class Contender(Protocol):
    """A set of block numbers."""

    def __init__(self, bit_count: int) -> None:
        """Begin with none."""

    def set_range(self, first: int, count: int) -> None:
        """Add some."""

    def clear_range(self, first: int, count: int) -> None:
        """Remove some."""

    def count(self) -> int:
        """How many there are."""

    def next(self, first: int) -> int:
        """The next one from here on."""

    def runs(self) -> int:
        """Visit each run of neighbours, and count them."""

    def encode(self) -> int:
        """The shortest form that it has for the wire, and its size in bytes."""

    def size_bytes(self) -> int:
        """Bytes in memory."""


class Ours:
    """The bitmap of this project, encoded as the protocol says."""

    def __init__(self, bit_count: int) -> None:
        self.bits = Bitmap(bit_count)

    def set_range(self, first: int, count: int) -> None:
        """Add some."""
        self.bits.set_range(first_bit=first, bit_count=count)

    def clear_range(self, first: int, count: int) -> None:
        """Remove some."""
        self.bits.clear_range(first_bit=first, bit_count=count)

    def count(self) -> int:
        """How many there are."""
        return self.bits.count

    def next(self, first: int) -> int:
        """The next one from here on."""
        found = self.bits.next_set(first)
        return -1 if found is None else found

    def runs(self) -> int:
        """Visit each run of neighbours, and count them."""
        return sum(1 for _ in self.bits.runs())

    def encode(self) -> int:
        """Packets of run lengths."""
        sent = packets(self.bits, header_size_bytes=HEADER_SIZE_BYTES)
        return sum(packet.packed_size for packet in sent)

    def size_bytes(self) -> int:
        """The pages, and a count and a mark for each."""
        return self.bits.page_count * (4096 + 4 + 1)


class PlainNumpy:
    """An array of bytes, and whatever numpy offers first; sent as it is."""

    STEP_BYTES = 1 << 20

    def __init__(self, bit_count: int) -> None:
        self.octets = np.zeros(bit_count // 8, np.uint8)

    def _change(self, first: int, count: int, *, value: bool) -> None:
        end = first + count
        start, stop = first // 8, -(-end // 8)
        bits = np.unpackbits(self.octets[start:stop], bitorder="little")
        bits[first - start * 8 : end - start * 8] = value
        self.octets[start:stop] = np.packbits(bits, bitorder="little")

    def set_range(self, first: int, count: int) -> None:
        """Add some."""
        self._change(first, count, value=True)

    def clear_range(self, first: int, count: int) -> None:
        """Remove some."""
        self._change(first, count, value=False)

    def count(self) -> int:
        """How many there are."""
        return int(np.bitwise_count(self.octets).sum(dtype=np.int64))

    def next(self, first: int) -> int:
        """The next one from here on."""
        start = first // 8
        bits = np.unpackbits(self.octets[start : start + 1], bitorder="little")
        bits[: first % 8] = 0
        if not bits.any():
            start += 1 + int((self.octets[start + 1 :] != 0).argmax())
            bits = np.unpackbits(self.octets[start : start + 1], bitorder="little")
        return start * 8 + int(bits.argmax())

    def runs(self) -> int:
        """Visit each run of neighbours, and count them."""
        count, last = 0, np.zeros(1, np.uint8)
        for start in range(0, len(self.octets), self.STEP_BYTES):
            bits = np.unpackbits(self.octets[start : start + self.STEP_BYTES], bitorder="little")
            changes = np.flatnonzero(np.diff(bits, prepend=last))
            count += sum(1 for edge in changes.tolist() if bits[edge])
            last = bits[-1:]
        return count

    def encode(self) -> int:
        """All bytes."""
        return len(self.octets.tobytes())

    def size_bytes(self) -> int:
        """The array."""
        return self.octets.nbytes


class Bitarray:
    """bitarray in little-endian order, encoded as its sparse form."""

    def __init__(self, bit_count: int) -> None:
        self.bits: bitarray = zeros(bit_count, "little")

    def set_range(self, first: int, count: int) -> None:
        """Add some."""
        self.bits[first : first + count] = 1

    def clear_range(self, first: int, count: int) -> None:
        """Remove some."""
        self.bits[first : first + count] = 0

    def count(self) -> int:
        """How many there are."""
        return self.bits.count()

    def next(self, first: int) -> int:
        """The next one from here on."""
        return self.bits.find(1, first)

    def runs(self) -> int:
        """Visit each run of neighbours, and count them."""
        return sum(1 for value, _, _ in intervals(self.bits) if value)

    def encode(self) -> int:
        """The sparse compressed form of bitarray."""
        return len(sc_encode(self.bits))

    def size_bytes(self) -> int:
        """The buffer."""
        return self.bits.nbytes


class Roaring:
    """A Roaring bitmap, encoded as its own serialisation."""

    def __init__(self, bit_count: int) -> None:
        self.bits = pyroaring.BitMap() if bit_count <= 1 << 32 else pyroaring.BitMap64()

    def set_range(self, first: int, count: int) -> None:
        """Add some."""
        self.bits.add_range(first, first + count)

    def clear_range(self, first: int, count: int) -> None:
        """Remove some."""
        self.bits.remove_range(first, first + count)

    def count(self) -> int:
        """How many there are."""
        return len(self.bits)

    def next(self, first: int) -> int:
        """The next one from here on."""
        return int(self.bits.next_set_bit(first))

    def runs(self) -> int:
        """Visit each run of neighbours, and count them."""
        count, last = 0, -2
        for bit in self.bits:
            count += bit != last + 1
            last = bit
        return count

    def encode(self) -> int:
        """Roaring's own format."""
        return len(self.bits.serialize())

    def size_bytes(self) -> int:
        """What the containers take, about."""
        return len(self.bits.serialize())


CONTENDERS: Final[dict[str, type[Contender]]] = {
    "dotmirror": Ours,
    "plain numpy": PlainNumpy,
    "bitarray": Bitarray,
    "pyroaring": Roaring,
}


def extents(bit_count: int) -> list[Extent]:
    """Where an outage left its marks."""
    chance = random.Random(5)
    singles = [(chance.randrange(bit_count), 1) for _ in range(SINGLES)]
    runs = [(chance.randrange(bit_count - RUN_BITS), RUN_BITS) for _ in range(RUNS)]
    return singles + runs


def set_and_clear(it: Contender, places: Iterable[int]) -> None:
    """Mark writes out of sync, and in sync again."""
    for place in places:
        it.set_range(place, WRITE_BITS)
    for place in places:
        it.clear_range(place, WRITE_BITS)


def find(it: Contender, places: Iterable[int]) -> int:
    """Search from all places; the sum tells whether all was found."""
    return sum(it.next(place) for place in places)


Work = Callable[[Contender], object]


def works(bit_count: int) -> dict[str, tuple[Work, int]]:
    """What is measured, and for how many operations it stands."""
    chance = random.Random(9)
    places = [chance.randrange(bit_count // 2) for _ in range(PLACES)]
    few = places[:20]
    return {
        "set, clear 1 MiB": (lambda it: set_and_clear(it, places), 2 * PLACES),
        "count": (lambda it: it.count(), 1),
        "next": (lambda it: find(it, few), len(few)),
        "runs": (lambda it: it.runs(), 1),
        "encode": (lambda it: it.encode(), 1),
    }


def seconds(work: Callable[[], object], repeats: int = 1) -> float:
    """How long it takes once, when done so many times."""
    start = time.perf_counter()
    for _ in range(repeats):
        work()
    return (time.perf_counter() - start) / repeats


def measured(contenders: dict[str, Contender], work: Work) -> dict[str, list[float]]:
    """Samples of every contender, in turn."""
    samples = {name: [seconds(partial(work, it))] for name, it in contenders.items()}
    repeats = {name: 1 + int(SHORT_S / them[0]) for name, them in samples.items()}
    for _ in range(ROUNDS):
        for name, it in contenders.items():
            if samples[name][0] < SLOW_S:
                samples[name].append(seconds(partial(work, it), repeats[name]))
    return {name: them[1:] or them for name, them in samples.items()}


def duration(duration_s: float) -> str:
    """A time with a unit that fits."""
    for unit, size_s in (("s", 1), ("ms", 1e-3), ("us", 1e-6)):
        if duration_s >= size_s:
            return f"{duration_s / size_s:.3g} {unit}"
    return f"{duration_s * 1e9:.0f} ns"


def row(name: str, samples: dict[str, list[float]], count: int) -> str:
    """One operation: our time, and how many times that each other takes."""
    ours = samples["dotmirror"]
    cells = [f"{name:18} {duration(min(ours) / count):>12}"]
    for other in list(samples)[1:]:
        ratio = statistics.median(a / b for a, b in zip(samples[other], ours, strict=False))
        cells.append(f"{duration(min(samples[other]) / count):>12} {ratio:>9.3g}x")
    return "".join(cells)


def agreed(contenders: dict[str, Contender], places: list[int]) -> None:
    """All contenders give one answer."""
    answers = {
        (it.count(), it.next(places[0]), it.next(places[1]), it.runs())
        for it in contenders.values()
    }
    assert len(answers) == 1, answers


def compare_contenders(bit_count: int) -> None:
    """Print the table for one size."""
    contenders = {name: kind(bit_count) for name, kind in CONTENDERS.items()}
    for it in contenders.values():
        for first, count in extents(bit_count):
            it.set_range(first, count)
    agreed(contenders, [0, bit_count // 2])
    heads = "".join(f"{name:>12} {'':>10}" for name in list(contenders)[1:])
    click.echo(f"\n{bit_count * 4096 >> 40} TiB, {SINGLES + RUNS} runs")
    click.echo(f"{'one operation':18} {'dotmirror':>12}{heads}")
    for name, (work, count) in works(bit_count).items():
        click.echo(row(name, measured(contenders, work), count))
    for name, size in (("memory, MiB", "size_bytes"), ("encoded, KiB", "encode")):
        unit = 1 << 20 if size == "size_bytes" else 1 << 10
        sizes = [getattr(it, size)() / unit for it in contenders.values()]
        click.echo(
            f"{name:18} {sizes[0]:>12,.0f}" + "".join(f"{it:>12,.0f}{'':11}" for it in sizes[1:])
        )


def textured(mean_bits: int, size_bytes: int) -> Bitmap:
    """A bitmap of runs of about this length, set and clear in turn."""
    chance = np.random.default_rng(mean_bits)
    lengths = chance.integers(1, 2 * mean_bits, size_bytes * 8 // mean_bits)
    ends = np.cumsum(lengths)
    ends = ends[ends < size_bytes * 8]
    ends = ends[: len(ends) // 2 * 2]
    bitmap = Bitmap(size_bytes * 8)
    for start in range(0, len(ends), 10_000):
        some = ends[start : start + 10_000]
        bitmap.set_runs(some[::2], some[1::2])
    return bitmap


def outage() -> Bitmap:
    """1 TiB as the first table has it."""
    bitmap = Bitmap(1 << 28)
    for first, count in extents(bitmap.bit_count):
        bitmap.set_range(first_bit=first, bit_count=count)
    return bitmap


def code_speed(name: str, bitmap: Bitmap) -> str:
    """How fast a bitmap becomes packets and a bitmap again."""
    size_bytes = bitmap.word_count * 8
    sent = list(packets(bitmap, header_size_bytes=HEADER_SIZE_BYTES))
    plain = list(plain_packets(bitmap, header_size_bytes=HEADER_SIZE_BYTES))

    def receive(them: Iterable[BitmapPacket]) -> None:
        receiver = BitmapReceiver(Bitmap(bitmap.bit_count), header_size_bytes=HEADER_SIZE_BYTES)
        for packet in them:
            receiver.take(packet)

    works: tuple[Callable[[], object], ...] = (
        lambda: list(packets(bitmap, header_size_bytes=HEADER_SIZE_BYTES)),
        lambda: receive(sent),
        lambda: receive(plain),
    )
    times = [min(seconds(work) for _ in range(ROUNDS)) for work in works]
    size = sum(packet.packed_size for packet in sent)
    speeds = "".join(f"{size_bytes / time_s / 1e6:>14,.0f}" for time_s in times)
    return f"{name:>9} {speeds} {size_bytes / size:>10.1f}"


def main() -> None:
    """Print the tables."""
    for size in sys.argv[1:] or ("1", "16"):
        compare_contenders(int(size) << 28)
    click.echo("\nMB of bitmap a second, by mean length of its runs")
    heads = ("encode", "merge runs", "merge plain")
    click.echo(f"{'bits':>9} " + "".join(f"{head:>14}" for head in heads) + f" {'ratio':>10}")
    for mean_bits in (4, 16, 64, 256, 1024, 4096, 65536):
        click.echo(code_speed(str(mean_bits), textured(mean_bits, min(1 << 25, mean_bits << 14))))
    click.echo(code_speed("as above", outage()))


if __name__ == "__main__":
    main()
