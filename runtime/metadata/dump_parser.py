"""Reading the text form of meta-data: what drbdmeta prints, and what people write (metadata 6.1).

The whole text is read before anything is written anywhere. Of the bitmap no more is kept than there
is room for, however often a word is said to be repeated.
"""

import re
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from runtime.errors import MetadataError

TOKEN: Final = re.compile(
    r"""[ \t\r\n]+
      | \#[^\n]*
      | (?P<mark>[{};\[\]])
      | (?P<string>"[^"\r\n]{1,20}")
      | (?P<wide>0x[0-9A-Fa-f]{16})(?![0-9A-Za-z_-])
      | (?P<narrow>0x[0-9A-Fa-f]{8})(?![0-9A-Za-z_-])
      | (?P<number>-?[0-9]{1,19})(?![0-9A-Za-z_])
      | (?P<word>[a-z][0-9a-z-]*)(?![0-9A-Za-z_])
    """,
    re.VERBOSE,
)
PLAIN_WORDS: Final = re.compile(r"(?:0x[0-9A-Fa-f]{16};[ \t\r\n]*){1,4096}")
WIDE_MAX: Final = (1 << 64) - 1
FIELD_MAX: Final = (1 << 32) - 1  # metadata 1.2: the width of most fields
SIGNED_MIN: Final = -(1 << 31)  # drbdmeta prints one field of 32 bits as a signed number
SHOWN_CHARACTERS: Final = 30
END: Final = "the end"


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class DumpHeader:
    """All of a dump but its bitmap."""

    uuids: tuple[int, int, int, int]
    """Current, bitmap, younger and older history."""
    flags: int
    last_agreed_size: int
    device_uuid: int
    last_peer_max_io_size: int
    al_stripes: int
    al_stripe_size: int


@dataclass(frozen=True, slots=True)
class Dump:
    """A dump that makes sense, with as much bitmap as there is room for."""

    header: DumpHeader
    bitmap: bytes
    dropped_word_count: int
    """64-bit words that were too many."""


def parse_dump(text: str, bitmap_size_bytes: Callable[[DumpHeader], int]) -> Dump:
    """Read a dump; `bitmap_size_bytes` says how much bitmap can be used once the rest is known."""
    parser = _Parser(text)
    header = parser.header()
    bitmap, dropped_word_count = parser.bitmap(bitmap_size_bytes(header))
    parser.end()
    return Dump(header, bitmap, dropped_word_count)


def _shown(text: str) -> str:
    return repr(re.split(r"[\s;{}]", text[:SHOWN_CHARACTERS] or END, maxsplit=1)[0] or text[:1])


def _fault(text: str, at: int, sentence: str) -> MetadataError:
    line = text.count("\n", 0, at) + 1
    return MetadataError(f"line {line} of the dump: {sentence}")


class _Parser:
    """Takes the elements of a dump in their order, which is fixed (metadata 6.2)."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._next = self._token()

    def header(self) -> DumpHeader:
        """Everything before the bitmap."""
        self._words("version", '"v08"', ";", "uuid", "{")
        uuids = self._wide(), self._wide(), self._wide(), self._wide()
        self._words("flags")
        flags = int(self._take("narrow", "8 hexadecimal digits"), 16)
        self._words(";", "}")
        last_agreed_size = self._number("la-size-sect", WIDE_MAX)
        if (at := self._number("bm-byte-per-bit", FIELD_MAX)) != 4096:
            raise self._wrong(f"a bit stands for 4096 bytes, not for {at}")
        self._words("device-uuid")
        return DumpHeader(
            uuids=uuids,
            flags=flags,
            last_agreed_size=last_agreed_size,
            device_uuid=self._wide(),
            last_peer_max_io_size=self._number("la-peer-max-bio-size", FIELD_MAX, SIGNED_MIN),
            al_stripes=self._number("al-stripes", FIELD_MAX),
            al_stripe_size=self._number("al-stripe-size-4k", FIELD_MAX),
        )

    def bitmap(self, size_bytes: int) -> tuple[bytes, int]:
        """The bitmap's words, and how many of them there is no room for."""
        self._words("bm", "{")
        room = size_bytes // 8
        bitmap = bytearray()
        dropped = 0
        while self._next.text != "}":
            if words := self._plain_words():
                bitmap += words[: room * 8]
                dropped += max(len(words) // 8 - room, 0)
                room = max(room - len(words) // 8, 0)
                continue
            repeated = 1
            if self._next.kind == "number":
                repeated = self._limited("a repeated word", WIDE_MAX)
                self._words("times")
            word = self._wide().to_bytes(8, "little")
            used = min(repeated, room)
            bitmap += word * used
            room -= used
            dropped += repeated - used
        self._words("}")
        return bytes(bitmap), dropped

    def _plain_words(self) -> bytes:
        """Words that follow each other without anything else, many at once as a dump has them."""
        found = PLAIN_WORDS.match(self._text, self._next.at)
        if found is None:
            return b""
        words = array("Q", bytes.fromhex(found[0].replace("0x", "").replace(";", "")))
        words.byteswap()  # they are written with the most significant byte first
        self._at = found.end()
        self._next = self._token()
        return words.tobytes()

    def end(self) -> None:
        """Nothing may follow."""
        if self._next.kind != "end":
            raise self._wrong(f"{_shown(self._next.text)} behind the last brace")

    def _words(self, *words: str) -> None:
        for word in words:
            if self._next.text != word:
                raise self._wrong(f"{word} expected, not {_shown(self._next.text)}")
            self._advance()

    def _wide(self) -> int:
        number = int(self._take("wide", "16 hexadecimal digits"), 16)
        self._words(";")
        return number

    def _number(self, keyword: str, largest: int, least: int = 0) -> int:
        self._words(keyword)
        number = self._limited(keyword, largest, least)
        self._words(";")
        return number

    def _limited(self, what: str, largest: int, least: int = 0) -> int:
        number = int(self._take("number", "a number"))
        if not least <= number <= largest:
            raise self._wrong(f"{what} cannot be {number}")
        return number % (1 << 32) if number < 0 else number

    def _take(self, kind: str, expected: str) -> str:
        if self._next.kind != kind:
            raise self._wrong(f"{expected} expected, not {_shown(self._next.text)}")
        text = self._next.text
        self._advance()
        return text

    def _advance(self) -> None:
        self._next = self._token()

    def _token(self) -> _Token:
        """The next token, behind white space and comments."""
        while self._at < len(self._text):
            at = self._at
            found = TOKEN.match(self._text, at)
            if found is None:
                raise _fault(self._text, at, f"{_shown(self._text[at : at + 99])} means nothing")
            self._at = found.end()
            if found.lastgroup:
                return _Token(found.lastgroup, found[0], at)
        return _Token("end", END, self._at)

    def _wrong(self, sentence: str) -> MetadataError:
        return _fault(self._text, self._next.at, sentence)
