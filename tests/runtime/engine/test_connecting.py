"""Two nodes find two sockets, whatever the other one is, and agree on which is which."""

from random import Random
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generated.layouts.commands import Command
from generated.layouts.handshake import P_CONNECTION_FEATURES, P_INITIAL_DATA, P_INITIAL_META
from runtime.config import NetOptions
from runtime.effects import Close, Effect, Listen, Log, StopListening, TryConnect
from runtime.engine.connecting import STRANGER_COUNT_MAX, Connecting
from runtime.events import (
    BytesArrived,
    ConnectFailed,
    Event,
    ListenFailed,
    SocketAccepted,
    SocketConnected,
    SocketLost,
    TimePassed,
)
from runtime.wire.channel import Channel
from runtime.wire.framing import HEADER_80, pack_header
from tests.runtime.engine.persevering import Persevering, Seeker
from tests.runtime.engine.serial_node import SerialNode
from tests.runtime.engine.two_nodes import Network, linked_numbers, put

LINK_LIMIT_S: Final = 1000  # many rounds of coin tosses; nearly all need one
SETTLED_S: Final = 3
DELAYS_S: Final = (0.0005, 0.01, 0.1)
SEEDS: Final = st.integers(0, 2**32 - 1)


def head(command: Command, length: int = 0) -> bytes:
    """A header of the time before the agreement."""
    return pack_header(HEADER_80, volume=0, command=command, length=length)


class Node:
    """A node on its own, told what happens second by second."""

    def __init__(self, seed: int = 1, options: NetOptions | None = None) -> None:
        self.connecting = Connecting(options or NetOptions(), Random(seed))
        self.now = 0.0
        self.effects = self.connecting.start(0.0)

    def tell(self, event: Event) -> list[Effect]:
        """What it asks for."""
        self.effects = self.connecting.handle(event, self.now)
        return self.effects

    def wait(self) -> list[Effect]:
        """What it asks for when its deadline has come."""
        assert self.connecting.deadline is not None
        self.now = self.connecting.deadline
        return self.tell(TimePassed())

    def accept(self, first: bytes = b"") -> Channel:
        """A connection that somebody opened, with its first bytes."""
        channel = Channel(is_outgoing=False)
        accepted = self.tell(SocketAccepted(channel))
        if first:
            put(channel, [first])
            self.effects = [*accepted, *self.tell(BytesArrived(channel))]
        return channel

    def connect(self) -> Channel:
        """A connection that it opened itself."""
        channel = Channel(is_outgoing=True)
        self.tell(SocketConnected(channel))
        return channel


def sent(channel: Channel) -> bytes:
    """What a node queued on a connection."""
    return b"".join(channel.take())


def started(one: Seeker, two: Seeker, random: Random) -> Network:
    """Two nodes that begin at about the same time."""
    network = Network(one, two, random, delay_s_max=random.choice(DELAYS_S))
    for host in network.hosts:
        network.start(host, at=random.choice([0, random.uniform(0, 0.1), random.uniform(0, 3)]))
    return network


def assert_linked(one: Seeker, two: Seeker, random: Random) -> None:
    """Both find the same two sockets, one breaks ties, and nothing else stays open."""
    network = started(one, two, random)
    is_settled_at = 0.0

    def is_settled() -> bool:
        nonlocal is_settled_at
        if one.link is None or two.link is None:
            is_settled_at = network.now + SETTLED_S
        return network.now > is_settled_at

    network.run(is_settled, limit_s=LINK_LIMIT_S)
    assert one.link is not None
    assert two.link is not None
    assert linked_numbers(network, one) == linked_numbers(network, two)
    assert one.link.resolves_conflicts != two.link.resolves_conflicts
    for host in network.hosts:
        assert len(host.ends) == 2
        assert not host.is_listening


@settings(max_examples=300)
@given(seed=SEEDS)
def test_two_nodes_find_each_other(seed: int) -> None:
    """Whoever begins first, and however long their words take: the same two, and one flag."""
    random = Random(seed)
    one, two = (Connecting(NetOptions(), Random(random.getrandbits(32))) for _ in range(2))
    assert_linked(one, two, random)


@settings(max_examples=300)
@given(seed=SEEDS)
def test_a_node_and_one_that_does_one_thing_at_a_time_find_each_other(seed: int) -> None:
    """As a kernel does: while that one watches its sockets it takes no others."""
    random = Random(seed)
    numbers = Random(random.getrandbits(32))
    one = Persevering(lambda: Connecting(NetOptions(), numbers))
    two = Persevering(lambda: SerialNode(numbers))
    assert_linked(one, two, random)


