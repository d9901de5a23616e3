"""`dotmirror run --nbd` gives the volumes of a process to clients, and ends in order with them."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from generated.layouts.nbd_options import NbdOpt, NbdRep
from generated.layouts.nbd_requests import NbdCommand, NbdError
from runtime.cli import main
from runtime.node_config import NbdConfig, to_json
from tests.io.configured import configuration
from tests.io.nbd_client import NbdClient
from tests.io.nodes import created, two_configs
from tests.io.operating import MIRROR, PATIENCE_S, RunningNode
from tests.io.test_node import play
from tests.runtime.io.scripted import free_addresses
from tests.runtime.nbd.words import go, option, option_replies

NODE = ("--listen", "127.0.0.1:7788", "--peer", "127.0.0.1:7789", "--disk", "a.img")


async def names_at(path: Path) -> list[str]:
    """What there is to choose from."""
    client = await NbdClient.by_path(path)
    client.writer.write(option(NbdOpt.LIST) + option(NbdOpt.ABORT))
    replies = option_replies(await client.reader.read())
    client.close()
    return [data[4:].decode() for kind, data in replies if kind == NbdRep.SERVER]


def test_a_volume_is_served_without_a_file(tmp_path: Path) -> None:
    """--nbd is all that it takes; at SIGTERM what is under way is answered."""
    own, peer = free_addresses()
    path = tmp_path / "alice.nbd"
    words = ["--disk", str(created(tmp_path / "a.img")), "--listen", str(own)]
    words += ["--peer", str(peer), "--nbd", f"unix:{path}"]
    with RunningNode(tmp_path, "alice", *words) as alice:
        alice.run("primary", "--force")

        async def scenario() -> None:
            client = await NbdClient.by_path(path)
            assert (await client.choose())[0] == NbdRep.ACK
            await client.write(0, b"n" * 4096)
            cookies = [client.say(NbdCommand.READ, length=1 << 20) for _ in range(8)]
            alice.process.terminate()
            answers = [await client.answer(it) for it in cookies]
            assert {it.error for it in answers} <= {0, NbdError.ESHUTDOWN}
            assert await client.ended()

        play(scenario)
        assert alice.process.wait(PATIENCE_S) == 0
    assert not path.exists()
    assert (tmp_path / "a.img").read_bytes()[:4096] == b"n" * 4096


def test_all_resources_have_one_place(tmp_path: Path) -> None:
    """--nbd serves every volume of the process, a file's own settings those of its resource."""
    folder = tmp_path / "etc"
    folder.mkdir()
    everything, own = tmp_path / "all.nbd", tmp_path / "web.nbd"
    for name, nbd in (("db", None), ("web", NbdConfig(unix=own))):
        (tmp_path / name).mkdir()
        config = two_configs(tmp_path / name, replace(MIRROR, name=name))[0]
        (folder / f"{name}.json").write_text(to_json(replace(config, nbd=nbd)))
    with RunningNode(tmp_path, "alice", "--nbd", f"unix:{everything}", str(folder)) as alice:
        alice.run("primary", "--force", "web")

        async def scenario() -> None:
            assert await names_at(everything) == ["db/0", "web/0"]
            assert await names_at(own) == ["web/0"]
            client = await NbdClient.by_path(everything)
            kind, reason = await client.choose("db/0")
            assert (kind, "db/0 is Secondary" in reason) == (NbdRep.ERR_POLICY, True)
            client.writer.write(go("web/0"))
            assert (await client.option(b""))[0] == NbdRep.ACK
            await client.write(0, b"w" * 512)
            assert "held open" in alice.type("secondary", "web").stderr
            client.close()

        play(scenario)
        alice.terminate()
    contents = [(tmp_path / name / "alice.img").read_bytes()[:512] for name in ("db", "web")]
    assert contents == [bytes(512), b"w" * 512]


def test_a_configuration_of_drbd_is_served(tmp_path: Path) -> None:
    """A node that drbd.conf describes has clients by --nbd too: the file has no word for them."""
    conf = configuration(tmp_path, {"web": ""})
    host = ["--host", "alice"]
    made = CliRunner().invoke(main, ["create-md", "-c", str(conf), *host, "--force", "all"])
    assert made.exit_code == 0, made.output
    path = tmp_path / "alice.nbd"
    with RunningNode(tmp_path, "alice", "-c", str(conf), *host, "--nbd", f"unix:{path}") as alice:
        alice.run("primary", "--force", "web")

        async def scenario() -> None:
            client = await NbdClient.by_path(path)
            assert (await client.choose("web/0"))[0] == NbdRep.ACK
            await client.write(0, b"d" * 512)
            client.close()

        play(scenario)
        alice.terminate()
    assert (tmp_path / "alice-web").read_bytes()[:512] == b"d" * 512


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--nbd", "1.2.3.4:5"), 2, "needs --nbd-tls"),
        (("--nbd", "tcp"), 2, "--nbd tcp: write unix:PATH, or an address ('tcp' is no address"),
        (("--nbd", "unix:a", "--nbd", "unix:b"), 2, "--nbd takes one path and one address"),
        (("--nbd-insecure",), 2, "--nbd-insecure means nothing without --nbd"),
        (("--nbd", "unix:a", "--nbd-insecure"), 2, "are for --nbd with an address"),
    ],
)
def test_a_wrong_place_is_a_sentence(words: tuple[str, ...], code: int, sentence: str) -> None:
    """What can't be meant is refused before anything is begun."""
    result = CliRunner().invoke(main, ["run", *NODE, *words])
    assert (result.exit_code, "Traceback" in result.output) == (code, False)
    assert sentence in " ".join(result.output.split())


def test_a_place_that_is_taken_ends_the_node(tmp_path: Path) -> None:
    """What can't be served is said in a sentence, and the node does not run without it."""
    own, peer = free_addresses()
    disk = created(tmp_path / "a.img")
    words = ["run", "-S", str(tmp_path / "s"), "--disk", str(disk), "--listen", str(own)]
    words += ["--peer", str(peer), "--nbd", f"unix:{disk}"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert result.stderr.endswith(f"Error: {disk} is there, and no socket\n")
    tls = ["--nbd", "127.0.0.1:10809", "--nbd-tls", str(tmp_path)]
    result = CliRunner().invoke(main, [*words[:-2], *tls])
    assert result.exit_code == 1
    assert f"tls: {tmp_path}/server-cert.pem: No such file or directory" in result.stderr
