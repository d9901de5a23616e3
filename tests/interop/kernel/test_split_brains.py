"""Data that went different ways, and are brought together by policies or by an administrator."""

import pytest

from tests.interop.kernel.pair import Pair
from tests.interop.kernel.side import Write

RECEIVER = r"error receiving \w+, e: -\d+ l: \d+!"
SPLIT = {
    r"[Ss]plit-[Bb]rain": "there is one",
    r"helper command: .* (initial-)?split-brain": "which is told",
    RECEIVER: "the connection is dropped for it",
    r"sock was shut down by peer|meta connection shut down by peer": "by the other node",
    r"conn\( (\w+ -> ProtocolError|ProtocolError -> \w+) \)": "the end of a dry run of the peer's",
}


def split(pair: Pair, *, primaries: str, **net: str) -> None:
    """Both have changed something alone, `one` less than `other`, and those named are primary."""
    pair.synced(net=net)
    for side in pair.sides:
        side.disconnect()
        side.wait(conn="StandAlone")
    pair.other.primary(force=True)
    pair.one.write([Write(sector=0, count=64, seed=1)])
    pair.other.write([Write(sector=32, count=512, seed=2)])
    for name, side in (("one", pair.one), ("other", pair.other)):
        if name not in primaries:
            side.secondary()


@pytest.mark.parametrize(
    ("primaries", "net"),
    [
        ("", {"after_sb_0pri": "discard-least-changes"}),
        ("", {"after_sb_0pri": "discard-younger-primary"}),
        ("one", {"after_sb_1pri": "discard-secondary"}),
        ("other", {"after_sb_0pri": "discard-least-changes", "after_sb_1pri": "consensus"}),
    ],
    ids=lambda it: "-".join(it.values()) if isinstance(it, dict) else it,
)
def test_policy(pair: Pair, primaries: str, net: dict[str, str]) -> None:
    """Both come to the same decision, whoever of them is a kernel."""
    split(pair, primaries=primaries, **net)
    pair.connect()
    pair.end(allowed=SPLIT)


def test_dry_run(pair: Pair) -> None:
    """A node that only asks what would follow stands alone again, and nothing has changed."""
    split(pair, primaries="", after_sb_0pri="discard-least-changes")
    pair.one.connect(tentative=True)
    pair.other.connect()
    pair.one.wait(conn="StandAlone")
    pair.other.wait(conn=("WFConnection", "Unconnected"))
    pair.one.connect()
    pair.end(allowed=SPLIT)
