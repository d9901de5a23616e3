"""Copies a file into an NBD export: by nbdcopy where that is installed, else by a client here."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from generated.layouts.codec import Layout
from generated.layouts.nbd_options import (
    NbdClientFlags,
    NbdGreeting,
    NbdHandshakeFlags,
    NbdOpt,
    NbdOption,
    NbdOptionReply,
    NbdRep,
)
from generated.layouts.nbd_requests import NbdCommand, NbdRequest, NbdSimpleReply
from runtime.demo.nodes import DemoError

PIECE_SIZE_BYTES: Final = 1 << 18
DEPTH: Final = 16
WAIT_S: Final = 60.0

Move = Callable[[float], None]
"""Is told how far it is, from 0 to 1."""
AnyLayout = TypeVar("AnyLayout", bound=Layout)


@dataclass(frozen=True, slots=True)
class Copy:
    """What was done."""

    client: str
    seconds: float


def copied(image: Path, nbd_path: Path, export: str, move: Move) -> Copy:
    """Copy a file to the beginning of an export, durably; DemoError when that fails."""
    began_s = time.monotonic()
    program = shutil.which("nbdcopy")
    if program is not None:
        _copy_by(program, image, f"nbd+unix:///{export}?socket={nbd_path}", move)
    else:
        try:
            _copy(image, nbd_path, export, move)
        except OSError as error:
            raise DemoError(f"the NBD export {export}: {error}") from error
    client = "nbdcopy" if program is not None else "a client of ours, since nbdcopy is missing"
    return Copy(client, time.monotonic() - began_s)


def _copy_by(program: str, image: Path, uri: str, move: Move) -> None:
    shown, told = os.pipe()
    command = [program, "--flush", f"--progress={told}", str(image), uri]
    with subprocess.Popen(command, pass_fds=(told,), stderr=subprocess.PIPE, text=True) as process:
        os.close(told)
        with os.fdopen(shown, encoding="ascii") as lines:
            for line in lines:
                move(int(line.partition("/")[0]) / 100)
        _, errors = process.communicate()
    if process.returncode:
        raise DemoError(f"nbdcopy failed: {errors.strip()}")


def _copy(image: Path, nbd_path: Path, export: str, move: Move) -> None:
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(WAIT_S)
        link.connect(str(nbd_path))
        client = _Client(link)
        client.choose(export)
        content = image.read_bytes()
        starts = range(0, len(content), PIECE_SIZE_BYTES)
        for number, start in enumerate(starts):
            if number >= DEPTH:
                client.take_reply()
            piece = content[start : start + PIECE_SIZE_BYTES]
            client.ask(NbdCommand.WRITE, offset=start, length=len(piece), data=piece)
            move(start / len(content))
        for _ in starts[-DEPTH:]:
            client.take_reply()
        client.ask(NbdCommand.FLUSH)
        client.take_reply()
        with suppress(OSError):  # whoever has flushed may also just go
            client.ask(NbdCommand.DISC)


class _Client:
    """One connection that only writes."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._cookie = 0

    def choose(self, export: str) -> None:
        """Negotiate, with nothing but what is needed."""
        self._take(NbdGreeting)
        flags = NbdHandshakeFlags.FIXED_NEWSTYLE | NbdHandshakeFlags.NO_ZEROES
        name = export.encode()
        wanted = len(name).to_bytes(4) + name + bytes(2)
        option = NbdOption(NbdOpt.GO, len(wanted))
        self._link.sendall(NbdClientFlags(flags).pack() + option.pack() + wanted)
        while (reply := self._take(NbdOptionReply)).reply_type != NbdRep.ACK:
            said = self._bytes(reply.length)
            if reply.reply_type >= NbdRep.ERR_UNSUP:
                raise DemoError(f"the NBD export {export} is refused: {said.decode()}")

    def ask(
        self, command: NbdCommand, *, offset: int = 0, length: int = 0, data: bytes = b""
    ) -> None:
        """Send a request."""
        self._cookie += 1
        request = NbdRequest(0, command, self._cookie, offset, length)
        self._link.sendall(request.pack() + data)

    def take_reply(self) -> None:
        """Wait for some reply, which must be fine."""
        reply = self._take(NbdSimpleReply)
        if reply.error:
            raise DemoError(f"an NBD request failed with error {reply.error}")

    def _take(self, kind: type[AnyLayout]) -> AnyLayout:
        return kind.unpack_from(self._bytes(kind.FIXED_SIZE))

    def _bytes(self, size_bytes: int) -> bytes:
        content = b""
        while len(content) < size_bytes:
            more = self._link.recv(size_bytes - len(content))
            if not more:
                raise ConnectionError("it has hung up")
            content += more
        return content
