"""Versions, features and secrets are agreed as two kernels do it, or refused as they do."""

import hmac
from random import Random
from typing import Final

import pytest

from generated.layouts.commands import Command
from generated.layouts.handshake import P_CONNECTION_FEATURES
from runtime.config import NetOptions
from runtime.digests import HMAC_NAMES
from runtime.engine.handshake import (
    DATA_LIMITS_AFTER_HANDSHAKE,
    META_LIMITS_AFTER_HANDSHAKE,
    Agreed,
    AttemptFailed,
    Handshake,
    PeerRefused,
)
from runtime.errors import ConfigError, PeerError
from runtime.wire.channel import Channel
from runtime.wire.framing import HEADER_80, HEADER_95, HEADER_100, HeaderKind, pack_header
from tests.runtime.engine.two_nodes import put
from tests.runtime.recorded import FOLDER, NODE_A, Recording, decoded

SECRETS: Final = {  # capture -> hash, secret of node A, secret of node B
    "cram-md5": ("md5", "x", "x"),
    "cram-sha1": ("sha1", "correct-horse", "correct-horse"),
    "cram-sha256": ("sha256", "battery.staple-0123456789", "battery.staple-0123456789"),
}
SHA1: Final = NetOptions(cram_hmac_alg="sha1", shared_secret="secret")
OLD: Final = NetOptions(cram_hmac_alg="md5", shared_secret="secret", version_max=99)


class Recorded:
    """A source that yields the challenge which a kernel once drew."""

    def __init__(self, challenge: bytes) -> None:
        self._challenge = challenge

    def getrandbits(self, k: int, /) -> int:
        """The challenge as a number."""
        assert k == 8 * len(self._challenge)
        return int.from_bytes(self._challenge, "big")

    def random(self) -> float:
        """Nothing here needs it."""
        raise AssertionError


class Node:
    """A node that shakes hands from second 0 on."""

    def __init__(self, options: NetOptions, seed: int = 1) -> None:
        self.data = Channel(is_outgoing=True)
        self.handshake = Handshake(options, self.data, Random(seed))
        self.handshake.start(0.0)

    def hear(self, data: bytes, now: float = 0.0) -> None:
        """Handle what the peer says."""
        put(self.data, [data])
        for frame in self.data.frames():
            self.handshake.take(frame, now)
            if self.handshake.is_complete:
                return

    def say(self) -> bytes:
        """What it has to say."""
        return b"".join(self.data.take())


def packed(command: int, payload: bytes, kind: HeaderKind = HEADER_80) -> bytes:
    """A packet as it is sent."""
    return pack_header(kind, volume=0, command=command, length=len(payload)) + payload


def features(least: int = 86, most: int = 101, flags: int = 15) -> bytes:
    """The peer's first packet."""
    payload = P_CONNECTION_FEATURES(least, flags, most).pack()
    return packed(Command.P_CONNECTION_FEATURES, payload)


def challenge(payload: bytes) -> bytes:
    """The peer's second packet, when secrets are compared."""
    return packed(Command.P_AUTH_CHALLENGE, payload, HEADER_100)


def response(payload: bytes) -> bytes:
    """The peer's third packet, when secrets are compared."""
    return packed(Command.P_AUTH_RESPONSE, payload, HEADER_100)


def challenged() -> Node:
    """A node that has sent its challenge."""
    node = Node(SHA1)
    node.hear(features())
    return node


def talk(one: Node, two: Node) -> None:
    """Let two nodes say and hear all they have."""
    while (words := one.say()) or (answers := two.say()):
        if words:
            two.hear(words)
        else:
            one.hear(answers)


