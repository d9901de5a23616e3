"""The volumes of two real nodes for NBD clients: what is written there is on both."""

import asyncio
import socket
import ssl
import stat
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from generated.layouts.nbd_options import NbdOpt, NbdRep
from generated.layouts.nbd_requests import NbdCommand, NbdCommandFlags, NbdError
from generated.states.node_states import NodeState
from runtime.errors import ConfigError, MisuseError
from runtime.events import DisconnectRequested, PrimaryRequested, SecondaryRequested
from runtime.nbd.exports import ALLOCATION, OUT_OF_SYNC
from runtime.nbd.server import CLIENT_COUNT_MAX, NbdServer
from runtime.node import Node
from runtime.node_config import NbdConfig, NbdTls, from_json, to_json
from tests.io.nbd_client import NbdClient
from tests.io.nodes import NodeProcess, two_configs
from tests.io.test_node import in_sync, play
from tests.runtime.io.scripted import free_addresses
from tests.runtime.nbd.words import go, option, request
from tests.steps_taken import TAKEN

MIB = 1 << 20
Scenario = Callable[[Node, Node, NbdServer], Coroutine[Any, Any, None]]


@asynccontextmanager
async def exported(folder: Path, **settings: Any) -> AsyncIterator[tuple[Node, Node, NbdServer]]:
    """Alice, whose volume is exported, and Bob, who has her data."""
    config = NbdConfig(**{"unix": folder / "alice.sock", **settings})
    alice_config, bob_config = two_configs(folder)
    async with Node(alice_config) as alice, Node(bob_config) as bob:
        await in_sync(alice, bob)
        async with NbdServer([alice], config) as server:
            yield alice, bob, server
    TAKEN.note_lines(alice.trace.lines())


def with_export(folder: Path, scenario: Scenario, **settings: Any) -> None:
    """Let something happen to an export."""

    async def whole() -> None:
        async with exported(folder, **settings) as (alice, bob, server):
            await scenario(alice, bob, server)

    play(whole)


async def chosen(folder: Path, *names: str) -> NbdClient:
    """A client that has chosen the volume."""
    client = await NbdClient.by_path(folder / "alice.sock")
    assert (await client.choose("", *names))[0] == NbdRep.ACK
    return client


def test_what_clients_write_is_on_both_nodes(tmp_path: Path) -> None:
    """Writes, zeroes and trims of several clients are read by each, and equal on both disks."""

    async def scenario(alice: Node, bob: Node, _: NbdServer) -> None:
        first, second = await chosen(tmp_path), await chosen(tmp_path)
        await first.write(4096, b"a" * (2 * MIB + 512))
        assert await second.read(2 * MIB, 8192) == b"a" * 4608 + bytes(3584)
        assert not (await second.ask(NbdCommand.WRITE_ZEROES, offset=8192, length=MIB)).error
        assert not (await second.ask(NbdCommand.TRIM, offset=0, length=4096)).error
        await second.write(512, b"b" * 512)
        assert not (await first.ask(NbdCommand.FLUSH)).error
        assert await first.read(4096, 8192) == b"a" * 4096 + bytes(4096)
        assert await alice.checksum() == await bob.checksum()

    with_export(tmp_path, scenario)


def test_many_requests_at_once(tmp_path: Path) -> None:
    """A client need not wait for one answer to ask for the next thing."""

    async def scenario(alice: Node, bob: Node, _: NbdServer) -> None:
        clients = [await chosen(tmp_path) for _ in range(4)]
        cookies = [
            (
                client,
                client.say(NbdCommand.WRITE, bytes([number]) * 4096, offset=offset, length=4096),
            )
            for number, client in enumerate(clients)
            for offset in range(number * 4096, MIB, 4 * 4096)
        ]
        for client, cookie in cookies:
            assert not (await client.answer(cookie)).error
        expected = b"".join(bytes([number]) * 4096 for number in range(4))
        assert await clients[0].read(0, MIB) == expected * 64
        assert await alice.checksum() == await bob.checksum()

    with_export(tmp_path, scenario)


