"""Real NBD clients use a mirrored volume, and both disks hold what they have written."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from runtime.nbd.exports import ALLOCATION, OUT_OF_SYNC
from runtime.node_config import NbdTls
from tests.interop.nbd_export import MIB, Export, serving, told
from tests.runtime.io.scripted import free_addresses


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Export]:
    """One export for all that leave it usable."""
    with Export(tmp_path_factory.mktemp("nbd")) as made:
        yield made


def test_nbdinfo_is_told_everything(export: Export) -> None:
    """Nbdinfo lists the volume with its size, flags, block sizes and meta contexts."""
    found = json.loads(told("nbdinfo", "--json", "--list", export.uri))["exports"]
    (one,) = found
    assert (one["export-name"], one["export-size"]) == ("r0/0", export.size_bytes)
    assert one["contexts"] == [ALLOCATION, OUT_OF_SYNC]
    for word in ("fua", "flush", "trim", "zero", "fast_zero", "multi_conn", "df"):
        assert one[f"can_{word}"], word
    assert (one["block_size_minimum"], one["block_size_preferred"]) == (512, 4096)
    assert "newstyle-fixed" in told("nbdinfo", export.uri)


def test_nbdcopy_copies_there_and_back(export: Export) -> None:
    """Nbdcopy writes by several connections at once and reads the same back."""
    source = export.folder / "source.raw"
    source.write_bytes(os.urandom(24 * MIB) + bytes(export.size_bytes - 24 * MIB))
    told("nbdcopy", "--connections=4", source, export.uri)
    told("nbdcopy", "--connections=4", export.uri, export.folder / "copy.raw")
    assert (export.folder / "copy.raw").read_bytes() == source.read_bytes() == export.content()
    export.assert_equal()


def test_qemu_img_converts_and_compares(export: Export) -> None:
    """qemu-img convert writes an image to the volume, and compare finds no difference."""
    image, raw = export.folder / "image.qcow2", export.folder / "convert.raw"
    raw.write_bytes(os.urandom(8 * MIB) + bytes(export.size_bytes - 8 * MIB))
    told("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, image)
    told("qemu-img", "convert", "-n", "-f", "qcow2", "-O", "raw", image, export.uri)
    assert "identical" in told("qemu-img", "compare", "-F", "raw", image, export.uri)
    assert export.content() == raw.read_bytes()
    mapped = json.loads(told("qemu-img", "map", "--output=json", "-f", "raw", export.uri))
    assert any(it["zero"] for it in mapped)
    export.assert_equal()


def test_qemu_io_writes_of_every_kind(export: Export) -> None:
    """qemu-io writes, writes durably, writes zeroes with and without a hole, trims and reads."""
    commands = [
        "write -P 17 1M 3M",
        "write -f -P 18 512 512",
        "write -z 1M 64k",
        "write -z -u 2M 1M",
        "read -P 0 1M 64k",
        "read -P 17 1088k 64k",
        "read -P 0 2M 1M",
        "read -P 18 512 512",
        "aio_write -P 19 4M 1M",
        "aio_write -P 20 5M 1M",
        "aio_flush",
        "read -P 20 5M 1M",
        "discard 4M 1M",
        "flush",
    ]
    said = told("qemu-io", "-f", "raw", export.uri, *(it for c in commands for it in ("-c", c)))
    assert "failed" not in said
    export.assert_equal()


@pytest.mark.parametrize("pattern", ["randrw", "randwrite", "write"])
def test_fio_verifies_what_it_has_written(export: Export, pattern: str) -> None:
    """Fio writes sizes from 512 bytes to 256 KiB, 32 at a time, and verifies each by crc32c."""
    said = told(
        *("fio", "--name=verify", "--ioengine=nbd", f"--uri={export.uri}", f"--rw={pattern}"),
        *("--bsrange=512-256k", "--blockalign=512", "--size=48m", "--iodepth=32"),
        *("--verify=crc32c", "--verify_fatal=1", "--do_verify=1", "--randrepeat=0"),
        *("--fsync=64", f"--aux-path={export.folder}", "--verify_state_save=0"),
    )
    assert "err= 0" in said
    export.assert_equal()


SHELL = """
import errno
h.add_meta_context("base:allocation")
h.add_meta_context("dotmirror:out-of-sync")
h.set_strict_mode(0)
h.connect_uri(URI)
assert h.get_structured_replies_negotiated()
size = h.get_size()
h.pwrite(b"s" * 4096, 8192, nbd.CMD_FLAG_FUA)
assert h.pread(4096, 8192) == b"s" * 4096
assert h.pread(4096, 8192, nbd.CMD_FLAG_DF) == b"s" * 4096
h.zero(4096, 8192, nbd.CMD_FLAG_FAST_ZERO)
h.zero(4096, 16384, nbd.CMD_FLAG_NO_HOLE)
assert h.pread(4096, 8192) == bytes(4096)
h.trim(65536, 65536)
h.flush()
seen = {}
h.block_status(1 << 20, 0, lambda name, offset, extents, error: seen.setdefault(name, extents))
assert set(seen) == {"base:allocation", "dotmirror:out-of-sync"}, seen
assert seen["dotmirror:out-of-sync"] == [1 << 20, 0], seen
def fails(name, call, *arguments):
    try:
        call(*arguments)
    except nbd.Error as error:
        assert error.errno == name, (error.errno, name, error.string)
    else:
        raise AssertionError(name)
