"""The text of status is the documented one, to the letter."""

from dataclasses import replace

from runtime.control.status_text import Span, StatusForm
from runtime.control.view import ResourceView
from tests.runtime.control.views import IDLE, TARGET, resource


def text(form: StatusForm, shown: ResourceView) -> str:
    """What is shown, without colours."""
    return "".join("".join(span.text for span in line) + "\n" for line in form.lines(shown))


def test_the_example() -> None:
    """A resync target reads as the reference's example."""
    assert text(StatusForm(), resource(TARGET)) == (
        "r0 role:Secondary\n"
        "  disk:Inconsistent\n"
        "  peer role:Primary\n"
        "    replication:SyncTarget peer-disk:UpToDate done:45.20\n"
        "\n"
    )


def test_what_is_not_as_it_should_be() -> None:
    """A lost peer, suspended requests and several volumes are told without being asked for."""
    lost = replace(IDLE, conn="WFConnection", replication="Off", peer_disk="DUnknown")
    shown = resource(
        lost, replace(lost, volume=1), connection="Connecting", suspended=("no-data", "fencing")
    )
    assert text(StatusForm(), shown) == (
        "r0 role:Primary suspended:no-data,fencing\n"
        "  volume:0 disk:UpToDate\n"
        "  volume:1 disk:UpToDate\n"
        "  peer connection:Connecting\n"
        "\n"
    )


def test_a_pause_has_its_reason() -> None:
    """A resync that waits says for whom."""
    volume = replace(TARGET, conn="PausedSyncT", replication="PausedSyncT", is_after=True)
    shown = text(StatusForm(), resource(replace(volume, is_user_paused=True)))
    assert (
        "    replication:PausedSyncT peer-disk:UpToDate done:45.20\n"
        "        resync-suspended:user,dependency\n"
    ) in shown


def test_statistics_and_all_the_rest() -> None:
    """Told everything, lines are broken at the terminal's edge, and continue further in."""
    form = StatusForm(is_verbose=True, has_statistics=True)
    assert text(form, resource()) == (
        "r0 role:Primary suspended:no\n"
        "    write-ordering:flush\n"
        "  volume:0 minor:0 disk:UpToDate\n"
        "      size:4000000 read:664 written:0 al-writes:0 bm-writes:0 upper-pending:0\n"
        "      lower-pending:0 al-suspended:no blocked:no\n"
        "  peer connection:Connected role:Secondary congested:no\n"
        "    volume:0 replication:Established peer-disk:UpToDate resync-suspended:no\n"
        "        received:0 sent:0 out-of-sync:0 pending:0 unacked:0\n"
        "\n"
    )


def test_colours_are_for_good_and_bad() -> None:
    """What is good is green and what is bad is red, and bold where it is this node's."""
    spans = [span for line in StatusForm().lines(resource(TARGET)) for span in line]
    assert Span("Inconsistent", "bad", is_local=True) in spans
    assert Span("SyncTarget", "bad", is_local=True) in spans
    assert Span("UpToDate", "good") in spans
    assert Span("Primary", "primary") in spans
    assert [span.text for span in spans if span.is_bold] == ["Inconsistent", "SyncTarget"]


def test_progress_is_shown_where_it_is_wanted() -> None:
    """On a terminal a resync has the bar of /proc/drbd too."""
    assert "[=====>..............] sync'ed: 33.6%" in text(
        StatusForm(has_progress=True), resource(TARGET)
    )
