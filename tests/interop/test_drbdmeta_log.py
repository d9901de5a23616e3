"""drbdmeta and we find the same hot extents in the same activity log, and leave the same behind."""

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from runtime.io.device import FileDevice
from runtime.metadata.activity_log import ActivityLog, fitting_slot_count
from runtime.metadata.device import Device
from runtime.metadata.placement import FLEXIBLE_EXTERNAL, INTERNAL, Placement, Striping
from runtime.metadata.recovery import apply_activity_log
from runtime.metadata.superblock import FoundSuperblock, read_superblock, write_superblock
from runtime.metadata.transactions import INITIALISED, Transaction, block_position
from tests.interop.drbdmeta import ask, blank, dotmirror, dump_by_us, found, metadata_of
from tests.runtime.metadata.crash_world import World
from tests.runtime.metadata.devices import MemoryDevice

SIZE_BYTES: Final = 1 << 30
VOLUME_SECTORS: Final = 2097016
EXTENT_COUNT: Final = 256
UNCLEAN: Final = 0x8374026C
CLEAN: Final = 0x8374026B
ZEROS: Final = bytes(4096)
TORN: Final = b"torn" * 1024

Blocks = dict[int, bytes]


def update(number: int, *updates: tuple[int, int], context: tuple[int, ...] = ()) -> bytes:
    """A transaction."""
    return Transaction(number=number, updates=updates, slot_count=0, context=context).pack()


def prepared(path: Path, blocks: Blocks, flags: int, *, magic: int = UNCLEAN) -> Path:
    """A file whose activity log holds these blocks, and is initialised otherwise."""
    blank(path, SIZE_BYTES)
    assert dotmirror("create-md", path).exit_code == 0
    with FileDevice(path, writable=True) as device:
        it = read_superblock(device, INTERNAL)
        it.superblock.flags, it.superblock.magic = flags, magic
        it.superblock.last_agreed_size = VOLUME_SECTORS
        write_superblock(device, it.superblock, it.areas)
        write_ring(device, it, blocks)
    return path


def write_ring(device: Device, it: FoundSuperblock, blocks: Blocks) -> None:
    """Put blocks into the activity log, by their places."""
    for place, content in blocks.items():
        device.write(it.areas.al_offset_bytes + place * 4096, content)


FULL_RING: Final = {it: update(8 + it, (it % 3, it)) for it in range(8)}
CASES: Final[dict[str, tuple[Blocks, int, int]]] = {  # metadata 8.7, and more
    "one extent": ({0: update(0, (0, 3))}, 0x13, UNCLEAN),
    "secondary": ({0: update(0, (0, 3))}, 0x11, UNCLEAN),
    "clean magic": ({0: update(0, (0, 3))}, 0x93, CLEAN),
    "clean magic without the flag": ({0: update(0, (0, 3))}, 0x13, CLEAN),
    "unclean magic with the flag": ({0: update(0, (0, 3))}, 0x93, UNCLEAN),
    "crashed before": ({0: update(0, (0, 3))}, 0x51, UNCLEAN),
    "initialised": ({}, 0x13, UNCLEAN),
    "context only": ({0: update(0, context=(5, 6, 0xFFFFFFFF, 7))}, 0x13, UNCLEAN),
    "blank, primary": (dict.fromkeys(range(8), ZEROS), 0x13, UNCLEAN),
    "blank, secondary": (dict.fromkeys(range(8), ZEROS), 0x11, UNCLEAN),
    "blank, clean magic": (dict.fromkeys(range(8), ZEROS), 0x93, CLEAN),
    "first torn": ({0: TORN}, 0x13, UNCLEAN),
    "second torn": ({1: TORN}, 0x13, UNCLEAN),
    "second torn, secondary": ({1: TORN}, 0x11, UNCLEAN),
    "two torn": ({0: TORN, 5: TORN}, 0x13, UNCLEAN),
    "middle torn": (
        {0: update(0, (0, 10)), 1: TORN, 2: update(2, (2, 12), context=(10, 11))},
        0x13,
        UNCLEAN,
    ),
    "beyond the end": (
        {0: update(0, (0, 255), (1, 256), (2, 1000), (3, 254))},
        0x13,
        UNCLEAN,
    ),
    "let go": (
        {0: update(0, (0, 10)), 1: update(1, (0, 0xFFFFFFFF), context=(10,))},
        0x13,
        UNCLEAN,
    ),
    "numbers wrap": (
        {it % 8: update(it % (1 << 32), (0, it % 9)) for it in range((1 << 32) - 2, (1 << 32) + 1)},
        0x13,
        UNCLEAN,
    ),
    "full ring": (FULL_RING, 0x13, UNCLEAN),
    "full ring, newest torn": (FULL_RING | {7: TORN}, 0x13, UNCLEAN),
    "full ring, oldest torn": (FULL_RING | {0: TORN}, 0x13, UNCLEAN),
    "same number twice": ({0: update(4, (0, 1)), 1: update(4, (0, 2))}, 0x13, UNCLEAN),
    "last extent": ({0: update(0, (0, 255))}, 0x13, UNCLEAN),
    "slot too large": ({0: update(0, (65533, 1), (65534, 2))}, 0x13, UNCLEAN),
}


