"""drbdmeta and we read, write, dump, restore and recover the same meta-data.

drbdmeta is that of the package drbd-utils. Our way differs on purpose in what the docstrings of
runtime/metadata/ say, and nowhere else.
"""

import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from runtime.io.device import FileDevice
from runtime.metadata.placement import INTERNAL, Placement, Striping, bitmap_size_bytes
from runtime.metadata.store import Store
from runtime.metadata.superblock import write_superblock
from tests.interop.drbdmeta import (
    MIB,
    ask,
    blank,
    dotmirror,
    dump_by_drbdmeta,
    dump_by_us,
    found,
    identifiers,
    metadata_of,
)

SIZES: Final = {
    "1M": MIB,
    "16M": 16 * MIB,
    "1G": 1 << 30,
    "1T": 1 << 40,
    "68k": 69632,
    "100MB": 100_000_000,
    "16M+512": 16 * MIB + 512,
    "16M+4095": 16 * MIB + 4095,
    "128M+4k": 128 * MIB + 4096,
    "3G+12345": 3 * 1024 * MIB + 12345,
}
PLACES: Final = [
    *((index, size) for size in SIZES for index in ("internal", "flex-external")),
    *(("0", size) for size in ("128M+4k", "1G", "3G+12345")),
    *(("1", size) for size in ("1G", "1T")),
    ("7", "1G"),
]
STRIPINGS: Final = [("1", "32"), ("4", "64"), ("7", "64"), ("1", "33"), ("3", "20"), ("2", "16384")]

everywhere = pytest.mark.parametrize(("index", "size"), PLACES)


@everywhere
def test_created_alike(tmp_path: Path, index: str, size: str) -> None:
    """What we create is what drbdmeta creates, byte by byte, and it reads it."""
    ours, theirs = (blank(tmp_path / name, SIZES[size]) for name in ("ours", "theirs"))
    assert dotmirror("create-md", ours, index=index).exit_code == 0
    assert ask(theirs, index, "create-md").code == 0
    assert metadata_of(ours, index) == metadata_of(theirs, index)
    assert ask(ours, index, "get-gi").output.strip() == identifiers(ours, index)
    assert dump_by_drbdmeta(ours, index) == dump_by_us(ours, index)


@pytest.mark.parametrize(("stripes", "stripe_kib"), STRIPINGS)
@pytest.mark.parametrize("index", ["internal", "flex-external"])
def test_striped_alike(tmp_path: Path, index: str, stripes: str, stripe_kib: str) -> None:
    """Stripes of the activity log and the peer's request size are taken as drbdmeta takes them."""
    ours, theirs = (blank(tmp_path / name, 200 * MIB) for name in ("ours", "theirs"))
    options = ["--al-stripes", stripes, "--al-stripe-size-kB", stripe_kib]
    options += ["--peer-max-bio-size", "128k"]
    assert dotmirror("create-md", ours, *options, index=index).exit_code == 0
    assert ask(theirs, index, "create-md", *options).code == 0
    assert metadata_of(ours, index) == metadata_of(theirs, index)
    assert dump_by_drbdmeta(ours, index) == dump_by_us(ours, index)


@pytest.mark.parametrize(
    ("size_bytes", "options"),
    [
        (69631, []),
        (64 * MIB, ["--al-stripes", "1", "--al-stripe-size-kB", "28"]),
        (64 * MIB, ["--al-stripes", "2", "--al-stripe-size-kB", "16388"]),
        (64 * MIB, ["--peer-max-bio-size", "1048577"]),
        (80 << 10, ["--al-stripe-size-kB", "128"]),
        (64 * MIB, ["--al-stripe-size-kB", "3"]),
    ],
)
@pytest.mark.parametrize("index", ["internal", "flex-external"])
def test_refused_alike(tmp_path: Path, index: str, size_bytes: int, options: list[str]) -> None:
    """What has no room or makes no sense is refused by both, and we do not touch the file."""
    path = blank(tmp_path / "file", size_bytes)
    result = dotmirror("create-md", path, *options, index=index)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert not any(path.read_bytes())
    assert ask(path, index, "create-md", *options).code == 10


