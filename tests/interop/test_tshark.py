"""tshark reads the same packets and the same values, wherever it looks.

Its dissector is written for DRBD 9 as well, and does not look at everything: the tables below name
each difference. DOTMIRROR_CAPTURES names the folder of recordings, as in test_captures.py.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from enum import IntEnum
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pytest

from generated.layouts.codec import Layout, Word
from generated.layouts.commands import Command
from generated.layouts.generations import UuidFlags
from generated.layouts.write import DpFlags
from runtime.decode import volume
from runtime.wire.conversation import PacketSeen
from tests.runtime.recorded import FOLDER, Recording, decoded, recordings

RECORDINGS: Final = recordings(Path(os.environ.get("DOTMIRROR_CAPTURES", FOLDER)))

Value = int | bytes
Reading = dict[str, Value]

DATA_PACKETS: Final = ("P_DATA", "P_DATA_REPLY", "P_RS_DATA_REPLY")
REQUEST_PACKETS: Final = ("P_DATA_REQUEST", "P_RS_DATA_REQUEST", "P_RS_THIN_REQ", "P_OV_REQUEST")
DIGEST_PACKETS: Final = ("P_CSUM_RS_REQUEST", "P_OV_REPLY")
CHANGE_PACKETS: Final = ("P_STATE_CHG_REQ", "P_CONN_ST_CHG_REQ")

OTHER_NAMES: Final = {  # tshark's names for what the published protocol calls otherwise
    "auth_hash": "response",
    "auth_nonce": "challenge",
    "dirty_bits": "bits_set",
    "history_uuid": "younger_history_uuid",
    "history_uuid.2": "older_history_uuid",
    "size": "blksize",
    "uuid": "sync_uuid",
}

LITTLE_ENDIAN: Final = {  # bytes that tshark takes for little-endian numbers
    "block_id": 8,  # opaque, but a big-endian number in P_OV_RESULT (wire 10)
    "barrier": 4,  # opaque
}

ONLY_IN_DRBD_9: Final = (  # bits and bytes that are unused, and 0, in DRBD 8.4
    "receiver_node_id",
    "sender_node_id",
    "state.quorum",
    "uuid_flag.diskless_primary",
    "uuid_flag.got_stable",
    "uuid_flag.new_datagen",
    "uuid_flag.primary_lost_quorum",
    "uuid_flag.reconnect",
    "uuid_flag.resync",
    "uuid_flag.stable",
)

NOT_SHOWN: Final = {  # what tshark does not look at, by packet
    "P_AUTH_CHALLENGE": {"excess"},  # beyond 64 bytes, which nobody sends (wire 4.4)
    "P_BARRIER": {"pad"},
    "P_BITMAP": {"bitmap"},
    "P_COMPRESSED_BITMAP": {"encoding", "code"},
    "P_CONNECTION_FEATURES": {"pad", "reserved"},  # it sees DRBD 9's node numbers there
    "P_OUT_OF_SYNC": {"pad"},
    "P_RS_DEALLOCATED": {"pad"},
    "P_SIZES": {"pad"},
    **{packet: {"pad"} for packet in REQUEST_PACKETS},
    **{packet: {"pad", "digest"} for packet in DIGEST_PACKETS},
    **{packet: {"digest"} for packet in DATA_PACKETS},  # it takes the digest for data, see below
    **{packet: {"mask", "val"} for packet in CHANGE_PACKETS},  # it shows val as state, see below
}


def our_reading(seen: PacketSeen) -> Reading:
    """Every value of a packet, pieces of words and single flags as well."""
    assert seen.packet is not None
    reading: Reading = {"command": seen.frame.command, "length": len(seen.frame.payload)}
    if (number := volume(seen)) is not None:
        reading["volume"] = number
    return reading | dict(_values(seen.packet))


def _values(layout: Layout) -> Iterator[tuple[str, Value]]:
    for field in layout.FIELDS:
        match getattr(layout, field.name):
            case Layout() as part:
                yield from _values(part)
            case Word() as word:
                yield field.name, word.word
                for piece in word.FIELDS:
                    yield f"{field.name}.{piece.name}", getattr(word, piece.name)
            case int(number):
                yield field.name, number if number >= 0 else number + (1 << 32)
                yield from _flags(field.name, number)
            case bytes() | memoryview() as octets:
                yield field.name, bytes(octets)


def _flags(name: str, number: int) -> Iterator[tuple[str, Value]]:
    flags: type[IntEnum] | None = {"dp_flags": DpFlags, "uuid_flags": UuidFlags}.get(name)
    for flag in flags or ():
        yield f"{name[:-1]}.{flag.name.lower()}", int(number & flag != 0)


def as_tshark_sees_it(packet: str, ours: Reading) -> Reading:
    """Our reading under tshark's names, and with what it is known to see differently."""
    renamed = {name: ours[our_name] for name, our_name in OTHER_NAMES.items() if our_name in ours}
    reading = ours | renamed | dict.fromkeys(ONLY_IN_DRBD_9, 0)
    for name, size in LITTLE_ENDIAN.items():
        if isinstance(number := ours.get(name), int):
            reading[name] = int.from_bytes(number.to_bytes(size, "big"), "little")
    if packet in DATA_PACKETS:  # it knows of no data-integrity digest (wire 7.1)
        digest, data = ours["digest"], ours["data"]
        assert isinstance(digest, bytes)
        assert isinstance(data, bytes)
        reading |= {"data": digest + data, "size": len(digest) + len(data)}
    if packet in CHANGE_PACKETS:  # it calls the new state (wire 5.12) just the state
        reading |= {name.replace("val", "state"): ours[name] for name in ours if "val" in name}
    return reading