@pytest.mark.parametrize("case", CASES)
def test_applied_alike(tmp_path: Path, case: str) -> None:
    """Both of us apply, or refuse, an activity log with the same result, and say as much."""
    blocks, flags, magic = CASES[case]
    ours = prepared(tmp_path / "ours", blocks, flags, magic=magic)
    theirs = prepared(tmp_path / "theirs", blocks, flags, magic=magic)
    result = dotmirror("apply-al", ours)
    answer = ask(theirs, "internal", "apply-al")
    assert result.exit_code == answer.code
    assert metadata_of(ours, "internal")[:4096] == metadata_of(theirs, "internal")[:4096]
    assert dump_by_us(ours, "internal") == dump_by_us(theirs, "internal")
    if not result.exit_code:
        lies = found(ours, "internal").areas
        with FileDevice(ours, writable=False) as device:
            ring = device.read(offset_bytes=lies.al_offset_bytes, size_bytes=lies.al_size_bytes)
        assert ring == INITIALISED * 8
    elif result.stderr:
        assert len(result.stderr.splitlines()) == 1
    marked = re.search(r"Marked additional (\d+) (KB|MB)", answer.errors)
    if marked and marked[2] == "KB" and marked[1] != "0":
        assert f"{marked[1]} KiB are marked" in result.stdout


def history(rng: random.Random, striping: Striping) -> tuple[Blocks, set[int]]:
    """A ring after many writes, its newest block sometimes torn; and the hot extents."""
    slot_count = rng.choice([67, 100, 919, 1000, 1237, 3000, 6433])
    log = ActivityLog(
        fitting_slot_count(slot_count, striping),
        first_number=rng.choice([0, 5, (1 << 31) + 5, (1 << 32) - 60]),
    )
    blocks: Blocks = dict.fromkeys(range(striping.block_count), INITIALISED)
    hot: list[set[int]] = [set()]
    slots: dict[int, int] = {}
    place = 0
    for _ in range(rng.choice([1, 5, 30, 90])):
        wanted = sorted(rng.sample(range(16 * EXTENT_COUNT), rng.choice([1, 2, 60])))
        assert log.acquire(wanted)
        while (transaction := log.next_transaction()) is not None:
            place = block_position(transaction.number, striping)
            blocks[place] = transaction.pack()
            log.commit(transaction)
            slots.update(transaction.updates)
            hot.append(set(slots.values()))
        log.release(wanted)
    is_torn = len(hot) > 2 and rng.random() < 0.4
    if is_torn:
        at = rng.randrange(1, 8) * 512
        blocks[place] = blocks[place][:at] + bytes(4095 - at) + b"\xff"
    return blocks, hot[-2 if is_torn else -1]


