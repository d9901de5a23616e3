"""A session with a volume in memory, which does what is asked of it when the test says so."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from generated.states.nbd_states import NbdState
from runtime.nbd.commands import Command, Part
from runtime.nbd.exports import Export
from runtime.nbd.phases import Deed, Stepped
from runtime.nbd.session import Load, Session
from runtime.requests import SECTOR_SIZE_BYTES, RequestKind
from runtime.trace import ArrowsTaken
from tests.runtime.nbd.words import (
    FLAGS,
    GREETING_SIZE_BYTES,
    STRUCTURED,
    Heard,
    Listener,
    go,
    option_replies,
)
from tests.steps_taken import TAKEN

SIZE_BYTES: Final = 4 << 20
EXPORT: Final = Export("r0", 0, SIZE_BYTES, 512, is_zeroing_fast=lambda: True)


def noted(stepped: Stepped) -> None:
    """Count an arrow as taken."""
    TAKEN.note(ArrowsTaken((("nbd_states", *stepped),)))


class Talk:
    """One client of one volume."""

    def __init__(
        self,
        *exports: Export,
        needs_tls: bool = False,
        load: Load | None = None,
        serves: bool = True,
    ) -> None:
        self.exports: Sequence[Export] = exports or (EXPORT,)
        self.session = Session(lambda: self.exports, needs_tls=needs_tls, load=load, stepped=noted)
        self.content = bytearray(SIZE_BYTES)
        self.parts: list[Part] = []
        self.done: list[Part] = []
        self.deeds: list[Deed] = []
        self.broken_sectors: set[int] = set()
        self.listener = Listener()
        self._serves = serves

    @property
    def state(self) -> NbdState:
        """Where the connection is."""
        return self.session.state

    def say(self, words: bytes) -> bytes:
        """Say something, have it served, and hear what comes of it."""
        view = memoryview(words)
        while view:
            space = self.session.space()
            size = min(len(space), len(view))
            space[:size] = view[:size]
            self.session.received(size)
            view = view[size:]
            self.turn()
        return self.heard()

    def turn(self) -> None:
        """Let the session take what has come."""
        self.parts += self.session.take()
        while self._serves and self.parts:
            self.serve()

    def serve(self) -> None:
        """Do what is asked, and what follows from it."""
        parts, self.parts = self.parts, []
        for part in parts:
            self.done.append(part)
            error = "broken" if part.first_sector in self.broken_sectors else ""
            self.session.finished(part, error, b"" if error else self._do(part))
        self.parts += self.session.take()

    def _do(self, part: Part) -> bytes:
        start = part.first_sector * SECTOR_SIZE_BYTES
        end = start + part.sector_count * SECTOR_SIZE_BYTES
        if part.kind is RequestKind.WRITE:
            self.content[start:end] = part.data
        elif part.kind in (RequestKind.DISCARD, RequestKind.WRITE_ZEROES):
            self.content[start:end] = bytes(end - start)
        return bytes(self.content[start:end]) if part.kind is RequestKind.READ else b""

    def heard(self) -> bytes:
        """What the server has said since the last time."""
        out = b"".join(bytes(it) for it in self.session.out)
        self.session.out.clear()
        self.deeds += self.session.take_deeds()
        return out

    def options(self, words: bytes) -> list[tuple[int, bytes]]:
        """Say options, and hear the replies."""
        return option_replies(self.say(words))

    def asked_status(self) -> list[Command]:
        """What the client wants to know of blocks."""
        asked, self.session.asked_status = self.session.asked_status, []
        return asked

    def ask(self, words: bytes, **reads: int) -> dict[int, Heard]:
        """Say requests, and hear the replies so far; `reads` are `c1=512` for the cookie 1."""
        self.listener.reads |= {int(name[1:]): length for name, length in reads.items()}
        self.listener.take(self.say(words))
        return self.listener.heard


def greeted(*exports: Export, needs_tls: bool = False) -> Talk:
    """A client whose flags have come."""
    talk = Talk(*exports, needs_tls=needs_tls)
    talk.say(FLAGS)
    assert talk.state is NbdState.Options
    return talk


def transmitting(
    *words: bytes, export: Export = EXPORT, load: Load | None = None, serves: bool = True
) -> Talk:
    """A client that has chosen an export, with structured replies unless it says otherwise."""
    talk = Talk(export, load=load, serves=serves)
    assert len(talk.heard()) == GREETING_SIZE_BYTES
    talk.say(FLAGS + b"".join(words or (STRUCTURED,)) + go(export.name))
    assert talk.state is NbdState.Transmission
    return talk


def read_only(export: Export = EXPORT) -> Export:
    """The same, of which nothing may be changed."""
    return replace(export, is_read_only=True)