def dirty(path: Path, index: str, rng: random.Random, *, is_primary: bool) -> int:
    """Use a volume as a node would, and crash; the number of bits set."""
    with FileDevice(path, writable=True) as device:
        store = Store.attach(device, Placement.parse(index))
        store.resize(min(store.areas.sector_count_max, rng.choice([5000, 40000, 1 << 31])))
        store.set_all_in_sync()
        block = store.superblock
        block.current_uuid, block.bitmap_uuid = rng.getrandbits(64), rng.getrandbits(64)
        block.younger_history_uuid, block.device_uuid = rng.getrandbits(64), rng.getrandbits(64)
        block.flags |= rng.choice([0x11, 0x15, 0x31, 0x51]) | (2 if is_primary else 0)
        block.last_peer_max_io_size = 1 << 20
        store.write_superblock()
        for _ in range(20):
            first = rng.randrange(block.last_agreed_size)
            count = min(rng.choice([1, 8, 100, 9000]), block.last_agreed_size - first)
            if not is_primary:
                store.mark_out_of_sync(first_sector=first, sector_count=count)
            elif store.begin_write(first_sector=first, sector_count=count):
                store.write_log()
                store.end_write(
                    first_sector=first, sector_count=count, is_in_sync=rng.random() < 0.7
                )
        store.write_bitmap()
        return store.bitmap.count


@pytest.mark.parametrize("is_primary", ["primary", "secondary"])
@everywhere
def test_used_and_recovered_alike(tmp_path: Path, index: str, size: str, is_primary: str) -> None:
    """A volume that we used and crashed is dumped, and recovered, the same by both."""
    rng = random.Random(f"{index} {size} {is_primary}")
    path = blank(tmp_path / "file", max(SIZES[size], MIB))
    dotmirror("create-md", path, index=index)
    bit_count = dirty(path, index, rng, is_primary=is_primary == "primary")
    dump = dump_by_drbdmeta(path, index)
    assert dump == dump_by_us(path, index)
    assert f"# bits-set {bit_count};" in dump
    assert ask(path, index, "get-gi").output.strip() == identifiers(path, index)
    before = found(path, index).superblock
    assert dotmirror("dump-md", path, index=index).exit_code == 1
    ours = tmp_path / "ours"
    _copy_sparse(path, ours, index)
    assert dotmirror("apply-al", ours, index=index).exit_code == 0
    assert ask(path, index, "apply-al").code == 0
    assert metadata_of(ours, index) == metadata_of(path, index)
    assert found(ours, index).superblock.current_uuid == before.current_uuid
    assert dump_by_drbdmeta(ours, index) == dump_by_us(ours, index)


def _copy_sparse(source: Path, target: Path, index: str) -> None:
    """Copy what matters of a file: the meta-data."""
    lies = found(source, index).areas
    blank(target, source.stat().st_size)
    with FileDevice(source, writable=False) as old, FileDevice(target, writable=True) as new:
        used = bitmap_size_bytes(found(source, index).superblock.last_agreed_size)
        used = min(used, lies.bitmap_size_bytes_max)
        for at, size in (
            (lies.superblock_offset_bytes, 4096),
            (lies.al_offset_bytes, lies.al_size_bytes),
            (lies.bitmap_offset_bytes, used),
        ):
            new.write(at, old.read(offset_bytes=at, size_bytes=size))


def random_dump(rng: random.Random, sector_count: int) -> str:
    """A dump as people and programs write it: runs, words, comments, too much white space."""
    items: list[str] = []
    left = bitmap_size_bytes(sector_count) // 8
    while left > 0:
        count = min(left, rng.choice([1, 1, 2, 7, 8, 9, 64, 500, 100000]))
        word = rng.choice(
            [0, (1 << 64) - 1, rng.getrandbits(64), rng.getrandbits(32) * 0x100000001]
        )
        text = f"0x{word:016X}" if rng.random() < 0.5 else f"0x{word:016x}"
        items.append(f"{count} times {text};" if count > 1 else f"{text};")
        left -= count
    uuids = " ".join(f"0x{rng.getrandbits(64):016X};" for _ in range(4))
    return f"""version "v08";
uuid {{ {uuids} # four
 flags 0x{rng.getrandbits(9) | 0x80:08X}; }}
la-size-sect {sector_count};\r\nbm-byte-per-bit 4096; device-uuid 0x{rng.getrandbits(64):016X};
la-peer-max-bio-size {rng.choice([0, 4096, 1 << 20])};
al-stripes 1; al-stripe-size-4k 8; bm {{ {rng.choice([" ", chr(10)]).join(items)} }} # end"""


