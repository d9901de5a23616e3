"""What a host's statements say: an address, a device, a disk, a place for meta-data."""

import re
from typing import Final

from runtime.config import MINOR_MAX
from runtime.configuration.options import KEYWORDS
from runtime.configuration.problems import Place
from runtime.configuration.syntax import Item, Statement, WordKind, quoted
from runtime.errors import ConfigError
from runtime.node_config import Address

FAMILIES: Final = ("ipv4", "ipv6")
OTHER_FAMILIES: Final = ("ssocks", "sdp", "sci")


class StatementError(Exception):
    """A statement says something that makes no sense."""

    def __init__(self, place: Place, sentence: str) -> None:
        self.place = place
        super().__init__(sentence)


def names_of(item: Item) -> tuple[str, ...]:
    """The names behind a keyword, of a resource or of hosts."""
    for word in item.values:
        if word.kind not in (WordKind.BARE, WordKind.QUOTED):
            raise StatementError(word.place, f'"{word.text}" is no name')
        if word.kind is WordKind.BARE and word.text.isdecimal():
            raise StatementError(word.place, f"{word.text} is a number, as a name it needs quotes")
        if word.kind is WordKind.BARE and word.text in KEYWORDS:
            raise StatementError(word.place, f"{word.text} is a keyword, as a name it needs quotes")
    return tuple(word.text for word in item.values)


def quoted_name(name: str) -> str:
    """A name as it is written."""
    return f'"{name}"' if name in KEYWORDS or name.isdecimal() else quoted(name)


def address_of(item: Item) -> Address:
    """The address that stands behind a keyword."""
    words = item.values
    family = words[0].text if words and words[0].text in (*FAMILIES, *OTHER_FAMILIES) else ""
    if family in OTHER_FAMILIES:
        raise StatementError(words[0].place, f"{family} is no family of addresses here: ipv4, ipv6")
    rest = words[1:] if family else words
    kinds = [it.kind for it in rest]
    place = rest[0].place if rest else item.keyword.place
    if len(rest) != 3 or kinds[1] is not WordKind.COLON:
        raise StatementError(place, "an address is 10.1.1.31:7788 or ipv6 [fd00::31]:7788")
    is_bracketed = kinds[0] is WordKind.BRACKETED
    host = f"[{rest[0].text}]" if is_bracketed else rest[0].text
    try:
        address = Address.parse(f"{host}:{rest[2].text}")
    except ConfigError as error:
        raise StatementError(place, str(error)) from error
    if address.is_ipv6 != (family == "ipv6"):
        written = family or "ipv4, which may be left out"
        raise StatementError(place, f"{address} is no address of {written}")
    return address


def one_path(item: Statement) -> str:
    """The path that a statement names."""
    if len(item.values) != 1 or item.values[0].kind not in (WordKind.BARE, WordKind.QUOTED):
        raise StatementError(item.keyword.place, f"{item.keyword.text} takes one path")
    return item.values[0].text


def device(item: Statement) -> tuple[str, int]:
    """The path and minor number of a device; either may be left out where the other tells it."""
    words = [it.text for it in item.values]
    place = item.keyword.place
    at = words.index("minor") if "minor" in words else len(words)
    if at > 1 or len(words) not in (at, at + 2) or not words:
        raise StatementError(place, "a device is /dev/drbd0, minor 0, or both")
    path = _device_path(words[0], place) if at else ""
    minor_text = words[at + 1] if at < len(words) else path.removeprefix("/dev/drbd")
    if not (minor_text.isascii() and minor_text.isdecimal() and int(minor_text) <= MINOR_MAX):
        raise StatementError(
            place, f'"{" ".join(words)}" tells no minor number of 0 to {MINOR_MAX}'
        )
    minor = int(minor_text)
    if re.fullmatch(r"/dev/drbd[0-9]+", path) and path != f"/dev/drbd{minor}":
        raise StatementError(place, f"{path} can't have the minor number {minor}")
    return path, minor


def _device_path(text: str, place: Place) -> str:
    path = text if text.startswith("/") else f"/dev/{text}"
    if not re.fullmatch(r"/dev/drbd([0-9]+|_.*)", path):
        raise StatementError(place, f"{text} must be /dev/drbd0 or begin with /dev/drbd_")
    return path


def meta_disk(item: Statement) -> tuple[str, int | None]:
    """Where meta-data are, and in which window of it."""
    words = item.values
    is_flexible = item.keyword.text == "flexible-meta-disk"
    if len(words) == 2 and words[1].kind is WordKind.BRACKETED and not is_flexible:
        index = words[1].text
        if words[0].text == "internal" or not (index.isascii() and index.isdecimal()):
            raise StatementError(words[1].place, f"[{index}] is no index of a meta-disk")
        return words[0].text, int(index)
    return one_path(item), None
