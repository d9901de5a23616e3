"""UUIDs change, and are compared, as two kernels logged it of themselves.

kernel_log.txt has what they logged in the recordings of the same names: changes of state, UUIDs
after each change, and what each handshake compared. It is replayed line by line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from runtime.metadata.comparison import Agreement, Side, compare
from runtime.metadata.generations import Generations

LOG: Final = Path(__file__).with_name("kernel_log.txt")
UUIDS: Final = re.compile(r"([0-9A-F]{16}):([0-9A-F]{16}):([0-9A-F]{16}):([0-9A-F]{16})")
UNCONNECTED: Final = frozenset(
    "StandAlone Disconnecting Unconnected Timeout BrokenPipe NetworkFailure ProtocolError "
    "TearDown WFConnection WFReportParams".split()
)
NO_DATA: Final = frozenset({"Diskless", "Attaching", "Failed"})


def recordings(log: Path) -> dict[str, list[str]]:
    """The lines of each recording."""
    parts = re.split(r"^\[(.+)\]$", log.read_text(), flags=re.MULTILINE)[1:]
    return {
        name: text.strip().splitlines() for name, text in zip(parts[::2], parts[1::2], strict=True)
    }


def generations_in(text: str) -> Generations:
    """The UUIDs in a line."""
    match = UUIDS.search(text)
    assert match is not None
    return Generations(*(int(uuid, 16) for uuid in match.groups()))


@dataclass
class Node:
    """One device as far as its log tells."""

    own: Generations = field(default_factory=Generations)
    peer: Generations = field(default_factory=Generations)  # what it sent last
    promoted: Generations | None = None  # what it logs next, if a promotion makes a generation
    connection: str = "StandAlone"
    peer_disk: str = "DUnknown"
    is_primary: bool = False
    is_source: bool = False

    @property
    def has_peer_data(self) -> bool:
        """Whether the peer is connected and has a disk that is better than Failed."""
        return self.connection not in UNCONNECTED and self.peer_disk not in NO_DATA


class Replay:
    """Takes the lines of one recording, and says what each of them should have been."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = [line.split(": ", 1) for line in lines]
        self._nodes = {f"drbd{number}": Node() for number in range(6)}

    def checks(self) -> Iterator[tuple[str, str, str]]:
        """What is checked, what our code says, and what the kernel logged."""
        for number, (device, text) in enumerate(self._lines):
            if device.startswith("r"):
                for node in self._of_resource(device):
                    self._take_state(node, text)
                continue
            node = self._nodes[device]
            if promotion := re.search(r"role\( \w+ -> (\w+)", text):
                self._change_role(device, number, is_primary=promotion[1] == "Primary")
            self._take_state(node, text)
            if "by rule" in text:
                yield "comparison", self._compared(device, number), text.rstrip()
            elif UUIDS.search(text):
                yield from self._check(device, number, text)

    def _of_resource(self, name: str) -> list[Node]:
        """All devices of r0 have even numbers, those of r1 odd ones."""
        return [it for device, it in self._nodes.items() if int(device[4:]) % 2 == int(name[1:])]

    def _take_state(self, node: Node, text: str) -> None:
        if match := re.search(r"conn\( \w+ -> (\w+)", text):
            node.connection = match[1]
        if match := re.search(r"pdsk\( \w+ -> (\w+)", text):
            node.peer_disk = match[1]

    def _change_role(self, device: str, number: int, *, is_primary: bool) -> None:
        node, text = self._nodes[device], self._lines[number][1]
        node.is_primary = is_primary
        if not is_primary:
            node.own = node.own.became_secondary()
            return
        random_uuid = self._next_uuids(device, number).current_uuid
        if re.search(r" disk\( \w+ -> UpToDate", text):
            promoted = node.own.forced_primary(random_uuid)
        else:
            promoted = node.own.became_primary(random_uuid, has_peer_data=node.has_peer_data)
        is_new = promoted.bitmap_uuid != node.own.bitmap_uuid
        node.promoted = promoted if is_new else None
        node.own = node.own if is_new else promoted

    def _next_uuids(self, device: str, number: int) -> Generations:
        """What a device logs next."""
        later = (text for name, text in self._lines[number + 1 :] if name == device)
        return generations_in(next((it for it in later if UUIDS.search(it)), str(Generations())))

    def _other(self, device: str) -> Node:
        return self._nodes[f"drbd{int(device[4:]) ^ 1}"]

    def _check(self, device: str, number: int, text: str) -> Iterator[tuple[str, str, str]]:
        node, logged = self._nodes[device], generations_in(text)
        event = text[: text.index(f"{logged}")].strip()
        if event == "peer":
            node.peer = logged
            return
        if event != "attached to UUIDs":
            yield event, str(self._expected(device, number, event)), str(logged)
        if event == "new current UUID" and node.has_peer_data:
            self._other(device).peer = logged  # it is sent to a peer that is connected
        node.own = logged

    def _expected(self, device: str, number: int, event: str) -> Generations:
        node, logged = self._nodes[device], generations_in(self._lines[number][1])
        own, is_primary = node.own, node.is_primary
        match event:
            case "self":
                after = own.attached(is_primary=is_primary)
            case "new current UUID":
                after = self._made(device, number)
            case "cleared bitmap UUID":
                before = Generations()  # only fresh meta-data may skip the initial sync
                after = before.skipped_initial_sync(logged.current_uuid, is_primary=is_primary)
            case "receiver updated UUIDs to":
                sent = node.peer.current_uuid
                after = own.accepted_skipped_sync(sent, is_primary=is_primary)
            case "updated sync UUID":
                node.is_source = True
                after = own.started_resync_as_source(logged.bitmap_uuid)
            case "updated sync uuid":
                node.is_source = False
                sent = self._other(device).own.bitmap_uuid
                after = own.started_resync_as_target(sent, is_primary=is_primary)
            case "updated UUIDs" if node.is_source:
                after = own.finished_resync_as_source()
            case "updated UUIDs":
                after = own.finished_resync_as_target(node.peer, is_primary=is_primary)
            case _:
                raise AssertionError(event)
        return after

    def _made(self, device: str, number: int) -> Generations:
        """A new generation, for whatever reason."""
        node, logged = self._nodes[device], generations_in(self._lines[number][1])
        made, node.promoted = node.promoted, None
        if made is None and self._next_uuids(device, number).bitmap_uuid == 0:  # it is cleared
            made = node.own.made_new_current(logged.current_uuid, is_primary=node.is_primary)
        return made or node.own.lost_peer_data(logged.current_uuid, is_primary=node.is_primary)

    def _compared(self, device: str, number: int) -> str:
        node = self._nodes[device]
        own = Side(node.own, self._is_crashed(device, number), node.is_primary)
        peer_is_crashed = "flags:2" in self._lines[number - 1][1]
        peer = Side(node.peer, peer_is_crashed, bool(node.peer.current_uuid & 1))
        found = compare(own, peer, Agreement())
        return f"uuid_compare()={found.verdict:d} by rule {found.rule}"

    def _is_crashed(self, device: str, number: int) -> bool:
        """Only the other node logs it, when it compares too."""
        other = f"drbd{int(device[4:]) ^ 1}"
        near = self._lines[max(0, number - 8) : number + 8]
        return any(
            name == other and text.startswith("peer") and "flags:2" in text for name, text in near
        )


RECORDED: Final = recordings(LOG)


@pytest.mark.parametrize("name", RECORDED)
def test_uuids_are_those_that_the_kernels_logged(name: str) -> None:
    """Each change of a UUID, and each comparison, is what the kernel made of the same."""
    for event, ours, logged in Replay(RECORDED[name]).checks():
        assert ours == logged, event


def test_the_log_has_every_kind_of_change() -> None:
    """No kind of change is missing from what is replayed, and seven rules decide in it."""
    seen = [check for lines in RECORDED.values() for check in Replay(lines).checks()]
    assert {event for event, _, _ in seen} == {
        "comparison",
        "cleared bitmap UUID",
        "new current UUID",
        "receiver updated UUIDs to",
        "self",
        "updated UUIDs",
        "updated sync UUID",
        "updated sync uuid",
    }
    rules = {logged.split()[-1] for event, _, logged in seen if event == "comparison"}
    assert rules == set("10 20 30 40 50 70 90".split())