@everywhere
def test_restored_alike(tmp_path: Path, index: str, size: str) -> None:
    """A dump that one of us restores is what the other one reads, and both write the same."""
    rng = random.Random(f"{index} {size}")
    ours, theirs = (blank(tmp_path / name, SIZES[size]) for name in ("ours", "theirs"))
    assert ask(theirs, index, "create-md").code == 0  # restore-md leaves the activity log as it is
    largest = found(theirs, index).areas.sector_count_max
    text = tmp_path / "dump.txt"
    text.write_text(random_dump(rng, min(largest, rng.choice([1, 8191, 123457, 1 << 22]))))
    assert ask(theirs, index, "restore-md", text).code == 0
    assert dotmirror("restore-md", ours, text, "--force", index=index).exit_code == 0
    assert metadata_of(ours, index) == metadata_of(theirs, index)
    assert dump_by_drbdmeta(ours, index) == dump_by_us(theirs, index)
    assert ask(ours, index, "get-gi").output.strip() == identifiers(theirs, index)


@pytest.mark.parametrize("seed", range(8))
def test_each_reads_the_others_dump(tmp_path: Path, seed: int) -> None:
    """What one of us dumps and the other restores is again what was dumped."""
    rng = random.Random(seed)
    path, copy = (blank(tmp_path / name, 300 * MIB) for name in ("path", "copy"))
    text = tmp_path / "dump.txt"
    text.write_text(random_dump(rng, rng.choice([0, 1, 7777, 614000])))
    assert dotmirror("restore-md", path, text, "--force").exit_code == 0
    text.write_text(dump_by_us(path, "internal", flags=True))
    assert ask(copy, "internal", "verify-dump", text).code == 0
    assert ask(copy, "internal", "create-md").code == 0
    assert ask(copy, "internal", "restore-md", text).code == 0
    assert metadata_of(copy, "internal") == metadata_of(path, "internal")
    text.write_text(ask(path, "internal", "dump-md").output)
    assert dotmirror("restore-md", copy, text, "--force").exit_code == 0
    assert dump_by_us(copy, "internal") == dump_by_us(path, "internal")


CHANGES: Final = (
    ("set-gi", "1122334455667788:AABBCCDDEEFF0010:1:2:1:1:1:1:0:0:0"),
    ("set-gi", "1:2:3:4:1:0:1:0:1:1:1"),
    ("outdate",),
    ("invalidate",),
    ("write-dev-uuid", "0123456789ABCDEF"),
)


@pytest.mark.parametrize("index", ["internal", "flex-external", "0"])
def test_changes_by_drbdmeta_are_read(tmp_path: Path, index: str) -> None:
    """What drbdmeta changes in the superblock we read, and write as it would."""
    path = blank(tmp_path / "file", 130 * MIB)
    dotmirror("create-md", path, index=index)
    for change in CHANGES:
        assert ask(path, index, *change).code == 0
        assert ask(path, index, "get-gi").output.strip() == identifiers(path, index)
        it = found(path, index)
        before = path.read_bytes()
        with FileDevice(path, writable=True) as device:
            write_superblock(device, it.superblock, it.areas)
        assert path.read_bytes() == before
    device_uuid = ask(path, index, "read-dev-uuid").output.strip()
    assert device_uuid == f"{it.superblock.device_uuid:016X}"


