"""The form of /proc/drbd is the documented one, to the letter."""

from dataclasses import replace

from runtime.control.proc_text import proc_lines
from tests.runtime.control.views import IDLE, TARGET, resource

HEAD = ["version: 8.4.11 (api:1/proto:86-101)", "build"]


def test_a_volume_has_two_lines() -> None:
    """An idle volume reads as the reference's example."""
    assert list(proc_lines([resource()], "build")) == [
        *HEAD,
        " 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----",
        "    ns:0 nr:0 dw:0 dr:664 al:0 bm:0 lo:0 pe:0 ua:0 ap:0 ep:1 wo:f oos:0",
    ]


def test_a_resync_has_its_progress() -> None:
    """A bar, what is left, and the speed, as in the reference's example."""
    assert list(proc_lines([resource(TARGET)], "build"))[4:] == [
        "\t[=====>..............] sync'ed: 33.6% (2660000/4000000)K",
        "\tfinish: 0:06:58 speed: 6,344 (6,456) want: 10,240 K/sec",
    ]


def test_a_verify_is_verified() -> None:
    """An online verify has the same lines by another word."""
    volume = replace(TARGET, conn="VerifyS")
    assert list(proc_lines([resource(volume)], "build"))[4].startswith(
        "\t[=====>..............] verified: 33.6%"
    )


def test_a_paused_resync_has_no_progress() -> None:
    """What does not move is not measured."""
    volume = replace(TARGET, conn="PausedSyncT", is_user_paused=True)
    lines = list(proc_lines([resource(volume)], "build"))
    assert len(lines) == 4
    assert lines[2].endswith(" C r--u--")


def test_flags_say_what_holds_up() -> None:
    """Suspended, paused by others, blocked, congested: each has its letter."""
    volume = replace(IDLE, is_after=True, is_peer_paused=True, is_blocked=True)
    suspended = resource(volume, suspended=("user",))
    assert list(proc_lines([suspended], "build"))[2].endswith(" C sap-d-")
    congested = resource(replace(IDLE, is_congested=True))
    assert list(proc_lines([congested], "build"))[2].endswith(" C r---n-")


def test_volumes_stand_by_their_minors() -> None:
    """Minors ascend, an empty line is before a gap, and one that is down is unconfigured."""
    down = replace(IDLE, minor=1, conn="StandAlone", disk="Diskless")
    late = replace(IDLE, minor=12)
    lines = list(proc_lines([resource(late, name="a"), resource(down, name="b")], "build"))
    assert lines[2:5] == ["", " 1: cs:Unconfigured", ""]
    assert lines[5].startswith("12: cs:Connected")
