"""The sides of a resource: where each listens, and on what each of its volumes lies."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from runtime.configuration.given import OptionReader
from runtime.configuration.model import Host, Option, Volume
from runtime.configuration.options import NEWER, REFUSED, RULES
from runtime.configuration.problems import Findings, Place, did_you_mean
from runtime.configuration.statements import (
    StatementError,
    address_of,
    device,
    meta_disk,
    names_of,
    one_path,
)
from runtime.configuration.syntax import Item, Section, Statement
from runtime.node_config import Address

VOLUME_MAX: Final = 65535  # wire 12.4
_CHECKS: Final[Mapping[str, Callable[[Statement], object]]] = {
    "device": device,
    "disk": one_path,
    "meta-disk": meta_disk,
}
OF_A_VOLUME: Final = tuple(_CHECKS)
SINGLE: Final = -1
"""The number of a volume that is written without a section, until its host is done."""


@dataclass(slots=True)
class Parts:
    """What was said of a volume so far: its statements, and its own options."""

    statements: dict[str, Statement] = field(default_factory=dict)
    options: dict[str, Option] = field(default_factory=dict)

    def over(self, wider: "Parts") -> "Parts":
        """These, and of those that stand further out what is missing here."""
        return Parts(wider.statements | self.statements, wider.options | self.options)


class HostReader:
    """Reads what a resource or a host section says of volumes, and makes hosts of it."""

    def __init__(self, findings: Findings, options: OptionReader) -> None:
        self._findings = findings
        self._options = options

    def is_of_volumes(self, item: Item) -> bool:
        """Whether an item tells of volumes."""
        name = item.keyword.text
        if isinstance(item, Section):
            return name == "volume"
        return name in (*OF_A_VOLUME, "flexible-meta-disk")

    def read_parts(self, items: Iterable[Item]) -> dict[int, Parts]:
        """Volume number -> what is said of it."""
        volumes: dict[int, Parts] = {}
        for item in items:
            if isinstance(item, Statement):
                self._add(volumes.setdefault(SINGLE, Parts()), item)
                continue
            number = self._number(item)
            if number in volumes:
                self._findings.wrong(item.keyword.place, f"volume {number} is here twice")
            elif number is not None:
                volumes[number] = self._read_volume(item)
        if SINGLE in volumes and len(volumes) > 1:
            place = next(iter(volumes[SINGLE].statements.values())).keyword.place
            self._findings.wrong(place, "this belongs into one of the volume sections")
            del volumes[SINGLE]
        return volumes

    def _number(self, item: Section) -> int | None:
        text = item.values[0].text if len(item.values) == 1 else ""
        if text.isascii() and text.isdecimal() and int(text) <= VOLUME_MAX:
            return int(text)
        self._findings.wrong(
            item.keyword.place, f"a volume section needs its number, 0 to {VOLUME_MAX}"
        )
        return None

    def _read_volume(self, section: Section) -> Parts:
        parts = Parts()
        for item in section.items:
            if isinstance(item, Section) and item.keyword.text == "disk":
                parts.options |= self._options.read("disk", item.items, RULES["disk"])
            elif isinstance(item, Statement) and self.is_of_volumes(item):
                self._add(parts, item)
            else:
                self.unknown(item, "volume", [*OF_A_VOLUME, "flexible-meta-disk"])
        return parts

    def _add(self, parts: Parts, item: Statement) -> None:
        name = item.keyword.text.removeprefix("flexible-")
        if name in parts.statements:
            self._findings.wrong(item.keyword.place, f"{name} is here twice")
        parts.statements.setdefault(name, item)
        try:
            _CHECKS[name](item)
        except StatementError as error:
            self._findings.wrong(error.place, str(error))

    def unknown(self, item: Item, where: str, known: list[str]) -> None:
        """Note a word that means nothing in a section."""
        word = item.keyword
        what = "section" if isinstance(item, Section) else "option"
        if word.text in REFUSED:
            sentence = f"{word.text}: {REFUSED[word.text]}"
        elif word.text in NEWER:
            sentence = f"{word.text} is of DRBD 9, which this node does not speak"
        elif word.text in known:
            sentence = f"{word.text} in {where} is no {what}"
        else:
            hint = did_you_mean(word.text, known)
            sentence = f'unknown {what} "{word.text}" in {where}{hint}'
        self._findings.wrong(word.place, sentence)

    def read_host(self, section: Section | Statement, wider: Mapping[int, Parts]) -> Host | None:
        """A host of an `on` or `floating` section; of a resource's volumes what is not its own."""
        place = section.keyword.place
        items = section.items if isinstance(section, Section) else ()
        is_floating = section.keyword.text == "floating"
        names = () if is_floating else self.names(section)
        address = self._address(section) if is_floating else None
        own: list[Item] = []
        options: dict[str, Option] = {}
        addresses: list[Statement] = []
        for item in items:
            if self.is_of_volumes(item):
                own.append(item)
            elif isinstance(item, Statement) and item.keyword.text == "address" and not is_floating:
                addresses.append(item)
            elif isinstance(item, Section) and item.keyword.text == "options":
                options |= self._options.read("options", item.items, RULES["options"])
            else:
                known = [*OF_A_VOLUME, "flexible-meta-disk", "volume", "options"]
                known += [] if is_floating else ["address"]
                self.unknown(item, section.keyword.text, known)
        for item in addresses[1:]:
            self._findings.wrong(item.keyword.place, "address is here twice")
        if not is_floating and addresses:
            address = self._address(addresses[0])
        elif not is_floating:
            self._findings.wrong(place, f"{_called(section)} has no address")
        self._check_names(section, names)
        volumes, is_single = self._volumes(self.read_parts(own), wider, section)
        if address is None:
            return None
        return Host(names, address, volumes, is_single, options, place)

    def _check_names(self, section: Section | Statement, names: tuple[str, ...]) -> None:
        """Note what is wrong with the names of a host."""
        place = section.keyword.place
        if any(letter.isspace() for it in names for letter in it):
            self._findings.wrong(place, f"{_called(section)}: a host's name has no blanks")
        if section.keyword.text == "on" and not section.values:
            self._findings.wrong(place, "an on section needs the name of a host")

    def _volumes(
        self, own: Mapping[int, Parts], wider: Mapping[int, Parts], section: Section | Statement
    ) -> tuple[dict[int, Volume], bool]:
        """What is said of each volume of a host, here or further out, as volumes."""
        is_single = SINGLE in own or SINGLE in wider
        numbers = sorted(own.keys() | wider.keys())
        name = _called(section)
        place = section.keyword.place
        if is_single and numbers != [SINGLE]:
            self._findings.wrong(place, f"{name} has a volume without a section beside others")
            return {}, is_single
        if not numbers:
            self._findings.wrong(place, f"{name} has no volume")
        volumes = {}
        for number in numbers:
            parts = own.get(number, Parts()).over(wider.get(number, Parts()))
            what = "" if number == SINGLE else f": volume {number}"
            if volume := self._volume(parts, f"{name}{what}", place):
                volumes[max(number, 0)] = volume
        return volumes, is_single

    def _volume(self, parts: Parts, name: str, place: Place) -> Volume | None:
        missing = [it for it in OF_A_VOLUME if it not in parts.statements]
        for it in missing:
            self._findings.wrong(place, f"{name} has no {it}")
        if missing:
            return None
        try:
            path, minor = device(parts.statements["device"])
            disk = one_path(parts.statements["disk"])
            meta, index = meta_disk(parts.statements["meta-disk"])
        except StatementError:  # it is known since the statement was read
            return None
        return Volume(path, minor, disk, meta, index, parts.options)

    def names(self, item: Item) -> tuple[str, ...]:
        """The names behind a keyword, or none and a problem."""
        try:
            return names_of(item)
        except StatementError as error:
            self._findings.wrong(error.place, str(error))
            return ()

    def _address(self, item: Item) -> Address | None:
        try:
            return address_of(item)
        except StatementError as error:
            self._findings.wrong(error.place, str(error))
            return None


def _called(section: Section | Statement) -> str:
    """A host section's name in messages."""
    return " ".join(it.text for it in (section.keyword, *section.values)).replace(" : ", ":")


def clashes(hosts: Iterable[tuple[str, Host]]) -> Iterator[tuple[Place, str]]:
    """What is used twice: a minor number or a disk of one host, or an address of all."""
    seen: dict[str, str] = {}
    for resource, host in hosts:
        parts = [part for volume in host.volumes.values() for part in _parts(volume)]
        claims = [f"{part} of {name}" for name in host.names for part in parts]
        for claim in (*claims, f"the address {host.address}"):
            if first := seen.get(claim):
                yield host.place, f"{claim} is taken by {first}"
            seen.setdefault(claim, f"{resource} on {host}")


def _parts(volume: Volume) -> Iterator[str]:
    """What a volume needs for itself; of a device with several meta-data one window."""
    yield f"minor {volume.minor}"
    if volume.disk != "none":
        yield volume.disk
    if volume.meta_disk != "internal":
        window = "" if volume.meta_index is None else f" [{volume.meta_index}]"
        yield f"{volume.meta_disk}{window}"
