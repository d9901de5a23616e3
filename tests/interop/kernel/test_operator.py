"""A mirror of a kernel and `dotmirror run`, begun on both sides from the same configuration."""

from pathlib import Path
from typing import Final

from click.testing import CliRunner

from runtime.cli import main
from tests.interop.clients import Clients
from tests.interop.drbdadm import DRBDADM_84, DRBDSETUP_84, ask
from tests.interop.kernel.guest import GUEST_ADDRESS, HOST_ADDRESS
from tests.interop.kernel.pair import SMALL, Stage
from tests.io.operating import PATIENCE_S, RunningNode
from tests.runtime.io.scripted import free_addresses

CONFIGURATION: Final = """
    common { net { protocol C; verify-alg crc32c; connect-int 1; } }
    resource r0 {
        disk { c-plan-ahead 0; resync-rate 100M; }
        on kern { device minor 0; disk %(kernel_disk)s; meta-disk internal; address %(kernel)s; }
        on alice { device minor 0; disk %(disk)s; meta-disk internal; address %(own)s; }
    }
    """


def test_an_operator_mirrors_with_a_kernel(stage: Stage, tmp_path: Path, clients: Clients) -> None:
    """What drbdadm makes of the file and what we make of it meet; data come by NBD, and go back."""
    kernel, (own, _) = stage.kernel(0), free_addresses()
    kernel.peer_port = own.port
    kernel.prepare([SMALL])
    disk = tmp_path / "alice.img"
    with disk.open("xb") as file:
        file.truncate(kernel.images[0].stat().st_size)
    places = {"kernel_disk": kernel.device, "disk": disk}
    # The guest is behind a network of QEMU's: the same two places have other addresses there.
    of_kernel = {"kernel": f"{GUEST_ADDRESS}:{kernel.port}", "own": f"{HOST_ADDRESS}:{own.port}"}
    of_alice = {"kernel": f"127.0.0.1:{stage.guest.ports[kernel.port]}", "own": own}
    for name, addresses in (("kern", of_kernel), ("alice", of_alice)):
        (tmp_path / f"{name}.res").write_text(CONFIGURATION % {**places, **addresses})
    up = ask(DRBDADM_84, tmp_path / "kern.res", "-d", "up", "r0", host="kern")
    assert up.code == 0, up.errors
    kernel.begin_as_told(up.output.replace(DRBDSETUP_84, "drbdsetup"))
    words = ("-c", str(tmp_path / "alice.res"), "--host", "alice")
    assert CliRunner().invoke(main, ["create-md", *words, "r0"]).exit_code == 0
    nbd = tmp_path / "alice.nbd"
    with RunningNode(tmp_path, "alice", *words, "--nbd", f"unix:{nbd}") as alice:
        alice.run("wait-connect")
        alice.run("primary", "--force")
        alice.in_sync()
        uri = f"nbd+unix:///r0/0?socket={nbd}"
        clients("qemu-io", "-f", "raw", uri, "-c", "write -P 7 1M 2M", "-c", "flush")
        alice.run("verify")
        alice.order("wait", conn="Connected", timeout=PATIENCE_S)
        assert alice.view()["out_of_sync_kib"] == 0
        alice.run("secondary")
        kernel.primary()
        whole = kernel.checksum()
        kernel.secondary()
        assert alice.order("checksum")["sha256"] == whole
        alice.terminate()
    kernel.clear_away()