def test_a_volume_in_use_stays_primary(tmp_path: Path) -> None:
    """As long as a client has chosen it the device is held open, and no longer."""

    async def scenario(alice: Node, bob: Node, _: NbdServer) -> None:
        asking = await NbdClient.by_path(tmp_path / "alice.sock")
        client = await chosen(tmp_path)
        with pytest.raises(MisuseError, match="held open"):
            await alice.do(SecondaryRequested())
        await client.write(0, b"c" * 512)
        client.say(NbdCommand.DISC)
        assert await client.ended()
        await alice.do(SecondaryRequested())
        kind, reason = await asking.choose()
        assert (kind, "Secondary" in reason) == (NbdRep.ERR_POLICY, True)
        await bob.do(PrimaryRequested())
        await bob.do(SecondaryRequested())
        await alice.do(PrimaryRequested())
        assert (await asking.choose())[0] == NbdRep.ACK
        assert await asking.read(0, 512) == b"c" * 512
        asking.close()
        await alice.wait_for(lambda it: it.role is NodeState.Primary)

    with_export(tmp_path, scenario)


def test_what_the_nodes_lack_is_told(tmp_path: Path) -> None:
    """The resync bitmap is a meta context, and so are the holes of the own disk."""

    async def scenario(alice: Node, _bob: Node, _: NbdServer) -> None:
        client = await chosen(tmp_path, ALLOCATION, OUT_OF_SYNC)
        await alice.do(DisconnectRequested())
        await client.write(64 << 10, b"d" * 8192)
        await client.write(MIB, b"d" * 512)
        status = (await client.ask(NbdCommand.BLOCK_STATUS, length=2 * MIB)).status
        assert status[2] == [
            (64 << 10, 0),
            (8192, 1),
            (MIB - (72 << 10), 0),
            (4096, 1),
            (MIB - 4096, 0),
        ]
        assert sum(length for length, _ in status[1]) == 2 * MIB
        assert (64 << 10, 3) in status[1]
        one = NbdCommandFlags.REQ_ONE
        heard = await client.ask(NbdCommand.BLOCK_STATUS, length=2 * MIB, flags=one)
        assert heard.status == {1: [(64 << 10, 3)], 2: [(64 << 10, 0)]}

    with_export(tmp_path, scenario)


def test_a_read_only_export_refuses_writes(tmp_path: Path) -> None:
    """What is exported for reading is not written to."""

    async def scenario(_alice: Node, _bob: Node, _: NbdServer) -> None:
        client = await chosen(tmp_path)
        heard = await client.ask(NbdCommand.WRITE, bytes(512), length=512)
        assert heard.error == NbdError.EPERM
        assert await client.read(0, 512) == bytes(512)

    with_export(tmp_path, scenario, read_only=True)


def test_garbage_hurts_only_who_sends_it(tmp_path: Path) -> None:
    """A client that errs is dropped and the log says why; the others do not notice."""

    async def scenario(alice: Node, _bob: Node, _: NbdServer) -> None:
        client = await chosen(tmp_path)
        for words in (b"GET /index.html HTTP/1.1\r\n\r\n", request(1, length=1 << 31), bytes(100)):
            bad = await chosen(tmp_path)
            bad.writer.write(words)
            assert await bad.ended()
        bad = await NbdClient.by_path(tmp_path / "alice.sock")
        bad.writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        assert await bad.ended()
        await client.write(0, b"e" * 512)
        assert await client.read(0, 512) == b"e" * 512
        assert sum("dropped" in line for line in alice.log) == 4

    with_export(tmp_path, scenario)


