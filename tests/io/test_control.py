"""Whoever uses the control socket badly hurts only themselves."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from runtime.control.events_feed import UNREAD_MAX, EventsFeed
from runtime.control.orders import Desk
from runtime.control.server import LINE_SIZE_BYTES_MAX, ControlServer, Limits, listening_socket
from runtime.control.viewing import minors_of
from runtime.errors import MisuseError
from runtime.events import PrimaryRequested
from runtime.io.event_loop import run
from runtime.node import Node
from tests.io.nodes import two_configs
from tests.io.operating import connected

PATIENCE_S: Final = 20.0
SHORT: Final = Limits(client_count=3, idle_s=0.2, send_s=0.2, last_order_s=0.2)
PATIENT: Final = Limits(client_count=3)


class Client(NamedTuple):
    """One client of a socket."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, text: str | bytes) -> None:
        """Send this, and a line's end."""
        self.writer.write((text if isinstance(text, bytes) else text.encode()) + b"\n")
        await self.writer.drain()

    async def answer(self) -> dict[str, Any]:
        """The next line."""
        async with asyncio.timeout(PATIENCE_S):
            line = await self.reader.readline()
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Give an order, and wait for its answer."""
        await self.say(json.dumps({"do": do, **arguments}))
        return await self.answer()

    async def ends(self) -> bytes:
        """Wait until the node lets it go; return what came before."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.read()


class World(NamedTuple):
    """A node that is served at a socket."""

    node: Node
    server: ControlServer
    path: Path

    async def client(self) -> Client:
        """One more client."""
        return Client(*await asyncio.open_unix_connection(self.path, limit=1 << 24))


@asynccontextmanager
async def served(folder: Path, limits: Limits) -> AsyncIterator[World]:
    """A node, and whoever wants to talk to it."""
    path = folder / "control.sock"
    async with Node(two_configs(folder)[0]) as node:
        server = ControlServer(Desk([node]), listening_socket(path), limits)
        await server.start()
        yield World(node, server, path)
        await server.stop()


def play(folder: Path, limits: Limits, scene: Callable[[World], Awaitable[None]]) -> None:
    """Let something happen around a served node."""

    async def scenery() -> None:
        async with served(folder, limits) as world:
            await scene(world)

    run(scenery())


BAD: Final[list[tuple[str | bytes, str]]] = [
    ("{", "no JSON: Expecting property name enclosed in double quotes"),
    ("[" * 30_000, "no JSON: maximum recursion depth"),
    (b'"\xff"', "no JSON: 'utf-8' codec can't decode"),
    ("3", 'an order is an object, as in {"do": "view"}'),
    ('{"do": "conect"}', "do is 'conect', did you mean \"connect\"?"),
    ('{"do": "quit"}', "do is 'quit'"),
    ('{"do": ["view"]}', "do is ['view'], which must be a text"),
    ('{"do": "view", "resource": 7}', "resource is 7, which must be a text"),
    ('{"do": "view", "forse": true}', "there is no forse in this order"),
    ('{"do": "primary", "volume": 9}', "there is no volume 9"),
    ('{"do": "wait_sync", "timeout": -1}', "timeout is -1, which must be a number"),
    ('{"do": "events2", "now": 1.5}', "now is 1.5, which must be true or false"),
    ('{"do": "write", "hex": "zz"}', "hex has other digits"),
]


def test_bad_orders_get_a_sentence(tmp_path: Path) -> None:
    """Whatever a line has, it is answered by one, and the next one counts."""

    async def scene(world: World) -> None:
        client = await world.client()
        for line, sentence in BAD:
            await client.say(b"")
            await client.say(line)
            answer = await client.answer()
            assert (answer["ok"], answer["code"]) == (False, 162)
            assert sentence in answer["info"], line[:40]
        assert (await client.ask("view", id=3))["id"] == 3

    play(tmp_path, PATIENT, scene)


def test_garbage_is_no_order(tmp_path: Path) -> None:
    """Random bytes are answered, or let go, and the node goes on."""

    async def scene(world: World) -> None:
        chance = random.Random(7)
        for size in (1, 100, 10_000, LINE_SIZE_BYTES_MAX * 3):
            client = await world.client()
            client.writer.write(chance.randbytes(size))
            client.writer.write_eof()
            assert all(not json.loads(it)["ok"] for it in (await client.ends()).splitlines())
        assert (await (await world.client()).ask("view"))["ok"]

    play(tmp_path, PATIENT, scene)


def test_a_line_has_a_bound(tmp_path: Path) -> None:
    """A line that never ends is told so, and its client let go."""

    async def scene(world: World) -> None:
        client = await world.client()
        client.writer.write(b" " * LINE_SIZE_BYTES_MAX * 2)
        assert f"a line has more than {LINE_SIZE_BYTES_MAX} bytes" in (await client.ends()).decode()

    play(tmp_path, PATIENT, scene)


