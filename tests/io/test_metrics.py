"""Prometheus asks a node that runs; whoever asks badly hurts only themselves."""

import asyncio
import random
import socket
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from runtime.cli import main
from runtime.control.metrics_server import HEAD_SIZE_BYTES_MAX, MetricsLimits, MetricsServer
from runtime.io.event_loop import run
from runtime.io.listening import listener_on
from runtime.node_config import to_json
from tests.io.nodes import two_configs
from tests.io.operating import MIRROR, RunningNode
from tests.runtime.io.scripted import free_addresses

PATIENCE_S: Final = 20.0
FINE: Final = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_a_node_that_runs_is_scraped(tmp_path: Path) -> None:
    """`--metrics PORT` is this machine's own, and says what the status says."""
    config = two_configs(tmp_path, MIRROR)[0]
    (tmp_path / "alice.json").write_text(to_json(config))
    port = free_addresses()[0].port
    words = [str(tmp_path / "alice.json"), "--metrics", str(port)]
    with RunningNode(tmp_path, "alice", *words) as alice:
        alice.run("primary", "--force")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            families = text_string_to_metric_families(answer.read().decode())
        roles = {
            sample.labels["drbd_resource_role"]: sample.value
            for family in families
            for sample in family.samples
            if sample.name == "drbd_resource_role"
        }
        assert roles == {"Primary": 1, "Secondary": 0, "Unknown": 0}
        alice.terminate()


@pytest.mark.parametrize(
    ("place", "code", "sentence"),
    [
        ("x:1", 2, "'x' is no IP address"),
        ("0", 2, "--metrics 0: port 0 must be"),
        ("1.2.3.4:5", 1, "listening on 1.2.3.4:5"),
    ],
)
def test_a_place_that_is_none_is_a_sentence(
    tmp_path: Path, place: str, code: int, sentence: str
) -> None:
    """The node does not run without what was asked for."""
    (tmp_path / "alice.json").write_text(to_json(two_configs(tmp_path, MIRROR)[0]))
    words = ["run", "-S", str(tmp_path / "a.sock"), str(tmp_path / "alice.json")]
    result = CliRunner().invoke(main, [*words, "--metrics", place])
    assert result.exit_code == code
    assert sentence in result.stderr


class Asked:
    """A server of metrics, and clients of all kinds."""

    def __init__(self, limits: MetricsLimits) -> None:
        self.address = free_addresses()[0]
        self.server = MetricsServer(
            lambda: "up 1\n" * 3, "text/plain", listener_on(self.address), limits
        )

    async def client(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """One more client."""
        return await asyncio.open_connection(self.address.host, self.address.port)

    async def ask(self, request: bytes) -> bytes:
        """The whole answer to a request; what a client that is let go has heard."""
        reader, writer = await self.client()
        try:
            writer.write(request)
            async with asyncio.timeout(PATIENCE_S):
                return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.close()


def play(scene: Callable[[Asked], Awaitable[None]], limits: MetricsLimits | None = None) -> None:
    """Let something happen around a server."""

    async def scenery() -> None:
        asked = Asked(limits or MetricsLimits())
        await asked.server.start()
        await scene(asked)
        await asked.server.stop()

    run(scenery())


def test_what_is_asked_badly_is_answered_by_a_number() -> None:
    """Each wrong request has the answer that HTTP has for it."""

    async def scene(asked: Asked) -> None:
        for request, status in [
            (FINE, b"200"),
            (FINE.replace(b"GET", b"HEAD"), b"200"),
            (FINE.replace(b"/metrics", b"/metrics?a=b"), b"200"),
            (FINE.replace(b"/metrics", b"/"), b"404"),
            (FINE.replace(b"GET", b"POST"), b"405"),
            (FINE.replace(b"HTTP/1.1", b"HTTP/2"), b"400"),
            (b"\r\n\r\n", b"400"),
            (b"\xff\x00 \r\n\r\n", b"400"),
        ]:
            answer = await asked.ask(request)
            assert answer.split()[1] == status, request
            head, _, body = answer.partition(b"\r\n\r\n")
            length = int(head.partition(b"Content-Length: ")[2].split()[0])
            assert len(body) == (0 if request.startswith(b"HEAD") else length)

    play(scene)


def test_garbage_is_let_go() -> None:
    """Random bytes without an end, and a head without an end, take a few kilobytes at most."""

    async def scene(asked: Asked) -> None:
        chance = random.Random(7)
        for size in (1 << 16, HEAD_SIZE_BYTES_MAX * 8):
            await asked.ask(chance.randbytes(size))
        await asked.ask(b"GET /metrics HTTP/1.1\r\n" + b"a: b\r\n" * HEAD_SIZE_BYTES_MAX)
        assert (await asked.ask(FINE)).startswith(b"HTTP/1.1 200 OK")

    play(scene)


def test_a_slow_client_is_let_go() -> None:
    """Who says nothing, or half of it, is let go after a while; others are served meanwhile."""

    async def scene(asked: Asked) -> None:
        clients = [await asked.client() for _ in range(3)]
        for _, writer in clients:
            writer.write(FINE[:10])
        assert (await asked.ask(FINE)).startswith(b"HTTP/1.1 200 OK")
        for reader, writer in clients:
            async with asyncio.timeout(PATIENCE_S):
                assert await reader.read() == b""
            writer.close()

    play(scene, MetricsLimits(whole_s=0.3))


def test_too_many_clients_are_let_go() -> None:
    """There is a bound, and it hurts the latest one only, who is told if they still listen."""

    async def scene(asked: Asked) -> None:
        clients = [await asked.client() for _ in range(2)]
        answer = b"HTTP/1.1 200"
        while answer.startswith(b"HTTP/1.1 200"):  # until the two are known to be there
            answer = await asked.ask(FINE)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 503")
        for _, writer in clients:
            writer.close()

    play(scene, MetricsLimits(client_count=2))


def test_a_reader_that_is_gone_hurts_nobody() -> None:
    """A client that asks and resets its connection leaves nothing behind."""

    async def scene(asked: Asked) -> None:
        for _ in range(20):
            _, writer = await asked.client()
            writer.write(FINE)
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            writer.transport.abort()
        assert (await asked.ask(FINE)).startswith(b"HTTP/1.1 200 OK")

    play(scene)
