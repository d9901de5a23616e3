"""What a replay finds: nothing in what the kernel said itself, and each change of it."""

from collections.abc import Iterator
from copy import copy
from typing import Final

import pytest

from generated.layouts.codec import Packet
from generated.layouts.housekeeping import P_PING_ACK
from tests.replay.coverage import replayed
from tests.replay.exceptions import LEFT_OUT, asked_for, without_exceptions
from tests.replay.happenings import Said
from tests.replay.manifest import Scenario, Side, scenarios
from tests.replay.parrot import Garble, Parrot
from tests.replay.play import Outcome, replay
from tests.replay.script import Script, script
from tests.runtime.recorded import FOLDER

SIDES: Final = replayed(scenarios(FOLDER))
BY_NAME: Final = {scenario.name: scenario for scenario in scenarios(FOLDER)}
NAMES: Final = frozenset({"block_id", "barrier", "challenge", "response", "sync_uuid"})
"""Fields that each node fills as it likes, beside the UUIDs."""


def repeated(played: Script, *garble: Garble) -> Outcome:
    """What comes of a replay with a parrot."""
    parrot = Parrot(played, *garble)
    return replay(played, lambda _config, _random: parrot)


def instead_of(said: Said, packet: Packet | None) -> Garble:
    """Say something else once, or nothing."""
    return lambda it: packet if it is said else it.packet


@pytest.mark.parametrize(
    ("scenario", "side"), SIDES, ids=[f"{scenario.name}-{side.name}" for scenario, side in SIDES]
)
def test_the_kernels_own_words_are_the_same(scenario: Scenario, side: Side) -> None:
    """A node that repeats what the kernel said is not told apart from it."""
    assert repeated(script(scenario, side)).faults == ()


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("name", ["role-changes", "reconnect-rle"])
def test_a_packet_that_is_missing_is_found(name: str, side: Side) -> None:
    """None of the packets that are compared can be left out."""
    played = script(BY_NAME[name], side)
    for missing in played.said:
        if type(missing.packet) in LEFT_OUT:
            continue
        assert repeated(played, instead_of(missing, None)).faults, missing


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("name", ["role-changes", "reconnect-rle"])
def test_a_packet_too_many_is_found(name: str, side: Side) -> None:
    """Nothing can be said in the place of what was said."""
    played = script(BY_NAME[name], side)
    for at, said in enumerate(played.said[1:]):
        before = played.said[at]
        if before.seen.socket is said.seen.socket and type(before.packet) not in LEFT_OUT:
            assert repeated(played, instead_of(said, before.packet)).faults, said


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("name", ["role-changes", "reconnect-rle", "trim"])
def test_a_number_that_is_wrong_is_found(name: str, side: Side) -> None:
    """Each number of a packet counts that is neither a name nor an exception."""
    played = script(BY_NAME[name], side)
    for said in played.said:
        for changed in changes(said.packet):
            assert repeated(played, instead_of(said, changed)).faults, changed


def changes(packet: Packet) -> Iterator[Packet]:
    """A packet with one of its numbers changed."""
    if type(packet) in LEFT_OUT or isinstance(packet, P_PING_ACK) or asked_for(packet):
        return
    for field in packet.FIELDS:
        value = getattr(packet, field.name)
        if isinstance(value, int) and field.name not in NAMES and "uuid" not in field.name:
            changed = copy(packet)
            setattr(changed, field.name, value ^ 1)
            if essence(changed) != essence(packet):
                yield changed


def essence(packet: Packet) -> Packet:
    """What a packet is compared by."""
    return without_exceptions(packet, loses_bits=False)


def test_packets_are_those_of_one_side() -> None:
    """What a script says its kernel said is all that the recording has of it."""
    played = script(BY_NAME["role-changes"], Side.A)
    assert {said.by for said in played.said} == {Side.A}
    assert {said.by for said in played.heard} == {Side.B}
    assert all(isinstance(said, Said) for said in (*played.said, *played.heard))