@pytest.mark.parametrize("side", ["A", "B"])
@pytest.mark.parametrize("name", SECRETS)
def test_it_says_the_bytes_that_a_kernel_said(name: str, side: str) -> None:
    """With the challenge and the secret of one kernel it talks to the other just as that did."""
    steps = {Command.P_CONNECTION_FEATURES, Command.P_AUTH_CHALLENGE, Command.P_AUTH_RESPONSE}
    packets = decoded(Recording(FOLDER / f"{name}.pcap.gz").segments()).packets
    said: dict[str, list[tuple[int, bytes]]] = {"A": [], "B": []}
    for seen in packets:
        kind, volume, command, payload = seen.frame
        head = pack_header(kind, volume=volume, command=command, length=len(payload))
        if command in steps:
            source = "A" if seen.source.address == NODE_A else "B"
            said[source].append((command, head + bytes(payload)))
    own, peer = said[side], said["B" if side == "A" else "A"]
    hash_name, *secrets = SECRETS[name]
    options = NetOptions(cram_hmac_alg=hash_name, shared_secret=secrets[side == "B"])
    data = Channel(is_outgoing=side == "B")
    drawn = next(packet[-64:] for command, packet in own if command == Command.P_AUTH_CHALLENGE)
    handshake = Handshake(options, data, Recorded(drawn))
    handshake.start(0.0)
    put(data, [packet for _, packet in peer])
    for frame in data.frames():
        handshake.take(frame, 0.0)
    assert b"".join(data.take()) == b"".join(packet for _, packet in own)
    assert handshake.is_complete


@pytest.mark.parametrize("hash_name", HMAC_NAMES)
def test_two_nodes_with_the_same_secret_agree(hash_name: str) -> None:
    """Each hash that can sign a challenge does so."""
    options = NetOptions(cram_hmac_alg=hash_name, shared_secret="s\u00e9same")
    one, two = Node(options, 1), Node(options, 2)
    talk(one, two)
    assert one.handshake.is_complete
    assert two.handshake.is_complete
    assert one.handshake.deadline is None


def test_without_an_algorithm_features_are_all() -> None:
    """What follows them belongs to somebody else, and is read with the agreed header."""
    node = Node(NetOptions())
    node.hear(features() + packed(Command.P_STATE, b"1234", HEADER_100))
    assert node.handshake.is_complete
    (frame,) = node.data.frames()
    assert frame.command == Command.P_STATE


def test_it_announces_its_versions_and_all_features() -> None:
    """The first packet is the same as a kernel's but for configured versions (wire 4.2)."""
    assert Node(NetOptions()).say() == features()
    assert Node(NetOptions(version_min=90, version_max=95)).say() == features(90, 95)


@pytest.mark.parametrize(
    ("least", "most", "agreed"),
    [(86, 101, 101), (86, 95, 95), (101, 120, 101), (80, 86, 86), (90, 0, 90)],
)
def test_the_smaller_of_the_highest_versions_is_agreed(least: int, most: int, agreed: int) -> None:
    """A highest version of 0 stands for the lowest (wire 4.3)."""
    node = Node(NetOptions())
    node.hear(features(least, most, flags=0xF5))
    assert node.handshake.agreement == Agreed(agreed, 5)
    assert node.data.version == agreed


@pytest.mark.parametrize(("least", "most"), [(102, 110), (80, 85), (85, 0)])
def test_versions_that_do_not_meet_are_refused(least: int, most: int) -> None:
    """No further attempt would find another one (wire 4.3)."""
    with pytest.raises(PeerRefused, match="the peer speaks versions"):
        Node(NetOptions()).hear(features(least, most))


@pytest.mark.parametrize("kind", [HEADER_80, HEADER_95])
def test_features_come_with_either_of_the_old_headers(kind: HeaderKind) -> None:
    """Before the agreement both are accepted (wire 2.4)."""
    node = Node(NetOptions())
    payload = P_CONNECTION_FEATURES(86, 15, 101).pack()
    node.hear(packed(Command.P_CONNECTION_FEATURES, payload, kind))
    assert node.handshake.is_complete


