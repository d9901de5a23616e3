"""The smallest NBD client: one connection, by a socket of the file system or by TCP."""

import asyncio
import ssl
from pathlib import Path
from typing import Final, Self

from generated.layouts.nbd_options import NbdOpt, NbdOptionReply, NbdRep
from generated.layouts.nbd_requests import NbdCommand
from tests.runtime.nbd.words import (
    FLAGS,
    GREETING_SIZE_BYTES,
    STRUCTURED,
    Heard,
    Listener,
    contexts,
    go,
    option,
    request,
)

WAIT_S: Final = 20.0


class NbdClient:
    """A client that has heard the greeting."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._listener = Listener()
        self._cookie = 0

    @classmethod
    async def by_path(cls, path: Path) -> Self:
        """Connect to a socket of the file system."""
        return await cls(*await asyncio.open_unix_connection(path)).greeted()

    @classmethod
    async def by_port(cls, port: int) -> Self:
        """Connect by TCP."""
        return await cls(*await asyncio.open_connection("127.0.0.1", port)).greeted()

    async def greeted(self) -> Self:
        """Hear the greeting, and answer it."""
        await self.hear(GREETING_SIZE_BYTES)
        self.writer.write(FLAGS)
        return self

    async def hear(self, size_bytes: int) -> bytes:
        """So many bytes."""
        return await asyncio.wait_for(self.reader.readexactly(size_bytes), WAIT_S)

    async def ended(self) -> bool:
        """Wait for the server's end; say whether it was told of nothing more."""
        return await asyncio.wait_for(self.reader.read(), WAIT_S) == b""

    async def option(self, words: bytes) -> tuple[int, str]:
        """Say one option, and hear the last of its replies."""
        self.writer.write(words)
        while True:
            head = NbdOptionReply.unpack_from(await self.hear(20))
            data = await self.hear(head.length)
            if head.reply_type == NbdRep.ACK or head.reply_type >= NbdRep.ERR_UNSUP:
                return head.reply_type, data.decode()

    async def start_tls(self, context: ssl.SSLContext, name: str) -> None:
        """Ask for TLS, and begin it."""
        assert (await self.option(option(NbdOpt.STARTTLS)))[0] == NbdRep.ACK
        await self.writer.start_tls(context, server_hostname=name)

    async def choose(self, name: str = "", *names: str) -> tuple[int, str]:
        """Choose an export and meta contexts."""
        await self.option(STRUCTURED)
        await self.option(contexts(name, *names))
        return await self.option(go(name))

    def say(self, command: int, data: bytes = b"", **place: int) -> int:
        """Ask for something; return the cookie."""
        self._cookie += 1
        if command == NbdCommand.READ:
            self._listener.reads[self._cookie] = place["length"]
        self.writer.write(request(command, self._cookie, **place) + data)
        return self._cookie

    async def answer(self, cookie: int) -> Heard:
        """Wait for an answer."""
        heard = self._listener.heard
        while cookie not in heard or not heard[cookie].is_done:
            came = await asyncio.wait_for(self.reader.read(1 << 20), WAIT_S)
            if not came:
                raise EOFError
            self._listener.take(came)
        return heard[cookie]

    async def ask(self, command: int, data: bytes = b"", **place: int) -> Heard:
        """Ask for something, and wait for the answer."""
        return await self.answer(self.say(command, data, **place))

    async def write(self, offset: int, data: bytes) -> None:
        """Write, which must be fine."""
        heard = await self.ask(NbdCommand.WRITE, data, offset=offset, length=len(data))
        assert not heard.error, heard.reason

    async def read(self, offset: int, length: int) -> bytes:
        """Read, which must be fine."""
        heard = await self.ask(NbdCommand.READ, offset=offset, length=length)
        assert not heard.error, heard.reason
        return heard.data

    def close(self) -> None:
        """Go without a word."""
        self.writer.transport.abort()