def test_listening_comes_before_trying() -> None:
    """A peer that is refused would wait for long."""
    assert Node().effects == [Listen(), TryConnect(10)]


def test_a_peer_that_only_connects_gives_this_node_the_flag() -> None:
    """Its sockets are taken; that nobody listens there does no harm (wire 1.4)."""
    node = Node()
    node.tell(ConnectFailed("refused"))
    data = node.accept(head(Command.P_INITIAL_DATA))
    meta = node.accept(head(Command.P_INITIAL_META))
    node.tell(ConnectFailed("refused"))
    assert node.now == 0
    assert node.wait() == [StopListening()]
    link = node.connecting.link
    assert node.now == 0.5
    assert link is not None
    assert (link.data, link.meta, link.resolves_conflicts) == (data, meta, True)


@pytest.mark.parametrize("seed", range(8))
def test_a_peer_that_only_accepts_gets_the_flag(seed: int) -> None:
    """Meta is connected after one wait for the peer, a seventh longer or shorter (wire 1.2)."""
    node = Node(seed)
    data = node.connect()
    assert sent(data) == P_INITIAL_DATA().pack() + head(Command.P_INITIAL_DATA)
    assert node.wait() == [TryConnect(10)]
    assert node.now == pytest.approx(10 * 6 / 7) or node.now == pytest.approx(10 * 8 / 7)
    meta = node.connect()
    assert sent(meta) == head(Command.P_INITIAL_META) + P_INITIAL_META().pack()
    node.wait()
    link = node.connecting.link
    assert link is not None
    assert (link.data, link.meta, link.resolves_conflicts) == (data, meta, False)


def test_whoever_gets_the_data_socket_connects_meta_at_once() -> None:
    """Nobody waits ten seconds for nothing (wire 1.4, mixed)."""
    node = Node()
    node.tell(ConnectFailed("refused"))
    node.accept(head(Command.P_INITIAL_DATA))
    assert node.effects == [TryConnect(10)]
    assert sent(node.connect()) == head(Command.P_INITIAL_META)
    node.wait()
    assert node.connecting.link is not None


def test_an_attempt_that_is_under_way_becomes_meta_when_data_has_come_meanwhile() -> None:
    """What a connection is for is decided when it is there."""
    node = Node()
    node.accept(head(Command.P_INITIAL_DATA))
    assert node.effects == []
    assert sent(node.connect()) == head(Command.P_INITIAL_META)


def test_an_attempt_that_failed_is_repeated_at_once_when_data_has_come_meanwhile() -> None:
    """It was made before the peer listened; now the peer waits for meta."""
    node = Node()
    node.accept(head(Command.P_INITIAL_DATA))
    assert node.tell(ConnectFailed("refused")) == [TryConnect(10)]


def test_a_third_connection_is_closed() -> None:
    """The peer's were faster."""
    node = Node()
    node.accept(head(Command.P_INITIAL_DATA))
    node.accept(head(Command.P_INITIAL_META))
    third = Channel(is_outgoing=True)
    assert node.tell(SocketConnected(third)) == [Close(third)]
    assert sent(third) == b""


@pytest.mark.parametrize("command", [Command.P_INITIAL_DATA, Command.P_INITIAL_META])
def test_an_accepted_socket_replaces_the_older_one(command: Command) -> None:
    """The peer may have lost the older one without a word (wire 1.3)."""
    node = Node()
    older = node.accept(head(command))
    newer = node.accept(head(command))
    assert Close(older) in node.effects
    assert Close(newer) not in node.effects


def test_after_crossing_a_coin_decides_who_tries() -> None:
    """Else two nodes would replace each other's sockets for ever (wire 1.3)."""
    tries = []
    for seed in range(40):
        node = Node(seed)
        node.connect()
        node.accept(head(Command.P_INITIAL_DATA))
        tries.append(TryConnect(10) in node.effects)
    assert 5 < tries.count(True) < 35


def test_what_follows_the_first_packet_stays_for_the_handshake() -> None:
    """A peer may say its features at once (wire 1.4)."""
    features = P_CONNECTION_FEATURES(86, 15, 101).pack()
    node = Node()
    first = head(Command.P_INITIAL_DATA)
    data = node.accept(first + head(Command.P_CONNECTION_FEATURES, 72) + features[:30])
    node.accept(head(Command.P_INITIAL_META))
    put(data, [features[30:]])
    node.tell(BytesArrived(data))
    node.wait()
    assert node.connecting.link is not None
    (frame,) = data.frames()
    assert (frame.command, bytes(frame.payload)) == (Command.P_CONNECTION_FEATURES, features)