@pytest.mark.parametrize("index", ["internal", "flex-external"])
def test_flipped_bits_are_judged_alike(
    tmp_path: Path, index: str, record_property: Callable[[str, object], None]
) -> None:
    """Of every bit that is flipped in a superblock both say the same; we leave the file alone."""
    path = blank(tmp_path / "file", MIB)
    dotmirror("create-md", path, index=index)
    at = found(path, index).areas.superblock_offset_bytes
    good = path.read_bytes()
    refused = 0
    for bit in range(96 * 8):
        damaged = bytearray(good)
        damaged[at + bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        result = dotmirror("dump-md", path, "--force", index=index)
        assert path.read_bytes() == bytes(damaged)
        theirs = ask(path, index, "dump-md")
        if result.exit_code:
            assert len(result.stderr.splitlines()) == 1
            assert isinstance(result.exception, SystemExit)
            refused += 1
        if not _is_judged_otherwise(bit // 8, index):
            assert (result.exit_code == 0) == (theirs.code == 0), bit
        if result.exit_code == theirs.code == 0:
            assert dump_by_us(path, index) == theirs.output[theirs.output.index("version") :]
    record_property(
        "summary", f"{refused} of 768 flipped bits of a superblock are refused ({index})"
    )


def _is_judged_otherwise(byte: int, index: str) -> bool:
    """What drbdmeta dies of (bits of another size), overlooks or counts beyond 32 bits."""
    is_size = index != "internal" and 64 <= byte < 68
    return 80 <= byte < 84 or byte in {88, 92} or is_size


@pytest.mark.parametrize("striping", [Striping(), Striping(4, 16)], ids=str)
@pytest.mark.parametrize("size_bytes", [64 * MIB, 64 * MIB + 8192, 96 * MIB, 300 * MIB])
def test_moved_metadata_is_read(tmp_path: Path, size_bytes: int, striping: Striping) -> None:
    """Where we move meta-data on a file that grew drbdmeta finds it, with every bit and UUID."""
    path = blank(tmp_path / "file", 64 * MIB)
    dotmirror("create-md", path)
    bit_count = dirty(path, "internal", random.Random(1), is_primary=False)
    identity = identifiers(path, "internal")
    with FileDevice(path, writable=True) as device:
        store = Store.attach(device, INTERNAL)
        with path.open("r+b") as file:
            file.truncate(size_bytes)
        store.move(device, INTERNAL, striping)
    dump = dump_by_drbdmeta(path, "internal")
    assert dump == dump_by_us(path, "internal")
    assert f"# bits-set {bit_count};" in dump
    assert f"al-stripes {striping.stripe_count};" in dump
    assert ask(path, "internal", "get-gi").output.split(":")[:4] == identity.split(":")[:4]
    assert ask(path, "internal", "apply-al").code == 0


FOREIGN: Final = {  # offset and bytes of what drbdmeta knows
    "ext4": {1028: struct.pack("<I", 64 << 10), 1080: b"\x53\xef"},
    "XFS": {0: b"XFSB" + struct.pack(">IQ", 4096, 64 << 8)},
    "LVM2": {536: b"LVM2 001"},
    "swap": {4086: b"SWAPSPACE2"},
}


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("index", ["internal", "flex-external"])
def test_file_systems_are_protected_alike(tmp_path: Path, index: str, name: str) -> None:
    """Where a file system would be damaged both refuse, by force as well, and change nothing."""
    path = blank(tmp_path / "file", 64 * MIB)
    with path.open("r+b") as file:
        for offset_bytes, content in FOREIGN[name].items():
            file.seek(offset_bytes)
            file.write(content)
    before = path.read_bytes()
    result = dotmirror("create-md", path, "--force", index=index)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert ask(path, index, "create-md").code == 40
    assert path.read_bytes() == before


@pytest.mark.parametrize("index", ["internal", "flex-external"])
@pytest.mark.parametrize("size_bytes", [69631, 69632, 64 * MIB - 4096, 64 * MIB + 4096])
def test_files_that_were_cut_are_judged_alike(tmp_path: Path, index: str, size_bytes: int) -> None:
    """Where a file is not as long any more as its meta-data says both see it, or neither."""
    path = blank(tmp_path / "file", 64 * MIB)
    dotmirror("create-md", path, index=index)
    with path.open("r+b") as file:
        file.truncate(size_bytes)
    before = path.read_bytes()
    result = dotmirror("dump-md", path, index=index)
    assert path.read_bytes() == before
    assert (result.exit_code == 0) == (ask(path, index, "get-gi").code == 0)
