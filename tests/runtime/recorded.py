"""Recorded conversations of two DRBD kernels, and the list of packets that belongs to each.

A recording is NAME.pcap.gz with NAME.packets.txt: one line for each packet, with its time, TCP
connection and socket, direction, command and name, volume and length.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from generated.layouts.commands import Command
from runtime.decode import sightings, volume
from runtime.io.capture import Capture
from runtime.wire.conversation import PacketSeen, Remark
from runtime.wire.framing import pack_header
from runtime.wire.reassembly import Endpoint, Segment, Stream

FOLDER: Final = Path(__file__).parent / "captures"
CUT_OFF: Final = "bytes of an incomplete packet at the end"
NODE_A: Final = "192.0.2.1"  # node B is 192.0.2.2

Ends = tuple[Endpoint, Endpoint]


@dataclass(frozen=True)
class Recording:
    """A capture file, and the list beside it."""

    capture: Path

    @property
    def name(self) -> str:
        """What the conversation is about, in a word."""
        return self.capture.name.removesuffix(".pcap.gz")

    def segments(self) -> list[Segment]:
        """The TCP segments of the capture."""
        with self.capture.open("rb") as file:
            return list(Capture(file))

    def comments(self) -> list[str]:
        """The lines of the list that are about the whole."""
        return [line for line in self._lines() if line.startswith("#")]

    def listed(self) -> list[str]:
        """The lines of the list that are one packet each."""
        return [line for line in self._lines() if not line.startswith("#")]

    def start_s(self, segments: Iterable[Segment]) -> float:
        """The list's time zero, from the time when the first listed connection was opened."""
        match = re.search(r"opened by ([AB]) at ([\d.]+)", "\n".join(self.comments()))
        number = re.search(r"# c(\d+):", "\n".join(self.comments()))
        assert match is not None
        assert number is not None
        ends = list(dict.fromkeys(frozenset((it.source, it.target)) for it in segments))
        opened_s = next(
            it.time_s
            for it in segments
            if frozenset((it.source, it.target)) == ends[int(number[1])]
        )
        return opened_s - float(match[2])

    def _lines(self) -> list[str]:
        return self.capture.with_name(f"{self.name}.packets.txt").read_text().splitlines()


@dataclass
class Decoded:
    """All that is seen in some segments."""

    packets: list[PacketSeen] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def oddities(self) -> list[str]:
        """What is said of bytes that are no packet."""
        return [f"c{it.connection} {it.sentence}" for it in self.remarks if it.is_odd]


def recordings(folder: Path = FOLDER) -> list[Recording]:
    """The recordings in a folder."""
    return [Recording(capture) for capture in sorted(folder.glob("*.pcap.gz"))]


def decoded(segments: Iterable[Segment]) -> Decoded:
    """Decode segments to the end."""
    result = Decoded()
    for sighting in sightings(segments):
        if isinstance(sighting, Remark):
            result.remarks.append(sighting)
        else:
            result.packets.append(sighting)
    return result


def listing(packets: Iterable[PacketSeen], start_s: float) -> list[str]:
    """Packets in the form of the lists."""
    return [
        f"{it.time_s - start_s:10.6f} c{it.connection}({it.socket.value}) "
        f"{_side(it.source)}>{_side(it.target)} {it.frame.command:#04x} "
        f"{Command(it.frame.command).name.removeprefix('P_'):<20} "
        f"{'-' if volume(it) is None else volume(it)} {len(it.frame.payload)}"
        for it in packets
    ]


def _side(end: Endpoint) -> str:
    return "A" if end.address == NODE_A else "B"


def sent(segments: Iterable[Segment]) -> dict[Ends, bytes]:
    """The bytes of each direction of each TCP connection that brought any."""
    streams: defaultdict[Ends, Stream] = defaultdict(Stream)
    pieces: defaultdict[Ends, list[bytes]] = defaultdict(list)
    for segment in segments:
        direction = segment.source, segment.target
        for piece in streams[direction].add(segment):
            assert isinstance(piece, bytes)
            pieces[direction].append(piece)
    return {direction: b"".join(them) for direction, them in pieces.items()}


def packed(packets: Iterable[PacketSeen]) -> dict[Ends, bytes]:
    """The bytes that the decoded packets are when they are encoded again."""
    parts: defaultdict[Ends, list[bytes]] = defaultdict(list)
    for seen in packets:
        assert seen.packet is not None
        kind, number, command, payload = seen.frame
        header = pack_header(kind, volume=number, command=command, length=len(payload))
        parts[seen.source, seen.target] += [header, seen.packet.pack()]
    return {direction: b"".join(them) for direction, them in parts.items()}


def assert_decoded_to_the_last_byte(recording: Recording) -> None:
    """All packets are as listed, and encoded again they are the bytes that were sent.

    Only what the list itself calls cut off is left over.
    """
    segments = recording.segments()
    result = decoded(segments)
    assert listing(result.packets, recording.start_s(segments)) == recording.listed()

    streams, again = sent(segments), packed(result.packets)
    left = {it: len(streams[it]) - len(again[it]) for it in streams if streams[it] != again[it]}
    assert all(streams[it].startswith(again[it]) for it in left)
    cut_off = [line for line in recording.comments() if line.endswith(CUT_OFF)]
    assert all(
        f"{size} {CUT_OFF}" in line for size, line in zip(left.values(), cut_off, strict=True)
    )
    assert len(result.oddities) == len(cut_off)