def test_an_end_in_order_answers_what_is_under_way(tmp_path: Path) -> None:
    """Requests that were taken are answered when the export ends, then the client is let go."""

    async def scenario(alice: Node, bob: Node, server: NbdServer) -> None:
        client, idle = await chosen(tmp_path), await chosen(tmp_path)
        cookies = [
            client.say(NbdCommand.WRITE, bytes([it]) * MIB, offset=it * MIB, length=MIB)
            for it in range(3)
        ]
        await client.answer(cookies[0])
        ending = asyncio.create_task(server.close())
        answers = [await client.answer(it) for it in cookies]
        assert {it.error for it in answers} <= {0, NbdError.ESHUTDOWN}
        assert await client.ended()
        assert await idle.ended()
        await ending
        assert not (tmp_path / "alice.sock").exists()
        await alice.do(SecondaryRequested())
        assert await alice.checksum() == await bob.checksum()

    with_export(tmp_path, scenario)


def test_a_client_that_reads_nothing_is_waited_for(tmp_path: Path) -> None:
    """Who does not take its replies gets no more of them, and keeps nobody from ending."""

    async def scenario(_alice: Node, _bob: Node, server: NbdServer) -> None:
        lazy, client = await chosen(tmp_path), await chosen(tmp_path)
        for _ in range(200):
            lazy.say(NbdCommand.READ, length=2 * MIB)
        await client.write(0, b"f" * 512)
        assert await client.read(0, 512) == b"f" * 512
        assert server.load.size_bytes < 64 * MIB
        lazy.close()

    with_export(tmp_path, scenario)