@pytest.mark.parametrize("length", [0, 71, 73, 4096])
def test_features_of_another_length_are_refused(length: int) -> None:
    """Who sends them speaks another protocol (wire 4.3)."""
    with pytest.raises(PeerRefused, match=f"P_CONNECTION_FEATURES has {length} bytes"):
        Node(NetOptions()).hear(packed(Command.P_CONNECTION_FEATURES, bytes(length)))


@pytest.mark.parametrize("command", [Command.P_PROTOCOL, Command.P_INITIAL_DATA, 0x4711])
def test_another_packet_than_features_is_refused_by_its_header(command: int) -> None:
    """Its payload is not waited for (wire 4.3)."""
    with pytest.raises(PeerRefused, match="instead of P_CONNECTION_FEATURES"):
        Node(NetOptions()).hear(packed(command, bytes(100))[:8])


@pytest.mark.parametrize("first", [b"HTTP/1.1 400", packed(Command.P_STATE, b"1234", HEADER_100)])
def test_what_is_no_packet_is_worth_another_attempt(first: bytes) -> None:
    """A bad magic may be a broken connection (wire 4.3)."""
    with pytest.raises(PeerError) as caught:
        Node(NetOptions()).hear(first)
    assert not isinstance(caught.value, PeerRefused)


def test_the_first_packet_is_waited_for_longer_than_a_kernel_needs() -> None:
    """It watches its sockets before it says anything (wire 1.4)."""
    for ping_timeout in (1, 5):
        node = Node(NetOptions(ping_timeout=ping_timeout))
        node.handshake.pass_time(4.9)
        assert node.handshake.deadline == 5
        with pytest.raises(AttemptFailed, match="P_CONNECTION_FEATURES has not come in time"):
            node.handshake.pass_time(5.0)


def test_other_packets_are_waited_for_four_ping_timeouts_each() -> None:
    """Silence is worth another attempt (wire 4.4)."""
    node = Node(SHA1)
    node.hear(features(), now=3.0)
    assert node.handshake.deadline == 5.0
    node.hear(challenge(bytes(64)), now=4.0)
    assert node.handshake.deadline == 6.0
    with pytest.raises(AttemptFailed, match="P_AUTH_RESPONSE has not come in time"):
        node.handshake.pass_time(6.0)


def test_a_peer_that_does_not_authenticate_is_refused() -> None:
    """It says P_PROTOCOL where a challenge is awaited (wire 4.4)."""
    name = "cram-one-sided"
    packets = decoded(Recording(FOLDER / f"{name}.pcap.gz").segments()).packets
    heard = [
        packed(it.frame.command, bytes(it.frame.payload), it.frame.kind)
        for it in packets
        if it.source.address != NODE_A and it.frame.command != Command.P_INITIAL_DATA
    ]
    with pytest.raises(PeerRefused, match="P_PROTOCOL has come instead of P_AUTH_CHALLENGE"):
        Node(SHA1).hear(b"".join(heard))


@pytest.mark.parametrize("length", [0, 63, 129])
def test_a_challenge_of_another_length_is_refused(length: int) -> None:
    """64 to 128 bytes are accepted (wire 4.4)."""
    with pytest.raises(PeerRefused, match=f"P_AUTH_CHALLENGE has {length} bytes"):
        challenged().hear(challenge(bytes(length)))


@pytest.mark.parametrize("length", [64, 100, 128])
def test_all_bytes_of_a_challenge_are_signed(length: int) -> None:
    """A peer may send more than 64 (wire 4.4)."""
    node = challenged()
    node.say()
    node.hear(challenge(bytes(range(length))))
    assert node.say() == response(hmac.digest(b"secret", bytes(range(length)), "sha1"))


@pytest.mark.parametrize("excess", [b"", b"more"])
def test_the_own_challenge_is_not_signed(excess: bytes) -> None:
    """A peer without the secret would get the answer that it owes (wire 4.4)."""
    node = challenged()
    own = node.say()[-64:]
    with pytest.raises(PeerRefused, match="sent back"):
        node.hear(challenge(own + excess))
    assert node.say() == b""