fails("EINVAL", h.pread, 100, 0)
fails("EINVAL", h.pread, 512, 3)
fails("EINVAL", h.pread, 512, size)
fails("ENOSPC", h.pwrite, bytes(512), size)
fails("ENOTSUP", h.zero, 4096, 0, nbd.CMD_FLAG_FAST_ZERO | nbd.CMD_FLAG_NO_HOLE)
fails("EINVAL", h.cache, 512, 0)
fails("EINVAL", h.trim, 511, 0)
assert h.pread(512, 0) is not None
h.shutdown()
print("all of it")
"""


def test_nbdsh_meets_every_command_and_error(export: Export) -> None:
    """Nbdsh sends every command with every flag, and wrong ones, past libnbd's own checks."""
    script = SHELL.replace("URI", repr(export.uri))
    assert "all of it" in told("nbdsh", "-c", script)


def test_nbdkit_hands_the_volume_on(export: Export) -> None:
    """Nbdkit's nbd plugin is a client, and serves what it finds to the next one."""
    front = export.folder / "nbdkit.sock"
    with serving(
        *("nbdkit", "-f", "-U", front, "nbd", f"uri={export.uri}", "shared=true"), until=front
    ):
        uri = f"nbd+unix:///?socket={front}"
        told("qemu-io", "-f", "raw", uri, "-c", "write -P 33 3M 1M", "-c", "flush")
        told("qemu-io", "-f", "raw", export.uri, "-c", "read -P 33 3M 1M")
        found = json.loads(told("nbdinfo", "--json", uri))["exports"][0]
        assert found["export-size"] == export.size_bytes
    export.assert_equal()


def test_nbdfuse_makes_a_file_of_it(export: Export) -> None:
    """Nbdfuse shows the volume as a file, which is read and written as any other."""
    mount = export.folder / "mount"
    mount.mkdir()
    shown = mount / "nbd"
    with serving("nbdfuse", mount, export.uri, until=shown), shown.open("r+b") as file:
        assert os.fstat(file.fileno()).st_size == export.size_bytes
        file.seek(7 * MIB)
        file.write(b"f" * 8192)
        file.flush()
        os.fsync(file.fileno())
        file.seek(7 * MIB)
        assert file.read(8192) == b"f" * 8192
    assert export.content()[7 * MIB : 7 * MIB + 8192] == b"f" * 8192


def test_the_resync_bitmap_is_seen_from_outside(tmp_path: Path) -> None:
    """Nbdinfo and qemu-img see as dotmirror:out-of-sync what the peer has missed, and no more."""
    with Export(tmp_path) as export:
        export.alice.do("disconnect")
        told("qemu-io", "-f", "raw", export.uri, "-c", "write 1M 64k", "-c", "write 8M 4k")
        found = json.loads(told("nbdinfo", "--json", f"--map={OUT_OF_SYNC}", export.uri))
        dirty = [(it["offset"], it["length"]) for it in found if it["type"] & 1]
        assert dirty == [(MIB, 65536), (8 * MIB, 4096)]
        export.alice.do("connect")
        export.alice.do("wait", conn="Connected", disk="UpToDate", pdsk="UpToDate", timeout=50)
        found = json.loads(told("nbdinfo", "--json", f"--map={OUT_OF_SYNC}", export.uri))
        assert not any(it["type"] & 1 for it in found)


def test_a_secondary_refuses_and_says_why(tmp_path: Path) -> None:
    """What qemu-img shows of a Secondary's refusal is the node's own sentence."""
    with Export(tmp_path) as export:
        export.alice.do("secondary")
        assert "is Secondary on alice" in told("qemu-img", "info", export.uri, code=1)


def test_real_clients_speak_tls(tmp_path: Path) -> None:
    """Libnbd and qemu begin TLS with certificates, and who speaks none of it gets nothing."""
    authority = trustme.CA()
    folder = tmp_path / "pki"
    folder.mkdir()
    authority.cert_pem.write_to_path(folder / "ca-cert.pem")
    for side, name in (("server", "localhost"), ("client", "client.example")):
        made = authority.issue_cert(name)
        made.cert_chain_pems[0].write_to_path(folder / f"{side}-cert.pem")
        made.private_key_pem.write_to_path(folder / f"{side}-key.pem")
    files = ("server-cert.pem", "server-key.pem", "ca-cert.pem")
    (address,) = free_addresses(1)
    with Export(tmp_path, address=address, tls=NbdTls(*(folder / it for it in files))):
        place = f"localhost:{address.port}/r0/0"
        said = told("nbdinfo", f"nbds://{place}?tls-certificates={folder}")
        assert "with TLS" in said
        told("nbdinfo", f"nbd://{place}", code=1)
        image = f"driver=nbd,host=localhost,port={address.port},export=r0/0,tls-creds=tls"
        credentials = f"tls-creds-x509,id=tls,dir={folder},endpoint=client"
        told(
            *("qemu-io", "--object", credentials, "--image-opts", image),
            *("-c", "write -P 5 0 1M", "-c", "read -P 5 0 1M", "-c", "flush"),
        )