def test_a_header_that_comes_in_pieces_is_waited_for() -> None:
    """TCP knows no packets."""
    node = Node()
    channel = node.accept(head(Command.P_INITIAL_DATA)[:5])
    assert node.effects == []
    put(channel, [head(Command.P_INITIAL_DATA)[5:]])
    node.tell(BytesArrived(channel))
    node.accept(head(Command.P_INITIAL_META))
    node.wait()
    assert node.connecting.link is not None


@pytest.mark.parametrize(
    "first",
    [b"GET / HTTP/1.1", head(Command.P_PING), head(Command.P_INITIAL_DATA, 1), bytes(8)],
    ids=["text", "ping", "length", "zeroes"],
)
def test_a_bad_first_packet_closes_that_socket_only(first: bytes) -> None:
    """Nobody else is to suffer from a stranger."""
    node = Node()
    node.accept(head(Command.P_INITIAL_DATA))
    stranger = node.accept(first)
    said, closed = node.effects
    assert isinstance(said, Log)
    assert "is no peer's: " in said.text
    assert closed == Close(stranger)
    node.accept(head(Command.P_INITIAL_META))
    node.wait()
    assert node.connecting.link is not None


def test_a_silent_stranger_is_closed_after_four_ping_timeouts() -> None:
    """And was in nobody's way meanwhile (wire 1.2)."""
    node = Node(options=NetOptions(socket_check_timeout=300))
    stranger = node.accept()
    node.now = 1.0
    node.accept(head(Command.P_INITIAL_DATA))
    node.accept(head(Command.P_INITIAL_META))
    assert node.wait() == [Close(stranger)]
    assert node.now == 2.0


def test_a_node_listens_to_a_few_strangers_only() -> None:
    """As many as the backlog of a kernel holds."""
    node = Node()
    for _ in range(STRANGER_COUNT_MAX):
        node.accept()
        assert node.effects == []
    further = node.accept()
    assert node.effects == [Close(further)]


def test_strangers_that_wait_are_closed_when_the_link_is_there() -> None:
    """An established connection has no listener (wire 1.2)."""
    node = Node()
    node.accept(head(Command.P_INITIAL_DATA))
    node.accept(head(Command.P_INITIAL_META))
    stranger = node.accept()
    assert node.wait() == [StopListening(), Close(stranger)]
    assert node.connecting.deadline is None


def test_a_socket_that_is_lost_during_the_check_leaves_its_slot_empty() -> None:
    """The peer may have closed it in favour of another one (wire 1.3)."""
    node = Node()
    data = node.accept(head(Command.P_INITIAL_DATA))
    meta = node.accept(head(Command.P_INITIAL_META))
    node.now = 0.5
    node.tell(SocketLost(data, "closed"))
    assert node.connecting.link is None
    again = node.accept(head(Command.P_INITIAL_DATA))
    assert node.wait() == [StopListening()]
    link = node.connecting.link
    assert link is not None
    assert (link.data, link.meta, node.now) == (again, meta, 1.0)


def test_events_of_unknown_sockets_change_nothing() -> None:
    """They are about a connection that was given up before."""
    node = Node()
    before = node.connecting.deadline
    channel = Channel(is_outgoing=False)
    put(channel, [head(Command.P_INITIAL_DATA)])
    assert node.tell(BytesArrived(channel)) == []
    assert node.tell(SocketLost(channel, "reset")) == []
    assert node.connecting.deadline == before


@pytest.mark.parametrize("is_transient", [False, True])
def test_who_cannot_listen_gives_up(*, is_transient: bool) -> None:
    """Whether for ever is said (states C3, C4)."""
    node = Node()
    data = node.connect()
    effects = node.tell(ListenFailed("address in use", is_transient=is_transient))
    assert effects == [StopListening(), Close(data)]
    assert node.connecting.failure == "address in use"
    assert node.connecting.is_transient is is_transient
    assert node.connecting.deadline is None


def test_who_cannot_make_a_socket_gives_up() -> None:
    """No attempt ever will succeed (states C3)."""
    node = Node()
    assert node.tell(ConnectFailed("no such address", is_hopeless=True)) == [StopListening()]
    assert (node.connecting.failure, node.connecting.is_transient) == ("no such address", False)


def test_stopping_closes_everything() -> None:
    """The administrator wants no connection any more; what still comes is closed too."""
    node = Node()
    data = node.accept(head(Command.P_INITIAL_DATA))
    meta = node.connect()
    stranger = node.accept()
    stopped = [StopListening(), Close(stranger), Close(data), Close(meta)]
    assert node.connecting.stop() == stopped
    late = Channel(is_outgoing=True)
    assert node.tell(SocketConnected(late)) == [Close(late)]
    assert node.connecting.stop() == []