@pytest.mark.parametrize("striping", [(1, 8), (1, 64), (4, 8), (3, 5), (2, 36)], ids=str)
@pytest.mark.parametrize("seed", range(6))
def test_histories_recover_alike(tmp_path: Path, seed: int, striping: tuple[int, int]) -> None:
    """After random writes in rings of several forms both mark exactly the extents that were hot."""
    rng = random.Random(f"{seed} {striping}")
    form = Striping(*striping)
    blocks, hot = history(rng, form)
    bits = []
    for name in ("ours", "theirs"):
        path = blank(tmp_path / name, 16 * SIZE_BYTES)
        options = ["--al-stripes", str(striping[0]), "--al-stripe-size-kB", str(striping[1] * 4)]
        assert dotmirror("create-md", path, *options).exit_code == 0
        with FileDevice(path, writable=True) as device:
            it = read_superblock(device, INTERNAL)
            it.superblock.flags, it.superblock.magic = 0x13, UNCLEAN
            it.superblock.last_agreed_size = it.areas.sector_count_max
            write_superblock(device, it.superblock, it.areas)
            write_ring(device, it, blocks)
        if name == "ours":
            assert dotmirror("apply-al", path).exit_code == 0
        else:
            assert ask(path, "internal", "apply-al").code == 0
        bits.append(metadata_of(path, "internal"))
    assert bits[0] == bits[1]
    bitmap = bits[0][-it.areas.bitmap_size_bytes_max :]
    marked = {
        at // 128 for at in range(0, len(bitmap), 128) if bitmap[at : at + 128] == b"\xff" * 128
    }
    assert marked == hot


def test_transactions_are_read_by_drbdmeta(tmp_path: Path) -> None:
    """What we write into the log drbdmeta decodes to the same numbers, slots and extents."""
    log = ActivityLog(67)
    blocks: Blocks = {}
    expected: list[str] = []
    for number, extents in enumerate([(3,), (9, 1)]):
        assert log.acquire(extents)
        transaction = log.next_transaction()
        assert transaction is not None
        blocks[number] = transaction.pack()
        log.commit(transaction)
        expected.append(f"tr: {number}")
        expected += [f"{at}: {slot} {it}" for at, (slot, it) in enumerate(transaction.updates)]
    path = prepared(tmp_path / "file", blocks, 0x13)
    decoded = ask(path, "internal", "-vvvvvvvvvv", "dump-md").output
    text = " ".join(decoded[decoded.index("# al {") :].replace("#", " ").split())
    assert [it for it in expected if it not in text] == []
    assert text.count("INITIALIZED") == 6
    assert "CAUTION" not in text


@pytest.mark.parametrize("placement", [INTERNAL, FLEXIBLE_EXTERNAL], ids=str)
def test_crashes_recover_alike(
    tmp_path: Path, placement: Placement, record_property: Callable[[str, object], None]
) -> None:
    """What a crash leaves of our store is recovered by drbdmeta to what we recover it to."""
    rng = random.Random(7)
    compared: list[int] = []

    class ComparingWorld(World):
        """Recovers some of the crashes by drbdmeta as well."""

        def check(self, meta: MemoryDevice, data: MemoryDevice) -> None:
            if rng.random() < 0.05:
                compared.append(self.crash_count)
                path = blank(tmp_path / "file", meta.size_bytes)
                with FileDevice(path, writable=True) as device:
                    for number, content in meta.sectors.items():
                        device.write(number * 512, content)
                assert ask(path, str(self.placement), "apply-al").code == 0
                mine = MemoryDevice(meta.size_bytes, meta.sectors)
                it = read_superblock(mine, self.placement)
                apply_activity_log(mine, it)
                assert without_log(mine, it) == without_log(FileDevice(path, writable=False), it)
            super().check(meta, data)

    world = ComparingWorld(11, placement)
    world.play(60)
    assert len(compared) > 50
    record_property("summary", f"{len(compared)} crashes of a store recovered by drbdmeta as by us")


def without_log(device: Device, it: FoundSuperblock) -> bytes:
    """Superblock and bitmap; where block 0 alone is torn drbdmeta leaves the log like that."""
    lies = it.areas
    return b"".join(
        device.read(offset_bytes=offset_bytes, size_bytes=size_bytes)
        for offset_bytes, size_bytes in (
            (lies.superblock_offset_bytes, 4096),
            (lies.bitmap_offset_bytes, lies.bitmap_size_bytes_max),
        )
    )
