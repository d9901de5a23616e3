"""Names: label to event, legal names, and what somebody may have meant."""

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.names import (
    did_you_mean,
    event_name,
    is_any_state,
    legal_name,
    machine_prefix,
    name_fault,
    words,
)


@pytest.mark.parametrize(
    ("label", "event"),
    [
        ("ioctl_set_net()", "ioctl_set_net"),
        ("in connect() after accept", "in_connect_after_accept"),
        ("checks in receive_param()", "checks_in_receive_param"),
        ("unable to bind()", "unable_to_bind"),
        ("io completion error", "io_completion_error"),
        ("ioctl_replicate", "ioctl_replicate"),
        ("* on network error", "network_error"),
        ("*network error", "network_error"),
        ("* one more", "one_more"),
        ("on network error", "on_network_error"),
        ("  resync   completed ", "resync_completed"),
        ("été", "été"),
        ("()", ""),
    ],
)
def test_a_label_becomes_an_event(label: str, event: str) -> None:
    """The figures' labels, and odd ones, give the names that specs/README.md promises."""
    assert event_name(label) == event


def test_a_star_marks_an_any_state_arrow() -> None:
    """Only a leading star does."""
    assert is_any_state("* on network error")
    assert not is_any_state("network error *")


@pytest.mark.parametrize("name", ["", "a b", "1st", "class", "None", "name", "mro", "_x", "ﬁ"])
def test_names_that_no_enum_member_can_have(name: str) -> None:
    """Each has a fault."""
    assert name_fault(name)


@given(st.text(max_size=8))
def test_every_text_has_a_legal_name_near_it(text: str) -> None:
    """What a message proposes is always legal."""
    assert name_fault(legal_name(text)) == ""


@given(st.text(max_size=8))
def test_an_event_name_is_stable(label: str) -> None:
    """The name of a name is that name, so that an event can be written either way."""
    name = event_name(label)
    assert event_name(name) == name or name.startswith("_")


def test_a_legal_name_stays() -> None:
    """Nothing is proposed that differs from what is right already."""
    for name in ("StandAllone", "P_DATA", "हिन्दी"):
        assert legal_name(name) == name
    assert legal_name("class") == "class_"
    assert not keyword.iskeyword(legal_name("class"))


def test_the_classes_of_a_machine_begin_with_its_graph() -> None:
    """conn_states gives Conn; a graph of another name keeps it."""
    assert machine_prefix("conn_states") == "Conn"
    assert machine_prefix("peer_disk_states") == "PeerDisk"
    assert machine_prefix("door") == "Door"
    assert machine_prefix("_states") == "States"


def test_lists_are_separated_by_commas_or_blanks() -> None:
    """Both, in any mixture."""
    assert words(" a, b c,,d ") == ["a", "b", "c", "d"]


def test_a_slip_of_the_pen_gets_a_proposal() -> None:
    """The nearest known word, or nothing when none is near."""
    assert did_you_mean("gaurd", ["guard", "action"]) == 'did you mean "guard"?'
    assert did_you_mean("zzz", ["guard", "action"]) == ""
