"""Real NBD clients use a mirrored volume, and both disks hold what they have written."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from runtime.nbd.exports import ALLOCATION, OUT_OF_SYNC
from tests.interop.clients import Clients
from tests.interop.nbd_export import MIB, Mirror
from tests.runtime.io.scripted import free_addresses


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    """One mirror for all that leave it usable."""
    with Mirror(tmp_path_factory.mktemp("nbd")) as made:
        yield made


def test_nbdinfo_is_told_everything(mirror: Mirror, clients: Clients) -> None:
    """Nbdinfo lists the volume with its size, flags, block sizes and meta contexts."""
    found = json.loads(clients("nbdinfo", "--json", "--list", mirror.uri()))["exports"]
    (one,) = found
    assert (one["export-name"], one["export-size"]) == ("r0/0", mirror.size_bytes)
    assert one["contexts"] == [ALLOCATION, OUT_OF_SYNC]
    for word in ("fua", "flush", "trim", "zero", "fast_zero", "multi_conn", "df"):
        assert one[f"can_{word}"], word
    assert (one["block_size_minimum"], one["block_size_preferred"]) == (512, 4096)
    assert "newstyle-fixed" in clients("nbdinfo", mirror.uri())


def test_nbdcopy_copies_there_and_back(mirror: Mirror, clients: Clients) -> None:
    """Nbdcopy writes by several connections at once and reads the same back."""
    source = mirror.folder / "source.raw"
    source.write_bytes(os.urandom(24 * MIB) + bytes(mirror.size_bytes - 24 * MIB))
    clients("nbdcopy", "--connections=4", source, mirror.uri())
    clients("nbdcopy", "--connections=4", mirror.uri(), mirror.folder / "copy.raw")
    assert (mirror.folder / "copy.raw").read_bytes() == source.read_bytes() == mirror.content()
    mirror.assert_equal()


def test_qemu_img_converts_and_compares(mirror: Mirror, clients: Clients) -> None:
    """qemu-img convert writes an image to the volume, and compare finds no difference."""
    image, raw = mirror.folder / "image.qcow2", mirror.folder / "convert.raw"
    raw.write_bytes(os.urandom(8 * MIB) + bytes(mirror.size_bytes - 8 * MIB))
    clients("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, image)
    clients("qemu-img", "convert", "-n", "-f", "qcow2", "-O", "raw", image, mirror.uri())
    assert "identical" in clients("qemu-img", "compare", "-F", "raw", image, mirror.uri())
    assert mirror.content() == raw.read_bytes()
    mapped = json.loads(clients("qemu-img", "map", "--output=json", "-f", "raw", mirror.uri()))
    assert any(it["zero"] for it in mapped)
    mirror.assert_equal()


def test_qemu_io_writes_of_every_kind(mirror: Mirror, clients: Clients) -> None:
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
    said = clients(
        "qemu-io", "-f", "raw", mirror.uri(), *(it for c in commands for it in ("-c", c))
    )
    assert "failed" not in said
    mirror.assert_equal()


@pytest.mark.parametrize("pattern", ["randrw", "randwrite", "write"])
def test_fio_verifies_what_it_has_written(mirror: Mirror, clients: Clients, pattern: str) -> None:
    """Fio writes sizes from 512 bytes to 256 KiB, 32 at a time, and verifies each by crc32c."""
    said = clients(
        *("fio", "--name=verify", "--ioengine=nbd", f"--uri={mirror.uri()}", f"--rw={pattern}"),
        *("--bsrange=512-256k", "--blockalign=512", "--size=48m", "--iodepth=32"),
        *("--verify=crc32c", "--verify_fatal=1", "--do_verify=1", "--randrepeat=0"),
        *("--fsync=64", f"--aux-path={mirror.folder}", "--verify_state_save=0"),
    )
    assert "err= 0" in said
    mirror.assert_equal()


def test_many_clients_verify_what_each_has_written(mirror: Mirror, clients: Clients) -> None:
    """Eight fios at once, each with a part of the volume of its own, and none meets another's."""
    said = clients(
        *("fio", "--name=many", "--ioengine=nbd", f"--uri={mirror.uri()}", "--rw=randrw"),
        *("--numjobs=8", "--size=6m", "--offset_increment=6m", "--bsrange=512-64k"),
        *("--blockalign=512", "--iodepth=8", "--verify=crc32c", "--verify_fatal=1"),
        *("--do_verify=1", f"--aux-path={mirror.folder}", "--verify_state_save=0"),
    )
    assert said.count("err= 0") == 8
    mirror.assert_equal()


def test_an_end_in_order_while_qemu_writes(tmp_path: Path, clients: Clients) -> None:
    """SIGTERM answers what is under way: qemu-img hears an error, and both disks are equal."""
    with Mirror(tmp_path) as mirror:
        bench = clients.begin(
            *("qemu-img", "bench", "-w", "-c", "1000000", "-d", "16", "-s", "64k", "-f", "raw"),
            mirror.uri(),
            code=1,
        )
        mirror.alice.look_until(lambda it: it["written_kib"] > 4096)
        mirror.alice.terminate()
        assert "Failed request" in bench.said()
        mirror.assert_equal()
        mirror.bob.run("primary")  # Alice has parted as a Secondary: nobody is in doubt
        clients("qemu-io", "-f", "raw", mirror.uri("bob"), "-c", "write -P 9 0 64k", "-c", "flush")