def test_another_packet_than_a_response_is_worth_another_attempt() -> None:
    """The table says so (wire 4.4)."""
    node = challenged()
    with pytest.raises(AttemptFailed, match="instead of P_AUTH_RESPONSE"):
        node.hear(challenge(bytes(64)) + challenge(bytes(64)))


@pytest.mark.parametrize("length", [0, 16, 32, 1000])
def test_a_response_of_another_length_is_worth_another_attempt(length: int) -> None:
    """The peer signs with another hash, which its administrator may change (wire 4.4)."""
    node = challenged()
    with pytest.raises(AttemptFailed, match=f"P_AUTH_RESPONSE has {length} bytes"):
        node.hear(challenge(bytes(64)) + response(bytes(length)))


def test_another_secret_is_refused() -> None:
    """The response is right in form and wrong in content (wire 4.4)."""
    one = Node(SHA1, 1)
    two = Node(NetOptions(cram_hmac_alg="sha1", shared_secret="Secret"), 2)
    with pytest.raises(PeerRefused, match="another shared-secret"):
        talk(one, two)


def test_two_nodes_of_an_old_version_authenticate_with_old_headers() -> None:
    """After the agreement the agreed header is used (wire 2.4)."""
    one, two = Node(OLD, 1), Node(OLD, 2)
    one.say()
    one.hear(two.say())
    assert one.say().startswith(packed(Command.P_AUTH_CHALLENGE, bytes(64))[:8])


def test_each_challenge_is_drawn_anew() -> None:
    """Nothing else keeps an old answer from being used again (wire 4.4)."""
    random = Random(1)
    drawn = set()
    for _ in range(3):
        data = Channel(is_outgoing=True)
        handshake = Handshake(SHA1, data, random)
        handshake.start(0.0)
        put(data, [features()])
        handshake.take(next(data.frames()), 0.0)
        drawn.add(b"".join(data.take())[-64:])
    assert len(drawn) == 3


def test_an_answer_is_good_for_one_attempt() -> None:
    """Who has recorded a right answer gets nowhere with it the next time (wire 4.4)."""
    one, two = Node(SHA1, 1), Node(SHA1, 2)
    one.hear(two.say())
    two.hear(one.say())
    recorded = two.say()  # a challenge, and the answer to the one of node one
    one.hear(recorded)
    assert one.handshake.is_complete
    again = Node(SHA1, 3)
    again.hear(features())
    with pytest.raises(PeerRefused, match="another shared-secret"):
        again.hear(recorded)


@pytest.mark.parametrize("name", ["crc32c", "rot13"])
def test_what_cannot_sign_a_challenge_is_refused_at_once(name: str) -> None:
    """Not only when the peer is there."""
    with pytest.raises(ConfigError, match=f"cram-hmac-alg is {name}"):
        NetOptions(cram_hmac_alg=name, shared_secret="secret")


@pytest.mark.parametrize("command", [Command.P_AUTH_CHALLENGE, Command.P_CONNECTION_FEATURES])
def test_after_the_handshake_its_packets_are_errors(command: Command) -> None:
    """A kernel has no handler for them any more (wire 13)."""
    node = Node(NetOptions())
    node.hear(features() + packed(command, bytes(72), HEADER_100))
    with pytest.raises(PeerError, match="no packet that may come here"):
        next(node.data.frames())


def test_after_the_handshake_all_other_packets_may_come() -> None:
    """Nothing but the packets of the handshake is taken away."""
    assert Command.P_DATA in DATA_LIMITS_AFTER_HANDSHAKE
    assert Command.P_PROTOCOL in DATA_LIMITS_AFTER_HANDSHAKE
    assert Command.P_PING in META_LIMITS_AFTER_HANDSHAKE
    assert Command.P_INITIAL_META not in META_LIMITS_AFTER_HANDSHAKE
