"""TLS between two nodes: real sockets, and certificates of an authority that lives for one test."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
import trustme

from runtime.errors import ConfigError
from runtime.events import ConnectRequested, PrimaryRequested
from runtime.log_lines import LogLine
from runtime.node import Node
from runtime.node_config import NodeConfig, Tls, from_json, to_json
from runtime.requests import SECTOR_SIZE_BYTES
from tests.io.nodes import two_configs
from tests.io.test_node import WAIT_S, in_sync, play

NAMES: Final = ("alice.example", "bob.example")


def tls_files(folder: Path, authority: trustme.CA, own_name: str, peer_name: str) -> Tls:
    """A certificate of this authority, in files."""
    folder.mkdir()
    made = authority.issue_cert(own_name)
    made.cert_chain_pems[0].write_to_path(folder / "certificate.pem")
    made.private_key_pem.write_to_path(folder / "key.pem")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    return Tls(folder / "certificate.pem", folder / "key.pem", folder / "authority.pem", peer_name)


def secured(folder: Path) -> tuple[NodeConfig, NodeConfig]:
    """Alice and Bob with certificates of one authority, each expecting the other one's name."""
    authority = trustme.CA()
    alice, bob = two_configs(folder)
    alice_tls = tls_files(folder / "alice", authority, *NAMES)
    bob_tls = tls_files(folder / "bob", authority, *NAMES[::-1])
    return replace(alice, tls=alice_tls), replace(bob, tls=bob_tls)


def test_nodes_with_each_others_trust_mirror(tmp_path: Path) -> None:
    """What is written reaches the peer's disk, by way of two encrypted sockets."""

    async def scenario() -> None:
        alice_config, bob_config = secured(tmp_path)
        async with Node(alice_config) as alice, Node(bob_config) as bob:
            await in_sync(alice, bob)
            for sector in range(0, 2048, 256):
                await alice.write(sector, bytes([sector // 256 + 1]) * (256 * SECTOR_SIZE_BYTES))
            await alice.flush()
            assert await alice.checksum() == await bob.checksum()

    play(scenario)


def test_an_orderly_end_tells_the_peer(tmp_path: Path) -> None:
    """A node that goes lets its peer know, which then waits for it, and gets what it missed."""

    async def scenario() -> None:
        alice_config, bob_config = secured(tmp_path)
        async with Node(alice_config) as alice:
            async with Node(bob_config) as bob:
                await in_sync(alice, bob)
            await alice.wait_for(lambda it: it.conn.name == "WFConnection", timeout_s=WAIT_S)
            await alice.write(0, bytes(4096))
            async with Node(bob_config) as bob:
                await bob.do(ConnectRequested())
                await bob.wait_for(
                    lambda it: (it.conn.name, it.disk.name) == ("Connected", "UpToDate"),
                    timeout_s=WAIT_S,
                )
                assert await alice.checksum() == await bob.checksum()

    play(scenario)


def _refused(alice_config: NodeConfig, bob_config: NodeConfig, *words: str) -> None:
    """The two never become a pair, and one of their logs says why."""

    async def scenario() -> None:
        said: list[LogLine] = []
        async with (
            Node(alice_config, told=said.append) as alice,
            Node(bob_config, told=said.append) as bob,
        ):
            await alice.do(PrimaryRequested(force=True))
            for node in (alice, bob):
                await node.do(ConnectRequested())
            with pytest.raises(TimeoutError):
                await bob.wait_for(lambda it: it.conn.name == "Connected", timeout_s=3)
        for word in words:
            assert any(word in line.text for line in said), said

    play(scenario)


def test_peer_of_another_authority_is_refused(tmp_path: Path) -> None:
    """A certificate that anybody can make opens no door."""
    alice, bob = secured(tmp_path)
    stranger = tls_files(tmp_path / "stranger", trustme.CA(), *NAMES[::-1])
    _refused(alice, replace(bob, tls=stranger), "is not accepted")


@pytest.mark.parametrize("strict", ["alice", "bob"])
def test_peer_of_another_name_is_refused(tmp_path: Path, strict: str) -> None:
    """A certificate of the right authority must be the peer's own, whoever opens the connection."""
    alice, bob = secured(tmp_path)
    assert alice.tls is not None
    assert bob.tls is not None
    if strict == "alice":
        alice = replace(alice, tls=replace(alice.tls, peer_name="carol.example"))
    else:
        bob = replace(bob, tls=replace(bob.tls, peer_name="carol.example"))
    _refused(alice, bob, "carol.example")


@pytest.mark.parametrize("plain", ["alice", "bob"])
def test_peer_without_tls_is_refused(tmp_path: Path, plain: str) -> None:
    """Nobody falls back to plain sockets: both nodes say what is wrong."""
    alice, bob = secured(tmp_path)
    if plain == "alice":
        alice = replace(alice, tls=None)
    else:
        bob = replace(bob, tls=None)
    _refused(alice, bob, "it does not speak TLS", "of TLS, which this node has not")


@pytest.mark.parametrize("name", ["certificate", "key", "authority"])
def test_missing_file_is_told_before_anything_begins(tmp_path: Path, name: str) -> None:
    """The sentence has the path."""
    alice, _ = secured(tmp_path)
    assert alice.tls is not None
    path: Path = getattr(alice.tls, name)
    path.unlink()

    async def scenario() -> None:
        async with Node(alice):
            pass

    with pytest.raises(ConfigError, match=f"tls: {path}: No such file"):
        play(scenario)


def test_key_of_another_certificate_is_told(tmp_path: Path) -> None:
    """A certificate can be shown by its owner only."""
    alice, bob = secured(tmp_path)
    assert alice.tls is not None
    assert bob.tls is not None

    mixed = replace(alice, tls=replace(alice.tls, key=bob.tls.key))

    async def scenario() -> None:
        async with Node(mixed):
            pass

    with pytest.raises(ConfigError, match="are no certificate with its key"):
        play(scenario)


def test_tls_is_read_back_from_json(tmp_path: Path) -> None:
    """A configuration that is written is the same when it is read."""
    alice, _ = secured(tmp_path)
    assert from_json(to_json(alice)) == alice


@pytest.mark.parametrize(
    ("tls", "sentence"),
    [
        ("{}", "tls has no certificate"),
        ('{"certificat": "x"}', 'did you mean "certificate"'),
        (
            '{"certificate": "c", "key": "k", "authority": "a", "peer_name": ""}',
            "tls needs the peer's name",
        ),
    ],
)
def test_bad_tls_in_a_configuration_is_a_sentence(tls: str, sentence: str) -> None:
    """It says what is missing or wrong."""
    text = f'{{"name": "a", "address": "127.0.0.1:1", "peer": "127.0.0.1:2", "tls": {tls}}}'
    with pytest.raises(ConfigError, match=sentence):
        from_json(text)