def test_replies_that_wait_for_the_socket_come_once(tmp_path: Path) -> None:
    """A client that asks for more than its socket holds gets all of it, each reply once."""

    async def scenario(_alice: Node, _bob: Node, _: NbdServer) -> None:
        client = await chosen(tmp_path)
        data = bytes(range(256)) * (3 * MIB // 256)
        await client.write(0, data)
        cookies = [client.say(NbdCommand.READ, length=3 * MIB) for _ in range(12)]
        for cookie in cookies:
            assert (await client.answer(cookie)).data == data

    with_export(tmp_path, scenario)


def test_clients_are_counted(tmp_path: Path) -> None:
    """More clients than there is room for are let go at once."""

    async def scenario(_alice: Node, _bob: Node, _: NbdServer) -> None:
        path = tmp_path / "alice.sock"
        clients = [await NbdClient.by_path(path) for _ in range(CLIENT_COUNT_MAX)]
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await NbdClient.by_path(path)
        for client in clients:
            client.close()

    with_export(tmp_path, scenario)


def test_the_socket_is_the_users_own(tmp_path: Path) -> None:
    """Nobody else may connect, and the socket is gone when the server is."""

    async def scenario(_alice: Node, _bob: Node, _: NbdServer) -> None:
        assert stat.S_IMODE((tmp_path / "alice.sock").stat().st_mode) == 0o600

    with_export(tmp_path, scenario)
    assert not (tmp_path / "alice.sock").exists()


def test_only_dead_sockets_are_replaced(tmp_path: Path) -> None:
    """What a killed node has left is replaced; a socket in use, or another file, is not."""
    path = tmp_path / "alice.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))

    async def scenario(alice: Node, _bob: Node, _: NbdServer) -> None:
        await chosen(tmp_path)
        with pytest.raises(ConfigError, match="somebody listens there"):
            await NbdServer([alice], NbdConfig(unix=path)).__aenter__()
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(ConfigError, match="no socket"):
            await NbdServer([alice], NbdConfig(unix=tmp_path / "file")).__aenter__()
        assert await (await chosen(tmp_path)).read(0, 512) == bytes(512)

    with_export(tmp_path, scenario)


def _tls(folder: Path) -> tuple[NbdTls, ssl.SSLContext, ssl.SSLContext]:
    """A server's files, a client that it trusts, and one that it does not know."""
    authority = trustme.CA()
    made = authority.issue_cert("alice.example")
    made.cert_chain_pems[0].write_to_path(folder / "certificate.pem")
    made.private_key_pem.write_to_path(folder / "key.pem")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    known, stranger = ssl.create_default_context(), ssl.create_default_context()
    for context in (known, stranger):
        authority.configure_trust(context)
    authority.issue_cert("client.example").configure_cert(known)
    files = ("certificate.pem", "key.pem", "authority.pem")
    return NbdTls(*(folder / it for it in files)), known, stranger


async def _told_by_tls(client: NbdClient, context: ssl.SSLContext) -> None:
    """With TLS 1.3 a client hears only behind the handshake that it was refused."""
    await client.start_tls(context, "alice.example")
    await client.choose()


def test_tls_lets_in_who_has_a_certificate(tmp_path: Path) -> None:
    """By TCP nothing is told before TLS has begun, and who shows no certificate is let go."""
    tls, known, stranger = _tls(tmp_path)
    (address,) = free_addresses(1)

    async def scenario(_alice: Node, _bob: Node, _: NbdServer) -> None:
        client = await NbdClient.by_port(address.port)
        assert (await client.choose())[0] == NbdRep.ERR_TLS_REQD
        await client.start_tls(known, "alice.example")
        assert (await client.choose())[0] == NbdRep.ACK
        await client.write(0, b"g" * 3 * MIB)
        assert await client.read(MIB, 2 * MIB) == b"g" * 2 * MIB
        other = await NbdClient.by_port(address.port)
        with pytest.raises((OSError, asyncio.IncompleteReadError)):
            await _told_by_tls(other, stranger)
        plain = await NbdClient.by_port(address.port)
        await plain.option(option(NbdOpt.STARTTLS))
        plain.writer.write(go())
        with pytest.raises((OSError, asyncio.IncompleteReadError)):
            await plain.hear(1000)

    with_export(tmp_path, scenario, address=address, tls=tls)


def test_without_tls_an_address_has_to_be_meant(tmp_path: Path) -> None:
    """Anonymous listening by TCP is refused, unless the settings say that it is meant."""
    (address,) = free_addresses(1)
    with pytest.raises(ConfigError, match="insecure"):
        NbdConfig(address=address)
    with pytest.raises(ConfigError, match="needs a path"):
        NbdConfig()

    async def scenario(_alice: Node, _bob: Node, _: NbdServer) -> None:
        client = await NbdClient.by_port(address.port)
        assert (await client.choose())[0] == NbdRep.ACK

    with_export(tmp_path, scenario, address=address, insecure=True)


def test_settings_are_read_as_they_are_written(tmp_path: Path) -> None:
    """A node's configuration with an export is the same after JSON."""
    alice, _ = two_configs(tmp_path)
    tls = NbdTls(tmp_path / "a", tmp_path / "b", tmp_path / "c")
    for nbd in (
        NbdConfig(unix=tmp_path / "s", read_only=True),
        NbdConfig(address=alice.address, tls=tls),
    ):
        config = replace(alice, nbd=nbd)
        assert from_json(to_json(config)) == config


def test_a_node_process_exports(tmp_path: Path) -> None:
    """`dotmirror node` serves clients as soon as it says that it is there, and ends in order."""
    alice, bob = two_configs(tmp_path)
    path, trace = tmp_path / "alice.sock", tmp_path / "alice.trace"
    config = replace(alice, nbd=NbdConfig(unix=path))
    with NodeProcess(config, tmp_path, "--trace", str(trace)) as here, NodeProcess(bob, tmp_path):
        here.do("primary", force=True)

        async def scenario() -> None:
            client = await chosen(tmp_path)
            await client.write(0, b"h" * 4096)
            refused = await asyncio.to_thread(here.ask, "secondary")
            assert "held open" in refused["error"]
            await asyncio.to_thread(here.do, "quit")
            assert await client.ended()

        play(scenario)
        assert here.process.wait(30) == 0
    assert not path.exists()
    TAKEN.note_file(trace)