def test_a_read_only_export(tmp_path: Path, clients: Clients) -> None:
    """Clients see that nothing may be written, are refused if they try, and read all of it."""
    with Mirror(tmp_path, "--nbd-read-only") as mirror:
        (found,) = json.loads(clients("nbdinfo", "--json", mirror.uri()))["exports"]
        assert found["is_read_only"]
        clients("qemu-io", "-f", "raw", mirror.uri(), "-c", "write 0 512", code=1)
        clients("nbdcopy", mirror.uri(), "null:")


def test_a_peer_is_killed_while_fio_writes(tmp_path: Path, clients: Clients) -> None:
    """Fio notices nothing of a peer that dies and comes back, and then both disks are equal."""
    with Mirror(tmp_path) as mirror:
        fio = clients.begin(
            *("fio", "--name=killed", "--ioengine=nbd", f"--uri={mirror.uri()}", "--rw=randwrite"),
            *("--bsrange=512-128k", "--blockalign=512", "--size=48m", "--rate=4m", "--iodepth=16"),
            *("--verify=crc32c", "--verify_fatal=1", "--do_verify=1", "--randrepeat=0"),
            *(f"--aux-path={tmp_path}", "--verify_state_save=0"),
        )
        written_kib = mirror.alice.view()["written_kib"]
        mirror.alice.look_until(lambda it: it["written_kib"] > written_kib + 4096)
        mirror.kill("bob")
        mirror.alice.look_until(lambda it: it["conn"] != "Connected")
        mirror.alice.look_until(lambda it: it["out_of_sync_kib"] > 4096)
        mirror.begin("bob")
        mirror.alice.in_sync()
        assert fio.is_running
        assert "err= 0" in fio.said()
        mirror.assert_equal()


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


def test_nbdsh_meets_every_command_and_error(mirror: Mirror, clients: Clients) -> None:
    """Nbdsh sends every command with every flag, and wrong ones, past libnbd's own checks."""
    script = SHELL.replace("URI", repr(mirror.uri()))
    assert "all of it" in clients("nbdsh", "-c", script)


def test_nbdkit_hands_the_volume_on(mirror: Mirror, clients: Clients) -> None:
    """Nbdkit's nbd plugin is a client, and serves what it finds to the next one."""
    front = mirror.folder / "nbdkit.sock"
    with clients.serving(
        *("nbdkit", "-f", "-U", front, "nbd", f"uri={mirror.uri()}", "shared=true"), until=front
    ):
        uri = f"nbd+unix:///?socket={front}"
        clients("qemu-io", "-f", "raw", uri, "-c", "write -P 33 3M 1M", "-c", "flush")
        clients("qemu-io", "-f", "raw", mirror.uri(), "-c", "read -P 33 3M 1M")
        found = json.loads(clients("nbdinfo", "--json", uri))["exports"][0]
        assert found["export-size"] == mirror.size_bytes
    mirror.assert_equal()


def test_the_resync_bitmap_is_seen_from_outside(tmp_path: Path, clients: Clients) -> None:
    """Nbdinfo and qemu-img see as dotmirror:out-of-sync what the peer has missed, and no more."""
    with Mirror(tmp_path) as mirror:
        mirror.alice.run("disconnect")
        clients("qemu-io", "-f", "raw", mirror.uri(), "-c", "write 1M 64k", "-c", "write 8M 4k")
        found = json.loads(clients("nbdinfo", "--json", f"--map={OUT_OF_SYNC}", mirror.uri()))
        dirty = [(it["offset"], it["length"]) for it in found if it["type"] & 1]
        assert dirty == [(MIB, 65536), (8 * MIB, 4096)]
        mirror.alice.run("connect")
        mirror.alice.in_sync()
        found = json.loads(clients("nbdinfo", "--json", f"--map={OUT_OF_SYNC}", mirror.uri()))
        assert not any(it["type"] & 1 for it in found)


def test_a_secondary_refuses_and_says_why(tmp_path: Path, clients: Clients) -> None:
    """What qemu-img shows of a Secondary's refusal is the node's own sentence."""
    with Mirror(tmp_path) as mirror:
        mirror.alice.run("secondary")
        assert "is Secondary on alice" in clients("qemu-img", "info", mirror.uri(), code=1)


def test_real_clients_speak_tls(tmp_path: Path, clients: Clients) -> None:
    """Libnbd and qemu begin TLS with certificates, and who speaks none of it gets nothing."""
    authority = trustme.CA()
    folder = tmp_path / "pki"
    folder.mkdir()
    authority.cert_pem.write_to_path(folder / "ca-cert.pem")
    for side, name in (("server", "localhost"), ("client", "client.example")):
        made = authority.issue_cert(name)
        made.cert_chain_pems[0].write_to_path(folder / f"{side}-cert.pem")
        made.private_key_pem.write_to_path(folder / f"{side}-key.pem")
    (address,) = free_addresses(1)
    with Mirror(tmp_path, "--nbd", str(address), "--nbd-tls", folder):
        place = f"localhost:{address.port}/r0/0"
        said = clients("nbdinfo", f"nbds://{place}?tls-certificates={folder}")
        assert "with TLS" in said
        clients("nbdinfo", f"nbd://{place}", code=1)
        image = f"driver=nbd,host=localhost,port={address.port},export=r0/0,tls-creds=tls"
        credentials = f"tls-creds-x509,id=tls,dir={folder},endpoint=client"
        clients(
            *("qemu-io", "--object", credentials, "--image-opts", image),
            *("-c", "write -P 5 0 1M", "-c", "read -P 5 0 1M", "-c", "flush"),
        )