def test_a_silent_client_is_let_go(tmp_path: Path) -> None:
    """Who says nothing, or stops within a line, keeps a place only for a while."""

    async def scene(world: World) -> None:
        clients = [await world.client() for _ in range(3)]
        clients[1].writer.write(b'{"do": ')
        await clients[2].ask("view")
        assert [await it.ends() for it in clients] == [b"", b"", b""]

    play(tmp_path, SHORT, scene)


def test_a_client_that_does_not_read_is_let_go(tmp_path: Path) -> None:
    """Answers that nobody takes are not kept."""

    async def scene(world: World) -> None:
        await world.node.do(PrimaryRequested(force=True))
        with connected(world.path) as deaf:
            order = {"do": "read", "count": 4096, "hex": True, "id": 1}
            deaf.sendall(json.dumps(order).encode() + b"\n")
            other = await world.client()
            while (await other.ask("view"))["ok"] and world.server.client_count > 1:
                assert not other.reader.at_eof()

    play(tmp_path, Limits(client_count=9, send_s=0.2), scene)


def test_too_many_clients_are_refused(tmp_path: Path) -> None:
    """The one that is too many is told so; those that are there are served."""

    async def scene(world: World) -> None:
        clients = [await world.client() for _ in range(3)]
        for client in clients:
            await client.ask("view")
        surplus = await world.client()
        assert "too many clients" in (await surplus.answer())["info"]
        assert await surplus.ends() == b""
        assert (await clients[0].ask("view"))["ok"]

    play(tmp_path, PATIENT, scene)


def test_a_client_that_waits_holds_up_nobody(tmp_path: Path) -> None:
    """Orders of several clients are carried out beside each other."""

    async def scene(world: World) -> None:
        waiting = await world.client()
        await waiting.say('{"do": "wait", "disk": "UpToDate"}')
        other = await world.client()
        assert (await other.ask("primary", force=True))["ok"]
        assert (await waiting.answer())["disk"] == "UpToDate"

    play(tmp_path, PATIENT, scene)


def test_orders_that_come_together_are_answered_in_order(tmp_path: Path) -> None:
    """A client may say all at once, and no more after that."""

    async def scene(world: World) -> None:
        client = await world.client()
        lines = [json.dumps({"do": "state", "id": it}).encode() for it in range(100)]
        client.writer.write(b"\n".join(lines) + b"\n")
        client.writer.write_eof()
        answers = (await client.ends()).splitlines()
        assert [json.loads(it)["id"] for it in answers] == list(range(100))

    play(tmp_path, PATIENT, scene)


def test_who_has_gone_is_not_waited_for(tmp_path: Path) -> None:
    """An order that would wait for ever ends a while after its client has."""

    async def scene(world: World) -> None:
        client = await world.client()
        await client.say('{"do": "wait", "conn": "Connected"}')
        client.writer.write_eof()
        assert await client.ends() == b""

    play(tmp_path, SHORT, scene)


def test_the_end_of_a_node_is_told(tmp_path: Path) -> None:
    """Who waits for something hears that it will not come, and no more orders are taken."""

    async def scene(world: World) -> None:
        waiting, other = await world.client(), await world.client()
        await waiting.say('{"do": "wait", "conn": "Connected"}')
        await other.ask("view")
        world.server.close()
        refused = await other.ask("primary", force=True)
        assert refused["info"] == "the node is ending"
        world.node.kill()
        assert (await waiting.answer())["info"] == "the node has ended"

    play(tmp_path, PATIENT, scene)


def test_a_follower_that_lags_behind_is_told_how_much_it_missed(tmp_path: Path) -> None:
    """Changes that a reader of events2 has not taken are counted, not kept."""

    async def scene(world: World) -> None:
        feed = EventsFeed(minors_of([world.node.config]), has_times=False, has_statistics=False)
        assert feed.begin([world.node])[-1] == "exists -"
        for number in range(UNREAD_MAX + 5):
            feed.put([f"change {number}"])
        assert await feed.next() == ["change 0", "- skipped 5"]
        assert await feed.next() == ["change 1"]
        feed.end()

    play(tmp_path, PATIENT, scene)


def test_a_socket_in_a_file_s_place_is_refused(tmp_path: Path) -> None:
    """What is no socket is not removed for one."""
    path = tmp_path / "control.sock"
    path.write_text("precious")
    with pytest.raises(MisuseError, match="is there and no socket"):
        listening_socket(path)
    assert path.read_text() == "precious"


def test_a_name_that_is_too_long_is_a_sentence(tmp_path: Path) -> None:
    """The system's limit of a socket's name is told."""
    with pytest.raises(MisuseError, match="no control socket can be made"):
        listening_socket(tmp_path / ("x" * 200))
