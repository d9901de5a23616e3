"""The packets of a capture, one after the other, as text for people and as JSON for programs."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from generated.layouts.codec import Field, Layout, Word
from generated.layouts.commands import Command
from generated.layouts.generations import SpecialUuid
from generated.layouts.requests import SpecialBlockId
from generated.layouts.state import StateChangeRequest
from runtime.wire.conversation import PacketSeen, Remark, Sighting, Watch
from runtime.wire.framing import HEADER_100
from runtime.wire.reassembly import Segment

SPECIAL_UUIDS: Final = frozenset(SpecialUuid)
SHOWN_SIZE_BYTES_MAX: Final = 20  # a SHA-1 is shown whole, and of longer bytes so much

Json = int | str | None | list["Json"] | dict[str, "Json"]


def sightings(segments: Iterable[Segment]) -> Iterator[Sighting]:
    """The packets in the order in which they became complete, and what is to remark of them."""
    watch = Watch()
    for segment in segments:
        yield from watch.see(segment)
    yield from watch.end()


def volume(seen: PacketSeen) -> int | None:
    """The volume in the header, where the header has one."""
    return seen.frame.volume if seen.frame.kind is HEADER_100 else None


class Line(NamedTuple):
    """A line of text in the pieces that a terminal may colour differently."""

    place: str
    name: str
    rest: str

    def __str__(self) -> str:
        return self.place + self.name + self.rest


class TextForm:
    """Sightings as aligned lines; times count from the first one."""

    def __init__(self) -> None:
        self._start_s: float | None = None
        self._node_width = 9

    def lines(self, sighting: Sighting) -> Iterator[Line]:
        """The line for a sighting, behind the heading if it is the first one."""
        if self._start_s is None:
            self._start_s = sighting.time_s
            yield from self._heading(sighting)
        if isinstance(sighting, Remark):
            yield Line("", "", f"# c{sighting.connection} {sighting.sentence}")
        else:
            yield self._packet(sighting)

    def _heading(self, first: Sighting) -> Iterator[Line]:
        moment = datetime.fromtimestamp(first.time_s, UTC)
        yield Line("", "", f"# time in seconds since {moment:%Y-%m-%d %H:%M:%S.%f} UTC")
        if isinstance(first, PacketSeen):
            self._direction(first)
        width = 2 * self._node_width + 3
        place = f"#{'time':>11}  {'conn':<9} {'direction':<{width}}  "
        yield Line(place, f"{'packet':<21}", " vol  length  fields")

    def _packet(self, seen: PacketSeen) -> Line:
        assert self._start_s is not None
        number = f"c{seen.connection}"
        place = f"{seen.time_s - self._start_s:12.6f}  {number:<4} {seen.socket.value:<4} "
        number_of_volume = volume(seen)
        shown_volume = "-" if number_of_volume is None else str(number_of_volume)
        rest = f" {shown_volume:>3} {len(seen.frame.payload):>7}  {'  '.join(_parts(seen))}"
        name = f"{Command(seen.frame.command).name:<21}"
        return Line(f"{place}{self._direction(seen)}  ", name, rest.rstrip())

    def _direction(self, seen: PacketSeen) -> str:
        same = seen.source.address == seen.target.address
        source = str(seen.source) if same else seen.source.address
        target = str(seen.target) if same else seen.target.address
        self._node_width = width = max(self._node_width, len(source), len(target))
        return f"{source:>{width}} > {target:<{width}}"


def to_json(seen: PacketSeen) -> str:
    """A packet as one JSON object; fields have their numbers, `names` says what they mean."""
    row: dict[str, Json | float] = {
        "time": round(seen.time_s, 6),
        "connection": seen.connection,
        "source": str(seen.source),
        "target": str(seen.target),
        "socket": seen.socket.value,
        "packet": Command(seen.frame.command).name,
        "volume": volume(seen),
        "length": len(seen.frame.payload),
        "fields": None if seen.packet is None else _json_fields(seen.packet),
    }
    if seen.packet is not None and (names := dict(_names(seen.packet))):
        row["names"] = dict(names)
    if seen.missing_size:
        row["missing"] = seen.missing_size
    return json.dumps(row)


def _values(record: Layout | Word) -> Iterator[tuple[Field, object]]:
    for field in record.FIELDS:
        yield field, getattr(record, field.name)


def _parts(seen: PacketSeen) -> Iterator[str]:
    if seen.packet is not None:
        yield from _texts(seen.packet)
    if seen.missing_size:
        yield f"({seen.missing_size} bytes were not captured)"


def _texts(layout: Layout) -> Iterator[str]:
    """Each field as `name=value unit`."""
    if isinstance(layout, StateChangeRequest):
        yield from _change_texts(layout)
        return
    for field, value in _values(layout):
        if isinstance(value, Layout):
            yield from _texts(value)
        else:
            yield f"{field.name}={_text(field, value)}"


def _change_texts(request: StateChangeRequest) -> Iterator[str]:
    """Which pieces of the state are to change, and what these are to become."""
    chosen = [(piece.name, value) for piece, value in _values(request.mask) if value]
    yield f"mask={request.mask.word:#010x} ({' '.join(name for name, _ in chosen)})"
    names = {name for name, _ in chosen}
    values = [text for text in _word_texts(request.val) if text.partition("=")[0] in names]
    yield f"val={request.val.word:#010x} ({' '.join(values)})"


def _text(field: Field, value: object) -> str:
    match value:
        case Word():
            return f"({' '.join(_word_texts(value))})"
        case bytes() | memoryview():
            return f'"{_plain(value)}"' if _is_text(field) else _bytes_text(bytes(value))
        case int():
            return field.symbols(value) if field.symbols else _number_text(field, value)
        case _:
            return "none" if value is None else str(value)


def _number_text(field: Field, number: int) -> str:
    if field.name.endswith("uuid"):
        return SpecialUuid(number).name if number in SPECIAL_UUIDS else f"{number:#018x}"
    if field.type == "cookie64":
        return "ID_SYNCER" if number == SpecialBlockId.ID_SYNCER else f"{number:#018x}"
    if field.type == "cookie32":
        return f"{number:#010x}"
    times = " x" if field.unit[:1].isdigit() else ""  # as in 20 x 0.1 s
    return f"{number}{times} {field.unit}".rstrip()


def _word_texts(word: Word) -> Iterator[str]:
    """The pieces that have names for their numbers, and of the others those that are not 0."""
    for piece, value in _values(word):
        assert isinstance(value, int)
        if piece.symbols is not None:
            yield f"{piece.name}={piece.symbols(value)}"
        elif value:
            yield f"{piece.name}={value}"


def _is_text(field: Field) -> bool:
    return field.type.startswith("char") or field.name.endswith("_alg")


def _plain(value: bytes | memoryview) -> str:
    return bytes(value).rstrip(b"\0").decode("ascii", "backslashreplace")


def _bytes_text(value: bytes) -> str:
    if not value:
        return "none"
    if len(value) <= SHOWN_SIZE_BYTES_MAX:
        return value.hex()
    if not any(value):
        return f"{len(value)} bytes, all 0"
    return f"{len(value)} bytes, {value[:SHOWN_SIZE_BYTES_MAX].hex()}..."


def _json_fields(record: Layout | Word) -> dict[str, Json]:
    return {field.name: _json(field, value) for field, value in _values(record)}


def _json(field: Field, value: object) -> Json:
    match value:
        case Layout() | Word():
            return _json_fields(value)
        case bytes() | memoryview():
            return _plain(value) if _is_text(field) else bytes(value).hex()
        case tuple():
            return list(value)
        case _:
            assert value is None or isinstance(value, int)
            return value


def _names(record: Layout | Word, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Path and name of each number that has a name."""
    for field, value in _values(record):
        if isinstance(value, (Layout, Word)):
            yield from _names(value, f"{prefix}{field.name}.")
        elif field.symbols is not None and isinstance(value, int):
            yield prefix + field.name, field.symbols(value)
