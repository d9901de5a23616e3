"""Requests for a change of state have the published numbers, and are mirrored as published."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated.layouts.state import StateWord
from generated.states.conn_states import ConnState
from generated.states.disk_states import DiskState
from generated.states.node_states import NodeState
from generated.states.peer_disk_states import PeerDiskState
from runtime.engine.state_words import mirrored, request

PRIMARY = NodeState.Primary
Words = tuple[StateWord, StateWord]


@pytest.mark.parametrize(
    ("words", "mask", "val"),
    [
        pytest.param(request(role=PRIMARY), 0x3, 0x1, id="primary"),
        pytest.param(
            request(role=PRIMARY, disk=DiskState.UpToDate), 0x1E03, 0x1001, id="primary-by-force"
        ),
        pytest.param(
            request(role=PRIMARY, pdsk=PeerDiskState.Outdated),
            0x1E003,
            0xA001,
            id="primary-with-outdated-peer",
        ),
        pytest.param(request(conn=ConnState.StartingSyncT), 0x1F0, 0xC0, id="invalidate"),
        pytest.param(request(conn=ConnState.StartingSyncS), 0x1F0, 0xB0, id="invalidate-remote"),
        pytest.param(request(conn=ConnState.VerifyS), 0x1F0, 0x120, id="verify"),
        pytest.param(request(disk=DiskState.Failed), 0x1E00, 0x400, id="detach"),
        pytest.param(request(conn=ConnState.WFReportParams), 0x1F0, 0x90, id="remove-volume"),
        pytest.param(request(conn=ConnState.Disconnecting), 0x1F0, 0x10, id="disconnect"),
        pytest.param(
            request(conn=ConnState.Disconnecting, pdsk=PeerDiskState.Outdated),
            0x1E1F0,
            0xA010,
            id="disconnect-outdating-peer",
        ),
        pytest.param(
            request(conn=ConnState.Disconnecting, disk=DiskState.Outdated),
            0x1FF0,
            0xA10,
            id="disconnect-outdating-itself",
        ),
    ],
)
def test_request_has_the_published_numbers(words: Words, mask: int, val: int) -> None:
    """Each request of the kernel is built from the names of its changes."""
    assert [word.word for word in words] == [mask, val]


@pytest.mark.parametrize("sender", [state.wire for state in ConnState] + [24, 30, 31])
def test_connection_is_mirrored(sender: int) -> None:
    """A state that the sender asks for its connection becomes the receiver's; all others are 0."""
    known = {
        ConnState.WFReportParams.wire: ConnState.WFReportParams.wire,
        ConnState.Connected.wire: ConnState.Connected.wire,
        ConnState.StartingSyncS.wire: ConnState.StartingSyncT.wire,
        ConnState.StartingSyncT.wire: ConnState.StartingSyncS.wire,
        ConnState.Disconnecting.wire: ConnState.TearDown.wire,
        ConnState.VerifyS.wire: ConnState.VerifyT.wire,
        31: 31,
    }
    assert mirrored(StateWord(conn=sender)).conn == known.get(sender, 0)


@given(word=st.integers(0, (1 << 32) - 1).map(StateWord.from_word))
def test_own_and_peer_are_exchanged(word: StateWord) -> None:
    """What the sender calls its own is the receiver's peer's, and the other way round."""
    there = mirrored(word)
    assert (there.role, there.peer) == (word.peer, word.role)
    assert (there.disk, there.pdsk) == (word.pdsk, word.disk)


@given(word=st.integers(0, (1 << 32) - 1).map(StateWord.from_word))
def test_pauses_of_the_sender_are_pauses_of_the_peer(word: StateWord) -> None:
    """The receiver notes that its peer pauses, whatever for; all other flags stay as they are."""
    there = mirrored(word)
    assert there.peer_isp == (word.aftr_isp or word.user_isp)
    kept = ("susp", "aftr_isp", "user_isp", "susp_nod", "susp_fen", "unused")
    assert [getattr(there, name) for name in kept] == [getattr(word, name) for name in kept]


@pytest.mark.parametrize(
    ("sent", "mask", "val"),
    [
        pytest.param(request(role=PRIMARY), 0xC, 0x4, id="primary"),
        pytest.param(
            request(role=PRIMARY, disk=DiskState.UpToDate), 0x1E00C, 0x10004, id="primary-by-force"
        ),
        pytest.param(request(conn=ConnState.StartingSyncT), 0x1F0, 0xB0, id="invalidate"),
        pytest.param(request(conn=ConnState.StartingSyncS), 0x1F0, 0xC0, id="invalidate-remote"),
        pytest.param(request(conn=ConnState.VerifyS), 0x1F0, 0x130, id="verify"),
        pytest.param(request(disk=DiskState.Failed), 0x1E000, 0x4000, id="detach"),
        pytest.param(request(conn=ConnState.WFReportParams), 0x1F0, 0x90, id="remove-volume"),
        pytest.param(
            request(conn=ConnState.Disconnecting, pdsk=PeerDiskState.Outdated),
            0x1FF0,
            0xA70,
            id="disconnect-outdating-peer",
        ),
    ],
)
def test_request_means_to_the_receiver(sent: Words, mask: int, val: int) -> None:
    """A whole request is mirrored as the published table of agreeing receivers has it."""
    assert [mirrored(word).word for word in sent] == [mask, val]