def read_by_tshark(capture: Path) -> Iterator[tuple[int, list[ET.Element]]]:
    """TCP connection and fields of each DRBD packet that tshark sees."""
    command = ["tshark", "-2", "-r", str(capture), "-Y", "drbd", "-T", "pdml"]
    with subprocess.Popen(
        [*command, "--enable-heuristic", "drbd_tcp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as tshark:
        assert tshark.stdout is not None
        frames = (it for _, it in ET.iterparse(tshark.stdout) if it.tag == "packet")
        for frame in frames:
            stream = frame.find(".//field[@name='tcp.stream']")
            assert stream is not None
            for protocol in frame.findall("proto[@name='drbd']"):
                yield int(stream.get("show", "")), list(protocol.iter("field"))
            frame.clear()


def differences(seen: PacketSeen, connection: int, fields: list[ET.Element]) -> Iterator[str]:
    """Where the two readings of a packet differ, and what one of them leaves out."""
    packet = Command(seen.frame.command).name
    if seen.connection != connection:
        yield f"{packet}: tshark sees it on connection {connection}, we on {seen.connection}"
    ours = our_reading(seen)
    theirs = as_tshark_sees_it(packet, ours)
    shown: set[str] = set()
    for field in fields:
        name = field.get("name", "").removeprefix("drbd.")
        name = f"{name}.2" if name in shown else name
        shown.add(name)
        if name not in theirs:
            yield f"{packet}: tshark shows {name}, which we do not have"
        elif (value := _shown(field, theirs[name])) != theirs[name]:
            yield f"{packet}.{name}: tshark reads {value!r}, we {theirs[name]!r}"
    known = shown | {OTHER_NAMES.get(name, "") for name in shown} | NOT_SHOWN.get(packet, set())
    for name in ours:
        if "." not in name and name not in known:
            yield f"{packet}: we have {name}, which tshark does not show"


def _shown(field: ET.Element, like: Value) -> Value:
    """A field's value, of the type that we have it in."""
    if isinstance(like, bytes):
        value = bytes.fromhex(field.get("value", ""))
        return value if value != like.ljust(len(value), b"\0") else like  # zeros pad names only
    show = field.get("show", "")
    return int(show == "True") if show in ("True", "False") else int(show, 0)


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.name)
def test_tshark_reads_the_same(
    recording: Recording, record_property: Callable[[str, object], None]
) -> None:
    """Packet by packet and field by field, both say the same of the same TCP connection."""
    packets = decoded(recording.segments()).packets
    field_count = 0
    for seen, (connection, fields) in zip(packets, read_by_tshark(recording.capture), strict=True):
        assert list(differences(seen, connection, fields)) == []
        field_count += len(fields)
    record_property("packets", len(packets))
    record_property("fields", field_count)
